"""Tensors cut into pieces along one axis."""

from collections.abc import Sequence
from typing import Any

from paperback.code.equations import arithmetic as ar
from paperback.code.equations import reshape as rs
from paperback.code.equations.form import ONE, ZERO, Expr, Num, num
from paperback.code.equations.pointwise import tensor
from paperback.code.equations.sizes import Misfit, Unknown, same_size
from paperback.code.equations.tensor import Tensor, dimension, elementwise, permute
from paperback.code.equations.values import Record, integer, number


def _pieces(found: Tensor, at: int, lengths: Sequence[Expr]) -> tuple[Tensor, ...]:
    start: Expr = ZERO
    pieces = []
    for length in lengths:
        pieces.append(rs.cut(found, at, start, ar.add(start, length)))
        start = ar.add(start, length)
    return tuple(pieces)


def chunk(rec: Record, x: Any, chunks: Any, dim: Any = 0) -> tuple[Tensor, ...]:
    found, count = tensor(x), integer(chunks)
    at = dimension(found, integer(dim))
    size = found.axes[at].size
    rec.divisible.append((size, num(count)))
    return _pieces(found, at, [ar.div(size, num(count))] * count)


def _pieces_in_front(rec: Record, found: Tensor, at: int, count: Expr, length: Expr) -> Tensor:
    """Pieces whose number is a symbol, as a tensor with the pieces in front."""
    rec.divisible.append((found.axes[at].size, length))
    sizes = found.shape
    parts = rs.reshape(found, [*sizes[:at], count, length, *sizes[at + 1 :]])
    return permute(parts, [at, *(n for n in range(len(parts.axes)) if n != at)])


def split(rec: Record, x: Any, sizes: Any, dim: Any = 0) -> Any:
    found = tensor(x)
    at = dimension(found, integer(dim))
    if isinstance(sizes, list | tuple):
        whole = ar.add(*(number(size) for size in sizes))
        if not same_size(whole, found.axes[at].size):
            raise Misfit("a split into pieces that do not make up the axis", (found.axes[at].size, whole))
        return _pieces(found, at, [number(size) for size in sizes])
    ratio = ar.div(found.axes[at].size, number(sizes))
    if not isinstance(ratio, Num):
        return _pieces_in_front(rec, found, at, ratio, number(sizes))
    if ratio.value.denominator != 1:
        raise Unknown("a split into pieces of different size")
    return _pieces(found, at, [number(sizes)] * int(ratio.value))


def unbind(_: Record, x: Any, dim: Any = 0) -> Any:
    found = tensor(x)
    at = dimension(found, integer(dim))
    if not isinstance(found.axes[at].size, Num):
        return permute(found, [at, *(n for n in range(len(found.axes)) if n != at)])
    return tuple(rs.take(found, at, num(n + 1)) for n in range(integer(found.axes[at].size)))


def listed(value: Any) -> list[Any]:
    return list(value) if isinstance(value, list | tuple) else [value]


def moved(_: Record, x: Any, source: Any, destination: Any) -> Tensor:
    found = tensor(x)
    start, end = [integer(at) for at in listed(source)], [integer(at) for at in listed(destination)]
    froms, to = [dimension(found, at) for at in start], [dimension(found, at) for at in end]
    rest = [at for at in range(len(found.axes)) if at not in froms]
    for at, place_to in sorted(zip(froms, to, strict=True), key=lambda pair: pair[1]):
        rest.insert(place_to, at)
    return permute(found, rest)


def difference(_: Record, x: Any, n: Any = 1, dim: Any = -1) -> Tensor:
    found = tensor(x)
    for _round in range(integer(n)):
        at = dimension(found, integer(dim))
        after, before = rs.cut(found, at, ONE, None), rs.cut(found, at, ZERO, num(-1))
        found = elementwise(ar.sub, after, before, dtype=found.dtype)
    return found
