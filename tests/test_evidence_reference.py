"""Published values and those of R and SciPy, matched by our own arithmetic."""

import csv
import json
import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from paperback.evidence.compare import hedges_g, superiority
from paperback.evidence.contrast import Contrast, Part, detectable_shift, mean_difference, power
from paperback.evidence.friedman import friedman_chi2, iman_davenport, nemenyi_distance, nemenyi_q, rank_rows
from paperback.evidence.holm import holm
from paperback.evidence.interval import centre, deviation, interval
from paperback.evidence.signed_rank import (
    gains_of,
    hodges_lehmann,
    hodges_lehmann_interval,
    mean_ranks,
    normal_p,
    signed_rank,
)

REFERENCE = Path(__file__).parents[2] / "shared" / "reference"
pytestmark = pytest.mark.skipif(
    not REFERENCE.is_dir(), reason="the reference values are not beside the checkout"
)

# Hollander and Wolfe 1973, p. 29: the depression scores of R's help page of wilcox.test.
BEFORE = [1.83, 0.50, 1.62, 2.48, 1.68, 1.88, 1.55, 3.06, 1.30]
AFTER = [0.878, 0.647, 0.598, 2.05, 1.06, 1.29, 1.06, 3.14, 1.29]
# scipy.stats.wilcoxon's documentation.
HEIGHTS = [6, 8, 14, 16, 23, 24, 28, 29, 41, -48, 49, 56, 60, -67, 75]


def expected(file: str, name: str) -> float | list[float]:
    values = json.loads((REFERENCE / file).read_text())["expected"]
    return next(each["value"] for each in values if each["name"] == name)


def classic(name: str) -> float | list[float]:
    return expected("r_classics.json", name)


def demsar(name: str) -> float | list[float]:
    return expected("demsar2006.json", name)


def columns(file: str, names: list[str]) -> list[list[float]]:
    with (REFERENCE / file).open() as lines:
        rows = list(csv.DictReader(lines))
    return [[float(row[name]) for row in rows] for name in names]


def auc(*, broken_tie: bool) -> np.ndarray:
    scores = np.array(columns("demsar2006_auc.csv", ["C4.5", "C4.5+m", "C4.5+cf", "C4.5+m+cf"])).T
    if broken_tie:
        scores[12, 2] = 0.9751  # the paper breaks the printed tie on voting
    return scores


def test_average_ranks_are_demsars() -> None:
    """Average ranks of C4.5's variants are those printed in the paper's Table 6."""
    ranks = rank_rows(auc(broken_tie=True), higher_is_better=True).mean(axis=0)
    assert ranks == pytest.approx(demsar("average_ranks(C4.5,C4.5+m,C4.5+cf,C4.5+m+cf)"), abs=5e-4)


def test_lower_is_better_mirrors_the_ranks() -> None:
    """Ranks of negated scores under the other direction are the same."""
    scores = auc(broken_tie=True)
    assert (rank_rows(-scores, higher_is_better=False) == rank_rows(scores, higher_is_better=True)).all()


@pytest.mark.parametrize(
    ("broken_tie", "corrected", "name", "tolerance"),
    [
        (True, False, "friedman_chi2_uncorrected", 5e-3),
        (True, True, "friedman_chi2_tie_corrected(voting 0.9751)", 1e-9),
        (False, True, "friedman_chi2_tie_corrected(printed data, voting tie)", 1e-9),
    ],
)
def test_friedman_on_demsars_data(broken_tie: bool, corrected: bool, name: str, tolerance: float) -> None:
    """Friedman's chi-squared, with and without tie correction, is Demšar's, SciPy's and R's."""
    ranks = rank_rows(auc(broken_tie=broken_tie), higher_is_better=True)
    assert friedman_chi2(ranks, tie_correction=corrected) == pytest.approx(demsar(name), abs=tolerance)


def test_friedman_on_hollander_and_wolfes_rounding_times() -> None:
    """Friedman's chi-squared of the baseball rounding times is R's."""
    names = ["Round Out", "Narrow Angle", "Wide Angle"]
    ranks = rank_rows(
        np.array(columns("hollander_wolfe_rounding_times.csv", names)).T, higher_is_better=False
    )
    assert friedman_chi2(ranks, tie_correction=True) == pytest.approx(
        classic("rounding.friedman.chi2"), abs=1e-9
    )


def test_iman_davenport_is_demsars() -> None:
    """F of the Iman-Davenport test is the printed one, and significant as printed."""
    result = iman_davenport(rank_rows(auc(broken_tie=True), higher_is_better=True))
    assert result.statistic == pytest.approx(demsar("iman_davenport_F"), abs=5e-3)
    assert 0.01 < result.p < 0.05


