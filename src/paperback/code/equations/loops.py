"""Loops: unrolled where they are short, else summed, multiplied or stacked over a new index."""

import ast
from collections.abc import Callable
from typing import Any

from paperback.code.equations import arithmetic as ar
from paperback.code.equations import expressions as ex
from paperback.code.equations import groups
from paperback.code.equations.builtin import Steps
from paperback.code.equations.carried import Loop, Saved, settled, stored
from paperback.code.equations.form import ONE, Expr, Num, Sym, Var, fresh, num, subst, walk
from paperback.code.equations.machine import Frame, Jump, Machine
from paperback.code.equations.pointwise import tensor
from paperback.code.equations.recurrence import folded, recur
from paperback.code.equations.sizes import Misfit, Unknown
from paperback.code.equations.tensor import Axis, Tensor, freshened

MOST_ROUNDS = 64


def run_for(it: Machine, node: ast.For, frame: Frame) -> None:
    """A `for` loop."""
    items = it.value(node.iter, frame)
    if isinstance(items, Steps):
        _symbolic(it, node, items, frame)
        return
    if isinstance(items, Tensor) and items.axes and not _known(items):
        _symbolic_over(it, node, items, frame)
        return
    rounds = (
        groups.each(it.record, items) if isinstance(items, groups.Groups) else ex.iterate(it.record, items)
    )
    if len(rounds) > MOST_ROUNDS:
        raise Unknown(f"a loop of {len(rounds)} rounds")
    for item in rounds:
        it.assign(node.target, item, frame)
        try:
            it.run(node.body, frame)
        except Jump as jump:
            if jump.stop:
                return
    it.run(node.orelse, frame)


def _known(items: Tensor) -> bool:
    return isinstance(items.axes[0].size, Num)


def run_while(it: Machine, node: ast.While, frame: Frame) -> None:
    """A `while` loop whose condition is a known truth in every round."""
    for _ in range(MOST_ROUNDS):
        if not it.true(node.test, frame):
            return
        try:
            it.run(node.body, frame)
        except Jump as jump:
            if jump.stop:
                return
    raise Unknown("a while loop without a known end")


def _symbolic(it: Machine, node: ast.For, steps: Steps, frame: Frame) -> None:
    name = fresh()
    item = ar.add(steps.start, ar.sub(Var(name), ONE))
    loop = Loop(name, ar.sub(steps.stop, steps.start), steps.descending)
    _summarise(it, node, loop, item, frame)


def _symbolic_over(it: Machine, node: ast.For, items: Tensor, frame: Frame) -> None:
    found = freshened(items)
    if len(found.axes[0].atoms) != 1:
        raise Unknown("a loop over a compound axis")
    rest = Tensor(found.axes[1:], found.body, found.dtype)
    _summarise(it, node, Loop(*found.axes[0].atoms[0]), rest, frame)


def _summarise(it: Machine, node: ast.For, loop: Loop, item: Any, frame: Frame) -> None:
    """Run the body once with an index for the round; what it carries is summed, or becomes a recurrence."""
    carried, arrays = stored(node.body, frame)
    lists = {name: len(value) for name, value in frame.names.items() if type(value) is list}
    saved = Saved.of(it.record, frame)

    def body() -> None:
        _once(it, node, loop, item, frame)

    if arrays or not _summed(it, body, carried, loop, frame):
        if it.ranges:
            raise Unknown("a loop in a loop that carries more than a sum or a product")
        saved.restore(it.record, frame)
        recur(it, body, loop, carried, arrays, frame)
    for name, length in lists.items():
        backwards = loop.descending != _inserted(node, name)
        frame.names[name] = _collected(frame.names[name], length, loop, backwards=backwards)
    for name, value in frame.names.items():
        frame.names[name] = settled(value, loop)


def _once(it: Machine, node: ast.For, loop: Loop, item: Any, frame: Frame) -> None:
    outer = it.ranges
    it.assign(node.target, item, frame)
    it.ranges = (*outer, (loop.name, loop.size))
    try:
        it.run(node.body, frame)
    except Jump as error:
        raise Unknown("a loop of unknown length that is left early") from error
    finally:
        it.ranges = outer


