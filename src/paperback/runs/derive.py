"""Metrics that the author makes of logged ones, such as the mean over the other domains' accuracy."""

import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache

import numpy as np

from paperback.errors import SettingsError
from paperback.runs.branch import current
from paperback.runs.readers.leaves import number_in
from paperback.runs.run import Final, Run, Scalar, Series
from paperback.runs.run import text as text_of
from paperback.settings import FILE

_REDUCERS: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "mean": lambda rows: rows.mean(axis=0),
    "median": lambda rows: np.median(rows, axis=0),
    "sum": lambda rows: rows.sum(axis=0),
    "min": lambda rows: rows.min(axis=0),
    "max": lambda rows: rows.max(axis=0),
    "count": lambda rows: np.full(rows.shape[1:], float(len(rows))),
    "stdev": lambda rows: rows.std(axis=0, ddof=1),
    "pstdev": lambda rows: rows.std(axis=0),
}
_SIGNS: dict[str, np.ufunc] = {
    "==": np.equal,
    ">=": np.greater_equal,
    "<=": np.less_equal,
    ">": np.greater,
    "<": np.less,
}
_RULE = re.compile(
    rf"(?:(?P<reduce>{'|'.join(_REDUCERS)})\s+)?(?P<keys>\S+)(?:\s+but\s+(?P<but>\S+))?"
    r"(?:\s+(?P<sign>==|>=|<=|>|<)\s+(?P<bound>\S+))?"
    r"(?:\s+(?P<steps>over steps)|\s+over runs with (?P<list>\S+)\s*\+\s*(?P<element>\w+))?"
)


@dataclass(frozen=True, slots=True)
class Rule:
    """How a metric is made.

    Attributes:
        name: The metric that is made, such as `val/acc`.
        reduce: How several values become one; empty where one key is taken as it is.
        keys: Pattern of the logged keys; `{setting}` stands for the run's value, `*` for any text and
            `|` between patterns for either.
        but: Pattern of keys that are left out.
        sign: A comparison, which makes 1 of what holds and 0 of what does not; empty for none.
        bound: What is compared with.
        steps: Whether all steps of one history become one value.
        list: A setting that holds a list. The keys are those of the runs whose list is this run's with one
            element more, as in leave-one-out validation.
        element: The name by which `keys` speaks of that element.
    """

    name: str
    reduce: str
    keys: str
    but: str
    sign: str
    bound: float
    steps: bool
    list: str
    element: str


def parse_rules(derived: Mapping[str, str]) -> tuple[Rule, ...]:
    """The rules of `[runs.metrics]`.

    Raises:
        SettingsError: A text is no rule; shows the forms.
    """
    rules = []
    for name, text in derived.items():
        found = _RULE.fullmatch(" ".join(text.split()))
        bound = number_in(found["bound"] or "0") if found else None
        if not found or bound is None or (found["steps"] and not found["reduce"]):
            raise SettingsError(
                f"{FILE}: [runs.metrics] {name} = {text!r} is no rule",
                mend='Write it like "test_acc", "mean env*_acc but env{test_env}_acc" or '
                '"mean r over steps"; '
                f"the reducers are {', '.join(_REDUCERS)}.",
            )
        parts = {key: found[key] or "" for key in ("reduce", "keys", "but", "sign", "list", "element")}
        rules.append(Rule(name, bound=bound, steps=bool(found["steps"]), **parts))
    return tuple(rules)


def is_rule(text: str) -> bool:
    """Whether the text makes a metric of others, and does not merely name one."""
    return bool((found := _RULE.fullmatch(" ".join(text.split()))) and found["reduce"])


def derive(runs: Sequence[Run], rules: Sequence[Rule], same: Iterable[str]) -> list[Run]:
    """The runs with the derived metrics besides the logged ones.

    Args:
        runs: With their identity.
        rules: Of `[runs.metrics]`.
        same: Settings in which the other runs of a leave-one-out rule must agree with a run.
    """
    made = list(runs)
    for rule in rules:
        partners = _partners(made, rule, tuple(same)) if rule.list else {}
        made = [_with(run, rule, partners.get(run.id)) for run in made]
    return made


def _with(run: Run, rule: Rule, partners: Mapping[str, Run] | None) -> Run:
    if rule.list:
        pieces = _of_partners(rule, partners)
    else:
        pieces = [run.series[key] for key in _matching(run.series, rule, run.params, {})]
    if pieces:
        return _with_series(run, rule, pieces)
    finals = [run.finals[key] for key in _matching(run.finals, rule, run.params, {})]
    if not finals or (len(finals) > 1 and not rule.reduce):
        return run
    value = _reduced(rule, _compared(rule, np.array([[final.value] for final in finals])))[0]
    return replace(run, finals={**run.finals, rule.name: Final(float(value), finals[0].source)})


