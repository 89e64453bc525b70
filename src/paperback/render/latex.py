"""The paper as a LaTeX project that compiles unedited, every number of it named."""

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
from paperback.paper.printed import blocks, inlines_of
from paperback.paper.printing import print_key, print_number
from paperback.render.bibtex import references_bib
from paperback.render.folder import put_all, safe_name
from paperback.render.graphs import draw_all
from paperback.render.latex_algorithm import algorithm_body
from paperback.render.latex_diff import diff_body
from paperback.render.latex_shell import abstract_block, ending, preamble, title_block
from paperback.render.latex_table import table_body
from paperback.render.mathml import clean_formula, why_not_math
from paperback.render.numbering import Numbering, number_document
from paperback.render.objections import bare_formula, no_place, no_work
from paperback.render.references import tied
from paperback.render.tex_text import boxed, escape, escape_breakable, escape_code, guarded, join, tex_formula

TEXT_WIDTH = 404.0
_REF = {
    "section": "Section",
    "table": "Table",
    "figure": "Figure",
    "equation": "Eq.",
    "algorithm": "Algorithm",
    "listing": "Listing",
}


def write_latex(
    document: Document, folder: Path, *, figures: Mapping[str, bytes] | None = None
) -> list[Finding]:
    """What could not be printed as written; the project stands in `folder` and compiles unedited.

    The files are main.tex, values.tex, references.bib, tables/KEY.tex and figures/KEY.pdf.

    Args:
        document: The paper.
        folder: Made where it is missing; files that did not change are not written again.
        figures: The graphs as PDF by key; drawn here where None.

    Raises:
        RenderError: The folder cannot be written.
    """
    writer = _Writer(number_document(document))
    drawn = draw_all(document, format="pdf") if figures is None else figures
    files: dict[str, str | bytes] = {"main.tex": writer.document(document), "values.tex": _values(document)}
    if document.references:
        files["references.bib"] = references_bib(document.references)
    files |= {f"tables/{key}.tex": text for key, text in writer.tables.items()}
    files |= {f"figures/{safe_name(key)}.pdf": data for key, data in drawn.items()}
    put_all(folder, files)
    return writer.told()


