"""What the paths of runs tell where they differ in depth, hold more than roles, or are the same."""

from collections.abc import Callable, Mapping
from itertools import product
from typing import Any

import pytest

from paperback.errors import EvidenceError
from paperback.evidence import estimate
from paperback.runs import RunTable

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
