"""Numbers that runs log of themselves, such as how long they took."""

import math
import re
from collections.abc import Mapping

from paperback.errors import EvidenceError, near_miss
from paperback.evidence.quantity import Quantity, Recipe
from paperback.runs import Run, RunTable, Scalar

FIELDS = ("mean", "total")
# Seconds in each unit of time that a total may be told in.
TIMES = {"s": 1, "min": 60, "h": 3600}
_CLOCK = re.compile(r"(?:(\d+) days?, )?(\d+):(\d\d):(\d\d(?:\.\d+)?)")


def run_fact(
    table: RunTable, key: str, field: str, where: Mapping[str, str] | None = None, *, unit: str = ""
) -> Quantity | None:
    """Mean or total of the number `key` over the runs that match; None where one of them does not log it.

    Args:
        table: The runs; crashed ones count, because they took their time too.
        key: Of `Run.facts`, else of `Run.params`; a time such as `0:01:31` counts as seconds.
        field: `mean` or `total`.
        where: Role or configuration key to the value that a run must have.
        unit: `s`, `min` or `h` where the number is a time in seconds; it is divided accordingly.

    Raises:
        EvidenceError: `field` is neither, or `unit` is no unit of time.
    """
    if unit and unit not in TIMES:
        raise EvidenceError(f"{unit!r} is no unit of time", mend=near_miss(unit, TIMES))
    if field not in FIELDS:
        raise EvidenceError(f"a fact of runs has no {field!r}", mend=near_miss(field, FIELDS))
    pairs = dict(sorted((where or {}).items()))
    runs = [run for run in table.runs if all(run.setting(k) == value for k, value in pairs.items())]
    values = [number_of(fact_of(run, key)) for run in runs]
    known = [value for value in values if value is not None]
    if not runs or len(known) < len(values):
        return None
    total = math.fsum(known)
    recipe = Recipe("fact", field, {"key": key, "where": pairs} | ({"unit": unit} if unit else {}))
    sources = tuple(sorted({source for run in runs for source in run.sources}, key=str))
    value = total if field == "total" else total / len(known)
    return Quantity(value / TIMES[unit or "s"], recipe, unit, sources)


def fact_of(run: Run, key: str) -> Scalar:
    """What the run says of itself under `key`; None where it says nothing."""
    return run.facts[key] if key in run.facts else run.params.get(key)


def number_of(value: Scalar) -> float | None:
    """A finite number, or the seconds of a time such as `1 day, 0:01:31.5`; None for all else."""
    if isinstance(value, str):
        clock = _CLOCK.fullmatch(value.strip())
        if clock is None:
            return None
        days, hours, minutes, seconds = (float(part or 0) for part in clock.groups())
        return ((days * 24 + hours) * 60 + minutes) * 60 + seconds
    if value is None or isinstance(value, bool) or not math.isfinite(value):
        return None
    return float(value)
