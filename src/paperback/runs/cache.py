"""What was read of files that have not changed since, kept in a folder that may be deleted at any time."""

import hashlib
import os
import sqlite3
import struct
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from paperback.runs.readers.log import Log, LogFile
from paperback.runs.stored_log import pack, unpack

_FILE = "catalogue.sqlite"
_MARK = "clock"
# A file that was written this short a time ago may be written again without another time of change.
YOUNG = 2_000_000_000
_SMALL = 8192
_TABLES = """
create table if not exists meta (key text primary key, value text);
create table if not exists files (
    path blob primary key, size integer, mtime integer, inode integer, declared integer, digest text,
    whole integer, sum blob, body blob
) without rowid;
create table if not exists witnesses (path blob primary key, state blob) without rowid;
"""


@dataclass(frozen=True, slots=True)
class Entry:
    """What the catalogue knows of a file.

    Attributes:
        stamp: Size, time of change in nanoseconds, inode, and whether the author declares the file.
        digest: Digest of its bytes.
        whole: Whether every byte was understood, so that reading can go on at its end when it has grown.
        sum: Digest of `body` and `digest` together.
        body: The packed log; empty for a file that is no log; None where it must be fetched.
    """

    stamp: tuple[int, int, int, bool]
    digest: str
    whole: bool
    sum: bytes
    body: bytes | None


@dataclass(slots=True)
class Cache:
    """The catalogue of one repository, open for reading and adding.

    Attributes:
        base: The database.
        now: Time on the clock of the file system when it was opened, in nanoseconds.
        known: Path to what is known of the file.
        added: Rows that wait to be written.
        witnesses: Path and state of files that may grow, which wait too.
    """

    base: sqlite3.Connection
    now: int
    known: dict[str, Entry] = field(default_factory=dict)
    added: list[tuple[object, ...]] = field(default_factory=list)
    witnesses: list[tuple[bytes, bytes]] = field(default_factory=list)

    def unchanged(self, path: str, stamp: tuple[int, int, int, bool], place: Path) -> "Log | bool":
        """The log of the file, True where it holds none, and False where it must be read."""
        entry = self.known.get(path)
        if entry is None or entry.stamp != stamp:
            return False
        return self._log(path, entry, place, stamp[3])

    def grown(self, path: str, stamp: tuple[int, int, int, bool], place: Path) -> tuple[Log, int] | None:
        """What was read of a file that has since grown, and its size then."""
        entry = self.known.get(path)
        if entry is None or not entry.whole or entry.stamp[0] >= stamp[0] or entry.stamp[2:] != stamp[2:]:
            return None
        log = self._log(path, entry, place, stamp[3])
        return (log, entry.stamp[0]) if isinstance(log, Log) else None

    def witness(self, path: str) -> bytes:
        """What was kept with `add` to know the beginning of a grown file again; empty where nothing was."""
        row = self.base.execute("select state from witnesses where path = ?", (os.fsencode(path),)).fetchone()
        return bytes(row[0]) if row else b""

    def _log(self, path: str, entry: Entry, place: Path, declared: bool) -> "Log | bool":
        body = entry.body
        if body is None:
            row = self.base.execute("select body from files where path = ?", (os.fsencode(path),)).fetchone()
            body = row[0] if row else b""
        if _sum(entry.digest, body) != entry.sum:
            return False
        if not body:
            return True
        try:
            return unpack(body, LogFile(path, place, b"", entry.digest, declared))
        except (ValueError, KeyError, TypeError, IndexError, struct.error):
            return False

    def add(
        self,
        path: str,
        stamp: tuple[int, int, int, bool],
        log: Log | None,
        digest: str,
        *,
        witness: bytes = b"",
    ) -> None:
        """Remember what was read; a file that changed a moment ago is not remembered."""
        if stamp[1] > self.now - YOUNG:
            return
        try:
            body = pack(log) if log is not None and (log.records or log.findings) else b""
        except (ValueError, TypeError):
            return
        whole = log is not None and bool(log.records) and not log.findings
        self.added.append((os.fsencode(path), *stamp, digest, whole, _sum(digest, body), body))
        if witness:
            self.witnesses.append((os.fsencode(path), witness))
        if len(self.added) >= 2000:
            self.write()

    def write(self) -> None:
        """Put what waits into the database."""
        with self.base:
            self.base.executemany("insert or replace into files values (?,?,?,?,?,?,?,?,?)", self.added)
            self.base.executemany("insert or replace into witnesses values (?,?)", self.witnesses)
        self.added.clear()
        self.witnesses.clear()


@contextmanager
def open_cache(folder: Path | None, version: str) -> Iterator[Cache | None]:
    """The cache in `folder`; None where there is none to be had, as in a folder that cannot be written.

    A cache of another `version` and a damaged one are thrown away.
    """
    cache = _open(folder, version) if folder is not None else None
    if cache is None:
        yield None
        return
    try:
        yield cache
        # Whoever else writes may hold the database; what is lost is only time.
        with suppress(sqlite3.Error):
            cache.write()
    finally:
        cache.base.close()


def _open(folder: Path, version: str) -> Cache | None:
    for _ in range(2):
        now = clock_of(folder)
        if now is None:
            return None
        try:
            return _connected(folder / _FILE, version, now)
        except sqlite3.OperationalError:
            return None
        except (sqlite3.DatabaseError, ValueError, TypeError):
            with suppress(OSError):
                (folder / _FILE).unlink()
    return None


def clock_of(folder: Path) -> int | None:
    """Time on the clock of the file system that holds `folder`, which is made; None where it is closed."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / ".gitignore").write_text("*\n", encoding="utf-8")
        (folder / _MARK).write_bytes(b"")
        return (folder / _MARK).stat().st_mtime_ns
    except OSError:
        return None


def _connected(path: Path, version: str, now: int) -> Cache:
    base = sqlite3.connect(path, timeout=5)
    try:
        base.executescript(_TABLES)
        if base.execute("select value from meta where key = 'version'").fetchone() != (version,):
            with base:
                base.execute("delete from files")
                base.execute("delete from witnesses")
                base.execute("insert or replace into meta values ('version', ?)", (version,))
        rows = base.execute(
            "select path, size, mtime, inode, declared, digest, whole, sum,"
            f" case when length(body) <= {_SMALL} then body end from files"
        )
        known = {
            os.fsdecode(path): Entry(
                (int(size), int(mtime), int(inode), bool(declared)), str(digest), bool(whole), total, body
            )
            for path, size, mtime, inode, declared, digest, whole, total, body in rows
        }
    except BaseException:
        base.close()
        raise
    return Cache(base, now, known)


def _sum(digest: str, body: bytes) -> bytes:
    return hashlib.blake2b(body, digest_size=16, key=digest.encode()).digest()
