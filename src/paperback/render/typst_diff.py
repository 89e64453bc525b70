"""Listings as Typst: a block a line, so that a long line wraps inside its column."""

from paperback.code import Diff
from paperback.render.diff_lines import Row, left_out_words, rows
from paperback.render.typst_text import content, literal


def diff_box(diff: Diff) -> str:
    """The body of a figure."""
    lines = "".join(f"{_line(row)},\n" for row in rows(diff))
    return f"listing(({lines}), [{content(left_out_words(diff))}])"


def _line(row: Row) -> str:
    text = row.text.replace("  ", "\N{NO-BREAK SPACE} ")
    return f'("{row.kind}", "{row.number}", "{row.mark}", {row.indent}, {literal(text)})'
