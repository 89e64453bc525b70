"""A statistic over runs, with its interval and its address."""

from dataclasses import dataclass

from paperback.evidence.address import Address
from paperback.settings import Direction
from paperback.source import Source


@dataclass(frozen=True, slots=True)
class Estimate:
    """A statistic over runs.

    Attributes:
        value: In `unit`, unrounded.
        std: Standard deviation over the runs (ddof 1), in `unit`; None below two runs.
        n: Number of units that entered (runs, when reduced over seeds).
        low: Lower end of the interval; None where no interval exists.
        high: Upper end of the interval; None where no interval exists.
        level: Coverage of the interval, a fraction.
        unit: As logged.
        direction: Whether higher or lower is better.
        interval: Name of the interval's method (`t, n-1 degrees of freedom`), or the reason why there is none.
        address: What it was computed from.
        sources: The files that entered, with the key read.
    """

    value: float
    std: float | None
    n: int
    low: float | None
    high: float | None
    level: float
    unit: str
    direction: Direction
    interval: str
    address: Address
    sources: tuple[Source, ...]
