"""Designs (c) to (g) from the run table: what they find, what they refuse, and that they recompute."""

import json
import math
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from paperback.errors import EvidenceError
from paperback.evidence import (
    Assessment,
    Options,
    assess,
    assess_each,
    recognise_design,
    recognise_shape,
    recompute,
)
from paperback.evidence.band import simultaneous_halfwidths, t_halfwidths
from paperback.evidence.learning_curve import Reached, area, final_mean, first_reach, log_rank_p
from paperback.evidence.quantity import Recipe
from paperback.runs import Final, Metric, MetricKey, Role, Run, RunTable, Series, Status
from paperback.source import Source

Row = Mapping[str, Any]
ROLES = ("method", "dataset", "seed", "item", "cluster")


def table_of(rows: Iterable[Row], *, metric: str = "accuracy", direction: str = "higher") -> RunTable:
    """A run table of rows: roles by their names, `value` or `curve`, everything else a parameter."""
    runs = [_run(place, row, metric) for place, row in enumerate(rows)]
    roles = {
        name: Role(name, f"config.{name}", tuple(sorted(found)), "declared", 1.0)
        for name in ROLES
        if (found := {run.identity[name] for run in runs if name in run.identity})
    }
    key = MetricKey(metric, metric, "")
    made = Metric(metric, metric, "fraction", direction, False, None, "declared")  # type: ignore[arg-type]
    return RunTable(tuple(runs), roles, {metric: made}, {metric: key}, (), {})


def _run(place: int, row: Row, metric: str) -> Run:
    source = Source(f"log{place}.json", key=metric)
    identity = {name: str(row[name]) for name in ROLES if name in row}
    params = {name: value for name, value in row.items() if name not in (*ROLES, "value", "curve", "status")}
    name = "/".join(f"{key}={value}" for key, value in sorted({**identity, **params}.items()))
    series = {}
    if "curve" in row:
        steps, values = row["curve"]
        series = {metric: Series(np.array(steps), np.array(values, dtype=float), "step", source)}
    return Run(
        name,
        params=params,
        finals={metric: Final(row["value"], source)} if "value" in row else {},
        series=series,
        status=row.get("status", Status.FINISHED),
        identity=identity,
        sources=(source,),
    )


def answers(a: str, b: str, **more: Any) -> list[Row]:
    """Items answered right (1) or wrong (0) by two methods, one character each."""
    return [
        {"method": method, "idx": place, "value": float(sign), **more}
        for method, side in (("ours", a), ("base", b))
        for place, sign in enumerate(side)
    ]


RIGHT = answers("1" * 20 + "1" * 9 + "0" + "0" * 10, "1" * 20 + "0" * 9 + "1" + "0" * 10)


def test_items_are_mcnemars() -> None:
    """Nine against one of forty items: exact p 22/1024, gain 0.2, the interval above zero."""
    found = assess(table_of(RIGHT), "accuracy", "ours", "base")
    assert (found.design, found.unit, found.n) == ("c", "item", 40)
    assert found.p == pytest.approx(22 / 1024)
    assert found.gain == pytest.approx(0.2)
    assert found.low is not None
    assert found.low > 0
    assert found.figures["discordant"] == 10
    assert found.figures["odds"] == 9
    assert not found.refusal
    assert "retraining" in " ".join(found.warnings)


def test_five_discordant_items_are_refused() -> None:
    """Five items against none carry no test; the assessment says what is needed."""
    found = assess(table_of(answers("1" * 25, "1" * 20 + "0" * 5)), "accuracy", "ours", "base")
    assert found.p is None
    assert found.refusal == "fewer than six items are answered differently"
    assert found.needed == "At least 6 items that the models answer differently; there are 5."
    with pytest.raises(EvidenceError, match="ours against base has no p: fewer than six"):
        found.quantity("p")
    with pytest.raises(EvidenceError, match="no number 'pp'"):
        found.quantity("pp")


def test_undecided_items_say_how_many_would_decide() -> None:
    """Six against four of forty: p is large, and Connor's plan names a number of items."""
    rows = answers("1" * 26 + "0" * 14, "1" * 20 + "0" * 6 + "1" * 4 + "0" * 10)
    found = assess(table_of(rows), "accuracy", "ours", "base")
    assert found.p == pytest.approx(772 / 1024)
    assert found.needed.startswith("About 778 items")


