"""The history of a W&B run: rows of values under keys, as columns."""

from array import array
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from math import isfinite

import numpy as np

from paperback.runs.readers.leaves import flatten, number_of
from paperback.runs.readers.log import LogFile
from paperback.runs.readers.wandb_items import JSON, Keys, read_items, steps_of
from paperback.runs.readers.wandb_media import is_inside, without_media
from paperback.runs.readers.wandb_message import (
    UNREADABLE,
    Path,
    items,
    path_of,
    prefix_of,
    step_of,
    value_of,
)
from paperback.runs.run import Series

_TOGETHER = 1000
_MOST = 2**62


@dataclass(frozen=True, slots=True, eq=False)
class _Column:
    """One key of the history: the rows that have it, and its values there."""

    path: Path
    rows: np.ndarray
    values: np.ndarray


@dataclass(slots=True)
class History:
    """What the rows told so far.

    Attributes:
        unreadable: Rows that cannot be understood.
    """

    unreadable: int = 0
    _waiting: list[bytes] = field(default_factory=list)
    _steps: list[int | None] = field(default_factory=list)
    _keys: Keys = field(default_factory=Keys)
    # Number of the key, row and value of each cell: of many plain rows at once, and of all others.
    _parts: list[tuple[np.ndarray, np.ndarray, np.ndarray]] = field(default_factory=list)
    _which: "array[int]" = field(default_factory=lambda: array("q"))
    _rows: "array[int]" = field(default_factory=lambda: array("q"))
    _values: "array[float]" = field(default_factory=lambda: array("d"))

    def add(self, row: bytes) -> None:
        """Take in one row."""
        self._waiting.append(row)
        if len(self._waiting) >= _TOGETHER:
            self._read()

    def series(self, file: LogFile, axes: Mapping[str, str]) -> Iterator[tuple[str, Series]]:
        """Key and history of every metric; `axes` are the step metrics that were declared for some."""
        columns = self._columns()
        steps = self._row_steps(columns)
        dense = {".".join(column.path): column for column in columns}
        media = {column.path[:-1] for column in columns if column.path[-1] == "_type"}
        for key, column in dense.items():
            if not len(column.values) or is_inside(column.path, media):
                continue
            axis = _axis(key, axes)
            at, unit = steps[column.rows], "step"
            if axis and axis in dense and axis != key:
                at, unit = _along(dense[axis], column, at, axis)
            yield key, Series(at, column.values, unit, file.source(key))

    def _read(self) -> None:
        """Take in the rows that wait: plain ones all at once, the others one by one."""
        waiting, self._waiting = self._waiting, []
        begin = len(self._steps)
        found = read_items(waiting, self._keys)
        steps, known = steps_of(found)
        plain = found.plain & known
        plain[found.rows[~found.are_numbers()]] = False
        chosen = np.flatnonzero(plain[found.rows])
        numbers = found.numbers(chosen)
        if numbers is None:
            plain[:] = False
        else:
            self._parts.append((found.which[chosen], begin + found.rows[chosen], numbers))
        self._steps += [
            step if sure else None for step, sure in zip(steps.tolist(), plain.tolist(), strict=True)
        ]
        for row in np.flatnonzero(~plain).tolist():
            try:
                self._add_row(begin + row, waiting[row])
            except UNREADABLE:
                self.unreadable += 1

    def _add_row(self, row: int, history: bytes) -> None:
        for key, at, stop in items(history):
            if key is None:
                self._steps[row] = step_of(history[at:stop])
            else:
                self._add_value(row, key, history[at:stop])

    def _add_value(self, row: int, key: bytes, value: bytes) -> None:
        """A value: a number, typed or in JSON, or a dictionary of numbers."""
        # The key is known from now on, because what has a `_type` is no metric.
        self._keys[key]
        if len(value) > 3 and value[:2] == JSON and value[2] < 0x80:
            # As in plain rows: -0 is no integer.
            with suppress(ValueError):
                self._put(row, key, float(value[3:]))
                return
        found = value_of(value)
        if isinstance(found, dict):
            for inner, item in flatten(without_media(found)).items():
                if (number := number_of(item)) is not None:
                    self._put(row, prefix_of((*path_of(key), *inner.split("."))), number)
        elif (number := number_of(found)) is not None:
            self._put(row, key, number)

    def _put(self, row: int, key: bytes, number: float) -> None:
        self._which.append(self._keys[key])
        self._rows.append(row)
        self._values.append(number)

    def _columns(self) -> list[_Column]:
        """What was added, key by key; empty where all values of a key are text."""
        if self._waiting:
            self._read()
        single = (np.array(self._which, np.int64), np.array(self._rows, np.int64), np.array(self._values))
        which, rows, values = (np.concatenate(part) for part in zip(*self._parts, single, strict=True))
        if len(self._which):
            order = np.lexsort((rows, which))
        else:
            # Short numbers are sorted by counting; the rows are in order already.
            order = np.argsort(which.astype(np.uint16) if len(self._keys) < 2**16 else which, kind="stable")
        ends = np.cumsum(np.bincount(which, minlength=len(self._keys)))
        columns = []
        for path, end, begin in zip(self._keys.paths, ends, [0, *ends], strict=False):
            mine = order[begin:end]
            columns.append(_Column(path, rows[mine], values[mine]))
        return columns

    def _row_steps(self, columns: list[_Column]) -> np.ndarray:
        """The step of each row; where rows have none, the key `_step` counts, else their number."""
        logged = next((column for column in columns if column.path == ("_step",)), None)
        pairs = zip(logged.rows.tolist(), logged.values.tolist(), strict=True) if logged else ()
        known = {row: value for row, value in pairs if isfinite(value)}
        steps = [int(known.get(row, row)) if step is None else step for row, step in enumerate(self._steps)]
        return np.array([min(max(step, -_MOST), _MOST) for step in steps], np.int64)


def _axis(key: str, axes: Mapping[str, str]) -> str:
    if key in axes:
        return axes[key]
    return next((axis for glob, axis in axes.items() if "*" in glob and fnmatchcase(key, glob)), "")


def _along(axis: _Column, column: _Column, steps: np.ndarray, name: str) -> tuple[np.ndarray, str]:
    """The values of the declared step metric in the column's rows, where all of them are whole numbers."""
    known = dict(zip(axis.rows.tolist(), axis.values.tolist(), strict=True))
    found = [known.get(row) for row in column.rows.tolist()]
    if any(value is None or not value.is_integer() or abs(value) > _MOST for value in found):
        return steps, "step"
    return np.array(found, np.float64).astype(np.int64), name.rsplit("/", 1)[-1].rsplit(".", 1)[-1]
