"""MLflow's two stores: written here after their schema, by MLflow itself, and by a real study."""

import json
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from paperback.runs import Run, RunTable, Status, read_runs
from paperback.runs.readers import mlflow_files, mlflow_lines
from paperback.runs.readers.log import LogFile
from paperback.runs.readers.mlflow_run import typed
from paperback.settings import Settings

CASE = Path(__file__).resolve().parents[2] / "shared" / "cases" / "format_samples" / "mlflow_native_swfilter"
SCHEMA = """
CREATE TABLE experiments (experiment_id INTEGER, name TEXT, lifecycle_stage TEXT);
CREATE TABLE runs (run_uuid TEXT, name TEXT, experiment_id INTEGER, status TEXT, start_time BIGINT,
    end_time BIGINT, lifecycle_stage TEXT);
CREATE TABLE metrics (key TEXT, value FLOAT, timestamp BIGINT, run_uuid TEXT, step BIGINT, is_nan BOOLEAN);
CREATE TABLE latest_metrics (key TEXT, value FLOAT, timestamp BIGINT, step BIGINT, is_nan BOOLEAN,
    run_uuid TEXT);
CREATE TABLE params (key TEXT, value TEXT, run_uuid TEXT);
CREATE TABLE tags (key TEXT, value TEXT, run_uuid TEXT);
INSERT INTO experiments VALUES (1, 'study', 'active');
"""


def database(place: Path, *statements: str) -> Path:
    with closing(sqlite3.connect(place)) as connection:
        connection.executescript(SCHEMA + ";".join(statements))
        connection.commit()
    return place


def run(name: str, status: str = "FINISHED", stage: str = "active", end: str = "3000") -> str:
    return f"INSERT INTO runs VALUES ('{name}', 'n-{name}', 1, '{status}', 1000, {end}, '{stage}')"


def metric(name: str, key: str, step: int, value: float | str, nan: int = 0) -> str:
    return f"INSERT INTO metrics VALUES ('{key}', {value}, {step}, '{name}', {step}, {nan})"


def table(root: Path) -> RunTable:
    return read_runs(root, Settings())


def kinds(found: RunTable) -> set[str]:
    return {finding.kind for finding in found.findings} - {"unknown-role", "nan-metric"}


def only(root: Path) -> Run:
    (found,) = table(root).runs
    return found


def test_a_database_is_read_whole(tmp_path: Path) -> None:
    """Parameters are typed again, own tags kept, NaN and the largest number are NaN and infinities."""
    largest = "1.7976931348623157e308"
    database(
        tmp_path / "mlflow.db", run("a"), metric("a", "val/loss", 0, 0.1),
        metric("a", "val/loss", 1, largest), metric("a", "val/loss", 2, 0.0, 1),
        metric("a", "val/loss", 3, f"-{largest}"),
        "INSERT INTO params VALUES ('lr', '1e-3', 'a'), ('none', 'None', 'a'), ('on', 'True', 'a')",
        "INSERT INTO params VALUES ('layers', '[1, 2]', 'a'), ('n', '7', 'a'), ('code', '007', 'a')",
        "INSERT INTO tags VALUES ('mlflow.source.git.commit', 'c0ffee0', 'a'), ('team', 'x', 'a')",
        "INSERT INTO tags VALUES ('mlflow.parentRunId', 'b', 'a'), ('mlflow.user', 'me', 'a')",
    )  # fmt: skip
    found = only(tmp_path)
    assert found.id == "mlflow.db#a"
    assert found.params == {
        "lr": 0.001, "none": None, "on": True, "layers": "[1, 2]", "n": 7, "code": "007", "tags.team": "x",
        "mlflow.experiment": "study", "mlflow.run_name": "n-a", "mlflow.parent": "b",
    }  # fmt: skip
    wanted = np.array([0.1, np.inf, np.nan, -np.inf])
    assert found.series["val/loss"].values.tobytes() == wanted.tobytes()
    assert found.series["val/loss"].steps.tolist() == [0, 1, 2, 3]
    assert (found.status, found.commit) == (Status.FINISHED, "c0ffee0")
    assert found.facts == {"user": "me", "started": "1970-01-01T00:00:01+00:00", "duration": 2.0}


