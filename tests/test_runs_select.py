"""How the value of a run is chosen: steps, configurations, seeds, and what is derived from logged metrics."""

import json
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from paperback.errors import SettingsError
from paperback.runs import Final, RunTable, Series, final, history, parse_protocol, read_runs
from paperback.runs.branch import current, restarts
from paperback.runs.choose import NOT_SELECTED
from paperback.runs.select import best_step, value_at
from paperback.settings import Settings, parse_settings
from paperback.source import Source


def series(points: list[tuple[int, float]]) -> Series:
    steps, values = zip(*points, strict=True) if points else ((), ())
    return Series(np.array(steps, np.int64), np.array(values, np.float64), "step", Source("x"))


def study(root: Path, runs: Mapping[str, Any], **settings: Any) -> RunTable:
    """A table of one JSON Lines file per run: settings first, then rows."""
    for name, rows in runs.items():
        place = root / "runs" / name / "log.jsonl"
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return read_runs(root, Settings(**settings))


def only(table: RunTable, metric: str, split: str = "test") -> Final | None:
    (run,) = table.runs
    return final(table, run, metric, split)


CURVE = [
    {"step": 10, "val_acc": 0.5, "test_acc": 0.4},
    {"step": 20, "val_acc": 0.8, "test_loss": 3.0},
    {"step": 30, "val_acc": 0.8, "test_acc": 0.6},
    {"step": 40, "val_acc": 0.7, "test_acc": 0.9},
]


@pytest.mark.parametrize(
    ("select", "value", "step"),
    [
        ("", 0.9, 40),
        ("last", 0.9, 40),
        ("mean of last 2", 0.75, 40),
        ("mean of the last 3", (0.4 + 0.6 + 0.9) / 3, 40),
        ("at step 30", 0.6, 30),
        ("best val acc", 0.4, 10),
        ("best val/acc", 0.4, 10),
        ("best validation acc", 0.4, 10),
        ("lowest val acc", 0.4, 10),
        ("highest test acc", 0.9, 40),
    ],
)
def test_every_step_rule_names_the_step_it_took(tmp_path: Path, select: str, value: float, step: int) -> None:
    """Of equal validation values the earliest step counts; its test value or the nearest earlier is taken."""
    table = study(tmp_path, {"a": CURVE}, select=select)
    found = only(table, "acc")
    assert found is not None
    assert (found.value, found.step) == (pytest.approx(value, abs=1e-15), step)
    assert found.rule == str(table.protocol)


@pytest.mark.parametrize("select", ["at step 20", "mean of last 4"])
def test_what_was_not_logged_is_missing(tmp_path: Path, select: str) -> None:
    """Nothing is interpolated, and a mean of four needs four values."""
    assert only(study(tmp_path, {"a": CURVE}, select=select), "acc") is None


def test_a_test_value_that_comes_only_later_is_missing(tmp_path: Path) -> None:
    """The best validation step lies before the first test."""
    rows = [{"step": 1, "val_acc": 0.9}, {"step": 2, "val_acc": 0.1, "test_acc": 0.5}]
    assert only(study(tmp_path, {"a": rows}, select="best val acc"), "acc") is None


def test_all_metrics_of_a_run_come_from_one_step(tmp_path: Path) -> None:
    """The test loss is that of the step at which the validation accuracy is best, too."""
    rows = [
        {"step": s, "val_acc": v, "test_acc": s / 10, "test_loss": 9.0 - s}
        for s, v in ((1, 1), (2, 3), (3, 2))
    ]
    table = study(tmp_path, {"a": rows}, select="best val acc")
    found = [only(table, name) for name in ("acc", "loss")]
    assert [(each.value, each.step) for each in found if each] == [(0.2, 2), (7.0, 2)]


def test_a_value_without_a_history_is_reported_as_it_stands(tmp_path: Path) -> None:
    """A final value has no step to choose."""
    place = tmp_path / "runs" / "a" / "result.json"
    place.parent.mkdir(parents=True)
    rows = {"val_acc": [1, 3, 2], "metrics": {"test": {"acc": 0.5}}}
    place.write_text(json.dumps(rows))
    found = only(read_runs(tmp_path, Settings(select="best val acc")), "acc")
    assert found is not None
    assert (found.value, found.step) == (0.5, None)


@pytest.mark.parametrize(
    ("select", "words"),
    [
        ("best", "is no rule"),
        ("best val acc on seed 0", "is no rule"),
        ("best val accuracie", "no run logs"),
        ("best val zeal", "is not known"),
        ("best val acc over nothing", "no run has the setting 'nothing'"),
        ("best val acc over config.lr on seeds 8", "leaves no run"),
    ],
)
def test_a_rule_that_cannot_be_followed_is_refused(tmp_path: Path, select: str, words: str) -> None:
    """The clause is named, and the forms or the nearest metric are offered."""
    rows = [{"step": 1, "val_acc": 1, "val_zeal": 2, "method": "m", "seed": 0, "config": {"lr": 1}}]
    with pytest.raises(SettingsError, match=words):
        study(tmp_path, {"a": rows}, select=select, metrics={}, roles={})


