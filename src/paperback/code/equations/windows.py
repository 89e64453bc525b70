"""What moves a window over the last axes: pooling, padding and convolution with a given kernel."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import product
from math import prod
from typing import Any

from paperback.code.equations import arithmetic as ar
from paperback.code.equations.form import ONE, ZERO, Expr, Num, Range, Var, fresh, num, subst
from paperback.code.equations.lines import inline
from paperback.code.equations.names import define, loose
from paperback.code.equations.pointwise import Operation, tensor
from paperback.code.equations.reduce import reduction, simplify
from paperback.code.equations.sizes import Misfit, Unknown, same_size
from paperback.code.equations.tensor import (
    Axis,
    Tensor,
    delinearize,
    dimension,
    freshened,
    mapped,
    opened,
    place,
    reduce_axes,
)
from paperback.code.equations.values import Record, integer, number, plain

MOST_TERMS = 25


@dataclass(frozen=True, slots=True)
class Window:
    """A window along one axis.

    Attributes:
        out: The axis of its positions.
        place: The entry of the input, from one, at which a position and an offset meet.
        offset: The offset's own range; None where the window is one entry wide.
        inside: The condition that the entry is no padding; None where there is none.
    """

    out: Axis
    place: Expr
    offset: Range | None
    inside: Expr | None


def window(size: Expr, kernel: Expr, stride: Expr, padding: Expr, dilation: Expr) -> Window:
    """The window of `kernel` entries over an axis of `size` entries, as torch places it."""
    if not all(map(ar.is_whole, (kernel, stride, padding, dilation))):
        raise Misfit("a window that is not a whole number of entries")
    reach = ar.add(ar.mul(dilation, ar.sub(kernel, ONE)), ONE)
    room = ar.sub(ar.add(size, ar.mul(num(2), padding)), reach)
    count = ar.add(room if stride == ONE else ar.function("floordiv", room, stride), ONE)
    name, offset = fresh(), fresh("a")
    out = Axis(()) if count == ONE else Axis(((name, count),))
    start = ar.mul(stride, ar.sub(Var(name), ONE)) if out.atoms else ZERO
    step = ZERO if kernel == ONE else ar.mul(dilation, ar.sub(Var(offset), ONE))
    at = ar.add(start, step, ar.sub(ONE, padding))
    inside = None if padding == ZERO else within(at, size)
    return Window(out, at, None if kernel == ONE else (offset, kernel), inside)


def within(at: Expr, size: Expr) -> Expr:
    """Whether a place is one of an axis of `size` entries."""
    return ar.conjunction(ar.compare(">=", at, ONE), ar.compare("<=", at, size))


def each(value: Any, rank: int) -> list[Expr]:
    """A setting for every axis of the window."""
    items = list(value) if isinstance(value, list | tuple) else [value]
    if any(isinstance(item, str) for item in items):
        raise Unknown(f"padding {value!r}")
    items = items * rank if len(items) == 1 else items
    if len(items) != rank:
        raise Misfit(f"{len(items)} settings for a window of {rank} axes")
    return [number(item) for item in items]


def slid(found: Tensor, windows: Sequence[Window]) -> tuple[Expr, tuple[Range, ...], Expr | None]:
    """The body of `found` under windows over its last axes, the offsets, and what keeps off the padding."""
    body = found.body
    for axis, one in zip(found.axes[-len(windows) :], windows, strict=True):
        if axis.cond is not None:
            raise Unknown("a window over entries that are chosen by the data")
        body = subst(body, delinearize(one.place, axis.atoms))
    ranges = tuple(one.offset for one in windows if one.offset is not None)
    inside = [one.inside for one in windows if one.inside is not None]
    return body, ranges, ar.conjunction(*inside) if inside else None


def _placed(
    x: Any, rank: int, kernel: Any, stride: Any, padding: Any, dilation: Any = 1
) -> tuple[Tensor, list[Window]]:
    found = freshened(tensor(x))
    if len(found.axes) not in (rank + 1, rank + 2):
        raise Misfit(f"a window of {rank} axes over a tensor of rank {len(found.axes)}")
    settings = [each(item, rank) for item in (kernel, stride, padding, dilation)]
    sizes = [axis.size for axis in found.axes[-rank:]]
    return found, [window(size, *one) for size, *one in zip(sizes, *settings, strict=True)]


def _max_pool(rank: int) -> Operation:
    def operation(
        _: Record, x: Any, kernel_size: Any, stride: Any = None, padding: Any = 0, dilation: Any = 1,
        ceil_mode: bool = False, return_indices: bool = False,
    ) -> Tensor:  # fmt: skip
        if ceil_mode or return_indices:
            raise Unknown("max pooling that rounds up or gives indices")
        found, windows = _placed(
            x, rank, kernel_size, kernel_size if stride is None else stride, padding, dilation
        )
        body, ranges, inside = slid(found, windows)
        axes = (*found.axes[:-rank], *(one.out for one in windows))
        return Tensor(axes, _largest(ranges, body, inside), found.dtype)

    return operation


def _largest(ranges: tuple[Range, ...], body: Expr, inside: Expr | None) -> Expr:
    """The maximum; of values with a minus, what it is: the minimum, with a minus."""
    coefficient, rest = ar.split_coefficient(body)
    if coefficient == -1:
        return ar.mul(num(-1), reduction("min", ranges, rest, inside))
    return reduction("max", ranges, body, inside)


def _average_pool(rank: int) -> Operation:
    def operation(
        _: Record, x: Any, kernel_size: Any, stride: Any = None, padding: Any = 0, ceil_mode: bool = False,
        count_include_pad: bool = True, divisor_override: Any = None,
    ) -> Tensor:  # fmt: skip
        found, windows = _placed(x, rank, kernel_size, kernel_size if stride is None else stride, padding)
        body, ranges, inside = slid(found, windows)
        if ceil_mode or divisor_override is not None or (inside is not None and not count_include_pad):
            raise Unknown("average pooling that rounds up or counts otherwise")
        axes = (*found.axes[:-rank], *(one.out for one in windows))
        count = ar.product_of(size for _, size in ranges)
        return Tensor(axes, ar.div(reduction("sum", ranges, body, inside), count))

    return operation


def _whole_pool(rank: int, kind: str) -> Operation:
    def operation(_: Record, x: Any, output_size: Any) -> Tensor:
        found = tensor(x)
        if any(size != ONE for size in each(output_size, rank)):
            raise Unknown("adaptive pooling to more than one entry")
        pooled = reduce_axes("sum" if kind == "mean" else kind, found, list(range(-rank, 0)), True)
        if kind != "mean":
            return pooled
        count = ar.product_of(axis.size for axis in found.axes[-rank:])
        return mapped(pooled, lambda body: ar.div(body, count), "float")

    return operation


def _convolution(rank: int) -> Operation:
    def operation(
        rec: Record, x: Any, weight: Any, bias: Any = None, stride: Any = 1, padding: Any = 0,
        dilation: Any = 1, groups: Any = 1,
    ) -> Tensor:  # fmt: skip
        kernel = freshened(tensor(weight))
        if len(kernel.axes) != rank + 2 or any(axis.cond is not None for axis in kernel.axes):
            raise Misfit(f"a kernel of rank {len(kernel.axes)}")
        padding = _same(kernel, rank) if padding == "same" else 0 if padding == "valid" else padding
        found, windows = _placed(x, rank, [axis.size for axis in kernel.axes[2:]], stride, padding, dilation)
        body, ranges, inside = slid(found, windows)
        for axis, one in zip(kernel.axes[2:], windows, strict=True):
            at = Var(one.offset[0]) if one.offset is not None else ONE
            kernel = Tensor(kernel.axes, subst(kernel.body, delinearize(at, axis.atoms)))
        spelled = _spelled(rec, body, kernel.body, ranges)
        if spelled is not None and inside is not None and not loose(found):
            ends = [size for size in reversed(each(padding, rank)) for _ in range(2)]
            padded = define(rec, "padded", _pad(rec, found, ends))
            return operation(rec, padded, weight, bias, stride, 0, dilation, groups)
        if spelled is not None and inside is None:
            body, kernel, ranges = spelled, Tensor(kernel.axes, ONE), ()
        out, body, ranges = _channels(found.axes[-rank - 1], kernel, body, ranges, groups)
        axes = (*found.axes[: -rank - 1], out, *(one.out for one in windows))
        result = Tensor(axes, reduction("sum", ranges, body, inside))
        if bias is None:
            return result
        own = freshened(tensor(bias))
        added = subst(own.body, delinearize(place(out), own.axes[0].atoms))
        return mapped(result, lambda value: ar.add(value, added))

    return operation


def _spelled(rec: Record, body: Expr, weight: Expr, ranges: tuple[Range, ...]) -> Expr | None:
    """The sum over a window, term by term, where the kernel is one of a few numbers; else None."""
    sizes = [plain(size) for _, size in ranges]
    if not all(isinstance(size, int) for size in sizes) or prod(sizes) > MOST_TERMS:
        return None
    terms = []
    for offsets in product(*(range(1, size + 1) for size in sizes)):
        here: dict[str, Expr] = {name: num(at) for (name, _), at in zip(ranges, offsets, strict=True)}
        factor = simplify(opened(inline(subst(weight, here), rec.definitions, set())))
        if not isinstance(factor, Num):
            return None
        terms.append(ar.mul(factor, subst(body, here)))
    return ar.add(*terms)


def _same(kernel: Tensor, rank: int) -> list[Expr]:
    sizes = [plain(axis.size) for axis in kernel.axes[-rank:]]
    if not all(isinstance(size, int) and size % 2 for size in sizes):
        raise Unknown("padding 'same' with an even kernel")
    return [num(size // 2) for size in sizes]


def _channels(
    inner: Axis, kernel: Tensor, body: Expr, ranges: tuple[Range, ...], groups: Any
) -> tuple[Axis, Expr, tuple[Range, ...]]:
    """The axis of output channels, the summand and the ranges, the input channels among them.

    Raises:
        Unknown: Channels stand in groups of several.
    """
    outer = kernel.axes[0]
    if plain(groups) == 1:
        if not same_size(inner.size, kernel.axes[1].size):
            raise Misfit("a convolution of another number of channels")
        weight = subst(kernel.body, delinearize(place(inner), kernel.axes[1].atoms))
        return outer, ar.mul(weight, body), (*inner.atoms, *ranges)
    if not (
        same_size(number(groups), inner.size)
        and same_size(outer.size, inner.size)
        and kernel.axes[1].size == ONE
    ):
        raise Unknown("a convolution in groups of several channels")
    weight = subst(kernel.body, delinearize(place(inner), outer.atoms))
    return inner, ar.mul(weight, body), ranges


def _pad(_: Record, x: Any, pad: Any, mode: str = "constant", value: Any = None) -> Tensor:
    """`x` with more entries before and after those of its last axes."""
    found = freshened(tensor(x))
    widths = [number(item) for item in (pad if isinstance(pad, list | tuple) else [pad] * 2)]
    fill = number(0 if value is None else value)
    for k, (before, after) in enumerate(zip(widths[::2], widths[1::2], strict=True)):
        at = dimension(found, -1 - k)
        axis = found.axes[at]
        if before == ZERO and after == ZERO:
            continue
        if axis.cond is not None:
            raise Unknown("padding of entries that are chosen by the data")
        name, size = fresh(), axis.size
        here = ar.sub(Var(name), before)
        source = _beyond(mode, here, size)
        body = subst(found.body, delinearize(source, axis.atoms))
        if mode == "constant":
            body = ar.cases(_inner(here, size, before, after), body, fill)
        new = Axis(((name, ar.add(size, before, after)),))
        found = Tensor((*found.axes[:at], new, *found.axes[at + 1 :]), body, found.dtype)
    return found


def _inner(here: Expr, size: Expr, before: Expr, after: Expr) -> Expr:
    bounds = [ar.compare(">=", here, ONE)] if before != ZERO else []
    bounds += [ar.compare("<=", here, size)] if after != ZERO else []
    return ar.conjunction(*bounds)


def _beyond(mode: str, here: Expr, size: Expr) -> Expr:
    """The entry that stands at a place which may lie beyond the ends."""
    last, magnitude = ar.sub(size, ONE), _magnitude
    modes: dict[str, Callable[[], Expr]] = {
        "constant": lambda: here,
        "replicate": lambda: ar.function("min", ar.function("max", here, ONE), size),
        "reflect": lambda: ar.sub(size, magnitude(ar.sub(last, magnitude(ar.sub(here, ONE))))),
        "circular": lambda: ar.add(ar.function("mod", ar.sub(here, ONE), size), ONE),
    }
    if mode not in modes:
        raise Unknown(f"padding {mode!r}")
    return modes[mode]()


def _magnitude(expr: Expr) -> Expr:
    return ar.function("abs", expr)


def _interpolate(
    _: Record, x: Any, size: Any = None, scale_factor: Any = None, mode: str = "nearest", **options: Any
) -> Tensor:
    """Every entry repeated a whole number of times along each axis."""
    found = freshened(tensor(x))
    rank = len(found.axes) - 2
    if mode != "nearest" or size is not None or rank < 1:
        raise Unknown("interpolation between entries")
    for k, factor in enumerate(each(scale_factor, rank)):
        at, axis = k + 2, found.axes[k + 2]
        times = integer(factor)
        if times == 1:
            continue
        new = Axis((*axis.atoms, (fresh(), num(times))), axis.cond)
        found = Tensor((*found.axes[:at], new, *found.axes[at + 1 :]), found.body, found.dtype)
    return found


WINDOWS: dict[str, Operation] = {
    "pad": _pad,
    "interpolate": _interpolate,
    **{f"max_pool{rank}d": _max_pool(rank) for rank in (1, 2, 3)},
    **{f"avg_pool{rank}d": _average_pool(rank) for rank in (1, 2, 3)},
    **{f"adaptive_avg_pool{rank}d": _whole_pool(rank, "mean") for rank in (1, 2, 3)},
    **{f"adaptive_max_pool{rank}d": _whole_pool(rank, "max") for rank in (1, 2, 3)},
    **{f"conv{rank}d": _convolution(rank) for rank in (1, 2, 3)},
}
