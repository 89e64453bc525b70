"""What every writer shows of an algorithm: keywords, blocks that are closed, inputs and short places."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath

from paperback.code import Algorithm, Input, Line
from paperback.source import Source

Keywords = tuple[str, str]
_KEYWORDS: Mapping[str, Keywords] = {
    "for": ("for", "do"), "while": ("while", "do"), "repeat": ("repeat", ""), "if": ("if", "then"),
    "else": ("else", ""),
}  # fmt: skip
_ROLES: Mapping[str, str] = {
    "model": "Model", "loss": "Loss", "optimiser": "Optimiser", "data": "Data",
    "hyper-parameter": "Hyper-parameters",
}  # fmt: skip
_LONGEST_PLACE = 30


@dataclass(frozen=True, slots=True)
class Opened:
    """One line and the blocks around it.

    Attributes:
        line: The line.
        depth: Number of open blocks that it stands in.
        closes: The kinds of the blocks that end before it, the innermost first.
        pairs: Whether it is the `else` of the `if` that it ends.
    """

    line: Line
    depth: int
    closes: tuple[str, ...]
    pairs: bool


def opened(lines: tuple[Line, ...]) -> tuple[tuple[Opened, ...], tuple[str, ...]]:
    """The lines with the blocks that end before each, and those that end after the last.

    A line never stands deeper than the blocks that are open; each block that opens is closed once.
    """
    stack: list[str] = []
    found = []
    for line in lines:
        depth = max(0, min(line.depth, len(stack)))
        pairs = line.kind == "else" and len(stack) > depth and stack[depth] == "if"
        closes = tuple(reversed(stack[depth + pairs :]))
        del stack[depth:]
        found.append(Opened(line, depth, closes, pairs))
        if line.kind in _KEYWORDS:
            # The end of an `else` with its `if` is the end of that `if`.
            stack.append("paired" if pairs else line.kind)
    return tuple(found), tuple(reversed(stack))


def keywords(line: Line) -> Keywords:
    """The words in bold before and behind the text of a line."""
    return _KEYWORDS.get(line.kind, ("", ""))


def inputs_by_role(algorithm: Algorithm) -> Iterator[tuple[str, tuple[Input, ...]]]:
    """The inputs under the name of their role, in the order of print."""
    for role, title in _ROLES.items():
        given = tuple(item for item in algorithm.inputs if item.role == role)
        if given:
            yield title, given


def place_words(source: Source) -> str:
    """File and line, the folders left out where they make it long."""
    words = str(source)
    return (
        words if len(words) <= _LONGEST_PLACE else words.replace(source.path, PurePosixPath(source.path).name)
    )


def left_out_words(algorithm: Algorithm) -> str:
    """What is not shown, as a sentence; empty where all is."""
    count = algorithm.left_out
    return "" if not count else "1 line is left out." if count == 1 else f"{count} lines are left out."
