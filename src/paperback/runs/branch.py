"""Restarted histories: what a run says of a step once it has gone back behind it."""

from dataclasses import replace

import numpy as np

from paperback.runs.run import Series


def current(series: Series) -> Series:
    """The history with one value per step: where a run went back, the later branch replaces the earlier.

    A history whose steps never move, because none was given, is left as it is.
    """
    steps = series.steps
    if len(steps) < 2 or bool((steps[1:] > steps[:-1]).all()) or bool((steps == steps[0]).all()):
        return series
    # A point stands when every later one has a greater step.
    least = np.minimum.accumulate(steps[::-1])[::-1]
    kept = np.append(steps[:-1] < least[1:], True)
    return replace(series, steps=steps[kept], values=series.values[kept])


def restarts(series: Series) -> int:
    """How often the history goes back to an earlier step."""
    return int((series.steps[1:] < series.steps[:-1]).sum())
