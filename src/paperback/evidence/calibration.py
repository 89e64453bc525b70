"""Predictions of single items against their labels: reliability and confusion."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from paperback.errors import EvidenceError
from paperback.evidence.proportion import wilson

BINS = 10


@dataclass(frozen=True, slots=True)
class Bin:
    """Items whose confidence lies in one bin.

    Attributes:
        confidence: Their mean confidence.
        share: Share of them that is right (or positive).
        low: Lower end of its 95 % Wilson interval.
        high: Upper end.
        n: Items.
    """

    confidence: float
    share: float
    low: float
    high: float
    n: int


def reliability(confidence: Sequence[float], hits: Sequence[bool], *, bins: int = BINS) -> tuple[Bin, ...]:
    """The bins of equal width that hold an item, by confidence.

    Args:
        confidence: One per item, a fraction.
        hits: Whether what the confidence is about came true.
        bins: Of equal width between 0 and 1; a confidence on an edge belongs to the upper bin, 1 to the last.

    Raises:
        EvidenceError: No item, or a confidence outside of [0, 1].

    Source:
        Niculescu-Mizil and Caruana 2005, "Predicting Good Probabilities with Supervised Learning".
    """
    shown = np.asarray(confidence, dtype=float)
    if not len(shown) or not ((shown >= 0) & (shown <= 1)).all():
        raise EvidenceError("a confidence lies outside of 0 to 1", mend="Log probabilities.")
    true = np.asarray(hits, dtype=bool)
    places = np.minimum((shown * bins).astype(int), bins - 1)
    found = []
    for place in np.unique(places):
        inside = places == place
        n, right = int(inside.sum()), int(true[inside].sum())
        ends = wilson(right, n)
        assert ends.low is not None
        assert ends.high is not None
        found.append(Bin(math.fsum(shown[inside]) / n, right / n, ends.low, ends.high, n))
    return tuple(found)


def calibration_error(found: Sequence[Bin]) -> float:
    """Expected calibration error: mean gap of share and confidence, every item with the same weight.

    Source:
        Guo et al. 2017, "On Calibration of Modern Neural Networks".
    """
    total = sum(each.n for each in found)
    return math.fsum(each.n * abs(each.share - each.confidence) for each in found) / total


def confusion(
    labels: Sequence[str], predictions: Sequence[str]
) -> tuple[tuple[str, ...], tuple[tuple[int, ...], ...]]:
    """The classes, and how many items of each (row) were called each (column).

    Returns:
        Classes sorted, whole numbers by size; one row per true class.
    """
    classes = tuple(sorted({*labels, *predictions}, key=_by_size))
    place = {name: at for at, name in enumerate(classes)}
    counts = np.zeros((len(classes), len(classes)), dtype=int)
    for label, prediction in zip(labels, predictions, strict=True):
        counts[place[label], place[prediction]] += 1
    return classes, tuple(tuple(int(n) for n in row) for row in counts)


def _by_size(name: str) -> tuple[bool, int, str]:
    return (not name.isdigit(), int(name) if name.isdigit() else 0, name)
