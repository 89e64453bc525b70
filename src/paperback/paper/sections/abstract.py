"""The abstract, written last: one paragraph out of the answers A1-A8."""

from paperback.claims import Word
from paperback.finding import Finding
from paperback.notes.prose import Text
from paperback.paper.alone import range_sentence
from paperback.paper.answer import Answer, paragraph
from paperback.paper.document import Block, Inline, Paragraph
from paperback.paper.draft import NOTHING_MEASURED
from paperback.paper.extent import setup_parts
from paperback.paper.material import Material
from paperback.paper.phrases import enumerate_code
from paperback.paper.sections.asked import from_notes, with_facts
from paperback.paper.verdicts import takeaway
from paperback.story.results import measured_in_words

_ORDER = ("A1", "A2", "A3", "A4", "A5", "A6", "A7", "A8")


def abstract(material: Material, told: list[Finding]) -> tuple[tuple[Paragraph, ...], tuple[Answer, ...]]:
    """One paragraph with the answers to A1-A8, in their order."""
    facts = {"A5": _method(material), "A6": _results(material)}
    answers = []
    for item in _ORDER:
        answer = from_notes(item, material, told)
        # A method told by its author needs no second telling by its class names.
        extra = () if item == "A5" and answer.blocks else facts.get(item, ())
        answers.append(with_facts(answer, extra))
    blocks = [block for answer in answers for block in answer.blocks]
    if not material.table.runs:
        blocks.append(paragraph("A6", Text(NOTHING_MEASURED)))
    return _joined(blocks), tuple(answers)


def _joined(blocks: list[Block]) -> tuple[Paragraph, ...]:
    parts: list[Inline] = []
    for block in blocks:
        if isinstance(block, Paragraph):
            parts += [Text(" ")] if parts else []
            parts += block.parts
    return (Paragraph(tuple(parts)),) if parts else ()


def _method(material: Material) -> tuple[Block, ...]:
    """What was built, by the names of its parts; nothing where the code changes nothing."""
    inventory = material.inventory
    pieces: list[Inline] = []
    rivals = inventory.rivals
    modules = [module for module in inventory.modules if module.source.path not in rivals]
    own = [module.name for module in modules if module.parameters]
    losses = [
        loss.name for loss in inventory.losses if loss.kind == "custom" and loss.source.path not in rivals
    ]
    backward = [fact.name for fact in inventory.autograd]
    for one, many, found in (
        ("the component", "the components", own),
        ("the loss", "the losses", losses),
        ("a backward pass of its own in", "backward passes of their own in", backward),
    ):
        names = [name for name in dict.fromkeys(found) if _is_title(name)][:2]
        if names:
            phrase = one if len(names) == 1 else many
            pieces += [Text(f"{', ' if pieces else ''}{phrase} "), *enumerate_code(names)]
    if not pieces:
        return ()
    return (paragraph("A5", Text("The implementation adds "), *pieces, Text(".")),)


def _is_title(name: str) -> bool:
    """Whether a reader of an abstract can take the name for one: `FocalLoss`, but not `Agent._loss`."""
    return name.isalnum() and name[:1].isupper()


def _results(material: Material) -> tuple[Block, ...]:
    if not material.table.runs:
        return ()
    by = f", measured by {measured_in_words(material.study)}"
    parts = takeaway(material)
    if not parts:
        said = (
            Text("The study comprises "),
            *setup_parts(material),
            Text(f"{by}."),
            *range_sentence(material),
        )
        return (paragraph("A6", *said),)
    if material.verdicts and all(verdict.word is Word.UNTESTED for verdict in material.verdicts):
        said = (Text("The study comprises "), *setup_parts(material), Text(f"{by}. "))
        return (paragraph("A6", *said, *parts),)
    opening = (Text("In a study of "), *setup_parts(material), Text(f"{by}, we find the following. "))
    return (paragraph("A6", *opening, *parts),)
