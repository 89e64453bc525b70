"""Hugging Face Trainer: `trainer_state.json`, which the run and each of its checkpoints hold."""

import json
import re
from typing import Any

from paperback.finding import Finding
from paperback.runs.readers.leaves import flatten, make_series, number_of
from paperback.runs.readers.log import Log, LogFile, Record
from paperback.runs.run import Final, Scalar, Series, Status

name = "Hugging Face Trainer"
_FILE = "trainer_state.json"
_CHECKPOINT = re.compile(r"checkpoint-(\d+)")
_SETTINGS = ("num_train_epochs", "max_steps", "train_batch_size", "logging_steps", "eval_steps", "trial_name")
# The Trainer sums up the training in its last row.
_SUMMARY = (
    "train_runtime",
    "train_samples_per_second",
    "train_steps_per_second",
    "total_flos",
    "train_loss",
)


def accepts(path: str, head: bytes) -> bool:
    """Whether the name is the Trainer's."""
    return path.rsplit("/", 1)[-1] == _FILE


def read(file: LogFile) -> Log:
    """One record per run: the state of the run itself, else of its last checkpoint.

    Earlier checkpoints hold the beginning of the same history and are left out. The arguments lie in a
    pickle, which is not opened.
    """
    if _has_later(file):
        return Log(file, name)
    try:
        state = json.loads(file.data.decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:
        message = f"{file.path}: not JSON: {error}"
        mend = "Copy the file again, or delete it so that a checkpoint is read."
        return Log(file, name, findings=(Finding("truncated-log", message, (file.source(),), mend),))
    rows = state.get("log_history") if isinstance(state, dict) else None
    if not isinstance(rows, list):
        return Log(file, name)
    return Log(file, name, (_record(file, state, [row for row in rows if isinstance(row, dict)]),))


def _has_later(file: LogFile) -> bool:
    """Whether the run's own folder, or a later checkpoint, holds a state with the whole history."""
    own = file.place.parent
    match = _CHECKPOINT.fullmatch(own.name)
    if not match:
        return False
    if (own.parent / _FILE).is_file():
        return True
    others = (
        int(found.group(1))
        for place in own.parent.glob(f"checkpoint-*/{_FILE}")
        if (found := _CHECKPOINT.fullmatch(place.parent.name))
    )
    return max(others, default=0) > int(match.group(1))


def _record(file: LogFile, state: dict[str, Any], rows: list[dict[str, Any]]) -> Record:
    folder, _, last = file.path.rpartition("/")[0].rpartition("/")
    whole = file.path.rpartition("/")[0]
    home = folder if _CHECKPOINT.fullmatch(last) else whole
    params: dict[str, Scalar] = {
        key: state[key] for key in _SETTINGS if isinstance(state.get(key), (str, int, float)) and state[key]
    }
    trial = state.get("trial_params")
    if isinstance(trial, dict):
        leaves = flatten(trial).items()
        params |= {key: value for key, value in leaves if isinstance(value, (str, int, float, bool))}
    series, finals = _history(file, rows)
    return Record(
        params=params,
        finals=finals,
        series=series,
        status=_status(state),
        home=home or ".",
        facts=_facts(state),
    )


def _history(file: LogFile, rows: list[dict[str, Any]]) -> tuple[dict[str, Series], dict[str, Final]]:
    points: dict[str, tuple[list[float], list[float]]] = {}
    finals: dict[str, Final] = {}
    for row in rows:
        step = number_of(row.get("step"))
        for key, value in row.items():
            number = number_of(value)
            if number is None or key in ("step", "epoch"):
                continue
            if key in _SUMMARY:
                finals[key] = Final(number, file.source(key), None if step is None else int(step))
                continue
            steps, values = points.setdefault(key, ([], []))
            steps.append(len(steps) if step is None else step)
            values.append(number)
    series = {
        key: make_series(file, key, steps, values, axis="step") for key, (steps, values) in points.items()
    }
    return series, finals


def _status(state: dict[str, Any]) -> Status:
    """Finished where the last step was reached, or a callback stopped the training."""
    step, most = number_of(state.get("global_step")), number_of(state.get("max_steps"))
    if step is not None and most and step >= most:
        return Status.FINISHED
    callbacks = state.get("stateful_callbacks")
    control = callbacks.get("TrainerControl") if isinstance(callbacks, dict) else None
    arguments = control.get("args") if isinstance(control, dict) else None
    stopped = isinstance(arguments, dict) and arguments.get("should_training_stop") is True
    return Status.FINISHED if stopped else Status.UNKNOWN


def _facts(state: dict[str, Any]) -> dict[str, Scalar]:
    """What the Trainer kept of its own choice of a checkpoint."""
    facts: dict[str, Scalar] = {}
    for key in ("best_metric", "best_global_step", "best_model_checkpoint", "global_step"):
        value = state.get(key)
        if isinstance(value, (str, int, float)):
            facts[key] = value
    return facts
