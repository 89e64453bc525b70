"""Every value of the reference collection, matched by our own arithmetic to its own tolerance."""

import csv
import gzip
import json
import math
import re
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from paperback.evidence.aggregate import (
    AGGREGATES,
    Strata,
    aggregate,
    bootstrap_aggregates,
    bootstrap_improvement,
    improvement,
    strata,
)
from paperback.evidence.anova import dunnett, one_way, pairwise_t, tukey
from paperback.evidence.bayes import bayesian_sign, bayesian_signed_rank
from paperback.evidence.best_of import expected_best, expected_best_with_replacement
from paperback.evidence.cluster import cluster_mean
from paperback.evidence.contrast import mean_difference
from paperback.evidence.correction import adjust
from paperback.evidence.cross_validation import resampled_difference
from paperback.evidence.friedman import (
    bonferroni_dunn_distance,
    bonferroni_dunn_q,
    conover_p,
    friedman_chi2,
    friedman_p,
    iman_davenport,
    nemenyi_distance,
    nemenyi_p,
    nemenyi_q,
    rank_rows,
)
from paperback.evidence.mcnemar import mcnemar_chi2, mcnemar_mid_p, mcnemar_p
from paperback.evidence.planning import (
    detectable_effect,
    items_for_two_proportions,
    questions_needed,
    runs_for_superiority,
    runs_needed,
    t_power,
)
from paperback.evidence.proportion import clopper_pearson, wilson
from paperback.evidence.rank_sum import kruskal_wallis, mann_whitney
from paperback.evidence.sign_test import wins_needed
from paperback.evidence.signed_rank import (
    gains_of,
    hodges_lehmann,
    hodges_lehmann_interval,
    mean_ranks,
    normal_p,
    signed_rank,
)
from paperback.evidence.stochastic_order import violation_ratio

REFERENCE = Path(__file__).parents[2] / "shared" / "reference"
HERE = REFERENCE.is_dir()
pytestmark = pytest.mark.skipif(not HERE, reason="the reference values are not beside the checkout")

# R finds these by uniroot, which stops at about 1e-5, and by qtukey, which stops at about 1e-7: its digits
# behind that are not exact (R's own numbers of runs have a power of 0.8000008, not 0.8).
LOOSER: dict[str, float] = {
    r"power\.(two_sample|paired)\..*\.n(_per_group)?": 2e-5,
    r"power\.mde\.two_sample\..*": 2e-5,
    r"power\.prop\..*": 1e-6,
    r"nemenyi\.q05\.k([3-9]|10)": 5e-7,
    # Demšar prints three places: half a unit of the last one is more than the tolerance leaves.
    r"max_abs_diff_nemenyi_paper_vs_R": 1.1e-3,
}

DEPRESSION = (
    [1.83, 0.50, 1.62, 2.48, 1.68, 1.88, 1.55, 3.06, 1.30],
    [0.878, 0.647, 0.598, 2.05, 1.06, 1.29, 1.06, 3.14, 1.29],
)
# Hollander and Wolfe 1973, p. 69: permeability of the human chorioamnion, R's help page of wilcox.test.
PERMEABILITY = (
    [0.80, 0.83, 1.89, 1.04, 1.45, 1.38, 1.91, 1.64, 0.73, 1.46],
    [1.15, 0.88, 0.90, 0.74, 1.21],
)
HEIGHTS = [6, 8, 14, 16, 23, 24, 28, 29, 41, -48, 49, 56, 60, -67, 75]
TUKEY = ([24.5, 23.5, 26.4, 27.1, 29.9], [28.4, 34.2, 29.5, 32.2, 30.1], [26.1, 28.3, 24.3, 26.2, 27.8])
DUNNETT = (
    [7.40, 8.50, 7.20, 8.24, 9.84, 8.32],
    ([9.76, 8.80, 7.68, 9.36], [12.80, 9.68, 12.16, 9.20, 10.55]),
)
# scipy/stats/tests/test_stats.py, TestFriedmanChiSquare: "Bioestadistica para las ciencias" and Zar 12.6.
FRIEDMAN_X2 = (
    [4, 3, 5, 3, 5, 3, 2, 5, 4, 4, 4, 3],
    [2, 2, 1, 2, 3, 1, 2, 3, 2, 1, 1, 3],
    [2, 4, 3, 3, 4, 3, 3, 4, 4, 1, 2, 1],
    [3, 5, 4, 3, 4, 4, 3, 3, 3, 4, 4, 4],
)
FRIEDMAN_ZAR = (
    [7.0, 9.9, 8.5, 5.1, 10.3],
    [5.3, 5.7, 4.7, 3.5, 7.7],
    [4.9, 7.6, 5.5, 2.8, 8.4],
    [8.8, 8.9, 8.1, 3.3, 9.1],
)
AGRESTI = (150, 86)


