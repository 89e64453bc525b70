"""A metric over sizes: which sizes a study has, and the power law through them."""

import math
import re
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass

from paperback.errors import EvidenceError
from paperback.evidence.interval import centre
from paperback.evidence.power_law import FEWEST_SIZES, PowerLaw, fit_power_law
from paperback.evidence.quantity import Quantity, Recipe
from paperback.evidence.reading import Reading, ask, read_values
from paperback.runs import Run, RunTable
from paperback.source import Source

# `size` of this name is read from the names of the methods: `model-1.4b`, `70m-deduped`.
IN_NAMES = "method name"
_SIZE = re.compile(r"(?<![a-z0-9.])(\d+(?:\.\d+)?)([kmbt])(?![a-z0-9])", re.IGNORECASE)
_LETTERS = {"k": 1e3, "m": 1e6, "b": 1e9, "t": 1e12}
FIELDS = ("exponent", "low", "high", "n")


@dataclass(frozen=True, slots=True)
class Sized:
    """What one family of methods reaches at each of its sizes.

    Attributes:
        family: The method, or what its names share beside the size.
        points: (size, value) by size; a value is the mean over data sets of the means over runs, turned into
            an error where `is_error`.
        is_error: Whether the value is what a score lacks to its best.
        law: The power law through them.
        quantities: `exponent`, `low`, `high` and `n` with their recipes.
    """

    family: str
    points: tuple[tuple[float, float], ...]
    is_error: bool
    law: PowerLaw
    quantities: Mapping[str, Quantity]


def sized(table: RunTable, metric: str, *, split: str, size: str, dataset: str = "") -> tuple[Sized, ...]:
    """The families of at least four sizes, by name, each with its power law; empty where there is none.

    Args:
        table: The runs.
        metric: Canonical name. A score that is a fraction or a percentage is turned into an error, 1 or 100
            less it; any other value is taken as it is.
        split: The split.
        size: A setting, or `method name` for a size that stands in the methods' names.
        dataset: As logged; empty takes the mean over the data sets on which all sizes of a family were run.

    Raises:
        EvidenceError: The metric is never logged on this split.
        SettingsError: No metric has this name.
    """
    question = ask(table, metric, split=split)
    families: dict[str, dict[float, dict[str, list[Reading]]]] = defaultdict(
        lambda: defaultdict(lambda: defaultdict(list))
    )
    for reading in read_values(table, question):
        where = reading.run.setting("dataset") or ""
        place = place_of(reading.run, size)
        if not reading.excluded and place is not None and dataset in ("", where):
            families[place[0]][place[1]][where].append(reading)
    top = {"fraction": 1.0, "%": 100.0}.get(table.metrics[question.metric].unit)
    is_error = top is not None and table.metrics[question.metric].direction == "higher"
    asked = {"metric": question.metric, "split": question.split, "size": size, "dataset": dataset}
    found = [_family(name, families[name], top if is_error else None, asked) for name in sorted(families)]
    return tuple(each for each in found if each is not None)


def place_of(run: Run, size: str) -> tuple[str, float] | None:
    """Family and size of a run; None where it has no size. A family is the method's name without the size."""
    method = run.setting("method") or ""
    if size == IN_NAMES:
        found = _SIZE.findall(method)
        if len(found) != 1:
            return None
        number, letter = found[0]
        return _without(_SIZE, method), float(number) * _LETTERS[letter.lower()]
    words = run.setting(size) or ""
    try:
        value = float(words)
    except ValueError:
        return None
    if not math.isfinite(value) or value <= 0:
        return None
    return _without(re.compile(rf"(?<![0-9.]){re.escape(words)}(?![0-9.])"), method), value


def _without(size: re.Pattern[str], method: str) -> str:
    return size.sub("", method).strip("-_ /.").replace("--", "-")


def law_quantity(table: RunTable, field: str, arguments: Mapping[str, str]) -> Quantity:
    """A number of the power law that was asked for, computed again.

    Raises:
        EvidenceError: The runs no longer carry it.
    """
    asked = {key: arguments[key] for key in ("split", "size", "dataset")}
    for each in sized(table, arguments["metric"], **asked):
        if each.family == arguments["family"]:
            return each.quantities[field]
    raise EvidenceError(
        f"{arguments['family']!r} has no power law over {arguments['size']}", mend="Build the paper again."
    )


def _family(
    name: str,
    sizes: Mapping[float, Mapping[str, list[Reading]]],
    top: float | None,
    asked: Mapping[str, str],
) -> Sized | None:
    shared = set.intersection(*(set(each) for each in sizes.values()))
    if len(sizes) < FEWEST_SIZES or not shared:
        return None
    points = []
    for size in sorted(sizes):
        value = centre([centre([r.value for r in sizes[size][where]]) for where in sorted(shared)])
        points.append((size, value if top is None else top - value))
    try:
        law = fit_power_law([x for x, _ in points], [y for _, y in points])
    except EvidenceError:
        return None
    readings = [r for each in sizes.values() for where in sorted(shared) for r in each[where]]
    sources: tuple[Source, ...] = tuple(sorted({r.final.source for r in readings if r.final}, key=str))
    recipe = {**asked, "family": name}
    quantities = {
        field: Quantity(float(getattr(law, field)), Recipe("power law", field, recipe), "", sources)
        for field in FIELDS
    }
    return Sized(name, tuple(points), top is not None, law, quantities)
