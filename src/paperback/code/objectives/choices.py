"""Settings of a script with their literal defaults, and which arm of a condition they choose."""

import ast
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from paperback.code.hyperparameters import read_hyperparameters
from paperback.code.names import dotted, last
from paperback.code.scopes import FileScopes

_HOLDER = re.compile(r"^(args|cfg|conf|config|configs|hparams?|hps|hp|opts?|flags|settings)$", re.I)
_PARSES = re.compile(r"^(parse_args|parse_known_args|cli|parse_args_into_dataclasses)$")


class Open:
    """A value that is known only when the script runs."""


OPEN = Open()


@dataclass(slots=True)
class Choices:
    """What a file's settings are by default.

    Attributes:
        defaults: Name to literal; a setting that the script itself changes is not in it.
        holders: Names that hold settings: `args`.
        constants: Names that are given one literal number in the file and nothing else.
        own: Attributes of `self` that only keep a number given to the constructor, with its default.
    """

    defaults: dict[str, Any] = field(default_factory=dict)
    holders: frozenset[str] = frozenset()
    constants: dict[str, Any] = field(default_factory=dict)
    own: dict[str, Any] = field(default_factory=dict)

    def named(self, node: ast.expr) -> str:
        """The name of the setting that `node` reads; empty where it reads none."""
        if isinstance(node, ast.Name):
            return node.id if node.id in self.constants else ""
        parts = dotted(node).split(".") if isinstance(node, ast.Attribute) else []
        if self._keeps(parts):
            return parts[1]
        held = any(part in self.holders or _HOLDER.match(part) for part in parts[:-1])
        if held and "()" not in parts:
            return parts[-1]
        match node:
            case ast.Subscript(value=ast.Name(id=name), slice=ast.Constant(value=str(key))):
                return key if name in self.holders or _HOLDER.match(name) else ""
        return ""

    def default(self, node: ast.expr) -> Any:
        """The literal default of the setting that `node` reads; `OPEN` where there is none."""
        name = self.named(node)
        if isinstance(node, ast.Name):
            return self.constants.get(name, OPEN)
        if isinstance(node, ast.Attribute) and self._keeps(dotted(node).split(".")):
            return self.own[name]
        return self.defaults.get(name, OPEN)

    def _keeps(self, parts: Sequence[str]) -> bool:
        return len(parts) == 2 and parts[0] == "self" and parts[1] in self.own

    def value(self, node: ast.expr) -> Any:
        """The value of an expression of literals and settings; `OPEN` where it holds anything else."""
        match node:
            case ast.Constant(value=value):
                return value
            case ast.UnaryOp(op=ast.Not(), operand=operand):
                inner = self.value(operand)
                return inner if inner is OPEN else not inner
            case ast.UnaryOp(op=ast.USub(), operand=operand):
                inner = self.value(operand)
                return -inner if isinstance(inner, int | float) else OPEN
            case ast.BoolOp():
                return self._either(node)
            case ast.Compare(left=left, ops=[op], comparators=[right]):
                return _compared(op, self.value(left), self.value(right))
            case ast.Name() | ast.Attribute() | ast.Subscript():
                return self.default(node)
            case ast.Call(func=ast.Attribute(attr="is_available"), args=[], keywords=[]):
                # Where a tensor lies does not change what is computed.
                return False
            case ast.Tuple(elts=parts) | ast.List(elts=parts):
                values = [self.value(part) for part in parts]
                return OPEN if any(item is OPEN for item in values) else values
        return OPEN

    def _either(self, node: ast.BoolOp) -> Any:
        values = [self.value(part) for part in node.values]
        ends = isinstance(node.op, ast.Or)
        if any(item is not OPEN and bool(item) is ends for item in values):
            return ends
        return OPEN if any(item is OPEN for item in values) else not ends


def _compared(op: ast.cmpop, left: Any, right: Any) -> Any:
    if left is OPEN or right is OPEN:
        return OPEN
    try:
        match op:
            case ast.Eq() | ast.Is():
                return left == right
            case ast.NotEq() | ast.IsNot():
                return left != right
            case ast.Lt():
                return left < right
            case ast.LtE():
                return left <= right
            case ast.Gt():
                return left > right
            case ast.GtE():
                return left >= right
            case ast.In():
                return left in right
            case ast.NotIn():
                return left not in right
    except TypeError:
        return OPEN
    return OPEN