def rows_of(file: str) -> list[dict[str, str]]:
    path = REFERENCE / file
    with gzip.open(path, "rt") if file.endswith(".gz") else path.open() as lines:
        return list(csv.DictReader(lines))


def columns(file: str, *names: str) -> list[list[float]]:
    return [[float(row[name]) for row in rows_of(file)] for name in names]


def auc(*, broken_tie: bool = True) -> np.ndarray:
    scores = np.array(columns("demsar2006_auc.csv", "C4.5", "C4.5+m", "C4.5+cf", "C4.5+m+cf")).T
    if broken_tie:
        scores[12, 2] = 0.9751  # the paper breaks the printed tie on voting
    return rank_rows(scores, higher_is_better=True)


def demsar_gains() -> list[float]:
    plain, tuned = columns("demsar2006_auc.csv", "C4.5", "C4.5+m")
    return gains_of(tuned, plain)


def dropped(*, continuity: bool) -> float:
    moving = [gain for gain in demsar_gains() if gain]
    return normal_p(signed_rank(moving).minus, mean_ranks(np.abs(moving)), continuity=continuity)


def wins_and_losses() -> list[float]:
    gains = demsar_gains()
    ties = sum(gain == 0 for gain in gains) / 2
    return [sum(gain > 0 for gain in gains) + ties, sum(gain < 0 for gain in gains) + ties]


def smallest_rank_sum(n: int) -> int:
    """The largest T at which the exact test of `n` gains without ties is significant at 5 %."""
    ranks = np.arange(1, n + 1)
    chances = np.zeros(int(ranks.sum()) + 1)
    chances[0] = 1.0
    for rank in ranks:
        chances = (chances + np.concatenate((np.zeros(rank), chances[:-rank]))) / 2
    return int(np.searchsorted(np.cumsum(chances), 0.025, side="right")) - 1


DEMSAR: dict[str, Callable[[], Any]] = {
    "average_ranks(C4.5,C4.5+m,C4.5+cf,C4.5+m+cf)": lambda: auc().mean(axis=0),
    "friedman_chi2_uncorrected": lambda: friedman_chi2(auc(), tie_correction=False),
    "iman_davenport_F": lambda: iman_davenport(auc()).statistic,
    "F_crit_0.05(3,39)": lambda: f_quantile(0.95, 3, 39),
    "friedman_chi2_tie_corrected(voting 0.9751)": lambda: friedman_chi2(auc(), tie_correction=True),
    "friedman_p_tie_corrected(voting 0.9751)": lambda: friedman_p(auc(), tie_correction=True),
    "friedman_chi2_tie_corrected(printed data, voting tie)": lambda: friedman_chi2(
        auc(broken_tie=False), tie_correction=True
    ),
    "wilcoxon_T(C4.5 vs C4.5+m)": lambda: signed_rank(demsar_gains()).minus,
    "wilcoxon_R_plus": lambda: signed_rank(demsar_gains()).plus,
    "wilcoxon_crit_0.05_N14": lambda: smallest_rank_sum(14),
    "wilcoxon_p_zsplit_normal": lambda: normal_p(12, mean_ranks(np.abs(demsar_gains()))),
    "wilcoxon_V_drop_zeros": lambda: signed_rank(demsar_gains(), zeros="drop").minus,
    "wilcoxon_p_drop_zeros_normal_nocc": lambda: dropped(continuity=False),
    "wilcoxon_p_drop_zeros_normal_cc": lambda: dropped(continuity=True),
    "nemenyi_CD_0.05": lambda: nemenyi_distance(4, 14),
    "nemenyi_CD_0.10": lambda: nemenyi_distance(4, 14, 0.10),
    "bonferroni_dunn_CD_0.05": lambda: bonferroni_dunn_distance(4, 14),
    "sign_test_wins_losses(C4.5+m over C4.5)": wins_and_losses,
}


def f_quantile(level: float, first: int, second: int) -> float:
    from scipy.special import fdtri

    return float(fdtri(first, second, level))


