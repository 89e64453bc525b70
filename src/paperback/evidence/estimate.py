"""A statistic over runs, with its interval and its address."""

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, cast

from paperback.errors import EvidenceError, near_miss
from paperback.evidence.address import Address
from paperback.evidence.interval import centre, deviation, interval
from paperback.evidence.quantity import Quantity, Recipe
from paperback.evidence.reading import (
    NOT_LOGGED,
    Label,
    Question,
    Reading,
    ask,
    check_unmixed,
    entering,
    labels,
    matching,
    read_values,
)
from paperback.runs import RunTable
from paperback.settings import Direction
from paperback.source import Source

FIGURES = ("value", "std", "n", "low", "high", "expected", "std0", "sem", "half_width")
SpreadKind = Literal["std", "sem", "half_width"]


@dataclass(frozen=True, slots=True)
class Estimate:
    """A statistic over runs.

    Attributes:
        value: In `unit`, unrounded.
        std: Standard deviation over the runs (ddof 1), in `unit`; None below two runs.
        n: Number of units that entered (runs, when reduced over seeds).
        low: Lower end of the interval; None where no interval exists.
        high: Upper end of the interval; None where no interval exists.
        level: Coverage of the interval, a fraction.
        unit: As logged.
        direction: Whether higher or lower is better.
        interval: Name of the interval's method (`t, n-1 degrees of freedom`), or why there is none.
        address: What it was computed from.
        sources: The files that entered, with the key read.
        excluded: (run id, reason) of every run that matches and did not enter.
    """

    value: float
    std: float | None
    n: int
    low: float | None
    high: float | None
    level: float
    unit: str
    direction: Direction
    interval: str
    address: Address
    sources: tuple[Source, ...]
    excluded: tuple[tuple[str, str], ...] = ()

    def quantity(self, field: str) -> Quantity:
        """One of its numbers with the recipe that recomputes it.

        Args:
            field: `value`, `std`, `n`, `low`, `high`, `expected`; `std0` (ddof 0), `sem` or `half_width`.

        Raises:
            EvidenceError: It has no such number, or none here; says why.
        """
        figure = self._figure(field)
        if figure is None:
            why = (
                self.interval if self.interval.startswith("none") else "too few runs, or the data do not tell"
            )
            raise EvidenceError(f"{self.address} has no {field}: {why}", mend="Print a missing cell instead.")
        unit = "" if field in ("n", "expected") else self.unit
        return Quantity(float(figure), Recipe("estimate", field, self._arguments()), unit, self.sources)

    def _figure(self, field: str) -> float | None:
        match field:
            case "value" | "std" | "n" | "low" | "high":
                return cast("float | None", getattr(self, field))
            case "expected":
                return self.address.expected
            case "std0":
                return spread(self, "std", ddof=0)
            case "sem":
                return spread(self, "sem")
            case "half_width":
                return spread(self, "half_width")
        raise EvidenceError(f"an estimate has no number {field!r}", mend=near_miss(field, FIGURES))

    def _arguments(self) -> dict[str, Any]:
        return {
            "metric": self.address.metric,
            "split": self.address.split,
            "where": dict(self.address.where),
            "over": list(self.address.over),
            "reduce": self.address.reduce,
            "level": self.level,
        }


def spread(estimate: Estimate, kind: SpreadKind, *, ddof: int = 1) -> float | None:
    """How far the runs scatter, or how sure their centre is; None where it does not exist.

    Args:
        estimate: Of at least two runs, or the answer is None.
        kind: `std` over the units; `sem`, that divided by the root of n; `half_width` of the interval.
        ddof: 1 divides by n-1, 0 by n; for `std` and `sem`.
    """
    if kind == "half_width":
        return None if estimate.low is None or estimate.high is None else (estimate.high - estimate.low) / 2
    if estimate.std is None or estimate.n <= ddof:
        return None
    std = estimate.std * math.sqrt((estimate.n - 1) / (estimate.n - ddof)) if ddof != 1 else estimate.std
    return std if kind == "std" else std / math.sqrt(estimate.n)


