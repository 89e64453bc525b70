"""Optuna's database and journal: written here after their schemas, and by Optuna itself."""

import json
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from paperback.runs import Run, RunTable, Status, read_runs
from paperback.runs.readers import optuna_journal
from paperback.runs.readers.log import LogFile
from paperback.runs.readers.optuna_trial import parameter
from paperback.settings import Settings

SCHEMA = """
CREATE TABLE studies (study_id INTEGER PRIMARY KEY, study_name TEXT);
CREATE TABLE study_directions (direction TEXT, study_id INTEGER, objective INTEGER);
CREATE TABLE study_user_attributes (study_id INTEGER, key TEXT, value_json TEXT);
CREATE TABLE study_system_attributes (study_id INTEGER, key TEXT, value_json TEXT);
CREATE TABLE trials (trial_id INTEGER PRIMARY KEY, number INTEGER, study_id INTEGER, state TEXT,
    datetime_start TEXT, datetime_complete TEXT);
CREATE TABLE trial_user_attributes (trial_id INTEGER, key TEXT, value_json TEXT);
CREATE TABLE trial_params (param_id INTEGER PRIMARY KEY, trial_id INTEGER, param_name TEXT, param_value FLOAT,
    distribution_json TEXT);
CREATE TABLE trial_values (trial_id INTEGER, objective INTEGER, value FLOAT, value_type TEXT);
CREATE TABLE trial_intermediate_values (trial_id INTEGER, step INTEGER, intermediate_value FLOAT,
    intermediate_value_type TEXT);
INSERT INTO studies VALUES (1, 's');
INSERT INTO study_directions VALUES ('MINIMIZE', 1, 0);
INSERT INTO study_user_attributes VALUES (1, 'dataset', '"mnist"');
INSERT INTO trials VALUES (1, 0, 1, 'COMPLETE', '2026-01-01 00:00:00.0', '2026-01-01 00:00:02.5');
INSERT INTO trials VALUES (2, 1, 1, 'PRUNED', '2026-01-01 00:00:00.0', NULL);
INSERT INTO trials VALUES (3, 2, 1, 'FAIL', NULL, NULL);
INSERT INTO trials VALUES (4, 3, 1, 'WAITING', NULL, NULL);
INSERT INTO trial_params VALUES (1, 1, 'opt', 1.0,
    '{"name": "CategoricalDistribution", "attributes": {"choices": ["adam", "sgd"]}}');
INSERT INTO trial_params VALUES (2, 1, 'n', 3.0, '{"name": "IntDistribution", "attributes": {}}');
INSERT INTO trial_values VALUES (1, 0, 0.125, 'FINITE');
INSERT INTO trial_values VALUES (2, 0, NULL, 'INF_POS');
INSERT INTO trial_intermediate_values VALUES (1, 1, NULL, 'NAN');
INSERT INTO trial_intermediate_values VALUES (1, 0, 0.5, 'FINITE');
INSERT INTO trial_user_attributes VALUES (1, 'acc', '0.75');
INSERT INTO trial_user_attributes VALUES (1, 'note', '"x"');
"""


def database(place: Path, extra: str = "") -> None:
    with closing(sqlite3.connect(place)) as connection:
        connection.executescript(SCHEMA + extra)


def runs(root: Path) -> dict[str, Run]:
    table: RunTable = read_runs(root, Settings())
    return {run.id.split("#")[1]: run for run in table.runs}


def test_every_trial_of_a_database_is_a_run(tmp_path: Path) -> None:
    """A choice is itself, not its number; the study tells the direction; what only waits is no run."""
    database(tmp_path / "study.db")
    found = runs(tmp_path)
    assert {name: run.status for name, run in found.items()} == {
        "s/0": Status.FINISHED, "s/1": Status.KILLED, "s/2": Status.FAILED,
    }  # fmt: skip
    first = found["s/0"]
    assert first.params == {"optuna.study": "s", "dataset": "mnist", "opt": "sgd", "n": 3, "note": "x"}
    assert {key: final.value for key, final in first.finals.items()} == {"value": 0.125, "acc": 0.75}
    assert first.series["intermediate_value"].steps.tolist() == [0, 1]
    assert np.array_equal(first.series["intermediate_value"].values, [0.5, np.nan], equal_nan=True)
    assert first.directions == {"value": "lower", "intermediate_value": "lower"}
    assert first.facts == {"state": "complete", "started": "2026-01-01 00:00:00.0", "duration": 2.5}
    assert found["s/1"].finals["value"].value == np.inf


