"""The bibliography: names, accents, and every kind of damage."""

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from paperback.literature import Bibliography, read_bibliography
from paperback.literature.bibliography import plain
from paperback.source import digest

KNUTH = (
    "@book{knuth84,\n author = {Knuth, Donald E.},\n"
    " title = {The {\\TeX}book},\n year = 1984,\n publisher = {AW}\n}\n"
)


def read(folder: Path, text: str | bytes) -> Bibliography:
    path = folder / "references.bib"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return read_bibliography(path, folder)


def entry(fields: str, kind: str = "article") -> str:
    return f"@{kind}{{key, title = {{T}}, year = {{2020}}, {fields}}}\n"


NAMES = {
    "given first": ("Donald E. Knuth", (("Donald E.", "Knuth"),)),
    "family first": ("Knuth, Donald E.", (("Donald E.", "Knuth"),)),
    "von": ("Ludwig van Beethoven", (("Ludwig", "van Beethoven"),)),
    "von and Jr": ("de la Cruz, Jr., Ana", (("Ana", "de la Cruz Jr."),)),
    "three": ("A B and C D and E F", (("A", "B"), ("C", "D"), ("E", "F"))),
    "organisation": ("{Dep of And and Or}", (("", "Dep of And and Or"),)),
    "accents": (r"G{\"o}del, Kurt and \'Alvarez, {\O}ystein", (("Kurt", "Gödel"), ("Øystein", "Álvarez"))),
    "unicode": ("Gödel, Kurt and 山田, 太郎", (("Kurt", "Gödel"), ("太郎", "山田"))),
    "hyphen": ("Jean-Paul Sartre", (("Jean-Paul", "Sartre"),)),
}


@pytest.mark.parametrize("case", NAMES)
def test_names(case: str, tmp_path: Path) -> None:
    """Names are split as BibTeX splits them, and hold Unicode instead of commands."""
    written, names = NAMES[case]
    assert read(tmp_path, entry(f"author = {{{written}}}")).references["key"].authors == names


@pytest.mark.parametrize(
    ("latex", "text"),
    [
        (r"{\'e}t{\'e}", "été"),
        (r"Na{\"\i}ve {B}ayes", "Naïve Bayes"),
        (r"Erd{\H o}s--R\'enyi", "Erdős–Rényi"),
        (r"\emph{In} vitro", "In vitro"),
        (r"A~B", "A B"),
        (r"{U}n{b}alanced }", "Unbalanced"),
        ("50\\% of \\$x\\$ \\& y", "50% of $x$ & y"),
    ],
)
def test_plain_text(latex: str, text: str) -> None:
    """A title in print has accents in place of commands, and no braces."""
    assert plain(latex) == text


@pytest.mark.parametrize(
    ("fields", "url"),
    [
        ("doi = {10.1/a\\_b}, url = {https://x.org}", "https://doi.org/10.1/a_b"),
        ("doi = {https://doi.org/10.1/ab}", "https://doi.org/10.1/ab"),
        ("url = {https://x.org/a\\_b\\%20c}", "https://x.org/a_b%20c"),
        ("eprint = {1706.03762}", "https://arxiv.org/abs/1706.03762"),
        ("note = {n}", ""),
    ],
)
def test_the_address_of_a_work(tmp_path: Path, fields: str, url: str) -> None:
    """A DOI comes before a web address, and that before arXiv."""
    assert read(tmp_path, entry(f"author = {{A B}}, {fields}")).references["key"].url == url


@pytest.mark.parametrize(
    ("kind", "fields", "venue"),
    [
        ("article", "journal = {J of X}", "J of X"),
        ("inproceedings", "booktitle = {Proc. {X}}, publisher = {P}", "Proc. X"),
        ("phdthesis", "school = {S}", "S"),
        ("misc", "eprint = {1706.03762}", "arXiv:1706.03762"),
        ("misc", "note = {n}", ""),
    ],
)
def test_the_venue_of_a_work(tmp_path: Path, kind: str, fields: str, venue: str) -> None:
    """The place of publication is the most telling field that the entry has."""
    assert read(tmp_path, entry(f"author = {{A B}}, {fields}", kind)).references["key"].venue == venue


def test_an_entry_arrives_whole(tmp_path: Path) -> None:
    """Key, kind, year and every field as written are there, and the file's digest."""
    found = read(tmp_path, KNUTH)
    work = found.references["knuth84"]
    assert (work.kind, work.year, work.title, work.venue) == ("book", "1984", "The TeXbook", "AW")
    assert work.fields["title"] == "The {\\TeX}book"
    assert work.fields["author"] == "Knuth, Donald E."
    assert found.findings == ()
    assert found.digest == digest(KNUTH.encode())


