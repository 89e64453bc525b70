"""Whether a build must be made again: what it read and wrote, by content."""

import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from paperback.settings import FILE as SETTINGS
from paperback.source import digest
from paperback.version import VERSION
from paperback.walk import walk

FILE = ".build.json"
CACHE = ".cache"
_KEPT = "kept"
Stat = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Stamp:
    """What one build read and wrote.

    Attributes:
        version: Of Paperback.
        engine: The PDF engine that was asked for.
        made_by: The engine that made the PDF; empty for none.
        inputs: Path to (size, mtime in ns, digest) of every file that was read.
        others: Path to size of every other file of the repository: a new or grown one may be a log.
        outputs: Path, relative to the output folder, to digest.
        base: The commit that the code was compared with; empty for none.
    """

    version: str
    engine: str
    made_by: str
    inputs: Mapping[str, tuple[int, int, str]]
    others: Mapping[str, int]
    outputs: Mapping[str, str]
    base: str = ""


def cache_of(root: Path) -> Path | None:
    """Where what was read of `root` is kept: in the paper that was built there; None where there is none."""
    paper = root / "paper"
    return paper / CACHE if (paper / "evidence.json").is_file() else None


def make_stamp(
    root: Path, out: Path, engine: str, made_by: str, read: Mapping[str, str], base: str = ""
) -> Stamp:
    """The stamp of a build that read the files `read` (path to digest) and left its outputs in `out`."""
    known = {path: hashed for path, hashed in read.items() if (root / path).is_file()}
    if (root / SETTINGS).is_file():
        known[SETTINGS] = digest((root / SETTINGS).read_bytes())
    sizes = _sizes(root, out)
    inputs = {path: (*_stat(root / path), known[path]) for path in sorted(known)}
    others = {path: size for path, size in sizes.items() if path not in known}
    return Stamp(VERSION, engine, made_by, inputs, others, _outputs(out), base)


def still_fresh(stamp: Stamp, root: Path, out: Path, engine: str) -> bool:
    """Whether a build now would read and write exactly what `stamp` says."""
    if (stamp.version, stamp.engine) != (VERSION, engine):
        return False
    # An input may lie where logs are not looked for, such as notes outside the repository.
    others = {path: size for path, size in _sizes(root, out).items() if path not in stamp.inputs}
    return (
        others == stamp.others
        and all(_same(root / path, seen) for path, seen in stamp.inputs.items())
        and _outputs(out) == stamp.outputs
    )


def last_stamp(out: Path) -> Stamp | None:
    """The stamp that the last build left in `out`; None without one, or where it is damaged."""
    try:
        data = json.loads((out / FILE).read_text(encoding="utf-8"))
        inputs = {
            path: (int(size), int(time), str(hashed)) for path, (size, time, hashed) in data["inputs"].items()
        }
        return Stamp(**{**data, "inputs": inputs})
    except (OSError, ValueError, TypeError, KeyError, AttributeError):
        return None


def write_stamp(out: Path, stamp: Stamp) -> None:
    """Leaves `stamp` in `out`."""
    (out / FILE).write_text(json.dumps(asdict(stamp), indent=0, sort_keys=True), encoding="utf-8")


def _sizes(root: Path, out: Path) -> dict[str, int]:
    prefix = f"{out.resolve().relative_to(root.resolve()).as_posix()}/" if _inside(out, root) else None
    return {path: _size(entry) for path, entry in walk(root) if prefix is None or not path.startswith(prefix)}


def _size(entry: os.DirEntry[str]) -> int:
    try:
        return entry.stat().st_size
    # A link that leads nowhere.
    except OSError:
        return -1


def _inside(out: Path, root: Path) -> bool:
    return out.resolve().is_relative_to(root.resolve())


def _same(path: Path, seen: tuple[int, int, str]) -> bool:
    """Whether the file's content is what was seen; read again only where size or time differ."""
    size, time, hashed = seen
    try:
        now = _stat(path)
        return now == (size, time) or (now[0] == size and digest(path.read_bytes()) == hashed)
    except OSError:
        return False


def _stat(path: Path) -> Stat:
    status = path.stat()
    return status.st_size, status.st_mtime_ns


def _outputs(out: Path) -> dict[str, str]:
    found = {}
    for folder, names, files in os.walk(out):
        names[:] = sorted(name for name in names if name not in (_KEPT, CACHE))
        for name in files:
            path = Path(folder) / name
            if name != FILE and path.is_file():
                found[path.relative_to(out).as_posix()] = digest(path.read_bytes())
    return dict(sorted(found.items()))
