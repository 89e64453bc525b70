"""LevelDB's log format: records cut into chunks inside blocks of 32 KiB; damage is skipped and counted."""

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from zlib import crc32

_BLOCK = 32768
_CHUNK = struct.Struct("<IHB")
_FULL, _FIRST, _MIDDLE, _LAST = 1, 2, 3, 4
# `offset`: byte of the damage; `reason`: one phrase; `until`: where reading went on.
Damage = tuple[int, str, int]


@dataclass(slots=True)
class Blocks:
    """The records of a file of blocks; `damages` fills while they are read.

    The checksum is zlib's, over type and content of a chunk, as W&B and SwanLab write it.

    Attributes:
        data: The bytes of the file.
        start: Where the first chunk begins; blocks are counted from the file's beginning.
        damages: What could not be read.
    """

    data: bytes
    start: int
    damages: list[Damage] = field(default_factory=list)

    def __iter__(self) -> Iterator[bytes]:
        parts: list[bytes] = []
        begun = 0
        for at, kind, content in self._chunks():
            if kind in (_FULL, _FIRST):
                if parts:
                    self.damages.append((begun, "a record has no end", at))
                parts, begun = [content], at
            elif parts:
                parts.append(content)
            else:
                self.damages.append((at, "a record has no beginning", at + _CHUNK.size + len(content)))
                continue
            if kind in (_FULL, _LAST):
                yield parts[0] if len(parts) == 1 else b"".join(parts)
                parts = []
        if parts:
            self.damages.append((begun, "the file ends inside a record", len(self.data)))

    def _chunks(self) -> Iterator[tuple[int, int, bytes]]:
        """Offset, type and content of each sound chunk.

        A chunk counts wherever it stands: where bytes were lost or put in, blocks begin elsewhere.
        """
        data, at = self.data, self.start
        # Blocks may be allocated before they are written: zeros at the end are no damage.
        written = len(data.rstrip(b"\0"))
        view, unpack, end = memoryview(data), _CHUNK.unpack_from, len(data)
        most = end - _CHUNK.size
        while at <= most:
            crc, size, kind = unpack(data, at)
            stop = at + 7 + size
            fits = 0 < kind < 5 and size <= _BLOCK - 7 and stop <= end
            if fits and crc32(view[at + 6 : stop]) == crc:
                yield at, kind, data[at + 7 : stop]
                at = stop
            elif at >= written:
                return
            else:
                at = self._skip(at)
        if at < written:
            self.damages.append((at, "the file ends inside a record", end))

    def _sound(self, at: int) -> bool:
        """Whether a sound chunk stands at `at`."""
        crc, size, kind = _CHUNK.unpack_from(self.data, at)
        stop = at + _CHUNK.size + size
        if not _FULL <= kind <= _LAST or size > _BLOCK - _CHUNK.size or stop > len(self.data):
            return False
        return bool(crc32(memoryview(self.data)[at + 6 : stop]) == crc)

    def _skip(self, at: int) -> int:
        """The next sound chunk after a damaged one: inside the block, or where the next one begins."""
        end = len(self.data)
        border = min(at - at % _BLOCK + _BLOCK, end)
        last = min(border, end - _CHUNK.size + 1)
        until = next((place for place in range(at + 1, last) if self._sound(place)), border)
        # No chunk fits into the zeros that fill a block up.
        if until - at < _CHUNK.size and not any(self.data[at:until]):
            return until
        _, size, kind = _CHUNK.unpack_from(self.data, at)
        cut = until == end and _FULL <= kind <= _LAST and at + _CHUNK.size + size > end
        reason = "the file ends inside a record" if cut else "the checksum of a record does not match"
        self.damages.append((at, reason, until))
        return until
