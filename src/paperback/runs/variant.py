"""What else a level of the paths tells of runs whose method and data set are known."""

from collections import Counter, defaultdict
from collections.abc import Sequence

from paperback.runs.column import Column
from paperback.runs.run import Run

# So many cells of a method and a data set must hold runs that only this level tells apart.
_CELLS = 2
_SHARE = 0.25
_MOST = 50


def filled(column: Column, parts: Sequence[Column]) -> Column:
    """The column with what the paths say of the runs that lack the setting.

    A level of the path names a value where every run below one name of the level, among those that have the
    setting, has that one value, and no other level says otherwise. Where most names of the level are the
    values themselves, so is one below which no run has the setting.
    """
    if None not in column.cells or column.is_constant:
        return column
    cells = list(column.cells)
    for part in parts:
        known = _names(part, column)
        if len(known) > 1:
            itself = 2 * sum(name == value for name, value in known.items()) > len(known)
            cells = [
                known.get(name or "", name if itself else None) if cell is None else cell
                for cell, name in zip(cells, part.cells, strict=True)
            ]
    return Column(column.key, tuple(cells))


def _names(part: Column, column: Column) -> dict[str, str]:
    """Name of the level to the one value that goes with it; empty where some name goes with several."""
    found: dict[str, set[str]] = defaultdict(set)
    for name, cell in zip(part.cells, column.cells, strict=True):
        if name is not None and cell is not None:
            found[name].add(cell)
    if any(len(values) > 1 for values in found.values()) or len(found) != len(column.values):
        return {}
    return {name: values.pop() for name, values in found.items()}


def variant_of(runs: Sequence[Run], known: Sequence[Column], parts: Sequence[Column]) -> Column | None:
    """The level of the paths that tells apart runs alike in `known`, such as `tuned` and `default`.

    None where no level does so in several cells, or where what it tells apart measured the same: a copy is
    no variant.

    Args:
        runs: The runs.
        known: Method, data set and seed of each run.
        parts: The levels that play no role.
    """
    twins: dict[tuple[str | None, ...], list[int]] = defaultdict(list)
    for place, cells in enumerate(zip(*(column.cells for column in known), strict=True)):
        twins[cells].append(place)
    several = [places for places in twins.values() if len(places) > 1]
    found = []
    for part in parts:
        if part.is_whole or len(part.values) > min(_MOST, len(runs) // 4) or not _recurs(part):
            continue
        told = [places for places in several if len({part.cells[place] for place in places}) > 1]
        if len(told) >= max(_CELLS, _SHARE * len(several)) and any(differ(runs, each) for each in told):
            found.append((len(told), part))
    return max(found, key=lambda each: each[0])[1] if found else None


def _recurs(part: Column) -> bool:
    """Whether nearly every name of the level stands over several runs."""
    counts = Counter(cell for cell in part.cells if cell is not None)
    return 2 * sum(count > 1 for count in counts.values()) > len(counts)


def differ(runs: Sequence[Run], places: Sequence[int]) -> bool:
    """Whether the runs at these places measured differently."""
    first, *others = (
        {key: final.value for key, final in runs[place].finals.items()}
        | {key: series.values.tobytes() for key, series in runs[place].series.items()}
        for place in places
    )
    return any(other != first for other in others)