def test_objectives_have_the_names_that_the_author_gave(tmp_path: Path) -> None:
    """Several objectives are numbered where they have no names."""
    two = """INSERT INTO study_directions VALUES ('MAXIMIZE', 1, 1);
        INSERT INTO trial_values VALUES (1, 1, 9, 'FINITE');"""
    database(tmp_path / "study.db", two)
    assert runs(tmp_path)["s/0"].directions == {"value_0": "lower", "value_1": "higher"}
    names = "INSERT INTO study_system_attributes VALUES (1, 'study:metric_names', '[\"loss\", \"acc\"]')"
    (tmp_path / "study.db").unlink()
    database(tmp_path / "study.db", two + names)
    assert runs(tmp_path)["s/0"].directions == {"loss": "lower", "acc": "higher"}


def test_an_older_schema_is_read(tmp_path: Path) -> None:
    """Tables and columns that were added later may be missing."""
    older = """ALTER TABLE trial_values DROP COLUMN value_type; ALTER TABLE trials DROP COLUMN number;
        DROP TABLE trial_intermediate_values; DROP TABLE study_directions;"""
    database(tmp_path / "study.db", older)
    found = runs(tmp_path)["s/1"]
    assert (found.finals["value"].value, found.directions) == (0.125, {})


@pytest.mark.parametrize(
    ("value", "distribution", "wanted"),
    [(1.0, '{"name": "CategoricalDistribution", "attributes": {"choices": ["a", null]}}', None),
     (0, '{"name": "CategoricalDistribution", "attributes": {"choices": [[1, 2]]}}', "[1, 2]"),
     (7, '{"name": "CategoricalDistribution", "attributes": {"choices": ["a"]}}', 7),
     (2.0, '{"name": "IntUniformDistribution"}', 2), (0.5, '{"name": "LogUniformDistribution"}', 0.5),
     (0.5, "broken", 0.5), (float("nan"), '{"name": "IntDistribution"}', float("nan"))],
)  # fmt: skip
def test_a_parameter_is_what_was_suggested(value: float, distribution: str, wanted: object) -> None:
    """A number without a sound description stays a number."""
    assert repr(parameter(value, distribution)) == repr(wanted)


def line(op: int, **entry: Any) -> str:
    return json.dumps({"op_code": op, "worker_id": "w", **entry}) + "\n"


JOURNAL = (
    line(0, study_name="s", directions=[1]) + line(0, study_name="s", directions=[2])
    + line(2, study_id=0, user_attr={"dataset": "mnist"})
    + line(4, study_id=0, datetime_start="2026-01-01T00:00:00")
    + line(5, trial_id=0, param_name="n", param_value_internal=3.0,
           distribution='{"name": "IntDistribution"}')
    + line(7, trial_id=0, step=0, intermediate_value=0.5) + line(8, trial_id=0, user_attr={"acc": 0.75})
    + line(6, trial_id=0, state=1, values=[float("inf")], datetime_complete="2026-01-01T00:00:01")
    + line(7, trial_id=0, step=1, intermediate_value=9) + line(4, study_id=0, state=4)
    + line(4, study_id=0, state=1, value=0.5, params={"n": 1.0},
           distributions={"n": '{"name": "IntDistribution"}'},
           intermediate_values={"2": 0.25}, user_attrs={"a": 1})
    + line(0, study_name="gone", directions=[0]) + line(4, study_id=1) + line(1, study_id=1)
    + line(0, study_name="gone", directions=[1, 2])
    + line(3, study_id=2, system_attr={"study:metric_names": ["a", "b"]})
    + line(4, study_id=2) + line(6, trial_id=4, state=2, values=None)
)  # fmt: skip


