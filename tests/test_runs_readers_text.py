"""Text logs and notebooks by declared patterns, and NumPy curves."""

import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from paperback.errors import SettingsError
from paperback.runs import RunTable
from paperback.runs.readers import notebook, numpy_curves, stdout_log
from paperback.runs.readers.leaves import number_in
from paperback.runs.readers.log import LogFile
from paperback.settings import parse_settings

Repository = Callable[..., RunTable]
EPOCH = r"[Ee]poch (?P<epoch>\d+).*?loss: (?P<loss>\S+)(?:.*?acc: (?P<val_acc>\S+))?"
SEED = r"seed[= ](?P<seed>\d+)"
BEST = r"best acc: (?P<test_acc>\S+)"
PATTERNS = (EPOCH, SEED, BEST)
LOG = (
    "starting, seed=3\n"
    "\x1b[32mEpoch 1/3\x1b[0m loss: 0.5 acc: 93.2%\n"
    " 10%|#   | loss: 9\r 50%|##  | loss: 8\rEpoch 2/3 - loss: nan\n"
    "best acc: 0,5\nEpoch 3/3 loss: 1,234.5 acc: 1e-3\nbest acc: 0.75\n"
)


def test_lines_that_match_are_a_run(repository: Repository) -> None:
    """Colours and progress bars are passed over; without a step a number is final; the last counts."""
    (run,) = repository({"logs/train.log": LOG, "README.txt": "Epoch of ice"}, patterns=PATTERNS).runs
    assert run.params == {"seed": "3"}
    assert run.series["loss"].steps.tolist() == [1, 2, 3]
    assert np.array_equal(run.series["loss"].values, [0.5, np.nan, 1234.5], equal_nan=True)
    assert run.series["val_acc"].values.tolist() == [93.2, 0.001]
    assert run.series["val_acc"].axis == "epoch"
    assert {key: final.value for key, final in run.finals.items()} == {"test_acc": 0.75}
    assert run.finals["test_acc"].source.line == 6


def test_several_runs_in_one_file(repository: Repository) -> None:
    """Where a setting changes another run begins; lines that interleave go to their own runs."""
    text = "".join(f"seed {s} Epoch {e} loss: {s + e}\n" for e in (1, 2) for s in (10, 20))
    runs = repository(
        {"logs/out.txt": text}, patterns=(r"seed (?P<seed>\d+) Epoch (?P<epoch>\d+) loss: (?P<loss>\S+)",)
    )
    found = {run.params["seed"]: run.series["loss"].values.tolist() for run in runs.runs}
    assert found == {"10": [11, 12], "20": [21, 22]}
    one_after_another = "seed=1\nEpoch 1 loss: 1\nbest acc: 0.1\nseed=2\nEpoch 1 loss: 2\nbest acc: 0.2\n"
    table = repository({"logs/out.txt": one_after_another}, patterns=PATTERNS)
    assert {run.id: run.finals["test_acc"].value for run in table.runs} == {
        "logs/out.txt#2": 0.1, "logs/out.txt#5": 0.2,
    }  # fmt: skip


def test_only_the_first_process_counts(repository: Repository) -> None:
    """Each of the processes of one training prints the same line."""
    text = "".join(f"[rank {r}] Epoch {e} loss: {e}\n" for e in (1, 2) for r in (0, 1))
    pattern = r"\[rank (?P<rank>\d+)\] Epoch (?P<epoch>\d+) loss: (?P<loss>\S+)"
    (run,) = repository({"slurm-12.out": text}, patterns=(pattern,)).runs
    assert run.series["loss"].steps.tolist() == [1, 2]


def test_without_a_pattern_text_is_no_log() -> None:
    """Nothing is guessed."""
    assert not stdout_log.read(LogFile("logs/train.log", Path("x"), LOG.encode(), "d")).records
    assert not notebook.read(LogFile("a.ipynb", Path("x"), b"{", "d")).findings


def test_what_a_notebook_printed_is_read(repository: Repository) -> None:
    """Streams and plain results of code cells, as one text; pictures and tables are passed over."""
    outputs: list[Any] = [
        {"output_type": "stream", "text": ["seed=3\n", "Epoch 1 loss: 0.5\n"]}, {"data": {"image/png": "x"}},
        {"data": {"text/plain": "Epoch 2 loss: 0.25"}}, {"text": 3}, "x",
    ]  # fmt: skip
    cells: list[Any] = [{"cell_type": "code", "outputs": outputs}, {"cell_type": "markdown"}, 3]
    (run,) = repository({"mlp_cifar.ipynb": {"cells": cells, "nbformat": 4}}, patterns=PATTERNS).runs
    assert (run.id, run.params["seed"]) == ("mlp_cifar.ipynb", "3")
    assert run.series["loss"].values.tolist() == [0.5, 0.25]
    broken = notebook.read(LogFile("a.ipynb", Path("x"), b"{", "d", patterns=PATTERNS))
    assert [finding.kind for finding in broken.findings] == ["unreadable-log"]


@pytest.mark.parametrize("pattern", ["(", "loss"])
def test_a_pattern_must_name_groups(pattern: str) -> None:
    """The mend shows one."""
    with pytest.raises(SettingsError, match="patterns holds"):
        parse_settings({"runs": {"patterns": [pattern]}})
    assert parse_settings({"runs": {"patterns": [BEST]}}).patterns == (BEST,)


