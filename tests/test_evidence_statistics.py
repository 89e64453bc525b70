"""Statistics of designs (c) to (g), held against other implementations, closed forms and hand counts."""

import math
from itertools import combinations, pairwise, product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from paperback.errors import EvidenceError
from paperback.evidence.aggregate import (
    aggregate,
    bootstrap_aggregates,
    bootstrap_improvement,
    improvement,
    performance_profile,
    small_sample_interval,
    strata,
)
from paperback.evidence.anova import dunnett, games_howell, tukey
from paperback.evidence.bayes import bayesian_signed_rank
from paperback.evidence.best_of import expected_best
from paperback.evidence.bootstrap import bca_interval
from paperback.evidence.cluster import cluster_mean
from paperback.evidence.correction import adjust
from paperback.evidence.cross_validation import resampled_difference
from paperback.evidence.mcnemar import mcnemar_chi2, mcnemar_p, paired_score_interval
from paperback.evidence.permutation import permutation_p, sign_flip_p
from paperback.evidence.planning import detectable_effect, items_for_mcnemar, runs_needed
from paperback.evidence.proportion import wilson
from paperback.evidence.rank_sum import mann_whitney
from paperback.evidence.signed_rank import signed_rank
from paperback.evidence.stochastic_order import stochastic_order, violation_ratio

RNG = np.random.default_rng
shares = st.floats(0, 1)


@pytest.mark.parametrize(
    ("method", "expected"),
    [
        # Three methods: all three pairs can be equal, or one; never two.
        ("shaffer", [0.03, 0.03, 0.04]),
        ("bergmann-hommel", [0.03, 0.03, 0.04]),
        ("holm", [0.03, 0.04, 0.04]),
        ("bonferroni", [0.03, 0.06, 0.12]),
    ],
)
def test_all_pairs_of_three(method: str, expected: list[float]) -> None:
    """Hand count for three pairs with p = 0.01, 0.02 and 0.04."""
    assert adjust([0.01, 0.02, 0.04], method) == pytest.approx(expected)


@given(
    st.integers(3, 6).flatmap(lambda k: st.lists(shares, min_size=math.comb(k, 2), max_size=math.comb(k, 2)))
)
@settings(deadline=None)
def test_finer_corrections_are_never_stricter(p_values: list[float]) -> None:
    """Bergmann-Hommel is at most Shaffer, that at most Holm, that at most Bonferroni; none lowers p."""
    ladder = [p_values, *(adjust(p_values, m) for m in ("bergmann-hommel", "shaffer", "holm", "bonferroni"))]
    for finer, coarser in pairwise(ladder):
        assert all(x <= y + 1e-12 for x, y in zip(finer, coarser, strict=True))


@given(st.lists(shares, min_size=1, max_size=6))
def test_hommel_is_closed_testing_with_simes(p_values: list[float]) -> None:
    """A hypothesis is rejected at its adjusted p: the largest Simes p over all sets that hold it."""

    def simes(chosen: tuple[int, ...]) -> float:
        ordered = sorted(p_values[place] for place in chosen)
        return min(len(ordered) * p / (rank + 1) for rank, p in enumerate(ordered))

    places = range(len(p_values))
    sets = [chosen for size in range(1, len(p_values) + 1) for chosen in combinations(places, size)]
    closed = [max(simes(chosen) for chosen in sets if place in chosen) for place in places]
    assert adjust(p_values, "hommel") == pytest.approx(closed, abs=1e-12)


def test_corrections_refuse_by_name() -> None:
    """An unknown method, a number of tests that is no number of pairs, and ten methods are refused."""
    with pytest.raises(EvidenceError, match="no correction is called 'holms'"):
        adjust([0.1], "holms")
    with pytest.raises(EvidenceError, match="4 tests are not all pairs"):
        adjust([0.1] * 4, "shaffer")
    with pytest.raises(EvidenceError, match="10 methods has too many partitions"):
        adjust([0.1] * 45, "bergmann-hommel")
    assert adjust([], "hommel") == ()


