"""Event files at scale: batches against single records, damage, and the folders that loggers make."""

import json
import random
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from paperback.runs import RunTable, Status, history, read_runs
from paperback.runs.readers import tensorboard
from paperback.runs.readers.checksum import masked_crc32c
from paperback.runs.readers.log import Log, LogFile
from paperback.runs.readers.single_precision import shortest
from paperback.settings import Settings
from wire import frame, masked, part, simple, varint


def double(tag: str, value: float) -> bytes:
    return part(1, tag.encode()) + part(8, b"\x08\x02\x12\x00" + part(4, struct.pack("<d", value)))


def text(tag: str, words: str) -> bytes:
    plugin = part(9, part(1, part(1, b"text")))
    return part(1, tag.encode()) + plugin + part(8, b"\x08\x07" + part(2, b"") + part(8, words.encode()))


def event(step: int, *values: bytes) -> bytes:
    head = b"\x09" + struct.pack("<d", 1.5e9) + (b"\x10" + varint(step) if step else b"")
    return frame(head + part(5, b"".join(part(1, value) for value in values)))


VERSION = frame(b"\x09" + bytes(8) + part(3, b"brain.Event:2"))


def read(data: bytes) -> Log:
    return tensorboard.read(LogFile("run/events.out.tfevents.1.host", Path("x"), data, "d"))


@given(st.integers(0, 40), st.integers(0, 30), st.randoms(use_true_random=False))
def test_the_checksum_of_many_rows_is_the_checksum_of_each(length: int, count: int, chance: Any) -> None:
    """Rows of any length agree with the library's checksum."""
    rows = np.frombuffer(chance.randbytes(length * count), np.uint8).reshape(count, length)
    assert masked_crc32c(rows).tobytes() == b"".join(masked(row.tobytes()) for row in rows)


def bits(seed: int, count: int = 20_000) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 2**32, count, np.uint32).view(np.float32)


@pytest.mark.parametrize(
    "values",
    [
        bits(0),
        bits(1),
        np.random.default_rng(2).normal(size=20_000).astype(np.float32),
        np.round(np.random.default_rng(3).random(20_000), 3).astype(np.float32),
        np.arange(-500, 500, dtype=np.float32) / 2,
        np.ldexp(1.0, np.arange(-149, 128)).astype(np.float32),
        np.array([0.0, -0.0, np.inf, -np.inf, np.nan, 3.4028235e38, 1e-45], np.float64).astype(np.float32),
    ],
    ids=["bits", "other bits", "normal", "three decimals", "halves", "powers of two", "special"],
)
def test_single_precision_reads_as_its_shortest_decimal(values: np.ndarray) -> None:
    """Equal to NumPy's own printing of each value, to the bit."""
    expected = np.array([float(str(value)) for value in values])
    assert shortest(values).tobytes() == expected.tobytes() or np.array_equal(
        shortest(values), expected, equal_nan=True
    )


values_of = st.floats(width=32, allow_nan=False)
points = st.tuples(
    st.sampled_from(["loss", "a", "val/accuracy", "größe", "acc"]),
    st.integers(-3, 300) | st.integers(-(2**63), 2**63 - 1),
    values_of,
    st.booleans(),
)


@settings(deadline=None)
@given(st.lists(st.lists(points, min_size=1, max_size=3), max_size=40), st.integers(1, 20))
def test_batches_give_what_single_records_give(events: list[list[Any]], times: int) -> None:
    """However records of several layouts follow each other, order, steps and values are those logged."""
    logged: dict[str, list[tuple[int, float]]] = {}
    data = [VERSION]
    for group in events * times:
        step = group[0][1]
        data.append(event(step, *((double if wide else simple)(tag, v) for tag, _, v, wide in group)))
        for tag, _, value, wide in group:
            stored = value if wide else float(str(np.float32(value)))
            logged.setdefault(tag, []).append((step, stored))
    log = read(b"".join(data))
    assert log.findings == ()
    found = {
        tag: list(zip(series.steps.tolist(), series.values.tolist(), strict=True))
        for record in log.records
        for tag, series in record.series.items()
    }
    assert found == logged


def test_a_run_of_many_tags_is_read_in_order() -> None:
    """Long enough for the cycle of tags to be foreseen, with a change of cycle on the way."""
    tags = [f"tag{number}" for number in range(7)]
    data = [VERSION]
    for step in range(3000):
        data += [event(step, simple(tag, step + place)) for place, tag in enumerate(tags)]
        if step % 1000 == 999:
            data.append(event(step, simple("eval/score", step)))
    (record,) = read(b"".join(data)).records
    for place, tag in enumerate(tags):
        assert record.series[tag].steps.tolist() == list(range(3000))
        assert record.series[tag].values.tolist() == [float(step + place) for step in range(3000)]
    assert record.series["eval/score"].steps.tolist() == [999, 1999, 2999]


