"""Ray Tune trials: written here as Ray writes them, and by Ray itself."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from paperback.runs import RunTable, Status, read_runs
from paperback.runs.readers import ray_tune
from paperback.runs.readers.log import LogFile
from paperback.settings import Settings

Repository = Callable[..., RunTable]
OWN = {"timestamp": 1, "time_total_s": 2.5, "pid": 7, "hostname": "h", "trial_id": "t1", "done": False}


def results(count: int, **last: Any) -> str:
    rows = [
        {"loss": 1 / i, "nan": float("nan"), "info": {"x": i}, "training_iteration": i, **OWN,
         "config": {"lr": 0.1, "opt": {"name": "adam", "betas": [1]}}}
        for i in range(1, count + 1)
    ]  # fmt: skip
    rows[-1] |= last
    return "".join(json.dumps(row) + "\n" for row in rows)


def progress(count: int) -> str:
    rows = [f"{1 / i},nan,{i},{i},t1,2.5" for i in range(1, count + 1)]
    return "\n".join(["loss,nan,info/x,training_iteration,trial_id,time_total_s", *rows, ""])


def state(status: str) -> dict[str, Any]:
    return {
        "trial_data": [[json.dumps({"trial_id": "t1", "status": status}), "{}"]],
        "runner_data": {"acc": 1},
    }


def test_one_trial_is_one_run(repository: Repository) -> None:
    """Results, table and parameters say the same; the experiment's state says how the trial ended."""
    files = {
        "exp/trial_1/result.json": results(3), "exp/trial_1/progress.csv": progress(3),
        "exp/trial_1/params.json": {"lr": 0.1}, "exp/experiment_state-1.json": state("TERMINATED"),
    }  # fmt: skip
    table = repository(files)
    (run,) = table.runs
    assert run.id == "exp/trial_1"
    assert {key: run.params[key] for key in ("lr", "opt.name", "opt.betas")} == {
        "lr": 0.1, "opt.name": "adam", "opt.betas": "[1]",
    }  # fmt: skip
    assert run.series["loss"].values.tolist() == [1, 1 / 2, 1 / 3]
    assert (run.series["loss"].axis, run.series["loss"].steps.tolist()) == ("training_iteration", [1, 2, 3])
    assert np.isnan(run.series["nan"].values).all()
    assert sorted(run.series) == ["info.x", "loss", "nan"]
    assert run.status is Status.FINISHED
    assert run.facts == {"host": "h", "duration": 2.5, "trial": "t1"}
    assert "exp/experiment_state-1.json" in table.files


@pytest.mark.parametrize(
    ("files", "status"),
    [({}, Status.UNKNOWN), ({"exp/trial_1/error.txt": "x"}, Status.FAILED),
     ({"exp/experiment_state-1.json": state("ERROR")}, Status.FAILED),
     ({"exp/experiment_state-1.json": {"checkpoints": [{"trial_id": "t1", "status": "RUNNING"}]}},
      Status.RUNNING),
     ({"exp/experiment_state-1.json": "{"}, Status.UNKNOWN),
     ({"exp/experiment_state-1.json": {"trial_data": [], "acc": 1}}, Status.UNKNOWN)],
    ids=["nothing", "error file", "error", "older state", "broken state", "no trial"],
)  # fmt: skip
def test_how_a_trial_ended(repository: Repository, files: dict[str, Any], status: Status) -> None:
    """An error file, the experiment's state, or nobody tells."""
    (run,) = repository({"exp/trial_1/result.json": results(2), **files}).runs
    assert run.status is status


def test_a_trial_that_says_that_it_is_done_finished(repository: Repository) -> None:
    """The last result may carry the end."""
    (run,) = repository({"exp/trial_1/result.json": results(2, done=True)}).runs
    assert run.status is Status.FINISHED


@pytest.mark.parametrize("empty", [{}, {"exp/trial_1/result.json": ""}], ids=["missing", "empty"])
def test_without_results_the_table_is_read(repository: Repository, empty: dict[str, str]) -> None:
    """A restart may repeat the header; a ragged row is told."""
    text = progress(2) + progress(1) + "1,2\n"
    table = repository({**empty, "exp/trial_1/progress.csv": text})
    assert table.runs[0].series["loss"].values.tolist() == [1, 0.5, 1]
    assert [finding.kind for finding in table.findings if "progress" in finding.message] == ["truncated-log"]


WHOLE = results(4).encode()


@given(st.integers(0, len(WHOLE)))
def test_a_cut_file_keeps_whole_results(size: int) -> None:
    """An incomplete last line is told, the lines before stay."""
    log = ray_tune.read(LogFile("e/t/result.json", Path("/nowhere/e/t/result.json"), WHOLE[:size], "d"))
    count = WHOLE[:size].count(b"\n")
    have = len(log.records[0].series["loss"].values) if log.records else 0
    assert have in (count, count + 1)
    assert have == count + 1 or bool(log.findings) == (count > 0 and not WHOLE[:size].endswith(b"\n"))


SCRIPT = """
import os
import ray
from ray import tune
ray.init(num_cpus=1, include_dashboard=False, log_to_driver=False)
def train(config):
    for i in range(6):
        tune.report({"loss": config["lr"] * i / 7, "nan": float("nan"), "inf": -float("inf"), "d": {"x": i}})
    if config["lr"] == 0.3:
        raise RuntimeError
space = {"lr": tune.grid_search([0.1, 0.3]), "opt": {"name": "adam"}}
where = tune.RunConfig(storage_path=os.getcwd(), name="exp")
tune.Tuner(train, param_space=space, run_config=where).fit()
"""


def test_what_ray_writes_is_read_to_the_bit(tmp_path: Path, logger: Callable[..., str]) -> None:
    """Results, table, event file and state of two real trials are two runs, one of which failed."""
    logger("ray.tune", SCRIPT)
    runs = {run.params["lr"]: run for run in read_runs(tmp_path, Settings()).runs}
    assert {lr: run.status for lr, run in runs.items()} == {0.1: Status.FINISHED, 0.3: Status.FAILED}
    for lr, run in runs.items():
        assert isinstance(lr, float)
        wanted = {"loss": [lr * i / 7 for i in range(6)], "nan": [np.nan] * 6, "d.x": range(6)}
        wanted["inf"] = [-np.inf] * 6
        assert sorted(run.series) == sorted(wanted)
        for key, values in wanted.items():
            assert run.series[key].values.tobytes() == np.array(values, np.float64).tobytes(), key
        assert run.params["opt.name"] == "adam"
