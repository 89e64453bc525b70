"""Whether scores of several data sets may be put together as they are."""

from paperback.evidence.shape import Shape
from paperback.runs import Metric

_COMMON = ("fraction", "%")


def why_not_comparable(metric: Metric, shape: Shape) -> str:
    """Why scores of `metric` on several data sets have no common scale; empty where they have one.

    Scores are comparable where they are normalised over the tasks, or are fractions or percentages, which
    share their range. A return, a loss or an error in the unit of the data has a scale of its own on each
    data set, and a mean over data sets would follow the largest.
    """
    if shape.normalised or metric.unit in _COMMON:
        return ""
    return f"{metric.title} has a scale of its own on each data set: neither normalised nor a fraction"
