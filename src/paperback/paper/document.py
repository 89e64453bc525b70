"""The document: a closed tree of nodes. Numbers are nodes that hold evidence, never digits."""

from dataclasses import dataclass

from paperback.code import Algorithm, Diff
from paperback.evidence.quantity import Quantity
from paperback.literature import Reference
from paperback.notes.prose import Cite, Code, Emphasis, Link, Math, Strong, Text
from paperback.source import Source
from paperback.story.architecture import Architecture
from paperback.story.graph import AnyGraph
from paperback.story.table import Table


@dataclass(frozen=True, slots=True)
class Number:
    """A number that holds its evidence.

    Attributes:
        quantity: The evidence.
        decimals: Decimals in print; None prints a whole number shortest, else three significant digits.
        percent: Print a fraction as percent (times 100).
        with_unit: Print the unit behind the number.
        signed: Print a plus sign before positive numbers.
        relation: Print `= 0.012`, or `< 0.001` where the decimals would show only zeros; for p-values.
    """

    quantity: Quantity
    decimals: int | None = None
    percent: bool = False
    with_unit: bool = False
    signed: bool = False
    relation: bool = False


@dataclass(frozen=True, slots=True)
class Ref:
    """A reference to an equation, table, figure or section by its key; prints `Table 1`, `Eq. (2)`."""

    key: str


def _told(quantity: Quantity) -> Number:
    """A number of a caption; a constant of the method, such as the level of intervals, is a percentage."""
    if quantity.recipe.kind == "convention":
        return Number(quantity, decimals=0, percent=True, with_unit=True)
    return Number(quantity)


Inline = Text | Emphasis["Inline"] | Strong["Inline"] | Code | Math | Cite | Link["Inline"] | Number | Ref


@dataclass(frozen=True, slots=True)
class Paragraph:
    """A paragraph; `item` is the outline item it answers."""

    parts: tuple[Inline, ...]
    item: str = ""


@dataclass(frozen=True, slots=True)
class ItemList:
    """A list of paragraphs."""

    items: tuple[Paragraph, ...]
    ordered: bool = False


@dataclass(frozen=True, slots=True)
class Equation:
    """A displayed, numbered formula.

    Attributes:
        key: Stable slug that `Ref` names; empty for an unnumbered formula.
        latex: The formula as LaTeX, without delimiters.
        source: Where it comes from: the notes, or file and line of the code.
    """

    key: str
    latex: str
    source: Source | None


@dataclass(frozen=True, slots=True)
class TableFloat:
    """A numbered table; `wide` spans both columns of a two-column venue."""

    table: Table
    wide: bool = False


@dataclass(frozen=True, slots=True)
class GraphFloat:
    """A numbered figure; `wide` spans both columns of a two-column venue."""

    graph: AnyGraph
    wide: bool = False

    @property
    def caption(self) -> tuple[Inline, ...]:
        """The graph's caption and note as they are printed."""
        graph = self.graph
        told = [Text(part) if isinstance(part, str) else _told(part) for part in graph.note]
        return (Text(graph.caption), *((Text(" "), *told) if told else ()))


@dataclass(frozen=True, slots=True)
class AlgorithmFloat:
    """A numbered algorithm: pseudo-code, each line with its place in the code.

    Attributes:
        key: Stable slug that `Ref` names.
        algorithm: The procedure.
    """

    key: str
    algorithm: Algorithm


@dataclass(frozen=True, slots=True)
class DiagramFloat:
    """A numbered figure of boxes and arrows; counted with the graphs."""

    architecture: Architecture


@dataclass(frozen=True, slots=True)
class DiffFloat:
    """A numbered listing: a definition of the proposal beside that of the baseline, changed lines marked.

    Attributes:
        key: Stable slug that `Ref` names.
        diff: What is compared.
    """

    key: str
    diff: Diff


Block = Paragraph | ItemList | Equation | TableFloat | GraphFloat | AlgorithmFloat | DiagramFloat | DiffFloat


@dataclass(frozen=True, slots=True)
class Section:
    """A numbered section; `sections` are its subsections.

    Attributes:
        key: Stable slug that `Ref` names.
        title: Plain words.
        blocks: Before the first subsection.
        sections: Subsections, one level.
    """

    key: str
    title: str
    blocks: tuple[Block, ...]
    sections: "tuple[Section, ...]" = ()


@dataclass(frozen=True, slots=True)
class Document:
    """A whole paper.

    Attributes:
        title: Plain words.
        authors: Names; empty prints `Anonymous`.
        abstract: Paragraphs.
        sections: In the order of print.
        references: The cited works in the order of print (by first author, year, title).
        footer: One line that says what made the paper, such as the version.
    """

    title: str
    authors: tuple[str, ...]
    abstract: tuple[Paragraph, ...]
    sections: tuple[Section, ...]
    references: tuple[Reference, ...]
    footer: str = ""
