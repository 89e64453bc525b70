"""Drawings, layout of tables, and formulas."""

import os
import runpy
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from paperback.render.graphs import draw
from paperback.render.layout import lay_out, rules_before
from paperback.render.math_commands import COMMANDS, ENVIRONMENTS
from paperback.render.mathml import clean_formula, math_tree, to_mathml, why_not_math
from paperback.render.typst_math import typst_formula
from paperback.story.graph import Curve, Graph, Panel
from paperback.story.table import MissingCell, Table, TextCell

PATH = Path(__file__).with_name("test_render_documents.py")
MADE = runpy.run_path(str(PATH))
curves = MADE["curves"]


@pytest.mark.parametrize("form", ["pdf", "svg", "png"])
def test_equal_graphs_give_equal_bytes(form):
    """A drawing is the same in another process with another hash seed."""
    code = (
        "import runpy, sys; from paperback.render.graphs import draw; "
        f"made = runpy.run_path({str(PATH)!r}); "
        f"sys.stdout.buffer.write(draw(made['curves'](), format={form!r}))"
    )
    command = [sys.executable, "-c", code]
    environment = {**os.environ, "PYTHONHASHSEED": "7"}
    other = subprocess.run(command, capture_output=True, check=True, env=environment).stdout
    assert draw(curves(), format=form) == other


@pytest.mark.parametrize("panels", range(1, 9))
def test_every_panel_is_drawn(panels):
    """A graph of one to eight panels has as many axes, and its curves are drawn once in each."""
    svg = draw(curves(panels), format="svg").decode()
    assert svg.count("<!-- Validation loss (nats) -->") == 1
    for dataset in (*MADE["DATASETS"], "seventh", "eighth")[:panels]:
        assert svg.count(f"<!-- {dataset} -->") == 1


def test_a_logarithmic_axis_has_plain_numbers():
    """Ticks of a logarithmic axis are decimal numbers, within one decade and over several."""
    x = np.arange(1.0, 9.0)
    for y in (10.0**-x, 1 + x / 10, x - 4):
        curve = Curve("a", x, y, y / 2, y * 2, 1, ())
        svg = draw(Graph("k", "", "x", "y", (Panel("", (curve,)),), "", True), format="svg").decode()
        assert "mathdefault" not in svg


@pytest.mark.parametrize("y", [[], [np.nan, np.nan], [np.inf, 1.0], [1.0]], ids=["none", "nan", "inf", "one"])
@pytest.mark.parametrize("log_y", [False, True])
def test_strange_curves_are_drawn(y, log_y):
    """Curves without a finite point, and hostile names, neither fail nor warn."""
    x = np.arange(float(len(y)))
    curve = Curve("_$\\frac{", x, np.array(y), None, None, 1, ())
    graph = Graph("k", "", "$x$", "中", (Panel("$", (curve, replace(curve, name="b" * 200))),), "", log_y)
    assert draw(graph, format="pdf").startswith(b"%PDF")


def test_a_graph_without_panels_is_an_empty_drawing():
    """No panel, no error."""
    assert draw(Graph("k", "", "x", "y", (), ""), format="png").startswith(b"\x89PNG")


def wide(columns, *, name="method", header="dataset"):
    cells = tuple(TextCell("0.123 ± 0.456") for _ in range(columns))
    heads = tuple(f"{header}{index}" for index in range(columns))
    return Table("t", "", "m", heads, ("",) * columns, ((name, cells), ("b", cells)), "none", "", (), "")


@settings(deadline=None)
@given(st.integers(1, 40), st.text(min_size=1, max_size=40), st.text(max_size=60))
def test_every_column_stands_in_exactly_one_panel(columns, header, name):
    """However a table is laid out, no column is lost or printed twice, and type stays readable."""
    made = lay_out(wide(columns, header=header, name=name), 404)
    assert [column.index for panel in made.panels for column in panel] == list(range(columns))
    assert made.size >= 8


def test_a_small_table_keeps_large_type_and_a_wide_one_is_split():
    """Type shrinks before headers break into panels, and panels come last."""
    assert (lay_out(wide(3), 404).size, len(lay_out(wide(3), 404).panels)) == (9, 1)
    assert len(lay_out(wide(20), 404).panels) > 1


@pytest.mark.skipif(shutil.which("latexmk") is None, reason="latexmk is not installed")
@pytest.mark.parametrize(
    ("columns", "name"), [(2, "m"), (7, "a_rather_long_method_name"), (17, "m" * 90), (5, "WWW " * 20)]
)
def test_tables_do_not_stick_out(tmp_path, columns, name):
    """LaTeX reports no overfull line for tables of any width."""
    from paperback.paper.document import Document, Section, TableFloat
    from paperback.render import make_pdf, write_latex

    table = wide(columns, name=name, header="Some_Data-Set ")
    write_latex(Document("T", (), (), (Section("a", "A", (TableFloat(table),)),), ()), tmp_path / "latex")
    assert make_pdf(tmp_path, "latexmk").findings == ()


def test_rules_set_highlighted_rows_apart():
    """A rule stands above and below a highlighted row in the middle."""
    missing = (MissingCell("x"),)
    rows = tuple((name, missing) for name in "abcd")
    table = Table("t", "", "", ("c",), ("",), rows, "none", "", ("b",), "")
    assert rules_before(table) == {1, 2}


