"""A number again, from its recipe and the run table alone."""

from collections.abc import Mapping
from dataclasses import fields
from typing import Any

from paperback.errors import EvidenceError
from paperback.evidence.assess import Options, assess_each
from paperback.evidence.average import average_gain
from paperback.evidence.best_trials import best_trials_again
from paperback.evidence.compare import compare_each
from paperback.evidence.convention import convention
from paperback.evidence.count import count, shared_setting
from paperback.evidence.estimate import estimate
from paperback.evidence.fact import run_fact
from paperback.evidence.family import family_again
from paperback.evidence.quantity import Quantity, Recipe
from paperback.evidence.rank import rank_methods
from paperback.evidence.scaling import law_quantity
from paperback.evidence.weighed import joint_again
from paperback.runs import RunTable


def recompute(recipe: Recipe, table: RunTable) -> float:
    """The number that the recipe names, computed from `table`; equal to the first one to the last digit.

    Raises:
        EvidenceError: The runs no longer carry the number, or the recipe speaks of no run table.
        SettingsError: The metric is no longer logged.
    """
    return quantity_again(recipe, table).value


def quantity_again(recipe: Recipe, table: RunTable) -> Quantity:
    """The quantity that the recipe names, with its sources as they are now; raises as `recompute` does."""
    arguments = dict(recipe.arguments)
    match recipe.kind:
        case "estimate":
            return estimate(table, arguments.pop("metric"), **arguments).quantity(recipe.field)
        case "comparison":
            return _comparison(recipe.field, arguments, table)
        case "average":
            names = [arguments.pop(key) for key in ("metric", "method", "over")]
            return average_gain(table, *names, **arguments).quantity(recipe.field)
        case "ranking":
            return _ranking(recipe.field, arguments, table)
        case "assessment":
            return _assessment(recipe.field, arguments, table)
        case "family":
            return family_again(table, recipe.field, arguments)
        case "expected best":
            return best_trials_again(table, recipe.field, arguments)
        case "weighed":
            return joint_again(table, recipe.field, arguments)
        case "count":
            metric, split = arguments.get("reporting", ("", ""))
            return count(table, recipe.field, arguments["where"], reporting=(metric, split))
        case "setting":
            return _setting(arguments, table)
        case "fact":
            return _fact(recipe.field, arguments, table)
        case "power law":
            return law_quantity(table, recipe.field, arguments)
        case "convention":
            return convention(recipe.field)
    raise EvidenceError(
        f"a number of the kind {recipe.kind!r} does not follow from the run table",
        mend="Recompute it where it was read.",
    )


def _comparison(field: str, arguments: dict[str, Any], table: RunTable) -> Quantity:
    names = [arguments.pop(key) for key in ("metric", "method", "over")]
    dataset = arguments.pop("dataset")
    each = compare_each(table, *names, **arguments)
    return next(one for one in each if one.dataset == dataset).quantity(field)


def _assessment(field: str, arguments: dict[str, Any], table: RunTable) -> Quantity:
    names = [arguments.pop(key) for key in ("metric", "method", "over")]
    dataset = arguments.pop("dataset")
    options = Options(**{each.name: arguments.pop(each.name) for each in fields(Options)})
    found = assess_each(table, *names, options=options, **arguments)
    return next(one for one in found if one.dataset == dataset).quantity(field)


def _ranking(field: str, arguments: dict[str, Any], table: RunTable) -> Quantity:
    pair, of = arguments.pop("pair", None), arguments.pop("of", "")
    arguments["pairs"] = [(method, over) for method, over in arguments["pairs"]]
    ranking = rank_methods(table, arguments.pop("metric"), **arguments)
    return ranking.pair(*pair).quantity(field) if pair else ranking.quantity(field, of)


def _fact(field: str, arguments: Mapping[str, Any], table: RunTable) -> Quantity:
    found = run_fact(table, arguments["key"], field, arguments["where"], unit=arguments.get("unit", ""))
    if found is None:
        raise EvidenceError(
            f"not every run logs {arguments['key']!r} any more", mend="Build the paper again."
        )
    return found


def _setting(arguments: Mapping[str, Any], table: RunTable) -> Quantity:
    found = shared_setting(table, arguments["key"], arguments["where"])
    if found is None:
        raise EvidenceError(
            f"the runs no longer share one number for {arguments['key']!r}", mend="Build the paper again."
        )
    return found
