"""Loops that carry a value from round to round, as recurrences over a new first axis."""

from collections.abc import Callable
from typing import Any

from paperback.code.equations import arithmetic as ar
from paperback.code.equations.carried import Carried, Loop, Saved, opened
from paperback.code.equations.form import (
    ONE,
    ZERO,
    Add,
    El,
    Expr,
    Mul,
    Num,
    Var,
    free,
    fresh,
    subst,
    walk,
)
from paperback.code.equations.loop_arrays import close_array
from paperback.code.equations.machine import Frame, Machine
from paperback.code.equations.pointwise import tensor
from paperback.code.equations.reduce import reduction
from paperback.code.equations.sizes import Misfit, Unknown, same_size
from paperback.code.equations.tensor import Axis, Tensor, align, freshened, join, place
from paperback.code.equations.values import Definition, Record

MOST_ATTEMPTS = 4


def recur(
    it: Machine, body: Callable[[], None], loop: Loop, carried: list[str], written: list[str], frame: Frame
) -> None:
    """Run `body` for one round; what it carries in names and in arrays becomes recurrences.

    Raises:
        Unknown: What is carried changes its shape in another way than by a constant each round.
    """
    record, saved = it.record, Saved.of(it.record, frame)
    states: dict[str, Carried] = {}
    for name in (*carried, *written):
        value = tensor(frame.names[name])
        states[name] = Carried(record.unique(name), value, value.shape, name in written)
        record.definitions[states[name].key] = _reserved(states[name].key)
    for _ in range(MOST_ATTEMPTS):
        saved.restore(record, frame)
        for name, state in states.items():
            record.definitions[state.key] = _reserved(state.key)
            frame.names[name] = _previous(state, loop)
        try:
            body()
        except Misfit:
            if not any(_shrinking(state, loop) for state in states.values()):
                raise
            continue
        if not any(_adjusted(states[name], frame.names[name], loop) for name in carried):
            break
    else:
        raise Unknown("a loop that changes the shape of what it carries")
    for name in carried:
        _close(record, states[name], name, frame, loop)
    for name in written:
        close_array(record, states[name], name, frame, loop)
    for state in states.values():
        if record.definitions[state.key] == _reserved(state.key):
            del record.definitions[state.key]


def _reserved(key: str) -> Definition:
    """What keeps a name from being given twice while the loop is read."""
    return Definition(key, (), ZERO, recurrent=True)


def _shrinking(state: Carried, loop: Loop) -> bool:
    """Let the last axis lose an entry each round; False where that was tried, or there is no axis."""
    if not state.sizes or state.array or loop.descending or not _same(state.sizes, state.before.shape):
        return False
    state.sizes = (*state.sizes[:-1], ar.sub(state.sizes[-1], ar.sub(loop.here, ONE)))
    return True


def _previous(state: Carried, loop: Loop) -> Any:
    """The carried value as a round finds it."""
    if state.array:
        return _all_places(state)
    if state.step is not None:
        rounds = ar.sub(loop.size, loop.here) if loop.descending else ar.sub(loop.here, ONE)
        return ar.add(state.before.body, ar.mul(state.step, rounds))
    axes = tuple(Axis(()) if size == ONE else Axis(((fresh(), size),)) for size in state.sizes)
    index = (loop.before, *(place(axis) for axis in axes))
    return Tensor(axes, El(state.key, index), state.before.dtype)


def _all_places(state: Carried) -> Tensor:
    found = freshened(state.before)
    return Tensor(found.axes, El(state.key, tuple(place(axis) for axis in found.axes)), found.dtype)


def _adjusted(state: Carried, after: Any, loop: Loop) -> bool:
    """Whether the sizes that were assumed were wrong, and were changed."""
    found = tensor(after)
    if state.step is not None:
        return False
    if not found.axes and not state.before.axes and _counts(state, found, loop):
        return True
    if _same(found.shape, state.sizes):
        return False
    if len(found.shape) == len(state.sizes) and loop.name not in _names(state.sizes) and not loop.descending:
        steps = [ar.sub(a, b) for a, b in zip(found.shape, state.sizes, strict=True)]
        if all(isinstance(step, Num) for step in steps) and _same(state.sizes, state.before.shape):
            rounds = ar.sub(loop.here, ONE)
            state.sizes = tuple(
                ar.add(size, ar.mul(step, rounds)) for size, step in zip(state.sizes, steps, strict=True)
            )
            return True
    grown = tuple(subst(size, {loop.name: ar.add(loop.here, ONE)}) for size in state.sizes)
    if loop.name in _names(state.sizes) and _same(found.shape, grown):
        return False
    if loop.name in _names(state.sizes) or loop.name in _names(found.shape):
        raise Unknown("a loop that changes the shape of what it carries")
    align(state.before, Tensor(found.axes, found.body))
    state.sizes = found.shape
    return True


