"""Sentences about claims: none is stronger than its verdict allows."""

from paperback.claims import Verdict, Word, strength
from paperback.errors import PaperbackError
from paperback.evidence import Comparison, PairOverDatasets, Quantity, Ranking, rank_methods
from paperback.evidence.contrast import ALPHA
from paperback.notes.prose import Text
from paperback.paper.document import Inline, Number, Ref
from paperback.paper.material import Material
from paperback.paper.phrases import Parts, counted, enumerate_parts, enumerate_words, interval
from paperback.story.decimals import decimals_for

_P_DECIMALS = 3
_MOST_RANKS = 8


def verdict_sentence(verdict: Verdict, material: Material) -> Parts:
    """What the evidence says of one claim, with its numbers."""
    if verdict.word is Word.UNTESTED:
        return _untested(verdict, material)
    a, b = _names(verdict, material)
    said = f"{a} {strength(verdict)} {b}: "
    if verdict.assessments:
        return (Text(said), *_assessed(verdict, material))
    if verdict.average is not None:
        return (Text(f"On the average over these data sets, {said}"), *_average(verdict, material))
    if verdict.ranking is not None:
        number = counted(_pair(verdict).quantity("n"), "data set")
        return (Text("Over "), *number, Text(f", {said}"), *_over_datasets(verdict, material))
    comparison = verdict.comparisons[0]
    where = f"On {material.dataset(comparison.dataset)}, " if comparison.dataset else ""
    return (Text(f"{where}{said}"), *_one(verdict, material), Text("."))


def detail(verdict: Verdict, material: Material) -> Parts:
    """On which data sets the claim is decided, and which way; empty where it speaks of one data set."""
    if len(verdict.comparisons) < 2 or all(comparison.p is None for comparison in verdict.comparisons):
        return ()
    key = "ablation" if verdict.claim.kind == "ablation hurts" else "comparison"
    shown = key in {table.key for table in material.story.tables}
    won = [c.dataset for c in verdict.comparisons if _decided(c) and (c.gain or 0) > 0]
    lost = [c.dataset for c in verdict.comparisons if _decided(c) and (c.gain or 0) < 0]
    a, b = _names(verdict, material)
    parts: list[Inline] = (
        [Text("Data set by data set ("), Ref(key), Text("), ")] if shown else [Text("By data set, ")]
    )
    if not won and not lost:
        return (*parts, Text(f"the difference between {a} and {b} is decided on none."))
    pieces = [
        (Text(f"in favour of {name} on "), *enumerate_words(map(material.dataset, datasets)))
        for name, datasets in ((a, won), (b, lost))
        if datasets
    ]
    rest = "" if len(won) + len(lost) == len(verdict.comparisons) else "; elsewhere it is open"
    return (*parts, Text("the difference is decided "), *enumerate_parts(pieces), Text(f"{rest}."))


def takeaway(material: Material) -> Parts:
    """The main result, said directly: a clause per claim about a baseline; without claims the best rank."""
    main = [verdict for verdict in material.verdicts if verdict.claim.kind == "better"] or list(
        material.verdicts
    )
    if not main:
        return _leader(material)
    return (*enumerate_parts(_clauses(main, material), last="; "), Text("."))


def tally(material: Material) -> Parts:
    """Which claims hold, which are open and which are contradicted; empty without claims."""
    pieces: list[Inline] = []
    for word, opening in _TALLY.items():
        found = [verdict for verdict in material.verdicts if verdict.word is word]
        if found:
            named = [_claimed(verdict, material) for verdict in found]
            pieces += [Text(opening), *enumerate_words(named), Text(". ")]
            reasons = sorted({verdict.reason for verdict in found})
            pieces += [Text(f"The reason: {'; '.join(reasons)}. ")] if word is not Word.SUPPORTED else []
    return tuple(pieces)


def ranking_sentence(material: Material) -> Parts:
    """The average ranks of all methods with the test between them; empty where they cannot be ranked."""
    ranking = _ranking(material)
    if ranking is None:
        return ()
    shown = ranking.methods[:_MOST_RANKS]
    ranks = [
        (
            Text(f"{material.method(method)} ("),
            Number(ranking.quantity("rank", method), decimals=2),
            Text(")"),
        )
        for method in shown
    ]
    every = "every method has" if set(ranking.methods) == set(material.study.methods) else "all of these have"
    parts: list[Inline] = [
        Text("By average rank over the "),
        *counted(ranking.quantity("n_datasets"), "data set"),
        Text(f" on which {every} a value, the order is "),
        *enumerate_parts(ranks),
    ]
    if len(shown) < len(ranking.methods):
        parts.append(Text("; the others follow"))
    return (*parts, *_friedman(ranking))


