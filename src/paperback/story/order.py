"""Which tables and graphs are shown, in which order, and why."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial

from paperback.errors import EvidenceError
from paperback.evidence import Cells, Prepared, Study, pivot, prepare, recognise_shape
from paperback.finding import Finding
from paperback.runs import RunTable
from paperback.settings import FILE, Settings
from paperback.story.cost import cost_table
from paperback.story.graph import AnyGraph
from paperback.story.item_results import item_differences
from paperback.story.plan import Planned, plan_graphs
from paperback.story.rank_table import rank_table
from paperback.story.results import differences, main_results
from paperback.story.search_results import search_results
from paperback.story.table import Table
from paperback.story.view import view_of

_ROWS_A_PAGE = 44
_COLUMNS_A_PANEL = 6
_FEWEST_ROWS = 10


@dataclass(frozen=True, slots=True)
class Story:
    """What is shown, in the order of print; each says why it is needed.

    Attributes:
        tables: Main results first.
        graphs: In the order of the plan.
        findings: Why a table that a reader would expect is not there.
        plan: Every graph that was thought of, whether it is shown, and why.
    """

    tables: tuple[Table, ...]
    graphs: tuple[AnyGraph, ...]
    findings: tuple[Finding, ...] = ()
    plan: tuple[Planned, ...] = ()


def arrange(table: RunTable, study: Study, settings: Settings) -> Story:
    """The main results, what each claim compares, the ablation, ranks, costs, and the graphs of the plan.

    A table that the evidence cannot carry is left out, with a finding that says why; without runs there is
    nothing to show.
    """
    if not table.runs:
        return Story((), ())
    cells, refused = _cells(table, study)
    units = _units(table, study)
    if units is not None and units.shape.trial:
        tables, findings = _made(_searched(units, study, settings))
        findings += [] if tables else refused
    else:
        tables, findings = _tables(cells, study, settings, units) if cells else ([], refused)
    view = view_of(table, study, settings, cells)
    graphs, plan = plan_graphs(view)
    drawn = {graph.key for graph in graphs}
    more = [each for each in (rank_table(view), cost_table(view)) if each and each.key not in drawn]
    tables += [page for each in more for page in pages_of(each)]
    findings += _undirected(study)
    return Story(tuple(tables), graphs, tuple(dict.fromkeys(findings)), plan)


def _undirected(study: Study) -> list[Finding]:
    name = study.metric.name
    if study.metric.direction != "unknown":
        return []
    said = f"it is not known whether higher or lower {name} is better, so nothing is compared by it"
    key = name if re.fullmatch(r"[A-Za-z0-9_-]+", name) else f'"{name}"'
    mend = f'Declare it in {FILE}: [metrics.{key}] direction = "higher" and, as printed, name = "...".'
    return [Finding("unknown-direction", said, (), mend)]


def _cells(table: RunTable, study: Study) -> tuple[Cells | None, list[Finding]]:
    try:
        return pivot(table, study.metric.name, split=study.split), []
    except EvidenceError as error:
        return None, [_left_out(error)]


def _tables(
    cells: Cells, study: Study, settings: Settings, items: Prepared | None
) -> tuple[list[Table], list[Finding]]:
    wanted: list[Callable[[], Table]] = [partial(main_results, cells, study, settings, items)]
    for key, others in (("comparison", study.baselines), ("ablation", study.ablations)):
        if study.proposal and others and items is not None:
            wanted.append(partial(item_differences, items, study, settings, others, key=key))
        elif study.proposal and others:
            wanted.append(partial(differences, cells, study, settings, others, key=key))
    tables, findings = _made(wanted)
    return tables, findings + _refused(cells)


def _searched(trials: Prepared, study: Study, settings: Settings) -> list[Callable[[], Table]]:
    wanted: list[Callable[[], Table]] = [partial(search_results, trials, study, settings)]
    for key, others in (("comparison", study.baselines), ("ablation", study.ablations)):
        if study.proposal and others:
            wanted.append(partial(item_differences, trials, study, settings, others, key=key))
    return wanted


def _made(wanted: Sequence[Callable[[], Table]]) -> tuple[list[Table], list[Finding]]:
    """The tables that can be made, in parts that fit a page, and why the others cannot."""
    tables: list[Table] = []
    findings: list[Finding] = []
    for make in wanted:
        try:
            tables += pages_of(make())
        except EvidenceError as error:
            findings.append(_left_out(error))
    return tables, findings


def _units(table: RunTable, study: Study) -> Prepared | None:
    """The records of test items, or the trials of searches; None where the runs are neither.

    Also where no side of the metric is better, so that nothing can be compared.
    """
    name = study.metric.name
    if study.metric.direction == "unknown":
        return None
    shape = recognise_shape(table, name, split=study.split)
    return prepare(table, name, split=study.split) if shape.item or shape.trial else None


def _left_out(error: EvidenceError) -> Finding:
    return Finding("table-left-out", error.what, (), error.mend)


def _refused(cells: Cells) -> list[Finding]:
    """One finding per cell that has runs which cannot be averaged, such as two runs of one seed."""
    return [
        Finding("cell-left-out", f"{method} on {dataset}: {' '.join(why.split())}")
        for (method, dataset), why in cells.refused.items()
    ]


def pages_of(table: Table) -> tuple[Table, ...]:
    """The table in parts that each fit on a page; the table alone where it is short enough.

    A writer stacks the columns of a wide table in panels, so the parts of a wide table have fewer rows.
    """
    panels = -(-len(table.columns) // _COLUMNS_A_PANEL)
    most = max(_FEWEST_ROWS, _ROWS_A_PAGE // panels)
    starts = range(0, len(table.rows), most)
    if len(starts) < 2:
        return (table,)
    return tuple(
        replace(
            table,
            key=table.key if start == 0 else f"{table.key}-{part}",
            caption=table.caption if start == 0 else f"{table.caption} (continued)",
            rows=table.rows[start : start + most],
            note=table.note if start == starts[-1] else "",
            continues="" if start == 0 else table.key,
        )
        for part, start in enumerate(starts, start=1)
    )
