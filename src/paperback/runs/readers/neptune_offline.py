"""Neptune: the operations of an offline run, `.neptune/offline/run__*/data-*.log`."""

import json
import re
from typing import Any

from paperback.finding import Finding
from paperback.runs.lexicon import SETTINGS_SECTIONS, is_setting_name
from paperback.runs.readers.leaves import make_series, number_of
from paperback.runs.readers.log import Log, LogFile, Record
from paperback.runs.run import Final, Scalar, Status

name = "Neptune"
alone = True
_PLACE = re.compile(r"(?:^|/)data-\d+\.log$")
_HEAD = re.compile(rb'\{"obj": ?\{"type": ?"\w+", ?"path"')
# What Neptune notes of the run, the machine and the code.
_OWN = ("sys", "monitoring", "source_code")
_ASSIGN = ("AssignFloat", "AssignInt", "AssignBool", "AssignString")


def accepts(path: str, head: bytes) -> bool:
    """Whether it is a list of operations by name and first line."""
    return _PLACE.search(path) is not None and _HEAD.match(head) is not None


def read(file: LogFile) -> Log:
    """One record: what was assigned is a setting or a final metric, what was appended a history."""
    params: dict[str, Scalar] = {}
    finals: dict[str, Final] = {}
    points: dict[str, tuple[list[float], list[float]]] = {}
    status, unreadable = Status.UNKNOWN, 0
    for line in file.data.decode("utf-8", errors="replace").splitlines():
        try:
            operation = json.loads(line)["obj"]
            kind, path = operation["type"], [str(part) for part in operation["path"]]
            if path[:2] == ["sys", "failed"] and operation.get("value") is True:
                status = Status.FAILED
            elif path[:2] == ["sys", "name"] and operation["value"] != "Untitled":
                params["neptune.name"] = str(operation["value"])
            elif path[0] in _OWN:
                continue
            elif kind == "LogFloats":
                _append(points, "/".join(path), operation["values"])
            elif kind in _ASSIGN:
                _assign(file, params, finals, path, operation["value"])
        except (ValueError, KeyError, TypeError, AttributeError, IndexError, RecursionError):
            unreadable += 1
    series = {key: make_series(file, key, *each, axis="step") for key, each in points.items()}
    folder = file.path.rpartition("/")[0]
    record = Record(params=params, finals=finals, series=series, status=status, home=folder or ".")
    found = bool(params or finals or series)
    return Log(file, name, (record,) if found else (), _unreadable(file, unreadable))


def _append(points: dict[str, tuple[list[float], list[float]]], key: str, given: Any) -> None:
    steps, values = points.setdefault(key, ([], []))
    for point in given:
        value, step = number_of(point["value"]), number_of(point.get("step"))
        if value is not None:
            steps.append(len(steps) if step is None else step)
            values.append(value)


def _assign(
    file: LogFile, params: dict[str, Scalar], finals: dict[str, Final], path: list[str], value: Any
) -> None:
    """A number is measured unless its section or its name says that it was set."""
    is_set = any(part.lower() in SETTINGS_SECTIONS for part in path[:-1]) or is_setting_name(path[-1])
    number = number_of(value)
    if number is None or is_set:
        params[".".join(path)] = value
    else:
        finals["/".join(path)] = Final(number, file.source("/".join(path)))


def _unreadable(file: LogFile, count: int) -> tuple[Finding, ...]:
    if not count:
        return ()
    message = f"{file.path}: {count} lines cannot be read; they are left out"
    return (Finding("unreadable-log", message, (file.source(),), "Copy the file again."),)
