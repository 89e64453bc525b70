"""Event files are read window by window, and grown ones from their old end on."""

import io
import os
import tracemalloc
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from paperback import source
from paperback.runs import read_runs, windows
from paperback.runs.cache import open_cache
from paperback.runs.readers import tensorboard
from paperback.runs.readers.log import Log, LogFile
from paperback.runs.readers.tensorboard import read_events
from paperback.settings import Settings
from paperback.source import Hashing, digest
from wire import event, part, simple

LONG_AGO = 1_600_000_000
RECORDS = [
    event(step, simple(("loss", "acc")[step % 2], step / 3))
    + (event(step, simple("x", 9)) if step % 7 == 0 else b"")
    for step in range(40)
]
PICTURE = event(3, part(1, b"picture") + part(4, part(4, bytes(900))))


class Counting(io.BytesIO):
    """A file that counts what is read of it."""

    read_bytes = 0

    def read(self, size: int | None = -1) -> bytes:
        found = super().read(size)
        self.read_bytes += len(found)
        return found


def told(found: tensorboard.Events) -> object:
    points = {
        tag: [np.concatenate(part).tolist() for part in zip(*parts, strict=True)]
        for tag, parts in found.points.items()
    }
    return points, found.damages, found.unreadable, found.size


def contents(log: Log) -> object:
    series = {key: (one.steps.tolist(), one.values.tolist()) for key, one in log.records[0].series.items()}
    return series, [finding.message for finding in log.findings], log.file.digest


@settings(deadline=None, max_examples=300)
@given(st.data())
def test_windows_give_what_the_whole_file_gives(data: st.DataObject) -> None:
    """Wherever they end, and whatever bytes are changed, lost or put in."""
    records = [*RECORDS[:20], PICTURE, *RECORDS[20:]]
    whole = bytearray(b"".join(records))
    at = data.draw(st.integers(0, len(whole) - 1))
    match data.draw(st.sampled_from(["none", "change", "lose", "put in", "cut"])):
        case "change":
            whole[at] ^= data.draw(st.integers(1, 255))
        case "lose":
            del whole[at : at + data.draw(st.integers(1, 60))]
        case "put in":
            whole[at:at] = data.draw(st.binary(min_size=1, max_size=60))
        case "cut":
            del whole[at:]
    size = data.draw(st.integers(1, len(whole) + 1))
    parts = [bytes(whole[begin : begin + size]) for begin in range(0, len(whole), size)]
    assert told(read_events(parts, len(whole))) == told(read_events([bytes(whole)], len(whole)))


def test_a_file_that_is_cut_while_it_is_read_keeps_its_records() -> None:
    """What was announced and does not come is no end of the reading."""
    data = b"".join(RECORDS)
    found = read_events([data[:500], data[500:701]], len(data))
    assert told(found) == told(read_events([data[:701]], 701))


