"""Listings as HTML: lines that were added or removed are `ins` and `del`."""

from paperback.code import Diff
from paperback.render.diff_lines import Row, left_out_words, rows
from paperback.render.html_text import escape, escape_breakable

_TAGS = {"added": "ins", "removed": "del"}


def diff_html(diff: Diff) -> str:
    """The lines of the listing; the caption is not part of it."""
    lines = "\n".join(_line(row) for row in rows(diff))
    more = left_out_words(diff)
    end = f'\n<p class="note">{escape(more)}</p>' if more else ""
    return f'<div class="lines">\n{lines}\n</div>{end}'


def _line(row: Row) -> str:
    tag = _TAGS.get(row.kind, "div")
    head = f"<small>{row.number}</small><b>{escape(row.mark)}</b>"
    return f'<{tag} style="--depth: {row.indent}">{head}<code>{escape_breakable(row.text)}</code></{tag}>'