@pytest.mark.parametrize(
    ("status", "wanted"),
    [("FINISHED", "finished"), ("FAILED", "failed"), ("KILLED", "killed"), ("RUNNING", "running"),
     ("SCHEDULED", "running"), ("odd", "unknown")],
)  # fmt: skip
def test_the_status_is_what_mlflow_says(tmp_path: Path, status: str, wanted: str) -> None:
    """A killed logger leaves RUNNING behind; nothing else is known of it."""
    database(tmp_path / "mlflow.db", run("a", status), metric("a", "acc", 0, 1))
    assert only(tmp_path).status is Status(wanted)


def test_deleted_runs_are_left_out_and_told(tmp_path: Path) -> None:
    """Their rows stay in the file until the garbage is collected."""
    database(tmp_path / "mlflow.db", run("a"), metric("a", "acc", 0, 1), run("b", stage="deleted"))
    found = table(tmp_path)
    assert [r.id for r in found.runs] == ["mlflow.db#a"]
    assert kinds(found) == {"deleted-run"}


def test_the_run_above_a_sweep_is_none_of_its_own(tmp_path: Path) -> None:
    """A parent that logged nothing only holds its children together."""
    child = "INSERT INTO tags VALUES ('mlflow.parentRunId', 'a', 'b')"
    database(tmp_path / "mlflow.db", run("a"), run("b"), metric("b", "acc", 0, 1), child)
    assert [r.id for r in table(tmp_path).runs] == ["mlflow.db#b"]


def test_the_final_value_is_that_of_the_last_step(tmp_path: Path) -> None:
    """What was logged later for an earlier step does not count; an older schema has no table of them."""
    place = database(
        tmp_path / "mlflow.db", run("a"), metric("a", "acc", 5, 0.5), metric("a", "acc", 9, 0.9),
        metric("a", "acc", 2, 0.2), "DROP TABLE latest_metrics",
    )  # fmt: skip
    assert only(tmp_path).finals["acc"].value == 0.9
    with closing(sqlite3.connect(place)) as connection:
        connection.executescript("ALTER TABLE runs DROP COLUMN name")
    assert "mlflow.run_name" not in only(tmp_path).params


def test_steps_beyond_double_precision_stay_exact(tmp_path: Path) -> None:
    """A time stamp in nanoseconds is a legal step."""
    database(tmp_path / "mlflow.db", run("a"), metric("a", "acc", 2**60 + 1, 0.5))
    assert only(tmp_path).series["acc"].steps.tolist() == [2**60 + 1]


def test_reading_leaves_no_trace(tmp_path: Path) -> None:
    """What only the write-ahead log holds is read, and no file beside the database is made or changed."""
    place = database(tmp_path / "mlflow.db", "PRAGMA journal_mode=WAL")
    with closing(sqlite3.connect(place)) as writer:
        writer.execute("PRAGMA wal_autocheckpoint=0")
        writer.executescript(f"BEGIN; {run('a')}; {metric('a', 'acc', 0, 0.25)}; COMMIT;")
        copy = tmp_path / "copy"
        copy.mkdir()
        for name in ("mlflow.db", "mlflow.db-wal"):
            (copy / name).write_bytes((tmp_path / name).read_bytes())
    before = {path.name: path.read_bytes() for path in copy.iterdir()}
    assert only(copy).finals == {}
    assert only(copy).series["acc"].values.tolist() == [0.25]
    assert {path.name: path.read_bytes() for path in copy.iterdir()} == before


def test_a_database_in_a_folder_that_cannot_be_written_is_read(tmp_path: Path) -> None:
    """Reading needs no right to write; a lock of another program does not stop it."""
    place = database(tmp_path / "mlflow.db", run("a"), metric("a", "acc", 0, 1))
    with closing(sqlite3.connect(place)) as writer:
        writer.execute("BEGIN EXCLUSIVE")
        assert only(tmp_path).status is Status.FINISHED