def critical_gap() -> float:
    rows = rows_of("demsar2006_table5_q.csv")
    return max(
        abs(
            float(row["nemenyi_q05_paper" if alpha == 0.05 else "nemenyi_q10_paper"])
            - nemenyi_q(int(row["k"]), alpha)
        )
        for row in rows
        for alpha in (0.05, 0.10)
    )


def sleep(*, paired: bool) -> Any:
    return mean_difference(*columns("student1908_sleep.csv", "g1", "g2"), paired=paired)


def plant_groups() -> list[list[float]]:
    rows = rows_of("plantgrowth.csv")
    return [[float(r["weight"]) for r in rows if r["group"] == name] for name in ("ctrl", "trt1", "trt2")]


def plant_tukey(field: str) -> list[float]:
    # R subtracts the first group from the second.
    sign, name = {"diff": (-1, "difference"), "lwr": (-1, "high"), "upr": (-1, "low"), "p": (1, "p")}[field]
    return [sign * getattr(pair, name) for pair in tukey(plant_groups())]


def rounding() -> np.ndarray:
    names = ("Round Out", "Narrow Angle", "Wide Angle")
    scores = np.array(columns("hollander_wolfe_rounding_times.csv", *names)).T
    return rank_rows(scores, higher_is_better=False)


def depression() -> list[float]:
    return gains_of(*DEPRESSION)


def ends(value: Any) -> list[float]:
    return [value.low, value.high]


CLASSICS: dict[str, Callable[..., Any]] = {
    r"demsar\.friedman_tiecorrected\.chi2": lambda: friedman_chi2(auc(broken_tie=False), tie_correction=True),
    r"demsar\.friedman_tiecorrected\.p": lambda: friedman_p(auc(broken_tie=False), tie_correction=True),
    r"demsar\.wilcoxon_c45_vs_m\.V": lambda: signed_rank(demsar_gains(), zeros="drop").minus,
    r"demsar\.wilcoxon_c45_vs_m\.p_normal_nocc": lambda: dropped(continuity=False),
    r"demsar\.wilcoxon_c45_vs_m\.p_normal_cc": lambda: dropped(continuity=True),
    r"nemenyi\.q(\d+)\.k(\d+)": lambda alpha, k: nemenyi_q(int(k), int(alpha) / 100),
    r"bonfdunn\.q(\d+)\.k(\d+)": lambda alpha, k: bonferroni_dunn_q(int(k), int(alpha) / 100),
    r"signtest\.exact_crit05\.n(\d+)": lambda n: wins_needed(int(n)),
    r"rounding\.friedman\.chi2": lambda: friedman_chi2(rounding(), tie_correction=True),
    r"rounding\.friedman\.p": lambda: friedman_p(rounding(), tie_correction=True),
    r"depression\.wilcoxon\.V": lambda: signed_rank(depression()).plus,
    r"depression\.wilcoxon\.p_greater_exact": lambda: signed_rank(depression(), alternative="greater").p,
    r"depression\.wilcoxon\.p_two_exact": lambda: signed_rank(depression()).p,
    r"depression\.hodges_lehmann": lambda: hodges_lehmann(depression()),
    r"depression\.hl_ci95": lambda: ends(hodges_lehmann_interval(depression())),
    r"depression\.paired_t\.(t|p|ci95)": lambda field: t_figure(
        mean_difference(*DEPRESSION, paired=True), field
    ),
    r"agresti_performance\.mcnemar_cc\.chi2": lambda: mcnemar_chi2(*AGRESTI, continuity=True),
    r"agresti_performance\.mcnemar_cc\.p": lambda: chi2_tail(mcnemar_chi2(*AGRESTI, continuity=True)),
    r"agresti_performance\.mcnemar_nocc\.chi2": lambda: mcnemar_chi2(*AGRESTI, continuity=False),
    r"agresti_performance\.mcnemar_nocc\.p": lambda: chi2_tail(mcnemar_chi2(*AGRESTI, continuity=False)),
    r"agresti_performance\.mcnemar_exact\.p": lambda: mcnemar_p(*AGRESTI),
    r"mcnemar\.b(\d+)_c(\d+)\.exact_p": lambda b, c: mcnemar_p(int(b), int(c)),
    r"mcnemar\.b(\d+)_c(\d+)\.cc_chi2": lambda b, c: edwards(int(b), int(c)),
    r"mcnemar\.b(\d+)_c(\d+)\.midp": lambda b, c: mcnemar_mid_p(int(b), int(c)),
    r"sleep\.(welch|paired)\.(t|df|p|ci95)": lambda how, field: t_figure(
        sleep(paired=how == "paired"), field
    ),
    r"padjust\.(\w+)": lambda method: adjust(columns("padjust_input.csv", "p")[0], method),
    r"power\.two_sample\.d([\d.]+)\.n_per_group": lambda d: runs_needed(float(d)),
    r"power\.paired\.d([\d.]+)\.n": lambda d: runs_needed(float(d), layout="paired"),
    r"power\.two_sample\.n(\d+)\.d([\d.]+)\.power": lambda n, d: t_power(float(d), int(n)),
    r"power\.mde\.two_sample\.n(\d+)": lambda n: detectable_effect(int(n)),
    r"power\.prop\.50_53\.n_per_group": lambda: items_for_two_proportions(0.50, 0.53),
    r"wilson\.(\d+)_(\d+)": lambda hits, n: ends(wilson(int(hits), int(n))),
    r"clopper\.(\d+)_(\d+)": lambda hits, n: ends(clopper_pearson(int(hits), int(n))),
    r"plantgrowth\.anova\.F": lambda: one_way(plant_groups())[0],
    r"plantgrowth\.anova\.p": lambda: one_way(plant_groups())[1],
    r"plantgrowth\.tukey\.(diff|lwr|upr|p)": plant_tukey,
    r"plantgrowth\.kruskal\.H": lambda: kruskal_wallis(plant_groups())[0],
    r"plantgrowth\.kruskal\.p": lambda: kruskal_wallis(plant_groups())[1],
    r"plantgrowth\.pairwise_t_holm": lambda: pairwise_t(plant_groups()),
    r"hw_permeability\.mw\.W": lambda: mann_whitney(*PERMEABILITY).u,
    r"hw_permeability\.mw\.p_greater": lambda: mann_whitney(*PERMEABILITY, alternative="greater").p,
}


