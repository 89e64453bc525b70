"""Bayesian tests over data sets with a region of practical equivalence."""

from collections.abc import Sequence

import numpy as np

SAMPLES = 50_000


def bayesian_signed_rank(
    gains: Sequence[float], rope: float, *, rng: np.random.Generator, samples: int = SAMPLES
) -> tuple[float, float, float]:
    """Probabilities that losses, practical equality and gains weigh most over data sets like these.

    Args:
        gains: A minus B, one per data set.
        rope: Half width of the region of practical equivalence, in the unit of `gains`.
        rng: Equal states give equal probabilities.
        samples: Draws of the posterior.

    Source:
        Benavoli et al. 2017, "Time for a Change", section 4.2: a Dirichlet process whose prior is one
        pseudo-observation of zero with strength 0.5.
    """
    values = np.concatenate(([0.0], np.asarray(gains, dtype=float)))
    walsh = values[:, None] + values[None, :]
    strengths = np.concatenate(([0.5], np.ones(len(gains))))
    weights = rng.dirichlet(strengths, size=samples)
    below = _mass(weights, walsh < -2 * rope)
    above = _mass(weights, walsh > 2 * rope)
    return _shares(below, 1 - below - above, above)


def bayesian_sign(
    gains: Sequence[float], rope: float, *, rng: np.random.Generator, samples: int = SAMPLES
) -> tuple[float, float, float]:
    """As `bayesian_signed_rank`, from the signs alone; the prior is one pseudo-observation of equality."""
    values = np.asarray(gains, dtype=float)
    counts = [np.sum(values < -rope), np.sum(np.abs(values) <= rope) + 1, np.sum(values > rope)]
    # A Dirichlet needs strengths above zero; what was never seen keeps next to none.
    return _shares(*rng.dirichlet(np.maximum(counts, 1e-6), size=samples).T)


def _mass(weights: np.ndarray, pairs: np.ndarray) -> np.ndarray:
    return np.asarray(((weights @ pairs) * weights).sum(axis=1))


def _shares(below: np.ndarray, inside: np.ndarray, above: np.ndarray) -> tuple[float, float, float]:
    """How often each of the three is the largest."""
    largest = np.argmax(np.stack((below, inside, above)), axis=0)
    left, middle, right = (float(np.mean(largest == place)) for place in range(3))
    return left, middle, right