def test_another_database_is_no_log(tmp_path: Path) -> None:
    """Without the tables of a tracker nothing is read and nothing said."""
    database(tmp_path / "runs.db", run("a"), metric("a", "acc", 0, 1))
    with closing(sqlite3.connect(tmp_path / "other.db")) as connection:
        connection.executescript("CREATE TABLE runs (loss FLOAT)")
    found = table(tmp_path)
    assert ([r.id for r in found.runs], kinds(found)) == (["runs.db#a"], set())


@given(st.data())
@settings(max_examples=40)
def test_a_damaged_database_does_not_fall(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    """Overwritten or cut pages give a finding or what can still be read, never an error."""
    root = tmp_path_factory.mktemp("db")
    rows = [metric("a", "acc", step, step / 3) for step in range(50)]
    place = database(root / "mlflow.db", run("a"), *rows)
    content = bytearray(place.read_bytes())
    for _ in range(data.draw(st.integers(1, 6))):
        content[data.draw(st.integers(16, len(content) - 1))] = data.draw(st.integers(0, 255))
    place.write_bytes(content[: data.draw(st.integers(100, len(content)))])
    (root / "result.json").write_text('{"seed": 1, "metrics": {"acc": 1}}')
    assert table(root).runs


META = """artifact_uri: file:///elsewhere/mlruns/1/a/artifacts
end_time: 3000
experiment_id: '1'
lifecycle_stage: active
run_id: a
run_name: 'n: a'
run_uuid: a
start_time: 1000
status: 3
"""


def store(root: Path, **files: str) -> Path:
    for name, text in {"meta.yaml": META, **files}.items():
        place = root / "mlruns/1/a" / name
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text)
    (root / "mlruns/1/meta.yaml").write_text("name: study\nexperiment_id: '1'\nlifecycle_stage: active\n")
    return root


def test_a_file_store_is_read_whole(tmp_path: Path) -> None:
    """Lines of two, three and five fields; a slash in a metric's name is a folder; artifacts are no runs."""
    store(
        tmp_path,
        **{
            "params/lr": "0.001", "tags/mlflow.source.git.commit": "c0ffee0", "tags/team": "x",
            "metrics/val/loss": "10 0.5 0\n11 nan 1\n12 inf 2\n13 0.25 1\n", "metrics/old": "10 0.75\n",
            "metrics/new": "10 0.125 7 data abcdef\n",
            "artifacts/results.json": '{"seed": 1, "metrics": {"acc": 1}}',
        },
    )  # fmt: skip
    found = only(tmp_path)
    assert found.id == "mlruns/1/a"
    assert found.params == {
        "lr": 0.001, "tags.team": "x", "mlflow.experiment": "study", "mlflow.run_name": "n: a",
    }  # fmt: skip
    points = found.series["val/loss"]
    assert points.steps.tolist() == [0, 1, 2, 1]
    assert points.values.tobytes() == np.array([0.5, np.nan, np.inf, 0.25]).tobytes()
    assert found.finals["val/loss"].value == np.inf
    assert (found.series["old"].steps.tolist(), found.series["new"].steps.tolist()) == ([0], [7])
    assert (found.status, found.commit, found.facts["duration"]) == (Status.FINISHED, "c0ffee0", 2.0)
    assert {source.path for source in found.sources} >= {
        "mlruns/1/a/metrics/val/loss",
        "mlruns/1/a/params/lr",
    }


@pytest.mark.parametrize(
    ("text", "values", "line"),
    [("1 0.5 0\n2 0.2", [0.5], 2),
     ("1 0.5 0\nx\n3 0.25 1\n", [0.5, 0.25], 2), ("1 0.5 0 1\n2 0.5 1\n", [0.5], 1),
     ("1 0.5 99999999999999999999\n2 1 0\n", [1.0], 1)],
    ids=["cut", "garbage", "four fields", "step too large"],
)  # fmt: skip
def test_a_line_that_is_no_point_is_told(tmp_path: Path, text: str, values: list[float], line: int) -> None:
    """A last line without its end was cut, whatever it looks like."""
    store(tmp_path, **{"metrics/acc": text})
    found = table(tmp_path)
    assert found.runs[0].series["acc"].values.tolist() == values
    (finding,) = [finding for finding in found.findings if finding.kind == "truncated-log"]
    assert f"metrics/acc:{line}:" in finding.message


