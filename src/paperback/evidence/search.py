"""Searches of hyper-parameters under a budget: design (g)."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from paperback.evidence.assessment import Assessment
from paperback.evidence.best_of import expected_best

FEWEST_TRIALS = 10
RESAMPLES = 2000


def assess_search(
    bare: Assessment,
    a: Sequence[float],
    b: Sequence[float],
    *,
    higher: bool,
    rng: np.random.Generator,
    budget: int | None = None,
) -> Assessment:
    """`bare` filled by design (g): the gap of the expected best of n trials, at the same budget for both.

    Args:
        bare: Names and question.
        a: One score per trial of A.
        b: Of B.
        higher: Whether higher is better.
        rng: Equal states give equal intervals.
        budget: Trials; half of the smaller search when None, up to where the estimate can be trusted.
    """
    fewest = min(len(a), len(b))
    bare = replace(bare, n=fewest)
    if fewest < FEWEST_TRIALS:
        why = "fewer than ten trials of a search"
        told = f"At least {FEWEST_TRIALS} trials of each method; there are {len(a)} and {len(b)}."
        return replace(bare, refusal=why, test=f"none: {why}", needed=told)
    if budget is not None and not 0 < budget <= fewest:
        why = "the budget is larger than a search"
        told = f"A budget of 1 to {fewest // 2} trials; {budget} were asked for."
        return replace(bare, refusal=why, test=f"none: {why}", needed=told)
    n = budget or fewest // 2
    sign = 1.0 if higher else -1.0
    sides = [np.sort(sign * np.asarray(each, dtype=float)) for each in (a, b)]
    curves = [expected_best(side)[:fewest] for side in sides]
    gaps = curves[0] - curves[1]
    figures = {"budget": float(n), "trials_a": float(len(a)), "trials_b": float(len(b))}
    figures |= _crossing(gaps)
    points = [sign * float(curve[n - 1]) for curve in curves]
    made = replace(bare, a=points[0], b=points[1], gain=float(gaps[n - 1]), figures=figures)
    return _tested(replace(made, warnings=_warnings(len(a), len(b), n)), sides, n, rng)


def _crossing(gaps: np.ndarray) -> dict[str, float]:
    """The budget from which on the order stays as it is at the end."""
    behind = np.flatnonzero(np.sign(gaps) != np.sign(gaps[-1]))
    return {"holds_from": float(behind[-1] + 2 if len(behind) else 1)}


def _warnings(a: int, b: int, n: int) -> tuple[str, ...]:
    told = {
        "the searches had unequal budgets; both are read at the same number of trials": a != b,
        "the budget is more than half of a search, where the estimate is unsure": 2 * n > min(a, b),
        "speaks of the searched score; the score of the winner needs fresh runs": True,
    }
    return tuple(words for words, holds in told.items() if holds)


def _tested(made: Assessment, sides: Sequence[np.ndarray], n: int, rng: np.random.Generator) -> Assessment:
    from scipy.special import stdtr, stdtrit

    variances = [_variance(side, n, rng) for side in sides]
    error = float(np.sqrt(sum(variances)))
    if error == 0 or made.gain is None:
        return replace(made, interval="none: the trials do not vary", test="none: the trials do not vary")
    df = sum(variances) ** 2 / sum(v**2 / (len(s) - 1) for v, s in zip(variances, sides, strict=True))
    half = float(stdtrit(df, (1 + made.level) / 2)) * error
    p = float(2 * stdtr(df, -abs(made.gain) / error))
    return replace(
        made,
        low=made.gain - half,
        high=made.gain + half,
        interval="t with the error of resampled trials",
        test="t with the bootstrap's error",
        p=p,
        needed="More trials of each search." if p >= 1 - made.level else "",
    )


def _variance(scores: np.ndarray, n: int, rng: np.random.Generator) -> float:
    """Of the expected best of n trials, over resamples of the trials, which spread too little by (B-1)/B."""
    trials = len(scores)
    drawn = scores[rng.integers(0, trials, size=(RESAMPLES, trials))]
    return float(expected_best(drawn)[:, n - 1].var()) * trials / (trials - 1)
