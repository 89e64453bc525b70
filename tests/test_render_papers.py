"""Whole papers: every writer knows every node, and what is written is what the PDF and the page show."""

import re
import runpy
import shutil
import unicodedata
from html.parser import HTMLParser
from pathlib import Path

import pytest

from paperback.errors import RenderError
from paperback.paper.document import Document, Number, Paragraph, Section, TableFloat
from paperback.paper.printed import blocks, inlines_of, printed_numbers
from paperback.paper.printing import number_id, print_key, print_number
from paperback.render import keep_edits, make_pdf, put, write_html, write_latex, write_typst
from paperback.render.bibtex import references_bib
from paperback.render.latex import tex_formula, tex_url
from paperback.render.latex_log import read_log
from paperback.render.references import format_authors, format_reference
from paperback.source import digest

MADE = runpy.run_path(str(Path(__file__).with_name("test_render_documents.py")))
PAPER, HOSTILE = MADE["paper"](), MADE["hostile"]()
WRITERS = {
    "latex": lambda document, out: write_latex(document, out / "latex"),
    "html": lambda document, out: write_html(document, out / "main.html"),
    "typst": lambda document, out: write_typst(document, out / "typst"),
}
needs_latexmk = pytest.mark.skipif(shutil.which("latexmk") is None, reason="latexmk is not installed")
ENGINES = [pytest.param("latexmk", marks=needs_latexmk), "typst"]
VOID = {"meta", "wbr", "br", "mspace", "use", "path"}


def seen(pdf):
    import pypdfium2

    document = pypdfium2.PdfDocument(pdf)
    text = "".join(page.get_textpage().get_text_range() for page in document)
    document.close()
    return bare(text)


def bare(text):
    same = str.maketrans(
        {"’": "'", "‘": "'", "−": "-", "\ufffe": "", "\u200c": "", "\u00ad": "", "\u200b": ""}
    )
    return "".join(unicodedata.normalize("NFKC", text).translate(same).split())


