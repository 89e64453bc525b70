"""What an undecided claim lacks: baselines, cells, seeds, data sets."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from paperback.claims.claim import Verdict, Word
from paperback.errors import PaperbackError
from paperback.evidence.compare import FEWEST, HEADLINE
from paperback.evidence.pivot import Cells, pivot
from paperback.evidence.signed_rank import FEWEST as FEWEST_DATASETS
from paperback.runs import RunTable

MissingKind = Literal["metric", "direction", "baseline", "cell", "seeds", "data sets", "units"]


@dataclass(frozen=True, slots=True)
class Missing:
    """One thing that an undecided claim lacks.

    Attributes:
        kind: `metric` or `direction` to be logged or declared, a `baseline` never run, a `cell` without a
            value, `seeds` of a cell, `data sets`, or `units` of designs (c) to (g).
        method: As logged; empty where it is none of one method.
        dataset: As logged; empty where it is none of one data set.
        have: How many there are.
        want: How many would decide with 80 % power at the observed gap and spread, or are the fewest that
            carry a test; None where no number of them would.
        words: The same, one sentence.
    """

    kind: MissingKind
    method: str
    dataset: str
    have: int
    want: int | None
    words: str


def missing_evidence(verdict: Verdict, table: RunTable) -> tuple[Missing, ...]:
    """What would decide the claim; empty where it is decided.

    A cell without a value asks for five runs, or as many as decide; a cell with runs asks for as many as give
    80 % power at the observed gap and spread, or for three, below which no test is made.
    """
    if verdict.word not in (Word.INCONCLUSIVE, Word.UNTESTED):
        return ()
    claim = verdict.claim
    if not table.runs:
        return (Missing("metric", "", "", 0, 1, verdict.needed),)
    if claim.kind == "scales as":
        return (Missing("units", claim.method, "", verdict.n, None, verdict.needed),)
    try:
        cells = pivot(table, claim.metric, split=claim.split)
    except PaperbackError as error:
        if verdict.assessments:
            return tuple(_units(verdict))
        return (Missing("metric", "", "", 0, 1, f"A value of {claim.metric!r}: {error}"),)
    if verdict.assessments:
        return tuple(_units(verdict))
    absent = [name for name in (claim.method, claim.over) if name and name not in cells.rows]
    if absent:
        return tuple(
            Missing("baseline", name, "", 0, HEADLINE, f"Runs of {name}, {HEADLINE} seeds on each data set.")
            for name in absent
        )
    if next(iter(cells.cells.values())).direction == "unknown":
        words = f"Declare whether higher or lower {claim.metric} is better."
        return (Missing("direction", "", "", 0, 1, words),)
    return (*_cells(verdict, cells), *_datasets(verdict))


def _cells(verdict: Verdict, cells: Cells) -> Iterator[Missing]:
    claim = verdict.claim
    wanted = _wanted(verdict)
    # A data set that nobody measured by this metric lacks nothing.
    for dataset in [each for each in claim.datasets if each in cells.columns] or cells.columns:
        for name in (claim.method, claim.over):
            found = cells.cells.get((name, dataset))
            where = f"{name}{f' on {dataset}' if dataset else ''}"
            if found is None:
                many = max(wanted or 0, HEADLINE)
                yield Missing("cell", name, dataset, 0, many, f"{many} runs of {where}; there is none.")
            elif _seeds_decide(verdict) and wanted is None:
                words = f"More runs of {where} than can be made; there are {found.n}."
                yield Missing("seeds", name, dataset, found.n, None, words)
            elif _seeds_decide(verdict) and wanted is not None and found.n < wanted:
                words = f"{wanted} runs of {where}; there are {found.n}."
                yield Missing("seeds", name, dataset, found.n, wanted, words)


def _seeds_decide(verdict: Verdict) -> bool:
    """Whether the unit is the run: below six data sets."""
    return len(verdict.comparisons) < FEWEST_DATASETS


def _wanted(verdict: Verdict) -> int | None:
    """Runs per cell that decide; the fewest that carry a test where none was made, None where none decide."""
    if verdict.word is Word.UNTESTED or not verdict.comparisons:
        return FEWEST
    if not _seeds_decide(verdict):
        return HEADLINE
    return verdict.average.needed if verdict.average is not None else verdict.comparisons[0].needed


def _datasets(verdict: Verdict) -> Sequence[Missing]:
    have = len(verdict.comparisons)
    if have < FEWEST_DATASETS or verdict.ranking is None or verdict.word is not Word.INCONCLUSIVE:
        return ()
    want = verdict.ranking.pair(verdict.claim.method, verdict.claim.over).needed
    return (Missing("data sets", "", "", have, want, verdict.needed),)


def _units(verdict: Verdict) -> Iterator[Missing]:
    for each in verdict.assessments:
        if each.needed:
            yield Missing("units", "", each.dataset, each.n, None, each.needed)
