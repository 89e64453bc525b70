"""Branches on the round of a loop: both arms are read, and what they leave is chosen by cases."""

import ast
from typing import Any

from paperback.code.equations import arithmetic as ar
from paperback.code.equations.form import Bool, Cmp, Expr, free
from paperback.code.equations.machine import Frame, Machine
from paperback.code.equations.pointwise import tensor
from paperback.code.equations.sizes import Unknown
from paperback.code.equations.tensor import Tensor, elementwise


def on_round(it: Machine, test: ast.expr, frame: Frame) -> Expr | None:
    """The condition of a branch where it depends on the round of a loop around it, else None."""
    if not it.ranges or isinstance(test, ast.BoolOp):
        return None
    value = it.value(test, frame)
    rounds = {name for name, _ in it.ranges}
    return value if isinstance(value, Cmp | Bool) and free(value) & rounds else None


def run_both(it: Machine, cond: Expr, node: ast.If, frame: Frame) -> None:
    """Run both arms of `node`; names that they leave with different numbers hold cases of both."""
    before = dict(frame.names)
    it.run(node.body, frame)
    then = dict(frame.names)
    frame.names.clear()
    frame.names.update(before)
    it.run(node.orelse, frame)
    for name in {**then, **frame.names}:
        frame.names[name] = _chosen(cond, name, then, frame.names)


def _chosen(cond: Expr, name: str, then: dict[str, Any], other: dict[str, Any]) -> Any:
    if name not in then or name not in other:
        return Unknown(f"{name}, which only one arm of a branch defines,")
    left, right = then[name], other[name]
    if left is right:
        return left
    return either(cond, left, right)


def either(cond: Expr, left: Any, right: Any) -> Any:
    """`left` where `cond` holds, else `right`.

    Raises:
        Unknown: They are no numbers.
    """
    if not all(isinstance(item, Tensor | Expr | int | float) for item in (left, right)):
        raise Unknown("a branch on the round of a loop that changes more than numbers")
    return elementwise(lambda a, b: ar.cases(cond, a, b), tensor(left), tensor(right))
