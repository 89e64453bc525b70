"""Verdicts on claims of scaling: a power law over sizes, by the interval of its exponent."""

from collections.abc import Sequence
from dataclasses import replace

from paperback.claims.claim import Claim, Verdict, Word
from paperback.claims.judge import untested
from paperback.errors import PaperbackError, near_miss
from paperback.evidence.contrast import ALPHA
from paperback.evidence.holm import family as named_family
from paperback.evidence.holm import holm
from paperback.evidence.power_law import FEWEST_SIZES
from paperback.evidence.scaling import Sized, sized
from paperback.runs import RunTable

_MORE_SIZES = "More sizes, or sizes further apart."


def judge_scaling(table: RunTable, claims: Sequence[Claim]) -> dict[Claim, Verdict]:
    """The verdict on each of `claims`, which share metric and data sets; Holm over them.

    Without an exponent a claim says that the method improves with size: the exponent differs from zero, in
    the right direction. With one, that the exponent lies within the margin of it, by two one-sided tests.
    The unit is the size: runs of a size, and data sets, are averaged first.
    """
    verdicts: dict[Claim, Verdict] = {}
    found: dict[Claim, Sized] = {}
    for claim in claims:
        laws = _laws(table, claim)
        if isinstance(laws, Verdict):
            verdicts[claim] = laws
        else:
            found[claim] = laws
    raw = [_p(claim, each) for claim, each in found.items()]
    name = named_family(raw, "claims")
    for (claim, each), p, adjusted in zip(found.items(), raw, holm(raw), strict=True):
        assert adjusted is not None
        law = each.law
        bare = Verdict(claim, Word.INCONCLUSIVE, "", (), None, "", _MORE_SIZES, sized=each)
        bare = replace(bare, p=p, p_adjusted=adjusted, correction=name, n=law.n)
        verdicts[claim] = _said(bare, table)
    return verdicts


def _laws(table: RunTable, claim: Claim) -> Sized | Verdict:
    """The law of the claim's method, or the verdict that there is none."""
    dataset = claim.datasets[0] if len(claim.datasets) == 1 else ""
    try:
        laws = sized(table, claim.metric, split=claim.split, size=claim.size, dataset=dataset)
    except PaperbackError as error:
        return untested(claim, "the runs cannot be compared as they are", str(error))
    names = [each.family for each in laws]
    if claim.method in names:
        return laws[names.index(claim.method)]
    if not names:
        needed = f"Runs of at least {FEWEST_SIZES} values of {claim.size!r}, all with values above zero."
        return untested(claim, "no method was run at four sizes on the same data sets", needed)
    return untested(claim, "no method of this name was run at four sizes", near_miss(claim.method, names))


def _p(claim: Claim, found: Sized) -> float:
    if claim.exponent is None:
        return found.law.p_other_than(0.0)
    margin = claim.margin or 0.0
    return max(found.law.p_above(claim.exponent - margin), 1 - found.law.p_above(claim.exponent + margin))


def _said(bare: Verdict, table: RunTable) -> Verdict:
    claim, found = bare.claim, bare.sized
    assert found is not None
    assert bare.p_adjusted is not None
    decided = bare.p_adjusted < ALPHA
    if claim.exponent is not None:
        return _near(bare, found, decided=decided)
    falls = found.is_error or table.metrics[claim.metric].direction == "lower"
    if not decided:
        return replace(bare, reason="the exponent is not further from zero than chance explains")
    improves = (found.law.exponent < 0) == falls
    word = Word.SUPPORTED if improves else Word.CONTRADICTED
    return replace(
        bare, word=word, needed="", reason="the exponent is further from zero than chance explains"
    )


def _near(bare: Verdict, found: Sized, *, decided: bool) -> Verdict:
    claim, law = bare.claim, found.law
    exponent, margin = claim.exponent or 0.0, claim.margin or 0.0
    if decided:
        reason = "the exponent lies within the declared margin"
        return replace(bare, word=Word.SUPPORTED, needed="", reason=reason)
    beyond = min(law.p_above(exponent + margin), 1 - law.p_above(exponent - margin))
    if 2 * beyond < ALPHA:
        reason = "the exponent lies beyond the declared margin"
        return replace(bare, word=Word.CONTRADICTED, needed="", reason=reason)
    return replace(bare, reason="the interval of the exponent reaches beyond the declared margin")