def _with_series(run: Run, rule: Rule, pieces: Sequence[Series]) -> Run:
    if rule.steps:
        values = _compared(rule, np.concatenate([piece.values for piece in pieces]))
        value = _REDUCERS[rule.reduce](values[:, None])[0]
        return replace(run, finals={**run.finals, rule.name: Final(float(value), pieces[0].source)})
    if len(pieces) > 1 and not rule.reduce:
        return run
    points = [current(piece) for piece in pieces]
    steps = points[0].steps
    for piece in points[1:]:
        steps = np.intersect1d(steps, piece.steps)
    rows = np.array([piece.values[np.isin(piece.steps, steps)] for piece in points])
    made = Series(steps, _reduced(rule, _compared(rule, rows)), points[0].axis, points[0].source)
    return replace(run, series={**run.series, rule.name: made})


def _compared(rule: Rule, values: np.ndarray) -> np.ndarray:
    if not rule.sign:
        return values
    return np.where(np.isnan(values), np.nan, _SIGNS[rule.sign](values, rule.bound).astype(np.float64))


def _reduced(rule: Rule, rows: np.ndarray) -> np.ndarray:
    return _REDUCERS[rule.reduce](rows) if rule.reduce else rows[0]


def _matching(
    logged: Iterable[str], rule: Rule, params: Mapping[str, Scalar], names: Mapping[str, str]
) -> list[str]:
    wanted = _filled(rule.keys, params, names)
    unwanted = _filled(rule.but, params, names) if rule.but else None
    if wanted is None or (rule.but and unwanted is None):
        return []
    keep, drop = _pattern(wanted), _pattern(unwanted) if unwanted else None
    return [key for key in sorted(logged) if keep.match(key) and not (drop and drop.match(key))]


@cache
def _pattern(text: str) -> re.Pattern[str]:
    return re.compile("|".join(_any(each) for each in text.split("|")))


def _any(text: str) -> str:
    return ".*".join(re.escape(part) for part in text.split("*")) + r"\Z"


def _filled(pattern: str, params: Mapping[str, Scalar], names: Mapping[str, str]) -> str | None:
    """The pattern with the run's settings in place of their names; None where the run lacks one."""
    filled = pattern
    for name in re.findall(r"\{([^{}]+)\}", pattern):
        value = names.get(name)
        if value is None and name in params:
            value = _single(params[name])
        if value is None:
            return None
        filled = filled.replace(f"{{{name}}}", value)
    return filled


def _single(value: Scalar) -> str | None:
    """Text of a setting, where a list of one element is that element; None for a longer list."""
    items = _elements(value)
    if items is None:
        return text_of(value)
    return items[0] if len(items) == 1 else None


def _elements(value: Scalar) -> list[str] | None:
    if not (isinstance(value, str) and value[:1] == "["):
        return None
    try:
        items = json.loads(value)
    except ValueError:
        return None
    return [text_of(item) for item in items] if isinstance(items, list) else None


def _partners(runs: Sequence[Run], rule: Rule, same: tuple[str, ...]) -> dict[str, dict[str, Run]]:
    """For each run, the element that another run's list has besides, and that run."""
    lists = {run.id: frozenset(_elements(run.params.get(rule.list)) or ()) for run in runs}
    known = frozenset[str]().union(*lists.values())
    places: dict[tuple[object, ...], Run] = {}
    keys = [key for key in same if key != rule.list]
    for run in runs:
        places.setdefault((lists[run.id], *(run.setting(key) for key in keys)), run)
    found: dict[str, dict[str, Run]] = {}
    for run in runs:
        mine = lists[run.id]
        others = {
            element: places[place]
            for element in sorted(known - mine)
            if (place := (mine | {element}, *(run.setting(key) for key in keys))) in places
        }
        # A mean over some of the elements only would favour the settings that lack the hard ones.
        if mine and len(others) == len(known - mine):
            found[run.id] = others
    return found


def _of_partners(rule: Rule, partners: Mapping[str, Run] | None) -> list[Series]:
    pieces = []
    for element, run in (partners or {}).items():
        keys = _matching(run.series, rule, run.params, {rule.element: element})
        pieces += [run.series[key] for key in keys]
    return pieces
