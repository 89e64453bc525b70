"""Verdicts of the other kinds of claims, of families, and of designs beyond seeds and data sets."""

import json
import math
from collections.abc import Iterable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from paperback.claims import (
    Verdict,
    Word,
    missing_evidence,
    state_claims,
    strength,
    unlocked,
)
from paperback.errors import EvidenceError, SettingsError
from paperback.evidence import recompute
from paperback.evidence.contrast import mean_difference
from paperback.evidence.quantity import Recipe
from paperback.runs import Final, Metric, MetricKey, Role, Run, RunTable, Series, Status
from paperback.settings import ClaimSettings, Settings, parse_settings
from paperback.source import Source

ROLES = ("method", "dataset", "seed")
Values = dict[tuple[str, str], list[float]]


def table_of(runs: Iterable[Run], direction: str = "higher") -> RunTable:
    made = tuple(runs)
    roles = {
        name: Role(name, name, tuple(sorted(found)), "declared", 1.0)
        for name in ROLES
        if (found := {run.identity[name] for run in made if name in run.identity})
    }
    metric = Metric("acc", "acc", "fraction", direction, False, None, "declared")  # type: ignore[arg-type]
    return RunTable(made, roles, {"acc": metric}, {"acc": MetricKey("acc", "acc", "")}, (), {})


def run_of(method: str, seed: int, value: float, dataset: str = "", **params: Any) -> Run:
    source = Source(f"{method}-{dataset}-{seed}-{params}.json", key="acc")
    identity = {"method": method, "seed": str(seed)} | ({"dataset": dataset} if dataset else {})
    return Run(
        source.path, params=params, finals={"acc": Final(value, source)}, status=Status.FINISHED,
        identity=identity, sources=(source,),
    )  # fmt: skip


def cells(values: Values) -> list[Run]:
    """Seeds differ between the methods, so that nothing is paired."""
    return [
        run_of(method, 100 * place + seed, value, dataset)
        for place, ((method, dataset), found) in enumerate(values.items())
        for seed, value in enumerate(found)
    ]


def spread(mean: float, std: float, n: int) -> list[float]:
    raw = np.arange(n) - (n - 1) / 2
    return list(mean + std * raw / raw.std(ddof=1))


def judge(
    runs: Iterable[Run], *claims: ClaimSettings, direction: str = "higher", **more: Any
) -> tuple[Verdict, ...]:
    given = Settings(proposal="ours", claims=claims)
    return state_claims(table_of(runs, direction), given, metric="acc", **more)


def pair(gain: float, *, std: float = 0.01, n: int = 5, datasets: int = 1) -> list[Run]:
    values: Values = {}
    for d in range(datasets):
        values["ours", f"d{d}"] = spread(0.5 + gain, std, n)
        values["base", f"d{d}"] = spread(0.5, std, n)
    return cells(values)


MARGINS = {
    "well inside": (0.0, 0.05, Word.SUPPORTED, Word.EQUIVALENT),
    "better than the margin": (0.2, 0.05, Word.SUPPORTED, Word.CONTRADICTED),
    "worse than the margin": (-0.2, 0.05, Word.CONTRADICTED, Word.CONTRADICTED),
    "too wide to say": (0.0, 0.01, Word.INCONCLUSIVE, Word.INCONCLUSIVE),
}


@pytest.mark.parametrize(("gain", "margin", "no_worse", "same"), MARGINS.values(), ids=MARGINS)
@pytest.mark.parametrize("datasets", [1, 3])
def test_margins(gain: float, margin: float, no_worse: Word, same: Word, datasets: int) -> None:
    """Non-inferiority needs the interval above the loss, equivalence needs it inside on both sides."""
    runs = pair(gain, datasets=datasets, std=0.01 * math.sqrt(datasets))
    words = [
        judge(runs, ClaimSettings(kind, "ours", "base", margin=margin))[0].word
        for kind in ("not worse than", "equivalent")
    ]
    assert words == [no_worse, same]


