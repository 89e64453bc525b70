"""notes.md: front matter, headings, each piece of Markdown, and whatever else an author may type."""

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from paperback.notes import BY_ID, ITEMS, Notes, read_notes
from paperback.notes.prose import (
    Cite,
    Code,
    DisplayMath,
    Emphasis,
    Items,
    Link,
    Math,
    ProseBlock,
    ProseInline,
    Strong,
    Text,
    ValueReference,
    Words,
)
from paperback.source import digest


def read(folder: Path, words: str | bytes) -> Notes:
    path = folder / "notes.md"
    path.write_bytes(words if isinstance(words, bytes) else words.encode())
    return read_notes(path, folder)


def words(*parts: ProseInline) -> Words:
    return Words(parts)


BLOCKS: dict[str, tuple[str, tuple[ProseBlock, ...]]] = {
    "paragraphs": ("One.\nStill one.\n\nTwo.", (words(Text("One. Still one.")), words(Text("Two.")))),
    "emphasis": ("*a **b***", (words(Emphasis((Text("a "), Strong((Text("b"),))))),)),
    "code": ("Call `a_b()`.", (words(Text("Call "), Code("a_b()"), Text(".")),)),
    "link": (
        "[the *page*](https://a.org/x_y)",
        (words(Link("https://a.org/x_y", (Text("the "), Emphasis((Text("page"),))))),),
    ),
    "math": (r"Let $x_i \in A$.", (words(Text("Let "), Math(r"x_i \in A"), Text(".")),)),
    "money is no math": ("It costs $5 and $6.", (words(Text("It costs $5 and $6.")),)),
    "displayed": ("$$\na = b\n$$", (DisplayMath("a = b", 3),)),
    "displayed in a sentence": (
        "As $$a = b$$ shows.",
        (words(Text("As ")), DisplayMath("a = b", 3), words(Text(" shows."))),
    ),
    "citation": ("So [@a; @b-2].", (words(Text("So "), Cite(("a", "b-2")), Text(".")),)),
    "brackets": ("So [a] and [@] and user@host.org.", (words(Text("So [a] and [@] and user@host.org.")),)),
    "value": (
        "It is {value: acc, method=ours, dataset=a b}.",
        (
            words(
                Text("It is "),
                ValueReference("acc", (("method", "ours"), ("dataset", "a b")), 3),
                Text("."),
            ),
        ),
    ),
    "value on its line": (
        "One\ntwo {value: acc} three.",
        (words(Text("One two "), ValueReference("acc", (), 4), Text(" three.")),),
    ),
    "bullets": (
        "- a\n- b *c*",
        (Items((words(Text("a")), words(Text("b "), Emphasis((Text("c"),)))), False),),
    ),
    "numbers": ("1. a\n2. b", (Items((words(Text("a")), words(Text("b"))), True),)),
    "quotation": ("> a", (words(Text("a")),)),
    "fence": ("```python\nx = 1\n```", (words(Code("x = 1")),)),
    "rule": ("a\n\n---\n\nb", (words(Text("a")), words(Text("b")))),
    "html is words": ("<b>x</b>", (words(Text("<b>x</b>")),)),
    "entities": ("a &amp; b &lt;", (words(Text("a & b <")),)),
    "escapes": (r"\*a\* \$x\$", (words(Text("*a* $x$")),)),
    "umlauts": ("Größe — 数学 😀", (words(Text("Größe — 数学 😀")),)),
    "TeX": (r"\input{/etc/passwd} 50% & #1", (words(Text(r"\input{/etc/passwd} 50% & #1")),)),
}


@pytest.mark.parametrize("case", BLOCKS)
def test_markdown(case: str, tmp_path: Path) -> None:
    """Each piece of Markdown becomes the node of its meaning, and its text loses and gains nothing."""
    text, blocks = BLOCKS[case]
    found = read(tmp_path, f"## M1 Problem\n\n{text}\n")
    assert found.answers == {"M1": blocks}
    assert found.findings == ()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("![a](b.png)", "notes.md:3: a paper cannot show Markdown's image"),
        ("- a\n  - b", "notes.md:4: a list inside a list is shown as one list"),
    ],
)
def test_what_a_paper_cannot_show_is_told(tmp_path: Path, text: str, said: str) -> None:
    """Markdown that no paper shows is a finding with its line."""
    found = read(tmp_path, f"## M1 Problem\n\n{text}\n")
    assert [(finding.kind, finding.message) for finding in found.findings] == [("unsupported-markdown", said)]
    assert found.findings[0].sources[0].line == int(said.split(":")[1])


def test_a_list_inside_a_list_keeps_its_words(tmp_path: Path) -> None:
    """The inner items stand behind the outer one."""
    found = read(tmp_path, "## M1 P\n\n- a\n  - b\n- c\n")
    assert found.answers["M1"] == (Items((words(Text("a")), words(Text("b")), words(Text("c"))), False),)


