"""Wilcoxon's signed-rank test, the Hodges-Lehmann estimate and its interval."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from paperback.evidence.interval import Interval, centre

Zeros = Literal["split", "drop", "pratt"]
Alternative = Literal["two-sided", "greater", "less"]
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
_HANDLED = {"split": "split", "drop": "dropped", "pratt": "ranked and dropped (Pratt)"}


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


def signed_rank(
    gains: Sequence[float], *, zeros: Zeros = "split", alternative: Alternative = "two-sided"
) -> SignedRank:
    """Wilcoxon's signed-rank test of the gains.

    Exact for up to 100 gains, ties and zeros included: the distribution over all signs of the non-zero
    gains, given their ranks. Above, the normal approximation without continuity correction.

    Args:
        gains: A minus B, positive when A is better.
        zeros: `split` gives half of their ranks to either side; `drop` leaves them out before ranking, as
            Wilcoxon and R do; `pratt` ranks them and then leaves their ranks out.
        alternative: `greater`: the gains lie above zero.

    Source:
        Demšar 2006, "Statistical Comparisons of Classifiers over Multiple Data Sets", section 3.1.3; but with
        an odd number of zeros none is dropped. Pratt 1959.
    """
    sizes = np.asarray(gains, dtype=float)
    sizes = sizes[sizes != 0] if zeros == "drop" else sizes
    ranks = mean_ranks(np.abs(sizes)) if len(sizes) else sizes
    shared = float(ranks[sizes == 0].sum()) / 2 if zeros == "split" else 0.0
    plus = float(ranks[sizes > 0].sum()) + shared
    minus = float(ranks[sizes < 0].sum()) + shared
    if not np.any(sizes):
        return SignedRank(plus, minus, None, _ALL_TIE)
    if len(sizes) < FEWEST:
        return SignedRank(plus, minus, None, _TOO_FEW)
    moving = ranks[sizes != 0]
    tested = plus if alternative == "less" else minus if alternative == "greater" else min(plus, minus)
    how = f"Wilcoxon signed-rank, zeros {_HANDLED[zeros]}"
    if len(sizes) > EXACT_UP_TO:
        entering = ranks if zeros == "split" else moving
        p = normal_p(tested, entering, sides=2 if alternative == "two-sided" else 1)
        return SignedRank(plus, minus, p, f"{how}, normal approximation")
    below = _chance_below(tested - shared, moving)
    p = min(1.0, 2 * below) if alternative == "two-sided" else below
    return SignedRank(plus, minus, p, f"{how}, exact")


def normal_p(tested: float, ranks: np.ndarray, *, continuity: bool = False, sides: int = 2) -> float:
    """P of a rank sum by the normal approximation; one-sided, the chance of a sum at most as large."""
    error = math.sqrt(float((ranks**2).sum()) / 4)
    gap = float(ranks.sum()) / 2 - tested
    gap = abs(gap) if sides == 2 else gap
    gap -= math.copysign(min(0.5, abs(gap)), gap) if continuity else 0.0
    return math.erfc(gap / error / math.sqrt(2)) * sides / 2


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


def _chance_below(sum_of_ranks: float, ranks: np.ndarray) -> float:
    # Tied ranks end in a half; doubled, every rank is a whole number.
    doubled = np.rint(2 * ranks).astype(int)
    return float(_sign_distribution(doubled)[: round(2 * sum_of_ranks) + 1].sum())


def _sign_distribution(ranks: np.ndarray) -> np.ndarray:
    """Probability of each sum of the ranks that get a positive sign, when every sign is a fair coin."""
    chances = np.zeros(int(ranks.sum()) + 1)
    chances[0] = 1.0
    for rank in ranks:
        shifted = np.zeros_like(chances)
        shifted[rank:] = chances[: len(chances) - rank]
        chances = (chances + shifted) / 2
    return chances
