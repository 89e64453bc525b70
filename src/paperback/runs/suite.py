"""The benchmark that a level of the paths names, where one data set is part of several."""

import re
from collections import defaultdict
from collections.abc import Sequence

from paperback.runs.column import Column
from paperback.runs.lexicon import SUITE_WORDS
from paperback.runs.run import Run
from paperback.runs.variant import differ

_LETTERS = re.compile(r"[A-Za-z]+")


def with_suite(
    runs: Sequence[Run], dataset: Column, parts: Sequence[Column], others: Sequence[Column]
) -> tuple[Column, Column] | None:
    """The data sets under the names of their benchmarks, and the level of the paths that tells these.

    A level names benchmarks where each of its names begins with the word with which the data sets below it
    begin, or with one that is known, and most names stand over several. Only a name that shares a data set
    with another is written before it, as in `atari57/atari_pong`; None where no level does so, or where the
    files are copies.

    Args:
        runs: The runs.
        dataset: The data set of each.
        parts: Levels of the paths that play no role, without the names of methods.
        others: Method, seed and fold of each run.
    """
    for part in parts:
        shared = _shared(part, dataset) if _are_suites(part, dataset) else frozenset()
        if shared and not _are_copies(runs, (dataset, *others), part):
            cells = (
                f"{suite}/{name}" if suite in shared and name else name
                for suite, name in zip(part.cells, dataset.cells, strict=True)
            )
            return Column(dataset.key, tuple(cells)), part
    return None


def _are_suites(part: Column, dataset: Column) -> bool:
    pairs = {*zip(part.cells, dataset.cells, strict=True)}
    several = len(pairs) >= 2 * len({suite for suite, _ in pairs})
    return several and all(suite and name and _is_suite(_first(suite), name) for suite, name in pairs)


def _is_suite(word: str, name: str) -> bool:
    return word in SUITE_WORDS or (word == _first(name) != name.lower() and word != "")


def _first(name: str) -> str:
    match = _LETTERS.match(name)
    return match[0].lower() if match else ""


def _shared(part: Column, dataset: Column) -> frozenset[str]:
    """The names of the level below which lies a data set that lies below another, too."""
    above: dict[str | None, set[str]] = defaultdict(set)
    for suite, name in zip(part.cells, dataset.cells, strict=True):
        above[name].add(suite or "")
    return frozenset().union(*(suites for suites in above.values() if len(suites) > 1))


def _are_copies(runs: Sequence[Run], known: Sequence[Column], part: Column) -> bool:
    """Whether some runs are alike in all that is known, and all of these measured the same."""
    alike: dict[tuple[str | None, ...], dict[str | None, int]] = defaultdict(dict)
    for place, cells in enumerate(zip(*(column.cells for column in known), strict=True)):
        alike[cells].setdefault(part.cells[place], place)
    twins = [[*places.values()] for places in alike.values() if len(places) > 1]
    return bool(twins) and not any(differ(runs, each) for each in twins)
