"""The points of MLflow's database, taken from the pages of its file."""

import sqlite3
from dataclasses import dataclass
from typing import Any

import numpy as np

from paperback.runs.readers.sqlite_pages import Rows, alike, read_pages

_TEXTS, _NUMBERS = ("run_uuid", "key"), ("step", "value", "is_nan")
_FEW = 64
# Odd numbers without a pattern: powers of the one that Knuth takes for a linear congruential generator.
_FACTORS = np.array([pow(6364136223846793005, power, 2**64) for power in range(1, 513)], np.uint64)


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
    texts = rows.texts([columns[name] for name in _TEXTS])
    if texts is None:
        return None
    width = (rows.kinds[columns["run_uuid"]] - 13) // 2
    first, same = _groups(_hashes(texts))
    if not bool((texts[first[same]] == texts).all()):
        return None
    pairs = [(row[:width].tobytes(), row[width:].tobytes()) for row in texts[first]]
    known = np.array([numbers.setdefault(pair, len(numbers)) for pair in pairs], np.int64)
    found: np.ndarray = known[same]
    return found


def _groups(hashes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """A place of each different number, and which of them each place has."""
    first: list[int] = []
    same = np.empty(len(hashes), np.int64)
    # Few are found one by one sooner than all are sorted.
    for places in alike(hashes):
        same[places] = len(first)
        first.append(int(places[0]))
        if len(first) > _FEW:
            _, begins, which = np.unique(hashes, return_index=True, return_inverse=True)
            return begins, which
    return np.array(first, np.int64), same


def _hashes(texts: np.ndarray) -> np.ndarray:
    """A number for each row of bytes, which differs where the rows do but for a chance of 2^-64."""
    words = np.zeros((len(texts), -(-texts.shape[1] // 8) * 8), np.uint8)
    words[:, : texts.shape[1]] = texts
    factors = np.resize(_FACTORS, words.shape[1] // 8)
    hashed: np.ndarray = (words.view(np.uint64) * factors).sum(axis=1, dtype=np.uint64)
    return hashed
