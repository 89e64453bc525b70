"""How many decimals a number deserves: as many as its spread can carry."""

import math
from collections.abc import Iterable
from statistics import median

from paperback.evidence import Estimate, spread
from paperback.runs import Metric

_MOST = 6


def decimals_for(spread: float, *, percent: bool = False, digits: int = 2) -> int:
    """Decimals that show `digits` significant digits of `spread`; 0 to 6."""
    shown = abs(spread) * (100 if percent else 1)
    if shown == 0 or not math.isfinite(shown):
        return 1 if percent else 3
    return min(_MOST, max(0, digits - 1 - math.floor(math.log10(shown))))


def table_decimals(metric: Metric, estimates: Iterable[Estimate]) -> int:
    """Decimals for a table of `estimates`: declared, else so that the median spread shows two digits.

    Without any spread whole numbers have none, and others three digits.
    The spread over test items says nothing of their mean, so that there its interval stands for it.
    """
    if metric.decimals is not None:
        return metric.decimals
    found = list(estimates)
    spreads = [width for estimate in found if (width := _width(estimate))]
    if spreads:
        return decimals_for(median(spreads), percent=metric.percent)
    whole = found and all(estimate.value.is_integer() for estimate in found)
    if whole and metric.unit not in ("fraction", "%"):
        return 0
    largest = max((abs(estimate.value) for estimate in found), default=1.0)
    return decimals_for(largest, percent=metric.percent, digits=3)


def _width(estimate: Estimate) -> float | None:
    over_items = estimate.address.over[-1].endswith("item")
    return spread(estimate, "half_width") if over_items else estimate.std
