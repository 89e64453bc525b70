"""The code at random points: its slice is run in a guarded process and answers in JSON."""

import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from paperback.code.equations.derivation import Plan
from paperback.code.equations.evaluate import EvaluationError
from paperback.code.equations.points import Point, points

LEAST_POINTS = 5
RUNNER = Path(__file__).with_name("runner.py")
ARRAY_RUNNER = Path(__file__).with_name("array_runner.py")


@dataclass(frozen=True, slots=True)
class Sample:
    """One point with what the code gave there."""

    point: Point
    answer: dict[str, Any]


class CheckError(Exception):
    """The code could not be run."""


def run(plan: Plan, *, python: str, timeout: float, rng: np.random.Generator) -> list[Sample]:
    """What the code gives at the points where it gives finite numbers.

    Raises:
        CheckError: The slice cannot be run, or there are too few such points.
    """
    try:
        chosen = points(plan, rng)
    except EvaluationError as error:
        raise CheckError(str(error)) from error
    job = {
        "modules": dict(plan.files),
        "module": plan.module,
        "target": plan.target,
        "kind": plan.kind,
        "method": plan.method,
        "places": [int(at) for at in plan.outputs],
        "seconds": int(timeout),
        "gigabytes": 12,
        "parameters": [item.source for item in plan.inputs if item.role == "parameter"],
        "opaques": [item.path for item in plan.opaques],
        "trials": [point.spec for point in chosen],
    }
    answer = _subprocess(job, python, timeout, ARRAY_RUNNER if plan.arrays else RUNNER)
    if "error" in answer:
        raise CheckError(answer["error"])
    found = [Sample(point, one) for point, one in zip(chosen, answer["trials"], strict=True) if _finite(one)]
    counts = [sum(1 for item in found if item.point.shape_set == at) for at in range(3)]
    if min(counts) < LEAST_POINTS:
        errors = [one["error"] for one in answer["trials"] if "error" in one]
        reason = errors[0] if errors else "the code gives no finite numbers at random points"
        raise CheckError(f"too few points: {reason}")
    return found


def _finite(answer: Mapping[str, Any]) -> bool:
    if "error" in answer:
        return False
    data = [x for item in (*answer["outputs"], *answer["gradients"].values()) for x in item["data"]]
    return bool(np.all(np.isfinite(data))) and bool(answer["outputs"])


def _subprocess(job: dict[str, Any], python: str, timeout: float, runner: Path) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as folder:
        environment = {"PATH": "/usr/bin:/bin", "HOME": folder, "TMPDIR": folder, "OMP_NUM_THREADS": "1"}
        command = [*_isolation(), python, "-I", str(runner)]
        try:
            done = subprocess.run(
                command,
                input=json.dumps(job),
                capture_output=True,
                text=True,
                cwd=folder,
                env=environment,
                timeout=timeout,
                check=False,
            )
        except subprocess.TimeoutExpired as error:
            raise CheckError(f"the code ran longer than {timeout:g} s") from error
        except OSError as error:
            raise CheckError(f"{python} cannot be started: {error.strerror}") from error
    if done.returncode != 0 or not done.stdout:
        last = done.stderr.strip().splitlines()[-1:] or [f"exit code {done.returncode}"]
        raise CheckError(f"the code could not be run: {last[0][:200]}")
    return json.loads(done.stdout)  # type: ignore[no-any-return]


def _isolation() -> list[str]:
    """A network namespace of its own where the system allows one; the runner blocks sockets in any case."""
    program = shutil.which("unshare")
    if program is None:
        return []
    command = [program, "--user", "--map-root-user", "--net"]
    probe = subprocess.run([*command, "true"], capture_output=True, check=False, env={"PATH": os.defpath})
    return command if probe.returncode == 0 else []