class _Writer:
    """The nodes of one document as LaTeX; gathers tables and findings on the way."""

    def __init__(self, numbering: Numbering) -> None:
        self._numbering = numbering
        self._findings = list(numbering.findings)
        self._boxed: set[str] = set()
        self._labelled: set[str] = set()
        self.tables: dict[str, str] = {}

    def document(self, document: Document) -> str:
        abstract = "\n\n".join(self._parts(paragraph.parts) for paragraph in document.abstract)
        kinds = {type(block) for block in blocks(document)}
        body = [
            preamble(algorithms=AlgorithmFloat in kinds, listings=DiffFloat in kinds),
            title_block(self._words(document.title), [self._words(name) for name in document.authors]),
            abstract_block(abstract) if abstract.strip() else "",
            *(self._section(section, "section") for section in document.sections),
            ending(works=bool(document.references), footer=self._words(document.footer)),
        ]
        return "\n".join(body)

    def told(self) -> list[Finding]:
        if self._boxed:
            shown = " ".join(sorted(self._boxed)[:12])
            self._findings.append(
                Finding(
                    "character-not-printed", f"LaTeX prints {len(self._boxed)} characters as boxes: {shown}"
                )
            )
        return list(dict.fromkeys(self._findings))

    def _words(self, words: str) -> str:
        self._boxed.update(boxed(words))
        return escape_breakable(words)

    def _section(self, section: Section, command: str) -> str:
        label = self._label(section.key)
        lines = [f"\\{command}{{{self._words(section.title)}}}{label}"]
        lines.append(self._blocks(section.blocks))
        lines += [self._section(inner, "subsection").rstrip() for inner in section.sections]
        return "\n\n".join(line for line in lines if line) + "\n"

    def _blocks(self, written: tuple[Block, ...]) -> str:
        text = ""
        for before, block in zip((None, *written), written, strict=False):
            # A formula belongs to the sentence around it: no paragraph ends before it or before its "where".
            joined = isinstance(block, Equation) or (isinstance(before, Equation) and _goes_on(block))
            text += ("" if before is None else "\n" if joined else "\n\n") + self._block(block)
        return text

    def _label(self, key: str) -> str:
        place = self._numbering.places.get(key)
        if place is None or place.anchor in self._labelled:
            return ""
        self._labelled.add(place.anchor)
        return f"\\label{{{place.anchor}}}"

    def _block(self, block: Block) -> str:
        match block:
            case Paragraph(parts=parts):
                return guarded(self._parts(parts)).strip()
            case ItemList(items=items, ordered=ordered):
                kind = "enumerate" if ordered else "itemize"
                lines = [f"  \\item {guarded(self._parts(item.parts).strip())}" for item in items]
                return "\n".join([rf"\begin{{{kind}}}", *lines, rf"\end{{{kind}}}"]) if lines else ""
            case Equation():
                return self._equation(block)
            case TableFloat():
                return self._table(block)
            case GraphFloat():
                return self._graph(block)
            case AlgorithmFloat():
                return self._algorithm(block)
            case DiagramFloat():
                return self._diagram(block)
            case DiffFloat():
                return self._diff(block)
        assert_never(block)

    def _equation(self, equation: Equation) -> str:
        formula = clean_formula(equation.latex)
        why = why_not_math(formula)
        if why:
            self._findings.append(bare_formula(equation.latex, why, equation.source))
            return (
                f"\\begin{{center}}{self._label(equation.key)}\n{self._code(equation.latex)}\n\\end{{center}}"
            )
        name = "equation" if equation.key else "equation*"
        label = self._label(equation.key) if equation.key else ""
        return f"\\begin{{{name}}}{label}\n  \\pbfit{{{tex_formula(formula)}}}\n\\end{{{name}}}"

    def _table(self, block: TableFloat) -> str:
        table, name = block.table, safe_name(block.table.key)
        star = "*" if block.wide else ""
        words = [table.caption, table.note, table.stub, *table.columns, *(row for row, _ in table.rows)]
        self._boxed.update(character for text in words for character in boxed(text))
        self.tables[name] = table_body(table, TEXT_WIDTH)
        again = "  \\ContinuedFloat\n" if table.continues else ""
        return (
            f"\\begin{{table{star}}}[tbp]\n{again}  \\centering\n  \\caption{{{self._words(table.caption)}}}"
            f"{self._label(table.key)}\n  \\input{{tables/{name}}}\n\\end{{table{star}}}"
        )

    def _graph(self, block: GraphFloat) -> str:
        graph, star = block.graph, "*" if block.wide else ""
        return (
            f"\\begin{{figure{star}}}[tbp]\n  \\centering\n"
            f"  \\includegraphics[width=\\linewidth]{{figures/{safe_name(graph.key)}.pdf}}\n"
            f"  \\caption{{{self._parts(block.caption)}}}{self._label(graph.key)}\n\\end{{figure{star}}}"
        )

    def _diagram(self, block: DiagramFloat) -> str:
        drawn = block.architecture
        return (
            "\\begin{figure}[tbp]\n  \\centering\n"
            f"  \\includegraphics{{figures/{safe_name(drawn.key)}.pdf}}\n"
            f"  \\caption{{{self._words(drawn.caption)}}}{self._label(drawn.key)}\n\\end{{figure}}"
        )

    def _algorithm(self, block: AlgorithmFloat) -> str:
        self._boxed.update(boxed(str(block.algorithm)))
        return (
            f"\\begin{{algorithm}}[tbp]\n  \\caption{{{self._words(block.algorithm.title)}}}"
            f"{self._label(block.key)}\n{algorithm_body(block.algorithm)}\n\\end{{algorithm}}"
        )

    def _diff(self, block: DiffFloat) -> str:
        diff = block.diff
        self._boxed.update(character for line in diff.lines for character in boxed(line.text))
        return (
            f"\\begin{{listing}}[tbp]\n  \\caption{{{self._words(diff.caption)}}}{self._label(block.key)}\n"
            f"{diff_body(diff)}\n\\end{{listing}}"
        )

    def _parts(self, parts: tuple[Inline, ...]) -> str:
        return join(self._inline(part) for part in tied(parts))

    def _inline(self, part: Inline) -> str:
        match part:
            case Text(words=words):
                return self._words(words)
            case Emphasis(parts=parts):
                return f"\\emph{{{self._parts(parts)}}}"
            case Strong(parts=parts):
                return f"\\textbf{{{self._parts(parts)}}}"
            case Code(text=text):
                return self._code(text)
            case Math(latex=latex):
                return self._math(latex)
            case Cite(keys=keys):
                return self._cite(keys)
            case Link(url=url, parts=parts):
                return f"\\href{{{tex_url(url)}}}{{{self._parts(parts)}}}"
            case Number():
                return f"\\pbvalue{{{print_key(part)}}}"
            case Ref(key=key):
                return self._ref(key)
        assert_never(part)

    def _code(self, text: str) -> str:
        self._boxed.update(boxed(text))
        return f"\\texttt{{{escape_code(text)}}}"

    def _math(self, latex: str) -> str:
        formula = clean_formula(latex)
        why = why_not_math(formula)
        if why:
            self._findings.append(bare_formula(latex, why, None))
            return self._code(latex)
        return f"${tex_formula(formula)}$"

    def _cite(self, keys: tuple[str, ...]) -> str:
        known = [key for key in keys if key in self._numbering.works]
        self._findings += [no_work(key) for key in keys if key not in self._numbering.works]
        if not known:
            return r"[\textbf{?}]"
        return f"\\citep{{{','.join(safe_name(key) for key in known)}}}"

    def _ref(self, key: str) -> str:
        place = self._numbering.places.get(key)
        if place is None:
            self._findings.append(no_place(key))
            return r"\textbf{??}"
        command = r"\eqref" if place.kind == "equation" else r"\ref"
        return f"{_REF[place.kind]}~{command}{{{place.anchor}}}"


def _goes_on(block: Block) -> bool:
    match block:
        case Paragraph(parts=(Text(words=words), *_)):
            return words.lstrip()[:1].islower()
    return False


def tex_url(url: str) -> str:
    r"""The address as an argument of `\href`, percent-encoded where TeX would read a command."""
    encoded = "".join(
        character if re.match(r"[A-Za-z0-9:/?@!'()*+,;=._\-\[\]|]", character) else _percent(character)
        for character in url
    )
    return encoded.replace("_", r"\_")


def _percent(character: str) -> str:
    if character in "%#&~":
        return f"\\{character}" if character != "~" else r"\string~"
    return "".join(f"\\%{byte:02X}" for byte in character.encode("utf-8", "replace"))


def _values(document: Document) -> str:
    numbers = [part for part in inlines_of(blocks(document)) if isinstance(part, Number)]
    lines = {f"\\pbset{{{print_key(n)}}}{{{escape(print_number(n))}}}" for n in numbers}
    return "\n".join(["% The digits of the text; refreshed with the evidence.", *sorted(lines), ""])
