"""A log as bytes and back, without any code in it: JSON, then the histories as arrays."""

import json
import struct
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from paperback.finding import Finding
from paperback.runs.readers.log import Log, LogFile, Record
from paperback.runs.run import Final, Series, Status
from paperback.source import Source

_SIZE = struct.Struct("<I")


def pack(log: Log) -> bytes:
    """The log as bytes; `unpack` gives an equal one.

    Raises:
        ValueError: It speaks of another file than its own, which may change unseen.
    """
    arrays: list[np.ndarray] = []
    value = {
        "reader": log.reader,
        "records": [_packed(record, log.file, arrays) for record in log.records],
        "findings": [
            [finding.kind, finding.message, finding.mend, [_place(s, log.file) for s in finding.sources]]
            for finding in log.findings
        ],
    }
    if log.beside:
        raise ValueError("the log was read from several files")
    head = json.dumps(value, separators=(",", ":")).encode("utf-8", "surrogatepass")
    return b"".join((_SIZE.pack(len(head)), head, *(array.tobytes() for array in arrays)))


def unpack(data: bytes, file: LogFile) -> Log:
    """The log of `file` that was packed.

    Raises:
        ValueError, KeyError, TypeError, IndexError, struct.error: The bytes hold no log.
    """
    (size,) = _SIZE.unpack_from(data)
    value = json.loads(data[4 : 4 + size].decode("utf-8", "surrogatepass"))
    series = _Arrays(data, 4 + size)
    records = tuple(_unpacked(record, file, series) for record in value["records"])
    findings = tuple(
        Finding(kind, message, tuple(_source(place, file) for place in places), mend)
        for kind, message, mend, places in value["findings"]
    )
    return Log(file, value["reader"], records, findings)


class _Arrays:
    """Reads one array after the other."""

    def __init__(self, data: bytes, at: int) -> None:
        self.data, self.at = data, at

    def next(self, kind: str, count: int) -> np.ndarray:
        found = np.frombuffer(self.data, kind, count, self.at)
        self.at += found.nbytes
        return found


def _packed(record: Record, file: LogFile, arrays: list[np.ndarray]) -> dict[str, Any]:
    for series in record.series.values():
        arrays += [np.ascontiguousarray(series.steps, "<i8"), np.ascontiguousarray(series.values, "<f8")]
    return {
        "name": record.name,
        "params": record.params,
        "finals": [
            [key, final.value, final.step, final.rule, _place(final.source, file)]
            for key, final in record.finals.items()
        ],
        "series": [
            [key, len(series.steps), series.axis, _place(series.source, file)]
            for key, series in record.series.items()
        ],
        "status": record.status,
        "commit": record.commit,
        "home": record.home,
        "run": record.run,
        "facts": dict(record.facts),
        "directions": dict(record.directions),
    }


def _unpacked(value: Mapping[str, Any], file: LogFile, arrays: _Arrays) -> Record:
    return Record(
        value["name"],
        value["params"],
        {
            key: Final(number, _source(place, file), step, rule)
            for key, number, step, rule, place in value["finals"]
        },
        dict(_series(value["series"], file, arrays)),
        Status(value["status"]),
        value["commit"],
        value["home"],
        value["run"],
        value["facts"],
        value["directions"],
    )


def _series(items: Sequence[Any], file: LogFile, arrays: _Arrays) -> Iterator[tuple[str, Series]]:
    for key, count, axis, place in items:
        steps, values = arrays.next("<i8", count), arrays.next("<f8", count)
        yield key, Series(steps, values, axis, _source(place, file))


def _place(source: Source, file: LogFile) -> list[Any]:
    if source.path != file.path or source.digest not in ("", file.digest):
        raise ValueError("the log speaks of another file")
    return [source.line, source.key, bool(source.digest)]


def _source(place: Sequence[Any], file: LogFile) -> Source:
    line, key, hashed = place
    return Source(file.path, line, key, file.digest if hashed else "")