def test_scored_items_are_paired_and_lower_can_be_better() -> None:
    """Item scores that are no hits: sign flips and BCa; a loss that is lower is a gain."""
    rng = np.random.default_rng(0)
    base = rng.uniform(1, 2, 30)
    rows = [
        {"method": m, "dataset": "d", "item": f"q{i}", "value": v}
        for m, side in (("ours", base - 0.2 - 0.1 * rng.uniform(size=30)), ("base", base))
        for i, v in enumerate(side)
    ]
    found = assess(table_of(rows, metric="loss", direction="lower"), "loss", "ours", "base")
    assert found.gain == pytest.approx(0.25, abs=0.02)
    assert found.low is not None
    assert found.low > 0.2
    assert found.p is not None
    assert found.p < 0.001
    few = assess(table_of(rows[:19] + rows[30:49], metric="loss", direction="lower"), "loss", "ours", "base")
    assert few.refusal == "too few items for a resampled interval"


def test_repeated_answers_are_averaged_and_unshared_items_left_out() -> None:
    """Ten answers to an item are one unit; an item of one model alone does not enter."""
    rows = [
        {"method": m, "item": i, "seed": s, "value": float((i + s + (m == "ours")) % 3 == 0)}
        for m in ("ours", "base") for i in range(24) for s in range(4)
    ]  # fmt: skip
    found = assess(
        table_of([*rows, {"method": "ours", "item": 99, "seed": 0, "value": 1.0}]), "accuracy", "ours", "base"
    )
    assert found.n == 24
    assert "items that one model only was asked are left out" in found.warnings
    assert "repeated answers to an item were averaged first" in found.warnings


def clustered(clusters: int, *, size: int = 5, gap: float = 0.3) -> list[Row]:
    rng = np.random.default_rng(1)
    rows: list[Row] = []
    for c in range(clusters):
        hard = rng.normal(0, 0.2)
        for i in range(size):
            noise = rng.normal(0, 0.1, 2)
            for m, v in (("ours", 0.5 + gap + hard + noise[0]), ("base", 0.5 + noise[1])):
                rows.append({"method": m, "idx": f"{c}-{i}", "passage": c, "value": v})
    return rows


def test_clusters_are_the_unit() -> None:
    """Thirty passages of five questions: the robust error is larger than the naive one, and t has 29 df."""
    from scipy.stats import t

    found = assess(table_of(clustered(30)), "accuracy", "ours", "base")
    assert (found.design, found.unit, found.n) == ("d", "cluster", 30)
    assert found.figures["error"] > 1.5 * found.figures["naive_error"]
    assert found.figures["design_effect"] > 2
    assert found.gain is not None
    assert found.high == pytest.approx(found.gain + t.ppf(0.975, 29) * found.figures["error"])
    assert found.test == "cluster-robust t"


def test_few_clusters_flip_signs_or_are_refused() -> None:
    """Twelve clusters are tested by exact sign flips; nine are refused with what is needed."""
    found = assess(table_of(clustered(12)), "accuracy", "ours", "base")
    assert found.test == "sign flips of whole clusters"
    assert found.p is not None
    assert (found.p * 2**12) == pytest.approx(round(found.p * 2**12))
    nine = assess(table_of(clustered(9)), "accuracy", "ours", "base")
    assert nine.p is None
    assert "there are 9" in nine.needed
    even = assess(table_of(clustered(12, gap=0.0)), "accuracy", "ours", "base")
    assert even.needed.startswith("About")


def tasks(runs: int, count: int = 12, *, gap: float = 0.3) -> list[Row]:
    rng = np.random.default_rng(2)
    return [
        {"method": m, "dataset": f"game{t}", "seed": s, "value": 0.1 * t + shift + rng.normal(0, 0.1)}
        for t in range(count) for m, shift in (("ours", gap), ("base", 0.0)) for s in range(runs)
    ]  # fmt: skip


def test_normalised_scores_are_aggregated() -> None:
    """Five runs on twelve tasks: the gap of the interquartile means with its interval, and P(A > B)."""
    table = table_of(tasks(5), metric="human_normalized_score")
    found = assess(table, "human_normalized_score", "ours", "base")
    assert (found.design, found.n) == ("e", 5)
    assert found.gain == pytest.approx(0.3, abs=0.08)
    assert found.low is not None
    assert found.low > 0
    assert found.figures["tasks"] == 12
    assert (
        found.figures["improvement_low"] <= found.figures["improvement"] <= found.figures["improvement_high"]
    )
    assert found.p is not None
    assert found.p < 0.001


