"""Almost stochastic order: how far one method's scores are from being larger at every quantile."""

from dataclasses import dataclass

import numpy as np

from paperback.errors import EvidenceError


@dataclass(frozen=True, slots=True)
class StochasticOrder:
    """A against B.

    Attributes:
        violation: Share of the squared quantile distance on which A is below B; 0 where A dominates, 0.5
            where both are equal.
        bound: Upper confidence bound of the violation; below 0.5 A is almost stochastically larger.
        level: One-sided coverage of the bound.
        resamples: Bootstrap resamples of its error.
    """

    violation: float
    bound: float
    level: float
    resamples: int


def violation_ratio(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Share of the squared distance of the quantile functions where `a` is below `b`, as an exact integral.

    Args:
        a: Scores, shape (..., n); higher is better.
        b: Scores, shape (..., m), with the same leading axes.

    Returns:
        Shape (...); 0.5 where the two are the same.

    Source:
        del Barrio, Cuesta-Albertos and Matrán 2018; Dror, Shlomov and Reichart 2019, "Deep Dominance".
    """
    a, b = np.sort(np.asarray(a, dtype=float), axis=-1), np.sort(np.asarray(b, dtype=float), axis=-1)
    left, right, widths = _pieces(a.shape[-1], b.shape[-1])
    gaps = a[..., left] - b[..., right]
    total = (gaps**2) @ widths
    below = np.minimum(gaps, 0.0) ** 2 @ widths
    return np.asarray(np.divide(below, total, out=np.full_like(total, 0.5), where=total > 0))


def stochastic_order(
    a: np.ndarray, b: np.ndarray, *, rng: np.random.Generator, level: float = 0.95, resamples: int = 1000
) -> StochasticOrder:
    """Whether the scores `a` are almost stochastically larger than `b`, with a bootstrap bound.

    Args:
        a: One score per run; higher is better.
        b: One score per run.
        rng: Equal states give equal bounds.
        level: One-sided coverage of the bound.
        resamples: Of both sides, with replacement.

    Raises:
        EvidenceError: Fewer than two runs on a side.

    Source:
        Dror et al. 2019; the bound is the one of deepsig (Ulmer et al. 2022), with the integral exact.
    """
    from scipy.special import ndtri

    a, b = np.asarray(a, dtype=float), np.asarray(b, dtype=float)
    n, m = len(a), len(b)
    if min(n, m) < 2:
        raise EvidenceError(
            f"almost stochastic order needs two runs on each side, there are {n} and {m}",
            mend="Run more seeds.",
        )
    point = float(violation_ratio(a, b))
    again = violation_ratio(
        a[rng.integers(0, n, size=(resamples, n))], b[rng.integers(0, m, size=(resamples, m))]
    )
    # With root = sqrt(nm/(n+m)), deepsig's sigma is the deviation of root * (resampled - point).
    spread = float(np.std(again - point))
    bound = point - spread * float(ndtri(1 - level))
    return StochasticOrder(point, min(max(bound, 0.0), 1.0), level, resamples)


def _pieces(n: int, m: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Places in two sorted samples, and the widths, of the pieces where both quantile functions are flat."""
    # In units of 1/(nm), so that a shared step is met exactly.
    steps = np.union1d(np.arange(n + 1) * m, np.arange(m + 1) * n)
    start = steps[:-1]
    return start // m, start // n, np.diff(steps) / (n * m)
