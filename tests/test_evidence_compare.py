"""Comparisons, rankings and numbers computed again."""

import json
import math
from collections.abc import Iterable
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from builders import Row, run_of, table_of
from paperback.errors import EvidenceError
from paperback.evidence import (
    Quantity,
    Recipe,
    average_gain,
    compare,
    compare_each,
    convention,
    count,
    estimate,
    rank_methods,
    recompute,
    shared_setting,
)
from paperback.evidence.average import FIGURES as AVERAGE_FIGURES
from paperback.evidence.compare import FIGURES as COMPARISON_FIGURES
from paperback.evidence.estimate import FIGURES as ESTIMATE_FIGURES
from paperback.evidence.rank import PAIR_FIGURES, RANKING_FIGURES
from paperback.runs import RunTable, Status

# Student 1908: extra hours of sleep of ten patients under two drugs.
SLEEP_1 = [0.7, -1.6, -0.2, -1.2, -0.1, 3.4, 3.7, 0.8, 0.0, 2.0]
SLEEP_2 = [1.9, 0.8, 1.1, 0.1, -0.1, 4.4, 5.5, 1.6, 4.6, 3.4]


def cell(method: str, dataset: str, values: Iterable[float], *, first: int = 0) -> list[Row]:
    return [(method, dataset, first + place, value) for place, value in enumerate(values)]


def sleep(*, first: int, direction: str = "higher") -> RunTable:
    return table_of(
        [*cell("one", "d", SLEEP_1), *cell("two", "d", SLEEP_2, first=first)], direction=direction
    )


@pytest.mark.parametrize(
    ("first", "test", "statistic", "df", "p"),
    [
        (0, "paired t", -4.062127683382037, 9, 0.00283289019738427),
        (5, "Welch t", -1.860813467486853, 17.7764735161785, 0.07939414018735817),
    ],
    ids=["same seeds", "other seeds"],
)
def test_test_follows_the_seeds(first: int, test: str, statistic: float, df: float, p: float) -> None:
    """Runs are paired only where both methods have exactly the same seeds; values are R's t.test."""
    found = compare(sleep(first=first), "accuracy", "one", "two", split="test")
    assert (found.design, found.test, found.n, found.paired) == ("a", test, 10, first == 0)
    assert [found.statistic, found.df, found.p] == pytest.approx([statistic, df, p], abs=1e-9)
    assert found.difference == pytest.approx(-1.58)
    assert found.p_adjusted == found.p
    assert ("the seeds are not the same, so runs were not paired" in found.warnings) == (first != 0)


@pytest.mark.parametrize(
    ("direction", "gain", "superiority"),
    [("higher", -1.58, 0.225), ("lower", 1.58, 0.775), ("unknown", None, None)],
)
def test_gain_follows_the_direction(direction: str, gain: float | None, superiority: float | None) -> None:
    """Gain and superiority turn with the direction, and are not told without one."""
    found = compare(sleep(first=0, direction=direction), "accuracy", "one", "two", split="test")
    assert found.gain == (None if gain is None else pytest.approx(gain))
    higher = sum((a > b) + (a == b) / 2 for a in SLEEP_1 for b in SLEEP_2) / 100
    expected = {"higher": higher, "lower": 1 - higher, "unknown": None}[direction]
    assert found.superiority == (None if superiority is None else pytest.approx(expected))


def test_swapped_methods_flip_signs_and_keep_p() -> None:
    """A against B and B against A differ in nothing but signs."""
    one, other = (
        compare(sleep(first=3), "accuracy", *names, split="test")
        for names in (("one", "two"), ("two", "one"))
    )
    assert (one.p, one.statistic, one.df, one.effect) == (other.p, -other.statistic, other.df, -other.effect)
    assert (one.low, one.high) == (-other.high, -other.low)
    assert one.superiority == pytest.approx(1 - other.superiority)


@pytest.mark.parametrize(
    ("a", "b", "design", "test"),
    [
        ([1.0], [2.0, 3.0], "h", "none: a single run"),
        ([1.0, 1.5], [2.0, 3.0, 4.0], "a", "none: a test needs three runs on each side"),
        ([1.0, 1.0, 1.0], [2.0, 2.0, 2.0, 2.0], "a", "none: the runs do not vary"),
        ([0.11, 0.21, 0.31], [0.1, 0.2, 0.3], "a", "none: the differences of the pairs do not vary"),
    ],
    ids=["single run", "two runs", "constant", "constant pairs"],
)
def test_no_test_where_none_can_be(a: list[float], b: list[float], design: str, test: str) -> None:
    """Too few or constant runs give the observed difference, no p, no interval, and the reason."""
    found = compare(table_of([*cell("A", "d", a), *cell("B", "d", b)]), "accuracy", "A", "B", split="test")
    assert (found.design, found.test) == (design, test)
    assert [found.p, found.low, found.high, found.detectable, found.needed] == [None] * 5
    with pytest.raises(EvidenceError, match="has no p: none"):
        found.quantity("p")


