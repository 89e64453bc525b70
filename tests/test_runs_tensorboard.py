"""Event files, written here byte by byte after the format's description."""

import struct
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from paperback.runs.readers import tensorboard
from paperback.runs.readers.log import Log, LogFile
from paperback.runs.run import Series, Status
from wire import part, simple, varint


def crc32c(data: bytes) -> int:
    """RFC 3720's checksum, bit by bit."""
    crc = 0xFFFFFFFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0x82F63B78 if crc & 1 else 0)
    return crc ^ 0xFFFFFFFF


def masked(data: bytes) -> bytes:
    crc = crc32c(data)
    return struct.pack("<I", ((crc >> 15 | crc << 17) + 0xA282EAD8) & 0xFFFFFFFF)


def frame(payload: bytes) -> bytes:
    size = struct.pack("<Q", len(payload))
    return size + masked(size) + payload + masked(payload)


def event(step: int | None, *values: bytes) -> bytes:
    head = b"\x09" + struct.pack("<d", 1.5e9) + (b"" if step is None else b"\x10" + varint(step))
    return frame(head + part(5, b"".join(part(1, value) for value in values)))


def tensor(tag: str, dtype: int, body: bytes, shape: bytes = b"") -> bytes:
    return part(1, tag.encode()) + part(8, b"\x08" + varint(dtype) + part(2, shape) + body)


VERSION = frame(b"\x09" + struct.pack("<d", 1.5e9) + part(3, b"brain.Event:2"))


def read(data: bytes) -> Log:
    return tensorboard.read(LogFile("run/events.out.tfevents.1.host", Path("x"), data, "d"))


def series(data: bytes, tag: str = "loss") -> Series:
    log = read(data)
    assert not log.findings
    return log.records[0].series[tag]


def test_scalars_are_read_in_the_order_of_logging() -> None:
    """Steps may repeat, go back or be negative; an omitted step is 0."""
    steps = [5, 5, 3, -2, 2**62]
    data = VERSION + b"".join(event(step, simple("loss", i)) for i, step in enumerate(steps))
    points = series(data + event(None, simple("loss", 9)))
    assert points.steps.tolist() == [*steps, 0]
    assert points.values.tolist() == [0, 1, 2, 3, 4, 9]


@given(st.floats(width=32))
def test_single_precision_prints_as_it_was_logged(value: float) -> None:
    """The value is the shortest decimal that single precision stores so; it reads back to the same bits."""
    (number,) = series(VERSION + event(1, simple("loss", value))).values.tolist()
    assert repr(number) == repr(float(str(np.float32(value))))
    assert struct.pack("<f", number) == struct.pack("<f", value) or number != number


def test_a_tenth_is_a_tenth() -> None:
    """0.1 in single precision is 0.1, not 0.10000000149."""
    assert series(event(1, simple("loss", 0.1))).values.tolist() == [0.1]


@pytest.mark.parametrize(
    ("dtype", "body", "value"),
    [
        (1, part(5, struct.pack("<f", 0.1)), 0.1),
        (1, b"\x2d" + struct.pack("<f", 0.1), 0.1),
        (1, part(4, struct.pack("<f", 0.1)), 0.1),
        (2, part(6, struct.pack("<d", 0.1)), 0.1),
        (2, part(4, struct.pack("<d", 1 / 3)), 1 / 3),
        (3, part(7, varint(-3)), -3.0),
        (9, b"\x50" + varint(2**40), 2.0**40),
        (19, part(13, varint(0x3C00)), 1.0),
        (19, part(4, struct.pack("<e", 0.5)), 0.5),
        (10, b"\x58\x01", 1.0),
        (1, b"", 0.0),
    ],
    ids=[
        "packed",
        "single",
        "content",
        "double",
        "content64",
        "int",
        "int64",
        "half",
        "content16",
        "bool",
        "zero",
    ],
)
def test_a_tensor_of_one_number_is_a_scalar(dtype: int, body: bytes, value: float) -> None:
    """New-style scalars, in any number type and any of the ways to store it."""
    assert series(event(1, tensor("loss", dtype, body))).values.tolist() == [value]


