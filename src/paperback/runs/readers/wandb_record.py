"""The records of a W&B transaction log, gathered into one run."""

import json
import struct
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from paperback.runs.readers.leaves import flatten
from paperback.runs.readers.log import LogFile, Record
from paperback.runs.readers.protobuf import BYTES, fields, signed
from paperback.runs.readers.wandb_history import History
from paperback.runs.readers.wandb_message import Path, items, messages, path_of, text_of, time_of, value_of
from paperback.runs.readers.wandb_summary import Summary
from paperback.runs.run import Scalar, Status
from paperback.settings import Direction

_HISTORY, _SUMMARY, _CONFIG, _METRIC, _RUN, _EXIT, _ENVIRONMENT = 2, 3, 5, 12, 17, 18, 26
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
    _history: History = field(default_factory=History)
    _summary: Summary = field(default_factory=Summary)
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
                self.begun = True
                self._history.add(part)
            elif number == _SUMMARY:
                self._summary.add(part)
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
        series = dict(sorted(self._history.series(file, self._axes)))
        finals = dict(self._summary.finals(file))
        self.unreadable += self._history.unreadable + self._summary.unreadable
        if self._tags:
            self._labels["wandb.tags"] = json.dumps(self._tags)
        return Record(
            params={**_settings(self._config), **self._labels},
            finals=finals,
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
                self._summary.add(part)
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
