"""Reductions, products and distances of tensor libraries, by name."""

from collections.abc import Sequence
from typing import Any

from paperback.code.equations import arithmetic as ar
from paperback.code.equations.form import HALF, MINUS, ONE, ZERO, Expr, Var, fresh, subst
from paperback.code.equations.pointwise import Operation, condition, fn, tensor
from paperback.code.equations.reduce import reduction
from paperback.code.equations.reshape import gather_indices
from paperback.code.equations.sizes import Misfit, Unknown
from paperback.code.equations.tensor import (
    Axis,
    Tensor,
    align,
    count_axes,
    delinearize,
    dimension,
    elementwise,
    freshened,
    join,
    mapped,
    place,
    reduce_axes,
    unsqueeze,
)
from paperback.code.equations.values import Record, integer, number, plain

Dims = Sequence[int] | None


def dims_of(dim: Any) -> Dims:
    """The axes that an argument `dim` names; None, and in torch an empty list, for all."""
    if dim is None or (isinstance(dim, list | tuple) and not dim):
        return None
    return [integer(item) for item in dim] if isinstance(dim, list | tuple) else [integer(dim)]


def _sum(_: Record, x: Any, dim: Any = None, keepdim: bool = False, dtype: Any = None) -> Tensor:
    return reduce_axes("sum", tensor(x), dims_of(dim), keepdim)


def mean(_: Record, x: Any, dim: Any = None, keepdim: bool = False, dtype: Any = None) -> Tensor:
    found = tensor(x)
    total = reduce_axes("sum", found, dims_of(dim), keepdim)
    size = count_axes(found, dims_of(dim))
    return mapped(total, lambda body: ar.div(body, size), "float")


def _prod(_: Record, x: Any, dim: Any = None, keepdim: bool = False, dtype: Any = None) -> Tensor:
    return reduce_axes("prod", tensor(x), dims_of(dim), keepdim)


def _extreme(kind: str) -> Operation:
    def operation(rec: Record, x: Any, dim: Any = None, keepdim: bool = False, other: Any = None) -> Any:
        second = dim if isinstance(dim, Tensor) else other
        if second is not None:
            return elementwise(fn(kind), tensor(x), tensor(second))
        values = reduce_axes(kind, tensor(x), dims_of(dim), keepdim)
        if dim is None:
            return values
        places = _lazily(lambda: reduce_axes(f"arg{kind}", tensor(x), dims_of(dim), keepdim))
        return Pair(values, places)

    return operation


class Pair(tuple[Any, ...]):
    """Values and indices, as `max` with an axis gives them."""

    def __new__(cls, values: Any, indices: Any) -> "Pair":
        return super().__new__(cls, (values, indices))


def _lazily(build: Any) -> Any:
    try:
        return build()
    except Unknown as error:
        return error


def _amax(kind: str) -> Operation:
    def operation(_: Record, x: Any, dim: Any = None, keepdim: bool = False) -> Tensor:
        return reduce_axes(kind, tensor(x), dims_of(dim), keepdim)

    return operation


def _any(kind: str) -> Operation:
    def operation(_: Record, x: Any, dim: Any = None, keepdim: bool = False) -> Tensor:
        return reduce_axes(kind, condition(x), dims_of(dim), keepdim)

    return operation


def logsumexp(_: Record, x: Any, dim: Any = None, keepdim: bool = False) -> Tensor:
    summed = reduce_axes("sum", mapped(tensor(x), fn("exp")), dims_of(dim), keepdim)
    return mapped(summed, fn("log"))


def softmax(_: Record, x: Any, dim: Any = None, dtype: Any = None, _stacklevel: Any = None) -> Tensor:
    exponential = mapped(tensor(x), fn("exp"), "float")
    where = -1 if dim is None else dim
    return elementwise(ar.div, exponential, reduce_axes("sum", exponential, dims_of(where), True))


def log_softmax(_: Record, x: Any, dim: Any = None, dtype: Any = None, _stacklevel: Any = None) -> Tensor:
    return elementwise(ar.sub, tensor(x), logsumexp(_, x, -1 if dim is None else dim, True))


