"""The repository's Python files as syntax trees, and what a name in one of them stands for."""

import ast
import warnings
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from paperback.errors import ReadError

LARGEST_FILE = 4_000_000
MOST_HOPS = 12
_USUAL = """torch numpy jax tensorflow keras scipy optax einops math functools typing collections"""
USUAL = frozenset(_USUAL.split())


@dataclass(frozen=True, slots=True)
class Lib:
    """Something outside the repository, by its dotted name."""

    name: str

    @property
    def last(self) -> str:
        return self.name.rpartition(".")[2]


@dataclass(slots=True)
class SourceFile:
    """One parsed file.

    Attributes:
        module: Dotted name from the repository's root.
        names: The statement that gives each top-level name its value; the first one wins.
        imports: What an imported name stands for: (dotted module, name in it or "").
        optional: Imported names that may be absent.
        stars: Modules all of whose names are imported.
    """

    path: Path
    module: str
    data: bytes
    tree: ast.Module
    names: dict[str, ast.stmt] = field(default_factory=dict)
    imports: dict[str, tuple[str, str]] = field(default_factory=dict)
    optional: set[str] = field(default_factory=set)
    stars: list[str] = field(default_factory=list)


def of_arrays(file: SourceFile) -> bool:
    """Whether the tensors of `file` are arrays of NumPy, JAX, TensorFlow or Keras: it never imports torch."""
    tops = {module.partition(".")[0] for module, _ in file.imports.values()}
    return "torch" not in tops and bool(tops & {"numpy", "jax", "tensorflow", "keras", "scipy", "optax"})


@dataclass(frozen=True, slots=True)
class Defined:
    """A statement of the repository that gives `name` its value."""

    file: SourceFile
    node: ast.stmt
    name: str


@dataclass(frozen=True, slots=True)
class Imported:
    """A module of the repository."""

    file: SourceFile


@dataclass(slots=True)
class Sources:
    """Files under `root`, parsed when first needed."""

    root: Path
    files: dict[Path, SourceFile | None] = field(default_factory=dict)

    def load(self, path: Path) -> SourceFile:
        """The file at `path`.

        Raises:
            ReadError: It cannot be read or is not Python.
        """
        try:
            data = path.read_bytes()
        except OSError as error:
            raise ReadError(f"{path.name}: cannot be read: {error.strerror}") from error
        if len(data) > LARGEST_FILE:
            raise ReadError(f"{path.name}: {len(data)} bytes; at most {LARGEST_FILE} are read")
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                tree = ast.parse(data)
        except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
            raise ReadError(f"{path.name}: not Python 3: {error}") from error
        file = SourceFile(path, _dotted(path, self.root), data, tree)
        _collect(file, tree.body)
        return file

    def module(self, dotted: str) -> SourceFile | None:
        """The repository's module `dotted`, or None where it is not the repository's."""
        base = self.root.joinpath(*dotted.split("."))
        for path in (base.with_suffix(".py") if dotted else base, base / "__init__.py"):
            if path.suffix == ".py" and path.is_file():
                if path not in self.files:
                    try:
                        self.files[path] = self.load(path)
                    except ReadError:
                        self.files[path] = None
                return self.files[path]
        return None

    def near(self, dotted: str, file: SourceFile) -> SourceFile | None:
        """The module `dotted` from the root, or beside `file` as a script imports its neighbours."""
        found = self.module(dotted)
        package = file.module.rpartition(".")[0]
        while found is None and package:
            found = self.module(f"{package}.{dotted}")
            package = package.rpartition(".")[0]
        return found

    def resolve(self, file: SourceFile, name: str, hops: int = 0) -> Defined | Imported | Lib | None:
        """What `name` stands for in `file`; None where it is not a top-level name."""
        if name in file.names:
            return Defined(file, file.names[name], name)
        if hops > MOST_HOPS:
            return None
        if name not in file.imports:
            return self.starred(file, name, hops)
        dotted, inner = file.imports[name]
        target = self.near(dotted, file)
        if target is None:
            return Lib(f"{dotted}.{inner}" if inner else dotted)
        if not inner:
            return Imported(target)
        found = self.resolve(target, inner, hops + 1) if target is not file else None
        if found is not None:
            return found
        submodule = self.module(f"{target.module}.{inner}" if target.module else inner)
        return Imported(submodule) if submodule else Lib(f"{dotted}.{inner}")

    def starred(self, file: SourceFile, name: str, hops: int) -> Defined | Imported | Lib | None:
        """What `name` stands for in the modules from which `file` imports everything."""
        for dotted in file.stars:
            target = self.near(dotted, file)
            found = self.resolve(target, name, hops + 1) if target and target is not file else None
            if found is not None:
                return found
        return None


