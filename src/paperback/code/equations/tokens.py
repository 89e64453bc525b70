"""The tokens of LaTeX mathematics, and a cursor that walks over them."""

import re
from dataclasses import dataclass, field

from paperback.code.equations.form import (
    Expr,
)

_TOKEN = re.compile(r"\\[A-Za-z]+|\\.|\d+(?:\.\d+)?|[A-Za-z]|[^\s]")

_SKIPPED = {
    r"\,",
    r"\;",
    r"\!",
    r"\quad",
    r"\qquad",
    "&",
    r"\displaystyle",
    r"\left",
    r"\right",
    r"\limits",
    r"\:",
} | {f"\\{size}{side}" for size in ("big", "Big", "bigg", "Bigg") for side in ("l", "r", "")}


class LatexError(Exception):
    """The text is not in the grammar."""


@dataclass(frozen=True, slots=True)
class Entry:
    """What a symbol of the notation stands for.

    Attributes:
        kind: "scalar", "tensor", "operator" (custom scalar function) or "function" (opaque).
        key: The name under which its value is known.
        sizes: Sizes of a tensor's axes, or of what a function gives.
    """

    kind: str
    key: str
    sizes: tuple[Expr, ...] = ()


def tokens(text: str) -> list[str]:
    """The tokens of `text` without spacing."""
    text = text.replace(r"\left|", r"\lvert ").replace(r"\right|", r"\rvert ")
    plain = re.sub(r"\\(begin|end)\{aligned\}", " ", text)
    found = _TOKEN.findall(plain)
    aligned = plain != text
    return (
        [item for item in found if item not in _SKIPPED or (item == "&" and "cases" in text)]
        if not aligned
        else [item for item in _without_breaks(found) if item not in _SKIPPED or item == "&"]
    )


def _without_breaks(found: list[str]) -> list[str]:
    """Line breaks of `aligned` dropped; those of `cases` and `substack` kept."""
    kept: list[str] = []
    depth = 0
    at = 0
    while at < len(found):
        item = found[at]
        if item in (r"\begin", r"\substack"):
            depth += 1
        inside = depth > 0
        if item == r"\end" or (item == "}" and depth and _closes_substack(found, at)):
            depth -= 1
        if inside or item not in (r"\\", "&"):
            kept.append(item)
        at += 1
    return kept


def _closes_substack(found: list[str], at: int) -> bool:
    level = 0
    for back in range(at, -1, -1):
        level += (found[back] == "}") - (found[back] == "{")
        if level == 0:
            return back > 0 and found[back - 1] == r"\substack"
    return False


@dataclass(slots=True)
class Cursor:
    """A place in a list of tokens."""

    text: list[str] = field(default_factory=list)
    at: int = 0

    def peek(self, ahead: int = 0) -> str:
        place = self.at + ahead
        return self.text[place] if place < len(self.text) else ""

    def take(self, wanted: str = "") -> str:
        token = self.peek()
        if not token or (wanted and token != wanted):
            near = " ".join(self.text[max(0, self.at - 4) : self.at + 4])
            raise LatexError(f"{wanted or 'more'!r} was expected near {near!r}")
        self.at += 1
        return token

    def word(self) -> str:
        self.take("{")
        letters = ""
        while self.peek() != "}":
            letters += self.take()
        self.take("}")
        return letters

    def letter(self) -> str:
        token = self.take()
        if token == r"\mathrm":
            return self.word()
        if not (len(token) == 1 and token.isalpha()):
            raise LatexError(f"{token!r} is no index")
        return token
