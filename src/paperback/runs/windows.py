"""Files that are read window by window, and those that have grown from their old end on."""

import hashlib
from collections.abc import Iterator
from io import BufferedReader
from typing import Any

from paperback.runs.cache import Cache
from paperback.runs.readers.log import Log, LogFile
from paperback.source import BLOCK, Hashing

_HEAD = 4096
_SHA256 = 32
_SHARE = 10


def read_in_windows(
    reader: Any, file: LogFile, stream: BufferedReader, stamp: tuple[int, int, int, bool], cache: Cache | None
) -> Log:
    """The log of a file that is never in memory as a whole.

    A file that has grown since it was read is read from its old end on. It counts as the one that was read
    where its inode is the same, it is longer, and its first 4 KiB and the bytes from the last border of a
    block of 8 MiB to the old end are the same. Its logger only appends; a change that another program makes
    in place, elsewhere than there, to a file that then grows further, is not seen until the cache is deleted.

    What a file of many blocks gave is kept anew only when it has grown by a tenth, because keeping costs more
    than reading the little that is new once more.

    Args:
        reader: Has `read_windows`.
        file: The file, without its bytes.
        stream: The file, open.
        stamp: Its state, as the cache knows files.
        cache: What was read before.
    """
    before = cache.grown(file.path, stamp, file.place) if cache else None
    hashing = _same_beginning(stream, cache.witness(file.path), before[1]) if cache and before else None
    if hashing is None:
        before, hashing = None, Hashing()
    begin = before[1] if before else 0
    windows = _windows(stream, begin, stamp[0], hashing)
    log: Log = reader.read_windows(file, windows, stamp[0], before, hashing=hashing)
    if cache is not None and not (before and (stamp[0] - begin) * _SHARE < stamp[0] - BLOCK):
        witness = _head(stream, stamp[0]) + hashing.last() + hashing.blocks
        cache.add(file.path, stamp, log, log.file.digest, witness=witness)
    return log


def _windows(stream: BufferedReader, begin: int, end: int, hashing: Hashing) -> Iterator[bytes]:
    stream.seek(begin)
    while begin < end and (window := stream.read(min(BLOCK, end - begin))):
        hashing.update(window)
        begin += len(window)
        yield window


def _head(stream: BufferedReader, size: int) -> bytes:
    stream.seek(0)
    return hashlib.sha256(stream.read(min(_HEAD, size))).digest()


def _same_beginning(stream: BufferedReader, witness: bytes, size: int) -> Hashing | None:
    """The digest so far, where the first `size` bytes are those that the witness saw."""
    head, last, blocks = witness[:_SHA256], witness[_SHA256 : 2 * _SHA256], witness[2 * _SHA256 :]
    border = len(blocks) // _SHA256 * BLOCK
    if not last or not border <= size <= border + BLOCK or _head(stream, size) != head:
        return None
    hashing = Hashing(blocks)
    stream.seek(border)
    hashing.update(stream.read(size - border))
    return hashing if hashing.last() == last else None
