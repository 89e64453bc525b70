"""A graph as a value: curves with bands, and what axes and bands mean."""

from dataclasses import dataclass

import numpy as np

from paperback.source import Source


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
    """

    key: str
    caption: str
    x_label: str
    y_label: str
    panels: tuple[Panel, ...]
    why: str
    log_y: bool = False


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
    """

    key: str
    caption: str
    names: tuple[str, ...]
    ranks: tuple[float, ...]
    groups: tuple[tuple[int, ...], ...]
    why: str


AnyGraph = Graph | RankDiagram
