"""Symbols that the author's notes define otherwise than the table of notation."""

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise

from paperback.code.stated import Statement
from paperback.finding import Finding
from paperback.notes.prose import Items, Math, ProseBlock, Text, Words
from paperback.story.notation import meaning_of

# `$y$ is the ...`, `$y$ denotes ...`; what follows up to the next mark or formula is the definition.
_DEFINES = re.compile(
    r"^\s*(?:is|are|be|denotes?|stands? for|means)\s+(?:the |a |an |our |its )?([^.,;:()]{3,60})", re.I
)
_WORD = re.compile(r"[A-Za-z]{3,}")
_STEM = 4


def other_meanings(
    answers: Iterable[tuple[str, Sequence[ProseBlock]]], statements: Iterable[Statement], notes: str
) -> Iterator[Finding]:
    """A finding for each symbol that the notes define in words that share none with its name in the code.

    Args:
        answers: Outline items with the author's blocks.
        statements: The equations that are printed.
        notes: The file of the notes, as findings name it.
    """
    known = {
        symbol.latex: (symbol, statement)
        for statement in reversed(tuple(statements))
        for symbol in statement.symbols
        if symbol.meaning != "function" and statement.lines
    }
    for item, blocks in answers:
        for latex, words in _definitions(blocks):
            if latex not in known:
                continue
            symbol, statement = known[latex]
            named = _stems(f"{symbol.name.replace('_', ' ')} {symbol.meaning}")
            if _stems(symbol.name.replace("_", " ")) and not named & _stems(words):
                yield Finding(
                    "symbol-defined-otherwise",
                    f"{notes}: {item} calls {latex} {words.strip()!r}, "
                    f"the equation of {statement.place} calls it the {meaning_of(symbol)}",
                    (statement.source,),
                    "Use another letter in the notes, or rename the value in the code.",
                )


def _definitions(blocks: Iterable[ProseBlock]) -> Iterator[tuple[str, str]]:
    for block in blocks:
        if isinstance(block, Items):
            yield from _definitions(block.items)
        if not isinstance(block, Words):
            continue
        for before, after in pairwise(block.parts):
            if (
                isinstance(before, Math)
                and isinstance(after, Text)
                and (found := _DEFINES.match(after.words))
            ):
                yield before.latex.strip(), found[1]


def _stems(words: str) -> frozenset[str]:
    return frozenset(word.lower()[:_STEM] for word in _WORD.findall(words))