def variance(
    rec: Record,
    x: Any,
    dim: Any = None,
    unbiased: bool = True,
    keepdim: bool = False,
    correction: Any = None,
    ddof: Any = None,
) -> Tensor:
    found = tensor(x)
    if isinstance(dim, bool):
        dim, unbiased = None, dim
    less = number(correction if correction is not None else ddof if ddof is not None else int(unbiased))
    centre = mean(rec, found, dim, True) if dim is not None else mean(rec, found)
    deviation = elementwise(ar.sub, found, centre)
    squares = reduce_axes("sum", mapped(deviation, ar.square), dims_of(dim), keepdim)
    size = ar.sub(count_axes(found, dims_of(dim)), less)
    return mapped(squares, lambda body: ar.div(body, size))


def deviation(rec: Record, *args: Any, **options: Any) -> Tensor:
    return mapped(variance(rec, *args, **options), lambda body: ar.power(body, HALF))


def norm(_: Record, x: Any, p: Any = 2, dim: Any = None, keepdim: bool = False, ord: Any = None) -> Tensor:
    order = plain(ord if ord is not None else p)
    found = tensor(x)
    if order in ("fro", None):
        order = 2
    if order == float("inf"):
        return reduce_axes("max", mapped(found, fn("abs")), dims_of(dim), keepdim)
    powers = mapped(found, lambda body: ar.power(fn("abs")(body), number(order)))
    summed = reduce_axes("sum", powers, dims_of(dim), keepdim)
    return mapped(summed, lambda body: ar.power(body, ar.power(number(order), MINUS)))


def _vector_norm(rec: Record, x: Any, ord: Any = 2, dim: Any = None, keepdim: bool = False) -> Tensor:
    return norm(rec, x, ord, dim, keepdim)


def normalize(rec: Record, x: Any, p: Any = 2.0, dim: Any = 1, eps: Any = 1e-12) -> Tensor:
    rec.assume("norms are not zero")
    return elementwise(ar.div, tensor(x), norm(rec, x, p, dim, True))


def cosine_similarity(rec: Record, x1: Any, x2: Any, dim: Any = 1, eps: Any = 1e-8) -> Tensor:
    rec.assume("norms are not zero")
    left, right = tensor(x1), tensor(x2)
    inner = reduce_axes("sum", elementwise(ar.mul, left, right), dims_of(dim))
    lengths = elementwise(ar.mul, *_broadcast_norms(rec, left, right, integer(dim)))
    return elementwise(ar.div, inner, lengths)


def _broadcast_norms(rec: Record, left: Tensor, right: Tensor, dim: int) -> tuple[Tensor, Tensor]:
    rank = max(len(left.axes), len(right.axes))
    for_left = dim if dim < 0 else dim - rank
    return norm(rec, left, 2, for_left), norm(rec, right, 2, for_left)


def matmul(_: Record, left: Any, right: Any) -> Tensor:
    a, b = freshened(tensor(left)), freshened(tensor(right))
    if not a.axes or not b.axes:
        raise Misfit("a matrix product with a scalar")
    vector_left, vector_right = len(a.axes) == 1, len(b.axes) == 1
    a = unsqueeze(a, 0) if vector_left else a
    b = unsqueeze(b, 1) if vector_right else b
    rows, columns = a.axes[-2], b.axes[-1]
    joined = join(a.axes[-1], b.axes[-2])
    if joined is None or not (a.axes[-1].atoms or b.axes[-2].atoms or joined[0].size == ONE):
        sizes = a.axes[-1].size, b.axes[-2].size
        raise Misfit("the inner sizes of a matrix product differ", sizes)
    wide_a = Tensor((*a.axes[:-2], rows, Axis(()), a.axes[-1]), a.body)
    wide_b = Tensor((*b.axes[:-2], Axis(()), columns, b.axes[-2]), b.body)
    result = reduce_axes("sum", elementwise(ar.mul, wide_a, wide_b), [-1])
    keep = [
        at
        for at in range(len(result.axes))
        if not (vector_left and at == len(result.axes) - 2)
        and not (vector_right and at == len(result.axes) - 1)
    ]
    return Tensor(tuple(result.axes[at] for at in keep), result.body)


