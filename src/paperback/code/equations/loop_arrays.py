"""Arrays of which every round of a loop writes one entry."""

from dataclasses import replace

from paperback.code.equations import arithmetic as ar
from paperback.code.equations.carried import Carried, Loop, opened
from paperback.code.equations.form import (
    MINUS,
    ONE,
    ZERO,
    Cases,
    Cmp,
    El,
    Expr,
    Num,
    Var,
    free,
    rebuild,
    subst,
    walk,
)
from paperback.code.equations.machine import Frame
from paperback.code.equations.pointwise import tensor
from paperback.code.equations.sizes import Unknown, same_size
from paperback.code.equations.tensor import Tensor, freshened, place
from paperback.code.equations.values import Definition, Record


def close_array(record: Record, state: Carried, name: str, frame: Frame, loop: Loop) -> None:
    """An array of which every round writes one entry of the first axis."""
    after, own = _unnamed(record, tensor(frame.names[name])), freshened(state.before)
    if not after.axes or len(after.axes) != len(state.before.axes) or not isinstance(after.body, Cases):
        raise Unknown("a loop that writes to several places of an array")
    chosen = after.body
    untouched = El(state.key, tuple(place(axis) for axis in after.axes))
    if chosen.other != untouched or not isinstance(chosen.cond, Cmp) or chosen.cond.op != "==":
        raise Unknown("a loop that writes to several places of an array")
    at, axis = (
        _written_place(chosen.cond, loop),
        next(
            (n for n, a in enumerate(after.axes) if len(a.atoms) == 1 and a.names[0] in free(chosen.cond)), -1
        ),
    )
    if at is None or axis < 0:
        raise Unknown("a loop that writes to such places of an array")
    index = Var(after.axes[axis].names[0])
    shift = ar.sub(at, index)
    if not isinstance(shift, Num):
        raise Unknown("a loop that writes to such places of an array")
    whole = {loop.name: at}
    if not any(isinstance(part, El) and part.name == state.key for part in _inside(record, chosen.then)):
        body = subst(chosen.then, whole)
        if not (shift.value == 0 and same_size(after.axes[axis].size, loop.size)):
            before = _at(own, after)
            inside = ar.conjunction(ar.compare(">=", at, ONE), ar.compare("<=", at, loop.size))
            body = ar.cases(inside, body, before)
        frame.names[name] = Tensor(after.axes, body, after.dtype)
        return
    _array_recurrence(record, state, name, frame, loop, (after, chosen.then, axis, shift))


def _unnamed(record: Record, value: Tensor) -> Tensor:
    """`value` with its own body where it is a named intermediate."""
    body = value.body
    if not isinstance(body, El) or body.name not in record.definitions:
        return value
    found = record.definitions[body.name]
    names = (name for name, _ in found.ranges)
    return Tensor(value.axes, subst(found.body, dict(zip(names, body.index, strict=True))), value.dtype)


def _inside(record: Record, body: Expr) -> list[Expr]:
    """Everything that `body` leads to through named intermediates."""
    found, queue, seen = [], [body], set()
    while queue:
        for part in walk(queue.pop()):
            found.append(part)
            if isinstance(part, El) and part.name in record.definitions and part.name not in seen:
                seen.add(part.name)
                queue.append(record.definitions[part.name].body)
    return found


def _written_place(cond: Cmp, loop: Loop) -> Expr | None:
    """The round in which an entry is written, as an expression of its index."""
    gap = ar.sub(cond.left, cond.right)
    slope = {1: ar.sub(gap, loop.here), -1: ar.add(gap, loop.here)}
    for sign, rest in slope.items():
        if loop.name not in free(rest):
            return rest if sign < 0 else ar.mul(MINUS, rest)
    return None


def _at(own: Tensor, after: Tensor) -> Expr:
    pairs = zip(own.axes, after.axes, strict=True)
    return subst(own.body, {a.names[0]: Var(b.names[0]) for a, b in pairs if a.atoms})


def _array_recurrence(
    record: Record,
    state: Carried,
    name: str,
    frame: Frame,
    loop: Loop,
    found: tuple[Tensor, Expr, int, Num],
) -> None:
    """Entries that follow from other entries of the same array, one round each."""
    after, new, axis, shift = found
    if axis != 0:
        raise Unknown("a recurrence over another axis than the first")

    def moved(expr: Expr) -> Expr:
        """`expr` with the array counted by rounds."""
        inner = rebuild(expr, moved)
        if isinstance(inner, El) and inner.name == state.key:
            return El(state.key, (ar.add(inner.index[0], shift), *inner.index[1:]))
        return inner

    for key, item in record.definitions.items():
        record.definitions[key] = replace(item, body=moved(item.body))
    own, rest, size = Var(after.axes[0].names[0]), after.axes[1:], after.axes[0].size
    start = ar.sub(loop.start, shift)
    room = ar.sub(size, start) if loop.descending else ar.sub(start, ONE)
    first = None
    if isinstance(room, Num) and room.value >= 0:
        first = subst(_at(freshened(state.before), after), {own.name: start})
    index = (loop.here, *(place(a) for a in rest))
    body = opened(record, moved(new), state.key, index)
    axes = (((loop.name, loop.size),), *(a.atoms for a in rest))
    record.definitions[state.key] = Definition(
        state.key, axes, body, record.line, True, first, loop.descending
    )
    if ar.sub(size, loop.size) != (ZERO if first is None else ONE):
        raise Unknown("a recurrence that fills a part of an array")
    frame.names[name] = Tensor(
        after.axes, El(state.key, (ar.add(own, shift), *(place(a) for a in rest))), after.dtype
    )
