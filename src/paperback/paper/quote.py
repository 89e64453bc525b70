"""The author's notes as nodes of the document: citations are looked up, values are computed."""

from paperback.errors import PaperbackError
from paperback.evidence import estimate
from paperback.finding import Finding
from paperback.notes.prose import (
    Cite,
    Code,
    DisplayMath,
    Emphasis,
    Items,
    Link,
    ProseBlock,
    ProseInline,
    Strong,
    ValueReference,
    Words,
)
from paperback.paper.document import Block, Equation, Inline, ItemList, Number, Paragraph
from paperback.paper.material import Material
from paperback.source import Source
from paperback.story.decimals import decimals_for


def quote(
    blocks: tuple[ProseBlock, ...], item: str, material: Material, told: list[Finding]
) -> tuple[Block, ...]:
    """`blocks` of the notes as blocks of the paper; what cannot be shown goes to `told`."""
    return tuple(_block(block, item, material, told) for block in blocks)


def _block(block: ProseBlock, item: str, material: Material, told: list[Finding]) -> Block:
    match block:
        case Words(parts):
            return Paragraph(quote_parts(parts, material, told), item)
        case Items(items, ordered):
            quoted = [Paragraph(quote_parts(words.parts, material, told), item) for words in items]
            return ItemList(tuple(quoted), ordered)
        case DisplayMath(latex, line):
            return Equation("", latex, Source(material.settings.notes, line))


def quote_parts(
    parts: tuple[ProseInline, ...], material: Material, told: list[Finding]
) -> tuple[Inline, ...]:
    """The inline parts of the notes as parts of the paper."""
    return tuple(_inline(part, material, told) for part in parts)


def _inline(part: ProseInline, material: Material, told: list[Finding]) -> Inline:
    match part:
        case Emphasis(parts):
            return Emphasis(quote_parts(parts, material, told))
        case Strong(parts):
            return Strong(quote_parts(parts, material, told))
        case Link(url, parts):
            return Link(url, quote_parts(parts, material, told))
        case Cite(keys):
            return _cite(keys, material, told)
        case ValueReference():
            return _value(part, material, told)
        case _:
            return part


def _cite(keys: tuple[str, ...], material: Material, told: list[Finding]) -> Inline:
    known = material.bibliography.references
    notes, shelf = material.settings.notes, material.settings.bibliography
    for key in keys:
        if key not in known:
            message = f"{notes} cites {key!r}, which {shelf} does not hold"
            mend = "Add the entry, or correct the key."
            told.append(Finding("unknown-citation", message, (Source(notes),), mend))
    found = tuple(key for key in keys if key in known)
    return Cite(found) if found else Code("[@" + "; @".join(keys) + "]")


_ARGUMENTS = ("split", "over", "reduce")


def _value(reference: ValueReference, material: Material, told: list[Finding]) -> Inline:
    where = dict(reference.where)
    given = {key: where.pop(key) for key in _ARGUMENTS if key in where}
    try:
        found = estimate(
            material.table,
            reference.metric,
            split=given.get("split", material.study.split),
            where=where,
            over=(given["over"],) if "over" in given else None,
            reduce=given.get("reduce", "mean"),
        )
    except PaperbackError as error:
        place = Source(material.settings.notes, reference.line)
        told.append(Finding("unresolved-value", f"{place}: {error.what}", (place,), error.mend))
        return Code(f"{{value: {reference.metric}}}")
    metric = material.table.metrics[found.address.metric]
    decimals = metric.decimals
    if decimals is None and found.std:
        decimals = decimals_for(found.std, percent=metric.percent)
    return Number(found.quantity("value"), decimals=decimals, percent=metric.percent, with_unit=True)
