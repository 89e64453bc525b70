"""Two methods on the same resampled data: repeated cross-validation, whose folds share training data."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from paperback.errors import EvidenceError
from paperback.evidence.interval import centre, deviation


@dataclass(frozen=True, slots=True)
class Resampled:
    """A minus B over folds, with an error that knows of the overlap of the training sets.

    Attributes:
        value: Mean difference.
        error: Corrected standard error.
        df: Number of folds, over all repetitions, less one.
    """

    value: float
    error: float
    df: int

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
        """Lower and upper end of the interval of the mean difference."""
        from scipy.special import stdtrit

        half = float(stdtrit(self.df, (1 + level) / 2)) * self.error
        return self.value - half, self.value + half

    def posterior(self, rope: float = 0.0) -> tuple[float, float, float]:
        """Probabilities that the true difference is below -rope, within the rope, and above it.

        Source:
            Corani and Benavoli 2015, the Bayesian correlated t test; Benavoli et al. 2017.
        """
        from scipy.special import stdtr

        below = float(stdtr(self.df, (-rope - self.value) / self.error))
        upto = float(stdtr(self.df, (rope - self.value) / self.error))
        return below, upto - below, 1 - upto


def resampled_difference(differences: Sequence[float], test_share: float) -> Resampled:
    """The mean of `differences`, one per fold of a (repeated) cross-validation or random split.

    Args:
        differences: A minus B on each test fold.
        test_share: Size of a test fold divided by the whole data; 0.1 in ten-fold cross-validation.

    Raises:
        EvidenceError: Fewer than two folds, folds that do not vary, or no share between 0 and 1.

    Source:
        Nadeau and Bengio 2003, "Inference for the Generalization Error".
    """
    spread = deviation(differences)
    if not spread:
        raise EvidenceError(
            f"{len(differences)} folds without spread carry no test", mend="Use two or more folds."
        )
    if not 0 < test_share < 1:
        raise EvidenceError(f"the share of a test fold is {test_share}", mend="Give one between 0 and 1.")
    n = len(differences)
    error = spread * math.sqrt(1 / n + test_share / (1 - test_share))
    return Resampled(centre(differences), error, n - 1)