def test_other_summaries_are_no_scalars() -> None:
    """Histograms, vectors and text beside a scalar are left out."""
    vector = tensor("v", 1, part(4, struct.pack("<ff", 1, 2)), part(2, b"\x08\x02"))
    text = tensor("t", 7, part(8, b"words"))
    histogram = part(1, b"h") + part(5, b"")
    log = read(VERSION + event(1, vector, text, histogram, simple("loss", 1)))
    assert sorted(log.records[0].series) == ["loss"]
    assert not log.findings


def test_one_tag_may_hold_both_kinds() -> None:
    """A tag that changed from a simple value to a tensor is one history."""
    data = event(1, simple("loss", 0.5)) + event(2, tensor("loss", 2, part(4, struct.pack("<d", 0.25))))
    assert series(data).values.tolist() == [0.5, 0.25]


@pytest.mark.parametrize(
    "tag", ["", "a/b:c", "größe", "x" * 100_000], ids=["empty", "slash", "unicode", "long"]
)
def test_any_tag_is_legal(tag: str) -> None:
    """The tag is taken as it is."""
    assert series(event(1, simple(tag, 1)), tag).values.tolist() == [1.0]


def ten() -> list[bytes]:
    return [event(step, simple("loss", step)) for step in range(10)]


@pytest.mark.parametrize(
    ("at", "lost", "kind"),
    [(0, 1, "damaged-log"), (9, 1, "damaged-log"), (14, 1, "damaged-log"), (-2, 1, "damaged-log")],
    ids=["length", "length checksum", "payload", "payload checksum"],
)
def test_one_flipped_bit_loses_one_record(at: int, lost: int, kind: str) -> None:
    """Reading goes on behind the damage, which is told with its offset."""
    records = ten()
    broken = bytearray(records[4])
    broken[at] ^= 1
    records[4] = bytes(broken)
    log = read(VERSION + b"".join(records))
    assert log.records[0].series["loss"].values.tolist() == [0, 1, 2, 3, 5, 6, 7, 8, 9]
    (finding,) = log.findings
    offset = len(VERSION) + sum(len(record) for record in records[:4])
    assert finding.kind == kind
    assert f"at byte {offset};" in finding.message


@given(st.integers(min_value=0, max_value=700))
def test_a_cut_file_keeps_every_whole_record(size: int) -> None:
    """Wherever a file ends, the records before stay, and an incomplete one is told."""
    whole = VERSION + b"".join(ten())
    ends = np.cumsum([len(VERSION), *(len(record) for record in ten())])
    cut = whole[:size]
    log = read(cut)
    count = max(0, int(np.searchsorted(ends, len(cut), side="right")) - 1)
    found = log.records[0].series["loss"].values.tolist() if log.records else []
    assert found == list(range(count))
    assert [finding.kind for finding in log.findings] == (
        ["unreadable-log"] if not cut else [] if len(cut) in ends else ["truncated-log"]
    )


@given(st.binary(max_size=200))
def test_garbage_is_told_and_does_not_fall(data: bytes) -> None:
    """Bytes that are no event file give findings, never an error."""
    assert read(data).findings


def test_hyper_parameters_and_status_come_from_their_plugin() -> None:
    """torch's add_hparams stores settings in the metadata of a tag without a value."""

    def entry(key: str, value: bytes) -> bytes:
        return part(1, part(1, key.encode()) + part(2, value))

    start = entry("lr", b"\x11" + struct.pack("<d", 0.1)) + entry("seed", b"\x11" + struct.pack("<d", 3.0))
    start += entry("net", part(3, b"mlp")) + entry("bn", b"\x20\x01")
    one = part(1, b"_hparams_/session_start_info") + part(
        9, part(1, part(1, b"hparams") + part(2, part(3, start)))
    )
    two = part(1, b"_hparams_/session_end_info") + part(9, part(1, part(2, part(4, b"\x08\x01"))))
    record = read(event(0, one) + event(0, two)).records[0]
    assert record.params == {"lr": 0.1, "seed": 3, "net": "mlp", "bn": True}
    assert record.status is Status.FINISHED
