"""Sacred's file storage: written here as Sacred writes it, and by Sacred itself."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from paperback.runs import RunTable, Status, read_runs
from paperback.runs.readers import sacred
from paperback.runs.readers.log import LogFile
from paperback.settings import Settings

Repository = Callable[..., RunTable]
METRICS = (
    '{"loss": {"steps": [0, 1, 2], "timestamps": ["a", "b", "c"], "values": [1.0, NaN, 0.25]},'
    ' "odd": {"steps": 3}, "text": {"steps": [0], "timestamps": ["a"], "values": ["x"]}}'
)


def run_json(status: str = "COMPLETED", **more: Any) -> dict[str, Any]:
    return {
        "artifacts": [], "experiment": {"name": "e", "repositories": [{"commit": "c0ffee0", "dirty": True}]},
        "host": {"hostname": "h", "cpu": "c", "gpus": {"gpus": [{"model": "A100"}, {"model": "A100"}]}},
        "result": 0.75, "start_time": "2026-01-01T00:00:00", "stop_time": "2026-01-01T00:00:02.500000",
        "status": status, **more,
    }  # fmt: skip


def test_a_numbered_folder_is_a_run(repository: Repository) -> None:
    """Configuration, history, result, status, commit and machine come from its files."""
    config = {"lr": 0.1, "opt": {"name": "adam"}, "seed": 311719411}
    files = {"logs/1/run.json": run_json(), "logs/1/metrics.json": METRICS, "logs/1/config.json": config}
    (run,) = repository({**files, "logs/1/info.json": {}}).runs
    assert run.id == "logs/1"
    assert run.params == {"lr": 0.1, "opt.name": "adam", "seed": 311719411, "sacred.experiment": "e"}
    assert list(run.series) == ["loss"]
    assert np.array_equal(run.series["loss"].values, [1, np.nan, 0.25], equal_nan=True)
    assert (run.finals["result"].value, run.status, run.commit) == (0.75, Status.FINISHED, "c0ffee0")
    assert run.facts == {
        "host": "h", "cpu": "c", "gpu": "A100", "gpus": 2, "started": "2026-01-01T00:00:00", "duration": 2.5,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("word", "status"),
    [("FAILED", Status.FAILED), ("INTERRUPTED", Status.KILLED), ("RUNNING", Status.RUNNING),
     ("odd", Status.UNKNOWN)],
)  # fmt: skip
def test_the_status_is_what_sacred_says(repository: Repository, word: str, status: Status) -> None:
    """A result that is no number is none."""
    more = run_json(word, result="text", stop_time=None, host=None, experiment=None)
    (run,) = repository({"logs/1/run.json": json.dumps(more).replace("null", '{"x": 1}', 1)}).runs
    assert (run.status, run.finals) == (status, {})


WHOLE = json.dumps(run_json()).encode()


@given(st.integers(0, len(WHOLE) - 1), st.sampled_from(["run.json", "metrics.json"]))
def test_a_cut_file_is_told(size: int, name: str) -> None:
    """Half a document is none."""
    log = sacred.read(LogFile(f"1/{name}", Path("x"), WHOLE[:size], "d"))
    assert not log.records
    assert [finding.kind for finding in log.findings] == ["truncated-log"]


SCRIPT = """
from sacred import Experiment
from sacred.observers import FileStorageObserver
experiment = Experiment("e", save_git_info=False, interactive=True)
experiment.observers.append(FileStorageObserver("logs"))
experiment.add_config({"lr": 0.1, "opt": {"name": "adam"}})
@experiment.main
def main(_run, lr):
    for i in range(9):
        _run.log_scalar("train.loss", 1 / (i + 3), i)
        _run.log_scalar("nan", float("nan"), i)
    return 0.75
experiment.run()
"""


def test_what_sacred_writes_is_read_to_the_bit(tmp_path: Path, logger: Callable[..., str]) -> None:
    """A real experiment with its result."""
    logger("sacred", SCRIPT)
    (run,) = read_runs(tmp_path, Settings()).runs
    assert run.series["train.loss"].values.tolist() == [1 / (i + 3) for i in range(9)]
    assert np.isnan(run.series["nan"].values).all()
    assert (run.finals["result"].value, run.status, run.params["opt.name"]) == (0.75, Status.FINISHED, "adam")
