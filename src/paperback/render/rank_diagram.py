"""The drawing of a critical-difference diagram."""

from __future__ import annotations

from typing import TYPE_CHECKING

from paperback.render.drawing import INK
from paperback.render.words import printable
from paperback.story.graph import RankDiagram

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_BAR = "#0072B2"
_LONGEST_NAME = 32
# In rows of the diagram: the axis is row 0, bars and names stand below it.
_FIRST_BAR = 0.45
_BAR_STEP = 0.42
_NAME_STEP = 0.72
_INCHES_A_ROW = 0.25
_LETTER = 0.058


def rank_figure(diagram: RankDiagram, width: float) -> Figure:
    """The diagram as a figure `width` inches wide, as high as its bars and names need."""
    from matplotlib.figure import Figure

    half = -(-len(diagram.names) // 2)
    top = _FIRST_BAR + _BAR_STEP * len(diagram.groups) + 0.4
    rows = top + _NAME_STEP * (half - 1) + 0.5
    figure = Figure(figsize=(width, (rows + 1.1) * _INCHES_A_ROW))
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set_axis_off()
    axes.set_xlim(0, width)
    axes.set_ylim(rows, -1.1)
    # The axis keeps at least a third of the width.
    room = min(max(len(_short(name)) for name in diagram.names) * _LETTER + 0.25, width / 3)
    scale = _Scale(len(diagram.names), room, width - room)
    _axis(axes, scale)
    _bars(axes, diagram, scale)
    _names(axes, diagram, scale, top, half, width)
    return figure


class _Scale:
    """Where a rank stands, in inches from the left."""

    def __init__(self, methods: int, left: float, right: float) -> None:
        self.methods, self.left, self.right = methods, left, right

    def __call__(self, rank: float) -> float:
        return self.left + (rank - 1) / (self.methods - 1) * (self.right - self.left)


def _axis(axes: Axes, scale: _Scale) -> None:
    axes.plot([scale.left, scale.right], [0, 0], color=INK, linewidth=0.8)
    step = 1 if scale.methods <= 12 else 2
    for rank in range(1, scale.methods + 1, step):
        axes.plot([scale(rank)] * 2, [0, -0.22], color=INK, linewidth=0.8)
        axes.text(scale(rank), -0.36, str(rank), ha="center", va="bottom", fontsize=7.5)


def _bars(axes: Axes, diagram: RankDiagram, scale: _Scale) -> None:
    for place, group in enumerate(diagram.groups):
        height = _FIRST_BAR + place * _BAR_STEP
        at = [scale(diagram.ranks[member]) for member in group]
        axes.plot([min(at), max(at)], [height] * 2, color=_BAR, linewidth=2.2, solid_capstyle="round")
        axes.plot(at, [height] * len(at), "o", color=_BAR, markersize=4.2)


def _names(axes: Axes, diagram: RankDiagram, scale: _Scale, top: float, half: int, width: float) -> None:
    """The better half on the left, the others on the right, so that no two lines cross."""
    for place, (name, rank) in enumerate(zip(diagram.names, diagram.ranks, strict=True)):
        is_left = place < half
        row = top + _NAME_STEP * (place if is_left else len(diagram.names) - 1 - place)
        edge = scale.left - 0.08 if is_left else scale.right + 0.08
        axes.plot([scale(rank)] * 2 + [edge], [0, row, row], color=INK, linewidth=0.6, zorder=1)
        side = "right" if is_left else "left"
        axes.text(edge + (-0.05 if is_left else 0.05), row, _short(name), ha=side, va="center", fontsize=8.5)


def _short(name: str) -> str:
    words = printable(name)
    return words if len(words) <= _LONGEST_NAME else words[: _LONGEST_NAME - 1] + "…"
