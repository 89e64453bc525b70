"""Counts of runs and roles, and settings that all runs share."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

from paperback.errors import EvidenceError, near_miss
from paperback.evidence.quantity import Quantity, Recipe
from paperback.runs import Run, RunTable, Status
from paperback.source import Source


def count(
    table: RunTable,
    what: str,
    where: Mapping[str, str] | None = None,
    *,
    reporting: tuple[str, str] = ("", ""),
) -> Quantity:
    """How many there are among the runs that match; crashed runs count.

    Args:
        table: The runs.
        what: `runs`, `failed` (failed or killed runs), or a role in the plural, such as `methods`.
        where: Role or configuration key to the value that a run must have.
        reporting: Name and split of a metric that a run must report; every run matches where no name is
            given.

    Raises:
        EvidenceError: The study has no such role.
    """
    runs = _matching(reporting_runs(table, *reporting) if reporting[0] else table.runs, where)
    arguments: dict[str, Any] = {"where": dict(sorted((where or {}).items()))}
    if reporting[0]:
        arguments["reporting"] = list(reporting)
    recipe = Recipe("count", what, arguments)
    return Quantity(float(_number(table, what, runs)), recipe, "", _sources(runs))


def shared_setting(table: RunTable, key: str, where: Mapping[str, str] | None = None) -> Quantity | None:
    """The number that every matching run has for the configuration key `key`; None where they do not agree.

    None too where a run lacks it, or where it is no finite number. Text such as "1e-3" is a number.
    """
    runs = _matching(table.runs, where)
    values = {_finite(run.setting(key)) for run in runs}
    value = values.pop() if len(values) == 1 else None
    if value is None:
        return None
    recipe = Recipe("setting", "value", {"key": key, "where": dict(sorted((where or {}).items()))})
    return Quantity(value, recipe, "", _sources(runs))


def reporting_runs(table: RunTable, metric: str, split: str) -> list[Run]:
    """The runs that log a value of the metric on the split."""
    keys = [key.key for key in table.keys.values() if (key.name, key.split) == (metric, split)]
    return [run for run in table.runs if any(key in run.finals or key in run.series for key in keys)]


def _matching(runs: Sequence[Run], where: Mapping[str, str] | None) -> list[Run]:
    pairs = (where or {}).items()
    return [run for run in runs if all(run.setting(key) == value for key, value in pairs)]


def _number(table: RunTable, what: str, runs: list[Run]) -> int:
    if what == "runs":
        return len(runs)
    if what == "failed":
        return sum(run.status in (Status.FAILED, Status.KILLED) for run in runs)
    role = what.removesuffix("s")
    if role not in table.roles:
        allowed = ("runs", "failed", *(f"{name}s" for name in table.roles))
        raise EvidenceError(f"nothing called {what!r} can be counted", mend=near_miss(what, allowed))
    # Items of two data sets bear the same numbers.
    parts = (role, "dataset", "subset") if role == "item" else (role,)
    return len({tuple(run.setting(part) for part in parts) for run in runs if run.setting(role) is not None})


def _finite(words: str | None) -> float | None:
    try:
        value = float(words) if words is not None else math.nan
    except ValueError:
        return None
    return value if math.isfinite(value) else None


def _sources(runs: list[Run]) -> tuple[Source, ...]:
    return tuple(sorted({source for run in runs for source in run.sources}, key=str))
