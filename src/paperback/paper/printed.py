"""Every number of a document with the texts it is printed as."""

from collections.abc import Iterator
from dataclasses import dataclass

from paperback.evidence import Estimate, Quantity
from paperback.notes.prose import Emphasis, Link, Strong
from paperback.paper.document import (
    Block,
    DiagramFloat,
    Document,
    GraphFloat,
    Inline,
    ItemList,
    Number,
    Paragraph,
    Section,
    TableFloat,
)
from paperback.paper.printing import number_id, print_number
from paperback.story.table import Cell, EstimateCell, IntervalCell, QuantityCell, Table


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
    for number, estimate in _all(document):
        name, text = number_id(number.quantity), print_number(number)
        known = found.get(name, Printed(name, number.quantity, estimate, ()))
        texts = known.texts if text in known.texts else (*known.texts, text)
        found[name] = Printed(name, known.quantity, known.estimate or estimate, texts)
    return tuple(found.values())


def blocks(document: Document) -> Iterator[Block]:
    """All blocks in the order of print, the abstract first."""
    yield from document.abstract
    yield from blocks_of(document.sections)


def float_keys(document: Document) -> Iterator[str]:
    """The keys of all tables and figures, in the order of print."""
    for block in blocks(document):
        match block:
            case TableFloat(table=table):
                yield table.key
            case GraphFloat(graph=graph):
                yield graph.key
            case DiagramFloat(architecture=architecture):
                yield architecture.key
            case _:
                pass


def blocks_of(sections: tuple[Section, ...]) -> Iterator[Block]:
    """Every block of `sections`, in the order of print."""
    for section in sections:
        yield from section.blocks
        yield from blocks_of(section.sections)


def inlines_of(among: Iterator[Block] | tuple[Block, ...]) -> Iterator[Inline]:
    """Every inline part of `among` in the order of print: captions of graphs and the inside of links too."""
    for block in among:
        if isinstance(block, Paragraph):
            yield from _flat(block.parts)
        elif isinstance(block, ItemList):
            yield from inlines_of(block.items)
        elif isinstance(block, GraphFloat):
            yield from block.caption


def cell_numbers(cell: Cell, table: Table) -> tuple[Number, ...]:
    """The numbers of a cell as they are printed: value and spread, or value, lower and upper end."""
    match cell:
        case EstimateCell(estimate, decimals, percent):
            fields = ["value", table.spread] if _has_spread(estimate, table) else ["value"]
            return tuple(Number(estimate.quantity(field), decimals, percent) for field in fields)
        case QuantityCell(quantity, decimals, percent):
            return (Number(quantity, decimals, percent),)
        case IntervalCell(quantity, low, high, decimals, percent):
            ends = [] if low is None or high is None else [low, high]
            return tuple(Number(each, decimals, percent) for each in (quantity, *ends))
        case _:
            return ()


def _has_spread(estimate: Estimate, table: Table) -> bool:
    has = {"std": estimate.std is not None, "half_width": estimate.low is not None}
    return has.get(table.spread, False)


def _all(document: Document) -> Iterator[tuple[Number, Estimate | None]]:
    for part in inlines_of(blocks(document)):
        if isinstance(part, Number):
            yield part, None
    for block in blocks(document):
        if isinstance(block, TableFloat):
            for _, cells in block.table.rows:
                for cell in cells:
                    estimate = cell.estimate if isinstance(cell, EstimateCell) else None
                    yield from ((number, estimate) for number in cell_numbers(cell, block.table))


def _flat(parts: tuple[Inline, ...]) -> Iterator[Inline]:
    for part in parts:
        yield part
        if isinstance(part, Emphasis | Strong | Link):
            yield from _flat(part.parts)
