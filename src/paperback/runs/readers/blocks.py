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
        """Offset, type and content of each sound chunk."""
        data, at, end = self.data, self.start, len(self.data)
        while at < end:
            left = _BLOCK - at % _BLOCK
            if left < _CHUNK.size:
                at += left
                continue
            if at + _CHUNK.size > end:
                self.damages.append((at, "the file ends inside a record", end))
                return
            size = self._sound(at)
            if size >= 0:
                stop = at + _CHUNK.size + size
                yield at, data[at + 6], data[at + _CHUNK.size : stop]
                at = stop
            elif not any(data[at : at + left]):
                # Blocks may be allocated before they are written.
                at += left
            else:
                at = self._skip(at)

    def _sound(self, at: int) -> int:
        """Size of the content of the chunk at `at`; -1 where no sound chunk stands."""
        crc, size, kind = _CHUNK.unpack_from(self.data, at)
        stop = at + _CHUNK.size + size
        if not _FULL <= kind <= _LAST or stop > len(self.data) or at % _BLOCK + _CHUNK.size + size > _BLOCK:
            return -1
        return size if crc32(memoryview(self.data)[at + 6 : stop]) == crc else -1

    def _skip(self, at: int) -> int:
        """The next sound chunk after a damaged one: inside the block, or where the next one begins."""
        end = len(self.data)
        border = min(at - at % _BLOCK + _BLOCK, end)
        for place in range(at + 1, border - _CHUNK.size + 1):
            if self._sound(place) >= 0:
                self.damages.append((at, "the checksum of a record does not match", place))
                return place
        _, size, kind = _CHUNK.unpack_from(self.data, at)
        ends = border == end and _FULL <= kind <= _LAST and at + _CHUNK.size + size > end
        reason = "the file ends inside a record" if ends else "the checksum of a record does not match"
        self.damages.append((at, reason, border))
        return border
