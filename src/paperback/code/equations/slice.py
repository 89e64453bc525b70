"""The part of the repository that a definition needs: its functions, classes, constants and imports."""

import ast
from dataclasses import dataclass, field

from paperback.code.equations.sources import Defined, Imported, Lib, SourceFile, Sources

_KEPT_DECORATORS = """
staticmethod classmethod property cached_property dataclass no_grad abstractmethod contextmanager
custom_fwd custom_bwd setter lru_cache
"""
KEPT_DECORATORS = frozenset(_KEPT_DECORATORS.split())
MOST_DEFINITIONS = 400


@dataclass(slots=True)
class _Part:
    """What is taken from one file."""

    imports: dict[str, str] = field(default_factory=dict)
    nodes: dict[str, ast.stmt] = field(default_factory=dict)


@dataclass(slots=True)
class _Slicer:
    sources: Sources
    parts: dict[str, _Part] = field(default_factory=dict)
    count: int = 0

    def part(self, file: SourceFile) -> _Part:
        return self.parts.setdefault(module_name(file), _Part())

    def need(self, file: SourceFile, name: str) -> None:
        part = self.part(file)
        if name in part.nodes or name in part.imports or self.count > MOST_DEFINITIONS:
            return
        found = self.sources.resolve(file, name)
        if isinstance(found, Defined) and found.file is file:
            self.count += 1
            node = _bare(found.node)
            part.nodes[name] = node
            self.names(file, node)
        elif isinstance(found, Defined):
            part.imports[name] = f"from {module_name(found.file)} import {found.name} as {name}"
            self.need(found.file, found.name)
        elif isinstance(found, Imported):
            part.imports[name] = f"import {module_name(found.file)} as {name}"
            self.part(found.file)
        elif isinstance(found, Lib):
            statement = _import(found.name, name, file.imports.get(name))
            absent = f"try:\n    {statement}\nexcept ImportError:\n    {name} = None"
            part.imports[name] = absent if name in file.optional else statement

    def names(self, file: SourceFile, node: ast.stmt) -> None:
        """Everything that `node` mentions."""
        for item in ast.walk(node):
            if isinstance(item, ast.Name) and isinstance(item.ctx, ast.Load):
                self.need(file, item.id)
            elif isinstance(item, ast.Attribute):
                self.attribute(file, item)

    def attribute(self, file: SourceFile, node: ast.Attribute) -> None:
        """`module.name`, where the module is the repository's."""
        if isinstance(node.value, ast.Name):
            found = self.sources.resolve(file, node.value.id)
            if isinstance(found, Imported):
                self.need(found.file, node.attr)


def module_name(file: SourceFile) -> str:
    return file.module or file.path.stem


def _import(dotted: str, alias: str, written: tuple[str, str] | None) -> str:
    if written is not None and not written[1]:
        return f"import {dotted}" if dotted.partition(".")[0] == alias else f"import {dotted} as {alias}"
    package, _, name = dotted.rpartition(".")
    return f"from {package} import {name} as {alias}" if package else f"import {dotted} as {alias}"


class _Stripper(ast.NodeTransformer):
    """Annotations, docstrings and foreign decorators pull in much and compute nothing."""

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        self.generic_visit(node)
        node.returns = None
        spec = node.args
        for arg in (*spec.posonlyargs, *spec.args, *spec.kwonlyargs, spec.vararg, spec.kwarg):
            if arg is not None:
                arg.annotation = None
        node.decorator_list = [item for item in node.decorator_list if _kept(item)]
        return _without_docstring(node)

    def visit_ClassDef(self, node: ast.ClassDef) -> ast.AST:
        self.generic_visit(node)
        node.decorator_list = [item for item in node.decorator_list if _kept(item)]
        return _without_docstring(node)

    def visit_AnnAssign(self, node: ast.AnnAssign) -> ast.AST:
        if isinstance(node.target, ast.Name):
            node.annotation = ast.Constant("object")
            return node
        return ast.copy_location(ast.Assign([node.target], node.value), node) if node.value else ast.Pass()


def _kept(node: ast.expr) -> bool:
    name = ast.unparse(node.func if isinstance(node, ast.Call) else node)
    return name.rpartition(".")[2] in KEPT_DECORATORS


def _without_docstring(node: ast.FunctionDef | ast.ClassDef) -> ast.AST:
    first = node.body[0]
    if (
        isinstance(first, ast.Expr)
        and isinstance(first.value, ast.Constant)
        and isinstance(first.value.value, str)
    ):
        node.body = node.body[1:] or [ast.Pass()]
    return node


def _bare(node: ast.stmt) -> ast.stmt:
    copy = ast.parse(ast.unparse(node)).body[0]
    return ast.fix_missing_locations(_Stripper().visit(copy))  # type: ignore[no-any-return]


def sliced(sources: Sources, file: SourceFile, name: str) -> dict[str, str]:
    """Source text by module: `name` of `file` and all it needs, without annotations and docstrings."""
    slicer = _Slicer(sources)
    slicer.need(file, name)
    return {module: _text(part) for module, part in slicer.parts.items()}


def _text(part: _Part) -> str:
    nodes = sorted(part.nodes.values(), key=lambda node: node.lineno)
    order = _ordered(part, nodes)
    return "\n".join([*dict.fromkeys(part.imports.values()), *(ast.unparse(node) for node in order)]) + "\n"


def _ordered(part: _Part, nodes: list[ast.stmt]) -> list[ast.stmt]:
    """Definitions after those that they need when they run: bases, decorators, constants."""
    done: dict[int, ast.stmt] = {}
    seen: set[tuple[str, bool]] = set()

    def place(name: str, runs: bool) -> None:
        """Put `name` after what it needs; where it `runs`, after all that its body needs, too."""
        node = part.nodes.get(name)
        if node is None or (name, runs) in seen:
            return
        seen.add((name, runs))
        executed = runs or not isinstance(node, ast.FunctionDef)
        for inner in _named(node) if runs else _immediate(node):
            place(inner, executed)
        done.setdefault(id(node), node)

    for name in part.nodes:
        place(name, False)
    return list(done.values())


def _named(node: ast.stmt) -> set[str]:
    return {item.id for item in ast.walk(node) if isinstance(item, ast.Name)}


def _immediate(node: ast.stmt) -> set[str]:
    """Names that a statement reads when it is executed, not when what it defines is called."""
    if isinstance(node, ast.FunctionDef):
        parts: list[ast.AST] = [
            *node.decorator_list,
            *node.args.defaults,
            *(d for d in node.args.kw_defaults if d),
        ]
    elif isinstance(node, ast.ClassDef):
        parts = [*node.bases, *node.decorator_list]
        for inner in node.body:
            if isinstance(inner, ast.FunctionDef):
                parts += [*inner.args.defaults, *(d for d in inner.args.kw_defaults if d)]
            else:
                parts.append(inner)
    else:
        parts = [node]
    return {item.id for part in parts for item in ast.walk(part) if isinstance(item, ast.Name)}
