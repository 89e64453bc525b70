"""What every writer shows of a listing: marks, line numbers, indentation and text."""

from collections.abc import Iterator
from dataclasses import dataclass

from paperback.code import Diff
from paperback.code.diff import DiffKind

# Deeper, nothing would be left of a narrow column.
_DEEPEST = 40


@dataclass(frozen=True, slots=True)
class Row:
    """One line as it is printed.

    Attributes:
        mark: `+`, `−`, `⋮` or nothing.
        number: Empty for a gap.
        indent: How many blanks the text is indented by.
        text: Without indentation.
    """

    kind: DiffKind
    mark: str
    number: str
    indent: int
    text: str


def rows(diff: Diff) -> Iterator[Row]:
    """The lines in the order of print."""
    for line in diff.lines:
        text = line.text.lstrip()
        number = str(line.number) if line.number else ""
        yield Row(line.kind, line.mark, number, min(len(line.text) - len(text), _DEEPEST), text)


def left_out_words(diff: Diff) -> str:
    """How many changed lines are not shown, as a sentence; empty where all are."""
    count = diff.left_out
    if not count:
        return ""
    return "1 changed line is left out." if count == 1 else f"{count} changed lines are left out."
