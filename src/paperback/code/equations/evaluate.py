"""Numeric values of forms: every index variable in scope is one axis of an array."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from paperback.code.equations import tape
from paperback.code.equations.form import (
    Add,
    Apply,
    Bool,
    Call,
    Cases,
    Cat,
    Cmp,
    Det,
    El,
    Expr,
    Fn,
    Ind,
    Inv,
    Lam,
    Mul,
    Num,
    Order,
    Pow,
    Red,
    ScalarFunction,
    Sg,
    Sym,
    Var,
    canonical,
    free,
    subst,
)
from paperback.code.equations.tape import Array, Node

Scope = tuple[tuple[str, int], ...]
Places = NDArray[np.int_]
MOST_ENTRIES = 30_000_000
_COMPARE: dict[str, Callable[[Array, Array], NDArray[np.bool_]]] = {
    "<": np.less, "<=": np.less_equal, ">": np.greater, ">=": np.greater_equal,
    "==": np.equal, "!=": np.not_equal,
}  # fmt: skip


class EvaluationError(Exception):
    """A form has no value: a name is unknown, an index leaves its axis, or it is too large."""


class Stages(Protocol):
    """A recurrence while it is evaluated."""

    def lowest(self) -> int:
        """Its first place."""

    def highest(self) -> int:
        """Its last place."""

    def at(self, place: int) -> Node:
        """The entries at `place`, without the first axis."""


@dataclass(slots=True)
class World:
    """What names stand for.

    Attributes:
        scalars: Sizes and hyper-parameters.
        tensors: Arrays whose entries are found by indices from one.
        functions: Custom scalar functions.
        opaques: For each opaque function, its value as a node of its whole arguments.
        called: Each call of an opaque function that was written, however often, with its value.
        arms: Which arms of each choice (cases, indicator, larger and smaller of two) were taken.
        stages: Names whose entries at one place of their first axis follow from those at other places.
        tied: Whether the extreme of a range was reached by several entries, or a root was taken of zero.
        sorted_ties: Whether entries that were sorted were equal.
        left: Whether an index left its axis.
        shifted: Whether what stands there is changed, which a condition must hide.
    """

    scalars: dict[str, Node] = field(default_factory=dict)
    tensors: dict[str, Node] = field(default_factory=dict)
    functions: Mapping[str, ScalarFunction] = field(default_factory=dict)
    opaques: Mapping[str, Callable[[list[Node]], Node]] = field(default_factory=dict)
    called: dict[Expr, Node] = field(default_factory=dict)
    arms: dict[Expr, set[int]] = field(default_factory=dict)
    stages: dict[str, Stages] = field(default_factory=dict)
    tied: bool = False
    sorted_ties: bool = False
    left: bool = False
    shifted: bool = False


def size(expr: Expr, world: World) -> int:
    """A size as a whole number.

    Raises:
        EvaluationError: It is none.
    """
    value = float(evaluate(expr, world).value)
    if value != round(value) or value < 0:
        raise EvaluationError(f"a size of {value}")
    return int(value)


def evaluate(expr: Expr, world: World, scope: Scope = ()) -> Node:
    """The value of `expr`, with one axis (perhaps of size one) for every variable in `scope`."""
    match expr:
        case Num(value):
            return _scalar(tape.leaf(float(value)), scope)
        case Sym(name):
            return _scalar(_known(world, name), scope)
        case Var(name):
            return _variable(name, scope)
        case El(name, index) if name in world.stages:
            return _staged(world.stages[name], index, world, scope)
        case El(name, index):
            return _element(_tensor(world, name), index, world, scope)
        case Add(terms):
            return _fold(tape.add, terms, world, scope)
        case Mul(factors):
            return _fold(tape.mul, factors, world, scope)
        case Pow(base, exponent):
            below, above = evaluate(base, world, scope), evaluate(exponent, world, scope)
            world.tied |= bool(np.any((below.value == 0) & (above.value > 0) & (above.value < 1)))
            return tape.power(below, above)
        case Fn(name, args):
            found = [evaluate(arg, world, scope) for arg in args]
            if name in ("max", "min") and len(args) == 2:
                _arm(world, expr, found[0].value > found[1].value)
            return _function(name, found)
        case Ind(cond):
            return Node(_arm(world, expr, truth(cond, world, scope)).astype(float))
        case Cases(cond, then, other):
            held = _arm(world, expr, truth(cond, world, scope))
            if held.size == 1:
                return evaluate(then if held.all() else other, world, scope)
            return tape.select(held, evaluate(then, world, scope), evaluate(other, world, scope))
        case Sg(body):
            return Node(evaluate(body, world, scope).value)
        case Red():
            return _reduction(expr, world, scope)
        case Order():
            return _ordered(expr, world, scope)
        case Det(matrix):
            return tape.determinant(_inside(matrix, world, scope))
        case Inv(matrix, row, column):
            inverse = tape.inverse(_inside(matrix, world, scope))
            return _entry(inverse, (row, column), world, scope)
        case Apply(name, arg):
            return _custom(world.functions[name], evaluate(arg, world, scope), world)
        case Cat():
            return _element(joined(expr, world), expr.index, world, scope)
        case Call(name, args, index):
            return _element(_called(expr, world), index, world, scope)
        case Cmp() | Bool():
            return Node(truth(expr, world, scope).astype(float))
    raise EvaluationError(f"no value for {type(expr).__name__}")


def _arm(world: World, choice: Expr, held: NDArray[np.bool_]) -> NDArray[np.bool_]:
    taken = world.arms.setdefault(choice, set())
    taken.update(np.unique(held).astype(int).tolist())
    return held


def _known(world: World, name: str) -> Node:
    if name in ("pi", "inf"):
        return tape.leaf(getattr(np, name))
    if name not in world.scalars:
        raise EvaluationError(f"the symbol {name} has no value")
    return world.scalars[name]


def _tensor(world: World, name: str) -> Node:
    if name not in world.tensors:
        raise EvaluationError(f"the tensor {name} has no value")
    return world.tensors[name]


def _scalar(node: Node, scope: Scope) -> Node:
    return tape.reshape(node, (1,) * len(scope)) if scope else tape.reshape(node, ())


def _variable(name: str, scope: Scope) -> Node:
    names = [item for item, _ in scope]
    if name not in names:
        raise EvaluationError(f"the index {name} is not bound")
    at = len(names) - 1 - names[::-1].index(name)
    shape = [1] * len(scope)
    shape[at] = scope[at][1]
    return Node(np.arange(1, scope[at][1] + 1, dtype=float).reshape(shape))


def _fold(build: Callable[[Node, Node], Node], parts: tuple[Expr, ...], world: World, scope: Scope) -> Node:
    result = evaluate(parts[0], world, scope)
    for part in parts[1:]:
        result = build(result, evaluate(part, world, scope))
    return result


def _element(found: Node, index: tuple[Expr, ...], world: World, scope: Scope) -> Node:
    """Entries at the indices; those that a condition will hide may leave the axis and are moved inside."""
    if len(index) != found.value.ndim:
        raise EvaluationError(f"{len(index)} indices for a tensor of rank {found.value.ndim}")
    places = []
    for item, length in zip(index, found.value.shape, strict=True):
        if length == 0:
            raise EvaluationError("an entry of an empty axis")
        places.append(np.rint(np.nan_to_num(evaluate(item, world, scope).value) - 1).astype(int))
    if not index:
        return _scalar(found, scope)
    shape = np.broadcast_shapes((1,) * len(scope), *(place.shape for place in places))
    places = [np.broadcast_to(place, shape) for place in places]
    inner, outside = _moved_inside(places, found.value.shape)
    return _hidden(tape.gather(found, tuple(inner)), outside, world)


def _moved_inside(places: Sequence[Places], lengths: Sequence[int]) -> tuple[list[Places], NDArray[np.bool_]]:
    """The places moved inside the axes, and where that changed one of them."""
    inner = [np.clip(place, 0, length - 1) for place, length in zip(places, lengths, strict=True)]
    outside = np.any([place != moved for place, moved in zip(places, inner, strict=True)], axis=0)
    return inner, outside


def _hidden(node: Node, outside: NDArray[np.bool_], world: World) -> Node:
    """Entries of which some stand outside; in a shifted world these have other values and no gradient."""
    if not np.any(outside):
        return node
    world.left = True
    if not world.shifted:
        return node
    # Signs stay what they were, so that a hidden logarithm or root is as good as before.
    return Node(np.where(outside, 1.37 * node.value + 0.11 * np.where(node.value < 0, -1.0, 1.0), node.value))


def _staged(stages: Stages, index: tuple[Expr, ...], world: World, scope: Scope) -> Node:
    """Entries of a recurrence; places beyond its ends, which a condition hides, are moved inside."""
    wanted = np.rint(np.nan_to_num(evaluate(index[0], world, scope).value)).astype(int)
    low, high = stages.lowest(), stages.highest()
    places = np.clip(wanted, low, high)
    if places.size == 1:
        found = _element(stages.at(int(places.reshape(-1)[0])), index[1:], world, scope)
        return _hidden(found, places != wanted, world)
    first, last = int(places.min()), int(places.max())
    nodes = [stages.at(place) for place in range(first, last + 1)]
    whole = tape.join([tape.reshape(node, (1, *node.value.shape)) for node in nodes], 0)
    shifted = Add((index[0], Num(Fraction(1 - first))))
    return _element(whole, (shifted, *index[1:]), world, scope)


def _function(name: str, args: list[Node]) -> Node:
    if name in tape.UNARY:
        return tape.unary(name, args[0])
    if name in ("max", "min"):
        result = args[0]
        for arg in args[1:]:
            result = tape.extreme(result, arg, largest=name == "max")
        return result
    if name == "mod":
        return Node(np.mod(args[0].value, args[1].value))
    if name == "floordiv":
        return Node(np.floor_divide(args[0].value, args[1].value))
    raise EvaluationError(f"the function {name}")


def truth(cond: Expr, world: World, scope: Scope) -> NDArray[np.bool_]:
    """Where a condition holds."""
    match cond:
        case Cmp(op, left, right):
            return _COMPARE[op](evaluate(left, world, scope).value, evaluate(right, world, scope).value)
        case Bool("not", args):
            return ~truth(args[0], world, scope)
        case Bool(op, args):
            result = np.full((1,) * len(scope), op == "and")
            for arg in args:
                held = truth(arg, world, scope)
                result = result & held if op == "and" else result | held
            return result
        case Red("any" | "all"):
            return _reduction(cond, world, scope).value.astype(bool)
    return np.not_equal(evaluate(cond, world, scope).value, 0)


def _reduction(red: Red, world: World, scope: Scope) -> Node:
    red, own = _bounded(red, world, scope)
    inner = (*scope, *own)
    shape = tuple(length for _, length in own)
    if np.prod([length for _, length in inner], dtype=float) > MOST_ENTRIES:
        raise EvaluationError("a reduction over too many entries")
    axes = tuple(range(len(scope), len(inner)))
    if red.kind in ("any", "all"):
        held = truth(red.body, world, inner)
        return Node((held.any(axis=axes) if red.kind == "any" else held.all(axis=axes)).astype(float))
    body = evaluate(red.body, world, inner)
    body = tape.spread(body, (*body.value.shape[: len(scope)], *shape))
    if red.cond is not None:
        empty = {"sum": 0.0, "prod": 1.0, "max": -np.inf, "min": np.inf}[red.kind]
        held = truth(red.cond, world, inner)
        rank = np.broadcast_shapes(body.value.shape, held.shape)
        body = tape.select(held, tape.spread(body, rank), tape.leaf(np.full((1,) * len(inner), empty)))
    if red.kind == "sum":
        return tape.total(body, axes)
    if red.kind == "prod":
        return tape.product(body, axes)
    if red.kind in ("max", "min"):
        extreme = body.value.max if red.kind == "max" else body.value.min
        hits = body.value == extreme(axis=axes, keepdims=True)
        world.tied |= bool(np.any(hits.sum(axis=axes) > 1))
        return tape.peak(body, axes, largest=red.kind == "max")
    if red.kind in ("argmax", "argmin") and len(own) == 1:
        found = (np.argmax if red.kind == "argmax" else np.argmin)(body.value, axis=axes[0])
        return Node(found.astype(float) + 1)
    raise EvaluationError(f"the reduction {red.kind}")


def _inside(lam: Lam, world: World, scope: Scope) -> Node:
    """A whole tensor, its own axes after those of the indices around it."""
    own = tuple((name, size(length, world)) for axis in lam.axes for name, length in axis)
    body = evaluate(lam.body, world, (*scope, *own))
    return tape.spread(body, (*body.value.shape[: len(scope)], *(length for _, length in own)))


def _entry(found: Node, index: tuple[Expr, ...], world: World, scope: Scope) -> Node:
    """Entries at `index` of the last axes, where the axes before them are those of the scope."""
    rank = len(scope)
    places = [np.rint(evaluate(item, world, scope).value).astype(int) - 1 for item in index]
    shape = np.broadcast_shapes(found.value.shape[:rank], *(place.shape for place in places))
    whole = tape.spread(found, (*shape, *found.value.shape[rank:]))
    grid = np.indices(shape, sparse=True)
    places = [np.broadcast_to(place, shape) for place in places]
    inner, outside = _moved_inside(places, found.value.shape[rank:])
    return _hidden(tape.gather(whole, (*grid, *inner)), outside, world)


def _ordered(order: Order, world: World, scope: Scope) -> Node:
    """Whole numbers from one; entries that are equal keep their order."""
    values = _inside(order.entries, world, scope).value
    sign = -1.0 if order.op == ">=" else 1.0
    found = np.argsort(sign * values, axis=-1, kind="stable")
    ranked = np.take_along_axis(values, found, -1)
    world.sorted_ties |= bool(np.any(ranked[..., 1:] == ranked[..., :-1]))
    return _entry(Node(found.astype(float) + 1), (order.place,), world, scope)


def _bounded(red: Red, world: World, scope: Scope) -> tuple[Red, Scope]:
    """`red` with sizes as numbers; one that depends on an index around it becomes a condition."""
    names = {name for name, _ in scope}
    own, conditions = [], [] if red.cond is None else [red.cond]
    for name, length in red.ranges:
        if not free(length) & names:
            own.append((name, size(length, world)))
            continue
        most = np.max(evaluate(length, world, scope).value, initial=0)
        own.append((name, int(np.rint(most))))
        conditions.append(Cmp("<=", Var(name), length))
    cond = Bool("and", tuple(conditions)) if conditions else None
    return Red(red.kind, red.ranges, red.body, cond), tuple(own)


def _custom(function: ScalarFunction, arg: Node, world: World) -> Node:
    inner = replace(world, tensors={"@u": Node(arg.value.reshape(-1))}, stages={})
    count = arg.value.size
    at: dict[str, Expr] = {function.variable: El("@u", (Var("@at"),))}
    scope = (("@at", count),)

    def spread(expr: Expr) -> Array:
        found = evaluate(subst(expr, at), inner, scope).value
        return np.broadcast_to(found, (count,)).reshape(arg.value.shape)

    return tape.custom(spread(function.body), spread(function.derivative), arg)


def whole(lam: Lam, world: World) -> Node:
    """The array of a whole tensor, one axis for each of its axes."""
    scope = tuple((name, size(length, world)) for axis in lam.axes for name, length in axis)
    body = evaluate(lam.body, world, scope)
    full = tape.spread(body, tuple(length for _, length in scope))
    shape = tuple(int(np.prod([size(length, world) for _, length in axis], dtype=int)) for axis in lam.axes)
    return tape.reshape(full, shape)


def joined(cat: Cat, world: World) -> Node:
    return tape.join([whole(part, world) for part in cat.parts], cat.axis)


def _called(call: Call, world: World) -> Node:
    if call.name not in world.opaques:
        raise EvaluationError(f"the function {call.name} has no value")
    key = canonical(replace(call, index=()))
    if key not in world.called:
        arrays = [whole(arg, world) if isinstance(arg, Lam) else evaluate(arg, world) for arg in call.args]
        world.called[key] = world.opaques[call.name](arrays)
    return world.called[key]
