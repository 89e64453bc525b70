"""Criteria by what they do: one number from at least two tensors, whatever they are called."""

import ast

from paperback.code.names import dotted, last
from paperback.code.vocabulary import FORWARD, is_loss

_REDUCES = frozenset({"mean", "sum", "norm", "dot", "trace", "logdet", "logsumexp"})
_ALONG = ("dim", "axis")


def measures(node: ast.FunctionDef | ast.ClassDef) -> bool:
    """Whether a function, or the forward pass of a class, ends in one number that it makes of two arguments.

    Where a script differentiates it, it is a loss without "loss" in its name.
    """
    function = _forward(node) if isinstance(node, ast.ClassDef) else node
    if function is None:
        return False
    given = [arg.arg for arg in function.args.args if arg.arg not in ("self", "cls")]
    returned = [item.value for item in ast.walk(function) if isinstance(item, ast.Return) and item.value]
    if len(given) < 2 or not returned:
        return False
    values = _assigned(function)
    return all(_is_number(value, values, 0) for value in returned)


def _forward(node: ast.ClassDef) -> ast.FunctionDef | None:
    methods = [item for item in node.body if isinstance(item, ast.FunctionDef)]
    return next((item for item in methods if item.name in FORWARD), None)


def _assigned(function: ast.FunctionDef) -> dict[str, ast.expr]:
    """The last value of every name that is assigned alone."""
    found: dict[str, ast.expr] = {}
    for item in ast.walk(function):
        if isinstance(item, ast.Assign) and isinstance(item.targets[0], ast.Name):
            found[item.targets[0].id] = item.value
    return found


def _is_number(value: ast.expr, values: dict[str, ast.expr], depth: int) -> bool:
    if depth > 10:
        return False
    match value:
        case ast.Name(id=name):
            inner = values.get(name)
            return inner is not None and _is_number(inner, values, depth + 1)
        case ast.UnaryOp(operand=operand):
            return _is_number(operand, values, depth + 1)
        case ast.BinOp(left=left, right=right):
            sides = (left, right)
            numbers = [side for side in sides if _is_number(side, values, depth + 1)]
            return bool(numbers) and all(side in numbers or _is_plain(side) for side in sides)
        case ast.Call(func=function, args=args, keywords=words):
            name = last(dotted(function))
            along = any(word.arg in _ALONG for word in words) or _is_axis(args)
            whole = name in _REDUCES and not along
            none = any(ast.unparse(word.value) == "'none'" for word in words)
            return whole or (is_loss(f"torch.nn.functional.{name}") and not none)
    return False


def _is_plain(node: ast.expr) -> bool:
    """Whether a side of an operator may be a number: a literal, a name, a setting."""
    return isinstance(node, ast.Constant | ast.Name | ast.Attribute)


def _is_axis(args: list[ast.expr]) -> bool:
    """Whether the last argument is a number, which names an axis."""
    last_one = args[-1] if args else None
    inner = last_one.operand if isinstance(last_one, ast.UnaryOp) else last_one
    return isinstance(inner, ast.Constant) and isinstance(inner.value, int)
