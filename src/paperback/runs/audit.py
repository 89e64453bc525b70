"""Whether the runs of one comparison were made and chosen alike."""

import math
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from paperback.finding import Finding
from paperback.runs.branch import restarts
from paperback.runs.key import parse_key
from paperback.runs.lexicon import word_set, words
from paperback.runs.pause import pauses
from paperback.runs.run import Run, text
from paperback.runs.select import Protocol
from paperback.runs.table import Role

_MOST = 5
_VERSIONS = ("torch", "tensorflow", "jax", "python", "cuda", "transformers", "sklearn", "numpy")
_DATA_WORDS = word_set("data dataset datasets corpus")
_VERSION_WORDS = word_set("version revision hash commit digest sha md5 checksum")
# Losses whose target moves while they are trained grow with what they predict.
_MOVING = word_set(
    "actor critic policy value q qf qf1 qf2 td alpha temp entropy adversarial generator discriminator"
)
_HARDWARE = word_set("gpu gpus gpu_name device_name hardware cuda_device accelerator gpu_type")


def audit(
    runs: Sequence[Run], apart: Mapping[str, Sequence[Run]], roles: Mapping[str, Role], protocol: Protocol
) -> Iterator[Finding]:
    """The findings about how the runs were chosen and under which conditions they were made."""
    yield from _test_selection(protocol)
    yield from _budgets(runs, apart, roles)
    for condition in _CONDITIONS:
        yield from _mixed(runs, roles, condition)
    yield from _mixed_data(runs, roles)
    yield from _steps(runs, roles)
    yield from _disjoint_seeds(runs, roles)
    yield from _diverged(runs)
    yield from _restarted(runs)
    yield from pauses(runs)


def _test_selection(protocol: Protocol) -> Iterator[Finding]:
    if protocol.is_test_selected:
        yield Finding(
            "test-set-selection",
            f"the reported values are chosen by looking at the test split ({protocol})",
            (),
            "Choose by a validation metric, or label the results test-selected.",
        )


def _budgets(
    runs: Sequence[Run], apart: Mapping[str, Sequence[Run]], roles: Mapping[str, Role]
) -> Iterator[Finding]:
    """Methods that were given different numbers of trials."""
    key = roles["method"].key if "method" in roles else ""
    counts: Counter[str] = Counter()
    for run in (run for why in apart.values() for run in why):
        method = run.setting("method") or run.setting(key) or run.setting(key.rsplit(".", 1)[-1])
        if method is not None:
            counts[method] += 1
    methods = {run.identity["method"] for run in runs if "method" in run.identity}
    if not counts or len(methods | set(counts)) < 2:
        return
    told = {method: counts.get(method, 0) for method in sorted(methods | set(counts))}
    if len(set(told.values())) > 1:
        shown = _list([f"{method} {count}" for method, count in told.items()])
        yield Finding(
            "unequal-tuning",
            f"methods differ in the number of trials that were not reported: {shown}",
            (),
            "Give every method the same budget, or say in the paper why not.",
        )


def _commit(run: Run) -> str | None:
    return run.commit


def _versions(run: Run) -> str | None:
    found = {
        key.rsplit(".", 1)[-1].lower(): text(value)
        for key, value in (*run.facts.items(), *run.params.items())
        if key.rsplit(".", 1)[-1].lower().removesuffix("_version") in _VERSIONS
        and any(sign.isdigit() for sign in text(value))
        and ("." in text(value))
    }
    return ", ".join(f"{name} {value}" for name, value in sorted(found.items())) or None


def _hardware(run: Run) -> str | None:
    for key, value in (*run.facts.items(), *run.params.items()):
        if key.rsplit(".", 1)[-1].lower() in _HARDWARE and isinstance(value, str) and not value.isdigit():
            return value
    return None


