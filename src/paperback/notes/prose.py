"""What the author wrote, as values: the inline and block parts that need no evidence."""

from dataclasses import dataclass
from typing import Generic, TypeVar

# Emphasis, Strong and Link hold parts of whatever tree they stand in: the notes, or the document above them.
Part = TypeVar("Part", covariant=True)


@dataclass(frozen=True, slots=True)
class Text:
    """Plain words; every character stands for itself."""

    words: str


@dataclass(frozen=True, slots=True)
class Emphasis(Generic[Part]):
    """Words in italics."""

    parts: tuple[Part, ...]


@dataclass(frozen=True, slots=True)
class Strong(Generic[Part]):
    """Words in bold."""

    parts: tuple[Part, ...]


@dataclass(frozen=True, slots=True)
class Code:
    """A name from source code, in a typewriter face."""

    text: str


@dataclass(frozen=True, slots=True)
class Math:
    """A formula inside a line, as LaTeX without its dollar signs."""

    latex: str


@dataclass(frozen=True, slots=True)
class Cite:
    """A citation of one or several bibliography keys."""

    keys: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Link(Generic[Part]):
    """A link to a web address, shown as its parts."""

    url: str
    parts: tuple[Part, ...]


@dataclass(frozen=True, slots=True)
class ValueReference:
    """`{value: accuracy, method=mlp, dataset=adult, split=test}`: a number the evidence must supply.

    Attributes:
        metric: The metric, before the first comma.
        where: (key, value) pairs in the order written.
        line: 1-based line in the notes.
    """

    metric: str
    where: tuple[tuple[str, str], ...]
    line: int


ProseInline = (
    Text
    | Emphasis["ProseInline"]
    | Strong["ProseInline"]
    | Code
    | Math
    | Cite
    | Link["ProseInline"]
    | ValueReference
)


@dataclass(frozen=True, slots=True)
class Words:
    """A paragraph of the author's."""

    parts: tuple[ProseInline, ...]


@dataclass(frozen=True, slots=True)
class Items:
    """A list; each item is a paragraph."""

    items: tuple[Words, ...]
    ordered: bool


@dataclass(frozen=True, slots=True)
class DisplayMath:
    """A displayed formula, as LaTeX.

    Attributes:
        latex: Without its dollar signs.
        line: 1-based line in the notes.
    """

    latex: str
    line: int


ProseBlock = Words | Items | DisplayMath
