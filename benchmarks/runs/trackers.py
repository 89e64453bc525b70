"""Ratios of CPU time against the readers of W&B and MLflow, on logs that these wrote.

`python trackers.py --loggers PYTHON --wandb PYTHON [--only NAME] [--steps N]`

The first interpreter has wandb and mlflow and writes the logs; the second has a version of wandb (0.16 to
0.29) that still reads its own logs in Python. Every reader runs in a process of its own, three times, and
tells the CPU seconds of reading alone: of the first time, with all that is loaded and set up by the way, and
the best of four more times in the same process, which a small store does not blur. Modules that a reader
names at its top are imported before. Both must give the same series: key, steps and values to the last bit,
whose digests are compared.
"""

import argparse
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from compare import measure

_TIMED = """
import hashlib, json, resource, sys
from array import array
from pathlib import Path
root = Path(sys.argv[1])
{imports}
def read():
{body}
def timed():
    before = resource.getrusage(resource.RUSAGE_SELF)
    found = read()
    after = resource.getrusage(resource.RUSAGE_SELF)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, found
first, found = timed()
again = min(timed()[0] for _ in range(4))
def state(key, steps, values):
    arrays = array("q", steps).tobytes() + array("d", values).tobytes()
    return hashlib.sha256(key.encode() + arrays).hexdigest()
series = series_of(found)
total = hashlib.sha256("".join(sorted(state(*one) for one in series)).encode()).hexdigest()
points = sum(len(values) for _, _, values in series)
print(json.dumps(dict(first=first, again=again, points=points, digest=total)))
"""
OURS = _TIMED.format(
    imports="from paperback.runs import read_runs\nfrom paperback.settings import Settings\n"
    "def series_of(table):\n"
    "    return [(key, s.steps, s.values) for run in table.runs for key, s in run.series.items()\n"
    "            if not key.startswith('_')]",
    body="    return read_runs(root, Settings())",
)

WRITE_WANDB = """
import os, random, sys
os.environ.update(WANDB_MODE="offline", WANDB_SILENT="true", WANDB_CONSOLE="off")
import wandb
chance = random.Random(0)
run = wandb.init(project="p", dir=".", config={"lr": 1e-3, "seed": 0})
for step in range(int(sys.argv[1])):
    run.log({f"{('train', 'val')[tag % 2]}/metric_{tag}": chance.gauss(0, 1) for tag in range(20)})
run.finish()
"""
WRITE_MLFLOW = """
import os, random, sys
os.environ["MLFLOW_ALLOW_FILE_STORE"] = "true"
from mlflow.entities import Metric
from mlflow.tracking import MlflowClient
chance, client = random.Random(0), MlflowClient(sys.argv[2])
experiment = client.create_experiment("e")
for _ in range(2):
    run = client.create_run(experiment).info.run_id
    for begin in range(0, int(sys.argv[1]), 100):
        steps = range(begin, begin + 100)
        places = [(f"val/m{tag}", step) for step in steps for tag in range(10)]
        points = [Metric(key, chance.gauss(0, 1), 10**12 + step, step) for key, step in places]
        client.log_batch(run, metrics=points)
    client.set_terminated(run)
"""
WANDB = _TIMED.format(
    imports="from wandb.proto import wandb_internal_pb2\n"
    "from wandb.sdk.internal.datastore import DataStore\n"
    "def series_of(histories):\n"
    "    return [(key, *zip(*points)) for key, points in histories.items() if not key.startswith('_')]",
    body="""
    histories = {}
    for path in root.rglob("run-*.wandb"):
        store = DataStore()
        store.open_for_scan(str(path))
        while (data := store.scan_data()) is not None:
            record = wandb_internal_pb2.Record()
            try:
                record.ParseFromString(data)
            except Exception:
                continue  # A kind of record that came after this version.
            if record.WhichOneof("record_type") == "history":
                step = record.history.step.num
                for item in record.history.item:
                    key = item.key or ".".join(item.nested_key)
                    histories.setdefault(key, []).append((step, json.loads(item.value_json)))
    return histories
""",
)
MLFLOW = _TIMED.format(
    imports="import os\nos.environ['MLFLOW_ALLOW_FILE_STORE'] = 'true'\n"
    "from mlflow.tracking import MlflowClient\n"
    "uri = f'sqlite:///{root}/mlflow.db' if (root / 'mlflow.db').exists() else str(root / 'mlruns')\n"
    "client = MlflowClient(uri)\n"
    "experiment = client.get_experiment_by_name('e').experiment_id\n"
    "def series_of(found):\n"
    "    return [(k, [m.step for m in h], [m.value for m in h]) for k, h in found]",
    body="    return [(key, client.get_metric_history(run.info.run_id, key))\n"
    "            for run in client.search_runs([experiment]) for key in run.data.metrics]",
)


def wandb_offline(folder: Path, steps: int, given: argparse.Namespace) -> None:
    """One offline run of 20 metrics."""
    write(given.loggers, WRITE_WANDB, folder, str(steps))
    report("W&B offline", folder, given.wandb, WANDB)


def mlflow_database(folder: Path, steps: int, given: argparse.Namespace) -> None:
    """Two runs of ten metrics in SQLite."""
    write(given.loggers, WRITE_MLFLOW, folder, str(steps // 4), f"sqlite:///{folder}/mlflow.db")
    report("MLflow SQLite", folder, given.loggers, MLFLOW)


def mlflow_files(folder: Path, steps: int, given: argparse.Namespace) -> None:
    """Two runs of ten metrics in files."""
    write(given.loggers, WRITE_MLFLOW, folder, str(steps // 4), str(folder / "mlruns"))
    report("MLflow files", folder, given.loggers, MLFLOW)


def write(python: str, script: str, folder: Path, *arguments: str) -> None:
    """The logs, by their own logger."""
    command = [python, "-W", "ignore", "-c", script, *arguments]
    subprocess.run(command, cwd=folder, check=True, capture_output=True)


def report(title: str, folder: Path, python: str, code: str) -> None:
    """Our time, theirs and the ratio; the best of three processes of each, because other programs disturb.

    Raises:
        SystemExit: The two do not give the same series.
    """
    ours = [measure(sys.executable, OURS, folder) for _ in range(3)]
    theirs = [measure(python, code, folder) for _ in range(3)]
    if len({(found["points"], found["digest"]) for found in (*ours, *theirs)}) > 1:
        raise SystemExit(f"{title}: the series differ: {ours[0]} and {theirs[0]}")
    print(f"{title}: {ours[0]['points']:,} equal points")
    for what in ("first", "again"):
        one, other = (min(found[what] for found in side) for side in (ours, theirs))
        print(f"  {what}: ours {one:.3f} s, theirs {other:.3f} s: {other / one:.1f} times ours")


SECTIONS: dict[str, Callable[[Path, int, argparse.Namespace], None]] = {
    "wandb": wandb_offline,
    "mlflow": mlflow_database,
    "mlflow-files": mlflow_files,
}


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--loggers", required=True, help="interpreter that has wandb and mlflow")
    parser.add_argument("--wandb", required=True, help="interpreter whose wandb reads logs in Python")
    parser.add_argument("--only", choices=SECTIONS, default=None)
    parser.add_argument("--steps", type=int, default=20_000)
    given = parser.parse_args()
    for name, section in SECTIONS.items():
        if given.only in (None, name):
            with tempfile.TemporaryDirectory() as folder:
                section(Path(folder), given.steps, given)


if __name__ == "__main__":
    main()
