"""A table of an SQLite file read page by page, all rows at once: a statement gives one after the other.

After "Database File Format", sqlite.org/fileformat2.html. Whatever is not as plain as expected gives None,
and the caller asks SQLite itself.
"""

import os
import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from paperback.runs.readers.alike import alike, windows

_MAGIC = b"SQLite format 3\0"
_INTERIOR, _LEAF = 5, 13
_DEEPEST = 20
_MOST_LAYOUTS = 500
# Pages that are looked at together, and bytes behind them, so that what begins near their end can be read.
_TOGETHER = 512
_MARGIN = 64
_WIDTHS = {0: 0, 1: 1, 2: 2, 3: 3, 4: 4, 5: 6, 6: 8, 7: 8, 8: 0, 9: 0}
# What keeps the first bytes of eight, by their number.
_FIRST = np.array([2 ** (8 * count) - 1 for count in range(9)], np.uint64)
# Serial types that NumPy has.
_TYPES = {1: ">i1", 2: ">i2", 4: ">i4", 6: ">i8", 7: ">f8"}


@dataclass(frozen=True, slots=True, eq=False)
class Rows:
    """Rows of one layout: where each column stands is the same for all.

    Attributes:
        places: Which rows of some pages they are, in ascending order.
        cells: Shape (rows, bytes), uint8: what each row holds, column after column.
        kinds: Serial type of each column.
        offsets: Where each column begins in `cells`.
    """

    places: np.ndarray
    cells: np.ndarray
    kinds: tuple[int, ...]
    offsets: tuple[int, ...]

    def numbers(self, column: int) -> np.ndarray | None:
        """The column as float64 or int64, as it is stored; None where it holds text, bytes or nothing."""
        kind = self.kinds[column]
        if kind in (8, 9):
            return np.full(len(self.cells), kind - 8, np.int64)
        if not 1 <= kind <= 7:
            return None
        width = _WIDTHS[kind]
        cells = self._cells(column, width)
        if kind in _TYPES:
            return cells.view(_TYPES[kind])[:, 0].astype(np.float64 if kind == 7 else np.int64)
        whole = np.zeros((len(cells), 8), np.uint8)
        whole[:, 8 - width :] = cells
        # A negative number of few bytes has all the bits before them set.
        whole[:, : 8 - width] = np.where(cells[:, :1] > 0x7F, 0xFF, 0)
        return whole.view(">i8")[:, 0].astype(np.int64)

    def text(self, column: int) -> np.ndarray | None:
        """The texts of a column, one row of bytes each; None where it holds anything else."""
        kind = self.kinds[column]
        return None if kind < 13 or kind % 2 == 0 else self._cells(column, (kind - 13) // 2)

    def _cells(self, column: int, width: int) -> np.ndarray:
        return self.cells[:, self.offsets[column] : self.offsets[column] + width]


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


def _leaf_cells(data: np.ndarray, count: int, file: _File) -> tuple[np.ndarray, np.ndarray] | None:
    """Where each row of the leaf pages begins, and where the usable part of its page ends."""
    pages = data[: count * file.page].reshape(count, file.page)
    found = _pointers(pages, 8)
    if found is None or np.any(pages[:, 0] != _LEAF):
        return None
    within, which = found
    begins = which * file.page
    return (begins + within, begins + file.usable) if np.all((within >= 8) & (within < file.usable)) else None


def _pointers(pages: np.ndarray, head: int) -> tuple[np.ndarray, np.ndarray] | None:
    """Where each cell begins, counted from its page, and its page; None for a page of none or of too many.

    Args:
        pages: Shape (pages, bytes), uint8.
        head: Bytes before the first pointer.
    """
    counts = pages[:, 3].astype(np.int64) << 8 | pages[:, 4]
    most = int(counts.max())
    if not counts.all() or head + 2 * most > pages.shape[1]:
        return None
    pointers = pages[:, head : head + 2 * most].view(">u2")
    within = pointers[np.arange(most) < counts[:, None]].astype(np.int64)
    return within, np.repeat(np.arange(len(pages)), counts)


def _children(data: np.ndarray, page: int) -> list[int]:
    """The pages below the interior page; page 0, which is none, for a cell beyond it."""
    found = _pointers(data[None, :page], 12)
    if found is None:
        return [0]
    cells = np.append(found[0], 8)
    children: list[int] = windows(data, np.minimum(cells, page), 4).view(">u4")[:, 0].tolist()
    return [0 if cell > page - 4 else child for cell, child in zip(cells.tolist(), children, strict=True)]


def _laid_out(
    data: np.ndarray, starts: np.ndarray, ends: np.ndarray, *, columns: int
) -> tuple[int, list[Rows]] | None:
    """The rows by layout; None where one does not lie whole in its page."""
    length, at = _lengths(data, starts)
    at = _behind(data, at)
    if np.any(at + length > ends):
        return None
    heads = windows(data, at, 8)
    if np.any(heads[:, 0] > 8):
        return None
    # The first byte is the length of the head; what stands behind it belongs to the row.
    first, which = alike([heads.view("<u8")[:, 0] & _FIRST[heads[:, 0]]])
    if len(first) > _MOST_LAYOUTS:
        return None
    found = []
    for number, row in enumerate(first.tolist()):
        places = np.flatnonzero(which == number)
        kinds, head = _serial_types(heads[row].tolist()), int(heads[row, 0])
        if len(kinds) != columns:
            return None
        widths = [_WIDTHS.get(kind, (kind - 12) // 2) for kind in kinds]
        offsets = tuple(sum(widths[:place]) for place in range(columns))
        if np.any(length[places] != head + sum(widths)):
            return None
        cells = windows(data, at[places] + head, sum(widths))
        found.append(Rows(places, cells, tuple(kinds), offsets))
    return len(starts), found


def _serial_types(head: list[int]) -> list[int]:
    """The serial types in the first bytes of a row, of which the first says how many there are."""
    kinds, value = [], 0
    for byte in head[1 : head[0]]:
        value = value << 7 | byte & 0x7F
        if byte < 0x80:
            kinds.append(value)
            value = 0
    # 10 and 11 are kept for the future.
    return [] if {10, 11} & set(kinds) else kinds


def _lengths(data: np.ndarray, at: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
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


def _behind(data: np.ndarray, at: np.ndarray) -> np.ndarray:
    """Where the numbers of variable length at the places end."""
    end = at.copy()
    more = data[end] > 0x7F
    # The ninth byte is the last one whatever it holds.
    for _ in range(8):
        if not more.any():
            break
        end += more
        more &= data[end] > 0x7F
    return end + 1
