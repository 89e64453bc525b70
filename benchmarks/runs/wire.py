"""How trackers lay out their logs, byte by byte: protobuf fields, TensorBoard's frames, W&B's blocks."""

import struct
from zlib import crc32

from google_crc32c import value as crc32c

_BLOCK = 32768


def varint(value: int) -> bytes:
    """A number as protobuf writes it."""
    value &= 2**64 - 1
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes((*out, value))


def part(number: int, data: bytes) -> bytes:
    """A field of bytes."""
    return varint(number << 3 | 2) + varint(len(data)) + data


def masked(data: bytes) -> bytes:
    """The checksum of an event file."""
    crc = crc32c(data)
    return struct.pack("<I", ((crc >> 15 | crc << 17) + 0xA282EAD8) & 0xFFFFFFFF)


def frame(payload: bytes, size: int | None = None) -> bytes:
    """A record of an event file, which may claim another size than it has."""
    length = struct.pack("<Q", len(payload) if size is None else size)
    return length + masked(length) + payload + masked(payload)


def event(step: int | None, *values: bytes) -> bytes:
    """A framed event with these values of its summary."""
    head = b"\x09" + struct.pack("<d", 1.5e9) + (b"" if step is None else b"\x10" + varint(step))
    return frame(head + part(5, b"".join(part(1, value) for value in values)))


def simple(tag: str, value: float) -> bytes:
    """A value of a summary."""
    return part(1, tag.encode()) + b"\x15" + struct.pack("<f", value)


def chunk(kind: int, data: bytes) -> bytes:
    """A piece of a W&B record."""
    body = bytes([kind]) + data
    return struct.pack("<IH", crc32(body), len(data)) + body


def wandb_log(*records: bytes) -> bytes:
    """A W&B file: blocks after LevelDB's description of its log format."""
    out = bytearray(b":W&B" + struct.pack("<HB", 0xBEE1, 0))
    for record in records:
        rest, first = record, True
        while True:
            left = _BLOCK - len(out) % _BLOCK
            if left < 7:
                out += b"\0" * left
                continue
            piece, rest = rest[: left - 7], rest[left - 7 :]
            kind = (1 if first else 4) if not rest else (2 if first else 3)
            out += chunk(kind, piece)
            first = False
            if not rest:
                break
    return bytes(out)


def wandb_item(key: str | tuple[str, ...], text: str, *, old: bool = False) -> bytes:
    """An item of a history, summary or configuration: a key, and a value in JSON."""
    path = (key,) if isinstance(key, str) else key
    return part(1, b"".join(part(1 if old else 2, k.encode()) for k in path) + part(16, text.encode()))
