"""Feeds every reader damaged logs: no reader may fall, hang, or take more memory than its file warrants.

Run `python benchmarks/runs/fuzz.py --count 100000 [--reader NAME] [--seed 0] [LOG ...]`; further logs are
files to start from. It prints the number of inputs, the slowest one and the peak of memory for each log, and
leaves with 1 where a reader fell.
"""

import argparse
import io
import json
import random
import resource
import sqlite3
import struct
import sys
import tempfile
import time
import traceback
import zipfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from paperback.runs.readers import READERS
from paperback.runs.readers.log import LogFile, Reader
from wire import chunk, event, frame, part, simple, varint, wandb_item, wandb_log

SLOWEST = 2.0
PATTERNS = (r"epoch (?P<epoch>\d+).*loss (?P<loss>\S+)", r"seed=(?P<seed>\d+)")


def wandb() -> bytes:
    nothing = wandb_item("d", '{"x": NaN}')
    rows = [
        part(2, wandb_item("loss", repr(1 / (i + 1))) + nothing + part(2, b"\x08" + varint(i)))
        for i in range(30)
    ]
    run = part(17, part(1, b"abc") + part(6, b"group") + part(21, part(2, b"c0ffee")))
    config = part(5, wandb_item("lr", "0.1") + wandb_item("opt", '{"name": "adam"}'))
    end = [
        part(3, wandb_item("loss", '{"max": 1, "last": 2}')),
        part(12, part(1, b"loss") + part(4, b"epoch")),
        part(18, b""),
    ]
    return wandb_log(run, config, *rows, *end)


def database(script: str) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder) / "x.db"
        with closing(sqlite3.connect(place)) as connection:
            connection.executescript(script)
        return place.read_bytes()


# Small pages, so that the points fill several leaves below an interior page.
MLFLOW = """PRAGMA page_size = 512;
CREATE TABLE experiments (experiment_id, name); INSERT INTO experiments VALUES (1, 'e');
CREATE TABLE runs (run_uuid, name, experiment_id, status, start_time, end_time, lifecycle_stage);
INSERT INTO runs VALUES ('a', 'n', 1, 'FINISHED', 1000, 2000, 'active');
CREATE TABLE metrics (key TEXT, value FLOAT, timestamp BIGINT, run_uuid TEXT, step BIGINT, is_nan BOOLEAN);
INSERT INTO metrics VALUES ('loss', 0.5, 1, 'a', 0, 0), ('loss', 0.25, 2, 'a', 1, 0),
    ('loss', 0, 3, 'a', 2, 1);
WITH RECURSIVE steps(step) AS (SELECT 3 UNION ALL SELECT step + 1 FROM steps WHERE step < 80)
INSERT INTO metrics SELECT 'acc', 1.0 / step, 1000000 * step, 'a', step, 0 FROM steps;
CREATE TABLE params (key, value, run_uuid); INSERT INTO params VALUES ('lr', '0.1', 'a');
CREATE TABLE tags (key, value, run_uuid); INSERT INTO tags VALUES ('mlflow.user', 'u', 'a');"""
DUMP = """--
-- PostgreSQL database dump
--
COPY public.experiments (experiment_id, name) FROM stdin;
1\te
\\.
COPY public.runs (run_uuid, name, experiment_id, status, start_time, end_time, lifecycle_stage) FROM stdin;
a\tn\t1\tFINISHED\t1000\t\\N\tactive
\\.
COPY public.metrics (key, value, "timestamp", run_uuid, step, is_nan) FROM stdin;
loss\t0.5\t1\ta\t0\tf
loss\t0\t3\ta\t2\tt
\\.
COPY public.params (key, value, run_uuid) FROM stdin;
note\tx\\ty\ta
\\.
COPY public.tags (key, value, run_uuid) FROM stdin;
mlflow.user\tu\ta
\\.
"""
OPTUNA = """CREATE TABLE studies (study_id, study_name); INSERT INTO studies VALUES (1, 's');
CREATE TABLE trials (trial_id, number, study_id, state); INSERT INTO trials VALUES (1, 0, 1, 'COMPLETE');
CREATE TABLE trial_params (param_id, trial_id, param_name, param_value, distribution_json);
INSERT INTO trial_params VALUES (1, 1, 'n', 3.0, '{"name": "IntDistribution"}');
CREATE TABLE trial_user_attributes (trial_id, key, value_json);
CREATE TABLE trial_values (trial_id, objective, value, value_type);
INSERT INTO trial_values VALUES (1, 0, 0.5, 'FINITE');"""
TRACKIO = """CREATE TABLE metrics (id, run_id, run_name, step, metrics);
INSERT INTO metrics VALUES (1, 'a', 'n', 0, '{"loss": 0.5, "x": "NaN"}');
CREATE TABLE configs (run_id, config); INSERT INTO configs VALUES ('a', '{"lr": 0.1}');"""


