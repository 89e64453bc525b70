"""The kept table of a whole repository: it saves time and never changes a result."""

import os
import shutil
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from paperback.runs import read, read_runs
from paperback.runs.seal import seal
from paperback.settings import Settings
from paperback.walk import walk

LONG_AGO = 1_600_000_000
ROWS = b"epoch,loss\n1,2\n2,nan\n"


def write(root: Path, path: str, data: bytes, age: int = 0) -> Path:
    place = root / path
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_bytes(data)
    os.utime(place, (LONG_AGO + age, LONG_AGO + age))
    return place


@pytest.fixture
def root(tmp_path: Path) -> Path:
    for seed in range(3):
        settings = b'{"config": {"method": "m\xc3\xa4", "seed": %d, "lr": 1e-3}, "acc": NaN}' % seed
        write(tmp_path / "repo", f"runs/a/{seed}/result.json", settings)
        write(tmp_path / "repo", f"runs/a/{seed}/log.csv", ROWS)
        write(tmp_path / "repo", f"runs/a/{seed}/log.jsonl", b'{"step": 1, "val/acc": 0.5}\n')
    return tmp_path / "repo"


def told(root: Path, cache: Path | None) -> Any:
    table = read_runs(root, Settings(), cache=cache)
    runs = [
        (
            run.id, dict(run.params), run.status, run.commit, dict(run.identity), run.sources,
            dict(run.facts),
            {key: (repr(final.value), final.source, final.step) for key, final in run.finals.items()},
            {key: (s.steps.tolist(), s.values.tobytes(), s.axis, s.source) for key, s in run.series.items()},
        )
        for run in table.runs
    ]  # fmt: skip
    apart = {why: [run.id for run in kept] for why, kept in table.apart.items()}
    rest = (table.findings, dict(table.keys), table.roles, table.metrics, table.formats, table.protocol)
    return runs, apart, dict(table.files), rest


