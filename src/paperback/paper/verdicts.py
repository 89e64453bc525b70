"""Sentences about claims: none is stronger than its verdict allows."""

from collections.abc import Sequence
from itertools import groupby

from paperback.claims import Verdict, Word, strength
from paperback.errors import PaperbackError
from paperback.evidence import Assessment, Comparison, PairOverDatasets, Quantity, Ranking, rank_methods
from paperback.evidence.contrast import ALPHA
from paperback.evidence.signed_rank import FEWEST as FEWEST_DATASETS
from paperback.notes.prose import Text
from paperback.paper.document import Inline, Number, Ref
from paperback.paper.gains import gain_parts, p_parts
from paperback.paper.material import Material
from paperback.paper.phrases import Parts, counted, enumerate_parts, enumerate_words
from paperback.paper.scaled import scaled_clause, scaled_parts
from paperback.paper.weighed import weighed_clause, weighed_parts
from paperback.runs import Metric

_MOST_RANKS = 8
# Of an abstract; what the evidence says of the other claims is told without its numbers.
_MOST_CLAUSES = 4
# Values of data sets that differ by more than this are not on one scale.
_MOST_TIMES = 10


def verdict_sentence(verdict: Verdict, material: Material) -> Parts:
    """What the evidence says of one claim, with its numbers."""
    if verdict.claim.kind == "scales as":
        return scaled_parts(verdict, material)
    if verdict.word is Word.UNTESTED:
        return _untested(verdict, material)
    a, b = _names(verdict, material)
    said = f"{a} {strength(verdict)} {b}: "
    if verdict.assessments:
        return (*_opening(verdict, material), Text(said), *weighed_parts(verdict, material))
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
    found: list[Comparison | Assessment] = [*verdict.comparisons, *verdict.assessments]
    if len(found) < 2 or all(each.p is None for each in found):
        return ()
    key = "ablation" if verdict.claim.kind == "ablation hurts" else "comparison"
    shown = key in {table.key for table in material.story.tables}
    won = [each.dataset for each in found if _decided(each) and (each.gain or 0) > 0]
    lost = [each.dataset for each in found if _decided(each) and (each.gain or 0) < 0]
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
    rest = "" if len(won) + len(lost) == len(found) else "; elsewhere it is open"
    return (*parts, Text("the difference is decided "), *enumerate_parts(pieces), Text(f"{rest}."))


def takeaway(material: Material) -> Parts:
    """The main result, said directly: a clause per claim about a baseline; without claims the best rank."""
    main = [verdict for verdict in material.verdicts if verdict.claim.kind == "better"] or list(
        material.verdicts
    )
    if not main:
        return _leader(material)
    first, rest = main[:_MOST_CLAUSES], main[_MOST_CLAUSES:]
    besides = [Text(" "), *_tallied(rest, material)] if rest else []
    return (*enumerate_parts(_clauses(first, material), last="; ", between="; "), Text("."), *besides)


def tally(material: Material) -> Parts:
    """Which claims hold, which are open and which are contradicted, and why; empty without claims."""
    return _tallied(material.verdicts, material, reasons=True)


def _tallied(verdicts: Sequence[Verdict], material: Material, *, reasons: bool = False) -> Parts:
    pieces: list[Inline] = []
    for word, opening in _TALLY.items():
        found = [verdict for verdict in verdicts if verdict.word is word]
        if found:
            named = [_claimed(verdict, material) for verdict in found]
            pieces += [Text(f"{' ' if pieces else ''}{opening}"), *enumerate_words(named), Text(".")]
            why = "; ".join(sorted({verdict.reason for verdict in found}))
            pieces += [Text(f" The reason: {why}.")] if reasons and word is not Word.SUPPORTED else []
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
    "scales as": "{a} better with size",
}


def _claimed(verdict: Verdict, material: Material) -> str:
    a, b = _names(verdict, material)
    return _CLAIMED.get(verdict.claim.kind, "{a} better than {b}").format(a=a, b=b)


