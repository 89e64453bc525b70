"""Train one method on one data set with one seed and log the run.

python train.py --dataset mroz --method thresholds --seed 0
"""

import argparse
import copy
import json
import platform
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import sklearn
import torch
from sklearn.metrics import roc_auc_score
from torch import nn
from torch.nn.functional import binary_cross_entropy
from torch.utils.tensorboard import SummaryWriter

from config import EPOCHS, METHODS, chosen_settings, make_config
from data import LOADERS, Split, Splits, load_splits
from losses import SpreadBCE
from model import build_model, count_parameters, thresholds_of

VERSIONS = {
    "python": platform.python_version(),
    "torch": torch.__version__,
    "numpy": np.__version__,
    "scikit-learn": sklearn.__version__,
}


@dataclass
class Fit:
    """A trained network with the weights of its best epoch."""

    model: nn.Module
    best_epoch: int
    val: dict[str, float]
    seconds: float


@torch.no_grad()
def evaluate(model: nn.Module, split: Split) -> dict[str, float]:
    """Accuracy, area under the ROC curve and cross-entropy on one part of the data."""
    model.eval()
    p = model(split.x)
    return {
        "accuracy": ((p >= 0.5) == (split.y == 1)).float().mean().item(),
        "auroc": float(roc_auc_score(split.y.numpy(), p.numpy())),
        "loss": binary_cross_entropy(p, split.y).item(),
    }


def make_optimizer(model: nn.Module, lr: float, weight_decay: float) -> torch.optim.Adam:
    """Adam with weight decay on weights; thresholds are positions and are not decayed."""
    t = thresholds_of(model)
    weights = [p for p in model.parameters() if p is not t]
    groups: list[dict[str, Any]] = [{"params": weights, "weight_decay": weight_decay}]
    if t is not None:
        groups.append({"params": [t], "weight_decay": 0.0})
    return torch.optim.Adam(groups, lr=lr)


def train_epoch(
    model: nn.Module,
    criterion: SpreadBCE,
    optimizer: torch.optim.Optimizer,
    split: Split,
    batch_size: int,
    generator: torch.Generator,
) -> float:
    """One pass over the training part in random order; returns the mean loss."""
    model.train()
    total = 0.0
    for batch in torch.randperm(len(split.y), generator=generator).split(batch_size):
        loss = criterion(model(split.x[batch]), split.y[batch], thresholds_of(model))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        total += loss.item() * len(batch)
    return total / len(split.y)


def fit(config: dict[str, Any], splits: Splits, writer: SummaryWriter | None = None) -> Fit:
    """Train for a fixed number of epochs and keep the weights of the best validation loss."""
    torch.manual_seed(config["seed"])
    generator = torch.Generator().manual_seed(config["seed"])
    optim = config["optim"]
    model = build_model(config["model"], splits.train.x)
    criterion = SpreadBCE(**config["loss"])
    optimizer = make_optimizer(model, optim["lr"], optim["weight_decay"])
    best_epoch, best_val, best_state = 0, {"loss": float("inf")}, model.state_dict()
    start = time.perf_counter()
    for epoch in range(1, optim["epochs"] + 1):
        train_loss = train_epoch(model, criterion, optimizer, splits.train, optim["batch_size"], generator)
        val = evaluate(model, splits.val)
        if writer is not None:
            writer.add_scalar("train/loss", train_loss, epoch)
            writer.add_scalar("val/loss", val["loss"], epoch)
            writer.add_scalar("val/accuracy", val["accuracy"], epoch)
            writer.add_scalar("val/auroc", val["auroc"], epoch)
        if val["loss"] < best_val["loss"]:
            best_epoch, best_val = epoch, val
            best_state = copy.deepcopy(model.state_dict())
    model.load_state_dict(best_state)
    return Fit(model, best_epoch, best_val, time.perf_counter() - start)


def neutral_event_name(folder: Path) -> None:
    """Drop host name and process id from the name of the event file."""
    for path in folder.glob("events.out.tfevents.*"):
        seconds = path.name.split(".")[3]
        path.rename(folder / f"events.out.tfevents.{seconds}.local.0")


def run(dataset: str, method: str, seed: int, epochs: int, out: Path) -> dict[str, Any]:
    """Train, test once at the best epoch, and write the event file and result.json."""
    folder = out / dataset / method / f"seed{seed}"
    splits = load_splits(dataset, seed)
    config = make_config(dataset, method, seed, chosen_settings(dataset, method), epochs)
    config["data"] |= {
        "n_features": splits.n_features,
        "n_train": len(splits.train.y),
        "n_val": len(splits.val.y),
        "n_test": len(splits.test.y),
    }
    with SummaryWriter(str(folder)) as writer:
        fitted = fit(config, splits, writer)
    neutral_event_name(folder)
    result = {
        "config": config,
        "best_epoch": fitted.best_epoch,
        "metrics": {
            "train": evaluate(fitted.model, splits.train),
            "val": fitted.val,
            "test": evaluate(fitted.model, splits.test),
        },
        "n_parameters": count_parameters(fitted.model),
        "seconds": round(fitted.seconds, 3),
        "status": "finished",
        "versions": VERSIONS,
    }
    (folder / "result.json").write_text(json.dumps(result, indent=1) + "\n")
    return result


def main() -> None:
    parser = argparse.ArgumentParser(description="Train one method on one data set.")
    parser.add_argument("--dataset", choices=list(LOADERS), required=True)
    parser.add_argument("--method", choices=METHODS, required=True)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--epochs", type=int, default=EPOCHS)
    parser.add_argument("--out", type=Path, default=Path("runs"))
    args = parser.parse_args()
    torch.set_num_threads(1)
    result = run(args.dataset, args.method, args.seed, args.epochs, args.out)
    print(json.dumps(result["metrics"], indent=1))


if __name__ == "__main__":
    main()
