"""Unit and direction of each metric: declared by the author, or told by its name and values."""

from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from paperback.finding import Finding
from paperback.runs.key import unit_in
from paperback.runs.lexicon import BOUNDED, HIGHER, LOWER, NEGATED, NEUTRAL, UNITS, words
from paperback.runs.metric import Metric, MetricKey
from paperback.runs.run import Run
from paperback.settings import Direction, MetricSettings, Settings


def judge_metrics(
    runs: Sequence[Run], keys: Mapping[str, MetricKey], settings: Settings
) -> tuple[dict[str, Metric], list[Finding]]:
    """Each canonical metric with its unit and direction, and the metrics that mix percent with fractions."""
    values = _values(runs, keys)
    metrics: dict[str, Metric] = {}
    findings: list[Finding] = []
    printed = {key.name: found for key in keys.values() if (found := unit_in(key.key))}
    logged = _directions(runs, keys)
    for name in sorted(values):
        said = settings.metrics.get(name, MetricSettings())
        unit = said.unit if said.unit is not None else printed.get(name)
        if unit is None:
            unit, mixed = _unit(name, values[name])
            if mixed:
                findings.append(mixed)
        told = logged.get(name, set())
        if len(told) > 1 and said.direction is None:
            findings.append(_both_ways(name))
        from_data: Direction = next(iter(told)) if len(told) == 1 else "unknown"
        direction = said.direction or (from_data if told else direction_of(name))
        declared = said.unit is not None or said.direction is not None
        sure = "data" if told else "lexicon"
        how = "declared" if declared else sure if direction != "unknown" else "unknown"
        title = said.name or name.replace("_", " ").strip() or name
        metrics[name] = Metric(name, title, unit, direction, said.percent, said.decimals, how)
    return metrics, findings


def _directions(runs: Sequence[Run], keys: Mapping[str, MetricKey]) -> dict[str, set[Direction]]:
    """Canonical name to the directions that the logs themselves name."""
    told: dict[str, set[Direction]] = {}
    for run in runs:
        for key, direction in run.directions.items():
            if key in keys:
                told.setdefault(keys[key].name, set()).add(direction)
    return told


def _both_ways(name: str) -> Finding:
    message = f"{name} is better high in some runs and better low in others, as their logs say"
    return Finding("mixed-directions", message, (), f"Declare it: [metrics.{name}] direction = ...")


def _without_length(parts: Sequence[str]) -> Sequence[str]:
    """The words without the last of `acc_norm`: an accuracy normalised by length is one, a norm is none."""
    return parts[:-1] if list(parts[-2:]) in (["acc", "norm"], ["accuracy", "norm"]) else parts


def direction_of(name: str) -> Direction:
    """Whether higher or lower values of the metric are better, from the words of its name.

    `neg_mse` and `-loss` turn the sense; `error_reduction`, `acc_std` and other words that take the meaning
    away leave it unknown, and so do names with words of both directions.
    """
    parts = words(name)
    joined = name.lower().rsplit(".", 1)[-1]
    signs = {"lower"} if joined in LOWER else {"higher"} if joined in HIGHER else set[str]()
    if not signs:
        if not NEUTRAL.isdisjoint(_without_length(parts)):
            return "unknown"
        last = words(joined)
        signs = {"lower" for word in last if word in LOWER} | {"higher" for word in last if word in HIGHER}
        # "f1_score", "brier_score": `score` follows the word before it.
        if len(signs) == 2 and last[-1] in ("score", "rate"):
            signs = {"lower" if any(word in LOWER for word in last[:-1]) else "higher"}
    if len(signs) != 1:
        return "unknown"
    up = signs == {"higher"}
    if not NEGATED.isdisjoint(parts) or name.lstrip().startswith("-"):
        up = not up
    return "higher" if up else "lower"


def _values(runs: Sequence[Run], keys: Mapping[str, MetricKey]) -> dict[str, list[float]]:
    values: dict[str, list[float]] = {}
    for run in runs:
        for key, final in run.finals.items():
            values.setdefault(keys[key].name, []).append(final.value)
        for key, series in run.series.items():
            known = values.setdefault(keys[key].name, [])
            if key not in run.finals and len(series.values):
                known.append(float(series.values[-1]))
    return values


def _unit(name: str, values: Iterable[float]) -> tuple[str, Finding | None]:
    """The unit, decided over all runs at once; a metric that mixes fractions with percent has none."""
    last = words(name.rsplit(".", 1)[-1])
    for word in last:
        if word in UNITS:
            return UNITS[word], None
    if BOUNDED.isdisjoint(last) or not NEUTRAL.isdisjoint(_without_length(last)):
        return "", None
    finite = np.abs([value for value in values if np.isfinite(value)])
    if not len(finite) or finite.max() > 100:
        return "", None
    if finite.max() <= 1:
        return "fraction", None
    small, large = finite[(finite > 0) & (finite <= 1)], finite[finite > 1]
    if len(small) and np.median(large) >= 20 * np.median(small):
        fractions = f"a fraction in {len(small)} values (up to {small.max():g})"
        message = f"{name} is {fractions} and percent in {len(large)} (up to {large.max():g})"
        return "", Finding("mixed-units", message, (), f"Log {name} in one unit, or exclude one kind of log.")
    return "%" if np.median(finite) > 1.5 else "", None
