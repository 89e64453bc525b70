"""Verdicts on claims, and the words that they allow."""

import math
from collections.abc import Iterable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from builders import Row, table_of
from paperback.claims import Verdict, Word, missing_claims, state_claims, strength, unlocked
from paperback.settings import ClaimSettings, Settings


def spread_out(mean: float, std: float, n: int) -> list[float]:
    """`n` values with exactly this mean and standard deviation."""
    raw = [place - (n - 1) / 2 for place in range(n)]
    size = math.sqrt(sum(value**2 for value in raw) / (n - 1)) if n > 1 else 1.0
    return [mean + std * value / size for value in raw]


def cells(
    gains: Iterable[float], *, seeds: int = 5, std: float = 0.01, methods: tuple[str, str] = ("ours", "base")
) -> list[Row]:
    """The first method ahead of the other by one gain per data set; never the same seeds."""
    ahead, behind = methods
    return [
        row
        for d, gain in enumerate(gains)
        for method, mean, first in ((ahead, 0.5 + gain, 0), (behind, 0.5, 50))
        for row in (
            (method, f"d{d}", first + place, value)
            for place, value in enumerate(spread_out(mean, std, seeds))
        )
    ]


OURS = Settings(proposal="ours")


def judge(rows: Iterable[Row], given: Settings = OURS, **options) -> Verdict:
    return state_claims(table_of(rows, **options), given, metric="accuracy", split="test")[0]


CASES = {
    "one, far ahead": ([0.1], 5, Word.SUPPORTED, "a"),
    "one, equal": ([0.001], 5, Word.INCONCLUSIVE, "a"),
    "one, far behind": ([-0.1], 5, Word.CONTRADICTED, "a"),
    "one, two seeds": ([0.1], 2, Word.UNTESTED, "a"),
    "one, single run": ([0.1], 1, Word.UNTESTED, "h"),
    "three, ahead": ([0.1, 0.05, 0.02], 5, Word.SUPPORTED, "b"),
    "three, equal": ([0.001, -0.001, 0.0], 5, Word.INCONCLUSIVE, "b"),
    "three, behind": ([-0.1, -0.05, -0.02], 5, Word.CONTRADICTED, "b"),
    "three, one lost": ([0.1, 0.1, -0.1], 5, Word.INCONCLUSIVE, "b"),
    "three, one won": ([-0.1, -0.1, 0.1], 5, Word.INCONCLUSIVE, "b"),
    "three, two seeds": ([0.1, 0.1, 0.1], 2, Word.UNTESTED, "b"),
    "three, single runs": ([0.1, 0.1, 0.1], 1, Word.UNTESTED, "h"),
    "six, ahead, single runs": ([0.1, 0.05, 0.02, 0.03, 0.01, 0.04], 1, Word.SUPPORTED, "b"),
    "six, behind": ([-0.1, -0.05, -0.02, -0.03, -0.01, -0.04], 5, Word.CONTRADICTED, "b"),
    "six, mixed": ([0.1, -0.05, 0.02, -0.03, 0.01, -0.04], 5, Word.INCONCLUSIVE, "b"),
    "six, all tie": ([0.0] * 6, 5, Word.INCONCLUSIVE, "b"),
}


@pytest.mark.parametrize(("gains", "seeds", "word", "design"), CASES.values(), ids=CASES)
def test_word_follows_the_rule(gains: list[float], seeds: int, word: Word, design: str) -> None:
    """The word and the design follow from gains, seeds and the number of data sets."""
    verdict = judge(cells(gains, seeds=seeds))
    assert (verdict.word, verdict.design) == (word, design)
    assert (verdict.needed == "") == (word in (Word.SUPPORTED, Word.CONTRADICTED))
    assert verdict.reason
    assert not any(letter.isdigit() for letter in verdict.reason)
    assert (verdict.ranking is None) == (len(gains) == 1)