@pytest.mark.parametrize(("runs", "count", "words"), [(4, 12, "five"), (5, 9, "ten")])
def test_few_runs_per_task_are_refused_but_estimated(runs: int, count: int, words: str) -> None:
    """Below five runs on ten tasks, or ten on fewer, there is an interval and no test."""
    found = assess(table_of(tasks(runs, count)), "accuracy", "ours", "base", design="e")
    assert found.refusal == f"fewer than {words} runs on a task"
    assert found.p is None
    assert found.low is not None


def test_equal_normalised_scores_name_more_runs() -> None:
    """An open gap says how many times as many runs would decide; scores without spread have no test."""
    table = table_of(tasks(5, gap=0.01))
    assert "times as many runs" in assess(table, "accuracy", "ours", "base", design="e").needed
    flat = [{**row, "value": 1.0} for row in tasks(5)]
    assert assess(table_of(flat), "accuracy", "ours", "base", design="e").test == "none: the runs do not vary"


def curves(shift: float = 0.2, runs: int = 5, length: int = 40) -> list[Row]:
    rng = np.random.default_rng(3)
    steps = np.arange(length) * 100
    return [
        {"method": m, "seed": s, "curve": (steps, speed * np.arange(length) / length + rng.normal(0, 0.02))}
        for m, speed in (("ours", 0.8 + shift), ("base", 0.8)) for s in range(runs)
    ]  # fmt: skip


@pytest.mark.parametrize("reduction", ["final", "area"])
def test_curves_are_reduced_to_one_number_per_run(reduction: str) -> None:
    """The last tenth, or the area per step, of five runs each, compared by a paired t."""
    options = Options(reduction=reduction)
    found = assess(table_of(curves()), "accuracy", "ours", "base", design="f", options=options)
    expected = 0.2 * {"final": np.arange(36, 40).mean() / 40, "area": 19.5 / 40}[reduction]
    assert (found.design, found.n, found.test) == ("f", 5, "paired t")
    assert found.gain == pytest.approx(expected, abs=0.03)
    assert found.p is not None
    assert found.p < 0.01


def test_steps_to_a_threshold_are_a_ratio() -> None:
    """A curve that climbs 1.25 times as fast needs 0.8 of the steps."""
    options = Options(reduction="steps", threshold=0.4)
    found = assess(table_of(curves()), "accuracy", "ours", "base", design="f", options=options)
    assert found.figures["ratio"] == pytest.approx(1.25, abs=0.08)
    assert found.gain == pytest.approx(found.figures["ratio"] - 1)
    assert found.low is not None
    assert found.low > 0
    assert found.test == "paired t of log steps"


def test_runs_that_never_reach_it_are_censored() -> None:
    """Five runs that reach it against five that do not: the exact log-rank p is 2 of 252, no interval."""
    options = Options(reduction="steps", threshold=0.88)
    found = assess(table_of(curves()), "accuracy", "ours", "base", design="f", options=options)
    assert (found.figures["censored_a"], found.figures["censored_b"]) == (0, 5)
    assert found.p == pytest.approx(2 / 252)
    assert found.low is None
    assert found.gain is not None
    assert found.gain > 0


def test_curves_are_refused_by_reason() -> None:
    """Two runs, curves without a common step, a missing threshold and an unknown reduction are refused."""
    two = assess(table_of(curves(runs=2)), "accuracy", "ours", "base", design="f")
    assert two.refusal == "a test needs three runs with a curve on each side"
    apart = [
        {**row, "curve": (np.arange(3) + (100 if row["method"] == "ours" else 0), [1, 2, 3])}
        for row in curves()
    ]
    assert (
        assess(table_of(apart), "accuracy", "ours", "base", design="f").refusal == "the curves share no step"
    )
    for options, words in (
        (Options(reduction="steps"), "steps to a threshold need one"),
        (Options(reduction="end"), "no reduction of a curve is called 'end'"),
    ):
        with pytest.raises(EvidenceError, match=words):
            assess(table_of(curves()), "accuracy", "ours", "base", design="f", options=options)
    flat = [{**row, "curve": (np.arange(3), [1.0, 1.0, 1.0])} for row in curves()]
    still = assess(table_of(flat), "accuracy", "ours", "base", design="f")
    assert (still.test, still.gain) == ("none: the runs do not vary", 0.0)
    steps = Options(reduction="steps", threshold=1.0)
    same = assess(table_of(flat), "accuracy", "ours", "base", design="f", options=steps)
    assert same.figures["ratio"] == 1.0


