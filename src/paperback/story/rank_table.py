"""The average ranks as a table, where no diagram can show them."""

from paperback.errors import EvidenceError
from paperback.evidence import rank_methods
from paperback.evidence.signed_rank import FEWEST
from paperback.story.table import QuantityCell, Table
from paperback.story.view import View

# The ranks of fewer methods stand in a sentence.
_FEWEST_METHODS = 9


def rank_table(view: View) -> Table | None:
    """One row per method, best average rank first; None with fewer than nine methods or two data sets."""
    study = view.study
    if len(study.methods) < _FEWEST_METHODS or len(study.datasets) < 2:
        return None
    try:
        ranking = rank_methods(
            view.table, study.metric.name, split=study.split, methods=study.methods, datasets=study.datasets
        )
    except EvidenceError:
        return None
    if len(ranking.datasets) < 2 or len(ranking.methods) < _FEWEST_METHODS:
        return None
    told = ["Ties share the mean rank."]
    if set(ranking.datasets) != set(study.datasets):
        told.append("Data sets that some method lacks are left out.")
    if len(ranking.datasets) < FEWEST:
        told.append("So few data sets allow no test between two methods.")
    return Table(
        key="average-ranks",
        caption="Average ranks of the methods over the data sets on which all were run; the first is best.",
        stub="Method",
        columns=("Average rank",),
        units=("",),
        rows=tuple(
            (view.method(method), (QuantityCell(ranking.quantity("rank", method), 2),))
            for method in ranking.methods
        ),
        spread="none",
        note=" ".join(told),
        highlight=(),
        why="shows how the methods rank over the data sets",
    )
