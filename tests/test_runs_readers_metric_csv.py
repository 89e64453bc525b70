"""One headerless CSV per metric beside the settings of the run."""

from collections.abc import Callable

import numpy as np
import pytest

from paperback.runs import RunTable

Repository = Callable[..., RunTable]
ROWS = "1,1000,160.5\n2,2000,nan\n3,3000,-3e2\n"


def run(folder: str, rows: str = ROWS) -> dict[str, str]:
    params = '{"learning_rate": 0.1, "n_frames": 1}'
    return {
        f"{folder}/environment.csv": rows,
        f"{folder}/loss.csv": "1,1000,2\n",
        f"{folder}/params.json": params,
    }


def test_each_file_is_the_history_of_one_metric(repository: Repository) -> None:
    """The file's name is the metric's, the folder the run, and the second column counts steps."""
    (found,) = repository(run("d4rl/bcq/BCQ_ant_0")).runs
    assert (found.id, sorted(found.series)) == ("d4rl/bcq/BCQ_ant_0", ["environment", "loss"])
    series = found.series["environment"]
    assert series.steps.tolist() == [1000, 2000, 3000]
    np.testing.assert_array_equal(series.values, [160.5, np.nan, -300.0])
    assert found.params["learning_rate"] == 0.1


def test_method_data_set_and_seed_come_from_the_folders(repository: Repository) -> None:
    """`TD3_Ant-v0_3_20231113050121`: what is fixed in number is taken apart, and the time left out."""
    files: dict[str, str] = {}
    for method in ("TD3", "SAC"):
        for place, env in enumerate(("Ant-v0", "Hopper-v0")):
            for seed in (1, 2, 10):
                files |= run(f"d4rl/{method.lower()}/{method}_{env}_{seed}_2023111{place}0501{seed:02}")
    roles = repository(files).roles
    assert {name: role.values for name, role in roles.items()} == {
        "method": ("SAC", "TD3"),
        "dataset": ("Ant-v0", "Hopper-v0"),
        "seed": ("1", "2", "10"),
    }


@pytest.mark.parametrize(
    "rows",
    [
        "1,5,0.5\n1,2,0.5\n",
        "3,10,1\n2,11,1\n",
        "5,1,1\n6,2,1\n",
        "1,2\n3,4\n",
        "1,2,3,4\n2,3,4,5\n",
        "1,2,x\n",
    ],
    ids=["steps go back", "epochs go back", "more epochs than steps", "two columns", "four columns", "words"],
)
def test_other_numbers_are_no_history(repository: Repository, rows: str) -> None:
    """Data that happen to have three columns are left alone."""
    (found,) = repository(run("exp/a", rows)).runs
    assert list(found.series) == ["loss"]


def test_numbers_far_from_any_run_are_data(repository: Repository) -> None:
    """Neither settings beside them nor a folder of logs above them."""
    table = repository({"data/points.csv": ROWS} | run("exp/a"))
    assert [found.id for found in table.runs] == ["exp/a"]


def test_a_row_that_was_cut_is_told(repository: Repository) -> None:
    """What stands before it counts."""
    table = repository(run("exp/a", "1,1000,5\n2,20"))
    assert table.runs[0].series["environment"].values.tolist() == [5.0]
    assert [finding.kind for finding in table.findings] == ["truncated-log"]