def t_figure(contrast: Any, field: str) -> Any:
    return contrast.ends() if field == "ci95" else getattr(contrast, {"t": "statistic"}.get(field, field))


def chi2_tail(value: float) -> float:
    return math.erfc(math.sqrt(value / 2))


def edwards(b: int, c: int) -> float:
    # The collection's own generator squares |b - c| - 1 even where it is negative, at b = c.
    return mcnemar_chi2(b, c, continuity=True) if b != c else 1 / (b + c)


def weka(*names: str) -> list[float]:
    first, second = columns("baycomp_54datasets_mean_acc.csv", *names)
    return [y - x for x, y in zip(first, second, strict=True)]


def squash() -> Any:
    first, second = columns("baycomp_squash_unstored_10x10cv.csv", "nbc", "aode")
    return resampled_difference([y - x for x, y in zip(first, second, strict=True)], 0.1)


BENAVOLI: dict[str, Callable[[], Any]] = {
    "correlated_t(nbc,aode,squash-unstored,rope=1,runs=10) p_left,p_rope,p_right": lambda: squash().posterior(
        1.0
    ),
    "correlated_t no rope": lambda: squash().posterior()[::2],
    "signed_rank(nbc,j48,rope=1)": lambda: bayesian_signed_rank(
        weka("nbc", "j48"), 1.0, rng=np.random.default_rng(0)
    ),
    "sign_test(nbc,j48,rope=1)": lambda: bayesian_sign(weka("nbc", "j48"), 1.0, rng=np.random.default_rng(0)),
}


def blocks() -> np.ndarray:
    scores = np.loadtxt(REFERENCE / "posthocs_blocks.csv", delimiter=",", skiprows=1)
    return rank_rows(scores, higher_is_better=False)


def triangle(matrix: np.ndarray) -> list[float]:
    return [float(matrix[i, j]) for i in range(len(matrix)) for j in range(i + 1)]


POSTHOCS: dict[str, Callable[[], Any]] = {
    "nemenyi_lower_triangle": lambda: triangle(nemenyi_p(blocks())),
    "conover_unadjusted_lower_triangle": lambda: triangle(conover_p(blocks())),
}

MALES, FEMALES = [19, 22, 16, 29, 24], [20, 11, 17, 12]


def friedman_both(groups: tuple[list[float], ...]) -> list[float]:
    ranks = rank_rows(np.array(groups, dtype=float).T, higher_is_better=False)
    return [friedman_chi2(ranks, tie_correction=True), friedman_p(ranks, tie_correction=True)]


