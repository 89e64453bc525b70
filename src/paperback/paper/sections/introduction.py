"""Introduction and background: the claims, written after the evidence is in."""

from paperback.finding import Finding
from paperback.notes.prose import Text
from paperback.paper.answer import Answer, paragraph, section
from paperback.paper.document import Block, Ref, Section
from paperback.paper.extent import setup_parts
from paperback.paper.material import Material
from paperback.paper.sections.asked import from_notes, with_facts
from paperback.paper.verdicts import takeaway
from paperback.story.results import measured_in_words

# From what the reader knows to what is new: significance, the field, its gaps; then goal and result.
_ORDER = ("C2", "C8", "C3", "C9", "C4", "C10", "C1", "C5", "C6", "C7")


def introduction(material: Material, told: list[Finding]) -> tuple[Section | None, tuple[Answer, ...]]:
    """The section with its answers to C1-C10."""
    facts = {"C6": _setup(material), "C7": _takeaway(material)}
    answers = tuple(with_facts(from_notes(item, material, told), facts.get(item, ())) for item in _ORDER)
    return section("introduction", "Introduction", *answers), answers


def background(material: Material, told: list[Finding]) -> tuple[Section | None, tuple[Answer, ...]]:
    """The section with its answers to B1 and B2."""
    answers = (from_notes("B1", material, told), from_notes("B2", material, told))
    return section("background", "Background", *answers), answers


def _setup(material: Material) -> tuple[Block, ...]:
    if not material.table.runs:
        return ()
    return (
        paragraph(
            "C6",
            Text("The evidence comes from "),
            *setup_parts(material),
            Text(f", measured by {measured_in_words(material.study)} ("),
            Ref("experiments"),
            Text(")."),
        ),
    )


def _takeaway(material: Material) -> tuple[Block, ...]:
    parts = takeaway(material)
    return (paragraph("C7", *parts),) if parts else ()
