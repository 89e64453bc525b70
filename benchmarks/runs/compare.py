"""Ratios of CPU time against other readers, in one run.

`python compare.py --peers PYTHON [--folder DIR] [--only NAME] [--scale SHARE]`

PYTHON is an interpreter with tensorboard, tbparse and pandas. Every reader runs in a process of its own and
tells the CPU seconds of reading alone, imports left out, and its greatest memory.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np

from event_files import write_events, write_runs

_MEASURE = """
import json, resource, sys, time
from pathlib import Path
root = Path(sys.argv[1])
{imports}
before = resource.getrusage(resource.RUSAGE_SELF)
{body}
after = resource.getrusage(resource.RUSAGE_SELF)
cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
print(json.dumps({{"cpu": cpu, "memory": after.ru_maxrss / 2**20, "points": points}}))
"""
_CHILDREN = "resource.getrusage(resource.RUSAGE_CHILDREN)"
OURS = _MEASURE.format(
    imports="from paperback.runs import read_runs\nfrom paperback.settings import Settings",
    body="table = read_runs(root, Settings())\n"
    "points = sum(len(s.values) for run in table.runs for s in run.series.values())",
)
CACHED = _MEASURE.format(
    imports="from paperback.runs import read_runs\nfrom paperback.settings import Settings",
    body="table = read_runs(root, Settings(), cache=root.parent / 'cache')\npoints = len(table.runs)",
)
UNCHANGED = _MEASURE.format(
    imports="from paperback.runs.collect import collect\nfrom paperback.settings import Settings",
    body="found = collect(root, Settings(), None, root.parent / 'cache')\npoints = len(found.logs)",
)
ACCUMULATOR = _MEASURE.format(
    imports="from tensorboard.backend.event_processing.event_accumulator import EventAccumulator",
    body="points = 0\n"
    "for folder in sorted({path.parent for path in root.rglob('*tfevents*')}):\n"
    "    events = EventAccumulator(str(folder), size_guidance={'scalars': 0})\n"
    "    events.Reload()\n"
    "    points += sum(len(events.Scalars(tag)) for tag in events.Tags()['scalars'])",
)
TBPARSE = _MEASURE.format(
    imports="from tbparse import SummaryReader",
    body="points = len(SummaryReader(str(root)).scalars)",
)
SELECT = _MEASURE.format(
    imports="import numpy as np\n"
    "from paperback.runs import Metric, MetricKey, Run, RunTable, Series, final, parse_protocol\n"
    "from paperback.source import Source\n"
    "rng, n = np.random.default_rng(0), 500_000\n"
    "series = lambda: Series(np.arange(n), rng.random(n), 'step', Source('x'))\n"
    "runs = tuple(Run(str(i), series={'val/acc': series(), 'test/acc': series()}) for i in range(100))\n"
    "keys = {key: MetricKey(key, 'acc', key[:-4]) for key in ('val/acc', 'test/acc')}\n"
    "metrics = {'acc': Metric('acc', 'acc', '', 'higher', False, None, 'data')}\n"
    "table = RunTable(runs, {}, metrics, keys, (), {}, parse_protocol('best val acc'))",
    body="found = [final(table, run, 'acc', 'test') for run in runs]\n"
    "points = sum(len(s.values) for run in runs for s in run.series.values())",
)


def measure(python: str, code: str, root: Path) -> dict[str, float]:
    """CPU seconds, GiB and the count of what was read."""
    done = subprocess.run([python, "-c", code, str(root)], capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(done.stderr[-2000:])
    found: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return found


def against_peers(title: str, root: Path, peers: str) -> None:
    """Our time, each peer's, and the ratios."""
    ours = measure(sys.executable, OURS, root)
    print(f"{title}: ours {ours['cpu']:.2f} s, {ours['memory']:.2f} GiB, {ours['points']:,} points")
    for name, code in (("EventAccumulator", ACCUMULATOR), ("tbparse", TBPARSE)):
        theirs = measure(peers, code, root)
        print(
            f"  {name} {theirs['cpu']:.2f} s, {theirs['memory']:.2f} GiB, {theirs['points']:,} points: "
            f"{theirs['cpu'] / ours['cpu']:.1f} times ours"
        )


def many_runs(folder: Path, peers: str, scale: float) -> None:
    """200 runs of 20 tags over 1,000 steps."""
    root = folder / "many"
    if not root.exists():
        write_runs(root, runs=max(2, int(200 * scale)), tags=20, steps=1000)
    against_peers("event files of many runs", root, peers)


def one_file(folder: Path, peers: str, scale: float) -> None:
    """One file of ten million points."""
    root = folder / "one"
    if not root.exists():
        root.mkdir(parents=True)
        path = root / "events.out.tfevents.1700000000.host.1.0"
        write_events(path, tags=20, steps=int(500_000 * scale), rng=np.random.default_rng(0))
    against_peers("one event file", root, peers)


def unchanged(folder: Path, peers: str, scale: float) -> None:
    """100,000 small files, read once and then again."""
    del peers
    root = folder / "small" / "runs"
    for place in range(0 if root.exists() else int(100_000 * scale)):
        path = root / f"m{place % 10}" / f"d{place // 10 % 100}" / str(place // 1000) / "result.json"
        path.parent.mkdir(parents=True)
        config = {"method": f"m{place % 10}", "dataset": f"d{place // 10 % 100}", "seed": place // 1000}
        path.write_text(json.dumps({"config": config, "metrics": {"test": {"acc": place / 1e6}}}))
        os.utime(path, (1_600_000_000, 1_600_000_000))
    command = ["find", str(root), "-printf", "%s %T@\n"]
    timed = _MEASURE.format(
        imports="import subprocess",
        body=f"subprocess.run({command!r}, stdout=subprocess.DEVNULL)\n"
        "points = 0\nbefore = " + _CHILDREN + "\n"
        f"subprocess.run({command!r}, stdout=subprocess.DEVNULL)",
    ).replace("after = resource.getrusage(resource.RUSAGE_SELF)", f"after = {_CHILDREN}")
    walk = measure(sys.executable, timed, root)["cpu"]
    for title, code in (
        ("without a cache", OURS),
        ("first, filling the cache", CACHED),
        ("again", CACHED),
        ("again, logs only", UNCHANGED),
    ):
        found = measure(sys.executable, code, root)
        ratio = found["cpu"] / walk
        print(f"small files {title}: {found['cpu']:.2f} s, {ratio:.1f} times find ({walk:.2f} s)")


def selection(folder: Path, peers: str, scale: float) -> None:
    """The test value at the best validation step, over a hundred million points."""
    del peers, scale
    found = measure(sys.executable, SELECT, folder)
    print(f"best validation step over {found['points']:,} points: {found['cpu']:.2f} s")


SECTIONS: dict[str, Callable[[Path, str, float], None]] = {
    "many": many_runs,
    "one": one_file,
    "unchanged": unchanged,
    "selection": selection,
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--peers", required=True, help="interpreter that has the other readers")
    parser.add_argument("--folder", type=Path, default=None, help="where the logs are written and kept")
    parser.add_argument("--only", choices=SECTIONS, default=None)
    parser.add_argument("--scale", type=float, default=1.0, help="share of the full size")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = given.folder or Path(temporary)
        for name, section in SECTIONS.items():
            if given.only in (None, name):
                section(folder, given.peers, given.scale)


if __name__ == "__main__":
    main()
