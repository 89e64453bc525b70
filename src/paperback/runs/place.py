"""What the paths of the runs tell: the parts in which they differ, and a seed at the end of one."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from paperback.runs.column import Column
from paperback.runs.run import Run

_SEED = re.compile(
    r"^(?:(.*?)[._\-]?)??(?:seed|sd|rs|s|run|trial|rep|replicate)[._\-=]?(\d+)$", re.IGNORECASE
)
# The moment at which a run began tells runs apart and says nothing of them.
_TIME = re.compile(
    r"(?:19|20)\d\d[-_.]?[01]\d[-_.]?[0-3]\d(?:[-_T. ]*[0-2]\d[-_:.h]?[0-5]\d(?:[-_:.m]?[0-5]\d)?)?"
)
_BARE = re.compile(r"^(?:(.*?)[_\-])?(\d{1,4})$")


@dataclass(frozen=True, slots=True)
class Places:
    """Parts of the paths of all runs.

    Attributes:
        parts: The parts in which the runs differ, from the root on, without the seed.
        seed: The seed that a part ends in; None where none does.
        pattern: The common pattern of the paths, with `*` where they differ.
    """

    parts: tuple[Column, ...]
    seed: Column | None
    pattern: str


def places_of(runs: Sequence[Run]) -> Places:
    """The varied parts of the runs' paths; nothing where the paths differ in depth."""
    paths = [_path(run.id).split("/") for run in runs]
    if not paths or len({len(path) for path in paths}) != 1 or any("#" in run.id for run in runs):
        return Places((), None, "")
    parts: list[Column] = []
    seed: Column | None = None
    pattern: list[str] = []
    for depth in range(len(paths[0])):
        cells = [_TIME.sub("", path[depth]).strip("_-.") for path in paths]
        if len(set(cells)) == 1:
            pattern.append(cells[0])
            continue
        pattern.append("*")
        found = _seeds(cells)
        if found and found[0].values and (seed is None or depth > 0):
            seed, rest = found
            cells = rest
        if len(set(cells)) > 1:
            parts.append(Column(f"part {depth + 1} of the path", tuple(cells)))
    return Places(tuple(parts), seed, "/".join(pattern))


def _path(name: str) -> str:
    folder, _, last = name.rpartition("/")
    stem = last.split(".")[0] if re.search(r"\.(?:jsonl?|ndjson|csv|tsv|log|txt)$", last) else last
    return f"{folder}/{stem}" if folder else stem


def _seeds(cells: Sequence[str]) -> tuple[Column, list[str]] | None:
    """The seeds that all cells end in, and what stands before them."""
    for form in (_SEED, _BARE):
        matches = [form.match(cell) for cell in cells]
        found = [match for match in matches if match]
        if any((match.group(1) or "").lower() == "version" for match in found):
            return None
        if len(found) == len(cells) and len({match.group(2) for match in found}) > 1:
            seeds = tuple(str(int(match.group(2))) for match in found)
            return Column("seed", seeds), [match.group(1) or "" for match in found]
    return None
