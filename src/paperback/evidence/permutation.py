"""Permutation tests: exact where all arrangements can be counted, else from drawn ones."""

import math
from collections.abc import Sequence
from itertools import combinations

import numpy as np

from paperback.errors import EvidenceError

MOST_ARRANGEMENTS = 1 << 20
DRAWS = 100_000
# Sums that differ by rounding only count as equally extreme.
_SLACK = 1e-12


def permutation_p(
    a: Sequence[float], b: Sequence[float], *, rng: np.random.Generator | None = None, draws: int = DRAWS
) -> float:
    """Two-sided p of the difference of means over all exchanges of `a` with `b`.

    Args:
        a: One value per run.
        b: One value per run.
        rng: Draws exchanges where there are more than a million; not used below.
        draws: How many are drawn.

    Raises:
        EvidenceError: There are more than a million exchanges and no `rng`.
    """
    values, n = np.array([*a, *b], dtype=float), len(a)
    values = values - values.mean()
    observed = abs(float(values[:n].sum()))
    if math.comb(len(values), n) <= MOST_ARRANGEMENTS:
        chosen = np.fromiter(
            (place for each in combinations(range(len(values)), n) for place in each), dtype=np.intp
        ).reshape(-1, n)
        return _share(np.abs(values[chosen].sum(axis=1)), observed, np.abs(values).sum())
    drawn = _drawing(rng).permuted(np.tile(values, (draws, 1)), axis=1)[:, :n].sum(axis=1)
    return _drawn_share(np.abs(drawn), observed, np.abs(values).sum())


def sign_flip_p(
    gains: Sequence[float], *, rng: np.random.Generator | None = None, draws: int = DRAWS
) -> float:
    """Two-sided p of the mean of paired gains (of items, or of whole clusters) over all their signs.

    Raises:
        EvidenceError: There are more than twenty gains and no `rng`.
    """
    values = np.asarray(gains, dtype=float)
    observed = abs(float(values.sum()))
    if 2 ** len(values) <= MOST_ARRANGEMENTS:
        sums = np.zeros(1)
        for gain in values:
            sums = np.concatenate((sums + gain, sums - gain))
        return _share(np.abs(sums), observed, np.abs(values).sum())
    signs = _drawing(rng).integers(0, 2, size=(draws, len(values)), dtype=np.int8) * 2 - 1
    return _drawn_share(np.abs(signs @ values), observed, np.abs(values).sum())


def _drawing(rng: np.random.Generator | None) -> np.random.Generator:
    if rng is None:
        raise EvidenceError("there are too many arrangements to count", mend="Pass a generator to draw them.")
    return rng


def _share(found: np.ndarray, observed: float, scale: float) -> float:
    return float(np.mean(found >= observed - _SLACK * scale))


def _drawn_share(found: np.ndarray, observed: float, scale: float) -> float:
    """The observed arrangement counts as one that was drawn, so that p is never zero."""
    return float((1 + np.sum(found >= observed - _SLACK * scale)) / (1 + len(found)))
