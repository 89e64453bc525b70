"""Scores of all data sets together: aggregates, performance profiles, and probabilities of improvement."""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from paperback.evidence import Estimate
from paperback.evidence.aggregate import (
    Strata,
    aggregate,
    bootstrap_aggregates,
    improvement,
    improvement_interval,
    performance_profile,
    small_sample_interval,
    strata,
)
from paperback.evidence.comparable import why_not_comparable
from paperback.evidence.profile import profile_band
from paperback.story.graph import Curve, Graph, Panel, Strip, StripPanel, StripPlot, Told
from paperback.story.results import measured
from paperback.story.told import left_out, level_told, runs_told
from paperback.story.view import Drawn, Omitted, View

_FEWEST_TASKS = 3
_FEWEST_RUNS = 3
_MOST_METHODS = 12
_MOST_CURVES = 8
_ALL_PAIRS = 4
_THRESHOLDS = 201
_KINDS = {"iqm": "Interquartile mean", "mean": "Mean", "median": "Median of data sets"}


@dataclass(frozen=True, slots=True, eq=False)
class _Pool:
    """The scores of each method on the data sets that all of them share.

    Attributes:
        scores: Method to its scores, in the printed unit; data set by data set.
        entered: The cells that the scores come from.
        without: Names of methods and data sets that were left out, with the reason.
    """

    scores: Mapping[str, Strata]
    entered: tuple[Estimate, ...]
    without: str


def aggregates(view: View) -> Drawn:
    """Interquartile mean, mean and median over all runs and data sets, each with its bootstrap interval."""
    pool = _pool(view)
    if isinstance(pool, Omitted):
        return pool
    panels = tuple(
        StripPanel(title, tuple(_aggregate(view, name, scores, kind) for name, scores in pool.scores.items()))
        for kind, title in _KINDS.items()
    )
    return StripPlot(
        key="aggregates",
        caption=f"{measured(view.study)} over all data sets together, every data set with the same weight. "
        "The interquartile mean is that of the middle half of all runs. Bars are intervals of a bootstrap "
        "that draws runs inside their data set, as t intervals corrected for few runs; they speak of these "
        f"data sets and not of others.{pool.without}",
        x_label=measured(view.study),
        panels=panels,
        why="shows how the methods do over all data sets together",
        note=_runs(pool),
    )


def profiles(view: View) -> Drawn:
    """Share of runs above each score."""
    pool = _pool(view, most=_MOST_CURVES)
    if isinstance(pool, Omitted):
        return pool
    sign = 1.0 if view.higher_is_better else -1.0
    everything = np.concatenate([scores.values for scores in pool.scores.values()])
    grid = np.linspace(everything.min(), everything.max(), _THRESHOLDS)
    curves = []
    for name, scores in pool.scores.items():
        turned = strata([(sign * task).tolist() for task in scores.tasks])
        low, high = profile_band(turned, sign * grid)
        centre = performance_profile(turned, sign * grid)
        curves.append(Curve(view.method(name), grid, centre, low, high, len(scores.values), ()))
    side = "above" if view.higher_is_better else "below"
    title = measured(view.study)
    return Graph(
        key="performance-profiles",
        caption=f"Performance profiles: the share of runs {side} each {title[:1].lower()}{title[1:]}, every "
        "data set with the same weight. Bands are pointwise intervals from the spread of runs inside their "
        f"data set; higher is better everywhere, and curves that cross have no order.{pool.without}",
        x_label=title,
        y_label=f"Share of runs {side}",
        panels=(Panel("", tuple(curves)),),
        why="shows whether one method is ahead at all scores",
        note=_runs(pool),
    )


