"""MLflow's tracking database, the default store since MLflow 3.7."""

import sqlite3
from collections import defaultdict
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import numpy as np

from paperback.finding import Finding
from paperback.runs.readers.log import Log, LogFile
from paperback.runs.readers.mlflow_points import Points, read_at_once
from paperback.runs.readers.mlflow_run import MlflowRun, record_of
from paperback.runs.run import Final, Series

name = "MLflow database"
TABLES = frozenset({"experiments", "runs", "metrics", "params", "tags"})
_POINTS = (
    "SELECT rowid, run_uuid, key, {step}, CASE {is_nan} WHEN 0 THEN value END FROM metrics "
    "WHERE {step} IS NOT NULL AND value IS NOT NULL AND {is_nan} IS NOT NULL AND rowid > ? ORDER BY rowid"
)
# Columns that were added to the schema after its first version.
_LATER = ("step", "is_nan")
_AT_ONCE = 50_000
_BEFORE_ALL = -(2**63)
# What a page that cannot be read gives; no memory is left for a row that says to be longer than any.
DAMAGE = (sqlite3.DatabaseError, MemoryError)
# MLflow stores infinities as the largest number, and NaN as 0 with a flag.
_LARGEST = np.finfo(np.float64).max


def read_tables(file: LogFile, connection: sqlite3.Connection) -> Log:
    """One record per run that was not deleted; its final metrics are those of the last step.

    Of a damaged database it is what SQLite can still read.
    """
    damage: list[str] = []
    runs = _runs(connection, damage)
    _add_pairs(connection, runs, damage)
    gone = [run for run in runs.values() if run.is_deleted]
    kept = {key: run for key, run in runs.items() if not run.is_deleted}
    parents = {run.tags.get("mlflow.parentRunId") for run in kept.values()}
    finals = _finals(file, connection, damage)
    records = []
    points = _points(connection, damage)
    histories = {} if points is None else _series(file, points)
    for key, run in kept.items():
        series = histories.get(key, {})
        # The run above a sweep only holds the sweep's runs together.
        if series or key not in parents:
            records.append(record_of(run, series, finals.get(key, {}), named=True))
    read = 0 if points is None else len(points.which)
    return Log(file, name, tuple(records), (*_deleted(file, gone), *_damaged(file, damage, read)))


def _until_damage(
    connection: sqlite3.Connection, query: str, damage: list[str], *values: int
) -> Iterator[tuple[Any, ...]]:
    """The rows before the first page that cannot be read; what SQLite says of it is added to `damage`."""
    try:
        yield from connection.execute(query, values)
    except DAMAGE as error:
        damage.append(str(error) or "a row of no size")


def _runs(connection: sqlite3.Connection, damage: list[str]) -> dict[str, MlflowRun]:
    names = dict(_until_damage(connection, "SELECT experiment_id, name FROM experiments", damage))
    label = "name" if "name" in _columns(connection, "runs") else "NULL"
    query = (
        f"SELECT run_uuid, {label}, experiment_id, status, start_time, end_time, lifecycle_stage "
        "FROM runs ORDER BY start_time, run_uuid"
    )
    return {
        str(row[0]): MlflowRun(
            id=str(row[0]),
            name=str(row[1] or ""),
            experiment=str(names.get(row[2], row[2])),
            status=row[3],
            start=row[4],
            end=row[5],
            is_deleted=row[6] == "deleted",
        )
        for row in _until_damage(connection, query, damage)
    }


def _columns(connection: sqlite3.Connection, table: str) -> set[str]:
    return {str(row[1]) for row in connection.execute(f"PRAGMA table_info({table})")}


def _later(connection: sqlite3.Connection) -> dict[str, str]:
    """Columns of the points, or what stands for them in a schema that has none."""
    known = _columns(connection, "metrics")
    return {name: name if name in known else "0" for name in _LATER}


def _add_pairs(connection: sqlite3.Connection, runs: Mapping[str, MlflowRun], damage: list[str]) -> None:
    for table in ("params", "tags"):
        query = f"SELECT run_uuid, key, value FROM {table} ORDER BY rowid"
        for run, key, value in _until_damage(connection, query, damage):
            if run in runs:
                (runs[run].params if table == "params" else runs[run].tags)[str(key)] = str(value)


def _points(connection: sqlite3.Connection, damage: list[str]) -> Points | None:
    """The points of every run in one pass, whatever indices the database has."""
    points = read_at_once(connection)
    if points is not None:
        return points
    try:
        return _read_rows(connection)
    except DAMAGE:
        return _read_from_both_ends(connection, damage)