_TALLY = {
    Word.SUPPORTED: "The evidence supports: ",
    Word.CONTRADICTED: "The evidence contradicts: ",
    Word.EQUIVALENT: "No difference that matters was found: ",
    Word.INCONCLUSIVE: "The evidence does not decide: ",
    Word.UNTESTED: "Not tested: ",
}
_CLAIMED = {
    "not worse than": "{a} not worse than {b}",
    "equivalent": "{a} equivalent to {b}",
    "reaches with fewer steps": "{a} in fewer steps than {b}",
}


def _claimed(verdict: Verdict, material: Material) -> str:
    a, b = _names(verdict, material)
    return _CLAIMED.get(verdict.claim.kind, "{a} better than {b}").format(a=a, b=b)


def _names(verdict: Verdict, material: Material) -> tuple[str, str]:
    return material.method(verdict.claim.method), material.method(verdict.claim.over)


def _pair(verdict: Verdict) -> PairOverDatasets:
    assert verdict.ranking is not None
    return verdict.ranking.pair(verdict.claim.method, verdict.claim.over)


def _over_datasets(verdict: Verdict, material: Material) -> Parts:
    pair = _pair(verdict)
    return (
        Text("it is ahead on "),
        Number(pair.quantity("wins")),
        Text(", level on "),
        Number(pair.quantity("ties")),
        Text(" and behind on "),
        Number(pair.quantity("losses")),
        Text("; the median gain is "),
        *_gain(pair.quantity("hodges_lehmann"), *_ends(pair), material),
        *_tested("Wilcoxon signed-rank test over data sets", verdict, material),
        Text("."),
    )


def _average(verdict: Verdict, material: Material) -> Parts:
    average = verdict.average
    assert average is not None
    low, high = average.quantity("low"), average.quantity("high")
    return (
        Text("the average gain over "),
        *counted(average.quantity("n"), "data set"),
        Text(" is "),
        *_gain(average.quantity("gain"), low, high, material),
        *_tested("t test over the variances inside the cells", verdict, material),
        Text(". It speaks of exactly these data sets."),
    )


def _one(verdict: Verdict, material: Material) -> Parts:
    comparison = verdict.comparisons[0]
    value, low, high = (comparison.quantity(field) for field in ("difference", "low", "high"))
    return (
        Text("the difference is "),
        *_gain(value, low, high, material),
        Text(" with "),
        *counted(comparison.quantity("n"), "seed"),
        Text(" each"),
        *_effect(comparison),
        *_tested(f"{comparison.test} test", verdict, material),
    )


def _assessed(verdict: Verdict, material: Material) -> Parts:
    """The numbers of designs (c) to (g), data set by data set."""
    pieces: list[Parts] = []
    for each in verdict.assessments:
        where = f"on {material.dataset(each.dataset)} " if each.dataset else ""
        if each.gain is None:
            pieces.append((Text(f"{where}{each.refusal or each.test}"),))
            continue
        width = (each.high - each.low) / 2 if each.low is not None and each.high is not None else each.gain
        decimals = decimals_for(width)
        parts: list[Inline] = [
            Text(f"{where}{each.estimator}: "),
            Number(each.quantity("gain"), decimals=decimals, signed=True),
        ]
        if each.low is not None and each.high is not None:
            ends = interval(each.quantity("low"), each.quantity("high"), decimals=decimals)
            parts += [Text(", interval "), *ends]
        if each.p_adjusted is not None:
            parts += [Text(f" ({each.test}, "), *_p(each.quantity("p_adjusted")), Text(")")]
        pieces.append(tuple(parts))
    return (*enumerate_parts(pieces, last="; "), Text("."))


def _tested(test: str, verdict: Verdict, material: Material) -> Parts:
    """` (Wilcoxon signed-rank test, p = 0.375, Holm-adjusted over the claims)`; empty without a test."""
    if verdict.p_adjusted is None:
        return ()
    # A claim about a margin has a test of its own, which is not the one that compares with zero.
    named = test if verdict.claim.kind in ("better", "ablation hurts") else "test of the claim"
    over = ", Holm-adjusted over the claims" if verdict.correction.startswith("Holm") else ""
    return (Text(f" ({named}, "), *_p(verdict.p_quantity(material.table)), Text(f"{over})"))


def _effect(comparison: Comparison) -> Parts:
    if comparison.effect is None:
        return ()
    return (Text(", Hedges’ g = "), Number(comparison.quantity("effect"), decimals=2))


