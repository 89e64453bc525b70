"""What graphs share: colours, markers, the grid of panels, the legend, and ticks of logarithmic axes."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from paperback.render.drawing import INK
from paperback.render.words import printable

if TYPE_CHECKING:
    from matplotlib.axis import Axis
    from matplotlib.figure import Figure

# Okabe and Ito's colours, told apart by readers with any colour vision; the ink last.
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", INK, "#8C6D1F")
MARKERS = ("o", "s", "^", "D", "v", "P", "X", "<")
GREY = "#6b7280"
_LINES: tuple[Any, ...] = ("-", (0, (5, 1.6)), (0, (1.2, 1.4)), (0, (6, 1.5, 1.2, 1.5)))
_LONGEST_NAME = 48
_LARGE, _SMALL = 1e5, 1e-2
_LETTER = 0.053
_HANDLE = 0.52


def look(index: int) -> dict[str, Any]:
    """Colour and dashes of the line at `index`; more lines than colours differ in their dashes."""
    return {
        "color": COLOURS[index % len(COLOURS)],
        "linestyle": _LINES[(index + index // len(COLOURS)) % len(_LINES)],
        "linewidth": 1.15,
    }


def marker(index: int) -> str:
    """Shape of the points at `index`; more clouds than colours differ in their shape."""
    return MARKERS[(index + index // len(COLOURS)) % len(MARKERS)]


def shortened(name: str, room: int = _LONGEST_NAME) -> str:
    """`name` as it is printed, cut to `room` characters."""
    words = printable(name)
    return words if len(words) <= room else words[: room - 1] + "…"


def grid_shape(panels: int) -> tuple[int, int]:
    """Rows and columns of the grid of panels: at most three columns, four from seven panels on."""
    columns = panels if panels <= 3 else 2 if panels == 4 else 3 if panels <= 6 else 4
    return max(1, -(-panels // max(columns, 1))), max(columns, 1)


def legend_rows(names: Sequence[str], width: float) -> int:
    """Rows that a legend of `names` takes on `width` inches; 0 where one name needs none."""
    if len(names) < 2:
        return 0
    widths = [len(shortened(name)) * _LETTER + _HANDLE for name in names]
    if sum(widths) <= width:
        return 1
    return -(-len(names) // max(1, min(len(names), int(width / max(widths)))))


def add_legend(figure: Figure, names: Sequence[str], styles: Sequence[dict[str, Any]], rows: int) -> None:
    """A legend above the panels; none where `rows` is 0."""
    from matplotlib.lines import Line2D

    if not rows:
        return
    handles = [
        # A leading underscore would hide the entry.
        Line2D([], [], label="\N{ZERO WIDTH SPACE}" * name.startswith("_") + shortened(name), **style)
        for name, style in zip(names, styles, strict=True)
    ]
    figure.legend(
        handles=handles, loc="outside upper center", ncols=-(-len(names) // rows), frameon=False,
        handlelength=2.4, columnspacing=1.6, handletextpad=0.6, borderaxespad=0.1,
    )  # fmt: skip


def log_ticks(axis: Axis) -> None:
    """Plain decimal numbers at the ticks of a logarithmic axis."""
    from matplotlib.ticker import FuncFormatter, LogLocator, MaxNLocator, NullFormatter

    low, high = axis.get_view_interval()
    # Within one decade a logarithmic locator finds a single tick or none.
    powers = math.floor(math.log10(high)) - math.ceil(math.log10(low)) + 1 if low > 0 else 0
    several = LogLocator() if powers > 1 else LogLocator(subs=(1, 2, 5))
    axis.set_major_locator(several if high > 30 * low else MaxNLocator(4, steps=[1, 2, 5, 10]))
    axis.set_major_formatter(FuncFormatter(lambda value, _: magnitude(value)))
    axis.set_minor_formatter(NullFormatter())


def plain_ticks(axis: Axis, *, whole: bool = False, most: int = 5) -> None:
    """Few ticks of a linear axis, no power of ten beside it: 5M, 0.0005; `whole` ones of counts."""
    from matplotlib.ticker import FuncFormatter, MaxNLocator

    largest = max(map(abs, axis.get_view_interval()))
    axis.set_major_locator(MaxNLocator(most if largest > _SMALL else 3, integer=whole))
    if largest >= _LARGE or largest <= _SMALL:
        axis.set_major_formatter(FuncFormatter(lambda value, _: magnitude(value)))


def magnitude(value: float) -> str:
    """A tick's number in few signs: 0.001, 20, 70M."""
    for size, letter in ((1e12, "T"), (1e9, "B"), (1e6, "M"), (1e4, "k")):
        if abs(value) >= size:
            return f"{value / (1e3 if letter == 'k' else size):g}{letter}"
    return f"{value:g}"


def label_axes(figure: Figure, x_label: str, y_label: str) -> None:
    """Labels at the axes where there is one pair of them, else shared by all; an empty one is left out."""
    shown = [axes for axes in figure.axes if axes.axison]
    if len(shown) == 1:
        shown[0].set_xlabel(printable(x_label) or shown[0].get_xlabel())
        shown[0].set_ylabel(printable(y_label) or shown[0].get_ylabel())
        return
    if x_label:
        figure.supxlabel(printable(x_label), fontsize=8.5)
    if y_label:
        figure.supylabel(printable(y_label), fontsize=8.5)
