"""A whole run table kept in one file, for as long as no file below its root changes.

The file holds a mark, a checksum, the state that it belongs to, a head in JSON, where each run begins, the
runs, and the digests of the files. It holds no code. A run is unpacked when it is asked for: whoever only
counts them pays for none.
"""

import json
import os
import struct
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import astuple
from pathlib import Path
from typing import Any, overload
from zlib import crc32

import numpy as np

from paperback.finding import Finding
from paperback.runs.metric import Metric, MetricKey
from paperback.runs.run import Final, Run, Series, Status
from paperback.runs.select import Protocol
from paperback.runs.table import Role, RunTable
from paperback.source import Source

_FILE = "table.bin"
_MARK = b"PBTABLE1"
_HEAD = struct.Struct("<8sI32sQQQ")
# A larger one would cost more to write and to check than it saves: the cache holds its logs too.
_MOST = 2**27


def keep_table(folder: Path, state: bytes, table: RunTable) -> None:
    """Leave the table in `folder` for the 32 bytes of `state`; a folder that cannot be written is let be."""
    try:
        data = pack_table(table, state)
    except (TypeError, ValueError):
        return
    if len(data) > _MOST:
        return
    with suppress(OSError):
        handle, name = tempfile.mkstemp(prefix=f"{_FILE}-", dir=folder)
        try:
            with os.fdopen(handle, "wb") as stream:
                stream.write(data)
            # Whoever reads meanwhile sees the old file or the new one.
            os.replace(name, folder / _FILE)
        except OSError:
            os.unlink(name)


def kept_table(folder: Path, state: bytes, protocol: Protocol) -> RunTable | None:
    """The table that was kept for `state`; None where there is none, or where its file is damaged."""
    try:
        with (folder / _FILE).open("rb") as stream:
            begin = stream.read(_HEAD.size)
            if _HEAD.unpack(begin)[2] != state:
                return None
            data = begin + stream.read()
        return unpack_table(data, protocol)
    except (OSError, ValueError, KeyError, TypeError, IndexError, struct.error):
        return None


def pack_table(table: RunTable, state: bytes) -> bytes:
    """The table as bytes.

    Raises:
        TypeError, ValueError: It holds a value that JSON cannot.
    """
    runs = [*table.runs, *(run for runs in table.apart.values() for run in runs)]
    packed = [_packed(run) for run in runs]
    ends = np.cumsum([0, *(len(one) for one in packed)]).astype("<u8").tobytes()
    head = _json(
        {
            "runs": len(table.runs),
            "apart": [(why, len(kept)) for why, kept in table.apart.items()],
            "roles": [astuple(role) for role in table.roles.values()],
            "metrics": [(name, astuple(metric)) for name, metric in table.metrics.items()],
            "keys": [(name, astuple(key)) for name, key in table.keys.items()],
            "findings": [astuple(finding) for finding in table.findings],
            "formats": dict(table.formats),
        }
    )
    body = b"".join((head, ends, *packed, _json(dict(table.files))))
    size = sum(map(len, packed))
    rest = _HEAD.pack(_MARK, 0, state, len(head), len(runs), size)[12:] + body
    return _MARK + struct.pack("<I", crc32(rest)) + rest


def unpack_table(data: bytes, protocol: Protocol) -> RunTable:
    """The table that was packed.

    Raises:
        ValueError, KeyError, TypeError, IndexError, struct.error: The bytes hold no table.
    """
    mark, total, _, size, count, length = _HEAD.unpack_from(data)
    if mark != _MARK or crc32(memoryview(data)[12:]) != total:
        raise ValueError("the bytes hold no table")
    at = _HEAD.size
    head = json.loads(data[at : at + size])
    ends = np.frombuffer(data, "<u8", count + 1, at + size) + (at + size + 8 * (count + 1))
    start, apart = head["runs"], {}
    for why, kept in head["apart"]:
        apart[why] = KeptRuns(data, ends[start : start + kept + 1])
        start += kept
    return RunTable(
        KeptRuns(data, ends[: head["runs"] + 1]),
        {role.name: role for role in map(_role, head["roles"])},
        {name: Metric(*fields) for name, fields in head["metrics"]},
        {name: MetricKey(*fields) for name, fields in head["keys"]},
        tuple(
            Finding(kind, message, tuple(Source(*place) for place in places), mend, tuple(cases))
            for kind, message, places, mend, cases in head["findings"]
        ),
        KeptFiles(data, at + size + 8 * (count + 1) + length),
        protocol,
        apart,
        head["formats"],
    )


