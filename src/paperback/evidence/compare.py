"""Two methods on one data set: designs (a), seeds per method, and (h), a single run each."""

from dataclasses import dataclass

from paperback.evidence.estimate import Estimate


@dataclass(frozen=True, slots=True)
class Comparison:
    """A minus B on one data set, in the metric's unit.

    Attributes:
        design: `a`, or `h` where either side has a single run.
        method: A, as logged.
        over: B, as logged.
        dataset: As logged; empty where the study has no data set role.
        a: Estimate of A.
        b: Estimate of B.
        paired: Whether runs were paired by a shared seed.
        n: Pairs, or the smaller number of runs.
        difference: Mean of A minus mean of B; as logged, so negative is good for a metric where lower is better.
        gain: `difference` with its sign turned so that positive means A is better; None without a direction.
        low: Lower end of the 95 % interval of the difference; None for design (h).
        high: Upper end; None for design (h).
        test: `paired t`, `Welch t`, or the reason why none was made.
        statistic: Value of the test's statistic; None without a test.
        df: Degrees of freedom; None without a test.
        p: Two-sided; None without a test.
        p_adjusted: After the correction; None without a test.
        correction: `Holm over 4 data sets`, or empty.
        effect: Hedges' g, positive when A is higher; None where the spread is zero or there is a single run.
        superiority: P(A > B) in the better direction, ties half; None without a direction.
        detectable: Smallest difference that this design would have detected with 80 % power; None for (h).
        warnings: What a careful reader must know: unequal seeds, fewer than 5 runs, zero variance.
    """

    design: str
    method: str
    over: str
    dataset: str
    a: Estimate
    b: Estimate
    paired: bool
    n: int
    difference: float
    gain: float | None
    low: float | None
    high: float | None
    test: str
    statistic: float | None
    df: float | None
    p: float | None
    p_adjusted: float | None
    correction: str
    effect: float | None
    superiority: float | None
    detectable: float | None
    warnings: tuple[str, ...]
