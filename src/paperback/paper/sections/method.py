"""Method: the problem, the idea, the model as it was built, the algorithm, assumptions and limits."""

import re
from collections.abc import Iterator, Sequence

from paperback.code import AutogradFact, Contrast, Inventory, LossFact, ModuleFact
from paperback.code.since import HOW as SINCE_REVISION
from paperback.evidence import convention
from paperback.finding import Finding
from paperback.notes import NoteEquation
from paperback.notes.prose import Code, Text
from paperback.paper.answer import Answer, paragraph, present, section
from paperback.paper.document import (
    AlgorithmFloat,
    Block,
    DiagramFloat,
    DiffFloat,
    Equation,
    Inline,
    Number,
    Paragraph,
    Ref,
    Section,
    TableFloat,
)
from paperback.paper.facts import code_count
from paperback.paper.material import Material
from paperback.paper.phrases import Parts, counted, enumerate_code, enumerate_parts
from paperback.paper.quote import quote
from paperback.paper.sections.asked import from_notes, with_facts
from paperback.paper.sections.caveats import caveats
from paperback.paper.sections.derived import derived, notation, printed
from paperback.story.architecture import architecture
from paperback.story.code_table import change_table, component_table
from paperback.story.order import pages_of
from paperback.story.settings_table import method_table
from paperback.story.told import units_told

_LONGEST_DOC = 110
_MOST_DIFFS = 2
# Of components or losses in one sentence; a longer list is no reading.
_MOST_NAMED = 6


def method(material: Material, told: list[Finding]) -> tuple[Section | None, tuple[Answer, ...]]:
    """The section with its answers to M1-M8, L1-L3."""
    notes = {item: from_notes(item, material, told) for item in ("M1", "M3", "L2a", "M4", "M5", "M7")}
    built, changes = _model(material, told)
    symbols = with_facts(
        from_notes("M2", material, told), (*_conventions(material), *notation(material, told))
    )
    algorithm = with_facts(from_notes("M6", material, told), _algorithm(material.inventory))
    limits = with_facts(from_notes("M8", material, told), caveats(material))
    tuned = _tuned(material)
    parts = present(
        section("problem", "Problem and notation", notes["M1"], symbols),
        section("understanding", "Understanding the problem", notes["M3"], notes["L2a"]),
        section("ideas", "Previous ideas and key insight", notes["M4"], notes["M5"]),
        built,
        section("algorithm", "Training procedure", algorithm, tuned),
        section("assumptions", "Assumptions", notes["M7"]),
        section("limitations", "Limitations", limits),
    )
    answers = (*notes.values(), symbols, algorithm, limits, tuned, *changes)
    return (Section("method", "Method", (), parts) if parts else None), answers


_SPREADS = {
    "std": "A value with ± is a mean and its sample standard deviation over {units}. ",
    "half_width": "A value with ± is a mean over test items and half the width of its interval. ",
    "none": "",
}


def _spread(material: Material) -> str:
    """What ± means in the tables of this paper; nothing where no table has it."""
    found = {table.spread for table in material.story.tables} - {"none"}
    said = _SPREADS[found.pop()] if len(found) == 1 else ""
    return said.format(units=units_told(material.table))


def _conventions(material: Material) -> tuple[Paragraph, ...]:
    if not material.table.runs:
        return ()
    parts: list[Inline] = [
        Text(f"{_spread(material)}Intervals are stated at "),
        Number(convention("level"), decimals=0, percent=True, with_unit=True),
        Text(" coverage"),
    ]
    if len(material.study.methods) > 1:
        parts += [
            Text(", tests are two-sided at the level "),
            Number(convention("alpha"), decimals=2),
            Text(", and a difference is always the first method minus the second"),
        ]
    return (paragraph("M2", *parts, Text(".")),)


def _model(material: Material, told: list[Finding]) -> tuple[Section | None, tuple[Answer, ...]]:
    """The model as the code builds it: its components, its equations, and the answers to L2b-L3."""
    inventory = material.inventory
    table = component_table(inventory)
    equations = (*derived(material, told), *_equations(material, told))
    answers = _changes(inventory)
    blocks: list[Block] = [*_overview(inventory, table is not None)]
    if table is not None:
        blocks.append(TableFloat(table))
    blocks += [*_figure(inventory), *_difference(inventory)]
    blocks += [block for answer in answers for block in answer.blocks] + list(equations)
    if not blocks:
        return None, answers
    return Section("model", "Model and training objective", tuple(blocks)), answers


