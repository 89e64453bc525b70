"""Random search for the two tuned methods, with the same budget for both.

    python tune.py --jobs 2

Every trial is trained on two tuning seeds that the final runs do not use; the
settings with the lowest mean validation loss are kept. The test part is not read.
"""

import argparse
import csv
import json
import random
from concurrent.futures import ProcessPoolExecutor
from statistics import mean
from typing import Any

import torch

from config import CHOSEN, Settings, make_config
from data import LOADERS, load_splits
from train import fit

TRIALS = 12
TUNING_SEEDS = [100, 101]
TUNED_METHODS = ["mlp_tuned", "thresholds"]
SETTING_NAMES = [
    "width",
    "depth",
    "n_thresholds",
    "tau",
    "spread_weight",
    "spread_width",
    "dropout",
    "lr",
    "weight_decay",
]
COLUMNS = ["dataset", "method", "trial", "seed", *SETTING_NAMES, "best_epoch", "val_loss", "val_accuracy"]


def sample(method: str, rng: random.Random) -> Settings:
    """Draw one trial; the ranges of the optimiser and of dropout are shared."""
    settings: Settings = {
        "lr": round(10 ** rng.uniform(-3.5, -1.5), 6),
        "weight_decay": rng.choice([0.0, 1e-5, 1e-4, 1e-3]),
        "dropout": rng.choice([0.0, 0.1, 0.2, 0.4]),
        "width": rng.choice([8, 16, 32, 64]),
    }
    if method == "mlp_tuned":
        return settings | {"depth": rng.choice([1, 2, 3])}
    return settings | {
        "n_thresholds": rng.choice([4, 8, 16]),
        "tau": rng.choice([0.1, 0.25, 0.5, 1.0]),
        "spread_weight": rng.choice([0.01, 0.1, 1.0]),
        "spread_width": rng.choice([0.05, 0.1, 0.25]),
    }


def evaluate_trial(job: tuple[str, str, int, int, Settings]) -> dict[str, Any]:
    """Train one trial on one tuning seed and report its validation result."""
    dataset, method, trial, seed, settings = job
    torch.set_num_threads(1)
    fitted = fit(make_config(dataset, method, seed, settings), load_splits(dataset, seed))
    return {
        "dataset": dataset,
        "method": method,
        "trial": trial,
        "seed": seed,
        **settings,
        "best_epoch": fitted.best_epoch,
        "val_loss": fitted.val["loss"],
        "val_accuracy": fitted.val["accuracy"],
    }


def make_jobs() -> list[tuple[str, str, int, int, Settings]]:
    """All trials, in a fixed order and with settings drawn from fixed seeds."""
    jobs = []
    for dataset in LOADERS:
        for method in TUNED_METHODS:
            rng = random.Random(f"{dataset}/{method}")
            for trial in range(TRIALS):
                settings = sample(method, rng)
                jobs += [(dataset, method, trial, seed, settings) for seed in TUNING_SEEDS]
    return jobs


def choose(rows: list[dict[str, Any]]) -> dict[str, dict[str, Settings]]:
    """Settings with the lowest validation loss, averaged over the tuning seeds."""
    chosen: dict[str, dict[str, Settings]] = {}
    for dataset in LOADERS:
        chosen[dataset] = {}
        for method in TUNED_METHODS:
            own = [r for r in rows if r["dataset"] == dataset and r["method"] == method]
            best = min(range(TRIALS), key=lambda k: mean(r["val_loss"] for r in own if r["trial"] == k))
            row = next(r for r in own if r["trial"] == best)
            chosen[dataset][method] = {n: row[n] for n in SETTING_NAMES if n in row}
    return chosen


def main() -> None:
    parser = argparse.ArgumentParser(description="Tune mlp_tuned and thresholds.")
    parser.add_argument("--jobs", type=int, default=1)
    args = parser.parse_args()
    with ProcessPoolExecutor(args.jobs) as pool:
        rows = list(pool.map(evaluate_trial, make_jobs()))
    CHOSEN.parent.mkdir(exist_ok=True)
    with (CHOSEN.parent / "trials.csv").open("w", newline="") as file:
        table = csv.DictWriter(file, COLUMNS)
        table.writeheader()
        table.writerows(rows)
    CHOSEN.write_text(json.dumps(choose(rows), indent=1) + "\n")


if __name__ == "__main__":
    main()