RECORDS = 4000
LONG = [event(step, simple(("loss", "accuracy")[step % 2], step)) for step in range(RECORDS)]
STARTS = np.cumsum([len(VERSION), *(len(record) for record in LONG)])


@settings(deadline=None, max_examples=150)
@given(
    st.sampled_from(["flip", "cut out", "put in", "overwrite", "zeros"]),
    st.integers(0, int(STARTS[-1]) - 1),
    st.integers(1, 30),
    st.integers(0, 7),
)
def test_one_corruption_costs_next_to_nothing(harm: str, at: int, length: int, bit: int) -> None:
    """After any single corruption 99.9 % of the records it did not touch are there, and it is told."""
    data = bytearray(VERSION + b"".join(LONG))
    touched = length
    if harm == "flip":
        data[at] ^= 1 << bit
        touched = 1
    elif harm == "cut out":
        del data[at : at + length]
    elif harm == "put in":
        data[at:at] = bytes(range(100, 100 + length))
        touched = 0
    else:
        length = min(length, len(data) - at)
        data[at : at + length] = bytes(length) if harm == "zeros" else b"\xa5" * length
    log = read(bytes(data))
    hit = (
        int(np.searchsorted(STARTS, at, side="right")),
        int(np.searchsorted(STARTS, at + touched, side="left")),
    )
    intact = {step for step in range(RECORDS) if not hit[0] - 1 <= step <= hit[1] - 1}
    found = {
        int(step)
        for series in log.records[0].series.values()
        for step, value in zip(series.steps, series.values, strict=True)
        if step == value
    }
    assert len(intact - found) <= 0.001 * RECORDS
    changed = bytes(data) != VERSION + b"".join(LONG)
    at_end = harm == "cut out" and at + length >= STARTS[-1] and at in STARTS
    assert bool(log.findings) == (changed and not at_end)


def mixed() -> list[bytes]:
    """Scalars of both kinds, several in an event, and images between them."""
    chance = random.Random(0)
    records = []
    for step in range(RECORDS):
        values = [(double if step % 50 == 0 else simple)(("loss", "accuracy")[step % 2], step)]
        if step % 97 == 96:
            values.append(part(1, b"image") + part(4, chance.randbytes(3000)))
        records.append(event(step, *values))
    return records


MIXED = mixed()
PLACES = np.cumsum([len(VERSION), *(len(record) for record in MIXED)])
HARMS: dict[str, Callable[[bytes, random.Random], bytes]] = {
    "cut": lambda _, chance: b"",
    "repeated": lambda piece, chance: 2 * piece,
    "inserted": lambda piece, chance: chance.randbytes(len(piece)) + piece,
    "random": lambda piece, chance: chance.randbytes(len(piece)),
    "zeroed": lambda piece, chance: bytes(len(piece)),
    "filled": lambda piece, chance: b"\xff" * len(piece),
    "flipped": lambda piece, chance: bytes([piece[0] ^ 1 << chance.randrange(8)]) + piece[1:],
}


@pytest.mark.parametrize("length", [1, 4, 12, 40, 4096, 20_000])
@pytest.mark.parametrize("harm", HARMS)
def test_a_damaged_range_costs_only_what_stood_there(harm: str, length: int) -> None:
    """At random places, near the end too: 99.9 % of the intact records are read, nothing is made up."""
    chance = random.Random(f"{harm} {length}")
    whole = VERSION + b"".join(MIXED)
    for at in (*(chance.randrange(len(whole)) for _ in range(5)), len(whole) - length - 700):
        piece = whole[at : at + length]
        data = whole[:at] + HARMS[harm](piece, chance) + whole[at + length :]
        first = int(np.searchsorted(PLACES, at, side="right")) - 1
        last = int(np.searchsorted(PLACES, at + length, side="left"))
        log = read(data)
        found = [
            (int(step), value)
            for series in log.records[0].series.values()
            for step, value in zip(series.steps, series.values, strict=True)
        ]
        assert all(step == value for step, value in found)
        intact = {step for step in range(RECORDS) if not first <= step < last}
        assert len(intact - {step for step, _ in found}) <= 0.001 * RECORDS, at
        assert bool(log.findings) == (data != whole), at