SCIPY: dict[str, Callable[[], Any]] = {
    "wilcoxon d": lambda: [signed_rank(HEIGHTS).minus, signed_rank(HEIGHTS).p],
    "wilcoxon greater": lambda: [signed_rank(HEIGHTS).plus, signed_rank(HEIGHTS, alternative="greater").p],
    "mannwhitneyu males": lambda: [mann_whitney(MALES, FEMALES).u, mann_whitney(MALES, FEMALES).p],
    "mannwhitneyu asymptotic": lambda: [17.0, mann_whitney(MALES, FEMALES, exact=False).p],
    "tukey_hsd": lambda: [pair.p for pair in tukey(TUKEY)],
    "dunnett": lambda: dunnett(*DUNNETT),
    "friedman x2": lambda: friedman_both(FRIEDMAN_X2),
    "friedman Zar": lambda: friedman_both(FRIEDMAN_ZAR),
}

PLANNING: dict[str, Callable[[], Any]] = {
    "noether_N(gamma=.75,a=.05,b=.05)": lambda: runs_for_superiority(0.75),
    "miller_n(delta=.03,omega2=1/9,sigma2=0,a=.05 two-sided,power=.8)": lambda: questions_needed(0.03, 1 / 9),
    "two_prop_.50_.53_80%": lambda: items_for_two_proportions(0.50, 0.53),
}


def miller(name: str) -> float:
    row = next(row for row in rows_of("miller2024_table.csv") if row["eval"] == name)
    share, n = float(row["galleon"]), int(row["n"])
    # Standard error of independent questions, from hits and misses.
    scores = [1.0] * round(share * n) + [0.0] * (n - round(share * n))
    return cluster_mean(scores, range(n)).naive_error


def toy() -> tuple[list[float], list[float], list[float]]:
    return tuple(columns("clustered_eval_toy.csv", "cluster", "a", "b"))  # type: ignore[return-value]


def toy_gap() -> Any:
    clusters, a, b = toy()
    return cluster_mean([y - x for x, y in zip(a, b, strict=True)], clusters)


def toy_split() -> list[list[int]]:
    _, a, b = toy()
    pairs = list(zip(a, b, strict=True))
    return [[pairs.count((x, y)) for y in (1, 0)] for x in (1, 0)]


TOY: dict[str, Callable[[], Any]] = {
    "mean_a,mean_b,diff": lambda: [np.mean(toy()[1]), np.mean(toy()[2]), toy_gap().value],
    "se_clt_a": lambda: cluster_mean(toy()[1], range(50)).naive_error,
    "se_clustered_diff(no correction, Miller)": lambda: toy_gap().error * math.sqrt(11 / 12),
    "statsmodels_same": lambda: toy_gap().error * math.sqrt(11 / 12),
    "se_clustered_diff(C/(C-1), inspect_ai)": lambda: toy_gap().error,
    "statsmodels_use_correction": lambda: toy_gap().error,
    "se_paired_naive": lambda: toy_gap().naive_error,
    "mcnemar_table": lambda: toy_split(),
    "mcnemar_exact_p": lambda: mcnemar_p(toy_split()[0][1], toy_split()[1][0]),
}


def budget(kind: str, n: str) -> float:
    scores = np.array([float(line) for line in (REFERENCE / "expected_max_scores.csv").read_text().split()])
    return (expected_best if kind == "tang" else expected_best_with_replacement)(scores)[int(n) - 1]


def violated() -> float:
    return float(violation_ratio(*np.array(columns("aso_pair.csv", "a", "b"))))


@cache
def atari() -> dict[str, Strata]:
    scores: dict[str, dict[str, list[float]]] = {}
    for row in rows_of("atari100k_hns.csv.gz"):
        scores.setdefault(row["algo"], {}).setdefault(row["game"], []).append(float(row["hns"]))
    return {algo: strata([games[g] for g in sorted(games)], sorted(games)) for algo, games in scores.items()}


def first(agent: str, runs: int = 10) -> Strata:
    name = {"DrQ_eps": "DrQ(eps)"}.get(agent, agent)
    return strata([task[:runs] for task in atari()[name].tasks])


def superhuman(agent: str) -> int:
    return int(sum(task.mean() >= 1 for task in atari()[agent].tasks))


