"""The best of n trials of a search: what a budget is expected to reach."""

import numpy as np

from paperback.errors import EvidenceError


def expected_best(scores: np.ndarray, *, higher_is_better: bool = True) -> np.ndarray:
    """Expected best validation score of n trials drawn without replacement, for n = 1 ... B; unbiased.

    Args:
        scores: One per trial, shape (..., B); trials drawn from the search space independently.
        higher_is_better: Else the expected minimum.

    Returns:
        Shape (..., B), in the unit of `scores`.

    Source:
        Tang et al. 2020, "Showing Your Work Doesn't Always Work" (U-statistic).
    """
    ordered, budgets = _ordered(scores, higher_is_better=higher_is_better)
    trials = ordered.shape[-1]
    place = np.arange(1, trials + 1)
    weights = np.zeros((trials, trials))
    # The chance that the place-th best of B is the best of n: C(place-1, n-1) / C(B, n), by its ratio in n.
    weights[0] = 1 / trials
    for n in budgets[1:]:
        weights[n - 1] = weights[n - 2] * (place - n + 1) / (n - 1) * n / (trials - n + 1)
    return _restored(ordered @ weights.T, higher_is_better=higher_is_better)


def expected_best_with_replacement(scores: np.ndarray, *, higher_is_better: bool = True) -> np.ndarray:
    """Expected best of n trials drawn with replacement, for n = 1 ... B; biased low for n near B.

    Source:
        Dodge et al. 2019, "Show Your Work" (V-statistic).
    """
    ordered, budgets = _ordered(scores, higher_is_better=higher_is_better)
    below = np.arange(ordered.shape[-1] + 1) / ordered.shape[-1]
    weights = np.diff(below[None, :] ** budgets[:, None], axis=1)
    return _restored(ordered @ weights.T, higher_is_better=higher_is_better)


def _ordered(scores: np.ndarray, *, higher_is_better: bool) -> tuple[np.ndarray, np.ndarray]:
    values = np.asarray(scores, dtype=float)
    if not values.shape[-1] or not np.isfinite(values).all():
        raise EvidenceError(
            "a search needs one finite score per trial", mend="Leave out trials that did not end."
        )
    return np.sort(values if higher_is_better else -values, axis=-1), np.arange(1, values.shape[-1] + 1)


def _restored(expected: np.ndarray, *, higher_is_better: bool) -> np.ndarray:
    return np.asarray(expected if higher_is_better else -expected)
