"""Graphs of results: what is drawn, what the captions say, and when a graph is left out."""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from paperback.build import build_paper
from paperback.errors import SettingsError
from paperback.evidence import Quantity, recompute, state_study
from paperback.evidence.aggregate import aggregate, strata
from paperback.evidence.best_of import expected_best
from paperback.render.graphs import draw
from paperback.runs import read_runs
from paperback.settings import ClaimSettings, Settings, open_repository
from paperback.story.budget import best_of_trials
from paperback.story.cost import cost_table, costs
from paperback.story.graph import (
    AnyGraph,
    Cloud,
    Curve,
    Graph,
    Heatmap,
    Panel,
    Scatter,
    ScatterPanel,
    Strip,
    StripPanel,
    StripPlot,
)
from paperback.story.pareto import pareto
from paperback.story.plan import GRAPHS, plan_graphs
from paperback.story.pooled import aggregates, improvements, profiles
from paperback.story.predictions import confusion_matrix, reliability_diagram
from paperback.story.rank_table import rank_table
from paperback.story.scaling import scaling
from paperback.story.sensitivity import sensitivity
from paperback.story.strips import run_strips
from paperback.story.table import EstimateCell, QuantityCell, TextCell
from paperback.story.view import Omitted, View, view_of

METHODS, DATASETS = ("ours", "mlp", "tree"), ("a", "b", "c", "d")


def value(method: str, dataset: str, seed: int) -> float:
    return (
        0.5
        + 0.1 * DATASETS.index(dataset)
        - 0.03 * METHODS.index(method)
        + 0.004 * ((seed * 7 + len(method)) % 5)
    )


def view(root: Path) -> View:
    settings = open_repository(root)
    table = read_runs(root, settings)
    return view_of(table, state_study(table, settings), settings)


@pytest.fixture(scope="session")
def seen(study: Callable[..., Path], tmp_path_factory: pytest.TempPathFactory) -> View:
    """Three methods on four data sets with five seeds."""
    root = study(
        tmp_path_factory.mktemp("seen"), methods=METHODS, datasets=DATASETS, seeds=5, value=value, toml=""
    )
    return view(root)


def written(root: Path, logs: Mapping[str, Any], toml: str = "") -> View:
    for name, log in logs.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(log))
    (root / "paperback.toml").write_text(toml)
    return view(root)


def test_every_run_is_a_point(seen: View) -> None:
    """A panel per data set, a row per method, its runs and the interval of their mean."""
    made = run_strips(seen)
    assert isinstance(made, StripPlot)
    assert [panel.title for panel in made.panels] == list(DATASETS)
    strip = made.panels[1].strips[0]
    assert strip.name == seen.method(seen.study.methods[0])
    runs = [value(seen.study.methods[0], "b", seed) for seed in range(5)]
    assert sorted(strip.points) == pytest.approx(sorted(runs))
    assert strip.value == pytest.approx(float(np.mean(runs)))
    # t(4) = 2.776445.
    half = 2.7764451 * float(np.std(runs, ddof=1)) / 5**0.5
    assert (strip.low, strip.high) == pytest.approx((strip.value - half, strip.value + half))
    numbers = [part for part in made.note if isinstance(part, Quantity)]
    assert [number.value for number in numbers] == [5, 0.95]
    assert [recompute(number.recipe, seen.table) for number in numbers] == [5, 0.95]


def test_the_design_that_the_author_names_is_planned_for(seen: View) -> None:
    """The letter of the view, by which graphs are planned, is the one of paperback.toml."""
    assert seen.letter == "b"
    assert view_of(seen.table, seen.study, replace(seen.settings, design="f")).letter == "f"


