"""Branches on numbers: both arms are read to the end of the function where one of them returns."""

import ast
from typing import Any, TypeVar

from paperback.code.equations import arithmetic as ar
from paperback.code.equations import expressions as ex
from paperback.code.equations import groups
from paperback.code.equations.form import Bool, Cmp, Expr, num
from paperback.code.equations.machine import Frame, Jump, Machine, Raised, Returned
from paperback.code.equations.sizes import Unknown
from paperback.code.equations.tensor import Tensor
from paperback.code.equations.values import number, plain

K = TypeVar("K")
_END = object()


def condition(it: Machine, test: ast.expr, frame: Frame) -> Expr | bool:
    """The condition of a branch: a truth where it is known, else a condition on numbers.

    Raises:
        Unknown: It is neither.
    """
    match test:
        case ast.BoolOp(op=op, values=parts):
            return _joined(it, parts, isinstance(op, ast.And), frame)
        case ast.UnaryOp(op=ast.Not(), operand=inner):
            found = condition(it, inner, frame)
            return not found if isinstance(found, bool) else _truth(ar.negate(found))
        case ast.Compare(left=left, ops=ops, comparators=others) if len(ops) > 1:
            lefts = [left, *others]
            pairs = [ast.Compare(a, [op], [b]) for a, op, b in zip(lefts, ops, others, strict=False)]
            return _joined(it, [ast.copy_location(pair, test) for pair in pairs], True, frame)
    value = it.value(test, frame)
    value = value.body if isinstance(value, Tensor) and not value.axes else value
    if isinstance(value, Expr) and not isinstance(value, Cmp | Bool):
        value = ar.compare("!=", value, num(0))
    return _truth(value) if isinstance(value, Expr) else ex.truth(it.record, value, lambda _: False)


def _truth(cond: Expr) -> Expr | bool:
    found = ex.truth_of(cond)
    assert isinstance(found, Expr | bool)
    return found


def _joined(it: Machine, parts: list[ast.expr], all_of: bool, frame: Frame) -> Expr | bool:
    """All or any of the parts, of which Python asks no more than it needs."""
    found: Expr | None = None
    for part in parts:
        cond = condition(it, part, frame)
        if isinstance(cond, bool):
            if cond != all_of:
                return cond
            continue
        join = ar.conjunction if all_of else ar.disjunction
        found = cond if found is None else join(found, cond)
    return all_of if found is None else _truth(found)


def choice(it: Machine, node: ast.IfExp, frame: Frame) -> Any:
    """The value of `a if test else b`."""
    cond = condition(it, node.test, frame)
    if isinstance(cond, bool):
        return it.value(node.body if cond else node.orelse, frame)
    return _either(cond, it.value(node.body, frame), it.value(node.orelse, frame))


def returns(node: ast.If) -> bool:
    """Whether an arm may leave the function."""
    return any(isinstance(item, ast.Return) for item in ast.walk(node))


def run_both(it: Machine, cond: Expr, node: ast.If, rest: list[ast.stmt], frame: Frame) -> bool:
    """Run both arms, and `rest` after each where one of them returns; whether `rest` has been run.

    Raises:
        Returned: Both arms return; the value is a choice.
        Unknown: Only one of them does, or they leave more than numbers.
    """
    whole = returns(node)
    tail = rest if whole else []
    names, held = _copied(frame.names), _copied(it.record.groups)
    first = _run(it, [*node.body, *tail], frame)
    then, then_held = dict(frame.names), dict(it.record.groups)
    _restore(frame.names, names)
    _restore(it.record.groups, held)
    second = _run(it, [*node.orelse, *tail], frame)
    _merge_groups(it, cond, then_held)
    if first is not _END and second is not _END:
        if first is None and second is None:
            raise Returned(None)
        raise Returned(_either(cond, first, second))
    if first is not _END or second is not _END:
        raise Unknown("a branch of which one arm returns and the other comes to an end")
    for name in {**then, **frame.names}:
        left, right = (found.get(name, _END) for found in (then, frame.names))
        frame.names[name] = _left(cond, name, left, right)
    return whole


def _run(it: Machine, body: list[ast.stmt], frame: Frame) -> Any:
    """What the statements return; `_END` where they come to an end."""
    try:
        it.run(body, frame)
    except Returned as done:
        return done.value
    except Jump as jump:
        raise Unknown("a loop that is left under a condition on numbers") from jump
    except Raised as error:
        raise Unknown("an error that is raised under a condition on numbers") from error
    return _END


def _copied(names: dict[K, Any]) -> dict[K, Any]:
    """The names, with containers that an arm may change in place as copies."""
    kinds = (list, dict)
    return {name: value.copy() if type(value) in kinds else value for name, value in names.items()}


def _restore(names: dict[K, Any], before: dict[K, Any]) -> None:
    names.clear()
    names.update(before)


def _left(cond: Expr, name: str, left: Any, right: Any) -> Any:
    if left is _END or right is _END:
        return Unknown(f"{name}, which only one arm of a branch defines,")
    try:
        return _either(cond, left, right)
    except Unknown as error:
        return error


def _merge_groups(it: Machine, cond: Expr, then: dict[tuple[str, str], Any]) -> None:
    """Entries of the groups by cases; what an arm does not write keeps what was there before."""
    other = it.record.groups
    for place in dict.fromkeys((*then, *other)):
        left, right = (
            found[place] if place in found else groups.before(it.record, place) for found in (then, other)
        )
        other[place] = _left(cond, place[1], left, right)


def _either(cond: Expr, left: Any, right: Any) -> Any:
    if left is right or (not isinstance(left, Tensor | Expr) and type(left) is type(right) and left == right):
        return left
    if any(not isinstance(item, Tensor | Expr | int | float) for item in (left, right)):
        raise Unknown("a branch on numbers that leaves more than numbers")
    return plain(ar.cases(cond, number(left), number(right)))
