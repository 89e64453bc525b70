"""The paper, written backward: evidence and method, then introduction and background, the abstract last."""

from dataclasses import dataclass

from paperback.finding import Finding
from paperback.literature import Reference
from paperback.notes import ITEMS
from paperback.notes.prose import Cite
from paperback.paper.answer import Answer, present
from paperback.paper.document import Block, Document
from paperback.paper.material import Material
from paperback.paper.printed import blocks_of, inlines_of
from paperback.paper.sections.abstract import abstract
from paperback.paper.sections.experiments import experiments
from paperback.paper.sections.introduction import background, introduction
from paperback.paper.sections.method import method


@dataclass(frozen=True, slots=True)
class Paper:
    """A document with the state of its outline.

    Attributes:
        document: What is printed.
        answers: Outline item to how it was answered, in the order of the outline.
        findings: What the writing noticed: unknown citations, values that no run supports.
    """

    document: Document
    answers: dict[str, Answer]
    findings: tuple[Finding, ...]


def write_paper(material: Material) -> Paper:
    """The paper that `material` carries, and which outline items it leaves open."""
    told: list[Finding] = []
    # Backward: what was done and found is written before what is claimed of it.
    evidence, e_answers = experiments(material, told)
    how, m_answers = method(material, told)
    opening, c_answers = introduction(material, told)
    known, b_answers = background(material, told)
    summary, a_answers = abstract(material, told)
    sections = present(opening, known, how, evidence)
    answers = {answer.item: answer for answer in (*e_answers, *m_answers, *c_answers, *b_answers, *a_answers)}
    document = Document(
        title=material.settings.title or material.notes.title or _title(material.name),
        authors=material.settings.authors or material.notes.authors,
        abstract=summary,
        sections=sections,
        references=_cited(material, (*summary, *blocks_of(sections))),
        footer="Written by Paperback from code, run logs and notes."
        if material.table.runs
        else "A draft, written by Paperback from code and notes, without a run.",
    )
    told += _uncited(material, document)
    return Paper(
        document, {item.id: answers.get(item.id, Answer(item.id, ())) for item in ITEMS}, tuple(told)
    )


def _title(name: str) -> str:
    return name.replace("_", " ").replace("-", " ").strip().capitalize() or "Untitled"


def _cited(material: Material, blocks: tuple[Block, ...]) -> tuple[Reference, ...]:
    known = material.bibliography.references
    keys = {key for part in inlines_of(blocks) if isinstance(part, Cite) for key in part.keys if key in known}
    return tuple(sorted((known[key] for key in keys), key=_shelf))


def _shelf(work: Reference) -> tuple[str, str, str, str]:
    first = work.authors[0][1] if work.authors else work.title
    return first.casefold(), work.year, work.title.casefold(), work.key


def _uncited(material: Material, document: Document) -> list[Finding]:
    cited = {work.key for work in document.references}
    left = [key for key in material.bibliography.references if key not in cited]
    if not left or not material.notes.digest:
        return []
    return [
        Finding("uncited-reference", f"{material.settings.bibliography}: {', '.join(left)} is never cited")
    ]
