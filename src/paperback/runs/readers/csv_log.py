"""CSV and TSV: the history of one run, or a table with one row per run."""

import json
import math
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from paperback.finding import Finding
from paperback.runs.lexicon import ITEM_NAMES, is_metric_name, is_setting_name
from paperback.runs.readers.csv_table import CsvTable, first_cells, parse_tables
from paperback.runs.readers.leaves import SPLIT_KEYS, Leaves, make_series, number_in, step_key
from paperback.runs.readers.log import Log, LogFile, Record
from paperback.runs.readers.long_form import columns_of_long_form, may_be_long
from paperback.runs.readers.recognise import has_log_name, in_log_folder, is_role_name, is_run_log
from paperback.runs.readers.rows import is_setting_column, item_column, records_of_rows
from paperback.runs.run import Series

name = "CSV"
alone = True


def accepts(path: str, head: bytes) -> bool:
    """Whether the name ends in .csv or .tsv and the first lines name a metric, a step or a role.

    A log whose header was lost, as after a restart, is accepted to be told.
    """
    if not path.lower().endswith((".csv", ".tsv")):
        return False
    if head.lstrip(b"\xef\xbb\xbf").startswith(b"#{"):
        return True
    columns = first_cells(head)
    named = any(is_metric_name(column) for column in columns) or may_be_long(columns)
    return named or not head or _lacks_header(path, columns)


def _lacks_header(path: str, columns: Sequence[str]) -> bool:
    """Whether what is named and placed like a log begins with numbers."""
    plain = len(columns) > 1 and all(number_in(column) is not None for column in columns if column)
    return plain and has_log_name(path) and in_log_folder(path)


def read(file: LogFile) -> Log:
    """One record per run; ragged rows are counted in one finding."""
    text = file.data.decode("utf-8-sig", errors="replace")
    if text.startswith("#{"):
        return _read_monitor(file, text)
    tables = parse_tables(text, 1)
    keys = tables[0].header
    if _lacks_header(file.path, keys):
        return Log(file, name, findings=(_no_header(file),))
    if not keys or not (step_key(keys) or any(map(_is_told, keys)) or file.declared):
        return Log(file, name)
    if all(_is_history(table) for table in tables):
        found = [_joined([_history(file, table) for table in tables])]
    else:
        found = [each for table in tables for each in records_of_rows(file, _rows(table), table.lines)]
    records = tuple(record for record in found if is_run_log(file, record))
    ragged = [line for table in tables for line in table.ragged]
    return Log(file, name, records, _findings(file, ragged) if records else ())


def _is_told(key: str) -> bool:
    """Whether a column says what a row is of: a run that plays a role, or an item."""
    return is_role_name(key) or key.lower() in ITEM_NAMES


def grow(file: LogFile, log: Log, size: int) -> Log | None:
    """The log of a file whose first `size` bytes gave `log`; None where new rows may change old ones.

    They do not where all are the history of one run, and steps go on being counted by the same column, or
    by complete rows.
    """
    is_monitor = file.data.startswith(b"#{")
    header = file.data.split(b"\n", 2)[1 if is_monitor else 0]
    if file.data[size - 1 : size] != b"\n" or len(log.records) != 1 or log.records[0].finals:
        return None
    (old,) = log.records
    text = (header.removesuffix(b"\r") + b"\n" + file.data[size:]).decode("utf-8-sig", errors="replace")
    tables = parse_tables(text, 1)
    if len(tables) != 1 or tables[0].ragged or not tables[0].rows or not _is_history(tables[0]):
        return None
    # Whether rows are items shows only when all are seen.
    if step_key(tables[0].header) is None and any(key.lower() in ITEM_NAMES for key in tables[0].header):
        return None
    new = _history(file, tables[0], unit="episode" if is_monitor else "row")
    axes = {series.axis for record in (old, new) for series in record.series.values()}
    if axes <= {"row", "episode"}:
        counts = {_counted(record) for record in (old, new)}
        offset = len(next(iter(old.series.values())).steps) if None not in counts else -1
    else:
        same = step_key(tables[0].header) == step_key([*old.series, *new.series, *axes])
        offset = 0 if same and _is_counted(tables[0]) else -1
    if len(axes) != 1 or offset < 0:
        return None
    later = {key: replace(series, steps=series.steps + offset) for key, series in new.series.items()}
    joined = _joined([old, replace(new, series=later)]).series
    series = {key: replace(joined[key], source=file.source(key)) for key in tables[0].header if key in joined}
    return Log(file, name, (replace(old, series=series),))


