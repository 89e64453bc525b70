"""Which tables and graphs are shown, in which order, and why."""

from dataclasses import dataclass

from paperback.evidence import Study
from paperback.runs import RunTable
from paperback.settings import Settings
from paperback.story.curves import learning_curves
from paperback.story.graph import Graph
from paperback.story.results import differences, main_results
from paperback.story.table import Table


@dataclass(frozen=True, slots=True)
class Story:
    """What is shown, in the order of print; each says why it is needed."""

    tables: tuple[Table, ...]
    graphs: tuple[Graph, ...]


def arrange(table: RunTable, study: Study, settings: Settings) -> Story:
    """The main results, then what each claim compares, then the ablation, then the learning curves."""
    tables = [main_results(table, study, settings)]
    if study.proposal and study.baselines:
        tables.append(differences(table, study, settings, study.baselines, key="comparison", ablation=False))
    if study.proposal and study.ablations:
        tables.append(differences(table, study, settings, study.ablations, key="ablation", ablation=True))
    graph = learning_curves(table, study, settings)
    return Story(tuple(tables), (graph,) if graph else ())
