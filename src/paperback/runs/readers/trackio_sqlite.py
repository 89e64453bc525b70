"""Trackio's project database: one run per id, or per name where an older version knew no ids."""

import json
import sqlite3
from collections import defaultdict
from typing import Any

import numpy as np

from paperback.finding import Finding
from paperback.runs.readers.leaves import flatten, number_of
from paperback.runs.readers.log import Log, LogFile, Record
from paperback.runs.run import Scalar, Series

name = "Trackio database"
TABLES = frozenset({"metrics", "configs"})


def read_tables(file: LogFile, connection: sqlite3.Connection) -> Log:
    """One record per run; Trackio keeps no status."""
    columns = {row[1] for row in connection.execute("PRAGMA table_info(metrics)")}
    if not columns >= {"run_name", "step", "metrics"}:
        return Log(file, name)
    key = "run_id" if "run_id" in columns else "run_name"
    labels: dict[str, str] = {}
    points: dict[str, dict[str, tuple[list[int], list[float]]]] = defaultdict(dict)
    bad = 0
    order = "id" if "id" in columns else "rowid"
    query = f"SELECT {key}, run_name, step, metrics FROM metrics ORDER BY {order}"
    for run, label, step, data in connection.execute(query):
        labels.setdefault(str(run), str(label))
        values = _json(data)
        if not isinstance(values, dict) or not isinstance(step, int):
            bad += 1
            continue
        _add(points[str(run)], step, values)
    settings = _settings(connection)
    records = tuple(
        _record(file, run, labels[run], points[run], settings.get(run, {})) for run in sorted(labels)
    )
    return Log(file, name, records, _told(file, bad))


def _add(points: dict[str, tuple[list[int], list[float]]], step: int, values: dict[str, Any]) -> None:
    for key, value in flatten(values).items():
        number = number_of(value)
        if number is not None:
            steps, numbers = points.setdefault(key, ([], []))
            steps.append(step)
            numbers.append(number)


def _record(
    file: LogFile,
    run: str,
    label: str,
    points: dict[str, tuple[list[int], list[float]]],
    settings: dict[str, Any],
) -> Record:
    params: dict[str, Scalar] = {"trackio.name": label}
    for key, value in flatten(settings).items():
        if not key.startswith("_"):
            is_scalar = value is None or isinstance(value, (str, int, float, bool))
            params[key] = value if is_scalar else json.dumps(value)
    if settings.get("_Group"):
        params["trackio.group"] = str(settings["_Group"])
    started = settings.get("_Created")
    return Record(
        name=run,
        params=params,
        series={
            key: Series(
                np.array(steps, np.int64), np.array(values, np.float64), "step", file.source(f"{run}/{key}")
            )
            for key, (steps, values) in sorted(points.items())
        },
        run=f"trackio:{run}",
        facts={"started": str(started)} if started else {},
    )


def _settings(connection: sqlite3.Connection) -> dict[str, dict[str, Any]]:
    columns = {row[1] for row in connection.execute("PRAGMA table_info(configs)")}
    key = "run_id" if "run_id" in columns else "run_name"
    rows = connection.execute(f"SELECT {key}, config FROM configs") if "config" in columns else ()
    return {str(run): found for run, data in rows if isinstance(found := _json(data), dict)}


def _json(data: Any) -> Any:
    try:
        return json.loads(data)
    except (ValueError, TypeError, RecursionError):
        return None


def _told(file: LogFile, bad: int) -> tuple[Finding, ...]:
    if not bad:
        return ()
    message = f"{file.path}: {bad} rows of metrics cannot be read"
    return (Finding("unreadable-log", message, (file.source(),), "Copy the database again."),)
