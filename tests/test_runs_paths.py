"""What the paths of runs tell where they differ in depth, hold more than roles, or are the same."""

from collections.abc import Callable, Mapping
from itertools import product
from typing import Any

import pytest

from paperback.errors import EvidenceError
from paperback.evidence import estimate
from paperback.runs import RunTable
from paperback.runs.place import places_of

Repository = Callable[..., RunTable]
METHODS = {"mlp": 0.0, "mlp-wide": 0.1, "resnet": 0.2}
DATASETS = ("adult", "wine")


def measured(score: float, **config: Any) -> dict[str, Any]:
    return {"config": config, "metrics": {"test": {"acc": score}}}


def study() -> dict[str, Any]:
    """Evaluations and ensembles of runs that a search in a shallower folder preceded."""
    files: dict[str, Any] = {}
    for (method, base), dataset in product(METHODS.items(), DATASETS):
        home = f"exp/{method}/{dataset}"
        data = {"path": f"data/{dataset}"}
        files[f"{home}/0_tuning/report.json"] = measured(0.1, seed=0, data=data)
        for seed in range(9):
            score = base + seed / 100
            files[f"{home}/0_evaluation/{seed}/report.json"] = measured(score, seed=seed, data=data)
        files[f"{home}/0_ensemble_3/0/report.json"] = measured(base + 0.5, size=3)
    return files


def test_paths_of_unequal_depth_tell_the_method(repository: Repository) -> None:
    """The levels that nearly all paths have are columns."""
    role = repository(study()).roles["method"]
    assert (role.key, role.values) == ("part 2 of the path", ("mlp", "mlp-wide", "resnet"))


def test_a_level_that_tells_apart_equal_runs_is_the_variant(repository: Repository) -> None:
    """Evaluations, ensembles and the search are never averaged together unseen."""
    table = repository(study())
    where = {"method": "mlp-wide", "dataset": "wine"}
    assert table.roles["variant"].values == ("0_ensemble_3", "0_evaluation", "0_tuning")
    with pytest.raises(EvidenceError, match="also vary in variant"):
        estimate(table, "acc", split="test", where=where)
    found = estimate(table, "acc", split="test", where={**where, "variant": "0_evaluation"})
    assert (round(found.value, 4), found.n) == (0.14, 9)


def test_a_run_without_the_setting_is_named_by_its_path(repository: Repository) -> None:
    """An ensemble that does not say its data set lies below the folder of one that does."""
    table = repository(study())
    where = {"method": "resnet", "dataset": "adult", "variant": "0_ensemble_3"}
    assert estimate(table, "acc", split="test", where=where).value == 0.7


def test_crossed_names_are_taken_apart_at_the_underscore(repository: Repository) -> None:
    """`QBC_asterix_3_20220101123000`: no name is known, but each method was run on each data set."""
    files = {
        f"runs/{m}_{d}_{s}_2022010112300{s}/result.json": measured(s / 10)
        for m, d, s in product(("QBC", "QDT", "ZAP"), ("asterix", "qbert"), (1, 2))
    }
    levels = [sorted(part.values) for part in places_of(repository(files).runs).parts]
    assert levels == [["QBC", "QDT", "ZAP"], ["asterix", "qbert"]]


def test_names_that_are_not_crossed_stay_whole(repository: Repository) -> None:
    """`ball_catch` and `walker_walk` share no word with `walker_run`'s other half."""
    tasks = ("ball_catch", "walker_walk", "walker_run", "finger_spin", "hand_turn", "hand_spin")
    files = {f"runs/{t}_{s}/result.json": measured(s / 10) for t, s in product(tasks, (1, 2))}
    assert [part.values for part in places_of(repository(files).runs).parts] == [frozenset(tasks)]


def test_a_level_named_like_the_setting_fills_what_no_run_says(repository: Repository) -> None:
    """Runs of one method wrote no settings; its folder is named as the others' methods are."""
    files = {
        f"runs/{m}_{d}_{s}/result.json": measured(s / 10, **({} if m == "ZAP" else {"algorithm": m}))
        for m, d, s in product(("QBC", "QDT", "ZAP"), ("asterix", "qbert"), (1, 2))
    }
    table = repository(files)
    assert table.roles["method"].values == ("QBC", "QDT", "ZAP")
    assert table.roles["dataset"].values == ("asterix", "qbert")


def test_copies_are_no_variants(repository: Repository) -> None:
    """Runs that measured the same are told as duplicates."""
    files = {
        f"{place}/{method}/{seed}/result.json": measured(
            0.5 + seed / 10, method=method, dataset="d", seed=seed
        )
        for place, method, seed in product(("results", "kept"), ("mlp", "cnn"), range(4))
    }
    table = repository(files)
    assert "variant" not in table.roles
    assert {finding.kind for finding in table.findings} == {"duplicate-run"}


def test_batches_of_other_seeds_are_no_variants(repository: Repository) -> None:
    """Seeds that were run on two days are the seeds of one method."""
    files = {
        f"runs/day{seed // 2}/{method}-{seed}/result.json": measured(
            0.5, method=method, dataset="d", seed=seed
        )
        for method, seed in product(("mlp", "cnn"), range(4))
    }
    assert "variant" not in repository(files).roles