def _read_monitor(file: LogFile, text: str) -> Log:
    """Stable-Baselines3's Monitor: a comment line with JSON, then one row per episode."""
    first, _, rest = text.partition("\n")
    leaves = Leaves(file)
    try:
        leaves.add(json.loads(first[1:]), section="settings")
    except (ValueError, RecursionError) as error:
        finding = Finding("unreadable-log", f"{file.path}:1: not JSON: {error}", (file.source(line=1),))
        return Log(file, name, findings=(finding,))
    tables = parse_tables(rest, 2)
    series = _joined([_history(file, table, unit="episode") for table in tables]).series
    ragged = [line for table in tables for line in table.ragged]
    return Log(file, name, (Record(params=leaves.params, series=series),), _findings(file, ragged))


def _joined(records: Sequence[Record]) -> Record:
    """The histories of several tables of one run, one behind the other."""
    if len(records) == 1:
        return records[0]
    parts: dict[str, list[Series]] = {}
    for record in records:
        for key, series in record.series.items():
            parts.setdefault(key, []).append(series)
    return replace(records[0], series={key: _behind(found) for key, found in parts.items()})


def _behind(parts: Sequence[Series]) -> Series:
    steps = np.concatenate([part.steps for part in parts])
    return replace(parts[0], steps=steps, values=np.concatenate([part.values for part in parts]))


def _counted(record: Record) -> int | None:
    """The number of rows, where every column of the record holds a number in each; else None."""
    lengths = {len(series.steps) for series in record.series.values()}
    plain = all(bool((s.steps == np.arange(len(s.steps))).all()) for s in record.series.values())
    return next(iter(lengths)) if len(lengths) == 1 and plain else None


def _is_history(table: CsvTable) -> bool:
    """Whether all rows belong to one run, so that whole columns can be read at once."""
    keys = [key.lower() for key in table.header]
    if may_be_long(keys) and columns_of_long_form(_rows(table)):
        return False
    plain = not any(is_setting_column(key) or key in SPLIT_KEYS for key in table.header)
    if plain and step_key(keys) is None and not ITEM_NAMES.isdisjoint(keys):
        return item_column(_rows(table), table.header, ()) is None
    return plain and len(set(keys)) == len(keys) and (len(table.rows) > 1 or step_key(keys) is not None)


def _history(file: LogFile, table: CsvTable, unit: str = "row") -> Record:
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


def _rows(table: CsvTable) -> list[dict[str, Any]]:
    return [
        {key: _value(cell) for key, cell in zip(table.header, cells, strict=True) if cell.strip()}
        for cells in table.rows
    ]


def _value(cell: str) -> Any:
    word = cell.strip()
    number = number_in(word)
    if number is None:
        return {"true": True, "false": False}.get(word.lower(), word)
    return int(word) if word.lstrip("+-").isdigit() and len(word) < 16 else number


def _is_counted(table: CsvTable) -> bool:
    """Whether every row has its step: one without is counted by its place in the whole file."""
    place = table.header.index(step_key(table.header) or table.header[0])
    found = [number_in(cells[place]) for cells in table.rows]
    return all(step is not None and math.isfinite(step) for step in found)


def _no_header(file: LogFile) -> Finding:
    message = f"{file.path}:1: the first line is no header, so nobody knows what the columns are"
    return Finding("unreadable-log", message, (file.source(line=1),), "Write the header into the first line.")


def _findings(file: LogFile, ragged: list[int]) -> tuple[Finding, ...]:
    if not ragged:
        return ()
    count = f"{len(ragged)} rows do not" if len(ragged) > 1 else "the row does not"
    message = f"{file.path}:{ragged[0]}: {count} fit the header, left out"
    return (Finding("unreadable-log", message, (file.source(line=ragged[0]),), "Mend or delete the row."),)