def improvements(view: View) -> Drawn:
    """Probability that a run of one method beats a run of another, pair by pair; needs no common scale."""
    pool = _pool(view, scale_free=True)
    if isinstance(pool, Omitted):
        return pool
    sign = 1.0 if view.higher_is_better else -1.0
    turned = {
        name: strata([(sign * task).tolist() for task in scores.tasks])
        for name, scores in pool.scores.items()
    }
    rng, strips, pairs = view.rng(), [], _pairs(view, turned)
    picked = len(turned) > _ALL_PAIRS and pairs[0][0] != view.study.proposal
    chosen = " The first method was picked after looking, as the one that most often wins." if picked else ""
    for one, other in pairs:
        point = improvement(turned[one], turned[other])
        ends = improvement_interval(point, turned[one], turned[other], rng=rng)
        name = f"{view.method(one)} over {view.method(other)}"
        strips.append(Strip(name, (), point, ends.low, ends.high))
    return StripPlot(
        key="improvement",
        caption=f"Probability of improvement in {measured(view.study).lower()}: how likely a run of the "
        "first method is better than a run of the second on the same data set, ties counted half, averaged "
        f"over data sets. Bars are bootstrap intervals; the dashed line is a draw.{chosen}{pool.without}",
        x_label="Probability of improvement",
        panels=(StripPanel("", tuple(strips)),),
        why="shows how often a single run of one method beats one of another",
        reference=0.5,
        note=_runs(pool),
    )


def _pairs(view: View, turned: Mapping[str, Strata]) -> list[tuple[str, str]]:
    """The proposal against every other method; of few methods all pairs, else the best against the others.

    Best is who most often beats the others, because scores of several scales have no mean.
    """
    if view.study.proposal in turned:
        return [(view.study.proposal, name) for name in turned if name != view.study.proposal]
    wins = {one: sum(improvement(turned[one], turned[other]) for other in turned) for one in turned}
    order = sorted(turned, key=lambda name: -wins[name])
    if len(order) <= _ALL_PAIRS:
        return [*combinations(order, 2)]
    return [(order[0], name) for name in order[1:]]


def _aggregate(view: View, name: str, scores: Strata, kind: str) -> Strip:
    point = aggregate(scores, kind)
    draws = bootstrap_aggregates(scores, (kind,), rng=view.rng())[kind]
    ends = small_sample_interval(point, draws, (scores,))
    return Strip(view.method(name), (), point, ends.low, ends.high)


def _runs(pool: _Pool) -> Told:
    return ("Each method has ", *runs_told(pool.entered), " on a data set. ", *level_told())


def _pool(view: View, *, most: int = _MOST_METHODS, scale_free: bool = False) -> _Pool | Omitted:
    cells = view.cells
    if cells is None or len(cells.columns) < _FEWEST_TASKS:
        return Omitted("fewer than three data sets, which are better shown one by one")
    if view.shape.item or view.shape.trial:
        return Omitted("a record is a test item or a trial of a search, and no run of its own")
    if view.higher_is_better is None:
        return Omitted("it is not known whether higher or lower is better")
    why = "" if scale_free else why_not_comparable(view.study.metric, view.shape)
    if why:
        return Omitted(why)
    enough = {place for place, each in cells.cells.items() if each.n >= _FEWEST_RUNS}
    methods = [
        row for row in cells.rows
        if 2 * sum((row, column) in enough for column in cells.columns) > len(cells.columns)
    ]  # fmt: skip
    tasks = [column for column in cells.columns if all((row, column) in enough for row in methods)]
    if len(methods) < 2 or len(tasks) < _FEWEST_TASKS:
        return Omitted("fewer than three runs of two methods on each of three common data sets")
    if len(methods) > most:
        return Omitted("too many methods to be told apart in one graph")
    gone = left_out([view.method(row) for row in cells.rows if row not in methods], "with too few runs")
    lacking = [view.dataset(column) for column in cells.columns if column not in tasks]
    gone += left_out(lacking, "not run often enough by all")
    scores = {
        row: strata(
            [sorted(view.factor * v for v in cells.units[row, column].values()) for column in tasks], tasks
        )
        for row in methods
    }
    return _Pool(scores, tuple(cells.cells[row, column] for row in methods for column in tasks), gone)
