"""What a run table carries beyond methods, data sets and seeds: items, clusters, trials, curves."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from paperback.evidence.reading import NOT_LOGGED, Reading, ask, read_values
from paperback.runs import Run, RunTable, history
from paperback.runs.lexicon import CLUSTER_KEYS, ITEM_KEYS

# First match wins; a role of the same name, declared or found, comes before all of them.
TRIAL_KEYS = (
    "trial", "trial_id", "trial_number", "hparams_seed", "hparam_seed", "sweep_id", "sweep_trial",
)  # fmt: skip
NORMALISED = ("normalized", "normalised", "hns", "hms")
FEWEST_POINTS = 10
FEWEST_TRIALS = 5


@dataclass(frozen=True, slots=True)
class Shape:
    """The keys that tell more than one unit apart inside a method, a data set and a seed.

    Attributes:
        item: Role or configuration key that names the test item; empty where the runs are no items.
        cluster: Role or key that names the cluster of an item; empty where there is none.
        trial: Role or key that numbers the trials of a search; `run` where every run is a trial of its own;
            empty where there was no search.
        curves: Whether every run that has the metric has a history of ten points or more.
        normalised: Whether the metric says by its name that its scores are normalised over tasks.
    """

    item: str = ""
    cluster: str = ""
    trial: str = ""
    curves: bool = False
    normalised: bool = False


def recognise_shape(table: RunTable, metric: str, *, split: str = "") -> Shape:
    """What the runs that log `metric` carry beyond methods, data sets and seeds.

    Raises:
        SettingsError: No metric has this name.
        EvidenceError: It is never logged on this split.
    """
    question = ask(table, metric, split=split)
    logged = [each for each in read_values(table, question) if each.excluded != NOT_LOGGED]
    runs = [reading.run for reading in logged]
    taken = {role.key for name, role in table.roles.items() if name not in ("item", "cluster", "trial")}
    # What the selection chose among is a search no more: one trial of it is left.
    taken |= set(table.protocol.over)
    item = _key("item", ITEM_KEYS, runs, taken)
    name = question.metric.lower()
    return Shape(
        item=item,
        cluster=_key("cluster", CLUSTER_KEYS, runs, taken) if item else "",
        trial="" if item else _trial(runs, taken, seeds="seed" in table.roles),
        curves=_have_curves(table, logged, question.metric, question.split),
        normalised=any(word in name for word in NORMALISED),
    )


def _key(role: str, names: Sequence[str], runs: Sequence[Run], taken: set[str]) -> str:
    """The role, else the first known key, that every run has and that varies; empty where there is none."""
    if any(role in run.identity for run in runs):
        return role
    keys = sorted({key for run in runs[:1] for key in run.params} - taken)
    for name in names:
        for key in keys:
            if key.lower().rsplit(".", 1)[-1] == name and _varies(key, runs):
                return key
    return ""


def _varies(key: str, runs: Iterable[Run]) -> bool:
    values = {run.setting(key) for run in runs}
    return None not in values and len(values) > 1


def _trial(runs: Sequence[Run], taken: set[str], *, seeds: bool) -> str:
    if key := _key("trial", TRIAL_KEYS, runs, taken):
        return key
    if not seeds:
        return ""
    # Several configurations of the same method, data set and seed: a search whose trials bear no number.
    # Without a seed role what differs may be the seed itself.
    cells: dict[tuple[str | None, ...], list[Run]] = defaultdict(list)
    for run in runs:
        cells[tuple(run.setting(role) for role in ("method", "dataset", "seed"))].append(run)
    sizes = Counter(len(found) for found in cells.values())
    searched = sum(count for size, count in sizes.items() if size >= FEWEST_TRIALS)
    return "run" if searched and searched == sum(sizes.values()) and _differ(cells.values()) else ""


def _differ(cells: Iterable[Sequence[Run]]) -> bool:
    return all(len({str(sorted(run.params.items())) for run in found}) > 1 for found in cells)


def _have_curves(table: RunTable, logged: Sequence[Reading], metric: str, split: str) -> bool:
    series = [history(table, reading.run, metric, split) for reading in logged]
    return bool(series) and all(each is not None and len(each.values) >= FEWEST_POINTS for each in series)
