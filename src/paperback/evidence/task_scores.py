"""Normalised scores of several tasks with runs inside them: design (e)."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from paperback.evidence.aggregate import (
    AGGREGATES,
    Strata,
    aggregate,
    bootstrap_aggregates,
    improvement,
    improvement_interval,
    small_sample_error,
    strata,
)
from paperback.evidence.assessment import Assessment
from paperback.evidence.contrast import POWER, power

MANY_TASKS = 10
FEWEST_RUNS_MANY = 5
FEWEST_RUNS_FEW = 10
_MOST_RUNS = 10_000


def assess_tasks(
    bare: Assessment,
    a: Mapping[str, Sequence[float]],
    b: Mapping[str, Sequence[float]],
    *,
    higher: bool,
    rng: np.random.Generator,
) -> Assessment:
    """`bare` filled by design (e): the difference of interquartile means over the tasks that both have.

    Args:
        bare: Names and question.
        a: Task to the normalised scores of A's runs.
        b: Of B's.
        higher: Whether higher is better.
        rng: Equal states give equal intervals.
    """
    names = sorted(a.keys() & b.keys())
    if not names:
        why = "the two methods share no task"
        return replace(
            bare, refusal=why, test=f"none: {why}", needed="Runs of both methods on the same tasks."
        )
    sign = 1.0 if higher else -1.0
    sides = tuple(strata([(sign * np.sort(each[name])).tolist() for name in names], names) for each in (a, b))
    made = _estimated(bare, sides, sign, rng)
    fewest, wanted = min(int(side.sizes.min()) for side in sides), _fewest_runs(len(names))
    made = replace(made, n=fewest)
    if fewest < wanted:
        why = f"fewer than {'five' if wanted == FEWEST_RUNS_MANY else 'ten'} runs on a task"
        told = f"At least {wanted} runs of each method on each of the {len(names)} tasks; there are {fewest}."
        return replace(made, refusal=why, test=f"none: {why}", p=None, needed=told)
    return made


def _fewest_runs(tasks: int) -> int:
    return FEWEST_RUNS_MANY if tasks >= MANY_TASKS else FEWEST_RUNS_FEW


def _estimated(
    bare: Assessment, sides: tuple[Strata, ...], sign: float, rng: np.random.Generator
) -> Assessment:
    a, b = sides
    points = [{kind: aggregate(side, kind) for kind in AGGREGATES} for side in sides]
    draws = [bootstrap_aggregates(side, ("iqm",), rng=rng)["iqm"] for side in sides]
    gain = points[0]["iqm"] - points[1]["iqm"]
    figures = {f"{kind}_{side}": sign * point[kind] for side, point in zip("ab", points, strict=True)
               for kind in ("mean", "median", "iqm")}  # fmt: skip
    if sign > 0:
        figures |= {
            f"optimality_gap_{side}": p["optimality_gap"] for side, p in zip("ab", points, strict=True)
        }
    figures |= {"tasks": float(len(a.sizes))} | _improvement(a, b, bare.level, rng)
    made = replace(bare, a=sign * points[0]["iqm"], b=sign * points[1]["iqm"], gain=gain, figures=figures)
    spread = small_sample_error(draws[0] - draws[1], sides)
    if spread is None:
        return replace(made, interval="none: the runs do not vary", test="none: the runs do not vary")
    return _tested(made, gain, *spread)


def _tested(made: Assessment, gain: float, error: float, df: float) -> Assessment:
    from scipy.special import stdtr, stdtrit

    half = float(stdtrit(df, (1 + made.level) / 2)) * error
    p = float(2 * stdtr(df, -abs(gain) / error))
    return replace(
        made,
        low=gain - half,
        high=gain + half,
        interval="stratified bootstrap, t with small-sample correction",
        test="t with the bootstrap's error",
        p=p,
        needed=_more_runs(gain / error, df, made) if p >= 1 - made.level else "",
    )


def _improvement(a: Strata, b: Strata, level: float, rng: np.random.Generator) -> dict[str, float]:
    """P(A > B) with its interval."""
    point = improvement(a, b)
    found, ends = {"improvement": point}, improvement_interval(point, a, b, rng=rng, level=level)
    if ends.low is not None and ends.high is not None:
        found |= {"improvement_low": ends.low, "improvement_high": ends.high}
    return found


def _more_runs(shift: float, df: float, made: Assessment) -> str:
    """How many times as many runs reach 80 % power, at the observed gap and spread."""
    times = 1.0
    while power(abs(shift) * math.sqrt(times), df * times) < POWER:
        times *= 1.1
        if times > _MOST_RUNS:
            return "More runs of each method on every task than can be made: the gap is too small."
    return f"About {times:.1f} times as many runs per task would decide with 80 % power."
