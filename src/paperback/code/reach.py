"""Which files the entry points reach through imports."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from paperback.code.facts import FileFacts
from paperback.code.names import Import
from paperback.code.repository import Repository


@dataclass(frozen=True, slots=True)
class Reach:
    """What the entry points reach.

    Attributes:
        entries: The entry points that count.
        files: The files they reach; all files where this cannot be told.
        told: Whether it can be told.
        why: Why it cannot be told; empty where it can.
    """

    entries: tuple[str, ...]
    files: frozenset[str]
    told: bool
    why: str = ""


def reach(repository: Repository) -> Reach:
    """The files that count for the level, from the import graph of the entry points."""
    everything = frozenset(repository.files)
    imported = {
        found for file in repository.files.values() if not file.test for found in _imported(repository, file)
    }
    entries = tuple(path for path, file in repository.files.items() if _is_entry(repository, file, imported))
    if not entries:
        return Reach((), everything, False, "no entry point was found")
    found = import_closure(repository, entries)
    if any("*" in repository.files[path].dynamic for path in found):
        return Reach(entries, everything, False, "modules are imported by names made at run time")
    if not any(_builds(repository.files[path]) for path in found):
        return Reach(entries, everything, False, "no entry point reaches a network")
    return Reach(entries, found, True)


def _is_entry(repository: Repository, file: FileFacts, imported: set[str]) -> bool:
    if file.test:
        return False
    package = f"{file.path.rpartition('/')[0]}/__init__.py" in repository.files
    if package:
        # In a package, a guarded block at the end of a module often only tries the module out.
        return file.entry == "command line"
    # Loops at the top of a module that others import are no script.
    return bool(file.entry) and (file.entry != "script" or file.path not in imported)


def _builds(file: FileFacts) -> bool:
    sequences = any(function.role == "sequence" for function in file.functions)
    return (
        sequences
        or bool(file.uses or file.estimators)
        or any("forward" in item.methods for item in file.classes)
    )


def import_closure(repository: Repository, entries: Iterable[str]) -> frozenset[str]:
    """The files that these files import, directly or through others, themselves included."""
    seen: set[str] = set(entries)
    waiting = list(seen)
    while waiting:
        path = waiting.pop()
        if path not in repository.imported:
            repository.imported[path] = tuple(dict.fromkeys(_imported(repository, repository.files[path])))
        for found in repository.imported[path]:
            if found not in seen:
                seen.add(found)
                waiting.append(found)
    return frozenset(seen)


def _imported(repository: Repository, file: FileFacts) -> Iterator[str]:
    for item in file.imports:
        yield from _reached(repository, item, file.path)
    for prefix in file.dynamic:
        folder = repository.find_file(prefix, file.path) if prefix != "*" else None
        if folder is not None and folder.endswith("__init__.py"):
            base = folder.removesuffix("__init__.py")
            yield from (path for path in repository.files if path.startswith(base))
        elif folder is not None:
            yield folder


def _reached(repository: Repository, item: Import, importer: str) -> Iterator[str]:
    module = repository.find_file(item.module, importer)
    if not item.name or item.name == "*":
        yield from [module] if module is not None else []
        return
    # `from package import name` runs the package's __init__, but uses only the file that defines the name.
    inner = repository.find_file(item.target, importer)
    place = repository.find(item.target, importer)
    used = inner or (place[0] if place else None) or module
    yield from [used] if used is not None else []
