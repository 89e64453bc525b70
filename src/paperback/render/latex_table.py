"""Tables as LaTeX: rules of booktabs, and every number with its name."""

from typing import assert_never

from paperback.paper.document import Number
from paperback.paper.printing import number_id, print_number
from paperback.render.cells import cell_pieces, mark_of, missing_told
from paperback.render.layout import Column, Layout, lay_out, rules_before
from paperback.render.mathml import clean_formula, why_not_math
from paperback.render.tex_text import escape, escape_breakable, escape_code, guarded, tex_formula
from paperback.story.table import (
    Cell,
    CodeCell,
    EstimateCell,
    IntervalCell,
    MathCell,
    MissingCell,
    QuantityCell,
    Table,
    TextCell,
)

_MARKS = {"best": r"\textbf", "next": r"\underline"}
_SIZES = {9.0: r"\small", 8.0: r"\footnotesize"}


def table_body(table: Table, width: float) -> str:
    """The file `tables/<key>.tex`: one tabular per panel, and the legend below."""
    layout = lay_out(table, width)
    panels = "\n\\par\\vspace{6pt}\n".join(_panel(table, layout, columns) for columns in layout.panels)
    setting = f"{_SIZES[layout.size]}\\setlength{{\\tabcolsep}}{{{layout.gap / 2:g}pt}}"
    return f"{{\\centering{setting}\n{panels}\n\\par}}\n{_note(table)}"


def _panel(table: Table, layout: Layout, columns: tuple[Column, ...]) -> str:
    stub = "l" if layout.stub is None else rf">{{\raggedright\arraybackslash}}p{{{layout.stub:.0f}pt}}"
    preamble = f"@{{}}{stub}{''.join(_column(column) for column in columns)}@{{}}"
    lines = [rf"\begin{{tabular}}{{{preamble}}}", r"\toprule", _head(table, columns), r"\midrule"]
    rules = rules_before(table)
    for position, (name, cells) in enumerate(table.rows):
        if position in rules:
            lines.append(r"\midrule")
        shown = [guarded(escape_breakable(name)), *(_cell(cells[c.index], table) for c in columns)]
        lines.append("  " + " & ".join(shown) + r" \\")
    return "\n".join([*lines, r"\bottomrule", r"\end{tabular}"])


def _column(column: Column) -> str:
    if column.width is not None:
        return rf">{{\raggedright\arraybackslash}}p{{{column.width:.0f}pt}}"
    return "r" if column.numeric else "l"


def _head(table: Table, columns: tuple[Column, ...]) -> str:
    depth = max(len(column.header) for column in columns)
    lines = []
    for level in range(depth):
        # Headers stand on the rule: shorter ones are filled from above.
        cells = [escape_breakable(table.stub) if level == depth - 1 else ""]
        for column in columns:
            missing = depth - len(column.header)
            cells.append(escape(column.header[level - missing]) if level >= missing else "")
        lines.append("  " + " & ".join([guarded(cells[0]), *cells[1:]]) + r" \\")
    return "\n".join(lines)


def _cell(cell: Cell, table: Table) -> str:
    match cell:
        case EstimateCell() | QuantityCell() | IntervalCell():
            return _numbers(cell, table)
        case TextCell(words):
            return escape_breakable(words)
        case CodeCell(text):
            return f"\\texttt{{{escape_code(text)}}}"
        case MathCell(latex, words):
            formula = clean_formula(latex)
            return (
                f"\\texttt{{{escape_code(words)}}}" if why_not_math(formula) else f"${tex_formula(formula)}$"
            )
        case MissingCell(sign=sign):
            return escape(sign)
    assert_never(cell)


def _numbers(cell: Cell, table: Table) -> str:
    pieces = cell_pieces(cell, table)
    shown = [_number(p) if isinstance(p, Number) else p.replace("±", r"$\pm$") for p in pieces]
    mark = mark_of(cell)
    if mark != "none":
        shown[0] = f"{_MARKS[mark]}{{{shown[0]}}}"
    return "".join(shown)


def _number(number: Number) -> str:
    return f"\\pbnum{{{number_id(number.quantity)}}}{{{escape(print_number(number))}}}"


def _note(table: Table) -> str:
    told = [escape_breakable(table.note)] if table.note else []
    told += [escape_breakable(words) for words in missing_told(table)]
    return f"\\pbnote{{{' '.join(told)}}}\n" if told else ""
