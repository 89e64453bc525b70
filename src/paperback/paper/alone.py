"""What a study of one method found: its values, where nothing is there to compare them with."""

from collections.abc import Iterator

from paperback.notes.prose import Text
from paperback.paper.document import Inline, Number
from paperback.paper.material import Material
from paperback.paper.phrases import Parts, enumerate_parts
from paperback.story.results import measured
from paperback.story.table import EstimateCell

_MOST_VALUES = 3


def range_sentence(material: Material) -> Parts:
    """` Test accuracy is 0.91 on wine.`, of many data sets the lowest and the highest; empty with rivals."""
    found = list(_values(material)) if len(material.study.methods) < 2 else []
    if not found:
        return ()
    what = measured(material.study)
    if len(found) <= _MOST_VALUES:
        shown = [(_number(cell), Text(f" on {name}" if len(found) > 1 else "")) for name, cell in found]
        return (Text(f" {what} is "), *enumerate_parts(shown), Text("."))
    ordered = sorted(found, key=lambda each: each[1].estimate.value)
    (low, lowest), (high, highest) = ordered[0], ordered[-1]
    ends: list[Inline] = [_number(lowest), Text(f" on {low} and "), _number(highest), Text(f" on {high}.")]
    return (Text(f" {what} lies between "), *ends)


def _number(cell: EstimateCell) -> Number:
    return Number(cell.estimate.quantity("value"), cell.decimals, cell.percent)


def _values(material: Material) -> Iterator[tuple[str, EstimateCell]]:
    """Each data set, as printed, with its cell in the table of results."""
    for table in material.story.tables:
        if not table.key.startswith("main-results"):
            continue
        for name, cells in table.rows:
            for column, cell in zip(table.columns, cells, strict=True):
                if isinstance(cell, EstimateCell):
                    yield (name if table.stub == "Data set" else column), cell
