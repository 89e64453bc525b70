"""What trackers leave behind when runs are forked, rewound, restarted, dumped and swept."""

import json
import sqlite3
import struct
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from paperback.runs import RunTable, Status, history, read_runs
from paperback.runs.readers import mlflow_dump
from paperback.runs.readers.log import Log, LogFile
from paperback.settings import Settings
from wire import part, varint, wandb_log

Repository = Callable[..., RunTable]


def kinds(table: RunTable) -> set[str]:
    return {finding.kind for finding in table.findings} - {"unknown-role"}


def wandb_run(name: str, branch: tuple[str, float] | None = None) -> bytes:
    """The record of a run; `branch` is the run and the step behind which it goes on."""
    point = part(1, branch[0].encode()) + b"\x11" + struct.pack("<d", branch[1]) if branch else b""
    return part(17, part(1, name.encode()) + (part(23, point + part(3, b"_step")) if branch else b""))


def wandb_rows(*points: tuple[int, float]) -> list[bytes]:
    return [
        part(2, part(1, part(2, b"loss") + part(16, repr(value).encode())) + part(2, b"\x08" + varint(step)))
        for step, value in points
    ]


END = part(18, b"")
FIRST = wandb_log(wandb_run("abc"), *wandb_rows(*((step, float(step)) for step in range(5))), END)


def wandb_table(repository: Repository, name: str, *records: bytes) -> RunTable:
    files = {"wandb/run-20260101_000000-abc/run-abc.wandb": FIRST}
    folder = f"wandb/run-20260102_000000-{name}"
    return repository(files | {f"{folder}/run-{name}.wandb": wandb_log(*records, END)})


def test_a_rewound_run_is_one_run(repository: Repository) -> None:
    """What it had logged behind the step to which it was rewound is out of date."""
    rows = wandb_rows((3, 30.0), (4, 40.0), (5, 50.0))
    table = wandb_table(repository, "abc", wandb_run("abc", ("abc", 2.0)), *rows)
    (run,) = table.runs
    curve = history(table, run, "loss")
    assert curve is not None
    assert curve.values.tolist() == [0, 1, 2, 30, 40, 50]
    assert len(run.sources) == 2


def test_a_forked_run_is_a_run_of_its_own(repository: Repository) -> None:
    """Its log holds what came behind the fork, and tells of which run and step that was."""
    table = wandb_table(repository, "def", wandb_run("def", ("abc", 2.0)), *wandb_rows((3, 30.0)))
    first, fork = table.runs
    assert first.series["loss"].values.tolist() == [0, 1, 2, 3, 4]
    assert fork.series["loss"].steps.tolist() == [3]
    assert (fork.facts["forked_from"], fork.facts["forked_at"]) == ("abc", 2.0)


FORKS = """
import sys, wandb
run = wandb.init(project="p", id="abc", dir=".")
for step in range(5):
    run.log({"loss": float(step)})
run.finish()
for how in ({"fork_from": "abc?_step=2"}, {"resume_from": "abc?_step=2"}):
    run = wandb.init(project="p", dir=".", **how)
    for step in range(4):
        run.log({"loss": 10.0 * step})
    run.finish()
"""


