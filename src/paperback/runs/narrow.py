"""The runs that the study is about, and the data sets that count as one benchmark."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from fnmatch import fnmatchcase

from paperback.errors import SettingsError, near_miss
from paperback.runs.run import Run, text
from paperback.runs.table import Role
from paperback.settings import FILE, Settings

OUTSIDE = "outside the study"
SUBSET = "subset"
SUMMED_UP = "sum of items"


def narrow(runs: Sequence[Run], settings: Settings) -> tuple[tuple[Run, ...], tuple[Run, ...]]:
    """The runs that have all of `[study.where]`, and the others.

    Raises:
        SettingsError: No run has such a role or setting, or none has this value.
    """
    inside = list(runs)
    for named, given in settings.where.items():
        key, value = _full_key(named, runs), text(given)
        found = {each for run in runs if (each := run.setting(key)) is not None}
        if not found:
            known = {name for run in runs for name in (*run.identity, *run.params)}
            raise SettingsError(f"{FILE}: [study.where] {named}: no run has it", mend=near_miss(key, known))
        if value not in found:
            raise SettingsError(
                f"{FILE}: [study.where] {named} = {given!r}: no run has this value",
                mend=near_miss(value, found),
            )
        inside = [run for run in inside if run.setting(key) == value]
    if not inside:
        raise SettingsError(
            f"{FILE}: [study.where] leaves no run", mend="Choose values that some run has together."
        )
    kept = {run.id for run in inside}
    return tuple(inside), tuple(run for run in runs if run.id not in kept)


def _full_key(named: str, runs: Sequence[Run]) -> str:
    """The configuration key that ends in `.named`, where no run has `named` itself and one key does."""
    if any(run.setting(named) is not None for run in runs):
        return named
    found = {key for run in runs for key in run.params if key.endswith(f".{named}")}
    return found.pop() if len(found) == 1 else named


def without_sums(runs: Sequence[Run], roles: Mapping[str, Role]) -> tuple[tuple[Run, ...], tuple[Run, ...]]:
    """The runs without the values that only sum up items that are runs too, and the runs that did only that.

    A results file says of a task what the records of its items say one by one; both would count twice.
    """
    if "item" not in roles:
        return tuple(runs), ()
    others = [name for name in roles if name not in ("item", "cluster")]
    items = [run for run in runs if "item" in run.identity]
    logged: dict[tuple[str, ...], dict[tuple[str | None, ...], set[str]]] = {}
    kept, apart = [], []
    for run in runs:
        # What sums up items of several seeds has no seed itself.
        names = tuple(name for name in others if name in run.identity)
        if "item" not in run.identity and names not in logged:
            logged[names] = _logged(items, names)
        known = set() if "item" in run.identity else logged[names].get(_place(run, names), set())
        finals = {key: value for key, value in run.finals.items() if key not in known}
        if len(finals) == len(run.finals):
            kept.append(run)
        elif finals or run.series:
            kept.append(replace(run, finals=finals))
        else:
            apart.append(run)
    return tuple(kept), tuple(apart)


def _logged(items: Sequence[Run], roles: Sequence[str]) -> dict[tuple[str | None, ...], set[str]]:
    """The metrics of the items that share the values of the roles."""
    found: dict[tuple[str | None, ...], set[str]] = {}
    for item in items:
        found.setdefault(_place(item, roles), set()).update(item.finals)
    return found


def _place(run: Run, roles: Sequence[str]) -> tuple[str | None, ...]:
    return tuple(run.identity.get(name) for name in roles)


def gather_benchmarks(
    runs: Sequence[Run], roles: Mapping[str, Role], settings: Settings
) -> tuple[tuple[Run, ...], dict[str, Role]]:
    """The runs and roles with the data sets of each `[study.benchmarks]` as one data set of several subsets.

    A benchmark stands where the first of its data sets stood; what was the data set becomes the role
    `subset`, which is averaged inside the benchmark first, every subset with the same weight.

    Raises:
        SettingsError: A pattern matches no data set.
    """
    if not settings.benchmarks:
        return tuple(runs), dict(roles)
    values = roles["dataset"].values if "dataset" in roles else ()
    for name, patterns in settings.benchmarks.items():
        for pattern in patterns:
            if not any(fnmatchcase(value, pattern) for value in values):
                raise SettingsError(
                    f"{FILE}: [study.benchmarks] {name}: no data set matches {pattern!r}",
                    mend=near_miss(pattern, values),
                )
    named = {
        value: name
        for name, patterns in reversed(list(settings.benchmarks.items()))
        for value in values
        if any(fnmatchcase(value, pattern) for pattern in patterns)
    }
    made = tuple(_gathered(run, named) for run in runs)
    datasets = tuple(dict.fromkeys(named.get(value, value) for value in values))
    subsets = tuple(value for value in values if value in named)
    how = f"[study.benchmarks] in {FILE}"
    return made, {
        **roles,
        "dataset": replace(roles["dataset"], values=datasets),
        SUBSET: Role(SUBSET, "", subsets, how, 1.0),
    }


def _gathered(run: Run, named: Mapping[str, str]) -> Run:
    dataset = run.identity.get("dataset", "")
    if dataset not in named:
        return run
    return replace(run, identity={**run.identity, "dataset": named[dataset], SUBSET: dataset})
