"""W&B transaction logs: written here byte by byte after the format, by W&B itself, and by real studies."""

import csv
import json
import random
import re
import struct
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from paperback.runs import Run, RunTable, Status, read_runs
from paperback.runs.readers import wandb_files, wandb_local
from paperback.runs.readers.log import Log, LogFile, Record
from paperback.settings import Settings
from wire import chunk, part, varint
from wire import wandb_item as item
from wire import wandb_log as log

CASE = Path(__file__).resolve().parents[2] / "shared" / "cases" / "wandb_runs_messy"
HEADER = b":W&B" + struct.pack("<HB", 0xBEE1, 0)
FOLDER = "wandb/offline-run-20260101_000000-abc"


def number(field: int, value: int) -> bytes:
    return varint(field << 3) + varint(value)


def row(step: int | None, *items: bytes) -> bytes:
    at = b"" if step is None else part(2, number(1, step) if step else b"")
    return number(1, 5) + part(2, b"".join(items) + at) + part(200, part(1, b"stream"))


def start(name: str = "abc", **fields: bytes) -> bytes:
    run = (
        part(1, name.encode())
        + part(3, b"project")
        + part(6, b"group")
        + part(10, b"tag")
        + part(13, b"host")
    )
    return part(
        17,
        run + part(17, number(1, 1_700_000_000)) + part(21, part(2, b"c0ffee0")) + b"".join(fields.values()),
    )


def exit_(code: int) -> bytes:
    return part(18, (number(1, code) if code else b"") + number(2, 12))


def config(**values: Any) -> bytes:
    return part(5, b"".join(item(key, json.dumps(value)) for key, value in values.items()))


def summary(*items: bytes) -> bytes:
    return part(3, b"".join(items))


def read(data: bytes) -> Log:
    return wandb_local.read(LogFile(f"{FOLDER}/run-abc.wandb", Path("/nowhere/x/run-abc.wandb"), data, "d"))


def record(*records: bytes) -> Record:
    found = read(log(*records))
    assert not found.findings
    return found.records[0]


def values(found: Record, key: str = "loss") -> tuple[list[int], list[float]]:
    return found.series[key].steps.tolist(), found.series[key].values.tolist()


def test_a_run_is_read_whole() -> None:
    """Settings, labels, history, summary, commit, place and time come from the one file."""
    found = record(
        start(), config(lr=0.1, opt={"name": "adam", "betas": [0.9, 1]}, none=None, _wandb={"x": 1}),
        row(0, item("loss", "1.5")), row(1, item("loss", "1.25"), item("late", "3")),
        summary(item("loss", "1.25"), item("note", '"text"'), item("_step", "1")), exit_(0),
    )  # fmt: skip
    assert found.params == {
        "lr": 0.1, "opt.name": "adam", "opt.betas": "[0.9,1]", "none": None, "wandb.project": "project",
        "wandb.group": "group", "wandb.tags": '["tag"]',
    }  # fmt: skip
    assert values(found) == ([0, 1], [1.5, 1.25])
    assert values(found, "late") == ([1], [3.0])
    assert {key: final.value for key, final in found.finals.items()} == {"loss": 1.25}
    assert (found.status, found.commit, found.home, found.run) == (
        Status.FINISHED,
        "c0ffee0",
        FOLDER,
        "wandb:abc",
    )
    assert found.facts == {"host": "host", "started": "2023-11-14T22:13:20+00:00", "duration": 12}


@pytest.mark.parametrize(
    ("records", "status"),
    [([exit_(0)], Status.FINISHED), ([exit_(1)], Status.FAILED), ([exit_(255)], Status.FAILED),
     ([exit_(-1)], Status.FAILED), ([], Status.KILLED)],
    ids=["0", "1", "255", "negative", "no record"],
)  # fmt: skip
def test_the_exit_record_tells_the_status(records: list[bytes], status: Status) -> None:
    """A run without one was killed."""
    assert record(start(), *records).status is status


@pytest.mark.parametrize(
    ("text", "value"),
    [("0.1", 0.1), ("NaN", np.nan), ("-Infinity", -np.inf), ('"NaN"', np.nan), ('"Infinity"', np.inf),
     ("1e-320", 1e-320), ("12300000000000000000", 1.23e19), ("-0.0", -0.0),
     ("1.7976931348623157e+308", 1.7976931348623157e308)],
)  # fmt: skip
@pytest.mark.parametrize("old", [False, True], ids=["nested_key", "key"])
def test_every_number_is_read_to_the_bit(text: str, value: float, old: bool) -> None:
    """JSON numbers, bare and quoted NaN and infinities, under both ways to write a key."""
    (found,) = record(start(), row(0, item("loss", text, old=old))).series["loss"].values
    assert struct.pack("<d", found) == struct.pack("<d", value)


