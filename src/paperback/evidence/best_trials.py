"""What each method's search is expected to reach at a budget that all of them had."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from paperback.errors import EvidenceError
from paperback.evidence.assess import Options, Prepared, prepare, trial_scores
from paperback.evidence.quantity import Quantity, Recipe
from paperback.evidence.search import FEWEST_TRIALS
from paperback.evidence.search_curve import search_curve
from paperback.runs import RunTable

FIELDS = ("value", "low", "high", "budget", "trials")


@dataclass(frozen=True, slots=True)
class BestTrials:
    """The expected best of `budget` trials of one method on one data set.

    Attributes:
        method: As logged.
        dataset: As logged; empty where the study has no such role.
        quantities: `value`, `low` and `high` of its interval, `budget` and `trials`, each with its recipe.
    """

    method: str
    dataset: str
    quantities: Mapping[str, Quantity]

    @property
    def value(self) -> float:
        """In the unit of the metric."""
        return self.quantities["value"].value


def best_trials(prepared: Prepared) -> dict[tuple[str, str], BestTrials]:
    """(method, data set) to what its search is expected to reach; without searches of fewer than ten trials.

    The budget of a data set is half of its smallest search, up to where the estimate can be trusted, so that
    no method looks better for having been searched longer.
    """
    scores = {
        place: np.array(found)
        for place, readings in prepared.readings.items()
        if len(found := trial_scores(readings, prepared.shape)) >= FEWEST_TRIALS
    }
    budgets: dict[str, int] = {}
    for (_, dataset), each in scores.items():
        budgets[dataset] = min(budgets.get(dataset, len(each)), len(each))
    return {place: _made(prepared, place, scores[place], budgets[place[1]] // 2) for place in scores}


def _made(prepared: Prepared, place: tuple[str, str], scores: np.ndarray, budget: int) -> BestTrials:
    question, told = prepared.question, prepared.told
    higher = prepared.table.metrics[question.metric].direction == "higher"
    rng = np.random.default_rng(told.seed)
    curve = search_curve(scores, higher_is_better=higher, rng=rng, level=told.level)
    figures = {
        "value": float(curve.best[budget - 1]),
        "low": float(curve.low[budget - 1]),
        "high": float(curve.high[budget - 1]),
        "budget": float(budget),
        "trials": float(len(scores)),
    }
    asked = {
        "metric": question.metric, "split": question.split, "method": place[0], "dataset": place[1],
        "seed": told.seed, "level": told.level,
    }  # fmt: skip
    finals = [each.final for each in prepared.readings[place] if each.final and not each.excluded]
    sources = tuple(sorted({final.source for final in finals}, key=str))
    unit = prepared.table.metrics[question.metric].unit
    return BestTrials(
        *place,
        {
            field: Quantity(
                figure,
                Recipe("expected best", field, asked),
                "" if field in ("budget", "trials") else unit,
                sources,
            )
            for field, figure in figures.items()
        },
    )


def best_trials_again(table: RunTable, field: str, arguments: Mapping[str, Any]) -> Quantity:
    """The quantity of a recipe that `best_trials` wrote.

    Raises:
        EvidenceError: The method has too few trials now.
    """
    options = Options(seed=arguments["seed"], level=arguments["level"])
    found = best_trials(prepare(table, arguments["metric"], split=arguments["split"], options=options))
    place = arguments["method"], arguments["dataset"]
    if place not in found:
        raise EvidenceError(
            f"{place[0]} has fewer than {FEWEST_TRIALS} trials", mend="Build the paper again."
        )
    return found[place].quantities[field]