def test_zeros_are_handled_as_named() -> None:
    """SciPy's three zero methods give the same rank sums; dropping leaves too few gains for a test."""
    from scipy.stats import wilcoxon

    gains = [0.0, 0.0, 1.0, -2.0, 3.0, 4.0, 5.0, 6.0]
    for ours, theirs in (("split", "zsplit"), ("drop", "wilcox"), ("pratt", "pratt")):
        found = signed_rank(gains, zeros=ours)  # type: ignore[arg-type]
        assert (
            min(found.plus, found.minus) == wilcoxon(gains, zero_method=theirs, method="asymptotic").statistic
        )
    assert signed_rank([0, 0, 0, 1, 2, 3], zeros="drop").p is None
    assert signed_rank([0.0] * 6, zeros="drop").p is None


@given(
    st.lists(st.integers(0, 4), min_size=1, max_size=5), st.lists(st.integers(0, 4), min_size=1, max_size=5)
)
def test_exact_mann_whitney_counts_all_choices(a: list[int], b: list[int]) -> None:
    """With ties the exact p counts the choices of A that are as extreme."""
    values = [*a, *b]
    u = [
        sum(
            (values[i] > values[j]) + (values[i] == values[j]) / 2
            for i in chosen
            for j in range(len(values))
            if j not in chosen
        )
        for chosen in combinations(range(len(values)), len(a))
    ]
    observed = u[0]
    above, below = np.mean([x >= observed for x in u]), np.mean([x <= observed for x in u])
    found = mann_whitney(a, b)
    assert (found.u, found.p) == (observed, pytest.approx(min(1.0, 2 * min(above, below))))


def test_three_against_three_cannot_reach_five_percent() -> None:
    """The smallest p of three runs against three is 0.1; an empty side is refused."""
    found = mann_whitney([4, 5, 6], [1, 2, 3])
    assert (found.p, found.smallest) == (pytest.approx(0.1), pytest.approx(0.1))
    with pytest.raises(EvidenceError, match="0 and 1 values"):
        mann_whitney([], [1.0])
    assert mann_whitney(range(40), range(40)).p == pytest.approx(1.0)


def test_games_howell_of_two_groups_is_welch() -> None:
    """With two groups the studentized range is the t distribution."""
    from scipy.stats import ttest_ind

    a, b = [1.0, 2.0, 4.0], [3.0, 5.0, 6.0, 9.0]
    (pair,) = games_howell([a, b])
    assert pair.p == pytest.approx(ttest_ind(a, b, equal_var=False).pvalue, abs=1e-9)


def test_games_howell_is_scipys() -> None:
    """SciPy's Tukey test without equal variances is Games and Howell's; groups without spread are refused."""
    from scipy.stats import tukey_hsd

    groups = [[24.5, 23.5, 26.4, 27.1, 29.9], [28.4, 34.2, 29.5, 32.2], [26.1, 28.3, 24.3]]
    theirs = tukey_hsd(*groups, equal_var=False)
    for pair in games_howell(groups):
        assert pair.p == pytest.approx(theirs.pvalue[pair.first, pair.second], abs=1e-9)
    for method in (games_howell, tukey):
        with pytest.raises(EvidenceError, match="carry no spread"):
            method([[1.0, 1.0], [2.0, 2.0]])


def test_dunnett_of_one_group_is_students_t() -> None:
    """With one group against the control there is nothing to adjust."""
    from scipy.stats import ttest_ind

    a, b = [1.0, 2.0, 4.0], [3.0, 5.0, 6.0, 9.0]
    assert dunnett(a, [b]) == pytest.approx([ttest_ind(a, b).pvalue], abs=1e-9)


@given(st.integers(0, 12), st.integers(0, 12), st.integers(1, 40))
@settings(deadline=None)
def test_paired_score_interval_inverts_the_score_test(b: int, c: int, rest: int) -> None:
    """At each end the score test of a searched likelihood is significant at exactly 5 %."""
    n = b + c + rest
    found = paired_score_interval(b, c, n)
    assert found.low is not None
    assert found.high is not None
    assert -1 <= found.low <= (b - c) / n <= found.high <= 1
    mirrored = paired_score_interval(c, b, n)
    assert (found.low, found.high) == pytest.approx((-mirrored.high, -mirrored.low), abs=1e-9)
    for end in (found.low, found.high):
        if -0.999 < end < 0.999:
            assert abs(score(b, c, n, end)) == pytest.approx(1.959964, abs=1e-3)


