"""The logs of a repository: walked, recognised and read."""

import hashlib
import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from io import BufferedReader
from pathlib import Path

from paperback.finding import Finding
from paperback.runs.cache import Cache, open_cache
from paperback.runs.lexicon import SETTINGS_FILE
from paperback.runs.packed import END, MARK, unpack_text
from paperback.runs.readers import load_readers
from paperback.runs.readers.log import Log, LogFile, Reader
from paperback.runs.template import fields_of
from paperback.runs.windows import read_in_windows
from paperback.settings import Settings
from paperback.source import Hashing, Source, digest
from paperback.walk import walk

_HEAD = 4096
# A text log of one run stays far below this; data sets do not. Event files have no limit.
_TEXT_LIMIT = 64 * 2**20
_SUFFIXES = (".json", ".jsonl", ".ndjson", ".jl", ".csv", ".tsv", ".log", ".txt")
_DATABASE = b"SQLite format 3\0"
_CHUNK = 2**20
# Where so many files are looked through, it is told before the first is read.
_MANY = 10_000
_TABLES = (".csv", ".tsv")
# W&B links its newest run, and the link's name comes before that of the run's own folder.
_LATEST = "latest-run/"


@dataclass(slots=True)
class Collected:
    """What reading every file gave; it fills while the files are walked over.

    Attributes:
        logs: The logs, in the order of their paths.
        companions: Path of every settings file that was seen, whether it belongs to a run or not.
        findings: Files that could not be read, and what the readers noticed.
        seen: How many files were walked over.
        tables: Path of every CSV or TSV file that holds no run.
    """

    logs: list[Log] = field(default_factory=list)
    companions: list[str] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    seen: int = 0
    tables: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Candidate:
    path: str
    entry: os.DirEntry[str]
    declared: bool


@dataclass(frozen=True, slots=True)
class _Means:
    readers: Sequence[Reader]
    patterns: tuple[str, ...]
    cache: Cache | None


def collect(
    root: Path,
    settings: Settings,
    progress: Callable[[int, int], None] | None,
    cache: Path | None = None,
) -> Collected:
    """Every log below `root`; a file that cannot be opened is a finding."""
    readers = load_readers()
    walked = Collected()
    candidates = list(_candidates(root, settings, readers, walked, progress))
    total = len(candidates)
    # Taken from the end, so that each can be forgotten: a file's state takes more memory than its name.
    candidates.reverse()
    version = reading_version(settings) if cache is not None else ""
    with open_cache(cache, version) as kept:
        means = _Means(readers, settings.patterns, kept)
        while candidates:
            if progress:
                progress(total - len(candidates), total)
            _add(walked, candidates.pop(), means)
    if progress:
        progress(total, total)
    walked.tables.sort()
    return walked


def _candidates(
    root: Path,
    settings: Settings,
    readers: Sequence[Reader],
    walked: Collected,
    progress: Callable[[int, int], None] | None,
) -> Iterator[_Candidate]:
    """The files that may be logs; settings files, side tables and closed folders are noted in `walked`."""
    endings = _SUFFIXES + tuple(end for reader in readers for end in getattr(reader, "endings", ()))
    closed: list[str] = []
    for path, entry in walk(root, settings.exclude, closed):
        walked.seen += 1
        if progress and walked.seen % _MANY == 0:
            progress(0, walked.seen)
        path = _real(root, path, entry) if _LATEST in path else path
        declared = bool(settings.paths) and fields_of(path, settings.paths) is not None
        if _is_side_table(path, settings):
            walked.tables.append(path)
        elif SETTINGS_FILE.match(entry.name) and not declared:
            walked.companions.append(path)
        elif declared or _may_be_log(entry.name, endings):
            yield _Candidate(path, entry, declared)
    walked.findings += [_closed(folder) for folder in closed]


def _add(walked: Collected, candidate: _Candidate, means: _Means) -> None:
    path = candidate.path
    try:
        log = _log(candidate, means)
    except OSError as error:
        message = f"{path}: not readable: {error.strerror}"
        mend = "Make the file readable."
        walked.findings.append(Finding("unreadable-log", message, (Source(path),), mend))
        return
    if log:
        walked.findings += log.findings
        if log.records:
            walked.logs.append(log)
    if path.lower().endswith(_TABLES) and not (log and log.records):
        walked.tables.append(path)


def _closed(folder: str) -> Finding:
    return Finding(
        "unreadable-log", f"{folder}: the folder cannot be opened", (Source(folder),), "Make it readable."
    )


def reading_version(settings: Settings) -> str:
    """What the content of a cache depends on besides the files: the readers, and what guides them."""
    code = hashlib.sha256()
    for path in sorted(Path(__file__).parent.rglob("*.py")):
        code.update(path.read_bytes())
    asked = (sorted(reader.name for reader in load_readers()), settings.patterns)
    return f"{code.hexdigest()} {asked!r}"


def _is_side_table(path: str, settings: Settings) -> bool:
    return any(
        path == table.file or ("{" in table.file and fields_of(path, (table.file,)) is not None)
        for table in settings.tables
    )


def _real(root: Path, path: str, entry: os.DirEntry[str]) -> str:
    """The path without links, where it stays below the root."""
    place, real = os.path.realpath(entry.path), os.path.realpath(root)
    return Path(place).relative_to(real).as_posix() if place.startswith(real + os.sep) else path


