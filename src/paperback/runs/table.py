"""The run table: every run of a repository with roles and metrics."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from paperback.finding import Finding
from paperback.runs.metric import Metric, MetricKey
from paperback.runs.run import Run
from paperback.runs.select import LAST, Protocol


@dataclass(frozen=True, slots=True)
class Role:
    """Which setting plays a part in the study.

    Attributes:
        name: `method`, `dataset`, `seed`, or another role such as `fold` or `tuned`.
        key: The configuration key or template field that plays it; empty when nothing does.
        values: Its values as text, in the order of print.
        how: Why: `declared in paperback.toml`, `path template`, `key name 'seed'`, ...; one phrase for
            the author.
        confidence: Between 0 and 1; 1 is declared.
    """

    name: str
    key: str
    values: tuple[str, ...]
    how: str
    confidence: float


@dataclass(frozen=True, slots=True, eq=False)
class RunTable:
    """All runs that were read, identified, in the order of their ids.

    Attributes:
        runs: Every run; `Run.identity` holds its roles.
        roles: Role name to the role.
        metrics: Canonical metric name to the metric.
        keys: Logged key to its parts, for every key of every run.
        findings: What was noticed while reading.
        files: Every file that was read, with its digest.
        protocol: How the value of a run is chosen.
        apart: Why runs were kept apart, such as `tuning trial` or `not selected`, to these runs. They are in
            no statistic.
        formats: Format to the number of its files that hold runs.
    """

    runs: Sequence[Run]
    roles: Mapping[str, Role]
    metrics: Mapping[str, Metric]
    keys: Mapping[str, MetricKey]
    findings: tuple[Finding, ...]
    files: Mapping[str, str]
    protocol: Protocol = LAST
    apart: Mapping[str, Sequence[Run]] = field(default_factory=dict)
    formats: Mapping[str, int] = field(default_factory=dict)