def test_non_inferiority_is_the_end_of_the_interval() -> None:
    """A claim is supported exactly where the 95 % interval of the gain ends above the margin's loss."""
    runs = pair(0.0)
    contrast = mean_difference(spread(0.5, 0.01, 5), spread(0.5, 0.01, 5), paired=False)
    low, _ = contrast.ends()
    for margin, word in ((-low * 1.001, Word.SUPPORTED), (-low * 0.999, Word.INCONCLUSIVE)):
        (verdict,) = judge(runs, ClaimSettings("not worse than", "ours", "base", margin=margin))
        assert verdict.word is word


def test_equivalence_is_two_one_sided_tests() -> None:
    """The p value is the larger of two one-sided p values of Welch's t."""
    from scipy.stats import t

    (verdict,) = judge(pair(0.004), ClaimSettings("equivalent", "ours", "base", margin=0.02))
    error = 0.01 * math.sqrt(2 / 5)
    assert verdict.p == pytest.approx(t.sf((0.02 - 0.004) / error, 8))
    assert verdict.word is Word.EQUIVALENT
    assert strength(verdict) == "is equivalent, within the declared margin, to"
    assert unlocked(verdict) == frozenset()


def test_margins_over_six_data_sets_are_wilcoxons() -> None:
    """Over data sets the gains are shifted by the margin; six gains above the loss: p = 2/64."""
    runs = pair(0.0, datasets=6)
    (verdict,) = judge(runs, ClaimSettings("not worse than", "ours", "base", margin=0.01))
    assert (verdict.word, verdict.p) == (Word.SUPPORTED, pytest.approx(2 / 64))
    (lower,) = judge(runs, ClaimSettings("not worse than", "ours", "base", margin=0.01), direction="lower")
    assert lower.word is Word.SUPPORTED


def test_a_declared_margin_turns_an_open_claim_into_equivalence() -> None:
    """A claim of being better whose gain is shown to lie within the margin is told as equivalent."""
    (verdict,) = judge(pair(0.001), ClaimSettings("better", "ours", "base", margin=0.05))
    assert verdict.word is Word.EQUIVALENT
    (open_one,) = judge(pair(0.001), ClaimSettings("better", "ours", "base"))
    assert open_one.word is Word.INCONCLUSIVE


def test_what_margins_need() -> None:
    """An open margin says how many times as many runs would decide; beyond it none would."""
    (verdict,) = judge(pair(0.0), ClaimSettings("not worse than", "ours", "base", margin=0.01))
    assert verdict.needed.startswith("About 3.1 times as many runs")
    (beyond,) = judge(pair(-0.011), ClaimSettings("not worse than", "ours", "base", margin=0.01))
    assert (beyond.word, beyond.needed[:15]) == (Word.INCONCLUSIVE, "A wider margin ")


def methods(means: list[float], *, n: int = 5, datasets: int = 1, std: float = 0.01) -> list[Run]:
    values: Values = {
        (f"m{place}", f"d{d}"): spread(mean + 0.001 * d, std, n)
        for place, mean in enumerate(means) for d in range(datasets)
    }  # fmt: skip
    return cells(values)


def test_best_of_is_games_and_howells() -> None:
    """The p value against the closest rival is the studentized range's over all methods."""
    from scipy.stats import tukey_hsd

    means = [0.55, 0.52, 0.50, 0.49]
    (verdict,) = judge(methods(means), ClaimSettings("best of", "m0", ""))
    groups = [spread(mean, 0.01, 5) for mean in means]
    assert verdict.p_adjusted == pytest.approx(tukey_hsd(*groups, equal_var=False).pvalue[0, 1], abs=1e-6)
    assert (verdict.word, verdict.claim.over) == (Word.SUPPORTED, "m1")
    assert verdict.correction == "the largest of all differences between 4 methods"
    assert "outperforms" in unlocked(verdict)


