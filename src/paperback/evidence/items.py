"""Two models on the same test items: designs (c), single items, and (d), items in clusters."""

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from paperback.evidence.assessment import Assessment
from paperback.evidence.bootstrap import FEWEST as FEWEST_BOOTSTRAPPED
from paperback.evidence.bootstrap import bca_interval
from paperback.evidence.cluster import FEWEST_CLUSTERS, cluster_mean
from paperback.evidence.interval import centre
from paperback.evidence.mcnemar import (
    FEWEST_DISCORDANT,
    mcnemar_mid_p,
    mcnemar_p,
    paired_score_interval,
)
from paperback.evidence.permutation import sign_flip_p
from paperback.evidence.planning import items_for_mcnemar, questions_needed
from paperback.evidence.reading import Reading
from paperback.evidence.shape import Shape
from paperback.source import Source

_ENOUGH_CLUSTERS = 20
_ENOUGH_QUESTIONS = 100


@dataclass(frozen=True, slots=True)
class Items:
    """What each of two models scored on the items that both were asked.

    Attributes:
        names: Of the items, sorted.
        a: Mean score of A on each; repeated answers to an item are averaged first.
        b: Of B.
        clusters: Cluster of each item; the item itself where it has none.
        repeated: Whether an item was answered more than once by a model.
        unshared: Items that only one of the models was asked.
        sources: The files that entered.
    """

    names: tuple[str, ...]
    a: tuple[float, ...]
    b: tuple[float, ...]
    clusters: tuple[str, ...]
    repeated: bool
    unshared: int
    sources: tuple[Source, ...]


def shared_items(a: Sequence[Reading], b: Sequence[Reading], shape: Shape) -> Items:
    """The items of `shape.item` that both have, each with its mean score, in a stable order."""
    sides = [_by_item(side, shape.item) for side in (a, b)]
    names = tuple(sorted(sides[0].keys() & sides[1].keys()))
    inside = [reading for side in sides for name in names for reading in side[name]]
    return Items(
        names=names,
        a=tuple(centre([each.value for each in sides[0][name]]) for name in names),
        b=tuple(centre([each.value for each in sides[1][name]]) for name in names),
        clusters=tuple(_cluster(sides[0][name][0], shape, name) for name in names),
        repeated=any(len(found) > 1 for side in sides for found in side.values()),
        unshared=len(sides[0].keys() ^ sides[1].keys()),
        sources=tuple(sorted({each.final.source for each in inside if each.final}, key=str)),
    )


def assess_items(bare: Assessment, items: Items, *, higher: bool, rng: np.random.Generator) -> Assessment:
    """`bare` filled by design (c): McNemar where an item is right or wrong, else sign flips."""
    bare = _with_means(bare, items, higher=higher)
    if not items.names:
        return _refused(bare, "the two models share no item", "Answers of both models to the same items.")
    binary = {*items.a, *items.b} <= {0.0, 1.0}
    return _right_or_wrong(bare, items, higher=higher) if binary else _scored(bare, items, higher, rng)


def assess_clusters(bare: Assessment, items: Items, *, higher: bool, rng: np.random.Generator) -> Assessment:
    """`bare` filled by design (d): the mean of paired differences with cluster-robust error."""
    bare = _with_means(bare, items, higher=higher)
    many = len(set(items.clusters))
    bare = replace(bare, n=many)
    if many < FEWEST_CLUSTERS:
        told = f"Questions of {FEWEST_CLUSTERS} clusters or more, better thirty; there are {many}."
        return _refused(bare, "fewer than ten clusters carry no error that could be trusted", told)
    gains = _gains(items, higher=higher)
    found = cluster_mean(gains, items.clusters)
    small = many < _ENOUGH_CLUSTERS or found.n < _ENOUGH_QUESTIONS
    low, high = found.ends(bare.level) if found.error > 0 else (None, None)
    p = _flipped(gains, items.clusters, rng) if small else found.p
    return replace(
        bare,
        low=low,
        high=high,
        interval="cluster-robust t, C-1 degrees of freedom" if low is not None else "none: no spread",
        test="sign flips of whole clusters" if small else "cluster-robust t",
        p=p,
        figures={
            "questions": float(found.n),
            "clusters": float(found.clusters),
            "error": found.error,
            "naive_error": found.naive_error,
            "design_effect": found.design_effect,
            "icc": found.icc,
        },
        needed=_clusters_needed(found.value, found.error, many) if p >= 1 - bare.level else "",
        warnings=(*bare.warnings, *(("fewer than thirty clusters",) if many < 30 else ())),
    )


