"""The runs that a protocol reports, and the step from which their values come."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace

from paperback.errors import SettingsError, near_miss
from paperback.finding import Finding
from paperback.runs.key import parse_key
from paperback.runs.metric import Metric, MetricKey
from paperback.runs.run import Run
from paperback.runs.select import Criterion, Protocol, best_step, chosen
from paperback.runs.table import Role
from paperback.settings import FILE

NOT_SELECTED = "not selected"


def criterion_keys(keys: Mapping[str, MetricKey], criterion: Criterion) -> list[str]:
    """The logged keys that the criterion looks at, sorted.

    Raises:
        SettingsError: No run logs it; offers the nearest.
    """
    asked = parse_key(criterion.metric)
    split = criterion.split or asked.split
    if criterion.metric in keys and not criterion.split:
        return [criterion.metric]
    names = {criterion.metric, asked.name, criterion.metric.replace("_", " ")}
    found = sorted(
        key.key for key in keys.values() if key.name in names and (not split or key.split == split)
    )
    if not found:
        known = {f"{key.split} {key.name}".strip() for key in keys.values()}
        raise SettingsError(
            f"{FILE}: [study] select looks at {str(criterion)!r}, which no run logs",
            mend=near_miss(f"{split} {asked.name}".strip(), known),
        )
    return found


def prefers_higher(metrics: Mapping[str, Metric], keys: Sequence[MetricKey], criterion: Criterion) -> bool:
    """Whether higher values of the criterion win.

    Raises:
        SettingsError: It asks for the best value of a metric whose direction is not known.
    """
    if criterion.sense != "best":
        return criterion.sense == "highest"
    metric = metrics[keys[0].name]
    if metric.direction == "unknown":
        raise SettingsError(
            f"{FILE}: [study] select = {str(criterion)!r}: "
            f"whether {metric.name} is better high or low is not known",
            mend="Write highest or lowest instead of best.",
        )
    return metric.direction == "higher"


def step_of(
    run: Run, protocol: Protocol, keys: Mapping[str, MetricKey], metrics: Mapping[str, Metric]
) -> int | None:
    """The step at which the criterion of `best` is best; None where the run has no history of it."""
    if protocol.step != "best" or protocol.by is None:
        return None
    names = criterion_keys(keys, protocol.by)
    series = next((run.series[name] for name in names if name in run.series), None)
    if series is None:
        return None
    return best_step(series, higher=prefers_higher(metrics, [keys[name] for name in names], protocol.by))


def choose_runs(
    runs: Sequence[Run],
    protocol: Protocol,
    *,
    roles: Mapping[str, Role],
    keys: Mapping[str, MetricKey],
    metrics: Mapping[str, Metric],
) -> tuple[tuple[Run, ...], tuple[Run, ...], list[Finding]]:
    """The runs that are reported, those that are not, and what is unclear.

    Raises:
        SettingsError: A criterion names a metric that no run logs, or a setting that no run has.
    """
    if protocol.by is not None:
        found = criterion_keys(keys, protocol.by)
        prefers_higher(metrics, [keys[name] for name in found], protocol.by)
    if protocol.over_by is None:
        return tuple(runs), (), []
    _check_settings(runs, protocol)
    names = criterion_keys(keys, protocol.over_by)
    higher = prefers_higher(metrics, [keys[name] for name in names], protocol.over_by)
    scores = {run.id: _score(run, protocol, names, keys=keys, metrics=metrics) for run in runs}
    free = {"seed"} if protocol.tuning else set[str]()
    fixed = [name for name, role in roles.items() if role.key not in protocol.over and name not in free]
    groups: dict[tuple[str | None, ...], list[Run]] = defaultdict(list)
    for run in runs:
        groups[tuple(run.setting(name) for name in fixed)].append(run)
    pick = _on_seeds if protocol.tuning else _within
    picked = {place: pick(members, protocol, scores, higher) for place, members in groups.items()}
    kept = {run.id for chosen_ones in picked.values() for run in chosen_ones}
    if not kept:
        raise SettingsError(
            f"{FILE}: [study] select = {str(protocol)!r} leaves no run: none logs {protocol.over_by}",
            mend="Choose by a metric that the runs log, and tuning seeds that each configuration has.",
        )
    unchosen = [groups[place] for place, found in picked.items() if not found]
    findings = [_unchosen(unchosen, fixed, protocol)] if unchosen else []
    reported = tuple(run for run in runs if run.id in kept)
    return reported, tuple(run for run in runs if run.id not in kept), findings


def _check_settings(runs: Sequence[Run], protocol: Protocol) -> None:
    for key in protocol.over:
        if all(run.setting(key) is None for run in runs):
            known = {name for run in runs for name in (*run.identity, *run.params)}
            raise SettingsError(
                f"{FILE}: [study] select: no run has the setting {key!r}", mend=near_miss(key, known)
            )


def only_of(roles: Mapping[str, Role], runs: Sequence[Run]) -> dict[str, Role]:
    """The roles with the values that occur in the runs."""
    found = {name: {run.identity.get(name) for run in runs} for name in roles}
    return {
        name: replace(role, values=tuple(value for value in role.values if value in found[name]))
        for name, role in roles.items()
    }


def _score(
    run: Run,
    protocol: Protocol,
    names: Sequence[str],
    *,
    keys: Mapping[str, MetricKey],
    metrics: Mapping[str, Metric],
) -> float | None:
    """The run's value of the criterion, at the step from which its values are reported."""
    step = step_of(run, protocol, keys, metrics)
    for name in names:
        if name in run.series:
            found = chosen(run.series[name], protocol, step)
            return None if found is None or found[0] != found[0] else found[0]
        if name in run.finals:
            value = run.finals[name].value
            return None if value != value else value
    return None


