"""How a table fits the page: size of type, broken headers, and panels one above the other."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from math import ceil

from paperback.render.cells import cell_words
from paperback.story.table import Cell, CodeCell, MathCell, Table, TextCell

_WIDE = frozenset("mwMWÆŒæœ@%")
_SLIM = frozenset("iljtfrI.,:;'|!()[]/ ")
_TYPEWRITER = 0.55
_NUMERAL = re.compile(r"[-+−]?[\d.,]+(?:e[-+]?\d+)?\s?%?|[–—]?")
# Size of type, gap, whether headers are broken, and how much of the usual width long words may take.
_WAYS = (
    (9, 12, False, 1.0),
    (9, 10, True, 1.0),
    (9, 7, True, 1.0),
    (8, 8, True, 1.0),
    (8, 6, True, 1.0),
    (8, 6, True, 0.78),
)
_WIDEST_STUB = 0.36
_WIDEST_TEXT = 0.34
# Where a name may be broken: behind a sign, and where a capital begins a further word of it.
_BREAKS = re.compile(r"(?<=[_.\-])(?=\w)|(?<=[a-z])(?=[A-Z][a-z])")


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table in print.

    Attributes:
        index: Which of `Table.columns`.
        header: Its header, line by line; the unit is the last line where there is one.
        numeric: Set flush right.
        width: In points, where its words must be broken; None for as wide as its content.
    """

    index: int
    header: tuple[str, ...]
    numeric: bool
    width: float | None


@dataclass(frozen=True, slots=True)
class Layout:
    """How a table is set.

    Attributes:
        size: Of the type, in points.
        gap: Between two columns, in points.
        stub: Width of the column of row names, where they must be broken; None for as wide as they are.
        panels: Columns of each panel, from top to bottom; one panel where the table fits.
    """

    size: float
    gap: float
    stub: float | None
    panels: tuple[tuple[Column, ...], ...]


def lay_out(table: Table, width: float) -> Layout:
    """The first of an ordered list of ways to set the table that fits `width` points.

    Large type, then broken headers, then narrow gaps, then smaller type, then narrower columns of words; at
    last the columns are dealt over panels that repeat the row names. Type never goes below 8 points. Widths
    are estimated from the letters.
    """
    for size, gap, broken, widest in _WAYS:
        stub, widths = _widths(table, size, width * widest, broken=broken)
        if stub + sum(widths) + gap * len(widths) <= width:
            columns = tuple(
                _column(table, i, size, width * widest, broken=broken) for i in range(len(widths))
            )
            spare = width - stub - sum(widths) - gap * len(widths)
            return Layout(size, gap, _stub_limit(table, size, width * widest), (_widened(columns, spare),))
    return _in_panels(table, 8, 8, width)


def rules_before(table: Table) -> frozenset[int]:
    """The rows above which a rule sets highlighted rows apart."""
    marked = [name in table.highlight for name, _ in table.rows]
    return frozenset(row for row, (before, here) in enumerate(pairwise(marked), start=1) if before != here)


def text_width(words: str, size: float) -> float:
    """Estimated width of `words` in points, on the safe side for a book face."""
    return size * sum(_em(character) for character in words)


def _em(character: str) -> float:
    if character in _SLIM:
        return 0.36
    if character in _WIDE or character in "±−×":
        return 0.85
    if character.isdigit():
        return 0.52
    if ord(character) > 0x2E80:
        return 1.6
    return 0.74 if character.isupper() else 0.52


def _widened(columns: tuple[Column, ...], spare: float) -> tuple[Column, ...]:
    """The columns, with what is left of the page dealt out to those whose words must be broken."""
    narrow = sum(column.width is not None for column in columns)
    return tuple(
        replace(column, width=column.width + 0.9 * spare / narrow) if column.width is not None else column
        for column in columns
    )


def is_numeric(table: Table, index: int) -> bool:
    """Whether a column holds numbers, also where they are written as words: it is set flush right."""
    cells = [row[index] for _, row in table.rows]
    words = [cell.words for cell in cells if isinstance(cell, TextCell)]
    return not any(isinstance(cell, CodeCell | MathCell) for cell in cells) and all(
        _NUMERAL.fullmatch(w) for w in words
    )


def _body_width(table: Table, index: int, size: float) -> float:
    return max((_cell_width(table, row[index], size) for _, row in table.rows), default=size)


def _cell_width(table: Table, cell: Cell, size: float) -> float:
    words = cell_words(cell, table)
    return size * _TYPEWRITER * len(words) if isinstance(cell, CodeCell) else text_width(words, size)


def _header(table: Table, index: int, size: float, *, broken: bool) -> tuple[str, ...]:
    unit = table.units[index] if index < len(table.units) else ""
    whole = table.columns[index]
    lines = _wrap(whole, _body_width(table, index, size) + size, size) if broken else (whole,)
    return (*lines, f"({unit})") if unit else lines


def _wrap(words: str, room: float, size: float) -> tuple[str, ...]:
    lines: list[str] = []
    for word in words.split():
        glue = " "
        for part in [
            piece for whole in _BREAKS.split(word) for piece in _cut(whole, max(room, 5 * size), size)
        ]:
            if lines and text_width(lines[-1] + glue + part, size) <= room:
                lines[-1] += glue + part
            else:
                lines.append(part)
            glue = ""
    return tuple(lines) or ("",)


def _cut(word: str, room: float, size: float) -> list[str]:
    if text_width(word, size) <= room:
        return [word]
    step = max(4, int(len(word) * room / text_width(word, size)))
    return [word[start : start + step] for start in range(0, len(word), step)]


def _stub_limit(table: Table, size: float, width: float) -> float | None:
    names = [table.stub, *(name for name, _ in table.rows)]
    return _WIDEST_STUB * width if max(text_width(n, size) for n in names) > _WIDEST_STUB * width else None


def _column(table: Table, index: int, size: float, width: float, *, broken: bool) -> Column:
    body = _body_width(table, index, size)
    limit = _WIDEST_TEXT * width if body > _WIDEST_TEXT * width else None
    return Column(index, _header(table, index, size, broken=broken), is_numeric(table, index), limit)


def _widths(table: Table, size: float, width: float, *, broken: bool) -> tuple[float, list[float]]:
    limit = _stub_limit(table, size, width)
    names = [table.stub, *(name for name, _ in table.rows)]
    stub = limit if limit is not None else max(text_width(name, size) for name in names)
    widths = []
    for index in range(len(table.columns)):
        column = _column(table, index, size, width, broken=broken)
        body = column.width if column.width is not None else _body_width(table, index, size)
        widths.append(max(body, *(text_width(line, size) for line in column.header)))
    return stub, widths


def _in_panels(table: Table, size: float, gap: float, width: float) -> Layout:
    stub, widths = _widths(table, size, width, broken=True)
    room = width - stub
    count = ceil((sum(widths) + gap * len(widths)) / room)
    while any(sum(widths[i] + gap for i in deal) > room for deal in _deal(len(widths), count)):
        if count >= len(widths):
            break
        count += 1
    columns = [_column(table, index, size, width, broken=True) for index in range(len(widths))]
    panels = tuple(tuple(columns[i] for i in deal) for deal in _deal(len(widths), count))
    return Layout(size, gap, _stub_limit(table, size, width), panels)


def _deal(total: int, count: int) -> Sequence[range]:
    step = ceil(total / min(count, total))
    return [range(start, min(start + step, total)) for start in range(0, total, step)]
