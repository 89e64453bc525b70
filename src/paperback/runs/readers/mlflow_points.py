"""The points of MLflow's database, taken from the pages of its file."""

import sqlite3
from dataclasses import dataclass
from typing import Any

import numpy as np

from paperback.runs.readers.alike import alike, in_words
from paperback.runs.readers.sqlite_pages import Rows, read_pages

_TEXTS, _NUMBERS = ("run_uuid", "key"), ("step", "value", "is_nan")


@dataclass(frozen=True, slots=True, eq=False)
class Points:
    """All points of a database, in the order of logging.

    Attributes:
        names: Run and key of each series.
        which: Number of the series that each point belongs to.
        steps: Step of each point, int64.
        stored: Value of each as it is stored, float64; NaN where it is marked as such.
    """

    names: tuple[tuple[Any, Any], ...]
    which: np.ndarray
    steps: np.ndarray
    stored: np.ndarray


def read_at_once(connection: sqlite3.Connection) -> Points | None:
    """The points of the table `metrics`; None where it is not laid out as MLflow lays it out now."""
    columns = {str(row[1]): row[0] for row in connection.execute("PRAGMA table_info(metrics)")}
    if not {*_TEXTS, *_NUMBERS} <= columns.keys():
        return None
    numbers: dict[tuple[bytes, bytes], int] = {}
    parts = []
    for batch in read_pages(connection, "metrics"):
        part = None if batch is None else _columns(*batch, columns, numbers)
        if part is None:
            return None
        parts.append(part)
    if not any(len(part[0]) for part in parts):
        return None
    which, steps, stored = (np.concatenate(column) for column in zip(*parts, strict=True))
    return Points(tuple(numbers), which, steps, stored)


def _columns(
    count: int, layouts: list[Rows], columns: dict[str, int], numbers: dict[tuple[bytes, bytes], int]
) -> tuple[np.ndarray, np.ndarray, np.ndarray] | None:
    """Series, step and value of each row of some pages; None where a row holds what a point does not."""
    which, steps = np.empty(count, np.int64), np.empty(count, np.int64)
    stored = np.empty(count, np.float64)
    for rows in layouts:
        named = _named(rows, columns, numbers)
        step, value, is_nan = (rows.numbers(columns[name]) for name in _NUMBERS)
        if named is None or step is None or value is None or is_nan is None or step.dtype != np.int64:
            return None
        which[rows.places], steps[rows.places] = named, step
        stored[rows.places] = np.where(is_nan == 0, value, np.nan)
    return which, steps, stored


def _named(rows: Rows, columns: dict[str, int], numbers: dict[tuple[bytes, bytes], int]) -> np.ndarray | None:
    """The number of each row's series; a new one is added to `numbers`."""
    run, key = (rows.text(columns[name]) for name in _TEXTS)
    if run is None or key is None:
        return None
    first, same = alike(in_words(run) + in_words(key))
    pairs = [(run[row].tobytes(), key[row].tobytes()) for row in first.tolist()]
    known = np.array([numbers.setdefault(pair, len(numbers)) for pair in pairs], np.int64)
    found: np.ndarray = known[same]
    return found
