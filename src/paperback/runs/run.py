"""One run: a training or evaluation with its configuration, metrics, status and sources."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType

import numpy as np

from paperback.settings import Direction
from paperback.source import Source

_NOTHING: Mapping[str, str] = MappingProxyType({})
_UNSAID: Mapping[str, Direction] = MappingProxyType({})
Scalar = str | int | float | bool | None
_SCIENTIFIC = re.compile(r"[+-]?\d+(\.\d*)?[eE][+-]?\d{1,2}")


class Status(StrEnum):
    """How a run ended, as far as its log tells."""

    FINISHED = "finished"
    FAILED = "failed"
    KILLED = "killed"
    RUNNING = "running"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, eq=False)
class Series:
    """The history of one metric.

    Attributes:
        steps: Shape (n,), int64; in the order they were logged.
        values: Shape (n,), float64, as logged: nothing is rescaled, NaN and infinities are kept.
        axis: What a step counts: `step`, `epoch`, ...
        source: The file, with the tag or key as `Source.key`.
    """

    steps: np.ndarray
    values: np.ndarray
    axis: str
    source: Source


@dataclass(frozen=True, slots=True)
class Final:
    """A metric's value at the end of a run, as logged.

    Attributes:
        value: As logged; NaN is kept.
        source: The file, with the dotted key as `Source.key`.
        step: The step at which it was logged; None where the log gives a value without one.
        rule: By which protocol it was chosen; empty for the value as it stands in the log.
    """

    value: float
    source: Source
    step: int | None = None
    rule: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class Run:
    """One training or evaluation, one configuration, one seed.

    Attributes:
        id: POSIX path of the run's folder or file, relative to the root, with `#record` where a file
            holds several.
        params: Flattened configuration, dotted keys; path template fields are params too.
        finals: Logged key (`metrics.test.accuracy`, `test/acc`) to its final value.
        series: Logged key to its history.
        status: How the run ended.
        commit: Commit of the code, where the log names it.
        identity: Role (`method`, `dataset`, `seed`, ...) to its value as text, once roles are known.
        sources: Every file that was read for this run.
        facts: Where and when it ran: `host`, `gpu`, `started`, `duration` (seconds), `python`, ...; no part
            of the configuration.
        directions: Logged key to `higher` or `lower`, where the log itself says which is better.
    """

    id: str
    params: Mapping[str, Scalar] = field(default_factory=dict)
    finals: Mapping[str, Final] = field(default_factory=dict)
    series: Mapping[str, Series] = field(default_factory=dict)
    status: Status = Status.UNKNOWN
    commit: str | None = None
    identity: Mapping[str, str] = field(default_factory=lambda: _NOTHING)
    sources: tuple[Source, ...] = ()
    facts: Mapping[str, Scalar] = field(default_factory=lambda: _NOTHING)
    directions: Mapping[str, Direction] = field(default_factory=lambda: _UNSAID)

    def setting(self, key: str) -> str | None:
        """Text of the role, or else the configuration key, `key`; None where the run has no such key."""
        if key in self.identity:
            return self.identity[key]
        if key in self.params:
            return text(self.params[key])
        return None


def text(value: Scalar) -> str:
    """Canonical text of a configuration value: 0.001 and "1e-3" are the same, True and "true" too.

    None becomes "null".
    """
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < 2**53 else repr(value)
    if isinstance(value, int):
        return str(value)
    word = value.strip()
    if word.lower() in ("true", "false"):
        return word.lower()
    # Only with an exponent: "0.10" may be a version and "007" a name.
    return text(float(word)) if _SCIENTIFIC.fullmatch(word) else value
