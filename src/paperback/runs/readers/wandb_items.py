"""The items of many messages of a W&B log at once: which key each has, and where its value stands."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from paperback.runs.readers.alike import alike, in_words, windows
from paperback.runs.readers.protobuf import BYTES, spans
from paperback.runs.readers.wandb_message import Path, path_of

JSON = b"\x82\x01"
_ITEM, _STEP, _STEP_NUMBER = 0x0A, 0x12, 0x08
_SHORT = 0x80
# What may stand behind the last byte that is looked for.
_MARGIN = b"\0" * 300
_NUMBER = np.isin(np.arange(256), list(b"-0123456789NI"))


class Keys(dict[bytes, int]):
    """Number of each encoded key, given when it is first asked for; `paths` holds what they say."""

    def __init__(self) -> None:
        super().__init__()
        self.paths: list[Path] = []

    def __missing__(self, key: bytes) -> int:
        self.paths.append(path_of(key))
        self[key] = len(self)
        return self[key]


@dataclass(frozen=True, slots=True, eq=False)
class Items:
    """The items of some messages, in order.

    Attributes:
        data: The bytes of the messages, one behind the other.
        rows: Which message each item is of.
        which: Number of its key; -1 where that cannot be read.
        starts: Where its value begins: JSON behind two bytes of tag and one of length.
        stops: Where its value ends.
        until: Where the items of each message end.
        ends: Where each message ends.
        plain: Which messages begin with sound items of short parts and hold nothing else up to `until`.
    """

    data: np.ndarray
    rows: np.ndarray
    which: np.ndarray
    starts: np.ndarray
    stops: np.ndarray
    until: np.ndarray
    ends: np.ndarray
    plain: np.ndarray

    def numbers(self, chosen: np.ndarray) -> np.ndarray | None:
        """The values of the chosen items as float64; None where one is no number."""
        starts = self.starts[chosen] + 3
        sizes = self.stops[chosen] - starts
        if not len(starts):
            return np.zeros(0)
        width = int(sizes.max())
        cells = windows(self.data, starts, width)
        cells *= np.arange(width, dtype=np.uint8) < sizes.astype(np.uint8)[:, None]
        try:
            return np.array([*map(float, cells.view(f"S{width}")[:, 0].tolist())])
        except ValueError:
            return None

    def are_numbers(self) -> np.ndarray:
        """Which items have a value that begins like a number and ends like text."""
        first, last = self.data[self.starts + 3], self.data[self.stops - 1]
        found: np.ndarray = (self.stops > self.starts + 3) & _NUMBER[first] & (last >= ord(" "))
        return found


def read_items(messages: Sequence[bytes], keys: Keys) -> Items:
    """The items of the messages; new keys are added to `keys`.

    The tag of the JSON tells where an item may be. It is one where the lengths before and behind it agree
    and it begins where the one before it ends.
    """
    data = np.frombuffer(b"".join((*messages, _MARGIN)), np.uint8)
    ends = np.cumsum([len(message) for message in messages])
    body = data[: -len(_MARGIN)]
    starts = np.flatnonzero((body == JSON[0]) & (data[1 : len(body) + 1] == JSON[1]))
    rows = np.searchsorted(ends, starts, side="right")
    stops = starts + 3 + data[starts + 2]
    begins, until = ends - np.diff(ends, prepend=0), ends.copy()
    counts = np.bincount(rows, minlength=len(ends))
    some = counts > 0
    lasts = np.cumsum(counts)[some] - 1
    until[some] = stops[lasts]
    firsts = lasts + 1 - counts[some]
    at = np.concatenate((stops[:1] * 0, stops[:-1]))
    at[firsts] = begins[some]
    sound = (data[at] == _ITEM) & (data[at + 1] < _SHORT) & (data[starts + 2] < _SHORT)
    sound &= (at + 2 + data[at + 1] == stops) & (at + 2 < starts) & (stops <= ends[rows])
    which = np.full(len(starts), -1)
    good = np.flatnonzero(sound)
    which[good] = _numbered(data, at[good] + 2, starts[good], keys)
    plain = some
    plain[rows[which < 0]] = False
    return Items(data, rows, which, starts, stops, until, ends, plain)


def _numbered(data: np.ndarray, begins: np.ndarray, ends: np.ndarray, keys: Keys) -> np.ndarray:
    """The number of the key between each two places; -1 where there is none."""
    found = np.full(len(begins), -1)
    widths = ends - begins
    for width in np.unique(widths):
        places = np.flatnonzero(widths == width)
        cells = windows(data, begins[places], int(width))
        first, same = alike(in_words(cells))
        texts = [cells[place].tobytes() for place in first]
        numbers = np.array([keys[text] if _is_key(text) else -1 for text in texts])
        found[places] = numbers[same]
    return found


def _is_key(text: bytes) -> bool:
    """Whether the bytes are the key of an item as it is encoded."""
    try:
        return all(number in (1, 2) and kind == BYTES for number, kind, _, _ in spans(text, 0, len(text)))
    except (IndexError, ValueError):
        return False


def steps_of(items: Items) -> tuple[np.ndarray, np.ndarray]:
    """The step behind the items of each message, and which messages end with one.

    It is left out where it is 0.
    """
    data, at, ends = items.data, items.until, items.ends
    at = np.minimum(at, ends)
    sizes = ends - at
    known = (sizes >= 2) & (sizes <= 13) & (data[at] == _STEP) & (data[at + 1] + 2 == sizes)
    known &= (sizes == 2) | (data[at + 2] == _STEP_NUMBER) & (sizes > 3)
    steps = np.zeros(len(at), np.uint64)
    for place in range(10):
        byte = data[at + 3 + place].astype(np.uint64)
        inside = place < sizes - 3
        steps |= np.where(inside, byte & np.uint64(0x7F), np.uint64(0)) << np.uint64(7 * place)
        known &= ~inside | ((byte > np.uint64(0x7F)) == (place < sizes - 4))
    return steps.view(np.int64), known