@pytest.mark.parametrize(
    ("means", "datasets", "word", "rival"),
    [
        ([0.55, 0.50, 0.50], 3, Word.SUPPORTED, "m2"),
        ([0.55, 0.50, 0.50], 8, Word.SUPPORTED, "m2"),
        ([0.50, 0.60, 0.50], 1, Word.CONTRADICTED, "m1"),
        ([0.55, 0.549, 0.50], 1, Word.INCONCLUSIVE, "m1"),
        ([0.50, 0.50, 0.50], 8, Word.INCONCLUSIVE, "m2"),
    ],
)
def test_best_of_must_be_ahead_of_every_other(
    means: list[float], datasets: int, word: Word, rival: str
) -> None:
    """One rival that is ahead contradicts, one that is level leaves it open; the closest rival is named."""
    (verdict,) = judge(methods(means, datasets=datasets), ClaimSettings("best of", "m0", ""))
    assert verdict.word is word
    if word is not Word.SUPPORTED:
        assert verdict.claim.over == rival or means[1] == means[2]


def test_best_of_without_a_test_is_untested() -> None:
    """Single runs, no other method, and methods on different data sets leave it untested, with a reason."""
    claim = ClaimSettings("best of", "m0", "")
    (single,) = judge(cells({("m0", "d"): [0.6], ("m1", "d"): [0.5]}), claim)
    assert single.word is Word.UNTESTED
    (alone,) = judge(cells({("m0", "d"): [0.6, 0.5, 0.4]}), claim)
    assert alone.reason == "there is no other method"
    (apart,) = judge(cells({("m0", "d"): [0.6, 0.5], ("m1", "e"): [0.6, 0.5]}), claim)
    assert apart.reason == "the methods share no data set"


def test_claims_on_few_data_sets_are_one_family() -> None:
    """Two claims with p = 0.03 each are supported alone and not together; the reason says why."""
    from scipy.stats import t

    gain = t.isf(0.015, 8) * 0.01 * math.sqrt(2 / 5)
    ours, base = spread(0.5 + gain, 0.01, 5), spread(0.5, 0.01, 5)
    runs = cells({("ours", "d"): ours, ("base", "d"): base, ("old", "d"): base})
    one, two = (ClaimSettings("better", "ours", name) for name in ("base", "old"))
    (alone,) = judge(runs, one)
    assert (alone.word, alone.p_adjusted) == (Word.SUPPORTED, pytest.approx(0.03))
    both = judge(runs, one, two)
    assert [verdict.word for verdict in both] == [Word.INCONCLUSIVE] * 2
    assert [verdict.p_adjusted for verdict in both] == pytest.approx([0.06, 0.06])
    assert both[0].reason == "the difference stands alone, but not among the claims that were tested together"
    assert both[0].correction == "Holm over 2 claims"


@pytest.mark.parametrize("datasets", [1, 3, 6])
def test_a_verdict_carries_what_a_sentence_needs(datasets: int) -> None:
    """Every verdict carries n, interval, effect and p; the p recomputes from its recipe, written as JSON."""
    runs = pair(0.02, datasets=datasets)
    (verdict,) = judge(runs, ClaimSettings("better", "ours", "base"))
    assert verdict.n == (6 if datasets == 6 else 5)
    assert verdict.gain == pytest.approx(0.02)
    assert verdict.low is not None
    assert verdict.high is not None
    assert verdict.low <= verdict.gain <= verdict.high
    assert (verdict.effect is None) == (datasets == 3)
    for field in ("p", "p_adjusted"):
        quantity = verdict.p_quantity(table_of(runs), field)
        assert quantity.value == getattr(verdict, field)
        again = Recipe("family", field, json.loads(json.dumps(dict(quantity.recipe.arguments))))
        assert recompute(again, table_of(runs)) == quantity.value
        assert quantity.sources
    with pytest.raises(EvidenceError, match="has no df"):
        verdict.p_quantity(table_of(runs), "df")


