"""Event files as torch's SummaryWriter lays them out, written without it."""

import struct
from pathlib import Path

import numpy as np
from google_crc32c import value as crc32c


def write_runs(folder: Path, *, runs: int, tags: int, steps: int) -> None:
    """`runs` folders with one event file each, of `tags` scalars over `steps` steps."""
    for run in range(runs):
        place = folder / f"run{run:04}"
        place.mkdir(parents=True)
        name = f"events.out.tfevents.{1_700_000_000 + run}.host.1.0"
        write_events(place / name, tags=tags, steps=steps, rng=np.random.default_rng(run))


def write_events(path: Path, *, tags: int, steps: int, rng: np.random.Generator) -> None:
    """One event file: every tag at every step."""
    names = [f"{('train', 'val')[tag % 2]}/metric_{tag}".encode() for tag in range(tags)]
    with path.open("wb") as stream:
        stream.write(_frame(b"\x09" + struct.pack("<d", 1.7e9) + b"\x1a\x0dbrain.Event:2"))
        for step in range(steps):
            values = rng.normal(size=tags)
            head = b"\x09" + struct.pack("<d", 1.7e9 + step) + b"\x10" + _varint(step)
            points = zip(names, values, strict=True)
            stream.write(b"".join(_frame(head + _scalar(*point)) for point in points))


def _scalar(tag: bytes, value: float) -> bytes:
    inner = b"\x0a" + _varint(len(tag)) + tag + b"\x15" + struct.pack("<f", value)
    summary = b"\x0a" + _varint(len(inner)) + inner
    return b"\x2a" + _varint(len(summary)) + summary


def _frame(payload: bytes) -> bytes:
    size = struct.pack("<Q", len(payload))
    return size + _masked(size) + payload + _masked(payload)


def _masked(data: bytes) -> bytes:
    crc = crc32c(data)
    return struct.pack("<I", ((crc >> 15 | crc << 17) + 0xA282EAD8) & 0xFFFFFFFF)


def _varint(value: int) -> bytes:
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes((*out, value))
