"""Sentences that evidence carries: claims, and what the evidence says of them."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

from paperback.evidence.compare import Comparison
from paperback.evidence.rank import Ranking

ClaimKind = Literal["better", "ablation hurts"]


class Word(StrEnum):
    """What the evidence says of a claim."""

    SUPPORTED = "supported"
    INCONCLUSIVE = "inconclusive"
    CONTRADICTED = "contradicted"
    UNTESTED = "untested"


@dataclass(frozen=True, slots=True)
class Claim:
    """A predicate over estimates: `method` is better than `over` on `metric`.

    Attributes:
        kind: `better`, or `ablation hurts`: the proposal `method` is better than its ablation `over`.
        method: Method as logged.
        over: The other method, as logged.
        metric: Canonical metric name.
        split: The split it speaks of.
        datasets: The data sets it speaks of, as logged; empty where the study has no data set role.
        declared: Whether the author declared it (else it was inferred and is offered).
    """

    kind: ClaimKind
    method: str
    over: str
    metric: str
    split: str
    datasets: tuple[str, ...]
    declared: bool


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the evidence says of one claim.

    Attributes:
        claim: The claim.
        word: The verdict over all its data sets together.
        design: Letter of the decision table: `a`, `b` or `h`.
        comparisons: Per data set, design (a) or (h), Holm-adjusted inside the claim.
        ranking: Over the data sets, design (b); None with fewer than two data sets.
        reason: Why the verdict is what it is, one sentence of plain words without numbers.
        needed: What would decide an undecided claim; empty when decided.
    """

    claim: Claim
    word: Word
    design: str
    comparisons: tuple[Comparison, ...]
    ranking: Ranking | None
    reason: str
    needed: str
