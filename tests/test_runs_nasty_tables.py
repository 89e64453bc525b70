"""CSV, JSON and text logs as restarts, people and notebooks leave them."""

import gzip
import json
from collections.abc import Callable
from typing import Any

import pytest

from paperback.runs import RunTable

Repository = Callable[..., RunTable]
OTHER = {"runs/b/result.json": {"seed": 1, "metrics": {"acc": 1}}}
LINES = b'{"step": 1, "loss": 2}\n{"step": 2, "loss": 1}\n'


def kinds(table: RunTable) -> set[str]:
    return {finding.kind for finding in table.findings} - {"unknown-role"}


def curves(table: RunTable) -> dict[str, tuple[str, list[int], list[float]]]:
    """Axis, steps and values of each history of the run `runs/a`."""
    (run,) = [run for run in table.runs if run.id == "runs/a"]
    return {key: (s.axis, s.steps.tolist(), s.values.tolist()) for key, s in run.series.items()}


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("step,loss\n1,3\n2,2\nstep,loss,val_acc\n3,1,0.5\n4,0,0.75\n",
         {"loss": ("step", [1, 2, 3, 4], [3, 2, 1, 0]), "val_acc": ("step", [3, 4], [0.5, 0.75])}),
        ("step,loss\n1,3\n2,2\n\nepoch,val_acc\n1,0.5\n2,0.75\n",
         {"loss": ("step", [1, 2], [3, 2]), "val_acc": ("epoch", [1, 2], [0.5, 0.75])}),
        ("step,loss\n1,3\nstep,acc\n2,0.5\n", {"loss": ("step", [1], [3]), "acc": ("step", [2], [0.5])}),
        ("step,loss,note\n1,3,warm\n2,2,up\n", {"loss": ("step", [1, 2], [3, 2])}),
    ],
    ids=["a column is added", "another table", "as many columns", "words are no header"],
)  # fmt: skip
def test_a_header_that_changes_begins_another_table(
    repository: Repository, text: str, wanted: dict[str, Any]
) -> None:
    """No value is put under the name of another column."""
    table = repository({"runs/a/log.csv": text})
    assert curves(table) == wanted
    assert not kinds(table)


def test_rows_of_words_are_runs_and_no_headers(repository: Repository) -> None:
    """A table of runs in which one has no result yet."""
    text = "method,dataset,acc\nmlp,adult,0.5\ncnn,adult,missing\n"
    assert len(repository({"results/summary.csv": text}).runs) == 1


@pytest.mark.parametrize("path", ["runs/a/progress.csv", "data/test.csv"])
def test_a_log_that_lost_its_header_is_told(repository: Repository, path: str) -> None:
    """Nobody knows what its columns are; a plain table of numbers elsewhere is none of our business."""
    table = repository({path: "1,0.5,0.9\n2,0.25,0.91\n", **OTHER})
    assert [run.id for run in table.runs] == ["runs/b"]
    assert kinds(table) == ({"unreadable-log"} if path.startswith("runs") else set())


def test_ragged_rows_are_left_out_and_told(repository: Repository) -> None:
    """A row with too few or too many cells may have lost any of them."""
    table = repository({"runs/a/log.csv": "step,loss,acc\n1,0.5\n2,0.25,0.9\n3,0.1,0.9,7\n"})
    assert curves(table)["loss"] == ("step", [2], [0.25])
    (finding,) = [finding for finding in table.findings if finding.kind == "unreadable-log"]
    assert "log.csv:2: 2 rows" in finding.message


@pytest.mark.parametrize(
    ("packed", "values", "told"),
    [
        (gzip.compress(LINES), [2, 1], set()),
        (gzip.compress(LINES[:23]) + gzip.compress(LINES[23:]), [2, 1], set()),
        (gzip.compress(LINES + b" " * 5000)[:-8], [2, 1], {"truncated-log"}),
    ],
    ids=["whole", "piece by piece", "cut"],
)
def test_a_packed_log_is_read(
    repository: Repository, packed: bytes, values: list[float], told: set[str]
) -> None:
    """What can be unpacked counts, and a cut is told."""
    table = repository({"runs/a/log.jsonl.gz": packed})
    assert curves(table)["loss"][2] == values
    assert kinds(table) == told


def test_a_packed_log_does_not_fill_the_memory(repository: Repository) -> None:
    """Unpacking ends at the size from which a text is no log."""
    table = repository({"runs/a/log.jsonl.gz": gzip.compress(LINES + b"\n" * 70_000_000), **OTHER})
    assert [run.id for run in table.runs] == ["runs/b"]
    assert kinds(table) == {"large-file"}


def test_packed_rubbish_is_no_log(repository: Repository) -> None:
    """What only bears the name, or holds no log."""
    files = {"runs/a/log.csv.gz": b"\x1f\x8b\x08 rubbish", "runs/c/x.json.gz": gzip.compress(b"words")}
    assert [run.id for run in repository({**files, **OTHER}).runs] == ["runs/b"]


def test_numbers_as_text_are_numbers(repository: Repository) -> None:
    """Of metrics and steps; other text stays text."""
    rows = [{"step": str(step), "loss": f"{step / 2}", "note": "7"} for step in (1, 2)]
    files: dict[str, Any] = {"runs/a/log.jsonl": "".join(json.dumps(row) + "\n" for row in rows)}
    files["runs/c/result.json"] = {"seed": "3", "test_acc": "93.2%", "model": "7", "config": {"f1": "2"}}
    table = repository(files)
    assert curves(table) == {"loss": ("step", [1, 2], [0.5, 1.0])}
    run = next(run for run in table.runs if run.id == "runs/c")
    assert {key: final.value for key, final in run.finals.items()} == {"test_acc": 93.2}
    assert run.params == {"seed": "3", "model": "7", "config.f1": "2"}


def test_a_unit_stands_in_the_header(repository: Repository) -> None:
    """In brackets of either kind; other brackets belong to the name."""
    text = "step,time (s),val_acc [%],loss (smooth)\n1,3,90,1\n2,6,93,1\n"
    table = repository({"runs/a/log.csv": text})
    assert {name: table.metrics[name].unit for name in ("time", "acc")} == {"time": "s", "acc": "%"}
    assert table.keys["val_acc [%]"].split == "val"
    assert "loss (smooth)" in table.metrics


PATTERN = (r"epoch (?P<epoch>\d+) loss (?P<loss>\S+)",)


def test_a_notebook_that_ran_twice_tells_both_and_the_last_counts(repository: Repository) -> None:
    """The output of a cell holds what was printed since it was started; a cleared one holds nothing."""
    text = [f"epoch {epoch} loss {loss}\n" for loss, epoch in ((4, 1), (3, 2), (2, 1), (1, 2))]
    cells = [{"cell_type": "code", "execution_count": 7, "outputs": [{"text": text}]}]
    empty = [{"cell_type": "code", "execution_count": None, "outputs": []}]
    files = {"mlp.ipynb": {"cells": cells, "nbformat": 4}, "cnn.ipynb": {"cells": empty, "nbformat": 4}}
    table = repository(files, patterns=PATTERN)
    assert [run.id for run in table.runs] == ["mlp.ipynb"]
    assert "restarted-run" in kinds(table)


def test_the_last_of_repeated_best_lines_counts(repository: Repository) -> None:
    """A script prints the best value so far after every epoch."""
    text = "".join(f"best acc: {value}\n" for value in (0.5, 0.6, 0.6))
    (run,) = repository({"logs/out.log": text}, patterns=(r"best acc: (?P<acc>\S+)",)).runs
    assert run.finals["acc"].value == 0.6
