"""Several methods on one data set together: analysis of variance and comparisons that know of the others."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from paperback.errors import EvidenceError
from paperback.evidence.holm import holm
from paperback.evidence.interval import centre, deviation


@dataclass(frozen=True, slots=True)
class PairOfMany:
    """One of several groups minus another, adjusted for all that could have been looked at.

    Attributes:
        first: Place of the one group.
        second: Place of the other.
        difference: Mean of the first minus mean of the second.
        low: Lower end of the simultaneous interval.
        high: Upper end.
        statistic: Difference in standard errors.
        df: Degrees of freedom.
        p: Adjusted by the distribution of the largest of all differences.
    """

    first: int
    second: int
    difference: float
    low: float
    high: float
    statistic: float
    df: float
    p: float


def one_way(groups: Sequence[Sequence[float]]) -> tuple[float, float]:
    """F and p of equal means with equal variances."""
    from scipy.special import fdtrc

    variance, df = _pooled(groups)
    k = len(groups)
    overall = centre([value for group in groups for value in group])
    between = math.fsum(len(group) * (centre(group) - overall) ** 2 for group in groups) / (k - 1)
    f = between / variance
    return f, float(fdtrc(k - 1, df, f))


def tukey(groups: Sequence[Sequence[float]], level: float = 0.95) -> tuple[PairOfMany, ...]:
    """Every pair, with one variance for all groups, by the studentized range.

    Source:
        Tukey 1949; Kramer 1956 for unequal sizes.
    """
    variance, df = _pooled(groups)
    errors = {
        (i, j): math.sqrt(variance * (1 / len(groups[i]) + 1 / len(groups[j])))
        for i, j in combinations(range(len(groups)), 2)
    }
    return tuple(_ranged(groups, pair, error, df, level) for pair, error in errors.items())


def games_howell(groups: Sequence[Sequence[float]], level: float = 0.95) -> tuple[PairOfMany, ...]:
    """Every pair, each with its own variances and Welch's degrees of freedom, by the studentized range.

    Source:
        Games and Howell 1976, "Pairwise Multiple Comparison Procedures with Unequal n's and/or Variances".
    """
    shares = [(deviation(group) or 0.0) ** 2 / len(group) for group in groups]
    found = []
    for i, j in combinations(range(len(groups)), 2):
        both = shares[i] + shares[j]
        if both == 0:
            raise _still()
        rest = shares[i] ** 2 / (len(groups[i]) - 1) + shares[j] ** 2 / (len(groups[j]) - 1)
        found.append(_ranged(groups, (i, j), math.sqrt(both), both**2 / rest, level))
    return tuple(found)


def dunnett(control: Sequence[float], groups: Sequence[Sequence[float]]) -> tuple[float, ...]:
    """Two-sided p of each group against the control, adjusted by the largest of these differences.

    Source:
        Dunnett 1955; its double integral over the control's mean and the common deviation, by quadrature.
    """
    variance, df = _pooled([control, *groups])
    sizes = np.array([len(group) for group in groups], dtype=float)
    gaps = np.array([centre(group) - centre(control) for group in groups])
    t = np.abs(gaps) / np.sqrt(variance * (1 / sizes + 1 / len(control)))
    weights = np.sqrt(sizes / (sizes + len(control)))
    return tuple(1 - _chance_all_within(float(each), weights, df) for each in t)


def pairwise_t(groups: Sequence[Sequence[float]]) -> tuple[float, ...]:
    """Holm-adjusted p of every pair with one variance for all groups, as R's `pairwise.t.test`."""
    from scipy.special import stdtr

    variance, df = _pooled(groups)
    raw = []
    for i, j in combinations(range(len(groups)), 2):
        error = math.sqrt(variance * (1 / len(groups[i]) + 1 / len(groups[j])))
        raw.append(float(2 * stdtr(df, -abs(centre(groups[i]) - centre(groups[j])) / error)))
    return tuple(p for p in holm(raw) if p is not None)


def _pooled(groups: Sequence[Sequence[float]]) -> tuple[float, int]:
    df = sum(len(group) - 1 for group in groups)
    squares = math.fsum((deviation(group) or 0.0) ** 2 * (len(group) - 1) for group in groups)
    if len(groups) < 2 or df < 1 or squares == 0:
        raise _still()
    return squares / df, df


def _still() -> EvidenceError:
    return EvidenceError(
        "the groups carry no spread, so their means cannot be compared", mend="Run more seeds of each method."
    )


def _ranged(
    groups: Sequence[Sequence[float]], pair: tuple[int, int], error: float, df: float, level: float
) -> PairOfMany:
    from scipy.stats import studentized_range

    first, second = pair
    difference = centre(groups[first]) - centre(groups[second])
    t = difference / error
    half = float(studentized_range.ppf(level, len(groups), df)) * error / math.sqrt(2)
    p = float(studentized_range.sf(abs(t) * math.sqrt(2), len(groups), df))
    ends = (difference - half, difference + half)
    return PairOfMany(first, second, difference, *ends, statistic=t, df=df, p=min(1.0, p))


def _chance_all_within(bound: float, weights: np.ndarray, df: float) -> float:
    """Chance that no group is more than `bound` standard errors away from the control."""
    from scipy.special import chdtri, gammaln, ndtr

    nodes, mass = np.polynomial.legendre.leggauss(120)
    # The control's mean: beyond eight deviations no mass is left.
    u, density = 8 * nodes, 8 * mass * np.exp(-32 * nodes**2) / math.sqrt(2 * math.pi)
    # The common deviation: s² df is chi-squared; between its extreme quantiles.
    low, high = (math.sqrt(float(chdtri(df, tail)) / df) for tail in (1 - 1e-14, 1e-14))
    s = low + (high - low) * (nodes + 1) / 2
    log_density = (
        math.log(2) + df / 2 * math.log(df / 2) - gammaln(df / 2) + (df - 1) * np.log(s) - df * s**2 / 2
    )
    spread = mass * (high - low) / 2 * np.exp(log_density)
    rest = np.sqrt(1 - weights**2)
    shift = weights * u[:, None, None]
    reach = bound * s[None, :, None]
    inside = ndtr((reach + shift) / rest) - ndtr((-reach + shift) / rest)
    return float(np.einsum("u,s,us->", density, spread, inside.prod(axis=2)))