def test_a_deleted_folder_is_told(tmp_path: Path) -> None:
    """It is left out by its name."""
    store(tmp_path, **{"metrics/acc": "1 0.5 0\n"})
    gone = tmp_path / "mlruns/1/b/meta.yaml"
    gone.parent.mkdir()
    gone.write_text(META.replace("active", "deleted").replace("id: a", "id: b"))
    found = table(tmp_path)
    assert (len(found.runs), kinds(found)) == (1, {"deleted-run"})


@pytest.mark.parametrize(
    ("data", "findings"),
    [(b"a: [", 1), (b"- 1", 0), (b"x: &a [*a]", 1), (b"!!python/object/apply:os.system ['true']", 1)],
)
def test_a_description_that_is_none_is_told(tmp_path: Path, data: bytes, findings: int) -> None:
    """Broken YAML, tags that would make objects, and anchors in a circle."""
    log = mlflow_files.read(LogFile("r/meta.yaml", tmp_path / "r/meta.yaml", data, "d"))
    assert (len(log.records), len(log.findings)) == (0, findings)


def test_both_stores_of_one_project_are_one_run(tmp_path: Path) -> None:
    """A project that moved from files to the database has each run twice."""
    store(tmp_path, **{"metrics/acc": "1 0.5 0\n2 0.75 1\n"})
    database(tmp_path / "mlflow.db", run("a"), metric("a", "acc", 0, 0.5), metric("a", "acc", 1, 0.75))
    found = table(tmp_path)
    assert (len(found.runs), kinds(found)) == (1, {"duplicate-log"})


@pytest.mark.parametrize(
    ("text", "value"),
    [("1", 1), ("-3", -3), ("0.1", 0.1), (".5", 0.5), ("5.", 5.0), ("1e-3", 0.001), ("None", None),
     ("False", False),     ("nan", "nan"), ("1_000", "1_000"), ("0x10", "0x10"), ("", ""),
     ("12345678901234567", "12345678901234567")],
)  # fmt: skip
def test_parameters_are_typed_by_their_text(text: str, value: object) -> None:
    """Only what plainly is a number is one: identifiers with leading zeros or too many digits stay text."""
    assert (typed(text), type(typed(text))) == (value, type(value))


SCRIPT = """
import json, os, sys
os.environ["MLFLOW_ALLOW_FILE_STORE"] = "true"
import mlflow
mlflow.set_tracking_uri(sys.argv[1])
mlflow.set_experiment("study")
with mlflow.start_run(run_name="one") as run:
    mlflow.log_params({"lr": 1e-3, "none": None, "layers": [1, 2]})
    for step in range(40):
        mlflow.log_metric("val/loss", 1 / (step + 3), step=step)
    mlflow.log_metric("val/loss", 0.1, step=5)
    for key, value in (("nan", "nan"), ("inf", "inf"), ("ninf", "-inf"), ("tiny", 5e-324), ("third", 1 / 3)):
        mlflow.log_metric(key, float(value))
try:
    with mlflow.start_run(run_name="two"):
        mlflow.log_metric("acc", 0.25)
        raise KeyError
except KeyError:
    pass
client = mlflow.MlflowClient()
found = client.search_runs([run.info.experiment_id], run_view_type=1)
print(json.dumps({r.info.run_name: [r.info.status, r.data.params, {
    key: [[m.step, m.value.hex()] for m in client.get_metric_history(r.info.run_id, key)]
    for key in r.data.metrics}, {k: v.hex() for k, v in r.data.metrics.items()}] for r in found}))
"""


