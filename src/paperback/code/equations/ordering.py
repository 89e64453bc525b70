"""Sorting: a permutation of the entries of one axis, which a printed line defines."""

from typing import Any

from paperback.code.equations import arithmetic as ar
from paperback.code.equations import reshape as rs
from paperback.code.equations.form import ONE, El, Expr, Lam, Order, Var, free, fresh, num, subst
from paperback.code.equations.makers import shape_of_quantiles
from paperback.code.equations.names import loose
from paperback.code.equations.pointwise import Operation, tensor
from paperback.code.equations.reductions import Pair
from paperback.code.equations.sizes import Unknown
from paperback.code.equations.tensor import Axis, Tensor, dimension, elementwise, freshened, mapped, place
from paperback.code.equations.values import Definition, Record, integer, number, plain


def ranked(rec: Record, x: Any, dim: int, *, descending: bool, count: Expr | None = None) -> Pair:
    """The entries of `x` in order along axis `dim`, and their indices from zero; of both the first `count`.

    Raises:
        Unknown: Which entries there are depends on the data or on the round of a loop.
    """
    found = freshened(tensor(x))
    at = dimension(found, dim)
    if any(axis.cond is not None for axis in found.axes):
        raise Unknown("sorting of entries that are chosen by the data")
    if found.axes[at].size == ONE:
        return Pair(found, mapped(found, lambda _: num(0), "int"))
    name, length = fresh(), found.axes[at].size
    vector = _named(rec, found, at)
    key = rec.unique("order")
    rest = tuple(axis for k, axis in enumerate(found.axes) if k != at)
    groups = (*(axis.atoms for axis in rest), ((name, length),))
    body = Order(vector, Var(name), ">=" if descending else "<=")
    rec.definitions[key] = Definition(key, groups, body, rec.line)
    rec.assume("no two of the entries that are sorted are equal")
    new = fresh(name)
    order = El(key, (*map(place, rest), Var(new)))
    axes = (*found.axes[:at], Axis(((new, length if count is None else count),)), *found.axes[at + 1 :])
    values = Tensor(axes, _at(vector, order), found.dtype)
    return Pair(values, Tensor(axes, ar.sub(order, ONE), "int"))


def _named(rec: Record, found: Tensor, at: int) -> Lam:
    """The vectors along axis `at` as elements of a tensor that has a name."""
    axis = found.axes[at]
    if len(axis.atoms) == 1 and isinstance(found.body, El):
        own = axis.atoms[0]
        hits = [item for item in found.body.index if own[0] in free(item)]
        if hits == [Var(own[0])]:
            return Lam(((own,),), found.body)
    if loose(found):
        raise Unknown("sorting inside a loop of unknown length")
    key = rec.unique("u")
    groups = tuple(item.atoms for item in found.axes)
    rec.definitions[key] = Definition(key, groups, found.body, rec.line)
    name = fresh()
    index = [Var(name) if k == at else place(item) for k, item in enumerate(found.axes)]
    return Lam((((name, axis.size),),), El(key, tuple(index)))


def _at(vector: Lam, index: Expr) -> Expr:
    return subst(vector.body, {vector.axes[0][0][0]: index})


def _sort(rec: Record, x: Any, dim: Any = -1, descending: Any = False, stable: Any = None) -> Pair:
    return ranked(rec, x, integer(dim), descending=bool(descending))


def _argsort(rec: Record, x: Any, dim: Any = -1, descending: Any = False, stable: Any = None) -> Tensor:
    found: Tensor = ranked(rec, x, integer(dim), descending=bool(descending))[1]
    return found


def _topk(rec: Record, x: Any, k: Any, dim: Any = -1, largest: Any = True, sorted: Any = True) -> Pair:
    return ranked(rec, x, integer(dim), descending=bool(largest), count=number(k))


def _kth(rec: Record, x: Any, k: Any, dim: Any = -1, keepdim: bool = False) -> Pair:
    values, indices = ranked(rec, x, integer(dim), descending=False)
    return Pair(*(_entry(part, integer(dim), number(k), keepdim) for part in (values, indices)))


def _entry(found: Tensor, dim: int, at: Expr, keepdim: bool) -> Tensor:
    where = dimension(found, dim)
    taken = rs.take(found, where, at)
    axes = (*taken.axes[:where], Axis(()), *taken.axes[where:]) if keepdim else taken.axes
    return Tensor(axes, taken.body, taken.dtype)


def _flat(x: Any, dim: Any) -> tuple[Tensor, int]:
    found = tensor(x)
    return (rs.flatten(found, 0, -1), 0) if dim is None else (found, integer(dim))


def _median(rec: Record, x: Any, dim: Any = None, keepdim: bool = False) -> Any:
    """The lower median, as torch takes it."""
    found, at = _flat(x, dim)
    middle = ar.add(ar.function("floordiv", ar.sub(found.shape[at], ONE), num(2)), ONE)
    values, indices = ranked(rec, found, at, descending=False)
    value = _entry(values, at, middle, keepdim and dim is not None)
    return value if dim is None else Pair(value, _entry(indices, at, middle, keepdim))


def middle(rec: Record, x: Any, dim: Any = None, keepdim: bool = False) -> Tensor:
    """The median as NumPy and its kin take it: the mean of the two in the middle where there are two."""
    return quantile(rec, x, 0.5, dim, keepdim)


def quantile(
    rec: Record, x: Any, q: Any, dim: Any = None, keepdim: bool = False, interpolation: Any = "linear",
    method: Any = "linear",
) -> Tensor:  # fmt: skip
    """The quantile at one level, between two neighbours in order by linear interpolation."""
    if interpolation != "linear" or method != "linear":
        raise Unknown("a quantile without linear interpolation")
    if isinstance(q, Tensor) and q.axes:
        return shape_of_quantiles(rec, x, q, dim, keepdim)
    found, at = _flat(x, dim)
    level = number(plain(q))
    reach = ar.mul(level, ar.sub(found.shape[at], ONE))
    low, high = ar.function("floor", reach), ar.function("ceil", reach)
    values, _ = ranked(rec, found, at, descending=False)
    keep = keepdim and dim is not None
    below, above = (_entry(values, at, ar.add(end, ONE), keep) for end in (low, high))
    share = ar.sub(reach, low)
    return elementwise(lambda a, b: ar.add(a, ar.mul(share, ar.sub(b, a))), below, above)


def values_only(operation: Operation) -> Operation:
    """The sorted values without their indices, as NumPy and its kin give them."""
    return lambda rec, x, dim=-1, **options: operation(rec, x, dim, **options)[0]


ORDERINGS: dict[str, Operation] = {
    "sort": _sort,
    "argsort": _argsort,
    "msort": lambda rec, x: _sort(rec, x, 0)[0],
    "topk": _topk,
    "kthvalue": _kth,
    "median": _median,
    "quantile": quantile,
}
