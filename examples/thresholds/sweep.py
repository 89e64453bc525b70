"""Run all methods on all data sets with all final seeds; finished runs are skipped.

python sweep.py --jobs 2
"""

import argparse
import itertools
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import torch

from config import EPOCHS, FINAL_SEEDS, METHODS
from data import LOADERS
from train import run

Job = tuple[str, str, int, int, Path]


def missing_jobs(epochs: int, out: Path) -> list[Job]:
    """Runs without a result file, seed by seed."""
    return [
        (dataset, method, seed, epochs, out)
        for seed, dataset, method in itertools.product(FINAL_SEEDS, LOADERS, METHODS)
        if not (out / dataset / method / f"seed{seed}" / "result.json").exists()
    ]


def run_job(job: Job) -> str:
    """Train one run on a single thread and summarise it in one line."""
    torch.set_num_threads(1)
    result = run(*job)
    test = result["metrics"]["test"]
    return f"{'/'.join(map(str, job[:3]))}: accuracy {test['accuracy']:.4f}"


def main() -> None:
    parser = argparse.ArgumentParser(description="Run the whole study.")
    parser.add_argument("--epochs", type=int, default=EPOCHS)
    parser.add_argument("--out", type=Path, default=Path("runs"))
    parser.add_argument("--jobs", type=int, default=1)
    args = parser.parse_args()
    with ProcessPoolExecutor(args.jobs) as pool:
        for line in pool.map(run_job, missing_jobs(args.epochs, args.out)):
            print(line, flush=True)


if __name__ == "__main__":
    main()
