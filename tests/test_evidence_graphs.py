"""Numbers behind graphs: bands of profiles, fronts, power laws, calibration, facts of runs, searches."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from paperback.errors import EvidenceError
from paperback.evidence import Shape, recompute
from paperback.evidence.aggregate import improvement, improvement_interval, strata
from paperback.evidence.best_of import expected_best
from paperback.evidence.calibration import calibration_error, confusion, reliability
from paperback.evidence.comparable import why_not_comparable
from paperback.evidence.fact import number_of, run_fact
from paperback.evidence.pareto import pareto_front
from paperback.evidence.power_law import fit_power_law
from paperback.evidence.profile import profile_band
from paperback.evidence.scaling import IN_NAMES, place_of, sized
from paperback.evidence.search_curve import search_curve
from paperback.runs import Metric, Run, RunTable

Repository = Callable[..., RunTable]


def test_a_profile_band_is_the_t_interval_of_a_share() -> None:
    """Twenty runs of one task, half above: 0.5 +- t(19) sqrt(0.25 / 19), with t(19) = 2.093024."""
    scores = strata([list(range(20))])
    low, high = profile_band(scores, np.array([9.5, 25.0]))
    assert (low[0], high[0]) == pytest.approx((0.5 - 0.240086, 0.5 + 0.240086), abs=1e-6)
    # Above all runs the share is 0 and does not vary.
    assert (low[1], high[1]) == (0.0, 0.0)


def test_a_profile_band_covers_what_it_promises() -> None:
    """Over repeated studies of three tasks with eight runs the band holds the true share 90 times in 100."""
    rng = np.random.default_rng(3)
    truth = float(np.mean([stats.norm.sf(0.5 - shift) for shift in (0.0, 0.5, 1.0)]))
    hits = 0
    for _ in range(400):
        scores = strata([(rng.normal(size=8) + shift).tolist() for shift in (0.0, 0.5, 1.0)])
        low, high = profile_band(scores, np.array([0.5]))
        hits += low[0] <= truth <= high[0]
    assert 0.90 <= hits / 400 <= 0.99


def test_the_interval_of_an_improvement_stays_a_probability() -> None:
    """The ends are cut at 0 and 1; runs that do not vary have no interval."""
    a, b = strata([[1.0, 2.0, 3.0]] * 2), strata([[0.0, 0.5, 2.5]] * 2)
    ends = improvement_interval(improvement(a, b), a, b, rng=np.random.default_rng(0))
    assert ends.low is not None
    assert ends.high is not None
    assert 0 <= ends.low < improvement(a, b) < ends.high <= 1
    still = strata([[1.0, 1.0]])
    assert improvement_interval(0.5, still, still, rng=np.random.default_rng(0)).low is None


@pytest.mark.parametrize(
    ("points", "higher", "front"),
    [
        ([(1, 1), (2, 2), (3, 1.5)], True, (0, 1)),
        ([(1, 1), (2, 2), (3, 0.5)], False, (0, 2)),
        ([(2, 5), (1, 5)], True, (1,)),
        ([(1, 5), (1, 5)], True, (0, 1)),
        ([(3, 9), (1, 1)], True, (1, 0)),
    ],
    ids=["one is beaten", "lower is better", "as good and dearer", "equal in both", "by cost"],
)
def test_what_is_on_the_front(
    points: list[tuple[float, float]], higher: bool, front: tuple[int, ...]
) -> None:
    """Nothing on the front is beaten, and it is ordered by cost."""
    costs, values = zip(*points, strict=True)
    assert pareto_front(costs, values, higher_is_better=higher) == front


@given(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 5)), min_size=1, max_size=12))
def test_every_other_point_is_beaten_by_one_of_the_front(points: list[tuple[int, int]]) -> None:
    """A point off the front has one on it that is as cheap and as good, and no point of the front has."""
    costs, values = [c for c, _ in points], [v for _, v in points]
    front = pareto_front(costs, values, higher_is_better=True)
    for place, (cost, value) in enumerate(points):
        better = [p for p in front if costs[p] <= cost and values[p] >= value and points[p] != (cost, value)]
        assert bool(better) == (place not in front)


def test_a_power_law_is_the_regression_of_logarithms() -> None:
    """Slope and its interval are those of scipy's linear regression on logarithms."""
    x, y = [1e6, 3e6, 1e7, 1e8, 1e9], [4.1, 3.6, 3.3, 2.6, 2.0]
    law = fit_power_law(x, y)
    other = stats.linregress(np.log(x), np.log(y))
    half = stats.t.ppf(0.975, 3) * other.stderr
    assert law.exponent == pytest.approx(other.slope)
    assert (law.low, law.high) == pytest.approx((other.slope - half, other.slope + half))
    assert np.log(law.at(np.array(x))) == pytest.approx(other.intercept + other.slope * np.log(x))
    # At the mean of the logarithms the band is that of a mean of n residuals.
    middle = np.array([np.exp(np.log(x).mean())])
    rest = np.log(y) - other.intercept - other.slope * np.log(x)
    width = stats.t.ppf(0.975, 3) * np.sqrt((rest**2).sum() / 3 / 5)
    low, high = law.band(middle)
    assert np.log(high / low) == pytest.approx(2 * width)


