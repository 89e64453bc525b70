"""Listings as LaTeX: one box a line, so that a long line wraps inside its column."""

import re

from paperback.code import Diff
from paperback.render.diff_lines import Row, left_out_words, rows
from paperback.render.tex_text import escape, escape_code

_BLANKS = re.compile(r" {2,}")


def diff_body(diff: Diff) -> str:
    """The lines of the listing; the caption is not part of it."""
    lines = [_line(row) for row in rows(diff)]
    more = left_out_words(diff)
    end = [rf"  \pbdiffnote{{{escape(more)}}}"] if more else []
    return "\n".join([r"  \begin{pbdiff}", *lines, r"  \end{pbdiff}", *end])


def _line(row: Row) -> str:
    mark = {"added": "$+$", "removed": "$-$", "gap": r"$\vdots$"}.get(row.kind, "")
    return rf"  \pbdiffline{{pb{row.kind}}}{{{row.number}}}{{{mark}}}{{{row.indent}}}{{{_code(row.text)}}}"


def _code(text: str) -> str:
    """Code in which runs of blanks keep their width."""
    runs = [r"\ " * len(run) for run in _BLANKS.findall(text)]
    pieces = [escape_code(piece) for piece in _BLANKS.split(text)]
    return "".join(piece + run for piece, run in zip(pieces, [*runs, ""], strict=True))