def test_the_best_of_claim_recomputes() -> None:
    """The p value of a pick after looking follows from its recipe too."""
    runs = methods([0.55, 0.50, 0.51])
    (verdict,) = judge(runs, ClaimSettings("best of", "m0", ""))
    quantity = verdict.p_quantity(table_of(runs))
    assert quantity.value == verdict.p_adjusted == recompute(quantity.recipe, table_of(runs))


def test_where_lower_is_better_the_interval_is_of_the_gain() -> None:
    """Gain, interval and effect are turned: a loss that is lower is a gain."""
    (verdict,) = judge(pair(-0.05), ClaimSettings("better", "ours", "base"), direction="lower")
    assert verdict.word is Word.SUPPORTED
    assert verdict.gain == pytest.approx(0.05)
    assert verdict.low is not None
    assert verdict.effect is not None
    assert verdict.low > 0
    assert verdict.effect > 0


def with_curves(speed: float, *, reached: bool = True) -> list[Run]:
    rng = np.random.default_rng(0)
    runs = []
    for method, pace in (("ours", speed), ("base", 1.0)):
        for seed in range(5):
            source = Source(f"{method}{seed}", key="acc")
            values = pace * np.arange(50) * (1 + 0.05 * rng.normal()) + (0 if reached else -1000)
            series = {"acc": Series(np.arange(50), values, "step", source)}
            identity = {"method": method, "seed": str(seed)}
            runs.append(Run(source.path, series=series, status=Status.FINISHED, identity=identity))
    return runs


@pytest.mark.parametrize(
    ("speed", "word", "verb"),
    [
        (1.5, Word.SUPPORTED, "reaches the threshold in fewer steps than"),
        (0.7, Word.CONTRADICTED, "needs more steps to the threshold than"),
        (1.0, Word.INCONCLUSIVE, "cannot be told apart, in steps to the threshold, from"),
    ],
)
def test_fewer_steps(speed: float, word: Word, verb: str) -> None:
    """Steps to the declared threshold decide, by design (f)."""
    claim = ClaimSettings("reaches with fewer steps", "ours", "base", threshold=20.0)
    (verdict,) = judge(with_curves(speed), claim)
    assert (verdict.word, verdict.design, strength(verdict)) == (word, "f", verb)
    assert verdict.assessments[0].figures["threshold"] == 20.0
    assert unlocked(verdict) == frozenset()
    assert bool(missing_evidence(verdict, table_of(with_curves(speed)))) == (word is Word.INCONCLUSIVE)


def items(right: dict[str, list[str]]) -> list[Run]:
    return [
        run_of(method, 0, float(sign), dataset=f"d{d}" if len(sides) > 1 else "", idx=place)
        for method, sides in right.items() for d, side in enumerate(sides) for place, sign in enumerate(side)
    ]  # fmt: skip


AHEAD, BEHIND = "1" * 30, "1" * 20 + "0" * 10


@pytest.mark.parametrize(
    ("ours", "base", "word"),
    [
        ([AHEAD], [BEHIND], Word.SUPPORTED),
        ([BEHIND], [AHEAD], Word.CONTRADICTED),
        ([AHEAD, AHEAD], [BEHIND, BEHIND], Word.SUPPORTED),
        ([AHEAD, BEHIND], [BEHIND, AHEAD], Word.INCONCLUSIVE),
        ([AHEAD], [AHEAD], Word.UNTESTED),
    ],
)
def test_items_decide_where_they_are_allowed_to(ours: list[str], base: list[str], word: Word) -> None:
    """With all designs items are weighed; every benchmark must agree; the scope is in the reason."""
    runs = items({"ours": ours, "base": base})
    (verdict,) = judge(runs)
    assert (verdict.word, verdict.design, len(verdict.assessments)) == (word, "c", len(ours))
    if word is Word.SUPPORTED:
        assert verdict.reason.endswith("over test items; retraining was not measured")
        assert verdict.low is None or verdict.low > 0
    assert (verdict.needed == "") == (word in (Word.SUPPORTED, Word.CONTRADICTED))
    overruled = Settings(proposal="ours", design="b")
    (closed,) = state_claims(table_of(runs), overruled, metric="acc")
    assert closed.word is Word.UNTESTED
    assert not closed.assessments


