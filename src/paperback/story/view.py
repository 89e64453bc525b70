"""What every graph is made from, and why one is not made."""

from contextlib import suppress
from dataclasses import dataclass

import numpy as np

from paperback.errors import PaperbackError
from paperback.evidence import Cells, Shape, Study, pivot, recognise_design, recognise_shape
from paperback.runs import RunTable
from paperback.settings import Settings
from paperback.story.graph import AnyGraph


@dataclass(frozen=True, slots=True)
class Omitted:
    """A graph that the evidence does not carry; `why` is a phrase for the author."""

    why: str


Drawn = AnyGraph | Omitted


@dataclass(frozen=True, slots=True, eq=False)
class View:
    """The runs as a graph sees them.

    Attributes:
        table: The runs.
        study: What they are about.
        settings: What the author declares.
        cells: The main results; None where no cell can be filled.
        shape: What the runs carry beyond methods, data sets and seeds.
        letter: Design of the decision table; empty where nothing can be compared.
    """

    table: RunTable
    study: Study
    settings: Settings
    cells: Cells | None
    shape: Shape
    letter: str

    @property
    def factor(self) -> float:
        """What a logged value of the study's metric is multiplied by in print."""
        return 100.0 if self.study.metric.percent else 1.0

    @property
    def higher_is_better(self) -> bool | None:
        """Direction of the study's metric; None where it is not known."""
        return {"higher": True, "lower": False}.get(self.study.metric.direction)

    def method(self, logged: str) -> str:
        """How a method is printed; the metric's title where the study has no methods."""
        return self.settings.name("method", logged) or self.study.metric.title

    def dataset(self, logged: str) -> str:
        """How a data set is printed."""
        return self.settings.name("dataset", logged)

    def rng(self) -> np.random.Generator:
        """A generator in the state that the author's seed gives, the same at every call."""
        return np.random.default_rng(self.settings.seed)


def view_of(table: RunTable, study: Study, settings: Settings, cells: Cells | None = None) -> View:
    """The view of a study; what cannot be recognised is left empty, and `cells` need not be at hand."""
    name, split = study.metric.name, study.split
    shape, letter = Shape(), ""
    with suppress(PaperbackError):
        shape = recognise_shape(table, name, split=split)
        letter = recognise_design(table, name, split=split, letter=settings.design).letter
    if cells is None:
        with suppress(PaperbackError):
            cells = pivot(table, name, split=split)
    return View(table, study, settings, cells, shape, letter)
