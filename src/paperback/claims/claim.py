"""A claim, and what the evidence says of it."""

from dataclasses import dataclass
from enum import StrEnum

from paperback.errors import EvidenceError
from paperback.evidence.assessment import Assessment
from paperback.evidence.average import AverageGain
from paperback.evidence.compare import Comparison
from paperback.evidence.family import Tested, family_quantity
from paperback.evidence.quantity import Quantity
from paperback.evidence.rank import Ranking
from paperback.evidence.scaling import Sized
from paperback.evidence.weighed import Family, joint_quantity
from paperback.runs import RunTable
from paperback.settings import ClaimKind


class Word(StrEnum):
    """What the evidence says of a claim."""

    SUPPORTED = "supported"
    INCONCLUSIVE = "inconclusive"
    CONTRADICTED = "contradicted"
    EQUIVALENT = "equivalent"
    UNTESTED = "untested"


@dataclass(frozen=True, slots=True)
class Claim:
    """A predicate over estimates: `method` is better than `over` on `metric`.

    Attributes:
        kind: `better`, or `ablation hurts`: the proposal `method` is better than its ablation `over`; `not
            worse than`, by no more than `margin`; `equivalent`, within it; `best of` all methods, whichever
            was picked after looking; `reaches with fewer steps` the value `threshold`.
        method: Method as logged.
        over: The other method, as logged; of `best of` the rival that the evidence separates least.
        metric: Canonical metric name.
        split: The split it speaks of.
        datasets: The data sets it speaks of, as logged; empty where the study has no data set role.
        declared: Whether the author declared it (else it was inferred and is offered).
        margin: The largest difference that does not matter, in the metric's unit; None without one.
        threshold: Of `reaches with fewer steps`.
        size: Of `scales as`, the setting that is the size, or `method name`; the method is then the family.
        exponent: Of `scales as`; None claims an improvement with size, whatever its exponent.
    """

    kind: ClaimKind
    method: str
    over: str
    metric: str
    split: str
    datasets: tuple[str, ...]
    declared: bool
    margin: float | None = None
    threshold: float | None = None
    size: str = ""
    exponent: float | None = None


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the evidence says of one claim.

    Attributes:
        claim: The claim.
        word: The verdict over all its data sets together.
        design: Letter of the decision table; empty where nothing could be read.
        comparisons: Per data set, design (a) or (h), Holm-adjusted inside the claim.
        ranking: Over the data sets, design (b); None with fewer than two data sets.
        reason: Why the verdict is what it is, one sentence of plain words without numbers.
        needed: What would decide an undecided claim; empty when decided.
        average: The average gain over exactly these data sets; None with fewer than two or six and more.
        assessments: Per data set, of designs (c) to (g); empty elsewhere.
        p: Of the claim's own test, not adjusted; None without a test.
        p_adjusted: Holm over all claims that share metric and data sets; what the word follows.
        correction: `Holm over 4 claims`, `the largest of all differences between 5 methods`, or empty.
        n: How many units carry it: seeds per method in the smallest cell, data sets, items, ...
        gain: Positive when the method is better; None where nothing can be estimated.
        low: Lower end of the 95 % interval of the gain; None without one.
        high: Upper end.
        effect: The size of the effect, free of unit: Hedges' g, or the rank-biserial correlation; None where
            the design has none.
        family: The hypotheses that were corrected together, this one at `place`.
        place: Where in `family`, or in `weighed`.
        weighed: Of designs (c) to (g), the hypotheses that were corrected together; None elsewhere.
        sized: Of `scales as`, the power law; None elsewhere.
    """

    claim: Claim
    word: Word
    design: str
    comparisons: tuple[Comparison, ...]
    ranking: Ranking | None
    reason: str
    needed: str
    average: AverageGain | None = None
    assessments: tuple[Assessment, ...] = ()
    p: float | None = None
    p_adjusted: float | None = None
    correction: str = ""
    n: int = 0
    gain: float | None = None
    low: float | None = None
    high: float | None = None
    effect: float | None = None
    family: tuple[Tested, ...] = ()
    place: int = 0
    weighed: Family | None = None
    sized: Sized | None = None

    def p_quantity(self, table: RunTable, field: str = "p_adjusted") -> Quantity:
        """The p value of the claim (`p`, or `p_adjusted` for its family) with the recipe that recomputes it.

        Raises:
            EvidenceError: The claim was not tested.
        """
        if self.weighed is not None:
            value = self.p if field == "p" else self.p_adjusted
            if value is None:
                raise EvidenceError(f"the claim has no {field}: {self.reason}", mend="Say why instead.")
            return joint_quantity(self.weighed, self.place, field, value, self.assessments)
        claim = self.claim
        return family_quantity(
            table, claim.metric, split=claim.split, family=self.family, place=self.place, field=field
        )
