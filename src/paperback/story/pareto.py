"""The study's metric against what a run costs, and the methods that none is both cheaper and better than."""

from collections.abc import Mapping

import numpy as np

from paperback.errors import PaperbackError
from paperback.evidence import Cells, Estimate, pivot
from paperback.evidence.comparable import why_not_comparable
from paperback.evidence.pareto import pareto_front
from paperback.story.cost import Cost, cost_cells, costs
from paperback.story.graph import Cloud, Curve, Scatter, ScatterPanel
from paperback.story.results import measured
from paperback.story.told import level_told, units_told
from paperback.story.view import Drawn, Omitted, View

_FEWEST_METHODS = 3
_MOST_METHODS = 16
_MOST_PANELS = 6
_WIDE = 8
# What a cost is taken from, first where it is logged: what a user of the method pays comes first.
_ORDER = ("latency", "flops", "parameters", "seconds", "memory")


def pareto(view: View) -> Drawn:
    """One panel where scores are comparable over data sets, else one per data set; a point per method."""
    if view.higher_is_better is None:
        return Omitted("it is not known whether higher or lower is better")
    if not _FEWEST_METHODS <= len(view.study.methods) <= _MOST_METHODS:
        return Omitted("fewer than three methods, or more than a graph can tell apart")
    cost = min(
        (each for each in costs(view.table) if each.is_metric),
        key=lambda each: _ORDER.index(each.kind.name),
        default=None,
    )
    if cost is None:
        return Omitted(
            "not every run logs a cost (parameters, operations, time, latency, memory) as a metric"
        )
    panels = _panels(view, cost)
    if not panels:
        return Omitted("fewer than three methods have both a score and a cost")
    more = len(view.study.datasets) > len(panels) > 1
    pooled = " of the mean over data sets" if len(panels) == 1 and len(view.study.datasets) > 1 else ""
    unit = f" ({cost.unit})" if cost.unit else ""
    title = measured(view.study)
    return Scatter(
        key="pareto",
        caption=f"{title} against {cost.kind.title.lower()}. A point is a method, its bar the t interval "
        f"over {units_told(view.table)}{pooled}; points of equal cost stand side by side. The dashed line "
        "joins the methods that no other is both as cheap as and better than. Which mean is ahead may be "
        "chance: the line is no test." + (" The first data sets are shown." if more else ""),
        x_label=f"{cost.kind.title}{unit}",
        y_label=title,
        panels=panels,
        why="shows what a better score costs",
        note=level_told(),
    )


def _panels(view: View, cost: Cost) -> tuple[ScatterPanel, ...]:
    study = view.study
    if len(study.datasets) > 1 and not why_not_comparable(study.metric, view.shape):
        cells, paid = _pooled(view), cost_cells(view, cost)
        panel = _panel(view, "", cells.cells, paid.cells, "") if cells and paid else None
        return (panel,) if panel else ()
    if view.cells is None:
        return ()
    try:
        paid = pivot(view.table, cost.key, split=cost.split)
    except PaperbackError:
        return ()
    found = [
        _panel(view, view.dataset(column), view.cells.cells, paid.cells, column)
        for column in view.cells.columns[:_MOST_PANELS]
    ]
    return tuple(panel for panel in found if panel)


def _pooled(view: View) -> Cells | None:
    """The mean over data sets of each seed, then over seeds; where a run is missing, no interval is shown."""
    over = ("dataset", "seed") if _is_complete(view) else ("seed", "dataset")
    try:
        return pivot(view.table, view.study.metric.name, split=view.study.split, columns="", over=over)
    except PaperbackError:
        return None


def _is_complete(view: View) -> bool:
    cells = view.cells
    whole = cells is not None and not cells.missing and len({each.n for each in cells.cells.values()}) == 1
    return whole and "seed" in view.table.roles


def _panel(
    view: View,
    title: str,
    scores: Mapping[tuple[str, str], Estimate],
    paid: Mapping[tuple[str, str], Estimate],
    column: str,
) -> ScatterPanel | None:
    names = [m for m in view.study.methods if (m, column) in scores and (m, column) in paid]
    if len(names) < _FEWEST_METHODS:
        return None
    factor = view.factor
    x = [paid[name, column].value for name in names]
    y = [factor * scores[name, column].value for name in names]
    clouds = tuple(
        Cloud(view.method(name), ((x[place], y[place]),), _interval(scores[name, column], factor))
        for place, name in enumerate(names)
    )
    front = pareto_front(x, y, higher_is_better=bool(view.higher_is_better))
    line = Curve("", np.array([x[p] for p in front]), np.array([y[p] for p in front]), None, None, 0, ())
    wide = min(x) > 0 and max(x) >= _WIDE * min(x)
    return ScatterPanel(title, clouds, (line,), log_x=wide)


def _interval(found: Estimate, factor: float) -> tuple[tuple[float, float], ...]:
    # An interval over data sets would speak of other data sets, and hide every difference between methods.
    if found.low is None or found.high is None or found.address.over[-1] == "dataset":
        return ()
    return ((factor * found.low, factor * found.high),)
