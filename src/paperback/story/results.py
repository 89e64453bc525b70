"""The tables of results: methods by data sets, differences to the proposal, and the ablation."""

from collections.abc import Iterable, Mapping, Sequence
from statistics import median

from paperback.evidence import Cells, Comparison, Prepared, Study
from paperback.evidence.compare import common, compare_cells
from paperback.evidence.contrast import ALPHA
from paperback.settings import Settings
from paperback.story.best import best_methods
from paperback.story.decimals import decimals_for, table_decimals
from paperback.story.marks import marks_of
from paperback.story.table import Cell, EstimateCell, IntervalCell, Mark, MissingCell, Spread, Table

_NOT_AVERAGED = MissingCell("not averaged, as the runs differ in more than their seed", "*")


def main_results(cells: Cells, study: Study, settings: Settings, items: Prepared | None = None) -> Table:
    """Every method on every data set: mean and spread over seeds.

    Bold where the evidence cannot tell a method from the best one, underlined the best of the others. Many
    data sets run down the page. With `items` the cells are means over test items, and methods are told apart
    item by item.
    """
    methods = [method for method in cells.rows if any(place[0] == method for place in cells.cells)]
    datasets = [dataset for dataset in cells.columns if any(place[1] == dataset for place in cells.cells)]
    down = "dataset" if len(datasets) > max(6, len(methods)) else "method"
    marks = {column: marks_of(cells, column, best_methods(cells, column, items)) for column in datasets}
    rows, columns = (methods, datasets) if down == "method" else (datasets, methods)
    per_dataset = {column: _decimals(study, cells, column) for column in datasets}

    def cell(row: str, column: str) -> Cell:
        method, dataset = (row, column) if down == "method" else (column, row)
        estimate = cells.cells.get((method, dataset))
        if estimate is None:
            return _NOT_AVERAGED if (method, dataset) in cells.refused else MissingCell("no run")
        percent = study.metric.percent
        return EstimateCell(estimate, per_dataset[dataset], percent, marks[dataset].get(method, "none"))

    across = "dataset" if down == "method" else "method"
    return Table(
        key="main-results",
        caption=f"{measured(study)}{shown_for(methods, datasets)}.",
        stub=down_title(down),
        columns=tuple(settings.name(across, column) or title(study) for column in columns),
        units=("",) * len(columns),
        rows=tuple(
            (settings.name(down, row), tuple(cell(row, column) for column in columns)) for row in rows
        ),
        spread=_spread(cells, items),
        note=_main_note(cells, items, marks.values()) + _unlisted(cells, methods, datasets),
        highlight=(settings.name("method", study.proposal),) if study.proposal and down == "method" else (),
        why="every claim compares cells of this table",
    )


def shown_for(methods: Sequence[str], datasets: Sequence[str]) -> str:
    """` of every method on every data set`, without what there is only one of."""
    of = " of every method" if len(methods) > 1 else ""
    return of + (" on every data set" if len(datasets) > 1 else "")


def differences(cells: Cells, study: Study, settings: Settings, others: Sequence[str], *, key: str) -> Table:
    """The proposal minus each of `others` on every data set, with intervals; bold where it is decided."""
    columns = [
        compare_cells(cells, study.proposal, other, common(cells, study.proposal, other)) for other in others
    ]
    found = {(c.dataset, c.over): c for column in columns for c in column}
    compared = {dataset for dataset, _ in found}
    datasets = [dataset for dataset in study.datasets or ("",) if dataset in compared or not compared]
    alone = [abs(each.difference) for each in found.values() if each.low is None and each.difference]
    bare = decimals_for(median(alone), percent=study.metric.percent) if alone else 0
    proposal = settings.name("method", study.proposal)
    ablation = key == "ablation"
    what = "Ablation" if ablation else "Comparison with the baselines"
    return Table(
        key=key,
        caption=f"{what}: {measured(study).lower()} of {proposal} minus that of each column's method.",
        stub="Data set" if study.datasets else "",
        columns=tuple(f"minus {settings.name('method', other)}" for other in others),
        units=("",) * len(others),
        rows=tuple(
            (
                settings.name("dataset", dataset),
                tuple(_difference(study, found.get((dataset, other)), bare) for other in others),
            )
            for dataset in datasets
        ),
        spread="none",
        note=_difference_note(study, list(found.values())),
        highlight=(),
        why="shows what each part of the proposal brings"
        if ablation
        else "shows the size of every claimed gain",
    )


def measured(study: Study) -> str:
    """`Test accuracy (%)`: what the study's metric measures, with its unit."""
    words = {"test": "Test ", "val": "Validation ", "train": "Training "}.get(study.split, "")
    name = study.metric.title if words else study.metric.title[:1].upper() + study.metric.title[1:]
    shown = unit_of(study)
    return f"{words}{name} ({shown})" if shown else f"{words}{name}"