def test_macros_are_filled_in(tmp_path: Path) -> None:
    """A @string stands for its text, even where another entry of the file is damaged."""
    text = '@string{jmlr = "JMLR"}\n@article{a, author={A B}, title={T}, year=2020, journal=jmlr}\n'
    assert read(tmp_path, text).references["a"].venue == "JMLR"
    assert read(tmp_path, text + "@article{broken, title = {X\n").references["a"].venue == "JMLR"


def test_the_date_gives_the_year(tmp_path: Path) -> None:
    """BibLaTeX's date counts where there is no year."""
    found = read(tmp_path, "@online{a, author={A B}, title={T}, date={2021-05-03}}")
    assert found.references["a"].year == "2021"
    assert found.findings == ()


@pytest.mark.parametrize(
    ("fields", "missing"),
    [
        ("year={2020}, author={A B}", "title"),
        ("title={T}, author={A B}", "year"),
        ("title={T}, year={2020}", "author"),
        ("note={n}", "title and year and author"),
    ],
)
def test_a_gap_is_told(tmp_path: Path, fields: str, missing: str) -> None:
    """A work without title, year or author is kept, and the gap is named."""
    found = read(tmp_path, f"@misc{{a, {fields}}}")
    assert list(found.references) == ["a"]
    assert [f.message for f in found.findings] == [f"references.bib: a has no {missing}"]


DAMAGED = {
    "unclosed brace": "@article{a, title = {X\n",
    "no key": "@article{title = {X}}\n",
    "no comma": "@article{b, title = {X} year = {1}}\n",
    "undefined macro": "@article{a, title = nosuch, author={A B}, year=2020}\n",
    "too many commas": "@article{c, title={T}, year=2020, author={A, B, C, D, E}}\n",
}


@pytest.mark.parametrize("case", DAMAGED)
def test_damage_costs_one_entry(case: str, tmp_path: Path) -> None:
    """A damaged entry is a finding with its line; the entries before and behind it are read."""
    behind = KNUTH.replace("knuth84", "behind")
    found = read(tmp_path, KNUTH + DAMAGED[case] + behind)
    assert {"knuth84", "behind"} <= set(found.references)
    told = [finding for finding in found.findings if finding.kind == "unreadable-reference"]
    assert told
    assert all(finding.sources[0].line == 7 for finding in told)
    assert all(finding.message.startswith("references.bib:7: ") for finding in told)


def test_a_key_that_stands_twice_is_told(tmp_path: Path) -> None:
    """The first of two entries with one key counts; the second is told with its line."""
    found = read(tmp_path, KNUTH + KNUTH.replace("1984", "1999"))
    assert found.references["knuth84"].year == "1984"
    assert [(f.kind, f.sources[0].line) for f in found.findings] == [("duplicate-reference", 7)]


def test_no_file_is_no_work(tmp_path: Path) -> None:
    """Without a bibliography there is nothing, and nothing to complain of."""
    assert read_bibliography(tmp_path / "references.bib", tmp_path) == Bibliography({}, ())


def test_a_file_that_cannot_be_read_is_a_finding(tmp_path: Path) -> None:
    """A folder in place of the file is told, not raised."""
    (tmp_path / "references.bib").mkdir()
    found = read_bibliography(tmp_path / "references.bib", tmp_path)
    assert [finding.kind for finding in found.findings] == ["unreadable-bibliography"]


def test_line_ends_and_byte_order_mark_make_no_difference(tmp_path: Path) -> None:
    """CR LF and a byte-order mark change no work."""
    plain_file = read(tmp_path, KNUTH)
    windows = read(tmp_path, b"\xef\xbb\xbf" + KNUTH.replace("\n", "\r\n").encode())
    assert plain_file.references == windows.references
    assert windows.findings == ()


PIECES = st.sampled_from(
    [
        "@article{",
        "@string{",
        "@comment{",
        "@preamble{",
        "a,",
        "title",
        " = ",
        "{",
        "}",
        '"',
        "#",
        "and",
        ",",
        "author = {",
        "year = 2020",
        "\\'e",
        "\\",
        "%",
        "\n",
        "@",
        "Jr.",
        "von ",
        "$",
        "\x00",
        "{\\",
        "~",
        "é",
    ]
)


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.lists(PIECES | st.text(max_size=4), max_size=25).map("".join))
def test_no_text_is_too_strange(tmp_path: Path, capfd: pytest.CaptureFixture[str], text: str) -> None:
    """Whatever the file holds, reading gives works and findings, raises nothing and prints nothing."""
    found = read(tmp_path, text.encode("utf-8", "surrogatepass"))
    assert all(work.key == key for key, work in found.references.items())
    assert capfd.readouterr() == ("", "")


@settings(max_examples=100, deadline=None)
@given(st.text(alphabet=st.sampled_from("ab{}\\'\"~$%&#_^ -\n\x00é"), max_size=20))
def test_no_title_is_too_strange(title: str) -> None:
    """A title in print never holds a brace that the author did not close, nor two blanks."""
    shown = plain(title)
    assert "  " not in shown
