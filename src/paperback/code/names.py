"""What a name in the code stands for, as far as the imports tell."""

import ast
import re
from collections.abc import Mapping
from dataclasses import dataclass

_CLASS_NAME = re.compile(r"_*[A-Z]")


@dataclass(frozen=True, slots=True)
class Import:
    """One import.

    Attributes:
        module: Dotted module; a leading dot means from the repository's root.
        name: The name taken from it, `*` for all, empty for the module itself.
        local: What it is called here.
    """

    module: str
    name: str
    local: str

    @property
    def target(self) -> str:
        """The dotted name that `local` stands for."""
        return f"{self.module}.{self.name}" if self.name else self.module


def dotted(node: ast.AST) -> str:
    """`a.b.c` for such an attribute chain; a root that is not a name is written `()`."""
    parts: list[str] = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    if isinstance(node, ast.Name):
        parts.append(node.id)
    elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "super":
        parts.append("super()")
    else:
        parts.append("()")
    return ".".join(reversed(parts))


def read_imports(node: ast.Import | ast.ImportFrom, path: str) -> list[Import]:
    """The imports of one statement in the file at `path`."""
    if isinstance(node, ast.Import):
        return [
            Import(alias.name, "", alias.asname) if alias.asname else _plain(alias.name)
            for alias in node.names
        ]
    module = _absolute(node.module or "", node.level, path)
    return [Import(module, alias.name, alias.asname or alias.name) for alias in node.names]


def _plain(name: str) -> Import:
    # `import a.b` binds `a`; the whole name is kept for the import graph.
    return Import(name, "", "")


def _absolute(module: str, level: int, path: str) -> str:
    if not level:
        return module
    folders = path.split("/")[:-1]
    kept = folders[: len(folders) - (level - 1)] if level > 1 else folders
    return "." + ".".join([*kept, *([module] if module else [])])


def resolve(written: str, aliases: Mapping[str, str]) -> str:
    """`written` with its first part replaced by what it was imported as."""
    head, dot, rest = written.partition(".")
    target = aliases.get(head)
    return written if target is None else target + dot + rest


def last(name: str) -> str:
    """The part of a dotted name after its last dot."""
    return name.rpartition(".")[2]


def looks_like_class(name: str) -> bool:
    """Whether the last part of a dotted name begins as a class's name does."""
    return _CLASS_NAME.match(last(name)) is not None


def first_paragraph(node: ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef) -> str:
    """The first paragraph of the docstring, on one line; empty where there is none."""
    doc = ast.get_docstring(node) if node.body else None
    return " ".join(doc.strip().split("\n\n")[0].split()) if doc else ""
