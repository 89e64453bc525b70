"""Which files of a repository may be run logs."""

import os
import re
from collections.abc import Iterator, Sequence
from fnmatch import translate
from pathlib import Path

from paperback.runs.lexicon import word_set

_SKIPPED = word_set(
    """
    .git .hg .svn .paperback node_modules __pycache__ .venv venv .tox .nox .mypy_cache .pytest_cache
    .ruff_cache .ipynb_checkpoints .idea .vscode site-packages .eggs .dvc .hypothesis
    """
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
    yield from _walk(str(root), "", patterns, (set(), [] if closed is None else closed))


def _walk(
    folder: str, prefix: str, exclude: list[re.Pattern[str]], noted: tuple[set[tuple[int, int]], list[str]]
) -> Iterator[tuple[str, os.DirEntry[str]]]:
    try:
        with os.scandir(folder) as found:
            entries = sorted(found, key=lambda entry: entry.name)
    except OSError:
        noted[1].append(prefix.rstrip("/") or ".")
        return
    for entry in entries:
        path = prefix + entry.name
        if any(pattern.match(path) for pattern in exclude):
            continue
        try:
            if not entry.is_dir():
                yield path, entry
            elif not _is_skipped(entry) and _is_new(entry, noted[0]):
                yield from _walk(entry.path, path + "/", exclude, noted)
        except OSError:
            continue


def _is_skipped(entry: os.DirEntry[str]) -> bool:
    if entry.name in _SKIPPED:
        return True
    if os.path.exists(os.path.join(entry.path, "pyvenv.cfg")):
        return True
    return entry.name == "paper" and os.path.exists(os.path.join(entry.path, "evidence.json"))


def _is_new(entry: os.DirEntry[str], seen: set[tuple[int, int]]) -> bool:
    status = entry.stat()
    place = (status.st_dev, status.st_ino)
    if place in seen:
        return False
    seen.add(place)
    return True
