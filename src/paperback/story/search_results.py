"""The main results of a search of settings: what equally many trials of each method are expected to reach."""

from paperback.errors import EvidenceError
from paperback.evidence import Prepared, Study, holm
from paperback.evidence.best_trials import BestTrials, best_trials
from paperback.evidence.contrast import ALPHA
from paperback.settings import Settings
from paperback.story.decimals import decimals_for
from paperback.story.results import measured
from paperback.story.table import Cell, IntervalCell, MissingCell, QuantityCell, Table


def search_results(trials: Prepared, study: Study, settings: Settings) -> Table:
    """Every method on every data set: the expected best of a budget of trials, with its interval.

    Raises:
        EvidenceError: No method has ten trials.
    """
    found = best_trials(trials)
    if not found:
        raise EvidenceError("no method has ten trials", mend="Log more trials of each search.")
    methods = [each for each in study.methods or ("",) if any(name == each for name, _ in found)]
    datasets = [each for each in study.datasets or ("",) if any(where == each for _, where in found)]
    best = {dataset: _best(trials, found, dataset) for dataset in datasets}
    rows: list[tuple[str, tuple[Cell, ...]]] = [
        (
            settings.name("method", method),
            tuple(_cell(study, found.get((method, each)), method in best[each]) for each in datasets),
        )
        for method in methods
    ]
    budgets = [next(each for (_, where), each in found.items() if where == dataset) for dataset in datasets]
    rows.append(("Trials", tuple(QuantityCell(each.quantities["budget"], 0) for each in budgets)))
    title = measured(study)
    return Table(
        key="main-results",
        caption=f"Expected best {title[:1].lower()}{title[1:]} of equally many trials of every method.",
        stub="Method",
        columns=tuple(settings.name("dataset", each) or study.metric.title for each in datasets),
        units=("",) * len(datasets),
        rows=tuple(rows),
        spread="none",
        note="Expected best of the trials in the last row, half of the smallest search, with its interval "
        "from resampled trials. It speaks of the searched score." + (_BOLD if any(best.values()) else ""),
        highlight=("Trials",),
        why="every claim compares cells of this table",
    )


_BOLD = " Bold: the best method and all that a test over trials (Holm-adjusted) cannot tell from it."


def _best(trials: Prepared, found: dict[tuple[str, str], BestTrials], dataset: str) -> frozenset[str]:
    """The methods that trials cannot tell from the best; empty where nothing could be tested."""
    values = {method: each.value for (method, where), each in found.items() if where == dataset}
    sign = 1 if trials.table.metrics[trials.question.metric].direction == "higher" else -1
    top = max(values, key=lambda method: (sign * values[method], method))
    others = [method for method in values if method != top]
    datasets = (dataset,) if dataset else ()
    raw = [trials.each(top, other, design="g", datasets=datasets)[0].p for other in others]
    if all(p is None for p in raw):
        return frozenset()
    apart = {other for other, p in zip(others, holm(raw), strict=True) if p is not None and p < ALPHA}
    return frozenset(values) - apart


def _cell(study: Study, found: BestTrials | None, is_best: bool) -> Cell:
    if found is None:
        return MissingCell("fewer than ten trials")
    value, low, high = (found.quantities[field] for field in ("value", "low", "high"))
    percent = study.metric.percent
    decimals = study.metric.decimals
    if decimals is None:
        decimals = decimals_for((high.value - low.value) / 2, percent=percent)
    return IntervalCell(value, low, high, decimals, percent, "best" if is_best else "none")
