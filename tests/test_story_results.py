"""Tables of results: which cells are bold and why, how many decimals, and tables of settings."""

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from paperback.evidence import state_study
from paperback.paper.document import Document, Section, TableFloat
from paperback.render.numbering import number_document
from paperback.runs import Metric, RunTable, read_runs
from paperback.settings import Settings, open_repository
from paperback.story.decimals import decimals_for, table_decimals
from paperback.story.order import Story, arrange, pages_of
from paperback.story.results import measured
from paperback.story.settings_table import dataset_table, method_table
from paperback.story.table import EstimateCell, IntervalCell, MissingCell, QuantityCell, Table, TextCell

Values = Mapping[str, Mapping[str, tuple[float, ...]]]


def told(
    study: Callable[..., Path], folder: Path, values: Values, toml: str = ""
) -> tuple[Story, RunTable, Settings]:
    """The story of a study with `values` by method and data set; a shorter list is a run less."""
    methods, datasets = tuple(values), tuple(dict.fromkeys(d for v in values.values() for d in v))
    seeds = max(len(runs) for v in values.values() for runs in v.values())

    def value(method: str, dataset: str, seed: int) -> float:
        runs = values[method].get(dataset, ())
        return runs[seed] if seed < len(runs) else -1.0

    root = study(folder, methods=methods, datasets=datasets, seeds=seeds, value=value, toml=toml)
    for path in (root / "runs").iterdir():
        if json.loads(path.read_text())["metrics"]["test"]["accuracy"] == -1.0:
            path.unlink()
    settings = open_repository(root)
    table = read_runs(root, settings)
    return arrange(table, state_study(table, settings), settings), table, settings


def marks(table: Table, mark: str) -> dict[str, list[str]]:
    return {
        column: [name for name, cells in table.rows if getattr(cells[place], "mark", "") == mark]
        for place, column in enumerate(table.columns)
    }


def bold(table: Table) -> dict[str, list[str]]:
    return marks(table, "best")


HIGH, LOW, NEAR = (0.91, 0.93, 0.92), (0.51, 0.52, 0.54), (0.90, 0.94, 0.925)
BOLD: dict[str, tuple[Values, str, dict[str, list[str]]]] = {
    "one is best": ({"a": {"d": HIGH}, "b": {"d": LOW}}, "", {"d": ["a"]}),
    "lower is better": (
        {"a": {"d": HIGH}, "b": {"d": LOW}},
        "[metrics.accuracy]\ndirection = 'lower'\n",
        {"d": ["b"]},
    ),
    "nobody knows": (
        {"a": {"d": HIGH}, "b": {"d": LOW}},
        "[metrics.accuracy]\ndirection = 'unknown'\n",
        {"d": []},
    ),
    "cannot be told apart": ({"a": {"d": HIGH}, "b": {"d": NEAR}, "c": {"d": LOW}}, "", {"d": ["a", "b"]}),
    "two runs are no test": ({"a": {"d": HIGH[:2]}, "b": {"d": LOW[:2]}}, "", {"d": []}),
    "one run is no test": ({"a": {"d": HIGH[:1]}, "b": {"d": LOW[:1]}}, "", {"d": []}),
    "each data set for itself": (
        {"a": {"d": HIGH, "e": LOW}, "b": {"d": LOW, "e": HIGH}},
        "",
        {"d": ["a"], "e": ["b"]},
    ),
}


@pytest.mark.parametrize("case", BOLD)
def test_what_is_bold(case: str, study: Callable[..., Path], tmp_path: Path) -> None:
    """Bold are the best method of a data set and those that a test cannot tell from it; else nothing is."""
    values, toml, marked = BOLD[case]
    table = told(study, tmp_path, values, toml)[0].tables[0]
    assert bold(table) == marked
    assert ("Nothing is bold" in table.note) == (not any(marked.values()))


def test_a_single_method_is_not_the_best_of_any(study: Callable[..., Path], tmp_path: Path) -> None:
    """Where nothing is compared nothing is bold."""
    table = told(study, tmp_path, {"a": {"d": HIGH, "e": HIGH}})[0].tables[0]
    assert not any(bold(table).values())


def test_runs_that_do_not_vary_decide_nothing(study: Callable[..., Path], tmp_path: Path) -> None:
    """Without any variance no test is made, so nothing is bold."""
    table = told(study, tmp_path, {"a": {"d": (0.9,) * 3}, "b": {"d": (0.5,) * 3}})[0].tables[0]
    assert not any(bold(table).values())


