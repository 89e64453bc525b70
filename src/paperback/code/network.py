"""The flow of data through a network as a value: modules and operations in call order."""

from dataclasses import dataclass
from typing import Literal

from paperback.source import Source

NodeKind = Literal["input", "layer", "component", "operation", "output"]


@dataclass(frozen=True, slots=True)
class Node:
    """One module or operation that the forward pass runs.

    Attributes:
        kind: `component` is a module that the repository defines, `layer` one of a library.
        name: Its class or operator: `Linear`, `ThresholdEncoding`, `concat`, `+`.
        arguments: As source text.
        repeat: How often it is repeated, as source text (`depth`); empty for once.
        group: Nodes of one group that follow each other are repeated together; 0 for none.
        new: Whether the repository defines it and the baseline does not have it.
        detail: What it does by itself, a phrase; may be empty.
    """

    kind: NodeKind
    name: str
    source: Source
    arguments: tuple[str, ...] = ()
    repeat: str = ""
    group: int = 0
    new: bool = False
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Network:
    """A network's forward pass.

    Attributes:
        name: Class or function.
        nodes: In call order; the inputs stand first, the output last.
        edges: Pairs of positions in `nodes`; data flows from the first to the second.
        lost: Calls that could not be followed; where there is one, the flow lacks something.
    """

    name: str
    nodes: tuple[Node, ...]
    edges: tuple[tuple[int, int], ...]
    source: Source
    lost: tuple[Source, ...] = ()