@pytest.mark.parametrize(
    ("methods", "datasets", "seeds"),
    [(("x",), ("a",), 3), (("x", "y"), ("a", "b"), 1), (("x", "y"), tuple("abcdef"), 3)],
    ids=["a single cell", "single runs", "many data sets"],
)
def test_no_strips_where_they_say_nothing(
    methods: tuple[str, ...],
    datasets: tuple[str, ...],
    seeds: int,
    study: Callable[..., Path],
    tmp_path: Path,
) -> None:
    """One cell, single runs and many data sets are left to the table, with a reason."""
    made = run_strips(view(study(tmp_path, methods=methods, datasets=datasets, seeds=seeds, toml="")))
    assert isinstance(made, Omitted)
    assert made.why


def test_aggregates_are_those_of_the_scores(seen: View) -> None:
    """The interquartile mean over all runs and data sets stands in the first panel, inside its interval."""
    made = aggregates(seen)
    assert isinstance(made, StripPlot)
    method = seen.study.methods[0]
    scores = strata([[value(method, dataset, seed) for seed in range(5)] for dataset in DATASETS])
    strip = made.panels[0].strips[0]
    assert strip.value == pytest.approx(aggregate(scores, "iqm"))
    assert strip.low is not None
    assert strip.high is not None
    assert strip.low < strip.value < strip.high


def test_scores_of_their_own_scale_are_not_pooled(seen: View) -> None:
    """A metric without a common scale has no aggregate and no profile, but may be compared run by run."""
    metric = replace(seen.study.metric, unit="", percent=False)
    other = replace(seen, study=replace(seen.study, metric=metric))
    assert isinstance(aggregates(other), Omitted)
    assert isinstance(profiles(other), Omitted)
    assert isinstance(improvements(other), StripPlot)


def test_profiles_fall_from_one_to_zero(seen: View) -> None:
    """Above the lowest score are all runs but that one, above the highest none; bands hold the curve."""
    made = profiles(seen)
    assert isinstance(made, Graph)
    for curve in made.panels[0].curves:
        assert curve.low is not None
        assert curve.high is not None
        assert curve.y[-1] == 0
        assert (np.diff(curve.y) <= 0).all()
        assert ((curve.low <= curve.y) & (curve.y <= curve.high)).all()


@pytest.mark.parametrize("direction", ["higher", "lower"])
def test_a_method_that_always_wins_improves_surely(direction: Any, seen: View) -> None:
    """`ours` is above `tree` in every run: the probability is 1, and 0 where lower is better."""
    study = replace(seen.study, metric=replace(seen.study.metric, direction=direction), proposal="ours")
    made = improvements(replace(seen, study=study))
    assert isinstance(made, StripPlot)
    assert made.reference == 0.5
    found = {strip.name: strip.value for strip in made.panels[0].strips}
    assert found["ours over tree"] == (1.0 if direction == "higher" else 0.0)
    assert len(found) == 2


def test_an_unknown_direction_pools_nothing(seen: View) -> None:
    """Where nobody knows what is better, there is no profile, improvement or front."""
    study = replace(seen.study, metric=replace(seen.study.metric, direction="unknown"))
    other = replace(seen, study=study)
    for make in (aggregates, profiles, improvements, pareto):
        assert isinstance(make(other), Omitted)


def test_a_method_without_runs_is_named_as_left_out(study: Callable[..., Path], tmp_path: Path) -> None:
    """A method that was run on one of four data sets is not pooled, and the caption says so."""
    root = study(tmp_path, methods=METHODS, datasets=DATASETS, seeds=5, value=value, toml="")
    for path in (root / "runs").iterdir():
        config = json.loads(path.read_text())["config"]
        if config["method"] == "tree" and config["dataset"] != "a":
            path.unlink()
    made = aggregates(view(root))
    assert isinstance(made, StripPlot)
    assert "Left out: tree, with too few runs." in made.caption
    assert [strip.name for strip in made.panels[0].strips] == ["mlp", "ours"]