def test_two_damaged_zones_are_both_told() -> None:
    """Reading goes on behind each."""
    data = bytearray(VERSION + b"".join(LONG))
    for zone in (STARTS[500], STARTS[3000]):
        data[zone + 4 : zone + 200] = b"\xff" * 196
    log = read(bytes(data))
    assert len(log.findings) == 2
    assert sum(len(series.steps) for series in log.records[0].series.values()) >= RECORDS - 12


def test_a_tail_of_zeros_is_told_quickly() -> None:
    """A file that was allocated and not written ends in zeros; they hold no record."""
    log = read(VERSION + b"".join(LONG[:50]) + bytes(5_000_000))
    (finding,) = log.findings
    assert "the length of a record is damaged" in finding.message
    assert sum(len(series.steps) for series in log.records[0].series.values()) == 50


def write(root: Path, files: dict[str, bytes]) -> RunTable:
    for path, data in files.items():
        place = root / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(data)
    return read_runs(root, Settings())


def curve(tag: str, *values: float) -> bytes:
    return VERSION + b"".join(event(step, simple(tag, value)) for step, value in enumerate(values, 1))


@pytest.mark.parametrize("parent", [VERSION, curve("lr", 1, 2)], ids=["empty parent", "parent with scalars"])
def test_add_scalars_makes_no_runs_of_its_own(tmp_path: Path, parent: bytes) -> None:
    """torch writes each of several curves under one tag into a folder `<tag>_<name>` of the run."""
    table = write(
        tmp_path,
        {
            "logs/a/events.out.tfevents.1.h": parent,
            "logs/a/run_loss_train/events.out.tfevents.2.h": curve("run/loss", 3, 2),
            "logs/a/run_loss_val/events.out.tfevents.3.h": curve("run/loss", 4, 5),
        },
    )
    (run,) = table.runs
    assert run.id == "logs/a"
    assert run.series["run/loss/train"].values.tolist() == [3, 2]
    assert run.series["run/loss/val"].values.tolist() == [4, 5]


def test_add_scalars_of_tensorboardx_makes_no_runs_either(tmp_path: Path) -> None:
    """It makes a folder of the tag's path and one of the name below it."""
    table = write(
        tmp_path,
        {
            "logs/a/events.out.tfevents.1.h": curve("lr", 1, 2),
            "logs/a/loss/actor/train/events.out.tfevents.2.h": curve("loss/actor", 3, 2),
            "logs/a/loss/actor/val/events.out.tfevents.3.h": curve("loss/actor", 4, 5),
        },
    )
    (run,) = table.runs
    assert run.id == "logs/a"
    assert run.series["loss/actor/val"].values.tolist() == [4, 5]


def test_hyper_parameters_of_a_time_folder_belong_to_the_run_above(tmp_path: Path) -> None:
    """torch's add_hparams writes into a folder named by the second."""
    entry = part(1, part(1, b"lr") + part(2, b"\x11" + struct.pack("<d", 0.1)))
    start = part(1, b"_hparams_/session_start_info") + part(
        9, part(1, part(1, b"hparams") + part(2, part(3, entry)))
    )
    table = write(
        tmp_path,
        {
            "logs/a/events.out.tfevents.1.h": curve("loss", 3, 2),
            "logs/a/1795415009.469/events.out.tfevents.2.h": VERSION
            + event(0, start)
            + event(0, simple("hp/acc", 0.5)),
        },
    )
    (run,) = table.runs
    assert (run.id, run.params, run.series["hp/acc"].values.tolist()) == ("logs/a", {"lr": 0.1}, [0.5])


def test_keras_folders_are_splits_of_one_run(tmp_path: Path) -> None:
    """`train/` and `validation/` hold the curves of one run under the same tags."""
    files = {
        f"logs/{seed}/{split}/events.out.tfevents.1.h": curve("epoch_loss", 3, seed)
        for seed in (1, 2)
        for split in ("train", "validation")
    }
    table = write(tmp_path, files)
    assert [run.id for run in table.runs] == ["logs/1", "logs/2"]
    curves = [history(table, table.runs[0], "loss", split) for split in ("train", "val")]
    assert [c.values.tolist() for c in curves if c is not None] == [[3, 1], [3, 1]]


