"""Logs joined into runs: one run is one folder, or one file of many in a folder."""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

from paperback.finding import Finding
from paperback.runs.lexicon import FIELD_ROLES, SPLITS, STEPS
from paperback.runs.monitor import join_monitors
from paperback.runs.readers.log import Log, Record
from paperback.runs.readers.recognise import has_log_name, is_setting
from paperback.runs.resume import rejoin
from paperback.runs.run import Final, Run, Scalar, Series, Status
from paperback.runs.run import text as text_of
from paperback.source import Source

# torch's add_hparams writes a second event file into a folder that is named by the time.
_TIME_FOLDER = re.compile(r"\d{9,11}(?:\.\d+)?$")
_EVENTS = "TensorBoard"
# Where MLflow and W&B keep the files of a run.
_KEPT = re.compile(r"/(?:artifacts|files)/")
_T = TypeVar("_T")


def join(logs: Sequence[Log]) -> tuple[list[Run], list[Finding]]:
    """The runs that the logs tell of, in the order of their ids, and where logs of one run disagree."""
    folders = {_folder(log.file.path) for log in logs}
    inside = Counter(_folder(folder) for folder in folders)
    parts: dict[str, list[tuple[Log, Record]]] = defaultdict(list)
    owners = {record.home for log in logs for record in log.records if record.home}
    for log in logs:
        if owners and _is_owned(log, owners):
            continue
        home, split = _home(log, folders, inside)
        for record in log.records:
            parts[_id(log, record, home)].append((log, _renamed(log, record, home, split)))
    joined, findings = rejoin(join_monitors(parts))
    runs: list[Run] = []
    for name in sorted(joined):
        for run in _runs(name, joined[name]):
            runs.append(_merge(*run, findings))
    return runs, findings


def _is_owned(log: Log, owners: set[str]) -> bool:
    """Whether the log is a file that a tracker keeps for a run which its own log describes."""
    if any(record.home for record in log.records):
        return False
    # Ray Tune writes each result into an event file too.
    tags = {tag for record in log.records for tag in record.series}
    if log.reader == _EVENTS and tags and all(tag.startswith("ray/tune/") for tag in tags):
        return _folder(log.file.path) in owners
    places = [match.start() for match in _KEPT.finditer(log.file.path)]
    return any(log.file.path[:place] in owners for place in places)


@dataclass(frozen=True, slots=True)
class _Added:
    """One of the curves that add_scalars draws under one tag, each in a folder of its own."""

    home: str
    key: str


def _of_one_tag(log: Log) -> _Added | None:
    """The run's folder and the curve's key; torch makes `<tag>_<name>/`, tensorboardX `<tag>/<name>/`."""
    tags = {tag for record in log.records for tag in record.series}
    if len(tags) != 1:
        return None
    (tag,) = tags
    parent, _, name = _folder(log.file.path).rpartition("/")
    if tag and f"/{parent}".endswith(f"/{tag}"):
        return _Added(parent[: -len(tag)].rstrip("/"), f"{tag}/{name}")
    start = tag.replace("/", "_") + "_"
    rest = name.removeprefix(start)
    # A number at the end is more likely a seed, and the folder a run.
    if name.startswith(start) and rest and not rest[-1].isdigit():
        return _Added(parent, f"{tag}/{rest}")
    return None


def _renamed(log: Log, record: Record, home: str, split: str) -> Record:
    added = _of_one_tag(log) if log.reader == _EVENTS and home != _folder(log.file.path) else None
    if split or added is None or added.home != home:
        return _with_split(record, split)
    (series,) = record.series.values()
    return replace(record, series={added.key: series})


def _folder(path: str) -> str:
    return path.rpartition("/")[0]


def _home(log: Log, folders: set[str], inside: Mapping[str, int]) -> tuple[str, str]:
    """The folder of the run that the log belongs to, and the split that a folder of the log's own names.

    `inside` counts the folders with logs that lie in each folder.
    """
    folder = _folder(log.file.path)
    parent, _, name = folder.rpartition("/")
    if log.file.declared or log.reader != _EVENTS:
        return folder, ""
    if _TIME_FOLDER.match(name) and parent in folders:
        return parent, ""
    several = inside.get(parent, 0) > 1
    added = _of_one_tag(log)
    if added and (added.home in folders or several):
        return added.home, ""
    if name.lower() in SPLITS and (parent in folders or several or name != "test"):
        return parent, name
    return folder, ""


def _id(log: Log, record: Record, home: str) -> str:
    path = log.file.path
    if record.name:
        return f"{path}#{record.name}"
    if record.home or log.reader == _EVENTS:
        return record.home or home or "."
    return (home or ".") if has_log_name(path) and not _counts(path) else path


