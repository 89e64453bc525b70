"""What is kept of files that were read: it saves time and never changes a result."""

import json
import os
import sqlite3
import struct
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from google_crc32c import value as crc32c
from hypothesis import given
from hypothesis import strategies as st

from paperback.finding import Finding
from paperback.runs import RunTable, Status, read_runs
from paperback.runs.readers import csv_log, json_lines
from paperback.runs.readers.log import Log, LogFile, Record
from paperback.runs.run import Final, Run, Series
from paperback.runs.stored_log import pack, unpack
from paperback.settings import Settings
from paperback.source import Source

LONG_AGO = 1_600_000_000


def write(root: Path, path: str, data: bytes, age: int = 0) -> Path:
    place = root / path
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_bytes(data)
    os.utime(place, (LONG_AGO + age, LONG_AGO + age))
    return place


def frame(payload: bytes) -> bytes:
    def masked(data: bytes) -> bytes:
        crc = crc32c(data)
        return struct.pack("<I", ((crc >> 15 | crc << 17) + 0xA282EAD8) & 0xFFFFFFFF)

    size = struct.pack("<Q", len(payload))
    return size + masked(size) + payload + masked(payload)


VERSION = frame(b"\x09" + bytes(8) + b"\x1a\x0dbrain.Event:2")


def events(steps: range) -> bytes:
    """One record with the scalar `acc` for each step below 128."""
    return b"".join(
        frame(
            b"\x09" + bytes(8) + b"\x10" + bytes([step]) + b"\x2a\x0c\x0a\x0a\x0a\x03acc\x15"
            + struct.pack("<f", step / 3)
        )
        for step in steps
    )  # fmt: skip


def repository(root: Path) -> Path:
    for seed in range(3):
        result = {
            "method": "mlp",
            "seed": seed,
            "lr": 1e-3,
            "metrics": {"acc": float("nan") if seed else 0.5},
        }
        write(root, f"runs/mlp/{seed}/result.json", json.dumps(result).encode())
        write(root, f"runs/mlp/{seed}/events.out.tfevents.1", VERSION + events(range(50)))
        write(root, f"runs/mlp/{seed}/log.csv", b"epoch,loss\n1,2\n2,inf\n3\n")
        write(root, f"runs/mlp/{seed}/log.jsonl", b'{"step": 1, "loss": 2}\n{"step": 2, "lo')
    write(root, "data/table.csv", b"a,b\n1,2\n")
    write(root, "notes.txt", b"no log")
    return root


def told(table: RunTable) -> Any:
    runs = [
        (
            run.id, dict(run.params), run.status, run.commit, dict(run.identity), run.sources,
            {key: (repr(final.value), final.source, final.step) for key, final in run.finals.items()},
            {key: (s.steps.tolist(), s.values.tobytes(), s.axis, s.source) for key, s in run.series.items()},
        )
        for run in table.runs
    ]  # fmt: skip
    return runs, table.files, table.findings, table.keys, table.roles, table.metrics, table.formats


