"""Algorithms and diagrams: closed blocks, hostile code in every writer, drawings equal to the byte."""

import re
import runpy
import shutil
from html.parser import HTMLParser
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from paperback.code import Algorithm, Input, Line, Symbol, Words
from paperback.notes.prose import Text
from paperback.paper.document import AlgorithmFloat, DiagramFloat, Document, Paragraph, Ref, Section
from paperback.render import draw_all, make_pdf, write_html, write_latex, write_typst
from paperback.render.diagram import COLUMN_WIDTH, diagram_width, draw_diagram, fitted
from paperback.render.drawing import drawing_style
from paperback.render.html_algorithm import algorithm_html
from paperback.render.latex_algorithm import algorithm_body
from paperback.render.numbering import number_document
from paperback.render.pseudocode import left_out_words, opened, place_words
from paperback.render.words import printable
from paperback.source import Source
from paperback.story.architecture import Architecture, Arrow, Box, Frame

MADE = runpy.run_path(str(Path(__file__).with_name("test_render_documents.py")))
HOSTILE = MADE["HOSTILE"]
KINDS = ("for", "while", "repeat", "if", "else", "statement", "call", "stop")
AT = Source("src/a/rather/deep/folder/of/code/train.py", 12)
needs_latexmk = pytest.mark.skipif(shutil.which("latexmk") is None, reason="latexmk is not installed")


def lines(*shape, text="x"):
    return tuple(Line(kind, depth, (Words("set "), Symbol(text)), AT) for kind, depth in shape)


def procedure(text="x"):
    shape = (
        ("for", 0), ("if", 1), ("statement", 2), ("else", 1), ("call", 2), ("while", 1), ("stop", 2),
        ("repeat", 0), ("if", 1), ("else", 0), ("statement", 5), ("for", 0),
    )  # fmt: skip
    given_ = (
        Input("model", text, text, AT, text),
        Input("hyper-parameter", "lr", "0.1", AT),
        Input("data", "d", "", AT),
    )
    return Algorithm(text, given_, lines(*shape, text=text), (Words(text),), AT, 3)


def diagram(text="Linear(d, 64)", *, rows=4, key="net"):
    boxes = [
        Box(
            "layer",
            (f"{text} {row}", "ReLU"),
            2.0,
            0.75 + 1.5 * row,
            3.0,
            0.98,
            (AT,),
            text,
            "L" * (row == 1),
            row == 2,
        )
        for row in range(rows)
    ]
    arrows = tuple(Arrow(r, r + 1, ((2.0, 1.24 + 1.5 * r), (2.0, 1.76 + 1.5 * r))) for r in range(rows - 1))
    frames = (Frame((1, 2), "L"),) if rows > 2 else ()
    return Architecture(key, text, tuple(boxes), arrows, frames, 4.3, 1.5 * rows, AT, "")


def document(text="x"):
    shown = (AlgorithmFloat("train", procedure(text)), DiagramFloat(diagram(text, key="../net")))
    refs = Paragraph((Text("See "), Ref("train"), Text(" and "), Ref("../net"), Text(".")))
    return Document("T", (), (), (Section("s", "S", (refs, *shown)),), ())


class Balance(HTMLParser):
    """Tags that are open, and all words."""

    def __init__(self, text):
        super().__init__()
        self.open, self.words = [], ""
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        if tag != "wbr":
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.words += data


@given(st.lists(st.tuples(st.sampled_from(KINDS), st.integers(-1, 6)), max_size=30))
def test_every_block_is_closed_once(shape):
    """Whatever the depths are, LaTeX gets one end for each block, and the innermost ends first."""
    algorithm = Algorithm("t", (), lines(*shape), (), AT)
    stack = []
    for command in re.findall(
        r"\\(For|While|If|Do|Else|End(?:For|While|If|Do))\b", algorithm_body(algorithm)
    ):
        if command == "Else":
            assert stack[-1] == "If"
        elif command.startswith("End"):
            assert stack.pop() == command.removeprefix("End")
        else:
            stack.append(command)
    assert stack == []
    for shown, (_, depth) in zip(opened(algorithm.lines)[0], shape, strict=True):
        assert 0 <= shown.depth <= max(0, depth)


def test_an_else_belongs_to_its_if():
    """`else` at the depth of an open `if` continues it; one without an `if` stands alone."""
    shown, last = opened(lines(("if", 0), ("for", 1), ("else", 0), ("else", 0)))
    assert [line.pairs for line in shown] == [False, False, True, False]
    assert [line.closes for line in shown] == [(), (), ("for",), ("paired",)]
    assert last == ("else",)


