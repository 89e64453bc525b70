"""Ray Tune: `result.json` or `progress.csv` of a trial, beside its parameters and event file."""

import csv
import json
import re
from pathlib import Path
from typing import Any

from paperback.finding import Finding
from paperback.runs.lexicon import word_set
from paperback.runs.readers.leaves import flatten, make_series, number_in, number_of
from paperback.runs.readers.log import Log, LogFile, Record
from paperback.runs.run import Scalar, Status
from paperback.source import Source, digest

name = "Ray Tune"
_RESULT, _PROGRESS, _STEP = "result.json", "progress.csv", "training_iteration"
_STATUS = {
    "TERMINATED": Status.FINISHED,
    "ERROR": Status.FAILED,
    "RUNNING": Status.RUNNING,
    "PENDING": Status.RUNNING,
    "PAUSED": Status.KILLED,
}
# What Ray adds to each result; the rest was reported by the author.
_OWN = word_set(
    """
    timestamp time_this_iter_s time_total_s time_since_restore iterations_since_restore done pid date hostname
    node_ip trial_id experiment_id experiment_tag checkpoint_dir_name should_checkpoint warmup_time
    training_iteration trial_name
    """
)
# The experiment's own state says nothing that a trial does not, but how the trials ended.
_STATE = re.compile(r"(?:experiment_state|basic-variant-state|searcher-state|search_gen_state)-.*\.json$")
_Points = dict[str, tuple[list[float], list[float]]]


def accepts(path: str, head: bytes) -> bool:
    """Whether the name is one of Ray's and the first line counts training iterations of a trial."""
    last = path.rsplit("/", 1)[-1]
    if _STATE.match(last):
        return True
    return last in (_RESULT, _PROGRESS) and b"training_iteration" in head and b"trial_id" in head


def read(file: LogFile) -> Log:
    """One record per trial; the table beside the results says the same and is read only without them."""
    folder = file.place.parent
    if _STATE.match(file.path.rsplit("/", 1)[-1]):
        return Log(file, name)
    if file.path.endswith(_PROGRESS):
        result = folder / _RESULT
        if result.is_file() and result.stat().st_size:
            return Log(file, name)
        rows, bad = _table(file)
    else:
        rows, bad = _results(file)
    if not rows:
        return Log(file, name)
    record, beside = _record(file, rows, folder)
    return Log(file, name, (record,), _told(file, bad), beside)


def _results(file: LogFile) -> tuple[list[dict[str, Any]], list[int]]:
    rows: list[dict[str, Any]] = []
    bad: list[int] = []
    for number, line in enumerate(file.data.decode("utf-8-sig", errors="replace").split("\n"), start=1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except (ValueError, RecursionError):
            bad.append(number)
            continue
        if isinstance(row, dict):
            rows.append(row)
    return rows, bad


def _table(file: LogFile) -> tuple[list[dict[str, Any]], list[int]]:
    reader = csv.reader(file.data.decode("utf-8-sig", errors="replace").splitlines())
    rows: list[dict[str, Any]] = []
    bad: list[int] = []
    header: list[str] = []
    try:
        for cells in reader:
            if not header:
                header = cells
            elif len(cells) == len(header) and cells != header:
                rows.append({key: _cell(cell) for key, cell in zip(header, cells, strict=True)})
            elif cells and cells != header:
                bad.append(reader.line_num)
    except csv.Error:
        bad.append(reader.line_num)
    return rows, bad


def _cell(text: str) -> Any:
    number = number_in(text)
    return text if number is None else number


def _record(file: LogFile, rows: list[dict[str, Any]], folder: Path) -> tuple[Record, tuple[Source, ...]]:
    params: dict[str, Scalar] = {}
    points: _Points = {}
    for place, row in enumerate(rows):
        config = row.get("config")
        if isinstance(config, dict):
            params |= _settings(config)
        step = number_of(row.get(_STEP))
        for key, value in flatten({k: v for k, v in row.items() if k != "config"}).items():
            number = number_of(value)
            if number is not None and key not in _OWN:
                steps, values = points.setdefault(key, ([], []))
                steps.append(place + 1 if step is None else step)
                values.append(number)
    status, beside = _status(file, folder, str(rows[-1].get("trial_id", "")))
    record = Record(
        params=params,
        series={key: make_series(file, key, *found, axis=_STEP) for key, found in points.items()},
        status=Status.FINISHED if rows[-1].get("done") in (True, "True") else status,
        home=file.path.rpartition("/")[0] or ".",
        facts=_facts(rows[-1]),
    )
    return record, beside


def _settings(config: dict[str, Any]) -> dict[str, Scalar]:
    return {
        key: value if value is None or isinstance(value, (str, int, float, bool)) else json.dumps(value)
        for key, value in flatten(config).items()
    }


def _facts(row: dict[str, Any]) -> dict[str, Scalar]:
    names = {"hostname": "host", "time_total_s": "duration", "trial_id": "trial"}
    return {fact: row[key] for key, fact in names.items() if isinstance(row.get(key), (str, int, float))}


def _status(file: LogFile, folder: Path, trial: str) -> tuple[Status, tuple[Source, ...]]:
    """How the trial ended, as the experiment's own state says; a trial with an error file failed."""
    if (folder / "error.txt").is_file():
        return Status.FAILED, ()
    states = sorted(folder.parent.glob("experiment_state*.json"))
    for place in reversed(states):
        try:
            data = place.read_bytes()
            found = _state(json.loads(data), trial)
        except (OSError, ValueError, TypeError, IndexError, RecursionError):
            continue
        if found is not None:
            parent = file.path.rpartition("/")[0].rpartition("/")[0]
            path = f"{parent}/{place.name}" if parent else place.name
            return found, (Source(path, digest=digest(data)),)
    return Status.UNKNOWN, ()


def _state(state: Any, trial: str) -> Status | None:
    """Status of the trial in an experiment's state, whose trials are JSON inside JSON."""
    trials = state.get("trial_data") or state.get("checkpoints") if isinstance(state, dict) else None
    for entry in trials if isinstance(trials, list) else ():
        text = entry[0] if isinstance(entry, list) else entry
        value = json.loads(text) if isinstance(text, str) else text
        if isinstance(value, dict) and value.get("trial_id") == trial:
            return _STATUS.get(str(value.get("status")), Status.UNKNOWN)
    return None


def _told(file: LogFile, bad: list[int]) -> tuple[Finding, ...]:
    if not bad:
        return ()
    more = f" ({len(bad)} such lines)" if len(bad) > 1 else ""
    message = f"{file.path}:{bad[0]}: the line is no result{more}, left out"
    return (Finding("truncated-log", message, (file.source(line=bad[0]),), "Mend or delete the line."),)