def _may_be_log(name: str, endings: tuple[str, ...]) -> bool:
    lower = name.lower()
    packed = lower.endswith(END) and lower.removesuffix(END).endswith(_SUFFIXES)
    return lower.endswith(endings) or packed or "tfevents" in name


def _log(candidate: _Candidate, means: _Means) -> Log | None:
    """What the file holds, without its bytes; None where no reader accepts it."""
    path, entry, declared, cache = candidate.path, candidate.entry, candidate.declared, means.cache
    if cache is not None:
        found = cache.unchanged(path, _stamp(entry.stat(), declared), Path(entry.path))
        if found is not False:
            return found if isinstance(found, Log) else None
    file = LogFile(path, Path(entry.path), b"", "", declared, means.patterns)
    with open(entry.path, "rb") as stream:
        stamp = _stamp(os.fstat(stream.fileno()), declared)
        head = stream.read(_HEAD)
        if path.lower().endswith(END) and head.startswith(MARK):
            small = stamp[0] <= _TEXT_LIMIT
            return _packed(replace(file, data=head + stream.read() if small else head), means.readers)
        reader = next((reader for reader in means.readers if reader.accepts(path, head)), None)
        if reader is None:
            if cache is not None:
                cache.add(path, stamp, None, "")
            return None
        if _is_too_large(entry, declared):
            return _too_large(file, reader)
        if head.startswith(_DATABASE):
            return reader.read(replace(file, data=head, digest=_digest(stream, head)))
        if hasattr(reader, "read_windows"):
            return read_in_windows(reader, file, stream, stamp, cache)
        if len(head) == _HEAD:
            stream.seek(0)
            head = stream.read()
    log, whole = _read_on(reader, file, head, stamp, cache)
    file = replace(file, data=head, digest=whole)
    log = log or reader.read(file)
    # The bytes of all files together need not fit into memory.
    log = replace(log, file=replace(file, data=b""))
    if cache is not None and getattr(reader, "alone", False):
        cache.add(path, stamp, log, file.digest)
    return log


def _packed(file: LogFile, readers: Sequence[Reader]) -> Log | None:
    """What a packed text holds; its digest is that of the packed bytes."""
    data, is_whole = unpack_text(file.data, _TEXT_LIMIT)
    name = file.path[: -len(END)]
    reader = next((reader for reader in readers if reader.accepts(name, data[:_HEAD])), None)
    if reader is None:
        return None
    file = replace(file, data=data, digest=digest(file.data))
    if max(len(data), file.place.stat().st_size) > _TEXT_LIMIT:
        return _too_large(file, reader)
    log = reader.read(file)
    findings = log.findings if is_whole or not log.records else (*log.findings, _cut(file))
    return replace(log, file=replace(file, data=b""), findings=findings)


def _cut(file: LogFile) -> Finding:
    message = f"{file.path}: the packed data end early or are damaged; what stands before counts"
    return Finding("truncated-log", message, (file.source(),), "Copy the file again.")


def _read_on(
    reader: Reader, file: LogFile, data: bytes, stamp: tuple[int, int, int, bool], cache: Cache | None
) -> tuple[Log | None, str]:
    """The log read on from where it ended last time, None where that cannot be; and the digest of all bytes.

    The old end counts where no byte before it has changed, which one pass over the bytes tells.
    """
    grow = getattr(reader, "grow", None)
    before = cache.grown(file.path, stamp, file.place) if cache is not None and grow else None
    size = before[1] if before else 0
    hashing = Hashing()
    hashing.update(memoryview(data)[:size])
    begin = hashing.digest()
    hashing.update(memoryview(data)[size:])
    whole = hashing.digest()
    if grow is None or before is None or before[0].file.digest != begin:
        return None, whole
    log: Log | None = grow(replace(file, data=data, digest=whole), *before)
    return log, whole


def _stamp(status: os.stat_result, declared: bool) -> tuple[int, int, int, bool]:
    return status.st_size, status.st_mtime_ns, status.st_ino, declared


def _too_large(file: LogFile, reader: Reader) -> Log:
    message = f"{file.path}: larger than {_TEXT_LIMIT // 2**20} MiB, so it is not taken for a log"
    mend = "If it is one, name it in paperback.toml: [runs] paths; else exclude it."
    return Log(file, reader.name, findings=(Finding("large-file", message, (Source(file.path),), mend),))


def _digest(stream: BufferedReader, head: bytes) -> str:
    """What `digest` gives for the whole file, which need not fit into memory."""
    hashing = Hashing()
    hashing.update(head)
    chunk = bytearray(_CHUNK)
    while size := stream.readinto(chunk):
        hashing.update(memoryview(chunk)[:size])
    return hashing.digest()


def _is_too_large(entry: os.DirEntry[str], declared: bool) -> bool:
    is_text = entry.name.lower().endswith((*_SUFFIXES, ".out", ".err", ".ipynb", ".npz", ".parquet", ".zip"))
    return is_text and "tfevents" not in entry.name and not declared and entry.stat().st_size > _TEXT_LIMIT


def formats() -> Iterator[str]:
    """Names of the formats that can be read."""
    return (reader.name for reader in load_readers())
