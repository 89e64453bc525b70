"""Determinants and inverses of matrices that have a name, and products over several axes."""

from collections.abc import Sequence
from typing import Any

from paperback.code.equations import arithmetic as ar
from paperback.code.equations.form import Det, El, Inv, Lam, Var, free, fresh
from paperback.code.equations.names import loose
from paperback.code.equations.pointwise import Operation, tensor
from paperback.code.equations.reductions import Pair, einsum, matmul
from paperback.code.equations.sizes import Misfit, Unknown, same_size
from paperback.code.equations.tensor import Axis, Tensor, freshened, mapped, place
from paperback.code.equations.values import Definition, Record, integer, plain


def _matrix(rec: Record, x: Any) -> tuple[Tensor, Lam]:
    """A tensor whose last two axes are square, and its matrix as one with a name.

    Raises:
        Misfit: It is no square matrix.
        Unknown: It depends on the round of a loop, or on entries that are chosen by the data.
    """
    found = freshened(tensor(x))
    if len(found.axes) < 2 or not same_size(found.axes[-1].size, found.axes[-2].size):
        raise Misfit("a matrix that is not square")
    if isinstance(found.body, El) and len(found.body.index) >= 2:
        own = [axis.atoms[0] for axis in found.axes[-2:] if len(axis.atoms) == 1]
        lead = found.body.index[:-2]
        last = found.body.index[-2:]
        if list(last) == [Var(name) for name, _ in own] and not {n for n, _ in own} & _free(lead):
            return found, Lam(tuple((item,) for item in own), found.body)
    if loose(found):
        raise Unknown("a matrix inside a loop of unknown length")
    key = rec.unique("matrix")
    rec.definitions[key] = Definition(key, tuple(axis.atoms for axis in found.axes), found.body, rec.line)
    row, column = fresh(), fresh()
    index = (*(place(axis) for axis in found.axes[:-2]), Var(row), Var(column))
    sizes = [axis.size for axis in found.axes[-2:]]
    return found, Lam((((row, sizes[0]),), ((column, sizes[1]),)), El(key, index))


def _free(parts: Any) -> set[str]:
    return {name for part in parts for name in free(part)}


def _determinant(rec: Record, x: Any) -> Tensor:
    found, matrix = _matrix(rec, x)
    return Tensor(found.axes[:-2], Det(matrix))


def _log_determinant(rec: Record, x: Any) -> Tensor:
    return mapped(_determinant(rec, x), lambda body: ar.function("log", body))


def _sign_and_log(rec: Record, x: Any) -> Pair:
    found = _determinant(rec, x)
    size = mapped(found, lambda body: ar.function("log", ar.function("abs", body)))
    return Pair(mapped(found, lambda body: ar.function("sign", body)), size)


def _inverse(rec: Record, x: Any) -> Tensor:
    found, matrix = _matrix(rec, x)
    axes = (*found.axes[:-2], *(Axis(((fresh(), axis.size),)) for axis in found.axes[-2:]))
    row, column = (Var(axis.names[0]) for axis in axes[-2:])
    return Tensor(axes, Inv(matrix, row, column))


def _solved(rec: Record, a: Any, b: Any) -> Tensor:
    return matmul(rec, _inverse(rec, a), b)


def _tensordot(rec: Record, a: Any, b: Any, dims: Any = 2, dim: Any = None) -> Tensor:
    """Sums of products over the last axes of `a` and the first of `b`, or over pairs that are named."""
    left, right = tensor(a), tensor(b)
    pairs = plain(dims if dim is None else dim)
    ranks = len(left.axes), len(right.axes)
    if isinstance(pairs, int):
        pairs = list(range(-pairs, 0)), list(range(pairs))
    firsts, seconds = ([integer(item) for item in _several(part)] for part in pairs)
    letters = "abcdefghijklmnopqrstuvwxyz"
    one, other = list(letters[: ranks[0]]), list(letters[ranks[0] : sum(ranks)])
    for first, second in zip(firsts, seconds, strict=True):
        if not (-ranks[0] <= first < ranks[0] and -ranks[1] <= second < ranks[1]):
            raise Misfit("tensordot over an axis that is not there")
        other[second] = one[first]
    kept = [item for item in (*one, *other) if not (item in one and item in other)]
    return einsum(rec, f"{''.join(one)},{''.join(other)}->{''.join(kept)}", left, right)


def _several(value: Any) -> Sequence[Any]:
    return value if isinstance(value, list | tuple) else [value]


LINEAR_ALGEBRA: dict[str, Operation] = {
    "det": _determinant,
    "logdet": _log_determinant,
    "slogdet": _sign_and_log,
    "inverse": _inverse,
    "inv": _inverse,
    "solve": _solved,
    "tensordot": _tensordot,
}