def sweep() -> dict[str, Any]:
    """Two methods, three rates, four seeds; on the seeds 0 and 1 rate 2 is best for `a` and 3 for `b`."""
    best = {"a": 2, "b": 3}
    return {
        f"{method}-{rate}-{seed}": [
            {
                "method": method, "seed": seed, "config": {"lr": rate}, "step": 1,
                "val_acc": (0.9 if rate == best[method] else 0.5) - (0.8 if seed > 1 and rate != 1 else 0),
                "test_acc": rate + seed / 10,
            }
        ]
        for method in "ab"
        for rate in (1, 2, 3)
        for seed in range(4)
    }  # fmt: skip


def reported(table: RunTable) -> dict[str, set[float]]:
    found: dict[str, set[float]] = {}
    for run in table.runs:
        value = final(table, run, "acc", "test")
        found.setdefault(run.identity["method"], set()).add(value.value if value else math.nan)
    return found


def test_settings_are_chosen_within_each_seed(tmp_path: Path) -> None:
    """Each method, data set and seed reports the run whose validation is best; the others are kept apart."""
    table = study(tmp_path, sweep(), select="best val acc over config.lr")
    assert reported(table) == {"a": {2.0, 2.1, 1.2, 1.3}, "b": {3.0, 3.1, 1.2, 1.3}}
    assert len(table.apart[NOT_SELECTED]) == 16
    assert "config.lr of the best val acc" in str(table.protocol)


def test_tuning_seeds_are_not_reported(tmp_path: Path) -> None:
    """The configuration is chosen on the mean of the tuning seeds, and only fresh seeds are reported."""
    table = study(tmp_path, sweep(), select="best val acc over config.lr on seeds 0, 1")
    assert reported(table) == {"a": {2.2, 2.3}, "b": {3.2, 3.3}}
    assert table.roles["seed"].values == ("2", "3")


def test_choosing_by_the_test_split_is_labelled(tmp_path: Path) -> None:
    """An oracle may be printed, with its name on it."""
    table = study(tmp_path, sweep(), select="last; best test acc over config.lr")
    assert "test-selected" in str(table.protocol)
    assert "test-set-selection" in {finding.kind for finding in table.findings}
    assert "test-set-selection" not in {
        finding.kind for finding in study(tmp_path, {}, select="last").findings
    }


numbers = st.floats(allow_nan=True, allow_infinity=True, width=32)
points = st.lists(st.tuples(st.integers(-3, 12), numbers), max_size=30)


@given(points, st.booleans())
def test_the_best_step_is_the_earliest_of_the_best(logged: list[tuple[int, float]], higher: bool) -> None:
    """It agrees with a plain search over the current branch, in which NaN is never best."""
    found = best_step(series(logged), higher=higher)
    branch = current(series(logged))
    known = [
        (value if higher else -value, step)
        for step, value in zip(branch.steps.tolist(), branch.values.tolist(), strict=True)
        if not math.isnan(value)
    ]
    if not known:
        assert found is None
        return
    top = max(value for value, _ in known)
    assert found == next(step for value, step in known if value == top)


@given(points)
def test_the_current_branch_is_what_was_logged_last(logged: list[tuple[int, float]]) -> None:
    """Going back to a step takes away everything at and behind it; steps that never move are kept."""
    found = current(series(logged))
    if len({step for step, _ in logged}) < 2:
        assert len(found.steps) == len(logged)
        return
    kept: list[tuple[int, float]] = []
    for step, value in logged:
        kept = [point for point in kept if point[0] < step]
        kept.append((step, value))
    assert found.steps.tolist() == [step for step, _ in kept]
    assert repr(found.values.tolist()) == repr([value for _, value in kept])


def test_restarts_are_counted() -> None:
    """A run that went back twice has three branches."""
    assert restarts(series([(1, 0), (2, 0), (1, 0), (2, 0), (2, 0), (0, 0)])) == 2


@given(points.filter(bool), st.integers(-5, 15))
def test_a_value_at_a_step_is_never_from_the_future(logged: list[tuple[int, float]], step: int) -> None:
    """The nearest earlier point or none."""
    found = value_at(series(logged), step)
    branch = (
        current(series(logged)).steps.tolist() if len({s for s, _ in logged}) > 1 else [s for s, _ in logged]
    )
    earlier = [each for each in branch if each <= step]
    assert (found is None) == (not earlier)
    assert found is None or found[1] == max(earlier)