def _summed(it: Machine, body: Callable[[], None], carried: list[str], loop: Loop, frame: Frame) -> bool:
    """Whether all that is carried is a sum or a product, which then is its value after the loop."""
    before = {name: frame.names[name] for name in carried}
    marks = {name: Sym(f"@carried {name}") for name in carried}
    for name in carried:
        frame.names[name] = _marked(before[name], marks[name])
    try:
        body()
    except Unknown:
        if not carried:
            raise
        return False
    for name in carried:
        after = tensor(frame.names[name])
        if after.body == marks[name]:
            frame.names[name] = before[name]
        elif any(item == marks[name] for item in walk(after.body)):
            total = folded(before[name], after, marks[name], loop)
            if total is None:
                return False
            frame.names[name] = total
    return not any(_holds_mark(value) for value in frame.names.values())


def _holds_mark(value: Any) -> bool:
    if isinstance(value, list | tuple):
        return any(_holds_mark(item) for item in value)
    expr = value.body if isinstance(value, Tensor) else value
    return isinstance(expr, Expr) and any(
        isinstance(item, Sym) and item.name.startswith("@carried") for item in walk(expr)
    )


def _marked(value: Any, mark: Sym) -> Any:
    return Tensor(value.axes, mark, value.dtype) if isinstance(value, Tensor) else mark


def _inserted(node: ast.For, name: str) -> bool:
    """Whether the loop puts what it collects at the front of the list `name`."""
    return any(
        isinstance(item, ast.Attribute)
        and item.attr == "insert"
        and isinstance(item.value, ast.Name)
        and item.value.id == name
        for item in ast.walk(node)
    )


def _collected(value: Any, length: int, loop: Loop, *, backwards: bool) -> Any:
    """A list to which every round appended one tensor, as a tensor with the rounds in front."""
    if not isinstance(value, list) or len(value) == length:
        return value
    if length or len(value) != 1:
        raise Unknown("a loop of unknown length that fills a list")
    over = (loop.name, loop.size)
    if not backwards:
        return stacked(value[0], over)
    found = tensor(value[0])
    mirrored: dict[str, Expr] = {loop.name: ar.add(loop.size, ONE, ar.mul(num(-1), loop.here))}
    return freshened(stacked(Tensor(found.axes, subst(found.body, mirrored), found.dtype), over))


def stacked(item: Any, over: tuple[str, Expr]) -> Tensor:
    found = tensor(item)
    return Tensor((Axis((over,)), *found.axes), found.body, found.dtype)


def comprehension(it: Machine, node: ast.ListComp | ast.GeneratorExp, frame: Frame) -> Any:
    """A list, or a tensor with the rounds in front where their number is a symbol."""
    if len(node.generators) != 1:
        raise Unknown("a comprehension with two loops")
    part = node.generators[0]
    items = it.value(part.iter, frame)
    inner = Frame(frame.file, dict(frame.names), frame.owner, frame.this)
    if isinstance(items, Steps) or (isinstance(items, Tensor) and items.axes and not _known(items)):
        if part.ifs:
            raise Unknown("a filtered comprehension of unknown length")
        return _symbolic_comprehension(it, node, items, inner)
    found = []
    for item in ex.iterate(it.record, items):
        it.assign(part.target, item, inner)
        if all(it.true(test, inner) for test in part.ifs):
            found.append(it.value(node.elt, inner))
    return found


def _symbolic_comprehension(
    it: Machine, node: ast.ListComp | ast.GeneratorExp, items: Any, inner: Frame
) -> Any:
    name = fresh()
    if isinstance(items, Steps):
        over = (name, ar.sub(items.stop, items.start))
        item: Any = ar.add(items.start, ar.sub(Var(name), ONE))
    else:
        found = freshened(items)
        if len(found.axes[0].atoms) != 1:
            raise Misfit("a loop over a compound axis")
        over, item = found.axes[0].atoms[0], Tensor(found.axes[1:], found.body, found.dtype)
    it.assign(node.generators[0].target, item, inner)
    outer, it.ranges = it.ranges, (*it.ranges, over)
    try:
        value = it.value(node.elt, inner)
    finally:
        it.ranges = outer
    return stacked(tensor(value), over)