def series(steps: list[int], values: list[float]) -> Series:
    return Series(np.array(steps), np.array(values, dtype=float), "step", Source("log"))


def test_curve_numbers_by_hand() -> None:
    """Areas, last tenths and crossings of small curves; a NaN is left out, a repeated step counts once."""
    rising = series([0, 10, 20], [0.0, 1.0, 1.0])
    assert area(rising, (0, 20)) == pytest.approx(0.75)
    assert area(rising, (5, 15)) == pytest.approx((0.75 * 5 + 5) / 10)
    assert area(rising, (10, 10)) == 1.0
    assert final_mean(rising, (0, 20)) == 1.0
    assert final_mean(rising, (0, 15)) == 1.0
    assert first_reach(rising, 0.5, 20, higher=True) == Reached(5.0, False)
    assert first_reach(rising, 2.0, 20, higher=True) == Reached(20, True)
    assert first_reach(rising, 0.0, 20, higher=False) == Reached(0.0, False)
    assert first_reach(series([0, 5, 5, 10], [0, 9, np.nan, 1]), 1.0, 10, higher=True).steps == 10


def test_log_rank_of_many_runs_is_the_normal_approximation() -> None:
    """Above a million exchanges the variance of the scores gives p; equal runs give one."""
    early = [Reached(float(n), False) for n in range(1, 14)]
    late = [Reached(float(n) + 0.5, False) for n in range(8, 21)]
    assert 0 < log_rank_p(early, late) < 0.05
    assert log_rank_p(early, early) == pytest.approx(1.0)


def trials(a: int, b: int, *, gap: float = 0.05, seeded: bool = False) -> list[Row]:
    rng = np.random.default_rng(4)
    return [
        {"method": m, "lr": 10.0**-k, "trial": k, "value": 0.8 + shift + 0.01 * rng.normal()}
        | ({"seed": 0} if seeded else {})
        for m, shift, n in (("ours", gap, a), ("base", 0.0, b)) for k in range(n)
    ]  # fmt: skip


def test_searches_are_read_at_the_same_budget() -> None:
    """Twenty trials against twelve: both are read at six; the gap is that of the expected best."""
    found = assess(table_of(trials(20, 12)), "accuracy", "ours", "base")
    assert (found.design, found.n, found.figures["budget"]) == ("g", 12, 6)
    assert found.gain == pytest.approx(0.05, abs=0.02)
    assert found.low is not None
    assert found.low > 0
    assert found.figures["holds_from"] == 1
    assert "the searches had unequal budgets; both are read at the same number of trials" in found.warnings


def test_small_or_overdrawn_searches_are_refused() -> None:
    """Nine trials, and a budget above the search, are refused; a budget above half is warned of."""
    nine = assess(table_of(trials(20, 9)), "accuracy", "ours", "base")
    assert nine.needed == "At least 10 trials of each method; there are 20 and 9."
    table = table_of(trials(20, 20))
    over = assess(table, "accuracy", "ours", "base", options=Options(budget=21))
    assert over.refusal == "the budget is larger than a search"
    much = assess(table, "accuracy", "ours", "base", options=Options(budget=15))
    assert "the budget is more than half of a search, where the estimate is unsure" in much.warnings
    flat = [{**row, "value": 1.0} for row in trials(10, 10)]
    assert assess(table_of(flat), "accuracy", "ours", "base").test == "none: the trials do not vary"


def test_a_search_is_told_by_its_configurations() -> None:
    """Five and more configurations of the same seed are a search though nothing numbers its trials."""
    rows = [{k: v for k, v in row.items() if k != "trial"} for row in trials(12, 12, seeded=True)]
    assert recognise_shape(table_of(rows), "accuracy").trial == "run"
    assert assess(table_of(rows), "accuracy", "ours", "base").n == 12
    seedless = [{k: v for k, v in row.items() if k != "seed"} for row in rows]
    assert recognise_shape(table_of(seedless), "accuracy").trial == ""