@pytest.mark.parametrize(
    ("gains", "seeds", "needed"),
    [
        # R: power.t.test(delta=1, sd=1, power=.8) gives 16.7 runs per group.
        ([0.01], 5, "About 17 runs of each method in every cell would decide with 80 % power"),
        ([1e-7], 5, "More runs of each method in every cell than can be run"),
        (
            [0.1, 0.1],
            1,
            "At least 3 runs of each method in every cell, better five; there are 1 of ours on d0, ",
        ),
        ([0.1, 0.1, -0.1], 5, "A claim per data set; more runs will not make them agree."),
        ([0.0] * 6, 5, "Data sets on which the methods differ."),
    ],
)
def test_needed_tells_what_would_decide(gains: list[float], seeds: int, needed: str) -> None:
    """An undecided claim says how many runs, which cells or which data sets would decide it."""
    assert judge(cells(gains, seeds=seeds)).needed.startswith(needed)


def test_constant_runs_need_variation() -> None:
    """Runs that do not vary leave a claim untested however many there are."""
    verdict = judge(cells([0.1], std=0.0))
    assert (verdict.word, verdict.needed) == (Word.UNTESTED, "Runs whose values vary.")


def test_lower_is_better() -> None:
    """Under a metric where lower is better the same runs carry the opposite word."""
    assert judge(cells([0.1]), direction="lower").word is Word.CONTRADICTED
    assert judge(cells([-0.1, -0.1]), direction="lower").word is Word.SUPPORTED


def test_holm_over_the_family_of_claims() -> None:
    """Six wins of six have p = 0.031: alone supported, beside a second claim not."""
    rows = cells([0.1, 0.05, 0.02, 0.03, 0.01, 0.04], seeds=3)
    assert judge(rows).word is Word.SUPPORTED
    other = [(f"{row[0]}2" if row[0] == "base" else row[0], *row[1:]) for row in rows if row[0] == "base"]
    assert judge([*rows, *other]).word is Word.INCONCLUSIVE


def test_a_claim_is_judged_though_no_data_set_has_every_method() -> None:
    """Where no data set is complete for the whole family, two methods that share one are ranked."""
    rows = [*cells([0.1, 0.1]), *(("third", "d9", seed, 0.5 + seed / 100) for seed in range(3))]
    rows += [("ours", "d9", seed + 70, 0.7 + seed / 100) for seed in range(3)]
    verdicts = state_claims(table_of(rows), OURS, metric="accuracy", split="test")
    assert [verdict.word for verdict in verdicts] == [Word.SUPPORTED, Word.SUPPORTED]
    assert verdicts[0].ranking.methods == ("ours", "base")


def test_implied_claims() -> None:
    """The proposal is better than each other method, and each ablation hurts; none is declared."""
    rows = [
        *cells([0.1]),
        *((name, "d0", seed, 0.4 + seed / 99) for name in ("cut", "old") for seed in range(3)),
    ]
    given = Settings(proposal="ours", ablations=("cut",))
    claims = [v.claim for v in state_claims(table_of(rows), given, metric="accuracy", split="test")]
    assert [(claim.kind, claim.over, claim.declared) for claim in claims] == [
        ("better", "old", False),
        ("better", "base", False),
        ("ablation hurts", "cut", False),
    ]
    named = Settings(proposal="ours", baselines=("base",))
    assert len(state_claims(table_of(rows), named, metric="accuracy", split="test")) == 1


def test_declared_claims_come_instead() -> None:
    """A declared claim speaks of its own methods and data sets, and no other claim is made."""
    declared = ClaimSettings("ablation hurts", "ours", "base", datasets=("d1",))
    given = Settings(proposal="ours", claims=(declared,))
    (verdict,) = state_claims(table_of(cells([0.0, 0.1])), given, metric="accuracy", split="test")
    assert (verdict.claim.kind, verdict.claim.declared, verdict.claim.datasets) == (
        "ablation hurts",
        True,
        ("d1",),
    )
    assert (verdict.word, [c.dataset for c in verdict.comparisons]) == (Word.SUPPORTED, ["d1"])