@pytest.mark.parametrize("uri", ["sqlite:///mlflow.db", "./mlruns"])
def test_what_mlflow_writes_is_read_as_mlflow_reads_it(
    tmp_path: Path, logger: Callable[..., str], uri: str
) -> None:
    """Histories, final values, parameters and status to the bit; only the database loses infinities."""
    told = json.loads(logger("mlflow", SCRIPT, uri).strip().splitlines()[-1])
    runs = {str(found.params["mlflow.run_name"]): found for found in table(tmp_path).runs}
    assert runs.keys() == told.keys()
    largest = float(np.finfo(np.float64).max)
    for name, (status, params, histories, finals) in told.items():
        found = runs[name]
        assert found.status.name == status
        assert {key: found.params[key] for key in params} == {
            key: typed(text) for key, text in params.items()
        }
        assert found.series.keys() == histories.keys()
        for key, points in histories.items():
            ours = zip(found.series[key].steps.tolist(), found.series[key].values.tolist(), strict=True)
            clip = uri.startswith("sqlite")
            stored = [[step, (np.clip(v, -largest, largest) if clip else v).hex()] for step, v in ours]
            assert sorted(stored) == sorted(points), key
        for key, value in finals.items():
            ours_final = found.finals[key].value
            clipped = (
                float(np.clip(ours_final, -largest, largest)) if uri.startswith("sqlite") else ours_final
            )
            assert clipped.hex() == value, key


@pytest.mark.skipif(not CASE.is_dir(), reason="the real repositories' logs are not at hand")
def test_a_real_store_is_read() -> None:
    """19 runs of two experiments, 7 of which failed before they logged."""
    found = table(CASE / "raw")
    assert len(found.runs) == 19
    assert sum(run.status is Status.FAILED for run in found.runs) == 7
    assert sum(not run.finals for run in found.runs) == 7
    run = next(r for r in found.runs if r.id.endswith("d4ce435c623c4644af8127dddd64be64"))
    assert {key: final.value for key, final in run.finals.items()} == {
        "cv_score": 0.9431372549019607, "test_score": 0.9833333333333333,
    }  # fmt: skip


KILLED = """
import os, sys
os.environ["MLFLOW_ALLOW_FILE_STORE"] = "true"
import mlflow
mlflow.set_tracking_uri(sys.argv[1])
mlflow.start_run()
for step in range(60):
    mlflow.log_metric("loss", 1 / (step + 3), step=step, synchronous=True)
os.kill(os.getpid(), 9)
"""


@pytest.mark.parametrize("uri", ["sqlite:///mlflow.db", "./mlruns"])
def test_what_mlflow_wrote_before_it_was_killed_is_read(
    tmp_path: Path, logger: Callable[..., str], uri: str
) -> None:
    """Nothing that was logged is lost; the run still claims to run."""
    logger("mlflow", KILLED, uri, check=False)
    found = only(tmp_path)
    assert found.series["loss"].values.tolist() == [1 / (step + 3) for step in range(60)]
    assert found.status is Status.RUNNING


numbers = st.floats(width=64).map(repr) | st.sampled_from(["nan", "inf", "-inf", "5e-324", "1", "+1", "1_0"])
fields = st.tuples(st.integers(-(2**65), 2**65), numbers, st.integers(-(2**63), 2**63)).map(
    lambda found: " ".join(map(str, found))
)
written = fields | st.sampled_from(
    ["", "1 2", "1 2 3 data d", "1 2 3 4", "x y z", "1  2 3", "1 2 3\r", '"1" 2 3']
)


@given(st.lists(written, max_size=8), st.booleans())
def test_large_files_of_points_give_what_their_lines_give(lines: list[str], ended: bool) -> None:
    """Read at once or line by line: times, values and steps agree to the bit, and so do the lines told."""
    data = ("\n".join(lines) + "\n" * ended).encode()
    at_once = mlflow_lines._plain(data) if data else None
    columns, bad = mlflow_lines.read_lines(data)
    if at_once is not None:
        assert not bad
        assert [column.tobytes() for column in at_once] == [column.tobytes() for column in columns]
    plain = "".join(f"{place} {1 / (place + 3)!r} {place}\n" for place in range(2000)).encode()
    assert mlflow_lines._plain(plain) is not None
