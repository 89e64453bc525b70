"""The study's metric over sizes, with a power law and the interval of its exponent."""

import re

import numpy as np

from paperback.errors import PaperbackError
from paperback.evidence import Quantity
from paperback.evidence.comparable import why_not_comparable
from paperback.evidence.scaling import IN_NAMES, Sized, place_of, sized
from paperback.story.graph import Cloud, Curve, Scatter, ScatterPanel, Told
from paperback.story.results import title
from paperback.story.settings_table import setting_keys, short_key
from paperback.story.told import level_told
from paperback.story.view import Drawn, Omitted, View

_SIZES = re.compile(
    r"((n|num|total|model)_)*(params|parameters|model_size|tokens|samples|examples|train|training_examples"
    r"|width|hidden_size|hidden_dim|d_model|embed_dim|channels|layers|n_layers|depth|train_size|data_size)"
)
_FEWEST_SIZES = 4
_MOST_PANELS = 4
_MOST_FAMILIES = 6
_STEPS = 50
_ERRORS = {"fraction": "1 − {}", "%": "100 − {}"}


def scaling(view: View) -> Drawn:
    """One panel where scores are comparable over data sets, else one per data set; a line per family."""
    size = _size(view)
    if size is None:
        return Omitted(
            "no method was run at four sizes (a setting that counts, or a size in the methods' names)"
        )
    pooled = len(view.study.datasets) < 2 or not why_not_comparable(view.study.metric, view.shape)
    datasets = ("",) if pooled else view.study.datasets
    panels: list[ScatterPanel] = []
    families: list[tuple[str, tuple[Sized, ...]]] = []
    for dataset in datasets:
        found = _laws(view, size, dataset)
        if found and len(panels) < _MOST_PANELS:
            panels.append(_panel(view, found, dataset))
            families.append((dataset, found))
    if not panels:
        return Omitted("no power law can be fitted: a value is not above zero, or no data set has all sizes")
    name = "Size read from the method's name" if size == IN_NAMES else short_key(size, [size])
    is_error = families[0][1][0].is_error
    shown = _ERRORS[view.study.metric.unit].format(title(view.study)) if is_error else title(view.study)
    over = ", the mean over the data sets," if pooled and len(view.study.datasets) > 1 else ""
    return Scatter(
        key="scaling",
        caption=f"{shown[:1].upper()}{shown[1:]}{over} against size, both on logarithmic axes. A point is "
        "the mean of all runs of a size; the line is a power law fitted by least squares to the logarithms, "
        "its band the pointwise interval of the line. The fit takes the points as independent, and says "
        "nothing beyond the sizes that were run.",
        x_label=name[:1].upper() + name[1:],
        y_label=shown[:1].upper() + shown[1:],
        panels=tuple(panels),
        why="shows how the score grows with size",
        log_y=True,
        note=_told(view, families),
    )


def _size(view: View) -> str | None:
    """The setting with four values or more inside a method, or the size in the names of the methods."""
    wanted = [key for key in setting_keys(view.table) if _SIZES.fullmatch(key.rsplit(".", 1)[-1].lower())]
    for key in (*wanted, IN_NAMES):
        found: dict[tuple[str, str], set[float]] = {}
        for run in view.table.runs:
            place = place_of(run, key)
            if place is not None:
                found.setdefault((place[0], run.setting("dataset") or ""), set()).add(place[1])
        if max(map(len, found.values()), default=0) >= _FEWEST_SIZES:
            return key
    return None


def _laws(view: View, size: str, dataset: str) -> tuple[Sized, ...]:
    study = view.study
    try:
        return sized(view.table, study.metric.name, split=study.split, size=size, dataset=dataset)
    except PaperbackError:
        return ()


def _panel(view: View, found: tuple[Sized, ...], dataset: str) -> ScatterPanel:
    clouds, lines = [], []
    for each in found[:_MOST_FAMILIES]:
        name = view.method(each.family) if each.family else ""
        clouds.append(Cloud(name, each.points))
        x = np.geomspace(each.points[0][0], each.points[-1][0], _STEPS)
        low, high = each.law.band(x)
        lines.append(Curve(name, x, each.law.at(x), low, high, len(each.points), ()))
    return ScatterPanel(view.dataset(dataset), tuple(clouds), tuple(lines), log_x=True)


def _told(view: View, families: list[tuple[str, tuple[Sized, ...]]]) -> Told:
    """Each exponent with its interval."""
    parts: list[str | Quantity] = []
    for dataset, found in families:
        for each in found[:_MOST_FAMILIES]:
            of = " on ".join(filter(None, (view.method(each.family), view.dataset(dataset))))
            law = each.quantities
            parts += ["; " if parts else "Exponents: ", f"{of} ", law["exponent"]]
            parts += [" [", law["low"], ", ", law["high"], "] over ", law["n"], "\N{NO-BREAK SPACE}sizes"]
    return (*parts, ". ", *level_told())
