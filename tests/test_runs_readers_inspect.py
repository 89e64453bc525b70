"""Inspect AI's logs: archives and JSON written here, and by Inspect itself."""

import io
import json
import struct
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from paperback.errors import EvidenceError
from paperback.evidence import estimate
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
            zipped.writestr(name, value if isinstance(value, bytes) else json.dumps(value))
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


def as_zstandard(data: bytes, size: int = 0) -> bytes:
    """The archive with its stored member labelled as method 93, and as of `size` bytes if given."""
    changed = bytearray(data)
    for mark, offset in ((b"PK\3\4", 8), (b"PK\1\2", 10)):
        at = changed.find(mark)
        struct.pack_into("<H", changed, at + offset, 93)
        if size:
            struct.pack_into("<I", changed, at + offset + 14, size)
    return bytes(changed)


def test_members_packed_with_zstandard() -> None:
    """As Inspect writes them; rubbish that claims to be packed so is told."""
    content = json.dumps(header()).encode()
    packed = pa.compress(content, codec="zstd", asbytes=True)
    whole = read(as_zstandard(archive({"header.json": packed}, zipfile.ZIP_STORED), len(content)))
    plain = read(archive({"header.json": header()}, zipfile.ZIP_STORED))
    assert [record.params for record in whole.records] == [record.params for record in plain.records]
    assert whole.records
    log = read(as_zstandard(archive({"header.json": header()}, zipfile.ZIP_STORED)))
    assert not log.records
    assert [finding.kind for finding in log.findings] == ["truncated-log"]


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


def sample(place: int, epoch: int, **scores: Any) -> dict[str, Any]:
    return {
        "id": place, "epoch": epoch, "input": "q", "target": "a",
        "metadata": {"subject": "ab"[place % 2], "note": "x" * 300},
        "scores": {name: {"value": value, "answer": "a"} for name, value in scores.items()},
    }  # fmt: skip


