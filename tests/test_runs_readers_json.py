"""JSON and JSON Lines as loggers, people and crashes leave them."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from paperback.runs import RunTable, history
from paperback.runs.readers import json_lines
from paperback.runs.readers.log import LogFile

Repository = Callable[..., RunTable]
NAN = float("nan")


def loss(table: RunTable) -> list[float]:
    series = history(table, table.runs[0], "loss")
    assert series is not None
    return [float(value) for value in series.values]


def kinds(table: RunTable) -> list[str]:
    return sorted({finding.kind for finding in table.findings} & {"truncated-log", "unreadable-log"})


@pytest.mark.parametrize(
    ("text", "values", "told"),
    [
        ('{"step": 1, "loss": 2}\r\n{"step": 2, "loss": 1}\r\n', [2, 1], []),
        ('\ufeff{"step": 1, "loss": 2}\n{"step": 2, "loss": 1}', [2, 1], []),
        ('{"step": 1, "loss": NaN}\n{"step": 2, "loss": Infinity}\n{"step": 3, "loss": -Infinity}\n',
         [NAN, np.inf, -np.inf], []),
        ('{"step": 1, "loss": "nan"}\n{"step": 2, "loss": 1}\n', [NAN, 1], []),
        ('{"step": 1, "loss": 2},\n{"step": 2, "loss": 1},\n', [2, 1], []),
        ('{"step": 1, "loss": 2}\n{"step": 2, "lo', [2], ["truncated-log"]),
        ('{"step": 1, "loss": 9, "loss": 2}\n{"step": 2, "loss": 1}\n', [2, 1], []),
        ('{"step": 1, "x": 3}\n{"step": 2, "loss": 1}\n', [1], []),
        ('{"step": 1, "loss": 2}\n{"step": 2, "loss": {"a": 1}}\n{"step": 3, "loss": null}\n', [2], []),
        ('{"step": 1, "loss": 2}\n\n\n[1]\n"x"\n{"step": 2, "loss": 1}\n', [2, 1], []),
        ('{"step": 1, "loss": 1e400}\n{"step": 2, "loss": 1e-400}\n', [np.inf, 0], []),
        ('{"step": 1, "loss": 2}\n' + "[" * 5000 + "\n" + '{"step": 2, "loss": 1}\n', [2, 1],
         ["unreadable-log"]),
    ],
    ids=["crlf", "bom", "bare nan", "quoted nan", "trailing comma", "half line", "twice in one object",
         "late key", "change of type", "blank and other lines", "beyond double", "deep"],
)  # fmt: skip
def test_json_lines_as_they_come(
    repository: Repository, text: str, values: list[float], told: list[str]
) -> None:
    """Every whole line counts, and what does not is told."""
    table = repository({"runs/a/log.jsonl": text, "runs/b/result.json": {"seed": 1, "metrics": {"acc": 1}}})
    assert kinds(table) == told
    assert np.array_equal(loss(table), values, equal_nan=True)


@pytest.mark.parametrize(
    ("text", "told"),
    [('{"seed": 1, "metrics": {"acc": 0.5,}}', ["unreadable-log"]),
     ('{"seed": 1, "metrics": {"acc"', ["truncated-log"]),
     ('\ufeff{"seed": 1, "metrics": {"acc": 0.5}}', []), ('{"seed": 1, "metrics": {"acc": "0.5"}}', []),
     ('{"seed": 1, "metrics": {"acc": 0.1, "acc": 0.5}}', ["unreadable-log"])],
    ids=["trailing comma", "cut", "bom", "number as text", "twice"],
)  # fmt: skip
def test_documents_as_they_come(repository: Repository, text: str, told: list[str]) -> None:
    """A document counts as a whole or not at all; of a key that stands twice the last value counts."""
    table = repository({"runs/a/result.json": text, "runs/b/result.json": {"seed": 2, "metrics": {"acc": 1}}})
    assert kinds(table) == told
    found = {run.id: run.finals["metrics.acc"].value for run in table.runs}
    assert found.get("runs/a") == (0.5 if text.endswith("0.5}}") or '0.5"' in text else None)


WHOLE = b"".join(b'{"step": %d, "loss": 0.5}\n' % step for step in range(9))


@given(st.integers(0, len(WHOLE)))
def test_a_cut_log_keeps_every_whole_line(size: int) -> None:
    """Wherever the file ends, the lines before stay, and an incomplete one is told."""
    log = json_lines.read(LogFile("runs/a/log.jsonl", Path("x"), WHOLE[:size], "d", declared=True))
    whole, rest = divmod(size, len(WHOLE) // 9) if size < len(WHOLE) else (9, 0)
    whole += rest == len(WHOLE) // 9 - 1
    have = len(log.records[0].series["loss"].values) if log.records and log.records[0].series else 0
    assert have == whole


def test_curves_that_are_lists(repository: Repository) -> None:
    """A list of runs, each with what is drawn over what, however little the lists' names say."""
    curves = [
        {"task": task, "method": "net", "seed": seed, "xs": [0, 500, 1000], "ys": [seed, 2.0, 3.5]}
        for task in ("hop", "run")
        for seed in range(2)
    ]
    table = repository({"scores/net.json": curves, "figures/plot.json": {"xs": [0, 1], "ys": [1, 2]}})
    assert [run.identity for run in table.runs] == [
        {"method": "net", "dataset": task, "seed": str(seed)} for task in ("hop", "run") for seed in range(2)
    ]
    series = history(table, table.runs[1], "ys")
    assert series is not None
    assert (series.steps.tolist(), series.values.tolist()) == ([0, 500, 1000], [1, 2.0, 3.5])
