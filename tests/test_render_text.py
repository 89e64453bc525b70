"""Escaping: what is written is what is seen, in every output."""

import runpy
import shutil
import string
import subprocess
import unicodedata
from html import unescape
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from paperback.render.folder import safe_name
from paperback.render.html_text import escape as html_escape
from paperback.render.html_text import is_web_address
from paperback.render.tex_characters import TEX_OF
from paperback.render.tex_text import boxed, escape, escape_code, guarded, join
from paperback.render.typst_text import content, literal
from paperback.render.words import breakable, printable

HOSTILE = runpy.run_path(str(Path(__file__).with_name("test_render_documents.py")))["HOSTILE"]
ASCII = "".join(character for character in string.printable if character in string.printable[:95])
needs_latex = pytest.mark.skipif(shutil.which("pdflatex") is None, reason="pdflatex is not installed")
PLAIN = st.text(st.characters(exclude_categories=("Mn", "Mc", "Me")))
STRANGE = st.text("\\{}$&#%_^~\"'`-,<>?![]()*@/|:;=+ \t\n\x00\u202eaZ9éß→α中🙂", max_size=24)


def seen(pdf: bytes) -> str:
    """The text of a PDF, without what typesetting adds: hyphens at line ends, ligatures, curly quotes."""
    import pypdfium2

    document = pypdfium2.PdfDocument(pdf)
    text = "".join(page.get_textpage().get_text_range() for page in document)
    document.close()
    return bare(text)


def bare(text: str) -> str:
    same = str.maketrans(
        {"’": "'", "‘": "'", "−": "-", "–": "–", "\ufffe": "", "\u200c": "", "\u00ad": "", "\u200b": ""}
    )
    return "".join(unicodedata.normalize("NFKC", text).translate(same).split())


@given(PLAIN, PLAIN)
def test_latex_pieces_joined_equal_the_whole(one, two):
    """Escaping in pieces and joining them gives what escaping the whole gives."""
    one, two = printable(one), printable(two)
    if unicodedata.normalize("NFC", one + two) == one + two:
        assert join([escape(one), escape(two)]) == escape(one + two)


@given(st.text())
def test_latex_text_has_no_live_command(words):
    """After escaping, every brace is balanced and only commands of our own tables remain."""
    made = escape(words)
    bare_text = made.replace(r"\{", "").replace(r"\}", "").replace(r"\\", "")
    assert bare_text.count("{") == bare_text.count("}")
    for character in "%#&$":
        assert made.count(character) == made.count("\\" + character)
    assert all(ord(c) < 0x250 for c in made)


@given(st.text())
def test_html_text_reads_back_as_it_was_written(words):
    """An HTML reader sees the printable words and no tag."""
    made = html_escape(words)
    assert unescape(made) == printable(words).replace("\u200b", "")
    assert not set(made) & set("<>\"'")


@given(st.text())
def test_a_typst_string_ends_where_it_should(words):
    """Without its escapes a Typst literal holds no quotation mark but its own two."""
    made = literal(words)
    inner = made[1:-1].replace("\\\\", "").replace('\\"', "")
    assert made[0] == made[-1] == '"'
    assert '"' not in inner
    assert "\n" not in made


@given(st.text(min_size=1), st.text(min_size=1))
def test_safe_names_are_safe_and_tell_keys_apart(one, two):
    """A safe name is a plain file name; different keys keep different names."""
    assert set(safe_name(one)) <= set(string.ascii_letters + string.digits + "-")
    assert (safe_name(one) == safe_name(two)) == (one == two)


@pytest.mark.parametrize(
    ("words", "tex"),
    [
        ("50 % of $5 & #1", r"50 \% of \$5 \& \#1"),
        (r"a\b", r"a\textbackslash{}b"),
        ("--", "-{}-"),
        ("?`", r"?\textasciigrave{}"),
        ("<<", "<{}<"),
        ("a\nb\x07", "a b"),
        ("α ≤ β", r"\ensuremath{\alpha} \ensuremath{\leq} \ensuremath{\beta}"),
        ("ṽ", "v"),
        ("中", r"\pbmissing{4E2D}"),
    ],
)
def test_latex_of_characters(words, tex):
    """Specials are escaped, ligatures broken, signs in math, and what has no glyph is boxed."""
    assert escape(words) == tex


