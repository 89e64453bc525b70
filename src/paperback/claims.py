"""Sentences that evidence carries: claims, and what the evidence says of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

from paperback.errors import PaperbackError, near_miss
from paperback.evidence.average import AverageGain, average_cells
from paperback.evidence.compare import FEWEST as FEWEST_RUNS
from paperback.evidence.compare import Comparison, common, compare_cells
from paperback.evidence.contrast import ALPHA
from paperback.evidence.pivot import Cells, pivot
from paperback.evidence.rank import Ranking, rank_cells
from paperback.evidence.signed_rank import FEWEST as FEWEST_DATASETS
from paperback.runs import RunTable
from paperback.settings import ClaimSettings, Settings

ClaimKind = Literal["better", "ablation hurts"]


class Word(StrEnum):
    """What the evidence says of a claim."""

    SUPPORTED = "supported"
    INCONCLUSIVE = "inconclusive"
    CONTRADICTED = "contradicted"
    UNTESTED = "untested"


_REASONS = {
    Word.SUPPORTED: "the gain is larger than chance explains",
    Word.INCONCLUSIVE: "the gain is not larger than chance explains",
    Word.CONTRADICTED: "the loss is larger than chance explains",
}


@dataclass(frozen=True, slots=True)
class Claim:
    """A predicate over estimates: `method` is better than `over` on `metric`.

    Attributes:
        kind: `better`, or `ablation hurts`: the proposal `method` is better than its ablation `over`.
        method: Method as logged.
        over: The other method, as logged.
        metric: Canonical metric name.
        split: The split it speaks of.
        datasets: The data sets it speaks of, as logged; empty where the study has no data set role.
        declared: Whether the author declared it (else it was inferred and is offered).
    """

    kind: ClaimKind
    method: str
    over: str
    metric: str
    split: str
    datasets: tuple[str, ...]
    declared: bool


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the evidence says of one claim.

    Attributes:
        claim: The claim.
        word: The verdict over all its data sets together.
        design: Letter of the decision table: `a`, `b` or `h`.
        comparisons: Per data set, design (a) or (h), Holm-adjusted inside the claim.
        ranking: Over the data sets, design (b); None with fewer than two data sets.
        reason: Why the verdict is what it is, one sentence of plain words without numbers.
        needed: What would decide an undecided claim; empty when decided.
        average: The average gain over exactly these data sets; None with fewer than two or six and more.
    """

    claim: Claim
    word: Word
    design: str
    comparisons: tuple[Comparison, ...]
    ranking: Ranking | None
    reason: str
    needed: str
    average: AverageGain | None = None


def state_claims(table: RunTable, settings: Settings, *, metric: str, split: str = "") -> tuple[Verdict, ...]:
    """A verdict on every declared claim; where none is declared, on those that the settings imply.

    Implied: the proposal is better than each baseline (each other method that is no ablation, where none is
    named), and each ablation hurts. `missing_claims` tells why there is none.

    The rule, on the data sets where both methods have a value, seeds averaged inside each cell first:

    - Per data set Student's t, paired where the seeds are the same, else Welch, from three runs on each side;
      Holm over the claim's data sets. A data set is won or lost where the adjusted p is below 0.05.
    - Six or more data sets: Wilcoxon's signed-rank test over data sets, Holm over the claims that share
      metric and data sets. Supported or contradicted where the adjusted p is below 0.05. A single run per
      cell is enough here, because the unit is the data set.
    - Two to five: the interval of the average gain over exactly these data sets. Supported where it lies
      above zero and no data set is lost; contradicted where it lies below and none is won.
    - One: supported or contradicted where that data set is won or lost.
    - Everything else is inconclusive. Untested: no data, a metric without direction, or too few runs for a
      test; a single run per cell never decides anything below six data sets.

    Args:
        table: The runs.
        settings: Claims, proposal, baselines and ablations.
        metric: The study's metric; a declared claim may name its own.
        split: The split that is reported.
    """
    known = _methods(table)
    claims = [_declared(each, table, metric, split) for each in settings.claims]
    claims = claims or _implied(settings, known, table, metric=metric, split=split)
    verdicts: dict[Claim, Verdict] = {}
    for key in dict.fromkeys((claim.metric, claim.datasets) for claim in claims):
        together = [claim for claim in claims if (claim.metric, claim.datasets) == key]
        verdicts |= _judge_family(table, together)
    return tuple(verdicts[claim] for claim in claims)


def missing_claims(table: RunTable, settings: Settings) -> str:
    """Why `state_claims` finds no claim, in one sentence; empty where it finds one."""
    known = _methods(table)
    if settings.claims or _implied(settings, known, table, metric="", split=""):
        return ""
    if not known:
        return "no role of the runs is the method, so there is nothing to compare"
    if not settings.proposal:
        return "the proposed method is not declared, and it is never guessed"
    return "there is no method beside the proposal"


