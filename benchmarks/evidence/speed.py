"""How many times as fast as rliable and deepsig, on the same scores in one run.

Seconds are of the processor, so that what else the machine does takes no part. The peers run a fraction of
the work, and their time is extrapolated; ours runs all of it. rliable 1.2
needs arch<8 and pandas<3, so the peers have an environment of their own:

    python -m venv PEERS && PEERS/bin/pip install rliable==1.2.0 "arch<8" "pandas<3" deepsig
    python benchmarks/evidence/speed.py PEERS/bin/python
"""

import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from itertools import combinations
from pathlib import Path

import numpy as np

from paperback.evidence.aggregate import bootstrap_aggregates, bootstrap_improvement, strata
from paperback.evidence.stochastic_order import stochastic_order

METHODS, TASKS, RUNS, RESAMPLES = 10, 50, 10, 50_000


def peer(python: str, what: str, scores: dict[str, np.ndarray], resamples: int) -> float:
    """Seconds of the peer for this many resamples."""
    with tempfile.TemporaryDirectory() as folder:
        for name, values in scores.items():
            np.save(Path(folder) / f"{name}.npy", values)
        command = [python, str(Path(__file__).with_name("peer.py")), what, folder, str(resamples)]
        done = subprocess.run(command, check=True, capture_output=True, text=True)
    return float(done.stdout.strip().splitlines()[-1])


def timed(work: Callable[[], object]) -> float:
    started = time.process_time()
    work()
    return time.process_time() - started


def aggregates(scores: dict[str, np.ndarray]) -> None:
    for place, values in enumerate(scores.values()):
        bootstrap_aggregates(strata(values.T), rng=np.random.default_rng(place), resamples=RESAMPLES)


def improvements(scores: dict[str, np.ndarray]) -> None:
    sides = [strata(values.T) for values in scores.values()]
    for place, (a, b) in enumerate(combinations(sides, 2)):
        bootstrap_improvement(a, b, rng=np.random.default_rng(place), resamples=RESAMPLES)


def orders(scores: dict[str, np.ndarray]) -> None:
    # deepsig fills both triangles.
    for place, (a, b) in enumerate(combinations(scores.values(), 2)):
        for x, y in ((a, b), (b, a)):
            stochastic_order(x, y, rng=np.random.default_rng(place), resamples=1000)


def show(what: str, ours: float, theirs: float, wanted: int) -> None:
    print(f"{what:58}{ours:9.2f} s {theirs:11.1f} s {theirs / ours:9.0f}x (wanted {wanted}x)", flush=True)


def main() -> None:
    python = sys.argv[1]
    rng = np.random.default_rng(0)
    scores = {f"m{m}": rng.gamma(2, 0.5, size=(RUNS, TASKS)) for m in range(METHODS)}
    print(f"{'':58}{'ours':>11} {'peer':>13}")
    fraction = 300
    theirs = peer(python, "rliable_aggregates", scores, fraction) * RESAMPLES / fraction
    show(
        "4 aggregates, 10 methods x 50 tasks x 10 runs x 50,000",
        timed(lambda: aggregates(scores)),
        theirs,
        15,
    )
    fraction, pairs = 5, len(list(combinations(scores, 2)))
    theirs = (
        peer(python, "rliable_improvement", scores, fraction) * RESAMPLES / fraction * pairs / (METHODS - 1)
    )
    show("probability of improvement, 45 pairs x 50,000", timed(lambda: improvements(scores)), theirs, 1000)
    twenty = {f"m{m:02}": rng.normal(0.1 * m, 1, 5) for m in range(20)}
    few = dict(list(twenty.items())[:3])
    theirs = peer(python, "deepsig", few, 1000) * (20 * 19) / (3 * 2)
    show("almost stochastic order, 20 methods x 5 seeds", timed(lambda: orders(twenty)), theirs, 100)


if __name__ == "__main__":
    main()
