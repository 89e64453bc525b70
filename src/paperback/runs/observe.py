"""What the author should know of the runs: crashes, NaN, duplicates, missing cells, unequal seeds."""

import math
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence

from paperback.finding import Finding
from paperback.runs.column import Column, column
from paperback.runs.place import places_of
from paperback.runs.roles import natural
from paperback.runs.run import Run, Status, text
from paperback.runs.table import Role
from paperback.settings import FILE

_MOST = 5
_FAMILY = re.compile(r"[A-Za-z][^/]{2,}/|[A-Za-z][A-Za-z0-9]{2,}[-_:]")
_FEWEST_MEMBERS = 5
# So many families are told in full.
_FEW = 3
# A sign between two digits is part of a number: `v1-2` is not `v12`.
_JOINS = re.compile(r"(?<!\d)[\s_-]+|[\s_-]+(?!\d)")


def observe(runs: Sequence[Run], roles: Mapping[str, Role], fields: frozenset[str]) -> Iterator[Finding]:
    """The findings about the runs themselves."""
    yield from _ends(runs)
    yield from _values(runs)
    yield from _duplicates(runs, roles)
    yield from _cells(runs, roles)
    yield from _variants(runs, roles, fields)
    yield from _families(roles)
    yield from _spellings(roles)


def _spellings(roles: Mapping[str, Role]) -> Iterator[Finding]:
    """Methods or data sets whose names differ in nothing but case and joining signs."""
    for name in ("method", "dataset"):
        alike: dict[str, list[str]] = defaultdict(list)
        for value in roles[name].values if name in roles else ():
            alike[_JOINS.sub("", value.lower())].append(value)
        several = [" and ".join(found) for found in alike.values() if len(found) > 1]
        if several:
            what = "data set" if name == "dataset" else "method"
            told = f"{what} is spelled in two ways and counts"
            if len(several) > 1:
                told = f"{what}s are spelled in two ways and count"
            message = f"{len(several)} {told} twice: {_list(several)}"
            mend = "Where they are the same, name them alike in the logs."
            yield Finding("two-spellings", message, (), mend, tuple(several) if len(several) > _MOST else ())


def _ends(runs: Sequence[Run]) -> Iterator[Finding]:
    for run in runs:
        if run.status in (Status.FAILED, Status.KILLED):
            yield Finding(
                "crashed-run", f"{run.id} {run.status}", run.sources, "Run it again, or exclude it."
            )
        if not run.finals and not run.series:
            yield Finding(
                "run-without-metrics",
                f"{run.id} logged no metric",
                run.sources,
                "Run it again, or exclude it.",
            )


def _values(runs: Sequence[Run]) -> Iterator[Finding]:
    for run in runs:
        keys = [key for key, final in run.finals.items() if math.isnan(final.value)]
        keys += [
            key for key, series in run.series.items() if len(series.values) and math.isnan(series.values[-1])
        ]
        if keys:
            shown = _list(sorted(set(keys)))
            yield Finding(
                "nan-metric", f"{run.id}: {shown} is NaN", run.sources, "Find out why, or run it again."
            )


def _duplicates(runs: Sequence[Run], roles: Mapping[str, Role]) -> Iterator[Finding]:
    same: dict[tuple[object, ...], list[Run]] = defaultdict(list)
    # While a role is not known, the paths may tell apart what looks like one run.
    is_open = bool(places_of(runs).parts) and not {"method", "dataset"} <= roles.keys()
    for run in runs:
        if run.identity:
            settings = tuple(sorted((key, text(value)) for key, value in run.params.items()))
            same[(tuple(sorted(run.identity.items())), settings)].append(run)
    for twins in same.values():
        if len(twins) > 1:
            who = ", ".join(f"{name} {value}" for name, value in twins[0].identity.items())
            equal = all(_measured(run) == _measured(twins[0]) for run in twins)
            if is_open and not equal:
                continue
            values = "equal" if equal else "different"
            message = f"{_list([run.id for run in twins])} are the same run ({who}) with {values} values"
            sources = tuple(source for run in twins for source in run.sources)
            yield Finding("duplicate-run", message, sources, "Exclude all but one.")


def _measured(run: Run) -> tuple[dict[str, str], dict[str, bytes]]:
    """All that the run measured, such that equal values compare equal, NaN included."""
    series = {key: series.steps.tobytes() + series.values.tobytes() for key, series in run.series.items()}
    return {key: repr(final.value) for key, final in run.finals.items()}, series


def _cells(runs: Sequence[Run], roles: Mapping[str, Role]) -> Iterator[Finding]:
    """Cells of method x data set that lack runs or seeds which others have."""
    if "method" not in roles or "dataset" not in roles:
        return
    seeds: dict[tuple[str, str], set[str]] = defaultdict(set)
    for run in runs:
        cell = (run.identity.get("method", ""), run.identity.get("dataset", ""))
        seeds[cell].add(run.identity.get("seed", ""))
    yield from _holes(roles, set(seeds))
    if "seed" in roles:
        yield from _seeds(roles, seeds)


