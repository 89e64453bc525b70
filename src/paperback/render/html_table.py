"""Tables as HTML; every number links to its evidence."""

from typing import assert_never

from paperback.paper.document import Number
from paperback.paper.printing import number_id, print_number
from paperback.render.cells import cell_pieces, mark_of, missing_told
from paperback.render.html_text import escape, escape_breakable
from paperback.render.layout import is_numeric, rules_before
from paperback.render.mathml import clean_formula, to_mathml
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

_MARKS = {"best": "b", "next": "u"}


def table_html(table: Table) -> str:
    """The table and its legend; the caption is the figure's."""
    words = [not is_numeric(table, i) for i in range(len(table.columns))]
    head = "".join(_header(table, i, words=words[i]) for i in range(len(table.columns)))
    rules = rules_before(table)
    rows = []
    for position, (name, cells) in enumerate(table.rows):
        apart = ' class="set-apart"' if position in rules else ""
        body = "".join(_cell(cell, table, worded) for cell, worded in zip(cells, words, strict=True))
        rows.append(f'<tr{apart}><th scope="row">{escape_breakable(name)}</th>{body}</tr>')
    stub = f'<th scope="col">{escape_breakable(table.stub)}</th>'
    return (
        f'<div class="scroll" tabindex="0" role="group" aria-label="{escape(table.caption)}"><table>\n'
        f"<thead><tr>{stub}{head}</tr></thead>\n<tbody>\n{chr(10).join(rows)}\n</tbody>\n</table></div>"
        f"{_note(table)}"
    )


def _header(table: Table, index: int, *, words: bool) -> str:
    unit = table.units[index] if index < len(table.units) else ""
    shown = f'<span class="unit">({escape(unit)})</span>' if unit else ""
    kind = ' class="words"' if words else ""
    return f'<th scope="col"{kind}>{escape_breakable(table.columns[index])}{shown}</th>'


def _cell(cell: Cell, table: Table, worded: bool) -> str:
    match cell:
        case EstimateCell() | QuantityCell() | IntervalCell():
            return f"<td>{_numbers(cell, table)}</td>"
        case TextCell(words):
            kind = ' class="words"' if worded else ""
            return f"<td{kind}>{escape_breakable(words)}</td>"
        case CodeCell(text, source):
            return (
                f'<td class="words" title="{escape(str(source))}"><code>{escape_breakable(text)}</code></td>'
            )
        case MathCell(latex, words):
            formula = clean_formula(latex)
            shown = to_mathml(formula, display=False) or f"<code>{escape_breakable(words)}</code>"
            return f'<td class="words">{shown}</td>'
        case MissingCell(reason, sign):
            return f'<td title="{escape(reason)}">{escape(sign)}</td>'
    assert_never(cell)


def _numbers(cell: Cell, table: Table) -> str:
    pieces = cell_pieces(cell, table)
    shown = [_number(p) if isinstance(p, Number) else escape(p).replace(" ", "&nbsp;") for p in pieces]
    mark = mark_of(cell)
    if mark != "none":
        shown[0] = f"<{_MARKS[mark]}>{shown[0]}</{_MARKS[mark]}>"
    return "".join(shown)


def _number(number: Number) -> str:
    return f'<a class="n" href="#e:{number_id(number.quantity)}">{escape(print_number(number))}</a>'


def _note(table: Table) -> str:
    told = [table.note] if table.note else []
    told += missing_told(table)
    return f'\n<p class="note">{escape_breakable(" ".join(told))}</p>' if told else ""
