"""Listings: what is shown of two texts, and hostile code in every writer."""

import re
import runpy
import shutil
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from paperback.code.compare_lines import LONGEST_LINE, MOST_LINES, compare_lines
from paperback.code.definitions import Definition
from paperback.code.diff import Diff, DiffLine
from paperback.notes.prose import Text
from paperback.paper.document import DiffFloat, Document, Paragraph, Ref, Section
from paperback.render import make_pdf, write_html, write_latex, write_typst
from paperback.render.diff_lines import left_out_words, rows
from paperback.render.html_diff import diff_html
from paperback.render.latex_diff import diff_body
from paperback.source import Source

HOSTILE = runpy.run_path(str(Path(__file__).with_name("test_render_documents.py")))["HOSTILE"]
needs_latexmk = pytest.mark.skipif(shutil.which("latexmk") is None, reason="latexmk is not installed")
CODE = (
    r"\end{lstlisting}\end{pbdiff}\end{listing}\end{document}",
    "s = '%s #1 $x$ & {a} ~ ^ _' % x  # -- <<a>> ?` `code`",
    "\tif a:\t\treturn 'two  blanks   and\ttabs'",
    "x = 'αβγ Ω ≤ 中文 é 🙂 \u202e \x00'",
    "[a]",
    "*rest, last = values",
    "y = " + " + ".join(f"weight_{n} * layer_{n}(x, mask=mask)" for n in range(40)),
    "z = '" + "a" * 500 + "'",
    " " * 90 + "deep",
    HOSTILE.replace("\n", " "),
    "",
)


def definition(text: str, path: str = "net.py") -> Definition:
    lines = tuple(enumerate(text.split("\n"), start=7))
    return Definition((path, "Net.forward"), "method", lines, text)


def compared(new: str, old: str) -> Diff | None:
    return compare_lines(definition(new), definition(old), baseline="Plain.forward")


def document(*diffs: Diff) -> Document:
    blocks = tuple(DiffFloat(f"diff-{at}", diff) for at, diff in enumerate(diffs))
    words = Paragraph((Ref("diff-0"), Text(" shows it.")))
    return Document("Title", ("A",), (), (Section("s", "S", (words, *blocks)),), (), "")


def hostile() -> Diff:
    lines = tuple(
        DiffLine(kind, text[:LONGEST_LINE], at)
        for at, text in enumerate(CODE, start=1)
        for kind in ("same", "added", "removed")
    )
    return Diff(HOSTILE[:60], HOSTILE[60:], lines, 9, 9, 3, Source("a.py", 1), Source("b.py", 1, HOSTILE))


def test_a_change_is_shown_with_two_lines_around_it() -> None:
    """Equal lines farther away are folded into a gap; the first line always stands."""
    old = "\n".join(f"    line{n}" for n in range(12))
    found = compared(old.replace("line6", "line6 + 1"), old)
    assert found is not None
    assert [(line.mark, line.text, line.number) for line in found.lines] == [
        ("", "line0", 7),
        ("⋮", "", 0),
        ("", "line4", 11),
        ("", "line5", 12),
        ("−", "line6", 13),
        ("+", "line6 + 1", 13),
        ("", "line7", 14),
        ("", "line8", 15),
    ]


@pytest.mark.parametrize(
    ("new", "old"),
    [
        ("a = 1\nb = 2", "a = 1\nb = 2"),
        ("a = 1\n# why\n\nb = 2", "a = 1\nb = 2"),
        ("a  =  1", "a = 1"),
        ("\n".join(f"new{n}" for n in range(30)), "\n".join(f"old{n}" for n in range(30))),
    ],
    ids=["equal", "comments", "blanks", "nothing in common"],
)
def test_no_listing_where_nothing_is_to_be_compared(new: str, old: str) -> None:
    """Equal code, comments alone and two texts without common lines give none."""
    assert compared(new, old) is None


def test_a_long_change_is_cut_and_says_so() -> None:
    """The changed lines beyond a page's worth are counted."""
    same = "\n".join(f"same{n}" for n in range(60))
    found = compared(f"{same}\n" + "\n".join(f"new{n}" for n in range(100)), same)
    assert found is not None
    assert len(found.lines) <= MOST_LINES + 1
    shown = sum(line.kind == "added" for line in found.lines)
    assert (found.added, found.left_out) == (100, 100 - shown)
    assert left_out_words(found) == f"{100 - shown} changed lines are left out."


@given(st.lists(st.sampled_from("abcde"), max_size=30), st.lists(st.sampled_from("abcde"), max_size=30))
def test_a_listing_accounts_for_every_line(new: list[str], old: list[str]) -> None:
    """What is added less what is removed is the difference of the lengths."""
    found = compared("\n".join(new), "\n".join(old))
    if found is not None:
        assert found.added - found.removed == len(new or [""]) - len(old or [""])
        assert all(len(line.text) <= LONGEST_LINE + 2 for line in found.lines)


def test_indentation_is_measured_from_the_least_indented_line() -> None:
    """Tabs count four blanks; a body keeps its depth below its head."""
    found = compared("    def f(x):\n\t\treturn x + 1", "    def f(x):\n\t\treturn x")
    assert found is not None
    assert [(row.indent, row.text) for row in rows(found)] == [
        (0, "def f(x):"),
        (4, "return x"),
        (4, "return x + 1"),
    ]


@pytest.mark.parametrize("engine", [pytest.param("latexmk", marks=needs_latexmk), "typst"])
def test_code_is_printed_not_obeyed(tmp_path: Path, engine: str) -> None:
    """Ends of environments, tabs, scripts of the world and endless lines compile, and nothing sticks out."""
    parts = [
        Diff("n", "b", hostile().lines[at : at + 11], 1, 1, 0, Source("a"), Source("b")) for at in (0, 11, 22)
    ]
    made_of = document(*parts)
    write_latex(made_of, tmp_path / "latex")
    write_typst(made_of, tmp_path / "typst")
    made = make_pdf(tmp_path, engine)
    assert made.engine == engine
    assert {finding.kind for finding in made.findings} == set()


@needs_latexmk
def test_lines_stay_in_a_narrow_column(tmp_path: Path) -> None:
    """In a column of 252 points no line is wider than the column."""
    lines = hostile().lines
    parts = [Diff("n", "b", lines[at : at + 11], 1, 1, 0, Source("a"), Source("b")) for at in (0, 11, 22)]
    write_latex(document(*parts), tmp_path / "latex")
    main = tmp_path / "latex" / "main.tex"
    narrow = main.read_text("utf-8").replace("textwidth=142mm", "textwidth=252pt")
    main.write_text(narrow, "utf-8")
    made = make_pdf(tmp_path, "latexmk")
    assert {finding.kind for finding in made.findings} <= {"float-too-large"}


def test_the_page_holds_the_code_as_text(tmp_path: Path) -> None:
    """No tag of the code is a tag of the page; added and removed lines are marked up as such."""
    write_html(document(hostile()), tmp_path / "main.html")
    page = (tmp_path / "main.html").read_text("utf-8")
    assert not re.search(r"<script|<b>&amp;amp;</b>|</pre>", page)
    assert 'id="lst:diff-0"' in page
    made = diff_html(hostile())
    assert made.count("<ins ") == made.count("<del ") == len(CODE)
    assert "</ins>" in made


def test_blanks_inside_a_line_keep_their_width() -> None:
    """Aligned code stays aligned in LaTeX, where several blanks would be one."""
    found = compared("a    = 1  # x", "b    = 1")
    assert found is not None
    assert r"a\ \ \ \ = 1\ \ \# x" in diff_body(found)
