"""What a budget of trials is expected to reach: the expected best of n."""

from collections import defaultdict

import numpy as np

from paperback.evidence.search_curve import FEWEST_TRIALS, search_curve
from paperback.story.graph import Curve, Graph, Panel
from paperback.story.search import Search, searches
from paperback.story.view import Drawn, Omitted, View

_MOST_PANELS = 6
_MOST_CURVES = 8


def best_of_trials(view: View) -> Drawn:
    """One panel per data set, one curve per method: the expected best score of n trials."""
    found = searches(view)
    if found is None:
        return Omitted("no search of settings was logged")
    by_dataset: dict[str, list[Search]] = defaultdict(list)
    for search in found.each:
        if len(search.runs) >= FEWEST_TRIALS:
            by_dataset[search.dataset].append(search)
    if not by_dataset:
        return Omitted("fewer than five trials of a search")
    methods = {name: place for place, name in enumerate(view.study.methods)}
    for inside in by_dataset.values():
        inside.sort(key=lambda each: methods.get(each.method, len(methods)))
    # The panels with most to compare come first.
    order = sorted(by_dataset, key=lambda dataset: (-len(by_dataset[dataset]), dataset))
    panels = [
        Panel(view.dataset(dataset), tuple(_curve(view, each, found.higher_is_better)
                                           for each in by_dataset[dataset][:_MOST_CURVES]))
        for dataset in order[:_MOST_PANELS]
    ]  # fmt: skip
    more = " The first data sets; the searches cover more." if len(order) > _MOST_PANELS else ""
    return Graph(
        key="best-of-n",
        caption=f"Expected best {found.title[:1].lower()}{found.title[1:]} of a budget of trials, the "
        "unbiased estimate. Bands are pointwise intervals from resampled trials; beyond half of a search "
        "there is none, because its trials tell too little of their best. It holds where trials are drawn "
        f"independently, as in random search, and speaks of the score by which a search picks.{more}",
        x_label="Trials",
        y_label=found.title,
        panels=tuple(panels),
        why="shows what a budget of trials buys each method",
    )


def _curve(view: View, search: Search, higher: bool) -> Curve:
    made = search_curve(np.array(search.scores), higher_is_better=higher, rng=view.rng())
    name = view.settings.name("method", search.method) or "search"
    return Curve(name, made.budgets, made.best, made.low, made.high, len(search.runs), ())
