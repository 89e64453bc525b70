"""The messages inside the records of a W&B transaction log."""

import json
import struct
from datetime import UTC, datetime
from typing import Any

from paperback.runs.readers.protobuf import BYTES, VARINT, fields, signed, varint

_F64 = struct.Struct("<d")
Path = tuple[str, ...]
# What a message that is none of W&B's raises.
UNREADABLE = (IndexError, ValueError, struct.error, RecursionError)


def messages(payload: bytes) -> list[tuple[int, bytes]]:
    """Number and content of the messages in a record; `fields` for the fields that a record has."""
    found: list[tuple[int, bytes]] = []
    at, end = 0, len(payload)
    while at < end:
        tag, at = (payload[at], at + 1) if payload[at] < 0x80 else varint(payload, at)
        size, at = payload[at], at + 1
        if size > 0x7F:
            # Most lengths have two bytes, of which the second is the higher.
            high = payload[at]
            size, at = (size & 0x7F | high << 7, at + 1) if high < 0x80 else varint(payload, at - 1)
        if tag & 7 == BYTES:
            if at + size > end:
                raise IndexError("field runs past the end of the record")
            found.append((tag >> 3, payload[at : at + size]))
            at += size
        elif tag & 7 != VARINT:
            return [(number, part) for number, kind, _, part in fields(payload) if kind == BYTES]
    return found


def items(message: bytes) -> list[tuple[bytes | None, int, int]]:
    """Encoded key of each item and where its value begins and ends; None with every field 2.

    Items are field 1 of history, summary and configuration; in an item the key comes before the value.
    Field 2 is the step of a history, and the item that is removed in the others.
    """
    found: list[tuple[bytes | None, int, int]] = []
    at, end = 0, len(message)
    while at < end:
        tag, size = message[at], message[at + 1]
        at += 2
        if tag > 0x7F:
            break
        if size > 0x7F:
            size, at = varint(message, at - 1)
        stop = at + size
        if stop > end:
            raise IndexError("item runs past the end of the message")
        if tag == 0x0A:
            place = at
            while place < stop and (message[place] == 0x12 or message[place] == 0x0A):
                length, start = message[place + 1], place + 2
                if length > 0x7F:
                    length, start = varint(message, place + 1)
                place = start + length
            found.append((message[at:place], place, stop))
        elif tag == 0x12:
            found.append((None, at, stop))
        at = stop
    return found


def step_of(message: bytes) -> int:
    """The number in a `HistoryStep`, which is left out where it is 0."""
    return next((signed(value) for number, kind, value, _ in fields(message) if (number, kind) == (1, 0)), 0)


def path_of(key: bytes) -> Path:
    """The parts of a key: one, or the way through nested dictionaries."""
    return tuple(text_of(part) for _, kind, _, part in fields(key) if kind == BYTES) or ("",)


def prefix_of(path: Path) -> bytes:
    """A nested key as it is encoded."""
    parts = [part.encode() for part in path]
    return b"".join(b"\x12" + _size(len(part)) + part for part in parts)


def _size(number: int) -> bytes:
    out = bytearray()
    while number > 0x7F:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes((*out, number))


def value_of(message: bytes) -> Any:
    """The value of an item: JSON, or one of the types that newer versions write."""
    for number, _, whole, part in fields(message):
        if number in (8, 16):
            return json.loads(part)
        if number == 4:
            return bool(whole)
        if number == 5:
            return whole >> 1 ^ -(whole & 1)
        if number == 6:
            return _F64.unpack(part)[0]
        if number == 7:
            return text_of(part)
    return None


def text_of(part: bytes) -> str:
    """The text, with a mark where it is no UTF-8."""
    return part.decode(errors="replace")


def time_of(message: bytes) -> str:
    """A `Timestamp` in ISO 8601, UTC; empty where it is out of range."""
    seconds = next(
        (signed(value) for number, kind, value, _ in fields(message) if (number, kind) == (1, 0)), 0
    )
    try:
        return datetime.fromtimestamp(seconds, UTC).isoformat()
    except (OverflowError, OSError, ValueError):
        return ""
