"""Small pieces of sentences: enumerations, counts with their noun, intervals."""

from collections.abc import Iterable, Sequence

from paperback.evidence import Quantity
from paperback.notes.prose import Code, Text
from paperback.paper.document import Inline, Number

Parts = tuple[Inline, ...]


def words(text: str) -> Parts:
    """`text` as parts."""
    return (Text(text),)


def enumerate_parts(items: Sequence[Parts], last: str = " and ", between: str = ", ") -> Parts:
    """`a`, `a and b`, `a, b and c`."""
    parts: list[Inline] = []
    for place, item in enumerate(items):
        if place:
            parts.append(Text(last if place == len(items) - 1 else between))
        parts += item
    return tuple(parts)


def enumerate_words(items: Iterable[str], last: str = " and ") -> Parts:
    """Plain words as an enumeration."""
    return enumerate_parts([words(item) for item in items], last)


def enumerate_code(items: Iterable[str]) -> Parts:
    """Names of source code as an enumeration."""
    return enumerate_parts([(Code(item),) for item in items])


def counted(quantity: Quantity, noun: str, plural: str = "") -> Parts:
    """`1 data set`, `6 data sets`."""
    form = noun if quantity.value == 1 else plural or noun + "s"
    # A no-break space: a number stays with its noun.
    return (Number(quantity), Text(f" {form}"))


def interval(low: Quantity, high: Quantity, *, decimals: int, percent: bool = False) -> Parts:
    """`[−0.1, 0.4]`."""
    ends = [Number(end, decimals=decimals, percent=percent) for end in (low, high)]
    return (Text("["), ends[0], Text(", "), ends[1], Text("]"))