def opened(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of the files that a reader is given from now on."""
    seen: list[str] = []
    original = LogFile.__init__

    def noted(self: LogFile, *args: Any, **kwargs: Any) -> None:
        original(self, *args, **kwargs)
        if self.data:
            seen.append(self.path)

    monkeypatch.setattr(LogFile, "__init__", noted)
    return seen


def test_a_cache_changes_nothing(tmp_path: Path) -> None:
    """Without a cache, with an empty one and with a full one the table is the same."""
    root, cache = repository(tmp_path / "repo"), tmp_path / "cache"
    plain = told(read_runs(root, Settings()))
    assert told(read_runs(root, Settings(), cache=cache)) == plain
    assert told(read_runs(root, Settings(), cache=cache)) == plain


def test_unchanged_files_are_not_read_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Only the file that changed is given to a reader."""
    root, cache = repository(tmp_path / "repo"), tmp_path / "cache"
    read_runs(root, Settings(), cache=cache)
    write(root, "runs/mlp/1/log.csv", b"epoch,loss\n1,3\n2,inf\n3\n", age=5)
    seen = opened(monkeypatch)
    table = read_runs(root, Settings(), cache=cache)
    assert seen == ["runs/mlp/1/log.csv"]
    assert table.runs[1].series["loss"].values.tolist()[0] == 3


def test_a_file_written_a_moment_ago_is_not_trusted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It may be written again within the same tick of the clock."""
    root, cache = tmp_path / "repo", tmp_path / "cache"
    place = write(root, "runs/a/log.csv", b"epoch,loss\n1,2\n")
    os.utime(place)
    read_runs(root, Settings(), cache=cache)
    seen = opened(monkeypatch)
    read_runs(root, Settings(), cache=cache)
    assert seen == ["runs/a/log.csv"]


@pytest.mark.parametrize("torn", [0, 5], ids=["whole", "torn"])
def test_a_grown_event_file_is_read_from_its_old_end(tmp_path: Path, torn: int) -> None:
    """The result is that of reading it whole, also where the old end lay inside a record."""
    root, cache = tmp_path / "repo", tmp_path / "cache"
    data = VERSION + events(range(100))
    old = VERSION + events(range(60))
    write(root, "runs/a/events.out.tfevents.1", old[: len(old) - torn])
    read_runs(root, Settings(), cache=cache)
    write(root, "runs/a/events.out.tfevents.1", data, age=9)
    table = read_runs(root, Settings(), cache=cache)
    assert told(table) == told(read_runs(root, Settings()))
    assert len(table.runs[0].series["acc"].steps) == 100


steps = st.integers(0, 9) | st.none() | st.just("nan")
rows = st.lists(
    st.fixed_dictionaries(
        {"loss": st.floats(allow_nan=False, width=32) | st.just("x")},
        optional={
            "step": steps,
            "epoch": steps | st.just(0.5),
            "acc": st.integers(0, 5),
            "seed": st.integers(0, 1),
            "config": st.fixed_dictionaries({"lr": st.integers(1, 2)}),
            "split": st.sampled_from(["train", "val", "other"]),
        },
    ),
    max_size=6,
)


@given(rows, rows, st.booleans())
def test_a_grown_json_lines_file_is_as_if_read_whole(old: Any, new: Any, ended: bool) -> None:
    """Whatever the new lines hold, reading on gives what reading all of it gives, or is declined."""
    first = "\n".join(map(json.dumps, old)) + ("\n" if ended else "")
    data = (first + "\n".join(map(json.dumps, new))).encode()
    before = json_lines.read(LogFile("a/log.jsonl", Path("x"), first.encode(), "d", True))
    if not before.records or before.findings:
        return
    file = LogFile("a/log.jsonl", Path("x"), data, "e", True)
    grown = json_lines.grow(file, before, len(first.encode()))
    if grown is not None:
        whole = json_lines.read(file)
        assert [contents(record) for record in grown.records] == [
            contents(record) for record in whole.records
        ]
        assert grown.findings == whole.findings


cells = st.sampled_from(["", "0", "1", "2", "0.5", "nan", "x", "93%", "1,5"])
HEADERS = (
    "epoch,step,loss,val_acc",
    "loss,acc",
    "step,loss",
    "seed,step,loss",
    "step,mode,loss",
    "#{}\nr,l,t",
    "idx,loss",
)


@given(st.data(), st.sampled_from(HEADERS), st.booleans())
def test_a_grown_csv_file_is_as_if_read_whole(data: st.DataObject, header: str, ended: bool) -> None:
    """Sparse, complete and broken rows, of one run or several, and of Monitor's files."""
    width = header.rsplit("\n", 1)[-1].count(",") + 1
    row = st.lists(cells, min_size=width, max_size=width + data.draw(st.integers(0, 1)))
    texts = [
        "".join(",".join(f'"{cell}"' if "," in cell else cell for cell in found) + "\n" for found in part)
        for part in data.draw(st.tuples(st.lists(row, max_size=5), st.lists(row, max_size=4)))
    ]
    first = header + "\n" + texts[0]
    first = first if ended else first[:-1]
    before = csv_log.read(LogFile("a/log.csv", Path("x"), first.encode(), "d", True))
    file = LogFile("a/log.csv", Path("x"), (first + texts[1]).encode(), "e", True)
    if not before.records or before.findings:
        return
    grown = csv_log.grow(file, before, len(first.encode()))
    if grown is not None:
        whole = csv_log.read(file)
        assert [contents(record) for record in grown.records] == [
            contents(record) for record in whole.records
        ]
        assert grown.findings == whole.findings


GROWING = {
    "runs/a/metrics.csv": "epoch,step,loss,val_acc\n" + "".join(
        f"{i // 4},{i},{1 / (i + 1)},{0.5 if i % 4 == 3 else ''}\n" for i in range(40)),
    "runs/a/training.log.csv": "epoch,acc,loss\n" + "".join(f"{i},0.5,{1 / (i + 1)}\n" for i in range(40)),
    "runs/a/0.monitor.csv": '#{"env_id": "Ant"}\nr,l,t\n' + "".join(f"{i},{i},{i}\n" for i in range(40)),
}  # fmt: skip


@pytest.mark.parametrize("path", GROWING)
def test_a_growing_csv_file_is_read_from_its_old_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, path: str
) -> None:
    """Of Lightning's, Keras' and Monitor's tables only the new rows are parsed."""
    root, cache = tmp_path / "repo", tmp_path / "cache"
    lines = GROWING[path].splitlines(keepends=True)
    write(root, path, "".join(lines[:30]).encode())
    read_runs(root, Settings(), cache=cache)
    write(root, path, "".join(lines).encode(), age=5)
    monkeypatch.setattr(csv_log, "read", None)
    table = read_runs(root, Settings(), cache=cache)
    monkeypatch.undo()
    assert told(table) == told(read_runs(root, Settings()))


