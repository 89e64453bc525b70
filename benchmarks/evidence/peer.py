"""The same work by rliable or deepsig, timed; run by speed.py in an environment of its own.

python peer.py rliable_aggregates|rliable_improvement|deepsig FOLDER
"""

import sys
import time
from itertools import pairwise
from pathlib import Path

import numpy as np


def rliable_aggregates(scores: dict[str, np.ndarray], resamples: int) -> float:
    from rliable import library, metrics

    def point(x: np.ndarray) -> np.ndarray:
        return np.array(
            [
                metrics.aggregate_median(x),
                metrics.aggregate_iqm(x),
                metrics.aggregate_mean(x),
                metrics.aggregate_optimality_gap(x),
            ]
        )

    started = time.process_time()
    library.get_interval_estimates(scores, point, reps=resamples)
    return time.process_time() - started


def rliable_improvement(scores: dict[str, np.ndarray], resamples: int) -> float:
    from rliable import library, metrics

    names = sorted(scores)
    pairs = {f"{a},{b}": (scores[a], scores[b]) for a, b in pairwise(names)}
    started = time.process_time()
    library.get_interval_estimates(pairs, metrics.probability_of_improvement, reps=resamples)
    return time.process_time() - started


def deepsig(scores: dict[str, np.ndarray], resamples: int) -> float:
    from deepsig import multi_aso

    started = time.process_time()
    multi_aso(
        [each.tolist() for each in scores.values()],
        num_bootstrap_iterations=resamples,
        show_progress=False,
        seed=1,
    )
    return time.process_time() - started


if __name__ == "__main__":
    what, folder, resamples = sys.argv[1], Path(sys.argv[2]), int(sys.argv[3])
    given = {path.stem: np.load(path) for path in sorted(folder.glob("*.npy"))}
    work = {
        "rliable_aggregates": rliable_aggregates,
        "rliable_improvement": rliable_improvement,
        "deepsig": deepsig,
    }
    print(f"{work[what](given, resamples):.6f}")