UNTESTED = {
    "method never run": (
        ClaimSettings("better", "ours", "bas"),
        {},
        "one of the methods was never run",
        "'base'",
    ),
    "no direction": (
        ClaimSettings("better", "ours", "base"),
        {"direction": "unknown"},
        "whether higher or lower is better is not declared",
        "A direction for 'accuracy'",
    ),
    "metric never logged": (
        ClaimSettings("better", "ours", "base", metric="f1"),
        {},
        "the runs carry no value of this metric",
        "f1",
    ),
    "other data sets": (
        ClaimSettings("better", "ours", "base", datasets=("moon",)),
        {},
        "the two methods share no data set",
        "Runs of both methods",
    ),
}


@pytest.mark.parametrize(("claim", "options", "reason", "needed"), UNTESTED.values(), ids=UNTESTED)
def test_untested_says_what_is_lacking(claim: ClaimSettings, options, reason: str, needed: str) -> None:
    """A claim without data is untested, never dropped, and says what it lacks."""
    verdict = judge(cells([0.1]), Settings(claims=(claim,)), **options)
    assert (verdict.word, verdict.reason) == (Word.UNTESTED, reason)
    assert needed in verdict.needed
    assert strength(verdict) == "was not tested against"


@pytest.mark.parametrize(
    ("rows", "given", "why"),
    [
        (cells([0.1]), OURS, ""),
        (cells([0.1]), Settings(), "the proposed method is not declared, and it is never guessed"),
        ([row for row in cells([0.1]) if row[0] == "ours"], OURS, "there is no method beside the proposal"),
        ([("", "d", 0, 0.5)], OURS, "no role of the runs is the method, so there is nothing to compare"),
    ],
)
def test_missing_claims_have_a_reason(rows, given: Settings, why: str) -> None:
    """Where there is no claim, the reason is told; where there is one, none is needed."""
    table = table_of(rows)
    assert missing_claims(table, given) == why
    assert (state_claims(table, given, metric="accuracy", split="test") == ()) == bool(why)


@pytest.mark.parametrize(
    ("gains", "verb", "words"),
    [
        ([0.1], "improves on", {"significantly", "outperforms"}),
        ([0.1, 0.1], "consistently improves on", {"significantly", "outperforms", "consistently"}),
        ([0.1, 0.1, -0.001], "improves on", {"significantly", "outperforms"}),
        (
            [0.01 * n for n in range(1, 7)],
            "consistently improves on",
            {"significantly", "outperforms", "consistently"},
        ),
        ([-0.1], "performs below", set()),
        ([0.0], "cannot be told apart from", set()),
    ],
)
def test_strong_words_are_unlocked(gains: list[float], verb: str, words: set[str]) -> None:
    """No sentence may be stronger than the verdict."""
    verdict = judge(cells(gains))
    assert (strength(verdict), unlocked(verdict)) == (verb, words)


ORDER = {Word.UNTESTED: 0, Word.INCONCLUSIVE: 1, Word.SUPPORTED: 2, Word.CONTRADICTED: 2}


@settings(max_examples=40, deadline=None)
@given(st.floats(-0.03, 0.03), st.floats(0.001, 0.02), st.integers(2, 8), st.integers(1, 3))
def test_fewer_seeds_never_strengthen(gain: float, std: float, seeds: int, datasets: int) -> None:
    """With mean and deviation held, a verdict of fewer seeds is never the stronger one."""
    few, many = (judge(cells([gain] * datasets, seeds=n, std=std)) for n in (seeds, seeds + 1))
    assert ORDER[few.word] <= ORDER[many.word]


@settings(max_examples=25, deadline=None)
@given(st.lists(st.floats(-0.05, 0.05), min_size=1, max_size=7), st.integers(1, 4), st.data())
def test_swapped_methods_swap_the_word(gains: list[float], seeds: int, data) -> None:
    """The claim turned round, on runs in another order, is supported where this one is contradicted."""
    rows = data.draw(st.permutations(cells(gains, seeds=seeds)))
    claims = [ClaimSettings("better", *names) for names in (("ours", "base"), ("base", "ours"))]
    one, other = (judge(rows, Settings(claims=(claim,))).word for claim in claims)
    turned = {Word.SUPPORTED: Word.CONTRADICTED, Word.CONTRADICTED: Word.SUPPORTED}
    assert other == turned.get(one, one)
