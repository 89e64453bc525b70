"""Settings of all runs as columns: how many values, and which runs have them."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache

from paperback.runs.lexicon import NUISANCE, SETTING_NAMES
from paperback.runs.run import Run, text

_SMALL = 1000


@dataclass(frozen=True)
class Column:
    """One setting over all runs.

    Attributes:
        key: Configuration key, template field, or the name given to a part of the runs' paths.
        cells: Text of the value in each run; None where the run has no such key.
    """

    key: str
    cells: tuple[str | None, ...]

    @cached_property
    def values(self) -> frozenset[str]:
        """The distinct values."""
        return frozenset(cell for cell in self.cells if cell is not None)

    @property
    def is_constant(self) -> bool:
        """Whether all runs that have the key agree on it."""
        return len(self.values) <= 1

    @cached_property
    def is_unique(self) -> bool:
        """Whether no two runs share a value, as with an id."""
        given = [cell for cell in self.cells if cell is not None]
        return len(given) > 1 and len(self.values) == len(given)

    @cached_property
    def is_whole(self) -> bool:
        """Whether every value is a whole number."""
        return bool(self.values) and all(value.lstrip("-").isdigit() for value in self.values)

    @cached_property
    def share(self) -> float:
        """The share of runs that have the key."""
        return 1 - self.cells.count(None) / len(self.cells) if self.cells else 0.0

    def determines(self, other: "Column") -> bool:
        """Whether each value here goes with one value there."""
        return len(set(zip(self.cells, other.cells, strict=True))) == len(set(self.cells))


@lru_cache(maxsize=2**16)
def last_part(key: str) -> str:
    """The last word of a dotted key, in lower case."""
    return key.rsplit(".", 1)[-1].lower()


def repeats(number: Column, columns: Mapping[str, Column]) -> bool:
    """Whether the numbers count repetitions: runs that are configured alike bear different small ones.

    The number of a trial is a seed where nothing else was changed from trial to trial; in a search, every
    trial has other settings, and its number only names them.

    Args:
        number: The numbers.
        columns: All settings, among which what tells place, time or name of a run does not count.
    """
    if not number.is_whole or max(abs(int(value)) for value in number.values) >= _SMALL:
        return False
    tried = [column for column in columns.values() if column.key != number.key and _is_tried(column)]
    alike: dict[tuple[str | None, ...], set[str]] = {}
    for place, cell in enumerate(number.cells):
        if cell is not None:
            alike.setdefault(tuple(column.cells[place] for column in tried), set()).add(cell)
    return 2 * sum(len(found) > 1 for found in alike.values()) > len(alike)


def _is_tried(column: Column) -> bool:
    """Whether the setting may be what was changed between trials: no place, no seed, no name of one run."""
    name = last_part(column.key)
    if column.is_constant or name in NUISANCE or "seed" in name:
        return False
    return not column.is_unique or name in SETTING_NAMES


def columns_of(runs: Sequence[Run]) -> dict[str, Column]:
    """One column per configuration key, in the order in which the keys appear."""
    cells: dict[str, list[str | None]] = {}
    nothing: list[str | None] = [None] * len(runs)
    for place, run in enumerate(runs):
        for key, value in run.params.items():
            if key not in cells:
                cells[key] = nothing.copy()
            cells[key][place] = text(value)
    return {key: Column(key, tuple(cells.pop(key))) for key in list(cells)}


def column(key: str, runs: Iterable[Run]) -> Column:
    """The column of `key`."""
    return Column(key, tuple(text(run.params[key]) if key in run.params else None for run in runs))