def _data(run: Run) -> str | None:
    """The version of the data, as a setting such as `dataset.revision` or `data_version` tells it."""
    for key, value in (*run.facts.items(), *run.params.items()):
        words = key.lower().replace(".", "_").split("_")
        if words[-1] in _VERSION_WORDS and words[-2:-1] and words[-2] in _DATA_WORDS:
            return text(value)
    return None


@dataclass(frozen=True, slots=True)
class _Condition:
    what: str
    kind: str
    value: Callable[[Run], str | None]
    mend: str


_CONDITIONS = (
    _Condition(
        "commits", "mixed-commits", _commit, "Run all from one commit, or say what changed between them."
    ),
    _Condition(
        "versions", "mixed-versions", _versions, "Run all with the same versions, or name them in the paper."
    ),
    _Condition("hardware", "mixed-hardware", _hardware, "Name it in the paper; do not compare times."),
)


def _mixed(runs: Sequence[Run], roles: Mapping[str, Role], condition: _Condition) -> Iterator[Finding]:
    """Runs of one data set that differ in a condition, with the methods that each value goes with."""
    by_value: dict[str, list[Run]] = defaultdict(list)
    for run in runs:
        if (found := condition.value(run)) is not None:
            by_value[found].append(run)
    if len(by_value) < 2:
        return
    parts = [f"{found} in {_who(members, roles)}" for found, members in sorted(by_value.items())]
    message = f"the runs were made with {len(by_value)} different {condition.what}: {_list(parts, '; ')}"
    yield Finding(condition.kind, message, (), condition.mend)


def _mixed_data(runs: Sequence[Run], roles: Mapping[str, Role]) -> Iterator[Finding]:
    """Data sets of which the runs saw different versions; two data sets may well have two."""
    by_data: dict[str, list[Run]] = defaultdict(list)
    for run in runs:
        by_data[run.identity.get("dataset", "")].append(run)
    for dataset, members in sorted(by_data.items()):
        what = f"versions of {dataset}" if dataset else "versions of the data"
        condition = _Condition(what, "mixed-data", _data, "Run all on one version, or say what changed.")
        yield from _mixed(members, roles, condition)


def _who(runs: Sequence[Run], roles: Mapping[str, Role]) -> str:
    count = f"{len(runs)} run" + ("s" if len(runs) > 1 else "")
    methods = sorted({run.identity["method"] for run in runs if "method" in run.identity})
    return f"{count} ({_list(methods)})" if "method" in roles and methods else count


def _steps(runs: Sequence[Run], roles: Mapping[str, Role]) -> Iterator[Finding]:
    """Methods whose histories end at different steps on the same data set."""
    ends: dict[str, dict[str, set[int]]] = defaultdict(lambda: defaultdict(set))
    for run in runs:
        lasts = [
            int(series.steps[-1])
            for key, series in run.series.items()
            if len(series.steps)
            and series.axis not in ("row", "item", "episode")
            and parse_key(key).split in ("train", "")
        ]
        if lasts:
            ends[run.identity.get("dataset", "")][run.identity.get("method", "")].add(max(lasts))
    alike: dict[str, list[str]] = defaultdict(list)
    for dataset, methods in sorted(ends.items()):
        longest = {method: max(found) for method, found in methods.items()}
        low, high = min(longest.values()), max(longest.values())
        if len(longest) > 1 and high > 1.1 * max(low, 1):
            alike[_budget_groups(longest)].append(dataset)
    for shown, where in alike.items():
        on = f" on {_list(where)}" if any(where) else ""
        yield Finding(
            "unequal-steps",
            f"the methods{on} were trained for different numbers of steps: {shown}",
            (),
            "Give all the same budget, or say that they stopped early.",
        )


def _budget_groups(longest: Mapping[str, int]) -> str:
    """Methods by the step at which they ended, the fewest steps first."""
    groups: dict[int, list[str]] = defaultdict(list)
    for method, last in sorted(longest.items()):
        groups[last].append(method)
    return _list([f"{last} ({_list(methods)})" for last, methods in sorted(groups.items())], "; ")


