"""Which tables and graphs are shown, in which order, and why."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from paperback.errors import EvidenceError
from paperback.evidence import Study
from paperback.finding import Finding
from paperback.runs import RunTable
from paperback.settings import Settings
from paperback.story.curves import learning_curves
from paperback.story.graph import Graph
from paperback.story.results import differences, main_results
from paperback.story.table import Table


@dataclass(frozen=True, slots=True)
class Story:
    """What is shown, in the order of print; each says why it is needed.

    Attributes:
        tables: Main results first.
        graphs: Learning curves.
        findings: Why a table that a reader would expect is not there.
    """

    tables: tuple[Table, ...]
    graphs: tuple[Graph, ...]
    findings: tuple[Finding, ...] = ()


def arrange(table: RunTable, study: Study, settings: Settings) -> Story:
    """The main results, then what each claim compares, then the ablation, then the learning curves.

    A table that the evidence cannot carry is left out, with a finding that says why.
    """
    wanted: list[Callable[[], Table]] = [lambda: main_results(table, study, settings)]
    for key, others in (("comparison", study.baselines), ("ablation", study.ablations)):
        if study.proposal and others:
            wanted.append(partial(differences, table, study, settings, others, key=key))
    tables, findings = [], []
    for make in wanted:
        try:
            tables.append(make())
        except EvidenceError as error:
            findings.append(Finding("table-left-out", error.what, (), error.mend))
    graph = learning_curves(table, study, settings)
    return Story(tuple(tables), (graph,) if graph else (), tuple(dict.fromkeys(findings)))