def estimate(
    table: RunTable,
    metric: str,
    *,
    split: str = "",
    where: Mapping[str, str] | None = None,
    over: Sequence[str] | None = None,
    reduce: str = "mean",
    level: float = 0.95,
) -> Estimate:
    """The metric over the runs that match, reduced over what varies between them.

    A failed, killed or unfinished run, and one that logged NaN or an infinity, never enters; it stands in
    `Estimate.excluded` with its reason, and n falls short of `address.expected`.

    Args:
        table: The runs.
        metric: Canonical name, or a logged key, which brings its own split.
        split: `train`, `val`, `test` or empty.
        where: Role or configuration key to the value as text that a run must have.
        over: Roles in the order in which they are averaged away: ("seed", "dataset") is the mean over the
            seeds inside each data set, then over the data sets; std, n and interval are of the last step.
            `"seed+fold"` takes each combination as one unit. Without a seed role every run is a unit. None
            takes seeds, and the items, folds or subsets that the table has a role for.
        reduce: `mean` or `median`, at every step.
        level: Coverage of the interval, a fraction in (0, 1).

    Returns:
        The estimate in the unit of the log.

    Raises:
        EvidenceError: No run matches or none enters; they also vary in another role; two share every role.
        SettingsError: No metric has this name.
    """
    question = ask(table, metric, split=split, where=where, over=over, reduce=reduce, level=level)
    readings = read_values(table, question)
    return weigh(table, question, matching(readings, question), expected_units(readings, table, question))[0]


def weigh(
    table: RunTable, question: Question, readings: Sequence[Reading], expected: int | None
) -> tuple[Estimate, dict[Label, float]]:
    """The estimate of readings that match the question, and the units of its last step by label."""
    check_unmixed(readings, table, question)
    inside = entering(readings, question)
    units = _units(inside, question)
    values = list(units.values())
    ends = interval(values, question.reduce, question.level)
    metric = table.metrics[question.metric]
    made = Estimate(
        value=centre(values, question.reduce),
        std=deviation(values),
        n=len(values),
        low=ends.low,
        high=ends.high,
        level=question.level,
        unit=metric.unit,
        direction=metric.direction,
        interval=ends.name,
        address=_address(question, inside, expected),
        sources=tuple(sorted({reading.final.source for reading in inside if reading.final}, key=_place)),
        excluded=tuple((reading.run.id, reading.excluded) for reading in readings if reading.excluded),
    )
    return made, units


def expected_units(readings: Iterable[Reading], table: RunTable, question: Question) -> int | None:
    """How many units the fullest cell of the table has at the last step, crashed runs included.

    None where the last step is no role, so that the data do not tell, or test items, which data sets have in
    different numbers.
    """
    last = question.over[-1].split("+")
    if "item" in last:
        return None
    others = [role for role in table.roles if role not in question.averaged]
    cells: dict[tuple[str | None, ...], set[tuple[str | None, ...]]] = defaultdict(set)
    logged: set[tuple[str | None, ...]] = set()
    for reading in readings:
        cell = tuple(reading.run.setting(role) for role in others)
        unit = tuple(reading.run.setting(role) for role in last)
        if None not in unit and reading.excluded != NOT_LOGGED:
            cells[cell].add(unit)
            logged |= set() if reading.excluded else {cell}
    return max((len(cells[cell]) for cell in logged), default=None)


def _units(readings: Sequence[Reading], question: Question) -> dict[Label, float]:
    level = {labels(reading.run, question): reading.value for reading in readings}
    for _ in question.over[1:]:
        groups: dict[tuple[Label, ...], list[float]] = defaultdict(list)
        for names, value in level.items():
            groups[names[1:]].append(value)
        level = {names: centre(values, question.reduce) for names, values in groups.items()}
    return {names[0]: level[names] for names in sorted(level)}


def _address(question: Question, inside: Sequence[Reading], expected: int | None) -> Address:
    runs = tuple(sorted(reading.run.id for reading in inside))
    parts = (question.metric, question.split, question.where, question.over, question.reduce)
    return Address(*parts, runs=runs, expected=expected)


def _place(source: Source) -> tuple[str, int, str, str]:
    return source.path, source.line or 0, source.key, source.digest
