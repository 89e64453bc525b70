"""Tables in which one column names the metric and another holds its value."""

import json
from collections.abc import Callable
from itertools import product
from typing import Any

import pytest

from paperback.evidence import estimate
from paperback.runs import RunTable

Repository = Callable[..., RunTable]
METRICS = {"auc": 0.9, "logloss": 0.3}


def table_of(name: str, value: str, *, extra: str = "") -> str:
    """Two methods on two data sets with two seeds, a row per metric."""
    lines = [f"framework,task,seed,{name},{value}" + (",stderr" if extra else "")]
    for method, task, seed, metric in product(("rf", "gbm"), ("adult", "wine"), (0, 1), METRICS):
        lines.append(f"{method},{task},{seed},{metric},{METRICS[metric] + seed / 100}{extra}")
    return "\n".join(lines) + "\n"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("metric", "result"),
        ("Metric", "Value"),
        ("metric_name", "score"),
        ("variable", "value"),
        ("tag", "value"),
    ],
)
def test_a_named_metric_stands_under_its_name(name: str, value: str, repository: Repository) -> None:
    """The metrics of one run are one run's, each with its own direction."""
    table = repository({"results/all.csv": table_of(name, value)})
    assert len(table.runs) == 8
    assert {key: metric.direction for key, metric in table.metrics.items()} == {
        "auc": "higher",
        "logloss": "lower",
    }
    found = estimate(table, "auc", where={"method": "rf", "dataset": "wine"})
    assert (round(found.value, 6), found.n) == (0.905, 2)


def test_a_spread_goes_with_the_metric_beside_it(repository: Repository) -> None:
    """`stderr` in long form is that of the named metric."""
    table = repository({"results/all.csv": table_of("metric", "value", extra=",0.01")})
    assert set(table.runs[0].finals) == {"auc", "auc_stderr", "logloss", "logloss_stderr"}


def test_a_metric_with_a_column_of_its_own_is_read_from_it(repository: Repository) -> None:
    """As in tables whose `result` repeats the metric that was optimised; nothing is read twice."""
    text = "framework,task,fold,metric,result,auc,acc\n" + "".join(
        f"{m},adult,{fold},auc,0.{fold + 5},0.{fold + 5},0.7\n" for m in ("rf", "gbm") for fold in range(3)
    )
    table = repository({"results/all.csv": text})
    assert set(table.metrics) == {"auc", "acc"}
    assert len(table.runs) == 6


def test_a_history_in_long_form_has_a_series_per_metric(repository: Repository) -> None:
    """`step,tag,value`, without anything that names the run."""
    lines = [
        f"{step},{tag},{step / 10 + place}" for step in range(5) for place, tag in enumerate(("loss", "acc"))
    ]
    (run,) = repository({"runs/a/log.csv": "step,tag,value\n" + "\n".join(lines) + "\n"}).runs
    assert {key: series.values.tolist() for key, series in run.series.items()} == {
        "loss": [0.0, 0.1, 0.2, 0.3, 0.4],
        "acc": [1.0, 1.1, 1.2, 1.3, 1.4],
    }
    assert run.series["acc"].steps.tolist() == [0, 1, 2, 3, 4]


def test_lines_of_json_may_be_in_long_form(repository: Repository) -> None:
    """A record per metric, as evaluation harnesses write them."""
    rows: list[dict[str, Any]] = [
        {"model": m, "dataset": "wine", "metric": k, "value": v} for m in "ab" for k, v in METRICS.items()
    ]
    table = repository({"results/metrics.jsonl": "\n".join(map(json.dumps, rows)) + "\n"})
    assert [sorted(run.finals) for run in table.runs] == [["auc", "logloss"]] * 2


@pytest.mark.parametrize("tag", ["stable", "v1.2"])
def test_a_tag_that_names_no_metric_stays_a_setting(tag: str, repository: Repository) -> None:
    """The value beside it is what its own column says."""
    text = "framework,task,tag,score,acc\n" + "".join(
        f"{m},{t},{tag},0.5,0.7\n" for m in ("rf", "gbm") for t in ("adult", "wine")
    )
    assert set(repository({"results/all.csv": text}).metrics) == {"score", "acc"}


def test_a_repeated_metric_is_another_row(repository: Repository) -> None:
    """Nothing is overwritten where a run names one metric twice."""
    text = "framework,task,metric,value\n" + "rf,adult,acc,0.1\nrf,adult,acc,0.2\ngbm,adult,acc,0.3\n"
    table = repository({"results/all.csv": text})
    assert sorted(v for run in table.runs for s in run.series.values() for v in s.values) == [0.1, 0.2]


def test_shots_and_checkpoints_beside_scores_are_settings(repository: Repository) -> None:
    """They tell evaluations of one model apart."""
    rows = [
        {"model": "m", "dataset": "wine", "shots": s, "checkpoint": c, "acc": 0.5}
        for s in (0, 5)
        for c in (1, 2)
    ]
    table = repository({f"results/{place}.json": row for place, row in enumerate(rows)})
    assert set(table.metrics) == {"acc"}
    assert {run.params["checkpoint"] for run in table.runs} == {1, 2}
