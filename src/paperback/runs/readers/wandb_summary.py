"""The summary of a W&B run: messages that replace each other's values."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from paperback.runs.readers.leaves import flatten, number_of
from paperback.runs.readers.log import LogFile
from paperback.runs.readers.wandb_items import Items, Keys, read_items
from paperback.runs.readers.wandb_media import is_inside, without_media
from paperback.runs.readers.wandb_message import UNREADABLE, Path, items, path_of, value_of
from paperback.runs.run import Final

_TOGETHER = 1000


@dataclass(slots=True)
class Summary:
    """What the summaries told so far.

    Attributes:
        unreadable: Messages and values that cannot be understood.
    """

    unreadable: int = 0
    _waiting: list[bytes] = field(default_factory=list)
    _keys: Keys = field(default_factory=Keys)
    # The last value of each key, both as they are encoded.
    _values: dict[bytes, bytes] = field(default_factory=dict)

    def add(self, summary: bytes) -> None:
        """Take in one message."""
        # Half of a log are summaries that replace each other.
        self._waiting.append(summary)
        if len(self._waiting) >= _TOGETHER:
            self._merge()

    def finals(self, file: LogFile) -> Iterator[tuple[str, Final]]:
        """Key and last value of every metric."""
        self._merge()
        values = dict(self._read())
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

    def _merge(self) -> None:
        """Take in what waits: messages of nothing but short items together, all others in their turn."""
        waiting, self._waiting = self._waiting, []
        if not waiting:
            return
        found = read_items(waiting, self._keys)
        plain = found.plain & (found.until == found.ends)
        begin = 0
        for other in np.flatnonzero(~plain).tolist():
            self._put_last(found, begin, other)
            try:
                self._merge_one(waiting[other])
            except UNREADABLE:
                self.unreadable += 1
            begin = other + 1
        self._put_last(found, begin, len(waiting))

    def _put_last(self, found: Items, begin: int, end: int) -> None:
        """Keep the last value of each key in the messages from `begin` to `end`."""
        first, stop = np.searchsorted(found.rows, (begin, end)).tolist()
        last = np.full(len(self._keys), -1)
        # Of several places under one number the last one stays.
        last[found.which[first:stop]] = np.arange(first, stop)
        names = list(self._keys)
        for number in np.flatnonzero(last >= 0).tolist():
            value = found.data[found.starts[last[number]] : found.stops[last[number]]]
            self._values[names[number]] = value.tobytes()

    def _merge_one(self, summary: bytes) -> None:
        for key, at, stop in items(summary):
            if key is None:
                self._values.pop(summary[at:stop], None)
            else:
                self._values[key] = summary[at:stop]

    def _read(self) -> Iterator[tuple[Path, Any]]:
        for key, value in self._values.items():
            try:
                yield path_of(key), value_of(value)
            except UNREADABLE:
                self.unreadable += 1
