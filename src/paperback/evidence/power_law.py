"""A power law through points: a straight line in logarithms, with the interval of its slope."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from paperback.errors import EvidenceError

FEWEST_SIZES = 4


@dataclass(frozen=True, slots=True)
class PowerLaw:
    """y = factor * x ** exponent, fitted to logarithms by least squares.

    Attributes:
        exponent: Slope in logarithms; negative where y falls.
        low: Lower end of its t interval.
        high: Upper end.
        factor: y at x = 1.
        n: Points.
        middle: Mean of ln x.
        spread: Sum of squares of ln x around it.
        error: Standard deviation of the residuals of ln y.
        level: Coverage of the interval.
    """

    exponent: float
    low: float
    high: float
    factor: float
    n: int
    middle: float
    spread: float
    error: float
    level: float

    def at(self, x: np.ndarray) -> np.ndarray:
        """The fitted y at `x`."""
        return np.asarray(self.factor * np.asarray(x, dtype=float) ** self.exponent)

    @property
    def slope_error(self) -> float:
        """Standard error of the exponent."""
        return self.error / math.sqrt(self.spread)

    def p_above(self, bound: float) -> float:
        """One-sided p that the exponent lies above `bound`, by t with n-2 degrees of freedom."""
        from scipy.special import stdtr

        if self.slope_error == 0:
            return 0.0 if self.exponent > bound else 1.0
        return float(stdtr(self.n - 2, -(self.exponent - bound) / self.slope_error))

    def p_other_than(self, value: float) -> float:
        """Two-sided p that the exponent is not `value`."""
        above = self.p_above(value)
        return min(1.0, 2 * min(above, 1 - above))

    def band(self, x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Lower and upper edge of the pointwise interval of the fitted line (not of a new point) at `x`."""
        from scipy.special import stdtrit

        away = (np.log(np.asarray(x, dtype=float)) - self.middle) ** 2
        width = float(stdtrit(self.n - 2, (1 + self.level) / 2)) * self.error
        half = np.exp(width * np.sqrt(1 / self.n + away / self.spread))
        return self.at(x) / half, self.at(x) * half


def fit_power_law(x: Sequence[float], y: Sequence[float], *, level: float = 0.95) -> PowerLaw:
    """The power law through (x, y), every point with the same weight.

    The interval takes the residuals as independent and equally large in logarithms. It says nothing of sizes
    beyond those that were measured.

    Raises:
        EvidenceError: Fewer than four sizes, or a value that is not above zero.

    Source:
        Ordinary least squares, its t interval and the interval of its mean response.
    """
    from scipy.special import stdtrit

    if len(set(x)) < FEWEST_SIZES:
        raise EvidenceError(
            f"{len(set(x))} sizes carry no power law", mend=f"Measure at least {FEWEST_SIZES}."
        )
    if min(*x, *y) <= 0 or not all(map(math.isfinite, (*x, *y))):
        raise EvidenceError("a power law needs values above zero", mend="Take an error in place of a score.")
    log_x, log_y = np.log(np.asarray(x, dtype=float)), np.log(np.asarray(y, dtype=float))
    middle, n = float(log_x.mean()), len(log_x)
    spread = float(((log_x - middle) ** 2).sum())
    slope = float(((log_x - middle) * (log_y - log_y.mean())).sum()) / spread
    rest = log_y - log_y.mean() - slope * (log_x - middle)
    error = math.sqrt(float((rest**2).sum()) / (n - 2))
    half = float(stdtrit(n - 2, (1 + level) / 2)) * error / math.sqrt(spread)
    factor = math.exp(float(log_y.mean()) - slope * middle)
    return PowerLaw(slope, slope - half, slope + half, factor, n, middle, spread, error, level)