def test_forks_and_rewinds_of_wandb_itself_are_read(
    tmp_path: Path, logger: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two runs: the one that was rewound, and its fork."""
    for name, value in (("WANDB_MODE", "offline"), ("WANDB_SILENT", "true"), ("WANDB_CONSOLE", "off")):
        monkeypatch.setenv(name, value)
    logger("wandb", FORKS)
    table = read_runs(tmp_path, Settings())
    assert len(table.runs) == 2
    fork = next(run for run in table.runs if not run.id.endswith("-abc"))
    rewound = next(run for run in table.runs if run.id.endswith("-abc"))
    curve = history(table, rewound, "loss")
    assert curve is not None
    assert curve.values.tolist() == [0, 1, 2, 0, 10, 20, 30]
    assert fork.facts["forked_from"] == "abc"


def test_a_step_that_wandb_dropped_leaves_a_gap(repository: Repository) -> None:
    """Of two rows with one step only the first was kept: nothing is filled in."""
    rows = wandb_rows((0, 1.0), (1, 2.0), (4, 3.0))
    (run,) = repository({"w/run-1/run-abc.wandb": wandb_log(wandb_run("abc"), *rows, END)}).runs
    assert run.series["loss"].steps.tolist() == [0, 1, 4]


MLFLOW = """
CREATE TABLE experiments (experiment_id INTEGER, name TEXT);
CREATE TABLE runs (run_uuid TEXT, name TEXT, experiment_id INTEGER, status TEXT, start_time BIGINT,
    end_time BIGINT, lifecycle_stage TEXT, artifact_uri TEXT);
CREATE TABLE metrics ({columns});
CREATE TABLE params (key TEXT, value TEXT, run_uuid TEXT);
CREATE TABLE tags (key TEXT, value TEXT, run_uuid TEXT);
INSERT INTO experiments VALUES (1, 'study');
INSERT INTO runs VALUES ('a', 'n', 1, 'FINISHED', 1000, 3000, 'active', 'file:///another/machine/1/a');
"""
POINT = "key TEXT, value FLOAT, timestamp BIGINT, run_uuid TEXT"
NEW = f"{POINT}, step BIGINT, is_nan BOOLEAN"


def mlflow(root: Path, columns: str, *statements: str) -> RunTable:
    with closing(sqlite3.connect(root / "mlflow.db")) as connection:
        connection.executescript(MLFLOW.format(columns=columns) + ";".join(statements))
    return read_runs(root, Settings())


@pytest.mark.parametrize(
    ("columns", "rows", "steps", "final"),
    [
        (POINT, "('acc', 0.5, 20, 'a'), ('acc', 0.25, 10, 'a')", [0, 0], 0.5),
        (f"{POINT}, step BIGINT", "('acc', 0.5, 20, 'a', 1), ('acc', 0.25, 30, 'a', 0)", [1, 0], 0.5),
    ],
    ids=["before 1.0: no steps", "before 1.2: no mark of NaN"],
)
def test_an_older_schema_of_mlflow_is_read(
    tmp_path: Path, columns: str, rows: str, steps: list[int], final: float
) -> None:
    """Without steps the time decides which value was the last."""
    (run,) = mlflow(tmp_path, columns, f"INSERT INTO metrics VALUES {rows}").runs
    assert run.series["acc"].steps.tolist() == steps
    assert run.finals["acc"].value == final


@pytest.mark.parametrize(
    ("rows", "final"),
    [
        ("('acc', 0.5, 20, 'a', 7, 0), ('acc', 0.25, 30, 'a', 7, 0)", 0.25),
        ("('acc', 0.5, 20, 'a', 7, 0), ('acc', 0.25, 20, 'a', 7, 0)", 0.5),
        ("('acc', 0.5, 20, 'a', 7, 0), ('acc', 0, 20, 'a', 7, 1)", float("nan")),
    ],
    ids=["the later", "the larger", "not a number"],
)
def test_ties_at_the_last_step_are_broken_as_in_mlflow(tmp_path: Path, rows: str, final: float) -> None:
    """In the database without a table of latest metrics, and in the file store."""
    (run,) = mlflow(tmp_path, NEW, f"INSERT INTO metrics VALUES {rows}").runs
    assert np.array_equal(run.finals["acc"].value, final, equal_nan=True)


def test_other_tables_of_mlflow_add_nothing(tmp_path: Path) -> None:
    """Metrics of a logged model stand among the run's own; a long parameter is kept whole."""
    table = mlflow(
        tmp_path, NEW, "INSERT INTO metrics VALUES ('acc', 0.5, 1, 'a', 0, 0)",
        "CREATE TABLE logged_model_metrics (model_id TEXT, metric_name TEXT, metric_timestamp_ms BIGINT,"
        " metric_step BIGINT, metric_value FLOAT, experiment_id INTEGER, run_id TEXT)",
        "INSERT INTO logged_model_metrics VALUES ('m', 'acc', 1, 0, 0.5, 1, 'a')",
        f"INSERT INTO params VALUES ('prompt', '{'x' * 20_000}', 'a')",
    )  # fmt: skip
    (run,) = table.runs
    assert run.series["acc"].values.tolist() == [0.5]
    assert len(str(run.params["prompt"])) == 20_000
    assert not kinds(table)


DUMP = r"""--
-- PostgreSQL database dump
--
CREATE TABLE public.metrics (key character varying(250) NOT NULL);
COPY public.experiments (experiment_id, name) FROM stdin;
1	study
\.
COPY public.latest_metrics (key, value, "timestamp", step, is_nan, run_uuid) FROM stdin;
loss	0	12	2	t	a
\.
COPY public.metrics (key, value, "timestamp", run_uuid, step, is_nan) FROM stdin;
loss	0.1	10	a	0	f
loss	-1.7976931348623157e+308	11	a	1	f
loss	0	12	a	2	t
\.
COPY public.params (key, value, run_uuid) FROM stdin;
lr	0.001	a
note	a\tb\\c\nd	a
\.
COPY public.runs (run_uuid, name, experiment_id, status, start_time, end_time, lifecycle_stage) FROM stdin;
a	n	1	FINISHED	1000	\N	active
b	gone	1	FINISHED	1000	2000	deleted
\.
COPY public.tags (key, value, run_uuid) FROM stdin;
mlflow.source.git.commit	c0ffee0	a
\.
"""


def dump(text: str) -> Log:
    return mlflow_dump.read(LogFile("mlflow.sql", Path("x"), text.encode(), "d"))


def test_a_dump_of_mlflow_is_read(repository: Repository) -> None:
    """As the database itself: typed parameters, infinities, NaN, the last value, deleted runs."""
    table = repository({"backup/mlflow.sql": DUMP})
    (run,) = table.runs
    assert run.id == "backup/mlflow.sql#a"
    assert run.series["loss"].values.tobytes() == np.array([0.1, -np.inf, np.nan]).tobytes()
    assert run.finals["loss"].value != run.finals["loss"].value
    assert (run.params["lr"], run.params["note"]) == (0.001, "a\tb\\c\nd")
    assert (run.status, run.commit) == (Status.FINISHED, "c0ffee0")
    assert "deleted-run" in kinds(table)


@pytest.mark.parametrize(
    ("text", "points", "told"),
    [
        (DUMP[: DUMP.index("c0ffee0")], 3, "tags"),
        (DUMP[: DUMP.index("COPY public.tags")], 3, "tags"),
        (DUMP.replace("loss\t0.1", "loss\tx"), 2, "metrics"),
        (DUMP.replace("\ta\t0\tf", "\ta\t99999999999999999999\tf"), 2, "metrics"),
        (DUMP.replace("loss\t0.1\t", "loss\t"), 2, "metrics"),
        (DUMP.replace("params (key, value", "params (key, Key"), 3, "params"),
        (DUMP.replace("note\ta", "note\tx\ta").replace("params (key", "params (0select, key"), 3, "params"),
    ],
    ids=["cut inside a table", "cut before a table", "no number", "a step too far", "a field is missing",
         "a column twice", "a column like a word of SQL"],
)  # fmt: skip
def test_a_damaged_dump_keeps_the_rest(text: str, points: int, told: str) -> None:
    """What stands in whole rows counts, and the table that lost some is named."""
    log = dump(text)
    assert len(log.records[0].series["loss"].values) == points
    assert any(
        finding.kind == "truncated-log" and f"table {told} " in finding.message for finding in log.findings
    )


def test_another_dump_is_no_log(repository: Repository) -> None:
    """Without the tables of MLflow; and nothing of a dump is executed."""
    other = {"backup/x.sql": DUMP.replace("public.metrics", "public.prices")}
    other["backup/y.sql"] = "-- PostgreSQL database dump\nATTACH DATABASE 'made.db' AS made;\n"
    table = repository({**other, "runs/a/result.json": {"seed": 1, "metrics": {"acc": 1}}})
    assert [run.id for run in table.runs] == ["runs/a"]


def test_an_evaluation_that_was_repeated_at_the_last_step_counts_last(repository: Repository) -> None:
    """HF's Trainer evaluates once more when it has loaded its best checkpoint."""
    rows = [{"step": 1, "eval_loss": 0.5}, {"step": 2, "eval_loss": 0.7}, {"step": 2, "eval_loss": 0.5}]
    state = {"log_history": rows, "global_step": 2, "max_steps": 2}
    table = repository({"out/trainer_state.json": state})
    curve = history(table, table.runs[0], "eval_loss")
    assert curve is not None
    assert (curve.steps.tolist(), curve.values.tolist()) == ([1, 2], [0.5, 0.5])


def test_a_version_of_lightning_that_was_written_twice_tells_it(repository: Repository) -> None:
    """What was logged later counts, and that the run went back is told."""
    text = "epoch,step,loss\n0,0,1\n0,1,0.9\nepoch,step,loss\n0,0,2\n0,1,1.9\n"
    table = repository({"lightning_logs/version_0/metrics.csv": text})
    curve = history(table, table.runs[0], "loss")
    assert curve is not None
    assert curve.values.tolist() == [2, 1.9]
    assert "restarted-run" in kinds(table)


def test_a_job_of_hydra_without_its_settings_is_still_a_run(repository: Repository) -> None:
    """`.hydra` was not copied: the log counts, and nothing is made up."""
    (run,) = repository({"multirun/2026-01-01/0/metrics.csv": "step,loss\n1,0.5\n2,0.25\n"}).runs
    assert run.params == {}


RESULT = {"training_iteration": 1, "trial_id": "t1", "loss": 0.5, "config": {"lr": 0.1}}


def test_a_table_of_ray_that_lost_its_header_does_not_count(repository: Repository) -> None:
    """Its JSON beside it does."""
    rows = "".join(json.dumps({**RESULT, "training_iteration": i}) + "\n" for i in (1, 2))
    files = {
        "ray_results/exp/t1/result.json": rows,
        "ray_results/exp/t1/progress.csv": "0.5,1,t1\n0.5,2,t1\n",
    }
    (run,) = repository(files).runs
    assert run.series["loss"].steps.tolist() == [1, 2]


def test_groups_of_lm_eval_are_told_from_their_tasks(repository: Repository) -> None:
    """So that a mean over tasks does not count a group's tasks twice."""
    value: dict[str, Any] = {
        "results": {name: {"acc,none": 0.5} for name in ("mmlu", "mmlu_law", "mmlu_art", "piqa")},
        "group_subtasks": {"mmlu": ["mmlu_law", "mmlu_art"], "piqa": []},
        "versions": {}, "config": {"model": "hf", "model_args": "pretrained=org/net"},
    }  # fmt: skip
    runs = repository({"out/results_1.json": value}).runs
    assert {run.id.split("#")[1]: run.params["task_level"] for run in runs} == {
        "mmlu": "group", "mmlu_law": "task", "mmlu_art": "task", "piqa": "task",
    }  # fmt: skip


def test_what_the_log_says_of_directions_counts(repository: Repository) -> None:
    """More than the words of a name; where logs contradict each other nothing is taken and it is told."""

    def evaluation(higher: bool) -> dict[str, Any]:
        return {
            "results": {"t": {"elo,none": 0.5}}, "versions": {"t": 1},
            "higher_is_better": {"t": {"elo": higher}},
            "config": {"model": "hf", "model_args": f"pretrained=net{int(higher)}"}, "configs": {},
        }  # fmt: skip

    table = repository({"out/results_1.json": evaluation(False)})
    assert (table.metrics["elo"].direction, table.metrics["elo"].how) == ("lower", "data")
    table = repository({"out/results_2.json": evaluation(True)})
    assert table.metrics["elo"].direction == "unknown"
    assert "mixed-directions" in kinds(table)
