"""TensorBoard's record framing: length, checksum, payload, checksum; damage is skipped and counted."""

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field

from google_crc32c import value as crc32c

_HEADER = struct.Struct("<QI")
_CRC = struct.Struct("<I")
# `offset`: byte of the damage; `reason`: one phrase; `until`: where reading went on.
Damage = tuple[int, str, int]


@dataclass(slots=True)
class Records:
    """The payloads of an event file; `damages` fills while they are read.

    Attributes:
        data: The bytes of the file.
        damages: What could not be read.
    """

    data: bytes
    damages: list[Damage] = field(default_factory=list)

    def __iter__(self) -> Iterator[bytes]:
        data, end, at = self.data, len(self.data), 0
        while at < end:
            if end - at < 12:
                self.damages.append((at, "the file ends inside a record's header", end))
                return
            size, header_crc = _HEADER.unpack_from(data, at)
            if _masked(data[at : at + 8]) != header_crc:
                start, at = at, _next_record(data, at + 1)
                self.damages.append((start, "the length of a record is damaged", at))
                continue
            body = at + 12
            if body + size + 4 > end:
                self.damages.append((at, "the file ends inside a record", end))
                return
            payload = data[body : body + size]
            if _masked(payload) == _CRC.unpack_from(data, body + size)[0]:
                yield payload
            else:
                self.damages.append((at, "the checksum of a record does not match", body + size + 4))
            at = body + size + 4


def _masked(data: bytes) -> int:
    crc = crc32c(data)
    return int(((crc >> 15 | crc << 17) + 0xA282EAD8) & 0xFFFFFFFF)


def _next_record(data: bytes, at: int) -> int:
    """Where the next sound header stands; lengths are below 4 GiB, so four zero bytes mark a candidate."""
    zeros = data.find(b"\0\0\0\0", at + 4)
    while zeros >= 0 and zeros + 8 <= len(data):
        start = zeros - 4
        if _masked(data[start : start + 8]) == _CRC.unpack_from(data, start + 8)[0]:
            return start
        zeros = data.find(b"\0\0\0\0", zeros + 1)
    return len(data)