class KeptRuns(Sequence[Run]):
    """Runs that are unpacked when they are asked for, and then kept."""

    def __init__(self, data: bytes, ends: np.ndarray) -> None:
        self._data, self._ends = data, ends
        self._known: dict[int, Run] = {}

    def __len__(self) -> int:
        return len(self._ends) - 1

    @overload
    def __getitem__(self, at: int) -> Run: ...
    @overload
    def __getitem__(self, at: slice) -> tuple[Run, ...]: ...
    def __getitem__(self, at: int | slice) -> Run | tuple[Run, ...]:
        if isinstance(at, slice):
            return tuple(self[place] for place in range(len(self))[at])
        place = range(len(self))[at]
        if place not in self._known:
            self._known[place] = _unpacked(self._data, int(self._ends[place]))
        return self._known[place]


class KeptFiles(Mapping[str, str]):
    """Path to digest of every file, unpacked when it is first asked for."""

    def __init__(self, data: bytes, at: int) -> None:
        self._data, self._at = data, at
        self._known: dict[str, str] | None = None

    def _all(self) -> dict[str, str]:
        if self._known is None:
            self._known = json.loads(self._data[self._at :])
        return self._known

    def __getitem__(self, path: str) -> str:
        return self._all()[path]

    def __iter__(self) -> Iterator[str]:
        return iter(self._all())

    def __len__(self) -> int:
        return len(self._all())


def _role(fields: Sequence[Any]) -> Role:
    name, key, values, how, confidence = fields
    return Role(name, key, tuple(values), how, confidence)


def _json(value: Any) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode("ascii")


def _packed(run: Run) -> bytes:
    arrays: list[bytes] = []
    for series in run.series.values():
        arrays.append(np.ascontiguousarray(series.steps, "<i8").tobytes())
        arrays.append(np.ascontiguousarray(series.values, "<f8").tobytes())
    places = {source: at for at, source in enumerate(_sources(run))}
    head = _json(
        [
            run.id,
            run.params,
            [(key, f.value, places[f.source], f.step, f.rule) for key, f in run.finals.items()],
            [(key, len(s.values), s.axis, places[s.source]) for key, s in run.series.items()],
            run.status,
            run.commit,
            dict(run.identity),
            [places[source] for source in run.sources],
            dict(run.facts),
            dict(run.directions),
            [astuple(source) for source in places],
        ]
    )
    return b"".join((struct.pack("<I", len(head)), head, *arrays))


def _sources(run: Run) -> dict[Source, None]:
    finals = (final.source for final in run.finals.values())
    histories = (series.source for series in run.series.values())
    return dict.fromkeys((*run.sources, *finals, *histories))


def _unpacked(data: bytes, at: int) -> Run:
    (size,) = struct.unpack_from("<I", data, at)
    head = json.loads(data[at + 4 : at + 4 + size])
    name, params, finals, histories, status, commit, identity, sources, facts, directions, places = head
    known = [Source(*place) for place in places]
    at += 4 + size
    series = {}
    for key, count, axis, place in histories:
        steps = np.frombuffer(data, "<i8", count, at)
        values = np.frombuffer(data, "<f8", count, at + 8 * count)
        series[key] = Series(steps, values, axis, known[place])
        at += 16 * count
    return Run(
        name,
        params,
        {key: Final(value, known[place], step, rule) for key, value, place, step, rule in finals},
        series,
        Status(status),
        commit,
        identity,
        tuple(known[place] for place in sources),
        facts,
        directions,
    )
