"""Which value of a metric each run enters with, and which runs stay out, and why."""

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from paperback.errors import EvidenceError, near_miss
from paperback.runs import Final, Run, RunTable, Status, final, find_metric
from paperback.settings import FILE

NOT_LOGGED = "logs no value"
# A step of `over` that takes all that is left in a cell as one unit.
WHOLE = "whole"
_ENDED_BADLY = {Status.FAILED: "failed", Status.KILLED: "killed", Status.RUNNING: "has not ended"}
Label = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked of the run table; the part of an address that is known before looking.

    Attributes:
        metric: Canonical metric name.
        split: The split.
        where: Sorted (role or configuration key, value as text) pairs that a run must match.
        over: Roles that are averaged away, in this order; `seed+fold` takes the combinations as one step.
        reduce: `mean` or `median`, at every step.
        level: Coverage of intervals.
    """

    metric: str
    split: str
    where: tuple[tuple[str, str], ...] = ()
    over: tuple[str, ...] = ("seed",)
    reduce: str = "mean"
    level: float = 0.95

    def at(self, **roles: str) -> "Question":
        """The same question of the runs with these values of roles besides."""
        where = tuple(sorted({**dict(self.where), **roles}.items()))
        return Question(self.metric, self.split, where, self.over, self.reduce, self.level)

    @property
    def averaged(self) -> tuple[str, ...]:
        """Every role that is averaged away."""
        return tuple(role for step in self.over for role in step.split("+"))

    def __str__(self) -> str:
        split = f"{self.split} " if self.split else ""
        where = ", ".join(f"{key}={value}" for key, value in self.where)
        return f"{split}{self.metric}" + (f" where {where}" if where else "")


@dataclass(frozen=True, slots=True)
class Reading:
    """One run's value of the metric.

    Attributes:
        run: The run.
        final: Its value; None where it logs none.
        excluded: Why it does not enter: `failed`, `killed`, `has not ended`, `logged nan`, `logs no value`;
            empty where it enters.
    """

    run: Run
    final: Final | None
    excluded: str

    @property
    def value(self) -> float:
        """The value that enters; NaN where none does."""
        return self.final.value if self.final is not None else math.nan


def ask(
    table: RunTable,
    metric: str,
    *,
    split: str = "",
    where: Mapping[str, str] | None = None,
    over: Sequence[str] | None = None,
    reduce: str = "mean",
    level: float = 0.95,
) -> Question:
    """The question in canonical words: a logged key becomes its metric and split, a setting its role.

    Without `over`, what `units_of` says.

    Raises:
        SettingsError: No metric has this name.
        EvidenceError: The metric is never logged for this split, or `over` is empty.
    """
    name, split = _logged(table, metric, split)
    roles = {role.key: role.name for role in table.roles.values() if role.key}
    steps = tuple(
        "+".join(roles.get(part, part) for part in step.split("+"))
        for step in ([over] if isinstance(over, str) else units_of(table) if over is None else over)
    )
    if not steps:
        raise EvidenceError("nothing is named in `over`", mend='Name what varies, such as "seed".')
    return Question(name, split, tuple(sorted((where or {}).items())), steps, reduce, level)


def units_of(table: RunTable) -> tuple[str, ...]:
    """What a cell of a method and a data set is averaged over where nobody says, innermost first.

    Over seeds; over the items that a seed was asked, repeated answers first; over seeds and folds together,
    where a data set has several. The subsets of a benchmark are averaged inside each run of it, so that it
    counts once.
    """
    roles = table.roles
    if "item" in roles:
        return ("seed", "subset+item" if "subset" in roles else "item")
    steps = ("seed",) if "fold" not in roles else ("seed+fold",)
    if "subset" not in roles:
        return steps
    return ("subset", *(steps if "seed" in roles else (WHOLE,)))


def _logged(table: RunTable, metric: str, split: str) -> tuple[str, str]:
    """Canonical name and split; a canonical name wins over a key that happens to be spelled alike."""
    splits = {key.split for key in table.keys.values() if key.name == metric}
    if split in splits:
        return metric, split
    keys = find_metric(table, metric)
    found = {key.split for key in keys}
    if metric in table.keys or (not split and len(found) == 1 and metric != keys[0].name):
        return keys[0].name, keys[0].split
    splits = {key.split for key in table.keys.values() if key.name == keys[0].name}
    if split in splits:
        return keys[0].name, split
    raise EvidenceError(
        f"no run logs {keys[0].name!r} for the split {split!r}",
        mend=f"Choose one of the splits: {', '.join(repr(each) for each in sorted(splits))}.",
    )


def read_values(table: RunTable, question: Question) -> tuple[Reading, ...]:
    """One reading of every run in the table, by run id; `question.where` is not applied."""
    parts = (question.metric, question.split)
    keys = sorted(key.key for key in table.keys.values() if (key.name, key.split) == parts)
    return tuple(_read(table, run, keys) for run in sorted(table.runs, key=lambda run: run.id))


def _read(table: RunTable, run: Run, keys: Sequence[str]) -> Reading:
    # A value at the end wins over the end of a history, whichever key it was logged under.
    ordered = sorted(keys, key=lambda key: key not in run.finals)
    found = next((value for key in ordered if (value := final(table, run, key)) is not None), None)
    if run.status in _ENDED_BADLY:
        return Reading(run, found, _ENDED_BADLY[run.status])
    if found is None:
        return Reading(run, None, NOT_LOGGED)
    return Reading(run, found, "" if math.isfinite(found.value) else f"logged {found.value}")


def matching(readings: Iterable[Reading], question: Question) -> list[Reading]:
    """The readings of runs that match `question.where`.

    Raises:
        EvidenceError: No run matches; names the pair that none has, and the nearest value.
    """
    everything = list(readings)
    found = everything
    for key, value in question.where:
        found = [reading for reading in found if reading.run.setting(key) == value]
    if not found:
        raise _no_match(everything, question)
    return found


def entering(readings: Iterable[Reading], question: Question) -> list[Reading]:
    """The readings that enter the value.

    Raises:
        EvidenceError: None does; counts the reasons.
    """
    found = list(readings)
    inside = [reading for reading in found if not reading.excluded]
    if not inside:
        reasons = Counter(reading.excluded for reading in found)
        told = ", ".join(f"{count} {reason}" for reason, count in sorted(reasons.items()))
        raise EvidenceError(
            f"no run enters {question}: {told}", mend="Run it again, or look at the logs of these runs."
        )
    return inside


def check_unmixed(readings: Sequence[Reading], table: RunTable, question: Question) -> None:
    """Refuse readings that vary in a role that is not averaged away, or that share every role.

    A crashed run counts here: a data set on which every run failed must not vanish from an average unseen.

    Raises:
        EvidenceError: Names the role and its values, or the two runs and the settings in which they differ.
    """
    logged = [reading.run for reading in readings if reading.excluded != NOT_LOGGED]
    # Whoever averages over items averages over what groups them.
    averaged = {*question.averaged, *(("cluster",) if "item" in question.averaged else ())}
    for role in table.roles:
        values = sorted({value for run in logged if (value := run.setting(role)) is not None})
        if len(values) > 1 and role not in averaged:
            shown = ", ".join(values[:5]) + (f" and {len(values) - 5} more" if len(values) > 5 else "")
            raise EvidenceError(
                f"the {len(logged)} runs of {question} also vary in {role} ({shown})",
                mend=f"Choose one {role} with where (in {FILE}: [study.where] {role} = ...), "
                f"or name {role} in over.",
            )
    seen: dict[tuple[Label, ...], Run] = {}
    for reading in readings:
        if reading.excluded:
            continue
        other = seen.setdefault(labels(reading.run, question), reading.run)
        if other is not reading.run:
            raise _twins(other, reading.run, question)


def labels(run: Run, question: Question) -> tuple[Label, ...]:
    """What names the run at each step of `over`; a run without the role is named by its id."""
    return tuple(_label(run, step) for step in question.over)


def _label(run: Run, step: str) -> Label:
    if step == WHOLE:
        return ("",)
    values = tuple(run.setting(role) for role in step.split("+"))
    return tuple(value for value in values if value is not None) if None not in values else ("", run.id)


def _twins(first: Run, second: Run, question: Question) -> EvidenceError:
    same = ", ".join(
        f"{role}={first.setting(role)}" for role in question.averaged if first.setting(role) is not None
    )
    differing = sorted(
        key for key in {*first.params, *second.params} if first.setting(key) != second.setting(key)
    )
    told = f"they differ in {', '.join(differing[:5])}" if differing else "their settings are the same"
    return EvidenceError(
        f"two runs of {question} share {same}: {first.id!r} and {second.id!r}; {told}",
        mend="Filter with where, name what tells them apart as a role, or exclude one of them.",
    )


def _no_match(readings: Sequence[Reading], question: Question) -> EvidenceError:
    runs = [reading.run for reading in readings]
    for key, value in question.where:
        values = {found for run in runs if (found := run.setting(key)) is not None}
        if not values:
            known = {name for run in runs for name in (*run.identity, *run.params)}
            return EvidenceError(f"no run has the role or setting {key!r}", mend=near_miss(key, known))
        if value not in values:
            return EvidenceError(f"no run has {key} {value!r}", mend=near_miss(value, values))
    return EvidenceError(
        f"no run matches {question}, though each of these values occurs",
        mend="Ask for a combination that was run.",
    )
