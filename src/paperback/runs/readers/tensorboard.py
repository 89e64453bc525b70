"""TensorBoard event files: scalars and hyper-parameters, as torch, TensorFlow, Keras and JAX write them."""

import struct
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace

import numpy as np

from paperback.finding import Finding
from paperback.runs.readers.checksum import masked_crc32c
from paperback.runs.readers.layout import LONGEST, Points, decode
from paperback.runs.readers.leaves import setting
from paperback.runs.readers.log import Log, LogFile, Record
from paperback.runs.readers.protobuf import BYTES, FIXED32, fields, signed, varint
from paperback.runs.readers.records import Damage, Records, is_sound
from paperback.runs.readers.single_precision import shortest
from paperback.runs.run import Scalar, Series, Status
from paperback.source import Hashing

name = "TensorBoard"
alone = True
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
# Where torch's add_text and TensorFlow's text summaries put a tag's text.
_TEXT = "/text_summary"
_SESSION_START, _SESSION_END = "_hparams_/session_start_info", "_hparams_/session_end_info"
_SESSION_STATUS = {1: Status.FINISHED, 2: Status.FAILED, 3: Status.RUNNING}


def accepts(path: str, head: bytes) -> bool:
    """Whether the file's name is that of an event file."""
    return "tfevents" in path.rsplit("/", 1)[-1] and not path.endswith(".profile-empty")


def read(file: LogFile) -> Log:
    """One record: every scalar tag as a series; damage is skipped and reported with its offset."""
    return _log(file, read_events([file.data], len(file.data)))


def read_windows(
    file: LogFile, windows: Iterable[bytes], size: int, before: tuple[Log, int] | None, *, hashing: Hashing
) -> Log:
    """The same of a file whose bytes come window by window and need not fit into memory.

    Args:
        file: The file, without bytes and digest.
        windows: Its bytes, or those behind the ones that gave `before` without a finding.
        size: Bytes of the whole file.
        before: What its beginning gave, and how many bytes that had; None where nothing was read yet.
        hashing: Tells the digest of the whole file after the last window.
    """
    events, base = Events(), 0
    if before is not None:
        log, base = before
        (record,) = log.records
        points = {tag: [(series.steps, series.values)] for tag, series in record.series.items()}
        events = Events(points, dict(record.params), record.status)
    events = read_events(windows, size, events, base)
    return _log(replace(file, digest=hashing.digest()), events)


def _log(file: LogFile, events: "Events") -> Log:
    findings = tuple(_findings(file, events))
    series = {tag: _series(file, tag, events.points[tag]) for tag in sorted(events.points)}
    record = Record(params=events.params, series=series, status=events.status)
    empty = not (series or events.params)
    return Log(file, name, () if empty else (record,), findings)


def read_events(
    windows: Iterable[bytes], size: int, events: "Events | None" = None, base: int = 0
) -> "Events":
    """What the bytes of an event file of `size` bytes hold, from `base` on and besides what `events` has."""
    records = Records(size, base)
    events = events or Events()
    for window in windows:
        events.add_window(records, window)
    if records.base + len(records.data) < size:
        # The file was cut while it was read.
        records.size = records.base + len(records.data)
        events.add_window(records, b"")
    records.damages.sort()
    events.damages, events.size = records.damages, records.size
    return events


