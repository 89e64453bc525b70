"""The drawing of curves with bands."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from paperback.render.palette import (
    MARKERS,
    add_legend,
    grid_shape,
    label_axes,
    legend_rows,
    log_ticks,
    look,
    plain_ticks,
    shortened,
)
from paperback.story.graph import Curve, Graph, Panel

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_FEW_POINTS = 12
# Letters over a panel; below it five numbers under the axis run into each other.
_NARROW = 25


def line_figure(graph: Graph, width: float) -> Figure:
    """The curves as a figure `width` inches wide."""
    from matplotlib.figure import Figure
    from matplotlib.layout_engine import ConstrainedLayoutEngine

    rows, columns = grid_shape(len(graph.panels))
    names = _names(graph)
    legend = legend_rows(names, width)
    panel_height = 1.62 if columns == 1 else 1.55 if columns == 2 else 1.38
    wide = width if columns > 1 else width * 0.72
    margin = (1 - wide / width) / 2
    layout = ConstrainedLayoutEngine(
        w_pad=0.03, h_pad=0.03, wspace=0.04, hspace=0.05, rect=(margin, 0, 1 - 2 * margin, 1)
    )
    figure = Figure(figsize=(width, rows * panel_height + 0.34 + 0.17 * legend), layout=layout)
    grid = figure.subplots(rows, columns, squeeze=False, sharex=False)
    for position, axes in enumerate(grid.flat):
        if position < len(graph.panels):
            # A letter is about 5 points wide: a longer title would run into the next panel.
            room = round(wide * 72 / columns / 5)
            _panel(axes, graph.panels[position], graph, names, room)
        else:
            axes.set_axis_off()
    label_axes(figure, graph.x_label, graph.y_label)
    few = all(len(curve.x) <= _FEW_POINTS for panel in graph.panels for curve in panel.curves)
    styles = [look(index) | (_marks(index) if few else {}) for index in range(len(names))]
    add_legend(figure, names, styles, legend)
    return figure


def _names(graph: Graph) -> list[str]:
    return list(dict.fromkeys(curve.name for panel in graph.panels for curve in panel.curves))


def _panel(axes: Axes, panel: Panel, graph: Graph, names: list[str], room: int) -> None:
    if panel.title:
        axes.set_title(shortened(panel.title, room))
    for curve in panel.curves:
        _curve(axes, curve, names.index(curve.name), positive=graph.log_y)
    if graph.log_y and any(_any_positive(curve.y) for curve in panel.curves):
        axes.set_yscale("log")
        log_ticks(axes.yaxis)
    axes.margins(x=0.02)
    if graph.y_span is not None:
        _keep_inside(axes, graph.y_span)
    if graph.log_x and any(_any_positive(curve.x) for curve in panel.curves):
        axes.set_xscale("log")
        log_ticks(axes.xaxis)
    else:
        whole = all((curve.x % 1 == 0).all() for curve in panel.curves)
        plain_ticks(axes.xaxis, whole=whole, most=5 if room > _NARROW else 3)
    if axes.get_yscale() == "linear":
        plain_ticks(axes.yaxis)


def _keep_inside(axes: Axes, span: tuple[float, float]) -> None:
    low, high = axes.get_ylim()
    margin = 0.03 * (span[1] - span[0])
    axes.set_ylim(max(low, span[0] - margin), min(high, span[1] + margin))


def _curve(axes: Axes, curve: Curve, index: int, *, positive: bool) -> None:
    style = look(index)
    if len(curve.x) <= _FEW_POINTS:
        style |= _marks(index)
    y = np.where(curve.y > 0, curve.y, np.nan) if positive else curve.y
    axes.plot(curve.x, y, **style)
    if curve.low is not None and curve.high is not None:
        low = np.where(curve.low > 0, curve.low, np.nan) if positive else curve.low
        axes.fill_between(curve.x, low, curve.high, color=style["color"], alpha=0.16, linewidth=0)


def _marks(index: int) -> dict[str, Any]:
    return {"marker": MARKERS[index % len(MARKERS)], "markersize": 3}


def _any_positive(values: np.ndarray) -> bool:
    return bool((values[np.isfinite(values)] > 0).any())