def _by_item(readings: Sequence[Reading], key: str) -> dict[str, list[Reading]]:
    found: dict[str, list[Reading]] = defaultdict(list)
    for reading in readings:
        name = reading.run.setting(key)
        if not reading.excluded and name is not None:
            found[name].append(reading)
    return found


def _cluster(reading: Reading, shape: Shape, name: str) -> str:
    return (reading.run.setting(shape.cluster) if shape.cluster else None) or f"item {name}"


def _gains(items: Items, *, higher: bool) -> list[float]:
    sign = 1.0 if higher else -1.0
    return [sign * (x - y) for x, y in zip(items.a, items.b, strict=True)]


def _with_means(bare: Assessment, items: Items, *, higher: bool) -> Assessment:
    told = ["items that one model only was asked are left out"] if items.unshared else []
    told.append("covers the sampling of test items, not retraining")
    if items.repeated:
        told.append("repeated answers to an item were averaged first")
    bare = replace(bare, n=len(items.names), sources=items.sources, warnings=tuple(told))
    if not items.names:
        return bare
    gain = centre(_gains(items, higher=higher))
    return replace(bare, a=centre(items.a), b=centre(items.b), gain=gain)


def _right_or_wrong(bare: Assessment, items: Items, *, higher: bool) -> Assessment:
    gains = _gains(items, higher=higher)
    only_a, only_b = sum(gain > 0 for gain in gains), sum(gain < 0 for gain in gains)
    discordant, n = only_a + only_b, len(gains)
    ends = paired_score_interval(only_a, only_b, n, bare.level)
    figures: dict[str, float] = {"only_a": only_a, "only_b": only_b, "discordant": discordant}
    bare = replace(bare, low=ends.low, high=ends.high, interval=ends.name, figures=_floats(figures))
    if discordant < FEWEST_DISCORDANT:
        told = (
            f"At least {FEWEST_DISCORDANT} items that the models answer differently; there are {discordant}."
        )
        return _refused(bare, "fewer than six items are answered differently", told)
    p = mcnemar_p(only_a, only_b)
    figures |= {"mid_p": mcnemar_mid_p(only_a, only_b)}
    figures |= {"odds": only_a / only_b} if only_b else {}
    needed = ""
    if p >= 1 - bare.level:
        gap = abs(only_a - only_b) / n
        needed = _more_items(items_for_mcnemar(gap, discordant / n) if gap else None)
    return replace(bare, test="exact McNemar", p=p, figures=_floats(figures), needed=needed)


def _scored(bare: Assessment, items: Items, higher: bool, rng: np.random.Generator) -> Assessment:
    gains = np.array(_gains(items, higher=higher))
    if len(gains) < FEWEST_BOOTSTRAPPED:
        told = f"At least {FEWEST_BOOTSTRAPPED} items; there are {len(gains)}."
        return _refused(bare, "too few items for a resampled interval", told)
    ends = bca_interval(lambda rows: gains[rows].mean(axis=1), len(gains), rng=rng, level=bare.level)
    p = sign_flip_p(gains.tolist(), rng=rng)
    needed = ""
    if p >= 1 - bare.level:
        gap = float(gains.mean())
        needed = _more_items(questions_needed(gap, float(gains.var(ddof=1))) if gap else None)
    test = "sign flips of paired items"
    return replace(bare, low=ends.low, high=ends.high, interval=ends.name, test=test, p=p, needed=needed)


def _flipped(gains: Sequence[float], clusters: Sequence[str], rng: np.random.Generator) -> float:
    sums: dict[str, list[float]] = defaultdict(list)
    for gain, cluster in zip(gains, clusters, strict=True):
        sums[cluster].append(gain)
    return sign_flip_p([math.fsum(each) for each in sums.values()], rng=rng)


def _clusters_needed(gap: float, error: float, clusters: int) -> str:
    if gap == 0:
        return "More clusters than can be had: the observed gap is zero."
    many = questions_needed(gap, error**2 * clusters)
    return f"About {many} clusters would decide with 80 % power, at the observed gap and spread."


def _more_items(n: int | None) -> str:
    if n is None:
        return "More items than can be had: the observed gap is zero."
    return f"About {n} items would decide with 80 % power, at the observed gap and share of disagreement."


def _refused(bare: Assessment, why: str, needed: str) -> Assessment:
    return replace(bare, refusal=why, test=f"none: {why}", needed=needed)


def _floats(figures: Mapping[str, float]) -> dict[str, float]:
    return {name: float(value) for name, value in figures.items()}