def sweep(grid: list[dict[str, Any]], score: Callable[[dict[str, Any]], float]) -> dict[str, Any]:
    runs = {
        f"runs/{method}-{seed}.json": {
            "config": {"method": method, "dataset": "d", "seed": seed},
            "metrics": {"test": {"accuracy": 0.8 + seed / 100}},
        }
        for method in ("a", "b")
        for seed in range(3)
    }
    trials = {
        f"sweep/{number}.json": {
            "config": {"method": "a", "dataset": "d", "trial": number} | settings,
            "metrics": {"val": {"accuracy": score(settings)}},
        }
        for number, settings in enumerate(grid)
    }
    return runs | trials


def test_two_settings_make_a_heatmap(tmp_path: Path) -> None:
    """Rows and columns in the order of size; the best cell is framed; a hole is a hole."""
    grid = [{"lr": lr, "decay": decay} for lr in (0.1, 0.01, 0.001) for decay in (0.0, 0.5)]
    made = sensitivity(written(tmp_path, sweep(grid[:-1], lambda s: 0.9 - s["lr"] - s["decay"])))
    assert isinstance(made, Heatmap)
    assert (made.columns, made.rows) == (("0.001", "0.01", "0.1"), ("0", "0.5"))
    assert made.values[0] == pytest.approx((0.899, 0.89, 0.8))
    assert made.values[1][0] is None
    assert made.best == (0, 0)
    assert made.value_label == "Validation accuracy"
    assert "one run, so chance is not measured" in made.caption
    assert "a dash was not tried" in made.caption


def test_one_setting_makes_a_line(tmp_path: Path) -> None:
    """By size of the setting, on a logarithmic axis where it spans much; two runs of a value give a band."""
    grid = [{"lr": lr} for lr in (1.0, 0.01, 0.1)] * 2
    scores = iter((0.5, 0.7, 0.6, 0.5, 0.9, 0.6))
    made = sensitivity(written(tmp_path, sweep(grid, lambda _: next(scores))))
    assert isinstance(made, Graph)
    curve = made.panels[0].curves[0]
    assert (curve.x.tolist(), made.log_x) == ([0.01, 0.1, 1.0], True)
    assert curve.y == pytest.approx([0.8, 0.6, 0.5])
    assert curve.low is not None
    # Runs that do not vary have no interval.
    assert np.isnan(curve.low).tolist() == [False, True, True]


def test_a_random_search_makes_points(tmp_path: Path) -> None:
    """Settings that take a new value in every trial form no grid; words are named as left out."""
    grid = [{"lr": 0.1 / (n + 1), "width": 8 + n, "act": "ab"[n % 2]} for n in range(14)]
    made = sensitivity(written(tmp_path, sweep(grid, lambda s: s["lr"])))
    assert isinstance(made, Scatter)
    assert "act" in made.caption
    assert {panel.x_label for panel in made.panels} <= {"lr", "width"}
    assert len(made.panels[0].clouds[0].points) == 14


def test_the_best_of_trials(tmp_path: Path) -> None:
    """The curve is the expected best of the trials of a method, on whole numbers of trials."""
    grid = [{"lr": 0.1 * n} for n in range(6)]
    made = best_of_trials(written(tmp_path, sweep(grid, lambda s: 0.3 + s["lr"])))
    assert isinstance(made, Graph)
    (curve,) = made.panels[0].curves
    assert curve.x.tolist() == [1, 2, 3, 4, 5, 6]
    assert curve.y == pytest.approx(expected_best(np.array([0.3, 0.4, 0.5, 0.6, 0.7, 0.8])))


def test_a_study_without_a_search_shows_none(seen: View) -> None:
    """Runs that are no trials are no search."""
    assert isinstance(sensitivity(seen), Omitted)
    assert isinstance(best_of_trials(seen), Omitted)