@dataclass(slots=True)
class Events:
    """What was read of an event file so far.

    Attributes:
        points: Tag to its points, batch after batch.
        params: Hyper-parameters.
        status: How the run ended, where the hyper-parameter plugin tells.
        unreadable: Records with a sound checksum that hold no event.
        damages: What could not be read.
        size: Bytes of the file.
    """

    points: dict[str, list[tuple[np.ndarray, np.ndarray]]] = field(default_factory=dict)
    params: dict[str, Scalar] = field(default_factory=dict)
    status: Status = Status.UNKNOWN
    unreadable: int = 0
    damages: list[Damage] = field(default_factory=list)
    size: int = 0

    def add_window(self, records: Records, window: bytes) -> None:
        """Add the records that become whole with the next bytes."""
        for places in records.batches(window):
            self.add_batch(np.frombuffer(records.data, np.uint8), places, records=records)

    def add_batch(self, whole: np.ndarray, places: np.ndarray, *, records: Records) -> None:
        """Add the records at `places`; those of equal size are decoded together, all others one by one."""
        found: list[Points] = []
        damages, base = records.damages, records.base
        sizes = places[:, 1]
        single = sizes > LONGEST
        for size in np.unique(sizes[~single]):
            rows = np.flatnonzero(sizes == size)
            window = np.lib.stride_tricks.sliding_window_view(whole, int(size) + 4)[places[rows, 0]]
            sums = np.ascontiguousarray(window[:, size:]).view("<u4")[:, 0]
            sound = masked_crc32c(window[:, :size]) == sums
            damages += [_mismatch(base, *places[row]) for row in rows[~sound]]
            rows, window = rows[sound], window[sound, :size]
            points, left = decode(window, rows)
            found += points
            single[rows[left]] = True
        for row in np.flatnonzero(single):
            start, size = (int(number) for number in places[row])
            payload = whole[start : start + size + 4].tobytes()
            if size > LONGEST and not is_sound(payload, 0, size):
                damages.append(_mismatch(base, start, size))
            else:
                found += self._one(payload[:size], int(row))
        self._merge(found)

    def _merge(self, found: list[Points]) -> None:
        """Append the batch's points; pieces of one tag are put back into the order of logging."""
        pieces: dict[str, list[Points]] = {}
        for points in found:
            pieces.setdefault(points.tag, []).append(points)
        for tag, parts in pieces.items():
            steps, values = (
                np.concatenate([getattr(p, name) for p in parts]) for name in ("steps", "values")
            )
            if len(parts) > 1:
                order = np.argsort(np.concatenate([p.order for p in parts]), kind="stable")
                steps, values = steps[order], values[order]
            self.points.setdefault(tag, []).append((steps, values))

    def _one(self, payload: bytes, row: int) -> list[Points]:
        try:
            return [
                Points(tag, np.array([row]), np.array([step], np.int64), _numbers(value, single))
                for tag, step, value, single in self._scalars(payload)
            ]
        except (IndexError, ValueError, struct.error, UnicodeDecodeError):
            self.unreadable += 1
            return []

    def _scalars(self, payload: bytes) -> list[tuple[str, int, float, bool]]:
        step, summaries = 0, []
        for number, kind, value, data in fields(payload):
            if number == 2 and kind == 0:
                step = signed(value)
            elif number == 5 and kind == BYTES:
                summaries.append(data)
        parts = [
            self._value(data)
            for summary in summaries
            for number, kind, _, data in fields(summary)
            if number == 1 and kind == BYTES
        ]
        return [(tag, step, *point) for tag, point in filter(None, parts)]

    def _value(self, data: bytes) -> tuple[str, tuple[float, bool]] | None:
        tag, point, metadata, tensor = "", None, b"", b""
        for number, kind, _, part in fields(data):
            if number == 1 and kind == BYTES:
                tag = part.decode()
            elif number == 2 and kind == FIXED32:
                point = (_F32.unpack(part)[0], True)
            elif number == 8 and kind == BYTES:
                point, tensor = _scalar(part), part
            elif number == 9 and kind == BYTES:
                metadata = part
        if tag.startswith("_hparams_/"):
            self._add_session(tag, metadata)
            return None
        if tag.endswith(_TEXT):
            self.params |= {key: value for key, value in _table(tensor) if key not in self.params}
        return None if point is None else (tag, point)

    def _add_session(self, tag: str, metadata: bytes) -> None:
        content = _part(_part(metadata, 1), 2)
        if tag == _SESSION_START:
            self.params |= dict(_hparams(_part(content, 3)))
        elif tag == _SESSION_END:
            for number, _, value, _ in fields(_part(content, 4)):
                if number == 1:
                    self.status = _SESSION_STATUS.get(value, Status.UNKNOWN)


def _mismatch(base: int, start: int, size: int) -> Damage:
    at = base + int(start)
    return at - 12, "the checksum of a record does not match", at + int(size) + 4


def _numbers(value: float, single: bool) -> np.ndarray:
    # What does not fit into single precision was stored as infinity, and is one here too.
    return shortest(np.array([value], np.float32)) if single else np.array([value], np.float64)


def _table(tensor: bytes) -> Iterator[tuple[str, Scalar]]:
    """Hyper-parameters that were logged as the text of a Markdown table with two columns."""
    text = _part(tensor, 8).decode(errors="replace")
    lines = [line.strip().removeprefix("|").removesuffix("|") for line in text.splitlines()]
    rows = [[cell.strip() for cell in line.split("|")] for line in lines]
    if len(rows) < 3 or any(len(row) != 2 for row in rows[:2]) or set("".join(rows[1])) - set("-: "):
        return
    for row in rows[2:]:
        if len(row) == 2 and row[0]:
            yield row[0], setting(row[1])


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


def _series(file: LogFile, tag: str, parts: list[tuple[np.ndarray, np.ndarray]]) -> Series:
    steps, values = (np.concatenate([part[place] for part in parts]) for place in (0, 1))
    return Series(steps, values, "step", file.source(tag))


def _findings(file: LogFile, events: Events) -> Iterator[Finding]:
    if not events.size:
        yield Finding("unreadable-log", f"{file.path} is empty", (file.source(),), "Delete it.")
    if events.unreadable:
        message = f"{file.path}: {events.unreadable} records with a sound checksum hold no event"
        yield Finding("unreadable-log", message, (file.source(),), "Write the file again.")
    for offset, reason, until in events.damages:
        lost = f"{until - offset} bytes are lost"
        rest = "" if until == events.size else f", reading goes on at byte {until}"
        kind = "truncated-log" if "ends inside" in reason else "damaged-log"
        yield Finding(
            kind,
            f"{file.path}: {reason} at byte {offset}; {lost}{rest}",
            (file.source(f"byte {offset}"),),
            "Check that the values after this place are complete, or copy the file again.",
        )
