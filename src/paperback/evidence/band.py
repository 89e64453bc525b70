"""Pointwise bands around the mean of several curves."""

import numpy as np


def t_halfwidths(values: np.ndarray, level: float = 0.95) -> np.ndarray:
    """Half widths of the pointwise t interval of the mean curve.

    Args:
        values: Shape (runs, steps), at least two runs; in the unit of the metric.
        level: Coverage at a single step, a fraction; a statement over a range of steps needs a simultaneous band.

    Returns:
        Shape (steps,), in the unit of the metric.
    """
    from scipy.special import stdtrit

    runs = len(values)
    factor = float(stdtrit(runs - 1, (1 + level) / 2))
    return np.asarray(factor * values.std(axis=0, ddof=1) / np.sqrt(runs))
