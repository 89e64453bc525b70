"""How one outline item was answered."""

from dataclasses import dataclass

from paperback.paper.document import Block, Inline, Paragraph, Section


@dataclass(frozen=True, slots=True)
class Answer:
    """What the paper says to one outline item.

    Attributes:
        item: The outline item's id.
        blocks: What is printed; empty when nothing answers it.
        facts: Whether code, runs or evidence carry some of it.
        notes: Whether the author's notes carry some of it.
    """

    item: str
    blocks: tuple[Block, ...]
    facts: bool = False
    notes: bool = False


def section(key: str, title: str, *answers: Answer, sections: tuple[Section, ...] = ()) -> Section | None:
    """A section of all the blocks of `answers`; None where there is nothing to print."""
    blocks = tuple(block for answer in answers for block in answer.blocks)
    return Section(key, title, blocks, sections) if blocks or sections else None


def present(*sections: Section | None) -> tuple[Section, ...]:
    """Those of `sections` that have something to print."""
    return tuple(found for found in sections if found is not None)


def paragraph(item: str, *parts: Inline) -> Paragraph:
    """A paragraph that answers `item`."""
    return Paragraph(parts, item)
