"""MLflow's tracking database, the default store since MLflow 3.7."""

import sqlite3
from collections import defaultdict
from collections.abc import Iterator, Mapping
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
    "SELECT run_uuid, key, {step}, CASE {is_nan} WHEN 0 THEN value END FROM metrics "
    "WHERE {step} IS NOT NULL AND value IS NOT NULL AND {is_nan} IS NOT NULL ORDER BY rowid"
)
# Columns that were added to the schema after its first version.
_LATER = ("step", "is_nan")
_AT_ONCE = 50_000
# MLflow stores infinities as the largest number, and NaN as 0 with a flag.
_LARGEST = np.finfo(np.float64).max


def read_tables(file: LogFile, connection: sqlite3.Connection) -> Log:
    """One record per run that was not deleted; its final metrics are those of the last step."""
    names = dict(connection.execute("SELECT experiment_id, name FROM experiments").fetchall())
    runs = _runs(connection, names)
    _add_pairs(connection, runs)
    gone = [run for run in runs.values() if run.is_deleted]
    kept = {key: run for key, run in runs.items() if not run.is_deleted}
    parents = {run.tags.get("mlflow.parentRunId") for run in kept.values()}
    finals = _finals(file, connection)
    records = []
    histories = _series(file, connection)
    for key, run in kept.items():
        series = histories.get(key, {})
        # The run above a sweep only holds the sweep's runs together.
        if series or key not in parents:
            records.append(record_of(run, series, finals.get(key, {}), named=True))
    return Log(file, name, tuple(records), _findings(file, gone))


def _runs(connection: sqlite3.Connection, names: Mapping[Any, str]) -> dict[str, MlflowRun]:
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
        for row in connection.execute(query)
    }


def _columns(connection: sqlite3.Connection, table: str) -> set[str]:
    return {str(row[1]) for row in connection.execute(f"PRAGMA table_info({table})")}


def _later(connection: sqlite3.Connection) -> dict[str, str]:
    """Columns of the points, or what stands for them in a schema that has none."""
    known = _columns(connection, "metrics")
    return {name: name if name in known else "0" for name in _LATER}


def _add_pairs(connection: sqlite3.Connection, runs: Mapping[str, MlflowRun]) -> None:
    for table in ("params", "tags"):
        for run, key, value in connection.execute(f"SELECT run_uuid, key, value FROM {table} ORDER BY rowid"):
            if run in runs:
                (runs[run].params if table == "params" else runs[run].tags)[str(key)] = str(value)


def _series(file: LogFile, connection: sqlite3.Connection) -> dict[str, dict[str, Series]]:
    """The histories of every run, in the order of logging: one pass, whatever indices the database has."""
    points = read_at_once(connection) or _read_rows(connection)
    if points is None:
        return {}
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
    """The same by SQLite, row by row, from whatever schema and file."""
    numbers: dict[tuple[Any, Any], int] = {}
    parts: list[tuple[np.ndarray, np.ndarray, np.ndarray]] = []
    later = _later(connection)
    # Run and key stand in every row: their text is made of the bytes once for each series.
    as_text, connection.text_factory = connection.text_factory, bytes
    cursor = connection.execute(_POINTS.format(**later))
    while rows := cursor.fetchmany(_AT_ONCE):
        runs, keys, steps, stored = zip(*rows, strict=True)
        which = [numbers.setdefault(pair, len(numbers)) for pair in zip(runs, keys, strict=True)]
        # NumPy takes columns much faster than rows, and None for NaN.
        parts.append((np.array(which), np.array(steps, np.int64), np.array(stored, np.float64)))
    connection.text_factory = as_text
    if not parts:
        return None
    which_, steps_, stored_ = (np.concatenate(column) for column in zip(*parts, strict=True))
    return Points(tuple(numbers), which_, steps_, stored_)


def _text(value: Any) -> str:
    return value.decode(errors="replace") if isinstance(value, bytes) else str(value)


def _values(stored: np.ndarray, is_nan: np.ndarray) -> np.ndarray:
    values = np.where(np.abs(stored) >= _LARGEST, np.copysign(np.inf, stored), stored)
    return np.where(is_nan, np.nan, values)


def _finals(file: LogFile, connection: sqlite3.Connection) -> dict[str, dict[str, Final]]:
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
    for run, key, value, is_nan in connection.execute(query):
        number = _values(np.array([value or 0.0], np.float64), np.array([bool(is_nan)]))[0]
        finals[run][str(key)] = Final(float(number), file.source(f"{run}/{key}"))
    return finals


def _findings(file: LogFile, gone: list[MlflowRun]) -> tuple[Finding, ...]:
    return tuple(_deleted(file, gone))


def _deleted(file: LogFile, gone: list[MlflowRun]) -> Iterator[Finding]:
    if gone:
        shown = ", ".join(run.name or run.id for run in gone[:5]) + (" and more" if len(gone) > 5 else "")
        message = f"{file.path}: {len(gone)} deleted runs are left out: {shown}"
        yield Finding("deleted-run", message, (file.source(),), "Restore them in MLflow if they count.")
