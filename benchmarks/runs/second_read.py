"""The second read of files that did not change, against `find` looking at the same files.

Run `python benchmarks/runs/second_read.py [--files 20000 100000]`; it makes the files in a temporary folder
and prints CPU seconds (user and system, this process or the child) of the best of three: `find`, our look at
the files alone, `read_runs` giving the table, and the same with every run unpacked. Each run is a folder of
two files.
"""

import argparse
import json
import os
import resource
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from paperback.runs.read import read_runs
from paperback.runs.seal import seal
from paperback.settings import Settings

LONG_AGO = 1_600_000_000


def make(root: Path, files: int) -> None:
    for number in range(files // 2):
        folder = root / "runs" / f"group{number // 500}" / f"run{number}"
        folder.mkdir(parents=True)
        result = {
            "config": {"seed": number % 5, "lr": 0.1, "method": f"m{number % 7}"},
            "acc": number / files,
        }
        (folder / "result.json").write_text(json.dumps(result))
        rows = "".join(f"{step},{number / (step + 1)}\n" for step in range(10))
        (folder / "log.csv").write_text(f"epoch,loss\n{rows}")
        for name in ("result.json", "log.csv"):
            os.utime(folder / name, (LONG_AGO, LONG_AGO))


def spent() -> float:
    used = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(each.ru_utime + each.ru_stime for each in used)


def best(work: Callable[[], object], times: int = 3) -> float:
    def once() -> float:
        before = spent()
        work()
        return spent() - before

    return min(once() for _ in range(times))


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--files", type=int, nargs="+", default=[20_000, 100_000])
    for files in parser.parse_args().files:
        with tempfile.TemporaryDirectory() as folder:
            root, cache = Path(folder) / "repo", Path(folder) / "cache"
            make(root, files)
            start = time.process_time()
            read_runs(root, Settings(), cache=cache)
            first = time.process_time() - start
            command = ["find", str(root), "-type", "f", "-printf", r"%s %T@\n"]
            with open(os.devnull, "wb") as sink:
                find = best(
                    lambda command=command, sink=sink: subprocess.run(command, stdout=sink, check=True)
                )
            look = best(lambda root=root: seal(root))
            table = best(lambda root=root, cache=cache: read_runs(root, Settings(), cache=cache))
            runs = best(lambda root=root, cache=cache: list(read_runs(root, Settings(), cache=cache).runs))
            size = (cache / "table.bin").stat().st_size / 2**20
        print(f"{files} files: first read {first:.2f} s, find {find:.3f} s, kept table {size:.1f} MiB")
        for what, seconds in (("look", look), ("table", table), ("every run", runs)):
            print(f"  {what:10} {seconds:.3f} s  {seconds / find:.2f} x find")


if __name__ == "__main__":
    main()
