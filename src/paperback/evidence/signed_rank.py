"""Wilcoxon's signed-rank test, the Hodges-Lehmann estimate and its interval."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from paperback.evidence.interval import Interval, centre

FEWEST = 6
EXACT_UP_TO = 100


@dataclass(frozen=True, slots=True)
class SignedRank:
    """Rank sums of the positive and negative gains, ranks of zeros split evenly between them.

    Attributes:
        plus: Rank sum of the gains above zero, with half of the zeros' ranks.
        minus: Rank sum of the gains below zero, with half of the zeros' ranks.
        p: Two-sided; None below six gains, or where all are zero.
        test: The test's name with its zero handling, or the reason why none was made.
    """

    plus: float
    minus: float
    p: float | None
    test: str

    @property
    def rank_biserial(self) -> float | None:
        """(plus - minus) / (plus + minus); None where all gains are zero."""
        return None if self.test == _ALL_TIE else (self.plus - self.minus) / (self.plus + self.minus)


_ALL_TIE = "none: all data sets tie"
_TOO_FEW = "none: Wilcoxon's test needs six data sets"


def mean_ranks(values: Sequence[float]) -> np.ndarray:
    """Rank of each value from 1 for the smallest; equal values share the mean of their ranks."""
    _, place, counts = np.unique(np.asarray(values, dtype=float), return_inverse=True, return_counts=True)
    last = np.cumsum(counts)
    return np.asarray((last - (counts - 1) / 2)[place])


def gains_of(a: Sequence[float], b: Sequence[float]) -> list[float]:
    """Each a - b, freed from the rounding of the subtraction, so that ties of logged values stay ties."""
    scale = max((abs(value) for value in (*a, *b)), default=0.0)
    if scale == 0.0:
        return [0.0] * len(a)
    digits = 12 - math.ceil(math.log10(scale))
    return [round(x - y, digits) for x, y in zip(a, b, strict=True)]


def signed_rank(gains: Sequence[float]) -> SignedRank:
    """Wilcoxon's signed-rank test of the gains, two-sided.

    Exact for up to 100 gains, ties and zeros included: the distribution over all signs of the non-zero
    gains, given their ranks. Above, the normal approximation without continuity correction.

    Source:
        Demšar 2006, "Statistical Comparisons of Classifiers over Multiple Data Sets", section 3.1.3; but with
        an odd number of zeros none is dropped.
    """
    sizes = np.asarray(gains, dtype=float)
    ranks = mean_ranks(np.abs(sizes))
    zeros = float(ranks[sizes == 0].sum()) / 2
    plus = float(ranks[sizes > 0].sum()) + zeros
    minus = float(ranks[sizes < 0].sum()) + zeros
    if not np.any(sizes):
        return SignedRank(plus, minus, None, _ALL_TIE)
    if len(sizes) < FEWEST:
        return SignedRank(plus, minus, None, _TOO_FEW)
    if len(sizes) > EXACT_UP_TO:
        test = "Wilcoxon signed-rank, zeros split, normal approximation"
        return SignedRank(plus, minus, normal_p(plus, ranks), test)
    p = _exact_p(min(plus, minus) - zeros, ranks[sizes != 0])
    return SignedRank(plus, minus, p, "Wilcoxon signed-rank, zeros split, exact")


def normal_p(plus: float, ranks: np.ndarray) -> float:
    """Two-sided p of a rank sum by the normal approximation, without continuity correction."""
    error = math.sqrt(float((ranks**2).sum()) / 4)
    return math.erfc(abs(plus - float(ranks.sum()) / 2) / error / math.sqrt(2))


def hodges_lehmann(gains: Sequence[float]) -> float:
    """Median of the Walsh averages: of the means of all pairs of gains, each with itself included."""
    return centre(list(_walsh(gains)), "median")


def hodges_lehmann_interval(gains: Sequence[float], level: float = 0.95) -> Interval:
    """The exact interval of the Hodges-Lehmann estimate: Wilcoxon's test turned round.

    Source:
        Hollander and Wolfe 1999, "Nonparametric Statistical Methods", section 3.3; R's `wilcox.test`.
    """
    n = len(gains)
    if n < FEWEST:
        return Interval(None, None, _TOO_FEW)
    below = np.cumsum(_sign_distribution(np.arange(1, n + 1)))
    # The place of the lower end: the smallest rank sum whose tail is not under half of what is left over.
    place = max(int(np.searchsorted(below, (1 - level) / 2 * (1 - 1e-12))), 1)
    walsh = _walsh(gains)
    return Interval(float(walsh[place - 1]), float(walsh[-place]), "Hodges-Lehmann, exact")


def _walsh(gains: Sequence[float]) -> np.ndarray:
    ordered = np.sort(np.asarray(gains, dtype=float))
    rows, columns = np.triu_indices(len(ordered))
    return np.sort((ordered[rows] + ordered[columns]) / 2)


def _exact_p(sum_of_ranks: float, ranks: np.ndarray) -> float:
    # Tied ranks end in a half; doubled, every rank is a whole number.
    doubled = np.rint(2 * ranks).astype(int)
    below = float(_sign_distribution(doubled)[: round(2 * sum_of_ranks) + 1].sum())
    return min(1.0, 2 * below)


def _sign_distribution(ranks: np.ndarray) -> np.ndarray:
    """Probability of each sum of the ranks that get a positive sign, when every sign is a fair coin."""
    chances = np.zeros(int(ranks.sum()) + 1)
    chances[0] = 1.0
    for rank in ranks:
        shifted = np.zeros_like(chances)
        shifted[rank:] = chances[: len(chances) - rank]
        chances = (chances + shifted) / 2
    return chances
