"""MLflow's file store: `<experiment>/<run>/meta.yaml` with folders of parameters, tags and metrics."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from paperback.finding import Finding
from paperback.runs.readers.log import Log, LogFile
from paperback.runs.readers.mlflow_lines import read_points
from paperback.runs.readers.mlflow_run import MlflowRun, record_of
from paperback.runs.readers.yaml_text import read_yaml
from paperback.runs.run import Final, Series
from paperback.source import Source, digest

name = "MLflow file store"
endings = ("meta.yaml",)
_DEEPEST = 20


def accepts(path: str, head: bytes) -> bool:
    """Whether it is the description of a run, not of an experiment or a model."""
    return (
        path.endswith("/meta.yaml")
        and b"lifecycle_stage" in head
        and b"run_id:" in head
        and b"artifact_uri" in head
    )


def read(file: LogFile) -> Log:
    """One record; the metric's value of the last step is its final one. A deleted run is only told."""
    try:
        meta = read_yaml(file.data)
    except ValueError as error:
        message = f"{file.path}: not YAML: {error}"
        return Log(
            file, name, findings=(Finding("unreadable-log", message, (file.source(),), "Mend the file."),)
        )
    if not isinstance(meta, dict):
        return Log(file, name)
    if meta.get("lifecycle_stage") == "deleted":
        message = f"{file.path}: the run {meta.get('run_name', '')} was deleted and is left out"
        mend = "Restore it in MLflow if it counts."
        return Log(file, name, findings=(Finding("deleted-run", message, (file.source(),), mend),))
    return _read_folder(file, meta)


def _read_folder(file: LogFile, meta: dict[str, Any]) -> Log:
    home, place = file.path.rpartition("/")[0], file.place.parent
    beside: list[Source] = []
    findings: list[Finding] = []
    pairs: dict[str, dict[str, str]] = {"params": {}, "tags": {}}
    for folder, found in pairs.items():
        for key, data, source in _files(place / folder, f"{home}/{folder}"):
            found[key] = data.decode(errors="replace")
            beside.append(source)
    series: dict[str, Series] = {}
    finals: dict[str, Final] = {}
    for key, data, source in _files(place / "metrics", f"{home}/metrics"):
        beside.append(source)
        (times, values, steps), bad = read_points(data)
        findings += _told(source, bad)
        if len(values):
            series[key] = Series(steps, values, "step", source)
            finals[key] = Final(float(values[_last(times, values, steps)]), source)
    run = MlflowRun(
        id=str(meta.get("run_id") or meta.get("run_uuid") or ""),
        name=str(meta.get("run_name") or ""),
        experiment=_experiment(place.parent, meta),
        status=meta.get("status"),
        start=meta.get("start_time"),
        end=meta.get("end_time"),
        is_deleted=False,
        params=pairs["params"],
        tags=pairs["tags"],
    )
    record = record_of(run, series, finals, named=False, home=home)
    return Log(file, name, (record,), tuple(findings), tuple(beside))


def _files(folder: Path, path: str, deep: int = 0) -> Iterator[tuple[str, bytes, Source]]:
    """Key, content and source of every file below the folder; a slash in a key is a folder."""
    try:
        with os.scandir(folder) as found:
            entries = sorted(found, key=lambda entry: entry.name)
    except OSError:
        return
    for entry in entries:
        if entry.is_dir(follow_symlinks=False):
            if deep < _DEEPEST:
                inner = _files(Path(entry.path), f"{path}/{entry.name}", deep + 1)
                yield from ((f"{entry.name}/{key}", data, source) for key, data, source in inner)
        elif entry.is_file():
            data = Path(entry.path).read_bytes()
            yield entry.name, data, Source(f"{path}/{entry.name}", digest=digest(data))


def _last(times: np.ndarray, values: np.ndarray, steps: np.ndarray) -> int:
    """Where MLflow's last point stands: by step, of equal steps by time, then by value, NaN the largest."""
    found = np.flatnonzero(steps == steps.max())
    found = found[times[found] == times[found].max()]
    return int(found[np.where(np.isnan(values[found]), np.inf, values[found]).argmax()])


def _told(source: Source, bad: list[int]) -> Iterator[Finding]:
    if bad:
        more = f" ({len(bad)} such lines)" if len(bad) > 1 else ""
        message = f"{source.path}:{bad[0]}: no point of a metric{more}, left out"
        yield Finding("truncated-log", message, (source,), "Mend or delete the line.")


def _experiment(folder: Path, meta: dict[str, Any]) -> str:
    try:
        found = read_yaml((folder / "meta.yaml").read_bytes())
    except (OSError, ValueError):
        found = None
    name = found.get("name") if isinstance(found, dict) else None
    return str(name or meta.get("experiment_id") or folder.name)
