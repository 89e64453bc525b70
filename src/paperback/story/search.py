"""The searches of settings that a study logged: trials, their settings and their scores."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from paperback.errors import PaperbackError
from paperback.evidence.interval import centre
from paperback.evidence.reading import ask, read_values
from paperback.runs import Run, RunTable
from paperback.runs.key import parse_key
from paperback.story.settings_table import setting_keys
from paperback.story.view import View

_TRIAL = "tuning trial"
_SPLITS = ("val", "", "test", "train")
_WORDS = {"test": "Test ", "val": "Validation ", "train": "Training ", "": ""}
# What numbers or names a trial, besides its seed, and is no setting of it.
_NAMES = frozenset(("seed", "trial", "trial_id", "trial_number", "id", "name", "run_name", "run_id"))


@dataclass(frozen=True, slots=True, eq=False)
class Search:
    """The trials of one method on one data set.

    Attributes:
        method: As logged; empty where nothing names it.
        dataset: As logged.
        settings: Setting key to its text, one mapping per trial.
        runs: The printed scores of the runs of each trial.
        varied: Keys that vary among the trials and that all of them have; of keys that vary alike the first.
    """

    method: str
    dataset: str
    settings: tuple[Mapping[str, str], ...]
    runs: tuple[tuple[float, ...], ...]
    varied: tuple[str, ...]

    @property
    def scores(self) -> tuple[float, ...]:
        """One score per trial: the mean of its runs."""
        return tuple(centre(values) for values in self.runs)


@dataclass(frozen=True, slots=True, eq=False)
class Searches:
    """Every search of a study, the one with most trials first.

    Attributes:
        title: What the trials were scored by, as an axis names it.
        higher_is_better: Direction of the score.
        each: The searches.
    """

    title: str
    higher_is_better: bool
    each: tuple[Search, ...]


def searches(view: View) -> Searches | None:
    """The trials that were kept apart, else the study's own runs where they are trials; None without any."""
    apart = view.table.apart.get(_TRIAL, ())
    if view.higher_is_better is None or not (apart or view.shape.trial):
        return None
    scored, split = _kept_apart(apart, view) if apart else _reported(view)
    table = replace(view.table, runs=tuple(run for run, _ in scored))
    keys = [key for key in setting_keys(table) if key.rsplit(".", 1)[-1].lower() not in _NAMES]
    keys = [key for key in keys if key != view.shape.trial and not _plays_role(key, table)]
    groups: dict[tuple[str, str], list[tuple[Run, float]]] = defaultdict(list)
    for run, score in scored:
        place = (_role(run, "method", view.table), _role(run, "dataset", view.table))
        groups[place].append((run, view.factor * score))
    found = [_search(*place, inside, keys, view.shape.trial) for place, inside in groups.items()]
    wanted = (view.study.proposal, "")
    order = sorted(
        (each for each in found if each.varied),
        key=lambda each: (-len(each.runs), each.method not in wanted, each.method, each.dataset),
    )
    metric = view.study.metric
    title = f"{_WORDS[split]}{metric.title}{' (%)' if metric.percent else ''}"
    title = title[:1].upper() + title[1:]
    return Searches(title, view.higher_is_better, tuple(order)) if order else None


def _kept_apart(runs: Sequence[Run], view: View) -> tuple[list[tuple[Run, float]], str]:
    """The trials with the study's metric on the split that most of them log, validation first."""
    logged = {
        (parts.split, key)
        for run in runs
        for key in (*run.finals, *run.series)
        if (parts := parse_key(key)).name == view.study.metric.name
    }
    if not logged:
        return [], ""
    split, key = min(logged, key=lambda pair: (_SPLITS.index(pair[0]), pair[1]))
    values = [(run, _value(run, key)) for run in runs]
    return [(run, value) for run, value in values if value is not None], split


def _value(run: Run, key: str) -> float | None:
    if key in run.finals:
        value = run.finals[key].value
    elif key in run.series and len(run.series[key].values):
        value = float(run.series[key].values[-1])
    else:
        return None
    return value if abs(value) < float("inf") else None


def _reported(view: View) -> tuple[list[tuple[Run, float]], str]:
    name, split = view.study.metric.name, view.study.split
    try:
        readings = read_values(view.table, ask(view.table, name, split=split))
    except PaperbackError:
        return [], split
    return [(each.run, each.value) for each in readings if not each.excluded], split


def _role(run: Run, role: str, table: RunTable) -> str:
    """The run's value of a role; a trial without identity is known by the role's key or its last part."""
    if role in run.identity:
        return run.identity[role]
    key = table.roles[role].key if role in table.roles else role
    for name in (key, key.rsplit(".", 1)[-1], role):
        if name in run.params:
            return run.setting(name) or ""
    return ""


def _plays_role(key: str, table: RunTable) -> bool:
    last = key.rsplit(".", 1)[-1]
    return last in table.roles or last in {role.key.rsplit(".", 1)[-1] for role in table.roles.values()}


def _search(
    method: str, dataset: str, scored: Sequence[tuple[Run, float]], keys: Sequence[str], trial: str
) -> Search:
    trials: dict[str, list[tuple[Run, float]]] = defaultdict(list)
    for run, score in scored:
        name = run.identity.get("trial") or (run.setting(trial) if trial not in ("", "run") else None)
        trials[name or run.id].append((run, score))
    settings = tuple(_settings([run for run, _ in inside], keys) for inside in trials.values())
    runs = tuple(tuple(score for _, score in inside) for inside in trials.values())
    return Search(method, dataset, settings, runs, _varied(settings, keys))


def _settings(runs: Sequence[Run], keys: Sequence[str]) -> dict[str, str]:
    """What all runs of a trial share; a key in which they differ is no setting of the trial."""
    found = {key: {run.setting(key) for run in runs} for key in keys}
    shared = {key: next(iter(texts)) for key, texts in found.items() if len(texts) == 1}
    return {key: text for key, text in shared.items() if text is not None and text not in ("null", "")}


def _varied(settings: Sequence[Mapping[str, str]], keys: Sequence[str]) -> tuple[str, ...]:
    found: dict[tuple[int, ...], str] = {}
    for key in keys:
        column = [each.get(key) for each in settings]
        if None in column or len(set(column)) < 2:
            continue
        first = {value: place for place, value in reversed([*enumerate(column)])}
        found.setdefault(tuple(first[value] for value in column), key)
    return tuple(found.values())