def costly(root: Path, **facts: Any) -> View:
    logs = {
        f"runs/{method}-{dataset}-{seed}.json": {
            "config": {"method": method, "dataset": dataset, "seed": seed, "device": {"name": "GPU X"}}
            | facts,
            "metrics": {
                "test": {"accuracy": value(method, dataset, seed)},
                "n_parameters": 10 ** (3 - METHODS.index(method)),
                "seconds": 2.0 + seed,
            },
        }
        for method in METHODS
        for dataset in DATASETS
        for seed in range(3)
    }
    return written(root, logs)


def test_costs_stand_in_a_table(tmp_path: Path) -> None:
    """Parameters and time of every method, over data sets and seeds, and the hardware."""
    made = cost_table(costly(tmp_path))
    assert made is not None
    assert made.columns == ("Parameters", "Time of a run", "Hardware")
    cells = dict(made.rows)["ours"]
    assert isinstance(cells[0], EstimateCell)
    assert isinstance(cells[1], EstimateCell)
    assert (cells[0].estimate.value, cells[1].estimate.value) == (1000, 3)
    assert cells[2] == TextCell("GPU X")


@pytest.mark.parametrize(
    ("clock", "units", "times"),
    [("0:00:40", ("s", "s"), [40, 80]), ("0:01:30", ("s", "min"), [90, 3]), ("5:00:00", ("h", "h"), [5, 10])],
)
def test_a_length_of_time_is_added_up(
    clock: str, units: tuple[str, ...], times: list[float], tmp_path: Path
) -> None:
    """A setting such as 0:01:30 is the time of a run; all runs of a method together have their column."""
    logs = {
        f"runs/{method}-{seed}.json": {
            "config": {"method": method, "dataset": "d", "seed": seed, "train_time": clock},
            "metrics": {"test": {"accuracy": 0.8 + seed / 100}},
        }
        for method in ("a", "b")
        for seed in range(2)
    }
    seen = written(tmp_path, logs)
    made = cost_table(seen)
    assert made is not None
    assert (made.columns, made.units) == (("Time of a run", "All runs"), units)
    found = [cell.quantity for cell in dict(made.rows)["a"] if isinstance(cell, QuantityCell)]
    assert [quantity.value for quantity in found] == times
    assert [recompute(quantity.recipe, seen.table) for quantity in found] == times
    text = build_paper(tmp_path, engine="none").folder.joinpath("main.html").read_text()
    assert f'All runs<span class="unit">({units[1]})</span>' in text


def test_no_cost_no_table(seen: View) -> None:
    """Runs that log no cost have neither table nor front."""
    assert costs(seen.table) == ()
    assert cost_table(seen) is None
    assert isinstance(pareto(seen), Omitted)


def test_the_front_joins_what_nothing_beats(tmp_path: Path) -> None:
    """Every method is on it here, cheapest first; its interval is over seeds of the mean over data sets."""
    made = pareto(costly(tmp_path))
    assert isinstance(made, Scatter)
    (panel,) = made.panels
    assert panel.log_x
    assert panel.lines[0].x.tolist() == [10, 100, 1000]
    cloud = next(cloud for cloud in panel.clouds if cloud.name == "ours")
    seeds = [np.mean([value("ours", dataset, seed) for dataset in DATASETS]) for seed in range(3)]
    assert cloud.points == ((1000.0, pytest.approx(np.mean(seeds))),)
    half = 4.3026527 * np.std(seeds, ddof=1) / 3**0.5
    assert cloud.intervals[0] == pytest.approx((np.mean(seeds) - half, np.mean(seeds) + half))


def test_a_scaling_study_has_a_power_law(tmp_path: Path) -> None:
    """A setting with four values inside a method is the size; the exponent is told with its evidence."""
    logs = {
        f"runs/{width}-{seed}.json": {
            "config": {"method": "net", "dataset": "d", "seed": seed, "width": width},
            "metrics": {"test": {"loss": 3 * width**-0.5 * (1 + 0.001 * seed)}},
        }
        for width in (8, 16, 32, 64)
        for seed in range(2)
    }
    seen = written(tmp_path, logs)
    made = scaling(seen)
    assert isinstance(made, Scatter)
    assert made.log_y
    assert made.x_label == "Width"
    exponent = next(part for part in made.note if isinstance(part, Quantity))
    assert exponent.value == pytest.approx(-0.5)
    assert recompute(exponent.recipe, seen.table) == exponent.value


