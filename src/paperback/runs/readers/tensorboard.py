"""TensorBoard event files: scalars and hyper-parameters, as torch, TensorFlow, Keras and JAX write them."""

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np

from paperback.finding import Finding
from paperback.runs.readers.log import Log, LogFile, Record
from paperback.runs.readers.protobuf import BYTES, FIXED32, fields, signed, varint
from paperback.runs.readers.records import Records
from paperback.runs.run import Scalar, Series, Status

name = "TensorBoard"
_F32, _F64 = struct.Struct("<f"), struct.Struct("<d")
# DataType number: NumPy type of `tensor_content`.
_TYPES = {
    1: "<f4",
    2: "<f8",
    3: "<i4",
    4: "u1",
    5: "<i2",
    6: "i1",
    9: "<i8",
    10: "?",
    17: "<u2",
    19: "<f2",
    22: "<u4",
    23: "<u8",
}
_SESSION_START, _SESSION_END = "_hparams_/session_start_info", "_hparams_/session_end_info"
_SESSION_STATUS = {1: Status.FINISHED, 2: Status.FAILED, 3: Status.RUNNING}


def accepts(path: str, head: bytes) -> bool:
    """Whether the file's name is that of an event file."""
    return "tfevents" in path.rsplit("/", 1)[-1] and not path.endswith(".profile-empty")


def read(file: LogFile) -> Log:
    """One record: every scalar tag as a series; damage is skipped and reported with its offset."""
    records = Records(file.data)
    events = _Events()
    for payload in records:
        try:
            events.add(payload)
        except (IndexError, ValueError, struct.error, UnicodeDecodeError):
            events.unreadable += 1
    findings = tuple(_findings(file, records, events))
    series = {tag: _series(file, tag, *events.points[tag]) for tag in sorted(events.points)}
    record = Record(params=events.params, series=series, status=events.status)
    empty = not (series or events.params)
    return Log(file, name, () if empty else (record,), findings)


@dataclass(slots=True)
class _Events:
    points: dict[str, tuple[list[int], list[float], list[bool]]] = field(default_factory=dict)
    params: dict[str, Scalar] = field(default_factory=dict)
    status: Status = Status.UNKNOWN
    unreadable: int = 0

    def add(self, payload: bytes) -> None:
        step, summaries = 0, []
        for number, kind, value, data in fields(payload):
            if number == 2 and kind == 0:
                step = signed(value)
            elif number == 5 and kind == BYTES:
                summaries.append(data)
        for summary in summaries:
            for number, kind, _, data in fields(summary):
                if number == 1 and kind == BYTES:
                    self._add_value(step, data)

    def _add_value(self, step: int, data: bytes) -> None:
        tag, point, metadata = "", None, b""
        for number, kind, _, part in fields(data):
            if number == 1 and kind == BYTES:
                tag = part.decode()
            elif number == 2 and kind == FIXED32:
                point = (_F32.unpack(part)[0], True)
            elif number == 8 and kind == BYTES:
                point = _scalar(part)
            elif number == 9 and kind == BYTES:
                metadata = part
        if tag.startswith("_hparams_/"):
            self._add_session(tag, metadata)
        elif point is not None:
            steps, values, single = self.points.setdefault(tag, ([], [], []))
            steps.append(step)
            values.append(point[0])
            single.append(point[1])

    def _add_session(self, tag: str, metadata: bytes) -> None:
        content = _part(_part(metadata, 1), 2)
        if tag == _SESSION_START:
            self.params |= dict(_hparams(_part(content, 3)))
        elif tag == _SESSION_END:
            for number, _, value, _ in fields(_part(content, 4)):
                if number == 1:
                    self.status = _SESSION_STATUS.get(value, Status.UNKNOWN)


def _part(message: bytes, wanted: int) -> bytes:
    for number, kind, _, data in fields(message):
        if number == wanted and kind == BYTES:
            return data
    return b""


def _hparams(session: bytes) -> Iterator[tuple[str, Scalar]]:
    """Entries of the map `hparams`, whose values are `google.protobuf.Value`."""
    for number, kind, _, entry in fields(session):
        if number != 1 or kind != BYTES:
            continue
        key, value = _part(entry, 1).decode(), _part(entry, 2)
        for number, _, whole, data in fields(value):
            if number == 2:
                real = _F64.unpack(data)[0]
                yield key, int(real) if real.is_integer() and abs(real) < 2**53 else real
            elif number == 3:
                yield key, data.decode()
            elif number == 4:
                yield key, bool(whole)


def _scalar(tensor: bytes) -> tuple[float, bool] | None:
    """The one number of a tensor and whether it is a single-precision float; None for anything else."""
    dtype, shape, content, values = 0, 1, b"", np.zeros(0)
    for number, kind, value, data in fields(tensor):
        if number == 1:
            dtype = value
        elif number == 2:
            shape = _size(data)
        elif number == 4:
            content = data
        elif number in (5, 6, 7, 10, 11, 13, 16, 17):
            values = _values(number, kind, value, data)
    if dtype not in _TYPES or shape != 1:
        return None
    if content:
        values = np.frombuffer(content, _TYPES[dtype])
    # A tensor without values is filled with zeros.
    return (float(values[0]) if len(values) else 0.0), dtype == 1


def _size(shape: bytes) -> int:
    size = 1
    for number, kind, _, dimension in fields(shape):
        if number == 2 and kind == BYTES:
            size *= next((value for field_, _, value, _ in fields(dimension) if field_ == 1), 0)
    return size


def _values(number: int, kind: int, value: int, data: bytes) -> np.ndarray:
    """Values of a tensor's typed list, packed or not."""
    if number == 5:
        return np.frombuffer(data, "<f4")
    if number == 6:
        return np.frombuffer(data, "<f8")
    whole = [value] if kind == 0 else _varints(data)
    if number == 13:
        return np.array(whole, np.uint16).view(np.float16)
    return np.array([signed(item) if number in (7, 10) else item for item in whole], np.float64)


def _varints(data: bytes) -> list[int]:
    found, at = [], 0
    while at < len(data):
        value, at = varint(data, at)
        found.append(value)
    return found


def _series(file: LogFile, tag: str, steps: list[int], values: list[float], single: list[bool]) -> Series:
    numbers = np.array(values, np.float64)
    # Single precision stores 0.1 as 0.10000000149: the shortest text that reads back is what was logged.
    mask = np.array(single, bool)
    with np.errstate(over="ignore"):
        numbers[mask] = numbers[mask].astype(np.float32).astype(str).astype(np.float64)
    return Series(np.array(steps, np.int64), numbers, "step", file.source(tag))


def _findings(file: LogFile, records: Records, events: _Events) -> Iterator[Finding]:
    if not file.data:
        yield Finding("unreadable-log", f"{file.path} is empty", (file.source(),), "Delete it.")
    if events.unreadable:
        message = f"{file.path}: {events.unreadable} records with a sound checksum hold no event"
        yield Finding("unreadable-log", message, (file.source(),), "Write the file again.")
    for offset, reason, until in records.damages:
        lost = f"{until - offset} bytes are lost"
        rest = "" if until == len(file.data) else f", reading goes on at byte {until}"
        kind = "truncated-log" if "ends inside" in reason else "damaged-log"
        yield Finding(
            kind,
            f"{file.path}: {reason} at byte {offset}; {lost}{rest}",
            (file.source(f"byte {offset}"),),
            "Check that the values after this place are complete, or copy the file again.",
        )
