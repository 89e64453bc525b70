"""Arrays that remember how they were computed, for vector-Jacobian products."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import erf

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Back = Callable[[Array], Array]


@dataclass(eq=False, slots=True)
class Node:
    """An array and, for each array it was computed from, how a cotangent goes back."""

    value: Array
    parents: tuple[tuple["Node", Back], ...] = ()


def leaf(value: object) -> Node:
    # Extended range: equations are written without the shifts that keep code from overflowing.
    return Node(np.asarray(value, dtype=np.longdouble))


def _fit(gradient: Array, shape: tuple[int, ...]) -> Array:
    """`gradient` summed over the axes along which `shape` was broadcast."""
    if gradient.shape == shape:
        return gradient
    extra = gradient.ndim - len(shape)
    gradient = gradient.sum(axis=tuple(range(extra))) if extra else gradient
    ones = tuple(at for at, size in enumerate(shape) if size == 1 and gradient.shape[at] != 1)
    return gradient.sum(axis=ones, keepdims=True) if ones else gradient


def _binary(value: Array, left: Node, right: Node, to_left: Back, to_right: Back) -> Node:
    return Node(value, ((left, lambda g: _fit(to_left(g), left.value.shape)),
                        (right, lambda g: _fit(to_right(g), right.value.shape))))  # fmt: skip


def add(left: Node, right: Node) -> Node:
    return _binary(left.value + right.value, left, right, lambda g: g, lambda g: g)


def mul(left: Node, right: Node) -> Node:
    a, b = left.value, right.value
    return _binary(a * b, left, right, lambda g: g * b, lambda g: g * a)


def power(base: Node, exponent: Node) -> Node:
    a, b = base.value, exponent.value
    value = np.power(a, b)
    constant = not exponent.parents and exponent.value.size == 1
    to_exponent: Back = (lambda g: np.zeros_like(g)) if constant else (
        lambda g: g * value * np.log(np.where(a > 0, a, 1.0)))  # fmt: skip
    return _binary(value, base, exponent, lambda g: g * b * np.power(a, b - 1), to_exponent)


def select(cond: NDArray[np.bool_], then: Node, other: Node) -> Node:
    value = np.where(cond, then.value, other.value)
    return _binary(value, then, other, lambda g: np.where(cond, g, 0.0), lambda g: np.where(cond, 0.0, g))


def extreme(left: Node, right: Node, *, largest: bool) -> Node:
    """The larger or smaller; where both are equal each gets half of the cotangent."""
    a, b = left.value, right.value
    first = a > b if largest else a < b
    share = np.where(a == b, 0.5, first.astype(float))
    value = np.maximum(a, b) if largest else np.minimum(a, b)
    return _binary(value, left, right, lambda g: g * share, lambda g: g * (1 - share))


_ERF = np.vectorize(erf, otypes=[float])
_UNARY: dict[str, tuple[Callable[[Array], Array], Callable[[Array, Array], Array]]] = {
    "exp": (np.exp, lambda x, y: y),
    "log": (np.log, lambda x, y: 1 / x),
    "sin": (np.sin, lambda x, y: np.cos(x)),
    "cos": (np.cos, lambda x, y: -np.sin(x)),
    "tan": (np.tan, lambda x, y: 1 + y**2),
    "asin": (np.arcsin, lambda x, y: 1 / np.sqrt(1 - x**2)),
    "acos": (np.arccos, lambda x, y: -1 / np.sqrt(1 - x**2)),
    "atan": (np.arctan, lambda x, y: 1 / (1 + x**2)),
    "tanh": (np.tanh, lambda x, y: 1 - y**2),
    "sinh": (np.sinh, lambda x, y: np.cosh(x)),
    "cosh": (np.cosh, lambda x, y: np.sinh(x)),
    "sigmoid": (lambda x: 0.5 * (1 + np.tanh(0.5 * x)), lambda x, y: y * (1 - y)),
    "abs": (np.abs, lambda x, y: np.sign(x)),
    "erf": (_ERF, lambda x, y: 2 / np.sqrt(np.pi) * np.exp(-(x**2))),
    "sign": (np.sign, lambda x, y: np.zeros_like(x)),
    "floor": (np.floor, lambda x, y: np.zeros_like(x)),
    "ceil": (np.ceil, lambda x, y: np.zeros_like(x)),
    "round": (np.round, lambda x, y: np.zeros_like(x)),
}
UNARY = frozenset(_UNARY)


def unary(name: str, arg: Node) -> Node:
    forward, slope = _UNARY[name]
    value = forward(arg.value)
    return Node(value, ((arg, lambda g: g * slope(arg.value, value)),))


def total(arg: Node, axes: tuple[int, ...]) -> Node:
    """The sum over the last axes, which it drops."""
    shape = arg.value.shape
    spread = tuple(1 if at in axes else size for at, size in enumerate(shape))
    return Node(arg.value.sum(axis=axes), ((arg, lambda g: np.broadcast_to(g.reshape(spread), shape)),))


def product(arg: Node, axes: tuple[int, ...]) -> Node:
    value = arg.value.prod(axis=axes, keepdims=True)
    return Node(value.squeeze(axis=axes), ((arg, lambda g: np.expand_dims(g, axes) * value / arg.value),))


def peak(arg: Node, axes: tuple[int, ...], *, largest: bool) -> Node:
    """The extreme over the last axes; equal ones share the cotangent."""
    value = (arg.value.max if largest else arg.value.min)(axis=axes, keepdims=True)
    hit = (arg.value == value).astype(float)
    share = hit / hit.sum(axis=axes, keepdims=True)
    return Node(value.squeeze(axis=axes), ((arg, lambda g: np.expand_dims(g, axes) * share),))


def determinant(arg: Node) -> Node:
    """Determinants over the last two axes."""
    matrix = arg.value.astype(float)
    value = np.asarray(np.linalg.det(matrix))

    def back(gradient: Array) -> Array:
        scaled: Array = (gradient * value)[..., None, None] * np.swapaxes(_inverted(matrix), -1, -2)
        return scaled

    return Node(value, ((arg, back),))


def inverse(arg: Node) -> Node:
    """Inverses over the last two axes."""
    value = _inverted(arg.value.astype(float))
    turned = np.swapaxes(value, -1, -2)
    return Node(value, ((arg, lambda g: -turned @ g.astype(float) @ turned),))


def _inverted(matrix: Array) -> Array:
    """The inverse; not a number where there is none."""
    try:
        return np.asarray(np.linalg.inv(matrix), dtype=float)
    except np.linalg.LinAlgError:
        return np.full_like(matrix, np.nan)


def gather(arg: Node, index: tuple[NDArray[np.int_], ...]) -> Node:
    """Entries at broadcast integer arrays that count from zero."""

    def back(gradient: Array) -> Array:
        result = np.zeros_like(arg.value)
        np.add.at(result, index, gradient)
        return result

    return Node(arg.value[index], ((arg, back),))


def reshape(arg: Node, shape: tuple[int, ...]) -> Node:
    return Node(arg.value.reshape(shape), ((arg, lambda g: g.reshape(arg.value.shape)),))


def spread(arg: Node, shape: tuple[int, ...]) -> Node:
    """`arg` broadcast to `shape`."""
    return Node(np.broadcast_to(arg.value, shape), ((arg, lambda g: _fit(g, arg.value.shape)),))


def join(parts: Sequence[Node], axis: int) -> Node:
    """Arrays one after the other along `axis`."""
    ends = np.cumsum([0, *(part.value.shape[axis] for part in parts)])

    def back(at: int) -> Back:
        return lambda g: np.take(g, np.arange(ends[at], ends[at + 1]), axis=axis)

    value = np.concatenate([part.value for part in parts], axis=axis)
    return Node(value, tuple((part, back(at)) for at, part in enumerate(parts)))


def opaque(value: Array, arg: Node, pulled: Back) -> Node:
    """A recorded value; `pulled` gives the cotangent of `arg`, in its shape or another of that size."""

    def back(gradient: Array) -> Array:
        return pulled(gradient).reshape(arg.value.shape)

    return Node(value, ((arg, back),))


def custom(value: Array, slope: Array, arg: Node) -> Node:
    """An elementwise function with a derivative of its own."""
    return Node(value, ((arg, lambda g: _fit(g * slope, arg.value.shape)),))


def backward(roots: Sequence[Node], cotangents: Sequence[Array]) -> dict[int, Array]:
    """Cotangents of everything that the roots were computed from, by `id`."""
    order: list[Node] = []
    seen: set[int] = set()
    stack: list[tuple[Node, bool]] = [(root, False) for root in roots]
    while stack:
        node, done = stack.pop()
        if done:
            order.append(node)
        elif id(node) not in seen:
            seen.add(id(node))
            stack.append((node, True))
            stack.extend((parent, False) for parent, _ in node.parents)
    found: dict[int, Array] = {}
    for root, cotangent in zip(roots, cotangents, strict=True):
        found[id(root)] = found.get(id(root), 0.0) + np.broadcast_to(cotangent, root.value.shape).astype(
            float
        )
    for node in reversed(order):
        gradient = found.get(id(node))
        if gradient is None:
            continue
        for parent, back in node.parents:
            found[id(parent)] = found.get(id(parent), 0.0) + back(gradient)
    return found