def score(b: int, c: int, n: int, delta: float) -> float:
    """Tango's statistic, with the constrained maximum likelihood found by search."""
    from scipy.optimize import minimize_scalar

    def loss(p21: float) -> float:
        p12 = p21 + delta
        cells = ((b, p12), (c, p21), (n - b - c, 1 - p12 - p21))
        return -sum(count * math.log(max(p, 1e-300)) for count, p in cells if count)

    low, high = max(0.0, -delta), (1 - delta) / 2
    p21 = minimize_scalar(loss, bounds=(low, high), method="bounded", options={"xatol": 1e-12}).x
    return (b - c - n * delta) / math.sqrt(n * (2 * p21 + delta - delta**2))


def test_paired_score_interval_reaches_the_edge() -> None:
    """Where every item speaks for A the upper end is one."""
    assert paired_score_interval(10, 0, 10).high == 1.0
    assert mcnemar_chi2(0, 0, continuity=True) == 0.0
    assert mcnemar_p(0, 0) == 1.0


@pytest.mark.parametrize(("n", "smallest"), [(5, 0.0625), (6, 0.03125)])
def test_six_discordant_items_are_the_fewest(n: int, smallest: float) -> None:
    """The exact test of five discordant items cannot reach 5 %."""
    assert mcnemar_p(n, 0) == smallest


def test_impossible_proportions_are_refused() -> None:
    """Eleven of ten is no proportion."""
    with pytest.raises(EvidenceError, match="11 of 10"):
        wilson(11, 10)


@given(st.lists(st.integers(-5, 5), min_size=1, max_size=8))
def test_sign_flips_are_counted(gains: list[int]) -> None:
    """The exact p is the share of sign patterns whose sum is as far from zero."""
    sums = [
        abs(sum(s * g for s, g in zip(signs, gains, strict=True)))
        for signs in product((1, -1), repeat=len(gains))
    ]
    assert sign_flip_p(gains) == pytest.approx(np.mean([s >= abs(sum(gains)) for s in sums]))


def test_permutation_is_exact_and_drawn_ones_agree() -> None:
    """Three against three completely apart gives 2/20; SciPy agrees; drawn exchanges come near."""
    from scipy.stats import permutation_test

    assert permutation_p([4, 5, 6], [1, 2, 3]) == pytest.approx(0.1)
    a, b = [3.0, 5.0, 5.5, 6.0, 9.0], [2.0, 2.5, 4.0, 4.5]
    theirs = permutation_test(
        (a, b), lambda x, y, axis: abs(x.mean(axis) - y.mean(axis)), n_resamples=np.inf, alternative="greater"
    )
    assert permutation_p(a, b) == pytest.approx(theirs.pvalue)
    many = RNG(0).normal(size=24)
    drawn = permutation_p(many[:12] + 1, many[12:], rng=RNG(1))
    assert drawn == permutation_p(many[:12] + 1, many[12:], rng=RNG(1))
    assert 0 < drawn < 0.2
    gains = RNG(2).normal(0.3, 1, 25)
    assert 0 < sign_flip_p(gains, rng=RNG(3)) < 1
    with pytest.raises(EvidenceError, match="too many arrangements"):
        sign_flip_p(gains)
    with pytest.raises(EvidenceError, match="too many arrangements"):
        permutation_p(many[:12], many[12:])


def test_bca_is_scipys_and_refuses_few_items() -> None:
    """Ends of a skewed mean agree with SciPy's BCa; nineteen items are refused; no spread has no interval."""
    from scipy.stats import bootstrap

    values = RNG(0).exponential(size=60)
    found = bca_interval(lambda rows: values[rows].mean(axis=1), 60, rng=RNG(1), resamples=20_000)
    theirs = bootstrap((values,), np.mean, n_resamples=20_000, method="BCa", rng=RNG(2)).confidence_interval
    assert (found.low, found.high) == pytest.approx((theirs.low, theirs.high), abs=0.01)
    with pytest.raises(EvidenceError, match="over 19 items"):
        bca_interval(lambda rows: values[rows].mean(axis=1), 19, rng=RNG(1))
    still = bca_interval(lambda rows: np.ones(len(rows)), 30, rng=RNG(1))
    assert still.low is None


