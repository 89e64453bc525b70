"""The records of a W&B transaction log, gathered into one run."""

import json
import re
import struct
from array import array
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from itertools import chain
from typing import Any

import numpy as np

from paperback.runs.readers.leaves import flatten, number_of
from paperback.runs.readers.log import LogFile, Record
from paperback.runs.readers.protobuf import BYTES, fields, signed, varint
from paperback.runs.readers.wandb_media import is_inside, without_media
from paperback.runs.readers.wandb_message import (
    Path,
    items,
    messages,
    path_of,
    prefix_of,
    step_of,
    text_of,
    time_of,
    value_of,
)
from paperback.runs.run import Final, Scalar, Series, Status
from paperback.settings import Direction

_HISTORY, _SUMMARY, _CONFIG, _METRIC, _RUN, _EXIT, _ENVIRONMENT = 2, 3, 5, 12, 17, 18, 26
_JSON_TAG = 0x82
_TOGETHER = 64
# What a message that is none of W&B's raises.
UNREADABLE = (IndexError, ValueError, struct.error, RecursionError)
_GOALS: dict[int, Direction] = {1: "lower", 2: "higher"}
_LABELS = {
    2: "wandb.entity",
    3: "wandb.project",
    6: "wandb.group",
    7: "wandb.job_type",
    8: "wandb.name",
    12: "wandb.sweep",
}
_SYSTEM = {1: "os", 2: "python", 6: "program", 12: "host", 18: "gpu", 25: "cuda"}


# An item of short parts, as nearly all are: its key as it is encoded, then JSON in a length of one byte. What
# follows a text is a control character, so a text ends where it says; that no byte is left over tells whether
# all of a message was seen.
_ITEM = re.compile(rb"\n.([\n\x12].[ -~]+(?:\x12.[ -~]+){0,7})\x82\x01.([ -~]+)", re.DOTALL)
_PAIR = re.compile(rb"\n.([\n\x12].[ -~]+(?:\x12.[ -~]+){0,7})(\x82\x01.[ -~]+)", re.DOTALL)
_LAST_STEP = re.compile(rb"\x12(?:.\x08([\x80-\xff]*[\x00-\x7f])|\0)\Z", re.DOTALL)


@dataclass(frozen=True, slots=True, eq=False)
class _Column:
    """One key of the history: the rows that have it, and its values there."""

    path: Path
    rows: np.ndarray
    values: np.ndarray


class _Keys(dict[bytes, int]):
    """Number of each encoded key, given when it is first asked for; `paths` holds what they say."""

    def __init__(self) -> None:
        super().__init__()
        self.paths: list[Path] = []

    def __missing__(self, key: bytes) -> int:
        self.paths.append(path_of(key))
        self[key] = len(self)
        return self[key]