def contents(record: Record) -> Any:
    found = {
        key: (s.steps.tolist(), s.values.tobytes(), s.axis, s.source) for key, s in record.series.items()
    }
    return found, dict(record.params), dict(record.finals), record.status, record.name


def test_a_growing_json_lines_file_is_read_from_its_old_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Only the new lines are parsed."""
    root, cache = tmp_path / "repo", tmp_path / "cache"
    lines = [json.dumps({"step": step, "loss": 1 / (step + 1)}) + "\n" for step in range(50)]
    write(root, "runs/a/log.jsonl", "".join(lines[:40]).encode())
    read_runs(root, Settings(), cache=cache)
    write(root, "runs/a/log.jsonl", "".join(lines).encode(), age=5)
    parsed: list[int] = []
    original = json_lines._parse
    monkeypatch.setattr(json_lines, "_parse", lambda data: parsed.append(len(data)) or original(data))
    table = read_runs(root, Settings(), cache=cache)
    assert parsed == [len("".join(lines[40:]))]
    assert told(table) == told(read_runs(root, Settings()))


def test_a_file_that_was_replaced_by_a_longer_one_is_read_whole(tmp_path: Path) -> None:
    """The old end is trusted only where all bytes before it are the same."""
    root, cache = tmp_path / "repo", tmp_path / "cache"
    place = write(root, "runs/a/events.out.tfevents.1", VERSION + events(range(10)))
    read_runs(root, Settings(), cache=cache)
    with place.open("r+b") as stream:
        stream.write(VERSION + events(range(5, 25)))
    os.utime(place, (LONG_AGO + 7, LONG_AGO + 7))
    assert told(read_runs(root, Settings(), cache=cache)) == told(read_runs(root, Settings()))


@pytest.mark.parametrize("harm", ["cut", "noise", "body", "columns", "version"])
def test_a_damaged_cache_is_made_again(tmp_path: Path, harm: str) -> None:
    """Whatever stands in the catalogue, the result is that of reading the files."""
    root, cache = repository(tmp_path / "repo"), tmp_path / "cache"
    plain = told(read_runs(root, Settings(), cache=cache))
    base = cache / "catalogue.sqlite"
    if harm == "cut":
        base.write_bytes(base.read_bytes()[:5000])
    elif harm == "noise":
        base.write_bytes(b"no database" * 100)
    else:
        with sqlite3.connect(base) as connection:
            connection.execute(
                {
                    "body": "update files set body = zeroblob(50)",
                    "columns": "update files set digest = 3, size = 'x'",
                    "version": "update meta set value = 'older'",
                }[harm]
            )
        connection.close()
    assert told(read_runs(root, Settings(), cache=cache)) == plain
    assert told(read_runs(root, Settings(), cache=cache)) == plain


def test_a_folder_that_cannot_be_made_does_no_harm(tmp_path: Path) -> None:
    """A cache is never required."""
    root = repository(tmp_path / "repo")
    assert read_runs(root, Settings(), cache=root / "notes.txt" / "cache").runs


def test_two_readers_at_once_see_the_same(tmp_path: Path) -> None:
    """A catalogue that somebody else holds is left alone."""
    root, cache = repository(tmp_path / "repo"), tmp_path / "cache"
    plain = told(read_runs(root, Settings(), cache=cache))
    holder = sqlite3.connect(cache / "catalogue.sqlite")
    holder.execute("begin immediate")
    write(root, "runs/mlp/1/log.csv", b"epoch,loss\n1,2\n2,inf\n3\n", age=5)
    try:
        assert told(read_runs(root, Settings(), cache=cache)) == plain
    finally:
        holder.close()


FILE = LogFile("a/b", Path("x"), b"", "d")
numbers = st.floats(width=64)
scalars = st.one_of(st.none(), st.booleans(), st.integers(), numbers, st.text())


@given(
    st.dictionaries(st.text(), scalars),
    st.dictionaries(st.text(), numbers),
    st.dictionaries(st.text(), st.lists(st.tuples(st.integers(-(2**63), 2**63 - 1), numbers))),
)
def test_a_log_comes_back_as_it_was(params: Any, finals: Any, series: Any) -> None:
    """Every number to the bit, NaN and infinities included."""
    record = Record(
        "n",
        params,
        {key: Final(value, FILE.source(key)) for key, value in finals.items()},
        {
            key: Series(
                np.array([step for step, _ in points], np.int64),
                np.array([value for _, value in points], np.float64),
                "step",
                FILE.source(key),
            )
            for key, points in series.items()
        },
        Status.FAILED,
        "abc",
        run="id",
    )
    log = Log(FILE, "JSON", (record,), (Finding("k", "m", (Source("a/b", 3),), "x"),))
    back = unpack(pack(log), FILE)
    assert back.findings == log.findings
    assert repr(back.records[0].params) == repr(params)
    (one,) = back.records
    runs = [
        Run("x", each.params, each.finals, each.series, each.status, each.commit) for each in (one, record)
    ]
    tables = [RunTable((run,), {}, {}, {}, (), {}) for run in runs]
    assert repr(told(tables[0])) == repr(told(tables[1]))


@pytest.mark.parametrize("body", [b"", b"\x05\0\0\0", b"\x02\0\0\0{}", b"\x04\0\0\0null", b"\xff" * 40])
def test_bytes_that_hold_no_log_are_refused(body: bytes) -> None:
    """Anything else than a packed log is an error that the cache catches."""
    with pytest.raises((ValueError, KeyError, TypeError, struct.error)):
        unpack(body, FILE)


def test_a_log_of_several_files_is_not_kept() -> None:
    """One of them may change unseen."""
    other = Source("elsewhere", digest="x")
    for log in (
        Log(FILE, "JSON", (Record(),), beside=(other,)),
        Log(FILE, "JSON", (Record(finals={"a": Final(1.0, other)}),)),
    ):
        with pytest.raises(ValueError, match=r"several files|another file"):
            pack(log)
