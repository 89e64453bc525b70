"""What was built: facts read from source code that is never run."""

from paperback.code.describe import describe_code
from paperback.code.diff import Diff, DiffLine
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
    ObjectiveFact,
    OptimiserFact,
    SeedFact,
)
from paperback.code.network import Network, Node
from paperback.code.procedure import Algorithm, Input, Line, Phrase, Symbol, Words
from paperback.code.read import read_code
from paperback.code.show import show_code

__all__ = [
    "Algorithm",
    "AutogradFact",
    "Change",
    "Contrast",
    "DataFact",
    "Diff",
    "DiffLine",
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
    "Network",
    "Node",
    "ObjectiveFact",
    "OptimiserFact",
    "Phrase",
    "SeedFact",
    "Symbol",
    "Words",
    "describe_code",
    "read_code",
    "show_code",
]