def test_a_single_run_takes_no_spread(study: Callable[..., Path], tmp_path: Path) -> None:
    """With one run per cell the table has no spread and says so."""
    table = told(study, tmp_path, {"a": {"d": HIGH[:1]}, "b": {"d": LOW[:1]}})[0].tables[0]
    assert (table.spread, table.note.split(".")[0]) == ("none", "One run per cell; no spread")


def test_a_cell_without_runs_is_missing(study: Callable[..., Path], tmp_path: Path) -> None:
    """A combination that was not run is a missing cell, in place."""
    table = told(study, tmp_path, {"a": {"d": HIGH, "e": HIGH}, "b": {"d": LOW}})[0].tables[0]
    cells = dict(table.rows)
    assert [type(cell) for cell in cells["b"]] == [EstimateCell, MissingCell]
    assert table.columns == ("d", "e")


def test_many_data_sets_run_down_the_page(study: Callable[..., Path], tmp_path: Path) -> None:
    """With more than six data sets, and more than methods, each is a row; marks stay with their cells."""
    datasets = [f"d{number}" for number in range(7)]
    values = {"a": dict.fromkeys(datasets, HIGH), "b": dict.fromkeys(datasets, LOW)}
    table = told(study, tmp_path, values)[0].tables[0]
    assert (table.stub, table.columns, [name for name, _ in table.rows]) == ("Data set", ("a", "b"), datasets)
    assert bold(table) == {"a": datasets, "b": []}


def test_the_order_is_that_of_the_settings(study: Callable[..., Path], tmp_path: Path) -> None:
    """Rows and columns stand in the order of [names], with the names in print."""
    toml = "[names.method]\nb = 'Second'\na = 'First'\n[names.dataset]\ne = 'E set'\nd = 'D set'\n"
    table = told(study, tmp_path, {"a": {"d": HIGH, "e": HIGH}, "b": {"d": LOW, "e": LOW}}, toml)[0].tables[0]
    assert [name for name, _ in table.rows] == ["Second", "First"]
    assert table.columns == ("E set", "D set")
    assert bold(table) == {"E set": ["First"], "D set": ["First"]}


OURS = "[study]\nproposal = 'a'\nbaselines = ['b']\nablations = ['c']\n"


def test_the_story_serves_the_claims(study: Callable[..., Path], tmp_path: Path) -> None:
    """With a proposal, baselines and ablations the main table is followed by both comparisons."""
    values = {"a": {"d": HIGH, "e": HIGH}, "b": {"d": LOW, "e": NEAR}, "c": {"d": LOW, "e": LOW}}
    story = told(study, tmp_path, values, OURS)[0]
    assert [table.key for table in story.tables] == ["main-results", "comparison", "ablation"]
    comparison = story.tables[1]
    assert comparison.columns == ("minus b",)
    cells = {name: row[0] for name, row in comparison.rows}
    assert all(isinstance(cell, IntervalCell) for cell in cells.values())
    assert bold(comparison) == {"minus b": ["d"]}
    assert cells["d"].quantity.value == pytest.approx(0.92 - 1.57 / 3)  # type: ignore[union-attr]
    assert "Positive is better for the proposal." in comparison.note
    assert all(table.why for table in story.tables)


def test_where_lower_is_better_the_note_says_so(study: Callable[..., Path], tmp_path: Path) -> None:
    """A difference is first minus second whatever the direction; the note says which sign is good."""
    toml = OURS + "[metrics.accuracy]\ndirection = 'lower'\n"
    values = {"a": {"d": HIGH}, "b": {"d": LOW}, "c": {"d": LOW}}
    comparison = told(study, tmp_path, values, toml)[0].tables[1]
    assert "Negative is better for the proposal." in comparison.note
    assert comparison.rows[0][1][0].quantity.value > 0  # type: ignore[union-attr]


def test_two_runs_carry_a_difference_and_no_interval(study: Callable[..., Path], tmp_path: Path) -> None:
    """Below three runs a difference has no interval, and nothing is decided."""
    comparison = told(
        study, tmp_path, {"a": {"d": HIGH[:2]}, "b": {"d": LOW[:2]}, "c": {"d": LOW[:2]}}, OURS
    )[0].tables[1]
    cell = comparison.rows[0][1][0]
    assert isinstance(cell, IntervalCell)
    assert (cell.low, cell.high, cell.mark) == (None, None, "none")
    assert "No test was possible." in comparison.note


