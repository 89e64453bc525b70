"""A difference of independent means: its error, test, interval and power."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

from paperback.evidence.interval import centre, deviation

POWER = 0.8
ALPHA = 0.05
MOST_RUNS = 100_000


@dataclass(frozen=True, slots=True)
class Part:
    """One mean that enters a contrast.

    Attributes:
        weight: Its factor in the contrast, squared.
        variance: Of its single values, ddof 1.
        n: How many values it is the mean of; at least 2.
        overlap: What the values have in common, as a share of their variance that no further value takes
            away: test size by training size of folds of one data set; 0 where they are independent.
    """

    weight: float
    variance: float
    n: int
    overlap: float = 0.0

    @property
    def share(self) -> float:
        """What it adds to the variance of the contrast."""
        return self.weight * self.variance * (1 / self.n + self.overlap)


@dataclass(frozen=True, slots=True)
class Contrast:
    """A weighted sum of independent means: two of them for Welch, one of pairs, many over data sets.

    Attributes:
        value: The sum, such as mean of A minus mean of B.
        parts: The means.
        scale: Largest magnitude of the values that entered; tells rounding noise from spread.
    """

    value: float
    parts: tuple[Part, ...]
    scale: float

    @property
    def varies(self) -> bool:
        """Whether the values have a spread that is more than the rounding of their subtraction."""
        spread = max((part.variance for part in self.parts), default=0.0)
        return math.sqrt(spread) > 1e-14 * self.scale

    @property
    def error(self) -> float:
        """Standard error of the value."""
        return math.sqrt(math.fsum(part.share for part in self.parts))

    @property
    def df(self) -> float:
        """Degrees of freedom; of a single part n-1, of several by Satterthwaite's approximation.

        Source:
            Satterthwaite 1946, "An Approximate Distribution of Estimates of Variance Components".
        """
        if len(self.parts) == 1:
            return float(self.parts[0].n - 1)
        shares = [(part.share, part.n) for part in self.parts]
        # Shares of the largest, so that tiny variances do not vanish when they are squared.
        top = max(share for share, _ in shares)
        total = math.fsum(share / top for share, _ in shares) ** 2
        return total / math.fsum((share / top) ** 2 / (n - 1) for share, n in shares)

    @property
    def statistic(self) -> float:
        """Student's t."""
        return self.value / self.error

    @property
    def p(self) -> float:
        """Two-sided."""
        from scipy.special import stdtr

        return float(2 * stdtr(self.df, -abs(self.statistic)))

    def ends(self, level: float = 0.95) -> tuple[float, float]:
        """Lower and upper end of the t interval of the value."""
        from scipy.special import stdtrit

        half = float(stdtrit(self.df, (1 + level) / 2)) * self.error
        return self.value - half, self.value + half

    def detectable(self) -> float:
        """The smallest value that a two-sided test at 5 % would have found with 80 % power."""
        return self.error * detectable_shift(self.df)

    def needed(self) -> int | None:
        """Runs per mean at which the observed value and spread reach 80 % power; None above 100,000.

        All means are given the same number of runs, at least two.
        """
        if _power_at(self, MOST_RUNS) < POWER:
            return None
        few, enough = 1, 2
        while _power_at(self, enough) < POWER:
            few, enough = enough, min(2 * enough, MOST_RUNS)
        while enough - few > 1:
            middle = (few + enough) // 2
            few, enough = (few, middle) if _power_at(self, middle) >= POWER else (middle, enough)
        return enough


def power(shift: float, df: float, alpha: float = ALPHA) -> float:
    """Chance that a two-sided t test rejects in the right direction, for a true value of `shift` errors.

    Source:
        Noncentral t, as R's `power.t.test` computes it by default (the wrong tail is not counted).
    """
    from scipy.special import nctdtr, stdtrit

    return float(1 - nctdtr(df, shift, stdtrit(df, 1 - alpha / 2)))


def detectable_shift(df: float, alpha: float = ALPHA) -> float:
    """The true value, in standard errors, at which the power is 80 %."""
    from scipy.optimize import brentq

    high = 4.0
    while power(high, df, alpha) < POWER:
        high *= 2
    return float(brentq(lambda shift: power(shift, df, alpha) - POWER, 0.0, high, xtol=1e-12))


def mean_difference(a: Sequence[float], b: Sequence[float], *, paired: bool) -> Contrast:
    """Mean of `a` minus mean of `b`, each of two values or more; `paired` takes them in their order."""
    scale = max(abs(value) for value in (*a, *b))
    if paired:
        gaps = [x - y for x, y in zip(a, b, strict=True)]
        return Contrast(centre(gaps), (Part(1.0, (deviation(gaps) or 0.0) ** 2, len(gaps)),), scale)
    parts = tuple(Part(1.0, (deviation(side) or 0.0) ** 2, len(side)) for side in (a, b))
    return Contrast(centre(a) - centre(b), parts, scale)


def overlapping(contrast: Contrast, folds: int) -> Contrast:
    """The contrast of values over `folds` folds of one data set, whose training sets overlap.

    Source:
        Nadeau and Bengio 2003, "Inference for the Generalization Error": 1/n + test size / training size.
    """
    return replace(contrast, parts=tuple(replace(part, overlap=1 / (folds - 1)) for part in contrast.parts))


def _power_at(contrast: Contrast, n: int) -> float:
    parts = tuple(replace(part, n=n) for part in contrast.parts)
    scaled = Contrast(contrast.value, parts, contrast.scale)
    return power(abs(scaled.statistic), scaled.df)