def _untested(verdict: Verdict, material: Material) -> Parts:
    a, b = _names(verdict, material)
    single = [comparison for comparison in verdict.comparisons if comparison.design == "h"]
    if len(verdict.comparisons) == 1 and single:
        value = [
            Number(side.quantity("value"), None, material.study.metric.percent, True)
            for side in (single[0].a, single[0].b)
        ]
        return (
            Text(f"In a single run each, {a} scored "),
            value[0],
            Text(f" and {b} "),
            value[1],
            Text("; a single seed allows no conclusion about the methods."),
        )
    return (Text(f"Whether {a} improves on {b} was not tested: {verdict.reason}."),)


def _clauses(verdicts: list[Verdict], material: Material) -> list[Parts]:
    """A clause per verdict; one that says of another baseline what the clause before said is shortened."""
    clauses: list[Parts] = []
    last = ""
    for verdict in verdicts:
        a, b = _names(verdict, material)
        verb = strength(verdict)
        said = f"the same holds against {b}" if (opening := f"{a} {verb}") == last else f"{opening} {b}"
        clauses.append(_clause(said, verdict, material))
        last = opening
    return clauses


def _clause(said: str, verdict: Verdict, material: Material) -> Parts:
    if verdict.word is Word.UNTESTED or verdict.assessments:
        return (Text(said),)
    if verdict.average is not None:
        average = verdict.average
        gain = _gain(average.quantity("gain"), average.quantity("low"), average.quantity("high"), material)
        return (Text(f"{said} (average gain "), *gain, Text(")"))
    if verdict.ranking is not None:
        pair = _pair(verdict)
        gain = _gain(pair.quantity("hodges_lehmann"), *_ends(pair), material)
        return (
            Text(f"{said} (median gain over "),
            *counted(pair.quantity("n"), "data set"),
            Text(" "),
            *gain,
            Text(")"),
        )
    comparison = verdict.comparisons[0]
    value, low, high = (comparison.quantity(field) for field in ("difference", "low", "high"))
    return (Text(f"{said} (difference "), *_gain(value, low, high, material), Text(")"))


def _leader(material: Material) -> Parts:
    ranking = _ranking(material)
    if ranking is None:
        return ()
    best = ranking.methods[0]
    return (
        Text(f"{material.method(best)} has the best average rank ("),
        Number(ranking.quantity("rank", best), decimals=2),
        Text(") over "),
        *counted(ranking.quantity("n_datasets"), "data set"),
        Text("; no claim about a single pair of methods was declared."),
    )


def _ranking(material: Material) -> Ranking | None:
    study = material.study
    if len(study.methods) < 2 or len(study.datasets) < 2:
        return None
    try:
        ranking = rank_methods(
            material.table,
            study.metric.name,
            split=study.split,
            methods=study.methods,
            datasets=study.datasets,
            pairs=(),
        )
    except PaperbackError:
        return None
    return ranking if len(ranking.datasets) > 1 else None


def _friedman(ranking: Ranking) -> Parts:
    if ranking.friedman_p is None:
        return (Text("."),)
    decided = ranking.friedman_p < ALPHA
    said = (
        "the ranks differ by more than chance explains"
        if decided
        else "the ranks do not differ by more than chance explains"
    )
    # Where every data set ranks alike, F is infinite and not printed.
    statistic: Parts = ()
    if ranking.friedman_statistic is not None:
        statistic = (Text("F = "), Number(ranking.quantity("friedman_statistic"), decimals=2), Text(", "))
    return (
        Text(f"; {said} (Iman–Davenport test, "),
        *statistic,
        *_p(ranking.quantity("friedman_p")),
        Text(")."),
    )


def _ends(pair: PairOverDatasets) -> tuple[Quantity | None, Quantity | None]:
    if pair.low is None or pair.high is None:
        return None, None
    return pair.quantity("low"), pair.quantity("high")


def _gain(value: Quantity, low: Quantity | None, high: Quantity | None, material: Material) -> Parts:
    """`+0.42 percentage points, interval [−0.1, 0.9]`."""
    metric = material.study.metric
    width = (high.value - low.value) / 2 if low and high else value.value
    decimals = metric.decimals if metric.decimals is not None else decimals_for(width, percent=metric.percent)
    unit = " percentage points" if metric.percent or metric.unit == "%" else f" {metric.unit}".rstrip()
    unit = "" if metric.unit == "fraction" and not metric.percent else unit
    number = Number(value, decimals=decimals, percent=metric.percent, signed=True)
    if low is None or high is None:
        return (number, Text(unit))
    ends = interval(low, high, decimals=decimals, percent=metric.percent)
    return (number, Text(f"{unit}, interval "), *ends)


def _p(quantity: Quantity) -> Parts:
    return (Text("p "), Number(quantity, decimals=_P_DECIMALS, relation=True))


def _decided(comparison: Comparison) -> bool:
    return comparison.p_adjusted is not None and comparison.p_adjusted < ALPHA