def test_p_is_five_percent_at_the_critical_value_of_f() -> None:
    """The F distribution with (3, 39) degrees of freedom has its 5 % point at 2.85."""
    from scipy.special import fdtrc

    assert fdtrc(3, 39, demsar("F_crit_0.05(3,39)")) == pytest.approx(0.05, abs=5e-4)


def test_unanimous_ranks_have_an_exact_p() -> None:
    """Four data sets that all rank three methods alike: p is 1/6 to the third (Conover), F is infinite."""
    result = iman_davenport(np.tile([1.0, 2.0, 3.0], (4, 1)))
    assert result.statistic is None
    assert result.p == pytest.approx(1 / 216)


def test_all_tied_ranks_have_no_chi2() -> None:
    """Methods that tie everywhere give a chi-squared of zero, with and without tie correction."""
    ranks = np.full((5, 3), 2.0)
    assert [friedman_chi2(ranks, tie_correction=flag) for flag in (True, False)] == [0.0, 0.0]


@pytest.mark.parametrize("k", range(2, 11))
@pytest.mark.parametrize(("alpha", "name"), [(0.05, "q05"), (0.10, "q10")])
def test_nemenyi_table(k: int, alpha: float, name: str) -> None:
    """Nemenyi's q is R's; R's own qtukey stops at about 1e-7."""
    assert nemenyi_q(k, alpha) == pytest.approx(classic(f"nemenyi.{name}.k{k}"), abs=5e-7)


@pytest.mark.parametrize(("alpha", "name"), [(0.05, "nemenyi_CD_0.05"), (0.10, "nemenyi_CD_0.10")])
def test_critical_difference_is_demsars(alpha: float, name: str) -> None:
    """The critical difference of 4 methods on 14 data sets is the printed one."""
    assert nemenyi_distance(4, 14, alpha) == pytest.approx(demsar(name), abs=5e-3)


def test_wilcoxon_is_demsars() -> None:
    """Rank sums of C4.5 against C4.5+m with zeros split are the printed 93 and 12."""
    plain, tuned = auc(broken_tie=False).T[:2]
    gains = gains_of(tuned, plain)
    result = signed_rank(gains)
    assert result.plus == demsar("wilcoxon_R_plus")
    assert result.minus == demsar("wilcoxon_T(C4.5 vs C4.5+m)")
    ranks = mean_ranks(np.abs(gains))
    assert normal_p(result.plus, ranks) == pytest.approx(demsar("wilcoxon_p_zsplit_normal"), abs=1e-12)
    assert result.rank_biserial == pytest.approx((93 - 12) / 105)


def test_wilcoxon_of_scipys_documentation() -> None:
    """The exact p of the documentation's example is 0.041259765625."""
    result = signed_rank(HEIGHTS)
    statistic, p = expected("scipy_docs.json", "wilcoxon d=[6,8,14,16,23,24,28,29,41,-48,49,56,60,-67,75]")
    assert (min(result.plus, result.minus), result.p) == (statistic, pytest.approx(p, abs=1e-12))
    greater, _ = expected("scipy_docs.json", "wilcoxon greater")
    assert result.plus == greater


def test_wilcoxon_and_hodges_lehmann_of_the_depression_scores() -> None:
    """V, the exact p, the Hodges-Lehmann estimate and its interval are R's."""
    gains = gains_of(BEFORE, AFTER)
    result = signed_rank(gains)
    assert result.plus == classic("depression.wilcoxon.V")
    assert result.p == pytest.approx(classic("depression.wilcoxon.p_two_exact"), abs=1e-9)
    assert hodges_lehmann(gains) == pytest.approx(classic("depression.hodges_lehmann"), abs=1e-9)
    ends = hodges_lehmann_interval(gains)
    assert [ends.low, ends.high] == pytest.approx(classic("depression.hl_ci95"), abs=1e-9)


@given(st.lists(st.integers(-6, 6), min_size=6, max_size=11).filter(any))
def test_exact_wilcoxon_is_the_enumeration_of_all_signs(gains: list[int]) -> None:
    """With ties and zeros the exact p counts the sign patterns that are as extreme."""
    ranks = mean_ranks(np.abs(gains))
    moving = ranks[np.array(gains) != 0]
    middle = moving.sum() / 2
    result = signed_rank(gains)
    observed = abs((result.plus - result.minus) / 2)
    signs = (np.arange(2 ** len(moving))[:, None] >> np.arange(len(moving))) & 1
    extreme = np.abs(signs @ moving - middle) >= observed - 1e-9
    assert result.p == pytest.approx(extreme.mean())


