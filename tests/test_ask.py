"""One number or one table by its address: `paperback value` and `paperback table`."""

import csv
import json
import statistics
from collections.abc import Callable
from pathlib import Path

import pytest

from paperback.ask import ask_table, ask_value, show_value
from paperback.errors import EvidenceError, PaperbackError, SettingsError
from paperback.render import print_listing

VALUES = {"ours": (0.81, 0.84, 0.9), "mlp": (0.7, 0.71, 0.75)}


def value_of(method: str, dataset: str, seed: int) -> float:
    return VALUES[method][seed] - (0.1 if dataset == "wine" else 0.0)


@pytest.fixture(scope="module")
def repo(study: Callable[..., Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = study(tmp_path_factory.mktemp("asked"), seeds=3, value=value_of)
    for path in (root / "runs").iterdir():
        log = json.loads(path.read_text())
        log["config"]["lr"] = 0.1 if log["config"]["method"] == "ours" else 0.01
        log["metrics"]["val"] = {"accuracy": log["metrics"]["test"]["accuracy"] / 2}
        path.write_text(json.dumps(log))
    return root


def test_the_keys_of_a_value(repo: Path) -> None:
    """The JSON of a value holds the promised keys, unrounded, and statistics from the textbook."""
    found = ask_value(repo, "accuracy", where={"method": "ours", "dataset": "adult"})
    assert {"value", "std", "n", "low", "high", "unit", "runs", "sources"} <= set(found)
    assert found["value"] == pytest.approx(0.85, rel=1e-15)
    assert found["std"] == pytest.approx(statistics.stdev(VALUES["ours"]), rel=1e-12)
    # t quantile 4.302652729911275 (0.975, 2 degrees of freedom), from published tables.
    half = 4.302652729911275 * statistics.stdev(VALUES["ours"]) / 3**0.5
    assert (found["low"], found["high"]) == pytest.approx((0.85 - half, 0.85 + half), rel=1e-9)
    assert (found["n"], found["unit"], len(found["runs"])) == (3, "fraction", 3)
    files = [source.split(" ")[0] for source in found["sources"]]
    assert files == ["runs/run-100.json", "runs/run-101.json", "runs/run-102.json"]
    json.dumps(found, allow_nan=False)


@pytest.mark.parametrize(
    ("arguments", "value", "n"),
    [
        ({"where": {"method": "ours", "dataset": "adult"}, "reduce": "median"}, 0.84, 3),
        ({"where": {"method": "ours", "dataset": "adult"}, "split": "val"}, 0.425, 3),
        ({"where": {"method": "ours", "dataset": "adult", "seed": "2"}}, 0.9, 1),
        ({"where": {"config.lr": "0.1", "dataset": "adult"}}, 0.85, 3),
        ({"where": {"method": "ours"}, "over": ("seed", "dataset")}, 0.8, 2),
        ({"where": {"dataset": "adult"}, "over": ("seed", "method")}, (0.85 + 0.72) / 2, 2),
    ],
    ids=["median", "split", "a seed", "key", "over two", "over methods"],
)
def test_an_address(repo: Path, arguments: dict[str, object], value: float, n: int) -> None:
    """Filters, order of averaging, statistic and split choose exactly the runs they name."""
    found = ask_value(repo, "accuracy", **arguments)  # type: ignore[arg-type]
    assert found["value"] == pytest.approx(value)
    assert found["n"] == n


@pytest.mark.parametrize("name", ["metrics.test.accuracy", "test/accuracy", "accuracy"])
def test_a_metric_by_each_of_its_names(repo: Path, name: str) -> None:
    """The logged key, the split with the name, and the name alone mean the same number."""
    where = {"method": "ours", "dataset": "adult"}
    assert ask_value(repo, name, where=where)["value"] == pytest.approx(0.85)


ERRORS: dict[str, tuple[str, dict[str, object], type[PaperbackError], str]] = {
    "metric": ("acuracy", {"where": {}}, SettingsError, "Did you mean 'accuracy'?"),
    "value": (
        "accuracy",
        {"where": {"method": "our", "dataset": "wine"}},
        EvidenceError,
        "Did you mean 'ours'?",
    ),
    "key": (
        "accuracy",
        {"where": {"metod": "ours", "dataset": "wine"}},
        EvidenceError,
        "Did you mean 'method'?",
    ),
    "mixed": ("accuracy", {"where": {"method": "ours"}}, EvidenceError, "dataset"),
    "split": (
        "accuracy",
        {"where": {"method": "ours", "dataset": "wine"}, "split": "train"},
        SettingsError,
        "",
    ),
    "over": (
        "accuracy",
        {"where": {"method": "ours", "dataset": "wine"}, "over": ("sed",)},
        PaperbackError,
        "seed",
    ),
}


@pytest.mark.parametrize("case", ERRORS)
def test_a_wrong_address(repo: Path, case: str) -> None:
    """What no run carries is an error that offers the nearest name or says what else varies."""
    metric, arguments, kind, said = ERRORS[case]
    with pytest.raises(kind) as caught:
        ask_value(repo, metric, **arguments)  # type: ignore[arg-type]
    assert said in str(caught.value)
    assert caught.value.mend


def test_the_answer_for_a_terminal(repo: Path) -> None:
    """Value, spread, n, interval and every source are shown."""
    found = ask_value(repo, "accuracy", where={"method": "ours", "dataset": "adult"})
    shown = show_value(found)
    assert all(source in shown for source in found["sources"])
    assert "n = 3" in shown
    assert f"value {found['value']!r}  unit fraction  (higher is better)" in shown
    assert f"[{found['low']!r}, {found['high']!r}]" in shown
    single = show_value(
        ask_value(repo, "accuracy", where={"method": "ours", "dataset": "adult", "seed": "0"})
    )
    assert "interval none" in single


def test_a_table_as_json(repo: Path) -> None:
    """The JSON of a table holds unrounded cells with exactly the promised keys."""
    found = json.loads(print_listing(ask_table(repo, "accuracy", where={}), "json"))
    cells = found["cells"]
    assert all(set(cell) == {"row", "column", "value", "spread", "n", "runs"} for cell in cells)
    assert {(cell["row"], cell["column"]) for cell in cells} == {
        (m, d) for m in VALUES for d in ("adult", "wine")
    }
    for cell in cells:
        values = [value_of(cell["row"], cell["column"], seed) for seed in range(3)]
        assert cell["value"] == pytest.approx(statistics.fmean(values), rel=1e-14)
        assert cell["spread"] == pytest.approx(statistics.stdev(values), rel=1e-12)
        assert (cell["n"], len(cell["runs"])) == (3, 3)


@pytest.mark.parametrize(
    ("spread", "ddof", "size"),
    [
        ("std", 0, statistics.pstdev(VALUES["ours"])),
        ("sem", 1, statistics.stdev(VALUES["ours"]) / 3**0.5),
        ("sem", 0, statistics.pstdev(VALUES["ours"]) / 3**0.5),
        ("ci", 1, 4.302652729911275 * statistics.stdev(VALUES["ours"]) / 3**0.5),
    ],
)
def test_the_spread_of_a_table(repo: Path, spread: str, ddof: int, size: float) -> None:
    """The spread is the one that was asked for, with its divisor."""
    listing = ask_table(repo, "accuracy", where={"method": "ours"}, spread=spread, ddof=ddof)  # type: ignore[arg-type]
    cell = json.loads(print_listing(listing, "json"))["cells"][0]
    assert cell["spread"] == pytest.approx(size, rel=1e-9)


def test_a_table_as_csv(repo: Path) -> None:
    """CSV gives one row per cell, and its numbers are those of the JSON to the last digit."""
    listing = ask_table(repo, "accuracy", where={})
    rows = list(csv.DictReader(print_listing(listing, "csv").splitlines()))
    cells = {(c["row"], c["column"]): c for c in json.loads(print_listing(listing, "json"))["cells"]}
    assert len(rows) == 4
    for row in rows:
        cell = cells[row["row"], row["column"]]
        assert (float(row["value"]), float(row["spread"]), int(row["n"])) == (
            cell["value"],
            cell["spread"],
            3,
        )


def test_a_table_for_reading(repo: Path) -> None:
    """Markdown and LaTeX show the same rounded cells, with what stands behind the ± in the legend."""
    listing = ask_table(repo, "accuracy", where={}, rows="dataset", columns="method")
    markdown, latex = print_listing(listing, "md"), print_listing(listing, "latex")
    assert "0.850 ± 0.046" in markdown
    assert r"0.850 $\pm$ 0.046" in latex
    assert "mean ± standard deviation (ddof 1), n = 3; higher is better" in markdown
    assert markdown.splitlines()[0].split("|")[1].strip() == ""
    assert latex.count(r"\\") == 3


def test_a_cell_that_was_not_run(study: Callable[..., Path], tmp_path: Path) -> None:
    """A missing cell is null in JSON and a dash in Markdown."""
    root = study(tmp_path, seeds=1)
    (root / "runs/run-100.json").unlink()
    listing = ask_table(root, "accuracy", where={})
    cells = json.loads(print_listing(listing, "json"))["cells"]
    missing = [c for c in cells if c["value"] is None]
    assert missing == [{"row": "ours", "column": "adult", "value": None, "spread": None, "n": 0, "runs": []}]
    assert "—" in print_listing(listing, "md")
    assert "---" in print_listing(listing, "latex")


def test_a_metric_may_be_a_rule(tmp_path: Path, study: Callable[..., Path]) -> None:
    """Without any declaration a statistic over a run's steps can be asked for."""
    root = study(tmp_path, seeds=2, history=True, toml="")
    metric = "max history.val/accuracy over steps"
    found = ask_value(root, metric, where={"method": "ours", "dataset": "adult"})
    seeds = [json.loads(path.read_text()) for path in sorted((root / "runs").iterdir())]
    wanted = [
        max(row["val/accuracy"] for row in log["history"])
        for log in seeds
        if (log["config"]["method"], log["config"]["dataset"]) == ("ours", "adult")
    ]
    assert found["value"] == pytest.approx(statistics.mean(wanted), rel=1e-12)
    assert len(ask_table(root, metric, where={}).cells.cells) == 4