def asked(epochs: int = 3) -> list[dict[str, Any]]:
    """Twelve samples, the first third of them right in every epoch, the next in the first only."""
    return [
        sample(i, e, match="CPIN"[min(i // 4 + (e > 1) * (i // 4 == 1), 2)], many={"size": i, "ok": i < 6})
        for e in range(1, epochs + 1)
        for i in range(12)
    ]


def of(samples: list[dict[str, Any]], *names: str, status: str = "success") -> dict[str, Any]:
    """A header whose metrics are the means of the samples under the given names."""
    scores = [
        {"name": name.partition("[")[0], "scorer": "x", "metrics": {"accuracy": {"value": 0.5}}, **reducer}
        for name in names
        for reducer in ([{"reducer": "mean"}, {"reducer": "max"}] if "[" in name else [{}])
    ]
    return header(status, results={"scores": scores}, samples=samples)


FORMS: dict[str, Callable[[dict[str, Any]], tuple[str, bytes]]] = {
    "json": lambda log: ("logs/a.json", json.dumps(log).encode()),
    "archive": lambda log: (
        "logs/a.eval",
        archive(
            {
                "header.json": {k: v for k, v in log.items() if k != "samples"},
                "summaries.json": log["samples"],
            }
        ),
    ),
    "samples alone": lambda log: (
        "logs/a.eval",
        archive(
            {"header.json": {k: v for k, v in log.items() if k != "samples"}}
            | {f"samples/{s['id']}_epoch_{s['epoch']}.json": s for s in log["samples"]}
        ),
    ),
    "journal": lambda log: (
        "logs/a.eval",
        archive(
            {"_journal/start.json": {"eval": log["eval"], "status": "success"}}
            | {f"_journal/summaries/{n}.json": log["samples"][n::2] for n in range(2)}
        ),
    ),
}


@pytest.mark.parametrize("form", FORMS)
def test_samples_are_items(repository: Repository, form: str) -> None:
    """Grades become numbers, epochs repetitions, and what groups the samples is known."""
    name, data = FORMS[form](of(asked(), "match[mean]"))
    table = repository({name: data})
    found = estimate(table, "match[mean]/accuracy" if form != "journal" else "match/accuracy")
    assert (found.value, found.n) == (pytest.approx((4 * 1 + 4 * (0.5 / 3)) / 12), 12)
    assert {role: table.roles[role].key for role in ("item", "seed", "cluster")} == {
        "item": "item", "seed": "repeat", "cluster": "metadata.subject",
    }  # fmt: skip
    assert estimate(table, "size/mean").value == 5.5
    assert estimate(table, "ok/accuracy").value == 0.5


def test_the_whole_evaluation_is_not_counted_beside_its_samples(repository: Repository) -> None:
    """A metric that no sample has stays, such as the best of several epochs."""
    table = repository({"logs/a.json": json.dumps(of(asked(1), "match")).encode()})
    assert (len(table.runs), table.apart.keys()) == (12, {"sum of items"})
    table = repository({"logs/a.json": json.dumps(of(asked(2), "match[mean]")).encode()})
    assert len(table.runs) == 25
    assert estimate(table, "match[max]/accuracy").value == 0.5


def test_samples_of_an_evaluation_that_was_cancelled_do_not_count(repository: Repository) -> None:
    """Which samples it reached is no random choice."""
    table = repository({"logs/a.json": json.dumps(of(asked(1), "match", status="cancelled")).encode()})
    with pytest.raises(EvidenceError, match="killed"):
        estimate(table, "match/accuracy")


def test_samples_that_failed_are_told() -> None:
    """They have no score, so the mean is over the others."""
    samples = [*asked(1), {**sample(12, 1), "scores": None, "error": {"message": "x"}}]
    log = read(json.dumps(of(samples, "match")).encode(), "logs/a.json")
    assert [f.message for f in log.findings] == [
        "logs/a.json: 1 of 13 samples ended in an error and were not scored"
    ]
    assert len(log.records) == 13


@pytest.mark.parametrize(
    ("value", "number"),
    [
        ("C", 1.0),
        ("P", 0.5),
        ("I", 0.0),
        ("N", 0.0),
        ("yes", 1.0),
        ("False", 0.0),
        (True, 1.0),
        (7, 7.0),
        ("0.25", 0.25),
    ],
)
def test_a_score_is_what_inspect_takes_it_for(value: Any, number: float) -> None:
    """As `value_to_float` of Inspect has it."""
    log = read(json.dumps(of([sample(1, 1, match=value)], "match")).encode(), "logs/a.json")
    assert log.records[1].finals["match/accuracy"].value == number


@pytest.mark.parametrize("value", ["maybe", None, [1, 2], {"a": "maybe"}])
def test_a_score_that_is_no_number_is_none(value: Any) -> None:
    """Words that Inspect has no number for are not zero here."""
    log = read(json.dumps(of([sample(1, 1, match=value)], "match")).encode(), "logs/a.json")
    assert len(log.records) == 1


EVALUATION = """
import sys
from inspect_ai import Epochs, Task, eval
from inspect_ai.dataset import MemoryDataset, Sample
from inspect_ai.model import ModelOutput, ModelUsage, get_model
from inspect_ai.scorer import Score, accuracy, match, mean, scorer, stderr

@scorer(metrics=[mean(), stderr()])
def length():
    async def score(state, target):
        return Score(value=float(len(state.output.completion)))
    return score

@scorer(metrics={"*": [mean()]})
def many():
    async def score(state, target):
        first = "C" if state.sample_id == 1 else "I"
        return Score(value={"size": len(state.output.completion), "first": first})
    return score

@scorer(metrics=[accuracy(), stderr()])
def grades():
    async def score(state, target):
        return Score(value="CPNI"[state.sample_id % 4])
    return score

def outputs():
    for place in range(100):
        output = ModelOutput.from_content("mockllm/model", "a" if place % 3 else "bb")
        output.usage = ModelUsage(input_tokens=1, output_tokens=1, total_tokens=2)
        yield output

samples = [Sample(id=i + 1, input="q", target="a", metadata={"subject": "ab"[i % 2]}) for i in range(12)]
task = Task(MemoryDataset(samples, name="toy"), name="toy", scorer=[match(), length(), many(), grades()],
    epochs=Epochs(3, ["mean", "at_least_2"]))
model = get_model("mockllm/model", custom_outputs=outputs())
(log,) = eval(task, model=model, log_dir="logs", log_format=sys.argv[1], display="none", max_connections=1)
for score in log.results.scores:
    for name, metric in score.metrics.items():
        if score.reducer == "mean" and name in ("accuracy", "mean"):
            print(f"{score.name}[mean]/{name}", repr(metric.value))
"""


@pytest.mark.parametrize("form", ["eval", "json"])
def test_the_mean_over_samples_is_what_inspect_says(
    tmp_path: Path, logger: Callable[..., str], form: str
) -> None:
    """An evaluation with four scorers, three epochs and two reducers, of a model that answers by rote."""
    said = logger("inspect_ai", EVALUATION, form).split()
    table = read_runs(tmp_path, Settings())
    for key, value in zip(said[::2], said[1::2], strict=True):
        found = estimate(table, key)
        assert (found.value, found.n) == (pytest.approx(float(value), abs=1e-12), 12)
    assert len(said) == 10
