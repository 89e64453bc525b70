"""Inspect AI's logs: archives and JSON written here, and by Inspect itself."""

import io
import json
import struct
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from paperback.runs import RunTable, Status, read_runs
from paperback.runs.readers import inspect_eval
from paperback.runs.readers.log import Log, LogFile
from paperback.settings import Settings

Repository = Callable[..., RunTable]


def header(status: str = "success", **more: Any) -> dict[str, Any]:
    def score(name: str, value: float, **extra: Any) -> dict[str, Any]:
        return {
            "name": name,
            "scorer": name,
            "metrics": {"accuracy": {"name": "accuracy", "value": value}},
            **extra,
        }

    scores = [score("match", 0.5, reducer="mean"), score("match", 0.75, reducer="max"), score("exact", 0.25)]
    return {
        "version": 2, "status": status, "results": {"scores": scores, "total_samples": 2},
        "eval": {
            "created": "2026-01-01T00:00:00+00:00", "task": "arc", "task_id": "x", "model": "org/net",
            "task_args": {"shots": 5, "list": [1]}, "config": {"epochs": 2, "limit": None},
            "dataset": {"name": "arc", "samples": 2, "sample_ids": [1, 2]}, "revision": {"commit": "c0ffee0"},
        },
        "stats": {"started_at": "2026-01-01T00:00:00+00:00", "completed_at": "2026-01-01T00:00:09+00:00"},
        **more,
    }  # fmt: skip


def archive(members: dict[str, Any], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as zipped:
        for name, value in members.items():
            zipped.writestr(name, json.dumps(value))
    return out.getvalue()


def read(data: bytes, path: str = "logs/a.eval") -> Log:
    return inspect_eval.read(LogFile(path, Path("x"), data, "d"))


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_an_archive_is_one_run(repository: Repository, method: int) -> None:
    """Model, task and its arguments are settings; each score's metrics are final, by reducer if several."""
    files = {f"logs/{place}.eval": archive({"header.json": header()}, method) for place in ("a", "b")}
    run, other = repository(files).runs
    assert (run.id, other.id) == ("logs/a.eval", "logs/b.eval")
    assert {key: final.value for key, final in run.finals.items()} == {
        "match[mean]/accuracy": 0.5, "match[max]/accuracy": 0.75, "exact/accuracy": 0.25,
    }  # fmt: skip
    wanted = {
        "task": "arc",
        "model": "org/net",
        "task_args.shots": 5,
        "config.epochs": 2,
        "dataset.name": "arc",
    }
    assert {key: run.params.get(key) for key in wanted} == wanted
    assert (run.status, run.commit, run.facts["duration"]) == (Status.FINISHED, "c0ffee0", 9.0)


@pytest.mark.parametrize(
    ("word", "status"),
    [
        ("error", Status.FAILED),
        ("cancelled", Status.KILLED),
        ("started", Status.RUNNING),
        ("odd", Status.UNKNOWN),
    ],
)
def test_the_status_is_what_inspect_says(word: str, status: Status) -> None:
    """A log with an error may look complete; the JSON form says the same."""
    data = json.dumps(header(word)).encode()
    assert inspect_eval.accepts("logs/a.json", data)
    assert read(data, "logs/a.json").records[0].status is status
    assert read(archive({"header.json": header(word)})).records[0].status is status


def test_an_evaluation_that_runs_has_only_a_journal() -> None:
    """Its beginning tells model and task."""
    start = {"version": 2, "eval": header()["eval"], "plan": {}}
    (record,) = read(archive({"_journal/start.json": start})).records
    assert (record.status, record.params["task"], record.finals) == (Status.RUNNING, "arc", {})


@pytest.mark.parametrize(
    ("data", "kind"),
    [(archive({}), "truncated-log"), (archive({"header.json": header()})[:-30], "truncated-log"),
     (archive({"other.json": 1}), "truncated-log"), (b"PK\3\4", "truncated-log"),
     (archive({"header.json": "x" * (65 * 2**20)}), "truncated-log")],
    ids=["empty", "cut", "no header", "start only", "bomb"],
)  # fmt: skip
def test_what_is_no_whole_log_is_told(data: bytes, kind: str) -> None:
    """Also a member that would unpack to more than 64 MiB."""
    log = read(data)
    assert not log.records
    assert [finding.kind for finding in log.findings] == [kind]


def as_zstandard(data: bytes) -> bytes:
    """The archive with its stored members labelled as method 93."""
    changed = bytearray(data)
    for mark, offset in ((b"PK\3\4", 8), (b"PK\1\2", 10)):
        at = changed.find(mark)
        struct.pack_into("<H", changed, at + offset, 93)
    return bytes(changed)


def test_without_zstandard_the_way_out_is_told() -> None:
    """Or, where it is installed, rubbish that claims to be packed so is told."""
    log = read(as_zstandard(archive({"header.json": header()}, zipfile.ZIP_STORED)))
    assert not log.records
    (finding,) = log.findings
    try:
        import zstandard  # noqa: F401
    except ImportError:
        if sys.version_info < (3, 14):
            assert finding.mend.startswith("Install zstandard")


WHOLE = archive({"header.json": header(), "samples/1.json": {"a": 1}})


@given(st.integers(0, len(WHOLE) - 1), st.integers(0, 255))
def test_damage_does_not_fall(at: int, byte: int) -> None:
    """Cut or changed archives give a finding, or what can still be read."""
    data = bytearray(WHOLE)
    data[at] = byte
    read(WHOLE[:at])
    read(bytes(data))
    read(json.dumps(header()).encode()[:at], "a.json")


SCRIPT = """
import sys
from inspect_ai.log import *
from inspect_ai.log._log import EvalDataset, EvalConfig
spec = EvalSpec(created="2026-01-01T00:00:00+00:00", task="arc", dataset=EvalDataset(name="arc", samples=2),
    model="org/net", config=EvalConfig(epochs=2), task_args={"shots": 5})
metric = EvalMetric(name="accuracy", value=1 / 3)
score = EvalScore(name="match", scorer="match", metrics={"accuracy": metric})
log = EvalLog(eval=spec, status="success", results=EvalResults(scores=[score]))
write_eval_log(log, sys.argv[1])
"""


@pytest.mark.parametrize("name", ["log.eval", "log.json"])
def test_what_inspect_writes_is_read(tmp_path: Path, logger: Callable[..., str], name: str) -> None:
    """A real log; the archive where Zstandard can be unpacked."""
    logger("inspect_ai.log", SCRIPT, name)
    log = read((tmp_path / name).read_bytes(), name)
    if any("Zstandard" in finding.message for finding in log.findings):
        pytest.skip("nothing that unpacks Zstandard is installed")
    (run,) = read_runs(tmp_path, Settings()).runs
    assert run.finals["match/accuracy"].value == 1 / 3
    assert (run.status, run.params["task"], run.params["task_args.shots"]) == (Status.FINISHED, "arc", 5)
