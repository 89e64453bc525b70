"""Forward passes that do more than assemble layers: gates, layers applied in loops, several joins."""

import ast
import re
from collections.abc import Iterator

from paperback.code.names import dotted, last
from paperback.code.scopes import FileScopes, Scope
from paperback.source import Source

_JOINING = ("cat", "concat", "concatenate", "Concatenate", "Add")
# One residual addition or one concatenation is a standard layer's wiring; a second one is a design.
_JOINS = 2
# These hold no weights that a loop could share.
_WEIGHTLESS = re.compile(r"act|drop|relu|gelu|sigmoid|tanh|pool|nonlin|flatten|softmax", re.I)
_NO_VALUE = ("size", "shape", "dim", "len", "ndim")


def read_wiring(
    file: FileScopes, methods: list[Scope], layers: frozenset[str], cells: frozenset[str]
) -> Iterator[tuple[str, Source]]:
    """Wiring in these methods that is more than assembling layers, a phrase and a place each.

    It counts where two values that layers computed are multiplied (a gate), where one is raised to a power,
    where one layer is applied in a loop (a recurrence; a library's cell is made for that), and where values
    are joined, by adding or concatenating, at two places or more.

    Args:
        file: Where the methods stand.
        methods: Those that a forward pass runs.
        layers: The attributes that hold layers.
        cells: Those among them that hold one round of a library's recurrence.
    """
    for method in methods:
        computed = _computed(method)
        joins: list[ast.expr] = []
        for node in method.nodes:
            match node:
                case ast.BinOp(op=ast.Mult(), left=left, right=right):
                    if computed.value(left) and computed.value(right):
                        yield "a gate", file.text.place(node)
                case ast.BinOp(op=ast.Pow(), left=left) if computed.value(left):
                    yield "a power", file.text.place(node)
                case ast.BinOp(op=ast.Add(), left=left, right=right):
                    if computed.joins(left, right):
                        joins.append(node)
                case ast.AugAssign(op=ast.Add(), target=target, value=value) if computed.joins(target, value):
                    joins.append(value)
                case ast.For() | ast.While() if layer := _looped(node, layers, cells):
                    yield f"{dotted(layer.func)} applied in a loop", file.text.place(layer)
        joins += [site.node for site in method.calls if _concatenates(site.node, computed)]
        if len(joins) >= _JOINS:
            yield f"{len(joins)} joins of branches", file.text.place(min(joins, key=lambda node: node.lineno))


class _Computed:
    """Which local names hold a value that a layer computed, and which an input."""

    def __init__(self, inputs: set[str]) -> None:
        self.inputs = inputs
        self.names: set[str] = set()

    def value(self, node: ast.AST) -> bool:
        """Whether a layer took part in computing the expression."""
        waiting: list[ast.AST] = [node]
        while waiting:
            inner = waiting.pop()
            if isinstance(inner, ast.Name) and inner.id in self.names:
                return True
            if isinstance(inner, ast.Call):
                if _is_layer_call(inner):
                    return True
                if last(dotted(inner.func)) in _NO_VALUE:
                    continue
            if isinstance(inner, ast.Attribute) and inner.attr in _NO_VALUE:
                continue
            waiting += ast.iter_child_nodes(inner)
        return False

    def joins(self, left: ast.AST, right: ast.AST) -> bool:
        """Whether adding the two joins a computed value with another value or the input."""
        sides = [self.value(side) for side in (left, right)]
        inputs = [isinstance(side, ast.Name) and side.id in self.inputs for side in (left, right)]
        return any(sides) and all(value or given for value, given in zip(sides, inputs, strict=True))


def _computed(method: Scope) -> _Computed:
    arguments = method.node.args if isinstance(method.node, ast.FunctionDef | ast.AsyncFunctionDef) else None
    found = _Computed({item.arg for item in arguments.args[1:]} if arguments else set())
    for node in method.nodes:
        if isinstance(node, ast.Assign) and found.value(node.value):
            for target in node.targets:
                names = {item.id for item in ast.walk(target) if isinstance(item, ast.Name)}
                found.names |= names - {"self"}
    return found


def _is_layer_call(call: ast.Call) -> bool:
    # `self.layer(x)`, `self.layers[i](x)` and, where layers are made in place, `nn.Dense(3)(x)`.
    function = call.func.value if isinstance(call.func, ast.Subscript) else call.func
    if isinstance(function, ast.Call):
        return last(dotted(function.func)).lstrip("_")[:1].isupper()
    name = dotted(function).removesuffix(".forward")
    return name.startswith("self.") and name.count(".") == 1


def _looped(loop: ast.For | ast.While, layers: frozenset[str], cells: frozenset[str]) -> ast.Call | None:
    """The first call in a loop of one and the same layer; layers that the loop runs over do not count.

    A library's cell is made for a loop: what is applied beside one reads out its state.
    """
    calls = [node for statement in loop.body for node in ast.walk(statement) if isinstance(node, ast.Call)]
    named = [(dotted(node.func).removeprefix("self."), node) for node in calls]
    if any(name in cells for name, _ in named):
        return None
    return next((node for name, node in named if name in layers and not _WEIGHTLESS.search(name)), None)


def _concatenates(call: ast.Call, computed: _Computed) -> bool:
    if last(dotted(call.func)) not in _JOINING or not call.args:
        return False
    parts = call.args[0].elts if isinstance(call.args[0], ast.List | ast.Tuple) else []
    return len(parts) > 1 and any(computed.value(part) for part in parts)
