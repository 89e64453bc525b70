"""What stands in a cell: its numbers, and the signs between them."""

from paperback.paper.document import Number
from paperback.paper.printed import cell_numbers
from paperback.paper.printing import print_number
from paperback.story.table import (
    Cell,
    CodeCell,
    EstimateCell,
    IntervalCell,
    Mark,
    MathCell,
    MissingCell,
    Table,
    TextCell,
)


def cell_pieces(cell: Cell, table: Table) -> tuple[Number | str, ...]:
    """The numbers of a cell and the signs between them, in the order of print; empty for a cell of words."""
    numbers = cell_numbers(cell, table)
    if len(numbers) == 3:
        value, low, high = numbers
        return (value, " [", low, ", ", high, "]")
    if len(numbers) == 2:
        value, spread = numbers
        return (value, " ± ", spread)
    return numbers


def cell_words(cell: Cell, table: Table) -> str:
    """The text of a cell as a reader sees it."""
    if isinstance(cell, TextCell | MathCell):
        return cell.words
    if isinstance(cell, CodeCell):
        return cell.text
    if isinstance(cell, MissingCell):
        return cell.sign
    pieces = cell_pieces(cell, table)
    return "".join(print_number(piece) if isinstance(piece, Number) else piece for piece in pieces)


def missing_told(table: Table) -> tuple[str, ...]:
    """The legend of cells without evidence, as far as the table's note does not hold it."""
    found = dict.fromkeys(cell for _, cells in table.rows for cell in cells if isinstance(cell, MissingCell))
    return tuple(
        f"{cell.sign}: {cell.reason}." for cell in found if cell.reason and cell.reason not in table.note
    )


def mark_of(cell: Cell) -> Mark:
    """How the cell's value is set apart: `best` in bold, `next` underlined."""
    return cell.mark if isinstance(cell, EstimateCell | IntervalCell) else "none"
