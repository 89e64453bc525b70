"""Centre, spread and interval of a handful of values."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from paperback.errors import EvidenceError, near_miss

REDUCERS = ("mean", "median")


@dataclass(frozen=True, slots=True)
class Interval:
    """The two ends of an interval, or why there is none.

    Attributes:
        low: None where no interval exists.
        high: None where no interval exists.
        name: The method, or the reason.
    """

    low: float | None
    high: float | None
    name: str


def centre(values: Sequence[float], reduce: str = "mean") -> float:
    """The mean or median of `values`; their order changes no digit.

    Raises:
        EvidenceError: `reduce` is neither `mean` nor `median`.
    """
    if reduce not in REDUCERS:
        raise EvidenceError(f"no reducer is called {reduce!r}", mend=near_miss(reduce, REDUCERS))
    ordered = sorted(values)
    # Equal values must give themselves back: the rounded sum divided by n can miss them by one unit.
    if ordered[0] == ordered[-1]:
        return ordered[0]
    if reduce == "mean":
        return math.fsum(ordered) / len(ordered)
    middle = len(ordered) // 2
    return ordered[middle] if len(ordered) % 2 else (ordered[middle - 1] + ordered[middle]) / 2


def deviation(values: Sequence[float], ddof: int = 1) -> float | None:
    """Standard deviation of `values`; None where fewer than `ddof` + 1 of them exist."""
    if len(values) <= ddof:
        return None
    mean = centre(values)
    return math.sqrt(math.fsum((value - mean) ** 2 for value in values) / (len(values) - ddof))


def interval(values: Sequence[float], reduce: str = "mean", level: float = 0.95) -> Interval:
    """The interval of the mean or median of `values`.

    A percentile bootstrap is never used: at three seeds it covers 73 % where 95 % is promised.
    """
    if not 0 < level < 1:
        raise EvidenceError(f"level is {level}", mend="Give a fraction between 0 and 1, such as 0.95.")
    if len(values) < 2:
        return Interval(None, None, "none: a single run has no spread")
    if min(values) == max(values):
        return Interval(None, None, "none: the runs do not vary")
    return _mean_interval(values, level) if reduce == "mean" else _median_interval(values, level)


def _mean_interval(values: Sequence[float], level: float) -> Interval:
    from scipy.special import stdtrit

    spread = deviation(values)
    assert spread is not None
    half = float(stdtrit(len(values) - 1, (1 + level) / 2)) * spread / math.sqrt(len(values))
    return Interval(centre(values) - half, centre(values) + half, "t, n-1 degrees of freedom")


def _median_interval(values: Sequence[float], level: float) -> Interval:
    """Between two order statistics, so that the coverage is at least `level` for every distribution.

    Source:
        Hollander and Wolfe 1999, "Nonparametric Statistical Methods", section 3.6 (the sign test's interval).
    """
    from scipy.special import bdtr

    n, ordered = len(values), sorted(values)
    ranks = [rank for rank in range(1, n // 2 + 1) if 1 - 2 * bdtr(rank - 1, n, 0.5) >= level]
    if not ranks:
        return Interval(None, None, "none: too few runs for the order statistics of a median")
    return Interval(ordered[ranks[-1] - 1], ordered[n - ranks[-1]], "order statistics, binomial")
