"""Learning curves: one number per run, named before looking; design (f)."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from typing import Literal

import numpy as np

from paperback.evidence.assessment import Assessment
from paperback.evidence.compare import FEWEST, shares_seeds
from paperback.evidence.contrast import Contrast, mean_difference
from paperback.evidence.interval import centre
from paperback.evidence.permutation import MOST_ARRANGEMENTS
from paperback.evidence.reading import Label
from paperback.runs import Series

Reduction = Literal["final", "area", "steps"]
REDUCTIONS = ("final", "area", "steps")
TAIL = 0.1
_WORDS = {
    "final": "mean over the last tenth of the steps that all runs reached",
    "area": "area under the curve over the steps that all runs share, per step",
    "steps": "how many times fewer steps to the threshold (ratio of geometric means), less one",
}


@dataclass(frozen=True, slots=True)
class Reached:
    """When a run first reached the threshold.

    Attributes:
        steps: The first step at or beyond it, interpolated; the last common step where it never was.
        censored: Whether it was not reached by then.
    """

    steps: float
    censored: bool


def common_span(curves: Sequence[Series]) -> tuple[float, float]:
    """The first and last step that every curve covers; nothing is extrapolated beyond."""
    return max(float(each.steps.min()) for each in curves), min(float(each.steps.max()) for each in curves)


def final_mean(curve: Series, span: tuple[float, float]) -> float:
    """Mean of the values logged in the last tenth of the span; the last one before where none was."""
    steps, values = _finite(curve)
    first, last = span
    inside = (steps >= last - TAIL * (last - first)) & (steps <= last)
    return float(values[inside].mean()) if inside.any() else float(np.interp(last, steps, values))


def area(curve: Series, span: tuple[float, float]) -> float:
    """Area under the curve over the span, by trapezia, divided by the length of the span."""
    steps, values = _finite(curve)
    first, last = span
    if first == last:
        return float(np.interp(first, steps, values))
    grid = np.unique(np.concatenate(([first, last], steps[(steps > first) & (steps < last)])))
    on_grid = np.interp(grid, steps, values)
    return float(((on_grid[1:] + on_grid[:-1]) / 2 * np.diff(grid)).sum() / (last - first))


def first_reach(curve: Series, threshold: float, last: float, *, higher: bool) -> Reached:
    """When the curve first reached `threshold`, interpolated between two logged steps."""
    steps, values = _finite(curve)
    gaps = (values - threshold) * (1 if higher else -1)
    done = np.flatnonzero((gaps >= 0) & (steps <= last))
    if not len(done):
        return Reached(last, True)
    place = int(done[0])
    if place == 0:
        return Reached(float(steps[0]), False)
    before, here = gaps[place - 1], gaps[place]
    share = -before / (here - before)
    return Reached(float(steps[place - 1] + share * (steps[place] - steps[place - 1])), False)


def log_rank_p(a: Sequence[Reached], b: Sequence[Reached]) -> float:
    """Two-sided p of the log-rank statistic over all exchanges of the runs of A and B.

    Exact, because its normal approximation cannot be trusted at a handful of runs; runs beyond those of a
    million exchanges are approximated.

    Source:
        Mantel 1966; the scores of Peto and Peto 1972.
    """
    runs, n = [*a, *b], len(a)
    scores = np.array([_score(each, runs) for each in runs])
    observed = abs(float(scores[:n].sum()))
    if math.comb(len(runs), n) > MOST_ARRANGEMENTS:
        error = math.sqrt(n * len(b) / (len(runs) * (len(runs) - 1)) * float((scores**2).sum()))
        return math.erfc(observed / error / math.sqrt(2)) if error > 0 else 1.0
    sums = [abs(float(scores[list(each)].sum())) for each in combinations(range(len(runs)), n)]
    return float(np.mean(np.array(sums) >= observed - 1e-9))


def assess_curves(
    bare: Assessment,
    a: Mapping[Label, Series],
    b: Mapping[Label, Series],
    *,
    higher: bool,
    reduction: Reduction = "final",
    threshold: float | None = None,
) -> Assessment:
    """`bare` filled by design (f): one number per run, then a t test of two methods as in design (a)."""
    fewest = min(len(a), len(b))
    bare = replace(bare, n=fewest, estimator=_WORDS[reduction])
    if fewest < FEWEST:
        why = "a test needs three runs with a curve on each side"
        told = f"At least {FEWEST} runs of each method with a history, there are {len(a)} and {len(b)}."
        return replace(bare, refusal=why, test=f"none: {why}", needed=told)
    span = common_span([*a.values(), *b.values()])
    if span[0] > span[1]:
        why = "the curves share no step"
        return replace(bare, refusal=why, test=f"none: {why}", needed="Curves over the same steps.")
    if reduction == "steps":
        assert threshold is not None
        return _steps(bare, (a, b), threshold, span[1], higher=higher)
    reduce = final_mean if reduction == "final" else area
    sides = [{label: reduce(curve, span) for label, curve in side.items()} for side in (a, b)]
    contrast, test = _contrast(sides[0], sides[1])
    sign = 1.0 if higher else -1.0
    contrast = replace(contrast, value=sign * contrast.value)
    made = replace(bare, a=centre(list(sides[0].values())), b=centre(list(sides[1].values())))
    return _tested(made, contrast, test)


def _steps(
    bare: Assessment,
    sides: tuple[Mapping[Label, Series], Mapping[Label, Series]],
    threshold: float,
    last: float,
    *,
    higher: bool,
) -> Assessment:
    a, b = (
        {label: first_reach(curve, threshold, last, higher=higher) for label, curve in side.items()}
        for side in sides
    )
    lost = [sum(each.censored for each in side.values()) for side in (a, b)]
    figures = {
        "threshold": threshold,
        "last_step": last,
        "censored_a": float(lost[0]),
        "censored_b": float(lost[1]),
    }
    medians = [centre([each.steps for each in side.values()], "median") for side in (a, b)]
    made = replace(bare, a=medians[0], b=medians[1], figures=figures)
    logs = [{label: -math.log(max(each.steps, 1.0)) for label, each in side.items()} for side in (a, b)]
    contrast, test = _contrast(logs[0], logs[1])
    if not any(lost):
        return _ratio(_tested(made, contrast, f"{test} of log steps"))
    p = log_rank_p(list(a.values()), list(b.values()))
    gain = math.exp(contrast.value) - 1
    told = f"{lost[0]} and {lost[1]} runs did not reach the threshold by the last common step"
    return replace(
        made,
        gain=gain,
        interval="none: some runs did not reach the threshold",
        test="log-rank, exact",
        p=p,
        figures=figures | {"ratio": 1 + gain},
        warnings=(told,),
        needed="Longer runs, or more of them." if p >= 1 - made.level else "",
    )


def _contrast(a: Mapping[Label, float], b: Mapping[Label, float]) -> tuple[Contrast, str]:
    paired = shares_seeds(a, b)
    right = [b[label] for label in a] if paired else list(b.values())
    contrast = mean_difference(list(a.values()), right, paired=paired)
    return contrast, "paired t" if paired else "Welch t"


def _tested(made: Assessment, contrast: Contrast, test: str) -> Assessment:
    made = replace(made, gain=contrast.value)
    if not contrast.varies:
        return replace(made, test="none: the runs do not vary", interval="none: the runs do not vary")
    low, high = contrast.ends(made.level)
    runs = contrast.needed()
    told = "More runs than can be made: the gap is too small against the spread."
    told = told if runs is None else f"About {runs} runs of each method would decide with 80 % power."
    return replace(
        made,
        low=low,
        high=high,
        interval=test.replace(" t", " t interval", 1),
        test=test,
        p=contrast.p,
        needed=told if contrast.p >= 1 - made.level else "",
    )


def _ratio(made: Assessment) -> Assessment:
    """The log ratio of steps as a share: 1.0 means half the steps."""
    if made.gain is None or made.low is None or made.high is None:
        ratio = math.exp(made.gain or 0.0)
        return replace(made, gain=ratio - 1, figures={**made.figures, "ratio": ratio})
    ratio, low, high = (math.exp(each) for each in (made.gain, made.low, made.high))
    figures = {**made.figures, "ratio": ratio, "ratio_low": low, "ratio_high": high}
    return replace(made, gain=ratio - 1, low=low - 1, high=high - 1, figures=figures)


def _score(run: Reached, runs: Sequence[Reached]) -> float:
    """Log-rank score: whether it reached the threshold, less what was to be expected of it until then."""
    times = sorted({each.steps for each in runs if not each.censored and each.steps <= run.steps})
    hazard = math.fsum(
        sum(each.steps == time and not each.censored for each in runs)
        / sum(each.steps >= time for each in runs)
        for time in times
    )
    return float(not run.censored) - hazard


def _finite(curve: Series) -> tuple[np.ndarray, np.ndarray]:
    """Steps in ascending order and their values; of a step logged twice the later value counts."""
    order = np.argsort(curve.steps, kind="stable")
    steps, values = np.asarray(curve.steps, dtype=float)[order], np.asarray(curve.values)[order]
    last = np.append(np.diff(steps) > 0, True)
    steps, values = steps[last], values[last]
    known = np.isfinite(values)
    return steps[known], values[known]
