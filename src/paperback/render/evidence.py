"""The evidence behind every printed number of a document."""

from collections.abc import Iterator
from dataclasses import dataclass

from paperback.evidence.estimate import Estimate
from paperback.evidence.quantity import Quantity
from paperback.notes.prose import Emphasis, Link, Strong, ValueReference
from paperback.paper.document import Document, Inline, ItemList, Number, Paragraph, TableFloat
from paperback.paper.printing import number_id, print_cell, print_number, print_value
from paperback.render.numbering import blocks
from paperback.story.table import EstimateCell, QuantityCell, Table

AnyInline = Inline | ValueReference


@dataclass(frozen=True, slots=True)
class Printed:
    """A number and the texts it is printed as.

    Attributes:
        name: Its `number_id`.
        quantity: The evidence.
        estimate: The estimate it belongs to, where a table shows it; tells n and the interval.
        texts: As printed, each once, in the order of print.
    """

    name: str
    quantity: Quantity
    estimate: Estimate | None
    texts: tuple[str, ...]


def printed_numbers(document: Document) -> tuple[Printed, ...]:
    """Every number of the document once, in the order of print."""
    found: dict[str, Printed] = {}
    for quantity, estimate, text in _all(document):
        name = number_id(quantity)
        known = found.get(name, Printed(name, quantity, estimate, ()))
        texts = known.texts if text in known.texts else (*known.texts, text)
        found[name] = Printed(name, known.quantity, known.estimate or estimate, texts)
    return tuple(found.values())


def cell_quantities(cell: EstimateCell | QuantityCell) -> tuple[Quantity, Quantity | None]:
    """The quantities behind a cell: of its value, and of its spread where there is one."""
    if isinstance(cell, QuantityCell):
        return cell.quantity, None
    spread = None if cell.estimate.std is None else cell.estimate.quantity("std")
    return cell.estimate.quantity("value"), spread


def numbers_in(document: Document) -> Iterator[Number]:
    """Every number of the running text in the order of print."""
    for block in blocks(document):
        match block:
            case Paragraph(parts=parts):
                yield from _numbers(parts)
            case ItemList(items=items):
                for item in items:
                    yield from _numbers(item.parts)
            case _:
                pass


def _numbers(parts: tuple[AnyInline, ...]) -> Iterator[Number]:
    for part in parts:
        match part:
            case Number():
                yield part
            case Emphasis(parts=inner) | Strong(parts=inner) | Link(parts=inner):
                yield from _numbers(inner)
            case _:
                pass


def _all(document: Document) -> Iterator[tuple[Quantity, Estimate | None, str]]:
    for number in numbers_in(document):
        yield number.quantity, None, print_number(number)
    for block in blocks(document):
        if isinstance(block, TableFloat):
            yield from _in_table(block.table)


def _in_table(table: Table) -> Iterator[tuple[Quantity, Estimate | None, str]]:
    for _, cells in table.rows:
        for cell in cells:
            if isinstance(cell, QuantityCell):
                yield (
                    cell.quantity,
                    None,
                    print_value(cell.quantity.value, cell.decimals, percent=cell.percent),
                )
            if isinstance(cell, EstimateCell):
                texts = print_cell(cell, table.spread)
                for quantity, text in zip(cell_quantities(cell), texts, strict=True):
                    if quantity is not None and text:
                        yield quantity, cell.estimate, text
