"""SwanLab, Comet, ClearML and Neptune: what they write without a network, written here and by themselves."""

import io
import json
import struct
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any
from zlib import crc32

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from paperback.runs import Run, Status, read_runs
from paperback.runs.readers import clearml_offline, comet_offline, neptune_offline, swanlab
from paperback.runs.readers.log import Log, LogFile, Reader
from paperback.settings import Settings

STEPS = [0, 10, 20, 30, 40]
LOSSES = [1 / (place + 1) for place in range(5)]


def archive(**members: Any) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as zipped:
        for name, value in members.items():
            zipped.writestr(name.replace("__", "."), value if isinstance(value, str) else json.dumps(value))
    return out.getvalue()


def comet(*messages: Any, **experiment: Any) -> bytes:
    lines = "".join(
        message if isinstance(message, str) else json.dumps(message) + "\n" for message in messages
    )
    return archive(
        experiment__json={"offline_id": "x", "project_name": "p", **experiment}, messages__json=lines
    )


def metric(name: str, value: Any, step: Any) -> dict[str, Any]:
    return {
        "type": "metric_msg",
        "payload": {"metric": {"metricName": name, "metricValue": value, "step": step}},
    }


def parameter(name: str, value: Any, source: str = "manual") -> dict[str, Any]:
    param = {"paramName": name, "paramValue": value, "source": source}
    return {"type": "parameter_msg", "payload": {"param": param}}


def scalar(title: str, part: str, value: float, step: int) -> dict[str, Any]:
    return {"type": "training_stats_scalar", "metric": title, "variant": part, "value": value, "iter": step}


def clearml(*batches: Any, **task: Any) -> bytes:
    lines = "".join(each if isinstance(each, str) else json.dumps(each) + "\n" for each in batches)
    return archive(metrics__jsonl=lines, task__json={"id": "offline-x", "name": "mlp", **task}, log__jsonl="")


def neptune(*operations: tuple[str, list[str], Any]) -> bytes:
    key = {"LogFloats": "values"}
    lines = [{"obj": {"type": t, "path": p, key.get(t, "value"): v}} for t, p, v in operations]
    return "".join(json.dumps(line) + "\n" for line in lines).encode()


def part(number: int, content: bytes | int | float) -> bytes:
    if isinstance(content, int):
        return bytes([number << 3]) + varint(content)
    if isinstance(content, float):
        return bytes([number << 3 | 1]) + struct.pack("<d", content)
    return varint(number << 3 | 2) + varint(len(content)) + content


def varint(value: int) -> bytes:
    found = b""
    while value > 127:
        found, value = found + bytes([value & 127 | 128]), value >> 7
    return found + bytes([value])


def swan(*records: bytes) -> bytes:
    data = b":SWL\xd6\xe1\x02"
    for record in records:
        body = b"\1" + record
        data += struct.pack("<IH", crc32(body), len(record)) + body
    return data


START = part(10, part(1, b"p") + part(4, b"mlp-0") + part(10, b"abc"))


def point(key: str, step: int, value: float) -> bytes:
    told = part(1, key.encode()) + (part(2, step) if step else b"")
    return part(13, told + part(5, part(1, value) if value else b""))


def end(state: int) -> bytes:
    return part(11, part(1, state) if state else b"")


SAMPLES: dict[str, tuple[Reader, str, bytes]] = {
    "comet": (comet_offline, "logs/x.zip", comet(parameter("lr", 0.1), metric("loss", 1.0, 0))),
    "clearml": (clearml_offline, "logs/x.zip", clearml([scalar("loss", "train", 1.0, 0)])),
    "neptune": (neptune_offline, "r/data-1.log", neptune(("LogFloats", ["loss"], [{"value": 1, "step": 0}]))),
    "swanlab": (swanlab, "r/run-x.swanlab", swan(START, point("loss", 0, 1.0), end(1))),
}  # fmt: skip


def read(kind: str, data: bytes) -> Log:
    reader, path, _ = SAMPLES[kind]
    assert reader.accepts(path, data[:4096])
    return reader.read(LogFile(path, Path("x"), data, "d"))


