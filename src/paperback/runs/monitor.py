"""The monitor files of the parallel environments of one run, joined in the order of time."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from paperback.runs.readers.log import Log, Record
from paperback.runs.run import Series

_MONITOR = re.compile(r"(?:^|/)\d+\.monitor\.csv$")
Part = tuple[Log, Record]


def join_monitors(parts: Mapping[str, Sequence[Part]]) -> dict[str, list[Part]]:
    """The parts of runs, where the numbered monitor files of one folder are one run, named by the folder."""
    joined: dict[str, list[Part]] = {}
    folders: dict[str, list[str]] = {}
    for name in parts:
        if _MONITOR.search(name):
            folders.setdefault(name.rpartition("/")[0], []).append(name)
    several = {name: folder for folder, names in folders.items() if len(names) > 1 for name in names}
    for name, found in parts.items():
        if name not in several:
            joined.setdefault(name, []).extend(found)
    for folder in dict.fromkeys(several.values()):
        files = [part for name in sorted(folders[folder]) for part in parts[name]]
        joined.setdefault(folder or ".", []).extend(_in_time(files))
    return joined


def _in_time(files: Sequence[Part]) -> list[Part]:
    """The first file's record with the episodes of all, in the order of their ends; the others without."""
    records = [record for _, record in files]
    keys = dict.fromkeys(key for record in records for key in record.series)
    merged = {key: _merged(key, records) for key in keys}
    first, *others = files
    return [
        (first[0], replace(first[1], series=merged)),
        *((log, replace(record, series={}, params={})) for log, record in others),
    ]


def _merged(key: str, records: Sequence[Record]) -> Series:
    pieces = [record.series[key] for record in records if key in record.series]
    values = np.concatenate([piece.values for piece in pieces])
    times = np.concatenate([_times(record, key) for record in records if key in record.series])
    order = np.argsort(times, kind="stable")
    return replace(pieces[0], steps=np.arange(len(values)), values=values[order])


def _times(record: Record, key: str) -> np.ndarray:
    """When each episode ended: the start of the file and the seconds since."""
    count = len(record.series[key].values)
    start = record.params.get("t_start", 0.0)
    since = record.series.get("t")
    if since is None or len(since.values) != count or not isinstance(start, (int, float)):
        return np.arange(count, dtype=np.float64)
    return np.asarray(since.values + start)
