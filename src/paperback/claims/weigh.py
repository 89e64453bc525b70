"""Verdicts whose unit is an item, a cluster, a task's run, a curve or a trial: designs (c) to (g)."""

from collections.abc import Sequence
from dataclasses import replace

from paperback.claims.claim import Claim, Verdict, Word
from paperback.claims.judge import REASONS, untested
from paperback.errors import PaperbackError, near_miss
from paperback.evidence.assessment import Assessment
from paperback.evidence.contrast import ALPHA
from paperback.evidence.holm import family as named_family
from paperback.evidence.holm import holm
from paperback.evidence.reading import NOT_LOGGED, ask, read_values
from paperback.evidence.weighed import Family, Weighed, joint_p
from paperback.runs import RunTable

_SCOPE = {
    "c": "over test items; retraining was not measured",
    "d": "over clusters of test items; retraining was not measured",
    "e": "over runs of exactly these tasks",
    "f": "over runs",
    "g": "over searches at the same budget",
}
_MARGINS = ("not worse than", "equivalent")


def weigh_claims(table: RunTable, claims: Sequence[Claim], letter: str, seed: int) -> dict[Claim, Verdict]:
    """The verdict on each of `claims`, which share metric and data sets, by design `letter`.

    A claim holds where it holds on each data set that both methods were run on; its p value is the largest
    of theirs, which needs no further correction inside the claim. Holm over the claims.
    """
    ready: dict[Claim, Weighed] = {}
    verdicts: dict[Claim, Verdict] = {}
    methods = _methods(table, claims[0])
    known = table.roles["method"].values if "method" in table.roles else ()
    for claim in claims:
        refused = _lacking(claim, methods, known)
        if refused:
            verdicts[claim] = untested(claim, *refused)
        else:
            ready[claim] = Weighed(claim.method, claim.over, _shared(claim, methods), claim.threshold)
    first = claims[0]
    family = Family(first.metric, first.split, letter, seed, tuple(ready.values()))
    found: dict[Claim, tuple[Assessment, ...]] = {}
    for claim, made in zip(ready, family.assess(table), strict=True):
        if isinstance(made, PaperbackError):
            verdicts[claim] = untested(claim, "the runs cannot be weighed", str(made))
        else:
            found[claim] = made
    family = replace(family, members=tuple(ready[claim] for claim in found))
    return verdicts | _verdicts(family, found)


def _verdicts(family: Family, found: dict[Claim, tuple[Assessment, ...]]) -> dict[Claim, Verdict]:
    raw = [joint_p(each) for each in found.values()]
    name = named_family(raw, "claims")
    verdicts = {}
    for place, ((claim, each), p, adjusted) in enumerate(zip(found.items(), raw, holm(raw), strict=True)):
        bare = Verdict(claim, Word.UNTESTED, family.design, (), None, "", "", assessments=each)
        bare = replace(bare, p=p, p_adjusted=adjusted, correction=name if p is not None else "")
        verdicts[claim] = _said(_measured(replace(bare, weighed=family, place=place)))
    return verdicts


def _methods(table: RunTable, claim: Claim) -> dict[str, set[str]]:
    """Method to the data sets on which it logs the metric; `""` is the data set of a study without any."""
    question = ask(table, claim.metric, split=claim.split)
    found: dict[str, set[str]] = {}
    for each in read_values(table, question):
        if each.excluded != NOT_LOGGED:
            datasets = found.setdefault(each.run.setting("method") or "", set())
            datasets.add(each.run.setting("dataset") or "")
    return found


def _shared(claim: Claim, methods: dict[str, set[str]]) -> tuple[str, ...]:
    both = methods[claim.method] & methods[claim.over]
    return tuple(each for each in claim.datasets if each in both)


def _lacking(claim: Claim, methods: dict[str, set[str]], known: Sequence[str]) -> tuple[str, ...]:
    """Why the claim cannot be tested and what it needs; empty where it can."""
    if claim.kind in _MARGINS:
        why = "a margin is not tested by this design"
        return why, "A claim of kind better, or seeds of each method."
    for name in (claim.method, claim.over):
        if name not in methods and name in known:
            return (
                "one of the methods logs no value of this metric",
                f"A value of {claim.metric!r} of {name!r}.",
            )
        if name not in methods:
            return "one of the methods was never run", f"Runs of {name!r}. {near_miss(name, methods)}"
    if claim.datasets and not _shared(claim, methods):
        return "the two methods share no data set", "Runs of both methods on the same data sets."
    return ()


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
