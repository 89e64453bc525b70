"""What both stores of MLflow say of a run, as a record."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from paperback.runs.readers.log import Record
from paperback.runs.run import Final, Scalar, Series, Status

_STATUS = {
    **dict.fromkeys((1, "1", "RUNNING", 2, "2", "SCHEDULED"), Status.RUNNING),
    **dict.fromkeys((3, "3", "FINISHED"), Status.FINISHED),
    **dict.fromkeys((4, "4", "FAILED"), Status.FAILED),
    **dict.fromkeys((5, "5", "KILLED"), Status.KILLED),
}
_FACTS = {"mlflow.user": "user", "mlflow.source.name": "program", "mlflow.host": "host"}
_COMMIT = "mlflow.source.git.commit"
_WHOLE = re.compile(r"[+-]?(?:0|[1-9]\d{0,15})")
_REAL = re.compile(r"[+-]?(?:\d+\.\d*|\.\d+|\d+(?=[eE]))(?:[eE][+-]?\d+)?")
_WORDS: dict[str, Scalar] = {"None": None, "True": True, "False": False}


@dataclass(frozen=True, slots=True)
class MlflowRun:
    """A run as its store describes it; times in milliseconds, status as a word or a number."""

    id: str
    name: str
    experiment: str
    status: Any
    start: Any
    end: Any
    is_deleted: bool
    params: dict[str, str] = field(default_factory=dict)
    tags: dict[str, str] = field(default_factory=dict)


def record_of(
    run: MlflowRun, series: Mapping[str, Series], finals: Mapping[str, Final], *, named: bool, home: str = ""
) -> Record:
    """The run as a record: parameters typed again, the author's own tags under `tags`.

    Args:
        run: Its description.
        series: Its histories.
        finals: Its metrics at the last step.
        named: Its file holds several runs, so the record bears the run's id.
        home: Its folder, where it has one.
    """
    params = {key: typed(value) for key, value in run.params.items()}
    own = {f"tags.{key}": typed(value) for key, value in run.tags.items() if not key.startswith("mlflow.")}
    label = run.name or run.tags.get("mlflow.runName", "")
    labels: dict[str, Scalar] = {"mlflow.experiment": run.experiment}
    labels |= {"mlflow.run_name": label} if label else {}
    if "mlflow.parentRunId" in run.tags:
        labels["mlflow.parent"] = run.tags["mlflow.parentRunId"]
    return Record(
        name=run.id if named else "",
        params={**params, **own, **labels},
        finals=finals,
        series=series,
        status=_STATUS.get(run.status, Status.UNKNOWN),
        commit=run.tags.get(_COMMIT),
        home=home,
        run=f"mlflow:{run.id}",
        facts=_facts(run),
    )


def typed(text: str) -> Scalar:
    """The value whose text MLflow kept: `0.001`, `None`, `True`; anything else stays text."""
    if text in _WORDS:
        return _WORDS[text]
    if _WHOLE.fullmatch(text):
        return int(text)
    return float(text) if _REAL.fullmatch(text) else text


def _facts(run: MlflowRun) -> dict[str, Scalar]:
    facts: dict[str, Scalar] = {fact: run.tags[tag] for tag, fact in _FACTS.items() if tag in run.tags}
    if isinstance(run.start, (int, float)):
        if started := _time(run.start):
            facts["started"] = started
        if isinstance(run.end, (int, float)) and run.end >= run.start:
            facts["duration"] = (run.end - run.start) / 1000
    return facts


def _time(milliseconds: float) -> str:
    try:
        return datetime.fromtimestamp(milliseconds / 1000, UTC).isoformat(timespec="seconds")
    except (OverflowError, OSError, ValueError):
        return ""
