"""The definitions of one file: functions, methods, classes and what a script does outside of them."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from paperback.code.repository import Place
from paperback.code.scopes import FileScopes
from paperback.source import Source

_NAMED = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)


@dataclass(frozen=True, slots=True)
class Definition:
    """One definition with its text.

    Attributes:
        place: File and qualified name; an empty name stands for the script around the definitions.
        kind: `class`, `method`, `function` or `script`.
        lines: Number and text of each line; of a class, those outside its methods.
        meaning: Its syntax tree as text, without docstrings: equal where only comments or layout differ.
    """

    place: Place
    kind: str
    lines: tuple[tuple[int, str], ...]
    meaning: str

    @property
    def source(self) -> Source:
        """Its first line."""
        return Source(self.place[0], self.lines[0][0] if self.lines else 1)


def definitions(file: FileScopes) -> Iterator[Definition]:
    """Functions, classes and their methods in the order of the text, then the script around them.

    What a function defines inside belongs to it.
    """
    tree = file.module.node
    yield from _inside(file, tree.body, "")
    yield _rest(file, tree.body, "", "script", (1, len(file.text.lines)))


def _inside(file: FileScopes, body: list[ast.stmt], owner: str) -> Iterator[Definition]:
    for node in body:
        if not isinstance(node, _NAMED):
            continue
        name = f"{owner}.{node.name}" if owner else node.name
        if isinstance(node, ast.ClassDef):
            yield _rest(file, node.body, name, "class", (_first(node), node.end_lineno or node.lineno))
            yield from _inside(file, node.body, name)
        else:
            kind = "method" if owner else "function"
            lines = _lines(file, _first(node), node.end_lineno or node.lineno)
            yield Definition((file.text.path, name), kind, tuple(lines), _meaning([node]))


def _rest(file: FileScopes, body: list[ast.stmt], name: str, kind: str, span: tuple[int, int]) -> Definition:
    """A class or script without the definitions inside it."""
    inner = {
        number
        for node in body
        if isinstance(node, _NAMED)
        for number in range(_first(node), (node.end_lineno or node.lineno) + 1)
    }
    lines = tuple(line for line in _lines(file, *span) if line[0] not in inner)
    kept = [
        node for node in _without_doc(body) if not isinstance(node, (*_NAMED, ast.Import, ast.ImportFrom))
    ]
    return Definition((file.text.path, name), kind, lines, _meaning(kept))


def _first(node: ast.stmt) -> int:
    decorators: list[ast.expr] = getattr(node, "decorator_list", [])
    return min([node.lineno, *(item.lineno for item in decorators)])


def _lines(file: FileScopes, start: int, end: int) -> Iterator[tuple[int, str]]:
    for number in range(start, end + 1):
        yield number, file.text.line(number)


def _without_doc(body: list[ast.stmt]) -> list[ast.stmt]:
    match body[:1]:
        case [ast.Expr(value=ast.Constant(value=str()))]:
            return body[1:]
    return body


def _meaning(nodes: list[ast.stmt]) -> str:
    try:
        return "\n".join(_dumped(node) for node in nodes)
    except RecursionError:
        return ""


def _dumped(node: ast.stmt) -> str:
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
        head = [ast.dump(item) for item in (node.args, *node.decorator_list)]
        return "\n".join([*head, *(_dumped(inner) for inner in _without_doc(node.body))])
    return ast.dump(node)