def test_algorithms_and_diagrams_are_numbered():
    """An algorithm counts for itself, a diagram with the figures."""
    places = number_document(document()).places
    assert places["train"].words == "Algorithm\N{NO-BREAK SPACE}1"
    assert places["train"].anchor == "alg:train"
    assert places["../net"].words == "Figure\N{NO-BREAK SPACE}1"


@pytest.mark.parametrize(
    "text", ["x", HOSTILE, "very_long_name_" * 12, "[", "*", "", "a(b, c) " * 20], ids=range(7)
)
@pytest.mark.parametrize("engine", [pytest.param("latexmk", marks=needs_latexmk), "typst"])
def test_code_in_lines_is_printed_not_obeyed(tmp_path, engine, text):
    """Hostile, long and empty text in lines, inputs and boxes compiles, and no line sticks out."""
    write_latex(document(text), tmp_path / "latex")
    write_typst(document(text), tmp_path / "typst")
    made = make_pdf(tmp_path, engine)
    assert made.engine == engine
    # A dozen lines of a few hundred letters each are more than a page holds.
    too_much = {"float-too-large"} if text == HOSTILE else set()
    assert {finding.kind for finding in made.findings} <= too_much


def test_the_page_shows_every_line_with_its_place(tmp_path):
    """Keywords, code and places stand on the page as they are, and the tags balance."""
    made = Balance(algorithm_html(procedure("a < b & <script>")))
    assert made.open == []
    assert made.words.count("train.py:12") == len(procedure().lines)
    assert "for set a < b & <script> do" in made.words
    assert "Model: a < b & <script> = a < b & <script> (a < b & <script>)" in made.words
    write_html(document(HOSTILE), tmp_path / "main.html")
    text = (tmp_path / "main.html").read_text("utf-8")
    assert 'id="alg:train"' in text
    assert 'href="#alg:train"' in text
    assert '<figure class="diagram"' in text
    assert not re.search(r"<script|<b>&amp;</b>", text)


def test_drawings_stand_beside_the_graphs(tmp_path):
    """Every writer finds the diagram among the drawings, under a safe name."""
    assert set(draw_all(document(), format="svg")) == {"../net"}
    write_latex(document(), tmp_path)
    assert [path.suffix for path in (tmp_path / "figures").iterdir()] == [".pdf"]


@pytest.mark.parametrize("form", ["pdf", "svg", "png"])
def test_equal_diagrams_give_equal_bytes(form):
    """A diagram is drawn twice the same."""
    assert draw_diagram(diagram(), format=form) == draw_diagram(diagram(), format=form)


def test_a_diagram_shows_what_is_new_and_what_is_repeated():
    """New parts and repeats carry a label; a frame says for all its boxes how often."""
    svg = draw_diagram(diagram(), format="svg").decode()
    assert svg.count("<!-- new -->") == 1
    assert svg.count("<!-- ×L -->") == 1
    assert "<!-- Linear(d, 64) 0 -->" in svg


@pytest.mark.parametrize("rows", [0, 1, 2, 16])
def test_a_diagram_fits_a_column(rows):
    """However many boxes, the drawing is at most one column wide and lower than a page."""
    svg = draw_diagram(diagram(HOSTILE, rows=rows), format="svg").decode()
    width, height = (float(found) for found in re.findall(r'(?:width|height)="([\d.]+)pt"', svg)[:2])
    assert width <= COLUMN_WIDTH * 72 + 0.01
    assert width == pytest.approx(diagram_width(diagram(rows=rows)) * 72, abs=0.01)
    assert height < 7.3 * 72


@settings(max_examples=15, deadline=None)
@given(st.text(max_size=25), st.floats(20, 200))
def test_words_fit_their_box(words, room):
    """Words are made smaller, then cut, never below 6.5 points; what is shown has room as it is."""
    with drawing_style("k"):
        shown, size = fitted(words, room, 8.5)
        assert fitted(shown, room * 1.02, size) == (shown, size)
    assert 6.5 <= size <= 8.5
    assert printable(words).startswith(shown.removesuffix("…"))


@pytest.mark.parametrize(
    ("path", "words"), [("train.py", "train.py:12"), ("a/b.py", "a/b.py:12"), (AT.path, "train.py:12")]
)
def test_long_places_lose_their_folders(path, words):
    """A place is path and line; where that is long, the name of the file alone."""
    assert place_words(Source(path, 12)) == words


@pytest.mark.parametrize(
    ("count", "words"), [(0, ""), (1, "1 line is left out."), (7, "7 lines are left out.")]
)
def test_lines_left_out_are_told(count, words):
    """The box says how many lines it does not show."""
    assert left_out_words(Algorithm("t", (), (), (), AT, count)) == words
