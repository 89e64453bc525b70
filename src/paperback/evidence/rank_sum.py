"""Tests of independent samples by ranks: Mann-Whitney for two, Kruskal-Wallis for more."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from paperback.errors import EvidenceError
from paperback.evidence.signed_rank import Alternative, mean_ranks

EXACT_UP_TO = 60


@dataclass(frozen=True, slots=True)
class RankSum:
    """Mann-Whitney's U of A against B.

    Attributes:
        u: Pairs in which A is larger, ties half.
        p: As the alternative asks.
        test: The test's name with its tie handling.
        smallest: The smallest p that these sample sizes can reach; at 3 against 3 it is 0.1.
    """

    u: float
    p: float
    test: str
    smallest: float


def mann_whitney(
    a: Sequence[float],
    b: Sequence[float],
    *,
    alternative: Alternative = "two-sided",
    exact: bool | None = None,
) -> RankSum:
    """Whether `a` tends to be larger than `b`.

    Exact given the ties up to 60 values together; above, or where `exact` is False, the normal approximation
    with continuity and tie correction.

    Raises:
        EvidenceError: A side is empty.

    Source:
        Mann and Whitney 1947; exact with ties by Streitberg and Röhmel 1986.
    """
    n, m = len(a), len(b)
    if not min(n, m):
        raise EvidenceError(f"there are {n} and {m} values", mend="Give one or more on each side.")
    ranks = mean_ranks([*a, *b])
    u = float(ranks[:n].sum()) - n * (n + 1) / 2
    smallest = (2 if alternative == "two-sided" else 1) / math.comb(n + m, n)
    if exact or (exact is None and n + m <= EXACT_UP_TO):
        return RankSum(
            u, _exact_p(ranks, n, alternative), "Mann-Whitney, exact given ties", min(smallest, 1.0)
        )
    p = _normal_p(u, ranks, n, alternative)
    return RankSum(u, p, "Mann-Whitney, normal approximation with continuity correction", min(smallest, 1.0))


def kruskal_wallis(groups: Sequence[Sequence[float]]) -> tuple[float, float]:
    """H with tie correction, and p by the chi-squared distribution with k-1 degrees of freedom."""
    from scipy.special import chdtrc

    sizes = [len(group) for group in groups]
    ranks = mean_ranks([value for group in groups for value in group])
    n = len(ranks)
    sums = np.add.reduceat(ranks, np.cumsum([0, *sizes[:-1]]))
    spread = float((ranks**2).sum()) - n * (n + 1) ** 2 / 4
    between = float((sums**2 / sizes).sum()) - n * (n + 1) ** 2 / 4
    h = (n - 1) * between / spread if spread > 0 else 0.0
    return h, float(chdtrc(len(groups) - 1, h))


def _exact_p(ranks: np.ndarray, n: int, alternative: Alternative) -> float:
    doubled = np.rint(2 * ranks).astype(int)
    chances = _sum_distribution(doubled, n)
    observed = int(doubled[:n].sum())
    below, above = float(chances[: observed + 1].sum()), float(chances[observed:].sum())
    if alternative == "two-sided":
        return min(1.0, 2 * min(below, above))
    return above if alternative == "greater" else below


def _sum_distribution(ranks: np.ndarray, n: int) -> np.ndarray:
    """Probability of each sum of `n` of the ranks, when every choice of `n` is equally likely."""
    ways = np.zeros((n + 1, int(ranks.sum()) + 1))
    ways[0, 0] = 1.0
    for rank in ranks:
        ways[1:, rank:] += ways[:-1, : ways.shape[1] - rank].copy()
    return np.asarray(ways[n] / math.comb(len(ranks), n))


def _normal_p(u: float, ranks: np.ndarray, n: int, alternative: Alternative) -> float:
    total, m = len(ranks), len(ranks) - n
    _, ties = np.unique(ranks, return_counts=True)
    shared = float((ties**3 - ties).sum()) / (total * (total - 1))
    error = math.sqrt(n * m / 12 * (total + 1 - shared))
    gap = u - n * m / 2
    gap = {"two-sided": abs(gap), "greater": gap, "less": -gap}[alternative] - 0.5
    p = math.erfc(gap / error / math.sqrt(2)) / 2 if error > 0 else 1.0
    return min(1.0, 2 * p) if alternative == "two-sided" else p