def contents(folder):
    return {path.relative_to(folder): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


class Page(HTMLParser):
    """Tags, ids, addresses and text of a page."""

    def __init__(self, text):
        super().__init__()
        self.open, self.ids, self.addresses, self.tags, self.words = [], [], [], [], []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.ids += [value for key, value in attrs if key == "id"]
        self.addresses += [(tag, value) for key, value in attrs if key in ("href", "src")]
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.open.pop()

    def handle_endtag(self, tag):
        if tag not in VOID:
            assert self.open.pop() == tag

    def handle_data(self, data):
        self.words.append(data)


@pytest.mark.parametrize("writer", WRITERS)
@pytest.mark.parametrize("document", [PAPER, HOSTILE], ids=["paper", "hostile"])
def test_every_writer_writes_every_node(tmp_path, writer, document):
    """A document with each kind of node, friendly or hostile, is written without an error, twice the same."""
    told = WRITERS[writer](document, tmp_path)
    first = contents(tmp_path)
    times = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*") if path.is_file()}
    assert WRITERS[writer](document, tmp_path) == told
    assert contents(tmp_path) == first
    assert times == {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*") if path.is_file()}
    kinds = {finding.kind for finding in told}
    wanted = {"duplicate-key", "formula-as-code", "undefined-reference", "undefined-citation"}
    assert kinds - {"character-not-printed"} == (set() if document is PAPER else wanted)


def test_nothing_is_written_outside_of_the_folder(tmp_path):
    """A key like ../../x becomes a plain file name."""
    out = tmp_path / "deep" / "paper"
    for write in WRITERS.values():
        write(HOSTILE, out)
    assert [path.name for path in tmp_path.iterdir()] == ["deep"]
    assert [path.name for path in (tmp_path / "deep").iterdir()] == ["paper"]


@pytest.mark.parametrize("engine", ENGINES)
def test_the_pdf_shows_what_was_written(tmp_path, engine):
    """Title, headings, every number and every cell of a real paper are read back from the PDF."""
    for write in WRITERS.values():
        write(PAPER, tmp_path)
    made = make_pdf(tmp_path, engine)
    assert (made.engine, made.findings) == (engine, ())
    text = seen(made.path)
    assert bare(PAPER.title) in text
    for section in PAPER.sections:
        assert bare(section.title) in text
    for printed in printed_numbers(PAPER):
        for words in printed.texts:
            assert bare(words) in text
    for block in blocks(PAPER):
        if isinstance(block, TableFloat):
            assert bare(block.table.caption) in text
    assert "??" not in text


@pytest.mark.parametrize("engine", ENGINES)
def test_a_hostile_paper_compiles_and_shows_its_words(tmp_path, engine):
    """Commands of LaTeX, HTML and Typst in a title are printed, not obeyed."""
    for write in WRITERS.values():
        write(HOSTILE, tmp_path)
    text = seen(make_pdf(tmp_path, engine).path)
    ascii_part = MADE["HOSTILE"].split("\x00")[0].replace("--- ", "").replace("-- ", "")
    for words in (r"\input{/etc/passwd}\write18{ls}100%&#1$x_1$^2~{a}[b]<b>&amp;</b>", "#setpage(width:1pt)"):
        assert bare(words) in text
        assert bare(words) in bare(ascii_part)
    assert "root:" not in text


@needs_latexmk
def test_equal_papers_give_equal_pdfs(tmp_path):
    """Two builds of one paper are equal to the byte, with either engine."""
    for engine in ("latexmk", "typst"):
        made = []
        for name in ("one", "two"):
            for write in WRITERS.values():
                write(PAPER, tmp_path / name)
            made.append(make_pdf(tmp_path / name, engine).path.read_bytes())
        assert made[0] == made[1]


@needs_latexmk
def test_fonts_of_the_pdf_are_embedded_and_scalable(tmp_path):
    """The PDF of LaTeX has no Type 3 font, figures included."""
    from pypdf import PdfReader

    for write in WRITERS.values():
        write(PAPER, tmp_path)
    reader = PdfReader(make_pdf(tmp_path, "latexmk").path)
    kinds = {
        font.get_object()["/Subtype"]
        for page in reader.pages
        for holder in [page, *page["/Resources"].get_object().get("/XObject", {}).values()]
        for font in holder.get_object().get("/Resources", {}).get("/Font", {}).values()
    }
    assert kinds <= {"/Type1", "/TrueType", "/Type0"}
    assert "/Type0" in kinds


@pytest.mark.parametrize("document", [PAPER, HOSTILE], ids=["paper", "hostile"])
def test_the_page_is_whole(tmp_path, document):
    """Tags balance, ids are unique, every inner link has its target, and nothing is loaded or run."""
    write_html(document, tmp_path / "main.html")
    text = (tmp_path / "main.html").read_text("utf-8")
    page = Page(text)
    assert page.open == []
    assert len(page.ids) == len(set(page.ids))
    inner = [address[1:] for _, address in page.addresses if address.startswith("#")]
    assert set(inner) <= set(page.ids)
    outer = [(tag, address) for tag, address in page.addresses if not address.startswith("#")]
    assert all(tag == "a" and address.startswith("https://") for tag, address in outer)
    assert not set(page.tags) & {"script", "iframe", "link", "img", "object", "embed", "form"}
    assert not re.search(r"url\((?!#)|@import|<[^>]* on\w+=", text)
    assert page.tags.count("h1") == 1


def test_every_number_on_the_page_leads_to_its_evidence_and_back(tmp_path):
    """Each printed number is a link to an entry with its exact value, and the entry links back."""
    write_html(PAPER, tmp_path / "main.html")
    text = (tmp_path / "main.html").read_text("utf-8")
    for printed in printed_numbers(PAPER):
        assert f'href="#e:{printed.name}"' in text
        entry = text[text.index(f'<section id="e:{printed.name}"') :]
        entry = entry[: entry.index("</section>")]
        assert repr(printed.quantity.value) in entry
        assert "↑" in entry
        if printed.estimate:
            assert f"<summary>Runs ({printed.estimate.n})</summary>" in entry


def test_the_digits_of_the_text_stand_in_one_file(tmp_path):
    """main.tex names every number of the text; values.tex holds its digits."""
    write_latex(PAPER, tmp_path)
    main, values = (tmp_path / "main.tex").read_text("utf-8"), (tmp_path / "values.tex").read_text("utf-8")
    numbers = [part for part in inlines_of(blocks(PAPER)) if isinstance(part, Number)]
    for number in numbers:
        assert rf"\pbvalue{{{print_key(number)}}}" in main
        assert rf"\pbset{{{print_key(number)}}}" in values
    assert "81.2" not in main
    table = (tmp_path / "tables" / "main-results.tex").read_text("utf-8")
    cell = MADE["results"]().rows[0][1][0]
    printed = print_number(Number(cell.estimate.quantity("value"), cell.decimals, cell.percent))
    assert rf"\pbnum{{{number_id(cell.estimate.quantity('value'))}}}{{{printed}}}" in table


def test_an_empty_paper_is_written(tmp_path):
    """A document of a title and one empty section needs no references, numbers or footer."""
    empty = Document("T", (), (), (Section("a", "A", (Paragraph(()),)),), ())
    for write in WRITERS.values():
        assert write(empty, tmp_path) == []
    assert make_pdf(tmp_path, "typst").path.stat().st_size > 1000


def test_no_engine_no_pdf(tmp_path):
    """`none` makes nothing; an engine without a written paper is an error that says so."""
    assert make_pdf(tmp_path, "none").path is None
    with pytest.raises(RenderError, match=r"typst made no PDF: main\.typ was not written"):
        make_pdf(tmp_path, "typst")


@needs_latexmk
def test_a_broken_project_falls_back_to_the_preview(tmp_path):
    """When LaTeX fails, the preview is made and the failure is a finding with the error's place."""
    write_latex(PAPER, tmp_path / "latex")
    write_typst(PAPER, tmp_path / "typst")
    with (tmp_path / "latex" / "values.tex").open("a") as values:
        values.write("\\undefinedcommandhere\n")
    made = make_pdf(tmp_path, "auto")
    assert made.engine != "latexmk"
    failed = [finding for finding in made.findings if finding.kind == "engine-failed"]
    assert "Undefined control sequence" in failed[0].message
    with pytest.raises(RenderError, match="Undefined control sequence"):
        make_pdf(tmp_path, "latexmk")


@needs_latexmk
def test_an_engine_that_hangs_is_stopped(tmp_path):
    """After the given time the engine is stopped and that is told."""
    write_latex(PAPER, tmp_path / "latex")
    with pytest.raises(RenderError, match="timed out"):
        make_pdf(tmp_path, "latexmk", timeout=0.01)


def test_a_preview_that_does_not_compile_is_an_error(tmp_path):
    """What typst says of a broken file is in the error."""
    put(tmp_path / "typst" / "main.typ", "#unknown-name")
    with pytest.raises(RenderError, match="unknown"):
        make_pdf(tmp_path, "typst")


LOG = r"""
./main.tex:12: Undefined control sequence.
l.12 \foo
! Emergency stop.
l.14 \end
Overfull \hbox (12.5pt too wide) in paragraph at lines 20--31
Overfull \hbox (0.4pt too wide) in paragraph at lines 40--41
Overfull \vbox (3.0pt too high) has occurred while \output is active []
LaTeX Warning: Reference `tab:x' on page 1 undefined on input line 33.
Package natbib Warning: Citation `smith' on page 2 undefined on input line 34.
Missing character: There is no ☃ (U+2603) in font ec-lmr10!
LaTeX Warning: Float too large for page by 27.5pt on input line 50.
"""


def test_the_log_of_latex_is_understood():
    """Errors, undefined keys, missing characters and visible overfull boxes become findings."""
    found = [
        (finding.kind, finding.sources[0].line if finding.sources else None) for finding in read_log(LOG)
    ]
    assert found == [
        ("latex-error", 12),
        ("latex-error", 14),
        ("undefined-reference", 33),
        ("undefined-citation", 34),
        ("overfull-box", 20),
        ("overfull-box", None),
        ("float-too-large", 50),
        ("missing-character", None),
    ]


def test_edits_are_kept(tmp_path):
    """A file that was edited since the build is copied; one that was not, or is gone, is not."""
    put(tmp_path / "latex" / "main.tex", "ours")
    put(tmp_path / "same.txt", "same")
    outputs = {"latex/main.tex": digest(b"ours"), "same.txt": digest(b"same"), "gone": "x", "../out": "x"}
    assert keep_edits(tmp_path, outputs) == ()
    for text, name in (("edited", "main.tex"), ("edited", "main.tex"), ("again", "main-2.tex")):
        (tmp_path / "latex" / "main.tex").write_text(text)
        assert keep_edits(tmp_path, outputs) == (tmp_path / "kept" / "latex" / name,)
        assert (tmp_path / "kept" / "latex" / name).read_text() == text


def test_a_place_that_cannot_be_written_is_named(tmp_path):
    """A file where a folder should be is an error with its path."""
    (tmp_path / "file").write_text("x")
    with pytest.raises(RenderError, match="cannot be written"):
        put(tmp_path / "file" / "main.tex", "x")
    (tmp_path / "folder").mkdir()
    with pytest.raises(RenderError, match="cannot be written"):
        put(tmp_path / "folder", "x")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["file", "folder"]


@pytest.mark.parametrize(
    ("authors", "text"),
    [
        ((("James", "Bergstra"), ("Yoshua", "Bengio")), "J. Bergstra and Y. Bengio"),
        ((("Jean-Pierre", "A"), ("B C", "D"), ("", "OpenLab")), "J.-P. A, B. C. D, and OpenLab"),
        (tuple((letter, letter) for letter in "ABCDEFGH"), "A. A, B. B, C. C, D. D, E. E, et al."),
        ((), ""),
    ],
)
def test_names_of_authors(authors, text):
    """Initials, a comma before the last of three, and the first five of many."""
    assert format_authors(authors).replace("\N{NO-BREAK SPACE}", " ") == text


def test_details_of_a_reference():
    """Volume, number and pages with an en dash; an address that is no web address is left out."""
    made = format_reference(MADE["REFERENCES"][0])
    assert (made.details, made.year) == ("13:281–305", "2012")


def test_fields_of_the_bibliography_are_safe():
    """Known LaTeX stays, a command that reads files is printed as words, and a bare percent is escaped."""
    text = references_bib(HOSTILE.references + PAPER.references)
    assert r"\input" not in text
    assert r"50\% \& \textbraceleft{}" in text
    assert "pages = {281--305}" in text
    assert text.count("@") >= 4


@pytest.mark.parametrize(
    ("url", "tex"),
    [
        ("https://a.org/x_y?b=1&c=2#d%20", r"https://a.org/x\_y?b=1\&c=2\#d\%20"),
        ("https://a.org/{é}\\", r"https://a.org/\%7B\%C3\%A9\%7D\%5C"),
        ("~$", r"\string~%24".replace("%", "\\%")),
    ],
)
def test_addresses_in_latex(url, tex):
    """Specials are escaped, and what no address may hold is percent-encoded."""
    assert tex_url(url) == tex


def test_letters_beyond_ascii_in_formulas():
    """Greek typed as such is its command, a sign its own, and a letter with an accent is text."""
    assert tex_formula("α ≤ é") == r"{\alpha} {\leq} \text{é}"
