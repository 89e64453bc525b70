"""CSV and TSV: the history of one run, or a table with one row per run."""

import csv
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from paperback.finding import Finding
from paperback.runs.lexicon import is_metric_name, is_setting_name
from paperback.runs.readers.leaves import SPLIT_KEYS, Leaves, make_series, number_in, step_key
from paperback.runs.readers.log import Log, LogFile, Record
from paperback.runs.readers.recognise import is_role_name, is_run_log
from paperback.runs.readers.rows import is_setting_column, records_of_rows

name = "CSV"
alone = True


def accepts(path: str, head: bytes) -> bool:
    """Whether the name ends in .csv or .tsv and the first lines name a metric, a step or a role."""
    if not path.lower().endswith((".csv", ".tsv")):
        return False
    if head.lstrip(b"\xef\xbb\xbf").startswith(b"#{"):
        return True
    first = head.decode("utf-8-sig", errors="replace").split("\n", 1)[0]
    columns = [column.strip().strip('"') for column in first.split(_separator(first))]
    return any(is_metric_name(column) for column in columns) or not head


def read(file: LogFile) -> Log:
    """One record per run; ragged rows are counted in one finding."""
    text = file.data.decode("utf-8-sig", errors="replace")
    if text.startswith("#{"):
        return _read_monitor(file, text)
    table = _parse(text, 1)
    keys = table.header
    if not keys or not (step_key(keys) or any(is_role_name(key) for key in keys) or file.declared):
        return Log(file, name)
    found = (
        [_history(file, table)] if _is_history(table) else records_of_rows(file, _rows(table), table.lines)
    )
    records = tuple(record for record in found if is_run_log(file, record))
    return Log(file, name, records, _findings(file, table.ragged) if records else ())


@dataclass(frozen=True, slots=True)
class _Table:
    header: list[str]
    rows: list[list[str]]
    lines: list[int]
    ragged: list[int]


def _read_monitor(file: LogFile, text: str) -> Log:
    """Stable-Baselines3's Monitor: a comment line with JSON, then one row per episode."""
    first, _, rest = text.partition("\n")
    leaves = Leaves(file)
    try:
        leaves.add(json.loads(first[1:]), section="settings")
    except (ValueError, RecursionError) as error:
        finding = Finding("unreadable-log", f"{file.path}:1: not JSON: {error}", (file.source(line=1),))
        return Log(file, name, findings=(finding,))
    table = _parse(rest, 2)
    series = _history(file, table, unit="episode").series
    return Log(file, name, (Record(params=leaves.params, series=series),), _findings(file, table.ragged))


def _parse(text: str, line: int) -> _Table:
    """Header, rows, their line numbers, and the numbers of rows that do not fit the header."""
    reader = csv.reader(text.splitlines(), delimiter=_separator(text.partition("\n")[0]))
    header: list[str] = []
    rows, lines, ragged = [], [], []
    try:
        for cells in reader:
            if not header:
                header = [cell.strip() for cell in cells]
            elif len(cells) != len(header):
                if cells:
                    ragged.append(line + reader.line_num - 1)
            # An appending logger may write its header again.
            elif cells != header and [cell.strip() for cell in cells] != header:
                rows.append(cells)
                lines.append(line + reader.line_num - 1)
    except csv.Error:
        ragged.append(line + reader.line_num - 1)
    return _Table(header, rows, lines, ragged)


def _is_history(table: _Table) -> bool:
    """Whether all rows belong to one run, so that whole columns can be read at once."""
    keys = [key.lower() for key in table.header]
    plain = not any(is_setting_column(key) or key in SPLIT_KEYS for key in table.header)
    return plain and len(set(keys)) == len(keys) and (len(table.rows) > 1 or step_key(keys) is not None)


def _history(file: LogFile, table: _Table, unit: str = "row") -> Record:
    """One series per column that holds numbers; an empty cell is no point."""
    columns = {
        key: _numbers(cells) for key, cells in zip(table.header, zip(*table.rows, strict=True), strict=False)
    }
    columns = {key: values for key, values in columns.items() if len(values[0])}
    axis = step_key(columns)
    steps = np.arange(len(table.rows), dtype=np.float64)
    if axis:
        places, values = columns[axis]
        finite = np.isfinite(values)
        steps[places[finite]] = values[finite]
    series = {
        key: make_series(file, key, steps[places], values, axis=axis or unit)
        for key, (places, values) in columns.items()
        if key != axis and len(places) and (not is_setting_name(key) or is_metric_name(key))
    }
    return Record(series=series)


def _numbers(cells: Sequence[str]) -> tuple[np.ndarray, np.ndarray]:
    """The rows in which the column holds a number, and the numbers."""
    try:
        return np.arange(len(cells)), np.array(list(map(float, cells)), np.float64)
    except ValueError:
        found = [
            (place, number) for place, cell in enumerate(cells) if (number := number_in(cell)) is not None
        ]
    return np.array([place for place, _ in found], np.int64), np.array([number for _, number in found])


def _rows(table: _Table) -> list[dict[str, Any]]:
    return [
        {key: _value(cell) for key, cell in zip(table.header, cells, strict=True) if cell.strip()}
        for cells in table.rows
    ]


def _separator(line: str) -> str:
    return max("\t;,", key=line.count) if any(sign in line for sign in "\t;,") else ","


def _value(cell: str) -> Any:
    word = cell.strip()
    number = number_in(word)
    if number is None:
        return {"true": True, "false": False}.get(word.lower(), word)
    return int(word) if word.lstrip("+-").isdigit() and len(word) < 16 else number


def _findings(file: LogFile, ragged: list[int]) -> tuple[Finding, ...]:
    if not ragged:
        return ()
    count = f"{len(ragged)} rows do not" if len(ragged) > 1 else "the row does not"
    message = f"{file.path}:{ragged[0]}: {count} fit the header, left out"
    return (Finding("unreadable-log", message, (file.source(line=ragged[0]),), "Mend or delete the row."),)
