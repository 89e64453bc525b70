"""TensorBoard's record framing: length, checksum, payload, checksum; damage is skipped and counted."""

import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
from google_crc32c import value as crc32c

from paperback.runs.readers.checksum import masked_crc32c

_HEADER = struct.Struct("<QI")
_CRC = struct.Struct("<I")
_FRAME = 16
_BATCH = 2**15
_WINDOW = 2**20
_TRIAL = 256
_PERIOD = 128
_LOST_BYTES = "a record lost bytes"
# `offset`: byte of the damage; `reason`: one phrase; `until`: where reading went on.
Damage = tuple[int, str, int]


@dataclass(slots=True)
class Records:
    """The records of an event file whose bytes come window by window.

    Attributes:
        size: Bytes of the file.
        base: Where `data` begins in the file; at first the byte at which reading begins.
        data: The bytes at hand.
        damages: What could not be read; places are those in the file.
    """

    size: int
    base: int = 0
    data: bytes = b""
    damages: list[Damage] = field(default_factory=list)
    _at: int = 0
    # Where a damage begins behind which no sound record was found yet, and its reason.
    _lost: tuple[int, str] | None = None

    def batches(self, window: bytes) -> Iterator[np.ndarray]:
        """Where the next records of sound length stand in `data`; shape (n, 2): start, size of the payload.

        The last record and what is not whole yet wait for the next window.
        """
        self.data = self.data[self._at :] + window
        self.base, self._at = self.base + self._at, 0
        # Lengths come back: a header that was found sound needs no second check.
        known: dict[bytes, int] = {}
        starts: list[int] = []
        trial = _TRIAL
        if self._lost and not self._seek(self._at, *self._lost):
            return
        while self._at < len(self.data):
            size = self._size(known)
            if size is None:
                if self._waits():
                    break
                yield _places(starts, self._at)
                if not self._skip(starts):
                    return
                starts.clear()
                continue
            starts.append(self._at)
            self._at += size
            if len(starts) < trial:
                continue
            foreseen = self._foreseen(starts)
            trial = _TRIAL if len(foreseen) else min(2 * trial, _BATCH)
            if len(foreseen) or len(starts) == _BATCH:
                yield np.concatenate((_places(starts, starts[-1] + size), foreseen))
                starts.clear()
        if starts and self.base + len(self.data) < self.size:
            # What comes next may tell that the last one lost bytes.
            self._at = starts.pop()
        yield _places(starts, self._at)

    def _size(self, known: dict[bytes, int]) -> int | None:
        """Bytes of the record here, its frame included; None where it is damaged or not whole."""
        head = self.data[self._at : self._at + 12]
        size = known.get(head)
        if size is None:
            if len(head) < 12 or not _is_header(head):
                return None
            size = known[head] = int(_HEADER.unpack(head)[0]) + _FRAME
        return size if self._at + size <= len(self.data) else None

    def _waits(self) -> bool:
        """Whether the rest of the record here is still to come."""
        head = self.data[self._at : self._at + 12]
        if len(head) < 12:
            return self.base + len(self.data) < self.size
        end = self.base + self._at + int(_HEADER.unpack(head)[0]) + _FRAME
        return _is_header(head) and end <= self.size

    def _skip(self, starts: list[int]) -> bool:
        """Note the damage here and go on behind it; False where no sound record follows in these bytes."""
        at = self._at
        head = self.data[at : at + 12]
        if len(head) < 12:
            self.damages.append((self.base + at, "the file ends inside a record's header", self.size))
            return False
        if _is_header(head):
            # A record of which bytes were cut out near the end swallows whole ones; a cut end holds none.
            return self._seek(at + 1, self.base + at, _LOST_BYTES)
        # A record that lost bytes ends too late: what follows it stands inside.
        if starts and not is_sound(self.data, starts[-1] + 12, at - starts[-1] - _FRAME):
            at = starts[-1]
        return self._seek(at + 1, self.base + at, "the length of a record is damaged")

    def _seek(self, begin: int, offset: int, reason: str) -> bool:
        """Go to the next sound header from `begin` on, and note what was lost since `offset` in the file."""
        self._at = _next_record(self.data, begin)
        found = self._at < len(self.data)
        is_end = self.base + len(self.data) == self.size
        if not found and not is_end:
            # A header may have begun.
            self._at = max(begin, len(self.data) - 11)
            self._lost = (offset, reason)
            return False
        self._lost = None
        if reason == _LOST_BYTES and not found:
            self.damages.append((offset, "the file ends inside a record", self.size))
            return False
        self.damages.append((offset, reason, self.base + self._at))
        return True

    def _foreseen(self, starts: list[int]) -> np.ndarray:
        """The records that repeat the headers of the last period, checked all at once; none without a period.

        Programs log the same tags at every step, so the sizes of the records come back in a cycle.
        """
        recent = np.array([*starts[-2 * _PERIOD :], self._at])
        sizes = np.diff(recent)
        period = next((p for p in range(1, _PERIOD + 1) if _repeats(sizes, p)), 0)
        if not period:
            return np.zeros((0, 2), np.int64)
        offsets, stride = recent[-period - 1 : -1] - self._at, int(recent[-1] - recent[-period - 1])
        count = min((len(self.data) - self._at) // stride, _BATCH // period)
        whole = np.lib.stride_tricks.sliding_window_view(np.frombuffer(self.data, np.uint8), 12)
        at = (self._at + stride * np.arange(1, count + 1)[:, None] + offsets).ravel()
        same = (whole[at].reshape(count, period, 12) == whole[self._at + offsets]).all(axis=2).ravel()
        good = len(at) if same.all() else int(same.argmin())
        ends = np.append(at, at[-1] + sizes[-1]) if count else np.array([self._at])
        self._at = int(ends[good])
        return _places(ends[:good], self._at)


def _places(starts: Sequence[int] | np.ndarray, until: int) -> np.ndarray:
    ends = np.append(np.array(starts, np.int64), until)
    return np.stack((ends[:-1] + 12, np.diff(ends) - _FRAME), axis=1)


def _repeats(sizes: np.ndarray, period: int) -> bool:
    return 2 * period <= len(sizes) and bool((sizes[period:] == sizes[:-period]).all())


def is_sound(data: bytes, start: int, size: int) -> bool:
    """Whether the payload's checksum matches."""
    return bool(_masked(data[start : start + size]) == _CRC.unpack_from(data, start + size)[0])


def _is_header(head: bytes) -> bool:
    return bool(_masked(head[:8]) == _CRC.unpack_from(head, 8)[0])


def _masked(data: bytes) -> int:
    crc = crc32c(data)
    return int(((crc >> 15 | crc << 17) + 0xA282EAD8) & 0xFFFFFFFF)


def _next_record(data: bytes, at: int) -> int:
    """Where the next sound header stands; lengths are below 4 GiB, so four zero bytes mark a candidate."""
    whole = np.frombuffer(data, np.uint8)
    while at + 12 <= len(data):
        window = whole[at : at + _WINDOW + 11]
        zero = window == 0
        places = np.flatnonzero(zero[4:-7] & zero[5:-6] & zero[6:-5] & zero[7:-4])
        heads = np.lib.stride_tricks.sliding_window_view(window, 12)[places]
        sums = np.ascontiguousarray(heads[:, 8:]).view("<u4")[:, 0]
        found = places[masked_crc32c(heads[:, :8]) == sums]
        if len(found):
            return at + int(found[0])
        at += _WINDOW
    return len(data)