def test_comet_tells_parameters_and_histories() -> None:
    """Nested names are dotted, what Comet counts itself is left out, a missing step is counted."""
    log = read(
        "comet",
        comet(
            parameter("opt|name", "adam"), parameter("curr_step", 3, "auto-logged"),
            parameter("sizes", [1, 2]),
            metric("loss", 0.5, None), metric("loss", "NaN", None), metric("process duration", 9, 1),
            {"type": "log_other", "payload": {"key": "Name", "value": "mlp"}}, "not JSON\n",
            start_time=1000, stop_time=3500, customer_error_reported=True,
        ),
    )  # fmt: skip
    (record,) = log.records
    assert record.params == {"comet.project": "p", "opt.name": "adam", "sizes": "[1, 2]", "comet.name": "mlp"}
    assert list(record.series) == ["loss"]
    assert record.series["loss"].steps.tolist() == [0, 1]
    np.testing.assert_array_equal(record.series["loss"].values, [0.5, np.nan])
    assert (record.status, record.facts) == (Status.FAILED, {"duration": 2.5})
    assert [f.message for f in log.findings] == ["logs/x.zip: 1 messages cannot be read; they are left out"]


def test_clearml_tells_sections_and_single_values() -> None:
    """Settings are typed again, what it measures of the machine is left out."""
    hyper = {
        "General": {"opt/name": {"value": "1", "type": "str"}, "lr": {"value": "0.1", "type": "float"}},
        "Optim": {"beta": {"value": "None", "type": "NoneType"}},
    }
    script = {"version_num": "c0ffee0"}
    log = read(
        "clearml",
        clearml(
            [scalar("loss", "train", 0.5, 1), scalar(":monitor:gpu", "gpu", 1.0, 1), {"type": "log"}],
            [scalar("Summary", "test_acc", 0.75, -(2**31))], "[half",
            hyperparams=hyper, script=script,
        ),
    )  # fmt: skip
    (record,) = log.records
    wanted = {"clearml.name": "mlp", "opt.name": "1", "lr": 0.1, "Optim.beta": None}
    assert (record.params, record.commit) == (wanted, "c0ffee0")
    assert {key: series.values.tolist() for key, series in record.series.items()} == {"loss/train": [0.5]}
    assert {key: final.value for key, final in record.finals.items()} == {"test_acc": 0.75}
    assert len(log.findings) == 1


def test_neptune_tells_what_was_set_from_what_was_measured() -> None:
    """By the section or the name; the files of one run go together."""
    operations = (
        ("AssignFloat", ["parameters", "lr"], 0.1), ("AssignFloat", ["test", "acc"], 0.75),
        ("AssignInt", ["seed"], 3), ("AssignString", ["note"], "x"), ("AssignString", ["sys", "name"], "mlp"),
        ("AssignString", ["monitoring", "a", "pid"], "1"), ("AssignBool", ["sys", "failed"], True),
        ("LogFloats", ["loss"], [{"value": 2.0, "step": None}, {"value": 1.0, "step": None}]),
    )  # fmt: skip
    log = read("neptune", neptune(*operations) + b'{"obj": {')
    (record,) = log.records
    assert record.params == {"parameters.lr": 0.1, "seed": 3, "note": "x", "neptune.name": "mlp"}
    assert {key: final.value for key, final in record.finals.items()} == {"test/acc": 0.75}
    assert record.series["loss"].steps.tolist() == [0, 1]
    assert (record.status, len(log.findings)) == (Status.FAILED, 1)


@pytest.mark.parametrize(
    ("states", "status"),
    [
        ([1], Status.FINISHED),
        ([2], Status.FAILED),
        ([3], Status.KILLED),
        ([], Status.KILLED),
        ([0], Status.RUNNING),
    ],
)
def test_swanlab_tells_how_a_run_ended(states: list[int], status: Status) -> None:
    """Numbers that are 0 are left out of its records, and so is a record of the end where it was killed."""
    points = (point("loss", 0, 2.0), point("loss", 5, 0.0), point("__swanlab__.cpu", 0, 1.0))
    (record,) = read("swanlab", swan(START, *points, *map(end, states))).records
    assert record.params == {"swanlab.project": "p", "swanlab.name": "mlp-0"}
    assert {key: (s.steps.tolist(), s.values.tolist()) for key, s in record.series.items()} == {
        "loss": ([0, 5], [2.0, 0.0])
    }
    assert record.status is status


