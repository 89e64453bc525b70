"""Learning curves: the mean over seeds with a pointwise interval."""

from collections.abc import Sequence

import numpy as np

from paperback.evidence import Study, count, t_halfwidths
from paperback.evidence.compare import FEWEST
from paperback.runs import Run, RunTable, Scalar, Series, history
from paperback.settings import Settings
from paperback.source import Source
from paperback.story.graph import Curve, Graph, Panel, Told

_EPOCHS = ("epochs", "n_epochs", "num_epochs", "max_epochs")
_MOST_PANELS = 8
_MOST_POINTS = 400


def learning_curves(table: RunTable, study: Study, settings: Settings) -> Graph | None:
    """One panel per data set, one curve per method; None where no run has a history of at least three steps.

    Records of test items are no trainings, whatever they count; nor are episodes that the metric averages.

    The study's metric on the validation part is drawn where it was logged per step, else a validation loss,
    else the metric or a loss of the training part.
    """
    evaluated = settings.derived.get(study.metric.name, "").endswith("over steps")
    choice = _choice(table, study) if "item" not in table.roles and not evaluated else None
    if choice is None:
        return None
    name, split = choice
    drawable = [
        Panel(settings.name("dataset", dataset), curves)
        for dataset in (study.datasets or ("",))
        if (curves := _curves(table, study, settings, dataset, name, split))
    ]
    panels = drawable[:_MOST_PANELS]
    if not panels:
        return None
    metric = table.metrics[name]
    words = {"test": "Test", "val": "Validation", "train": "Training"}.get(split, "")
    banded = any(curve.low is not None for panel in panels for curve in panel.curves)
    shown = " ".join(word for word in (words, metric.title) if word)
    unit = "" if metric.unit in ("", "fraction") else f" ({metric.unit})"
    return Graph(
        key="learning-curves",
        caption=f"{shown[:1].upper()}{shown[1:]} during training: "
        + (
            "mean over seeds with the pointwise t interval over seeds as a band."
            if banded
            else "mean over seeds; too few of them for a band."
            if any(curve.n > 1 for panel in panels for curve in panel.curves)
            else "single runs."
        )
        + (" The first data sets; the runs cover more." if len(drawable) > len(panels) else ""),
        x_label=_axis(table, name, split),
        y_label=f"{shown[:1].upper()}{shown[1:]}{unit}",
        panels=tuple(panels),
        why="shows how training went",
        note=_runs(table, panels, study),
    )


def _runs(table: RunTable, panels: Sequence[Panel], study: Study) -> Told:
    """How many runs stand behind each curve, where all have as many and all of them log a history."""
    sizes = {curve.n for panel in panels for curve in panel.curves}
    cells = [
        {role: value for role, value in (("method", method), ("dataset", dataset)) if value}
        for method in study.methods or ("",)
        for dataset in study.datasets or ("",)
    ]
    for where in cells:
        runs = count(table, "runs", where)
        if sizes == {runs.value}:
            return ("A curve has ", runs, f"\N{NO-BREAK SPACE}run{'' if runs.value == 1 else 's'}.")
    return ("The curves differ in their number of runs.",) if len(sizes) > 1 else ()


def _choice(table: RunTable, study: Study) -> tuple[str, str] | None:
    wanted = [
        (study.metric.name, "val"),
        ("loss", "val"),
        (study.metric.name, "test"),
        (study.metric.name, ""),
    ]
    wanted += [("loss", "train"), (study.metric.name, "train"), ("loss", "")]
    logged = {
        (table.keys[key].name, table.keys[key].split)
        for run in table.runs
        for key, series in run.series.items()
        if len(series.steps) >= 3
    }
    return next((pair for pair in wanted if pair in logged), min(logged, default=None))


def _axis(table: RunTable, name: str, split: str) -> str:
    axes = {series.axis for run in table.runs if (series := history(table, run, name, split)) is not None}
    word = axes.pop() if len(axes) == 1 else "step"
    if word == "step" and _counts_epochs(table, name, split):
        word = "epoch"
    return word[:1].upper() + word[1:]


def _counts_epochs(table: RunTable, name: str, split: str) -> bool:
    """Whether every history ends at the number of epochs that its run's configuration states."""
    ends = [
        (series.steps.max(), epochs)
        for run in table.runs
        if (series := history(table, run, name, split)) is not None and len(series.steps)
        for epochs in [_epochs(run)]
    ]
    return bool(ends) and all(epochs in (last, last + 1) for last, epochs in ends)


def _epochs(run: Run) -> Scalar:
    found = [
        value for key, value in run.params.items() if key.rsplit(".", 1)[-1].strip("_n").endswith("epochs")
    ]
    return found[0] if found else None


def _curves(
    table: RunTable, study: Study, settings: Settings, dataset: str, name: str, split: str
) -> tuple[Curve, ...]:
    found = []
    for method in study.methods or ("",):
        runs = [
            run for run in table.runs if _plays(run, "method", method) and _plays(run, "dataset", dataset)
        ]
        histories = [series for run in runs if (series := history(table, run, name, split)) is not None]
        curve = _curve(settings.name("method", method) or name, histories)
        if curve is not None:
            found.append(curve)
    return tuple(found)


def _plays(run: Run, role: str, value: str) -> bool:
    return not value or run.identity.get(role) == value


def _curve(name: str, histories: list[Series]) -> Curve | None:
    usable = [
        (s.steps[keep], s.values[keep]) for s in histories if (keep := np.isfinite(s.values)).sum() >= 2
    ]
    if not usable:
        return None
    # Interpolated inside the range that every run covers, never extrapolated beyond it.
    low, high = max(steps.min() for steps, _ in usable), min(steps.max() for steps, _ in usable)
    grid = np.unique(np.concatenate([steps for steps, _ in usable]))
    grid = grid[(grid >= low) & (grid <= high)]
    if len(grid) < 2:
        return None
    if len(grid) > _MOST_POINTS:
        grid = grid[np.linspace(0, len(grid) - 1, _MOST_POINTS).round().astype(int)]
    values = np.stack([_at(steps, logged, grid) for steps, logged in usable])
    mean = values.mean(axis=0)
    # Two runs give an interval many times as wide as what is drawn.
    half = t_halfwidths(values) if len(values) >= FEWEST else None
    sources: tuple[Source, ...] = tuple(s.source for s in histories)
    return Curve(
        name,
        grid.astype(float),
        mean,
        None if half is None else mean - half,
        None if half is None else mean + half,
        len(values),
        sources,
    )


def _at(steps: np.ndarray, values: np.ndarray, grid: np.ndarray) -> np.ndarray:
    order = np.argsort(steps, kind="stable")
    return np.asarray(np.interp(grid, steps[order], values[order]))
