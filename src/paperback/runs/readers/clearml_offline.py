"""ClearML: the archive of an offline session."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from paperback.finding import Finding
from paperback.runs.readers.archive import members
from paperback.runs.readers.leaves import make_series, number_of, setting
from paperback.runs.readers.log import Log, LogFile, Record
from paperback.runs.run import Final, Scalar, Status

name = "ClearML"
endings = (".zip",)
alone = True
_TASK, _METRICS = "task.json", "metrics.jsonl"
# A single value has this step and this title.
_SINGLE = -(2**31)
_SUMMARY = "Summary"
_MACHINE = ":monitor:"


def accepts(path: str, head: bytes) -> bool:
    """Whether it is an archive whose first member is one of an offline session's."""
    first = head[30:64]
    return (
        path.endswith(".zip")
        and head.startswith(b"PK\x03\x04")
        and first.startswith((_TASK.encode(), _METRICS.encode(), b"log.jsonl"))
    )


def read(file: LogFile) -> Log:
    """One record: hyper-parameters, single values and histories as `title/series`.

    An archive is made when the task is closed, so the run has finished.
    """
    try:
        found = members(file.data, (_TASK, _METRICS))
        task = json.loads(found[_TASK])
    except (ValueError, KeyError, RecursionError) as error:
        message = f"{file.path}: not a whole offline session of ClearML: {error}"
        return Log(
            file, name, findings=(Finding("truncated-log", message, (file.source(),), "Copy it again."),)
        )
    if not isinstance(task, dict):
        return Log(file, name)
    lines = found.get(_METRICS, b"").decode("utf-8", errors="replace").splitlines()
    points: dict[str, tuple[list[float], list[float]]] = {}
    finals: dict[str, Final] = {}
    unreadable = 0
    for line in lines:
        try:
            for key, step, value in _points(json.loads(line)):
                if step == _SINGLE:
                    finals[key] = Final(value, file.source(key))
                else:
                    steps, values = points.setdefault(key, ([], []))
                    steps.append(step)
                    values.append(value)
        except (ValueError, RecursionError):
            unreadable += 1
    record = Record(
        params=dict(_params(task)),
        finals=finals,
        series={key: make_series(file, key, *each, axis="step") for key, each in points.items()},
        status=Status.FINISHED,
        commit=_commit(task),
        home=file.path,
        run=f"clearml {task.get('id') or file.path}",
    )
    return Log(file, name, (record,), _unreadable(file, unreadable))


def _points(batch: Any) -> Iterator[tuple[str, float, float]]:
    """Key, step and value of each scalar of a line, which is a list of events."""
    for event in batch if isinstance(batch, list) else [batch]:
        if not isinstance(event, dict) or event.get("type") != "training_stats_scalar":
            continue
        title, part = str(event.get("metric", "")), str(event.get("variant", ""))
        value, step = number_of(event.get("value")), number_of(event.get("iter"))
        if value is None or title.startswith(_MACHINE):
            continue
        step = 0.0 if step is None else step
        single = step == _SINGLE or title == _SUMMARY
        yield (part if single else f"{title}/{part}"), (float(_SINGLE) if single else step), value


def _params(task: Mapping[str, Any]) -> Iterator[tuple[str, Scalar]]:
    """What was connected, typed again; the section `General` says nothing."""
    for key, label in (("name", "clearml.name"), ("project_name", "clearml.project")):
        if isinstance(task.get(key), str):
            yield label, task[key]
    sections = task.get("hyperparams")
    for section, given in sections.items() if isinstance(sections, dict) else ():
        for key, item in given.items() if isinstance(given, dict) else ():
            if isinstance(item, dict) and isinstance(item.get("value"), str):
                start = "" if section in ("General", "Args") else f"{section}."
                is_text = item.get("type") == "str"
                yield f"{start}{key}".replace("/", "."), item["value"] if is_text else setting(item["value"])


def _commit(task: Mapping[str, Any]) -> str | None:
    script = task.get("script")
    found = script.get("version_num") if isinstance(script, dict) else None
    return found if isinstance(found, str) and found else None


def _unreadable(file: LogFile, count: int) -> tuple[Finding, ...]:
    if not count:
        return ()
    message = f"{file.path}: {count} lines of metrics cannot be read; they are left out"
    return (Finding("unreadable-log", message, (file.source(_METRICS),), "Copy it again."),)