@given(st.text(max_size=200))
def test_any_text_is_read(text: str) -> None:
    """Nothing that a program may print falls."""
    file = LogFile("a.log", Path("x"), f"{text}\nEpoch 1 loss: {text}".encode("utf-8", "replace"), "d")
    stdout_log.read(LogFile(file.path, file.place, file.data, "d", patterns=PATTERNS))


@pytest.mark.parametrize(
    ("text", "value"),
    [("0.5", 0.5), (" 0.5 ", 0.5), ("93.2%", 93.2), ("93,2 %", 93.2), ("1,234.5", 1234.5),
     ("1,234,567", 1234567.0), ("0,93", 0.93), ("0,123", 0.123), ("1e-3", 0.001), ("inf", np.inf),
     ("1_000", None), ("1,2,3", None), ("", None), ("x", None), ("%", None)],
)  # fmt: skip
def test_numbers_as_people_write_them(text: str, value: float | None) -> None:
    """Commas between groups of three digits separate thousands, any other single comma decimals."""
    assert number_in(text) == value


def npy(array: Any) -> bytes:
    out = io.BytesIO()
    np.save(out, array)
    return out.getvalue()


def npz(**arrays: Any) -> bytes:
    out = io.BytesIO()
    np.savez_compressed(out, **arrays)
    return out.getvalue()


def test_arrays_are_histories(repository: Repository) -> None:
    """A list is a history, one number is final, a table with one row per step gives the rows' means."""
    files = {
        "runs/a/train_loss.npy": npy(np.array([0.5, np.nan, 0.25])),
        "runs/a/evaluations.npz": npz(
            timesteps=[100, 200], results=[[1.0, 2.0], [3.0, 5.0]], acc=0.5, name="x"
        ),
        "runs/a/features.npy": npy(np.zeros(3)), "data/loss.npy": npy(np.zeros(3)),
    }  # fmt: skip
    table = repository(files)
    (run,) = [run for run in table.runs if run.id == "runs/a"]
    assert np.array_equal(run.series["train_loss"].values, [0.5, np.nan, 0.25], equal_nan=True)
    assert run.series["results.mean"].steps.tolist() == [100, 200]
    assert run.series["results.mean"].values.tolist() == [1.5, 4.0]
    assert run.finals["acc"].value == 0.5


def test_arrays_of_objects_are_not_opened(tmp_path: Path) -> None:
    """A pickle in an array could run anything."""
    data = npy(np.array([{"a": 1}], dtype=object))
    log = numpy_curves.read(LogFile("runs/loss.npy", tmp_path, data, "d"))
    assert not log.records
    assert [finding.kind for finding in log.findings] == ["unreadable-log"]
    assert not numpy_curves.accepts("runs/loss.npy", npy(np.zeros((4000, 4000)))[:4096])
    weights = npy(np.zeros(4))
    assert not numpy_curves.read(LogFile("runs/weights.npy", tmp_path, weights, "d")).records


CURVE = npy(np.array([1.0, 3.0]))


@pytest.mark.parametrize(
    ("path", "declared", "key"),
    [("learning_curves/Hopper/TD3_Hopper-v1_0.npy", False, "value"),
     ("data/returns/TD3_0.npy", False, "returns"),
     ("out/TD3_0.npy", False, None), ("out/TD3_0.npy", True, "value"), ("data/embeddings.npy", False, None),
     ("curves/loss.npy", True, "loss")],
)  # fmt: skip
def test_an_array_named_after_its_run_is_a_history(path: str, declared: bool, key: str | None) -> None:
    """A folder of curves, a folder that is named like a metric, or the author says that it is one."""
    assert numpy_curves.accepts(path, CURVE)
    log = numpy_curves.read(LogFile(path, Path("x"), CURVE, "d", declared))
    assert [list(record.series) for record in log.records] == ([[key]] if key else [])


def test_runs_told_by_file_names_alone(repository: Repository) -> None:
    """Data set and seed are read from names such as `TD3_Hopper-v1_0.npy`; no two runs are taken for one."""
    files = {
        f"learning_curves/{env}/TD3_{env}-v1_{seed}.npy": npy(np.array([1.0, seed + len(env)]))
        for env in ("Ant", "Hopper") for seed in range(3)
    }  # fmt: skip
    table = repository(files)
    assert table.roles["dataset"].values == ("Ant-v1", "Hopper-v1")
    assert table.roles["seed"].values == ("0", "1", "2")
    assert "duplicate-run" not in {finding.kind for finding in table.findings}


def test_an_archive_that_would_fill_the_memory_is_not_opened(tmp_path: Path) -> None:
    """The sizes are added up first."""
    data = npz(loss=np.zeros(11_000_000))
    log = numpy_curves.read(LogFile("runs/results.npz", tmp_path, data, "d"))
    assert "would take" in log.findings[0].message


CURVES = npz(step=[1, 2, 3], loss=[0.5, 0.25, 0.125])


@given(st.integers(0, len(CURVES) - 1), st.integers(0, 255))
def test_damaged_arrays_do_not_fall(at: int, byte: int) -> None:
    """Cut or changed files give a finding, or what can still be read."""
    data = bytearray(CURVES)
    data[at] = byte
    plain = bytearray(npy(np.zeros(5)))
    plain[at % len(plain)] = byte
    for path, damaged in (
        ("runs/results.npz", data),
        ("runs/results.npz", CURVES[:at]),
        ("runs/loss.npy", plain),
    ):
        numpy_curves.read(LogFile(path, Path("x"), bytes(damaged), "d"))


def test_the_notebook_format_is_json() -> None:
    """A notebook is told by its name."""
    assert notebook.accepts("a/b.ipynb", json.dumps({}).encode())
