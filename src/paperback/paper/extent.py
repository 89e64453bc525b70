"""How large the study is, in words that hold for every cell: what was run, how often, and where not."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial

from paperback.evidence import Quantity
from paperback.evidence.count import reporting_runs
from paperback.notes.prose import Text
from paperback.paper.document import Inline
from paperback.paper.material import Material
from paperback.paper.phrases import Parts, counted
from paperback.runs import Run

Place = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Extent:
    """What was run of a study.

    Attributes:
        cells: The runs of each method on each data set that report the metric; `""` for a role that the
            study does not have. Runs without one of its roles are in no cell.
        seeds: The seeds of each cell, also where the role of the setting of that name is not sure.
        largest: The cell with most seeds.
    """

    cells: Mapping[Place, tuple[Run, ...]]
    seeds: Mapping[Place, frozenset[str]]
    largest: Place

    @property
    def most(self) -> int:
        """Seeds of the largest cell."""
        return len(self.seeds[self.largest]) if self.cells else 0

    @property
    def is_even(self) -> bool:
        """Whether every cell has as many seeds."""
        return len({len(seeds) for seeds in self.seeds.values()}) < 2

    @property
    def shares_seeds(self) -> bool:
        """Whether every cell has the same seeds."""
        return len(set(self.seeds.values())) < 2

    @property
    def repeats(self) -> bool:
        """Whether a cell has several runs and none of them a seed."""
        return any(len(runs) > 1 and not self.seeds[place] for place, runs in self.cells.items())

    @property
    def is_single(self) -> bool:
        """Whether no cell has a second run."""
        return all(len(runs) < 2 for runs in self.cells.values())

    @property
    def has_twins(self) -> bool:
        """Whether two runs play the same part in every role, seed included."""
        parts = [
            (run.setting("seed"), *sorted(run.identity.items()))
            for runs in self.cells.values()
            for run in runs
        ]
        return any(self.seeds.values()) and len(set(parts)) < len(parts)


def extent_of(material: Material) -> Extent:
    """The cells of the study, in the order of the runs."""
    study, cells = material.study, defaultdict[Place, list[Run]](list)
    for run in reporting_runs(material.table, study.metric.name, study.split):
        method, dataset = (
            run.identity.get(role) if values else ""
            for role, values in (("method", study.methods), ("dataset", study.datasets))
        )
        if method is not None and dataset is not None:
            cells[method, dataset].append(run)
    seeds = {
        place: frozenset(seed for run in runs if (seed := run.setting("seed")) is not None)
        for place, runs in cells.items()
    }
    largest = max(seeds, key=lambda place: len(seeds[place]), default=("", ""))
    return Extent({place: tuple(runs) for place, runs in cells.items()}, seeds, largest)


def lacks_cells(material: Material, extent: Extent) -> bool:
    """Whether a method of the study has no run on one of its data sets."""
    study = material.study
    return len(extent.cells) < max(1, len(study.methods)) * max(1, len(study.datasets))


def seed_count(material: Material, extent: Extent) -> Quantity | None:
    """How many seeds the largest cell has; those of the study where all cells have the same ones.

    None where there are fewer than two, or where no setting is sure to be the seed.
    """
    if extent.most < 2 or "seed" not in material.table.roles:
        return None
    if extent.shares_seeds:
        return material.study.count(material.table, "seeds")
    where = {role: value for role, value in zip(("method", "dataset"), extent.largest, strict=True) if value}
    return material.study.count(material.table, "seeds", where)


def setup_parts(material: Material) -> Parts:
    """`5 methods on 6 data sets with 10 seeds each, 300 runs in total`; `up to 10 seeds` of unequal cells."""
    table, study, extent = material.table, material.study, extent_of(material)
    number = partial(study.count, table)
    pieces: list[Inline] = []
    if len(study.methods) > 1:
        pieces += [*counted(number("methods"), "method")]
    elif study.methods and study.datasets:
        pieces += [Text(material.method(study.methods[0]))]
    if study.datasets:
        pieces += [Text(" on " if pieces else ""), *counted(number("datasets"), "data set")]
    if (seeds := seed_count(material, extent)) is not None:
        pieces += [Text(" with " if pieces else ""), Text("" if extent.is_even else "up to ")]
        pieces += [*counted(seeds, "seed")]
        pieces += [Text(" each")] if len(extent.cells) > 1 else []
    if "item" in table.roles:
        pieces += [Text(" with " if pieces else ""), *counted(number("items"), "test item")]
    total = counted(number("runs"), "run" if "item" not in table.roles else "record")
    return (*pieces, Text(", "), *total, Text(" in total")) if pieces else total


def unit_of_run(material: Material) -> str:
    """`one run is one seed of one method on one data set`."""
    study, extent = material.study, extent_of(material)
    if "item" in material.table.roles:
        return "one record is the answer of one method to one test item"
    if material.verdicts and all(verdict.design == "g" for verdict in material.verdicts):
        return "one run is one trial of a search"
    first = "seed" if extent.most > 1 else "repetition" if extent.repeats else ""
    parts = [first] if first else []
    parts += [
        word for word, values in (("method", study.methods), ("data set", study.datasets)) if len(values) > 1
    ]
    if not parts:
        return "there is a single run" if extent.is_single else "one run is one training"
    unit = "one run is one " + " of one ".join(parts[:2]) + (f" on one {parts[2]}" if parts[2:] else "")
    return unit + ("; runs of one seed differ in other settings" if extent.has_twins else "")
