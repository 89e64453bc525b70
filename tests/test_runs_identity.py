"""Which logs are one run, which are items of a test set, and which numbers are seeds."""

import json
from collections.abc import Callable, Mapping
from itertools import product
from typing import Any

import pytest

from paperback.evidence import estimate, recognise_shape
from paperback.runs import RunTable, history

Repository = Callable[..., RunTable]


def kinds(table: RunTable) -> set[str]:
    return {finding.kind for finding in table.findings} - {"unknown-role"}


def lines(rows: list[dict[str, Any]]) -> str:
    return "".join(json.dumps(row) + "\n" for row in rows)


def item(place: int, **more: Any) -> dict[str, Any]:
    return {"config": {"idx": place, **more}, "acc": place / 4}


def test_files_of_single_items_are_no_parts_of_one_run(repository: Repository) -> None:
    """Logs of one folder that differ in `config.idx` and in what they measured are told apart."""
    files = {
        f"logs/{name}/results_{i}.json": item(i, method=name) for name in ("io", "cot") for i in range(4)
    }
    table = repository(files)
    assert len(table.runs) == 8
    assert not kinds(table)
    assert "seed" not in table.roles
    assert recognise_shape(table, "acc").item == "config.idx"
    assert estimate(table, "acc", where={"method": "cot"}, over=("config.idx",)).value == 0.375


FORMS: dict[str, Callable[[list[dict[str, Any]]], Any]] = {
    "json": lambda rows: rows,
    "jsonl": lines,
    "csv": lambda rows: "idx,acc\n" + "".join(f"{row['idx']},{row['acc']}\n" for row in rows),
}


@pytest.mark.parametrize("ending", FORMS)
def test_rows_of_items_are_no_history(repository: Repository, ending: str) -> None:
    """The mean over the items is reported, not the last item; the file's name tells the method."""
    rows = [{"idx": i, "acc": i / 4} for i in range(4)]
    table = repository({f"logs/games/{name}.{ending}": FORMS[ending](rows) for name in ("io", "cot")})
    assert (len(table.runs), table.roles["method"].values) == (8, ("cot", "io"))
    assert estimate(table, "acc", where={"method": "io"}).value == 0.375


def test_records_with_a_section_of_settings_are_runs(repository: Repository) -> None:
    """A list in one file, where each element says how it was configured."""
    table = repository({"logs/io.json": [item(i) for i in range(4)], "logs/cot.json": [item(0), item(1)]})
    assert [run.id for run in table.runs] == [f"logs/cot.json#{i}" for i in (0, 1)] + [
        f"logs/io.json#{i}" for i in range(4)
    ]


def test_a_history_with_a_key_of_items_stays_one(repository: Repository) -> None:
    """Steps count before items, and an index that repeats names none."""
    steps = lines([{"step": i, "idx": i, "loss": 1.0} for i in range(3)])
    again = lines([{"idx": i % 2, "loss": 1.0} for i in range(4)])
    table = repository({"runs/a/log.jsonl": steps, "runs/b/log.jsonl": again})
    assert [len(run.series["loss"].values) for run in table.runs] == [3, 4]


def test_a_data_set_is_no_log(repository: Repository) -> None:
    """Questions with scores outside any folder of logs are left alone."""
    rows = [{"idx": i, "score": i, "config": {"level": i}} for i in range(3)]
    table = repository({"data/items.json": rows, "runs/a/result.json": {"seed": 1, "metrics": {"acc": 1}}})
    assert len(table.runs) == 1


def test_two_evaluations_of_one_run_are_a_conflict(repository: Repository) -> None:
    """A step or a time in which they differ makes no second run."""
    files = {
        "runs/a/results_1.json": {"steps": 100, "time": "x", "metrics": {"acc": 0.5}},
        "runs/a/results_2.json": {"steps": 200, "time": "y", "metrics": {"acc": 0.75}},
    }
    table = repository(files)
    assert (len(table.runs), kinds(table)) == (1, {"conflicting-logs"})


def trials(lr: Callable[[int], float], number: Callable[[int, int], Any], **more: Any) -> Mapping[str, Any]:
    return {
        f"runs/{method}-{trial}.json": {
            "config": {"method": name, "trial": number(method, trial), "lr": lr(trial), **more},
            "metrics": {"test": {"acc": 0.5 + trial / 10}},
        }
        for (method, name), trial in product(enumerate(("mlp", "cnn")), range(3))
    }


@pytest.mark.parametrize(
    ("files", "is_seed"),
    [
        (trials(lambda _: 0.1, lambda _, trial: trial), True),
        (trials(lambda _: 0.1, lambda _, trial: trial, host="a"), True),
        (trials(lambda trial: 10.0**-trial, lambda _, trial: trial), False),
        (trials(lambda trial: 10.0**-trial, lambda method, trial: 3 * method + trial), False),
        (trials(lambda _: 0.1, lambda _, trial: f"4f{trial}e"), False),
        (trials(lambda _: 0.1, lambda _, trial: 1_700_000_000 + trial), False),
    ],
    ids=["repetitions", "repetitions with a constant", "a search", "a counter", "names", "times"],
)  # fmt: skip
def test_a_trial_is_a_seed_where_nothing_else_changes(
    repository: Repository, files: Mapping[str, Any], is_seed: bool
) -> None:
    """Distinct small numbers within equal configurations repeat; with other settings they number a search."""
    roles = repository(files).roles
    assert [role.key for name, role in roles.items() if name == "seed"] == ["config.trial"] * is_seed


