"""Loggers of other makers, and tiny experiment repositories, which tests read."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from tempfile import TemporaryFile
from typing import Any

import pytest
from hypothesis import settings

from paperback.runs import RunTable, read_runs
from paperback.settings import Settings

# A busy machine is slow now and then; a hang is caught by the time limit of the whole run.
settings.register_profile("patient", deadline=None)
settings.load_profile("patient")

# The loggers pull in hundreds of packages, so they may live in an environment of their own.
PYTHON = os.environ.get("PAPERBACK_LOGGERS", sys.executable)
Logger = Callable[..., str]
Repository = Callable[..., RunTable]


@cache
def lacks(package: str) -> bool:
    return (
        subprocess.run([PYTHON, "-c", f"import {package}"], capture_output=True, check=False).returncode != 0
    )


@pytest.fixture
def logger(tmp_path: Path) -> Logger:
    """Runs a script with `package` in `tmp_path`, gives what it printed; skips where it is not installed."""

    def run(package: str, script: str, *arguments: str, check: bool = True) -> str:
        if lacks(package):
            pytest.skip(f"{package} is not installed in the environment that PAPERBACK_LOGGERS names")
        command = [PYTHON, "-W", "ignore", "-c", script, *arguments]
        # A logger that is killed may leave a process behind, which would hold a pipe open.
        with TemporaryFile() as out, TemporaryFile() as err:
            done = subprocess.run(command, cwd=tmp_path, stdout=out, stderr=err, check=False)
            for stream in (out, err):
                stream.seek(0)
            assert not check or done.returncode == 0, err.read().decode(errors="replace")
            return out.read().decode(errors="replace")

    return run


# What a run logs: method, data set and seed in, test accuracy out.
Value = Callable[[str, str, int], float]

NET = """import torch
from torch import nn


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.hidden = nn.Linear(4, 8)
        self.out = nn.Linear(8, 2)

    def forward(self, x):
        return self.out(torch.relu(self.hidden(x)))
"""


def scattered(method: str, dataset: str, seed: int) -> float:
    """`ours` five points above every other method, with a scatter that no two cells share."""
    scatter = ((seed * 7 + len(method) * 3 + len(dataset)) % 11) / 1000
    return (0.8 if method == "ours" else 0.75) + len(dataset) / 100 + scatter


def write_study(
    root: Path,
    *,
    methods: tuple[str, ...] = ("ours", "mlp"),
    datasets: tuple[str, ...] = ("adult", "wine"),
    seeds: int = 4,
    value: Value = scattered,
    toml: str = '[study]\nproposal = "ours"\nmetric = "accuracy"\nsplit = "test"\n',
    history: bool = False,
    files: dict[str, str] | None = None,
) -> Path:
    """A tiny experiment repository in `root`: one JSON log per run, code, and whatever `files` adds."""
    for number, (method, dataset, seed) in enumerate(
        ((m, d, s) for m in methods for d in datasets for s in range(seeds)), start=100
    ):
        accuracy = value(method, dataset, seed)
        log: dict[str, object] = {
            "config": {"method": method, "dataset": dataset, "seed": seed, "epochs": 3},
            "metrics": {"test": {"accuracy": accuracy}},
        }
        if history:
            log["history"] = [{"epoch": e, "val/accuracy": accuracy - 0.1 / (e + 1)} for e in range(4)]
        put_text(root / "runs" / f"run-{number:03}.json", json.dumps(log))
    put_text(root / "paperback.toml", toml)
    put_text(root / "net.py", NET)
    for name, words in (files or {}).items():
        put_text(root / name, words)
    return root


def put_text(path: Path, words: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(words, encoding="utf-8")


@pytest.fixture(scope="session")
def study() -> Callable[..., Path]:
    """`write_study`, for tests that need a repository of their own."""
    return write_study


@pytest.fixture(scope="session")
def fingerprint() -> Callable[[Path], dict[str, tuple[bytes, int]]]:
    """Every file below a folder with its bytes and the time it was written."""

    def of(folder: Path) -> dict[str, tuple[bytes, int]]:
        return {
            path.relative_to(folder).as_posix(): (path.read_bytes(), path.stat().st_mtime_ns)
            for path in sorted(folder.rglob("*"))
            if path.is_file()
        }

    return of


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    """Writes files (text, bytes, or values as JSON) below `tmp_path` and reads the runs there."""

    def read(files: Mapping[str, Any], **settings: Any) -> RunTable:
        for path, content in files.items():
            place = tmp_path / path
            place.parent.mkdir(parents=True, exist_ok=True)
            data = content if isinstance(content, (str, bytes)) else json.dumps(content)
            place.write_bytes(data.encode() if isinstance(data, str) else data)
        return read_runs(tmp_path, Settings(**settings))

    return read