@pytest.mark.parametrize(
    ("spread", "percent", "digits", "decimals"),
    [
        (0.0123, False, 2, 3),
        (0.0123, True, 2, 1),
        (0.5, False, 2, 2),
        (5, False, 2, 1),
        (12, False, 2, 0),
        (1234, False, 2, 0),
        (1e-9, False, 2, 6),
        (0, False, 2, 3),
        (0, True, 2, 1),
        (float("nan"), False, 2, 3),
        (float("inf"), True, 2, 1),
        (-0.0123, False, 2, 3),
        (0.8123, False, 3, 3),
        (0.1, False, 2, 2),
        (0.1, True, 2, 0),
        (0.00996, False, 2, 4),
    ],
)
def test_decimals(spread: float, percent: bool, digits: int, decimals: int) -> None:
    """As many decimals as show two digits of the spread, none below zero, six at most."""
    assert decimals_for(spread, percent=percent, digits=digits) == decimals


def test_declared_decimals_count() -> None:
    """What the author declares is not overruled; without any estimate there is still an answer."""
    metric = Metric("a", "a", "", "higher", False, 4, "declared")
    assert table_decimals(metric, []) == 4
    assert table_decimals(Metric("a", "a", "", "higher", False, None, ""), []) == 2


@pytest.mark.parametrize(
    ("toml", "words"),
    [
        ("", "Test accuracy"),
        ("[metrics.accuracy]\npercent = true\n", "Test accuracy (%)"),
        ("[metrics.accuracy]\nunit = 's'\nname = 'time'\n", "Test time (s)"),
        ("[metrics.accuracy]\nunit = ''\n", "Test accuracy"),
    ],
)
def test_what_is_measured(toml: str, words: str, study: Callable[..., Path], tmp_path: Path) -> None:
    """Split, printed name and unit; a fraction that is not shown as percent has none."""
    _, table, settings = told(study, tmp_path, {"a": {"d": HIGH}, "b": {"d": LOW}}, toml)
    assert measured(state_study(table, settings)) == words


def with_settings(
    study: Callable[..., Path], folder: Path, change: Callable[[dict[str, object]], None]
) -> tuple[RunTable, Settings]:
    root = study(folder, methods=("a", "b", "c"), toml="")
    for path in (root / "runs").iterdir():
        log = json.loads(path.read_text())
        change(log["config"])
        path.write_text(json.dumps(log))
    settings = open_repository(root)
    return read_runs(root, settings), settings


def test_what_a_data_set_fixes(study: Callable[..., Path], tmp_path: Path) -> None:
    """Numbers that every run of a data set shares are a table; what varies, or is lacking, is not."""

    def change(config: dict[str, object]) -> None:
        config["n_rows"] = 100 if config["dataset"] == "wine" else 2000
        config["same"] = 5
        config["varies"] = 10 if config["seed"] == 1 and config["dataset"] == "wine" else 20
        config["flag"] = config["dataset"] == "wine"
        if not (config["seed"] == 1 and config["method"] == "a"):
            config["sometimes"] = 1 if config["dataset"] == "wine" else 2

    table, settings = with_settings(study, tmp_path, change)
    found = dataset_table(table, state_study(table, settings), settings)
    assert found is not None
    assert found.columns == ("n rows",)
    values = {name: cells[0].quantity.value for name, cells in found.rows}  # type: ignore[union-attr]
    assert values == {"adult": 2000, "wine": 100}


def test_in_what_the_methods_differ(study: Callable[..., Path], tmp_path: Path) -> None:
    """A setting in which methods differ is a row; one that varies is said to do so."""

    def change(config: dict[str, object]) -> None:
        config["lr"] = 0.1 if config["method"] == "a" else 0.01
        config["width"] = {"a": 64, "b": 64, "c": 32 if config["dataset"] == "wine" else 16}[
            str(config["method"])
        ]
        config["same"] = 5
        if config["method"] != "c":
            config["drop"] = None if config["method"] == "b" else 0.5

    table, settings = with_settings(study, tmp_path, change)
    found = method_table(table, state_study(table, settings), settings)
    assert found is not None
    assert found.columns == ("a", "b", "c")
    rows = dict(found.rows)
    assert set(rows) == {"lr", "width", "drop"}
    assert [cell.quantity.value for cell in rows["lr"]] == [0.1, 0.01, 0.01]  # type: ignore[union-attr]
    assert [type(cell) for cell in rows["width"]] == [QuantityCell, QuantityCell, TextCell]
    assert rows["width"][2] == TextCell("varies")
    assert [type(cell) for cell in rows["drop"]] == [QuantityCell, MissingCell, MissingCell]


