"""What single expressions of a slice are: views, roots, names."""

import ast
import re
from collections.abc import Iterator, Sequence

from paperback.code.objectives.calls import TENSOR_FACTS, is_tensor_method
from paperback.code.objectives.kept import changes, targets

_VIEWS = frozenset(
    {"view", "reshape", "flatten", "squeeze", "unsqueeze", "float", "double", "to", "type", "expand",
     "permute", "transpose", "t", "contiguous", "unflatten", "view_as", "reshape_as", "expand_as",
     "swapaxes", "movedim"}
)  # fmt: skip
_BATCH = re.compile(r"^(mb|b|batch)_(?=[A-Za-z]\w)")


def find_things(nodes: Sequence[ast.AST]) -> frozenset[str]:
    """Names that are used as no tensor is: with other attributes, text keys, as a function, unpacked."""
    found: set[str] = set()
    for node in (item for outer in nodes for item in ast.walk(outer)):
        match node:
            case ast.Attribute(value=ast.Name(id=name), attr=attr):
                if attr not in TENSOR_FACTS and not is_tensor_method(attr) and attr != "item":
                    found.add(name)
            case ast.Subscript(value=ast.Name(id=name), slice=ast.Constant(value=str())):
                found.add(name)
            case ast.Call(func=ast.Name(id=name)):
                found.add(name)
            case ast.Assign(targets=[ast.Tuple()], value=ast.Name(id=name)):
                found.add(name)
    return frozenset(found - {"self"})


def changed(node: ast.stmt) -> Iterator[ast.expr]:
    """What a simple statement changes in place: `x` of `x += 1`, `x[i] = 1`, `x.clamp_(0, 1)`."""
    match node:
        case ast.AugAssign(target=target):
            yield target.value if isinstance(target, ast.Subscript) else target
        case ast.Assign(targets=parts):
            yield from (part.value for part in parts if isinstance(part, ast.Subscript))
        case ast.Expr(value=ast.Call(func=ast.Attribute(value=owner, attr=attr))) if changes(attr):
            yield owner


def detached(node: ast.expr) -> ast.expr:
    """`node.detach()`."""
    return ast.Call(ast.Attribute(node, "detach", ast.Load()), [], [])


def stopped(node: ast.stmt) -> ast.stmt:
    """A statement without gradient: what only renames or views an argument keeps its gradient in torch."""
    if isinstance(node, ast.Assign) and views(node.value):
        return ast.Assign(node.targets, detached(node.value))
    return node


def views(node: ast.expr) -> bool:
    """Whether a value may be its argument itself, or a view of it."""
    match node:
        case ast.Name():
            return True
        case ast.Subscript(value=inner):
            return views(inner)
        case ast.Call(func=ast.Attribute(value=inner, attr=attr)):
            return attr in _VIEWS and views(inner)
        case ast.Attribute(value=inner, attr=attr):
            return attr in ("T", "mT") and views(inner)
    return False


def only(target: ast.expr) -> str:
    """The name that an assignment to `target` gives; empty for a tuple or an entry."""
    found = list(targets(target)) if isinstance(target, ast.Name | ast.Attribute) else []
    return found[0] if found else ""


def prefixes(name: str) -> Iterator[str]:
    """`a`, `a.b` and `a.b.c` of `a.b.c`."""
    parts = name.split(".")
    for count in range(1, len(parts) + 1):
        yield ".".join(parts[:count])


def root(node: ast.expr) -> str:
    """The bare name on which attributes, entries and calls are taken; empty for anything else."""
    while isinstance(node, ast.Attribute | ast.Subscript | ast.Call):
        node = node.func if isinstance(node, ast.Call) else node.value
    return node.id if isinstance(node, ast.Name) else ""


def stem(node: ast.expr) -> str:
    """The word by which a value from outside is called."""
    while True:
        match node:
            case ast.Call(func=function):
                node = function
            case ast.Subscript(slice=ast.Constant(value=str(key))):
                return key
            case ast.Subscript(value=value):
                node = value
            case ast.Attribute(attr=attr):
                return attr.removeprefix("get_")
            case ast.Name(id=name):
                return name
            case _:
                return "value"


def identifier(name: str) -> str:
    """`name` as the name of an argument, without the prefix by which scripts mark a mini-batch."""
    made = "".join(letter if letter.isalnum() or letter == "_" else "_" for letter in name.rpartition(".")[2])
    made = _BATCH.sub("", made.strip("_")) or made.strip("_") or "value"
    return made if made.isidentifier() else f"v_{made}"
