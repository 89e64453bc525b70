"""An equation by its place: `FILE:NAME` for a definition, `FILE:LINE` for a backward call."""

import sys
from collections.abc import Iterator
from pathlib import Path

from paperback.code.equations.check import SECONDS
from paperback.code.equations.derivation import Derivation
from paperback.code.equations.derive import derive_all, find
from paperback.code.equations.establish import MOST, Established, best_of
from paperback.code.equations.slice import sliced
from paperback.code.equations.sources import Sources
from paperback.code.objectives.derive import cut_at, derive_objective, read_script, slice_of
from paperback.code.objectives.refused import Refused


def is_line(name: str) -> bool:
    """Whether the name in a place is the line of a backward call."""
    return name.isascii() and name.isdigit()


def derive_place(path: Path, name: str, *, root: Path, most: int = MOST) -> Iterator[Derivation]:
    """Derivations of what stands at a place, likeliest first; at least one, which may be a fallback.

    Raises:
        ReadError: The file cannot be read, or has no such name or backward call.
    """
    if is_line(name):
        return derive_objective(read_script(path, root), int(name), most=most)
    return derive_all(path, name, root=root, most=most)


def establish_place(
    path: Path, name: str, *, root: Path, python: str = sys.executable, timeout: float = SECONDS
) -> Established:
    """The first derivation of a place that stands its check, else the best of a few.

    Raises:
        ReadError: The file cannot be read, or has no such name or backward call.
    """
    return best_of(derive_place(path, name, root=root), name, python=python, timeout=timeout)


def place_slice(path: Path, name: str, *, root: Path) -> dict[str, str]:
    """Source text by module of what a check of the place runs; empty where nothing can be cut out.

    Raises:
        ReadError: The file cannot be read, or has no such name or backward call.
    """
    if is_line(name):
        script = read_script(path, root)
        try:
            return slice_of(script, cut_at(script, int(name)))
        except Refused:
            return {}
    sources = Sources(root)
    target = find(sources, path, name)
    return sliced(sources, target.file, target.node.name)