def test_an_exact_power_law_is_found() -> None:
    """2 x^-0.5 gives itself back."""
    law = fit_power_law([1, 4, 9, 16], [2 * value**-0.5 for value in (1, 4, 9, 16)])
    assert (law.exponent, law.factor) == pytest.approx((-0.5, 2))


@pytest.mark.parametrize(
    ("x", "y"), [([1, 2, 3, 3], [1, 2, 3, 4]), ([1, 2, 3, 4], [1, 2, 0, 4])], ids=["three sizes", "zero"]
)
def test_no_power_law_without_four_sizes_above_zero(x: list[float], y: list[float]) -> None:
    """Three sizes, or a value of zero, are refused."""
    with pytest.raises(EvidenceError):
        fit_power_law(x, y)


def test_reliability_counts_items_in_bins() -> None:
    """Confidence 1 is in the last bin; share, mean confidence and calibration error are those by hand."""
    found = reliability([0.05, 0.95, 1.0, 0.91, 0.97], [False, True, True, True, False])
    assert [(each.n, each.share) for each in found] == [(1, 0.0), (4, 0.75)]
    assert found[1].confidence == pytest.approx((0.95 + 1.0 + 0.91 + 0.97) / 4)
    # Wilson, 3 of 4: 0.3006 to 0.9544.
    assert (found[1].low, found[1].high) == pytest.approx((0.3006418, 0.9544127), abs=1e-6)
    assert calibration_error(found) == pytest.approx((0.05 + 4 * abs(0.75 - 0.9575)) / 5)
    with pytest.raises(EvidenceError):
        reliability([1.2], [True])


def test_a_confusion_matrix_orders_classes_by_size() -> None:
    """Rows are true classes; whole numbers are sorted as numbers, words after them."""
    classes, counts = confusion(["2", "10", "2", "cat"], ["2", "2", "10", "cat"])
    assert classes == ("2", "10", "cat")
    assert counts == ((1, 1, 0), (1, 0, 0), (0, 0, 1))


@pytest.mark.parametrize(
    ("unit", "shape", "comparable"),
    [("fraction", Shape(), True), ("%", Shape(), True), ("", Shape(), False), ("s", Shape(), False),
     ("", Shape(normalised=True), True)],
)  # fmt: skip
def test_which_scores_may_be_put_together(unit: str, shape: Shape, comparable: bool) -> None:
    """Fractions, percentages and normalised scores have a common scale; nothing else has."""
    metric = Metric("score", "score", unit, "higher", False, None, "declared")
    assert (why_not_comparable(metric, shape) == "") == comparable


