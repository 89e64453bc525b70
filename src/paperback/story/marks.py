"""Which cells of a column are set apart: bold, and underlined."""

from collections.abc import Set

from paperback.evidence import Cells
from paperback.story.table import Mark

# Of two, the one that is not best needs no mark.
_FEWEST_ROWS = 3


def marks_of(cells: Cells, column: str, best: Set[str]) -> dict[str, Mark]:
    """Row to its mark in `column`; a row without one is in no entry.

    Args:
        cells: The estimates.
        column: One column of them.
        best: Its rows that the evidence cannot separate from the best; empty where nothing was tested, and
            then nothing is next to it.
    """
    marks: dict[str, Mark] = dict.fromkeys(best, "best")
    shown = {row: each for (row, at), each in cells.cells.items() if at == column}
    rest = {row: each for row, each in shown.items() if row not in best}
    if best and rest and len(shown) >= _FEWEST_ROWS:
        sign = -1 if next(iter(rest.values())).direction == "lower" else 1
        top = max(sign * each.value for each in rest.values())
        marks |= {row: "next" for row, each in rest.items() if sign * each.value == top}
    return marks