def test_margins_are_not_claimed_over_items() -> None:
    """A margin over items has no test here and is told so; an unknown method too."""
    runs = items({"ours": [AHEAD], "base": [BEHIND]})
    claim = ClaimSettings("equivalent", "ours", "base", margin=0.1)
    (verdict,) = judge(runs, claim)
    assert verdict.reason == "a margin is not tested by this design"
    (unknown,) = judge(runs, ClaimSettings("better", "ours", "bas"))
    assert unknown.reason == "one of the methods was never run"
    assert "'base'" in unknown.needed


def test_missing_seeds_and_cells() -> None:
    """An open claim names each cell with how many runs there are and how many would decide."""
    runs = pair(0.01)
    (verdict,) = judge(runs, ClaimSettings("better", "ours", "base"))
    found = missing_evidence(verdict, table_of(runs))
    assert [(m.kind, m.method, m.dataset, m.have, m.want) for m in found] == [
        ("seeds", "ours", "d0", 5, 17),
        ("seeds", "base", "d0", 5, 17),
    ]
    assert found[0].words == "17 runs of ours on d0; there are 5."
    gap = [*pair(0.01), *cells({("ours", "d9"): [0.5, 0.6, 0.7]})]
    (holed,) = judge(gap, ClaimSettings("better", "ours", "base"))
    assert [
        (m.kind, m.method, m.want) for m in missing_evidence(holed, table_of(gap)) if m.dataset == "d9"
    ] == [
        ("seeds", "ours", 17),
        ("cell", "base", 17),
    ]


def test_missing_evidence_of_every_sort() -> None:
    """Two seeds ask for three, single runs too; baselines, directions, metrics and data sets are named."""
    two = pair(0.1, n=2)
    (verdict,) = judge(two, ClaimSettings("better", "ours", "base"))
    assert {(m.kind, m.have, m.want) for m in missing_evidence(verdict, table_of(two))} == {("seeds", 2, 3)}
    runs = pair(0.1)
    (absent,) = judge(runs, ClaimSettings("better", "ours", "new"))
    assert [(m.kind, m.method) for m in missing_evidence(absent, table_of(runs))] == [("baseline", "new")]
    (unsaid,) = judge(runs, ClaimSettings("better", "ours", "base"), direction="unknown")
    assert [m.kind for m in missing_evidence(unsaid, table_of(runs, "unknown"))] == ["direction"]
    (other,) = judge(runs, ClaimSettings("better", "ours", "base", metric="f1"))
    assert [m.kind for m in missing_evidence(other, table_of(runs))] == ["metric"]
    mixed = cells({(m, f"d{d}"): spread(0.5 + (m == "ours") * 0.01 * (-1) ** d * (d + 1), 0.01, 3)
                   for m in ("ours", "base") for d in range(8)})  # fmt: skip
    (many,) = judge(mixed, ClaimSettings("better", "ours", "base"))
    (found,) = missing_evidence(many, table_of(mixed))
    assert (found.kind, found.have) == ("data sets", 8)
    assert missing_evidence(judge(runs, ClaimSettings("better", "ours", "base"))[0], table_of(runs)) == ()
    hopeless = pair(1e-7)
    (never,) = judge(hopeless, ClaimSettings("better", "ours", "base"))
    assert missing_evidence(never, table_of(hopeless))[0].want is None
    none = items({"ours": [AHEAD], "base": [AHEAD]})
    (level,) = judge(none)
    assert [m.kind for m in missing_evidence(level, table_of(none))] == ["units"]


