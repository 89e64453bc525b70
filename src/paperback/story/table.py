"""A table as a value: what is compared, cell by cell, and what its marks mean."""

from dataclasses import dataclass
from typing import Literal

from paperback.evidence.estimate import Estimate
from paperback.evidence.quantity import Quantity
from paperback.source import Source

Mark = Literal["best", "next", "none"]
Spread = Literal["std", "half_width", "none"]


@dataclass(frozen=True, slots=True)
class EstimateCell:
    """A cell that shows an estimate, with its spread where `Table.spread` says so.

    Attributes:
        estimate: The evidence.
        decimals: Decimals in print, of value and spread alike.
        percent: Print a fraction as percent.
        mark: `best` is set in bold, `next` is underlined.
    """

    estimate: Estimate
    decimals: int
    percent: bool = False
    mark: Mark = "none"


@dataclass(frozen=True, slots=True)
class QuantityCell:
    """A cell that shows one number without spread, such as a count or an average rank.

    Attributes:
        quantity: The number.
        decimals: Decimals in print; None prints a whole number shortest, else three significant digits.
        percent: Print a fraction as percent.
    """

    quantity: Quantity
    decimals: int | None
    percent: bool = False


@dataclass(frozen=True, slots=True)
class IntervalCell:
    """A cell that shows a number with its interval in brackets, such as a difference.

    Attributes:
        quantity: The number.
        low: Lower end of its interval; None where no interval exists.
        high: Upper end of its interval; None where no interval exists.
        decimals: Decimals in print, of all three.
        percent: Print a fraction as percent.
        mark: `best` is set in bold.
    """

    quantity: Quantity
    low: Quantity | None
    high: Quantity | None
    decimals: int
    percent: bool = False
    mark: Mark = "none"


@dataclass(frozen=True, slots=True)
class TextCell:
    """A cell of words."""

    words: str


@dataclass(frozen=True, slots=True)
class CodeCell:
    """A cell that quotes source code, with the place it was read from."""

    text: str
    source: Source


@dataclass(frozen=True, slots=True)
class MathCell:
    """A cell that shows a formula.

    Attributes:
        latex: Without delimiters.
        words: How it is told where no formula can be set, and how much room it takes.
    """

    latex: str
    words: str


@dataclass(frozen=True, slots=True)
class MissingCell:
    """A cell without evidence: `sign` stands in it, and `reason` is told in the table's note."""

    reason: str
    sign: str = "–"


Cell = EstimateCell | QuantityCell | IntervalCell | TextCell | CodeCell | MathCell | MissingCell


@dataclass(frozen=True, slots=True)
class Table:
    """A table of the paper.

    Attributes:
        key: Stable slug, unique in the story: `main-results`.
        caption: What is shown, one or two sentences of plain words; holds no numbers.
        stub: Header of the column of row names; empty for none.
        columns: Column headers.
        units: One per column, printed under or beside the header; empty for none.
        rows: (row name, one cell per column).
        spread: What follows the ± sign, for all cells alike.
        note: Legend under the table: what bold means, what ± is, how many runs; plain words.
        highlight: Row names set apart by a rule, such as the proposal.
        why: Why the story needs it, one phrase for the author.
        continues: Key of the table whose further rows these are, and whose number it bears; empty for none.
    """

    key: str
    caption: str
    stub: str
    columns: tuple[str, ...]
    units: tuple[str, ...]
    rows: tuple[tuple[str, tuple[Cell, ...]], ...]
    spread: Spread
    note: str
    highlight: tuple[str, ...]
    why: str
    continues: str = ""
