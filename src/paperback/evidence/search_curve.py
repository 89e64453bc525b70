"""The expected best of n trials with its band."""

from dataclasses import dataclass

import numpy as np

from paperback.evidence.best_of import expected_best

FEWEST_TRIALS = 5
RESAMPLES = 2000


@dataclass(frozen=True, slots=True, eq=False)
class SearchCurve:
    """What a budget of trials is expected to reach.

    Attributes:
        budgets: Shape (n,): 1, 2, ..., trials.
        best: Shape (n,): expected best, in the unit of the scores.
        low: Shape (n,): lower edge of the pointwise band; NaN beyond half of the trials, where resamples
            of them tell too little of the best.
        high: Shape (n,): upper edge.
    """

    budgets: np.ndarray
    best: np.ndarray
    low: np.ndarray
    high: np.ndarray


def search_curve(
    scores: np.ndarray, *, higher_is_better: bool, rng: np.random.Generator, level: float = 0.95
) -> SearchCurve:
    """The expected best of 1, 2, ... trials and its pointwise t interval.

    The error is that of resampled trials, times sqrt(B / (B - 1)) because a resample spreads too little.

    Args:
        scores: Shape (B,): one finite score per trial, B at least 2.
        higher_is_better: Else the expected minimum.
        rng: Equal states give equal bands.
        level: Coverage at a single budget, a fraction.

    Raises:
        EvidenceError: A score is not finite, or there is none.
    """
    from scipy.special import stdtrit

    values = np.asarray(scores, dtype=float)
    trials = len(values)
    best = expected_best(values, higher_is_better=higher_is_better)
    drawn = values[rng.integers(0, trials, size=(RESAMPLES, trials))]
    error = expected_best(drawn, higher_is_better=higher_is_better).std(axis=0)
    half = float(stdtrit(trials - 1, (1 + level) / 2)) * error * np.sqrt(trials / (trials - 1))
    budgets = np.arange(1, trials + 1)
    half = np.where(2 * budgets <= trials, half, np.nan)
    return SearchCurve(budgets.astype(float), best, best - half, best + half)
