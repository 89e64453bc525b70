"""Learning curves: the mean over seeds on a shared grid, never beyond what every run has seen."""

import json
import math
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
import pytest

from paperback.evidence import state_study
from paperback.render.line_graph import line_figure
from paperback.runs import read_runs
from paperback.settings import open_repository
from paperback.story import Graph
from paperback.story.curves import learning_curves

History = Mapping[int, float]


def drawn(
    study: Callable[..., Path], folder: Path, histories: list[History], key: str = "val/accuracy"
) -> Graph | None:
    """The curves of one method with a run per history (step to value)."""
    root = study(folder, methods=("ours",), datasets=("wine",), seeds=len(histories), toml="")
    for seed, path in enumerate(sorted((root / "runs").iterdir())):
        log = json.loads(path.read_text())
        log["history"] = [{"step": step, key: value} for step, value in histories[seed].items()]
        path.write_text(json.dumps(log))
    settings = open_repository(root)
    table = read_runs(root, settings)
    return learning_curves(table, state_study(table, settings), settings)


def test_the_mean_of_equal_grids(study: Callable[..., Path], tmp_path: Path) -> None:
    """On a shared grid the curve is the mean of the runs at each step, and the band is the t interval."""
    graph = drawn(study, tmp_path, [{0: v, 10: v + 0.3, 20: 0.6} for v in (0.1, 0.3, 0.2)])
    assert graph is not None
    curve = graph.panels[0].curves[0]
    assert curve.x.tolist() == [0, 10, 20]
    assert curve.y == pytest.approx([0.2, 0.5, 0.6])
    # t quantile 4.302652729911275 (0.975, 2 degrees of freedom) times sd / sqrt(3) = 0.057735.
    assert curve.low is not None
    assert curve.high is not None
    assert curve.high - curve.y == pytest.approx([0.2484137708, 0.2484137708, 0], abs=1e-9)
    assert curve.y - curve.low == pytest.approx(curve.high - curve.y)
    assert (curve.n, graph.y_label) == (3, "Validation accuracy")
    assert "band" in graph.caption


def test_nothing_is_drawn_beyond_what_every_run_has(study: Callable[..., Path], tmp_path: Path) -> None:
    """A run that began late or stopped early ends the curve; between its steps it is interpolated."""
    graph = drawn(study, tmp_path, [{0: 0.0, 10: 1.0, 20: 2.0, 30: 3.0}, {5: 1.0, 15: 2.0, 25: 3.0}])
    assert graph is not None
    curve = graph.panels[0].curves[0]
    assert curve.x.tolist() == [5, 10, 15, 20, 25]
    assert curve.y == pytest.approx(
        [(0.5 + 1) / 2, (1 + 1.5) / 2, (1.5 + 2) / 2, (2 + 2.5) / 2, (2.5 + 3) / 2]
    )


def test_values_that_are_no_number_are_left_out(study: Callable[..., Path], tmp_path: Path) -> None:
    """A NaN or infinity is no point of a curve."""
    graph = drawn(study, tmp_path, [{0: 0.0, 10: math.nan, 20: 2.0, 30: math.inf, 40: 4.0}])
    assert graph is not None
    curve = graph.panels[0].curves[0]
    assert curve.x.tolist() == [0, 20, 40]
    assert np.isfinite(curve.y).all()


def test_a_single_run_has_no_band(study: Callable[..., Path], tmp_path: Path) -> None:
    """One run gives a line, no band, and a caption that speaks of none."""
    graph = drawn(study, tmp_path, [{0: 0.0, 1: 1.0, 2: 2.0}])
    assert graph is not None
    curve = graph.panels[0].curves[0]
    assert (curve.low, curve.high, curve.n) == (None, None, 1)
    assert "band" not in graph.caption


@pytest.mark.parametrize("history", [{}, {0: 1.0}, {0: 1.0, 1: 2.0}])
def test_two_steps_are_no_curve(history: History, study: Callable[..., Path], tmp_path: Path) -> None:
    """Below three logged steps nothing is drawn."""
    assert drawn(study, tmp_path, [history]) is None


def test_runs_that_share_no_step_are_no_curve(study: Callable[..., Path], tmp_path: Path) -> None:
    """Where no two grid points are covered by every run there is no curve."""
    assert drawn(study, tmp_path, [{0: 1.0, 1: 2.0, 2: 3.0}, {10: 1.0, 11: 2.0, 12: 3.0}]) is None