def test_a_restarted_history_is_shown_once(tmp_path: Path) -> None:
    """`history` gives the last writer of each step, while the run keeps all that was logged."""
    rows = [{"step": s, "loss": v} for s, v in ((1, 5), (2, 4), (3, 3), (2, 9), (3, 8))]
    table = study(tmp_path, {"a": rows})
    found = history(table, table.runs[0], "loss")
    assert found is not None
    assert found.values.tolist() == [5, 9, 8]
    (told,) = [finding.message for finding in table.findings if finding.kind == "restarted-run"]
    assert told == "1 run went back to an earlier step: runs/a (1 time); what was logged later counts"
    assert len(table.runs[0].series["loss"].values) == 5


@pytest.mark.parametrize(
    ("rule", "steps", "values"),
    [
        ("loss_a", [1, 2], [4.0, 8.0]),
        ("mean loss_*", [1], [3.0]),
        ("mean loss_* but loss_b", [1, 2], [4.0, 8.0]),
        ("max loss_a|loss_b", [1], [4.0]),
        ("loss_{which}", [1, 2], [4.0, 8.0]),
        ("loss_a >= 5", [1, 2], [0.0, 1.0]),
    ],
)
def test_metrics_are_made_of_logged_ones(
    tmp_path: Path, rule: str, steps: list[int], values: list[float]
) -> None:
    """Patterns, settings in braces, reducers over keys at their common steps, and comparisons."""
    rows = [
        {"which": "a", "step": 1, "loss_a": 4, "loss_b": 2, "config": {"which": "a"}},
        {"step": 2, "loss_a": 8, "config": {"which": "a"}},
    ]
    rule = rule.replace("{which}", "{config.which}")
    table = study(tmp_path, {"a": rows}, derived={"val/made": rule})
    made = table.runs[0].series["val/made"]
    assert (made.steps.tolist(), made.values.tolist()) == (steps, values)
    assert table.keys["val/made"].split == "val"


@pytest.mark.parametrize(
    ("reducer", "value"),
    [
        ("mean", 3.0),
        ("median", 2.0),
        ("sum", 9.0),
        ("count", 3.0),
        ("min", 1.0),
        ("max", 6.0),
        ("pstdev", 14**0.5 / 3**0.5),
        ("stdev", 7**0.5),
    ],
)
def test_a_history_is_reduced_to_one_value(tmp_path: Path, reducer: str, value: float) -> None:
    """The reducers are named as in Python's statistics module."""
    rows = [{"step": step, "loss": loss} for step, loss in ((1, 1), (2, 2), (3, 6))]
    table = study(tmp_path, {"a": rows}, derived={"made": f"{reducer} loss over steps"})
    assert table.runs[0].finals["made"].value == pytest.approx(value, abs=1e-12)


@pytest.mark.parametrize("rule", ["", "loss over steps", "average loss", "a but", "loss > x"])
def test_a_rule_that_is_none_is_refused(tmp_path: Path, rule: str) -> None:
    """The forms are shown."""
    with pytest.raises(SettingsError, match=r"(?s)\[runs.metrics\] made = .* is no rule.*pstdev"):
        study(tmp_path, {}, derived={"made": rule})


def test_the_settings_file_declares_all_of_it() -> None:
    """Rules of selection, side tables, names and derived metrics are read from paperback.toml."""
    settings = parse_settings(
        {
            "runs": {
                "names": "(?P<method>.+)-(?P<seed>[0-9]+)",
                "tables": [{"file": "a.csv", "path": "run", "only": True}],
                "metrics": {"val/acc": "mean acc_*"},
            },
            "study": {"select": "best val acc"},
        }
    )
    assert settings.run_names == ("(?P<method>.+)-(?P<seed>[0-9]+)",)
    assert (settings.tables[0].file, settings.tables[0].path, settings.tables[0].only) == (
        "a.csv",
        "run",
        True,
    )
    assert dict(settings.derived) == {"val/acc": "mean acc_*"}
    assert parse_protocol(settings.select).step == "best"


@pytest.mark.parametrize(
    ("runs", "words"),
    [
        ({"names": ["("]}, "names holds '\\('"),
        ({"names": ["a+"]}, "names no group"),
        ({"tables": [{"file": "a.csv"}]}, "lacks 'path'"),
        ({"tables": [{"file": "a.csv", "path": "b", "paths": "c"}]}, "Did you mean 'path'"),
        ({"metrics": {"a": 3}}, "Give a string"),
    ],
)
def test_wrong_declarations_are_refused(runs: dict[str, Any], words: str) -> None:
    """What is wrong is named, with the mend."""
    with pytest.raises(SettingsError, match=words):
        parse_settings({"runs": runs})