def strength(verdict: Verdict) -> str:
    """The strongest verb that the verdict allows between its method and the other.

    `consistently improves on` only where besides no data set is lost or has the lower mean, in two or more.
    """
    if verdict.word is Word.SUPPORTED:
        return "consistently improves on" if "consistently" in unlocked(verdict) else "improves on"
    if verdict.word is Word.CONTRADICTED:
        return "performs below"
    if verdict.word is Word.INCONCLUSIVE:
        return "cannot be told apart from"
    return "was not tested against"


def unlocked(verdict: Verdict) -> frozenset[str]:
    """The strong words that the verdict allows: `significantly`, `outperforms`, `consistently`.

    A supported claim with an adjusted p below 0.05 allows the first two; the third besides asks for two or
    more data sets, in none of which the method has the lower value.
    """
    if verdict.word is not Word.SUPPORTED or (p := _p(verdict)) is None or p >= ALPHA:
        return frozenset()
    gains = [comparison.gain for comparison in verdict.comparisons]
    always = len(gains) > 1 and all(gain is not None and gain >= 0 for gain in gains)
    return frozenset(("significantly", "outperforms", *(("consistently",) if always else ())))


def _p(verdict: Verdict) -> float | None:
    if verdict.average is not None:
        return verdict.average.p
    if verdict.ranking is not None:
        return verdict.ranking.pair(verdict.claim.method, verdict.claim.over).p_adjusted
    return verdict.comparisons[0].p_adjusted


def _methods(table: RunTable) -> tuple[str, ...]:
    return table.roles["method"].values if "method" in table.roles else ()


def _declared(given: ClaimSettings, table: RunTable, metric: str, split: str) -> Claim:
    kind: ClaimKind = "ablation hurts" if given.kind == "ablation hurts" else "better"
    datasets = given.datasets or _datasets(table)
    return Claim(kind, given.method, given.over, given.metric or metric, split, datasets, True)


def _datasets(table: RunTable) -> tuple[str, ...]:
    return table.roles["dataset"].values if "dataset" in table.roles else ()


def _implied(
    settings: Settings, known: Sequence[str], table: RunTable, *, metric: str, split: str
) -> list[Claim]:
    if not settings.proposal or not known:
        return []
    ours = (settings.proposal, *settings.ablations)
    others = settings.baselines or tuple(name for name in known if name not in ours)
    kinds: list[tuple[ClaimKind, str]] = [("better", name) for name in others if name != settings.proposal]
    kinds += [("ablation hurts", name) for name in settings.ablations]
    datasets = _datasets(table)
    return [Claim(kind, settings.proposal, over, metric, split, datasets, False) for kind, over in kinds]


def _judge_family(table: RunTable, claims: Sequence[Claim]) -> dict[Claim, Verdict]:
    try:
        cells = pivot(table, claims[0].metric, split=claims[0].split)
    except PaperbackError as error:
        why = "the runs carry no value of this metric"
        return {claim: _untested(claim, why, str(error)) for claim in claims}
    # A declared name that was never run has no verdict, and no place in the family of the correction.
    ready = [claim for claim in claims if not _lacking(cells, claim)]
    ranking = _ranking(cells, ready)
    verdicts = {claim: _untested(claim, *_lacking(cells, claim)) for claim in claims if claim not in ready}
    return verdicts | {claim: _judge(cells, claim, ranking) for claim in ready}


def _lacking(cells: Cells, claim: Claim) -> tuple[str, ...]:
    """Why the claim cannot be tested and what it needs; empty where it can."""
    for name in (claim.method, claim.over):
        if name not in cells.rows:
            return "one of the methods was never run", f"Runs of {name!r}. {near_miss(name, cells.rows)}"
    if not _shared(cells, claim):
        return "the two methods share no data set", "Runs of both methods on the same data sets."
    if next(iter(cells.cells.values())).direction == "unknown":
        needed = f"A direction for {cells.metric!r} under [metrics] in paperback.toml."
        return "whether higher or lower is better is not declared", needed
    return ()


def _shared(cells: Cells, claim: Claim) -> tuple[str, ...]:
    both = common(cells, claim.method, claim.over)
    return tuple(each for each in both if each in claim.datasets) if claim.datasets else both


def _ranking(cells: Cells, claims: Sequence[Claim]) -> Ranking | None:
    """One ranking for the whole family; of fewer methods where no data set has a value of all of them."""
    if not claims:
        return None
    pairs = tuple(dict.fromkeys((claim.method, claim.over) for claim in claims))
    everyone = tuple(dict.fromkeys(name for pair in pairs for name in pair))
    datasets = [each for each in cells.columns if not claims[0].datasets or each in claims[0].datasets]
    for methods in (everyone, *pairs):
        if any(all((name, each) in cells.cells for name in methods) for each in datasets):
            return rank_cells(cells, methods=methods, datasets=datasets, pairs=pairs)
    raise AssertionError("every claim shares a data set")