def test_a_journal_is_replayed(tmp_path: Path) -> None:
    """A study that exists is not made again, a finished trial not changed, a deleted study has no trials."""
    (tmp_path / "journal.log").write_text(JOURNAL)
    found = runs(tmp_path)
    assert {name: run.status for name, run in found.items()} == {
        "s/0": Status.FINISHED, "s/2": Status.FINISHED, "gone/0": Status.KILLED,
    }  # fmt: skip
    first = found["s/0"]
    assert first.params == {"optuna.study": "s", "dataset": "mnist", "n": 3}
    assert {key: final.value for key, final in first.finals.items()} == {"value": np.inf, "acc": 0.75}
    assert first.series["intermediate_value"].values.tolist() == [0.5]
    assert first.directions["value"] == "lower"
    assert found["s/2"].params["n"] == 1
    assert found["gone/0"].directions == {"a": "lower", "b": "higher"}


@given(st.integers(0, len(JOURNAL)), st.binary(max_size=8))
def test_a_damaged_journal_keeps_the_rest(cut: int, rubbish: bytes) -> None:
    """Lines that are no operation are told; the trials before them stay."""
    data = JOURNAL.encode()[:cut] + rubbish
    log = optuna_journal.read(LogFile("journal.log", Path("x"), data, "d"))
    whole = data.rsplit(b"\n", 1)[0]
    before = optuna_journal.read(LogFile("journal.log", Path("x"), whole, "d"))
    assert len(log.records) >= len(before.records)


SCRIPT = """
import json, optuna
from optuna.storages import JournalStorage
from optuna.storages.journal import JournalFileBackend
optuna.logging.set_verbosity(optuna.logging.ERROR)
def objective(trial):
    lr = trial.suggest_float("lr", 1e-5, 1e-1, log=True)
    n = trial.suggest_int("n", 1, 5)
    trial.suggest_categorical("opt", ["adam", "sgd", None, True])
    for step in range(4):
        trial.report(lr * step, step)
        if trial.number == 2 and step == 2:
            raise optuna.TrialPruned()
    if trial.number == 3:
        raise RuntimeError
    trial.set_user_attr("acc", n / 3)
    return float("inf") if trial.number == 4 else lr
told = {}
for name, storage in (("a", "sqlite:///study.db"), ("b", JournalStorage(JournalFileBackend("journal.log")))):
    sampler = optuna.samplers.RandomSampler(seed=0)
    study = optuna.create_study(study_name=name, storage=storage, sampler=sampler)
    study.optimize(objective, n_trials=6, catch=(RuntimeError,))
    for t in study.trials:
        told[f"{name}/{t.number}"] = [t.state.name, t.params, [v.hex() for v in t.values or ()],
            {k: v.hex() for k, v in t.intermediate_values.items()},
            {k: v.hex() for k, v in t.user_attrs.items()}]
print(json.dumps(told))
"""


def test_what_optuna_writes_is_read_as_optuna_reads_it(tmp_path: Path, logger: Callable[..., str]) -> None:
    """Parameters, values, intermediate values, attributes and states of both stores, to the bit."""
    told = json.loads(logger("optuna", SCRIPT).strip().splitlines()[-1])
    found = runs(tmp_path)
    states = {"COMPLETE": Status.FINISHED, "PRUNED": Status.KILLED, "FAIL": Status.FAILED}
    assert found.keys() == told.keys()
    for name, (state, params, values, steps, attributes) in told.items():
        run = found[name]
        assert run.status is states[state]
        assert {key: run.params[key] for key in params} == params
        assert [final.value.hex() for key, final in run.finals.items() if key == "value"] == values
        series = run.series["intermediate_value"]
        ours = zip(series.steps.tolist(), series.values.tolist(), strict=True)
        assert {str(step): value.hex() for step, value in ours} == steps
        assert {key: run.finals[key].value.hex() for key in attributes} == attributes