def _dotted(path: Path, root: Path) -> str:
    try:
        parts = list(path.relative_to(root).with_suffix("").parts)
    except ValueError:
        parts = [path.stem]
    if parts[-1] == "__init__":
        parts.pop()
    return ".".join(parts)


def _collect(file: SourceFile, body: list[ast.stmt]) -> None:
    for node in body:
        match node:
            case ast.FunctionDef(name=name) | ast.ClassDef(name=name) | ast.AsyncFunctionDef(name=name):
                if not _overload(node):
                    file.names.setdefault(name, node)
            case ast.Assign(targets=targets):
                for name in (inner for target in targets for inner in _bound(target)):
                    file.names.setdefault(name, node)
            case ast.AnnAssign(target=ast.Name(id=name), value=value) if value is not None:
                file.names.setdefault(name, node)
            case ast.Import(names=aliases):
                for alias in aliases:
                    whole = alias.name if alias.asname else alias.name.partition(".")[0]
                    file.imports.setdefault(alias.asname or whole, (whole, ""))
            case ast.ImportFrom():
                _collect_from(file, node)
            case ast.If(body=then, orelse=other):
                _collect(file, then)
                _collect(file, other)
            case ast.Try(body=tried, handlers=handlers, orelse=other):
                without = [inner for handler in handlers for inner in handler.body]
                optional = _optional(tried)
                if optional:
                    file.optional |= {
                        alias.asname or alias.name
                        for item in tried
                        if isinstance(item, ast.Import | ast.ImportFrom)
                        for alias in item.names
                    }
                _collect(file, [*without, *tried, *other] if optional else [*tried, *other, *without])


def _bound(target: ast.expr) -> Iterator[str]:
    """The names that an assignment to `target` binds."""
    if isinstance(target, ast.Name):
        yield target.id
    elif isinstance(target, ast.Tuple | ast.List):
        for part in target.elts:
            yield from _bound(part)


def _optional(tried: list[ast.stmt]) -> bool:
    """Whether a `try` imports another package than the usual ones: it is taken to be absent."""
    modules = [item.module or "" for item in tried if isinstance(item, ast.ImportFrom) and not item.level]
    modules += [alias.name for item in tried if isinstance(item, ast.Import) for alias in item.names]
    return bool(modules) and not any(name.partition(".")[0] in USUAL for name in modules)


def _overload(node: ast.stmt) -> bool:
    decorators = getattr(node, "decorator_list", [])
    return any(ast.unparse(item).endswith("overload") for item in decorators)


def _collect_from(file: SourceFile, node: ast.ImportFrom) -> None:
    dotted = node.module or ""
    if node.level:
        parts = file.module.split(".") if file.module else []
        package = parts if file.path.name == "__init__.py" else parts[:-1]
        package = package[: len(package) - (node.level - 1)] if node.level > 1 else package
        dotted = ".".join([*package, dotted]) if dotted else ".".join(package)
    for alias in node.names:
        if alias.name == "*":
            file.stars.append(dotted)
        else:
            file.imports.setdefault(alias.asname or alias.name, (dotted, alias.name))
