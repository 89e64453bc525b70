"""Which files of a repository may be read: all but version control, environments and caches."""

import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fnmatch import translate
from pathlib import Path

SKIPPED = frozenset(
    (
        *(".git", ".hg", ".svn", ".paperback", "node_modules", "site-packages", ".eggs", ".dvc"),
        *("__pycache__", ".venv", "venv", ".tox", ".nox", ".ipynb_checkpoints", ".idea", ".vscode"),
        *(".mypy_cache", ".pytest_cache", ".ruff_cache", ".hypothesis"),
    )
)


def walk(
    root: Path, exclude: Sequence[str] = (), closed: list[str] | None = None
) -> Iterator[tuple[str, os.DirEntry[str]]]:
    """Every file under `root` as its POSIX path relative to it, in the order of the paths.

    Version control, environments and caches are left out, and so is a folder `paper` that holds an
    `evidence.json` of ours. A link is followed once: a folder that was seen is not entered again.
    Folders that cannot be opened are added to `closed`.
    """
    patterns = [re.compile(translate(pattern.removesuffix("/"))) for pattern in exclude]
    noted = _Noted(os.stat(root).st_dev if root.is_dir() else 0, set(), [] if closed is None else closed)
    yield from _walk(str(root), "", patterns, noted)


@dataclass(frozen=True, slots=True)
class _Noted:
    device: int
    seen: set[tuple[int, int]]
    closed: list[str]


def _walk(
    folder: str, prefix: str, exclude: list[re.Pattern[str]], noted: _Noted
) -> Iterator[tuple[str, os.DirEntry[str]]]:
    try:
        with os.scandir(folder) as found:
            entries = sorted(found, key=_name)
    except OSError:
        noted.closed.append(prefix.rstrip("/") or ".")
        return
    if _is_not_ours(prefix, entries):
        return
    for entry in entries:
        path = prefix + entry.name
        if any(pattern.match(path) for pattern in exclude):
            continue
        try:
            if not entry.is_dir():
                yield path, entry
            elif entry.name not in SKIPPED and _is_new(entry, noted):
                yield from _walk(entry.path, path + "/", exclude, noted)
        except OSError:
            continue


def _name(entry: os.DirEntry[str]) -> str:
    return entry.name


def _is_not_ours(prefix: str, entries: Sequence[os.DirEntry[str]]) -> bool:
    """Whether the folder is an environment, or a paper that was written here."""
    mark = "evidence.json" if f"/{prefix}".endswith("/paper/") else "pyvenv.cfg"
    return bool(prefix) and any(entry.name in (mark, "pyvenv.cfg") for entry in entries)


def _is_new(entry: os.DirEntry[str], noted: _Noted) -> bool:
    # A folder's number comes with its name; only a link must be looked at for where it leads.
    if entry.is_symlink():
        status = entry.stat()
        place = (status.st_dev, status.st_ino)
    else:
        place = (noted.device, entry.inode())
    if place in noted.seen:
        return False
    noted.seen.add(place)
    return True
