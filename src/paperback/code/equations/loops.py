"""Loops: unrolled where they are short, else summed, multiplied or stacked over a new index."""

import ast
from typing import Any

from paperback.code.equations import arithmetic as ar
from paperback.code.equations import expressions as ex
from paperback.code.equations.builtin import Steps
from paperback.code.equations.form import ONE, Add, Expr, Mul, Num, Sym, Var, fresh, subst, walk
from paperback.code.equations.machine import Frame, Jump, Machine
from paperback.code.equations.pointwise import tensor
from paperback.code.equations.reduce import reduction
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
    rounds = ex.iterate(it.record, items)
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
    if steps.step != 1:
        raise Unknown("a loop of unknown length with a step")
    name = fresh()
    item = ar.add(steps.start, ar.sub(Var(name), ONE))
    _summarise(it, node, (name, ar.sub(steps.stop, steps.start)), item, frame)


def _symbolic_over(it: Machine, node: ast.For, items: Tensor, frame: Frame) -> None:
    found = freshened(items)
    if len(found.axes[0].atoms) != 1:
        raise Unknown("a loop over a compound axis")
    _summarise(it, node, found.axes[0].atoms[0], Tensor(found.axes[1:], found.body, found.dtype), frame)


def _summarise(it: Machine, node: ast.For, over: tuple[str, Expr], item: Any, frame: Frame) -> None:
    """Run the body once with an index for the round; what it carries is summed, multiplied or collected."""
    carried = _carried(node, frame)
    before = {name: frame.names[name] for name in carried}
    marks = {name: Sym(f"@carried {name}") for name in carried}
    lists = {name: len(value) for name, value in frame.names.items() if isinstance(value, list)}
    for name in carried:
        frame.names[name] = _marked(before[name], marks[name])
    it.assign(node.target, item, frame)
    outer, it.ranges = it.ranges, (*it.ranges, over)
    try:
        it.run(node.body, frame)
    except Jump as error:
        raise Unknown("a loop of unknown length that is left early") from error
    finally:
        it.ranges = outer
    for name in carried:
        frame.names[name] = _folded(before[name], frame.names[name], marks[name], over)
    for name, length in lists.items():
        frame.names[name] = _collected(frame.names[name], length, over)


def _carried(node: ast.For, frame: Frame) -> list[str]:
    stored = {
        n.id
        for part in node.body
        for n in ast.walk(part)
        if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)
    }
    return sorted(
        name
        for name in stored
        if isinstance(frame.names.get(name), Tensor | Expr | int | float)
        and not isinstance(frame.names.get(name), bool)
    )


def _marked(value: Any, mark: Sym) -> Any:
    return Tensor(value.axes, mark, value.dtype) if isinstance(value, Tensor) else mark


def _folded(before: Any, after: Any, mark: Sym, over: tuple[str, Expr]) -> Any:
    """`before` and the change of every round together."""
    found = tensor(after)
    body = found.body
    if not any(item == mark for item in walk(body)):
        return after
    start = tensor(before)
    if body == mark:
        return before
    parts = body.terms if isinstance(body, Add) else body.factors if isinstance(body, Mul) else ()
    rest = [part for part in parts if part != mark]
    if len(parts) - len(rest) != 1 or any(item == mark for part in rest for item in walk(part)):
        raise Unknown("a loop that carries more than a sum or a product")
    added = isinstance(body, Add)
    change = ar.add(*rest) if added else ar.mul(*rest)
    whole = reduction("sum" if added else "prod", (over,), change)
    if not start.axes:
        return Tensor(found.axes, ar.add(start.body, whole) if added else ar.mul(start.body, whole))
    if len(start.axes) != len(found.axes):
        raise Unknown("a loop that changes the shape of what it carries")
    own = {
        a.atoms[0][0]: Var(b.atoms[0][0])
        for a, b in zip(start.axes, found.axes, strict=True)
        if len(a.atoms) == 1 and len(b.atoms) == 1
    }
    first = subst(start.body, own)
    return Tensor(found.axes, ar.add(first, whole) if added else ar.mul(first, whole))


def _collected(value: Any, length: int, over: tuple[str, Expr]) -> Any:
    """A list to which every round appended one tensor, as a tensor with the rounds in front."""
    if not isinstance(value, list) or len(value) == length:
        return value
    if length or len(value) != 1:
        raise Unknown("a loop of unknown length that fills a list")
    return stacked(value[0], over)


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