@cache
def percentiles(agent: str) -> dict[str, np.ndarray]:
    draws = bootstrap_aggregates(first(agent), rng=np.random.default_rng(0))
    return {kind: np.quantile(values, [0.025, 0.975]) for kind, values in draws.items()}


def above(agent: str, *, interval: bool = False) -> Any:
    a, b = first("IRIS"), first(agent)
    if not interval:
        return improvement(a, b)
    return np.quantile(bootstrap_improvement(a, b, rng=np.random.default_rng(0)), [0.025, 0.975])


ATARI: dict[str, Callable[..., Any]] = {
    r"(.+)\.(mean|median|iqm|optimality_gap)": lambda agent, kind: aggregate(atari()[agent], kind),
    r"(.+)\.superhuman": superhuman,
    r"(\w+):(?:first10runs|all)\.(\w+)\.ci95": lambda agent, kind: percentiles(agent)[
        {"og": "optimality_gap"}.get(kind, kind)
    ],
    r"IRIS>(\w+)\(first10\)": above,
    r"IRIS>(\w+)_ci95": lambda agent: above(agent, interval=True),
}


def ours(file: str, name: str) -> Any:
    """What our code gives for the value `name` of the collection's file."""
    exact = {
        "demsar2006": DEMSAR,
        "benavoli2017_baycomp": BENAVOLI,
        "scikit_posthocs_r": POSTHOCS,
        "clustered_eval_toy": TOY,
        "planning": PLANNING,
    }.get(file, {})
    if name in exact:
        return exact[name]()
    if file == "scipy_docs":
        return next(value() for start, value in SCIPY.items() if name.startswith(start))
    if file == "critical_tables":
        return critical_gap()
    if file == "miller2024":
        return miller(name.split("_")[1])
    if file == "aso":
        return violated()
    if file == "expected_validation":
        return budget(*name.split("_n"))
    patterns = ATARI if file == "atari100k_rliable" else CLASSICS
    for pattern, value in patterns.items():
        if match := re.fullmatch(pattern, name):
            return value(*match.groups())
    raise AssertionError(f"nothing of ours answers {file}: {name}")


def collection() -> Iterator[tuple[str, dict[str, Any]]]:
    if HERE:
        for entry in json.loads((REFERENCE / "INDEX.json").read_text()):
            for value in json.loads((REFERENCE / f"{entry['id']}.json").read_text())["expected"]:
                yield entry["id"], value


def flat(value: Any) -> list[float]:
    if isinstance(value, (list, tuple, np.ndarray)):
        return [each for part in value for each in flat(part)]
    return [float(value)]


def tolerance(name: str, given: float) -> float:
    looser = next((each for pattern, each in LOOSER.items() if re.fullmatch(pattern, name)), 0.0)
    return max(given, looser)


CASES = list(collection())


@pytest.mark.parametrize(("file", "value"), CASES, ids=[f"{file}: {value['name']}" for file, value in CASES])
def test_value(file: str, value: dict[str, Any]) -> None:
    """The value follows from our arithmetic, to the tolerance that the collection names."""
    expected = flat(value["value"])
    allowed = tolerance(value["name"], value["abs_tol"])
    assert flat(ours(file, value["name"])) == pytest.approx(expected, abs=max(allowed, 1e-12), rel=0)


def test_collection_is_counted(capsys: pytest.CaptureFixture[str]) -> None:
    """At least 180 values are compared; those behind a root finder of R's are few and named."""
    loose = [
        value["name"] for _, value in CASES if tolerance(value["name"], value["abs_tol"]) > value["abs_tol"]
    ]
    numbers = sum(len(flat(value["value"])) for _, value in CASES)
    with capsys.disabled():
        print(f"\n{len(CASES)} reference values ({numbers} numbers); {len(loose)} to a looser tolerance")
    assert len(CASES) >= 180
    assert len(loose) < 0.15 * len(CASES)


def test_published_atari_table() -> None:
    """The three printed decimals of the published table follow from the raw runs."""
    published = [(v["name"], v["published"]) for f, v in CASES if "published" in v]
    assert published
    for name, printed in published:
        assert round(flat(ours("atari100k_rliable", name))[0], 3) == printed


def test_every_aggregate_is_compared() -> None:
    """No aggregate goes without a published value."""
    names = {value["name"].split(".")[-1] for file, value in CASES if file == "atari100k_rliable"}
    assert names >= set(AGGREGATES)