def _judge(cells: Cells, claim: Claim, ranking: Ranking | None) -> Verdict:
    datasets = _shared(cells, claim)
    comparisons = compare_cells(cells, claim.method, claim.over, datasets)
    if len(datasets) == 1:
        return _judge_one(claim, comparisons)
    if len(datasets) >= FEWEST_DATASETS:
        return _judge_many(claim, comparisons, ranking)
    return _judge_few(claim, comparisons, ranking, average_cells(cells, claim.method, claim.over, datasets))


def _judge_one(claim: Claim, comparisons: tuple[Comparison, ...]) -> Verdict:
    comparison = comparisons[0]
    if comparison.p_adjusted is None:
        reason = {True: "a single run each cannot speak of the methods"}.get(comparison.design == "h")
        reason = reason or f"no test was made ({comparison.test.removeprefix('none: ')})"
        needed = _more_runs(claim, comparisons)
        return Verdict(claim, Word.UNTESTED, comparison.design, comparisons, None, reason, needed)
    word = _word(comparison.gain or 0.0, decided=comparison.p_adjusted < ALPHA)
    needed = "" if word is not Word.INCONCLUSIVE else _seeds(comparison.needed)
    return Verdict(claim, word, "a", comparisons, None, f"{_REASONS[word]} on the one data set", needed)


def _judge_many(claim: Claim, comparisons: tuple[Comparison, ...], ranking: Ranking | None) -> Verdict:
    assert ranking is not None
    pair = ranking.pair(claim.method, claim.over)
    if pair.p_adjusted is None:
        reason = "the methods tie on every data set"
        needed = "Data sets on which the methods differ."
        return Verdict(claim, Word.INCONCLUSIVE, "b", comparisons, ranking, reason, needed)
    word = _word(pair.rank_biserial or 0.0, decided=pair.p_adjusted < ALPHA)
    needed = "" if word is not Word.INCONCLUSIVE else _more("data sets", pair.needed)
    reason = f"{_REASONS[word]} over data sets like these"
    return Verdict(claim, word, "b", comparisons, ranking, reason, needed)


def _judge_few(
    claim: Claim, comparisons: tuple[Comparison, ...], ranking: Ranking | None, average: AverageGain
) -> Verdict:
    single = any(comparison.n == 1 for comparison in comparisons)
    if average.p is None or average.low is None or average.high is None:
        reason = (
            "a single run in a cell cannot speak of the methods"
            if single
            else f"no test over these data sets was made ({average.test.removeprefix('none: ')})"
        )
        needed, letter = _more_runs(claim, comparisons), "h" if single else "b"
        return Verdict(claim, Word.UNTESTED, letter, comparisons, ranking, reason, needed, average)
    won = any(_decided(each) and (each.gain or 0.0) > 0 for each in comparisons)
    lost = any(_decided(each) and (each.gain or 0.0) < 0 for each in comparisons)
    word = _word(average.gain, decided=average.low > 0 or average.high < 0)
    reason = f"{_REASONS[word]} on the average over exactly these data sets"
    needed = "" if word is not Word.INCONCLUSIVE else _seeds(average.needed)
    if (word is Word.SUPPORTED and lost) or (word is Word.CONTRADICTED and won):
        word, reason = Word.INCONCLUSIVE, "the data sets contradict one another"
        needed = "A claim per data set; more runs will not make them agree."
    return Verdict(claim, word, "b", comparisons, ranking, reason, needed, average)


def _decided(comparison: Comparison) -> bool:
    return comparison.p_adjusted is not None and comparison.p_adjusted < ALPHA


def _word(gain: float, *, decided: bool) -> Word:
    if not decided or gain == 0:
        return Word.INCONCLUSIVE
    return Word.SUPPORTED if gain > 0 else Word.CONTRADICTED


def _untested(claim: Claim, reason: str, needed: str) -> Verdict:
    return Verdict(claim, Word.UNTESTED, "", (), None, reason, needed)


def _more_runs(claim: Claim, comparisons: Sequence[Comparison]) -> str:
    short = [
        f"{side.n} of {name}" + (f" on {each.dataset}" if each.dataset else "")
        for each in comparisons
        for name, side in ((claim.method, each.a), (claim.over, each.b))
        if side.n < FEWEST_RUNS
    ]
    if not short:
        return "Runs whose values vary."
    here = ", ".join(short)
    return f"At least {FEWEST_RUNS} runs of each method in every cell, better five; there are {here}."


def _seeds(needed: int | None) -> str:
    return _more("runs of each method in every cell", needed)


def _more(what: str, needed: int | None) -> str:
    if needed is None:
        return f"More {what} than can be run: the observed gap is too small against the spread."
    return f"About {needed} {what} would decide with 80 % power, at the observed gap and spread."
