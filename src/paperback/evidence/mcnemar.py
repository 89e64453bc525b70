"""Two models on the same items: McNemar's tests and the score interval of the difference."""

import math

from paperback.evidence.interval import Interval

FEWEST_DISCORDANT = 6


def mcnemar_p(b: int, c: int) -> float:
    """Two-sided exact p of `b` items that only A has right against `c` that only B has right."""
    from scipy.special import bdtr

    return min(1.0, 2 * float(bdtr(min(b, c), b + c, 0.5)))


def mcnemar_mid_p(b: int, c: int) -> float:
    """Two-sided mid-p: the exact p less the chance of the observed split.

    Source:
        Fagerland, Lydersen and Laake 2013, "The McNemar Test for Binary Matched-Pairs Data".
    """
    from scipy.special import bdtr

    few, n = min(b, c), b + c
    here = float(bdtr(few, n, 0.5) - (bdtr(few - 1, n, 0.5) if few else 0.0))
    return min(1.0, 2 * float(bdtr(few, n, 0.5)) - here)


def mcnemar_chi2(b: int, c: int, *, continuity: bool) -> float:
    """McNemar's chi-squared with one degree of freedom; with Edwards' continuity correction or without."""
    gap = max(abs(b - c) - (1 if continuity else 0), 0)
    return gap**2 / (b + c) if b + c else 0.0


def paired_score_interval(b: int, c: int, n: int, level: float = 0.95) -> Interval:
    """Interval of the difference of two proportions (b - c) / n measured on the same `n` items.

    Source:
        Tango 1998, "Equivalence Test and Confidence Interval for the Difference in Proportions for the
        Paired-Sample Design".
    """
    from scipy.optimize import brentq
    from scipy.special import ndtri

    z = float(ndtri((1 + level) / 2))
    gap = (b - c) / n
    ends = []
    for side, edge in ((1, -1.0), (-1, 1.0)):
        if abs(edge - gap) < 1e-15:
            ends.append(edge)
            continue

        def score(delta: float, side: int = side) -> float:
            return _score(b, c, n, delta) - side * z

        near, far = (gap, edge * (1 - 1e-12))
        ends.append(float(brentq(score, *sorted((near, far)), xtol=1e-14)))
    return Interval(ends[0], ends[1], "paired score (Tango)")


def _score(b: int, c: int, n: int, delta: float) -> float:
    """Score statistic of the hypothesis that the difference is `delta`."""
    linear = -b - c + (2 * n - b + c) * delta
    root = math.sqrt(max(linear**2 + 8 * n * c * delta * (1 - delta), 0.0))
    only_b = (root - linear) / (4 * n)
    error = n * (2 * only_b + delta * (1 - delta))
    gap = b - c - n * delta
    return gap / math.sqrt(error) if error > 0 else (0.0 if gap == 0 else math.copysign(math.inf, gap))
