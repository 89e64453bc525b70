"""Corrections for several tests in one family, beside Holm's: named, monotone, in the order given."""

import math
from collections.abc import Callable, Sequence
from itertools import combinations

import numpy as np

from paperback.errors import EvidenceError, near_miss
from paperback.evidence.holm import holm

MOST_FOR_BERGMANN = 9


def adjust(p_values: Sequence[float], method: str = "holm") -> tuple[float, ...]:
    """Adjusted p values in the order given.

    Args:
        p_values: One per test that was made.
        method: `bonferroni`, `holm`, `hochberg`, `hommel`, `BH` or `BY` (the last two bound the false
            discovery rate, the others the family-wise error), `shaffer` or `bergmann-hommel` (all pairs of
            some methods, in the order of `itertools.combinations`).

    Raises:
        EvidenceError: No such method; or the number of tests is not that of all pairs.
    """
    if method not in METHODS:
        raise EvidenceError(f"no correction is called {method!r}", mend=near_miss(method, METHODS))
    if not len(p_values):
        return ()
    raw = np.asarray(p_values, dtype=float)
    return tuple(float(each) for each in np.minimum(METHODS[method](raw), 1.0))


def shaffer(p_values: np.ndarray) -> np.ndarray:
    """Holm's steps with the largest number of hypotheses on pairs that can still be true together.

    Source:
        Shaffer 1986, "Modified Sequentially Rejective Multiple Test Procedures", static form; García and
        Herrera 2008.
    """
    possible = sorted(_possible_counts(_methods_of(len(p_values))))
    order = np.argsort(p_values, kind="stable")
    left = len(p_values) - np.arange(len(p_values))
    factors = np.array([max(each for each in possible if each <= most) for most in left])
    return _back(np.maximum.accumulate(factors * p_values[order]), order)


def bergmann_hommel(p_values: np.ndarray) -> np.ndarray:
    """The largest bound over the sets of equal pairs that some partition of the methods leaves.

    Raises:
        EvidenceError: More than nine methods: 115,975 partitions and more.

    Source:
        Bergmann and Hommel 1988; García and Herrera 2008.
    """
    k = _methods_of(len(p_values))
    if k > MOST_FOR_BERGMANN:
        raise EvidenceError(
            f"Bergmann and Hommel's correction of {k} methods has too many partitions",
            mend=f"Use Shaffer's above {MOST_FOR_BERGMANN} methods.",
        )
    first, second = np.array(list(combinations(range(k), 2))).T
    blocks = np.array(_partitions(k))
    equal = blocks[:, first] == blocks[:, second]
    equal = equal[equal.any(axis=1)]
    bounds = equal.sum(axis=1) * np.where(equal, p_values, np.inf).min(axis=1)
    return np.asarray(np.where(equal, bounds[:, None], 0.0).max(axis=0))


def _bonferroni(p_values: np.ndarray) -> np.ndarray:
    return np.asarray(p_values * len(p_values))


def _holm(p_values: np.ndarray) -> np.ndarray:
    return np.array(holm([float(each) for each in p_values]), dtype=float)


def _hochberg(p_values: np.ndarray) -> np.ndarray:
    return _step_up(p_values, 1.0 + np.arange(len(p_values)))


def _benjamini_hochberg(p_values: np.ndarray) -> np.ndarray:
    m = len(p_values)
    return _step_up(p_values, m / (m - np.arange(m)))


def _benjamini_yekutieli(p_values: np.ndarray) -> np.ndarray:
    return _benjamini_hochberg(p_values) * math.fsum(1 / each for each in range(1, len(p_values) + 1))


def _step_up(p_values: np.ndarray, factors: np.ndarray) -> np.ndarray:
    """From the largest p value down, no adjusted value above the one before."""
    order = np.argsort(-p_values, kind="stable")
    return _back(np.minimum.accumulate(factors * p_values[order]), order)


def _hommel(p_values: np.ndarray) -> np.ndarray:
    """Hommel 1988: closed testing with Simes' test, by the steps of Wright 1992."""
    m = len(p_values)
    order = np.argsort(p_values, kind="stable")
    ordered = p_values[order]
    adjusted = np.full(m, np.min(m * ordered / (1 + np.arange(m))))
    for size in range(m - 1, 1, -1):
        low, high = np.arange(m - size + 1), np.arange(m - size + 1, m)
        least = np.min(size * ordered[high] / (2 + np.arange(size - 1)))
        step = np.concatenate((np.minimum(size * ordered[low], least), np.full(size - 1, 0.0)))
        step[high] = step[m - size]
        adjusted = np.maximum(adjusted, step)
    return _back(np.maximum(adjusted, ordered), order)


def _back(values: np.ndarray, order: np.ndarray) -> np.ndarray:
    result = np.empty_like(values)
    result[order] = values
    return result


def _methods_of(pairs: int) -> int:
    k = (1 + math.isqrt(1 + 8 * pairs)) // 2
    if k * (k - 1) // 2 != pairs:
        raise EvidenceError(
            f"{pairs} tests are not all pairs of a number of methods", mend="Give one p value per pair."
        )
    return k


def _possible_counts(k: int) -> set[int]:
    """How many pairs can be equal at once among `k` methods."""
    if k < 2:
        return {0}
    return {math.comb(block, 2) + rest for block in range(1, k + 1) for rest in _possible_counts(k - block)}


def _partitions(k: int) -> list[tuple[int, ...]]:
    """Every partition of `k` methods: the number of the block of each."""
    found: list[tuple[int, ...]] = [()]
    for _ in range(k):
        found = [(*each, block) for each in found for block in range(max(each, default=-1) + 2)]
    return found


METHODS: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "bonferroni": _bonferroni,
    "holm": _holm,
    "hochberg": _hochberg,
    "hommel": _hommel,
    "BH": _benjamini_hochberg,
    "BY": _benjamini_yekutieli,
    "shaffer": shaffer,
    "bergmann-hommel": bergmann_hommel,
}
