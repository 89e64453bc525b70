"""One walk over a file's tree: its imports, classes and functions with what stands in them."""

import ast
from dataclasses import dataclass, field

from paperback.code.names import Import, dotted, read_imports
from paperback.code.parse import Text

FunctionNode = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(slots=True)
class CallSite:
    """A call and the name it is written with."""

    node: ast.Call
    written: str


@dataclass(slots=True)
class Scope:
    """A function, a class body or the module, without the functions and classes inside it.

    Attributes:
        name: Qualified name in the file; empty for the module.
        owner: Qualified name of the class whose body it stands in; empty outside classes.
        nodes: Assignments, returns, loops, conditions and the like, in the order of the text.
    """

    name: str
    owner: str
    node: FunctionNode | ast.ClassDef | ast.Module
    calls: list[CallSite] = field(default_factory=list)
    nodes: list[ast.AST] = field(default_factory=list)

    @property
    def short(self) -> str:
        """The name without its class."""
        return self.name.rpartition(".")[2]


@dataclass(slots=True)
class FileScopes:
    """All scopes of one file."""

    text: Text
    module: Scope
    functions: list[Scope]
    classes: list[Scope]
    imports: list[Import]
    aliases: dict[str, str]

    def all(self) -> list[Scope]:
        """The module's scope, then functions and classes in the order of the text."""
        return [self.module, *self.functions, *self.classes]

    def methods(self, owner: str) -> list[Scope]:
        """The methods of the class called `owner`."""
        return [scope for scope in self.functions if scope.owner == owner]


_KEPT = (
    ast.Assign,
    ast.AnnAssign,
    ast.AugAssign,
    ast.Return,
    ast.For,
    ast.AsyncFor,
    ast.While,
    ast.If,
    ast.BinOp,
    ast.With,
    ast.Compare,
)
_LEAVES = (ast.Name, ast.Constant, ast.Pass, ast.Break, ast.Continue, ast.Global, ast.Nonlocal, ast.alias)


def read_scopes(text: Text, tree: ast.Module) -> FileScopes:
    """The scopes of a file; the walk keeps its own stack, so depth of nesting is no matter."""
    found = FileScopes(text, Scope("", "", tree), [], [], [], {})
    stack: list[tuple[ast.AST, Scope]] = [(child, found.module) for child in reversed(tree.body)]
    while stack:
        node, scope = stack.pop()
        kind = node.__class__
        if kind in _LEAVES:
            continue
        if kind is ast.Call:
            assert isinstance(node, ast.Call)
            scope.calls.append(CallSite(node, dotted(node.func)))
        elif kind in _KEPT:
            scope.nodes.append(node)
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            _open_scope(found, node, scope, stack)
            continue
        elif isinstance(node, ast.Import | ast.ImportFrom):
            _bind(found, node)
            continue
        _push_children(node, scope, stack)
    return found


def _push_children(node: ast.AST, scope: Scope, stack: list[tuple[ast.AST, Scope]]) -> None:
    start = len(stack)
    for name in node._fields:
        value = getattr(node, name, None)
        if value.__class__ is list:
            stack.extend([(item, scope) for item in value if isinstance(item, ast.AST)])
        elif isinstance(value, ast.AST) and value._fields:
            stack.append((value, scope))
    stack[start:] = stack[start:][::-1]


def _open_scope(
    found: FileScopes,
    node: FunctionNode | ast.ClassDef,
    outer: Scope,
    stack: list[tuple[ast.AST, Scope]],
) -> None:
    name = f"{outer.name}.{node.name}" if outer.name else node.name
    owner = outer.name if isinstance(outer.node, ast.ClassDef) else ""
    inner = Scope(name, owner, node)
    (found.classes if isinstance(node, ast.ClassDef) else found.functions).append(inner)
    stack.extend((child, inner) for child in reversed(node.body))
    stack.extend((child, outer) for child in reversed(node.decorator_list))


def _bind(found: FileScopes, node: ast.Import | ast.ImportFrom) -> None:
    for item in read_imports(node, found.text.path):
        found.imports.append(item)
        if item.local and item.name != "*":
            # The first binding wins: a fallback in `except ImportError` comes second.
            found.aliases.setdefault(item.local, item.target)
