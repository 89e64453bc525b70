"""The paper as one self-contained page on which every number leads to its evidence."""

import re
from collections.abc import Mapping
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
from paperback.paper.printed import cell_numbers, printed_numbers
from paperback.paper.printing import number_id, print_number
from paperback.render.drawing import INK
from paperback.render.folder import put
from paperback.render.graphs import draw_all
from paperback.render.html_algorithm import algorithm_html
from paperback.render.html_diff import diff_html
from paperback.render.html_evidence import evidence_html
from paperback.render.html_page import page
from paperback.render.html_table import table_html
from paperback.render.html_text import escape, escape_breakable, is_web_address
from paperback.render.mathml import clean_formula, to_mathml, why_not_math
from paperback.render.numbering import Kind, Numbering, number_document
from paperback.render.objections import bare_formula, no_place, no_work
from paperback.render.references import ending, format_reference, tied
from paperback.source import digest
from paperback.story.architecture import Architecture
from paperback.story.graph import AnyGraph
from paperback.story.table import Table

_LONG_FORMULA = 130


def write_html(
    document: Document, path: Path, *, figures: Mapping[str, bytes] | None = None
) -> list[Finding]:
    """What could not be printed as written; the page stands at `path`, loads nothing and runs nothing.

    Args:
        document: The paper.
        path: The file; not written again where nothing changed.
        figures: The graphs as SVG by key; drawn here where None.

    Raises:
        RenderError: The file cannot be written.
    """
    drawn = draw_all(document, format="svg") if figures is None else figures
    writer = _Writer(number_document(document), drawn)
    put(path, writer.document(document))
    return list(dict.fromkeys(writer.findings))


