"""Whether anything changed below a root: one look at the size, time and number of every file."""

import hashlib
import os
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from fnmatch import translate
from pathlib import Path

from paperback.walk import SKIPPED


@dataclass(slots=True)
class Seal:
    """What a look at all files gave.

    Attributes:
        hashed: Grows with every folder; equal digests mean that no file came, went or changed.
        youngest: The latest time of change of a file, in nanoseconds.
        folders: Each folder's path with a slash at its end, and a line for each of its files.
    """

    hashed: hashlib.blake2b = field(default_factory=lambda: hashlib.blake2b(digest_size=32))
    youngest: int = 0
    folders: list[tuple[str, list[str]]] = field(default_factory=list)

    def digest(self) -> str:
        return self.hashed.hexdigest()

    def paths(self) -> set[str]:
        """Path of every file that was looked at."""
        return {prefix + line.partition("\0")[0] for prefix, lines in self.folders for line in lines}


def seal(root: Path, exclude: Sequence[str] = ()) -> Seal:
    """The state of all files that `paperback.walk.walk` gives; no file is opened.

    It goes where the walk goes but keeps no order among files, which is what makes it fast.
    """
    found = Seal()
    status = os.stat(root)
    seen = {(status.st_dev, status.st_ino)}
    patterns = [re.compile(translate(pattern.removesuffix("/"))) for pattern in exclude]
    waiting = [(str(root), "")]
    while waiting:
        folder, prefix = waiting.pop()
        below = _look(found, folder, prefix, patterns)
        for entry in sorted(below, key=lambda entry: entry.name, reverse=True):
            place = (status.st_dev, entry.inode())
            if entry.is_symlink():
                led = entry.stat()
                place = (led.st_dev, led.st_ino)
                found.hashed.update(f"{entry.path}\0{place}\n".encode("utf-8", "surrogateescape"))
            # A ring of links would never end; which name of a folder counts is the walk's affair.
            if place not in seen:
                seen.add(place)
                waiting.append((entry.path, f"{prefix}{entry.name}/"))
    return found


def _look(
    found: Seal, folder: str, prefix: str, exclude: Sequence[re.Pattern[str]]
) -> list["os.DirEntry[str]"]:
    """The folders in `folder`; its files are added to `found`."""
    below: list[os.DirEntry[str]] = []
    lines: list[str] = []
    youngest = found.youngest
    try:
        with os.scandir(folder) as entries:
            for entry in entries:
                name = entry.name
                if exclude and any(pattern.match(prefix + name) for pattern in exclude):
                    continue
                try:
                    if entry.is_dir():
                        below.append(entry)
                        continue
                    status = entry.stat()
                except OSError:
                    lines.append(f"{name}\0?")
                    continue
                changed = status.st_mtime_ns
                if changed > youngest:
                    youngest = changed
                lines.append(f"{name}\0{status.st_size} {changed} {status.st_ino}")
    except OSError:
        lines.append("\0closed")
    lines.sort()
    if prefix and _is_left_out(prefix, lines):
        return []
    found.youngest = youngest
    found.folders.append((prefix, lines))
    found.hashed.update("\n".join((prefix, *lines, "\n")).encode("utf-8", "surrogateescape"))
    return [entry for entry in below if entry.name not in SKIPPED]


def _is_left_out(prefix: str, lines: Sequence[str]) -> bool:
    marks = ("pyvenv.cfg\0", "evidence.json\0") if f"/{prefix}".endswith("/paper/") else ("pyvenv.cfg\0",)
    return any(line.startswith(marks) for line in lines)