@pytest.mark.parametrize(
    "heading", ["## M1 Problem", "## m1: problem", "### M1", "# M1. Problem", "## M1 — x"]
)
def test_a_heading_names_its_item(tmp_path: Path, heading: str) -> None:
    """An item is found by its id, whatever its case, level or the sign behind it."""
    assert list(read(tmp_path, f"{heading}\n\nText.\n").answers) == ["M1"]


@pytest.mark.parametrize("item", [item.id for item in ITEMS])
def test_every_item_can_be_answered(tmp_path: Path, item: str) -> None:
    """No id hides another one: C1 is not C10, L2a is not L2b."""
    answers = read(tmp_path, f"## {item} {BY_ID[item].title}\n\nText.\n").answers
    assert answers == {item: (words(Text("Text.")),)}


def test_an_item_answered_twice_keeps_both(tmp_path: Path) -> None:
    """A second heading of one item adds to the first."""
    found = read(tmp_path, "## M1\n\na\n\n## M2\n\nb\n\n## M1\n\nc\n")
    assert found.answers == {"M1": (words(Text("a")), words(Text("c"))), "M2": (words(Text("b")),)}


def test_a_smaller_heading_belongs_to_its_item(tmp_path: Path) -> None:
    """What stands under a heading of level three still answers the item above it."""
    assert read(tmp_path, "## M1\n\na\n\n### Aside\n\nb\n").answers["M1"] == (
        words(Text("a")),
        words(Text("b")),
    )


def test_items_may_be_grouped(tmp_path: Path) -> None:
    """Items of level three under a heading of the author's own are found, each with its own text."""
    found = read(tmp_path, "## Method\n\n### M1\n\na\n\n### M2\n\nb\n\n## E1\n\nc\n")
    assert found.answers == {"M1": (words(Text("a")),), "M2": (words(Text("b")),), "E1": (words(Text("c")),)}


def test_a_heading_inside_an_answer_is_no_item(tmp_path: Path) -> None:
    """`L1 loss` below an item, or among the equations, is a name and not the item L1."""
    found = read(tmp_path, "## M5\n\n### L1 loss\n\na\n\n## Equations\n\n### L1 loss\n\n$$\nx\n$$\n")
    assert found.answers == {"M5": (words(Text("a")),)}
    assert [equation.name for equation in found.equations] == ["L1 loss"]


def test_a_heading_without_item_is_told_with_its_line(tmp_path: Path) -> None:
    """Text under an unknown heading is not used, and the author is told where it stands."""
    found = read(tmp_path, "# T\n\n## M1\n\na\n\n## Thoughts\n\nb\n")
    assert found.answers == {"M1": (words(Text("a")),)}
    assert [str(finding.message) for finding in found.findings] == [
        "notes.md:7: the heading 'Thoughts' names no outline item, so its text is not used"
    ]
    assert found.findings[0].mend == "Begin the heading with an item's id, such as M1 or E3."


def test_an_item_without_words_is_not_answered(tmp_path: Path) -> None:
    """A heading alone answers nothing."""
    assert read(tmp_path, "## M1\n\n## M2\n\n   \n").answers == {}


@pytest.mark.parametrize(
    ("front", "title", "authors"),
    [
        ("---\nauthors: [Ada L., Ben]\n---\n# T", "T", ("Ada L.", "Ben")),
        ("---\nauthor: Ada\ntitle: F\n---\n", "F", ("Ada",)),
        ("---\nauthor: Ada\ntitle: F\n---\n# T", "T", ("Ada",)),
        ("---\n---\n# T", "T", ()),
        ("---\nauthors: [\n---\n# T", "T", ()),
        ("---\n- a\n---\n# T", "T", ()),
        ("---\nauthors: 3\n---\n# T", "T", ("3",)),
        ("---\r\nauthors: [Ada]\r\n---\r\n# T\r\n", "T", ("Ada",)),
        ("\ufeff---\nauthors: [Ada]\n---\n# T", "T", ("Ada",)),
        ("---\nauthors: !!python/object/apply:os.getcwd []\n---\n# T", "T", ()),
    ],
)
def test_front_matter(tmp_path: Path, front: str, title: str, authors: tuple[str, ...]) -> None:
    """Authors and title come from the front matter, the first heading before its title; damage is skipped."""
    found = read(tmp_path, front)
    assert (found.title, found.authors) == (title, authors)


def test_front_matter_counts_as_lines(tmp_path: Path) -> None:
    """A finding names the line of the file, not of the part behind the front matter."""
    found = read(tmp_path, "---\ntitle: T\n---\n\n## Thoughts\n\nb\n")
    assert found.findings[0].message.startswith("notes.md:5: ")


