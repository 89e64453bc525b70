"""What was found: statistics over runs, chosen by the design of the experiment."""

from paperback.evidence.address import Address
from paperback.evidence.average import AverageGain, average_gain
from paperback.evidence.band import t_halfwidths
from paperback.evidence.compare import Comparison, compare, compare_each
from paperback.evidence.convention import convention
from paperback.evidence.count import count, shared_setting
from paperback.evidence.design import Design, recognise_design
from paperback.evidence.estimate import Estimate, estimate, spread
from paperback.evidence.holm import holm
from paperback.evidence.pivot import Cells, pivot
from paperback.evidence.quantity import Quantity, Recipe
from paperback.evidence.rank import PairOverDatasets, Ranking, rank_methods
from paperback.evidence.recompute import recompute
from paperback.evidence.study import Study, state_study

__all__ = [
    "Address",
    "AverageGain",
    "Cells",
    "Comparison",
    "Design",
    "Estimate",
    "PairOverDatasets",
    "Quantity",
    "Ranking",
    "Recipe",
    "Study",
    "average_gain",
    "compare",
    "compare_each",
    "convention",
    "count",
    "estimate",
    "holm",
    "pivot",
    "rank_methods",
    "recognise_design",
    "recompute",
    "shared_setting",
    "spread",
    "state_study",
    "t_halfwidths",
]
