"""The average gain over a few data sets: design (b) with the scope of exactly these data sets."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, cast

from paperback.errors import EvidenceError, near_miss
from paperback.evidence.compare import FEWEST, chosen, compare_cells, contrast_of
from paperback.evidence.contrast import Contrast
from paperback.evidence.pivot import Cells, pivot
from paperback.evidence.quantity import Quantity, Recipe
from paperback.runs import RunTable
from paperback.source import Source

_IN_UNIT = ("gain", "low", "high", "detectable")
FIGURES = (*_IN_UNIT, "n", "statistic", "df", "p", "needed")


@dataclass(frozen=True, slots=True)
class AverageGain:
    """Mean over data sets of the gain of A over B, every data set with the same weight.

    It speaks of exactly these data sets: their choice is not sampled, only the runs inside them are.

    Attributes:
        method: A, as logged.
        over: B, as logged.
        metric: Canonical metric name.
        split: The split.
        where: What a run must match besides.
        datasets: The data sets that entered.
        gain: In the metric's unit, positive when A is better.
        low: Lower end of its interval; None without a test.
        high: Upper end; None without a test.
        level: Coverage of the interval, a fraction.
        test: `t over within-cell variances (Satterthwaite)`, or the reason why none was made.
        statistic: Student's t; None without a test.
        df: Satterthwaite's degrees of freedom; None without a test.
        p: Two-sided; None without a test.
        detectable: Smallest average gain that would have been found with 80 % power; None without a test.
        needed: Runs per cell that would show a gain of this size with 80 % power; None without a test.
        unit: As logged.
        sources: The files that entered.
    """

    method: str
    over: str
    metric: str
    split: str
    where: tuple[tuple[str, str], ...]
    datasets: tuple[str, ...]
    gain: float
    low: float | None
    high: float | None
    level: float
    test: str
    statistic: float | None
    df: float | None
    p: float | None
    detectable: float | None
    needed: int | None
    unit: str
    sources: tuple[Source, ...]

    def quantity(self, field: str) -> Quantity:
        """One of its numbers with the recipe that recomputes it; `n` counts data sets.

        Raises:
            EvidenceError: It has no such number, or none here; says why.
        """
        if field not in FIGURES:
            raise EvidenceError(f"an average gain has no number {field!r}", mend=near_miss(field, FIGURES))
        value = len(self.datasets) if field == "n" else cast("float | None", getattr(self, field))
        if value is None:
            raise EvidenceError(f"the average gain has no {field}: {self.test}", mend="Say why instead.")
        unit = self.unit if field in _IN_UNIT else ""
        return Quantity(float(value), Recipe("average", field, self._arguments()), unit, self.sources)

    def _arguments(self) -> dict[str, Any]:
        return {
            "metric": self.metric,
            "split": self.split,
            "where": dict(self.where),
            "method": self.method,
            "over": self.over,
            "datasets": list(self.datasets),
            "level": self.level,
        }


def average_gain(
    table: RunTable,
    metric: str,
    method: str,
    over: str,
    *,
    split: str = "",
    datasets: Sequence[str] | None = None,
    where: Mapping[str, str] | None = None,
    level: float = 0.95,
) -> AverageGain:
    """The average gain of `method` over `over`; without `datasets`, over all where both have an estimate.

    Raises:
        EvidenceError: The metric has no direction, or the two share no data set.
    """
    cells = pivot(table, metric, split=split, where=where, level=level)
    return average_cells(cells, method, over, chosen(table, cells, method, over, datasets))


def average_cells(cells: Cells, method: str, over: str, datasets: Sequence[str]) -> AverageGain:
    """The average gain between two rows of `cells` over the columns `datasets`.

    Source:
        Satterthwaite 1946: the error of the average is built from the variances inside the cells.
    """
    each = compare_cells(cells, method, over, datasets)
    if not each:
        raise EvidenceError(f"{method} and {over} share no data set", mend="Run both on the same data sets.")
    first = each[0].a
    if first.direction == "unknown":
        raise no_direction(cells.metric)
    sign = 1.0 if first.direction == "higher" else -1.0
    value = sign * math.fsum(item.difference for item in each) / len(each)
    test, contrast = _contrast(cells, (method, over), datasets, value)
    low, high = contrast.ends(first.level) if contrast else (None, None)
    other = tuple(pair for pair in first.address.where if pair[0] not in ("method", "dataset"))
    return AverageGain(
        method=method,
        over=over,
        metric=cells.metric,
        split=cells.split,
        where=other,
        datasets=tuple(datasets),
        gain=value,
        low=low,
        high=high,
        level=first.level,
        test=test,
        statistic=contrast.statistic if contrast else None,
        df=contrast.df if contrast else None,
        p=contrast.p if contrast else None,
        detectable=contrast.detectable() if contrast else None,
        needed=contrast.needed() if contrast else None,
        unit=first.unit,
        sources=tuple(source for item in each for source in (*item.a.sources, *item.b.sources)),
    )


def _contrast(
    cells: Cells, methods: tuple[str, str], datasets: Sequence[str], value: float
) -> tuple[str, Contrast | None]:
    if any(cells.cells[name, each].n < FEWEST for name in methods for each in datasets):
        return "none: a test needs three runs in every cell", None
    found = [contrast_of(cells, *methods, each)[0] for each in datasets]
    weight = len(datasets) ** -2
    parts = tuple(replace(part, weight=weight) for one in found for part in one.parts if one.varies)
    contrast = Contrast(value, parts, max(one.scale for one in found))
    if not parts:
        return "none: the runs do not vary", None
    return "t over within-cell variances (Satterthwaite)", contrast


def no_direction(metric: str) -> EvidenceError:
    """The error of a metric that must be declared before anything can be better."""
    return EvidenceError(
        f"whether higher or lower {metric!r} is better is not known",
        mend=f'Declare direction = "higher" or "lower" under [metrics.{metric}] in paperback.toml.',
    )