def _counts(path: str) -> bool:
    """Whether a number leads the file's name, so that it is one of several."""
    return path.rsplit("/", 1)[-1][:1].isdigit()


def _with_split(record: Record, split: str) -> Record:
    if not split:
        return record
    return replace(
        record,
        finals={f"{split}/{key}": final for key, final in record.finals.items()},
        series={f"{split}/{key}": series for key, series in record.series.items()},
    )


def _runs(name: str, parts: list[tuple[Log, Record]]) -> list[tuple[str, list[tuple[Log, Record]]]]:
    """The parts as runs: files of one folder that name different seeds or methods are different runs.

    So are those that differ in another setting and measured the same differently, such as one file per item.
    """
    groups: list[list[tuple[Log, Record]]] = []
    for part in parts:
        for group in groups:
            if all(_agree(part[1], other) for _, other in group):
                group.append(part)
                break
        else:
            groups.append([part])
    if len(groups) == 1:
        return [(name, parts)]
    return [(group[0][0].file.path, group) for group in groups]


def _agree(one: Record, other: Record) -> bool:
    unlike = {
        key.rsplit(".", 1)[-1].lower(): key
        for key, value in one.params.items()
        if key in other.params and text_of(value) != text_of(other.params[key])
    }
    if not FIELD_ROLES.keys().isdisjoint(unlike):
        return False
    settings = [key for last, key in unlike.items() if last not in STEPS and is_setting(key)]
    return not settings or not _contradict(one, other)


def _contradict(one: Record, other: Record) -> bool:
    """Whether both measured a metric, and not the same."""
    finals = one.finals.keys() & other.finals.keys()
    if any(one.finals[key].value != other.finals[key].value for key in finals):
        return True
    series = one.series.keys() & other.series.keys()
    return any(one.series[key].values.tobytes() != other.series[key].values.tobytes() for key in series)


def _merge(name: str, parts: list[tuple[Log, Record]], findings: list[Finding]) -> Run:
    # Event files say least of a run's end, so the others are heard first.
    ordered = sorted(parts, key=lambda part: part[0].reader == _EVENTS)
    params: dict[str, Scalar] = {}
    finals: dict[str, Final] = {}
    series: dict[str, Series] = {}
    unlike: list[tuple[str, Final, Final]] = []
    for _, record in ordered:
        for key, value in record.params.items():
            params.setdefault(key, value)
        for key, final in record.finals.items():
            known = finals.setdefault(key, final)
            if known.value != final.value and known.value == known.value:
                unlike.append((key, known, final))
        for key, points in record.series.items():
            series[key] = _continue(series[key], points) if key in series else points
    findings += _conflict(name, unlike)
    status = next((r.status for _, r in ordered if r.status is not Status.UNKNOWN), Status.UNKNOWN)
    if status is Status.UNKNOWN and finals:
        status = Status.FINISHED
    commit = next((record.commit for _, record in ordered if record.commit), None)
    facts = _first(record.facts for _, record in ordered)
    directions = _first(record.directions for _, record in ordered)
    return Run(
        name,
        params,
        finals,
        series,
        status,
        commit,
        sources=_sources(parts),
        facts=facts,
        directions=directions,
    )


def _conflict(name: str, unlike: Sequence[tuple[str, Final, Final]]) -> list[Finding]:
    """One finding for all values of a run in which its logs disagree."""
    if not unlike:
        return []
    key, known, other = unlike[0]
    more = f"; {len(unlike) - 1} more values differ" if len(unlike) > 1 else ""
    message = (
        f"{name}: {key} is {known.value!r} in {known.source.path} but {other.value!r} in "
        f"{other.source.path}{more}"
    )
    sources = tuple(
        dict.fromkeys(source for _, *pair in unlike for source in (pair[0].source, pair[1].source))
    )
    mend = "Delete the log that is out of date."
    return [Finding("conflicting-logs", message, sources, mend)]


def _first(mappings: Iterable[Mapping[str, _T]]) -> dict[str, _T]:
    """All keys; where several mappings have one, the first counts."""
    merged: dict[str, _T] = {}
    for mapping in mappings:
        merged = {**mapping, **merged}
    return merged


def _continue(first: Series, second: Series) -> Series:
    """The history of a run that was resumed into a second file."""
    import numpy as np

    return Series(
        np.concatenate((first.steps, second.steps)),
        np.concatenate((first.values, second.values)),
        first.axis,
        first.source,
    )


def _sources(parts: Iterable[tuple[Log, Record]]) -> tuple[Source, ...]:
    return tuple(dict.fromkeys(s for log, _ in parts for s in (log.file.source(), *log.beside)))