def test_clusters_of_one_are_independent_questions() -> None:
    """Without clusters the robust error is the usual one; one cluster is refused."""
    scores = [0.0, 1.0, 1.0, 0.0, 1.0]
    found = cluster_mean(scores, range(5))
    assert found.error == pytest.approx(found.naive_error)
    assert (found.icc, found.design_effect) == (0.0, pytest.approx(1.0))
    assert cluster_mean([1.0, 1.0], "ab").p == 1.0
    with pytest.raises(EvidenceError, match="1 cluster"):
        cluster_mean(scores, "aaaaa")


def test_identical_answers_inside_clusters_have_full_correlation() -> None:
    """Where the questions of a cluster agree, the correlation is one, the design effect near their number."""
    values = [v for v in (0.0, 1.0, 1.0, 0.0, 1.0, 0.0) for _ in range(4)]
    found = cluster_mean(values, [c for c in range(6) for _ in range(4)])
    assert found.icc == pytest.approx(1.0)
    assert found.design_effect == pytest.approx(4 * 23 / 24 * 6 / 5)


def test_nadeau_bengio_widens_by_the_test_share() -> None:
    """Ten folds at a tenth each: the variance is that of the t test times 1 + 10/9."""
    gaps = [0.1, 0.2, 0.0, 0.3, 0.1, 0.1, 0.2, 0.2, 0.0, 0.1]
    found = resampled_difference(gaps, 0.1)
    plain = np.std(gaps, ddof=1) / math.sqrt(10)
    assert found.error == pytest.approx(plain * math.sqrt(1 + 10 / 9))
    low, high = found.ends()
    assert (low > 0) == (found.p < 0.05)
    assert low < found.value < high
    assert sum(found.posterior(0.05)) == pytest.approx(1)
    with pytest.raises(EvidenceError, match="share of a test fold is 1"):
        resampled_difference(gaps, 1.0)
    with pytest.raises(EvidenceError, match="1 folds"):
        resampled_difference([0.1], 0.1)


def test_bayesian_probabilities_mirror() -> None:
    """Gains far above the rope win; turned gains lose; equal generators give equal probabilities."""
    gains = [3.0, 2.0, 4.0, 5.0, 2.5, 3.5]
    found = bayesian_signed_rank(gains, 1.0, rng=RNG(0), samples=2000)
    assert found[2] > 0.95
    assert found == bayesian_signed_rank(gains, 1.0, rng=RNG(0), samples=2000)
    turned = bayesian_signed_rank([-g for g in gains], 1.0, rng=RNG(0), samples=2000)
    assert turned == found[::-1]


@given(st.lists(st.integers(0, 9), min_size=1, max_size=7))
def test_expected_best_is_the_mean_over_all_subsets(scores: list[int]) -> None:
    """For every n it is the mean of the best over all choices of n trials."""
    found = expected_best(np.array(scores, dtype=float))
    exact = [np.mean([max(c) for c in combinations(scores, n)]) for n in range(1, len(scores) + 1)]
    assert found == pytest.approx(exact)
    assert expected_best(-np.array(scores, dtype=float), higher_is_better=False) == pytest.approx(-found)


def test_search_without_finite_scores_is_refused() -> None:
    """A trial that logged NaN must be left out by name, never silently."""
    with pytest.raises(EvidenceError, match="finite score per trial"):
        expected_best(np.array([0.1, np.nan]))


whole = st.lists(st.integers(-3, 3), min_size=2, max_size=6)


@given(whole, whole)
def test_violation_is_the_integral_on_a_fine_grid(a: list[int], b: list[int]) -> None:
    """The exact pieces give what a midpoint grid over all steps gives; turned round the two add to one."""
    steps = len(a) * len(b)
    at = (np.arange(steps) + 0.5) / steps
    x, y = (np.sort(v)[np.floor(at * len(v)).astype(int)] for v in (a, b))
    total = ((x - y) ** 2).sum()
    expected = (np.minimum(x - y, 0) ** 2).sum() / total if total else 0.5
    assert float(violation_ratio(np.array(a), np.array(b))) == pytest.approx(expected)
    assert float(violation_ratio(np.array(b), np.array(a))) == pytest.approx(1 - expected)


def test_stochastic_order_bounds() -> None:
    """A sample far above dominates with a bound near zero; equal generators agree; one run is refused."""
    a, b = RNG(0).normal(3, 1, 10), RNG(1).normal(0, 1, 10)
    found = stochastic_order(a, b, rng=RNG(2))
    assert found == stochastic_order(a, b, rng=RNG(2))
    assert found.violation == 0
    assert found.bound < 0.2
    assert stochastic_order(b, a, rng=RNG(2)).bound == 1.0
    with pytest.raises(EvidenceError, match="two runs on each side"):
        stochastic_order(np.array([1.0]), b, rng=RNG(0))


