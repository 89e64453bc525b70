"""Tables as Typst, with the rules and the layout of the LaTeX ones."""

from typing import assert_never

from paperback.paper.document import Number
from paperback.paper.printing import number_id, print_number
from paperback.render.cells import cell_pieces, mark_of, missing_told
from paperback.render.layout import Column, Layout, lay_out, rules_before
from paperback.render.mathml import clean_formula
from paperback.render.typst_math import typst_formula
from paperback.render.typst_text import content, literal, literal_exact
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

TEXT_WIDTH = 402.0
_MARKS = {"best": "strong", "next": "underline"}
_HEAVY, _LIGHT = "0.08em", "0.05em"


def table_panels(table: Table) -> str:
    """The body of a figure: panels one above the other, and the legend below."""
    layout = lay_out(table, TEXT_WIDTH)
    panels = [_panel(table, layout, columns) for columns in layout.panels]
    return f"stack(spacing: 0.9em, {', '.join([*panels, *_note(table)])})"


def _panel(table: Table, layout: Layout, columns: tuple[Column, ...]) -> str:
    widths = ["auto" if layout.stub is None else f"{layout.stub:.0f}pt"]
    widths += ["auto" if column.width is None else f"{column.width:.0f}pt" for column in columns]
    aligns = ["left", *("right" if c.numeric and c.width is None else "left" for c in columns)]
    half = layout.gap / 2
    inset = (
        f"inset: (x, _) => (left: if x == 0 {{ 0pt }} else {{ {half:g}pt }}, "
        f"right: if x == {len(columns)} {{ 0pt }} else {{ {half:g}pt }}, y: 2.6pt)"
    )
    body = [
        f"rule({_HEAVY})",
        _head(table, columns),
        f"rule({_LIGHT})",
        *_rows(table, columns),
        f"rule({_HEAVY})",
    ]
    return (
        f"align(center, text({layout.size:g}pt, table(columns: ({', '.join(widths)},), stroke: none, "
        f"align: ({', '.join(aligns)},), {inset},\n  {(',' + chr(10) + '  ').join(body)})))"
    )


def _head(table: Table, columns: tuple[Column, ...]) -> str:
    cells = [f"table.cell(align: left + bottom)[{content(table.stub)}]"]
    for column in columns:
        lines = "#linebreak();".join(content(line) for line in column.header)
        side = "right" if column.numeric and column.width is None else "left"
        cells.append(f"table.cell(align: {side} + bottom)[{lines}]")
    return f"table.header({', '.join(cells)})"


def _rows(table: Table, columns: tuple[Column, ...]) -> list[str]:
    rules, lines = rules_before(table), []
    for position, (name, cells) in enumerate(table.rows):
        if position in rules:
            lines.append(f"rule({_LIGHT})")
        shown = [f"[{content(name)}]", *(f"[{_cell(cells[c.index], table)}]" for c in columns)]
        lines.append(", ".join(shown))
    return lines


def _cell(cell: Cell, table: Table) -> str:
    match cell:
        case EstimateCell() | QuantityCell() | IntervalCell():
            return _numbers(cell, table)
        case TextCell(words):
            return content(words)
        case CodeCell(text):
            return f"#code({literal(text)});"
        case MathCell(latex, words):
            formula = typst_formula(clean_formula(latex), display=False)
            return f"#code({literal(words)});" if formula is None else formula
        case MissingCell(sign=sign):
            return content(sign)
    assert_never(cell)


def _numbers(cell: Cell, table: Table) -> str:
    pieces = cell_pieces(cell, table)
    shown = [_number(piece) if isinstance(piece, Number) else content(piece) for piece in pieces]
    mark = mark_of(cell)
    if mark != "none":
        shown[0] = f"#{_MARKS[mark]}[{shown[0]}];"
    return "".join(shown)


def _number(number: Number) -> str:
    return f"#pbnum({literal_exact(number_id(number.quantity))}, {literal_exact(print_number(number))});"


def _note(table: Table) -> list[str]:
    told = [table.note] if table.note else []
    told += missing_told(table)
    return [f"align(center, text(8pt)[{content(' '.join(told))}])"] if told else []
