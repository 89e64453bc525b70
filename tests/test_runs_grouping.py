"""Runs grouped into methods, data sets and seeds where their settings make it hard."""

from collections.abc import Callable
from itertools import product
from typing import Any

import numpy as np
import pytest

from paperback.evidence import estimate
from paperback.runs import Run, RunTable, Series, final, parse_protocol
from paperback.runs.key import parse_key
from paperback.runs.metric import Metric
from paperback.source import Source

Repository = Callable[..., RunTable]


def result(acc: float = 0.5, **settings: Any) -> dict[str, Any]:
    return {"config": settings, "metrics": {"test": {"acc": acc}}}


def numbered(*results: dict[str, Any]) -> dict[str, Any]:
    return {f"runs/run-{place:03}/result.json": one for place, one in enumerate(results)}


def grid(**more: Any) -> list[dict[str, Any]]:
    return [
        result(method=method, dataset=dataset, seed=seed, **more)
        for method, dataset, seed in product(("mlp", "cnn"), ("adult", "wine"), range(3))
    ]


def messages(table: RunTable, kind: str) -> list[str]:
    return [finding.message for finding in table.findings if finding.kind == kind]


def keys(table: RunTable) -> dict[str, str]:
    return {name: role.key for name, role in table.roles.items()}


def test_seeds_drawn_by_the_logger_pair_nothing(repository: Repository) -> None:
    """Sacred draws a large seed for each run; such numbers are no common seeds."""
    rows = [result(method=m, dataset="d", seed=912_345_678 + 7919 * i) for i, m in enumerate("aaabbb")]
    table = repository(numbered(*rows))
    assert "seed" not in table.roles
    assert any("config.seed" in message for message in messages(table, "unknown-role"))
    assert estimate(table, "acc", split="test", where={"method": "a"}).n == 3


def test_a_seed_may_stand_in_the_name_alone(repository: Repository) -> None:
    """`mlp-s0`, with everything before it kept whole."""
    files = {f"runs/{m}-s{s}/result.json": {"metrics": {"test": {"acc": s}}} for m in "ab" for s in range(3)}
    table = repository(files)
    assert table.roles["seed"].values == ("0", "1", "2")
    assert table.roles["method"].values == ("a", "b")


def test_folds_are_no_seeds(repository: Repository) -> None:
    """Each has a role; a mean over both takes the combinations."""
    rows = [result(s + f, method="a", dataset="d", fold=f, seed=s) for f in range(3) for s in range(2)]
    table = repository(numbered(*rows))
    assert (keys(table)["seed"], keys(table)["fold"]) == ("config.seed", "config.fold")
    assert estimate(table, "acc", split="test", over=("seed+fold",)).n == 6
    rows = [result(f, method=m, dataset="d", fold=f) for f in range(3) for m in "ab"]
    assert keys(repository({f"other/{path}": row for path, row in numbered(*rows).items()})).keys() >= {
        "fold"
    }


def test_a_composite_name_is_no_method(repository: Repository) -> None:
    """`mlp_adult_0` names a run; its parts have keys of their own."""
    rows = grid()
    for row in rows:
        row["config"]["exp_name"] = "_".join(map(str, row["config"].values()))
    table = repository(numbered(*rows))
    assert keys(table) == {name: f"config.{name}" for name in ("method", "dataset", "seed")}


@pytest.mark.parametrize(
    ("late", "kind", "words"),
    [
        ({"learning_rate": 0.1}, "renamed-setting", "a on d set config.learning_rate, the others config.lr"),
        ({"lr": 0.1, "dropout": 0.0}, "unset-setting", "config.dropout in 2 of 4 runs of a on d"),
        ({"learning_rate": 0.2}, "unset-setting", "config.lr in 2 of 4 runs of a on d"),
    ],
    ids=["another name", "a default that was added", "another value"],
)
def test_settings_that_only_some_runs_know_are_told(
    repository: Repository, late: dict[str, Any], kind: str, words: str
) -> None:
    """A missing setting is neither null nor its later default."""
    rows = [result(method="a", dataset="d", seed=s, **({"lr": 0.1} if s < 2 else late)) for s in range(4)]
    table = repository(numbered(*rows))
    (message,) = messages(table, kind)
    assert words in message


def test_settings_of_one_method_alone_are_not_told(repository: Repository) -> None:
    """Methods have settings of their own, and every machine its facts."""
    rows = [result(method="a", dataset="d", seed=s, width=8) for s in range(2)]
    rows += [result(method="b", dataset="d", seed=s, depth=2) for s in range(2)]
    rows[0]["config"]["host"] = "x"
    table = repository(numbered(*rows))
    assert not messages(table, "unset-setting") + messages(table, "renamed-setting")


def test_a_search_for_one_method_alone_is_told(repository: Repository) -> None:
    """Every method should have had as many trials."""
    trials = {
        f"tuning/ours/{n}/result.json": {"config": {"method": "ours", "lr": 10.0**-n}, "val_acc": 0.5}
        for n in range(4)
    }
    rows = [result(method=m, dataset="d", seed=s) for m in ("ours", "mlp") for s in range(2)]
    (message,) = messages(repository({**numbered(*rows), **trials}), "unequal-tuning")
    assert "mlp 0, ours 4" in message


def table_of(**series: list[tuple[int, float]]) -> RunTable:
    curves = {
        key.replace("_", "/"): Series(
            np.array([step for step, _ in points]), np.array([v for _, v in points]), "step", Source("x")
        )
        for key, points in series.items()
    }
    metric = {"acc": Metric("acc", "acc", "", "higher", False, None, "data")}
    return RunTable(
        (Run("a", series=curves),), {}, metric, {key: parse_key(key) for key in curves}, (), {},
        parse_protocol("best val acc"),
    )  # fmt: skip


NAN = float("nan")


@pytest.mark.parametrize(
    ("val", "test", "wanted"),
    [
        ([(0, 0.9), (1, 0.5)], [(0, 0.1), (1, 0.2)], 0.1),
        ([(0, 0.5), (1, 0.9), (2, 0.9)], [(0, 0.1), (1, 0.2), (2, 0.3)], 0.2),
        ([(0, NAN), (1, NAN)], [(0, 0.1), (1, 0.2)], None),
        ([(0, NAN), (1, 0.5)], [(0, 0.1), (1, 0.2)], 0.2),
        ([(0, 0.5), (10, 0.9)], [(0, 0.1), (7, 0.2), (14, 0.3)], 0.2),
        ([(0, 0.9), (10, 0.5)], [(5, 0.2)], None),
    ],
    ids=["best before training", "a tie", "never a number", "not always a number", "another cadence",
         "later"],
)  # fmt: skip
def test_the_best_validation_step_is_chosen_as_it_should_be(
    val: list[tuple[int, float]], test: list[tuple[int, float]], wanted: float | None
) -> None:
    """The earliest of the best; the test value is that of the step or the nearest earlier one."""
    table = table_of(val_acc=val, test_acc=test)
    found = final(table, table.runs[0], "acc", "test")
    assert (None if found is None else found.value) == wanted


def test_one_run_has_no_spread(repository: Repository) -> None:
    """And its interval says why there is none."""
    table = repository(numbered(result(0.5, method="a", dataset="d", seed=0)))
    found = estimate(table, "acc", split="test")
    assert (found.n, found.std, found.low) == (1, None, None)
