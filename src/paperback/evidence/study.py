"""What the study is about: its metric, its split, and the parts that methods play."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from paperback.errors import EvidenceError, SettingsError, near_miss
from paperback.evidence.count import count, reporting_runs
from paperback.evidence.quantity import Quantity
from paperback.runs import Metric, Run, RunTable, find_metric
from paperback.runs.lexicon import words
from paperback.settings import Settings

_SPLITS = ("test", "val", "", "train")
_COSTS = frozenset(
    (
        "duration",
        "time",
        "runtime",
        "walltime",
        "seconds",
        "secs",
        "latency",
        "memory",
        "fps",
        "flops",
        "params",
    )
)
_QUALITY = ("accuracy", "acc", "top1", "f1", "auroc", "auc", "score", "reward", "return", "loss")


@dataclass(frozen=True, slots=True)
class Study:
    """What is compared on what.

    Attributes:
        metric: The metric that the tables show.
        split: The split that is reported.
        methods: Those that report the metric, as logged, in the order of print; empty where nothing plays
            the role.
        datasets: Those on which it is reported, alike.
        seeds: As logged.
        proposal: The proposed method; empty when the author declared none.
        baselines: Methods the proposal is compared with.
        ablations: Methods that take a part of the proposal away.
        how: Why this metric and split were taken, one phrase.
        whole: Whether all methods and data sets of the runs report the metric, and every run has its own.
    """

    metric: Metric
    split: str
    methods: tuple[str, ...]
    datasets: tuple[str, ...]
    seeds: tuple[str, ...]
    proposal: str
    baselines: tuple[str, ...]
    ablations: tuple[str, ...]
    how: str
    whole: bool = True

    def count(self, table: RunTable, what: str, where: Mapping[str, str] | None = None) -> Quantity:
        """How many `runs`, `methods`, ... the study has; runs that report other metrics are no part of it."""
        return count(table, what, where, reporting=("", "") if self.whole else (self.metric.name, self.split))


def state_study(table: RunTable, settings: Settings) -> Study:
    """What `table` and paperback.toml say the study is about.

    Without a declaration the metric is the one that most runs with a method and a data set report on the
    best split (test before validation before no split before training), quality before loss, then by name;
    what a run took (time, memory) comes last. Without declared baselines they are the `rivals`. A table
    without runs has a study without a metric.

    Raises:
        SettingsError: A declared metric or method is in no run.
        EvidenceError: No run has a metric.
    """
    if not table.runs:
        nameless = Metric("", "", "", "unknown", False, None, "unknown")
        return Study(nameless, "", (), (), (), "", (), (), "there is no run")
    metric, split, how = _metric(table, settings)
    methods = table.roles["method"].values if "method" in table.roles else ()
    for declared in (settings.proposal, *settings.baselines, *settings.ablations):
        if declared and declared not in methods:
            raise SettingsError(
                f"paperback.toml: [study] names the method {declared!r}, which no run has",
                mend=near_miss(declared, methods),
            )
    others = rivals(table, settings, metric, split)
    reporting = reporting_runs(table, metric, split)
    parts = {role: _reporting(table, role, reporting) for role in ("method", "dataset")}
    return Study(
        metric=table.metrics[metric],
        split=split,
        methods=parts["method"],
        datasets=parts["dataset"],
        seeds=table.roles["seed"].values if "seed" in table.roles else (),
        proposal=settings.proposal,
        baselines=settings.baselines or (others if settings.proposal else ()),
        ablations=settings.ablations,
        how=how,
        whole=all(parts[role] == table.roles[role].values for role in parts if role in table.roles)
        and len(_placed(table)) == len(table.runs),
    )


def _reporting(table: RunTable, role: str, runs: Sequence[Run]) -> tuple[str, ...]:
    """The values of a role among the runs that report the metric."""
    if role not in table.roles:
        return ()
    found = {run.setting(role) for run in runs}
    return tuple(value for value in table.roles[role].values if value in found)


def rivals(table: RunTable, settings: Settings, metric: str, split: str) -> tuple[str, ...]:
    """Every method that is neither proposal nor ablation and was run on a data set of the proposal.

    Every other method where none was, or where the proposal is not declared.
    """
    methods = table.roles["method"].values if "method" in table.roles else ()
    others = tuple(m for m in methods if m != settings.proposal and m not in settings.ablations)
    run_on: dict[str | None, set[str | None]] = {}
    for run in reporting_runs(table, metric, split):
        run_on.setdefault(run.setting("method"), set()).add(run.setting("dataset"))
    ours = run_on.get(settings.proposal, set())
    shared = tuple(name for name in others if run_on.get(name, set()) & ours)
    return shared or others


def _metric(table: RunTable, settings: Settings) -> tuple[str, str, str]:
    if settings.metric:
        found = find_metric(table, settings.metric, settings.split or None)
        splits = sorted({key.split for key in found}, key=_SPLITS.index)
        return found[0].name, settings.split or splits[0], "declared in paperback.toml"
    counts = Counter(
        (key.name, key.split)
        for run in _placed(table) or table.runs
        for key in {table.keys[logged] for logged in (*run.finals, *run.series)}
    )
    if not counts:
        raise EvidenceError(
            f"none of the {len(table.runs)} runs has a metric",
            mend="Log at least one metric per run, or exclude these files in paperback.toml.",
        )
    name, split = min(
        counts,
        key=lambda pair: (
            _is_cost(pair[0]),
            _SPLITS.index(pair[1]),
            -counts[pair],
            _taste(pair[0]),
            pair[0],
        ),
    )
    return name, split, f"{counts[name, split]} of {len(table.runs)} runs report it"


def _placed(table: RunTable) -> list[Run]:
    """The runs that have their place in a table of methods and data sets, whatever they report."""
    parts = [role for role in ("method", "dataset") if role in table.roles]
    return [run for run in table.runs if all(run.setting(role) is not None for role in parts)]


def _is_cost(name: str) -> bool:
    """Whether the metric says what a run took, not what it achieved."""
    return not _COSTS.isdisjoint(words(name))


def _taste(name: str) -> int:
    return next((place for place, word in enumerate(_QUALITY) if word in name.lower()), len(_QUALITY))