def test_warnings_tell_what_a_reader_must_know() -> None:
    """Unequal and few runs, and runs that did not enter, are told."""
    rows = [
        *cell("A", "d", [1.0, 1.1, 1.3]),
        *cell("B", "d", [2.0, 2.2, 2.1, 2.4]),
        run_of("A", "d", 9, 0.5, status=Status.FAILED),
        run_of("B", "d", 9, 0.5, status=Status.FAILED),
    ]
    assert compare(table_of(rows), "accuracy", "A", "B", split="test").warnings == (
        "fewer than five runs",
        "unequal numbers of runs",
        "the seeds are not the same, so runs were not paired",
        "runs of A did not enter",
        "runs of B did not enter",
    )


def noise(method: str, dataset: str, seed: int) -> float:
    # A fixed, irregular number for every cell and seed.
    return math.sin(hash_of(f"{method}{dataset}{seed}")) / 20


def hash_of(word: str) -> int:
    return sum((place + 1) * 31 * ord(letter) for place, letter in enumerate(word))


def study(datasets: int, seeds: int = 3, gains: tuple[float, ...] = (0.05, 0.02, 0.0)) -> list[Row]:
    return [
        (method, f"d{d}", seed, 0.6 + d / 50 + gain + noise(method, f"d{d}", seed))
        for method, gain in zip("ABC", gains, strict=True)
        for d in range(datasets)
        for seed in range(seeds)
    ]


def test_holm_over_data_sets() -> None:
    """Each data set's p is adjusted over all that were tested, as R's p.adjust does by hand."""
    each = compare_each(table_of(study(3)), "accuracy", "A", "C", split="test")
    raw = sorted(item.p for item in each)
    byhand = [min(1, 3 * raw[0])]
    byhand.append(max(byhand[0], min(1, 2 * raw[1])))
    byhand.append(max(byhand[1], raw[2]))
    assert sorted(item.p_adjusted for item in each) == pytest.approx(byhand)
    assert {item.correction for item in each} == {"Holm over 3 data sets"}


def test_missing_cells_are_left_out_of_compare_each() -> None:
    """A data set that one of the methods lacks is not compared; alone it is refused by name."""
    table = table_of([row for row in study(3) if row[:2] != ("A", "d1")])
    each = compare_each(table, "accuracy", "A", "C", split="test", datasets=["d0", "d1", "d2"])
    assert [item.dataset for item in each] == ["d0", "d2"]
    with pytest.raises(EvidenceError, match="A has no accuracy on 'd1': it was not run"):
        compare(table, "accuracy", "A", "C", split="test", dataset="d1")


@pytest.mark.parametrize(
    ("call", "match"),
    [
        (lambda t: compare(t, "accuracy", "A", "X", split="test", dataset="d0"), "no run has method 'X'"),
        (lambda t: compare(t, "accuracy", "A", "B", split="test", dataset="d7"), "no run has dataset 'd7'"),
        (lambda t: compare(t, "accuracy", "A", "B", split="test"), r"several data sets \(d0, d1\)"),
        (
            lambda t: compare_each(t, "accuracy", "A", "B", split="test", datasets=["d7"]),
            "no run has dataset 'd7'",
        ),
        (lambda t: rank_methods(t, "accuracy", split="test", methods=["A", "X"]), "no run has method 'X'"),
        (lambda t: rank_methods(t, "accuracy", split="test", methods=["A"]), "there is no second method"),
        (lambda t: rank_methods(t, "accuracy", split="test").pair("B", "A"), "no pair 'B' against 'A'"),
        (lambda t: rank_methods(t, "accuracy", split="test").quantity("rank", "X"), "holds no method 'X'"),
        (lambda t: rank_methods(t, "accuracy", split="test").quantity("mean"), "no number 'mean'"),
        (lambda t: rank_methods(t, "accuracy", split="test").pairs[0].quantity("win"), "no number 'win'"),
        (lambda t: rank_methods(t, "accuracy", split="test").pairs[0].quantity("p"), "has no p: none"),
        (lambda t: compare_each(t, "accuracy", "A", "B", split="test")[0].quantity("q"), "no number 'q'"),
        (lambda t: average_gain(t, "accuracy", "A", "B", split="test").quantity("q"), "no number 'q'"),
        (lambda t: recompute(Recipe("code", "value"), t), "'code' does not follow from the run table"),
        (lambda t: recompute(Recipe("setting", "value", {"key": "x", "where": {}}), t), "no longer share"),
    ],
)
def test_refusals(call, match: str) -> None:
    """What cannot be answered is refused by name."""
    with pytest.raises(EvidenceError, match=match):
        call(table_of(study(2)))