def test_a_long_history_is_thinned_and_keeps_its_ends(study: Callable[..., Path], tmp_path: Path) -> None:
    """At most 400 points are drawn, the first and the last among them."""
    graph = drawn(study, tmp_path, [{step: step / 1000 for step in range(1000)}])
    assert graph is not None
    x = graph.panels[0].curves[0].x
    assert (len(x), x[0], x[-1]) == (400, 0, 999)
    assert (np.diff(x) > 0).all()


@pytest.mark.parametrize(
    ("key", "label"), [("val/loss", "Validation loss"), ("train/loss", "Training loss"), ("loss", "Loss")]
)
def test_what_is_drawn_is_named(key: str, label: str, study: Callable[..., Path], tmp_path: Path) -> None:
    """The axis says which metric of which split is drawn."""
    graph = drawn(study, tmp_path, [{0: 3.0, 1: 2.0, 2: 1.0}], key)
    assert graph is not None
    assert graph.y_label == label


def test_a_panel_per_data_set(study: Callable[..., Path], tmp_path: Path) -> None:
    """Each data set has its panel with a curve per method, named as in print, with the files behind it."""
    root = study(tmp_path, history=True, toml="[names.method]\nours = 'Ours'\n")
    settings = open_repository(root)
    table = read_runs(root, settings)
    graph = learning_curves(table, state_study(table, settings), settings)
    assert graph is not None
    assert [panel.title for panel in graph.panels] == ["adult", "wine"]
    assert [[c.name for c in panel.curves] for panel in graph.panels] == [["Ours", "mlp"]] * 2
    assert all(len(c.sources) == 4 for panel in graph.panels for c in panel.curves)
    assert graph.x_label == "Epoch"


@pytest.mark.parametrize(("datasets", "hidden"), [(8, False), (9, True)])
def test_data_sets_that_are_not_drawn_are_told(
    study: Callable[..., Path], tmp_path: Path, datasets: int, hidden: bool
) -> None:
    """Eight panels fit; the caption says that the runs cover more."""
    names = tuple(f"d{place}" for place in range(datasets))
    root = study(tmp_path, methods=("ours",), datasets=names, seeds=2, toml="", history=True)
    settings = open_repository(root)
    table = read_runs(root, settings)
    graph = learning_curves(table, state_study(table, settings), settings)
    assert graph is not None
    assert len(graph.panels) == 8
    assert ("cover more" in graph.caption) == hidden


def test_two_runs_have_no_band(study: Callable[..., Path], tmp_path: Path) -> None:
    """The interval of two runs is many times as wide as their gap; their mean is drawn, which is said."""
    graph = drawn(study, tmp_path, [{0: 0.1, 10: 0.4, 20: 0.6}, {0: 0.3, 10: 0.6, 20: 0.6}])
    assert graph is not None
    assert graph.panels[0].curves[0].low is None
    assert graph.caption.endswith("mean over seeds; too few of them for a band.")


def test_runs_that_share_a_seed_have_no_band(study: Callable[..., Path], tmp_path: Path) -> None:
    """Runs of one seed are no repetitions: their mean is drawn without an interval, and that is said."""
    root = study(tmp_path, methods=("ours",), datasets=("wine",), seeds=4, toml="", history=True)
    for path in sorted((root / "runs").iterdir()):
        log = json.loads(path.read_text())
        log["config"] |= {"width": log["config"]["seed"] % 2, "seed": log["config"]["seed"] // 2}
        path.write_text(json.dumps(log))
    settings = open_repository(root)
    table = read_runs(root, settings)
    graph = learning_curves(table, state_study(table, settings), settings)
    assert graph is not None
    (curve,) = graph.panels[0].curves
    assert (curve.n, curve.low) == (4, None)
    assert "differ in more than their seed" in graph.caption
    assert "interval" not in graph.caption


@pytest.mark.parametrize(("height", "span"), [(1.0, (0.0, 1.0)), (90.0, None)])
def test_the_axis_of_a_share_ends_where_shares_do(
    height: float, span: tuple[float, float] | None, study: Callable[..., Path], tmp_path: Path
) -> None:
    """The band of a few runs of an accuracy goes beyond one; the axis does not, unless values do."""
    graph = drawn(study, tmp_path, [{0: v, 10: v * height, 20: height} for v in (0.1, 0.5, 0.9)])
    assert graph is not None
    assert graph.y_span == span
    high = graph.panels[0].curves[0].high
    assert high is not None
    assert high.max() > 1
    low, top = line_figure(graph, 5.0).axes[0].get_ylim()
    assert (low > -0.1, top < 1.1) == ((True, True) if span else (False, False))
