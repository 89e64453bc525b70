"""Sentences about claims whose unit is an item, a cluster, a task's run, a curve or a trial."""

from collections.abc import Sequence

from paperback.claims import Verdict, Word
from paperback.evidence import Assessment
from paperback.notes.prose import Text
from paperback.paper.document import Inline, Number
from paperback.paper.gains import gain_parts, p_parts
from paperback.paper.material import Material
from paperback.paper.phrases import Parts, counted, enumerate_parts, interval
from paperback.runs import Metric
from paperback.story.decimals import decimals_for

_SHARE_DECIMALS = 2
_SCOPE = {
    "c": "It covers the sampling of test items, not retraining.",
    "d": "It covers the sampling of clusters of test items, not retraining.",
    "e": "It speaks of exactly these tasks.",
    "f": "",
    "g": "It speaks of the searched score; the score of the winner needs fresh runs.",
}


def weighed_parts(verdict: Verdict, material: Material) -> Parts:
    """The numbers behind a verdict of designs (c) to (g), data set by data set, and of what they speak."""
    metric = material.table.metrics[verdict.claim.metric]
    single = len(verdict.assessments) == 1
    pieces = [_one(each, metric, material, verdict if single else None) for each in verdict.assessments]
    parts: list[Inline] = [*enumerate_parts(pieces, last="; "), Text(". ")]
    if not single and verdict.p_adjusted is not None:
        parts += [
            Text("That it holds on all of them has "),
            *p_parts(verdict.p_quantity(material.table)),
            Text(f", the largest of these{_over_claims(verdict)}. "),
        ]
    parts += [Text(words) for words in _noted(verdict)]
    return tuple(parts)


def weighed_clause(verdict: Verdict, material: Material) -> Parts:
    """` (gain +20 percentage points, interval [7.6, 32.0])`; empty where it speaks of several data sets.

    A ratio of steps is no gain in the metric's unit, and stands in the claim's own sentence alone.
    """
    single = len(verdict.assessments) == 1 and "threshold" not in verdict.assessments[0].figures
    if not single or verdict.word is Word.UNTESTED:
        return ()
    metric = material.table.metrics[verdict.claim.metric]
    each = verdict.assessments[0]
    place = (
        f" on {material.dataset(each.dataset)}" if each.dataset and len(material.study.datasets) > 1 else ""
    )
    return (Text(f" (gain{place} "), *_gain(each, metric), Text(")"))


def design_sentence(verdicts: Sequence[Verdict]) -> str:
    """With which tests and intervals the claims of designs (c) to (g) were weighed; empty without any."""
    found = [each for verdict in verdicts for each in verdict.assessments if each.p is not None]
    if not found:
        return ""
    told = []
    for design in sorted({each.design for each in found}):
        of = [each for each in found if each.design == design]
        tests = " or ".join(sorted({each.test for each in of}))
        named = sorted({each.interval for each in of if not each.interval.startswith("none")})
        ends = f", with the interval: {' or '.join(named)}" if named else ""
        told.append(f"{_WEIGHED[design]} ({tests}{ends}). ")
    return "".join(told)


_WEIGHED = {
    "c": "Methods are compared on the test items that both were asked",
    "d": "Methods are compared on the test items that both were asked, and items of a cluster count together",
    "e": "Methods are compared by the interquartile mean over runs and tasks",
    "f": "Methods are compared by one number per learning curve",
    "g": "Methods are compared by the expected best of equally many trials",
}


def _one(each: Assessment, metric: Metric, material: Material, verdict: Verdict | None) -> Parts:
    where = f"on {material.dataset(each.dataset)}, " if each.dataset and verdict is None else ""
    if each.gain is None:
        return (Text(f"{where}{each.refusal or each.test.removeprefix('none: ')}"),)
    said = {
        "c": _items,
        "d": _clusters,
        "e": _tasks,
        "f": _curves,
        "g": _trials,
    }[each.design]
    return (Text(where), *said(each, metric), *_tested(each, verdict, material))


def _items(each: Assessment, metric: Metric) -> Parts:
    parts: list[Inline] = [Text("over the "), *counted(each.quantity("n"), "item")]
    parts += [Text(" that both were asked, the gain is "), *_gain(each, metric)]
    if "only_a" in each.figures:
        parts += [
            Text("; it is right on "),
            *counted(each.quantity("only_a"), "item"),
            Text(" where the other is wrong, and wrong on "),
            Number(each.quantity("only_b")),
            Text(" where the other is right"),
        ]
    return tuple(parts)


