"""How often the intervals hold the true value, at 3 to 20 runs, for normal and for skewed scores.

Printed is the coverage of a nominal 95 % interval: of a mean, of the difference of two methods (Welch), and
of the difference of interquartile means over ten tasks (design e). And the power of the t tests at d = 1.

    python benchmarks/evidence/coverage.py [samples]
"""

import math
import sys
from collections.abc import Callable

import numpy as np

from paperback.evidence.aggregate import bootstrap_aggregates, small_sample_interval, strata
from paperback.evidence.contrast import mean_difference
from paperback.evidence.interval import interval
from paperback.evidence.planning import t_power

Draw = Callable[[np.random.Generator, tuple[int, ...]], np.ndarray]
RUNS = (3, 5, 10, 20)
TASKS = 10
SHAPES: dict[str, tuple[Draw, float]] = {
    "normal": (lambda rng, size: rng.normal(0, 1, size), 0.0),
    "log-normal": (lambda rng, size: rng.lognormal(0, 0.75, size), math.exp(0.75**2 / 2)),
    "one run in ten fails": (lambda rng, size: rng.normal(0, 1, size) - 5 * (rng.random(size) < 0.1), -0.5),
}


def of_a_mean(draw: Draw, truth: float, n: int, samples: int) -> float:
    rng = np.random.default_rng([1, n])
    ends = (interval(sample.tolist()) for sample in draw(rng, (samples, n)))
    return float(np.mean([held(each.low, each.high, truth) for each in ends]))


def of_a_difference(draw: Draw, n: int, samples: int) -> float:
    rng = np.random.default_rng([2, n])
    pairs = draw(rng, (samples, 2, n))
    pairs[:, 1] *= 2  # methods seldom scatter alike
    truth = -1.0 * float(np.mean(draw(np.random.default_rng(9), (2_000_000,))))
    return float(
        np.mean(
            [held(*mean_difference(a.tolist(), b.tolist(), paired=False).ends(), truth) for a, b in pairs]
        )
    )


def of_tasks(draw: Draw, n: int, samples: int) -> float:
    """Two methods of equal distribution on ten tasks of different difficulty: the true difference is zero."""
    rng = np.random.default_rng([3, n])
    hits = []
    for _ in range(samples):
        level = rng.normal(0, 1, (1, TASKS, 1))
        sides = [strata((draw(rng, (TASKS, n)) * 0.3 + level[0]).tolist()) for _ in range(2)]
        draws = [bootstrap_aggregates(side, ("iqm",), rng=rng, resamples=500)["iqm"] for side in sides]
        point = _iqm(sides[0].values) - _iqm(sides[1].values)
        ends = small_sample_interval(point, draws[0] - draws[1], sides)
        hits.append(held(ends.low, ends.high, 0.0))
    return float(np.mean(hits))


def power_at_one(n: int, samples: int, *, paired: bool) -> float:
    """Share of comparisons that find a true difference of one standard deviation (of the differences)."""
    rng = np.random.default_rng([4, n])
    pairs = rng.normal(0, math.sqrt(0.5) if paired else 1, (samples, 2, n))
    pairs[:, 0] += 1.0
    found = (mean_difference(a.tolist(), b.tolist(), paired=paired) for a, b in pairs)
    return float(np.mean([each.p < 0.05 and each.value > 0 for each in found]))


def welch_power(d: float, n: int, points: int = 400) -> float:
    """Power of Welch's test for equal variances, integrated over both sample variances.

    Given these, the difference of means is normal and the critical value is fixed.
    """
    from scipy.special import chdtri, ndtr, stdtrit

    quantiles = (np.arange(points) + 0.5) / points
    variance = chdtri(n - 1, 1 - quantiles) / (n - 1)
    a, b = variance[:, None] / n, variance[None, :] / n
    df = (a + b) ** 2 * (n - 1) / (a**2 + b**2)
    bound = stdtrit(df, 0.975) * np.sqrt(a + b)
    return float(np.mean(ndtr((d - bound) / math.sqrt(2 / n))))


def held(low: float | None, high: float | None, truth: float) -> bool:
    return low is not None and high is not None and low <= truth <= high


def _iqm(values: np.ndarray) -> float:
    cut = int(0.25 * len(values))
    return float(np.sort(values)[cut : len(values) - cut].mean())


def main() -> None:
    samples = int(sys.argv[1]) if len(sys.argv) > 1 else 20_000
    print(f"coverage of nominal 95 % intervals, %, {samples} samples ({samples // 10} over tasks)")
    print(f"{'scores':22}{'runs':>5}{'mean':>8}{'Welch':>8}{'IQM':>8}")
    for name, (draw, truth) in SHAPES.items():
        for n in RUNS:
            row = (
                of_a_mean(draw, truth, n, samples),
                of_a_difference(draw, n, samples),
                of_tasks(draw, n, samples // 10),
            )
            print(f"{name:22}{n:5}" + "".join(f"{100 * each:8.1f}" for each in row), flush=True)
    print("power for d = 1, %, simulated and by theory")
    print(f"{'runs':>27}{'paired':>9}{'theory':>9}{'Welch':>9}{'theory':>9}")
    for n in RUNS:
        row = (
            power_at_one(n, samples, paired=True),
            t_power(1.0, n, layout="paired"),
            power_at_one(n, samples, paired=False),
            welch_power(1.0, n),
        )
        print(f"{n:27}" + "".join(f"{100 * each:9.1f}" for each in row), flush=True)


if __name__ == "__main__":
    main()