def test_a_declared_trial_is_a_seed(repository: Repository) -> None:
    """The author knows better."""
    files = trials(lambda trial: 10.0**-trial, lambda _, trial: trial)
    assert repository(files, roles={"seed": "config.trial"}).roles["seed"].values == ("0", "1", "2")


def test_runs_that_are_merely_numbered_have_no_seeds(repository: Repository) -> None:
    """Numbers that no two methods share are offered to the author and not taken."""
    files = {
        f"runs/{place}/result.json": {"method": name, "dataset": "d", "metrics": {"acc": place}}
        for place, name in enumerate(["mlp"] * 3 + ["cnn"] * 3)
    }
    table = repository(files)
    assert "seed" not in table.roles
    assert any("number at the end" in finding.message for finding in table.findings)


@pytest.mark.parametrize("sign", ["-", "_"])
@pytest.mark.parametrize("behind", [True, False], ids=["name first", "data set first"])
def test_a_compound_folder_is_taken_apart_by_what_is_known(
    repository: Repository, sign: str, behind: bool
) -> None:
    """`a2c-Acrobot-v1` is the method `a2c` where the log names the data set, also in another version."""
    data = [
        f"{name}-v{version}" for name in ("Acrobot", "Ant", "Pong", "Cart", "Hopper") for version in (1, 2)
    ]
    files = {}
    for method, dataset in product(("a2c", "td3"), data):
        name = sign.join((method, dataset) if behind else (dataset, method))
        said = "Ant-v0" if (method, dataset) == ("a2c", "Ant-v1") else dataset
        files[f"logs/benchmark/{name}/0.monitor.csv"] = f'#{{"env_id": "{said}"}}\nr,l,t\n2,5,1\n'
    roles = repository(files).roles
    assert roles["method"].values == ("a2c", "td3")
    assert roles["dataset"].key == "env_id"


def test_a_column_that_counts_the_rows_is_no_metric(repository: Repository) -> None:
    """The unnamed column that pandas writes is left out; one that names the rows is kept."""
    counted = ",seed,method,accuracy\n0,0,net,0.5\n1,1,net,0.6\n"
    table = repository({"runs/table.csv": counted})
    assert set(table.metrics) == {"accuracy"}
    assert [run.params for run in table.runs] == [{"seed": seed, "method": "net"} for seed in (0, 1)]


def test_what_is_the_same_everywhere_beside_the_data_set_is_no_method(repository: Repository) -> None:
    """`dmc_hop`, `dmc_run`: what stands before the data set is a suite."""
    files = {
        f"curves/dmc_{task}.csv": f"task,seed,step,reward\n{task},0,1,3\n{task},0,2,4\n{task},1,1,3\n"
        for task in ("hop", "run", "swim")
    }
    table = repository(files)
    assert set(table.roles) == {"dataset", "seed"}


@pytest.mark.parametrize("key", ["framework", "classifier", "estimator", "learner"])
def test_what_was_trained_is_the_method(key: str, repository: Repository) -> None:
    """Benchmarks of other fields call their methods otherwise."""
    rows = "".join(
        f"{name},{task},{0.5 + len(task) / 10}\n" for name in ("forest", "svm") for task in ("a", "bc")
    )
    table = repository({"results.csv": f"{key},task,acc\n{rows}"})
    assert table.roles["method"].values == ("forest", "svm")


def test_words_and_settings_tell_rows_apart(repository: Repository) -> None:
    """A table of results whose columns bear unknown names gives one run a row."""
    rows = [(name, task, lr) for name in ("big", "small") for task in ("a", "b") for lr in (0.1, 0.2)]
    lines = "".join(f"{name},{task},{lr},{place / 10}\n" for place, (name, task, lr) in enumerate(rows))
    table = repository({"results.csv": f"flavour,task,lr,acc\n{lines}"})
    assert [(run.params["flavour"], run.params["task"], run.params["lr"]) for run in table.runs] == rows
    assert [next(iter(run.finals.values())).value for run in table.runs] == [place / 10 for place in range(8)]


def test_words_in_a_history_split_no_run(repository: Repository) -> None:
    """Events of other kinds, times and a changing learning rate stand in the history of one run."""
    rows = [
        {
            "seed": 1,
            "step": step,
            "lr": 0.1 / (1 + step),
            "when": f"12:00:0{step}",
            "what": what,
            key: step / 10,
        }
        for step in (0, 1, 2, 1, 2, 3)
        for what, key in (("fit", "loss"), ("eval", "acc"))
    ]
    table = repository({"runs/log.jsonl": "\n".join(map(json.dumps, rows))})
    assert len(table.runs) == 1
    series = history(table, table.runs[0], "loss")
    assert series is not None
    assert series.values.tolist() == [0, 0.1, 0.2, 0.3]


def test_words_tell_histories_apart_that_share_their_steps(repository: Repository) -> None:
    """Two runs in one file, told apart by a column that no lexicon knows."""
    rows = [
        {"seed": 1, "step": step, "flavour": flavour, "loss": step + len(flavour)}
        for flavour in ("big", "small")
        for step in range(3)
    ]
    table = repository({"runs/log.jsonl": "\n".join(map(json.dumps, rows))})
    assert [run.params["flavour"] for run in table.runs] == ["big", "small"]