def archive() -> bytes:
    out = io.BytesIO()
    scores = [{"name": "match", "metrics": {"accuracy": {"value": 0.5}}}]
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as zipped:
        head = {"status": "success", "eval": {"task": "t", "model": "m"}, "results": {"scores": scores}}
        zipped.writestr("header.json", json.dumps(head))
    return out.getvalue()


def packed(members: Mapping[str, object]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as zipped:
        for name, value in members.items():
            zipped.writestr(name, json.dumps(value))
    return out.getvalue()


def comet() -> bytes:
    point = {"metric": {"metricName": "loss", "metricValue": 0.5, "step": 1}}
    message = {"type": "metric_msg", "payload": point}
    return packed({"experiment.json": {"offline_id": "x"}, "messages.json": message})


def clearml() -> bytes:
    value = {"iter": 1, "metric": "loss", "variant": "train", "value": 0.5}
    batch = [{"type": "training_stats_scalar", **value}]
    return packed({"metrics.jsonl": batch, "task.json": {"id": "x", "name": "n"}})


def swanlab() -> bytes:
    points = [
        part(13, part(1, b"loss") + b"\x10" + varint(i) + part(5, b"\x09" + struct.pack("<d", 1 / (i + 1))))
        for i in range(30)
    ]
    run = part(10, part(1, b"p") + part(4, b"name") + part(10, b"abc"))
    return (
        b":SWL"
        + struct.pack("<HB", 0xE1D6, 2)
        + b"".join(chunk(1, data) for data in (run, *points, part(11, b"\x08\x01")))
    )


def array() -> bytes:
    out = io.BytesIO()
    np.save(out, np.array([0.5, 0.25, 0.125]))
    return out.getvalue()


def arrays() -> bytes:
    out = io.BytesIO()
    np.savez_compressed(out, step=[1, 2, 3], loss=[0.5, 0.25, 0.125])
    return out.getvalue()


def parquet() -> bytes:
    out = io.BytesIO()
    table = pa.table({"step": [1, 2, 3], "loss": [0.5, None, 0.125], "split": ["train", "val", "val"]})
    pq.write_table(table, out, compression="zstd")
    return out.getvalue()


def samples() -> dict[str, bytes]:
    """A small sound log of every format, by path."""
    history = [{"step": 1, "loss": 0.5}, {"step": 2, "eval_loss": float("nan")}]
    ray = {"training_iteration": 1, "trial_id": "t", "loss": 0.5, "config": {"lr": 0.1}}
    task = {"results": {"piqa": {"acc,none": 0.5}}, "versions": {"piqa": 0}, "config": {"model_args": "a=b"}}
    metrics = {"loss": {"steps": [0, 1], "timestamps": ["a", "b"], "values": [1.0, 0.5]}}
    journal = [
        {"op_code": 0, "worker_id": "w", "study_name": "s", "directions": [1]},
        {"op_code": 4, "worker_id": "w", "study_id": 0},
        {"op_code": 6, "worker_id": "w", "trial_id": 0, "state": 1, "values": [0.5]},
    ]
    meta = "artifact_uri: x\nlifecycle_stage: active\nrun_id: a\nrun_name: n\nstatus: 3\nstart_time: 1\n"
    text = {
        "mlflow.sql": DUMP,
        "out/trainer_state.json": json.dumps({"log_history": history, "global_step": 2, "max_steps": 2}),
        "exp/t/result.json": json.dumps(ray) + "\n" + json.dumps(ray) + "\n",
        "exp/u/progress.csv": "loss,training_iteration,trial_id\n0.5,1,t\n0.25,2,t\n",
        "out/results_1.json": json.dumps(task),
        "logs/1/metrics.json": json.dumps(metrics),
        "logs/1/run.json": json.dumps({"artifacts": [], "experiment": {"name": "e"}, "result": 0.5}),
        "dvclive/plots/metrics/loss.tsv": "step\tloss\n0\t0.5\n1\tnan\n",
        "optuna/journal.log": "".join(json.dumps(entry) + "\n" for entry in journal),
        "mlruns/1/a/meta.yaml": meta,
        "runs/a/log.jsonl": '{"step": 1, "loss": 0.5}\n{"step": 2, "loss": NaN}\n',
        "runs/a/result.json": json.dumps({"config": {"seed": 1}, "metrics": {"acc": 0.5}, "loss": [1, 2]}),
        "preds/ours.csv": "idx,label,prediction\n0,cat,dog\n1,cat,cat\n",
        "runs/b/loss.csv": "1,1000,0.5\n2,2000,nan\n",
        ".neptune/offline/run__a/data-1.log": json.dumps(
            {"obj": {"type": "LogFloats", "path": ["loss"], "values": [{"value": 0.5, "step": 1}]}}
        ),
        "runs/a/log.csv": "step,loss,acc\n1,0.5,93.2%\n2,0.25,\n",
        "runs/one/loss.csv": "0,10,0.5\n1,20,0.25\n",
        "runs/a/0.monitor.csv": '#{"env_id": "Ant"}\nr,l,t\n2,5,1\n',
        "runs/a/notebook.ipynb": json.dumps({"cells": [{"outputs": [{"text": ["epoch 1 loss 0.5\n"]}]}]}),
        "runs/a/stdout.out": "seed=1\nepoch 1 loss 0.5\nepoch 2 loss 0,25\n",
        "w/files/wandb-summary.json": json.dumps({"loss": 0.5, "_runtime": 3}),
    }
    binary = {
        "runs/a/events.out.tfevents.1.h": b"".join(event(i, simple("loss", 1 / (i + 1))) for i in range(30)),
        "w/run-abc.wandb": wandb(),
        "w/run-abc.swanlab": swanlab(),
        "comet.zip": comet(),
        "clearml.zip": clearml(),
        "mlflow.db": database(MLFLOW),
        "optuna.db": database(OPTUNA),
        "trackio.db": database(TRACKIO),
        "logs/a.eval": archive(),
        "runs/a/results.npz": arrays(),
        "runs/a/loss.npy": array(),
        "runs/a/log.parquet": parquet(),
    }
    return {path: data.encode() for path, data in text.items()} | binary


def mutant(data: bytes, chance: random.Random) -> bytes:
    """The bytes with a few places changed, cut, doubled, swapped, or filled with a number at its limit."""
    out = bytearray(data)
    for _ in range(chance.choice((1, 1, 1, 2, 4, 16))):
        at, size = chance.randrange(len(out) + 1), chance.choice((1, 1, 2, 4, 8, 64))
        match chance.randrange(7):
            case 0 if at < len(out):
                out[at] ^= 1 << chance.randrange(8)
            case 1:
                out[at : at + size] = chance.randbytes(size)
            case 2:
                del out[at : at + size]
            case 3:
                out[at:at] = out[at : at + size]
            case 4:
                limit = chance.choice((0, 1, 0x7F, 0x80, 0xFF))
                out[at : at + size] = bytes([limit]) * size
            case 5:
                other = chance.randrange(len(out) + 1)
                out[at : at + size] = data[other : other + size]
            case 6 if chance.random() < 0.3:
                del out[at:]
    return bytes(out)


Join = Callable[[list[bytes]], bytes]


def below_checksums(path: str, data: bytes) -> tuple[list[bytes], Join] | None:
    """What the checksums of a sound log guard, and how it is put together again; None where nothing does."""
    parts: list[bytes] = []
    if "tfevents" in path:
        at = 0
        while at < len(data):
            (size,) = struct.unpack_from("<Q", data, at)
            parts.append(data[at + 12 : at + 12 + size])
            at += size + 16
        return parts, lambda parts: b"".join(map(frame, parts))
    if path.endswith(".wandb"):
        at = 7
        while at + 7 <= len(data):
            (size,) = struct.unpack_from("<H", data, at + 4)
            parts.append(data[at + 7 : at + 7 + size])
            at += size + 7
        return parts, lambda parts: data[:7] + b"".join(chunk(1, part[:32_000]) for part in parts)
    if data.startswith(b"PK"):
        with zipfile.ZipFile(io.BytesIO(data)) as zipped:
            names = zipped.namelist()
            return [zipped.read(name) for name in names], lambda parts: repacked(names, parts)
    return None


def repacked(names: list[str], parts: list[bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as zipped:
        for name, content in zip(names, parts, strict=True):
            zipped.writestr(name, content)
    return out.getvalue()


def cases(path: str, data: bytes, count: int, seed: int) -> Iterator[bytes]:
    """The log, nothing, and damaged logs; every other one is damaged below its checksums, if it has any."""
    chance = random.Random(f"{path} {seed}")
    inner = below_checksums(path, data)
    yield data
    yield b""
    for number in range(count):
        if inner and number % 2:
            parts, join = list(inner[0]), inner[1]
            for _ in range(chance.choice((1, 1, 3))):
                place = chance.randrange(len(parts))
                parts[place] = mutant(parts[place], chance)
            yield join(parts)
        else:
            yield mutant(data, chance)


def fuzz(
    logs: Mapping[str, bytes], count: int, seed: int, only: str = ""
) -> Iterator[tuple[str, str, int, float, bytes | None]]:
    """Path, reader, inputs, slowest input in seconds, and the input that fell or took too long, if any."""
    with tempfile.TemporaryDirectory() as folder:
        for path, data in logs.items():
            reader = next((reader for reader in READERS if reader.accepts(path, data[:4096])), None)
            if reader is None or only not in reader.name:
                continue
            worst, done, fallen = 0.0, 0, None
            for case in cases(path, data, count, seed):
                taken = _read(reader, path, case, Path(folder))
                done += 1
                worst = max(worst, taken)
                if taken > SLOWEST:
                    fallen = case
                    break
            yield path, reader.name, done, worst, fallen


def _read(reader: Reader, path: str, case: bytes, folder: Path) -> float:
    """Seconds that reading took; infinite where it fell."""
    place = folder / path
    if path.endswith(".db"):
        place = folder / "x.db"
        place.write_bytes(case)
        if not reader.accepts(path, case[:4096]):
            return 0.0
    start = time.perf_counter()
    try:
        reader.read(LogFile(path, place, case, "d", declared=True, patterns=PATTERNS))
    except Exception:
        traceback.print_exc(file=sys.stderr)
        return float("inf")
    return time.perf_counter() - start


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--count", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--reader", default="")
    parser.add_argument("--log", default="", help="only the samples whose path holds this")
    parser.add_argument("logs", nargs="*", type=Path)
    asked = parser.parse_args()
    chosen = {path: data for path, data in samples().items() if asked.log in path}
    logs = chosen | {str(place): place.read_bytes() for place in asked.logs}
    failed, found = False, False
    for path, name, done, worst, fallen in fuzz(logs, asked.count, asked.seed, asked.reader):
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        state = "sound" if fallen is None else f"FELL on {fallen[:200]!r}"
        print(f"{name:40} {path:40} {done:8} inputs  slowest {worst:.4f} s  peak {peak:.0f} MiB  {state}")
        failed, found = failed or fallen is not None, True
    if not found:
        parser.error(f"no reader has {asked.reader!r} in its name and a log here")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
