"""A number with the recipe that recomputes it."""

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from paperback.source import Source

RecipeKind = Literal[
    "estimate", "comparison", "ranking", "average", "assessment", "family", "weighed",
    "count", "setting", "fact", "code", "convention", "power law", "expected best",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Recipe:
    """How a number is computed again from the repository.

    Attributes:
        kind: Which computation: an estimate over runs, a comparison of two methods, a ranking over data sets,
            an average gain over data sets, two methods weighed by items, tasks, curves or trials, one claim
            in its family, a count of runs or settings, a setting that all runs share, a number
            that runs log of themselves such as their duration, a fact of the code, a constant of the method,
            or a power law over sizes.
        field: Which of its results, such as `value`, `low` or `p`.
        arguments: JSON values that name the inputs; keys sorted when written.
    """

    kind: RecipeKind
    field: str
    arguments: Mapping[str, Any] = dataclasses.field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Quantity:
    """One number of the paper.

    Attributes:
        value: In `unit`, unrounded.
        recipe: How it is computed again.
        unit: As logged: `fraction`, `%`, `s`, ...; empty for none.
        sources: The files it was read from.
    """

    value: float
    recipe: Recipe
    unit: str = ""
    sources: tuple[Source, ...] = ()
