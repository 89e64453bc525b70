"""The rule of verdicts over seeds and data sets: designs (a), (b) and (h)."""

from collections.abc import Sequence
from dataclasses import replace

from paperback.claims.claim import Claim, Verdict, Word
from paperback.errors import near_miss
from paperback.evidence.average import AverageGain, average_cells
from paperback.evidence.compare import FEWEST as FEWEST_RUNS
from paperback.evidence.compare import Comparison, common, compare_cells
from paperback.evidence.contrast import ALPHA
from paperback.evidence.family import Gain, Kind, Tested, adjusted, all_tested, best_against, gain_of
from paperback.evidence.holm import family as named_family
from paperback.evidence.pivot import Cells
from paperback.evidence.rank import Ranking, rank_cells
from paperback.evidence.signed_rank import FEWEST as FEWEST_DATASETS

REASONS = {
    Word.SUPPORTED: "the gain is larger than chance explains",
    Word.INCONCLUSIVE: "the gain is not larger than chance explains",
    Word.CONTRADICTED: "the loss is larger than chance explains",
    Word.EQUIVALENT: "the difference lies within the declared margin",
}
_ALONE = "the difference stands alone, but not among the claims that were tested together"
_TESTED: dict[str, Kind] = {"not worse than": "not worse", "equivalent": "equivalent", "best of": "best"}


def judge_family(cells: Cells, claims: Sequence[Claim]) -> dict[Claim, Verdict]:
    """The verdict on each of `claims`, which share metric and data sets and are one family."""
    # A declared name that was never run has no verdict, and no place in the family of the correction.
    ready = [claim for claim in claims if not _lacking(cells, claim)]
    verdicts = {claim: untested(claim, *_lacking(cells, claim)) for claim in claims if claim not in ready}
    pairs = [claim for claim in ready if claim.kind != "best of"]
    ranking = _ranking(cells, pairs)
    family = tuple(_tested(claim) for claim in pairs)
    raw, corrected = adjusted(cells, family)
    name = named_family(raw, "claims")
    for place, claim in enumerate(pairs):
        bare = _bare(cells, claim, ranking)
        correction = name if raw[place] is not None else ""
        bare = replace(bare, p=raw[place], p_adjusted=corrected[place], correction=correction)
        verdicts[claim] = _decide(cells, replace(bare, family=family, place=place))
    return verdicts | {claim: _best(cells, claim) for claim in ready if claim.kind == "best of"}


def untested(claim: Claim, reason: str, needed: str) -> Verdict:
    """The verdict on a claim that cannot be tested at all."""
    return Verdict(claim, Word.UNTESTED, "", (), None, reason, needed)


def _tested(claim: Claim) -> Tested:
    kind = _TESTED.get(claim.kind, "difference")
    margin = claim.margin or 0.0 if kind in ("not worse", "equivalent") else 0.0
    return Tested(claim.method, claim.over, kind, margin, claim.datasets)


def _lacking(cells: Cells, claim: Claim) -> tuple[str, ...]:
    """Why the claim cannot be tested and what it needs; empty where it can."""
    names = (claim.method, claim.over) if claim.kind != "best of" or claim.over else (claim.method,)
    for name in names:
        if name not in cells.rows:
            return "one of the methods was never run", f"Runs of {name!r}. {near_miss(name, cells.rows)}"
    if claim.kind == "best of":
        if len(cells.rows) < 2:
            return "there is no other method", "Runs of another method."
        others = [name for name in cells.rows if name != claim.method]
        if not all(_shared(cells, replace(claim, over=name)) for name in others):
            return "the methods share no data set", "Runs of every method on the same data sets."
    elif not _shared(cells, claim):
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


def _bare(cells: Cells, claim: Claim, ranking: Ranking | None) -> Verdict:
    """All that was measured of a claim, without a word on it."""
    datasets = _shared(cells, claim)
    comparisons = compare_cells(cells, claim.method, claim.over, datasets)
    few = 1 < len(datasets) < FEWEST_DATASETS
    average = average_cells(cells, claim.method, claim.over, datasets) if few else None
    bare = Verdict(
        claim,
        Word.UNTESTED,
        comparisons[0].design if len(datasets) == 1 else "b",
        comparisons,
        ranking if len(datasets) > 1 else None,
        reason="",
        needed="",
        average=average,
        n=min(each.n for each in comparisons),
    )
    return _measured(bare, datasets)


