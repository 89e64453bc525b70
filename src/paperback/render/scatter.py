"""The drawing of points in a plane, with lines and bands under them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from paperback.render.palette import (
    COLOURS,
    GREY,
    add_legend,
    grid_shape,
    label_axes,
    legend_rows,
    log_ticks,
    marker,
    plain_ticks,
    shortened,
)
from paperback.story.graph import Cloud, Curve, Scatter, ScatterPanel

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_ASIDE = 7.0


def scatter_figure(scatter: Scatter, width: float) -> Figure:
    """The points as a figure `width` inches wide."""
    from matplotlib.figure import Figure
    from matplotlib.layout_engine import ConstrainedLayoutEngine

    rows, columns = grid_shape(len(scatter.panels))
    names = list(dict.fromkeys(c.name for panel in scatter.panels for c in panel.clouds if c.name))
    legend = legend_rows(names, width)
    panel_height = 1.95 if columns == 1 else 1.6 if columns == 2 else 1.4
    margin = 0.14 if columns == 1 else 0.0
    layout = ConstrainedLayoutEngine(
        w_pad=0.03, h_pad=0.03, wspace=0.04, hspace=0.05, rect=(margin, 0, 1 - 2 * margin, 1)
    )
    own = any(panel.x_label for panel in scatter.panels)
    height = rows * (panel_height + 0.17 * own) + 0.34 * (not own) + 0.17 * legend
    figure = Figure(figsize=(width, height), layout=layout)
    grid = figure.subplots(rows, columns, squeeze=False)
    for position, axes in enumerate(grid.flat):
        if position < len(scatter.panels):
            _panel(axes, scatter.panels[position], scatter, names, round(width * 72 / columns / 5))
        else:
            axes.set_axis_off()
    label_axes(figure, scatter.x_label, scatter.y_label)
    add_legend(figure, names, [_point(index) | {"linestyle": "none"} for index in range(len(names))], legend)
    return figure


def _point(index: int) -> dict[str, Any]:
    return {"color": COLOURS[index % len(COLOURS)], "marker": marker(index), "markersize": 4}


def _panel(axes: Axes, panel: ScatterPanel, scatter: Scatter, names: list[str], room: int) -> None:
    if panel.title:
        axes.set_title(shortened(panel.title, room))
    for line in panel.lines:
        _line(axes, line, names)
    for cloud, aside in zip(panel.clouds, _asides(panel.clouds), strict=True):
        _cloud(axes, cloud, names.index(cloud.name) if cloud.name else 0, aside)
    if panel.x_label:
        axes.set_xlabel(shortened(panel.x_label, room))
    axes.margins(0.06)
    points = np.array([point for cloud in panel.clouds for point in cloud.points], dtype=float).reshape(-1, 2)
    if panel.log_x and len(points) and (points[:, 0] > 0).all():
        axes.set_xscale("log")
        log_ticks(axes.xaxis)
    else:
        plain_ticks(axes.xaxis, whole=bool(len(points)) and bool((points[:, 0] % 1 == 0).all()))
    if scatter.log_y and len(points) and (points[:, 1] > 0).all():
        axes.set_yscale("log")
        log_ticks(axes.yaxis)
    else:
        plain_ticks(axes.yaxis)


def _line(axes: Axes, line: Curve, names: list[str]) -> None:
    known = line.name in names
    colour = COLOURS[names.index(line.name) % len(COLOURS)] if known else GREY
    axes.plot(line.x, line.y, color=colour, linewidth=1.15 if known else 0.9,
              linestyle="-" if known else (0, (4, 2)), zorder=1)  # fmt: skip
    if line.low is not None and line.high is not None:
        axes.fill_between(line.x, line.low, line.high, color=colour, alpha=0.16, linewidth=0)


def _asides(clouds: tuple[Cloud, ...]) -> list[float]:
    """How far, in points, each single point is moved so that those of equal x stand side by side."""
    at = [cloud.points[0][0] if len(cloud.points) == 1 else np.nan for cloud in clouds]
    return [
        _ASIDE * (at[:place].count(x) - (at.count(x) - 1) / 2) if x == x else 0.0
        for place, x in enumerate(at)
    ]


def _cloud(axes: Axes, cloud: Cloud, index: int, aside: float) -> None:
    from matplotlib.transforms import ScaledTranslation

    if not cloud.points:
        return
    figure = axes.get_figure(root=True)
    assert figure is not None
    moved = axes.transData + ScaledTranslation(aside / 72, 0, figure.dpi_scale_trans)
    x, y = np.array(cloud.points, dtype=float).T
    many = len(cloud.points) > 30
    # A moved point does not widen the axes by itself.
    axes.update_datalim(
        [*cloud.points, *((at, y) for at, ends in zip(x, cloud.intervals or (), strict=False) for y in ends)]
    )
    style = _point(index) | {"linestyle": "none", "markersize": 3 if many else 4}
    if cloud.intervals:
        low, high = np.array(cloud.intervals, dtype=float).T
        axes.vlines(x, low, high, color=style["color"], linewidth=1.0, zorder=2, transform=moved)
    axes.plot(x, y, **style, alpha=0.6 if many else 1.0, markeredgewidth=0, zorder=3, transform=moved)
