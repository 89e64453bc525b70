"""One CSV file per metric, without a header, as d3rlpy writes it: `epoch,step,value` in `<metric>.csv`."""

import re

import numpy as np

from paperback.finding import Finding
from paperback.runs.lexicon import SETTINGS_FILE, is_metric_name
from paperback.runs.readers.leaves import make_series, number_in
from paperback.runs.readers.log import Log, LogFile, Record
from paperback.runs.readers.recognise import has_log_name, in_log_folder

name = "CSV of one metric"
_ROW = re.compile(rb"(?:\xef\xbb\xbf)?\s*\d+\s*,\s*\d+\s*,\s*(?:[+-]?[\d.][\d.eE+-]*|nan|-?inf)\s*$", re.I)


def accepts(path: str, head: bytes) -> bool:
    """Whether the first line holds two whole numbers and a value, and the file's name may be a metric's."""
    is_row = _ROW.match(head.partition(b"\n")[0]) is not None
    stem = path.rpartition("/")[2][: -len(".csv")]
    return path.lower().endswith(".csv") and is_row and (is_metric_name(stem) or not has_log_name(path))


def read(file: LogFile) -> Log:
    """The history of the metric that the file is named for, as a part of the run that is its folder.

    Rows whose steps do not go on are no history; a folder that neither holds settings nor is placed like one
    of logs has none.
    """
    lines = [line for line in file.data.decode("utf-8-sig", errors="replace").splitlines() if line.strip()]
    cells = [tuple(map(number_in, line.split(","))) for line in lines]
    rows = [row for row in cells if len(row) == 3 and None not in row]
    table = np.array(rows, np.float64).reshape(len(rows), 3)
    folder, _, last = file.path.rpartition("/")
    if len(rows) < len(cells) - 1 or not _goes_on(table) or not _is_placed(file):
        return Log(file, name)
    key = last[: -len(".csv")]
    series = make_series(file, key, table[:, 1], table[:, 2], axis="step")
    record = Record(series={key: series}, home=folder or ".")
    return Log(file, name, (record,), _cut(file, len(rows) < len(cells), len(cells)))


def _goes_on(table: np.ndarray) -> bool:
    """Whether steps grow from row to row, and epochs never shrink or pass the steps."""
    epochs, steps = table[:, 0], table[:, 1]
    grows = bool((np.diff(steps) > 0).all() and (np.diff(epochs) >= 0).all())
    return len(table) > 0 and grows and bool((epochs <= steps).all())


def _is_placed(file: LogFile) -> bool:
    if file.declared or in_log_folder(file.path):
        return True
    return any(SETTINGS_FILE.match(each.name) for each in file.place.parent.iterdir())


def _cut(file: LogFile, is_cut: bool, line: int) -> tuple[Finding, ...]:
    if not is_cut:
        return ()
    message = f"{file.path}:{line}: a row is incomplete; it is left out"
    return (Finding("truncated-log", message, (file.source(line=line),), "Check that the run ended well."),)
