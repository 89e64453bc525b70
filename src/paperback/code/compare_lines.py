"""A definition beside its baseline, line by line."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from difflib import SequenceMatcher

from paperback.code.definitions import Definition
from paperback.code.diff import Diff, DiffLine

CONTEXT = 2
MOST_LINES = 44
LONGEST_LINE = 240
_LETTERS_A_ROW = 72
# Beyond this, comparing line by line takes seconds.
_MOST_COMPARED = 4000
# Below this share of lines in common, two texts are two things and not one that was changed.
_ALIKE = 0.25
_SILENT = re.compile(r"\s*(#.*)?")


def compare_lines(
    new: Definition, old: Definition, *, baseline: str, mark: str = "", name: str = ""
) -> Diff | None:
    """The lines of `new` beside those of `old`; None where they are equal or have too little in common.

    Lines that are equal are shown up to two before and after a change. Changes of comments and blank lines
    alone are not shown.

    Args:
        new: The proposal's definition.
        old: The baseline's.
        baseline: What `old` is called.
        mark: The revision of `old`; empty where it stands in the same state of the repository.
        name: What `new` is called; empty for its own name or the path of its script.
    """
    after, before = [_key(text) for _, text in new.lines], [_key(text) for _, text in old.lines]
    if max(len(after), len(before)) > _MOST_COMPARED:
        return None
    matcher = SequenceMatcher(None, before, after, autojunk=False)
    if matcher.ratio() < _ALIKE and min(len(after), len(before)) > 3:
        return None
    rows = list(_rows(matcher, new, old))
    changed = [row for row in rows if row.kind != "same"]
    if not any(_speaks(row) for row in changed):
        return None
    shown = _cut(_folded(rows))
    return Diff(
        name or new.place[1] or new.place[0],
        baseline,
        _dedented(shown),
        sum(row.kind == "added" for row in changed),
        sum(row.kind == "removed" for row in changed),
        sum(_speaks(row) for row in changed) - sum(_speaks(row) for row in shown),
        new.source,
        replace(old.source, key=mark),
    )


def _key(text: str) -> str:
    """A line by which it is compared: indentation counts in Python, other blanks do not."""
    bare = text.lstrip()
    return text[: len(text) - len(bare)] + "".join(bare.split())


def _rows(matcher: "SequenceMatcher[str]", new: Definition, old: Definition) -> Iterator[DiffLine]:
    for tag, start, end, first, last in matcher.get_opcodes():
        if tag == "equal":
            yield from (DiffLine("same", text, number) for number, text in new.lines[first:last])
        else:
            yield from (DiffLine("removed", text, number) for number, text in old.lines[start:end])
            yield from (DiffLine("added", text, number) for number, text in new.lines[first:last])


def _speaks(row: DiffLine) -> bool:
    """Whether a changed line says more than a comment."""
    return row.kind in ("added", "removed") and not _SILENT.fullmatch(row.text)


def _folded(rows: Sequence[DiffLine]) -> list[DiffLine]:
    """The changes with the lines around them; what lies between is a gap."""
    near = {
        other
        for at, row in enumerate(rows)
        if _speaks(row)
        for other in range(at - CONTEXT, at + CONTEXT + 1)
    }
    # The first line says what the listing is of.
    near.add(0)
    shown: list[DiffLine] = []
    for at, row in enumerate(rows):
        if at in near:
            shown.append(row)
        elif shown and shown[-1].kind != "gap":
            shown.append(DiffLine("gap", "", 0))
    return _without_empty_edges(shown)


def _without_empty_edges(rows: list[DiffLine]) -> list[DiffLine]:
    """Blank lines beside a gap or at the end say nothing, and neither does a gap at the end."""
    kept: list[DiffLine] = []
    for row in [*rows, DiffLine("gap", "", 0)]:
        while row.kind == "gap" and kept and kept[-1].kind == "same" and not kept[-1].text.strip():
            kept.pop()
        if row.kind != "same" or row.text.strip() or (kept and kept[-1].kind != "gap"):
            kept.append(row)
    while kept and kept[-1].kind == "gap":
        kept.pop()
    return kept


def _cut(rows: list[DiffLine]) -> list[DiffLine]:
    """As many lines as a page holds; a long one takes several."""
    kept: list[DiffLine] = []
    room = MOST_LINES
    for row in rows:
        room -= 1 + min(len(row.text), LONGEST_LINE) // _LETTERS_A_ROW
        if room < 0:
            break
        kept.append(row)
    if len(kept) == len(rows):
        return rows
    while kept and kept[-1].kind in ("gap", "same"):
        kept.pop()
    return [*kept, DiffLine("gap", "", 0)]


def _dedented(rows: Sequence[DiffLine]) -> tuple[DiffLine, ...]:
    expanded = [row.text.expandtabs(4).rstrip() for row in rows]
    margin = min((len(text) - len(text.lstrip()) for text in expanded if text), default=0)
    return tuple(
        DiffLine(row.kind, _shortened(text[margin:]), row.number)
        for row, text in zip(rows, expanded, strict=True)
    )


def _shortened(text: str) -> str:
    return text if len(text) <= LONGEST_LINE else text[:LONGEST_LINE] + " …"
