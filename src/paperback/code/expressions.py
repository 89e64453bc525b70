"""Terms of sums, and the expression that a name stands for where it is used."""

import ast
from collections.abc import Iterator, Mapping

from paperback.code.names import dotted
from paperback.code.parse import Text
from paperback.code.scopes import Scope

_DEEPEST = 60
_NAMED = ast.Name | ast.Attribute


def terms_of(node: ast.expr, text: Text, known: Mapping[str, ast.expr] | None = None) -> tuple[str, ...]:
    """The terms of a sum as source text, `-` before a subtracted one; names in `known` are opened."""
    return tuple(sign + text.of(term) for sign, term in summands(node, known))


def summands(node: ast.expr, known: Mapping[str, ast.expr] | None = None) -> tuple[tuple[str, ast.expr], ...]:
    """The terms of a sum, each with `-` where it is subtracted; names in `known` are opened."""
    return tuple(_terms(node, dict(known or {}), "", 0))


def _terms(
    node: ast.expr, known: dict[str, ast.expr], sign: str, depth: int
) -> Iterator[tuple[str, ast.expr]]:
    if depth < _DEEPEST:
        match node:
            case ast.BinOp(left=left, op=ast.Add(), right=right):
                yield from _terms(left, known, sign, depth + 1)
                yield from _terms(right, known, sign, depth + 1)
                return
            case ast.BinOp(left=left, op=ast.Sub(), right=right):
                yield from _terms(left, known, sign, depth + 1)
                yield from _terms(right, known, "" if sign else "-", depth + 1)
                return
            case ast.Name(id=name) if name in known:
                value = known.pop(name)
                yield from _terms(value, known, sign, depth + 1)
                return
    yield sign, node


def assigned(scope: Scope, before: int | None = None) -> dict[str, ast.expr]:
    """Last value of every name or attribute assigned alone in `scope` up to line `before`."""
    values: dict[str, ast.expr] = {}
    for node in scope.nodes:
        if before is not None and getattr(node, "lineno", 0) >= before:
            break
        match node:
            case ast.Assign(targets=targets, value=value):
                values |= {dotted(target): value for target in targets if isinstance(target, _NAMED)}
            case ast.AnnAssign(target=ast.Name(id=name), value=ast.expr() as value):
                values[name] = value
            case ast.AugAssign(
                target=ast.Name() | ast.Attribute() as target, op=ast.Add() | ast.Sub() as op, value=value
            ):
                name = dotted(target)
                if name in values:
                    joined = ast.BinOp(values[name], op, value)
                    values[name] = ast.copy_location(joined, node)
    return values


def _is_scale(node: ast.expr) -> bool:
    """Whether a factor is a number that scales the whole, and not another part of the loss."""
    if isinstance(node, ast.Constant) or (isinstance(node, ast.Call) and dotted(node.func) == "len"):
        return True
    if isinstance(node, ast.BinOp):
        return _is_scale(node.left) and _is_scale(node.right)
    name = dotted(node)
    if "scale" in name.lower():
        return True
    return "()" not in name and not any(word in name.lower() for word in ("loss", "mask", "weight"))


def unwrapped(node: ast.expr) -> ast.expr:
    """`node` without what scales it as a whole: `scaler.scale(loss)`, `loss / steps`, `loss.mean()`."""
    for _ in range(_DEEPEST):
        match node:
            case ast.Call(func=ast.Attribute(attr="scale"), args=[inner]):
                node = inner
            case ast.BinOp(
                left=ast.Name() | ast.BinOp() as inner, op=ast.Div() | ast.Mult(), right=right
            ) if _is_scale(right) and (
                isinstance(inner, ast.Name) or isinstance(inner.op, ast.Add | ast.Sub)
            ):
                node = inner
            case ast.Call(
                func=ast.Attribute(value=ast.Name() as inner, attr="mean" | "sum" | "float"), args=[]
            ):
                node = inner
            case _:
                break
    return node
