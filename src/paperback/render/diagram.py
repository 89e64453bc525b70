"""Drawings of boxes and arrows, the same bytes for the same architecture."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from paperback.render.drawing import INK, Format, drawing_style, saved
from paperback.render.words import printable
from paperback.story.architecture import Architecture, Arrow, Box, Frame

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

COLUMN_WIDTH = 3.3
_TALLEST = 7.2
_WIDEST_UNIT, _TALLEST_UNIT = 0.78, 0.46
# Rows of the grid stand far apart; a drawing that fits a page has less air between them.
_AIR, _EDGE = 0.46, 0.14
_LARGEST, _SMALLEST, _SMALL = 8.5, 6.5, 7.0
_NEW, _TAG = "#0072B2", "#5d646d"


def diagram_width(architecture: Architecture) -> float:
    """The width of the drawing in inches, at most one column."""
    return _Scale.of(architecture).width


def draw_diagram(architecture: Architecture, *, format: Format = "pdf") -> bytes:
    """The boxes and arrows as a file; equal architectures give equal bytes.

    Text is made smaller where a box is narrow, and cut where it would be too small to read.
    """
    with drawing_style(architecture.key):
        return saved(_figure(architecture), format)


@dataclass(frozen=True, slots=True)
class _Scale:
    """From units of the grid to inches; `ys` of the grid stand at `places` of the drawing."""

    across: float
    left: float
    ys: tuple[float, ...]
    places: tuple[float, ...]
    width: float
    height: float

    @staticmethod
    def of(architecture: Architecture) -> _Scale:
        spans = _spans(architecture.boxes)
        ys, units = [0.0], [_EDGE / _TALLEST_UNIT]
        for top, bottom in spans:
            start = units[-1] + (min(top - ys[-1], _AIR) if len(ys) > 1 else 0)
            ys += [top, bottom]
            units += [start, start + bottom - top]
        height = units[-1] + 2 * _EDGE
        down = min(_TALLEST_UNIT, _TALLEST / height)
        left = min((box.x - box.width / 2 for box in architecture.boxes), default=0.0) - 0.15
        across = min(_WIDEST_UNIT, COLUMN_WIDTH / max(architecture.width - left, 0.1))
        places = tuple(unit * down for unit in units)
        width = across * (architecture.width - left)
        return _Scale(across, left, tuple(ys), places, width, height * down)

    def x(self, x: float) -> float:
        return (x - self.left) * self.across

    def y(self, y: float) -> float:
        return float(np.interp(y, self.ys, self.places))

    def corners(self, box: Box) -> tuple[float, float, float, float]:
        """Left, top, right and bottom of a box."""
        return (
            self.x(box.x - box.width / 2), self.y(box.y - box.height / 2),
            self.x(box.x + box.width / 2), self.y(box.y + box.height / 2),
        )  # fmt: skip


def _spans(boxes: tuple[Box, ...]) -> list[tuple[float, float]]:
    """From where to where boxes stand, top to bottom, without overlap."""
    spans: list[tuple[float, float]] = []
    for top, bottom in sorted((box.y - box.height / 2, box.y + box.height / 2) for box in boxes):
        if spans and top <= spans[-1][1]:
            spans[-1] = (spans[-1][0], max(bottom, spans[-1][1]))
        else:
            spans.append((top, bottom))
    return spans


def _figure(architecture: Architecture) -> Figure:
    from matplotlib.figure import Figure

    scale = _Scale.of(architecture)
    figure = Figure(figsize=(scale.width, scale.height))
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set(xlim=(0, scale.width), ylim=(scale.height, 0))
    axes.set_axis_off()
    for frame in architecture.frames:
        # The box of a single one says by itself how often it is repeated.
        if len(frame.boxes) > 1:
            _frame(axes, frame, architecture.boxes, scale)
    for arrow in architecture.arrows:
        _arrow(axes, arrow, scale)
    framed = {index for frame in architecture.frames if len(frame.boxes) > 1 for index in frame.boxes}
    for index, box in enumerate(architecture.boxes):
        _box(axes, box, scale, repeat="" if index in framed else box.repeat)
    return figure


def _outline(axes: Axes, corners: tuple[float, float, float, float], **look: Any) -> None:
    from matplotlib.patches import FancyBboxPatch

    left, top, right, bottom = corners
    rounding = min(0.05, (right - left) / 2, (bottom - top) / 2)
    shape = f"round,pad=0,rounding_size={rounding:.4f}"
    axes.add_patch(
        FancyBboxPatch((left, top), right - left, bottom - top, boxstyle=shape, clip_on=False, **look)
    )


def _box(axes: Axes, box: Box, scale: _Scale, *, repeat: str) -> None:
    corners = left, top, right, bottom = scale.corners(box)
    fill = (0.0, 0.447, 0.698, 0.14) if box.new else "none"
    outside = box.kind in ("input", "output")
    # What goes in and comes out is no part of the network: a faint outline.
    _outline(
        axes, corners, facecolor=fill, edgecolor=_NEW if box.new else INK,
        linewidth=1.5 if box.new else 0.3 if outside else 0.8,
    )  # fmt: skip
    rows = [(line, False) for line in box.lines] + ([(box.detail, True)] if box.detail else [])
    pitch = (bottom - top) / (len(rows) + 0.35)
    room = (right - left) * 72 - 6
    for index, (words, small) in enumerate(rows):
        shown, size = fitted(words, room, min(_SMALL if small else _LARGEST, max(_SMALLEST, pitch * 68)))
        middle = (top + bottom) / 2 + (index - (len(rows) - 1) / 2) * pitch
        style = "italic" if small or outside else "normal"
        axes.text(
            (left + right) / 2, middle, shown, size=size, style=style, ha="center", va="center_baseline"
        )
    if box.new:
        _tag(axes, "new", (left + 0.08, top), side="left")
    if repeat:
        _tag(axes, f"×{repeat}", (right - 0.08, top), side="right")


def _tag(axes: Axes, words: str, place: tuple[float, float], *, side: Literal["left", "right"]) -> None:
    shown, size = fitted(words, 60, _SMALL)
    colour = _NEW if side == "left" else _TAG
    pill = {"boxstyle": "round,pad=0.22,rounding_size=0.5", "facecolor": colour, "edgecolor": "none"}
    axes.text(*place, shown, size=size, color="#ffffff", ha=side, va="center", bbox=pill, zorder=5)


def _arrow(axes: Axes, arrow: Arrow, scale: _Scale) -> None:
    from matplotlib.patches import FancyArrowPatch
    from matplotlib.path import Path

    path = Path([(scale.x(x), scale.y(y)) for x, y in arrow.points])
    look: Any = {"linewidth": 0.8, "color": INK, "shrinkA": 0, "shrinkB": 0, "joinstyle": "round"}
    axes.add_patch(FancyArrowPatch(path=path, arrowstyle="-|>", mutation_scale=6.5, **look))


def _frame(axes: Axes, frame: Frame, boxes: tuple[Box, ...], scale: _Scale) -> None:
    inside = [scale.corners(boxes[index]) for index in frame.boxes]
    corners = (
        min(box[0] for box in inside) - 0.07, min(box[1] for box in inside) - 0.08,
        max(box[2] for box in inside) + 0.07, max(box[3] for box in inside) + 0.08,
    )  # fmt: skip
    _outline(
        axes, corners, facecolor="none", edgecolor=_TAG, linewidth=0.8, linestyle=(0, (4, 2)), zorder=0.5
    )
    _tag(axes, f"×{frame.repeat}", (corners[2] - 0.08, corners[1]), side="right")


def fitted(words: str, room: float, size: float) -> tuple[str, float]:
    """The words as far as they fit `room` points, and the size at which they do; never below 6.5 points."""
    shown = printable(words)
    wide = _measure(shown, size)
    if wide <= room:
        return shown, size
    smaller = max(_SMALLEST, size * room / wide)
    if wide * smaller / size <= room * 1.001:
        return shown, smaller
    most, least = len(shown) - 1, 0
    while least < most:
        middle = (least + most + 1) // 2
        fits = _measure(shown[:middle].rstrip() + "…", smaller) <= room
        least, most = (middle, most) if fits else (least, middle - 1)
    return shown[:least].rstrip() + "…", smaller


def _measure(words: str, size: float) -> float:
    """The width of the words in points."""
    from matplotlib.backends import backend_agg
    from matplotlib.font_manager import FontProperties

    # Matplotlib has no types for it. Ten pixels a point: hinting cannot change the width by much.
    renderer: Any = backend_agg
    pixels, _, _ = renderer.RendererAgg(1, 1, 720).get_text_width_height_descent(
        words, FontProperties(size=size), ismath=False
    )
    return float(pixels) / 10