def test_different_methods_are_no_scale(tmp_path: Path) -> None:
    """Methods that differ in more than size have no power law, though they log their parameters."""
    assert isinstance(scaling(costly(tmp_path)), Omitted)


def test_the_ranks_of_many_methods_are_a_table(study: Callable[..., Path], tmp_path: Path) -> None:
    """More methods than a sentence tells, on too few data sets for a diagram."""
    methods = tuple(f"m{place}" for place in range(9))
    root = study(
        tmp_path, methods=methods, datasets=("a", "b"), seeds=2, toml="",
        value=lambda method, dataset, seed: 0.5 + int(method[1:]) / 100 + seed / 1000,
    )  # fmt: skip
    seen = view(root)
    made = rank_table(seen)
    assert made is not None
    assert [name for name, _ in made.rows] == [f"m{place}" for place in reversed(range(9))]
    first = made.rows[0][1][0]
    assert isinstance(first, QuantityCell)
    assert (first.quantity.value, recompute(first.quantity.recipe, seen.table)) == (1, 1)


def planned(seen: View, **settings: Any) -> tuple[list[str], dict[str, str]]:
    drawn, plan = plan_graphs(replace(seen, settings=replace(seen.settings, **settings)))
    assert [each.key for each in plan if each.shown] == [graph.key for graph in drawn]
    assert sorted(each.key for each in plan) == sorted(GRAPHS)
    return [graph.key for graph in drawn], {each.key: each.why for each in plan}


def test_the_design_comes_first_and_the_cap_holds(seen: View) -> None:
    """What shows the unit of the design leads; what finds no room is told with the way in."""
    keys, whys = planned(seen, graphs=2)
    assert keys == ["runs", "aggregates"]
    assert "design (b)" in whys["runs"]
    assert "[story] show" in whys["improvement"]
    assert planned(seen, graphs=0)[0] == []


def test_a_declared_claim_brings_its_graph(seen: View) -> None:
    """`better` puts the probability of improvement before what no claim asks for."""
    keys, whys = planned(seen, graphs=2, claims=(ClaimSettings("better", "ours", "mlp"),))
    assert keys == ["runs", "improvement"]
    assert "'better'" in whys["improvement"]


def test_the_author_comes_before_the_design(seen: View) -> None:
    """A graph that is asked for is drawn first; one that cannot be drawn takes no place."""
    keys, _ = planned(seen, graphs=2, show=("pareto", "performance-profiles"))
    assert keys == ["performance-profiles", "runs"]


def test_a_graph_that_does_not_exist_is_refused(seen: View) -> None:
    """The near miss is offered."""
    with pytest.raises(SettingsError, match="paretto") as caught:
        plan_graphs(replace(seen, settings=Settings(show=("paretto",))))
    assert "pareto" in str(caught.value)


