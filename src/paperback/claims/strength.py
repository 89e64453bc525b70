"""The words that a verdict allows."""

from paperback.claims.claim import Verdict, Word
from paperback.evidence.contrast import ALPHA

_VERBS: dict[str, dict[Word, str]] = {
    "": {
        Word.SUPPORTED: "improves on",
        Word.INCONCLUSIVE: "cannot be told apart from",
        Word.CONTRADICTED: "performs below",
        Word.EQUIVALENT: "is equivalent, within the declared margin, to",
        Word.UNTESTED: "was not tested against",
    },
    "not worse than": {
        Word.SUPPORTED: "is not worse, beyond the declared margin, than",
        Word.INCONCLUSIVE: "is not shown to stay within the declared margin of",
    },
    "equivalent": {
        Word.INCONCLUSIVE: "is not shown to be equivalent to",
        Word.CONTRADICTED: "differs, by more than the declared margin, from",
    },
    "scales as": {
        Word.SUPPORTED: "improves with size",
        Word.INCONCLUSIVE: "is not shown to change with size",
        Word.CONTRADICTED: "gets worse with size",
        Word.UNTESTED: "was not tested over sizes",
    },
    "reaches with fewer steps": {
        Word.SUPPORTED: "reaches the threshold in fewer steps than",
        Word.INCONCLUSIVE: "cannot be told apart, in steps to the threshold, from",
        Word.CONTRADICTED: "needs more steps to the threshold than",
    },
}
_EXPONENT = {
    Word.SUPPORTED: "scales with the declared exponent, within its margin",
    Word.INCONCLUSIVE: "is not shown to scale with the declared exponent",
    Word.CONTRADICTED: "scales with another exponent than the declared one",
    Word.UNTESTED: "was not tested over sizes",
}
_STRONG = ("better", "ablation hurts", "best of")


def strength(verdict: Verdict) -> str:
    """The strongest verb that the verdict allows between its method and the other.

    `consistently improves on` only where besides no data set is lost or has the lower mean, in two or more.
    """
    if verdict.word is Word.INCONCLUSIVE and len(verdict.assessments) > 1:
        # It may well be decided on some of them.
        return "is not shown to differ, on every data set, from"
    if verdict.claim.exponent is not None:
        return _EXPONENT[verdict.word]
    words = _VERBS[""] | _VERBS.get(verdict.claim.kind, {})
    said = words[verdict.word]
    return f"consistently {said}" if "consistently" in unlocked(verdict) else said


def unlocked(verdict: Verdict) -> frozenset[str]:
    """The strong words that the verdict allows: `significantly`, `outperforms`, `consistently`.

    A supported claim of being better with an adjusted p below 0.05 allows the first two; the third besides
    asks for two or more data sets, in none of which the method has the lower value.
    """
    strong = verdict.word is Word.SUPPORTED and verdict.claim.kind in _STRONG
    if not strong or verdict.p_adjusted is None or verdict.p_adjusted >= ALPHA:
        return frozenset()
    gains = [each.gain for each in verdict.comparisons] + [each.gain for each in verdict.assessments]
    always = len(gains) > 1 and all(gain is not None and gain >= 0 for gain in gains)
    return frozenset(("significantly", "outperforms", *(("consistently",) if always else ())))
