"""Which claims there are, and the verdict on each."""

from collections.abc import Sequence
from dataclasses import replace

from paperback.claims.claim import Claim, Verdict
from paperback.claims.judge import judge_family, untested
from paperback.claims.scale import judge_scaling
from paperback.claims.weigh import weigh_claims
from paperback.errors import PaperbackError, SettingsError
from paperback.evidence.assess import LETTERS, suggested_letter
from paperback.evidence.pivot import pivot
from paperback.evidence.shape import recognise_shape
from paperback.evidence.study import rivals
from paperback.runs import RunTable
from paperback.settings import ClaimKind, ClaimSettings, Settings


def state_claims(table: RunTable, settings: Settings, *, metric: str, split: str = "") -> tuple[Verdict, ...]:
    """A verdict on every declared claim; where none is declared, on those that the settings imply.

    Implied: the proposal is better than each baseline (each other method that is no ablation, where none is
    named), and each ablation hurts. `missing_claims` tells why there is none.

    The rule, on the data sets where both methods have a value, seeds averaged inside each cell first:

    - Per data set Student's t, paired where the seeds are the same, else Welch, from three runs on each side;
      Holm over the claim's data sets. A data set is won or lost where the adjusted p is below 0.05.
    - The claim's own p value: of that test on one data set; of the average gain over exactly these data sets
      on two to five; of Wilcoxon's signed-rank test over data sets on six or more, where a single run per
      cell is enough, because the unit is the data set.
    - Holm over the claims that share metric and data sets: they were declared together, so they are one
      family. Supported or contradicted where the adjusted p is below 0.05; on two to five data sets only if
      no data set is lost, or won.
    - `best of` takes the largest of all differences into account in place of Holm: the method may have been
      picked after looking. It is supported where it is ahead of every other method.
    - Where a margin is declared and the gain lies within it, by two one-sided tests: equivalent.
    - Everything else is inconclusive. Untested: no data, a metric without direction, or too few runs for a
      test; a single run per cell never decides anything below six data sets.

    Items, clusters of items, normalised scores and searches are weighed as what they are, by designs (c) to
    (g), data set by data set; those verdicts carry `assessments`. On six data sets and more the data set is
    the unit, whatever lies inside it.

    Args:
        table: The runs.
        settings: Claims, proposal, baselines and ablations; a design that overrules the recognised one.
        metric: The study's metric; a declared claim may name its own.
        split: The split that is reported.
    """
    known = _methods(table)
    claims = [_declared(each, table, metric, split) for each in settings.claims]
    claims = claims or _implied(settings, known, table, metric=metric, split=split)
    verdicts: dict[Claim, Verdict] = {}
    for key in dict.fromkeys((claim.metric, claim.datasets) for claim in claims):
        together = [claim for claim in claims if (claim.metric, claim.datasets) == key]
        verdicts |= _judge(table, together, settings)
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


def _judge(table: RunTable, claims: Sequence[Claim], settings: Settings) -> dict[Claim, Verdict]:
    if not table.runs:
        return {
            claim: untested(claim, "there is no run", "Run both methods, with seeds.") for claim in claims
        }
    first = claims[0]
    curves = [claim for claim in claims if claim.kind == "reaches with fewer steps"]
    scaled = [claim for claim in claims if claim.kind == "scales as"]
    rest = [claim for claim in claims if claim not in curves and claim not in scaled]
    verdicts = judge_scaling(table, scaled) if scaled else {}
    if not curves and not rest:
        return verdicts
    try:
        verdicts |= weigh_claims(table, curves, "f", settings.seed) if curves else {}
        letter = settings.design or _letter(table, first)
        weighed = [claim for claim in rest if letter in LETTERS and claim.kind != "best of"]
        verdicts |= weigh_claims(table, weighed, letter, settings.seed) if weighed else {}
        others = [claim for claim in rest if claim not in weighed]
        return verdicts | (
            judge_family(pivot(table, first.metric, split=first.split), others) if others else {}
        )
    except PaperbackError as error:
        unknown = isinstance(error, SettingsError)
        why = (
            "the runs carry no value of this metric" if unknown else "the runs cannot be compared as they are"
        )
        return {claim: untested(claim, why, str(error)) for claim in claims} | verdicts


def _letter(table: RunTable, claim: Claim) -> str:
    datasets = claim.datasets or _datasets(table)
    return suggested_letter(recognise_shape(table, claim.metric, split=claim.split), len(datasets))


def _methods(table: RunTable) -> tuple[str, ...]:
    return table.roles["method"].values if "method" in table.roles else ()


def _declared(given: ClaimSettings, table: RunTable, metric: str, split: str) -> Claim:
    datasets = given.datasets or _datasets(table)
    bare = Claim(given.kind, given.method, given.over, given.metric or metric, split, datasets, True)
    return replace(
        bare,
        margin=given.margin,
        threshold=given.threshold,
        size=given.size,
        exponent=given.exponent,
    )


def _datasets(table: RunTable) -> tuple[str, ...]:
    return table.roles["dataset"].values if "dataset" in table.roles else ()


def _implied(
    settings: Settings, known: Sequence[str], table: RunTable, *, metric: str, split: str
) -> list[Claim]:
    if not settings.proposal or not known:
        return []
    others = settings.baselines or rivals(table, settings, metric, split)
    kinds: list[tuple[ClaimKind, str]] = [("better", name) for name in others if name != settings.proposal]
    kinds += [("ablation hurts", name) for name in settings.ablations]
    datasets = _datasets(table)
    return [Claim(kind, settings.proposal, over, metric, split, datasets, False) for kind, over in kinds]