@pytest.mark.parametrize("call", [rank_methods, lambda *a, **k: average_gain(*a, "A", "B", **k)])
def test_an_unknown_direction_must_be_declared(call) -> None:
    """Nothing is ranked or averaged before the author says which way is better."""
    with pytest.raises(EvidenceError, match=r"Declare direction = .* under \[metrics.accuracy\]"):
        call(table_of(study(2), direction="unknown"), "accuracy", split="test")


def test_average_gain_by_hand() -> None:
    """Over two data sets the error is the halved root of the summed variances; df is Satterthwaite's."""
    a, b = [[1.0, 2.0, 4.0], [5.0, 5.5, 7.0]], [[0.0, 0.5, 2.0], [3.0, 4.5, 4.0]]
    rows = [row for d in (0, 1) for row in (*cell("A", f"d{d}", a[d]), *cell("B", f"d{d}", b[d], first=9))]
    found = average_gain(table_of(rows), "accuracy", "A", "B", split="test")
    means = [sum(x) / 3 - sum(y) / 3 for x, y in zip(a, b, strict=True)]
    variances = [sum((v - sum(x) / 3) ** 2 for v in x) / 2 / 3 / 4 for x in (*a, *b)]
    assert found.gain == pytest.approx(sum(means) / 2)
    assert found.statistic == pytest.approx(found.gain / math.sqrt(sum(variances)))
    assert found.df == pytest.approx(sum(variances) ** 2 / sum(v**2 / 2 for v in variances))
    lower = average_gain(table_of(rows, direction="lower"), "accuracy", "A", "B", split="test")
    assert (lower.gain, lower.low, lower.p) == (-found.gain, pytest.approx(-found.high), found.p)


@pytest.mark.parametrize(
    ("rows", "reason"),
    [
        (study(2, seeds=2), "none: a test needs three runs in every cell"),
        (
            [(m, d, s, v) for m, v in (("A", 1.0), ("B", 2.0)) for d in ("x", "y") for s in range(3)],
            "none: the runs do not vary",
        ),
    ],
)
def test_average_gain_without_a_test(rows, reason: str) -> None:
    """Too few or constant runs leave the gain without an interval, with the reason."""
    found = average_gain(table_of(rows), "accuracy", "A", "B", split="test")
    assert (found.test, found.low, found.p) == (reason, None, None)
    with pytest.raises(EvidenceError, match="has no low: none"):
        found.quantity("low")


def test_methods_without_a_common_data_set() -> None:
    """Two methods that share no data set have no average gain and no pair."""
    table = table_of(
        [*cell("A", "d0", [1.0]), *cell("B", "d1", [1.0]), *cell("C", "d0", [1.0]), *cell("C", "d1", [1.0])]
    )
    with pytest.raises(EvidenceError, match="share no data set"):
        average_gain(table, "accuracy", "A", "B", split="test")
    with pytest.raises(EvidenceError, match="A and B share no data set"):
        rank_methods(table, "accuracy", split="test", methods=["A", "C"], pairs=[("A", "B")])
    with pytest.raises(EvidenceError, match="no data set has a value of all 3 methods"):
        rank_methods(table, "accuracy", split="test")


def test_ranking_of_complete_data_sets() -> None:
    """An incomplete data set is dropped from the ranks by name, but still serves the pairs that it has."""
    table = table_of([row for row in study(8) if row[:2] != ("C", "d3")])
    found = rank_methods(table, "accuracy", split="test")
    assert "d3" not in found.datasets
    assert found.warnings[0] == "not ranked over d3: a method has no value there"
    assert found.methods == ("A", "B", "C")
    assert sum(found.ranks) == pytest.approx(6)
    assert len(found.pair("A", "B").datasets) == 8
    assert len(found.pair("A", "C").datasets) == 7
    assert found.pair("A", "B").correction == "Holm over 3 comparisons"


