"""Several methods over several data sets: design (b)."""

from dataclasses import dataclass

from paperback.evidence.estimate import Estimate


@dataclass(frozen=True, slots=True)
class PairOverDatasets:
    """A against B over data sets, seeds averaged inside each cell first.

    Attributes:
        method: A, as logged.
        over: B, as logged.
        datasets: Those where both have a value.
        wins: Data sets where A is better; ties: equal; losses: worse.
        hodges_lehmann: Median of the Walsh averages of the gains, in the metric's unit; positive when A is better.
        low: Lower end of its 95 % interval; None where N is too small for one.
        high: Upper end.
        p: Wilcoxon signed-rank, two-sided, zeros split; None below six data sets.
        p_adjusted: After the correction.
        test: The test's name with its zero handling, or the reason why none was made.
        correction: `Holm over 10 comparisons`, or empty.
        rank_biserial: Matched-pairs rank-biserial correlation, positive when A is better; None when all tie.
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


@dataclass(frozen=True, slots=True)
class Ranking:
    """Average ranks of methods over data sets and the tests between them.

    Attributes:
        metric: Canonical metric name.
        split: The split.
        methods: As logged, in the order of their average rank, best first.
        datasets: The complete ones: every method has a value.
        ranks: Average rank per method, 1 is best, ties share the mean rank.
        friedman_p: Iman-Davenport F; None with two methods or fewer than two complete data sets.
        friedman_statistic: Value of F.
        critical_difference: Nemenyi, alpha 0.05; None with fewer than two complete data sets.
        pairs: Every pair that was asked for.
        cells: The estimate of each (method, data set).
        warnings: What a careful reader must know: dropped incomplete data sets, too few data sets for a test.
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
