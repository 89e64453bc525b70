"""The paper as Typst, for the preview that needs nothing installed."""

from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path
from typing import assert_never

from paperback.finding import Finding
from paperback.notes.prose import Cite, Code, Emphasis, Link, Math, Strong, Text
from paperback.paper.document import (
    AlgorithmFloat,
    Block,
    DiagramFloat,
    DiffFloat,
    Document,
    Equation,
    GraphFloat,
    Inline,
    ItemList,
    Number,
    Paragraph,
    Ref,
    Section,
    TableFloat,
)
from paperback.paper.printing import number_id, print_number
from paperback.render.diagram import diagram_width
from paperback.render.folder import put_all, safe_name
from paperback.render.graphs import draw_all
from paperback.render.mathml import clean_formula, why_not_math
from paperback.render.numbering import Kind, Numbering, number_document
from paperback.render.objections import bare_formula, no_place, no_work
from paperback.render.references import ending, format_reference, tied
from paperback.render.typst_algorithm import algorithm_box
from paperback.render.typst_diff import diff_box
from paperback.render.typst_math import typst_formula
from paperback.render.typst_table import table_panels
from paperback.render.typst_text import content, literal, literal_exact

_SCHEMES = ("https://", "http://", "mailto:")


def write_typst(
    document: Document, folder: Path, *, figures: Mapping[str, bytes] | None = None
) -> list[Finding]:
    """What could not be printed as written; main.typ and figures/KEY.svg stand in `folder`.

    Args:
        document: The paper.
        folder: Made where it is missing; files that did not change are not written again.
        figures: The graphs as SVG by key; drawn here where None.

    Raises:
        RenderError: The folder cannot be written.
    """
    writer = _Writer(number_document(document))
    drawn = draw_all(document, format="svg") if figures is None else figures
    written: dict[str, str | bytes] = {"main.typ": writer.document(document)}
    put_all(folder, written | {f"figures/{safe_name(key)}.svg": data for key, data in drawn.items()})
    return list(dict.fromkeys(writer.findings))


