"""The pointwise band of a performance profile."""

import numpy as np

from paperback.evidence.aggregate import Strata, performance_profile


def profile_band(
    scores: Strata, thresholds: np.ndarray, *, level: float = 0.95
) -> tuple[np.ndarray, np.ndarray]:
    """Lower and upper edge of the pointwise band of `performance_profile`, each of shape (thresholds,).

    At a threshold the profile is the mean over tasks of a share of runs. Its variance over runs inside their
    tasks is known without resampling; t with Satterthwaite's degrees of freedom covers few runs.

    Args:
        scores: At least two runs in some task; a task with a single run adds no variance.
        thresholds: In the unit of the scores.
        level: Coverage at a single threshold, a fraction.

    Source:
        Agarwal et al. 2021, "Deep Reinforcement Learning at the Edge of the Statistical Precipice", whose
        band is bootstrapped; Satterthwaite 1946.
    """
    from scipy.special import stdtrit

    centre = performance_profile(scores, thresholds)
    variance, spread = np.zeros(len(thresholds)), np.zeros(len(thresholds))
    tasks = [task for task in scores.tasks if len(task) > 1]
    for task in tasks:
        share = (task[None, :] > np.asarray(thresholds)[:, None]).mean(axis=1)
        piece = share * (1 - share) / (len(task) - 1) / len(scores.sizes) ** 2
        variance += piece
        spread += piece**2 / (len(task) - 1)
    df = np.divide(variance**2, spread, out=np.ones(len(thresholds)), where=spread > 0)
    half = stdtrit(df, (1 + level) / 2) * np.sqrt(variance)
    return np.clip(centre - half, 0, 1), np.clip(centre + half, 0, 1)
