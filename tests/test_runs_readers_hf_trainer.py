"""Hugging Face Trainer states, as the Trainer writes them into a run and its checkpoints."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from paperback.runs import RunTable, Status
from paperback.runs.readers import hf_trainer
from paperback.runs.readers.log import LogFile

Repository = Callable[..., RunTable]


def state(last: int, **more: Any) -> dict[str, Any]:
    rows: list[dict[str, Any]] = []
    for step in range(10, last + 1, 10):
        rows.append(
            {"epoch": step / 20, "grad_norm": 1.5, "learning_rate": 1e-4, "loss": 1 / step, "step": step}
        )
        rows.append({"epoch": step / 20, "eval_loss": 2 / step, "eval_accuracy": step / 100, "step": step})
    return {"global_step": last, "max_steps": 40, "log_history": rows, "train_batch_size": 8, **more}


def test_nested_checkpoints_are_one_run(repository: Repository) -> None:
    """The run's own state counts; of its checkpoints, which hold the beginning of it, none."""
    files = {
        "out/trainer_state.json": state(40, best_metric=0.4, best_global_step=40),
        "out/checkpoint-10/trainer_state.json": state(10),
        "out/checkpoint-20/trainer_state.json": state(20),
        "out/all_results.json": {"eval_accuracy": 0.4, "epoch": 2.0, "train_loss": 0.1},
    }
    (run,) = repository(files).runs
    assert run.id == "out"
    assert run.series["eval_accuracy"].steps.tolist() == [10, 20, 30, 40]
    assert run.series["loss"].values.tolist() == [1 / 10, 1 / 20, 1 / 30, 1 / 40]
    assert (run.status, run.params["train_batch_size"]) == (Status.FINISHED, 8)
    assert run.finals["eval_accuracy"].value == 0.4
    assert run.facts["best_metric"] == 0.4


def test_without_a_final_state_the_last_checkpoint_counts(repository: Repository) -> None:
    """Checkpoints are ordered by number, not by name; how the run ended is not known."""
    files = {f"out/checkpoint-{n}/trainer_state.json": state(n) for n in (90, 100, 110)}
    (run,) = repository(files).runs
    assert (run.id, len(run.series["loss"].values)) == ("out", 11)
    files = {"early/checkpoint-20/trainer_state.json": state(20)}
    early = next(run for run in repository(files).runs if run.id == "early")
    assert early.status is Status.UNKNOWN


def test_a_callback_may_end_the_training(repository: Repository) -> None:
    """Early stopping finishes a run before its last step."""
    stopped = {"TrainerControl": {"args": {"should_training_stop": True}}}
    (run,) = repository({"out/trainer_state.json": state(20, stateful_callbacks=stopped)}).runs
    assert run.status is Status.FINISHED


def test_the_summary_of_the_training_is_final(repository: Repository) -> None:
    """The last row sums up; a search's parameters are settings; NaN stays."""
    more = state(40, trial_params={"lr": 0.1, "nested": {"x": 2}, "list": [1]})
    more["log_history"] += [
        {"step": 40, "train_loss": 0.25, "train_runtime": 9.5}, {"step": 40, "eval_loss": float("nan")},
    ]  # fmt: skip
    (run,) = repository({"out/trainer_state.json": more}).runs
    assert {key: final.value for key, final in run.finals.items()} == {
        "train_loss": 0.25,
        "train_runtime": 9.5,
    }
    assert (run.params["lr"], run.params["nested.x"]) == (0.1, 2)
    assert np.isnan(run.series["eval_loss"].values[-1])
    assert run.series["eval_loss"].steps.tolist() == [10, 20, 30, 40, 40]


WHOLE = json.dumps(state(40)).encode()


@given(st.integers(0, len(WHOLE) - 1))
def test_a_cut_state_is_told(size: int) -> None:
    """Half a document is none."""
    log = hf_trainer.read(
        LogFile("out/trainer_state.json", Path("/x/out/trainer_state.json"), WHOLE[:size], "d")
    )
    assert not log.records
    assert [finding.kind for finding in log.findings] == ["truncated-log"]


@pytest.mark.parametrize("data", [b"[]", b"{}", b'{"log_history": 3}'])
def test_another_document_is_no_state(data: bytes) -> None:
    """Without a history nothing is read and nothing said."""
    log = hf_trainer.read(LogFile("trainer_state.json", Path("/x/trainer_state.json"), data, "d"))
    assert not log.records
    assert not log.findings
