"""Several claims weighed by one of the designs (c) to (g): the p value of each, Holm over all of them."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from paperback.errors import EvidenceError, PaperbackError
from paperback.evidence.assess import Options, Prepared, prepare
from paperback.evidence.assessment import Assessment
from paperback.evidence.holm import holm
from paperback.evidence.quantity import Quantity, Recipe
from paperback.runs import RunTable


@dataclass(frozen=True, slots=True)
class Weighed:
    """One hypothesis: A differs from B on each of the data sets.

    Attributes:
        method: A, as logged.
        over: B, as logged.
        datasets: Those it speaks of; empty where the study has no such role.
        threshold: The value whose steps are counted; None where the whole curve, or no curve, is weighed.
    """

    method: str
    over: str
    datasets: tuple[str, ...]
    threshold: float | None = None


@dataclass(frozen=True, slots=True)
class Family:
    """Hypotheses that were declared together and are corrected together.

    Attributes:
        metric: Canonical metric name.
        split: The split.
        design: Letter of the decision table, `c` to `g`.
        seed: Of the generator of every resample.
        members: The hypotheses.
    """

    metric: str
    split: str
    design: str
    seed: int
    members: tuple[Weighed, ...]

    def assess(self, table: RunTable) -> Iterator[tuple[Assessment, ...] | PaperbackError]:
        """Each member on each of its data sets, or why it cannot be weighed.

        Raises:
            EvidenceError: The metric has no direction, or is never logged on this split.
            SettingsError: No metric has this name.
        """
        kept: dict[float | None, Prepared] = {}
        for one in self.members:
            steps = "steps" if one.threshold is not None else "final"
            options = Options(reduction=steps, threshold=one.threshold, seed=self.seed)
            if one.threshold not in kept:
                kept[one.threshold] = prepare(table, self.metric, split=self.split, options=options)
            try:
                yield kept[one.threshold].each(
                    one.method, one.over, design=self.design, datasets=one.datasets
                )
            except PaperbackError as error:
                yield error


def joint_p(found: Sequence[Assessment]) -> float | None:
    """P value of holding on every data set, which is the largest; None where one of them has no test.

    Source:
        Berger 1982, the intersection-union test, which needs no correction over what it joins.
    """
    p_values = [each.p for each in found if each.p is not None]
    return max(p_values) if p_values and len(p_values) == len(found) else None


def joint_quantity(
    family: Family, place: int, field: str, value: float, found: Sequence[Assessment]
) -> Quantity:
    """`value`, which is the raw (`p`) or adjusted (`p_adjusted`) p value at `place`, with its recipe."""
    members = [
        {
            "method": each.method,
            "over": each.over,
            "datasets": list(each.datasets),
            "threshold": each.threshold,
        }
        for each in family.members
    ]
    asked = {"metric": family.metric, "split": family.split, "design": family.design, "seed": family.seed}
    sources = tuple(sorted({source for each in found for source in each.sources}, key=str))
    return Quantity(
        value, Recipe("weighed", field, {**asked, "members": members, "place": place}), "", sources
    )


def joint_again(table: RunTable, field: str, arguments: Mapping[str, Any]) -> Quantity:
    """The quantity of a recipe that `joint_quantity` wrote.

    Raises:
        EvidenceError: There is no test any more; or as `assess_each`.
    """
    given = dict(arguments)
    place = given.pop("place")
    members = tuple(Weighed(**{**each, "datasets": tuple(each["datasets"])}) for each in given.pop("members"))
    family = Family(members=members, **given)
    found = [each if isinstance(each, tuple) else () for each in family.assess(table)]
    raw = [joint_p(each) for each in found]
    value = {"p": raw, "p_adjusted": list(holm(raw))}[field][place]
    if value is None:
        raise EvidenceError("the claim is no longer tested", mend="Build the paper again.")
    return joint_quantity(family, place, field, value, found[place])