def _seeds(roles: Mapping[str, Role], seeds: Mapping[tuple[str, str], set[str]]) -> Iterator[Finding]:
    """Methods that lack seeds on a data set, those that lack most first.

    Where methods share no seeds, each has drawn its own, and only how many it has can be compared.
    """
    lacking: list[tuple[int, str]] = []
    for dataset in roles["dataset"].values:
        present = {cell[0]: found for cell, found in seeds.items() if cell[1] == dataset}
        most = max(map(len, present.values()), default=0)
        shared = set().union(*present.values()) if _share(present.values()) else set()
        for method, found in sorted(present.items()):
            if absent := shared - found:
                told = f"lacks seeds {_list(sorted(absent, key=natural))} that other methods have"
                lacking.append((len(absent), f"{method} on {dataset} {told}"))
            elif not shared and len(found) < most:
                told = f"has {len(found)} of the {most} seeds that other methods have"
                lacking.append((most - len(found), f"{method} on {dataset} {told}"))
    for _, message in sorted(lacking, key=lambda each: -each[0]):
        yield Finding("unequal-seeds", message, (), "Run the missing seeds.")


def _share(seeds: Iterable[set[str]]) -> bool:
    """Whether any seed is that of two methods."""
    found = list(seeds)
    return len(set().union(*found)) < sum(map(len, found))


def _holes(roles: Mapping[str, Role], present: set[tuple[str, str]]) -> Iterator[Finding]:
    """One finding per empty cell, or one for all where the table is sparse by design."""
    methods, datasets = roles["method"].values, roles["dataset"].values
    holes = [(m, d) for m in methods for d in datasets if (m, d) not in present]
    mend = "Run it, or say in the paper why it is missing."
    if len(holes) > 2 * _MOST:
        shown = _list([f"{method} on {dataset}" for method, dataset in holes])
        message = f"{len(holes)} of {len(methods) * len(datasets)} combinations have no run: {shown}"
        cases = tuple(f"no run of {method} on {dataset}" for method, dataset in holes)
        yield Finding("missing-cell", message, (), mend, cases)
        return
    for method, dataset in holes:
        yield Finding("missing-cell", f"no run of {method} on {dataset}", (), mend)


def _variants(runs: Sequence[Run], roles: Mapping[str, Role], fields: frozenset[str]) -> Iterator[Finding]:
    """Cells of one method that come from different values of another field of the paths."""
    if "method" not in roles or "dataset" not in roles:
        return
    played = {role.key for role in roles.values() if role.name not in ("variant",)}
    for key in sorted(fields - played):
        yield from _mixed(runs, column(key, runs), roles, most=len(roles["method"].values))
    for varied in _inferred(runs, roles, played | fields):
        yield from _mixed(runs, varied, roles, most=len(roles["method"].values) // 4)


def _inferred(
    runs: Sequence[Run], roles: Mapping[str, Role], known: set[str] | frozenset[str]
) -> Iterator[Column]:
    """Parts of the paths and words among the settings that tell variants apart: few, and no numbers."""
    placed = [part for part in places_of(runs).parts if part.key not in known]
    if roles["method"].key in {part.key for part in places_of(runs).parts}:
        return
    for varied in placed:
        if 1 < len(varied.values) <= _MOST and not varied.is_whole and not _plays(varied, runs, roles):
            yield varied


def _plays(varied: Column, runs: Sequence[Run], roles: Mapping[str, Role]) -> bool:
    """Whether the column says the same as a role."""
    for name in roles:
        role = Column(name, tuple(run.identity.get(name) for run in runs))
        if varied.determines(role) or role.determines(varied):
            return True
    return False


def _mixed(runs: Sequence[Run], varied: Column, roles: Mapping[str, Role], *, most: int) -> Iterator[Finding]:
    """One finding per method that mixes values; none where more than `most` methods do: it is by design."""
    cells: dict[str, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    for run, value in zip(runs, varied.cells, strict=True):
        if value is not None:
            cells[run.identity.get("method", "")][run.identity.get("dataset", "")].add(value)
    findings = []
    for method in roles["method"].values:
        kinds: dict[str, list[str]] = defaultdict(list)
        for dataset, values in sorted(cells[method].items()):
            kinds[" and ".join(sorted(values))].append(dataset)
        if len(kinds) > 1:
            parts = "; ".join(f"{value} on {_list(where)}" for value, where in sorted(kinds.items()))
            message = f"{method} mixes values of {varied.key}: {parts}"
            findings.append(
                Finding("mixed-variant", message, (), "Say so in the paper, or run the missing ones.")
            )
    if len(findings) <= most:
        yield from findings


def _list(names: Sequence[str]) -> str:
    rest = len(names) - _MOST
    return ", ".join(names[:_MOST]) + (f" and {rest} more" if rest > 0 else "")


def _families(roles: Mapping[str, Role]) -> Iterator[Finding]:
    """Data sets that are named as parts of one benchmark, beside others, and would count one by one."""
    values = [value for value in roles["dataset"].values if value] if "dataset" in roles else []
    families: dict[str, list[str]] = defaultdict(list)
    for value in values:
        if found := _FAMILY.match(value):
            families[found[0]].append(value)
    large = {
        prefix: members
        for prefix, members in families.items()
        if _FEWEST_MEMBERS <= len(members) < len(values)
    }
    cases = tuple(f"{len(members)} named {prefix}*: {_list(members)}" for prefix, members in large.items())
    if cases:
        declared = ", ".join(f'{prefix.rstrip("-_.:/")} = "{prefix}*"' for prefix in large)
        more = f"; and {len(cases) - _FEW} families more" if len(cases) > _FEW else ""
        yield Finding(
            "subsets-of-a-benchmark",
            f"data sets are named alike, and each counts as one of its own: {'; '.join(cases[:_FEW])}{more}",
            (),
            f"Where they are parts of one benchmark, declare it in {FILE}: [study.benchmarks] {declared}.",
            cases if len(cases) > _FEW else (),
        )
