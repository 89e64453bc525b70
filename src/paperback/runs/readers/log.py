"""What a reader gives: one log file as records, each the whole or a part of a run."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from paperback.finding import Finding
from paperback.runs.run import Final, Scalar, Series, Status
from paperback.settings import Direction
from paperback.source import Source


@dataclass(frozen=True, slots=True)
class LogFile:
    """A file that may be a log.

    Attributes:
        path: POSIX path relative to the root.
        place: Where it lies on this machine.
        data: Its bytes; of a database only the first, because it is read where it lies.
        digest: Digest of all its bytes.
        declared: A path template of the author names it, so it is a log whatever it looks like.
        patterns: The author's regular expressions for lines of text logs.
    """

    path: str
    place: Path
    data: bytes
    digest: str
    declared: bool = False
    patterns: tuple[str, ...] = ()

    def source(self, key: str = "", line: int | None = None) -> Source:
        """The place `key` or `line` in this file."""
        return Source(self.path, line, key, self.digest)


@dataclass(frozen=True, slots=True, eq=False)
class Record:
    """One run as far as one file tells of it.

    Attributes:
        name: Address inside a file that holds several runs; empty where the file holds one.
        params: As in `Run`.
        finals: As in `Run`.
        series: As in `Run`.
        status: As in `Run`.
        commit: As in `Run`.
        home: Folder of the run, where the format tells it; else the folder of the file is.
        run: The id that the logger gave the run. Logs of one id continue each other or are copies.
        facts: As in `Run`.
        directions: As in `Run`.
    """

    name: str = ""
    params: Mapping[str, Scalar] = field(default_factory=dict)
    finals: Mapping[str, Final] = field(default_factory=dict)
    series: Mapping[str, Series] = field(default_factory=dict)
    status: Status = Status.UNKNOWN
    commit: str | None = None
    home: str = ""
    run: str = ""
    facts: Mapping[str, Scalar] = field(default_factory=dict)
    directions: Mapping[str, Direction] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, eq=False)
class Log:
    """What one file holds.

    Attributes:
        file: The file.
        reader: Name of the reader.
        records: The runs in it, or the parts of them.
        findings: What was noticed; a file that is no run log has neither records nor findings.
        beside: Other files that the reader opened for these records, with their digests.
    """

    file: LogFile
    reader: str
    records: tuple[Record, ...] = ()
    findings: tuple[Finding, ...] = ()
    beside: tuple[Source, ...] = ()


class Reader(Protocol):
    """A log format. A module with these three names is one.

    A fourth, `endings`, lists the ends of file names that are opened for it beside the usual ones.
    `alone = True` says that what it reads follows from the one file, so that it may be kept while the file
    stays as it is; then `grow(file, log, size)` may give the log of a file that has grown from the log of its
    first `size` bytes, or None. In place of `grow`, `read_windows(file, windows, size, before, hashing=...)`
    takes the bytes of the file window by window, and of a grown one only those that are new.
    """

    @property
    def name(self) -> str:
        """The format's name, as the author knows it."""
        ...

    def accepts(self, path: str, head: bytes) -> bool:
        """Whether the file of this path, which begins with `head`, may be of the format."""
        ...

    def read(self, file: LogFile) -> Log:
        """The records of the file; none where it turns out not to be a run log."""
        ...
