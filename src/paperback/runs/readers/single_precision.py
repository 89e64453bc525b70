"""Single-precision numbers as the decimals that were logged."""

import numpy as np

_DIGITS = (6, 7, 8, 9)
# Powers of ten up to here are exact in double precision, so one division rounds correctly.
_EXACT = 22


def shortest(values: np.ndarray) -> np.ndarray:
    """Each value as the shortest decimal that reads back to it: 0.1 for what is stored as 0.10000000149.

    Args:
        values: float32, any shape (n,).

    Returns:
        float64; equal to `float(str(value))` for every value.
    """
    # A signalling NaN, which damaged training writes, is a NaN like any other.
    with np.errstate(invalid="ignore", over="ignore"):
        return _shortest(values)


def _shortest(values: np.ndarray) -> np.ndarray:
    found = values.astype(np.float64)
    bits = values.view(np.uint32)
    exponents = bits >> np.uint32(23) & np.uint32(0xFF)
    ordinary = (exponents > 0) & (exponents < 255)
    # At a power of two the neighbours below are nearer than those above: left to the careful way.
    open_rows = np.flatnonzero(ordinary & (bits & np.uint32(0x7FFFFF) != 0))
    careful = [np.flatnonzero((exponents == 0) | (ordinary & (bits & np.uint32(0x7FFFFF) == 0)))]
    lead = np.floor(np.log10(np.abs(found[open_rows]))).astype(np.int64)
    for digits in _DIGITS:
        at = digits - 1 - lead
        near, sure = _rounded(found[open_rows], at)
        good = near.astype(np.float32) == values[open_rows]
        found[open_rows[good & sure]] = near[good & sure]
        careful.append(open_rows[~sure])
        left = ~good & sure
        open_rows, lead = open_rows[left], lead[left]
    for rows in (*careful, open_rows):
        if len(rows):
            found[rows] = values[rows].astype(str).astype(np.float64)
    return found


def _rounded(values: np.ndarray, at: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The values rounded at a decimal place, and where that was beyond doubt."""
    scale = _POWERS[np.minimum(np.abs(at), _EXACT)]
    up = at >= 0
    scaled = np.where(up, values * scale, values / scale)
    whole = np.rint(scaled)
    sure = (np.abs(at) <= _EXACT) & (np.abs(np.abs(scaled - whole) - 0.5) > 1e-5)
    return np.where(up, whole / scale, whole * scale), sure


_POWERS = np.array([float(10**power) for power in range(_EXACT + 1)])
