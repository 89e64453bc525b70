"""Which definitions are shown beside their baseline, the most telling first."""

import re
from collections.abc import Iterable, Iterator, Sequence

from paperback.code.compare_lines import compare_lines
from paperback.code.definitions import Definition, definitions
from paperback.code.diff import Diff
from paperback.code.inventory import LossFact
from paperback.code.level import Fired
from paperback.code.names import last
from paperback.code.repository import Place
from paperback.code.subject import Subject
from paperback.code.vocabulary import FORWARD

MOST_DIFFS = 12


def find_diffs(subject: Subject, baseline: Place | None) -> Iterator[Diff]:
    """The proposal beside its nearest baseline: classes method by method, scripts function by function."""
    compared = subject.compared
    if compared is None or baseline is None:
        return
    if not compared.proposal[1] and not baseline[1]:
        yield from _scripts(subject, compared.proposal[0], baseline[0])
        return
    new, old = subject.model(compared.proposal), subject.model(baseline)
    if new is None or old is None:
        return
    for name in subject.trees.repository.classes[new].methods:
        here = _definition(subject, (new[0], f"{new[1]}.{name}"))
        found = subject.trees.method(old, (name,))
        there = _definition(subject, (found[0][0], f"{found[0][1]}.{name}")) if found else None
        if here is None or there is None or _goes_on(here, name):
            continue
        if here.meaning != there.meaning:
            diff = compare_lines(here, there, baseline=there.place[1])
            yield from [diff] if diff is not None else []


def _definition(subject: Subject, place: Place) -> Definition | None:
    file = subject.trees.file(place[0])
    return next((item for item in definitions(file) if item.place == place), None) if file else None


def _goes_on(definition: Definition, name: str) -> bool:
    """Whether a method calls its parent's: what it lacks of its lines, it still does."""
    return any(re.search(rf"super\(.*\)\.{re.escape(name)}\(", text) for _, text in definition.lines)


def _scripts(subject: Subject, new: str, old: str) -> Iterator[Diff]:
    files = subject.trees.file(new), subject.trees.file(old)
    if files[0] is None or files[1] is None:
        return
    former = {item.place[1]: item for item in definitions(files[1])}
    for item in definitions(files[0]):
        there = former.get(item.place[1])
        if there is not None and there.meaning != item.meaning:
            diff = compare_lines(
                item, there, baseline=f"{there.place[1]} of {old}" if there.place[1] else old
            )
            yield from [diff] if diff is not None else []


def most_telling(
    diffs: Iterable[Diff], losses: Sequence[LossFact], fired: Sequence[Fired]
) -> tuple[Diff, ...]:
    """The listings in the order of print: forward passes and losses first, then what else is modeling."""
    names = {loss.name for loss in losses if loss.kind == "custom"}
    modeled = {(item.source.path, item.name.partition(".")[0]) for item in fired if item.name}

    def rank(diff: Diff) -> tuple[int, int]:
        name = diff.name.partition(".")[0]
        tells = last(diff.name) in FORWARD or name in names
        counts = (diff.source.path, name) in modeled
        return (0 if tells else 1 if counts else 2), -(diff.added + diff.removed)

    return tuple(sorted(diffs, key=rank)[:MOST_DIFFS])