def test_equations_carry_name_place_and_explanation(tmp_path: Path) -> None:
    """Each displayed formula under Equations knows the code it states and the words behind it."""
    found = read(
        tmp_path,
        "## Equations\n\n### Loss (losses.py:Spread.forward)\n\n$$ a $$\n\nwhere b.\n\n"
        "$$ c $$\n\n### Bare\n\n$$ d $$\n",
    )
    assert [(e.name, e.place, e.latex, e.explanation, e.source.line) for e in found.equations] == [
        ("Loss", "losses.py:Spread.forward", "a", (words(Text("where b.")),), 5),
        ("Loss", "losses.py:Spread.forward", "c", (), 9),
        ("Bare", "", "d", (), 13),
    ]
    assert found.answers == {}
    assert found.findings == ()


def test_line_ends_make_no_difference(tmp_path: Path) -> None:
    """CR LF, and a byte-order mark, change neither words nor lines."""
    text = "# T\n\n## M1\n\nOne\ntwo.\n\n- a\n- b\n\n$$\nx\n$$\n\n## Thoughts\n\nz\n"
    plain, windows = (
        read(tmp_path, text),
        read(tmp_path, b"\xef\xbb\xbf" + text.replace("\n", "\r\n").encode()),
    )
    assert (plain.title, plain.answers, plain.findings) == (windows.title, windows.answers, windows.findings)


def test_signs_that_no_text_has_are_replaced(tmp_path: Path) -> None:
    """NUL and bytes that are no UTF-8 become the replacement sign."""
    found = read(tmp_path, b"## M1\n\na\x00b\xffc\n")
    assert found.answers["M1"] == (words(Text("a\ufffdb\ufffdc")),)


def test_the_digest_is_that_of_the_file(tmp_path: Path) -> None:
    """Notes know the digest of the bytes they were read from."""
    assert read(tmp_path, b"## M1\r\n").digest == digest(b"## M1\r\n")


def test_no_notes_are_no_answers(tmp_path: Path) -> None:
    """Where there is no file there is nothing, and nothing to complain of."""
    assert read_notes(tmp_path / "notes.md", tmp_path) == Notes()


def test_notes_that_cannot_be_read_are_a_finding(tmp_path: Path) -> None:
    """A folder in place of the file is told, not raised."""
    (tmp_path / "notes.md").mkdir()
    found = read_notes(tmp_path / "notes.md", tmp_path)
    assert [finding.kind for finding in found.findings] == ["unreadable-notes"]
    assert found.findings[0].message.startswith("notes.md: ")


def test_notes_beside_the_repository_are_named_by_their_path(tmp_path: Path) -> None:
    """The notes may stand outside the repository, as `../notes.md` in paperback.toml says."""
    (tmp_path / "repo").mkdir()
    (tmp_path / "notes.md").write_text("## M1\n\nText.\n")
    assert read_notes(tmp_path / "repo" / ".." / "notes.md", tmp_path / "repo").answers


PIECES = st.sampled_from(
    [
        "# ",
        "## M1 ",
        "### ",
        "## Equations\n",
        "\n",
        "\n\n",
        "$",
        "$$",
        "- ",
        "  - ",
        "1. ",
        "> ",
        "`",
        "```\n",
        "[@a]",
        "[@",
        "{value: a, b=c}",
        "{value:",
        "}",
        "*",
        "**",
        "](x)",
        "![",
        "---\n",
        "a: b\n",
        "\\",
        "<b>",
        "&amp;",
        "\x00",
        "\r\n",
        "\t",
        "|a|b|\n|-|-|\n",
        "(a.py:B)",
        "word ",
    ]
)


@settings(max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.lists(PIECES | st.text(max_size=5), max_size=25).map("".join))
def test_no_text_is_too_strange(tmp_path: Path, text: str) -> None:
    """Whatever the notes hold, they are read; every answer belongs to an item and has words."""
    found = read(tmp_path, text.encode("utf-8", "surrogatepass"))
    assert set(found.answers) <= set(BY_ID)
    assert all(found.answers.values())


@settings(max_examples=50, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.binary(max_size=60))
def test_no_bytes_are_too_strange(tmp_path: Path, data: bytes) -> None:
    """Bytes that are no text are read too."""
    assert isinstance(read(tmp_path, data), Notes)


@settings(max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.from_regex(r"[A-Za-z0-9 ,.;:()/äéß数—%#~^]{1,40}", fullmatch=True))
def test_plain_words_arrive_as_written(tmp_path: Path, text: str) -> None:
    """Words without Markdown's marks are the words of one paragraph, blanks at its ends aside."""
    found = read(tmp_path, f"## M1 Problem\n\nx{text}x\n")
    assert found.answers["M1"] == (words(Text(f"x{text}x")),)
