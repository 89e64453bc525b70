"""Every run of the main results as a point, with the interval of the mean beside the points."""

from paperback.story.graph import Strip, StripPanel, StripPlot, Told
from paperback.story.results import measured
from paperback.story.told import level_told, runs_told
from paperback.story.view import Drawn, Omitted, View

# From six data sets on, ranks over them say more than a panel for each.
_MOST_PANELS = 5
_MOST_ROWS = 12


def run_strips(view: View) -> Drawn:
    """One panel per data set, one row per method."""
    cells = view.cells
    if cells is None:
        return Omitted("no cell of the main results could be filled")
    if view.shape.item or view.shape.trial:
        return Omitted("a record is a test item or a trial of a search, and no run of its own")
    if len(cells.columns) > _MOST_PANELS:
        return Omitted("too many data sets for a panel each; the table of results lists them")
    if len(cells.rows) > _MOST_ROWS:
        return Omitted("too many methods for a row each; the table of results lists them")
    if len(cells.cells) < 2:
        return Omitted("a single method on a single data set")
    if max(each.n for each in cells.cells.values()) < 2:
        return Omitted("one run per cell, which the table of results shows")
    panels = tuple(
        StripPanel(view.dataset(column), tuple(_strip(view, row, column) for row in cells.rows
                                               if (row, column) in cells.cells))
        for column in cells.columns
    )  # fmt: skip
    title = measured(view.study)
    bare = any(each.low is None for each in cells.cells.values())
    note: Told = ("A cell has ", *runs_told(cells.cells.values()), ". ", *level_told())
    return StripPlot(
        key="runs",
        caption=f"{title} of every run: a point is one run, the diamond below the mean, and the bar its t "
        "interval over runs." + (" Without a bar: a single run, or runs that do not vary." if bare else ""),
        x_label=title,
        panels=panels,
        why="shows every run behind the means",
        note=note,
    )


def _strip(view: View, row: str, column: str) -> Strip:
    assert view.cells is not None
    found, units = view.cells.cells[row, column], view.cells.units[row, column]
    factor = view.factor
    return Strip(
        view.method(row),
        tuple(factor * value for value in units.values()),
        factor * found.value,
        None if found.low is None else factor * found.low,
        None if found.high is None else factor * found.high,
    )
