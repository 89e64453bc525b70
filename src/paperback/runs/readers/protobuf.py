"""The protobuf wire format: fields of a message, without a schema."""

from collections.abc import Iterator

VARINT, FIXED64, BYTES, FIXED32 = 0, 1, 2, 5


def varint(data: bytes, at: int) -> tuple[int, int]:
    """The unsigned number at `at`, and where it ends.

    Raises:
        IndexError: The data end inside the number.
        ValueError: The number is longer than ten bytes.
    """
    value = shift = 0
    while True:
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, at
        shift += 7
        if shift > 63:
            raise ValueError("varint of more than ten bytes")


def signed(value: int) -> int:
    """The int64 that the varint `value` stands for."""
    value &= 0xFFFFFFFFFFFFFFFF
    return value - (1 << 64) if value >> 63 else value


def spans(data: bytes, at: int, end: int) -> Iterator[tuple[int, int, int, int]]:
    """Field number, wire type, and where the content begins and ends, of each field in `data[at:end]`.

    Raises:
        IndexError, ValueError: There is no protobuf message.
    """
    while at < end:
        tag, at = varint(data, at)
        number, kind = tag >> 3, tag & 7
        start = at
        if kind == VARINT:
            _, at = varint(data, at)
        elif kind == BYTES:
            size, start = varint(data, at)
            at = start + size
        elif kind in (FIXED32, FIXED64):
            at += 4 if kind == FIXED32 else 8
        else:
            raise ValueError(f"wire type {kind}")
        if at > end:
            raise IndexError("field runs past the end of the message")
        yield number, kind, start, at


def fields(data: bytes) -> Iterator[tuple[int, int, int, bytes]]:
    """Field number, wire type, number (varints only) and bytes (all others) of each field.

    Raises:
        IndexError, ValueError: `data` is no protobuf message.
    """
    for number, kind, start, end in spans(data, 0, len(data)):
        if kind == VARINT:
            yield number, kind, varint(data, start)[0], b""
        else:
            yield number, kind, 0, data[start:end]
