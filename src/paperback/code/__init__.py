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
from paperback.code.procedure import Algorithm, Input, Line, Phrase, Symbol, Words
from paperback.code.read import read_code

__all__ = [
    "Algorithm",
    "AutogradFact",
    "Change",
    "Contrast",
    "DataFact",
    "HyperParameter",
    "Input",
    "Inventory",
    "Layer",
    "Level",
    "Line",
    "LoopFact",
    "LossFact",
    "LossKind",
    "ModuleFact",
    "OptimiserFact",
    "Phrase",
    "Symbol",
    "Words",
    "read_code",
]
