"""Average ranks of several methods over data sets, Friedman's test and the Nemenyi distance."""

import math
from dataclasses import dataclass

import numpy as np

from paperback.evidence.signed_rank import mean_ranks


@dataclass(frozen=True, slots=True)
class ImanDavenport:
    """Iman and Davenport's F form of Friedman's test.

    Attributes:
        statistic: F with k-1 and (k-1)(N-1) degrees of freedom; None where every data set ranks alike.
        p: Chance of an F at least as large; where every data set ranks alike, exact.
    """

    statistic: float | None
    p: float


def rank_rows(scores: np.ndarray, *, higher_is_better: bool) -> np.ndarray:
    """Ranks inside each row (data set) of `scores`, shape (data sets, methods); 1 is best, ties share.

    Values that differ by the rounding of a mean only, 12 digits below the row's largest, are ties.
    """
    scale = np.abs(scores).max(axis=1, keepdims=True)
    rounded = np.round(scores / np.where(scale == 0, 1.0, scale), 12)
    return np.array([mean_ranks(-row if higher_is_better else row) for row in rounded])


def friedman_chi2(ranks: np.ndarray, *, tie_correction: bool) -> float:
    """Friedman's chi-squared of ranks, shape (data sets, methods), with k-1 degrees of freedom."""
    n, k = ranks.shape
    gaps = ranks.sum(axis=0) - n * (k + 1) / 2
    spread = float((ranks**2).sum()) - n * k * (k + 1) ** 2 / 4 if tie_correction else n * k * (k**2 - 1) / 12
    return float((k - 1) * (gaps**2).sum() / spread) if spread > 0 else 0.0


def friedman_p(ranks: np.ndarray, *, tie_correction: bool) -> float:
    """Chance of a chi-squared at least as large, by its distribution with k-1 degrees of freedom."""
    from scipy.special import chdtrc

    return float(chdtrc(ranks.shape[1] - 1, friedman_chi2(ranks, tie_correction=tie_correction)))


def iman_davenport(ranks: np.ndarray) -> ImanDavenport:
    """F test of equal average ranks, from the chi-squared without tie correction, as Demšar prints it.

    Source:
        Iman and Davenport 1980; Demšar 2006, section 3.2.1. Every data set alike: Conover 1999, section 5.8.
    """
    from scipy.special import fdtrc

    n, k = ranks.shape
    chi2 = friedman_chi2(ranks, tie_correction=False)
    rest = n * (k - 1) - chi2
    if rest < 1e-9:
        return ImanDavenport(None, math.factorial(k) ** -(n - 1))
    statistic = (n - 1) * chi2 / rest
    return ImanDavenport(statistic, float(fdtrc(k - 1, (k - 1) * (n - 1), statistic)))


def nemenyi_q(k: int, alpha: float = 0.05) -> float:
    """Studentized range of `k` methods at infinite degrees of freedom, divided by the root of two."""
    from scipy.stats import studentized_range

    return float(studentized_range.ppf(1 - alpha, k, np.inf)) / math.sqrt(2)


def nemenyi_distance(k: int, n: int, alpha: float = 0.05) -> float:
    """Critical difference of the average ranks of `k` methods over `n` data sets.

    Source:
        Nemenyi 1963; Demšar 2006, section 3.2.2.
    """
    return nemenyi_q(k, alpha) * math.sqrt(k * (k + 1) / (6 * n))


def nemenyi_p(ranks: np.ndarray) -> np.ndarray:
    """P value of every pair of methods, shape (methods, methods), by the studentized range of ranks."""
    from scipy.stats import studentized_range

    n, k = ranks.shape
    average = ranks.mean(axis=0)
    gaps = np.abs(average[:, None] - average[None, :]) / math.sqrt(k * (k + 1) / (6 * n))
    p = np.asarray(studentized_range.sf(gaps * math.sqrt(2), k, np.inf))
    np.fill_diagonal(p, 1.0)
    return np.asarray(np.minimum(p, 1.0))


def conover_p(ranks: np.ndarray) -> np.ndarray:
    """P value of every pair of methods by Conover's t test of rank sums; not adjusted.

    Source:
        Conover 1999, "Practical Nonparametric Statistics", section 5.8.
    """
    from scipy.special import stdtr

    n, k = ranks.shape
    sums = ranks.sum(axis=0)
    df = (n - 1) * (k - 1)
    left = float((ranks**2).sum()) - float((sums**2).sum()) / n
    error = math.sqrt(max(2 * n * left / df, 0.0))
    gaps = np.abs(sums[:, None] - sums[None, :])
    t = np.divide(gaps, error, out=np.where(gaps > 0, np.inf, 0.0), where=error > 0)
    return np.asarray(np.minimum(2 * stdtr(df, -t), 1.0))


def bonferroni_dunn_q(k: int, alpha: float = 0.05) -> float:
    """Normal quantile for `k` - 1 two-sided comparisons with a control."""
    from scipy.special import ndtri

    return float(ndtri(1 - alpha / (2 * (k - 1))))


def bonferroni_dunn_distance(k: int, n: int, alpha: float = 0.05) -> float:
    """Critical difference to a control of the average ranks of `k` methods over `n` data sets.

    Source:
        Dunn 1961; Demšar 2006, section 3.2.2.
    """
    return bonferroni_dunn_q(k, alpha) * math.sqrt(k * (k + 1) / (6 * n))
