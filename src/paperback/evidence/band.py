"""Pointwise bands around the mean of several curves."""

import numpy as np


def t_halfwidths(values: np.ndarray, level: float = 0.95) -> np.ndarray:
    """Half widths of the pointwise t interval of the mean curve.

    Args:
        values: Shape (runs, steps), at least two runs; in the unit of the metric.
        level: Coverage at a single step, a fraction; a statement over a range of steps needs
            `simultaneous_band`.

    Returns:
        Shape (steps,), in the unit of the metric.
    """
    from scipy.special import stdtrit

    runs = len(values)
    factor = float(stdtrit(runs - 1, (1 + level) / 2))
    return np.asarray(factor * values.std(axis=0, ddof=1) / np.sqrt(runs))


def simultaneous_halfwidths(
    a: np.ndarray, b: np.ndarray, *, rng: np.random.Generator, level: float = 0.95, resamples: int = 2000
) -> np.ndarray:
    """Half widths of a band of the difference of two mean curves that holds at all steps together.

    The largest studentised deviation over the steps is resampled (max-t); its quantile takes the place of the
    pointwise one, and is never below it.

    Args:
        a: Shape (runs, steps), three runs or more, on the same steps as `b`.
        b: Shape (runs, steps).
        rng: Equal states give equal bands.
        level: Coverage of the whole band, a fraction.
        resamples: Of the runs of both sides.

    Returns:
        Shape (steps,), in the unit of the metric.
    """
    from scipy.special import stdtrit

    errors = np.sqrt(_squared_error(a) + _squared_error(b))
    drawn = [side[rng.integers(0, len(side), size=(resamples, len(side)))] for side in (a, b)]
    gaps = (drawn[0].mean(axis=1) - a.mean(axis=0)) - (drawn[1].mean(axis=1) - b.mean(axis=0))
    # A resample of n runs spreads too little by (n-1)/n, and a handful of runs has heavy tails: both are
    # mended by carrying the quantile over from the normal to the t distribution.
    shrink = np.sqrt((min(len(a), len(b)) - 1) / min(len(a), len(b)))
    largest = np.nanmax(np.abs(gaps) / np.where(errors > 0, errors, np.nan) / shrink, axis=1)
    df = len(a) + len(b) - 2
    normal = float(np.quantile(largest, level))
    tail = _normal_tail(normal)
    factor = max(float(stdtrit(df, 1 - tail)), float(stdtrit(df, (1 + level) / 2)))
    return np.asarray(factor * errors)


def _squared_error(values: np.ndarray) -> np.ndarray:
    return np.asarray(values.var(axis=0, ddof=1) / len(values))


def _normal_tail(value: float) -> float:
    from scipy.special import ndtr

    return float(ndtr(-value))
