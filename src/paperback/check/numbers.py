"""Numbers that follow no longer from the logs or the code."""

import math

from paperback.check.ledger import Entry
from paperback.code import Inventory
from paperback.errors import PaperbackError
from paperback.evidence import recompute
from paperback.finding import Finding
from paperback.paper.facts import recompute_code
from paperback.runs import RunTable

# Another machine may add in another order; a printed digit needs far less.
_TOLERANCE = 1e-9


def check_numbers(entries: tuple[Entry, ...], table: RunTable, inventory: Inventory) -> list[Finding]:
    """A finding for each number that is computed differently now, with its address and both values."""
    return [finding for entry in entries if (finding := _check(entry, table, inventory)) is not None]


def _check(entry: Entry, table: RunTable, inventory: Inventory) -> Finding | None:
    try:
        if entry.recipe.kind == "code":
            now = recompute_code(entry.recipe, inventory)
        else:
            now = recompute(entry.recipe, table)
    except PaperbackError as error:
        return _gone(entry, error.what)
    if math.isclose(now, entry.value, rel_tol=_TOLERANCE, abs_tol=1e-15):
        return None
    return Finding(
        "number-changed",
        f"{_shown(entry)}: the paper was built from {entry.value!r}, now it is {now!r}: {entry.address()}",
        (),
        "Build the paper again, or restore the log.",
    )


def _gone(entry: Entry, why: str) -> Finding:
    return Finding(
        "number-without-evidence",
        f"{_shown(entry)} cannot be computed again ({why}): {entry.address()}",
        (),
        "Build the paper again, or restore the log.",
    )


def _shown(entry: Entry) -> str:
    return f"{' or '.join(entry.printed)} [{entry.id}]"