@pytest.mark.parametrize(
    ("rows", "metric", "letter", "words"),
    [
        (RIGHT, "accuracy", "c", "2 methods on 1 data set with 40 test items"),
        (clustered(10), "accuracy", "d", "2 methods on 1 data set with 50 test items in 10 clusters"),
        (tasks(3), "score_normalized", "e", "2 methods on 12 data sets with 72 runs of normalised scores"),
        (trials(10, 10), "accuracy", "g", "2 methods on 1 data set with 10 trials"),
        (trials(10, 10, seeded=True), "accuracy", "g", "2 methods on 1 data set with 10 trials"),
        ([{**r, "value": r["curve"][1][-1]} for r in curves()], "accuracy", "a", "2 methods on 1 data set"),
    ],
)
def test_design_is_recognised_from_the_shape(rows: list[Row], metric: str, letter: str, words: str) -> None:
    """Items, clusters, tasks and trials name their design in words; curves stay with their final values."""
    design = recognise_design(table_of(rows, metric=metric), metric)
    assert design.letter == letter
    assert design.words.startswith(words)
    assert design.reasons
    assert recognise_design(table_of(rows, metric=metric), metric, letter="f").letter == "f"


def test_curves_are_part_of_the_shape() -> None:
    """Histories of ten points and more are curves; finals alone are none."""
    assert recognise_shape(table_of(curves()), "accuracy").curves
    assert not recognise_shape(table_of(RIGHT), "accuracy").curves


def test_what_cannot_be_asked_is_refused_by_name() -> None:
    """An unknown method, data set, design or direction, and a table without items, are errors with a mend."""
    table = table_of(RIGHT)
    for arguments, more, words in (
        (("accuracy", "our", "base"), {}, "no run has method 'our'"),
        (("accuracy", "ours", "base"), {"design": "x"}, "has the letter 'x'"),
        (("accuracy", "ours", "base"), {"dataset": "d"}, "no run has dataset 'd'"),
    ):
        with pytest.raises(EvidenceError, match=words):
            assess(table, *arguments, **more)
    seeds = table_of([{"method": m, "seed": s, "value": s} for m in ("ours", "base") for s in range(3)])
    with pytest.raises(EvidenceError, match="no setting of the runs names test items"):
        assess(seeds, "accuracy", "ours", "base", design="c")
    with pytest.raises(EvidenceError, match=r"designs \(a\), \(b\) and \(h\) serve"):
        assess(seeds, "accuracy", "ours", "base")
    with pytest.raises(EvidenceError, match="whether higher or lower"):
        assess(table_of(RIGHT, direction="unknown"), "accuracy", "ours", "base")
    two = [{**row, "dataset": d} for d in ("d1", "d2") for row in RIGHT]
    with pytest.raises(EvidenceError, match="several data sets"):
        assess(table_of(two), "accuracy", "ours", "base")


def test_models_without_a_common_item_are_refused() -> None:
    """Two models on different items, and methods on different tasks, share nothing to compare."""
    rows = [{**row, "idx": f"{row['method']}{row['idx']}"} for row in RIGHT]
    assert assess(table_of(rows), "accuracy", "ours", "base").refusal == "the two models share no item"
    apart = [{**row, "dataset": row["dataset"] + row["method"]} for row in tasks(5)]
    found = assess(table_of(apart), "accuracy", "ours", "base", design="e")
    assert found.refusal == "the two methods share no task"


def test_data_sets_are_adjusted_together() -> None:
    """Over two benchmarks Holm doubles the smaller p; each names its data set."""
    rows = [{**row, "dataset": d} for d in ("d1", "d2") for row in RIGHT]
    found = assess_each(table_of(rows), "accuracy", "ours", "base")
    assert [each.dataset for each in found] == ["d1", "d2"]
    assert [each.p_adjusted for each in found] == pytest.approx([44 / 1024] * 2)
    assert found[0].correction == "Holm over 2 data sets"


DESIGNS: dict[str, tuple[list[Row], dict[str, Any]]] = {
    "c": (RIGHT, {}),
    "d": (clustered(12), {}),
    "e": (tasks(5), {"design": "e"}),
    "f": (curves(), {"design": "f", "options": Options(reduction="steps", threshold=0.4)}),
    "g": (trials(12, 12), {}),
}


def weighed(rows: list[Row], **more: Any) -> Assessment:
    return assess(table_of(rows), "accuracy", "ours", "base", **more)