def test_typed_values_are_read_beside_json() -> None:
    """Newer messages hold numbers without JSON; true, none and text are no metric."""

    def typed(key: str, field: bytes) -> bytes:
        return part(1, part(2, key.encode()) + field)

    items = [
        typed("whole", number(5, 2 * 7 - 1)), typed("real", b"\x31" + struct.pack("<d", 0.1)),
        typed("json", part(8, b'{"x": 2}')), typed("none", number(3, 0)), typed("bool", number(4, 1)),
        typed("text", part(7, b"words")), typed("nan", part(7, b"NaN")), item("plain", "true"),
    ]  # fmt: skip
    found = record(start(), row(0, *items))
    assert {key: values(found, key)[1] for key in found.series if key != "nan"} == {
        "whole": [-7], "real": [0.1], "json.x": [2],
    }  # fmt: skip
    assert np.isnan(values(found, "nan")[1])


def test_nested_keys_are_dotted_and_slashes_stay() -> None:
    """A nested dictionary is the same whether it was flattened by W&B or stands there as JSON."""
    found = record(
        start(), row(0, item(("d", "x"), "1"), item("a/b", "2")), row(1, item("d", '{"x": 3, "y": {"z": 4}}'))
    )
    assert values(found, "d.x") == ([0, 1], [1, 3])
    assert sorted(found.series) == ["a/b", "d.x", "d.y.z"]


def test_media_are_no_metrics() -> None:
    """Histograms, images and tables are left out of history and summary."""
    image = [
        item(("img", "_type"), '"image-file"'),
        item(("img", "width"), "3"),
        item("h", '{"_type":"histogram","n":1}'),
    ]
    found = record(start(), row(0, *image, item("loss", "1")), summary(*image, item("loss", "1")))
    assert (list(found.series), list(found.finals)) == (["loss"], ["loss"])


def test_a_summary_by_definition_keeps_its_kind() -> None:
    """`define_metric(summary="max,last")` gives the last value as the metric's and the maximum beside it."""
    goal = part(12, part(1, b"acc") + number(8, 2))
    found = record(start(), goal, row(0, item("acc", "1")), summary(item("acc", '{"max": 0.9, "last": 0.5}')))
    assert {key: final.value for key, final in found.finals.items()} == {"acc.max": 0.9, "acc": 0.5}
    assert found.directions == {"acc": "higher"}


