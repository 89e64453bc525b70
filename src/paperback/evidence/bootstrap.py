"""The bootstrap of a statistic over items, with bias-corrected and accelerated ends."""

from collections.abc import Callable

import numpy as np

from paperback.errors import EvidenceError
from paperback.evidence.interval import Interval

FEWEST = 20
RESAMPLES = 10_000
_AT_ONCE = 4_000_000

Statistic = Callable[[np.ndarray], np.ndarray]


def resampled(
    statistic: Statistic, n: int, *, rng: np.random.Generator, resamples: int = RESAMPLES
) -> np.ndarray:
    """The statistic of `resamples` draws of `n` items with replacement, shape (resamples,).

    Args:
        statistic: From the places of items, shape (draws, n), to one value per draw.
        n: Number of items.
        rng: Equal states give equal draws.
        resamples: How many draws.
    """
    size = max(1, _AT_ONCE // n)
    parts = [
        statistic(rng.integers(0, n, size=(min(size, resamples - start), n)))
        for start in range(0, resamples, size)
    ]
    return np.concatenate(parts)


def bca_interval(
    statistic: Statistic,
    n: int,
    *,
    rng: np.random.Generator,
    level: float = 0.95,
    resamples: int = RESAMPLES,
) -> Interval:
    """The bias-corrected and accelerated interval of a statistic over `n` items, such as F1.

    Raises:
        EvidenceError: Fewer than twenty items, where its coverage falls far short of what it promises.

    Source:
        Efron 1987, "Better Bootstrap Confidence Intervals".
    """
    from scipy.special import ndtr, ndtri

    if n < FEWEST:
        raise EvidenceError(
            f"a bootstrap over {n} items covers less than it promises", mend=f"Use {FEWEST} items or more."
        )
    point = float(statistic(np.arange(n)[None, :])[0])
    draws = resampled(statistic, n, rng=rng, resamples=resamples)
    if draws.min() == draws.max():
        return Interval(None, None, "none: the statistic does not vary over the items")
    less = np.mean(draws < point) + np.mean(draws == point) / 2
    bias = float(ndtri(np.clip(less, 1 / (2 * resamples), 1 - 1 / (2 * resamples))))
    pull = _acceleration(statistic, n)
    z = ndtri(np.array([(1 - level) / 2, (1 + level) / 2])) + bias
    low, high = np.quantile(draws, ndtr(bias + z / (1 - pull * z)))
    return Interval(float(low), float(high), f"BCa bootstrap, {resamples} resamples")


def _acceleration(statistic: Statistic, n: int) -> float:
    places = np.arange(n)
    left_out = np.concatenate([statistic(np.delete(places, each)[None, :]) for each in range(n)])
    gaps = left_out.mean() - left_out
    squares = float((gaps**2).sum())
    return float((gaps**3).sum()) / (6 * squares**1.5) if squares > 0 else 0.0