def test_few_data_sets_rank_without_tests() -> None:
    """Below six data sets a pair has no p, and the reason; a single data set has no critical distance."""
    found = rank_methods(table_of(study(1)), "accuracy", split="test", methods=["A", "B"])
    assert (found.friedman_p, found.critical_difference, found.pairs[0].p) == (None, None, None)
    assert found.pairs[0].test == "none: Wilcoxon's test needs six data sets"
    assert found.warnings == (
        "fewer than six complete data sets: no test over data sets can reach the 5 % level",
    )
    with pytest.raises(EvidenceError, match="the ranking has no friedman_p"):
        found.quantity("friedman_p")


def test_all_ties_over_data_sets() -> None:
    """Methods that tie everywhere have no p and no rank-biserial correlation."""
    rows = [(method, f"d{d}", 0, d / 10) for method in "AB" for d in range(10)]
    pair = rank_methods(table_of(rows), "accuracy", split="test").pairs[0]
    assert (pair.ties, pair.p, pair.rank_biserial, pair.test) == (10, None, None, "none: all data sets tie")


def test_a_constant_gain_needs_no_number_of_data_sets() -> None:
    """Equal gains on every data set have a p, but no spread to plan with."""
    rows = [(m, f"d{d}", 0, d + v) for m, v in (("A", 1.0), ("B", 0.0)) for d in range(6)]
    pair = rank_methods(table_of(rows), "accuracy", split="test").pairs[0]
    assert (pair.p, pair.needed) == (0.03125, None)


def quantities(table: RunTable) -> list[Quantity]:
    """Every number of every kind that the table carries."""
    ask = {"split": "test"}
    made = [estimate(table, "accuracy", where={"method": "A", "dataset": "d0"}, **ask)]
    made.append(
        estimate(table, "accuracy", where={"method": "A"}, over=("seed", "dataset"), reduce="median", **ask)
    )
    found = [
        one.quantity(field) for one in made for field in ESTIMATE_FIGURES if one._figure(field) is not None
    ]
    for one in compare_each(table, "accuracy", "A", "B", where={"lr": "0.1"}, **ask):
        found += [one.quantity(f) for f in COMPARISON_FIGURES if getattr(one, f, 0) is not None]
    average = average_gain(table, "accuracy", "A", "C", level=0.9, **ask)
    found += [average.quantity(f) for f in AVERAGE_FIGURES if getattr(average, f, 0) is not None]
    ranking = rank_methods(table, "accuracy", **ask)
    found += [ranking.quantity(f, "B") for f in RANKING_FIGURES if getattr(ranking, f, 0) is not None]
    found += [p.quantity(f) for p in ranking.pairs for f in PAIR_FIGURES if getattr(p, f, 0) is not None]
    found += [count(table, "runs"), count(table, "seeds", {"method": "A"})]
    return [*found, shared_setting(table, "lr"), convention("level")]


@settings(max_examples=15, deadline=None)
@given(st.integers(6, 8), st.integers(3, 4), st.sampled_from(["higher", "lower"]), st.data())
def test_every_number_is_computed_again(datasets: int, seeds: int, direction: str, data) -> None:
    """A recipe that went through JSON gives its number back to the last digit, from runs in any order."""
    gains = data.draw(st.tuples(*[st.floats(-0.2, 0.2)] * 3))
    rows = study(datasets, seeds, gains)
    table = table_of(rows, direction=direction)
    shuffled = table_of(data.draw(st.permutations(rows)), direction=direction)
    for quantity in quantities(table):
        written = json.loads(json.dumps(dict(quantity.recipe.arguments)))
        again = Recipe(quantity.recipe.kind, quantity.recipe.field, written)
        assert recompute(again, shuffled) == quantity.value


@pytest.mark.parametrize("field", ["difference", "low", "p", "effect"])
def test_a_changed_log_changes_the_number(field: str) -> None:
    """A value that entered and is edited afterwards is noticed."""
    rows = study(6)
    quantity = compare_each(table_of(rows), "accuracy", "A", "B", split="test")[2].quantity(field)
    edited = [(*row[:3], row[3] + 0.01) if row[:3] == ("A", "d2", 1) else row for row in rows]
    assert recompute(quantity.recipe, table_of(edited)) != quantity.value


def test_estimate_without_the_number_asked_for() -> None:
    """A number that does not exist, or not here, is refused with the reason."""
    one = estimate(table_of([("A", "d", 0, 0.5)]), "accuracy", split="test")
    with pytest.raises(
        EvidenceError, match="test accuracy over seed has no low: none: a single run has no spread"
    ):
        one.quantity("low")
    with pytest.raises(EvidenceError, match=r"no number 'vlaue'\n  Did you mean 'value'"):
        one.quantity("vlaue")
    bare = replace(one, interval="t, n-1 degrees of freedom")
    with pytest.raises(EvidenceError, match="too few runs, or the data do not tell"):
        bare.quantity("std")
