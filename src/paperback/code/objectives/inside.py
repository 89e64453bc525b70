"""A loss that is computed inside the forward pass of a model of the repository."""

import ast
import copy
from dataclasses import dataclass

from paperback.code.equations.sources import SourceFile
from paperback.code.names import dotted
from paperback.code.objectives.calls import Callees
from paperback.code.objectives.sites import Site

METHODS = ("forward", "__call__", "call")


@dataclass(frozen=True, slots=True)
class Inside:
    """Where a loss is computed.

    Attributes:
        site: What the method returns in the place of the loss.
        file: The file of the class.
        said: Which method it is, in words.
    """

    site: Site
    file: SourceFile
    said: str


def look_inside(site: Site, callees: Callees, text: str) -> Inside | None:
    """The method that gives `text`, such as `model(x, y)[1]` or `model(x).loss`; None where it is not known.

    Which arguments are given decides the arms of conditions such as `if targets is not None`.
    """
    node = ast.parse(text, mode="eval").body
    call = node
    while isinstance(call, ast.Subscript | ast.Attribute):
        call = call.value
    written = dotted(call.func).removesuffix(".forward") if isinstance(call, ast.Call) else ""
    found = callees.models.get(written)
    if not isinstance(call, ast.Call) or found is None:
        return None
    assert isinstance(found.node, ast.ClassDef)
    method = next((item for item in found.node.body if _is_forward(item)), None)
    if not isinstance(method, ast.FunctionDef):
        return None
    decided = _Decided(_given(method, call)).visit(copy.deepcopy(method))
    done = decided.body[-1]
    value = _part(done.value, node) if isinstance(done, ast.Return) else None
    if value is None or sum(isinstance(item, ast.Return) for item in ast.walk(decided)) != 1:
        return None
    inner = Site(value, site.line, (found.file.tree, found.node, decided, done))
    said = (
        f"`{ast.unparse(call)}` is `{found.node.name}.{method.name}` ({found.file.path.name}:{method.lineno})"
    )
    return Inside(inner, found.file, said)


def _is_forward(node: ast.stmt) -> bool:
    return isinstance(node, ast.FunctionDef) and node.name in METHODS


def _part(returned: ast.expr | None, node: ast.expr) -> ast.expr | None:
    """The part of what a method returns that `node` takes."""
    match returned, node:
        case ast.Tuple(elts=parts), ast.Subscript(slice=ast.Constant(value=int(at))) if at < len(parts):
            return parts[at]
        case ast.Call(keywords=words), ast.Attribute(attr=attr):
            return next((word.value for word in words if word.arg == attr), None)
        case ast.Dict(keys=keys, values=values), ast.Subscript(slice=ast.Constant(value=str(name))):
            pairs = zip(keys, values, strict=True)
            return next((v for k, v in pairs if isinstance(k, ast.Constant) and k.value == name), None)
    return returned if isinstance(node, ast.Call) and not isinstance(returned, ast.Tuple) else None


def _given(method: ast.FunctionDef, call: ast.Call) -> dict[str, bool]:
    """Parameter to whether the call gives it; without those that `*` or `**` may give."""
    names = [arg.arg for arg in method.args.args[1:]]
    words = {word.arg for word in call.keywords}
    if None in words or any(isinstance(arg, ast.Starred) for arg in call.args):
        return {}
    found = {name: at < len(call.args) or name in words for at, name in enumerate(names)}
    plain = len(names) - len(method.args.defaults)
    defaults = dict(zip(names[plain:], method.args.defaults, strict=True))
    return {
        name: here
        for name, here in found.items()
        if here or (isinstance(defaults.get(name), ast.Constant) and defaults[name].value is None)  # type: ignore[attr-defined]
    }


class _Decided(ast.NodeTransformer):
    """Takes the arms of conditions that ask whether a parameter was given."""

    def __init__(self, given: dict[str, bool]) -> None:
        self.given = given

    def visit_If(self, node: ast.If) -> ast.AST | list[ast.stmt]:
        self.generic_visit(node)
        match node.test:
            case ast.Compare(left=ast.Name(id=name), ops=[op], comparators=[ast.Constant(value=None)]):
                if name in self.given and isinstance(op, ast.Is | ast.IsNot):
                    holds = self.given[name] == isinstance(op, ast.IsNot)
                    return (node.body if holds else node.orelse) or [ast.Pass()]
        return node