def test_characters_without_a_glyph_are_told():
    """`boxed` lists exactly the characters that LaTeX can only show as a box."""
    assert boxed("a中é🙂α") == ["中", "🙂"]


@pytest.mark.parametrize(("text", "made"), [("[x]", "{}[x]"), (" *", "{} *"), ("x [", "x [")])
def test_brackets_at_the_start_are_no_options(text, made):
    """A cell or an item that starts with a bracket is not read as an option of the row before."""
    assert guarded(text) == made


def test_code_keeps_straight_quotes():
    """In code an apostrophe is straight, and a line may break inside a name."""
    assert escape_code("it's") == r"it\textquotesingle{}s"
    assert r"\allowbreak{}" in escape_code("module.submodule.ClassName")


def test_overlong_words_may_break():
    """A word of 120 letters has places to break; a short one has none."""
    assert "\u00ad" in breakable("x" * 120)
    assert breakable("short_name") == "short_name"


@pytest.mark.parametrize(
    ("url", "allowed"),
    [("https://a.org", True), ("http://a", True), ("mailto:a@b", True), ("javascript:x", False),
     (" JaVaScript:x", False), ("data:text/html,x", False), ("java\nscript:x", False)],
)  # fmt: skip
def test_only_web_addresses_become_links(url, allowed):
    """A script or data address is never a link."""
    assert is_web_address(url) is allowed


SAMPLES = [
    ASCII,
    " ".join(TEX_OF),
    " ".join(map(chr, range(0xA1, 0x250))),
    HOSTILE,
    "Müller–Łukasiewicz Šíp",
    "x₁ ≤ 10⁻⁵ ± ½",
    "a--b---c ``q'' ?`!` <<x>> ,,y",
    "[a] *b",
]


@needs_latex
@settings(deadline=None, max_examples=1)
@given(st.lists(STRANGE, min_size=150, max_size=150))
def test_latex_prints_what_was_written(tmp_path_factory, strings):
    """Many hostile strings in one page compile without an error and are read back from the PDF."""
    folder = tmp_path_factory.mktemp("escaping")
    lines = "\n\n".join(f"{guarded(escape(words))}" for words in [*SAMPLES, *strings])
    head = (
        r"\documentclass{article}\usepackage[T1]{fontenc}\usepackage{lmodern,textcomp,amssymb}\sloppy\pagestyle{empty}"
        r"\newcommand{\pbmissing}[1]{U#1}\hyphenpenalty=10000\begin{document}"
    )
    (folder / "a.tex").write_text(f"{head}\n{lines}\n\\end{{document}}", encoding="utf-8")
    command = ["pdflatex", "-no-shell-escape", "-interaction=nonstopmode", "-halt-on-error", "a.tex"]
    done = subprocess.run(command, cwd=folder, capture_output=True, check=False)
    assert done.returncode == 0, done.stdout.decode(errors="replace")[-1500:]
    text = seen((folder / "a.pdf").read_bytes())
    for words in [ASCII, "Müller–Łukasiewicz Šíp", "a--b---c ``q'' ?`!` <<x>> ,,y", "[a] *b"]:
        assert bare(words) in text


def test_typst_prints_what_was_written():
    """Every printable ASCII character and the hostile sample stand in the PDF as written."""
    import typst

    page = "\n\n".join(content(words) for words in SAMPLES)
    pdf = typst.compile(page.encode(), ignore_system_fonts=True, format="pdf")
    text = seen(pdf)
    for words in [ASCII, "Müller–Łukasiewicz Šíp", "a--b---c ``q'' ?`!` <<x>> ,,y", "[a] *b"]:
        assert bare(words) in text
