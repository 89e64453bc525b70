"""Optuna's journal: one operation per line, replayed into trials."""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from paperback.finding import Finding
from paperback.runs.readers.leaves import number_of
from paperback.runs.readers.log import Log, LogFile
from paperback.runs.readers.optuna_trial import NAMES, Study, Trial, parameter, record_of

name = "Optuna journal"
alone = True
_DIRECTIONS = {1: "MINIMIZE", 2: "MAXIMIZE"}
_STATES = ("RUNNING", "COMPLETE", "PRUNED", "FAIL", "WAITING")


def accepts(path: str, head: bytes) -> bool:
    """Whether the first line is an operation of a journal."""
    first = head.split(b"\n", 1)[0]
    return first.startswith(b'{"op_code":') and b'"worker_id"' in first


def read(file: LogFile) -> Log:
    """One record per trial that was begun; lines that are no operation are told."""
    journal = Journal()
    bad: list[int] = []
    for number, line in enumerate(file.data.split(b"\n"), start=1):
        if not line.strip():
            continue
        try:
            journal.apply(json.loads(line))
        except (ValueError, TypeError, KeyError, AttributeError, IndexError, RecursionError):
            bad.append(number)
    records = tuple(record_of(file, trial) for trial in journal.begun())
    return Log(file, name, records, tuple(_told(file, bad)))


@dataclass(slots=True)
class Journal:
    """Studies and trials as far as the journal was replayed; both are numbered in the order of creation."""

    studies: list[Study] = field(default_factory=list)
    trials: list[Trial] = field(default_factory=list)
    _deleted: set[int] = field(default_factory=set)

    def apply(self, entry: Mapping[str, Any]) -> None:
        """Replay one operation, by Optuna's own rules: a finished trial is not changed again.

        Raises:
            KeyError, ValueError, TypeError, IndexError: The entry is no operation.
        """
        match entry["op_code"]:
            case 0:
                if all(study.name != entry["study_name"] for study in self._alive()):
                    directions = {i: _DIRECTIONS.get(d, "") for i, d in enumerate(entry["directions"])}
                    self.studies.append(Study(str(entry["study_name"]), directions))
            case 1:
                self._deleted.add(int(entry["study_id"]))
            case 2:
                self.studies[entry["study_id"]].attributes |= entry["user_attr"]
            case 3:
                names = entry["system_attr"].get(NAMES)
                if isinstance(names, list):
                    self.studies[entry["study_id"]].names = [str(name) for name in names]
            case 4:
                self._create(entry)
            case _:
                self._change(self.trials[entry["trial_id"]], entry)

    def begun(self) -> Iterator[Trial]:
        """The trials of the studies that still exist, without those that only wait."""
        alive = {id(study) for study in self._alive()}
        return (trial for trial in self.trials if trial.state != "WAITING" and id(trial.study) in alive)

    def _alive(self) -> list[Study]:
        return [study for place, study in enumerate(self.studies) if place not in self._deleted]

    def _create(self, entry: Mapping[str, Any]) -> None:
        study = self.studies[entry["study_id"]]
        trial = Trial(
            study, study.count, _STATES[entry.get("state", 0)], str(entry.get("datetime_start") or "")
        )
        trial.end = str(entry.get("datetime_complete") or "")
        for key, value in (entry.get("params") or {}).items():
            trial.params[key] = parameter(value, entry["distributions"][key])
        values = entry.get("values") or ([entry["value"]] if entry.get("value") is not None else [])
        trial.values = _numbers(enumerate(values))
        trial.steps = _numbers((int(k), v) for k, v in (entry.get("intermediate_values") or {}).items())
        trial.attributes = dict(entry.get("user_attrs") or {})
        study.count += 1
        self.trials.append(trial)

    def _change(self, trial: Trial, entry: Mapping[str, Any]) -> None:
        if trial.state not in ("RUNNING", "WAITING"):
            return
        match entry["op_code"]:
            case 5:
                trial.params[entry["param_name"]] = parameter(
                    entry["param_value_internal"], entry["distribution"]
                )
            case 6:
                trial.state = _STATES[entry["state"]]
                trial.values |= _numbers(enumerate(entry.get("values") or ()))
                trial.start = str(entry.get("datetime_start") or trial.start)
                trial.end = str(entry.get("datetime_complete") or "")
            case 7:
                trial.steps |= _numbers([(int(entry["step"]), entry["intermediate_value"])])
            case 8:
                trial.attributes |= entry["user_attr"]


def _numbers(pairs: Iterable[tuple[int, Any]]) -> dict[int, float]:
    """Place and number of each; a NaN may stand there as nothing."""
    found = ((place, float("nan") if value is None else number_of(value)) for place, value in pairs)
    return {place: number for place, number in found if number is not None}


def _told(file: LogFile, bad: list[int]) -> Iterator[Finding]:
    if bad:
        more = f" ({len(bad)} such lines)" if len(bad) > 1 else ""
        message = f"{file.path}:{bad[0]}: no operation of a journal{more}"
        yield Finding("unreadable-log", message, (file.source(line=bad[0]),), "Mend or delete the line.")