@pytest.mark.parametrize(
    ("value", "number"),
    [(3, 3.0), (2.5, 2.5), ("0:01:31", 91.0), ("1 day, 0:00:01.5", 86401.5), ("2 days, 1:00:00", 176400.0),
     ("fast", None), (True, None), (None, None), (float("nan"), None), ("7", None)],
)  # fmt: skip
def test_what_counts_as_a_number_of_a_run(value: Any, number: float | None) -> None:
    """Numbers and lengths of time; no word, truth value or NaN."""
    assert number_of(value) == number


def logs(**extra: Any) -> dict[str, Any]:
    return {
        f"runs/{method}-{seed}.json": {
            "config": {"method": method, "dataset": "d", "seed": seed, "time": f"0:0{seed}:00"} | extra,
            "metrics": {"test": {"accuracy": 0.8 + seed / 100}},
        }
        for method in ("a", "b")
        for seed in range(3)
    }


def test_a_fact_of_runs_is_recomputed(repository: Repository) -> None:
    """Mean and total over the runs of one method, with a recipe that gives them again."""
    table = repository(logs())
    key = next(key for key in table.runs[0].params if key.endswith("time"))
    total = run_fact(table, key, "total", {"method": "a"})
    mean = run_fact(table, key, "mean", {"method": "a"})
    assert total is not None
    assert mean is not None
    assert (total.value, mean.value) == (180.0, 60.0)
    assert recompute(total.recipe, table) == 180.0
    assert recompute(mean.recipe, table) == 60.0
    assert run_fact(table, "nothing", "mean") is None
    with pytest.raises(EvidenceError):
        run_fact(table, key, "median")


def test_a_search_has_no_band_beyond_half_of_it() -> None:
    """The curve is the expected best; the band ends at half of the trials, and equal states repeat it."""
    scores = np.array([0.1, 0.5, 0.9, 0.7, 0.3, 0.2])
    made = search_curve(scores, higher_is_better=True, rng=np.random.default_rng(1))
    assert made.best.tolist() == expected_best(scores).tolist()
    assert np.isfinite(made.low).tolist() == [True, True, True, False, False, False]
    assert (made.high[:3] > made.best[:3]).all()
    again = search_curve(scores, higher_is_better=True, rng=np.random.default_rng(1))
    assert again.low[:3].tolist() == made.low[:3].tolist()


@pytest.mark.parametrize(
    ("method", "place"),
    [("net-1.4b", ("net", 1.4e9)), ("net-70M-deduped", ("net-deduped", 7e7)),
     ("net-v1.1-1b", ("net-v1.1", 1e9)), ("net", None), ("bf16", None),
     ("1b-to-2b", None), ("resnet50", None)],
)  # fmt: skip
def test_a_size_in_a_name(method: str, place: tuple[str, float] | None) -> None:
    """One number with a letter of magnitude; two, or one that is a part of a word, are none."""
    assert place_of(Run("r", identity={"method": method}), IN_NAMES) == place


def test_a_power_law_of_runs_is_recomputed(repository: Repository) -> None:
    """Sizes from the names; accuracy becomes an error; every number of the law is found again."""
    files = {
        f"runs/{number}.json": {
            "config": {"method": f"net-{size}m", "dataset": "d", "seed": seed},
            "metrics": {"test": {"accuracy": 1 - 2 * (size * 1e6) ** -0.25 - 0.001 * (seed - 1)}},
        }
        for number, (size, seed) in enumerate((size, seed) for size in (1, 4, 16, 64) for seed in range(3))
    }
    table = repository(files)
    (found,) = sized(table, "accuracy", split="test", size=IN_NAMES)
    assert (found.family, found.is_error, found.law.n) == ("net", True, 4)
    assert found.law.exponent == pytest.approx(-0.25)
    for quantity in found.quantities.values():
        assert recompute(quantity.recipe, table) == quantity.value
    assert sized(table, "accuracy", split="test", size="nothing") == ()
