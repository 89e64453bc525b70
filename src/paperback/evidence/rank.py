"""Several methods over several data sets: design (b)."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from typing import Any, cast

import numpy as np

from paperback.errors import EvidenceError, near_miss
from paperback.evidence.average import no_direction
from paperback.evidence.compare import common
from paperback.evidence.contrast import Contrast, Part
from paperback.evidence.estimate import Estimate
from paperback.evidence.friedman import iman_davenport, nemenyi_distance, rank_rows
from paperback.evidence.holm import family, holm
from paperback.evidence.interval import centre, deviation
from paperback.evidence.pivot import Cells, pivot
from paperback.evidence.quantity import Quantity, Recipe
from paperback.evidence.signed_rank import (
    FEWEST,
    gains_of,
    hodges_lehmann,
    hodges_lehmann_interval,
    signed_rank,
)
from paperback.runs import RunTable
from paperback.source import Source

ADVISABLE = 10
_IN_UNIT = ("hodges_lehmann", "low", "high")
PAIR_FIGURES = (*_IN_UNIT, "n", "wins", "ties", "losses", "p", "p_adjusted", "rank_biserial", "needed")
RANKING_FIGURES = (
    "rank",
    "friedman_p",
    "friedman_statistic",
    "critical_difference",
    "n_methods",
    "n_datasets",
)
_EFFICIENCY = 3 / math.pi


@dataclass(frozen=True, slots=True)
class Asked:
    """What a ranking was asked for; enough to make it again.

    Attributes:
        metric: Canonical metric name.
        split: The split.
        where: What a run must match besides.
        methods: In the order given, which breaks ties of the average rank.
        datasets: Complete or not.
        pairs: (A, B), the family of the correction.
        level: Coverage of the intervals.
    """

    metric: str = ""
    split: str = ""
    where: tuple[tuple[str, str], ...] = ()
    methods: tuple[str, ...] = ()
    datasets: tuple[str, ...] = ()
    pairs: tuple[tuple[str, str], ...] = ()
    level: float = 0.95

    def arguments(self) -> dict[str, Any]:
        """As JSON values."""
        return {
            "metric": self.metric,
            "split": self.split,
            "where": dict(self.where),
            "methods": list(self.methods),
            "datasets": list(self.datasets),
            "pairs": [list(pair) for pair in self.pairs],
            "level": self.level,
        }


@dataclass(frozen=True, slots=True)
class PairOverDatasets:
    """A against B over data sets, seeds averaged inside each cell first.

    Attributes:
        method: A, as logged.
        over: B, as logged.
        datasets: Those where both have a value.
        wins: Data sets where A is better; ties: equal; losses: worse.
        hodges_lehmann: Median of the Walsh averages of the gains, in the metric's unit; positive when A is
            better.
        low: Lower end of its 95 % interval; None where N is too small for one.
        high: Upper end.
        p: Wilcoxon signed-rank, two-sided, zeros split; None below six data sets.
        p_adjusted: After the correction.
        test: The test's name with its zero handling, or the reason why none was made.
        correction: `Holm over 10 comparisons`, or empty.
        rank_biserial: Matched-pairs rank-biserial correlation, positive when A is better; None when all tie.
        unit: As logged.
        needed: Data sets that would show gains of this size and spread with 80 % power, by the t test's power
            and Wilcoxon's efficiency of 3/π; None without a test, without spread or above 100,000.
        asked: What the ranking was asked for.
        sources: The files that entered.
    """

    method: str
    over: str
    datasets: tuple[str, ...]
    wins: int
    ties: int
    losses: int
    hodges_lehmann: float
    low: float | None
    high: float | None
    p: float | None
    p_adjusted: float | None
    test: str
    correction: str
    rank_biserial: float | None
    unit: str = ""
    needed: int | None = None
    asked: Asked = Asked()
    sources: tuple[Source, ...] = ()

    def quantity(self, field: str) -> Quantity:
        """One of its numbers with the recipe that recomputes it; `n` counts data sets.

        Raises:
            EvidenceError: It has no such number, or none here; says why.
        """
        if field not in PAIR_FIGURES:
            raise EvidenceError(
                f"a pair over data sets has no number {field!r}", mend=near_miss(field, PAIR_FIGURES)
            )
        value = len(self.datasets) if field == "n" else cast("float | None", getattr(self, field))
        if value is None:
            raise EvidenceError(
                f"{self.method} against {self.over} has no {field}: {self.test}", mend="Say why instead."
            )
        unit = self.unit if field in _IN_UNIT else ""
        arguments = {**self.asked.arguments(), "pair": [self.method, self.over]}
        return Quantity(float(value), Recipe("ranking", field, arguments), unit, self.sources)


@dataclass(frozen=True, slots=True)
class Ranking:
    """Average ranks of methods over data sets and the tests between them.

    Attributes:
        metric: Canonical metric name.
        split: The split.
        methods: As logged, in the order of their average rank, best first.
        datasets: The complete ones: every method has a value.
        ranks: Average rank per method, 1 is best, ties share the mean rank.
        friedman_p: Iman-Davenport F, no tie correction; None with two methods or fewer than two complete
            data sets.
        friedman_statistic: Value of F; None besides where every data set ranks alike, and F is infinite.
        critical_difference: Nemenyi, alpha 0.05; None with fewer than two complete data sets.
        pairs: Every pair that was asked for.
        cells: The estimate of each (method, data set).
        warnings: What a careful reader must know: dropped incomplete data sets, too few data sets for a test.
        asked: What the ranking was asked for.
    """

    metric: str
    split: str
    methods: tuple[str, ...]
    datasets: tuple[str, ...]
    ranks: tuple[float, ...]
    friedman_p: float | None
    friedman_statistic: float | None
    critical_difference: float | None
    pairs: tuple[PairOverDatasets, ...]
    cells: tuple[tuple[tuple[str, str], Estimate], ...]
    warnings: tuple[str, ...]
    asked: Asked = Asked()

    def pair(self, method: str, over: str) -> PairOverDatasets:
        """The pair (`method`, `over`), which was asked for.

        Raises:
            EvidenceError: It was not.
        """
        for each in self.pairs:
            if (each.method, each.over) == (method, over):
                return each
        names = [f"{each.method} against {each.over}" for each in self.pairs]
        raise EvidenceError(
            f"the ranking holds no pair {method!r} against {over!r}",
            mend=near_miss(f"{method} against {over}", names),
        )

    def quantity(self, field: str, method: str = "") -> Quantity:
        """One of its numbers with the recipe that recomputes it.

        Args:
            field: `rank` (of `method`), `friedman_p`, `friedman_statistic`, `critical_difference`,
                `n_methods` or `n_datasets` (the complete ones).
            method: As logged; for `rank` only.

        Raises:
            EvidenceError: It has no such number, or none here.
        """
        value = self._figure(field, method)
        if value is None:
            raise EvidenceError(
                f"the ranking has no {field}: too few methods or complete data sets, or an infinite F",
                mend="Say why instead.",
            )
        arguments = self.asked.arguments() | ({"of": method} if field == "rank" else {})
        sources = tuple(source for _, cell in self.cells for source in cell.sources)
        return Quantity(float(value), Recipe("ranking", field, arguments), "", sources)

    def _figure(self, field: str, method: str) -> float | None:
        match field:
            case "rank":
                if method not in self.methods:
                    raise EvidenceError(
                        f"the ranking holds no method {method!r}", mend=near_miss(method, self.methods)
                    )
                return self.ranks[self.methods.index(method)]
            case "friedman_p" | "friedman_statistic" | "critical_difference":
                return cast("float | None", getattr(self, field))
            case "n_methods":
                return len(self.methods)
            case "n_datasets":
                return len(self.datasets)
        raise EvidenceError(f"a ranking has no number {field!r}", mend=near_miss(field, RANKING_FIGURES))


def rank_methods(
    table: RunTable,
    metric: str,
    *,
    split: str = "",
    methods: Sequence[str] | None = None,
    datasets: Sequence[str] | None = None,
    pairs: Sequence[tuple[str, str]] | None = None,
    where: Mapping[str, str] | None = None,
    level: float = 0.95,
) -> Ranking:
    """Average ranks over the data sets on which every method has a value, and Wilcoxon tests between pairs.

    Seeds are averaged inside each cell first: pooling them gives 34 % false claims. A pair is tested on every
    data set where both of its methods have a value, even if a third method lacks it.

    Args:
        table: The runs.
        metric: Canonical name or logged key.
        split: The split.
        methods: To be ranked; all of them when None.
        datasets: To be ranked over; all that log the metric when None.
        pairs: To be tested, one family for Holm's correction; all pairs of `methods` when None.
        where: What a run must match besides.
        level: Coverage of the intervals.

    Raises:
        EvidenceError: The metric has no direction; a name is not known; no data set is complete.
    """
    cells = pivot(table, metric, split=split, where=where, level=level)
    return rank_cells(
        cells, methods=methods, datasets=datasets, pairs=pairs, where=dict(where or {}), level=level
    )


def rank_cells(
    cells: Cells,
    *,
    methods: Sequence[str] | None = None,
    datasets: Sequence[str] | None = None,
    pairs: Sequence[tuple[str, str]] | None = None,
    where: Mapping[str, str] | None = None,
    level: float = 0.95,
) -> Ranking:
    """The ranking of rows of `cells` over its columns; see `rank_methods`."""
    names = tuple(cells.rows if methods is None else methods)
    across = tuple(cells.columns if datasets is None else datasets)
    chosen = tuple(combinations(names, 2) if pairs is None else pairs)
    _check_names((*names, *(name for pair in chosen for name in pair)), cells.rows, "method")
    _check_names(across, cells.columns, "dataset")
    if next(iter(cells.cells.values())).direction == "unknown":
        raise no_direction(cells.metric)
    asked = Asked(
        cells.metric, cells.split, tuple(sorted((where or {}).items())), names, across, chosen, level
    )
    return _ranked(cells, asked)


def _check_names(names: Sequence[str], known: Sequence[str], role: str) -> None:
    for name in names:
        if name not in known:
            raise EvidenceError(f"no run has {role} {name!r}", mend=near_miss(name, known))


def _ranked(cells: Cells, asked: Asked) -> Ranking:
    complete = tuple(
        each for each in asked.datasets if all((name, each) in cells.cells for name in asked.methods)
    )
    if not complete or len(asked.methods) < 2:
        raise EvidenceError(
            f"no data set has a value of all {len(asked.methods)} methods, or there is no second method",
            mend="Rank fewer methods, or run the missing cells.",
        )
    scores = np.array([[cells.cells[name, each].value for name in asked.methods] for each in complete])
    ranks = rank_rows(scores, higher_is_better=_higher(cells))
    average = [math.fsum(column) / len(complete) for column in ranks.T]
    order = sorted(range(len(average)), key=lambda place: (average[place], place))
    many = len(complete) > 1
    friedman = iman_davenport(ranks) if many and len(asked.methods) > 2 else None
    return Ranking(
        metric=cells.metric,
        split=cells.split,
        methods=tuple(asked.methods[place] for place in order),
        datasets=complete,
        ranks=tuple(average[place] for place in order),
        friedman_p=friedman.p if friedman else None,
        friedman_statistic=friedman.statistic if friedman else None,
        critical_difference=nemenyi_distance(len(asked.methods), len(complete)) if many else None,
        pairs=_pairs(cells, asked),
        cells=tuple(
            ((name, each), cells.cells[name, each])
            for name in asked.methods
            for each in asked.datasets
            if (name, each) in cells.cells
        ),
        warnings=_warnings(complete, asked),
        asked=asked,
    )


def _higher(cells: Cells) -> bool:
    return next(iter(cells.cells.values())).direction == "higher"


def _warnings(complete: Sequence[str], asked: Asked) -> tuple[str, ...]:
    dropped = [each for each in asked.datasets if each not in complete]
    told = [f"not ranked over {', '.join(dropped)}: a method has no value there"] if dropped else []
    if len(complete) < FEWEST:
        told.append("fewer than six complete data sets: no test over data sets can reach the 5 % level")
    elif len(complete) < ADVISABLE:
        told.append("fewer than ten complete data sets")
    return tuple(told)


def _pairs(cells: Cells, asked: Asked) -> tuple[PairOverDatasets, ...]:
    made = [_pair(cells, asked, *names) for names in asked.pairs]
    raw = [each.p for each in made]
    correction = family(raw, "comparisons")
    return tuple(
        replace(each, p_adjusted=p, correction=correction if p is not None else "")
        for each, p in zip(made, holm(raw), strict=True)
    )


def _pair(cells: Cells, asked: Asked, method: str, over: str) -> PairOverDatasets:
    both = tuple(each for each in common(cells, method, over) if each in asked.datasets)
    if not both:
        raise EvidenceError(f"{method} and {over} share no data set", mend="Run both on the same data sets.")
    a, b = ([cells.cells[name, each].value for each in both] for name in (method, over))
    gains = gains_of(a, b) if _higher(cells) else gains_of(b, a)
    result = signed_rank(gains)
    ends = hodges_lehmann_interval(gains, asked.level)
    return PairOverDatasets(
        method=method,
        over=over,
        datasets=both,
        wins=sum(gain > 0 for gain in gains),
        ties=sum(gain == 0 for gain in gains),
        losses=sum(gain < 0 for gain in gains),
        hodges_lehmann=hodges_lehmann(gains),
        low=ends.low,
        high=ends.high,
        p=result.p,
        p_adjusted=None,
        test=result.test,
        correction="",
        rank_biserial=result.rank_biserial,
        unit=cells.cells[method, both[0]].unit,
        needed=_needed(gains) if result.p is not None else None,
        asked=asked,
        sources=tuple(
            source for each in both for name in (method, over) for source in cells.cells[name, each].sources
        ),
    )


def _needed(gains: Sequence[float]) -> int | None:
    spread = deviation(gains)
    if not spread:
        return None
    n = Contrast(centre(gains), (Part(1.0, spread**2, len(gains)),), max(map(abs, gains))).needed()
    return None if n is None else max(FEWEST, math.ceil(n / _EFFICIENCY))
