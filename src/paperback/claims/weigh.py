"""Verdicts whose unit is an item, a cluster, a task's run, a curve or a trial: designs (c) to (g)."""

from collections.abc import Sequence
from dataclasses import replace

from paperback.claims.claim import Claim, Verdict, Word
from paperback.claims.judge import REASONS, untested
from paperback.errors import PaperbackError
from paperback.evidence.assess import Options, assess_each
from paperback.evidence.assessment import Assessment
from paperback.evidence.contrast import ALPHA
from paperback.evidence.holm import family, holm
from paperback.runs import RunTable

_SCOPE = {
    "c": "over test items; retraining was not measured",
    "d": "over clusters of test items; retraining was not measured",
    "e": "over runs of exactly these tasks",
    "f": "over runs",
    "g": "over searches at the same budget",
}


def weigh_claims(table: RunTable, claims: Sequence[Claim], letter: str, seed: int) -> dict[Claim, Verdict]:
    """The verdict on each of `claims`, which share metric and data sets, by design `letter`.

    A claim over several data sets holds where it holds on each of them; its p value is the largest, which
    needs no further correction inside the claim. Holm over the claims.
    """
    found = {claim: _assessed(table, claim, letter, seed) for claim in claims}
    made = {claim: each for claim, each in found.items() if isinstance(each, tuple)}
    verdicts = {claim: each for claim, each in found.items() if isinstance(each, Verdict)}
    raw = [_largest_p(each) for each in made.values()]
    name = family(raw, "claims")
    for (claim, each), p, adjusted in zip(made.items(), raw, holm(raw), strict=True):
        bare = Verdict(claim, Word.UNTESTED, letter, (), None, "", "", assessments=each)
        bare = replace(bare, p=p, p_adjusted=adjusted, correction=name if p is not None else "")
        verdicts[claim] = _said(_measured(bare))
    return verdicts


def _assessed(table: RunTable, claim: Claim, letter: str, seed: int) -> tuple[Assessment, ...] | Verdict:
    if claim.kind in ("not worse than", "equivalent"):
        why = "a margin is not tested by this design"
        return untested(claim, why, "A claim of kind better, or seeds of each method.")
    options = Options(seed=seed)
    if claim.kind == "reaches with fewer steps":
        options = replace(options, reduction="steps", threshold=claim.threshold)
    known = table.roles["dataset"].values if "dataset" in table.roles else ()
    datasets = [each for each in claim.datasets if each in known]
    try:
        return assess_each(
            table,
            claim.metric,
            claim.method,
            claim.over,
            design=letter,
            split=claim.split,
            datasets=datasets,
            options=options,
        )
    except PaperbackError as error:
        return untested(claim, "the runs cannot be weighed", str(error))


def _largest_p(found: Sequence[Assessment]) -> float | None:
    p_values = [each.p for each in found]
    return None if None in p_values else max((p for p in p_values if p is not None), default=None)


def _measured(bare: Verdict) -> Verdict:
    n = min(each.n for each in bare.assessments)
    if len(bare.assessments) > 1:
        return replace(bare, n=n)
    one = bare.assessments[0]
    return replace(bare, n=n, gain=one.gain, low=one.low, high=one.high)


def _said(bare: Verdict) -> Verdict:
    if bare.p_adjusted is None:
        one = next(each for each in bare.assessments if each.p is None)
        why = one.refusal or one.test.removeprefix("none: ")
        return replace(bare, reason=f"no test was made ({why})", needed=one.needed or "Runs that vary.")
    gains = [each.gain or 0.0 for each in bare.assessments]
    word = Word.INCONCLUSIVE
    if bare.p_adjusted < ALPHA and all(gain > 0 for gain in gains):
        word = Word.SUPPORTED
    if bare.p_adjusted < ALPHA and all(gain < 0 for gain in gains):
        word = Word.CONTRADICTED
    needed = next((each.needed for each in bare.assessments if each.needed), "")
    fallback = "A claim per data set; more runs will not make them agree."
    needed = (needed or fallback) if word is Word.INCONCLUSIVE else ""
    return replace(bare, word=word, reason=f"{REASONS[word]} {_SCOPE[bare.design]}", needed=needed)
