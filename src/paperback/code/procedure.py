"""A procedure as a value: numbered lines of pseudo-code, each with its place in the code."""

from dataclasses import dataclass
from typing import Literal

from paperback.source import Source

LineKind = Literal["for", "while", "repeat", "if", "else", "statement", "call", "stop"]
InputRole = Literal["model", "loss", "optimiser", "data", "hyper-parameter"]


@dataclass(frozen=True, slots=True)
class Words:
    """Plain words."""

    text: str


@dataclass(frozen=True, slots=True)
class Symbol:
    """A name or an expression of the code, to be set apart from the words."""

    text: str


Phrase = tuple[Words | Symbol, ...]


@dataclass(frozen=True, slots=True)
class Line:
    """One line of pseudo-code.

    Attributes:
        kind: What it does; `for`, `while`, `repeat`, `if` and `else` open a block one step deeper.
        depth: How many blocks it stands in.
        text: Without the keyword of its kind and without `do` or `then`.
        source: The line of code it was read from.
    """

    kind: LineKind
    depth: int
    text: Phrase
    source: Source

    def __str__(self) -> str:
        words = "".join(part.text for part in self.text)
        opening = {"for": "for ", "while": "while ", "if": "if ", "repeat": "repeat", "else": "else"}
        closing = {"for": " do", "while": " do", "if": " then"}
        return "  " * self.depth + opening.get(self.kind, "") + words + closing.get(self.kind, "")


@dataclass(frozen=True, slots=True)
class Input:
    """Something that the procedure is given.

    Attributes:
        name: As the lines call it.
        value: What it is: a class, a default, a call; may be empty.
        help: The author's words for it; may be empty.
    """

    role: InputRole
    name: str
    value: str
    source: Source
    help: str = ""


@dataclass(frozen=True, slots=True)
class Algorithm:
    """A procedure as the algorithm box of a paper shows it.

    Attributes:
        title: One phrase.
        lines: In the order of print; boilerplate is folded away.
        result: What comes out, a phrase.
        source: The function or loop that it was read from.
        left_out: Number of lines that were left out because the box would be too long.
    """

    title: str
    inputs: tuple[Input, ...]
    lines: tuple[Line, ...]
    result: Phrase
    source: Source
    left_out: int = 0

    def __str__(self) -> str:
        given = [
            f"Input: {item.role} {item.name}" + (f" = {item.value}" if item.value else "")
            for item in self.inputs
        ]
        numbered = [f"{number:>3} {line}" for number, line in enumerate(self.lines, 1)]
        return "\n".join(
            [self.title, *given, *numbered, "Result: " + "".join(part.text for part in self.result)]
        )