def curves() -> Mapping[str, str]:
    return {
        f"learning_curves/{env}/TD3_{env}-v1_{seed}.csv": "step,eval_return\n0,1\n1,2\n"
        for env, seed in product(("Ant", "Hopper"), range(3))
    }


def test_one_known_name_in_all_paths_is_the_method(repository: Repository) -> None:
    """A study of one method on several data sets."""
    roles = repository(dict(curves())).roles
    assert {name: role.values for name, role in roles.items()} == {
        "method": ("TD3",),
        "dataset": ("Ant-v1", "Hopper-v1"),
        "seed": ("0", "1", "2"),
    }


@pytest.mark.parametrize(
    ("early", "late"),
    [
        ({"best_bins": None}, {"prediction": None}),
        ({"bins": 3}, {"tiers": 3}),
        ({"x_on": True}, {"on": True}),
    ],
    ids=["nothing", "other words", "a truth value"],
)
def test_settings_of_a_common_value_were_not_renamed(
    repository: Repository, early: dict[str, Any], late: dict[str, Any]
) -> None:
    """Nothing, yes and no, and names that share no word, are no evidence of another name."""
    files = {
        f"runs/{seed}/result.json": measured(0.5, method="a", seed=seed, **(early if seed < 2 else late))
        for seed in range(4)
    }
    assert "renamed-setting" not in {finding.kind for finding in repository(files).findings}


AUTOMATIC = {
    "wandb": ("wandb/run-20240101_120000-abcd1234", "wandb/run-20240102_130000-x1y2z3w4"),
    "wandb offline": ("wandb/offline-run-20240101_120000-abcd1234", "wandb/offline-run-20240101_120009-q2"),
    "torch": ("runs/Jul23_18-37-14_e7dbf158ebfe", "runs/Jul23_07-08-58_e7dbf158ebfe"),
    "hydra": ("outputs/2024-01-01/12-00-00", "outputs/2024-01-01/12-10-00"),
    "lightning": ("lightning_logs/version_0", "lightning_logs/version_1"),
    "uuid": ("runs/" + "0123456789abcdef" * 2, "runs/" + "abcdef0123456789" * 2),
}


@pytest.mark.parametrize("folders", AUTOMATIC.values(), ids=AUTOMATIC)
def test_a_folder_that_a_tracker_named_is_no_method(repository: Repository, folders: tuple[str, ...]) -> None:
    """Also where there are so few runs that each of any name would be one."""
    table = repository({f"{folder}/metrics.json": {"test_accuracy": 0.5} for folder in folders})
    assert len(table.runs) == 2
    assert not table.roles


def test_a_chosen_name_beside_automatic_ones_is_one(repository: Repository) -> None:
    """What stands above the tracker's folder still names the method."""
    names = ("run-20240101_120000-abcd1234", "run-20240102_130000-x1y2z3w4")
    files = {f"runs/{m}/{n}/metrics.json": {"test_accuracy": 0.5} for m in ("a", "b") for n in names}
    assert repository(files).roles["method"].values == ("a", "b")


def test_a_vocabulary_is_no_run(repository: Repository) -> None:
    """Some of its words name metrics, among thousands."""
    vocabulary = {f"word{place}": place for place in range(2000)} | {"loss": 3, "accuracy": 4}
    good = {"config": {"seed": 1}, "metrics": {"acc": 1}}
    table = repository(
        {"encoder/encoder.json": vocabulary, "logs/encoder.json": vocabulary, "runs/a/r.json": good}
    )
    assert [run.id for run in table.runs] == ["runs/a/r.json"]


def test_data_in_json_lines_is_no_broken_log(repository: Repository) -> None:
    """A space behind the brace changes nothing, and a text that speaks of a score is no log."""
    lines = '{ "translation": { "en": "the score" } }\n{ "translation": { "en": "a loss" } }\n'
    table = repository({"data/val.json": lines, "runs/a/result.json": {"config": {"seed": 1}, "acc": 1}})
    assert (len(table.runs), [f.kind for f in table.findings]) == (1, [])


def test_sizes_in_file_names_keep_runs_apart(repository: Repository) -> None:
    """`eval_results_1.4b_1000.json` is more than a log's name with a number."""
    files = {
        f"evals/eval_results_1.4b-x_{step}.json": {"model_args": {"iteration": step}, "acc": step / 10000}
        for step in (1000, 2000)
    }
    table = repository(files)
    assert (len(table.runs), {f.kind for f in table.findings} & {"conflicting-logs"}) == (2, set())


def test_logs_that_disagree_are_told_once(repository: Repository) -> None:
    """One finding for a run, with the count of further values."""
    values = {f"acc_{n}": 0.5 for n in range(4)}
    files = {
        "runs/a/results_1.json": {"metrics": values},
        "runs/a/results_2.json": {"metrics": dict.fromkeys(values, 0.75)},
    }
    (finding,) = [f for f in repository(files).findings if f.kind == "conflicting-logs"]
    assert finding.message.endswith("runs/a/results_2.json; 3 more values differ")