@pytest.mark.parametrize("kind", SAMPLES)
def test_what_was_cut_is_told(kind: str) -> None:
    """An archive that is not whole gives nothing, a log what stands before the cut."""
    log = read(kind, SAMPLES[kind][2][:-12])
    assert log.findings
    assert len(log.records) == (kind == "swanlab")


@given(st.sampled_from(sorted(SAMPLES)), st.integers(0, 10_000), st.integers(0, 255))
def test_damage_does_not_fall(kind: str, at: int, byte: int) -> None:
    """Any byte may be changed, and any cut be made."""
    reader, path, data = SAMPLES[kind]
    changed = bytearray(data)
    changed[at % len(data)] = byte
    for each in (bytes(changed), data[: at % len(data)]):
        reader.read(LogFile(path, Path("x"), each, "d"))


def test_other_archives_are_none() -> None:
    """Neither weights nor an archive of anything else is opened."""
    data = archive(weights__json={}, experiment__json={})
    assert not any(reader.accepts("a.zip", data) for reader in (comet_offline, clearml_offline))


SCRIPTS = {
    "swanlab": """
import swanlab
swanlab.init(project="p", experiment_name="mlp", config={"seed": 3, "lr": 0.1, "opt": {"name": "adam"}},
    mode="offline", logdir="log")
for s in range(5):
    swanlab.log({"train/loss": 1 / (s + 1)}, step=10 * s)
swanlab.log({"acc": 0.75}, step=40)
swanlab.finish()
""",
    "comet_ml": """
import comet_ml
e = comet_ml.OfflineExperiment(project_name="p", workspace="w", offline_directory="log", log_code=False,
    auto_output_logging=None, log_env_details=False, display_summary_level=0)
e.log_parameters({"seed": 3, "lr": 0.1, "opt": {"name": "adam"}})
for s in range(5):
    e.log_metric("train/loss", 1 / (s + 1), step=10 * s)
e.log_metric("acc", 0.75, step=40)
e.end()
""",
    "clearml": """
import os, pathlib
os.environ["CLEARML_CACHE_DIR"] = os.environ["TRAINS_CACHE_DIR"] = "log"
os.environ["HOME"] = os.getcwd()
from clearml import Task
Task.set_offline(True)
t = Task.init(project_name="p", task_name="mlp", auto_connect_frameworks=False,
    auto_resource_monitoring=False)
t.connect({"seed": 3, "lr": 0.1, "opt": {"name": "adam"}})
for s in range(5):
    t.get_logger().report_scalar("train", "loss", value=1 / (s + 1), iteration=10 * s)
t.get_logger().report_single_value("acc", 0.75)
t.close()
os._exit(0)  # Threads that look for a network may keep it from ending.
""",
    "neptune": """
import neptune
r = neptune.init_run(mode="offline", project="w/p", capture_stdout=False, capture_stderr=False,
    capture_hardware_metrics=False, source_files=[])
r["config"] = {"seed": 3, "lr": 0.1, "opt": {"name": "adam"}}
for s in range(5):
    r["train/loss"].append(1 / (s + 1), step=10 * s)
r["acc"] = 0.75
r.stop()
""",
}  # fmt: skip


def short(run: Run) -> dict[str, Any]:
    return {key.removeprefix("config."): value for key, value in run.params.items() if key.count(".") < 2}


@pytest.mark.parametrize("package", SCRIPTS)
def test_what_the_logger_itself_writes_is_read_to_the_bit(
    tmp_path: Path, logger: Callable[..., str], package: str
) -> None:
    """Settings, history and the value at the end."""
    logger(package, SCRIPTS[package])
    (run,) = read_runs(tmp_path, Settings()).runs
    series = run.series["train/loss"]
    assert (series.steps.tolist(), series.values.tolist()) == (STEPS, LOSSES)
    assert {"seed": 3, "lr": 0.1}.items() <= short(run).items()
    assert any(key.endswith("opt.name") and value == "adam" for key, value in run.params.items())
    last = run.finals["acc"].value if "acc" in run.finals else run.series["acc"].values[-1]
    assert last == 0.75
    assert run.status is Status.FINISHED
