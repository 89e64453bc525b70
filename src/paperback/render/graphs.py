"""Drawings of graphs, the same bytes for the same graph."""

from __future__ import annotations

from typing import assert_never

from paperback.paper.document import DiagramFloat, Document, GraphFloat
from paperback.paper.printed import blocks
from paperback.render.diagram import draw_diagram
from paperback.render.drawing import Format, drawing_style, saved
from paperback.render.heatmap import heatmap_figure
from paperback.render.line_graph import line_figure
from paperback.render.rank_diagram import rank_figure
from paperback.render.scatter import scatter_figure
from paperback.render.strip_plot import strip_figure
from paperback.story.graph import AnyGraph, Graph, Heatmap, RankDiagram, Scatter, StripPlot

_COLUMN_WIDTH = 5.59


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
                return saved(line_figure(graph, width), format)
            case RankDiagram():
                return saved(rank_figure(graph, width), format)
            case StripPlot():
                return saved(strip_figure(graph, width), format)
            case Heatmap():
                return saved(heatmap_figure(graph, width), format)
            case Scatter():
                return saved(scatter_figure(graph, width), format)
    assert_never(graph)
