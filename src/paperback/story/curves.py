"""Learning curves: the mean over seeds with a pointwise interval."""

from collections.abc import Sequence

import numpy as np

from paperback.evidence import Study, count, t_halfwidths
from paperback.evidence.compare import FEWEST
from paperback.runs import Metric, Run, RunTable, Scalar, Series, history
from paperback.settings import Settings
from paperback.source import Source
from paperback.story.graph import Curve, Graph, Panel, Told
from paperback.story.told import units_told

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
    panels = _spread(drawable)
    if not panels:
        return None
    metric = table.metrics[name]
    words = {"test": "Test", "val": "Validation", "train": "Training"}.get(split, "")
    more = len(drawable) > len(panels)
    shown = " ".join(word for word in (words, metric.title) if word)
    unit = "" if metric.unit in ("", "fraction") else f" ({metric.unit})"
    return Graph(
        key="learning-curves",
        caption=f"{shown[:1].upper()}{shown[1:]} during training: {_drawn(table, panels)}"
        + (
            " The runs cover more data sets; those shown lie at even distances in their order."
            if more
            else ""
        )
        + _mixed_told(table, study, name, split),
        x_label=_axis(table, name, split),
        y_label=f"{shown[:1].upper()}{shown[1:]}{unit}",
        panels=tuple(panels),
        why="shows how training went",
        note=_runs(table, panels, study),
        y_span=_possible(metric, panels),
    )


def _possible(metric: Metric, panels: Sequence[Panel]) -> tuple[float, float] | None:
    """The values that a share can have: an interval of few runs goes far beyond them."""
    shares = (((curve.y >= 0) & (curve.y <= 1)).all() for panel in panels for curve in panel.curves)
    return (0.0, 1.0) if metric.unit == "fraction" and all(shares) else None


def _spread(drawable: Sequence[Panel]) -> list[Panel]:
    """All panels; of too many those at even distances, as the first ones are often of one family."""
    if len(drawable) <= _MOST_PANELS:
        return list(drawable)
    return [drawable[place * len(drawable) // _MOST_PANELS] for place in range(_MOST_PANELS)]


def _drawn(table: RunTable, panels: Sequence[Panel]) -> str:
    curves = [curve for panel in panels for curve in panel.curves]
    units = units_told(table)
    if any(curve.low is not None for curve in curves):
        return f"mean over {units} with the pointwise t interval over {units} as a band."
    if all(curve.n == 1 for curve in curves):
        return "single runs."
    few = all(curve.n < FEWEST for curve in curves)
    return f"mean over {units}; too few of them for a band." if few else "mean over runs."


def _mixed_told(table: RunTable, study: Study, name: str, split: str) -> str:
    """That some curves have no band, because their runs differ in more than the seed."""
    found = [
        _are_mixed(_logging(table, method, dataset, name, split))
        for method in study.methods or ("",)
        for dataset in study.datasets or ("",)
    ]
    said = " Where the runs of a curve differ in more than their seed, it has no band."
    return said if any(found) else ""


def _logging(table: RunTable, method: str, dataset: str, name: str, split: str) -> list[Run]:
    """The runs of a curve."""
    return [
        run
        for run in table.runs
        if _plays(run, "method", method)
        and _plays(run, "dataset", dataset)
        and history(table, run, name, split) is not None
    ]


def _are_mixed(runs: Sequence[Run]) -> bool:
    """Whether runs of one curve share their seed, or play different parts besides: no repetitions then."""
    seeds = [(run.setting("seed") or run.id, run.identity.get("fold")) for run in runs]
    roles = {role for run in runs for role in run.identity} - {"seed", "fold"}
    return len(set(seeds)) < len(seeds) or any(
        len({run.identity.get(role) for run in runs}) > 1 for role in roles
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
        runs = _logging(table, method, dataset, name, split)
        histories = [series for run in runs if (series := history(table, run, name, split)) is not None]
        curve = _curve(settings.name("method", method) or name, histories, banded=not _are_mixed(runs))
        if curve is not None:
            found.append(curve)
    return tuple(found)


def _plays(run: Run, role: str, value: str) -> bool:
    return not value or run.identity.get(role) == value


def _curve(name: str, histories: list[Series], *, banded: bool) -> Curve | None:
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
    half = t_halfwidths(values) if banded and len(values) >= FEWEST else None
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
