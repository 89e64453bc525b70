"""What the interpreter found: outputs on symbolic inputs."""

from dataclasses import dataclass

from paperback.code.equations.form import Expr
from paperback.code.equations.tensor import Tensor
from paperback.code.equations.typings import Typing
from paperback.code.equations.values import Record


@dataclass(frozen=True, slots=True)
class Output:
    """One returned tensor; `at` is its place in the returned tuple, or −1 where it stands alone."""

    name: str
    value: Tensor
    at: int


@dataclass(frozen=True, slots=True)
class Traced:
    """The result of one interpretation under one typing."""

    kind: str
    target: str
    method: str
    typing: Typing
    record: Record
    outputs: tuple[Output, ...]
    conditions: list[Expr]
