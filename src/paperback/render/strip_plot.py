"""The drawing of a strip plot: every run a point, the estimate with its interval below the points."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from paperback.render.drawing import INK
from paperback.render.palette import COLOURS, GREY, label_axes, shortened
from paperback.story.graph import Strip, StripPanel, StripPlot

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

# Beside one panel a name has more room.
_LONGEST_NAME = 34
_LONGEST_ALONE = 56
_INCHES_A_ROW = 0.23
_MOST_COLUMNS = 3
# Of a row: how far points are spread so that equal ones are seen, and where the estimate stands.
_SPREAD = 0.2
_LOWERED = 0.3


def strip_figure(plot: StripPlot, width: float) -> Figure:
    """The plot as a figure `width` inches wide, as high as its rows need."""
    from matplotlib.figure import Figure
    from matplotlib.layout_engine import ConstrainedLayoutEngine

    names = list(dict.fromkeys(strip.name for panel in plot.panels for strip in panel.strips))
    columns = max(1, min(_MOST_COLUMNS, len(plot.panels)))
    columns = 2 if len(plot.panels) == 4 else columns
    rows = max(1, -(-len(plot.panels) // columns))
    titled = any(panel.title for panel in plot.panels)
    height = rows * (max(2, len(names)) * _INCHES_A_ROW + 0.3 + 0.18 * titled) + 0.24
    narrow = 0.1 if columns == 1 else 0.0
    layout = ConstrainedLayoutEngine(
        w_pad=0.03, h_pad=0.03, wspace=0.04, hspace=0.05, rect=(narrow, 0, 1 - 2 * narrow, 1)
    )
    figure = Figure(figsize=(width, height), layout=layout)
    grid = figure.subplots(rows, columns, squeeze=False, sharey=True)
    for position, axes in enumerate(grid.flat):
        if position < len(plot.panels):
            _panel(axes, plot.panels[position], names, plot, round(width * 72 / columns / 6))
        else:
            axes.set_axis_off()
    label_axes(figure, plot.x_label, "")
    return figure


def _panel(axes: Axes, panel: StripPanel, names: list[str], plot: StripPlot, room: int) -> None:
    if panel.title:
        axes.set_title(shortened(panel.title, room))
    if plot.reference is not None:
        axes.axvline(plot.reference, color=GREY, linewidth=0.8, linestyle=(0, (4, 2)), zorder=1)
    for strip in panel.strips:
        row = names.index(strip.name)
        # Rows against a reference are pairs: a method's colour would mislead.
        _strip(axes, strip, row, COLOURS[row % len(COLOURS)] if plot.reference is None else INK)
    longest = _LONGEST_ALONE if len(plot.panels) == 1 else _LONGEST_NAME
    axes.set_yticks(range(len(names)), [shortened(name, longest) for name in names], fontsize=8)
    axes.set_ylim(len(names) - 0.4, -0.55)
    axes.tick_params(axis="y", length=0)
    axes.grid(visible=False, axis="y")
    axes.margins(x=0.04)
    axes.locator_params(axis="x", nbins=5)


def _strip(axes: Axes, strip: Strip, row: int, colour: str) -> None:
    finite = [point for point in strip.points if np.isfinite(point)]
    if finite:
        axes.scatter(
            finite, row + _offsets(finite), s=9, color=colour, alpha=0.55, linewidths=0, zorder=2
        )  # fmt: skip
    place = row + (_LOWERED if finite else 0.0)
    if strip.low is not None and strip.high is not None:
        line, thick = (INK, 1.6) if finite else (colour, 2.4)
        axes.plot([strip.low, strip.high], [place] * 2, color=line, linewidth=thick, zorder=3,
                  solid_capstyle="butt")  # fmt: skip
    if np.isfinite(strip.value):
        axes.plot([strip.value], [place], "D" if finite else "o", color=INK if finite else colour,
                  markersize=3.2 if finite else 4.6, zorder=4)  # fmt: skip


def _offsets(points: list[float]) -> np.ndarray:
    """Points in the order of their values go up and down by turns, so that neighbours stand apart."""
    order = np.argsort(np.argsort(points, kind="stable"), kind="stable")
    return np.asarray((order % 3 - 1) * _SPREAD * 0.7)
