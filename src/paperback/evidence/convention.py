"""The constants of the method, as numbers that the ledger knows."""

from paperback.evidence.quantity import Quantity, Recipe

CONVENTIONS = {"level": 0.95, "alpha": 0.05, "power": 0.8}


def convention(name: str) -> Quantity:
    """A constant of the method: `level` of intervals, `alpha` of tests, `power` to detect a difference."""
    return Quantity(CONVENTIONS[name], Recipe("convention", name), unit="fraction")
