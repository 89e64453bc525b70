"""Many tags, many files, deep folders and slow disks, at a size that a test can bear."""

import os
import resource
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from paperback.runs import read_runs
from paperback.settings import Settings

RESULT = '{"config": {"method": "m", "dataset": "d", "seed": %d}, "metrics": {"test": {"acc": 0.5}}}'


def write(root: Path, path: str, text: str) -> None:
    place = root / path
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_text(text)


def test_deep_folders_are_walked(tmp_path: Path) -> None:
    """As deep as paths may be."""
    write(tmp_path, "/".join(["runs", *("d" for _ in range(900)), "result.json"]), RESULT % 1)
    (run,) = read_runs(tmp_path, Settings()).runs
    assert run.id.count("/") == 900


def test_a_hundred_thousand_tags_are_read_in_seconds(tmp_path: Path) -> None:
    """Their time grows with their number alone."""
    header = ",".join(["step", *(f"layer{i}/loss" for i in range(100_000))])
    row = ",".join("1" for _ in range(100_001))
    write(tmp_path, "runs/a/log.csv", f"{header}\n{row}\n")
    begin = time.process_time()
    (run,) = read_runs(tmp_path, Settings()).runs
    assert len(run.series) == 100_000
    assert time.process_time() - begin < 30


def test_each_file_is_looked_at_a_few_times_only(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """On a disk over a network every look takes its time: no file is asked for more than is needed."""
    for seed in range(200):
        write(tmp_path, f"runs/{seed}/result.json", RESULT % seed)
    looks = 0

    def counted(event: str, arguments: tuple[Any, ...]) -> None:
        nonlocal looks
        looks += event in ("open", "os.scandir", "os.listdir") and str(tmp_path) in str(arguments[0])

    sys.addaudithook(counted)
    original = os.stat

    def stat(path: Any, *arguments: Any, **named: Any) -> os.stat_result:
        nonlocal looks
        looks += str(tmp_path) in str(path)
        return original(path, *arguments, **named)

    monkeypatch.setattr(os, "stat", stat)
    assert len(read_runs(tmp_path, Settings()).runs) == 200
    # A folder is opened once and a file once.
    assert looks <= 2 * 200 + 20


BOUND = """
import sys
from pathlib import Path
from paperback.runs import read_runs
from paperback.settings import Settings
table = read_runs(Path(sys.argv[1]), Settings())
# What getrusage tells counts the process that started this one too.
lines = Path("/proc/self/status").read_text().splitlines()
print(len(table.runs), next(line.split()[1] for line in lines if line.startswith("VmHWM")))
"""


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="needs Linux to tell its memory")
def test_many_logs_do_not_pile_up_in_memory(tmp_path: Path) -> None:
    """150 MB of text in 30 files are read within 300 MB: of a file only its numbers are kept."""
    words = '{"note": "%s"}\n' % ("x" * 1000) * 5000
    for seed in range(30):
        lines = "".join(f'{{"step": {step}, "loss": 0.5}}\n' for step in range(5))
        write(tmp_path, f"runs/{seed}/log.jsonl", lines + words)
    command = [sys.executable, "-c", BOUND, str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    runs, peak = map(int, done.stdout.split())
    assert runs == 30
    assert peak * 1024 < 300e6


def limited() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (2**31, 2**31))


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="needs Linux to tell its memory")
def test_a_large_database_is_read_within_a_limit(tmp_path: Path) -> None:
    """A database is read where it lies, with two GiB of addresses at most."""
    script = (
        "import sqlite3, sys; b = sqlite3.connect(sys.argv[1]);"
        "b.execute('CREATE TABLE filler (x)');"
        "b.executemany('INSERT INTO filler VALUES (zeroblob(1000000))', [()] * 300); b.commit()"
    )
    place = tmp_path / "big.db"
    subprocess.run([sys.executable, "-c", script, str(place)], check=True)
    write(tmp_path, "runs/a/result.json", RESULT % 1)
    command = [sys.executable, "-c", BOUND, str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, check=True, preexec_fn=limited)
    runs, peak = map(int, done.stdout.split())
    assert runs == 1
    assert peak * 1024 < 300e6