@pytest.fixture
def reads(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """One entry for each time that the files were gone through."""
    seen: list[Path] = []
    original = read.collect

    def noted(root: Path, *others: Any) -> Any:
        seen.append(root)
        return original(root, *others)

    monkeypatch.setattr(read, "collect", noted)
    return seen


def test_an_unchanged_repository_is_not_gone_through_again(
    root: Path, tmp_path: Path, reads: list[Path]
) -> None:
    """The second table is the first, to the bit, and no log is looked for."""
    first = told(root, tmp_path / "cache")
    assert told(root, tmp_path / "cache") == first
    assert len(reads) == 1
    assert told(root, None) == first


def test_the_cases_of_a_finding_are_kept(root: Path, tmp_path: Path, reads: list[Path]) -> None:
    """What one sentence sums up can still be listed."""
    for seed in range(3, 9):
        write(
            root, f"runs/a/{seed}/result.json", b'{"config": {"method": "m", "seed": %d}, "acc": NaN}' % seed
        )
    kept = [read_runs(root, Settings(), cache=tmp_path / "cache").findings for _ in range(2)]
    assert kept[0] == kept[1]
    assert [len(finding.cases) for finding in kept[1] if finding.kind == "nan-metric"] == [9]
    assert len(reads) == 1


def grow(root: Path) -> None:
    write(root, "runs/a/0/log.csv", ROWS + b"3,1\n", age=5)


def shrink(root: Path) -> None:
    write(root, "runs/a/0/log.csv", ROWS[:-6], age=5)


def rewrite(root: Path) -> None:
    write(root, "runs/a/0/log.csv", ROWS.replace(b"1,2", b"1,7"), age=5)


def swap(root: Path) -> None:
    """Same name, size and time, another file."""
    other = write(root, "other", ROWS.replace(b"1,2", b"1,8"))
    other.replace(root / "runs/a/0/log.csv")


def delete(root: Path) -> None:
    (root / "runs/a/1/log.csv").unlink()


def delete_run(root: Path) -> None:
    shutil.rmtree(root / "runs/a/1")


def add(root: Path) -> None:
    write(root, "runs/a/9/log.csv", ROWS)


def rename(root: Path) -> None:
    (root / "runs/a/1").rename(root / "runs/a/4")


def link(root: Path) -> None:
    (root / "runs/b").symlink_to(write(root.parent, "elsewhere/0/log.csv", ROWS).parents[1])


CHANGES = [grow, shrink, rewrite, swap, delete, delete_run, add, rename, link]


@pytest.mark.parametrize("change", CHANGES)
def test_every_change_is_seen(root: Path, tmp_path: Path, change: Callable[[Path], None]) -> None:
    """After it the table is the one that is read without a cache, and not the old one."""
    before = told(root, tmp_path / "cache")
    change(root)
    after = told(root, tmp_path / "cache")
    assert after == told(root, None)
    assert after != before
    assert told(root, tmp_path / "cache") == after


def test_other_settings_have_another_table(root: Path, tmp_path: Path) -> None:
    """What the author declares counts as much as the files."""
    told(root, tmp_path / "cache")
    left = read_runs(root, Settings(exclude=("runs/a/1",)), cache=tmp_path / "cache")
    assert [run.id for run in left.runs] == ["runs/a/0", "runs/a/2"]


def test_a_young_file_keeps_the_table_from_being_kept(root: Path, tmp_path: Path, reads: list[Path]) -> None:
    """It may be written again within the same tick of the clock."""
    os.utime(root / "runs/a/0/log.csv")
    told(root, tmp_path / "cache")
    told(root, tmp_path / "cache")
    assert len(reads) == 2


def test_a_kept_table_that_is_damaged_anywhere_is_made_again(root: Path, tmp_path: Path) -> None:
    """Cut or changed at any byte, it gives the same table."""
    cache = tmp_path / "cache"
    plain = told(root, cache)
    place = cache / "table.bin"
    data = place.read_bytes()
    for at in range(0, len(data), max(1, len(data) // 40)):
        for harmed in (data[:at], data[:at] + bytes([data[at] ^ 0x10]) + data[at + 1 :]):
            place.write_bytes(harmed)
            assert told(root, cache) == plain
    assert place.read_bytes() == data


def test_a_catalogue_that_is_damaged_anywhere_is_made_again(root: Path, tmp_path: Path) -> None:
    """Cut or changed at any byte, it gives the same table."""
    cache = tmp_path / "cache"
    plain = told(root, cache)
    place = cache / "catalogue.sqlite"
    data = place.read_bytes()
    for at in range(0, len(data), max(1, len(data) // 40)):
        for harmed in (data[:at], data[:at] + bytes([data[at] ^ 0x10]) + data[at + 1 :]):
            place.write_bytes(harmed)
            (cache / "table.bin").unlink(missing_ok=True)
            assert told(root, cache) == plain


def test_a_cache_that_cannot_be_written_is_still_read(root: Path, tmp_path: Path, reads: list[Path]) -> None:
    """A kept table saves as much time there, and stays as it is when it no longer fits."""
    cache = tmp_path / "cache"
    plain = told(root, cache)
    kept = (cache / "table.bin").read_bytes()
    # Whoever runs the test may be allowed to write anywhere, but nobody can write to a folder.
    (cache / "clock").unlink()
    (cache / "clock").mkdir()
    assert told(root, cache) == plain
    assert len(reads) == 1
    grow(root)
    assert told(root, cache) == told(root, None)
    assert (cache / "table.bin").read_bytes() == kept


def test_reads_beside_each_other_agree(root: Path, tmp_path: Path) -> None:
    """Several that fill one cache at once all give the same table, and leave one that is whole."""
    plain = told(root, None)
    found: list[Any] = []
    threads = [
        threading.Thread(target=lambda: found.append(told(root, tmp_path / "cache"))) for _ in range(6)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [plain] * 6
    assert told(root, tmp_path / "cache") == plain
    assert not list((tmp_path / "cache").glob("table.bin-*"))


def test_a_log_that_grows_while_it_is_read_is_never_half_a_row(root: Path, tmp_path: Path) -> None:
    """Each read gives a beginning of what was written, no later one gives less, and the last gives all."""
    place, count = root / "runs/a/0/log.csv", 300
    place.write_bytes(b"epoch,loss\n0,0.25\n")
    done = threading.Event()

    def append() -> None:
        for step in range(1, count):
            with place.open("ab") as stream:
                stream.write(b"%d,%d.25\n" % (step, step))
        done.set()

    def history() -> list[float]:
        table = read_runs(root, Settings(), cache=tmp_path / "cache")
        found: list[float] = table.runs[0].series["loss"].values.tolist()
        return found

    writer = threading.Thread(target=append)
    writer.start()
    read_so_far = [history()]
    while not done.is_set():
        read_so_far.append(history())
    writer.join()
    read_so_far.append(history())
    whole = [step + 0.25 for step in range(count)]
    assert read_so_far[-1] == whole
    assert all(one == whole[: len(one)] for one in read_so_far)
    assert [len(one) for one in read_so_far] == sorted(len(one) for one in read_so_far)


def test_progress_names_the_total(root: Path, tmp_path: Path) -> None:
    """It counts up to the number of logs, and a kept table is done at once."""
    for expected in ([(done, 9) for done in range(10)], [(1, 1)]):
        seen: list[tuple[int, int]] = []
        read_runs(root, Settings(), cache=tmp_path / "cache", progress=lambda *told, to=seen: to.append(told))
        assert seen == expected


def test_the_seal_looks_at_the_files_of_the_walk(root: Path) -> None:
    """Also where links lead, and where environments, papers and excluded folders are left out."""
    link(root)
    (root / "runs/ring").symlink_to(root / "runs")
    for path in ("paper/evidence.json", "paper/main.json", ".git/x", "env/pyvenv.cfg", "env/lib/y", "z/w"):
        write(root, path, b"")
    for exclude in ((), ("runs/a/1", "z")):
        assert seal(root, exclude).paths() == {path for path, _ in walk(root, exclude)}
