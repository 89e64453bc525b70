"""What each setting of a search does to the score: a grid, a line, or every trial as a point."""

from collections import defaultdict
from collections.abc import Sequence

import numpy as np

from paperback.evidence.interval import centre, interval
from paperback.evidence.search_curve import FEWEST_TRIALS
from paperback.story.decimals import decimals_for
from paperback.story.graph import (
    Cloud,
    Curve,
    Graph,
    Heatmap,
    Panel,
    Scatter,
    ScatterPanel,
    Strip,
    StripPanel,
    StripPlot,
)
from paperback.story.search import Search, Searches, searches
from paperback.story.settings_table import short_key
from paperback.story.told import names_told
from paperback.story.view import Drawn, Omitted, View

_KEY = "sensitivity"
_WHY = "shows how far the score hangs on the settings"
_MOST_VALUES = 12
_MOST_PANELS = 6
# A grid with more holes than this tells little of either setting.
_FULL = 0.6
# From this span on the values of a setting are read on a logarithmic axis.
_WIDE = 20


def sensitivity(view: View) -> Drawn:
    """The largest search: a line over one varied setting, a grid over two, else points over each setting."""
    found = searches(view)
    if found is None:
        return Omitted("no search of settings was logged")
    search = found.each[0]
    if len(search.runs) < FEWEST_TRIALS:
        return Omitted("fewer than five trials of a search")
    others = _others(view, found)
    if len(search.varied) == 1:
        return _one_setting(search, found, search.varied[0], others)
    grid = _grid(search)
    if grid is not None:
        return _heatmap(search, found, grid, others)
    return _points(view, search, found, others)


def _others(view: View, found: Searches) -> str:
    """Whose search is shown, and that there are others."""
    search = found.each[0]
    method, dataset = view.settings.name("method", search.method), view.dataset(search.dataset)
    of = " ".join(filter(None, (f" of {method}" if method else "", f"on {dataset}" if dataset else "")))
    more = "" if len(found.each) == 1 else " The largest search is shown; the others are left out."
    return f"{of}.{more}"


def _one_setting(search: Search, found: Searches, key: str, others: str) -> Drawn:
    groups: dict[str, list[float]] = defaultdict(list)
    for settings, runs in zip(search.settings, search.runs, strict=True):
        groups[settings[key]] += runs
    values = sorted(groups, key=_by_size)
    ends = [interval(groups[value]) for value in values]
    means = [centre(groups[value]) for value in values]
    name = short_key(key, search.varied)
    caption = (
        f"{found.title} by {name}, the one setting that was varied{others} The mean over runs, with its t "
        "interval where a value has several runs."
    )
    x = [_number(value) for value in values]
    if None in x:
        strips = [
            Strip(value, tuple(groups[value]), mean, end.low, end.high)
            for value, mean, end in zip(values, means, ends, strict=True)
        ]
        return StripPlot(_KEY, caption, found.title, (StripPanel("", tuple(strips)),), _WHY)
    low = np.array([np.nan if end.low is None else end.low for end in ends])
    high = np.array([np.nan if end.high is None else end.high for end in ends])
    at = np.array(x, dtype=float)
    curve = Curve(name, at, np.array(means), low, high, len(search.runs), ())
    return Graph(
        _KEY,
        caption,
        name,
        found.title,
        (Panel("", (curve,)),),
        _WHY,
        log_x=_is_wide(at),
    )


def _grid(search: Search) -> tuple[str, str] | None:
    """Two settings of few values whose combinations were mostly tried; None where there are no such two."""
    counts = {key: len({each[key] for each in search.settings}) for key in search.varied}
    few = sorted((key for key in counts if counts[key] <= _MOST_VALUES), key=lambda key: -counts[key])
    if len(few) < 2:
        return None
    down, across = few[:2]
    tried = {(each[down], each[across]) for each in search.settings}
    return (down, across) if len(tried) >= _FULL * counts[down] * counts[across] else None


def _heatmap(search: Search, found: Searches, grid: tuple[str, str], others: str) -> Heatmap:
    across, down = grid
    columns, rows = (sorted({s[key] for s in search.settings}, key=_by_size) for key in grid)
    groups: dict[tuple[str, str], list[float]] = defaultdict(list)
    for settings, score in zip(search.settings, search.scores, strict=True):
        groups[settings[down], settings[across]].append(score)
    values = tuple(
        tuple(centre(groups[row, column]) if (row, column) in groups else None for column in columns)
        for row in rows
    )
    sign = 1 if found.higher_is_better else -1
    best = max(groups, key=lambda place: sign * centre(groups[place]))
    rest = [short_key(key, search.varied) for key in search.varied if key not in grid]
    averaged = f" A cell is a mean over trials that also vary in {names_told(rest)}." if rest else ""
    single = all(len(runs) == 1 for runs in search.runs) and len(groups) == len(search.runs)
    told = averaged or (" A cell is one run, so chance is not measured." if single else "")
    hole = "; a dash was not tried" if len(groups) < len(columns) * len(rows) else ""
    spread = max(map(centre, groups.values())) - min(map(centre, groups.values()))
    names = [short_key(key, search.varied) for key in (across, down)]
    return Heatmap(
        key=_KEY,
        caption=f"{found.title} by {names[1]} and {names[0]}{others}{told} The framed cell is the best of "
        f"those tried, picked after looking{hole}.",
        x_label=names[0],
        y_label=names[1],
        columns=tuple(columns),
        rows=tuple(rows),
        values=values,
        decimals=decimals_for(spread),
        value_label=found.title,
        best=(rows.index(best[0]), columns.index(best[1])),
        why=_WHY,
    )


def _points(view: View, search: Search, found: Searches, others: str) -> Drawn:
    numeric = [
        key for key in search.varied if all(_number(each[key]) is not None for each in search.settings)
    ]
    if not numeric:
        return Omitted("the settings of the search are no numbers and form no grid")
    gone = [short_key(key, search.varied) for key in search.varied if key not in numeric[:_MOST_PANELS]]
    panels = []
    for key in numeric[:_MOST_PANELS]:
        at = [float(each[key]) for each in search.settings]
        name = short_key(key, search.varied)
        cloud = Cloud("", tuple(zip(at, search.scores, strict=True)))
        panels.append(ScatterPanel("", (cloud,), x_label=name, log_x=_is_wide(np.array(at))))
    left = f" Left out: {names_told(gone)}, which are no numbers or find no room." if gone else ""
    return Scatter(
        key=_KEY,
        caption=f"{found.title} of every trial by each varied setting{others} A point is one trial, the "
        f"mean of its runs; in each panel all other settings vary too.{left}",
        x_label="",
        y_label=found.title,
        panels=tuple(panels),
        why=_WHY,
    )


def _number(text: str) -> float | None:
    try:
        value = float(text)
    except ValueError:
        return None
    return value if abs(value) < float("inf") else None


def _by_size(text: str) -> tuple[bool, float, str]:
    value = _number(text)
    return (value is None, value or 0.0, text)


def _is_wide(values: Sequence[float] | np.ndarray) -> bool:
    at = np.asarray(values, dtype=float)
    return bool(len(at) and at.min() > 0 and at.max() / at.min() >= _WIDE)