def test_no_difference_is_no_table(study: Callable[..., Path], tmp_path: Path) -> None:
    """Where neither methods nor data sets differ in a setting there is nothing to show."""
    table, settings = with_settings(study, tmp_path, lambda config: None)
    assert method_table(table, state_study(table, settings), settings) is None
    assert dataset_table(table, state_study(table, settings), settings) is None


@pytest.mark.parametrize(
    ("values", "toml", "caption", "note"),
    [
        ({"a": {"d": HIGH}}, "", "Test accuracy", "Mean ± sample standard deviation over seeds."),
        ({"a": {"d": HIGH, "e": LOW}}, "", "Test accuracy on every data set", "over seeds."),
        ({"a": {"d": HIGH}, "b": {"d": LOW}}, '[metrics.accuracy]\ndirection = "unknown"\n',
         "Test accuracy of every method", "it is not known whether higher or lower is better."),
    ],
    ids=["one cell", "one method", "no direction"],
)  # fmt: skip
def test_a_table_speaks_of_what_there_is(
    study: Callable[..., Path], tmp_path: Path, values: Values, toml: str, caption: str, note: str
) -> None:
    """One method is not called every method, and a missing direction is said to be the reason."""
    story, _, _ = told(study, tmp_path, values, toml)
    assert story.tables[0].caption.startswith(caption)
    assert story.tables[0].caption.count("every") == caption.count("every")
    assert story.tables[0].note.endswith(note)


MIDDLE = (0.72, 0.71, 0.75)
NEXT: dict[str, tuple[Values, str, dict[str, list[str]]]] = {
    "the best of the rest": (
        {"a": {"d": HIGH}, "b": {"d": LOW}, "c": {"d": MIDDLE}},
        "",
        {"d": ["c"]},
    ),
    "lower is better": (
        {"a": {"d": HIGH}, "b": {"d": LOW}, "c": {"d": MIDDLE}},
        "[metrics.accuracy]\ndirection = 'lower'\n",
        {"d": ["c"]},
    ),
    "none of two": ({"a": {"d": HIGH}, "b": {"d": LOW}}, "", {"d": []}),
    "none where nothing is bold": (
        {"a": {"d": HIGH[:1]}, "b": {"d": LOW[:1]}, "c": {"d": MIDDLE[:1]}},
        "",
        {"d": []},
    ),
}


@pytest.mark.parametrize("case", NEXT)
def test_what_is_underlined(case: str, study: Callable[..., Path], tmp_path: Path) -> None:
    """Underlined is the best of the methods that a test tells from the best, and the legend says so."""
    values, toml, marked = NEXT[case]
    table = told(study, tmp_path, values, toml)[0].tables[0]
    assert marks(table, "next") == marked
    assert ("Underlined" in table.note) == any(marked.values())


def test_what_has_no_value_has_no_row(study: Callable[..., Path], tmp_path: Path) -> None:
    """A data set whose runs cannot be averaged fills no row with signs; a single gap has its reason."""

    def change(config: dict[str, Any]) -> None:
        if config["dataset"] == "iris" or (config["dataset"], config["method"]) == ("wine", "b"):
            config["width"], config["seed"] = config["seed"], 0

    root = study(tmp_path, methods=("a", "b"), datasets=("adult", "iris", "wine"), toml="")
    for path in (root / "runs").iterdir():
        log = json.loads(path.read_text())
        change(log["config"])
        path.write_text(json.dumps(log))
    settings = open_repository(root)
    table = read_runs(root, settings)
    (results,) = arrange(table, state_study(table, settings), settings).tables
    assert results.columns == ("adult", "wine")
    assert results.note.endswith("Not listed: data sets with no value that can be averaged.")
    gap = dict(results.rows)["b"][1]
    assert isinstance(gap, MissingCell)
    assert gap.sign != MissingCell("no run").sign


def test_a_share_has_one_number_of_decimals(study: Callable[..., Path], tmp_path: Path) -> None:
    """Accuracies of data sets with other spreads stand in one table with the same decimals."""
    wide = (0.9, 0.5, 0.7)
    story, _, _ = told(study, tmp_path, {"a": {"d": HIGH, "e": wide}, "b": {"d": LOW, "e": wide}}, "")
    cells = [cell for _, row in story.tables[0].rows for cell in row]
    assert len({cell.decimals for cell in cells if isinstance(cell, EstimateCell)}) == 1


