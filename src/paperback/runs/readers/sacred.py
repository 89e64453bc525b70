"""Sacred: `run.json` and `metrics.json` in the numbered folder of a run."""

import json
from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime
from typing import Any

from paperback.finding import Finding
from paperback.runs.readers.leaves import make_series, number_of
from paperback.runs.readers.log import Log, LogFile, Record
from paperback.runs.run import Final, Scalar, Series, Status

name = "Sacred"
alone = True
_STATUS = {
    "COMPLETED": Status.FINISHED,
    "FAILED": Status.FAILED,
    "INTERRUPTED": Status.KILLED,
    "TIMEOUT": Status.KILLED,
    "RUNNING": Status.RUNNING,
    "QUEUED": Status.RUNNING,
}


def accepts(path: str, head: bytes) -> bool:
    """Whether it is the description of a run, or metrics with steps and times."""
    last = path.rsplit("/", 1)[-1]
    if last == "run.json":
        return b'"experiment"' in head and b'"artifacts"' in head
    return last == "metrics.json" and b'"steps"' in head and b'"timestamps"' in head


def read(file: LogFile) -> Log:
    """One record; the result that the main function gave back is the final metric `result`."""
    try:
        value = json.loads(file.data.decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:
        message = f"{file.path}: not JSON: {error}"
        finding = Finding("truncated-log", message, (file.source(),), "Copy the file again.")
        return Log(file, name, findings=(finding,))
    if not isinstance(value, dict):
        return Log(file, name)
    home = file.path.rpartition("/")[0] or "."
    if file.path.endswith("metrics.json"):
        return Log(file, name, (Record(series=_series(file, value), home=home),))
    return Log(file, name, (_run(file, value, home),))


def _series(file: LogFile, value: Mapping[str, Any]) -> dict[str, Series]:
    found: dict[str, Series] = {}
    for key, item in value.items():
        steps, values = (item.get("steps"), item.get("values")) if isinstance(item, dict) else (None, None)
        if not isinstance(steps, list) or not isinstance(values, list):
            continue
        pairs = [(number_of(s), number_of(v)) for s, v in zip(steps, values, strict=False)]
        points = [(step, number) for step, number in pairs if step is not None and number is not None]
        if points:
            at, numbers = zip(*points, strict=True)
            found[key] = make_series(file, key, at, numbers, axis="step")
    return found


def _run(file: LogFile, value: Mapping[str, Any], home: str) -> Record:
    experiment = value.get("experiment")
    about = experiment if isinstance(experiment, dict) else {}
    result = number_of(value.get("result"))
    params: dict[str, Scalar] = {}
    if isinstance(about.get("name"), str):
        params["sacred.experiment"] = about["name"]
    return Record(
        params=params,
        finals={"result": Final(result, file.source("result"))} if result is not None else {},
        status=_STATUS.get(str(value.get("status")), Status.UNKNOWN),
        commit=_commit(about.get("repositories")),
        home=home,
        facts=_facts(value),
    )


def _commit(repositories: Any) -> str | None:
    for item in repositories if isinstance(repositories, list) else ():
        if isinstance(item, dict) and isinstance(item.get("commit"), str):
            return str(item["commit"])
    return None


def _facts(value: Mapping[str, Any]) -> dict[str, Scalar]:
    facts: dict[str, Scalar] = {}
    host = value.get("host")
    names = {"hostname": "host", "cpu": "cpu", "python_version": "python"}
    if isinstance(host, dict):
        facts |= {fact: host[key] for key, fact in names.items() if isinstance(host.get(key), str)}
        gpus = host.get("gpus")
        if isinstance(gpus, dict) and isinstance(gpus.get("gpus"), list):
            models = [gpu.get("model") for gpu in gpus["gpus"] if isinstance(gpu, dict)]
            facts |= {"gpu": str(models[0]), "gpus": len(models)} if models else {}
    with suppress(KeyError, TypeError, ValueError):
        start, end = (datetime.fromisoformat(value[key]) for key in ("start_time", "stop_time"))
        facts |= {"started": value["start_time"], "duration": (end - start).total_seconds()}
    return facts