class _Writer:
    """The nodes of one document as HTML; gathers findings and the places of numbers on the way."""

    def __init__(self, numbering: Numbering, figures: Mapping[str, bytes]) -> None:
        self._numbering = numbering
        self._figures = figures
        self._placed: set[str] = set()
        self._printed: dict[str, list[str]] = {}
        self.findings = list(numbering.findings)

    def document(self, document: Document) -> str:
        names = ", ".join(document.authors) or "Anonymous"
        parts = [
            f"<header>\n<h1>{escape_breakable(document.title)}</h1>",
            f'<p class="authors">{escape_breakable(names)}</p>\n</header>',
            self._abstract(document.abstract),
            self._contents(document),
            *(self._section(section, 2) for section in document.sections),
            self._references(document),
        ]
        numbers = printed_numbers(document)
        parts.append(evidence_html(numbers, self._printed) if numbers else "")
        parts.append(f"<footer>{escape_breakable(document.footer)}</footer>" if document.footer else "")
        return page(document.title, "\n".join(part for part in parts if part))

    def _abstract(self, abstract: tuple[Paragraph, ...]) -> str:
        body = "".join(f"<p>{self._parts(paragraph.parts)}</p>\n" for paragraph in abstract)
        return f'<section class="abstract">\n<h2>Abstract</h2>\n{body}</section>' if body else ""

    def _contents(self, document: Document) -> str:
        rows = [self._entry(section) for section in document.sections]
        for anchor, title, shown in (
            ("references", "References", document.references),
            ("evidence", "Evidence", printed_numbers(document)),
        ):
            if shown:
                rows.append(f'<li><a href="#{anchor}">{title}</a></li>')
        return (
            f'<nav aria-label="Contents">\n<h2>Contents</h2>\n<ol>{"".join(rows)}</ol>\n</nav>'
            if rows
            else ""
        )

    def _entry(self, section: Section) -> str:
        place = self._numbering.floats["section", section.key]
        inner = "".join(self._entry(part) for part in section.sections)
        link = f'<a href="#{place.anchor}">{place.number}&ensp;{escape(section.title)}</a>'
        return f"<li>{link}{f'<ol>{inner}</ol>' if inner else ''}</li>"

    def _section(self, section: Section, level: int) -> str:
        number = self._numbering.floats["section", section.key].number
        head = (
            f"<h{level}{self._id('section', section.key)}>"
            f'<span class="no">{number}</span>{escape_breakable(section.title)}</h{level}>'
        )
        body = [self._block(block) for block in section.blocks]
        return "\n".join([head, *body, *(self._section(part, level + 1) for part in section.sections)])

    def _id(self, kind: Kind, key: str) -> str:
        anchor = self._numbering.floats[kind, key].anchor
        if anchor in self._placed:
            return ""
        self._placed.add(anchor)
        return f' id="{anchor}"'

    def _block(self, block: Block) -> str:
        match block:
            case Paragraph(parts=parts):
                return f"<p>{self._parts(parts)}</p>"
            case ItemList(items=items, ordered=ordered):
                tag = "ol" if ordered else "ul"
                return f"<{tag}>{''.join(f'<li>{self._parts(item.parts)}</li>' for item in items)}</{tag}>"
            case Equation():
                return self._equation(block)
            case TableFloat(table=table):
                return self._table(table)
            case GraphFloat(graph=graph):
                return self._drawing(graph, "graph", self._parts(block.caption))
            case AlgorithmFloat():
                return self._algorithm(block)
            case DiagramFloat(architecture=architecture):
                return self._drawing(architecture, "diagram", escape_breakable(architecture.caption))
            case DiffFloat():
                return self._diff(block)
        assert_never(block)

    def _equation(self, equation: Equation) -> str:
        made = self._formula(equation.latex, block=equation)
        wide = "formula long" if len(clean_formula(equation.latex)) > _LONG_FORMULA else "formula"
        if not equation.key:
            return f'<div class="{wide}">{made}</div>'
        number = self._numbering.floats["equation", equation.key].number
        # With what the formula was when it was written: an edit of the page shows.
        marks = f'data-key="{escape(equation.key)}" data-sum="{digest(made.encode())}"'
        named = self._id("equation", equation.key)
        return f'<div class="{wide}"{named} {marks}>{made}<span>({number})</span></div>'

    def _table(self, table: Table) -> str:
        place = self._numbering.floats["table", table.key]
        for _, cells in table.rows:
            for cell in cells:
                for number in cell_numbers(cell, table):
                    self._prints(number_id(number.quantity), place.anchor)
        caption = f"<figcaption><b>{escape(place.words)}.</b> {escape_breakable(table.caption)}</figcaption>"
        return (
            f'<figure class="table"{self._id("table", table.key)}>\n{caption}\n{table_html(table)}\n</figure>'
        )

    def _drawing(self, graph: AnyGraph | Architecture, name: str, words: str) -> str:
        place = self._numbering.floats["figure", graph.key]
        drawn = _inlined(self._figures[graph.key].decode(), place.anchor, graph.caption)
        caption = f"<figcaption><b>{escape(place.words)}.</b> {words}</figcaption>"
        return f'<figure class="{name}"{self._id("figure", graph.key)}>\n{drawn}\n{caption}\n</figure>'

    def _algorithm(self, block: AlgorithmFloat) -> str:
        place = self._numbering.floats["algorithm", block.key]
        title = escape_breakable(block.algorithm.title)
        return (
            f'<figure class="algorithm"{self._id("algorithm", block.key)}>\n'
            f"<figcaption><b>{escape(place.words)}.</b> {title}</figcaption>\n"
            f"{algorithm_html(block.algorithm)}\n</figure>"
        )

    def _diff(self, block: DiffFloat) -> str:
        place = self._numbering.floats["listing", block.key]
        caption = f"<b>{escape(place.words)}.</b> {escape_breakable(block.diff.caption)}"
        return (
            f'<figure class="listing"{self._id("listing", block.key)}>\n'
            f"<figcaption>{caption}</figcaption>\n{diff_html(block.diff)}\n</figure>"
        )

    def _references(self, document: Document) -> str:
        if not document.references:
            return ""
        rows = []
        for position, reference in enumerate(document.references, start=1):
            made = format_reference(reference)
            venue = f"<i>{escape_breakable(made.venue)}</i>" if made.venue else ""
            last = ", ".join(filter(None, (venue, escape(made.details), escape(made.year))))
            address = f'<a href="{escape(made.url)}">{escape_breakable(made.url)}</a>' if made.url else ""
            authors = escape_breakable(made.authors + ending(made.authors)) if made.authors else ""
            title = escape_breakable(made.title) + ending(made.title)
            text = " ".join(filter(None, (authors, title, f"{last}." if last else "", address)))
            rows.append(f'<li id="ref:{position}">{text}</li>')
        return f'<h2 id="references">References</h2>\n<ol class="works">\n{chr(10).join(rows)}\n</ol>'

    def _parts(self, parts: tuple[Inline, ...]) -> str:
        return "".join(self._inline(part) for part in tied(parts))

    def _inline(self, part: Inline) -> str:
        match part:
            case Text(words=words):
                return escape_breakable(words)
            case Emphasis(parts=parts):
                return f"<em>{self._parts(parts)}</em>"
            case Strong(parts=parts):
                return f"<strong>{self._parts(parts)}</strong>"
            case Code(text=text):
                return f"<code>{escape_breakable(text)}</code>"
            case Math(latex=latex):
                return self._formula(latex)
            case Cite(keys=keys):
                return self._cite(keys)
            case Link(url=url, parts=parts):
                inner = self._parts(parts)
                return f'<a href="{escape(url)}">{inner}</a>' if is_web_address(url) else inner
            case Number():
                return self._number(part)
            case Ref(key=key):
                return self._ref(key)
        assert_never(part)

    def _number(self, number: Number) -> str:
        name = number_id(number.quantity)
        place = f"n:{len(self._printed.get(name, ())) + 1}:{name}"
        self._prints(name, place)
        return f'<a class="n" id="{place}" href="#e:{name}">{escape(print_number(number))}</a>'

    def _prints(self, name: str, place: str) -> None:
        places = self._printed.setdefault(name, [])
        if place not in places:
            places.append(place)

    def _formula(self, latex: str, *, block: Equation | None = None) -> str:
        formula = clean_formula(latex)
        why = why_not_math(formula)
        if why:
            self.findings.append(bare_formula(latex, why, None if block is None else block.source))
            return f"<code>{escape_breakable(latex)}</code>"
        return to_mathml(formula, display=block is not None)

    def _cite(self, keys: tuple[str, ...]) -> str:
        self.findings += [no_work(key) for key in keys if key not in self._numbering.works]
        numbers = sorted({self._numbering.works[key] for key in keys if key in self._numbering.works})
        links = ", ".join(f'<a href="#ref:{number}">{number}</a>' for number in numbers)
        return f"[{links or '<b>?</b>'}]"

    def _ref(self, key: str) -> str:
        place = self._numbering.places.get(key)
        if place is None:
            self.findings.append(no_place(key))
            return "<b>??</b>"
        return f'<a href="#{place.anchor}">{escape(place.words)}</a>'


def _inlined(svg: str, anchor: str, alt: str) -> str:
    """The drawing inside the page: own ids, ink in the colour of the text, words for who cannot see it."""
    own = re.sub(r'(?<=\sid=")(?=[^"]+")', f"{anchor}-", svg)
    own = re.sub(r"(?<=url\(#)|(?<=href=\"#)", f"{anchor}-", own)
    own = own.replace(INK, "currentColor").replace("#d5d8dc", "var(--line)").replace("xlink:href", "href")
    own = re.sub(r'\s(?:xmlns(?::\w+)?|version)="[^"]*"', "", own)
    own = re.sub(r'(<svg[^>]*?)\swidth="[^"]*"', r"\1", own, count=1)
    own = re.sub(r'(<svg[^>]*?)\sheight="[^"]*"', r"\1", own, count=1)
    return own.replace("<svg", f'<svg role="img" aria-label="{escape(alt)}"', 1)