def einsum(_: Record, equation: str, *operands: Any) -> Tensor:
    tensors = [tensor(item) for item in (operands[0] if isinstance(operands[0], list | tuple) else operands)]
    inputs, _arrow, output = equation.replace(" ", "").partition("->")
    terms = inputs.split(",")
    if "..." in equation and len(terms) == len(tensors):
        terms, output = _without_dots(terms, output, [len(item.axes) for item in tensors])
        inputs, equation = ",".join(terms), ""
    if "." in equation or len(terms) != len(tensors):
        raise Unknown(f"einsum {equation!r}")
    if not _arrow:
        letters = sorted(set(inputs) - {","})
        output = "".join(letter for letter in letters if inputs.count(letter) == 1)
    order = output + "".join(sorted(set(inputs) - set(output) - {","}))
    spread = [_spread(item, term, order) for item, term in zip(tensors, terms, strict=True)]
    product = elementwise(ar.mul, *spread) if len(spread) > 1 else spread[0]
    return (
        reduce_axes("sum", product, list(range(len(output), len(order))))
        if len(order) > len(output)
        else product
    )


def _spread(item: Tensor, term: str, order: str) -> Tensor:
    if len(term) != len(item.axes):
        raise Misfit(f"einsum term {term!r} for a tensor of rank {len(item.axes)}")
    if len(set(term)) != len(term):
        raise Unknown("einsum with a repeated letter in one term")
    return Tensor(tuple(item.axes[term.index(c)] if c in term else Axis(()) for c in order), item.body)


def _diagonal(_: Record, x: Any, diagonal: Any = 0, offset: Any = 0, dim1: int = 0, dim2: int = 1) -> Tensor:
    found = freshened(tensor(x))
    if len(found.axes) == 1:
        return _diagonal_matrix(found)
    first, second = dimension(found, dim1), dimension(found, dim2)
    joined = join(found.axes[first], found.axes[second])
    shift = plain(diagonal) if plain(diagonal) != 0 else plain(offset)
    if shift != 0:
        return _beside(found, number(shift))
    if joined is None:
        raise Unknown("a diagonal beside the main one")
    axis, left, right = joined
    body = subst(subst(found.body, left), right)
    rest = tuple(a for at, a in enumerate(found.axes) if at not in (first, second))
    return Tensor((*rest, axis), body, found.dtype)


def _without_dots(terms: list[str], output: str, ranks: list[int]) -> tuple[list[str], str]:
    """The terms with capital letters for the axes that an ellipsis stands for."""
    most = max(rank - len(term) + 3 for term, rank in zip(terms, ranks, strict=True) if "..." in term)
    letters = "ZYXWVU"[:most]
    spelled = [
        term.replace("...", letters[len(letters) - (rank - len(term) + 3) :]) if "..." in term else term
        for term, rank in zip(terms, ranks, strict=True)
    ]
    return spelled, output.replace("...", letters)


def _beside(found: Tensor, offset: Expr) -> Tensor:
    """The diagonal of a matrix that starts `offset` entries to the right, or below where that is negative."""
    if len(found.axes) != 2:
        raise Unknown("a diagonal beside the main one of a stack")
    rows, columns = found.axes
    right = ar.split_coefficient(offset)[0] > 0
    shift = offset if right else ar.mul(MINUS, offset)
    name = fresh()
    size = ar.sub(columns.size if right else rows.size, shift)
    here, moved = Var(name), ar.add(Var(name), shift)
    row, column = (here, moved) if right else (moved, here)
    body = subst(found.body, {**delinearize(row, rows.atoms), **delinearize(column, columns.atoms)})
    return Tensor((Axis(((name, size),)),), body, found.dtype)


def _pdist(rec: Record, x: Any, p: Any = 2.0) -> Tensor:
    """Distances of all pairs of rows, the first before the second."""
    found = tensor(x)
    i, j = fresh("i"), fresh("j")
    size = found.axes[0].size
    pairs = Axis(((i, size), (j, size)), ar.compare("<", Var(i), Var(j)))
    rows = (gather_indices(found, [0], [Tensor((pairs,), ar.sub(Var(k), ONE), "int")]) for k in (i, j))
    return norm(rec, elementwise(ar.sub, *rows), p, -1)


def _batch_norm(
    rec: Record,
    x: Any,
    running_mean: Any = None,
    running_var: Any = None,
    weight: Any = None,
    bias: Any = None,
    training: bool = False,
    momentum: Any = 0.1,
    eps: Any = 1e-5,
) -> Tensor:
    if not training:
        raise Unknown("batch normalisation with running statistics")
    found = tensor(x)
    dims = [at for at in range(len(found.axes)) if at != 1]
    centred = elementwise(ar.sub, found, mean(rec, found, dims, True))
    spread = variance(rec, found, dims, False, True)
    scaled = elementwise(lambda a, v: ar.div(a, ar.power(ar.add(v, number(eps)), HALF)), centred, spread)
    if weight is not None or bias is not None:
        raise Unknown("batch normalisation with weights given")
    return scaled