def _within(
    members: Sequence[Run], protocol: Protocol, scores: Mapping[str, float | None], higher: bool
) -> list[Run]:
    """The one run whose score is best; of equal ones the first."""
    del protocol
    scored = [(run, score) for run in members if (score := scores[run.id]) is not None]
    if not scored:
        return []
    return [max(scored, key=lambda pair: pair[1] if higher else -pair[1])[0]]


def _on_seeds(
    members: Sequence[Run], protocol: Protocol, scores: Mapping[str, float | None], higher: bool
) -> list[Run]:
    """The fresh seeds of the configuration whose mean score over the tuning seeds is best."""
    tried: dict[tuple[str | None, ...], dict[str, float]] = defaultdict(dict)
    for run in members:
        score, seed = scores[run.id], run.setting("seed")
        if seed in protocol.tuning and score is not None:
            tried[tuple(run.setting(key) for key in protocol.over)][seed] = score
    whole = {
        place: sum(found.values()) / len(found)
        for place, found in tried.items()
        if len(found) == len(protocol.tuning)
    }
    if not whole:
        return []
    best = max(whole, key=lambda place: whole[place] if higher else -whole[place])
    return [
        run
        for run in members
        if tuple(run.setting(key) for key in protocol.over) == best
        and run.setting("seed") not in protocol.tuning
    ]


def _unchosen(groups: Sequence[Sequence[Run]], fixed: Sequence[str], protocol: Protocol) -> Finding:
    runs = [run for members in groups for run in members]
    who = "; ".join(
        ", ".join(f"{name} {members[0].setting(name)}" for name in fixed) or members[0].id
        for members in groups[:3]
    )
    more = f" and {len(groups) - 3} more" if len(groups) > 3 else ""
    seeds = " on every tuning seed" if protocol.tuning else ""
    message = (
        f"{len(runs)} runs are left out, since none of theirs logs the {protocol.over_by}{seeds}: {who}{more}"
    )
    sources = tuple(source for run in runs for source in run.sources[:1])
    return Finding("not-selectable", message, sources, "Log it, or exclude these runs.")
