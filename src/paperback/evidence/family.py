"""Several claims that were declared together: the p value of each by its design, Holm over all of them."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from paperback.errors import EvidenceError
from paperback.evidence.average import average_cells
from paperback.evidence.compare import common, compare_cells
from paperback.evidence.holm import holm
from paperback.evidence.pivot import Cells, pivot
from paperback.evidence.quantity import Quantity, Recipe
from paperback.evidence.signed_rank import FEWEST, gains_of, hodges_lehmann, signed_rank
from paperback.runs import RunTable

Kind = Literal["difference", "not worse", "equivalent", "best"]


@dataclass(frozen=True, slots=True)
class Tested:
    """One hypothesis of a family.

    Attributes:
        method: A, as logged.
        over: B, as logged.
        kind: Whether A differs from B (two-sided), is not worse by more than the margin, or differs by less.
        margin: In the metric's unit; 0 for a difference.
        datasets: Those it speaks of; empty means all.
    """

    method: str
    over: str
    kind: Kind = "difference"
    margin: float = 0.0
    datasets: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Gain:
    """The gain of A over B by the design that the number of data sets asks for, and how sure it is.

    Attributes:
        value: Positive when A is better: difference of means, average gain, or median of Walsh averages.
        error: Standard error; None where the test is one of ranks, or there is none.
        df: Degrees of freedom of the error.
        gains: Per data set, where the test is one of ranks; empty elsewhere.
    """

    value: float
    error: float | None
    df: float
    gains: tuple[float, ...] = ()

    def p_above(self, bound: float) -> float | None:
        """One-sided p that the true gain lies above `bound`; None where no test exists."""
        from scipy.special import stdtr

        if self.gains:
            return signed_rank(gains_of(self.gains, [bound] * len(self.gains)), alternative="greater").p
        if self.error is None:
            return None
        return float(stdtr(self.df, -(self.value - bound) / self.error))

    def p_below(self, bound: float) -> float | None:
        """One-sided p that the true gain lies below `bound`."""
        turned = Gain(-self.value, self.error, self.df, tuple(-each for each in self.gains))
        return turned.p_above(-bound)


def gain_of(cells: Cells, method: str, over: str, datasets: Sequence[str]) -> Gain:
    """The gain over those of `datasets` (all when empty) where both have an estimate.

    One data set: the t test of its runs. Two to five: t over the variances inside the cells. Six or more:
    Wilcoxon's test over data sets.

    Raises:
        EvidenceError: The two share no data set, or the metric has no direction.
    """
    both = tuple(each for each in common(cells, method, over) if not datasets or each in datasets)
    if len(both) >= FEWEST:
        return _over_datasets(cells, method, over, both)
    if len(both) > 1:
        average = average_cells(cells, method, over, both)
        return _by_t(average.gain, average.low, average.high, average.df, average.level)
    if not both:
        raise EvidenceError(f"{method} and {over} share no data set", mend="Run both on the same data sets.")
    one = compare_cells(cells, method, over, both)[0]
    gain = one.gain if one.gain is not None else math.nan
    return _by_t(gain, one.low, one.high, one.df, one.a.level)


def raw_p(cells: Cells, tested: Tested) -> float | None:
    """P value of one hypothesis, not adjusted; None where no test exists.

    A difference is two-sided. `not worse` is one-sided against a loss of the margin and doubled, so that
    0.05 is where the 95 % interval ends at the margin. `equivalent` is the larger of two one-sided tests.
    `best` is the largest p against any other method, each by the distribution of the largest of all
    differences, so that it holds for a method picked after looking.

    Source:
        Schuirmann 1987 (two one-sided tests); Games and Howell 1976 (studentized range, unequal variances).
    """
    if tested.kind == "best":
        rivals = best_against(cells, tested.method, tested.datasets)
        found = [p for p, _ in rivals.values() if p is not None]
        return max(found) if all_tested(rivals) else None
    gain = gain_of(cells, tested.method, tested.over, tested.datasets)
    if tested.kind == "difference":
        sides = [p for p in (gain.p_above(0.0), gain.p_below(0.0)) if p is not None]
        return min(1.0, 2 * min(sides)) if sides else None
    if tested.kind == "not worse":
        p = gain.p_above(-tested.margin)
        return None if p is None else min(1.0, 2 * p)
    above, below = gain.p_above(-tested.margin), gain.p_below(tested.margin)
    return None if above is None or below is None else max(above, below)


def best_against(cells: Cells, method: str, datasets: Sequence[str]) -> dict[str, tuple[float | None, float]]:
    """Each other method to (p, gain of `method` over it), adjusted for a pick of any two after looking."""
    from scipy.stats import studentized_range

    within = tuple(datasets) or cells.columns
    names = [name for name in cells.rows if any((name, each) in cells.cells for each in within)]
    pairs = len(names) * (len(names) - 1) / 2
    found: dict[str, tuple[float | None, float]] = {}
    for other in names:
        if other == method:
            continue
        gain = gain_of(cells, method, other, datasets)
        if gain.gains:
            # Six data sets and more without a p are tied on all of them.
            p = signed_rank(gain.gains).p
            found[other] = (1.0 if p is None else min(1.0, p * pairs), gain.value)
        elif gain.error is None:
            found[other] = (None, gain.value)
        else:
            q = abs(gain.value) / gain.error * math.sqrt(2)
            p = float(studentized_range.sf(q, len(names), gain.df))
            found[other] = (min(1.0, max(p, 0.0)), gain.value)
    return found


def all_tested(rivals: dict[str, tuple[float | None, float]]) -> bool:
    """Whether there is a rival, and a test against each."""
    return bool(rivals) and all(p is not None for p, _ in rivals.values())


def adjusted(
    cells: Cells, family: Sequence[Tested]
) -> tuple[tuple[float | None, ...], tuple[float | None, ...]]:
    """Raw and Holm-adjusted p of each hypothesis; one that could not be tested is None and not counted."""
    raw = tuple(raw_p(cells, each) for each in family)
    return raw, holm(raw)


def family_quantity(
    table: RunTable, metric: str, *, split: str, family: Sequence[Tested], place: int, field: str
) -> Quantity:
    """The raw (`p`) or adjusted (`p_adjusted`) p value of one hypothesis, with the recipe that recomputes it.

    Raises:
        EvidenceError: It could not be tested; or there is no such field.
    """
    cells = pivot(table, metric, split=split)
    both = dict(zip(("p", "p_adjusted"), adjusted(cells, family), strict=True))
    value = both[field][place] if field in both else None
    if value is None:
        raise EvidenceError(f"the claim has no {field}: no test was made", mend="Say why instead.")
    one = family[place]
    names = (one.method, *((one.over,) if one.over else cells.rows))
    inside = [cell for (name, _), cell in cells.cells.items() if name in names]
    sources = tuple(sorted({source for cell in inside for source in cell.sources}, key=str))
    return Quantity(value, Recipe("family", field, _arguments(cells, family, place)), "", sources)


def family_again(table: RunTable, field: str, arguments: dict[str, Any]) -> Quantity:
    """The quantity of a recipe that `family_quantity` wrote."""
    family = [Tested(**{**each, "datasets": tuple(each["datasets"])}) for each in arguments["family"]]
    where = {"split": arguments["split"], "family": family, "place": arguments["place"]}
    return family_quantity(table, arguments["metric"], field=field, **where)


def _arguments(cells: Cells, family: Sequence[Tested], place: int) -> dict[str, Any]:
    told = [
        {
            "method": each.method,
            "over": each.over,
            "kind": each.kind,
            "margin": each.margin,
            "datasets": list(each.datasets),
        }
        for each in family
    ]
    return {"metric": cells.metric, "split": cells.split, "family": told, "place": place}


def _over_datasets(cells: Cells, method: str, over: str, datasets: Sequence[str]) -> Gain:
    higher = next(iter(cells.cells.values())).direction == "higher"
    a, b = ([cells.cells[name, each].value for each in datasets] for name in (method, over))
    gains = tuple(gains_of(a, b) if higher else gains_of(b, a))
    return Gain(hodges_lehmann(gains), None, math.inf, gains)


def _by_t(value: float, low: float | None, high: float | None, df: float | None, level: float) -> Gain:
    """The gain with the error that its interval was made of."""
    from scipy.special import stdtrit

    if low is None or high is None or df is None:
        return Gain(value, None, math.inf)
    return Gain(value, (high - low) / 2 / float(stdtrit(df, (1 + level) / 2)), df)
