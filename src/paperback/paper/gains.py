"""A gain with its interval, and a p value, as parts of a sentence."""

from paperback.evidence import Quantity
from paperback.notes.prose import Text
from paperback.paper.document import Number
from paperback.paper.phrases import Parts, interval
from paperback.runs import Metric
from paperback.story.decimals import decimals_for

_P_DECIMALS = 3


def gain_parts(value: Quantity, low: Quantity | None, high: Quantity | None, metric: Metric) -> Parts:
    """`+0.42 percentage points, interval [−0.1, 0.9]`, in the unit of `metric`."""
    width = (high.value - low.value) / 2 if low and high else value.value
    decimals = metric.decimals if metric.decimals is not None else decimals_for(width, percent=metric.percent)
    unit = " percentage points" if metric.percent or metric.unit == "%" else f" {metric.unit}".rstrip()
    unit = "" if metric.unit == "fraction" and not metric.percent else unit
    number = Number(value, decimals=decimals, percent=metric.percent, signed=True)
    if low is None or high is None:
        return (number, Text(unit))
    ends = interval(low, high, decimals=decimals, percent=metric.percent)
    return (number, Text(f"{unit}, interval "), *ends)


def p_parts(quantity: Quantity) -> Parts:
    """`p = 0.021`, `p < 0.001`."""
    return (Text("p "), Number(quantity, decimals=_P_DECIMALS, relation=True))
