"""What was built: facts read from source code that is never run."""

from paperback.code.inventory import (
    AutogradFact,
    Change,
    Contrast,
    DataFact,
    HyperParameter,
    Inventory,
    Layer,
    Level,
    LoopFact,
    LossFact,
    LossKind,
    ModuleFact,
    OptimiserFact,
)
from paperback.code.read import read_code

__all__ = [
    "AutogradFact",
    "Change",
    "Contrast",
    "DataFact",
    "HyperParameter",
    "Inventory",
    "Layer",
    "Level",
    "LoopFact",
    "LossFact",
    "LossKind",
    "ModuleFact",
    "OptimiserFact",
    "read_code",
]
