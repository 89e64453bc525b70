"""The critical-difference diagram: average ranks, and bars over methods that no test tells apart."""

from collections.abc import Sequence

from paperback.errors import EvidenceError
from paperback.evidence import Ranking, Study, rank_methods
from paperback.evidence.cliques import inseparable
from paperback.evidence.contrast import ALPHA
from paperback.evidence.signed_rank import FEWEST
from paperback.runs import RunTable
from paperback.settings import Settings
from paperback.story.graph import RankDiagram

_FEWEST_METHODS = 3
# More names than these do not fit beside each other.
_MOST_METHODS = 24
# Each bar takes a line; among many methods the groups can be far more than these.
_MOST_GROUPS = 12


def rank_diagram(table: RunTable, study: Study, settings: Settings) -> RankDiagram | None:
    """The methods by average rank; None where a test lacks data sets or the page room."""
    fits = _FEWEST_METHODS <= len(study.methods) <= _MOST_METHODS
    if not fits or len(study.datasets) < FEWEST:
        return None
    try:
        ranking = rank_methods(
            table,
            study.metric.name,
            split=study.split,
            methods=study.methods,
            datasets=study.datasets,
        )
    except EvidenceError:
        return None
    if len(ranking.datasets) < FEWEST:
        return None
    # A pair that ties on every data set has no test, and is not separated.
    separated = [
        (pair.method, pair.over)
        for pair in ranking.pairs
        if pair.p_adjusted is not None and pair.p_adjusted < ALPHA
    ]
    groups = inseparable(ranking.methods, separated)
    if len(groups) > _MOST_GROUPS:
        return None
    return RankDiagram(
        key="average-ranks",
        caption="Average ranks of the methods over the data sets on which all were run, best on the left. "
        f"Pairs are compared with Wilcoxon's signed-rank test, Holm-adjusted over all pairs. {_bars(groups)}",
        names=tuple(settings.name("method", method) for method in ranking.methods),
        ranks=ranking.ranks,
        groups=tuple(tuple(ranking.methods.index(method) for method in group) for group in groups),
        why="shows which methods the data sets together tell apart",
        note=(
            "It rests on ",
            ranking.quantity("n_datasets"),
            "\N{NO-BREAK SPACE}data sets",
            _gone(study, ranking),
            ".",
        ),
    )


def _bars(groups: Sequence[object]) -> str:
    if groups:
        return "A bar joins the methods at its dots, which the tests do not tell apart."
    return "The tests tell all methods apart."


def _gone(study: Study, ranking: Ranking) -> str:
    lacking = len(ranking.datasets) < len(study.datasets)
    return "; those that some method lacks are left out" if lacking else ""
