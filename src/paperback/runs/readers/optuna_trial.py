"""What both stores of Optuna say of a trial, as a record."""

import json
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import numpy as np

from paperback.runs.lexicon import is_metric_name
from paperback.runs.readers.leaves import number_of
from paperback.runs.readers.log import LogFile, Record
from paperback.runs.run import Final, Scalar, Series, Status
from paperback.settings import Direction

_STATUS = {
    "COMPLETE": Status.FINISHED,
    "FAIL": Status.FAILED,
    "PRUNED": Status.KILLED,
    "RUNNING": Status.RUNNING,
}
NAMES = "study:metric_names"


@dataclass(slots=True)
class Study:
    """A study: its name, the directions of its objectives (`MINIMIZE`, `MAXIMIZE`) and their names."""

    name: str
    directions: dict[int, str] = field(default_factory=dict)
    attributes: dict[str, Any] = field(default_factory=dict)
    names: list[str] = field(default_factory=list)
    count: int = 0

    def objective(self, place: int) -> str:
        """Name of the objective; `value` where it has none."""
        if place < len(self.names):
            return str(self.names[place])
        return "value" if len(self.directions) < 2 else f"value_{place}"


@dataclass(slots=True)
class Trial:
    """A trial; `state` is Optuna's word, values and intermediate values are by objective and by step."""

    study: Study
    number: int
    state: str
    start: str = ""
    end: str = ""
    params: dict[str, Scalar] = field(default_factory=dict)
    values: dict[int, float] = field(default_factory=dict)
    steps: dict[int, float] = field(default_factory=dict)
    attributes: dict[str, Any] = field(default_factory=dict)


def record_of(file: LogFile, trial: Trial) -> Record:
    """The trial as a record; the study says which direction is better."""
    study, address = trial.study, f"{trial.study.name}/{trial.number}"
    source = file.source(address)
    params: dict[str, Scalar] = {"optuna.study": study.name, **_scalars(study.attributes), **trial.params}
    finals = {study.objective(place): Final(value, source) for place, value in sorted(trial.values.items())}
    for key, value in trial.attributes.items():
        number = number_of(value)
        if number is not None and is_metric_name(key):
            finals.setdefault(key, Final(number, source))
        else:
            params |= _scalars({key: value})
    series = {}
    if trial.steps:
        steps = sorted(trial.steps)
        points = np.array([trial.steps[step] for step in steps], np.float64)
        series["intermediate_value"] = Series(np.array(steps, np.int64), points, "step", source)
    return Record(
        name=address,
        params=params,
        finals=finals,
        series=series,
        status=_STATUS.get(trial.state, Status.UNKNOWN),
        facts=_facts(trial),
        directions=_directions(study, bool(series)),
    )


def parameter(value: Any, distribution: str) -> Scalar:
    """The parameter behind its stored number: a choice is stored as its place in the list."""
    try:
        kind = json.loads(distribution)
        if kind["name"] == "CategoricalDistribution":
            chosen = kind["attributes"]["choices"][int(value)]
            return chosen if isinstance(chosen, (str, int, float, bool, type(None))) else json.dumps(chosen)
        is_whole = str(kind["name"]).startswith("Int")
        return int(value) if is_whole else float(value)
    except (ValueError, TypeError, KeyError, IndexError, OverflowError, RecursionError):
        return value if isinstance(value, (int, float, str)) else None


def _scalars(values: Mapping[str, Any]) -> dict[str, Scalar]:
    return {
        key: value if isinstance(value, (str, int, float, bool, type(None))) else json.dumps(value)
        for key, value in values.items()
    }


def _directions(study: Study, has_steps: bool) -> dict[str, Direction]:
    words: dict[str, Direction] = {"MINIMIZE": "lower", "MAXIMIZE": "higher"}
    found = {
        study.objective(place): words[direction]
        for place, direction in study.directions.items()
        if direction in words
    }
    if has_steps and len(study.directions) == 1:
        found |= {"intermediate_value": next(iter(found.values()))} if found else {}
    return found


def _facts(trial: Trial) -> dict[str, Scalar]:
    facts: dict[str, Scalar] = {"state": trial.state.lower()}
    if trial.start:
        facts["started"] = trial.start
        with suppress(ValueError, TypeError):
            length = datetime.fromisoformat(trial.end) - datetime.fromisoformat(trial.start)
            facts["duration"] = length.total_seconds()
    return facts