def _clusters(each: Assessment, metric: Metric) -> Parts:
    if "questions" not in each.figures:
        return (Text("the gain is "), *_gain(each, metric))
    return (
        Text("over "),
        *counted(each.quantity("questions"), "item"),
        Text(" in "),
        *counted(each.quantity("clusters"), "cluster"),
        Text(", the gain is "),
        *_gain(each, metric),
        Text("; clustering multiplies the variance by "),
        Number(each.quantity("design_effect"), decimals=_SHARE_DECIMALS),
    )


def _tasks(each: Assessment, metric: Metric) -> Parts:
    parts: list[Inline] = [
        Text("over "),
        *counted(each.quantity("tasks"), "task"),
        Text(" with at least "),
        *counted(each.quantity("n"), "run"),
        Text(" each, the interquartile mean is "),
        *_both(each, metric),
        Text(", a gain of "),
        *_gain(each, metric),
    ]
    if "improvement_low" in each.figures:
        ends = [each.quantity(f"improvement_{end}") for end in ("low", "high")]
        parts += [
            Text("; a run of it is better than one of the other with probability "),
            Number(each.quantity("improvement"), decimals=_SHARE_DECIMALS),
            Text(", interval "),
            *interval(ends[0], ends[1], decimals=_SHARE_DECIMALS),
        ]
    return tuple(parts)


def _curves(each: Assessment, metric: Metric) -> Parts:
    runs = (Text(" with "), *counted(each.quantity("n"), "run"), Text(" each"))
    if "threshold" not in each.figures:
        return (Text(f"by the {each.estimator}, the gain is "), *_gain(each, metric), *runs)
    parts: list[Inline] = [
        Text("to reach "),
        Number(each.quantity("threshold")),
        Text(", the other takes "),
        Number(each.quantity("ratio"), decimals=_SHARE_DECIMALS),
        Text(" times as many steps (ratio of geometric means)"),
    ]
    if "ratio_low" in each.figures:
        ends = [each.quantity(f"ratio_{end}") for end in ("low", "high")]
        parts += [Text(", interval "), *interval(ends[0], ends[1], decimals=_SHARE_DECIMALS)]
    lost = [each.quantity(f"censored_{side}") for side in "ab"]
    if any(quantity.value for quantity in lost):
        parts += [Text("; never reached by "), Number(lost[0]), Text(" and "), Number(lost[1]), Text(" runs")]
    return (*parts, *runs)


def _trials(each: Assessment, metric: Metric) -> Parts:
    if "budget" not in each.figures:
        return (Text("the gain is "), *_gain(each, metric))
    return (
        Text("at an equal budget of "),
        *counted(each.quantity("budget"), "trial"),
        Text(", the expected best is "),
        *_both(each, metric),
        Text(", a gain of "),
        *_gain(each, metric),
        Text("; the order holds from "),
        *counted(each.quantity("holds_from"), "trial"),
        Text(" on"),
    )


def _both(each: Assessment, metric: Metric) -> Parts:
    decimals = _width_decimals(each, percent=metric.percent)
    sides = [Number(each.quantity(side), decimals, metric.percent, True) for side in ("a", "b")]
    return (sides[0], Text(" against "), sides[1])


def _gain(each: Assessment, metric: Metric) -> Parts:
    ends = [each.quantity(end) if getattr(each, end) is not None else None for end in ("low", "high")]
    return gain_parts(each.quantity("gain"), ends[0], ends[1], metric)


def _width_decimals(each: Assessment, *, percent: bool) -> int:
    wide = each.low is not None and each.high is not None
    width = (each.high - each.low) / 2 if wide else each.gain or 0.0  # type: ignore[operator]
    return decimals_for(width, percent=percent)


def _tested(each: Assessment, verdict: Verdict | None, material: Material) -> Parts:
    """` (exact McNemar, p = 0.003, Holm-adjusted over the claims)`; not adjusted where `verdict` is None."""
    if each.p is None:
        return (Text(f" (no test: {each.refusal or each.test.removeprefix('none: ')})"),)
    p = each.quantity("p") if verdict is None else verdict.p_quantity(material.table)
    over = "" if verdict is None else _over_claims(verdict)
    return (Text(f" ({each.test}, "), *p_parts(p), Text(f"{over})"))


def _over_claims(verdict: Verdict) -> str:
    return ", Holm-adjusted over the claims" if verdict.correction.startswith("Holm") else ""


def _noted(verdict: Verdict) -> list[str]:
    """What a careful reader must know, one sentence each."""
    told = dict.fromkeys(
        warning
        for each in verdict.assessments
        for warning in each.warnings
        if not warning.startswith(("covers", "speaks"))
    )
    sentences = [f"{warning[:1].upper()}{warning[1:]}. " for warning in told]
    return [*sentences, _SCOPE[verdict.design]]