def _names(verdict: Verdict, material: Material) -> tuple[str, str]:
    return material.method(verdict.claim.method), material.method(verdict.claim.over)


def _metric(verdict: Verdict, material: Material) -> Metric:
    return material.table.metrics[verdict.claim.metric]


def _opening(verdict: Verdict, material: Material) -> Parts:
    """On which one data set a claim of designs (c) to (g) speaks; empty where it speaks of several."""
    places = [each.dataset for each in verdict.assessments if each.dataset]
    return (Text(f"On {material.dataset(places[0])}, "),) if len(places) == 1 else ()


def _pair(verdict: Verdict) -> PairOverDatasets:
    assert verdict.ranking is not None
    return verdict.ranking.pair(verdict.claim.method, verdict.claim.over)


def _over_datasets(verdict: Verdict, material: Material) -> Parts:
    pair = _pair(verdict)
    metric = _metric(verdict, material)
    tested = _tested("Wilcoxon signed-rank test over data sets", verdict, material)
    counts = (
        Text("it is ahead on "),
        Number(pair.quantity("wins")),
        Text(", level on "),
        Number(pair.quantity("ties")),
        Text(" and behind on "),
        Number(pair.quantity("losses")),
    )
    if not _one_scale(verdict, metric):
        told = ". Their scales differ, so no gain is averaged over them."
        return (*counts, *tested, Text(told))
    gain = gain_parts(pair.quantity("hodges_lehmann"), *_ends(pair), metric)
    return (*counts, Text("; the median gain is "), *gain, *tested, Text("."))


def _one_scale(verdict: Verdict, metric: Metric) -> bool:
    """Whether a gain on one of the data sets means as much as on another: shares, or values of one size."""
    if metric.unit in ("fraction", "%"):
        return True
    sizes = [max(abs(each.a.value), abs(each.b.value)) for each in verdict.comparisons]
    sizes = [size for size in sizes if size > 0]
    return not sizes or max(sizes) <= _MOST_TIMES * min(sizes)


def _average(verdict: Verdict, material: Material) -> Parts:
    average = verdict.average
    assert average is not None
    low, high = average.quantity("low"), average.quantity("high")
    return (
        Text("the average gain over "),
        *counted(average.quantity("n"), "data set"),
        Text(" is "),
        *gain_parts(average.quantity("gain"), low, high, _metric(verdict, material)),
        *_tested("t test over the variances inside the cells", verdict, material),
        Text(". It speaks of exactly these data sets."),
    )


def _one(verdict: Verdict, material: Material) -> Parts:
    comparison = verdict.comparisons[0]
    value, low, high = (comparison.quantity(field) for field in ("difference", "low", "high"))
    return (
        Text("the difference is "),
        *gain_parts(value, low, high, _metric(verdict, material)),
        Text(" with "),
        *counted(comparison.quantity("n"), "seed"),
        Text(" each"),
        *_effect(comparison),
        *_tested(f"{comparison.test} test", verdict, material),
    )


def _tested(test: str, verdict: Verdict, material: Material) -> Parts:
    """` (Wilcoxon signed-rank test, p = 0.375, Holm-adjusted over the claims)`; empty without a test."""
    if verdict.p_adjusted is None:
        return ()
    # A claim about a margin has a test of its own, which is not the one that compares with zero.
    named = test if verdict.claim.kind in ("better", "ablation hurts") else "test of the claim"
    over = ", Holm-adjusted over the claims" if verdict.correction.startswith("Holm") else ""
    return (Text(f" ({named}, "), *p_parts(verdict.p_quantity(material.table)), Text(f"{over})"))


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
    """A clause per verdict; what is said of one baseline is not said again in full of the next.

    Baselines against which nothing was tested have no numbers, and share a clause.
    """
    clauses: list[Parts] = []
    for opening, alike in groupby(verdicts, key=lambda verdict: _verb_of(verdict, material)):
        group = list(alike)
        if not opening:
            clauses += [scaled_clause(verdict, material) for verdict in group]
            continue
        others = [_names(verdict, material)[1] for verdict in group]
        if group[0].word is Word.UNTESTED:
            clauses.append((Text(f"{opening} "), *enumerate_words(others)))
            continue
        said = [f"{opening} {others[0]}", *(f"the same holds against {other}" for other in others[1:])]
        clauses += [_clause(words, verdict, material) for words, verdict in zip(said, group, strict=True)]
    return clauses