NAMES = (r"$\input{x}$", "_hidden", "n" * 300, "ü 中", "")
LINE = Curve(NAMES[0], np.array([1.0, 2.0]), np.array([1.0, np.nan]), np.array([0.5, 0.5]), np.ones(2), 2, ())
DRAWN: dict[str, AnyGraph] = {
    "strips": StripPlot(
        "k", "", NAMES[0],
        tuple(
            StripPanel(name, tuple(Strip(each, (1.0, 1.0, np.nan), 1.0, None, None) for each in NAMES))
            for name in NAMES
        ), "", 0.5,
    ),
    "no strips": StripPlot("k", "", "x", (), ""),
    "one strip": StripPlot("k", "", "x", (StripPanel("", (Strip("a", (), np.nan, 0.0, 1.0),)),), ""),
    "heatmap": Heatmap(
        "k", "", NAMES[0], NAMES[2], NAMES, NAMES[:2], ((1.0, None, -2.0, 0.0, 1e9), (None,) * 5), 2, "v",
        (0, 0), "",
    ),
    "empty heatmap": Heatmap("k", "", "x", "y", ("a",), ("b",), ((None,),), 2, "v", None, ""),
    "scatter": Scatter(
        "k", "", "", NAMES[1],
        (
            ScatterPanel(
                NAMES[2],
                (Cloud(NAMES[0], ((1.0, 2.0),), ((1.0, 3.0),)), Cloud("_b", ((1.0, 2.0),)), Cloud("", ())),
                (LINE,), "x", True,
            ),
            ScatterPanel("", (Cloud("", ((-1.0, 0.0),) * 40),), log_x=True),
        ), "", True,
    ),
    "no points": Scatter("k", "", "x", "y", (), ""),
    "logarithmic": Graph("k", "", "x", "y", (Panel("", (LINE,)),), "", log_x=True),
}  # fmt: skip


@pytest.mark.parametrize("form", ["pdf", "svg"])
@pytest.mark.parametrize("case", DRAWN)
def test_strange_values_are_drawn_the_same_twice(case: str, form: Any) -> None:
    """No finite value, long names and names that look like formulas: drawn, as words, with equal bytes."""
    drawn = draw(DRAWN[case], format=form)
    assert drawn == draw(DRAWN[case], format=form)
    assert draw(DRAWN[case], format=form, width=2.4)
    assert b"/Type3" not in drawn
    if case == "strips" and form == "svg":
        assert rb"<!-- $\input{x}$ -->" in drawn


def test_every_graph_is_in_the_manual() -> None:
    """The page on settings names every key that [story] show takes."""
    page = (Path(__file__).parents[1] / "docs" / "graphs.md").read_text(encoding="utf-8")
    for key in GRAPHS:
        assert f"`{key}`" in page


def records(root: Path, *, words: bool) -> View:
    """Two models on forty items: right on three of four, sure of it with 0.9, else with 0.6."""
    names = ("cat", "dog") if words else (0, 1)
    for model in ("net", "mlp"):
        rows = [
            {
                "idx": place,
                "label": names[place % 2],
                "prediction": names[(place + (place % 4 == 3)) % 2],
                "confidence": 0.6 if place % 4 == 3 else 0.9,
                "correct": int(place % 4 != 3),
            }
            for place in range(40)
        ]
        (root / "preds").mkdir(exist_ok=True)
        (root / f"preds/{model}.json").write_text(json.dumps(rows))
    (root / "paperback.toml").write_text(
        '[runs]\npaths = ["preds/{method}.json"]\n[study]\nmetric = "correct"\nproposal = "net"\n'
    )
    return view(root)


@pytest.mark.parametrize("words", [True, False], ids=["words", "numbers"])
def test_predictions_are_held_against_labels(words: bool, tmp_path: Path) -> None:
    """Ten of twenty items of the second class are called the first; confidence is told by bin."""
    seen = records(tmp_path, words=words)
    made = confusion_matrix(seen)
    assert isinstance(made, Heatmap)
    assert made.values == ((20, 0), (10, 10))
    assert made.rows == (("cat", "dog") if words else ("0", "1"))
    assert "net" in made.caption
    diagram = reliability_diagram(seen)
    assert isinstance(diagram, Scatter)
    cloud = diagram.panels[0].clouds[0]
    assert cloud.points == (pytest.approx((0.6, 0.0)), pytest.approx((0.9, 1.0)))
    items = next(part for part in diagram.note if isinstance(part, Quantity))
    assert (items.value, recompute(items.recipe, seen.table)) == (80, 80)


