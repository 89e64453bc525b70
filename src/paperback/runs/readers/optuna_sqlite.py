"""Optuna's study database: one run per trial."""

import json
import sqlite3
from typing import Any

from paperback.runs.readers.log import Log, LogFile
from paperback.runs.readers.optuna_trial import NAMES, Study, Trial, parameter, record_of

name = "Optuna database"
TABLES = frozenset({"studies", "trials", "trial_params", "trial_values"})
_INFINITE = {"INF_POS": float("inf"), "INF_NEG": float("-inf"), "NAN": float("nan")}


def read_tables(file: LogFile, connection: sqlite3.Connection) -> Log:
    """One record per trial that was begun; a choice is the choice itself, not its number."""
    studies = _studies(connection)
    trials = _trials(connection, studies)
    for trial, key, value, distribution in connection.execute(
        "SELECT trial_id, param_name, param_value, distribution_json FROM trial_params ORDER BY param_id"
    ):
        if trial in trials:
            trials[trial].params[str(key)] = parameter(value, str(distribution))
    _add_values(connection, trials)
    for trial, key, text in connection.execute("SELECT trial_id, key, value_json FROM trial_user_attributes"):
        if trial in trials:
            trials[trial].attributes[str(key)] = _json(text)
    return Log(file, name, tuple(record_of(file, trial) for trial in trials.values()))


def _studies(connection: sqlite3.Connection) -> dict[Any, Study]:
    rows = connection.execute("SELECT study_id, study_name FROM studies ORDER BY study_id")
    studies = {row[0]: Study(str(row[1])) for row in rows}
    for study, place, direction in _rows(
        connection, "study_directions", ("study_id", "objective", "direction")
    ):
        if study in studies:
            studies[study].directions[place or 0] = str(direction)
    for study, key, text in _rows(connection, "study_user_attributes", ("study_id", "key", "value_json")):
        if study in studies:
            studies[study].attributes[str(key)] = _json(text)
    for study, key, text in _rows(connection, "study_system_attributes", ("study_id", "key", "value_json")):
        if study in studies and key == NAMES and isinstance(names := _json(text), list):
            studies[study].names = [str(name) for name in names]
    return studies


def _trials(connection: sqlite3.Connection, studies: dict[Any, Study]) -> dict[Any, Trial]:
    trials = {}
    columns = ("trial_id", "number", "study_id", "state", "datetime_start", "datetime_complete")
    for trial, number, study, state, start, end in _rows(connection, "trials", columns):
        if study in studies and state != "WAITING":
            place = trial if number is None else number
            trials[trial] = Trial(studies[study], place, str(state), str(start or ""), str(end or ""))
    return trials


def _add_values(connection: sqlite3.Connection, trials: dict[Any, Trial]) -> None:
    for trial, place, value, kind in _rows(
        connection, "trial_values", ("trial_id", "objective", "value", "value_type")
    ):
        number = _INFINITE.get(str(kind), value)
        if trial in trials and isinstance(number, (int, float)):
            trials[trial].values[place or 0] = float(number)
    columns = ("trial_id", "step", "intermediate_value", "intermediate_value_type")
    for trial, step, value, kind in _rows(connection, "trial_intermediate_values", columns):
        # A NaN that was reported is stored as nothing.
        number = _INFINITE.get(str(kind), float("nan") if value is None else value)
        if trial in trials and isinstance(step, int):
            trials[trial].steps[step] = float(number)


def _rows(connection: sqlite3.Connection, table: str, columns: tuple[str, ...]) -> list[tuple[Any, ...]]:
    """The rows of a table; None for a column, or for a whole table nothing, that an older version lacks."""
    known = {row[1] for row in connection.execute(f"PRAGMA table_info({table})")}
    if not known:
        return []
    chosen = ", ".join(column if column in known else f"NULL AS {column}" for column in columns)
    return connection.execute(f"SELECT {chosen} FROM {table} ORDER BY rowid").fetchall()


def _json(text: Any) -> Any:
    try:
        return json.loads(text)
    except (ValueError, TypeError, RecursionError):
        return str(text)
