"""The drawing of a grid of values, each printed in its cell."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from paperback.render.drawing import INK
from paperback.render.palette import shortened
from paperback.render.words import printable
from paperback.story.graph import Heatmap

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

# Perceived lightness falls evenly along it, for every kind of colour vision and on grey paper.
_COLOURS = "cividis"
_INCHES_A_ROW = 0.27
_LONGEST_NAME = 22
_DARK = 0.55


def heatmap_figure(heatmap: Heatmap, width: float) -> Figure:
    """The grid as a figure `width` inches wide, as high as its rows need."""
    from matplotlib.figure import Figure
    from matplotlib.layout_engine import ConstrainedLayoutEngine

    columns, rows = len(heatmap.columns), len(heatmap.rows)
    share = min(1.0, max(0.55, 0.26 + 0.08 * columns))
    margin = (1 - share) / 2
    layout = ConstrainedLayoutEngine(w_pad=0.03, h_pad=0.03, rect=(margin, 0, 1 - 2 * margin, 1))
    slanted = max((len(shortened(name, _LONGEST_NAME)) for name in heatmap.columns), default=0) > 7
    below = 0.62 + (0.5 if slanted else 0.0)
    figure = Figure(figsize=(width, max(2, rows) * _INCHES_A_ROW + below), layout=layout)
    axes = figure.subplots()
    values = np.array(
        [[np.nan if value is None else value for value in row] for row in heatmap.values], dtype=float
    ).reshape(rows, columns)
    image = axes.imshow(np.ma.masked_invalid(values), cmap=_COLOURS, aspect="auto", interpolation="nearest")
    _numbers(axes, values, heatmap.decimals)
    _axes(axes, heatmap, slanted=slanted)
    if np.isfinite(values).any():
        bar = figure.colorbar(image, ax=axes, pad=0.02, aspect=14)
        bar.outline.set_linewidth(0.5)
        bar.set_label(printable(heatmap.value_label), fontsize=8)
    return figure


def _numbers(axes: Axes, values: np.ndarray, decimals: int) -> None:
    finite = values[np.isfinite(values)]
    low, high = (finite.min(), finite.max()) if len(finite) else (0.0, 1.0)
    for (row, column), value in np.ndenumerate(values):
        if np.isfinite(value):
            light = (value - low) / (high - low) > _DARK if high > low else True
            shown = f"{value:.{decimals}f}".replace("-", "−")
            axes.text(
                column, row, shown, ha="center", va="center", fontsize=7.5, color=INK if light else "white"
            )  # fmt: skip
        else:
            axes.text(column, row, "–", ha="center", va="center", fontsize=7.5, color=INK)


def _axes(axes: Axes, heatmap: Heatmap, *, slanted: bool) -> None:
    from matplotlib.patches import Rectangle

    names = [shortened(name, _LONGEST_NAME) for name in heatmap.columns]
    axes.set_xticks(range(len(names)), names)
    if slanted:
        axes.set_xticks(range(len(names)), names, rotation=30, ha="right")
    axes.set_yticks(range(len(heatmap.rows)), [shortened(name, _LONGEST_NAME) for name in heatmap.rows])
    axes.set_xlabel(printable(heatmap.x_label))
    axes.set_ylabel(printable(heatmap.y_label))
    axes.grid(visible=False)
    axes.tick_params(length=0)
    for spine in axes.spines.values():
        spine.set_visible(False)
    if heatmap.best is not None:
        row, column = heatmap.best
        axes.add_patch(
            Rectangle((column - 0.5, row - 0.5), 1, 1, fill=False, edgecolor="#D55E00", linewidth=1.8)
        )