def test_interquartile_mean_is_scipys() -> None:
    """The middle half is SciPy's trimmed mean; draws are trimmed as if each were sorted."""
    from scipy.stats import trim_mean

    scores = RNG(0).normal(size=(7, 5))
    made = strata(scores)
    assert aggregate(made, "iqm") == pytest.approx(trim_mean(scores, 0.25, axis=None))
    draws = bootstrap_aggregates(made, ["iqm"], rng=RNG(1), resamples=50)["iqm"]
    places = RNG(1).integers(0, 5, size=(50, 35), dtype=np.int32) + np.repeat(np.arange(7) * 5, 5)
    assert draws == pytest.approx([trim_mean(scores.ravel()[row], 0.25) for row in places])


def test_a_task_with_fewer_runs_keeps_its_weight() -> None:
    """A task of which one run is missing counts as much as the others, in points and in draws."""
    made = strata([[1.0, 1.0, 1.0, 1.0], [0.0, 0.0]], ["a", "b"])
    assert aggregate(made, "mean") == 0.5
    assert aggregate(made, "iqm") == pytest.approx(0.5)
    draws = bootstrap_aggregates(made, rng=RNG(0), resamples=20)
    assert all(np.allclose(draws[kind], 0.5) for kind in draws)
    assert small_sample_interval(0.5, draws["iqm"], [made]).low is None
    assert performance_profile(made, np.array([-1.0, 0.5, 1.0])) == pytest.approx([1, 0.5, 0])


def test_aggregates_refuse() -> None:
    """An unknown aggregate, an empty task, a NaN are refused; single runs carry no interval."""
    with pytest.raises(EvidenceError, match="no aggregate is called 'mode'"):
        aggregate(strata([[1.0]]), "mode")
    with pytest.raises(EvidenceError, match="has no run"):
        strata([[1.0], []])
    with pytest.raises(EvidenceError, match="not finite"):
        strata([[np.nan]])
    single = small_sample_interval(1.0, np.ones(3), [strata([[1.0]])])
    assert single.name == "none: the runs do not vary, or no task has two"


def test_small_sample_interval_of_one_task_is_students() -> None:
    """With one task the mean of ten runs has the t interval of nine degrees of freedom, but for the draws."""
    from scipy.stats import t

    values = RNG(3).normal(size=10)
    made = strata([values])
    draws = bootstrap_aggregates(made, ["mean"], rng=RNG(4), resamples=40_000)["mean"]
    found = small_sample_interval(float(values.mean()), draws, [made])
    half = t.ppf(0.975, 9) * values.std(ddof=1) / math.sqrt(10)
    assert found.low is not None
    assert found.high is not None
    assert (found.high - found.low) / 2 == pytest.approx(half, rel=0.02)


def test_probability_of_improvement_counts_pairs() -> None:
    """Two of four pairs and one tie of two: the mean over tasks; draws scatter around it."""
    a, b = strata([[1.0, 3.0], [1.0, 2.0]]), strata([[0.0, 2.0], [1.0, 1.0]])
    assert improvement(a, b) == pytest.approx((0.75 + 0.75) / 2)
    assert improvement(a, b) == pytest.approx(1 - improvement(b, a))
    draws = bootstrap_improvement(a, b, rng=RNG(0), resamples=4000)
    assert draws.mean() == pytest.approx(0.75, abs=0.02)


def test_planning_refuses_nothing_and_rounds_up() -> None:
    """A zero difference cannot be planned for; a huge one needs two runs; Connor's short form by hand."""
    with pytest.raises(EvidenceError, match="zero cannot be shown"):
        runs_needed(0.0)
    assert runs_needed(50.0) == 2.0
    # statsmodels 0.15: TTestPower().solve_power(nobs=10, alpha=0.05, power=0.8).
    assert detectable_effect(10, layout="paired") == pytest.approx(0.9960019, abs=1e-6)
    assert items_for_mcnemar(0.05, 0.2) == math.ceil((1.959964 + 0.841621) ** 2 * (0.2 - 0.0025) / 0.0025)
