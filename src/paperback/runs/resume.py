"""Logs of one run in several places: resumed into a second file, or copied."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from paperback.finding import Finding
from paperback.runs.readers.log import Log, Record
from paperback.runs.run import Status

_Parts = dict[str, list[tuple[Log, Record]]]


def rejoin(parts: Mapping[str, list[tuple[Log, Record]]]) -> tuple[_Parts, list[Finding]]:
    """The parts with those put together that bear one id of the logger and continue each other.

    A copy of a run, such as a synced beside an offline one, is left out and told. Parts of one id that
    neither continue nor repeat each other stay runs of their own.

    Args:
        parts: Name of each run to its logs.
    """
    joined: _Parts = {name: list(found) for name, found in parts.items()}
    findings: list[Finding] = []
    for names in _same_runs(parts):
        ordered = sorted(names, key=lambda name: (_started(parts[name]), name))
        for place, later in enumerate(ordered):
            for first in ordered[:place]:
                if first in joined and _put_together(joined, first, later, findings):
                    break
    return joined, findings


def _same_runs(parts: Mapping[str, list[tuple[Log, Record]]]) -> list[list[str]]:
    names: dict[str, dict[str, None]] = defaultdict(dict)
    for name, found in parts.items():
        for _, record in found:
            if record.run:
                names[record.run][name] = None
    return [list(found) for found in names.values() if len(found) > 1]


def _started(found: list[tuple[Log, Record]]) -> str:
    return str(_main(found).facts.get("started", ""))


def _put_together(joined: _Parts, first: str, later: str, findings: list[Finding]) -> bool:
    """Join `later` to `first` where it continues it, or drop the shorter one of two copies."""
    one, two = _main(joined[first]), _main(joined[later])
    if _is_copy(one, two):
        kept, left = (later, first) if _points(two) > _points(one) else (first, later)
        message = f"{left} is a copy of {kept}; {kept} is read"
        sources = tuple(log.file.source() for log, _ in (*joined[kept], *joined[left]))
        findings.append(Finding("duplicate-log", message, sources, "Delete the copy, or exclude it."))
        del joined[left]
        return True
    if _continues(one, two):
        earlier = [(log, _earlier(record, two)) for log, record in joined[first]]
        joined[first] = [*earlier, *joined.pop(later)]
        return True
    return False


def _main(found: list[tuple[Log, Record]]) -> Record:
    return next(record for _, record in found if record.run)


def _points(record: Record) -> int:
    return sum(len(series.values) for series in record.series.values())


def _is_copy(one: Record, two: Record) -> bool:
    """Whether each history that both have is the beginning of the other's, and what they say else agrees."""
    common = one.series.keys() & two.series.keys()
    if bool(one.series) != bool(two.series) or (one.series and not common):
        return False
    if not common:
        return one.params == two.params and _values(one) == _values(two)
    for key in common:
        first, second = one.series[key], two.series[key]
        size = min(len(first.values), len(second.values))
        if not np.array_equal(first.steps[:size], second.steps[:size]):
            return False
        if not np.array_equal(first.values[:size], second.values[:size], equal_nan=True):
            return False
    return True


def _values(record: Record) -> dict[str, str]:
    return {key: repr(final.value) for key, final in record.finals.items()}


def _continues(one: Record, two: Record) -> bool:
    """Whether the second begins after the last step of the first; writers of different keys go together.

    A run that was rewound goes on from an earlier step of its own, whose later ones are then out of date.
    """
    if not one.series or not two.series:
        return False
    if two.facts.get("forked_from") and two.run == f"wandb:{two.facts['forked_from']}":
        return True
    if not one.series.keys() & two.series.keys():
        return True
    last = max(int(series.steps.max()) for series in one.series.values())
    return min(int(series.steps.min()) for series in two.series.values()) > last


def _earlier(record: Record, later: Record) -> Record:
    """The record without what the later one says again: its settings, its final metrics and its end."""
    return replace(
        record,
        params={key: value for key, value in record.params.items() if key not in later.params},
        finals={key: final for key, final in record.finals.items() if key not in later.finals},
        facts={key: fact for key, fact in record.facts.items() if key not in later.facts or key == "started"},
        status=Status.UNKNOWN,
        commit=None if later.commit else record.commit,
    )