def _verb_of(verdict: Verdict, material: Material) -> str:
    """`ours improves on`; empty for a claim of scaling, which has no rival."""
    is_scaling = verdict.claim.kind == "scales as"
    return "" if is_scaling else f"{_names(verdict, material)[0]} {strength(verdict)}"


def _clause(said: str, verdict: Verdict, material: Material) -> Parts:
    if verdict.assessments:
        return (Text(said), *weighed_clause(verdict, material))
    if verdict.average is not None:
        average = verdict.average
        gain = gain_parts(
            average.quantity("gain"),
            average.quantity("low"),
            average.quantity("high"),
            _metric(verdict, material),
        )
        over = _over(average.quantity("n"), material)
        return (Text(f"{said} (average gain over "), *over, Text(" "), *gain, Text(")"))
    if verdict.ranking is not None and not _one_scale(verdict, _metric(verdict, material)):
        pair = _pair(verdict)
        ahead, all_of = Number(pair.quantity("wins")), _over(pair.quantity("n"), material)
        return (Text(f"{said} (ahead on "), ahead, Text(" of "), *all_of, Text(")"))
    if verdict.ranking is not None:
        pair = _pair(verdict)
        gain = gain_parts(pair.quantity("hodges_lehmann"), *_ends(pair), _metric(verdict, material))
        return (
            Text(f"{said} (median gain over "),
            *_over(pair.quantity("n"), material),
            Text(" "),
            *gain,
            Text(")"),
        )
    comparison = verdict.comparisons[0]
    value, low, high = (comparison.quantity(field) for field in ("difference", "low", "high"))
    return (
        Text(f"{said} (difference{_place(comparison.dataset, material)} "),
        *gain_parts(value, low, high, _metric(verdict, material)),
        Text(")"),
    )


def _leader(material: Material) -> Parts:
    ranking = _ranking(material)
    if ranking is None:
        return ()
    best = ranking.methods[0]
    return (
        Text(f"{material.method(best)} has the best average rank ("),
        Number(ranking.quantity("rank", best), decimals=2),
        Text(") over "),
        *_over(ranking.quantity("n_datasets"), material),
        *_friedman(ranking),
    )


def _over(number: Quantity, material: Material) -> Parts:
    """`6 data sets`; `5 of the 65 data sets` where the study has more than are spoken of."""
    study = material.study
    if number.value >= len(study.datasets):
        return counted(number, "data set")
    return (Number(number), Text(" of the "), *counted(study.count(material.table, "datasets"), "data set"))


def _place(dataset: str, material: Material) -> str:
    """` on wine`, where the study has other data sets besides."""
    return f" on {material.dataset(dataset)}" if dataset and len(material.study.datasets) > 1 else ""


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
    # On fewer data sets than a test over them needs, ranks are described and not tested.
    if ranking.friedman_p is None or len(ranking.datasets) < FEWEST_DATASETS:
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
        *p_parts(ranking.quantity("friedman_p")),
        Text(")."),
    )


def _ends(pair: PairOverDatasets) -> tuple[Quantity | None, Quantity | None]:
    if pair.low is None or pair.high is None:
        return None, None
    return pair.quantity("low"), pair.quantity("high")


def _decided(comparison: Comparison | Assessment) -> bool:
    return comparison.p_adjusted is not None and comparison.p_adjusted < ALPHA
