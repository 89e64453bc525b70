"""Comet: the archive of an offline experiment."""

import json
from collections.abc import Mapping
from typing import Any

from paperback.finding import Finding
from paperback.runs.readers.archive import members
from paperback.runs.readers.leaves import make_series, number_of
from paperback.runs.readers.log import Log, LogFile, Record
from paperback.runs.run import Scalar, Status

name = "Comet"
endings = (".zip",)
alone = True
_EXPERIMENT, _MESSAGES = "experiment.json", "messages.json"
# What Comet counts, times and notes for itself.
_OWN_METRICS = ("process duration", "train_duration", "sys.")
_NAMES = {"Name": "comet.name"}


def accepts(path: str, head: bytes) -> bool:
    """Whether it is an archive whose first member is one of an offline experiment's."""
    first = head[30:64]
    return (
        path.endswith(".zip")
        and head.startswith(b"PK\x03\x04")
        and first.startswith((_EXPERIMENT.encode(), _MESSAGES.encode()))
    )


def read(file: LogFile) -> Log:
    """One record: parameters, histories and whether the experiment told of an error."""
    try:
        found = members(file.data, (_EXPERIMENT, _MESSAGES))
        experiment = json.loads(found[_EXPERIMENT])
        lines = found[_MESSAGES].decode("utf-8", errors="replace").splitlines()
    except (ValueError, KeyError, RecursionError) as error:
        message = f"{file.path}: not a whole offline experiment of Comet: {error}"
        return Log(
            file, name, findings=(Finding("truncated-log", message, (file.source(),), "Copy it again."),)
        )
    if not isinstance(experiment, dict):
        return Log(file, name)
    params: dict[str, Scalar] = {"comet.project": str(experiment.get("project_name") or "")}
    points: dict[str, tuple[list[float], list[float]]] = {}
    unreadable = sum(not _add(line, params, points) for line in lines if line.strip())
    series = {key: make_series(file, key, *each, axis="step") for key, each in points.items()}
    failed = experiment.get("customer_error_reported") is True
    record = Record(
        params={key: value for key, value in params.items() if value != ""},
        series=series,
        status=Status.FAILED if failed else Status.FINISHED,
        home=file.path,
        run=f"comet {experiment.get('offline_id') or file.path}",
        facts=_facts(experiment),
    )
    return Log(file, name, (record,), _unreadable(file, unreadable))


def _add(line: str, params: dict[str, Scalar], points: dict[str, tuple[list[float], list[float]]]) -> bool:
    """Whether the message could be read; its parameter or point is added."""
    try:
        message = json.loads(line)
        payload, kind = message["payload"], message["type"]
        if kind == "parameter_msg" and payload["param"].get("source") != "auto-logged":
            param = payload["param"]
            value = param.get("paramValue")
            is_scalar = value is None or isinstance(value, str | int | float | bool)
            params[str(param["paramName"]).replace("|", ".")] = value if is_scalar else json.dumps(value)
        elif kind == "metric_msg":
            _add_point(payload["metric"], points)
        elif kind == "log_other" and payload.get("key") in _NAMES:
            params[_NAMES[payload["key"]]] = str(payload["value"])
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return False
    return True


def _add_point(metric: Mapping[str, Any], points: dict[str, tuple[list[float], list[float]]]) -> None:
    key, value = str(metric["metricName"]), number_of(metric.get("metricValue"))
    if value is None or key.startswith(_OWN_METRICS):
        return
    steps, values = points.setdefault(key, ([], []))
    step = number_of(metric.get("step"))
    steps.append(len(steps) if step is None else step)
    values.append(value)


def _facts(experiment: Mapping[str, Any]) -> dict[str, Scalar]:
    start, stop = number_of(experiment.get("start_time")), number_of(experiment.get("stop_time"))
    return {"duration": (stop - start) / 1000} if start is not None and stop is not None else {}


def _unreadable(file: LogFile, count: int) -> tuple[Finding, ...]:
    if not count:
        return ()
    message = f"{file.path}: {count} messages cannot be read; they are left out"
    return (Finding("unreadable-log", message, (file.source(_MESSAGES),), "Copy it again."),)
