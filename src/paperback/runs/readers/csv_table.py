"""The tables of a CSV or TSV file: their columns, rows, and the rows that do not fit."""

import csv
import re
from collections.abc import Sequence
from dataclasses import dataclass

from paperback.runs.readers.leaves import number_in, step_key

# A row that begins with a number is no header, which is seen before anything else is looked at.
_NAME = re.compile(r"\s*[^\W\d]")


@dataclass(frozen=True, slots=True)
class CsvTable:
    """One header and what stands below it.

    Attributes:
        header: Names of the columns.
        rows: Cells of each row, as many as columns.
        lines: Line number of each row.
        ragged: Line numbers of the rows that have more or fewer cells.
    """

    header: list[str]
    rows: list[list[str]]
    lines: list[int]
    ragged: list[int]


def parse_tables(text: str, line: int) -> list[CsvTable]:
    """The tables of a file whose first line has the number `line`.

    Another table begins where a row names other columns, as where a logger adds one later.
    """
    reader = csv.reader(text.splitlines(), delimiter=_separator(text.partition("\n")[0]))
    tables = [CsvTable([], [], [], [])]
    table = tables[0]
    try:
        for cells in reader:
            if not table.header:
                table.header.extend(cell.strip() for cell in cells)
            # An appending logger may write its header again.
            elif cells == table.header or not cells:
                continue
            elif _NAME.match(cells[0]) and _is_header(cells, table.header):
                names = [cell.strip() for cell in cells]
                if names != table.header:
                    table = CsvTable(names, [], [], [])
                    tables.append(table)
            elif len(cells) != len(table.header):
                table.ragged.append(line + reader.line_num - 1)
            else:
                table.rows.append(cells)
                table.lines.append(line + reader.line_num - 1)
    except csv.Error:
        table.ragged.append(line + reader.line_num - 1)
    return list(map(_without_index, tables))


def _without_index(table: CsvTable) -> CsvTable:
    """The table without a first column that only counts the rows, as pandas writes it."""
    named = table.header[:1] in ([""], ["Unnamed: 0"]) and all(table.header[1:])
    if not named or len(table.header) < 2 or not all(cells[0].strip().isdigit() for cells in table.rows):
        return table
    return CsvTable(table.header[1:], [cells[1:] for cells in table.rows], table.lines, table.ragged)


def _is_header(cells: Sequence[str], header: Sequence[str]) -> bool:
    """Whether a row names columns: words only, each once, among them steps or a column of the table."""
    names = [cell.strip() for cell in cells]
    words = len(names) > 1 and all(names) and len(set(names)) == len(names)
    if not words or any(number_in(name) is not None for name in names):
        return False
    return step_key(names) is not None or names[0] in header


def _separator(line: str) -> str:
    return max("\t;,", key=line.count) if any(sign in line for sign in "\t;,") else ","


def first_cells(head: bytes) -> list[str]:
    """The cells of the first line."""
    first = head.decode("utf-8-sig", errors="replace").split("\n", 1)[0]
    return [column.strip().strip('"') for column in first.split(_separator(first))]
