"""The equations that were derived from the code, each with its place and the verdict of its check."""

from collections.abc import Iterable, Sequence

from paperback.code.equations import Symbol
from paperback.code.stated import Statement
from paperback.finding import Finding
from paperback.notes.prose import Code, Math, Text
from paperback.paper.answer import paragraph
from paperback.paper.defined import other_meanings
from paperback.paper.document import Block, Equation, Inline, Number, Paragraph, Ref, TableFloat
from paperback.paper.facts import checked
from paperback.paper.material import Material
from paperback.paper.phrases import Parts, enumerate_parts
from paperback.source import Source
from paperback.story.notation import meaning_of, notation_table, symbol_collisions


def printed(material: Material) -> tuple[Statement, ...]:
    """The derived equations that stand in the paper.

    Where the author states the same place in the notes, the derived equation takes the author's place only
    when it was checked; an equation that nobody compared does not replace one that its author wrote.
    """
    own = {equation.place for equation in material.notes.equations if equation.place}
    return tuple(
        item for item in material.equations if item.lines and (item.place not in own or _verified(item))
    )


def equation_key(statement: Statement) -> str:
    """The key of the first line of an equation."""
    return f"equation-{statement.place.replace('/', '-').replace(':', '-').replace('.', '-')}"


def notation(material: Material, told: list[Finding]) -> tuple[Block, ...]:
    """The table of notation with the sentence that introduces it; empty without derived equations."""
    shown = printed(material)
    table = notation_table(shown)
    if table is None:
        return ()
    told += symbol_collisions(shown)
    told += other_meanings(material.notes.answers.items(), shown, material.settings.notes)
    opening = Text(" lists the symbols of the equations that were derived from the code.")
    return (paragraph("M2", Ref(table.key), opening), TableFloat(table))


def derived(material: Material, told: list[Finding]) -> tuple[Block, ...]:
    """Each derived equation: a sentence that names its place, the formula, its symbols, its verdict."""
    blocks: list[Block] = []
    known: set[tuple[str, str]] = set()
    for item in printed(material):
        blocks += _shown(item, material, known)
    told += _reasons(material.equations)
    return (*blocks, *_unchecked(printed(material)))


def _unchecked(statements: Sequence[Statement]) -> tuple[Paragraph, ...]:
    """Which equations nobody compared with the code yet, in one sentence."""
    bare = [item for item in statements if not _verified(item)]
    if not bare:
        return ()
    parts: list[Inline] = [*enumerate_parts([(Ref(equation_key(item)),) for item in bare])]
    was = "was" if len(bare) == 1 else "were"
    parts += [
        Text(f" {was} read from the code and not yet compared with it numerically; "),
        Code("paperback verify"),
        Text(" makes the comparison."),
    ]
    return (Paragraph(tuple(parts), bare[0].item),)


def _shown(item: Statement, material: Material, known: set[tuple[str, str]]) -> list[Block]:
    titles = {each.place: each.name for each in material.notes.equations}
    name = item.place.rpartition(":")[2]
    key, source = equation_key(item), Source(item.source.path, item.source.line)
    title: list[Inline] = [Text(f"{titles[item.place]}: ")] if titles.get(item.place) else []
    opening = [*title, *_opening(item, name, source)]
    blocks: list[Block] = [Paragraph(tuple(opening), item.item)]
    blocks.append(Equation(key, item.lines[0], item.source))
    if len(item.lines) > 1:
        blocks.append(Paragraph((Text("with"),), item.item))
        blocks += [Equation("", line, item.source) for line in item.lines[1:]]
    new = [symbol for symbol in item.symbols if (symbol.latex, meaning_of(symbol)) not in known]
    known |= {(symbol.latex, meaning_of(symbol)) for symbol in new}
    ending = (*_where(new), *_verdict(item, key), *_decided(item))
    return [*blocks, Paragraph(ending, item.item)] if ending else blocks


def _opening(item: Statement, name: str, source: Source) -> Parts:
    if item.objective:
        return (
            Text("Training takes the gradient of "),
            Code(item.objective),
            Text(" ("),
            Code(str(source)),
            Text("),"),
        )
    return (Code(name), Text(" ("), Code(str(source)), Text(") computes"))


def _decided(item: Statement) -> Parts:
    """What the formula holds for: arms that settings choose, values that stay letters."""
    if not item.decided:
        return ()
    said = [_with_code(words) for words in item.decided]
    return (Text(" In it, "), *enumerate_parts(said), Text("."))


def _with_code(words: str) -> Parts:
    """Words whose parts between backticks are code."""
    parts = words.split("`")
    return tuple(Code(part) if at % 2 else Text(part) for at, part in enumerate(parts) if part)


def _where(symbols: Sequence[Symbol]) -> Parts:
    named = [symbol for symbol in symbols if symbol.meaning not in ("function", "intermediate")]
    if not named:
        return ()
    sizes = [(Math(symbol.latex),) for symbol in named if _is_bare_size(symbol)]
    said = [_meant(symbol) for symbol in named if not _is_bare_size(symbol)]
    if sizes:
        words = " is the length of an axis" if len(sizes) == 1 else " are the lengths of axes"
        said.append((*enumerate_parts(sizes), Text(words)))
    return (Text("where "), *enumerate_parts(said), Text(". "))


def _is_bare_size(symbol: Symbol) -> bool:
    """Whether it is a length that the code gives no name."""
    return symbol.meaning == "size" and symbol.name.rpartition(".")[2] == symbol.latex


def _meant(symbol: Symbol) -> Parts:
    name = symbol.name.rpartition(".")[2]
    named = bool(name) and name != symbol.latex
    article = "the" if named or symbol.meaning == "output" else "an" if symbol.meaning[0] in "aeio" else "a"
    parts: list[Inline] = [Math(symbol.latex), Text(f" is {article} {symbol.meaning}")]
    return (*parts, Text(" "), Code(name)) if named else tuple(parts)


def _verdict(item: Statement, key: str) -> Parts:
    found = item.found
    if found is None or not found.verified:
        return ()
    parts: list[Inline] = [
        Ref(key),
        Text(" was compared with the code at "),
        Number(checked(found, "points")),
        Text(" points: the largest relative difference is "),
        Number(checked(found, "error")),
        Text(" in value"),
    ]
    if "gradient" in found.verdict:
        parts += [Text(" and "), Number(checked(found, "gradient_error")), Text(" in gradient")]
    return (*parts, Text("."))


def _verified(item: Statement) -> bool:
    return item.found is not None and item.found.verified


def _reasons(statements: Iterable[Statement]) -> list[Finding]:
    return [
        Finding(
            "no-equation",
            f"{item.source}: no equation of {item.place} is printed: {item.reason}",
            (item.source,),
        )
        for item in statements
        if not item.lines
    ]