def test_wilcoxon_of_many_gains_is_the_normal_approximation() -> None:
    """Above a hundred gains the test says that its p is approximate, and p is near the exact one of SciPy."""
    from scipy.stats import wilcoxon

    gains = [(-1) ** (n % 3) * (n + 0.5) for n in range(120)]
    result = signed_rank(gains)
    assert result.test.endswith("normal approximation")
    assert result.p == pytest.approx(wilcoxon(gains, method="exact").pvalue, abs=2e-4)


@pytest.mark.parametrize(("n", "p"), [(6, 0.03125), (5, None)])
def test_six_data_sets_are_the_fewest(n: int, p: float | None) -> None:
    """Six wins of six give p = 2/64; of five no test is made."""
    assert signed_rank([0.1 * each for each in range(1, n + 1)]).p == p


def test_hodges_lehmann_interval_of_six_reaches_from_end_to_end() -> None:
    """Of six gains the interval is the whole range, of five there is none."""
    ends = hodges_lehmann_interval([1.0, 2.0, 3.0, 4.0, 5.0, 6.0])
    assert (ends.low, ends.high) == (1.0, 6.0)
    assert hodges_lehmann_interval([1.0, 2.0, 3.0, 4.0, 5.0]).low is None


def test_gains_of_logged_values_tie_as_printed() -> None:
    """Gains of 0.005 tie, though their floating-point differences do not; zeros have no scale."""
    a, b = gains_of([0.768, 0.3, 0.0], [0.763, 0.295, 0.0])[:2]
    assert a == b
    assert gains_of([0.0], [0.0]) == [0.0]


SLEEP = ["g1", "g2"]


@pytest.mark.parametrize(("paired", "name"), [(True, "sleep.paired"), (False, "sleep.welch")])
def test_t_tests_of_students_sleep_data(paired: bool, name: str) -> None:
    """t, df, p and interval of Student's 1908 data are R's, paired and Welch."""
    contrast = mean_difference(*columns("student1908_sleep.csv", SLEEP), paired=paired)
    assert contrast.statistic == pytest.approx(classic(f"{name}.t"), abs=1e-9)
    assert contrast.p == pytest.approx(classic(f"{name}.p"), abs=1e-9)
    assert list(contrast.ends()) == pytest.approx(classic(f"{name}.ci95"), abs=1e-9)
    assert contrast.df == pytest.approx(9 if paired else classic("sleep.welch.df"), abs=1e-9)


def test_paired_t_of_the_depression_scores() -> None:
    """t, p and interval are R's."""
    contrast = mean_difference(BEFORE, AFTER, paired=True)
    assert contrast.statistic == pytest.approx(classic("depression.paired_t.t"), abs=1e-9)
    assert contrast.p == pytest.approx(classic("depression.paired_t.p"), abs=1e-9)
    assert list(contrast.ends()) == pytest.approx(classic("depression.paired_t.ci95"), abs=1e-9)


def test_holm_is_rs() -> None:
    """Adjusted p values are those of R's p.adjust."""
    (raw,) = columns("padjust_input.csv", ["p"])
    assert list(holm(raw)) == pytest.approx(classic("padjust.holm"), abs=1e-9)


@pytest.mark.parametrize("n", [3, 5, 10, 20])
def test_detectable_difference_is_rs(n: int) -> None:
    """The detectable difference has 80 % power; R's root finder stops at about 2e-5 of it."""
    difference = classic(f"power.mde.two_sample.n{n}")
    assert detectable_shift(2 * n - 2) * math.sqrt(2 / n) == pytest.approx(difference, abs=2e-5)


@pytest.mark.parametrize(("n", "d"), [(5, 1), (3, 2)])
def test_power_is_rs(n: int, d: float) -> None:
    """Power of a two-sample t test is that of R's power.t.test."""
    shift = d / math.sqrt(2 / n)
    assert power(shift, 2 * n - 2) == pytest.approx(classic(f"power.two_sample.n{n}.d{d}.power"), abs=1e-6)


@pytest.mark.parametrize(
    ("d", "parts", "name"),
    [
        (0.5, 2, "power.two_sample.d0.5.n_per_group"),
        (1.0, 2, "power.two_sample.d1.n_per_group"),
        (2.0, 2, "power.two_sample.d2.n_per_group"),
        (0.5, 1, "power.paired.d0.5.n"),
    ],
)
def test_needed_runs_are_rs(d: float, parts: int, name: str) -> None:
    """The needed number of runs is R's, rounded up to a whole run."""
    contrast = Contrast(d, (Part(1.0, 1.0, 4),) * parts, 1.0)
    assert contrast.needed() == math.ceil(classic(name))


