"""The inside of a paragraph of the notes: words, math, citations and references to values."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from paperback.finding import Finding
from paperback.notes.prose import (
    Cite,
    Code,
    DisplayMath,
    Emphasis,
    Link,
    Math,
    ProseBlock,
    ProseInline,
    Strong,
    Text,
    ValueReference,
    Words,
)
from paperback.source import Source

if TYPE_CHECKING:
    from markdown_it.token import Token

# `[@a; @b]` and `{value: accuracy, method=mlp}`; anything else in brackets is the author's own text.
_SPECIAL = re.compile(r"\[(?P<cite>@[^\[\]\s;]+(?:\s*;\s*@[^\[\]\s;]+)*)\]|\{value:(?P<value>[^{}]*)\}")


@dataclass(slots=True)
class Tools:
    """What reading needs besides the text: the file's path, and a list for findings."""

    path: str
    told: list[Finding] = field(default_factory=list)

    def tell(self, kind: str, message: str, line: int) -> None:
        """Note one finding at `line`."""
        self.told.append(Finding(kind, f"{self.path}:{line}: {message}", (Source(self.path, line),)))


def inline(tokens: "list[Token]", line: int, tools: Tools) -> list[ProseBlock]:
    """Paragraphs and displayed formulas of one paragraph's tokens; $$...$$ ends the paragraph around it."""
    blocks: list[ProseBlock] = []
    parts: list[ProseInline] = []
    for part in _parts(iter(tokens), "", line, tools):
        if isinstance(part, DisplayMath):
            blocks += _words(parts)
            blocks.append(part)
            parts = []
        else:
            parts.append(part)
    return blocks + _words(parts)


def _words(parts: list[ProseInline]) -> list[ProseBlock]:
    bare = all(isinstance(part, Text) and not part.words.strip() for part in parts)
    return [] if bare else [Words(tuple(_merged(parts)))]


def _merged(parts: list[ProseInline]) -> Iterator[ProseInline]:
    words = ""
    for part in parts:
        if isinstance(part, Text):
            words += part.words
            continue
        if words:
            yield Text(words)
            words = ""
        yield part
    if words:
        yield Text(words)


def _parts(
    tokens: "Iterator[Token]", closing: str, line: int, tools: Tools
) -> Iterator[ProseInline | DisplayMath]:
    for token in tokens:
        match token.type:
            case kind if kind == closing:
                return
            case "text":
                yield from _text(token.content, line, tools)
            case "softbreak" | "hardbreak":
                line += 1
                yield Text(" ")
            case "code_inline":
                yield Code(token.content)
            case "math_inline":
                yield Math(token.content.strip())
            case "math_inline_double":
                yield DisplayMath(token.content.strip(), line)
            case "em_open":
                yield Emphasis(_inner(tokens, "em_close", line, tools))
            case "strong_open":
                yield Strong(_inner(tokens, "strong_close", line, tools))
            case "link_open":
                yield Link(str(token.attrGet("href") or ""), _inner(tokens, "link_close", line, tools))
            case _:
                tools.tell("unsupported-markdown", f"a paper cannot show Markdown's {token.type}", line)
                yield Text(token.content)


def _inner(tokens: "Iterator[Token]", closing: str, line: int, tools: Tools) -> tuple[ProseInline, ...]:
    inner = _parts(tokens, closing, line, tools)
    return tuple(_merged([Math(part.latex) if isinstance(part, DisplayMath) else part for part in inner]))


def _text(words: str, line: int, tools: Tools) -> Iterator[ProseInline]:
    end = 0
    for match in _SPECIAL.finditer(words):
        if match.start() > end:
            yield Text(words[end : match.start()])
        end = match.end()
        if match["cite"]:
            yield Cite(tuple(key.strip().removeprefix("@") for key in match["cite"].split(";")))
        else:
            yield _value(match["value"], line)
    if end < len(words):
        yield Text(words[end:])


def _value(words: str, line: int) -> ValueReference:
    metric, *filters = [piece.strip() for piece in words.split(",")]
    pairs = [piece.partition("=") for piece in filters if piece]
    return ValueReference(metric, tuple((key.strip(), value.strip()) for key, _, value in pairs), line)
