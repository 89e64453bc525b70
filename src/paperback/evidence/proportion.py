"""Intervals of one proportion: the share of items that a model has right."""

import math

from paperback.errors import EvidenceError
from paperback.evidence.interval import Interval


def wilson(hits: int, n: int, level: float = 0.95) -> Interval:
    """Score interval of `hits` of `n`, without continuity correction.

    Source:
        Wilson 1927, "Probable Inference, the Law of Succession, and Statistical Inference".
    """
    from scipy.special import ndtri

    _check(hits, n)
    z = float(ndtri((1 + level) / 2))
    share = hits / n
    middle = (share + z**2 / (2 * n)) / (1 + z**2 / n)
    half = z / (1 + z**2 / n) * math.sqrt(share * (1 - share) / n + z**2 / (4 * n**2))
    # At no hit and at all hits the end is 0 or 1; the subtraction would leave a rounding rest.
    low = 0.0 if hits == 0 else middle - half
    return Interval(low, 1.0 if hits == n else middle + half, "Wilson")


def clopper_pearson(hits: int, n: int, level: float = 0.95) -> Interval:
    """Exact interval of `hits` of `n`; it covers at least as promised.

    Source:
        Clopper and Pearson 1934, "The Use of Confidence or Fiducial Limits".
    """
    from scipy.special import betaincinv

    _check(hits, n)
    tail = (1 - level) / 2
    low = float(betaincinv(hits, n - hits + 1, tail)) if hits else 0.0
    high = float(betaincinv(hits + 1, n - hits, 1 - tail)) if hits < n else 1.0
    return Interval(low, high, "Clopper-Pearson")


def _check(hits: int, n: int) -> None:
    if n < 1 or not 0 <= hits <= n:
        raise EvidenceError(f"{hits} of {n} is no proportion", mend="Count hits among one item or more.")
