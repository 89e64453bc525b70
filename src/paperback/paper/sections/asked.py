"""Items that the author's notes answer alone."""

from paperback.finding import Finding
from paperback.paper.answer import Answer
from paperback.paper.document import Block
from paperback.paper.material import Material
from paperback.paper.quote import quote


def from_notes(item: str, material: Material, told: list[Finding]) -> Answer:
    """What the notes say to `item`; an empty answer where they say nothing."""
    blocks = quote(material.notes.answers.get(item, ()), item, material, told)
    return Answer(item, blocks, notes=bool(blocks))


def with_facts(answer: Answer, facts: tuple[Block, ...], *, first: bool = False) -> Answer:
    """`answer` of the notes together with what the facts say, behind it or `first`."""
    blocks = facts + answer.blocks if first else answer.blocks + facts
    return Answer(answer.item, blocks, facts=bool(facts), notes=answer.notes)