def _diagonal_matrix(found: Tensor) -> Tensor:
    other = freshened(found)
    cond = ar.compare("==", place(found.axes[0]), place(other.axes[0]))
    return Tensor((found.axes[0], other.axes[0]), ar.cases(cond, found.body, ZERO), found.dtype)


def _trace(rec: Record, x: Any) -> Tensor:
    return _sum(rec, _diagonal(rec, x))


def _distance(rec: Record, x1: Any, x2: Any, p: Any = 2.0, eps: Any = 1e-6, keepdim: bool = False) -> Tensor:
    gap = elementwise(lambda a, b: ar.add(a, ar.mul(MINUS, b), number(eps)), tensor(x1), tensor(x2))
    return norm(rec, gap, p, -1, keepdim)


def _cdist(rec: Record, x1: Any, x2: Any, p: Any = 2.0, compute_mode: Any = None) -> Tensor:
    gap = elementwise(ar.sub, unsqueeze(tensor(x1), -2), unsqueeze(tensor(x2), -3))
    return norm(rec, gap, p, -1)


def _outer(_: Record, x: Any, y: Any) -> Tensor:
    return elementwise(ar.mul, unsqueeze(tensor(x), 1), unsqueeze(tensor(y), 0))


def cumulative(kind: str) -> Operation:
    def operation(_: Record, x: Any, dim: Any = 0) -> Tensor:
        found = freshened(tensor(x))
        at = dimension(found, integer(dim))
        axis = found.axes[at]
        if axis.cond is not None or len(axis.atoms) != 1:
            raise Unknown("a running sum over a compound axis")
        name, size = axis.atoms[0]
        inner = fresh(name)
        body = subst(found.body, {name: Var(inner)})
        cond = ar.compare("<=", Var(inner), Var(name))
        return Tensor(found.axes, reduction(kind, ((inner, size),), body, cond), found.dtype)

    return operation


def _dot(rec: Record, x: Any, y: Any) -> Tensor:
    return matmul(rec, x, y)


def baddbmm(rec: Record, x: Any, left: Any, right: Any, beta: Any = 1, alpha: Any = 1) -> Tensor:
    product = mapped(matmul(rec, left, right), lambda body: ar.mul(number(alpha), body))
    return elementwise(lambda a, b: ar.add(ar.mul(number(beta), a), b), tensor(x), product)


def weighted_mean(values: Tensor, weights: Tensor) -> Tensor:
    """Σ w v / Σ w over all axes."""
    axes, (value, weight) = align(values, weights)
    top = reduce_axes("sum", Tensor(axes, ar.mul(value, weight)), None)
    return elementwise(ar.div, top, reduce_axes("sum", Tensor(axes, weight), None))


REDUCTIONS: dict[str, Operation] = {
    "sum": _sum,
    "mean": mean,
    "nanmean": mean,
    "average": mean,
    "reduce_sum": _sum,
    "reduce_mean": mean,
    "prod": _prod,
    "max": _extreme("max"),
    "pdist": _pdist,
    "batch_norm": _batch_norm,
    "min": _extreme("min"),
    "amax": _amax("max"),
    "amin": _amax("min"),
    "argmax": _amax("argmax"),
    "argmin": _amax("argmin"),
    "any": _any("any"),
    "all": _any("all"),
    "logsumexp": logsumexp,
    "softmax": softmax,
    "log_softmax": log_softmax,
    "var": variance,
    "std": deviation,
    "norm": norm,
    "vector_norm": _vector_norm,
    "normalize": normalize,
    "cosine_similarity": cosine_similarity,
    "matmul": matmul,
    "mm": matmul,
    "bmm": matmul,
    "mv": matmul,
    "dot": _dot,
    "inner": matmul,
    "einsum": einsum,
    "diagonal": _diagonal,
    "diag": _diagonal,
    "trace": _trace,
    "pairwise_distance": _distance,
    "cdist": _cdist,
    "outer": _outer,
    "cumsum": cumulative("sum"),
    "cumprod": cumulative("prod"),
    "baddbmm": baddbmm,
    "addmm": baddbmm,
}