def test_a_gap_that_no_budget_decides_needs_none() -> None:
    """A gap of a millionth of the spread has no needed number; a gap of a million spreads needs two runs."""
    assert Contrast(1e-6, (Part(1.0, 1.0, 4),), 1.0).needed() is None
    assert Contrast(1e6, (Part(1.0, 1.0, 4),), 1.0).needed() == 2


@pytest.mark.parametrize(
    ("m", "factor"),
    [
        (2, 1 / math.sqrt(math.pi)),
        (4, math.sqrt(2 / math.pi)),
        (10, 24 / math.sqrt(5) / (105 / 16 * math.sqrt(math.pi))),
    ],
)
def test_hedges_correction_is_the_ratio_of_gammas(m: int, factor: float) -> None:
    """J in closed form, for two groups of standard deviation one, one apart."""
    n = m // 2 + 1
    group = [0.0] * n
    group[0], group[1] = 1.0, -1.0
    scale = deviation(group)
    a = [value / scale + 1 for value in group]
    b = [value / scale for value in group]
    assert hedges_g(a, b) == pytest.approx(factor)


@pytest.mark.parametrize(
    ("higher", "share"), [(True, 17 / 20), (False, 3 / 20)], ids=["higher is better", "lower is better"]
)
def test_superiority_is_mann_whitneys_u(higher: bool, share: float) -> None:
    """U of SciPy's documentation is 17 of 20 combinations, one tie counted half."""
    males, females = [19, 22, 16, 29, 24], [20, 11, 17, 12]
    assert superiority(males, females, higher_is_better=higher) == pytest.approx(share)
    assert superiority([1.0], [1.0], higher_is_better=higher) == 0.5


def test_type_one_error_is_five_percent() -> None:
    """Of 2000 comparisons of equal methods with five seeds each, Welch calls 3 to 7 % different."""
    rng = np.random.default_rng(1)
    draws = rng.normal(0.9, 0.01, size=(2000, 2, 5))
    p = np.array([mean_difference(list(a), list(b), paired=False).p for a, b in draws])
    assert 0.03 < (p < 0.05).mean() < 0.07


def test_interval_of_a_mean_covers_as_promised() -> None:
    """At three seeds the t interval covers the true mean in 94 to 96 % of 4000 samples."""
    rng = np.random.default_rng(2)
    ends = [interval(list(sample)) for sample in rng.normal(0, 1, size=(4000, 3))]
    assert 0.94 < np.mean([each.low <= 0 <= each.high for each in ends]) < 0.96


@pytest.mark.parametrize(("n", "places"), [(5, None), (6, (1, 6)), (10, (2, 9)), (20, (6, 15))])
def test_median_interval_lies_between_order_statistics(n: int, places: tuple[int, int] | None) -> None:
    """The places are those of the printed tables of the sign test; below six runs there are none."""
    ends = interval([float(each) for each in range(1, n + 1)], "median")
    assert (ends.low, ends.high) == (places or (None, None))


finite = st.floats(-1e6, 1e6)


@given(st.lists(finite, min_size=1, max_size=9), st.randoms(use_true_random=False))
def test_order_changes_no_digit(values: list[float], random) -> None:
    """Mean, median and deviation do not depend on the order of the values."""
    shuffled = random.sample(values, len(values))
    assert centre(values) == centre(shuffled)
    assert centre(values, "median") == centre(shuffled, "median")
    assert deviation(values) == deviation(shuffled)


@given(st.lists(st.none() | st.floats(0, 1), max_size=8))
def test_holm_is_monotone_and_never_lowers(p_values: list[float | None]) -> None:
    """Adjusted p values keep the order of the raw ones, are no smaller, and stay below one."""
    adjusted = holm(p_values)
    pairs = [(raw, new) for raw, new in zip(p_values, adjusted, strict=True) if raw is not None]
    assert all(raw <= new <= 1 for raw, new in pairs)
    assert [new for _, new in sorted(pairs)] == sorted(new for _, new in pairs)
    assert [raw is None for raw in p_values] == [new is None for new in adjusted]


@given(st.lists(st.integers(-9, 9), min_size=6, max_size=12))
def test_turned_gains_turn_the_rank_test(gains: list[int]) -> None:
    """Negated gains swap the rank sums, negate the estimate and keep p."""
    one, other = signed_rank(gains), signed_rank([-gain for gain in gains])
    assert (one.plus, one.minus, one.p) == (other.minus, other.plus, other.p)
    assert hodges_lehmann(gains) == -hodges_lehmann([-gain for gain in gains])
