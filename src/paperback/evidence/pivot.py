"""A table of estimates: one role down, another across, every cell reduced alike."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from paperback.errors import EvidenceError
from paperback.evidence.estimate import Estimate, expected_units, weigh
from paperback.evidence.reading import NOT_LOGGED, Label, Question, Reading, ask, matching, read_values
from paperback.runs import RunTable

Place = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Cells:
    """Estimates by row and column.

    Attributes:
        metric: Canonical metric name.
        split: The split.
        rows: Values of the row role in the order of print; `("",)` where the study has no such role.
        columns: Values of the column role that log the metric, in the order of print.
        cells: (row, column) to its estimate.
        missing: Every (row, column) without an estimate, in the order of print.
        refused: Of the missing ones, those with runs, and why these carry no estimate.
        outside: Ids of the runs that match but have no value for the row's or column's role.
        units: (row, column) to its units by label: what each seed gave.
    """

    metric: str
    split: str
    rows: tuple[str, ...]
    columns: tuple[str, ...]
    cells: Mapping[Place, Estimate]
    missing: tuple[Place, ...]
    refused: Mapping[Place, str]
    outside: tuple[str, ...]
    units: Mapping[Place, Mapping[Label, float]]


def pivot(
    table: RunTable,
    metric: str,
    *,
    split: str = "",
    rows: str = "method",
    columns: str = "dataset",
    where: Mapping[str, str] | None = None,
    over: Sequence[str] | None = None,
    reduce: str = "mean",
    level: float = 0.95,
) -> Cells:
    """An estimate for every row and column that were run; see `estimate` for what enters each.

    One pass over the runs. A cell that cannot carry an estimate is missing, with the reason in `refused`.

    Raises:
        EvidenceError: No run matches, or not one cell can carry an estimate; then the first cell's reason.
        SettingsError: No metric has this name.
    """
    question = ask(table, metric, split=split, where=where, over=over, reduce=reduce, level=level)
    readings = read_values(table, question)
    expected = expected_units(readings, table, question)
    inside = matching(readings, question)
    groups, outside = _groups(inside, table, (rows, columns))
    across = _shown((place[1] for place, found in groups.items() if _logs(found)), table, columns)
    down = _shown(
        (place[0] for place, found in groups.items() if _started(found, place, across)), table, rows
    )
    cells: dict[Place, Estimate] = {}
    units: dict[Place, Mapping[Label, float]] = {}
    refused: dict[Place, EvidenceError] = {}
    for place in ((row, column) for row in down for column in across):
        if place not in groups:
            continue
        try:
            asked = _at(question, table, (rows, columns), place)
            cells[place], units[place] = weigh(table, asked, groups[place], expected)
        except EvidenceError as error:
            refused[place] = error
    if refused and not cells:
        raise next(iter(refused.values()))
    if not cells:
        raise EvidenceError(
            f"no run logs {question}", mend="Look at the logs, or choose another metric or split."
        )
    missing = tuple((row, column) for row in down for column in across if (row, column) not in cells)
    return Cells(
        metric=question.metric,
        split=question.split,
        rows=down,
        columns=across,
        cells=cells,
        missing=missing,
        refused={place: str(error) for place, error in refused.items()},
        outside=outside,
        units=units,
    )


def _groups(
    readings: Iterable[Reading], table: RunTable, axes: Place
) -> tuple[dict[Place, list[Reading]], tuple[str, ...]]:
    groups: dict[Place, list[Reading]] = defaultdict(list)
    outside = []
    known = {key for key in axes if any(reading.run.setting(key) is not None for reading in readings)}
    for reading in readings:
        place = tuple(reading.run.setting(key) if key in known else "" for key in axes)
        if None in place:
            outside.append(reading.run.id)
        else:
            groups[str(place[0]), str(place[1])].append(reading)
    return dict(groups), tuple(outside)


def _shown(values: Iterable[str], table: RunTable, axis: str) -> tuple[str, ...]:
    found = set(values)
    order = (
        {value: place for place, value in enumerate(table.roles[axis].values)} if axis in table.roles else {}
    )
    return tuple(sorted(found, key=lambda value: (order.get(value, len(order)), value)))


def _logs(readings: Iterable[Reading]) -> bool:
    return any(reading.final is not None for reading in readings)


def _started(readings: Iterable[Reading], place: Place, columns: Sequence[str]) -> bool:
    return place[1] in columns and any(reading.excluded != NOT_LOGGED for reading in readings)


def _at(question: Question, table: RunTable, axes: Place, place: Place) -> Question:
    return question.at(**{key: value for key, value in zip(axes, place, strict=True) if value})
