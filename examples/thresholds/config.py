"""Run configurations: which settings each method uses on each data set."""

import json
from pathlib import Path
from typing import Any

METHODS = ["mlp", "mlp_tuned", "thresholds", "thresholds_no_spread", "thresholds_soft"]
FINAL_SEEDS = list(range(10))
EPOCHS = 40
BATCH_SIZE = 32
CHOSEN = Path(__file__).parent / "tuning" / "chosen.json"

Settings = dict[str, float]


def model_part(method: str, settings: Settings) -> dict[str, Any]:
    """Description of the network."""
    if method == "mlp":
        return {"kind": "mlp"}
    if method == "mlp_tuned":
        return {
            "kind": "tuned_mlp",
            "width": settings["width"],
            "depth": settings["depth"],
            "dropout": settings["dropout"],
        }
    return {
        "kind": "threshold_net",
        "n_thresholds": settings["n_thresholds"],
        "tau": settings["tau"],
        "width": settings["width"],
        "dropout": settings["dropout"],
        "hard": method != "thresholds_soft",
    }


def loss_part(method: str, settings: Settings) -> dict[str, float]:
    """Description of the loss; only methods with thresholds can have a spread term."""
    if method in ("thresholds", "thresholds_soft"):
        return {"spread_weight": settings["spread_weight"], "spread_width": settings["spread_width"]}
    return {"spread_weight": 0.0, "spread_width": settings.get("spread_width", 1.0)}


def make_config(
    dataset: str, method: str, seed: int, settings: Settings, epochs: int = EPOCHS
) -> dict[str, Any]:
    """Nested configuration of one run."""
    return {
        "data": {"name": dataset, "train": 0.6, "val": 0.2, "test": 0.2},
        "method": method,
        "seed": seed,
        "model": model_part(method, settings),
        "optim": {
            "name": "Adam",
            "lr": settings.get("lr", 1e-3),
            "weight_decay": settings.get("weight_decay", 0.0),
            "batch_size": BATCH_SIZE,
            "epochs": epochs,
        },
        "loss": loss_part(method, settings),
    }


def chosen_settings(dataset: str, method: str) -> Settings:
    """Settings found by tune.py; the two ablations inherit those of `thresholds`."""
    if method == "mlp":
        return {}
    tuned = method if method == "mlp_tuned" else "thresholds"
    return json.loads(CHOSEN.read_text())[dataset][tuned]