def read_choices(file: FileScopes, nodes: Sequence[ast.AST]) -> Choices:
    """The settings that a file offers, without those that it assigns itself; `nodes` are all of its tree."""
    found: dict[str, list[Any]] = {}
    for item in read_hyperparameters(file):
        if item.how != "constant":
            found.setdefault(item.name, []).append(_literal(item.default))
    changed = set(_changed(nodes))
    defaults = {
        name: values[0]
        for name, values in found.items()
        if name not in changed and all(value == values[0] and value is not OPEN for value in values)
    }
    return Choices(defaults, frozenset(_holders(nodes)), dict(_constants(nodes)), _kept_numbers(nodes))


def _kept_numbers(nodes: Sequence[ast.AST]) -> dict[str, Any]:
    """Attributes of `self` that a class sets once, to a constructor argument whose default is a number.

    The default is `OPEN` where classes of the file have different ones.
    """
    given: dict[str, list[Any]] = {}
    for node in nodes:
        if isinstance(node, ast.FunctionDef) and node.name == "__init__":
            numbers = dict(_number_defaults(node.args))
            for name, kept in _kept(node):
                if kept in numbers:
                    given.setdefault(name, []).append(numbers[kept])
    stored = Counter(
        node.attr
        for node in nodes
        if isinstance(node, ast.Attribute)
        and isinstance(node.ctx, ast.Store)
        and dotted(node.value) == "self"
    )
    return {
        name: values[0] if all(value == values[0] for value in values) else OPEN
        for name, values in given.items()
        if stored[name] == len(values)
    }


def _kept(constructor: ast.FunctionDef) -> Iterator[tuple[str, str]]:
    """Attributes of `self`, each with the name that is assigned to it."""
    for item in constructor.body:
        match item:
            case ast.Assign(targets=[ast.Attribute(value=owner, attr=name)], value=ast.Name(id=kept)):
                if dotted(owner) == "self":
                    yield name, kept


def _number_defaults(arguments: ast.arguments) -> Iterator[tuple[str, float]]:
    plain = [*arguments.posonlyargs, *arguments.args]
    pairs = [*zip(plain[len(plain) - len(arguments.defaults) :], arguments.defaults, strict=True)]
    for arg, default in (*pairs, *zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True)):
        value = _number(default) if default is not None else None
        if value is not None and not isinstance(value, bool):
            yield arg.arg, value


def _literal(text: str) -> Any:
    try:
        return ast.literal_eval(text)
    except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError):
        return OPEN


def _number(node: ast.expr) -> Any:
    """The number or truth value that a node writes; None for anything else."""
    match node:
        case ast.Constant(value=bool() | int() | float() as value):
            return value
        case ast.UnaryOp(op=ast.USub(), operand=ast.Constant(value=int() | float() as value)):
            return -value
    return None


def _holders(nodes: Sequence[ast.AST]) -> Iterator[str]:
    for node in nodes:
        match node:
            case ast.Assign(targets=[target], value=ast.Call(func=function)) if _PARSES.match(
                last(dotted(function))
            ):
                first = target.elts[0] if isinstance(target, ast.Tuple) and target.elts else target
                if isinstance(first, ast.Name):
                    yield first.id


def _changed(nodes: Sequence[ast.AST]) -> Iterator[str]:
    """Attributes that are assigned anywhere but in a class body or on `self`."""
    for node in nodes:
        targets = node.targets if isinstance(node, ast.Assign) else []
        targets = [node.target] if isinstance(node, ast.AugAssign | ast.AnnAssign) else targets
        for target in targets:
            if isinstance(target, ast.Attribute) and not dotted(target).startswith("self."):
                yield target.attr


def _constants(nodes: Sequence[ast.AST]) -> Iterator[tuple[str, Any]]:
    """Names that are bound once in the file, to a number or a truth value."""
    bound: dict[str, list[Any]] = {}
    for node in nodes:
        match node:
            case (
                ast.Assign(targets=[ast.Name(id=name)], value=value)
                | ast.AnnAssign(target=ast.Name(id=name), value=ast.expr() as value)
            ):
                bound.setdefault(name, []).append(_number(value))
            case ast.Name(id=name, ctx=ast.Store()):
                bound.setdefault(name, []).append(None)
            case ast.arg(arg=name):
                bound.setdefault(name, []).extend([None] * 3)
            case ast.Global(names=names) | ast.Nonlocal(names=names):
                for name in names:
                    bound.setdefault(name, []).extend([None] * 3)
    for name, values in bound.items():
        # An assignment is met twice: as a statement and as the name that it stores.
        if len(values) == 2 and isinstance(values[0], bool | int | float):
            yield name, values[0]