FORMULAS = [
    r"x_i^2 \in \mathbb{R}^d",
    r"\sum_{i=1}^n \frac{1}{2} \sqrt{x} + \sqrt[3]{y}",
    r"\begin{cases} 1 & z \ge 0 \\ 0 & z < 0 \end{cases}",
    r"\left( \frac{a}{b} \right) \left| x \right|",
    r"\hat{x} \bar{y} \tilde{z} \vec{v} \dot{a} \overline{ab} \underline{c}",
    r"\overbrace{a}^{b} \underbrace{a}_{b}",
    r"\text{if } x > 0, \quad \operatorname{softmax}(x) \,; \max_{x} f(x)",
    r"\begin{pmatrix} 1 & 2 \\ 3 & 4 \end{pmatrix}^\top \mathbf{x} \mathcal{L} \Gamma",
    r"\begin{aligned} a &= b \\ &= c \end{aligned}",
    r"\binom{n}{k} \boxed{x} \phantom{y} \overset{!}{=} \nabla_\theta \|x\|_2",
    r"\langle a, b \rangle 3.5 a' f''",
    r"\mathrm{KL}\!\left( p \,\middle\|\, q \right) \#\{a, b\} 5\% a_1 \_ \& ; : / * \mid \lVert x \rVert",
]


@pytest.mark.parametrize("latex", FORMULAS)
def test_formulas_become_mathml_and_typst(latex):
    """What authors write compiles in the preview and is MathML on the page."""
    import typst

    formula = clean_formula(latex)
    assert why_not_math(formula) == ""
    assert to_mathml(formula, display=True).startswith("<math")
    for display in (True, False):
        made = typst_formula(formula, display=display)
        assert made is not None
        typst.compile(made.encode(), ignore_system_fonts=True, format="pdf")


@pytest.mark.parametrize(
    ("latex", "why"),
    [
        (r"\input{/etc/passwd}", r"the command \input is not known"),
        (r"\def\x{1}\x", r"the command \def is not known"),
        (r"\newcommand{\a}{b}", r"the command \newcommand is not known"),
        (r"\begin{verbatim}x\end{verbatim}", "the environment verbatim is not known"),
        ("a % b", "it holds a bare %"),
        ("a $ b", "it holds a bare $"),
        ("#1", "it holds a bare #"),
        ("{a", "it does not parse"),
        ("x^a^b", "it does not parse"),
        ("", "it does not parse"),
        ("x" * 5000, "it is longer than 4000 characters"),
    ],
)
def test_formulas_that_are_refused(latex, why):
    """Whatever could define, read, comment out or end something is refused with its reason."""
    assert why_not_math(latex) == why
    assert to_mathml(latex, display=False) == ""
    assert math_tree(latex, display=False) is None
    assert typst_formula(latex, display=False) is None


@pytest.mark.parametrize(
    ("latex", "clean"),
    [
        ("a \\label{eq:x}\n= b \\nonumber", "a = b"),
        (r"\begin{align*} a &= b \end{align*}", r"\begin{aligned} a &= b \end{aligned}"),
        (r"a \\ b", r"\begin{aligned} a \\ b \end{aligned}"),
        (r"\begin{cases} a \\ b \end{cases}", r"\begin{cases} a \\ b \end{cases}"),
    ],
)
def test_formulas_lose_their_own_numbers(latex, clean):
    """Labels go, numbered environments become unnumbered, and broken lines are aligned."""
    assert clean_formula(latex) == clean


@pytest.mark.skipif(shutil.which("pdflatex") is None, reason="pdflatex is not installed")
def test_every_allowed_command_is_known_to_latex(tmp_path):
    """No command of the closed list is undefined in LaTeX with amsmath and amssymb."""
    names = sorted(name.removesuffix("*") for name in COMMANDS if name[0].isalpha())
    checks = [rf"\ifcsname {name}\endcsname\else\errmessage{{{name}}}\fi" for name in names]
    checks += [rf"\ifcsname {name}\endcsname\else\errmessage{{{name}}}\fi" for name in sorted(ENVIRONMENTS)]
    head = r"\documentclass{article}\usepackage{amsmath,amssymb}\begin{document}x"
    formulas = [f"$\\displaystyle {clean_formula(latex)}$" for latex in FORMULAS]
    (tmp_path / "a.tex").write_text("\n".join([head, *checks, *formulas, r"\end{document}"]), "utf-8")
    command = ["pdflatex", "-interaction=nonstopmode", "a.tex"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, check=False)
    assert done.returncode == 0, [line for line in done.stdout.decode().splitlines() if line.startswith("!")]


@settings(deadline=None, max_examples=60)
@given(st.text("ab12+-=<>()[]|{}_^,.;:!/*'\"&\\ αβ≤~#$%\n", max_size=20))
def test_any_formula_is_refused_or_compiles(latex):
    """Whatever an author types between dollars, the preview compiles it or refuses it."""
    import typst

    made = typst_formula(clean_formula(latex), display=False)
    if made is not None:
        typst.compile(made.encode(), ignore_system_fonts=True, format="pdf")


@pytest.mark.parametrize(
    ("name", "lines"),
    [
        ("best.config.data", ("best.config.", "data")),
        ("TunedRandomForest", ("Tuned", "Random", "Forest")),
        ("vs. wide", ("vs. wide",)),
    ],
)
def test_a_header_breaks_where_its_words_do(name: str, lines: tuple[str, ...]) -> None:
    """A long name over narrow numbers is broken behind its signs and before its capitals."""
    columns = (name, *("x" for _ in range(12)))
    row = ("r", tuple(TextCell("0.99 ± 0.01") if not place else TextCell("0.9") for place in range(13)))
    table = Table("t", "C.", "Data set", columns, ("",) * 13, (row,), "none", "", (), "why")
    header = next(
        column.header for panel in lay_out(table, 330).panels for column in panel if not column.index
    )
    assert header == lines
