"""What enters an objective from outside its statements."""

from dataclasses import dataclass
from typing import Any

from paperback.code.objectives.choices import OPEN


@dataclass(frozen=True, slots=True)
class Entering:
    """What enters an objective from outside.

    Attributes:
        name: Of the argument that stands for it.
        text: What the code writes there.
        kind: "network" (the result of a call that stays a letter), "input" or "setting".
        default: Literal default of a setting; `OPEN` where there is none.
        why: Why it stays a letter, where that is not plain.
    """

    name: str
    text: str
    kind: str
    line: int
    default: Any = OPEN
    why: str = ""


@dataclass(frozen=True, slots=True)
class Thing:
    """A value that is no tensor: a batch with named entries, a distribution, a tuple of results."""

    text: str
    kind: str
    silent: bool
    version: int
