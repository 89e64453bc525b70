"""A table of an SQLite file read page by page, all rows at once: a statement gives one after the other.

After "Database File Format", sqlite.org/fileformat2.html. Whatever is not as plain as expected gives None,
and the caller asks SQLite itself.
"""

import os
import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from paperback.runs.readers.alike import windows

_MAGIC = b"SQLite format 3\0"
_INTERIOR, _LEAF = 5, 13
_DEEPEST = 20
_MOST_LAYOUTS = 500
# Pages that are looked at together, and bytes behind them, so that what begins near their end can be read.
_TOGETHER = 256
_MARGIN = 64
# For a number of bytes, the bits that these hold of a word.
_FIRST_BYTES = np.array([2 ** (8 * size) - 1 for size in range(9)], np.uint64)
_WIDTHS = {0: 0, 1: 1, 2: 2, 3: 3, 4: 4, 5: 6, 6: 8, 7: 8, 8: 0, 9: 0}


@dataclass(frozen=True, slots=True, eq=False)
class Rows:
    """Rows of one layout: where each column stands is the same for all.

    Attributes:
        data: The bytes of some pages, for as long as no others are asked for.
        places: Which rows of these pages they are, in ascending order.
        body: Where the columns of each begin.
        kinds: Serial type of each column.
        offsets: Where each column begins, counted from `body`.
    """

    data: np.ndarray
    places: np.ndarray
    body: np.ndarray
    kinds: tuple[int, ...]
    offsets: tuple[int, ...]

    def numbers(self, column: int) -> np.ndarray | None:
        """The column as float64 or int64, as it is stored; None where it holds text, bytes or nothing."""
        kind = self.kinds[column]
        if kind in (8, 9):
            return np.full(len(self.body), kind - 8, np.int64)
        if not 1 <= kind <= 7:
            return None
        width = _WIDTHS[kind]
        cells = self._cells(column, width)
        if kind == 7:
            return cells.view(">f8")[:, 0].astype(np.float64)
        if width in (1, 2, 4, 8):
            return cells.view(f">i{width}")[:, 0].astype(np.int64)
        whole = np.zeros((len(cells), 8), np.uint8)
        whole[:, 8 - width :] = cells
        # A negative number of few bytes has all the bits before them set.
        whole[:, : 8 - width] = np.where(cells[:, :1] > 0x7F, 0xFF, 0)
        return whole.view(">i8")[:, 0].astype(np.int64)

    def texts(self, columns: Sequence[int]) -> np.ndarray | None:
        """The texts of the columns beside each other, one row of bytes each; None where one is no text."""
        if any(self.kinds[column] < 13 or self.kinds[column] % 2 == 0 for column in columns):
            return None
        widths = [(self.kinds[column] - 13) // 2 for column in columns]
        return np.hstack([self._cells(*pair) for pair in zip(columns, widths, strict=True)])

    def _cells(self, column: int, width: int) -> np.ndarray:
        return windows(self.data, self.body + self.offsets[column], width)


@dataclass(frozen=True, slots=True)
class _File:
    """An open file of pages, of which the last bytes of each may be kept for other uses."""

    number: int
    page: int
    usable: int
    pages: int

    def read(self, wanted: Sequence[int], into: np.ndarray) -> bool:
        """Whether all of the pages are there; they are put beside each other."""
        view = into.data
        for place, number in enumerate(wanted):
            part = view[place * self.page : (place + 1) * self.page]
            if os.preadv(self.number, [part], (number - 1) * self.page) != self.page:
                return False
        return True


def read_pages(connection: sqlite3.Connection, table: str) -> Iterator[tuple[int, list[Rows]] | None]:
    """The number of rows in the next pages of the table, and these rows by layout, in the order of pages.

    None, and then nothing more, where a journal waits beside the file, where a row is too long for its page,
    or anything is odd.
    """
    place = connection.execute("PRAGMA database_list").fetchone()[2]
    found = connection.execute("SELECT rootpage FROM sqlite_master WHERE name = ?", (table,)).fetchone()
    columns = len(connection.execute(f"PRAGMA table_info({table})").fetchall())
    if not place or found is None or any(os.path.exists(f"{place}{end}") for end in ("-wal", "-journal")):
        yield None
        return
    try:
        with open(place, "rb") as stream:
            yield from _batches(stream.fileno(), int(found[0]), columns)
    except OSError:
        yield None


def _batches(number: int, root: int, columns: int) -> Iterator[tuple[int, list[Rows]] | None]:
    file = _described(number)
    leaves = _leaves(file, root) if file else None
    if file is None or leaves is None:
        yield None
        return
    data = np.zeros(_TOGETHER * file.page + _MARGIN, np.uint8)
    for begin in range(0, len(leaves), _TOGETHER):
        wanted = leaves[begin : begin + _TOGETHER]
        batch = None
        if file.read(wanted, data):
            cells = _leaf_cells(data, len(wanted), file)
            batch = None if cells is None else _laid_out(data, *cells, columns=columns)
        yield batch
        if batch is None:
            return


def _described(number: int) -> _File | None:
    """The file as its head describes it; None where it is no database in UTF-8 of whole pages."""
    head, size = os.pread(number, 100, 0), os.fstat(number).st_size
    if len(head) < 100 or head[:16] != _MAGIC or head[56:60] != b"\0\0\0\1":
        return None
    page = int.from_bytes(head[16:18], "big")
    page = 65536 if page == 1 else page
    usable = page - head[20]
    sound = page >= 512 and not page & page - 1 and usable >= 480 and size % page == 0
    return _File(number, page, usable, size // page) if sound else None


def _leaves(file: _File, root: int) -> list[int] | None:
    """The numbers of the leaf pages below the root, in order: all stand at one depth."""
    level = [root]
    data = np.zeros(file.page + _MARGIN, np.uint8)
    for _ in range(_DEEPEST):
        if not level or len(level) > file.pages or min(level) < 2 or max(level) > file.pages:
            return None
        below: list[int] = []
        for place, number in enumerate(level):
            if not file.read([number], data):
                return None
            if data[0] == _LEAF and place == 0:
                return level
            if data[0] != _INTERIOR:
                return None
            below += _children(data, file.page)
        level = below
    return None


def _leaf_cells(data: np.ndarray, pages: int, file: _File) -> tuple[np.ndarray, np.ndarray] | None:
    """Where each row of the leaf pages begins, and where the usable part of its page ends."""
    begins = np.arange(pages) * file.page
    if np.any(data[begins] != _LEAF):
        return None
    starts, which = _pointers(data, begins, 8)
    within = starts - begins[which]
    return (starts, begins[which] + file.usable) if np.all((within >= 8) & (within < file.usable)) else None


def _pointers(data: np.ndarray, begins: np.ndarray, head: int) -> tuple[np.ndarray, np.ndarray]:
    """Where each cell of the pages begins, and the page of each."""
    counts = data[begins + 3].astype(np.int64) << 8 | data[begins + 4]
    which = np.repeat(np.arange(len(begins)), counts)
    within = np.arange(len(which)) - np.repeat(np.cumsum(counts) - counts, counts)
    at = np.minimum(begins[which] + head + 2 * within, len(data) - 2)
    return begins[which] + (data[at].astype(np.int64) << 8 | data[at + 1]), which


def _children(data: np.ndarray, page: int) -> list[int]:
    """The pages below the interior page; page 0, which is none, for a cell beyond it."""
    cells, _ = _pointers(data, np.zeros(1, np.int64), 12)
    cells = np.append(cells, 8)
    found: list[int] = windows(data, np.minimum(cells, page), 4).view(">u4")[:, 0].tolist()
    return [0 if cell > page - 4 else child for cell, child in zip(cells.tolist(), found, strict=True)]


def _laid_out(
    data: np.ndarray, starts: np.ndarray, ends: np.ndarray, *, columns: int
) -> tuple[int, list[Rows]] | None:
    """The rows by layout; None where one does not lie whole in its page."""
    length, at = _varints(data, starts)
    _, at = _varints(data, at)
    if np.any(at + length > ends):
        return None
    heads = windows(data, at, 8)
    if heads[:, 0].max(initial=0) > 8:
        return None
    # The first byte is the length of the head; what stands behind it belongs to the row.
    words = heads.view("<u8")[:, 0] & _FIRST_BYTES[heads[:, 0]]
    found = []
    for places in _same(words):
        head = heads[places[0], : heads[places[0], 0]].tolist()
        kinds = _serial_types(head)
        if len(kinds) != columns:
            return None
        widths = [_WIDTHS.get(kind, (kind - 12) // 2) for kind in kinds]
        offsets = [sum(widths[:place]) for place in range(columns)]
        if np.any(length[places] != len(head) + sum(widths)):
            return None
        found.append(Rows(data, places, at[places] + len(head), tuple(kinds), tuple(offsets)))
        if len(found) > _MOST_LAYOUTS:
            return None
    return len(starts), found


def _same(words: np.ndarray) -> Iterator[np.ndarray]:
    """The places of equal words, word by word: there are few different ones."""
    left = np.arange(len(words))
    while len(left):
        same = words[left] == words[left[0]]
        yield left[same]
        left = left[~same]


def _serial_types(head: list[int]) -> list[int]:
    """The serial types in the head of a row, of which the first byte says how many bytes it has."""
    kinds, value = [], 0
    for byte in head[1:]:
        value = value << 7 | byte & 0x7F
        if byte < 0x80:
            kinds.append(value)
            value = 0
    # 10 and 11 are kept for the future.
    return [] if {10, 11} & set(kinds) else kinds


def _varints(data: np.ndarray, at: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The numbers of SQLite's variable length at the places, and where they end."""
    first = data[at]
    value, end = (first & 0x7F).astype(np.int64), at + 1
    more = np.flatnonzero(first > 0x7F)
    for _ in range(7):
        if not len(more):
            break
        byte = data[end[more]]
        value[more] = value[more] << 7 | (byte & 0x7F)
        end[more] += 1
        more = more[byte > 0x7F]
    # The ninth byte counts whole; so large a number is no row of ours.
    value[more] = 2**62
    return value, end