def test_a_defined_step_is_the_axis() -> None:
    """`define_metric("val/*", step_metric="epoch")` counts epochs, where every row has a whole one."""
    define = part(12, part(2, b"val/*") + part(4, b"epoch"))
    rows = [row(i, item("val/acc", "1"), item("epoch", str(i // 2)), item("x", "1")) for i in range(4)]
    found = record(start(), define, *rows)
    assert (found.series["val/acc"].axis, values(found, "val/acc")[0]) == ("epoch", [0, 0, 1, 1])
    assert (found.series["x"].axis, values(found, "x")[0]) == ("step", [0, 1, 2, 3])
    half = record(start(), define, row(3, item("val/acc", "1"), item("epoch", "0.5")))
    assert (half.series["val/acc"].axis, values(half, "val/acc")[0]) == ("step", [3])


def test_a_step_that_is_only_a_key_counts() -> None:
    """Older versions write `_step` among the items; without any, rows are counted."""
    assert values(record(start(), row(None, item("loss", "1"), item("_step", "7", old=True))))[0] == [7]
    assert values(record(start(), row(None, item("loss", "1")), row(None, item("loss", "1"))))[0] == [0, 1]


def test_what_is_removed_is_gone() -> None:
    """Settings and summary keys can be deleted again."""
    gone = part(2, part(2, b"lr"))
    found = record(start(), config(lr=1, wd=2), part(5, gone), summary(item("lr", "1")), part(3, gone))
    assert {key for key in found.params if not key.startswith("wandb")} == {"wd"}
    assert not found.finals


def test_a_record_may_cross_blocks() -> None:
    """Chunks of one record are put together; trailers of up to six zero bytes are passed over."""
    rows = [row(i, item("loss", str(i)), item("t", json.dumps("x" * (i * 997 % 40_000)))) for i in range(200)]
    found = record(start(), *rows, exit_(0))
    assert values(found) == (list(range(200)), list(range(200)))


ROWS = [row(i, item("loss", str(i))) for i in range(100)]


@pytest.mark.parametrize("offset", [0, 4, 6, 7, 12], ids=["checksum", "length", "type", "first", "inside"])
def test_one_flipped_bit_loses_one_record(offset: int) -> None:
    """Reading goes on at the next sound record of the block, and the loss is told with its place."""
    at = len(log(start(), *ROWS[:40])) + offset
    data = bytearray(log(start(), *ROWS, exit_(0)))
    data[at] ^= 4
    found = read(bytes(data))
    assert values(found.records[0])[1] == [*range(40), *range(41, 100)]
    (finding,) = found.findings
    assert finding.kind == "damaged-log"
    assert f"at byte {at - offset};" in finding.message


LONG = log(
    start(),
    *(row(i, item("loss", str(i)), item("t", json.dumps("x" * (i * 997 % 3000)))) for i in range(90)),
    exit_(0),
)


@given(st.integers(min_value=0, max_value=len(LONG) - 1), st.integers(min_value=0, max_value=7))
@settings(max_examples=150, deadline=None)
def test_any_flipped_bit_loses_at_most_what_it_hit(at: int, bit: int) -> None:
    """Of records that cross blocks and others, all intact ones are recovered."""
    data = bytearray(LONG)
    data[at] ^= 1 << bit
    found = read(bytes(data))
    if at >= len(HEADER):
        count = len(values(found.records[0])[0])
        assert count == 90 or (count == 89 and len(found.findings) > 0)


ROWS_OF_MANY = 4000
MANY = [
    row(i, item("loss", str(i)), item("t", json.dumps("x" * (i * 997 % 90)))) for i in range(ROWS_OF_MANY)
]


@pytest.mark.parametrize("harm", ["random", "zeros", "ones"])
@pytest.mark.parametrize("length", [1, 7, 60, 3000, 40_000])
def test_an_overwritten_range_costs_only_what_stood_there(harm: str, length: int) -> None:
    """At random places all intact rows are read, nothing is made up, and the loss is told."""
    chance = random.Random(f"{harm} {length}")
    whole = log(start(), *MANY, exit_(0))
    for _ in range(4):
        at = chance.randrange(len(HEADER), len(whole) - length)
        filled = {"random": chance.randbytes(length), "zeros": bytes(length), "ones": b"\xff" * length}[harm]
        data = whole[:at] + filled + whole[at + length :]
        found = read(data)
        steps, losses = values(found.records[0])
        assert steps == losses
        size = len(whole) / ROWS_OF_MANY
        assert ROWS_OF_MANY - len(steps) <= length / size * 1.6 + 3
        assert bool(found.findings) == (data != whole)


@pytest.mark.parametrize("harm", ["cut", "inserted"])
@pytest.mark.parametrize("length", [1, 7, 60, 3000])
def test_shifted_bytes_are_survived(harm: str, length: int) -> None:
    """Blocks no longer begin where they should: every whole row is found where it stands now."""
    chance = random.Random(f"{harm} {length}")
    whole = log(start(), *MANY, exit_(0))
    for _ in range(4):
        at = chance.randrange(len(HEADER), len(whole) - length)
        put = chance.randbytes(length) if harm == "inserted" else b""
        found = read(whole[:at] + put + whole[at + (0 if put else length) :])
        steps, losses = values(found.records[0])
        assert steps == losses
        lost = ROWS_OF_MANY - len(steps) - (0 if put else length / len(whole) * ROWS_OF_MANY * 1.6)
        assert lost <= 0.001 * ROWS_OF_MANY + 3, (at, lost)
        assert found.findings


def test_a_cut_file_keeps_every_whole_record() -> None:
    """Wherever the file ends, the rows before stay and an incomplete record is told."""
    whole = log(start(), *ROWS[:12])
    ends = [len(log(start(), *ROWS[:count])) for count in range(13)]
    for size in range(len(whole) + 1):
        found = read(whole[:size])
        count = sum(end <= size for end in ends) - 1
        have = values(found.records[0])[1] if found.records and found.records[0].series else []
        assert have == list(range(max(0, count)))
        assert bool(found.findings) is (size not in ends)


@pytest.mark.parametrize(
    ("data", "words"),
    [(b"", "does not begin"), (b":W&B\0\0\0", "does not begin"), (HEADER, "no record of a run"),
     (HEADER + b"\0" * 90_000, "no record of a run"), (HEADER + b"\xff" * 100, "checksum"),
     (HEADER + chunk(4, b"x"), "no beginning"), (HEADER + chunk(2, b"x"), "ends inside"),
     (HEADER + chunk(2, b"x") + chunk(1, b""), "no end"),
     (HEADER + chunk(1, b"\xff\xff"), "cannot be understood")],
)  # fmt: skip
def test_what_is_no_log_is_told(data: bytes, words: str) -> None:
    """Other bytes give a finding and no run."""
    found = read(data)
    assert not found.records
    assert words in found.findings[0].message


@given(st.binary(max_size=300))
def test_garbage_does_not_fall(data: bytes) -> None:
    """Bytes behind a sound header, framed or not, never raise."""
    assert read(HEADER + data).findings or not data.strip(b"\0")
    read(
        log(
            start(),
            data,
            part(2, data),
            part(17, data),
            part(5, data),
            part(3, data),
            part(12, data),
            part(26, data),
        )
    )


def write(root: Path, folder: str, *records: bytes) -> None:
    place = root / "wandb" / folder
    (place / "files").mkdir(parents=True)
    (place / f"run-{folder.rsplit('-', 1)[1]}.wandb").write_bytes(log(*records))


def table(root: Path) -> RunTable:
    return read_runs(root, Settings())


def kinds(found: RunTable) -> set[str]:
    return {finding.kind for finding in found.findings} - {"unknown-role", "run-without-metrics"}


def test_a_resumed_run_is_one_run(tmp_path: Path) -> None:
    """Two folders of one id whose steps continue are one history, which ended as the second did."""
    write(tmp_path, "run-20260101_000000-abc", start(), *ROWS[:5], summary(item("loss", "4")))
    write(tmp_path, "run-20260102_000000-abc", start(), *ROWS[5:9], summary(item("loss", "8")), exit_(0))
    found = table(tmp_path)
    (run,) = found.runs
    assert run.series["loss"].values.tolist() == list(range(9))
    assert (run.status, run.finals["loss"].value) == (Status.FINISHED, 8.0)
    assert len(run.sources) == 2
    assert kinds(found) == set()


def test_a_copy_of_a_run_is_read_once_and_told(tmp_path: Path) -> None:
    """Of an offline run and its synced copy the longer one counts."""
    write(tmp_path, "offline-run-20260101_000000-abc", start(), *ROWS[:5], exit_(0))
    write(tmp_path, "run-20260101_000000-abc", start(), *ROWS[:9], exit_(0))
    found = table(tmp_path)
    assert [run.id for run in found.runs] == ["wandb/run-20260101_000000-abc"]
    assert kinds(found) == {"duplicate-log"}


def test_one_id_used_twice_is_two_runs(tmp_path: Path) -> None:
    """Where the second neither continues nor repeats the first, both stay."""
    write(tmp_path, "run-20260101_000000-abc", start(), *ROWS[:5], exit_(0))
    write(tmp_path, "run-20260102_000000-abc", start(), row(0, item("loss", "9")), exit_(0))
    assert len(table(tmp_path).runs) == 2


def test_writers_of_one_run_go_together(tmp_path: Path) -> None:
    """In shared mode several processes log other keys under one id."""
    write(tmp_path, "run-20260101_000000-abc", start(), *ROWS[:5], exit_(0))
    write(tmp_path, "run-20260101_000001-abc", start(), row(0, item("gpu", "9")), exit_(0))
    (run,) = table(tmp_path).runs
    assert sorted(run.series) == ["gpu", "loss"]


def test_runs_without_a_history_are_copies_where_all_else_agrees(tmp_path: Path) -> None:
    """Settings and summary decide; a run that logged is no copy of one that did not."""
    last = summary(item("loss", "1"))
    write(tmp_path, "run-20260101_000000-abc", start(), config(lr=1), last, exit_(0))
    write(tmp_path, "run-20260102_000000-abc", start(), config(lr=1), last, exit_(0))
    write(tmp_path, "run-20260103_000000-abc", start(), config(lr=2), last, exit_(0))
    write(tmp_path, "run-20260104_000000-abc", start(), config(lr=1), *ROWS[:3], exit_(0))
    days = [run.id.rsplit("-", 2)[1] for run in table(tmp_path).runs]
    assert days == ["20260101_000000", "20260103_000000", "20260104_000000"]


def test_system_facts_come_from_the_environment_record() -> None:
    """Newer versions keep them in the log; its git commit counts too."""
    facts = (
        part(1, b"Linux") + part(9, part(2, b"decade0")) + number(16, 8) + part(18, b"A100") + number(19, 2)
    )
    run = part(17, part(1, b"abc") + number(20, 7))
    found = record(run, part(26, facts), row(0, item("k" * 200, "1")))
    assert found.facts == {"duration": 7, "os": "Linux", "cpus": 8, "gpu": "A100", "gpus": 2}
    assert found.commit == "decade0"
    assert list(found.series) == ["k" * 200]


def test_a_long_value_is_read() -> None:
    """A nested dictionary may fill hundreds of bytes; a metric may have a step metric of its own."""
    wide = json.dumps({f"key{i}": i for i in range(40)})
    define = part(12, part(1, b"acc") + part(4, b"epoch"))
    found = record(start(), define, row(0, item("d", wide), item("acc", "1"), item("epoch", "3")))
    assert values(found, "d.key39") == ([0], [39])
    assert (found.series["acc"].axis, values(found, "acc")[0]) == ("epoch", [3])


def test_the_link_to_the_latest_run_is_no_run(tmp_path: Path) -> None:
    """`latest-run` points to a run that is read under its own name."""
    write(tmp_path, "run-20260101_000000-abc", start(), *ROWS[:5], exit_(0))
    (tmp_path / "wandb" / "latest-run").symlink_to("run-20260101_000000-abc")
    assert [run.id for run in table(tmp_path).runs] == ["wandb/run-20260101_000000-abc"]


def test_the_files_of_a_run_tell_what_the_log_does_not(tmp_path: Path) -> None:
    """Older versions keep system facts in JSON; the summary counts only where the log was deleted."""
    write(tmp_path, "run-20260101_000000-abc", start(), *ROWS[:5], exit_(0))
    folder = tmp_path / "wandb/run-20260101_000000-abc"
    facts = {"gpu": "A100", "gpu_count": 2, "host": "other", "git": {"commit": "decade0"}}
    (folder / "files/wandb-metadata.json").write_text(json.dumps(facts))
    (folder / "files/wandb-summary.json").write_text(
        '{"loss": 99, "_runtime": 3, "h": {"_type": "x", "n": 1}}'
    )
    (folder / "files/config.yaml").write_text("wandb_version: 1\nseed:\n  desc: null\n  value: 3\n")
    (run,) = table(tmp_path).runs
    assert (run.facts["gpu"], run.facts["gpus"], run.facts["host"], run.commit) == (
        "A100",
        2,
        "other",
        "decade0",
    )
    assert (run.params["seed"], run.finals) == (3, {})
    (folder / "run-abc.wandb").unlink()
    (run,) = table(tmp_path).runs
    assert run.id == "wandb/run-20260101_000000-abc"
    assert (run.finals["loss"].value, run.commit, run.facts["duration"]) == (99.0, "decade0", 3)
    assert list(run.finals) == ["loss"]


@pytest.mark.parametrize("data", [b"{", b"[1]"])
def test_a_summary_that_is_none_is_told(tmp_path: Path, data: bytes) -> None:
    """Only an object is a summary."""
    file = LogFile("w/files/wandb-summary.json", tmp_path / "w/files/wandb-summary.json", data, "d")
    assert not wandb_files.read(file).records


SCRIPT = """
import os, sys, time
os.environ.update(WANDB_MODE="offline", WANDB_SILENT="true", WANDB_CONSOLE="off")
import wandb
config = {"lr": 1e-3, "nan": float("nan"), "opt": {"name": "adam", "betas": [0.9]}, "none": None}
config["flag"] = True
run = wandb.init(project="p", name="n", group="g", job_type="j", tags=["a"], dir=".", config=config)
run.define_metric("acc", summary="max")
run.define_metric("epoch")
run.define_metric("ep/*", step_metric="epoch")
for i in range(300):
    run.log({
        "loss": 1 / (i + 1), "d": {"x": i, "y": {"z": 0.1 * i}}, "nan": float("nan"), "inf": -float("inf"),
        "big": 10**15 * i, "acc": 0.9 if i % 2 else 0.5, "epoch": i // 10, "ep/m": i / 3, "b": True,
        "t": f"row-{i}-" + "x" * 500, "a/b": 1e-300 * i, "h": wandb.Histogram([1, 2, 3]),
    })
run.log({"late": 0.1}, step=1000)
run.summary["best"] = 0.12345678901234568
if sys.argv[1] == "kill":
    time.sleep(2)
    os.kill(os.getpid(), 9)
run.finish(exit_code=int(sys.argv[1]))
"""
STEPS = list(range(300))
GIVEN = {
    "loss": [1 / (i + 1) for i in STEPS], "d.x": STEPS, "d.y.z": [0.1 * i for i in STEPS],
    "nan": [np.nan] * 300, "inf": [-np.inf] * 300, "big": [1e15 * i for i in STEPS],
    "acc": [0.9 if i % 2 else 0.5 for i in STEPS], "epoch": [i // 10 for i in STEPS],
    "ep/m": [i / 3 for i in STEPS], "a/b": [1e-300 * i for i in STEPS],
}  # fmt: skip


def logged(tmp_path: Path) -> Run:
    (run,) = table(tmp_path).runs
    return run


@pytest.mark.parametrize(("code", "status"), [("0", Status.FINISHED), ("1", Status.FAILED)])
def test_what_wandb_writes_is_read_to_the_bit(
    tmp_path: Path, logger: Callable[..., str], code: str, status: Status
) -> None:
    """Every value that the real logger was given comes back."""
    logger("wandb", SCRIPT, code)
    run = logged(tmp_path)
    assert run.status is status
    assert sorted(run.series) == sorted([*GIVEN, "late"])
    for key, numbers in GIVEN.items():
        assert run.series[key].values.tobytes() == np.array(numbers, np.float64).tobytes(), key
    assert run.series["loss"].steps.tolist() == STEPS
    assert run.series["ep/m"].steps.tolist() == [i // 10 for i in STEPS]
    assert run.series["late"].steps.tolist() == [1000]
    assert run.finals["best"].value == 0.12345678901234568
    assert run.finals["acc.max"].value == 0.9
    assert {key: run.params[key] for key in ("lr", "nan", "opt.name", "opt.betas", "none", "flag")} == {
        "lr": 0.001, "nan": None, "opt.name": "adam", "opt.betas": "[0.9]", "none": None, "flag": True,
    }  # fmt: skip


def test_what_wandb_wrote_before_it_was_killed_is_read(tmp_path: Path, logger: Callable[..., str]) -> None:
    """All rows of which the disk holds the text are kept, but for a cut last one, and the run is killed."""
    logger("wandb", SCRIPT, "kill", check=False)
    run = logged(tmp_path)
    (file,) = tmp_path.rglob("run-*.wandb")
    flushed = 1 + max(int(mark) for mark in re.findall(rb"row-(\d+)-x", file.read_bytes()))
    assert len(run.series["loss"].values) in (flushed, flushed - 1)
    assert run.status is Status.KILLED
    found = run.series["loss"].values
    assert len(found) > 200
    assert found.tolist() == GIVEN["loss"][: len(found)]


@pytest.mark.skipif(not CASE.is_dir(), reason="the real repositories' logs are not at hand")
def test_real_runs_agree_with_what_they_printed() -> None:
    """Status and number of losses of 42 runs are those of the console output in the same files."""
    rows: dict[str, dict[str, str]] = defaultdict(dict)
    with (CASE / "expected.csv").open(encoding="utf-8") as stream:
        for line in csv.DictReader(stream):
            rows[line["model"]][line["metric"]] = line["value"]
    runs = {run.id.rsplit("-", 1)[1]: run for run in table(CASE / "raw").runs}
    assert len(runs) == 42
    for name, run in runs.items():
        code = rows[name]["exit code"]
        status = Status.KILLED if not code else Status.FAILED if int(code) else Status.FINISHED
        assert run.status is status, name
        losses = int(rows[name]["number of printed loss lines"])
        found = len(run.series["train/loss"].values) if "train/loss" in run.series else 0
        assert found - losses in (0, 1), name
        if last := rows[name].get("last printed loss"):
            assert float(last) in run.series["train/loss"].values[-2:], name
