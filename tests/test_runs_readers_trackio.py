"""Trackio's project database: written here after its schema, and by Trackio itself."""

import json
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from paperback.runs import RunTable, Status, read_runs
from paperback.settings import Settings

NEW = """
CREATE TABLE metrics (id INTEGER PRIMARY KEY, run_id TEXT, timestamp TEXT, run_name TEXT, step INTEGER,
    metrics TEXT);
CREATE TABLE configs (id INTEGER PRIMARY KEY, run_id TEXT, run_name TEXT, config TEXT, created_at TEXT);
"""
OLD = NEW.replace("run_id TEXT, ", "")


def table(root: Path) -> RunTable:
    return read_runs(root, Settings())


def write(place: Path, schema: str, rows: list[tuple[str, int, str]], config: str) -> None:
    has_id = "run_id" in schema
    with closing(sqlite3.connect(place)) as connection:
        connection.executescript(schema)
        for run, step, data in rows:
            columns = "(run_id, run_name, step, metrics)" if has_id else "(run_name, step, metrics)"
            values = (f"id-{run}", run, step, data) if has_id else (run, step, data)
            marks = ",".join("?" * len(values))
            connection.execute(f"INSERT INTO metrics {columns} VALUES ({marks})", values)
        key, value = ("run_id", "id-a") if has_id else ("run_name", "a")
        connection.execute(f"INSERT INTO configs ({key}, config) VALUES (?, ?)", (value, config))
        connection.commit()


@pytest.mark.parametrize(("schema", "name"), [(NEW, "p.db#id-a"), (OLD, "p.db#a")], ids=["by id", "by name"])
def test_each_run_of_a_project_is_a_run(tmp_path: Path, schema: str, name: str) -> None:
    """Rows in order; quoted NaN and infinities are numbers, text is none; older versions know no ids."""
    rows = [("a", 0, '{"loss": 0.5, "d": {"x": "Infinity"}, "t": "word"}'), ("a", 1, '{"loss": "NaN"}')]
    config = {"lr": 0.1, "opt": {"betas": [1, 2]}, "_Created": "2026-01-01T00:00:00", "_Group": "g"}
    write(tmp_path / "p.db", schema, [*rows, ("b", 0, "{")], json.dumps(config))
    found = table(tmp_path)
    run = found.runs[0]
    assert run.id == name
    assert run.params == {"trackio.name": "a", "lr": 0.1, "opt.betas": "[1, 2]", "trackio.group": "g"}
    assert sorted(run.series) == ["d.x", "loss"]
    assert np.array_equal(run.series["loss"].values, [0.5, np.nan], equal_nan=True)
    assert run.series["d.x"].values.tolist() == [np.inf]
    assert (run.facts, run.status) == ({"started": "2026-01-01T00:00:00"}, Status.UNKNOWN)
    assert [f.kind for f in found.findings if "1 rows" in f.message] == ["unreadable-log"]


def test_tables_of_other_columns_are_no_log(tmp_path: Path) -> None:
    """The names of two tables alone make no project."""
    with closing(sqlite3.connect(tmp_path / "p.db")) as connection:
        connection.executescript("CREATE TABLE metrics (x); CREATE TABLE configs (y)")
    (tmp_path / "result.json").write_text('{"seed": 1, "metrics": {"acc": 1}}')
    assert len(table(tmp_path).runs) == 1


SCRIPT = """
import os
os.environ["TRACKIO_DIR"] = os.getcwd()
os.environ["HF_HUB_OFFLINE"] = "1"
import trackio
trackio.init(project="p", name="one", config={"lr": 0.1, "opt": {"name": "adam"}}, embed=False)
for i in range(20):
    trackio.log({"loss": 1 / (i + 3), "d": {"x": i}, "nan": float("nan"), "inf": -float("inf")})
trackio.finish()
"""


def test_what_trackio_writes_is_read_to_the_bit(tmp_path: Path, logger: Callable[..., str]) -> None:
    """Every value that the real logger was given comes back."""
    logger("trackio", SCRIPT)
    (run,) = table(tmp_path).runs
    wanted = {
        "loss": [1 / (i + 3) for i in range(20)], "d.x": range(20), "nan": [np.nan] * 20,
        "inf": [-np.inf] * 20,
    }  # fmt: skip
    for key, values in wanted.items():
        assert run.series[key].values.tobytes() == np.array(values, np.float64).tobytes(), key
        assert run.series[key].steps.tolist() == list(range(20))
    assert (run.params["lr"], run.params["opt.name"], run.params["trackio.name"]) == (0.1, "adam", "one")