def _overview(inventory: Inventory, has_table: bool) -> tuple[Paragraph, ...]:
    if not inventory.files:
        return ()
    parts: list[Inline] = [
        Text("The implementation consists of "),
        *counted(code_count(inventory, "files"), "source file"),
        Text(" with "),
        *counted(code_count(inventory, "lines"), "line"),
    ]
    if inventory.modules:
        parts += [Text(" and defines "), *counted(code_count(inventory, "modules"), "network component")]
        parts += [Text(" ("), Ref("components"), Text(")")] if has_table else []
    parts.append(Text("."))
    if inventory.level is not None:
        parts += [
            Text(f" {_LEVELS[inventory.level.number]} (level of modeling "),
            Number(code_count(inventory, "level")),
            Text(")."),
        ]
    return (paragraph("L3" if inventory.level and inventory.level.number == 3 else "L2b", *parts),)


def _figure(inventory: Inventory) -> tuple[Block, ...]:
    """The architecture of the proposal as a figure, with the sentence that introduces it."""
    drawn = architecture(inventory)
    if drawn is None or inventory.network is None:
        return ()
    opening = (Ref(drawn.key), Text(" shows the forward pass of "), Code(inventory.network.name), Text("."))
    return (paragraph("L2b", *opening), DiagramFloat(drawn))


def _difference(inventory: Inventory) -> tuple[Block, ...]:
    table = change_table(inventory)
    contrast = inventory.contrast
    if table is None or contrast is None or not contrast.baseline:
        return ()
    opening = (Ref(table.key), Text(" lists what "), _side(contrast, contrast.proposal))
    ending = (Text(" changes against "), _side(contrast, contrast.baseline), Text("."))
    return (paragraph("L2b", *opening, *ending), TableFloat(table), *_listings(inventory))


def _side(contrast: Contrast, name: str) -> Inline:
    """One side of the change; a class or script is code, a state of the repository is not."""
    return Text(name) if contrast.how == SINCE_REVISION else Code(name)


def _listings(inventory: Inventory) -> Iterator[Block]:
    """The definitions that tell most about the change, beside their baseline."""
    shown = inventory.diffs[:_MOST_DIFFS]
    if not shown:
        return
    keys = [f"diff-{number}" for number in range(1, len(shown) + 1)]
    pieces = [
        (Ref(key), Text(" ("), Code(diff.name), Text(")")) for key, diff in zip(keys, shown, strict=True)
    ]
    verb = " shows" if len(shown) == 1 else " show"
    yield paragraph("L2b", *enumerate_parts(pieces), Text(f"{verb} the change line by line."))
    yield from (DiffFloat(key, diff) for key, diff in zip(keys, shown, strict=True))


_LEVELS = {
    1: "It assembles and tunes well-understood layers",
    2: "It changes a known model in its components, its loss or its propagation",
    3: "It writes many components from basic operators",
}


def _changes(inventory: Inventory) -> tuple[Answer, ...]:
    composed = [module for module in inventory.modules if any(layer.custom for layer in module.layers)]
    operators = [module for module in inventory.modules if module.parameters]
    losses = [loss for loss in inventory.losses if loss.kind == "custom"]
    reached = inventory.level is not None and inventory.level.number == 3
    return (
        _named("L2b", "The architecture combines custom components in ", composed),
        _named("L2e", "Components with parameters of their own are ", operators),
        _named("L2c", "Losses that the code defines itself are ", losses),
        _named("L2d", "Backward propagation is redefined by ", inventory.autograd),
        Answer("L3", _level_three(inventory), facts=reached),
    )


def _named(item: str, opening: str, facts: Sequence[ModuleFact | LossFact | AutogradFact]) -> Answer:
    """The facts by name, first sentence of the docstring and place; an empty answer without facts."""
    if not facts:
        return Answer(item, ())
    pieces: list[Parts] = [
        (Code(fact.name), Text(f" ({doc_clause(fact.doc)}"), Code(str(fact.source)), Text(")"))
        for fact in facts[:_MOST_NAMED]
    ]
    pieces += [(Text("others"),)] if len(facts) > _MOST_NAMED else []
    return Answer(item, (paragraph(item, Text(opening), *enumerate_parts(pieces), Text(".")),), facts=True)


def doc_clause(doc: str) -> str:
    """The first sentence of a docstring as a clause in brackets; empty where it does not read as one."""
    first = re.split(r"[.:;]\s", doc + " ")[0].strip().rstrip(".")
    if not first or len(first) > _LONGEST_DOC or "://" in first or first.count("(") != first.count(")"):
        return ""
    rest_of_word = first.split()[0][1:]
    opens_as_a_name = bool(rest_of_word) and not rest_of_word.islower()
    return (first if opens_as_a_name else first[:1].lower() + first[1:]) + "; "


