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
# `offset`: byte of the damage; `reason`: one phrase; `until`: where reading went on.
Damage = tuple[int, str, int]


@dataclass(slots=True)
class Records:
    """The records of an event file; `damages` fills while they are read.

    Attributes:
        data: The bytes of the file.
        at: Byte at which reading begins; afterwards the end of the last whole record, from which a file
            that has grown is read on.
        damages: What could not be read.
    """

    data: bytes
    at: int = 0
    damages: list[Damage] = field(default_factory=list)

    def batches(self) -> Iterator[np.ndarray]:
        """Where the next records of sound length stand; shape (n, 2): start and size of the payload."""
        # Lengths come back: a header that was found sound needs no second check.
        known: dict[bytes, int] = {}
        starts: list[int] = []
        trial = _TRIAL
        while self.at < len(self.data):
            size = self._size(known)
            if size is None:
                yield _places(starts, self.at)
                if not self._skip(starts):
                    return
                starts.clear()
                continue
            starts.append(self.at)
            self.at += size
            if len(starts) < trial:
                continue
            foreseen = self._foreseen(starts)
            trial = _TRIAL if len(foreseen) else min(2 * trial, _BATCH)
            if len(foreseen) or len(starts) == _BATCH:
                yield np.concatenate((_places(starts, starts[-1] + size), foreseen))
                starts.clear()
        yield _places(starts, self.at)

    def _size(self, known: dict[bytes, int]) -> int | None:
        """Bytes of the record here, its frame included; None where it is damaged or not whole."""
        head = self.data[self.at : self.at + 12]
        size = known.get(head)
        if size is None:
            if len(head) < 12 or _masked(head[:8]) != _CRC.unpack_from(head, 8)[0]:
                return None
            size = known[head] = int(_HEADER.unpack(head)[0]) + _FRAME
        return size if self.at + size <= len(self.data) else None

    def _skip(self, starts: list[int]) -> bool:
        """Note the damage here and go on behind it; False where the file ends inside a record."""
        at, end = self.at, len(self.data)
        head = self.data[at : at + 12]
        if len(head) < 12:
            self.damages.append((at, "the file ends inside a record's header", end))
            return False
        if _masked(head[:8]) == _CRC.unpack_from(head, 8)[0]:
            # A record of which bytes were cut out near the end swallows whole ones; a cut end holds none.
            self.at = _next_record(self.data, at + 1)
            is_end = self.at == end
            reason = "the file ends inside a record" if is_end else "a record lost bytes"
            self.damages.append((at, reason, self.at))
            return not is_end
        # A record that lost bytes ends too late: what follows it stands inside.
        if starts and not is_sound(self.data, starts[-1] + 12, at - starts[-1] - _FRAME):
            at = starts[-1]
        self.at = _next_record(self.data, at + 1)
        self.damages.append((at, "the length of a record is damaged", self.at))
        return True

    def _foreseen(self, starts: list[int]) -> np.ndarray:
        """The records that repeat the headers of the last period, checked all at once; none without a period.

        Programs log the same tags at every step, so the sizes of the records come back in a cycle.
        """
        recent = np.array([*starts[-2 * _PERIOD :], self.at])
        sizes = np.diff(recent)
        period = next((p for p in range(1, _PERIOD + 1) if _repeats(sizes, p)), 0)
        if not period:
            return np.zeros((0, 2), np.int64)
        offsets, stride = recent[-period - 1 : -1] - self.at, int(recent[-1] - recent[-period - 1])
        count = min((len(self.data) - self.at) // stride, _BATCH // period)
        whole = np.lib.stride_tricks.sliding_window_view(np.frombuffer(self.data, np.uint8), 12)
        at = (self.at + stride * np.arange(1, count + 1)[:, None] + offsets).ravel()
        same = (whole[at].reshape(count, period, 12) == whole[self.at + offsets]).all(axis=2).ravel()
        good = len(at) if same.all() else int(same.argmin())
        ends = np.append(at, at[-1] + sizes[-1]) if count else np.array([self.at])
        self.at = int(ends[good])
        return _places(ends[:good], self.at)


def _places(starts: Sequence[int] | np.ndarray, until: int) -> np.ndarray:
    ends = np.append(np.array(starts, np.int64), until)
    return np.stack((ends[:-1] + 12, np.diff(ends) - _FRAME), axis=1)


def _repeats(sizes: np.ndarray, period: int) -> bool:
    return 2 * period <= len(sizes) and bool((sizes[period:] == sizes[:-period]).all())


def is_sound(data: bytes, start: int, size: int) -> bool:
    """Whether the payload's checksum matches."""
    return bool(_masked(data[start : start + size]) == _CRC.unpack_from(data, start + size)[0])


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
