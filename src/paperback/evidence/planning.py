"""How many runs, items or data sets an experiment needs before it can decide."""

import math
from typing import Literal

from paperback.errors import EvidenceError
from paperback.evidence.contrast import ALPHA, POWER, detectable_shift, power

Layout = Literal["two-sample", "paired"]


def runs_needed(
    effect: float, *, layout: Layout = "two-sample", alpha: float = ALPHA, chance: float = POWER
) -> float:
    """Runs per method (or pairs) at which a t test finds a standardised difference of `effect`; not rounded.

    No fewer than two, without which there is no spread.

    Args:
        effect: Difference in standard deviations; of the differences of the pairs when paired.
        layout: `two-sample` with equal sizes, or `paired`.
        alpha: Two-sided level.
        chance: Power wanted, a fraction.

    Raises:
        EvidenceError: `effect` is zero, which no number of runs can show.

    Source:
        Noncentral t, as R's `power.t.test` computes it by default (the wrong tail is not counted).
    """
    from scipy.optimize import brentq

    if effect == 0:
        raise EvidenceError("a difference of zero cannot be shown", mend="Name the difference that matters.")

    def lacking(n: float) -> float:
        return t_power(effect, n, layout=layout, alpha=alpha) - chance

    if lacking(2.0) >= 0:
        return 2.0
    high = 4.0
    while lacking(high) < 0:
        high *= 2
    return float(brentq(lacking, 2.0, high, xtol=1e-10))


def t_power(effect: float, n: float, *, layout: Layout = "two-sample", alpha: float = ALPHA) -> float:
    """Chance that a t test with `n` runs per method (or pairs) finds `effect` standard deviations."""
    errors, df = (math.sqrt(n / 2), 2 * (n - 1)) if layout == "two-sample" else (math.sqrt(n), n - 1)
    return power(abs(effect) * errors, df, alpha)


def detectable_effect(n: float, *, layout: Layout = "two-sample", alpha: float = ALPHA) -> float:
    """The standardised difference that `n` runs per method (or pairs) show with 80 % power."""
    if layout == "paired":
        return detectable_shift(n - 1, alpha) / math.sqrt(n)
    return detectable_shift(2 * (n - 1), alpha) * math.sqrt(2 / n)


def runs_for_superiority(gamma: float, *, alpha: float = ALPHA, beta: float = 0.05) -> int:
    """Pairs of runs at which P(A > B) = `gamma` is told from one half, one-sided.

    Source:
        Noether 1987; Bouthillier et al. 2021, "Accounting for Variance in Machine Learning Benchmarks".
    """
    from scipy.special import ndtri

    z = float(ndtri(1 - alpha) + ndtri(1 - beta))
    return math.ceil((z / (math.sqrt(6) * (0.5 - gamma))) ** 2)


def questions_needed(
    gap: float, variance: float, *, within: float = 0.0, alpha: float = ALPHA, chance: float = POWER
) -> int:
    """Questions at which a paired comparison of two models shows a mean gap of `gap`.

    Args:
        gap: Difference of the two models' mean scores.
        variance: Of the difference of the two conditional means over questions.
        within: Variance left of one answer, for both models together, divided by the answers per question.
        alpha: Two-sided level.
        chance: Power wanted.

    Source:
        Miller 2024, "Adding Error Bars to Evals", section 5.
    """
    from scipy.special import ndtri

    z = float(ndtri(1 - alpha / 2) + ndtri(chance))
    # The published example is a whole number; its rounding must not cost one more question.
    return math.ceil(z**2 * (variance + within) / gap**2 - 1e-9)


def items_for_two_proportions(a: float, b: float, *, alpha: float = ALPHA, chance: float = POWER) -> float:
    """Items per group at which two proportions `a` and `b` on different items are told apart; not rounded.

    Source:
        Fleiss 1981; as R's `power.prop.test` without continuity correction.
    """
    from scipy.special import ndtri

    both, spread = a + b, a * (1 - a) + b * (1 - b)
    root = float(ndtri(1 - alpha / 2)) * math.sqrt(both * (1 - both / 2))
    return ((root + float(ndtri(chance)) * math.sqrt(spread)) / (a - b)) ** 2


def items_for_mcnemar(gap: float, discordant: float, *, alpha: float = ALPHA, chance: float = POWER) -> int:
    """Items at which McNemar's test shows a gap of `gap` when a share `discordant` is answered differently.

    Source:
        Connor 1987 in the short form n = (z_a + z_b)² (discordant - gap²) / gap².
    """
    from scipy.special import ndtri

    z = float(ndtri(1 - alpha / 2) + ndtri(chance))
    return math.ceil(z**2 * (discordant - gap**2) / gap**2)