def _measured(bare: Verdict, datasets: Sequence[str]) -> Verdict:
    one, claim = bare.comparisons[0], bare.claim
    if len(datasets) == 1:
        turned = one.gain is not None and one.gain * one.difference < 0
        low, high = (one.low, one.high) if not turned else (_minus(one.high), _minus(one.low))
        effect = one.effect if not turned else _minus(one.effect)
        return replace(bare, gain=one.gain, low=low, high=high, effect=effect)
    if bare.average is not None:
        return replace(bare, gain=bare.average.gain, low=bare.average.low, high=bare.average.high)
    assert bare.ranking is not None
    pair = bare.ranking.pair(claim.method, claim.over)
    ends = {"gain": pair.hodges_lehmann, "low": pair.low, "high": pair.high}
    return replace(bare, n=len(datasets), effect=pair.rank_biserial, **ends)  # type: ignore[arg-type]


def _decide(cells: Cells, bare: Verdict) -> Verdict:
    if bare.p_adjusted is None:
        return _not_tested(bare)
    if bare.claim.kind in ("not worse than", "equivalent"):
        return _within_margin(cells, bare)
    word = _word(_sign(bare), decided=bare.p_adjusted < ALPHA)
    if word is Word.INCONCLUSIVE and bare.claim.margin and _equivalent(cells, bare.claim):
        return _said(bare, Word.EQUIVALENT)
    won = any(_decided(each) and (each.gain or 0.0) > 0 for each in bare.comparisons)
    lost = any(_decided(each) and (each.gain or 0.0) < 0 for each in bare.comparisons)
    few = bare.average is not None
    if few and ((word is Word.SUPPORTED and lost) or (word is Word.CONTRADICTED and won)):
        reason = "the data sets contradict one another"
        needed = "A claim per data set; more runs will not make them agree."
        return replace(bare, word=Word.INCONCLUSIVE, reason=reason, needed=needed)
    return _said(bare, word)


def _sign(verdict: Verdict) -> float:
    """Which way the test points; of ranks by the rank sums, which the median of the gains can miss."""
    if verdict.average is None and verdict.ranking is not None:
        pair = verdict.ranking.pair(verdict.claim.method, verdict.claim.over)
        return pair.rank_biserial or 0.0
    return verdict.gain or 0.0


def _within_margin(cells: Cells, bare: Verdict) -> Verdict:
    claim, margin = bare.claim, bare.claim.margin or 0.0
    assert bare.p_adjusted is not None
    if bare.p_adjusted < ALPHA:
        return _said(bare, Word.SUPPORTED if claim.kind == "not worse than" else Word.EQUIVALENT)
    gain = gain_of(cells, claim.method, claim.over, claim.datasets)
    beyond = [gain.p_below(-margin)]
    beyond += [gain.p_above(margin)] if claim.kind == "equivalent" else []
    if any(p is not None and 2 * p < ALPHA for p in beyond):
        verdict = _said(bare, Word.CONTRADICTED)
        return replace(verdict, reason="the difference is larger than the declared margin")
    verdict = _said(bare, Word.INCONCLUSIVE)
    needed = _needed_margin(gain, margin, bare)
    return replace(verdict, reason="the interval reaches beyond the declared margin", needed=needed)


def _needed_margin(gain: Gain, margin: float, bare: Verdict) -> str:
    """How many times as many units bring the interval inside the margin; the gap to its nearer end counts."""
    room = margin + gain.value if bare.claim.kind == "not worse than" else margin - abs(gain.value)
    if room <= 0 or gain.error is None:
        return "A wider margin cannot be chosen after looking; more runs or data sets narrow the interval."
    times = max(1.0, ((1.96 + 0.84) * gain.error / room) ** 2)
    return f"About {times:.1f} times as many runs of each method would decide with 80 % power."