def _counts(state: Carried, found: Tensor, loop: Loop) -> bool:
    """A number to which every round adds the same is known without a recurrence."""
    step = ar.sub(found.body, El(state.key, (loop.before,)))
    if not isinstance(step, Num) or state.before.dtype != "int":
        return False
    state.step = step
    return True


def _names(sizes: tuple[Expr, ...]) -> frozenset[str]:
    return frozenset().union(*(free(size) for size in sizes))


def _same(left: tuple[Expr, ...], right: tuple[Expr, ...]) -> bool:
    return len(left) == len(right) and all(same_size(a, b) for a, b in zip(left, right, strict=True))


def _tensors(value: Any) -> list[Tensor]:
    if isinstance(value, Tensor):
        return [value]
    if isinstance(value, Expr):
        return [Tensor((), value)]
    return [item for part in value for item in _tensors(part)] if isinstance(value, list | tuple) else []


def _uses(record: Record, frame: Frame, key: str) -> set[str]:
    """Names of the frame, and of intermediates, whose value is computed from the carried value `key`."""
    bodies = [(name, item.body) for name, item in record.definitions.items()]
    bodies += [(name, found.body) for name, value in frame.names.items() for found in _tensors(value)]
    return {
        name for name, body in bodies if any(isinstance(part, El) and part.name == key for part in walk(body))
    }


def folded(before: Any, after: Any, mark: Expr, loop: Loop) -> Tensor | None:
    """`before` and what every round adds to it, or multiplies it by; None where a round does more."""
    start, found = tensor(before), tensor(after)
    body = found.body
    parts = body.terms if isinstance(body, Add) else body.factors if isinstance(body, Mul) else ()
    rest = [part for part in parts if part != mark]
    if len(parts) - len(rest) != 1 or any(item == mark for part in rest for item in walk(part)):
        return None
    build, kind = (ar.add, "sum") if isinstance(body, Add) else (ar.mul, "prod")
    whole = reduction(kind, ((loop.name, loop.size),), build(*rest))
    if not start.axes:
        return Tensor(found.axes, build(start.body, whole))
    if len(start.axes) != len(found.axes):
        return None
    pairs = zip(start.axes, found.axes, strict=True)
    own = {a.names[0]: Var(b.names[0]) for a, b in pairs if len(a.atoms) == len(b.atoms) == 1}
    return Tensor(found.axes, build(subst(start.body, own), whole))


def _close(record: Record, state: Carried, name: str, frame: Frame, loop: Loop) -> None:
    """The definition of what `name` carries, and its value after the last round."""
    after = freshened(tensor(frame.names[name]))
    uses = _uses(record, frame, state.key)
    if state.step is not None or not uses:
        return
    if uses == {name}:
        total = folded(
            state.before, after, El(state.key, (loop.before, *(place(a) for a in after.axes))), loop
        )
        if total is not None:
            frame.names[name] = total
            return
    if after.dtype == "bool":
        raise Unknown("a condition that a loop carries")
    if any(axis.cond is not None for axis in after.axes):
        raise Unknown("a loop that carries entries chosen by the data")
    index = (loop.here, *(place(axis) for axis in after.axes))
    body = opened(record, after.body, state.key, index)
    axes = (((loop.name, loop.size),), *(axis.atoms for axis in after.axes))
    record.definitions[state.key] = Definition(
        state.key, axes, body, record.line, True, _initial(state, after), loop.descending
    )
    frame.names[name] = Tensor(after.axes, El(state.key, index), after.dtype)


def _initial(state: Carried, after: Tensor) -> Expr:
    """The value before the first round at the index variables of `after`."""
    before = freshened(state.before)
    if len(before.axes) == len(after.axes) and not _same(before.shape, after.shape):
        pairs = list(zip(before.axes, after.axes, strict=True))
        if all(len(a.atoms) == len(b.atoms) == 1 for a, b in pairs):
            return subst(before.body, {a.names[0]: Var(b.names[0]) for a, b in pairs})
    axes, (_, body) = align(Tensor(after.axes, ONE), before)
    change: dict[str, Expr] = {}
    for axis, own in zip(axes, after.axes, strict=True):
        joined = join(own, axis)
        if joined is None:
            raise Misfit("an initial value of another size")
        change |= joined[2]
    return subst(body, change)
