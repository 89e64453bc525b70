"""Tables in long form, where one column names a metric and another holds its value."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from paperback.runs.lexicon import is_metric_name, word_set
from paperback.runs.readers.leaves import number_in, number_of
from paperback.runs.run import text

# What the column of names is called; under the others, most of its words must be known as metrics.
_NAMES = (
    "metric",
    "metric_name",
    "metrics",
    "measure",
    "measure_name",
    "score_name",
    "scorer",
    "eval_metric",
)
_LOOSE = ("variable", "tag", "key", "name")
_VALUES = ("metric_value", "value", "values", "result", "score")
# A column of these belongs to the value beside it.
_SPREADS = word_set("std stddev stderr std_err sem stdev")
_MOST = 200


def may_be_long(keys: Iterable[str]) -> bool:
    """Whether columns of these names may tell a metric and its value."""
    known = {key.lower() for key in keys}
    return not known.isdisjoint((*_NAMES, *_LOOSE)) and not known.isdisjoint(_VALUES)


def widened(rows: Sequence[dict[str, Any]], lines: Sequence[int]) -> tuple[list[dict[str, Any]], list[int]]:
    """The rows with each metric under its own name, and the line of each.

    Rows that agree in all else become one, as do the metrics of one run; a name that comes a second time
    begins another row. Rows that are not in long form come back as they are.

    Args:
        rows: With dotted keys, in the order they were logged.
        lines: Line or row number of each.
    """
    columns = columns_of_long_form(rows)
    if columns is None:
        return list(rows), list(lines)
    wide: list[dict[str, Any]] = []
    starts: list[int] = []
    places: dict[tuple[tuple[str, str], ...], int] = {}
    for row, line in zip(rows, lines, strict=True):
        told, measured = _parted(row, *columns)
        same = tuple(sorted((key, text(v) if not isinstance(v, list) else str(v)) for key, v in told.items()))
        place = places.get(same)
        if place is None or not measured.keys().isdisjoint(wide[place]):
            place = places[same] = len(wide)
            wide.append(dict(told))
            starts.append(line)
        wide[place] |= measured
    return wide, starts


def columns_of_long_form(rows: Sequence[Mapping[str, Any]]) -> tuple[str, str] | None:
    """The column of names and the one of values; None where the rows are not in long form."""
    keys = dict.fromkeys(key for row in rows for key in row)
    if not may_be_long(keys):
        return None
    lower = {key.lower(): key for key in keys}
    values = [lower[name] for name in _VALUES if name in lower]
    value = next((key for key in values if _are_numbers(row.get(key) for row in rows)), None)
    for name in (*_NAMES, *_LOOSE):
        key = lower.get(name)
        if value and key and _are_names([row[key] for row in rows if row.get(key) is not None], name):
            return key, value
    return None


def _are_numbers(cells: Iterable[Any]) -> bool:
    known = [cell for cell in cells if cell is not None]
    return bool(known) and all(_number(cell) is not None for cell in known)


def _number(cell: Any) -> float | None:
    number = number_of(cell)
    return number_in(cell) if number is None and isinstance(cell, str) else number


def _are_names(cells: Sequence[Any], column: str) -> bool:
    """Whether the cells are words, and few; of a column that may hold anything, most must be metrics."""
    names = {cell for cell in cells if isinstance(cell, str)}
    words = bool(names) and all(isinstance(c, str) and c.strip() and number_in(c) is None for c in cells)
    if not words or len(names) > _MOST:
        return False
    return column in _NAMES or 2 * sum(map(is_metric_name, names)) > len(names)


def _parted(row: Mapping[str, Any], name: str, value: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """What the row says of the run, and what was measured.

    A table may hold a metric in a column of its own besides, which then counts.
    """
    told = {key: cell for key, cell in row.items() if key not in (name, value)}
    metric = row.get(name)
    if metric is None:
        return told, {}
    measured = {} if row.get(value) is None or metric in told else {metric: row[value]}
    for key in [key for key in told if key.lower() in _SPREADS]:
        measured[f"{metric}_{key}"] = told.pop(key)
    return told, measured