@pytest.mark.parametrize("pieces", [[0], [1], [999], [1000], [1001], [2000], [2500, 1, 499], [1000] * 3])
def test_a_digest_piece_by_piece_is_that_of_the_whole(
    pieces: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also where its blocks are known already and only the rest is hashed."""
    monkeypatch.setattr(source, "BLOCK", 1000)
    data = bytes(range(256)) * 20
    hashing, at = Hashing(), 0
    for piece in pieces:
        hashing.update(data[at : at + piece])
        at += piece
    assert hashing.digest() == digest(data[:at])
    again = Hashing(hashing.blocks)
    again.update(data[len(hashing.blocks) // 32 * 1000 : at])
    assert again.digest() == digest(data[:at])


def read(data: bytes, folder: Path, *, inode: int = 1) -> tuple[Log, int]:
    """The log of a file of these bytes, and how many of them were read."""
    stream = Counting(data)
    file = LogFile("events.out.tfevents.1", Path("x"), b"", "")
    with open_cache(folder, "1") as cache:
        stamp = (len(data), 1, inode, False)
        log = windows.read_in_windows(tensorboard, file, stream, stamp, cache)  # type: ignore[arg-type]
    return log, stream.read_bytes


@pytest.fixture
def small_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(source, "BLOCK", 1000)
    monkeypatch.setattr(windows, "BLOCK", 1000)
    monkeypatch.setattr(windows, "_HEAD", 100)


@pytest.mark.usefixtures("small_blocks")
def test_of_a_grown_file_only_the_new_bytes_are_read(tmp_path: Path) -> None:
    """Besides a head, and what stands before the old end in one block; the result is that of all bytes."""
    data = b"".join(RECORDS * 50)
    old = len(b"".join(RECORDS * 45))
    read(data[:old], tmp_path / "cache")
    log, count = read(data, tmp_path / "cache")
    whole, _ = read(data, tmp_path / "other")
    assert contents(log) == contents(whole)
    assert log.file.digest == digest(data)
    assert len(data) - old <= count <= len(data) - old + 1000 + 2 * 100
    # A third time it goes on from where the second one ended.
    last, count = read(data + RECORDS[0], tmp_path / "cache")
    assert count <= len(RECORDS[0]) + 1000 + 2 * 100
    assert contents(last) == contents(read(data + RECORDS[0], tmp_path / "another")[0])


@pytest.mark.usefixtures("small_blocks")
def test_a_little_growth_of_a_large_file_is_read_again_and_not_kept(tmp_path: Path) -> None:
    """Until a tenth has come."""
    old = b"".join(RECORDS * 50)
    read(old, tmp_path / "cache")
    for count in (2, 4, 10):
        data = old + b"".join(RECORDS * count)
        log, seen = read(data, tmp_path / "cache")
        assert len(data) - len(old) <= seen <= len(data) - len(old) + 1000 + 2 * 100
        assert contents(log) == contents(read(data, tmp_path / f"other{count}")[0])
    assert read(data + RECORDS[0], tmp_path / "cache")[1] < 1000 + 2 * 100 + len(RECORDS[0])


@pytest.mark.usefixtures("small_blocks")
def test_a_change_far_inside_is_seen_without_the_cache(tmp_path: Path) -> None:
    """What the docstring says cannot be seen: a change in place of a file that grows afterwards."""
    old = b"".join(RECORDS * 20)
    at = len(b"".join(RECORDS * 10))
    changed = old[:at] + event(0, simple("lost", 0)) + old[at + len(event(0, simple("lost", 0))) :]
    read(old, tmp_path / "cache")
    grown, _ = read(changed + b"".join(RECORDS * 5), tmp_path / "cache")
    anew, _ = read(changed + b"".join(RECORDS * 5), tmp_path / "other")
    assert "lost" in anew.records[0].series
    assert "lost" not in grown.records[0].series


@pytest.mark.usefixtures("small_blocks")
@pytest.mark.parametrize("harm", ["head", "before the end", "inode", "shorter"])
def test_another_file_of_that_name_is_read_anew(tmp_path: Path, harm: str) -> None:
    """Where its beginning, its old end or its number differs, or where it is shorter."""
    old, new = b"".join(RECORDS * 20), b"".join(RECORDS * 22)
    read(old, tmp_path / "cache")
    if harm == "head":
        changed = event(0, simple("lost", 0))
        new = changed + new[len(changed) :]
    elif harm == "before the end":
        at = len(old) - len(RECORDS[-1])
        new = new[: at - 7] + new[at : at + 7] + new[at:]
    elif harm == "shorter":
        new = old[: len(old) // 2]
    log, count = read(new, tmp_path / "cache", inode=2 if harm == "inode" else 1)
    assert count >= len(new)
    assert contents(log) == contents(read(new, tmp_path / "other")[0])


def test_a_large_file_is_never_in_memory(tmp_path: Path) -> None:
    """A file of pictures and scalars needs the memory of a few windows."""
    place = tmp_path / "runs/a/events.out.tfevents.1"
    place.parent.mkdir(parents=True)
    picture = event(1, part(1, b"picture") + part(4, part(4, bytes(2**19))))
    with place.open("wb") as stream:
        for step in range(256):
            stream.write(event(step, simple("loss", step)) + picture)
    os.utime(place, (LONG_AGO, LONG_AGO))
    tracemalloc.start()
    table = read_runs(tmp_path, Settings(), cache=tmp_path / ".paperback")
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert len(table.runs[0].series["loss"].values) == 256
    assert peak < 48 * 2**20 < place.stat().st_size / 2