@pytest.mark.parametrize("letter", DESIGNS)
def test_every_number_recomputes(letter: str) -> None:
    """Each figure follows from its recipe, after the recipe was written as JSON, to the last digit."""
    rows, more = DESIGNS[letter]
    found = weighed(rows, **more)
    names = ["gain", "low", "high", "p", "p_adjusted", "a", "b", "n", *found.figures]
    for name in names:
        quantity = found.quantity(name)
        again = Recipe(quantity.recipe.kind, name, json.loads(json.dumps(dict(quantity.recipe.arguments))))
        assert recompute(again, table_of(rows)) == quantity.value
        assert math.isfinite(quantity.value)
        assert quantity.sources


@pytest.mark.parametrize("letter", DESIGNS)
@given(random=st.randoms(use_true_random=False))
@settings(max_examples=5, deadline=None)
def test_order_of_rows_never_matters(letter: str, random: Any) -> None:
    """Shuffled runs give the same assessment, intervals by resampling included."""
    rows, more = DESIGNS[letter]
    one, other = weighed(rows, **more), weighed(random.sample(rows, len(rows)), **more)
    for name in ("a", "b", "gain", "low", "high", "p", "n", "figures", "test", "needed"):
        assert getattr(one, name) == getattr(other, name)


# What names the unit of each design: its copies are further units of the same values.
UNIT = {"c": "idx", "d": "passage", "e": "seed", "f": "seed"}


def copied(rows: list[Row], unit: str, times: int) -> list[Row]:
    return [
        {
            **row,
            unit: int(row[unit]) + copy * 1000,
            **({"idx": f"{copy}-{row['idx']}"} if unit == "passage" else {}),
        }
        for copy in range(times)
        for row in rows
    ]


@pytest.mark.parametrize("letter", UNIT)
@given(times=st.integers(2, 4), strong=st.booleans())
@settings(max_examples=6, deadline=None)
def test_removed_units_never_strengthen(letter: str, times: int, strong: bool) -> None:
    """With the estimate held, fewer items, clusters or runs give no smaller p and no narrower interval."""
    rows, more = DESIGNS[letter]
    if not strong:
        rng = np.random.default_rng(3)
        noisy = [{**row, "value": row["value"] + rng.normal(0, 0.2)} for row in rows if "value" in row]
        rows = noisy or rows
    few, many = weighed(rows, **more), weighed(copied(rows, UNIT[letter], times), **more)
    assert many.gain == pytest.approx(few.gain, rel=1e-6)
    assert many.n == times * few.n
    slack = 1.1 if letter == "e" else 1.02
    assert many.p is not None
    assert few.p is None or many.p <= few.p * slack + 1e-3
    assert few.low is None or many.high - many.low <= (few.high - few.low) * slack  # type: ignore[operator]


@pytest.mark.parametrize("letter", ["c", "d", "e", "f", "g"])
def test_turned_methods_turn_the_gain(letter: str) -> None:
    """A against B and B against A have the same p and opposite gains."""
    rows, more = DESIGNS[letter]
    one = weighed(rows, **more)
    other = assess(table_of(rows), "accuracy", "base", "ours", **more)
    if letter == "f":
        assert (1 + one.gain) * (1 + other.gain) == pytest.approx(1)  # type: ignore[operator]
    else:
        assert one.gain == pytest.approx(-other.gain)  # type: ignore[operator]
    assert one.p == pytest.approx(other.p, rel=0.2)


def test_simultaneous_bands_are_wider() -> None:
    """The band over all steps is nowhere narrower than t at one step, and covers equal curves as promised."""
    rng = np.random.default_rng(5)
    missed = 0
    for _ in range(200):
        walks = rng.normal(size=(2, 8, 30)).cumsum(axis=2)
        half = simultaneous_halfwidths(walks[0], walks[1], rng=rng, resamples=400)
        gap = np.abs(walks[0].mean(axis=0) - walks[1].mean(axis=0))
        missed += bool((gap > half).any())
    assert missed <= 200 * 0.09
    single = np.hypot(t_halfwidths(walks[0]) / 2.3646, t_halfwidths(walks[1]) / 2.3646)
    assert (half >= 2.1447 * single - 1e-3).all()


def test_a_search_of_one_method_is_told_though_nothing_is_compared() -> None:
    """A single searched method has no letter; its trials are still told in words."""
    rows = [row for row in trials(12, 12, seeded=True) if row["method"] == "ours"]
    design = recognise_design(table_of(rows), "accuracy")
    assert (design.letter, design.words) == ("", "1 method on 1 data set with 12 trials")
    assert design.reasons == ("a single method: nothing can be compared",)