def _series(file: LogFile, points: Points) -> dict[str, dict[str, Series]]:
    """The histories of every run, in the order of logging."""
    values = _values(points.stored, np.isnan(points.stored))
    # Short numbers are sorted by counting.
    which = points.which.astype(np.uint16) if len(points.names) < 2**16 else points.which
    order = np.argsort(which, kind="stable")
    ends = np.searchsorted(which[order], np.arange(len(points.names) + 1))
    found: dict[str, dict[str, Series]] = defaultdict(dict)
    for (run, key), number in sorted((tuple(map(_text, pair)), n) for n, pair in enumerate(points.names)):
        mine = order[ends[number] : ends[number + 1]]
        series = Series(points.steps[mine], values[mine], "step", file.source(f"{run}/{key}"))
        found[run][key] = series
    return found


def _read_rows(connection: sqlite3.Connection) -> Points | None:
    """The points by SQLite, row by row, from whatever schema and file.

    Raises:
        sqlite3.DatabaseError: A page is damaged.
    """
    numbers: dict[tuple[Any, Any], int] = {}
    query = _POINTS.format(**_later(connection))
    with _bytes_of(connection):
        cursor = connection.execute(query, (_BEFORE_ALL,))
        parts = [_taken(rows, numbers) for rows in iter(lambda: cursor.fetchmany(_AT_ONCE), [])]
    return _joined(parts, numbers)


def _read_from_both_ends(connection: sqlite3.Connection, damage: list[str]) -> Points | None:
    """The points before the first page that cannot be read, and those behind the last one.

    The row next to such a page is lost with it, because Python's cursor reads one row ahead.
    """
    query = _POINTS.format(**_later(connection))
    with _bytes_of(connection):
        rows = list(_until_damage(connection, query, damage, _BEFORE_ALL))
        last = rows[-1][0] if rows else _BEFORE_ALL
        rows += list(_until_damage(connection, f"{query} DESC", damage, last))[::-1]
    numbers: dict[tuple[Any, Any], int] = {}
    return _joined([_taken(rows, numbers)] if rows else [], numbers)


@contextmanager
def _bytes_of(connection: sqlite3.Connection) -> Iterator[None]:
    """Text comes as bytes: run and key stand in every row, and are made text once for each series."""
    as_text, connection.text_factory = connection.text_factory, bytes
    try:
        yield
    finally:
        connection.text_factory = as_text


def _taken(
    rows: list[tuple[Any, ...]], numbers: dict[tuple[Any, Any], int]
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Series, step and stored value of each row; a new series is added to `numbers`."""
    _, runs, keys, steps, stored = zip(*rows, strict=True)
    which = [numbers.setdefault(pair, len(numbers)) for pair in zip(runs, keys, strict=True)]
    # NumPy takes columns much faster than rows, and None for NaN.
    return np.array(which), np.array(steps, np.int64), np.array(stored, np.float64)


def _joined(
    parts: list[tuple[np.ndarray, np.ndarray, np.ndarray]], numbers: dict[tuple[Any, Any], int]
) -> Points | None:
    if not parts:
        return None
    which, steps, stored = (np.concatenate(column) for column in zip(*parts, strict=True))
    return Points(tuple(numbers), which, steps, stored)


def _text(value: Any) -> str:
    return value.decode(errors="replace") if isinstance(value, bytes) else str(value)


def _values(stored: np.ndarray, is_nan: np.ndarray) -> np.ndarray:
    values = np.where(np.abs(stored) >= _LARGEST, np.copysign(np.inf, stored), stored)
    return np.where(is_nan, np.nan, values)


def _finals(file: LogFile, connection: sqlite3.Connection, damage: list[str]) -> dict[str, dict[str, Final]]:
    """The value at the last step, of equal steps the latest, of equal times the largest: MLflow's rule."""
    later = _later(connection)
    query = (
        f"SELECT run_uuid, key, value, {later['is_nan']} FROM metrics "
        f"ORDER BY {later['step']} + 0, timestamp, {later['is_nan']} + 0, value"
    )
    tables = {row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type='table'")}
    if "latest_metrics" in tables:
        query = "SELECT run_uuid, key, value, is_nan FROM latest_metrics"
    finals: dict[str, dict[str, Final]] = defaultdict(dict)
    for run, key, value, is_nan in _until_damage(connection, query, damage):
        number = _values(np.array([value or 0.0], np.float64), np.array([bool(is_nan)]))[0]
        finals[run][str(key)] = Final(float(number), file.source(f"{run}/{key}"))
    return finals


def _deleted(file: LogFile, gone: list[MlflowRun]) -> Iterator[Finding]:
    if gone:
        shown = ", ".join(run.name or run.id for run in gone[:5]) + (" and more" if len(gone) > 5 else "")
        message = f"{file.path}: {len(gone)} deleted runs are left out: {shown}"
        yield Finding("deleted-run", message, (file.source(),), "Restore them in MLflow if they count.")


def _damaged(file: LogFile, damage: list[str], points: int) -> Iterator[Finding]:
    if damage:
        why = "; ".join(dict.fromkeys(damage))
        message = (
            f"{file.path}: the database is damaged ({why}): something is lost, {points:,} points are read"
        )
        mend = "Copy the database again, or have SQLite write what it can still read: sqlite3 OLD .recover."
        yield Finding("damaged-log", message, (file.source(),), mend)
