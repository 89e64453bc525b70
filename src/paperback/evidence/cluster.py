"""Questions that come in clusters: errors that respect them."""

import math
from collections.abc import Hashable, Sequence
from dataclasses import dataclass

import numpy as np

from paperback.errors import EvidenceError

FEWEST_CLUSTERS = 10


@dataclass(frozen=True, slots=True)
class ClusterMean:
    """The mean of scores, or of paired differences, over questions in clusters.

    Attributes:
        value: Mean over questions.
        error: Cluster-robust standard error, with C / (C - 1).
        naive_error: Standard error as if questions were independent.
        n: Questions.
        clusters: Clusters; a question in no cluster is one of its own.
        icc: Intraclass correlation, by analysis of variance; 0 where every cluster is one question.
    """

    value: float
    error: float
    naive_error: float
    n: int
    clusters: int
    icc: float

    @property
    def design_effect(self) -> float:
        """How many times larger the variance is than of independent questions."""
        return (self.error / self.naive_error) ** 2 if self.naive_error > 0 else 1.0

    @property
    def p(self) -> float:
        """Two-sided, by t with one degree of freedom less than there are clusters; 1 without spread."""
        from scipy.special import stdtr

        return float(2 * stdtr(self.clusters - 1, -abs(self.value) / self.error)) if self.error > 0 else 1.0

    def ends(self, level: float = 0.95) -> tuple[float, float]:
        """Lower and upper end of the interval of the mean."""
        from scipy.special import stdtrit

        half = float(stdtrit(self.clusters - 1, (1 + level) / 2)) * self.error
        return self.value - half, self.value + half


def cluster_mean(values: Sequence[float], clusters: Sequence[Hashable]) -> ClusterMean:
    """The mean of `values`, one per question, with an error that knows which questions belong together.

    Raises:
        EvidenceError: Fewer than two clusters.

    Source:
        Miller 2024, "Adding Error Bars to Evals", section 2.2; Liang and Zeger 1986.
    """
    scores = np.asarray(values, dtype=float)
    names = {name: place for place, name in enumerate(dict.fromkeys(clusters))}
    places = np.array([names[name] for name in clusters])
    n, many = len(scores), len(names)
    if many < 2:
        raise EvidenceError(
            f"{many} cluster of questions carries no error", mend="Add questions of other clusters."
        )
    mean = math.fsum(scores) / n
    rest = scores - mean
    sums = np.bincount(places, weights=rest, minlength=many)
    plain = math.sqrt(math.fsum(sums**2)) / n
    return ClusterMean(
        value=mean,
        error=plain * math.sqrt(many / (many - 1)),
        naive_error=math.sqrt(math.fsum(rest**2) / (n - 1) / n),
        n=n,
        clusters=many,
        icc=_intraclass(scores, places, many),
    )


def _intraclass(scores: np.ndarray, places: np.ndarray, many: int) -> float:
    n, sizes = len(scores), np.bincount(places, minlength=many)
    if n == many:
        return 0.0
    means = np.bincount(places, weights=scores, minlength=many) / sizes
    between = float((sizes * (means - scores.mean()) ** 2).sum()) / (many - 1)
    within = float(((scores - means[places]) ** 2).sum()) / (n - many)
    usual = (n - float((sizes**2).sum()) / n) / (many - 1)
    total = between + (usual - 1) * within
    return (between - within) / total if total > 0 else 0.0