def test_hyper_parameters_in_a_text_table_are_settings(tmp_path: Path) -> None:
    """CleanRL logs its arguments as a Markdown table."""
    words = "|param|value|\n|-|-|\n|exp_name|ppo|\n|seed|3|\n|learning_rate|0.00025|\n|cuda|True|\n|note||"
    data = VERSION + event(0, text("hyperparameters/text_summary", words)) + event(1, simple("return", 9))
    (run,) = write(tmp_path, {"runs/Hopper-v4__ppo__3__1700000000/events.out.tfevents.1.h": data}).runs
    assert run.params == {"exp_name": "ppo", "seed": 3, "learning_rate": 0.00025, "cuda": True, "note": ""}


def test_other_texts_are_no_settings() -> None:
    """A sample of generated text, or a table of more columns, says nothing of the configuration."""
    for words in ("a generated sentence", "|a|b|c|\n|-|-|-|\n|1|2|3|", "|a|b|\nno line\n|1|2|"):
        log = read(VERSION + event(0, text("samples/text_summary", words)) + event(1, simple("loss", 1)))
        assert log.records[0].params == {}


def test_a_resumed_run_in_two_files_is_one_history(tmp_path: Path) -> None:
    """The second file takes over from the step it was resumed at; both stay in the run."""
    table = write(
        tmp_path,
        {
            "logs/a/events.out.tfevents.1.h": VERSION
            + b"".join(event(s, simple("loss", 10 + s)) for s in range(1, 6)),
            "logs/a/events.out.tfevents.2.h": VERSION
            + b"".join(event(s, simple("loss", 20 + s)) for s in range(4, 8)),
        },
    )
    shown = history(table, table.runs[0], "loss")
    assert shown is not None
    assert shown.values.tolist() == [11, 12, 13, 24, 25, 26, 27]
    assert len(table.runs[0].series["loss"].values) == 9
    assert table.runs[0].status is Status.UNKNOWN


WRITE = """
from tensorboardX import SummaryWriter
writer = SummaryWriter("run")
values = [0.1, float("nan"), float("inf"), -1e30, 3.0, 1e-42, 16777217.0] + [i / 7 for i in range(3000)]
for step, value in enumerate(values):
    writer.add_scalar("charts/loss", value, step)
    writer.add_scalars("acc", {"train": value, "val": 2 * value}, step * 3)
writer.add_histogram("weights", __import__("numpy").arange(9.0), 1)
writer.add_hparams({"lr": 0.001, "batch": 32, "net": "mlp", "bn": True}, {"hp/acc": 0.9})
writer.close()
"""
READ = """
import json, struct
from pathlib import Path
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
found = {}
for folder in sorted({path.parent for path in Path("run").rglob("*tfevents*")}):
    events = EventAccumulator(str(folder), size_guidance={"scalars": 0})
    events.Reload()
    for tag in events.Tags()["scalars"]:
        name = tag + ("/" + folder.name if tag == "acc" else "")
        found[name] = [[p.step, struct.pack("<f", p.value).hex()] for p in events.Scalars(tag)]
print(json.dumps(found))
"""


def test_the_values_are_those_of_the_vendor(tmp_path: Path, logger: Callable[..., str]) -> None:
    """What tensorboardX wrote TensorBoard reads to the same steps and bits, NaN and infinities included."""
    logger("tensorboardX", WRITE)
    theirs = json.loads(logger("tensorboard", READ).splitlines()[-1])
    (run,) = read_runs(tmp_path, Settings()).runs
    ours = {
        key: [
            [s, struct.pack("<f", v).hex()] for s, v in zip(series.steps.tolist(), series.values, strict=True)
        ]
        for key, series in run.series.items()
    }
    assert ours == theirs
    assert set(theirs) == {"charts/loss", "acc/train", "acc/val", "hp/acc"}
    assert run.params == {"lr": 0.001, "batch": 32, "net": "mlp", "bn": True}


KILLED = """
import os, signal
from tensorboardX import SummaryWriter
writer = SummaryWriter("run", flush_secs=0.01)
for step in range(500):
    writer.add_scalar("loss", step, step)
writer.file_writer.flush()
os.kill(os.getpid(), signal.SIGKILL)
"""


def test_a_killed_logger_loses_nothing_that_was_on_disk(tmp_path: Path, logger: Callable[..., str]) -> None:
    """Every record that the vendor's reader finds after `kill -9` is read."""
    logger("tensorboardX", KILLED, check=False)
    theirs = json.loads(logger("tensorboard", READ).splitlines()[-1])["loss"]
    (run,) = read_runs(tmp_path, Settings()).runs
    assert run.series["loss"].steps.tolist() == [step for step, _ in theirs]
    assert len(theirs) > 100