def test_runs_are_no_items(seen: View) -> None:
    """Runs of seeds have neither confusion nor reliability."""
    assert isinstance(confusion_matrix(seen), Omitted)
    assert isinstance(reliability_diagram(seen), Omitted)


def test_the_best_of_many_is_picked_after_looking(study: Callable[..., Path], tmp_path: Path) -> None:
    """Without a proposal the method that most often wins stands first, whatever the largest scale says."""
    scale = {"a": 1.0, "b": 1.0, "c": 1000.0}

    def score(method: str, dataset: str, seed: int) -> float:
        # `m0` wins on two data sets, `m4` on the one with large numbers.
        place = int(method[1:])
        return scale[dataset] * ((place if dataset == "c" else 4 - place) + seed / 10)

    methods = tuple(f"m{place}" for place in range(5))
    made = improvements(
        view(study(tmp_path, methods=methods, datasets=tuple("abc"), seeds=3, value=score,
                   toml='[metrics.accuracy]\nunit = ""\ndirection = "higher"\n'))
    )  # fmt: skip
    assert isinstance(made, StripPlot)
    assert [strip.name.split()[0] for strip in made.panels[0].strips] == ["m0"] * 4
    assert "picked after looking" in made.caption


def test_captions_of_ranks_and_curves_count(study: Callable[..., Path], tmp_path: Path) -> None:
    """The diagram tells how many data sets carry it, a learning curve how many runs."""
    root = study(
        tmp_path, methods=METHODS, datasets=tuple("abcdef"), seeds=3, history=True, toml="",
        value=lambda method, dataset, seed: 0.5 + METHODS.index(method) / 10 + seed / 100,
    )  # fmt: skip
    seen = view(root)
    drawn, plan = plan_graphs(seen)
    found = {graph.key: [part for part in graph.note if isinstance(part, Quantity)] for graph in drawn}
    assert [each.value for each in found["average-ranks"]] == [6]
    assert [each.value for each in found["learning-curves"]] == [3]
    for quantities in found.values():
        for each in quantities:
            assert recompute(each.recipe, seen.table) == each.value
    assert plan[0].key == "average-ranks"


def test_what_varies_inside_a_trial_is_no_setting_of_it(tmp_path: Path) -> None:
    """Runs of one trial that differ in a key, such as the part held out, are repeats of it."""
    logs = sweep([{"lr": 0.1}], lambda s: s["lr"])
    for number in range(6):
        for held_out in (1, 2):
            logs[f"sweep/{number}-{held_out}.json"] = {
                "config": {"method": "a", "dataset": "d", "trial": number + 1, "lr": 0.1 / (number + 2),
                           "held_out": 2 * (number // 2) + held_out},
                "metrics": {"val": {"accuracy": 0.5 + number / 100 + held_out / 1000}},
            }  # fmt: skip
    del logs["sweep/0.json"]
    made = sensitivity(written(tmp_path, logs))
    assert isinstance(made, Graph)
    assert made.x_label == "lr"
    assert len(made.panels[0].curves[0].x) == 6


def test_points_of_equal_x_stand_side_by_side() -> None:
    """Two single points at one place are drawn left and right of where each would stand alone."""

    def places(*names: str) -> list[float]:
        clouds = tuple(Cloud(name, ((1.0, 2.0),)) for name in names)
        svg = draw(Scatter("k", "", "x", "y", (ScatterPanel("", clouds),), ""), format="svg").decode()
        lines = svg[svg.index('id="axes_1"') :].split("legend_1")[0]
        return [
            float(x) for x in re.findall(r'<use [^>]*x="([\d.]+)" y="[\d.]+" style="fill: #[^"]*"/>', lines)
        ]

    (alone,) = places("a")[-1:]
    left, right = places("a", "b")[-2:]
    assert left < right
    assert (left + right) / 2 == pytest.approx(alone, abs=0.01)
