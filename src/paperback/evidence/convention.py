"""The constants of the method, as numbers that the ledger knows."""

from paperback.evidence.contrast import ALPHA, POWER
from paperback.evidence.quantity import Quantity, Recipe

CONVENTIONS = {"level": 0.95, "alpha": ALPHA, "power": POWER}


def convention(name: str) -> Quantity:
    """A constant of the method: `level` of intervals, `alpha` of tests, `power` to detect a difference."""
    return Quantity(CONVENTIONS[name], Recipe("convention", name), unit="fraction")