def _equivalent(cells: Cells, claim: Claim) -> bool:
    gain = gain_of(cells, claim.method, claim.over, claim.datasets)
    sides = (gain.p_above(-(claim.margin or 0.0)), gain.p_below(claim.margin or 0.0))
    return all(p is not None and p < ALPHA for p in sides)


def _best(cells: Cells, claim: Claim) -> Verdict:
    """Ahead of every other method, though any could have been picked after looking."""
    rivals = best_against(cells, claim.method, claim.datasets)
    # The rival that is least separated; where one is ahead beyond chance, that one.
    ahead = {name: p for name, (p, gain) in rivals.items() if p is not None and p < ALPHA and gain < 0}
    closest = max(rivals, key=lambda name: (rivals[name][0] is None, rivals[name][0] or 0.0, name))
    rival = min(ahead, key=lambda name: (ahead[name], name)) if ahead else closest
    named = replace(claim, over=rival)
    bare = _bare(cells, named, _ranking(cells, [named]))
    p, _ = rivals[rival]
    p = p if all_tested(rivals) or ahead else None
    correction = f"the largest of all differences between {len(rivals) + 1} methods"
    family = (_tested(replace(claim, over="")),)
    bare = replace(bare, p=p, p_adjusted=p, correction=correction if p is not None else "", family=family)
    if p is None:
        return _not_tested(bare)
    behind = [name for name, (_, gain) in rivals.items() if gain <= 0]
    word = Word.CONTRADICTED if ahead else Word.SUPPORTED if p < ALPHA and not behind else Word.INCONCLUSIVE
    return _said(bare, word)


def _said(bare: Verdict, word: Word) -> Verdict:
    where = " over data sets like these"
    if len(bare.comparisons) == 1:
        where = " on the one data set"
    elif bare.average is not None:
        where = " on the average over exactly these data sets"
    reason = f"{REASONS[word]}{where}"
    undecided = word is Word.INCONCLUSIVE
    if undecided and bare.p is not None and bare.p < ALPHA <= (bare.p_adjusted or 0.0):
        reason = _ALONE
    needed = _needed(bare) if undecided else ""
    return replace(bare, word=word, reason=reason, needed=needed)


def _needed(bare: Verdict) -> str:
    if len(bare.comparisons) == 1:
        return _seeds(bare.comparisons[0].needed)
    if bare.average is not None:
        return _seeds(bare.average.needed)
    assert bare.ranking is not None
    return _more("data sets", bare.ranking.pair(bare.claim.method, bare.claim.over).needed)


def _not_tested(bare: Verdict) -> Verdict:
    if len(bare.comparisons) >= FEWEST_DATASETS:
        reason, needed = "the methods tie on every data set", "Data sets on which the methods differ."
        return replace(bare, word=Word.INCONCLUSIVE, reason=reason, needed=needed)
    single = any(comparison.n == 1 for comparison in bare.comparisons)
    needed = _more_runs(bare.claim, bare.comparisons)
    letter = bare.comparisons[0].design if bare.average is None else "h" if single else "b"
    return replace(bare, reason=_why_not(bare, bare.average, single=single), needed=needed, design=letter)


def _why_not(bare: Verdict, average: AverageGain | None, *, single: bool) -> str:
    if average is None:
        if bare.comparisons[0].design == "h":
            return "a single run each cannot speak of the methods"
        return f"no test was made ({bare.comparisons[0].test.removeprefix('none: ')})"
    if single:
        return "a single run in a cell cannot speak of the methods"
    return f"no test over these data sets was made ({average.test.removeprefix('none: ')})"


def _decided(comparison: Comparison) -> bool:
    return comparison.p_adjusted is not None and comparison.p_adjusted < ALPHA


def _word(gain: float, *, decided: bool) -> Word:
    if not decided or gain == 0:
        return Word.INCONCLUSIVE
    return Word.SUPPORTED if gain > 0 else Word.CONTRADICTED


def _minus(value: float | None) -> float | None:
    return None if value is None else -value


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
