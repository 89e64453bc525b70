"""Where a fact was read: path, line or key, and the hash of what stood there."""

import hashlib
from dataclasses import dataclass
from pathlib import Path

BLOCK = 8 * 2**20


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
    """The first 16 hexadecimal digits of the SHA-256 of `data`.

    Of more than `BLOCK` bytes it is that of the SHA-256 of each block, one behind the other, so that a file
    which only grows need not be hashed again from its beginning.
    """
    hashing = Hashing()
    hashing.update(data)
    return hashing.digest()


class Hashing:
    """`digest` of bytes that come piece by piece.

    Attributes:
        blocks: SHA-256 of each whole block behind which more has come.
    """

    def __init__(self, blocks: bytes = b"") -> None:
        self.blocks = blocks
        self._open = hashlib.sha256()
        self._room = BLOCK

    def update(self, data: bytes | memoryview) -> None:
        """Take in the next bytes."""
        rest = memoryview(data)
        while len(rest):
            if not self._room:
                self.blocks += self._open.digest()
                self._open, self._room = hashlib.sha256(), BLOCK
            piece, rest = rest[: self._room], rest[self._room :]
            self._open.update(piece)
            self._room -= len(piece)

    def last(self) -> bytes:
        """SHA-256 of what came behind `blocks`."""
        return self._open.digest()

    def digest(self) -> str:
        """What `digest` gives for all bytes so far."""
        last = self._open.digest()
        return (hashlib.sha256(self.blocks + last).digest() if self.blocks else last).hex()[:16]


def relative(path: Path, root: Path) -> str:
    """`path` as a POSIX path, relative to `root` where it lies below it."""
    return (path.relative_to(root) if path.is_relative_to(root) else path).as_posix()