@dataclass(slots=True)
class WandbRun:
    """What the records told so far.

    Attributes:
        begun: Whether any record of a run was read.
        unreadable: Records, and values of the summary, that cannot be understood.
    """

    begun: bool = False
    unreadable: int = 0
    _id: str = ""
    _config: dict[Path, Any] = field(default_factory=dict)
    _summary: dict[bytes, bytes] = field(default_factory=dict)
    _waiting: list[bytes] = field(default_factory=list)
    # Number of each key, and every value of the history with the number of its key, row after row.
    _keys: _Keys = field(default_factory=_Keys)
    _which: "array[int]" = field(default_factory=lambda: array("q"))
    _values: "array[float]" = field(default_factory=lambda: array("d"))
    _begins: "array[int]" = field(default_factory=lambda: array("q"))
    _steps: list[int | None] = field(default_factory=list)
    _axes: dict[str, str] = field(default_factory=dict)
    _directions: dict[str, Direction] = field(default_factory=dict)
    _labels: dict[str, Scalar] = field(default_factory=dict)
    _tags: list[str] = field(default_factory=list)
    _facts: dict[str, Scalar] = field(default_factory=dict)
    _commit: str | None = None
    _exit: int | None = None

    def add(self, payload: bytes) -> None:
        """Take in one record.

        Raises:
            IndexError, ValueError: The record is no message of W&B.
        """
        for number, part in messages(payload):
            if number == _HISTORY:
                self._add_row(part)
            elif number == _SUMMARY:
                self._add_summary(part)
            elif number == _CONFIG:
                self._add_config(part)
            elif number == _RUN:
                self._add_run(part)
            elif number == _EXIT:
                self._add_exit(part)
            elif number == _METRIC:
                self._add_metric(part)
            elif number == _ENVIRONMENT:
                self._add_environment(part)

    def record(self, file: LogFile) -> Record:
        """All of it as the record of one run."""
        series = dict(sorted(self._series(file)))
        if self._tags:
            self._labels["wandb.tags"] = json.dumps(self._tags)
        return Record(
            params={**_settings(self._config), **self._labels},
            finals=dict(self._finals(file)),
            series=series,
            status=self._status(),
            commit=self._commit,
            home=file.path.rpartition("/")[0],
            run=f"wandb:{self._id}" if self._id else "",
            facts=self._facts,
            directions={key: way for key, way in self._directions.items() if key in series},
        )

    def _status(self) -> Status:
        if self._exit is None:
            return Status.KILLED
        return Status.FAILED if self._exit else Status.FINISHED

    def _add_row(self, history: bytes) -> None:
        self.begun = True
        # The row counts whatever comes: a value that cannot be read must not move into the next one.
        self._begins.append(len(self._values))
        self._steps.append(None)
        if self._add_plain_row(history):
            return
        for key, at, stop in items(history):
            if key is None:
                self._steps[-1] = step_of(history[at:stop])
                continue
            try:
                # Most values are short numbers in JSON: `float` reads them, NaN and Infinity too.
                if history[at] != _JSON_TAG or history[at + 2] > 0x7F:
                    raise ValueError
                self._put(key, float(history[at + 3 : stop]))
            except (ValueError, IndexError):
                self._add_other(key, history[at:stop])

    def _add_plain_row(self, history: bytes) -> bool:
        """Add a row of short numbers in JSON and its step, all at once; False where it is anything else."""
        end = _LAST_STEP.search(history, max(0, len(history) - 13))
        found = _ITEM.findall(history)
        if not found or end is None:
            return False
        if len(b"".join(chain.from_iterable(found))) + 5 * len(found) != end.start():
            return False
        keys, texts = zip(*found, strict=True)
        try:
            numbers = [*map(float, texts)]
        except ValueError:
            return False
        # Both or neither: a key may turn out to be none.
        which = [*map(self._keys.__getitem__, keys)]
        self._which.extend(which)
        self._values.extend(numbers)
        self._steps[-1] = signed(varint(end[1], 0)[0]) if end[1] else 0
        return True

    def _put(self, key: bytes, number: float) -> None:
        self._which.append(self._keys[key])
        self._values.append(number)

    def _add_other(self, key: bytes, value: bytes) -> None:
        """A value that is no plain number: typed, quoted, or a dictionary of numbers."""
        # The key is known from now on, because what has a `_type` is no metric.
        self._keys[key]
        found = value_of(value)
        if isinstance(found, dict):
            for inner, item in flatten(without_media(found)).items():
                if (number := number_of(item)) is not None:
                    self._put(prefix_of((*path_of(key), *inner.split("."))), number)
        elif (number := number_of(found)) is not None:
            self._put(key, number)

    def _columns(self) -> list[_Column]:
        """What was added, key by key; empty where all values of a key are text."""
        which, values = np.array(self._which, np.int64), np.array(self._values, np.float64)
        begins = np.array([*self._begins, len(values)], np.int64)
        rows = np.repeat(np.arange(len(begins) - 1), np.diff(begins))
        # Short numbers are sorted by counting.
        which = which.astype(np.uint16) if len(self._keys) < 2**16 else which
        order = np.argsort(which, kind="stable")
        ends = np.searchsorted(which[order], np.arange(len(self._keys) + 1))
        columns = []
        for number, path in enumerate(self._keys.paths):
            mine = order[ends[number] : ends[number + 1]]
            columns.append(_Column(path, rows[mine], values[mine]))
        return columns

    def _add_summary(self, summary: bytes) -> None:
        # Half of a log are summaries that replace each other; joined messages say what they say in turn.
        self._waiting.append(summary)
        if len(self._waiting) >= _TOGETHER:
            self._merge_summaries()

    def _merge_summaries(self) -> None:
        waiting, self._waiting = self._waiting, []
        joined = b"".join(waiting)
        found = _PAIR.findall(joined)
        if len(b"".join(chain.from_iterable(found))) + 2 * len(found) == len(joined):
            self._summary.update(found)
            return
        for summary in waiting:
            try:
                self._merge_summary(summary)
            except UNREADABLE:
                self.unreadable += 1

    def _merge_summary(self, summary: bytes) -> None:
        for key, at, stop in items(summary):
            if key is None:
                self._summary.pop(summary[at:stop], None)
            else:
                self._summary[key] = summary[at:stop]

    def _add_config(self, config: bytes) -> None:
        for key, at, stop in items(config):
            if key is None:
                self._config.pop(path_of(config[at:stop]), None)
            else:
                self._config[path_of(key)] = value_of(config[at:stop])

    def _add_run(self, run: bytes) -> None:
        self.begun = True
        for number, kind, value, part in fields(run):
            if kind != BYTES:
                if number == 20 and value:
                    self._facts["duration"] = value
            elif number == 1:
                self._id = text_of(part)
            elif number == 4:
                self._add_config(part)
            elif number == 5:
                self._add_summary(part)
            elif number in _LABELS and part:
                self._labels[_LABELS[number]] = text_of(part)
            elif number == 10:
                self._tags.append(text_of(part))
            elif number == 13 and part:
                self._facts["host"] = text_of(part)
            elif number == 17:
                self._facts["started"] = time_of(part)
            elif number == 21:
                self._add_git(part)
            elif number == 23:
                self._add_branch(part)

    def _add_branch(self, branch: bytes) -> None:
        """Of which run this one was forked, or of itself rewound, and behind which step."""
        for number, kind, _, part in fields(branch):
            if number == 1 and kind == BYTES and part:
                self._facts["forked_from"] = text_of(part)
            elif number == 2 and len(part) == 8:
                self._facts["forked_at"] = struct.unpack("<d", part)[0]

    def _add_git(self, git: bytes) -> None:
        for number, kind, _, part in fields(git):
            if number == 2 and kind == BYTES and part:
                self._commit = text_of(part)

    def _add_exit(self, message: bytes) -> None:
        self._exit = 0
        for number, _, value, _ in fields(message):
            if number == 1:
                self._exit = signed(value)
            elif number == 2 and value:
                self._facts["duration"] = value

    def _add_metric(self, metric: bytes) -> None:
        names, axis, goal = [], "", 0
        for number, kind, value, part in fields(metric):
            if number in (1, 2) and kind == BYTES:
                names.append(text_of(part))
            elif number == 4 and kind == BYTES:
                axis = text_of(part)
            elif number == 8:
                goal = value
        for known in names:
            # Dots of a name are written with a backslash, because others separate nested keys.
            plain = known.replace("\\.", ".")
            if axis:
                self._axes[plain] = axis.replace("\\.", ".")
            if goal in _GOALS:
                self._directions[plain] = _GOALS[goal]

    def _add_environment(self, environment: bytes) -> None:
        """System facts; before 0.20 another message had this number, of which nothing is taken."""
        for number, kind, value, part in fields(environment):
            if kind == BYTES and number in _SYSTEM and part:
                self._facts.setdefault(_SYSTEM[number], text_of(part))
            elif number == 9 and kind == BYTES:
                self._add_git(part)
            elif number in (16, 19) and kind == 0:
                self._facts["cpus" if number == 16 else "gpus"] = value

    def _finals(self, file: LogFile) -> Iterator[tuple[str, Final]]:
        values = dict(self._summary_values())
        media = {path[:-1] for path in values if path[-1] == "_type"}
        for path, value in values.items():
            if is_inside(path, media):
                continue
            leaves = flatten(without_media(value)) if isinstance(value, dict) else {"": value}
            for key, leaf in leaves.items():
                # define_metric keeps {"last": ..., "max": ...}; the last value is the metric itself.
                logged = ".".join(part for part in (*path, key) if part)
                logged = logged.removesuffix(".last") if "." in logged else logged
                if (number := number_of(leaf)) is not None:
                    yield logged, Final(number, file.source(logged))

    def _summary_values(self) -> Iterator[tuple[Path, Any]]:
        self._merge_summaries()
        for key, value in self._summary.items():
            try:
                yield path_of(key), value_of(value)
            except UNREADABLE:
                self.unreadable += 1

    def _series(self, file: LogFile) -> Iterator[tuple[str, Series]]:
        columns = self._columns()
        steps = self._row_steps(columns)
        dense = {".".join(column.path): column for column in columns}
        media = {column.path[:-1] for column in columns if column.path[-1] == "_type"}
        for key, column in dense.items():
            if not len(column.values) or is_inside(column.path, media):
                continue
            axis = self._axis(key)
            at, unit = steps[column.rows], "step"
            if axis and axis in dense and axis != key:
                at, unit = _along(dense[axis], column, at, axis)
            yield key, Series(at, column.values, unit, file.source(key))

    def _row_steps(self, columns: list[_Column]) -> np.ndarray:
        """The step of each row; where rows have none, the key `_step` counts, else their number."""
        logged = next((column for column in columns if column.path == ("_step",)), None)
        known = dict(zip(logged.rows.tolist(), logged.values.tolist(), strict=True)) if logged else {}
        steps = [int(known.get(row, row)) if step is None else step for row, step in enumerate(self._steps)]
        return np.array([min(max(step, -(2**62)), 2**62) for step in steps], np.int64)

    def _axis(self, key: str) -> str:
        if key in self._axes:
            return self._axes[key]
        return next((axis for glob, axis in self._axes.items() if "*" in glob and fnmatchcase(key, glob)), "")


def _along(axis: _Column, column: _Column, steps: np.ndarray, name: str) -> tuple[np.ndarray, str]:
    """The values of the declared step metric in the column's rows, where all of them are whole numbers."""
    known = dict(zip(axis.rows.tolist(), axis.values.tolist(), strict=True))
    found = [known.get(row) for row in column.rows.tolist()]
    if any(value is None or not value.is_integer() or abs(value) > 2**62 for value in found):
        return steps, "step"
    return np.array(found, np.float64).astype(np.int64), name.rsplit("/", 1)[-1].rsplit(".", 1)[-1]


def _settings(config: Mapping[Path, Any]) -> dict[str, Scalar]:
    """The configuration, flattened; what W&B adds for itself is left out."""
    flat: dict[str, Scalar] = {}
    for path, value in config.items():
        if path[0] in ("_wandb", "wandb_version"):
            continue
        key = ".".join(path)
        leaves = flatten(value, key) if isinstance(value, dict) else {key: value}
        for name, leaf in leaves.items():
            is_scalar = leaf is None or isinstance(leaf, (str, int, float, bool))
            flat[name] = leaf if is_scalar else json.dumps(leaf, separators=(",", ":"))
    return flat
