"""notes.md as answers per outline item: Markdown with $math$, [@citations] and {value: ...} references."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

import yaml

from paperback.finding import Finding
from paperback.notes.inline import Tools, inline
from paperback.notes.outline import BY_ID
from paperback.notes.prose import Code, DisplayMath, Items, ProseBlock, Words
from paperback.source import Source, digest, relative

if TYPE_CHECKING:
    from markdown_it.token import Token

_PLACE = re.compile(r"^(?P<name>.*?)\s*\((?P<place>[^()\s]+\.py(?::[\w.]+)?)\)\s*$")


@dataclass(frozen=True, slots=True)
class NoteEquation:
    """A displayed equation of the section `Equations`.

    Attributes:
        name: What the author calls it.
        place: `losses.py:SpreadLoss`: the code it states; empty where the author names none.
        latex: Without delimiters.
        explanation: The blocks that follow it, such as its "where" sentence.
        source: Where it stands in the notes.
    """

    name: str
    place: str
    latex: str
    explanation: tuple[ProseBlock, ...]
    source: Source


@dataclass(frozen=True, slots=True)
class Notes:
    """The author's answers.

    Attributes:
        title: The first heading of level one; empty without one.
        authors: From the front matter.
        answers: Outline item to its blocks; only items with words in them.
        equations: In the order of the notes.
        findings: Headings that name no item, Markdown that a paper cannot show.
        digest: `digest` of the file; empty where there is none.
    """

    title: str = ""
    authors: tuple[str, ...] = ()
    answers: Mapping[str, tuple[ProseBlock, ...]] = field(default_factory=dict)
    equations: tuple[NoteEquation, ...] = ()
    findings: tuple[Finding, ...] = ()
    digest: str = ""


@dataclass(frozen=True, slots=True)
class _Part:
    level: int
    title: str
    line: int
    blocks: tuple[ProseBlock, ...]


def read_notes(path: Path, root: Path) -> Notes:
    """The answers in `path`; none where there is no such file."""
    place = relative(path, root)
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        return Notes()
    except OSError as error:
        return Notes(findings=(Finding("unreadable-notes", f"{place}: {error.strerror}", (Source(place),)),))
    # CommonMark's own rule: U+0000 becomes U+FFFD; other undecodable bytes get the same sign.
    text = data.decode("utf-8-sig", errors="replace")
    front, body, offset = _front_matter(text)
    tools = Tools(place)
    parts = _parts(body, offset, tools)
    return _notes(parts, front, place, tools, digest(data))


def _front_matter(text: str) -> tuple[dict[str, object], str, int]:
    match = re.match(r"---[ \t]*\r?\n(.*?\r?\n)?---[ \t]*(\r?\n|$)", text, flags=re.DOTALL)
    if not match:
        return {}, text, 0
    try:
        values = yaml.safe_load(match[1] or "")
    except yaml.YAMLError:
        return {}, text, 0
    lines = match[0].count("\n")
    return (values if isinstance(values, dict) else {}), text[match.end() :], lines


def _notes(parts: list[_Part], front: dict[str, object], place: str, tools: Tools, hashed: str) -> Notes:
    answers: dict[str, tuple[ProseBlock, ...]] = {}
    equations: list[NoteEquation] = []
    title, inside, depth = "", "", 0
    for part in parts:
        item = _item(part.title)
        if part.level == 1 and not title and not item:
            title = part.title
        elif part.level <= max(2, depth) or not inside:
            inside = "equations" if part.title.strip().lower() == "equations" else item
            depth = part.level
        if inside == "equations":
            equations += _equations(part, place)
        elif inside:
            answers[inside] = answers.get(inside, ()) + part.blocks
        elif part.title != title and part.title:
            tools.told.append(_stray(part, place))
    authors = front.get("authors", front.get("author"))
    return Notes(
        title=title or str(front.get("title") or ""),
        authors=tuple(str(name) for name in (authors if isinstance(authors, list) else [authors]) if name),
        answers={item: blocks for item, blocks in answers.items() if blocks},
        equations=tuple(equations),
        findings=tuple(tools.told),
        digest=hashed,
    )


def _item(title: str) -> str:
    word = title.split(maxsplit=1)[0].rstrip(".:—-") if title.strip() else ""
    return next((known for known in BY_ID if known.lower() == word.lower()), "")


def _stray(part: _Part, place: str) -> Finding:
    return Finding(
        "note-without-item",
        f"{place}:{part.line}: the heading {part.title!r} names no outline item, so its text is not used",
        (Source(place, part.line),),
        "Begin the heading with an item's id, such as M1 or E3.",
    )


def _equations(part: _Part, place: str) -> list[NoteEquation]:
    match = _PLACE.match(part.title)
    name, code = (match["name"], match["place"]) if match else (part.title, "")
    starts = [index for index, block in enumerate(part.blocks) if isinstance(block, DisplayMath)]
    found = []
    for start, end in pairwise([*starts, len(part.blocks)]):
        block = part.blocks[start]
        assert isinstance(block, DisplayMath)
        source = Source(place, block.line)
        found.append(NoteEquation(name, code, block.latex, part.blocks[start + 1 : end], source))
    return found


def _parts(body: str, offset: int, tools: Tools) -> list[_Part]:
    from markdown_it import MarkdownIt
    from mdit_py_plugins.dollarmath import dollarmath_plugin

    parser = MarkdownIt("commonmark", {"html": False}).use(
        dollarmath_plugin, allow_space=False, double_inline=True
    )
    parts: list[_Part] = []
    level, title, line = 0, "", 1 + offset
    blocks: list[ProseBlock] = []
    tokens = iter(parser.parse(body))
    for token in tokens:
        at = (token.map[0] if token.map else 0) + 1 + offset
        if token.type == "heading_open":
            parts.append(_Part(level, title, line, tuple(blocks)))
            level, title, line, blocks = int(token.tag[1:]), next(tokens).content, at, []
        else:
            blocks += _block(token, tokens, at, tools)
    return [*parts, _Part(level, title, line, tuple(blocks))]


def _block(token: "Token", tokens: "Iterator[Token]", line: int, tools: Tools) -> list[ProseBlock]:
    match token.type:
        case "inline":
            return inline(token.children or [], line, tools)
        case "math_block" | "math_block_label":
            return [DisplayMath(token.content.strip(), line)]
        case "bullet_list_open" | "ordered_list_open":
            return [_list(token, tokens, line, tools)]
        case "fence" | "code_block":
            return [Words((Code(token.content.strip()),))]
        case "hr":
            return []
        case kind if kind.endswith(("_open", "_close")):
            return []
    tools.tell("unsupported-markdown", f"a paper cannot show Markdown's {token.type}", line)
    return [Words((Code(token.content.strip()),))] if token.content.strip() else []


def _list(opening: "Token", tokens: "Iterator[Token]", line: int, tools: Tools) -> Items:
    items: list[list[Words]] = []
    depth = 1
    for token in tokens:
        at = token.map[0] + 1 if token.map else line
        if token.type in ("bullet_list_open", "ordered_list_open"):
            depth += 1
            tools.tell("unsupported-markdown", "a list inside a list is shown as one list", at)
        elif token.type in ("bullet_list_close", "ordered_list_close"):
            depth -= 1
            if depth == 0:
                break
        elif token.type == "list_item_open":
            items.append([])
        elif token.type == "inline":
            items[-1] += [
                block for block in inline(token.children or [], at, tools) if isinstance(block, Words)
            ]
    joined = tuple(Words(tuple(part for words in item for part in words.parts)) for item in items if item)
    return Items(joined, ordered=opening.type == "ordered_list_open")