@pytest.mark.parametrize(("level", "decimals"), [(0.0, 0), (40.0, 0), (0.25, 3)])
def test_runs_that_all_agree(level: float, decimals: int, study: Callable[..., Path], tmp_path: Path) -> None:
    """Scores without any spread are printed as whole numbers where they are, whatever zero it is."""
    toml = '[metrics.accuracy]\nunit = "points"\n'
    story, _, _ = told(study, tmp_path, {"a": {"d": (level,) * 3}, "b": {"d": (level,) * 3}}, toml)
    cells = [cell for _, row in story.tables[0].rows for cell in row]
    assert {cell.decimals for cell in cells if isinstance(cell, EstimateCell)} == {decimals}


def test_a_table_that_goes_on_keeps_its_number() -> None:
    """The parts of a long table name the first one, whose number they bear."""
    rows = tuple((f"d{place}", (TextCell("x"),)) for place in range(100))
    long = Table("main-results", "Accuracy.", "Data set", ("a",), ("",), rows, "none", "Note.", (), "why")
    parts = pages_of(long)
    assert [part.continues for part in parts] == ["", "main-results", "main-results"]
    assert sum((part.rows for part in parts), ()) == rows
    floats = tuple(TableFloat(part) for part in (*parts, replace(long, key="next")))
    document = Document("T", (), (), (Section("results", "Results", floats),), ())
    shown = [number_document(document).floats["table", part.table.key].number for part in floats]
    assert shown == ["1", "1", "1", "2"]


def test_many_methods_run_down_the_table_of_settings(study: Callable[..., Path], tmp_path: Path) -> None:
    """Eight methods are rows; a message is no setting, nor is what varies inside most methods."""
    names = tuple("abcdefgh")
    root = study(tmp_path, methods=names, toml="")
    for path in (root / "runs").iterdir():
        log = json.loads(path.read_text())
        place = names.index(log["config"]["method"])
        log["config"] |= {
            "width": 2 ** (place % 3),
            "error": f"{place}: " + "x" * 80,
            "trial": log["config"]["seed"] if place else 7,
        }
        path.write_text(json.dumps(log))
    settings = open_repository(root)
    table = read_runs(root, settings)
    found = method_table(table, state_study(table, settings), settings)
    assert found is not None
    assert (found.stub, found.columns) == ("Method", ("width",))
    assert [name for name, _ in found.rows] == list(names)
    assert [len(cells) for _, cells in found.rows] == [1] * len(names)


def test_an_unknown_direction_is_told(study: Callable[..., Path], tmp_path: Path) -> None:
    """Where nothing can be compared because no side is better, the author learns how to say it."""
    toml = '[metrics.accuracy]\ndirection = "unknown"\n'
    story, _, _ = told(study, tmp_path, {"a": {"d": HIGH}, "b": {"d": LOW}}, toml)
    (finding,) = [each for each in story.findings if each.kind == "unknown-direction"]
    assert '[metrics.accuracy] direction = "higher"' in finding.mend


def test_what_a_run_took_is_not_what_it_achieved(study: Callable[..., Path], tmp_path: Path) -> None:
    """A time that every run logs is not the metric of the study where some log an accuracy."""
    root = study(tmp_path, methods=("a", "b"), datasets=("d",), seeds=3, toml="")
    for place, path in enumerate(sorted((root / "runs").iterdir())):
        log = json.loads(path.read_text())
        log["metrics"]["test"]["duration"] = 12.5
        if not place:
            del log["metrics"]["test"]["accuracy"]
        path.write_text(json.dumps(log))
    settings = open_repository(root)
    assert state_study(read_runs(root, settings), settings).metric.name == "accuracy"


ROLES = '[roles]\nmethod = "config.method"\ndataset = "config.dataset"\nseed = "config.seed"\n'


def test_runs_without_a_place_do_not_choose_the_metric(study: Callable[..., Path], tmp_path: Path) -> None:
    """Runs of no method or data set are no part of the study, even if they log a better known split."""
    root = study(tmp_path, methods=("a", "b"), datasets=("d", "e"), seeds=2, toml=ROLES)
    for place, path in enumerate(sorted((root / "runs").iterdir())):
        log = json.loads(path.read_text())
        log["metrics"] = {"val": log["metrics"]["test"]}
        if place < 2:
            log["config"] = {"note": f"n{place}", "seed": 50 + place}
            log["metrics"] = {"test": {"score": 1.0}}
        path.write_text(json.dumps(log))
    settings = open_repository(root)
    table = read_runs(root, settings)
    found = state_study(table, settings)
    assert (found.metric.name, found.split, found.whole) == ("accuracy", "val", False)
    assert found.count(table, "runs").value == len(table.runs) - 2