def _disjoint_seeds(runs: Sequence[Run], roles: Mapping[str, Role]) -> Iterator[Finding]:
    """Methods that share no seed on a data set, so that their runs cannot be paired."""
    if "seed" not in roles or "method" not in roles:
        return
    seeds: dict[str, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    for run in runs:
        if "seed" in run.identity and "method" in run.identity:
            seeds[run.identity.get("dataset", "")][run.identity["method"]].add(run.identity["seed"])
    pairs = Counter[tuple[str, str]]()
    for methods in seeds.values():
        names = sorted(methods)
        for place, one in enumerate(names):
            for other in names[place + 1 :]:
                if len(methods[one]) > 1 and not methods[one] & methods[other]:
                    pairs[one, other] += 1
    if pairs:
        shown = _list([f"{one} and {other}" for one, other in sorted(pairs)])
        yield Finding(
            "disjoint-seeds",
            f"these methods share no seed on a data set, so their runs are not paired: {shown}",
            (),
            "Run them on the same seeds, or compare them unpaired.",
        )


def _diverged(runs: Sequence[Run]) -> Iterator[Finding]:
    """Runs whose training loss ended in NaN or infinity, or far above where it began."""
    diverged: dict[str, str] = {}
    growing: list[str] = []
    for (who, key), ended in _losses(runs).items():
        grew = {run.id for run, first, last in ended if first > 0 and 100 * first < last < math.inf}
        moves = not _MOVING.isdisjoint(words(parse_key(key).name))
        # What most of several runs do is how the method behaves.
        usual = len(ended) > 2 and 2 * len(grew) > len(ended)
        if usual and not moves:
            growing.append(f"{len(grew)} of {len(ended)} runs{who} ({key})")
        for run, first, last in ended:
            if not math.isfinite(last) or (run.id in grew and not usual and not moves):
                diverged.setdefault(run.id, f"{run.id} ({key} from {first:g} to {last:g})")
    if diverged:
        yield Finding(
            "diverged-run",
            f"{len(diverged)} run{'s' if len(diverged) > 1 else ''} diverged: {_list([*diverged.values()])}",
            (),
            "Report them as failures; leaving them out makes the method look safer than it is.",
        )
    if growing:
        yield Finding(
            "growing-loss",
            f"the training loss ends more than 100 times as high as it began in {_list(growing)}",
            (),
            "Say why, as where its target moves; else these runs diverged.",
        )


def _losses(runs: Sequence[Run]) -> dict[tuple[str, str], list[tuple[Run, float, float]]]:
    """Method and data set in words, and key of each loss, to its runs with their first and last value."""
    ended: dict[tuple[str, str], list[tuple[Run, float, float]]] = defaultdict(list)
    for run in runs:
        for key, series in run.series.items():
            values = series.values
            if len(values) > 1 and "loss" in parse_key(key).name.lower() and np.isfinite(values[0]):
                found = (run, float(values[0]), float(values[-1]))
                who = [
                    f" {sign} {run.identity[name]}"
                    for name, sign in (("method", "of"), ("dataset", "on"))
                    if name in run.identity
                ]
                ended["".join(who), key].append(found)
    return ended


def _restarted(runs: Sequence[Run]) -> Iterator[Finding]:
    """Runs whose histories go back, because they were resumed or because two of them wrote into one place."""
    found = []
    for run in runs:
        times = max((restarts(series) for series in run.series.values()), default=0)
        if times:
            found.append(f"{run.id} ({times} time{'s' if times > 1 else ''})")
    if found:
        yield Finding(
            "restarted-run",
            f"{len(found)} run{'s' if len(found) > 1 else ''} went back to an earlier step: {_list(found)}; "
            "what was logged later counts",
            (),
            "Check that it was resumed, and that no two runs wrote into one folder.",
        )


def _list(names: Sequence[str], sign: str = ", ") -> str:
    rest = len(names) - _MOST
    return sign.join(names[:_MOST]) + (f" and {rest} more" if rest > 0 else "")
