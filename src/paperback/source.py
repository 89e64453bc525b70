"""Where a fact was read: path, line or key, and the hash of what stood there."""

import hashlib
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True, order=True)
class Source:
    """One place in the repository.

    Attributes:
        path: POSIX path relative to the repository's root.
        line: 1-based line, where the file has lines.
        key: Dotted key, tag or record name inside the file.
        digest: `digest` of the file's bytes when it was read; empty when it was not hashed.
    """

    path: str
    line: int | None = None
    key: str = ""
    digest: str = ""

    def __str__(self) -> str:
        place = self.path if self.line is None else f"{self.path}:{self.line}"
        return f"{place} [{self.key}]" if self.key else place


def digest(data: bytes) -> str:
    """The first 16 hexadecimal digits of the SHA-256 of `data`."""
    return hashlib.sha256(data).hexdigest()[:16]


def relative(path: Path, root: Path) -> str:
    """`path` as a POSIX path, relative to `root` where it lies below it."""
    return (path.relative_to(root) if path.is_relative_to(root) else path).as_posix()
