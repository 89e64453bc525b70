"""Graphs as values: curves with bands, points, grids of values, and what axes and bands mean."""

from dataclasses import dataclass

import numpy as np

from paperback.evidence.quantity import Quantity
from paperback.source import Source

# What a caption says besides, in words and numbers: how many runs, and what was left out.
Told = tuple[str | Quantity, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Curve:
    """A line with its band.

    Attributes:
        name: As printed in the legend.
        x: Shape (n,), in the panel's x unit.
        y: Shape (n,), in the panel's y unit.
        low: Shape (n,), lower edge of the band; None for no band.
        high: Shape (n,), upper edge of the band; None for no band.
        n: Number of runs behind the curve.
        sources: The files that entered.
    """

    name: str
    x: np.ndarray
    y: np.ndarray
    low: np.ndarray | None
    high: np.ndarray | None
    n: int
    sources: tuple[Source, ...]


@dataclass(frozen=True, slots=True)
class Panel:
    """One pair of axes; `title` is usually a data set."""

    title: str
    curves: tuple[Curve, ...]


@dataclass(frozen=True, slots=True)
class Graph:
    """A figure of one or several panels that share their axes' meaning.

    Attributes:
        key: Stable slug, unique in the story: `learning-curves`.
        caption: What is shown and what the band is; plain words, no numbers.
        x_label: With its unit: `Epoch`, `Environment steps`.
        y_label: With its unit: `Validation loss (nats)`.
        panels: From left to right, top to bottom.
        why: Why the story needs it, one phrase for the author.
        log_y: Logarithmic y axis.
        log_x: Logarithmic x axis.
        note: What follows the caption: words, and numbers that hold their evidence.
        y_span: The values that are possible; the axis does not go beyond. None where there is no such limit.
    """

    key: str
    caption: str
    x_label: str
    y_label: str
    panels: tuple[Panel, ...]
    why: str
    log_y: bool = False
    log_x: bool = False
    note: Told = ()
    y_span: tuple[float, float] | None = None


@dataclass(frozen=True, slots=True)
class RankDiagram:
    """A critical-difference diagram.

    Attributes:
        key: Stable slug, unique in the story.
        caption: What is shown and which tests stand behind the bars; plain words, no numbers.
        names: The methods as printed, best average rank first.
        ranks: Average rank of each, 1 is best.
        groups: Places of methods that no test tells apart, one bar each; not always neighbours.
        why: Why the story needs it, one phrase for the author.
        note: What follows the caption.
    """

    key: str
    caption: str
    names: tuple[str, ...]
    ranks: tuple[float, ...]
    groups: tuple[tuple[int, ...], ...]
    why: str
    note: Told = ()


@dataclass(frozen=True, slots=True)
class Strip:
    """One row of a strip plot: points, and an estimate with its interval.

    Attributes:
        name: As printed at the row.
        points: One per run, in the unit of the axis; empty where only the estimate is shown.
        value: The estimate.
        low: Lower end of its interval; None for none.
        high: Upper end.
    """

    name: str
    points: tuple[float, ...]
    value: float
    low: float | None
    high: float | None


@dataclass(frozen=True, slots=True)
class StripPanel:
    """One pair of axes; `title` is usually a data set or a statistic."""

    title: str
    strips: tuple[Strip, ...]


@dataclass(frozen=True, slots=True)
class StripPlot:
    """Rows of points with intervals, best read along a common horizontal axis.

    Attributes:
        key: Stable slug, unique in the story.
        caption: What is shown and what the interval is; plain words, no numbers.
        x_label: With its unit.
        panels: They share the names of their rows.
        why: Why the story needs it, one phrase for the author.
        reference: A value that is marked by a vertical line, such as one half; None for none.
        note: What follows the caption.
    """

    key: str
    caption: str
    x_label: str
    panels: tuple[StripPanel, ...]
    why: str
    reference: float | None = None
    note: Told = ()


@dataclass(frozen=True, slots=True)
class Heatmap:
    """A grid of values.

    Attributes:
        key: Stable slug, unique in the story.
        caption: What is shown; plain words, no numbers.
        x_label: What the columns are.
        y_label: What the rows are.
        columns: From left to right.
        rows: From top to bottom.
        values: One tuple per row; None where nothing was run.
        decimals: Of the value printed in a cell.
        value_label: What a cell holds, with its unit.
        best: (row, column) of the cell that is framed; None for none.
        why: Why the story needs it, one phrase for the author.
        note: What follows the caption.
    """

    key: str
    caption: str
    x_label: str
    y_label: str
    columns: tuple[str, ...]
    rows: tuple[str, ...]
    values: tuple[tuple[float | None, ...], ...]
    decimals: int
    value_label: str
    best: tuple[int, int] | None
    why: str
    note: Told = ()


@dataclass(frozen=True, slots=True)
class Cloud:
    """Points of one name.

    Attributes:
        name: As printed in the legend; empty for none.
        points: (x, y) each.
        intervals: (low, high) of each y; empty for none.
    """

    name: str
    points: tuple[tuple[float, float], ...]
    intervals: tuple[tuple[float, float], ...] = ()


@dataclass(frozen=True, slots=True)
class ScatterPanel:
    """One pair of axes with points, and lines with bands drawn under them.

    A line has the look of the cloud of its name; any other line is drawn thin and grey. `x_label` stands
    where each panel has an axis of its own, and `log_x` makes it logarithmic.
    """

    title: str
    clouds: tuple[Cloud, ...]
    lines: tuple[Curve, ...] = ()
    x_label: str = ""
    log_x: bool = False


@dataclass(frozen=True, slots=True)
class Scatter:
    """Points in a plane, such as a metric against a cost.

    Attributes:
        key: Stable slug, unique in the story.
        caption: What is shown and what lines and bands are; plain words, no numbers.
        x_label: With its unit; empty where each panel has its own.
        y_label: With its unit.
        panels: From left to right, top to bottom.
        why: Why the story needs it, one phrase for the author.
        log_y: Logarithmic y axis.
        note: What follows the caption.
    """

    key: str
    caption: str
    x_label: str
    y_label: str
    panels: tuple[ScatterPanel, ...]
    why: str
    log_y: bool = False
    note: Told = ()


AnyGraph = Graph | RankDiagram | StripPlot | Heatmap | Scatter