class _Writer:
    """The nodes of one document as Typst; gathers findings on the way."""

    def __init__(self, numbering: Numbering) -> None:
        self._numbering = numbering
        self._placed: set[str] = set()
        self.findings = list(numbering.findings)

    def document(self, document: Document) -> str:
        names = ", ".join(document.authors) or "Anonymous"
        lines = [
            f"#set document(title: {literal_exact(document.title)}, author: {literal_exact(names)})",
            (files("paperback.render") / "preamble.typ").read_text("utf-8"),
            # Itself a float, the first one: no table can rise above the title.
            "#place(top, float: true, clearance: 1.6em, block(width: 100%)[",
            f'#align(center, block(below: 1.6em, text(17pt, weight: "bold", hyphenate: false, '
            f"{{ set par(leading: 0.5em); {literal(document.title)} }})))",
            f"#align(center, block(below: 2em, text(11.5pt, {literal(names)})))",
            self._abstract(document.abstract),
            "])",
            *(self._section(section, 1) for section in document.sections),
            self._references(document),
            f"#v(1em)\n#text(8pt, fill: luma(110), {literal(document.footer)})" if document.footer else "",
        ]
        return "\n\n".join(line for line in lines if line) + "\n"

    def _abstract(self, abstract: tuple[Paragraph, ...]) -> str:
        if not any(paragraph.parts for paragraph in abstract):
            return ""
        body = "\n\n".join(self._parts(paragraph.parts) for paragraph in abstract)
        return (
            '#pad(x: 2.2em, bottom: 0.6em, text(9pt)[#align(center, block(below: 0.8em, strong("Abstract")))'
            f"\n#set par(first-line-indent: 0em)\n{body}\n])"
        )

    def _section(self, section: Section, level: int) -> str:
        head = f"#heading(level: {level}, {literal(section.title)}){self._label(section.key)}"
        inner = [self._section(part, level + 1) for part in section.sections]
        return "\n\n".join([head, *(self._block(block) for block in section.blocks), *inner])

    def _label(self, key: str) -> str:
        place = self._numbering.places.get(key)
        if place is None or place.anchor in self._placed:
            return ""
        self._placed.add(place.anchor)
        return f"#label({literal_exact(place.anchor)})"

    def _block(self, block: Block) -> str:
        match block:
            case Paragraph(parts=parts):
                return self._parts(parts)
            case ItemList(items=items, ordered=ordered):
                made = ", ".join(f"[{self._parts(item.parts)}]" for item in items)
                return f"#{'enum' if ordered else 'list'}({made})"
            case Equation():
                return self._equation(block)
            case TableFloat(table=table):
                caption = self._caption("table", table.key, table.caption)
                return f"#figure(kind: table, {caption}, {table_panels(table)}){self._label(table.key)}"
            case GraphFloat(graph=graph):
                path = quoted_path(graph.key)
                drawn = f"image({path}, width: 100%, alt: {literal_exact(graph.caption)})"
                place = self._numbering.floats["figure", graph.key]
                words = self._parts(block.caption)
                caption = f"caption: [#strong({literal(place.words + '.')}) {words}]"
                return f"#figure(kind: image, {caption}, {drawn}){self._label(graph.key)}"
            case AlgorithmFloat(key=key, algorithm=algorithm):
                words = self._numbering.floats["algorithm", key].words
                title = f"#strong({literal(words + '.')}) {content(algorithm.title)}"
                return f'#figure(kind: "algorithm", {algorithm_box(algorithm, title)}){self._label(key)}'
            case DiagramFloat():
                return self._diagram(block)
            case DiffFloat(key=key, diff=diff):
                caption = self._caption("listing", key, diff.caption)
                return f'#figure(kind: "listing", {caption}, {diff_box(diff)}){self._label(key)}'
        assert_never(block)

    def _diagram(self, block: DiagramFloat) -> str:
        shown = block.architecture
        drawn = (
            f"image({quoted_path(shown.key)}, width: {diagram_width(shown):.3f}in, "
            f"alt: {literal_exact(shown.caption)})"
        )
        caption = self._caption("figure", shown.key, shown.caption)
        return f"#figure(kind: image, {caption}, {drawn}){self._label(shown.key)}"

    def _caption(self, kind: Kind, key: str, caption: str) -> str:
        place = self._numbering.floats[kind, key]
        return f"caption: [#strong({literal(place.words + '.')}) #{literal(caption)};]"

    def _equation(self, equation: Equation) -> str:
        formula = clean_formula(equation.latex)
        made = typst_formula(formula, display=True)
        label = self._label(equation.key) if equation.key else ""
        if made is None:
            why = why_not_math(formula) or "the preview cannot set it"
            self.findings.append(bare_formula(equation.latex, why, equation.source))
            return f"#align(center, code({literal(equation.latex)})){label}"
        number = self._numbering.floats["equation", equation.key].number if equation.key else ""
        return f'#formula("{number}", {made}){label}'

    def _references(self, document: Document) -> str:
        if not document.references:
            return ""
        rows = []
        for position, reference in enumerate(document.references, start=1):
            made = format_reference(reference)
            venue = ", ".join(filter(None, (f"#emph({literal(made.venue)});" if made.venue else "",
                                            content(made.details), content(made.year))))  # fmt: skip
            parts = [
                content(made.authors + ending(made.authors)) if made.authors else "",
                content(made.title + ending(made.title)),
            ]
            parts.append(f'{venue}#".";' if venue else "")
            parts.append(f"#link({literal_exact(made.url)}, code({literal(made.url)}));" if made.url else "")
            rows.append(f'[#"[{position}]";#label("ref:{position}")], [{" ".join(filter(None, parts))}]')
        return (
            '#heading(level: 1, numbering: none, "References")\n\n'
            "#set text(9pt)\n#set par(first-line-indent: 0em)\n"
            f"#grid(columns: (auto, 1fr), column-gutter: 0.6em, row-gutter: 0.75em, {', '.join(rows)})"
        )

    def _parts(self, parts: tuple[Inline, ...]) -> str:
        return "".join(self._inline(part) for part in tied(parts))

    def _inline(self, part: Inline) -> str:
        match part:
            case Text(words=words):
                return content(words)
            case Emphasis(parts=parts):
                return f"#emph[{self._parts(parts)}];"
            case Strong(parts=parts):
                return f"#strong[{self._parts(parts)}];"
            case Code(text=text):
                return f"#code({literal(text)});"
            case Math(latex=latex):
                return self._math(latex)
            case Cite(keys=keys):
                return self._cite(keys)
            case Link(url=url, parts=parts):
                inner = self._parts(parts)
                return f"#link({literal_exact(url)})[{inner}];" if url.startswith(_SCHEMES) else inner
            case Number(quantity=quantity):
                return f"#pbnum({literal_exact(number_id(quantity))}, {literal(print_number(part))});"
            case Ref(key=key):
                return self._ref(key)
        assert_never(part)

    def _math(self, latex: str) -> str:
        formula = clean_formula(latex)
        made = typst_formula(formula, display=False)
        if made is not None:
            return made
        self.findings.append(bare_formula(latex, why_not_math(formula) or "the preview cannot set it", None))
        return f"#code({literal(latex)});"

    def _cite(self, keys: tuple[str, ...]) -> str:
        self.findings += [no_work(key) for key in keys if key not in self._numbering.works]
        numbers = sorted({self._numbering.works[key] for key in keys if key in self._numbering.works})
        links = '#", ";'.join(f'#link(label("ref:{n}"), "{n}");' for n in numbers)
        return f'#"[";{links or "#strong(" + chr(34) + "?" + chr(34) + ");"}#"]";'

    def _ref(self, key: str) -> str:
        place = self._numbering.places.get(key)
        if place is None:
            self.findings.append(no_place(key))
            return '#strong("??");'
        return f"#link(label({literal_exact(place.anchor)}), {literal_exact(place.words)});"


def quoted_path(key: str) -> str:
    """The path of a drawn graph as a Typst string."""
    return literal_exact(f"figures/{safe_name(key)}.svg")
