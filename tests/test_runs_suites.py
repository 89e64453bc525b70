"""Data sets that are parts of several benchmarks, which only the names of the files tell."""

from collections.abc import Callable
from itertools import product
from typing import Any

import pytest

from paperback.evidence import estimate
from paperback.runs import RunTable

Repository = Callable[..., RunTable]
TASKS = ("atari_pong", "atari_alien", "atari_hero")


def curves(method: str, score: float, *, tasks: tuple[str, ...] = TASKS) -> list[dict[str, Any]]:
    return [
        {"task": task, "method": method, "seed": seed, "xs": [0, 10], "ys": [0, score + seed]}
        for task, seed in product(tasks, range(3))
    ]


def study() -> dict[str, Any]:
    """Two methods under two budgets, whose files are named by budget and method, and a third benchmark."""
    scores = {("atari57", "ppo"): 100.0, ("atari57", "mine"): 200.0, ("atari100k", "mine"): 20.0}
    files = {f"scores/{suite}-{m}.json": curves(m, score) for (suite, m), score in scores.items()}
    files["scores/atari100k-ppo.json"] = curves("ppo", 10.0)
    files["scores/procgen-mine.json"] = curves("mine", 5.0, tasks=("procgen_maze", "procgen_coinrun"))
    return files


def kinds(table: RunTable) -> set[str]:
    return {finding.kind for finding in table.findings}


def test_a_benchmark_before_the_method_is_part_of_the_data_set(repository: Repository) -> None:
    """`atari57-mine` and `atari100k-mine` hold runs of one task that are no duplicates of one another."""
    table = repository(study())
    role = table.roles["dataset"]
    assert {name for name in role.values if "/" in name} == {
        f"{suite}/{task}" for suite, task in product(("atari57", "atari100k"), TASKS)
    }
    assert "procgen_maze" in role.values
    assert "duplicate-run" not in kinds(table)
    where = {"method": "mine", "dataset": "atari100k/atari_pong"}
    assert (estimate(table, "ys", where=where).value, estimate(table, "ys", where=where).n) == (21.0, 3)


def test_a_known_benchmark_is_one_whatever_its_data_sets_are_called(repository: Repository) -> None:
    """A folder named `dmlab30` or `mujoco` over tasks without that word."""
    files = {
        f"{suite}_v{v}/{method}/{task}.json": curves(method, 10.0 * v + len(method), tasks=(task,))
        for suite, v, method, task in product(("mujoco",), (2, 4), ("ppo", "mine"), ("hop", "run"))
    }
    assert set(repository(files).roles["dataset"].values) == {
        f"mujoco_v{v}/{task}" for v, task in product((2, 4), ("hop", "run"))
    }


def test_one_method_may_be_tried_on_two_benchmarks(repository: Repository) -> None:
    """What is the same everywhere tells nothing about the level."""
    files = {
        f"{s}/{t}.json": curves("a", v, tasks=(t,)) for s, v in (("dmc1", 1), ("dmc2", 2)) for t in TASKS
    }
    assert len(repository(files).roles["dataset"].values) == 2 * len(TASKS)


def test_folds_of_data_sets_are_no_benchmarks(repository: Repository) -> None:
    """`adult-0/adult` names a part of one data set, whose name has but one word."""
    files = {
        f"runs/{d}-{f}/{d}/{m}.json": {"config": {"method": m, "dataset": d}, "metrics": {"acc": f}}
        for d, f, m in product(("adult", "wine"), range(2), "ab")
    }
    assert set(repository(files).roles["dataset"].values) == {"adult", "wine"}


def test_copies_under_two_benchmarks_are_duplicates(repository: Repository) -> None:
    """A file that was copied to another name measured nothing anew."""
    files = {f"scores/{s}-{m}.json": curves(m, 7.0) for s, m in product(("atari57", "atari100k"), ("a", "b"))}
    table = repository(files)
    assert set(table.roles["dataset"].values) == set(TASKS)
    assert "duplicate-run" in kinds(table)


def test_a_file_named_by_what_was_changed_is_a_variant(repository: Repository) -> None:
    """`atari-mine-schedules` names the method; what follows is no benchmark."""
    files = {
        "scores/atari-mine.json": curves("mine", 1.0) + curves("ppo", 2.0),
        "scores/atari-mine-schedules.json": curves("mine", 3.0),
    }
    table = repository(files)
    assert set(table.roles["dataset"].values) == set(TASKS)
    assert table.roles["variant"].values == ("atari-mine", "atari-mine-schedules")


@pytest.mark.parametrize(("strangers", "known"), [(1, True), (6, False)])
def test_a_few_seeds_of_another_name_are_seeds(strangers: int, known: bool, repository: Repository) -> None:
    """Seeds are numbers; where many are not, the setting names something else."""
    rows = curves("a", 1.0) + curves("b", 2.0)
    for place, row in enumerate(rows[:strangers]):
        row["seed"] = f"indir_{'ab'[place % 2]}x{place}"
    assert ("seed" in repository({"scores/all.json": rows}).roles) is known


def test_a_curve_of_one_point_is_a_curve(repository: Repository) -> None:
    """A run that ended early logged its value, and it is no setting."""
    rows = curves("a", 1.0)
    rows[4] |= {"xs": [0], "ys": [3.1]}
    table = repository({"scores/all.json": rows})
    assert "run-without-metrics" not in kinds(table)
    assert "unset-setting" not in kinds(table)
    assert [run.series["ys"].values.tolist() for run in table.runs][4] == [3.1]