@pytest.mark.parametrize(
    ("table", "words"),
    [
        ({"kind": "not worse than", "method": "a", "over": "b"}, "lacks 'margin'"),
        ({"kind": "reaches with fewer steps", "method": "a", "over": "b"}, "lacks 'threshold'"),
        ({"kind": "equivalent", "method": "a", "over": "b", "margin": 0}, "margin is 0"),
        ({"kind": "equivalent", "method": "a", "over": "b", "margin": True}, "Give a number"),
        ({"kind": "better", "method": "a"}, "lacks 'over'"),
    ],
)
def test_claims_that_are_declared_by_half_are_refused(table: dict[str, Any], words: str) -> None:
    """A margin or threshold is declared before looking, or the claim is no claim."""
    with pytest.raises(SettingsError, match=words):
        parse_settings({"claims": [table]})


def test_claims_are_declared_in_full() -> None:
    """A whole number serves as a margin; the best of all needs no other method."""
    given = parse_settings(
        {"claims": [{"kind": "best of", "method": "a"},
                    {"kind": "equivalent", "method": "a", "over": "b", "margin": 1}]}
    )  # fmt: skip
    assert given.claims[0].over == ""
    assert given.claims[1].margin == 1.0


KINDS = [
    ClaimSettings("better", "ours", "base"),
    ClaimSettings("not worse than", "ours", "base", margin=0.01),
    ClaimSettings("equivalent", "ours", "base", margin=0.02),
    ClaimSettings("best of", "ours", ""),
]
STRONG = (Word.SUPPORTED, Word.CONTRADICTED, Word.EQUIVALENT)


@settings(max_examples=40, deadline=None)
@given(
    st.sampled_from(KINDS),
    st.floats(-0.03, 0.03),
    st.floats(0.002, 0.02),
    st.integers(2, 9),
    st.integers(1, 6),
    st.sampled_from([1, 3]),
)
def test_removed_seeds_never_strengthen(
    claim: ClaimSettings, gain: float, std: float, seeds: int, removed: int, datasets: int
) -> None:
    """With the estimate and its spread held, no number of removed seeds makes any verdict stronger."""
    many = judge(pair(gain, std=std, n=seeds, datasets=datasets), claim)[0].word
    few = judge(pair(gain, std=std, n=max(2, seeds - removed), datasets=datasets), claim)[0].word
    assert few not in STRONG or few is many


@settings(max_examples=30, deadline=None)
@given(st.sampled_from(KINDS), st.lists(st.floats(-0.05, 0.05), min_size=1, max_size=7), st.data())
def test_order_of_runs_never_matters(claim: ClaimSettings, gains: list[float], data: Any) -> None:
    """Shuffled runs carry the same verdict, to the last digit of its numbers."""
    values: Values = {}
    for d, gain in enumerate(gains):
        values["ours", f"d{d}"], values["base", f"d{d}"] = spread(0.5 + gain, 0.01, 4), spread(0.5, 0.01, 4)
    runs = cells(values)
    one, other = judge(runs, claim)[0], judge(data.draw(st.permutations(runs)), claim)[0]
    for name in ("word", "p", "p_adjusted", "gain", "low", "high", "effect", "n", "reason", "needed"):
        assert getattr(one, name) == getattr(other, name)


@pytest.mark.parametrize("kind", ["better", "not worse than", "equivalent"])
def test_every_verdict_has_a_verb(kind: str) -> None:
    """No word of any kind of claim is without its verb."""
    claim = ClaimSettings(kind, "ours", "base", margin=0.02)
    for gain in (-0.2, 0.0, 0.2, 0.012):
        for n in (1, 2, 5):
            runs = pair(gain, n=n) if n > 1 else cells({("ours", "d"): [0.5 + gain], ("base", "d"): [0.5]})
            assert strength(judge(runs, claim)[0])
