"""Loggers of other makers, which some tests let write the files that ours read."""

import os
import subprocess
import sys
from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest

# The loggers pull in hundreds of packages, so they may live in an environment of their own.
PYTHON = os.environ.get("PAPERBACK_LOGGERS", sys.executable)
Logger = Callable[..., str]


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
        done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
        assert not check or done.returncode == 0, done.stderr
        return done.stdout

    return run