def _level_three(inventory: Inventory) -> tuple[Block, ...]:
    if inventory.level is None or inventory.level.number < 3:
        return ()
    reasons = [
        (Text(reason + " ("), Code(str(source)), Text(")")) for reason, source in inventory.level.reasons
    ]
    return (paragraph("L3", Text("The evidence is: "), *enumerate_parts(reasons[:6]), Text(".")),)


def _equations(material: Material, told: list[Finding]) -> tuple[Block, ...]:
    blocks: list[Block] = []
    replaced = {item.place for item in printed(material)}
    for number, equation in enumerate(material.notes.equations, start=1):
        if equation.place in replaced:
            told.append(_replaced(equation))
            continue
        told += _unknown_place(equation, material)
        item = _equation_item(equation, material.inventory)
        key = f"equation-{number}"
        parts: list[Inline] = [Text(f"{equation.name or 'Equation'} ("), Ref(key)]
        parts += [Text("; "), Code(equation.place)] if equation.place else []
        blocks.append(Paragraph((*parts, Text("):")), item))
        blocks.append(Equation(key, equation.latex, equation.source))
        blocks += quote(equation.explanation, "M2", material, told)
    return tuple(blocks)


def _replaced(equation: NoteEquation) -> Finding:
    return Finding(
        "equation-replaced",
        f"{equation.source}: the equation of {equation.place} that was derived and compared with the code is "
        "printed in place of this one",
        (equation.source,),
    )


def _unknown_place(equation: NoteEquation, material: Material) -> list[Finding]:
    path, _, name = equation.place.partition(":")
    inventory = material.inventory
    facts: tuple[ModuleFact | AutogradFact | LossFact, ...]
    facts = (*inventory.modules, *inventory.autograd, *inventory.losses)
    names = {fact.name for fact in facts}
    if not equation.place or (path in inventory.files and (not name or name.split(".")[0] in names)):
        return []
    return [
        Finding(
            "equation-without-code",
            f"{equation.source}: {equation.name!r} names {equation.place}, which the code does not hold",
            (equation.source,),
            "Name the file and the class or function that it states.",
        )
    ]


def _equation_item(equation: NoteEquation, inventory: Inventory) -> str:
    name = equation.place.partition(":")[2].split(".")[0]
    if name in {fact.name for fact in inventory.autograd}:
        return "L2d"
    return "L2c" if name in {fact.name for fact in inventory.losses} else "L2b"


def _algorithm(inventory: Inventory) -> tuple[Block, ...]:
    algorithm = inventory.algorithm
    if algorithm is None:
        return ()
    parts: list[Inline] = [
        Ref("training"),
        Text(" gives the training procedure as the code runs it, from "),
        Code(str(algorithm.source)),
        Text(" on; logging, moving to a device and similar lines are folded away."),
    ]
    if algorithm.left_out:
        parts.append(Text(" Lines that would not fit are left out."))
    return (paragraph("M6", *parts), AlgorithmFloat("training", algorithm))


def _optimisers(inventory: Inventory) -> Iterator[Block]:
    """The optimisers of the training procedure and its schedules; all of the code where none is known."""
    algorithm = inventory.algorithm
    used = {item.source for item in algorithm.inputs if item.role == "optimiser"} if algorithm else set()
    facts = [fact for fact in inventory.optimisers if not used or fact.source in used]
    names = list(dict.fromkeys(fact.name for fact in facts if not fact.is_schedule))
    schedules = list(dict.fromkeys(fact.name for fact in facts if fact.is_schedule))
    parts: list[Inline] = []
    if len(names) == 1:
        parts += [Text("Parameters are updated by "), Code(names[0]), Text(".")]
    elif names:
        parts += [Text("The code names the optimisers "), *enumerate_code(names), Text(".")]
    if schedules:
        parts += [Text(" The learning rate follows "), *enumerate_code(schedules), Text(".")]
    if parts:
        yield paragraph("L1", *parts)


def _tuned(material: Material) -> Answer:
    """L1: the optimiser, and the settings in which the methods differ."""
    blocks: list[Block] = []
    blocks += _optimisers(material.inventory)
    table = method_table(material.table, material.study, material.settings)
    if table is not None:
        blocks.append(
            paragraph("L1", Ref(table.key), Text(" lists the settings in which the methods differ."))
        )
        blocks += [TableFloat(page) for page in pages_of(table)]
    return Answer("L1", tuple(blocks), facts=bool(blocks))