def measured_in_words(study: Study) -> str:
    """The same inside a sentence: `test accuracy (%)`."""
    words = measured(study)
    return words[:1].lower() + words[1:]


def title(study: Study) -> str:
    """The metric's title."""
    return study.metric.title


def unit_of(study: Study) -> str:
    """The unit in print: % for a fraction shown as percent; a plain fraction has none."""
    if study.metric.percent:
        return "%"
    return "" if study.metric.unit == "fraction" else study.metric.unit


def down_title(role: str) -> str:
    """The header of a column that names the values of `role`."""
    return {"method": "Method", "dataset": "Data set"}.get(role, role.capitalize())


def _decimals(study: Study, cells: Cells, dataset: str) -> int:
    """Decimals of one data set; of a share, which has one scale everywhere, those of the whole table."""
    one_scale = study.metric.unit in ("fraction", "%")
    found = [e for (_, column), e in cells.cells.items() if one_scale or column == dataset]
    return table_decimals(study.metric, found)


def _spread(cells: Cells, items: Prepared | None) -> Spread:
    """What follows the ± sign; nothing where items come in clusters, which a plain interval does not know."""
    if all(estimate.std is None for estimate in cells.cells.values()):
        return "none"
    if items is None:
        return "std"
    return "none" if items.shape.cluster else "half_width"


def _difference(study: Study, comparison: Comparison | None, bare: int) -> Cell:
    """The cell of one comparison; one without an interval has `bare` decimals, as all of them."""
    if comparison is None:
        return MissingCell("no common runs")
    percent = study.metric.percent
    ends = (comparison.low, comparison.high)
    width = 0.0 if ends[0] is None or ends[1] is None else (ends[1] - ends[0]) / 2
    decimals = study.metric.decimals
    if decimals is None:
        decimals = decimals_for(width, percent=percent) if width else bare
    decided = comparison.p_adjusted is not None and comparison.p_adjusted < ALPHA
    return IntervalCell(
        comparison.quantity("difference"),
        comparison.quantity("low") if comparison.low is not None else None,
        comparison.quantity("high") if comparison.high is not None else None,
        decimals,
        percent,
        "best" if decided else "none",
    )


def _main_note(cells: Cells, items: Prepared | None, marks: Iterable[Mapping[str, Mark]]) -> str:
    shown = {mark for found in marks for mark in found.values()}
    words = [_averaged(cells, items)]
    if "best" in shown:
        unit = _repeated(cells) if items is None else "the test items that both were asked"
        words.append(
            f"Bold: the best method of a data set and all that a test over {unit} (Holm-adjusted)"
            " cannot tell from it."
        )
        words += ["Underlined: the best of the others."] if "next" in shown else []
    elif len(cells.rows) > 1:
        is_open = any(estimate.direction == "unknown" for estimate in cells.cells.values())
        why = (
            "it is not known whether higher or lower is better"
            if is_open
            else "no test could separate the methods"
        )
        words.append(f"Nothing is bold, because {why}.")
    return " ".join(words)


def _unlisted(cells: Cells, methods: Sequence[str], datasets: Sequence[str]) -> str:
    """That a method or data set has no value at all, and no place in the table."""
    left = [
        word
        for word, all_, shown in (("methods", cells.rows, methods), ("data sets", cells.columns, datasets))
        if len(shown) < len(all_)
    ]
    why = "no value that can be averaged"
    return f" Not listed: {' and '.join(left)} with {why}." if left else ""


def _averaged(cells: Cells, items: Prepared | None) -> str:
    """What a cell is the mean of, and what follows the ± sign."""
    if items is not None:
        about = "" if items.shape.cluster else " ± half the width of its interval"
        return f"Mean{about} over test items; retraining was not measured."
    over = next(iter(cells.cells.values())).address.over
    inside = "Subsets of a benchmark are averaged first, with equal weight. " if over[0] == "subset" else ""
    if all(estimate.std is None for estimate in cells.cells.values()):
        return f"{inside}One run per cell; no spread."
    return f"{inside}Mean ± sample standard deviation over {_repeated(cells)}."


def _repeated(cells: Cells) -> str:
    """What the values of a cell are averaged over; a run without a seed is named by its id alone."""
    if not any(label[0] for units in cells.units.values() for label in units):
        return "runs"
    over = next(iter(cells.cells.values())).address.over
    return "seeds and folds" if over[-1] == "seed+fold" else "seeds"


def _difference_note(study: Study, found: list[Comparison]) -> str:
    better = {
        "higher": "Positive is better for the proposal.",
        "lower": "Negative is better for the proposal.",
    }
    tests = sorted({c.test for c in found if c.p is not None})
    words = [f"Difference of means with its interval. {better.get(study.metric.direction, '')}".strip()]
    if tests:
        words.append(
            f"Bold: decided ({', '.join(tests)} test, Holm-adjusted over the data sets of a column)."
        )
    else:
        words.append("No test was possible.")
    return " ".join(words)
