"""Drawings of graphs, the same bytes for the same graph."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, assert_never

import numpy as np

from paperback.paper.document import DiagramFloat, Document, GraphFloat
from paperback.paper.printed import blocks
from paperback.render.diagram import draw_diagram
from paperback.render.drawing import INK, Format, drawing_style, saved
from paperback.render.rank_diagram import rank_figure
from paperback.render.words import printable
from paperback.story.graph import AnyGraph, Curve, Graph, Panel, RankDiagram

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

# Okabe and Ito's colours, told apart by readers with any colour vision; the ink last.
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", INK, "#8C6D1F")
_LINES: tuple[Any, ...] = ("-", (0, (5, 1.6)), (0, (1.2, 1.4)), (0, (6, 1.5, 1.2, 1.5)))
_MARKERS = ("o", "s", "^", "D", "v", "P", "X", "<")
_COLUMN_WIDTH = 5.59
_FEW_POINTS = 12
_LONGEST_NAME = 48


def draw_all(document: Document, *, format: Format) -> dict[str, bytes]:
    """Every graph and diagram of the document by its key."""
    drawn = {}
    for block in blocks(document):
        if isinstance(block, GraphFloat):
            drawn[block.graph.key] = draw(block.graph, format=format)
        elif isinstance(block, DiagramFloat):
            drawn[block.architecture.key] = draw_diagram(block.architecture, format=format)
    return drawn


def draw(graph: AnyGraph, *, format: Format = "pdf", width: float = _COLUMN_WIDTH) -> bytes:
    """The graph as a file; equal graphs give equal bytes.

    One panel is drawn narrower than the page, several in rows of at most three (four from seven on) that
    share their axis labels. Names are words: nothing in them is read as a formula.

    Args:
        graph: What is drawn.
        format: Vector for print (`pdf`), for the page (`svg`), or pixels (`png`, 160 per inch).
        width: In inches.
    """
    with drawing_style(graph.key):
        match graph:
            case Graph():
                return saved(_figure(graph, width), format)
            case RankDiagram():
                return saved(rank_figure(graph, width), format)
    assert_never(graph)


def _figure(graph: Graph, width: float) -> Figure:
    from matplotlib.figure import Figure
    from matplotlib.layout_engine import ConstrainedLayoutEngine

    rows, columns = _grid(len(graph.panels))
    legend = _legend_rows(graph, width)
    panel_height = 1.62 if columns == 1 else 1.55 if columns == 2 else 1.38
    wide = width if columns > 1 else width * 0.72
    margin = (1 - wide / width) / 2
    layout = ConstrainedLayoutEngine(
        w_pad=0.03, h_pad=0.03, wspace=0.04, hspace=0.05, rect=(margin, 0, 1 - 2 * margin, 1)
    )
    figure = Figure(figsize=(width, rows * panel_height + 0.34 + 0.17 * legend), layout=layout)
    grid = figure.subplots(rows, columns, squeeze=False, sharex=False)
    names = _names(graph)
    for position, axes in enumerate(grid.flat):
        if position < len(graph.panels):
            # A letter is about 5 points wide: a longer title would run into the next panel.
            room = round(wide * 72 / columns / 5)
            _panel(axes, graph.panels[position], graph, names, room)
        else:
            axes.set_axis_off()
    _labels(figure, graph, names, legend)
    return figure


def _grid(panels: int) -> tuple[int, int]:
    columns = panels if panels <= 3 else 2 if panels == 4 else 3 if panels <= 6 else 4
    return max(1, -(-panels // max(columns, 1))), max(columns, 1)


def _names(graph: Graph) -> list[str]:
    return list(dict.fromkeys(curve.name for panel in graph.panels for curve in panel.curves))


def _panel(axes: Axes, panel: Panel, graph: Graph, names: list[str], room: int) -> None:
    if panel.title:
        axes.set_title(_short(panel.title, room))
    for curve in panel.curves:
        _curve(axes, curve, names.index(curve.name), positive=graph.log_y)
    if graph.log_y and any(_any_positive(curve.y) for curve in panel.curves):
        axes.set_yscale("log")
        _log_ticks(axes)
    axes.margins(x=0.02)
    axes.locator_params(axis="x", nbins=5)
    if axes.get_yscale() == "linear":
        axes.locator_params(axis="y", nbins=5)


def _log_ticks(axes: Axes) -> None:
    from matplotlib.ticker import FuncFormatter, LogLocator, MaxNLocator, NullFormatter

    low, high = axes.get_ylim()
    # Within one decade a logarithmic locator finds a single tick or none.
    axes.yaxis.set_major_locator(LogLocator() if high > 30 * low else MaxNLocator(4, steps=[1, 2, 5, 10]))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axes.yaxis.set_minor_formatter(NullFormatter())


def _curve(axes: Axes, curve: Curve, index: int, *, positive: bool) -> None:
    style = _style(index)
    if len(curve.x) <= _FEW_POINTS:
        style |= {"marker": _MARKERS[index % len(_MARKERS)], "markersize": 3}
    y = np.where(curve.y > 0, curve.y, np.nan) if positive else curve.y
    axes.plot(curve.x, y, **style)
    if curve.low is not None and curve.high is not None:
        low = np.where(curve.low > 0, curve.low, np.nan) if positive else curve.low
        axes.fill_between(curve.x, low, curve.high, color=style["color"], alpha=0.16, linewidth=0)


def _style(index: int) -> dict[str, Any]:
    return {
        "color": COLOURS[index % len(COLOURS)],
        "linestyle": _LINES[(index + index // len(COLOURS)) % len(_LINES)],
        "linewidth": 1.15,
    }


def _labels(figure: Figure, graph: Graph, names: list[str], legend: int) -> None:
    from matplotlib.lines import Line2D

    figure.supxlabel(printable(graph.x_label), fontsize=8.5)
    figure.supylabel(printable(graph.y_label), fontsize=8.5)
    if len(names) < 2 or not legend:
        return
    few = all(len(curve.x) <= _FEW_POINTS for panel in graph.panels for curve in panel.curves)
    handles = []
    for index, name in enumerate(names):
        style = _style(index)
        if few:
            style |= {"marker": _MARKERS[index % len(_MARKERS)], "markersize": 3}
        # A leading underscore would hide the entry.
        handles.append(
            Line2D([], [], label="\N{ZERO WIDTH SPACE}" * name.startswith("_") + _short(name), **style)
        )
    columns = -(-len(names) // legend)
    figure.legend(
        handles=handles, loc="outside upper center", ncols=columns, frameon=False, handlelength=2.4,
        columnspacing=1.6, handletextpad=0.6, borderaxespad=0.1,
    )  # fmt: skip


def _legend_rows(graph: Graph, width: float) -> int:
    names = _names(graph)
    if len(names) < 2:
        return 0
    widths = [len(_short(name)) * 0.053 + 0.52 for name in names]
    if sum(widths) <= width:
        return 1
    return -(-len(names) // max(1, min(len(names), int(width / max(widths)))))


def _short(name: str, room: int = _LONGEST_NAME) -> str:
    words = printable(name)
    return words if len(words) <= room else words[: room - 1] + "…"


def _any_positive(values: np.ndarray) -> bool:
    return bool((values[np.isfinite(values)] > 0).any())
