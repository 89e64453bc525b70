"""What was found: statistics over runs, chosen by the design of the experiment."""

from paperback.evidence.address import Address
from paperback.evidence.assess import Options, Prepared, assess, assess_each, prepare
from paperback.evidence.assessment import Assessment
from paperback.evidence.average import AverageGain, average_gain
from paperback.evidence.band import t_halfwidths
from paperback.evidence.compare import Comparison, compare, compare_cells, compare_each
from paperback.evidence.convention import convention
from paperback.evidence.count import count, shared_setting
from paperback.evidence.design import Design, recognise_design
from paperback.evidence.estimate import Estimate, estimate, spread
from paperback.evidence.holm import holm
from paperback.evidence.pivot import Cells, pivot
from paperback.evidence.quantity import Quantity, Recipe
from paperback.evidence.rank import PairOverDatasets, Ranking, rank_methods
from paperback.evidence.recompute import recompute
from paperback.evidence.shape import Shape, recognise_shape
from paperback.evidence.study import Study, state_study

__all__ = [
    "Address",
    "Assessment",
    "AverageGain",
    "Cells",
    "Comparison",
    "Design",
    "Estimate",
    "Options",
    "PairOverDatasets",
    "Prepared",
    "Quantity",
    "Ranking",
    "Recipe",
    "Shape",
    "Study",
    "assess",
    "assess_each",
    "average_gain",
    "compare",
    "compare_cells",
    "compare_each",
    "convention",
    "count",
    "estimate",
    "holm",
    "pivot",
    "prepare",
    "rank_methods",
    "recognise_design",
    "recognise_shape",
    "recompute",
    "shared_setting",
    "spread",
    "state_study",
    "t_halfwidths",
]
