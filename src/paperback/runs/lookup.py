"""Metrics of a table found by name, and their values in a run."""

from paperback.errors import SettingsError, near_miss
from paperback.runs.key import parse_key
from paperback.runs.metric import MetricKey
from paperback.runs.run import Final, Run, Series
from paperback.runs.table import RunTable


def find_metric(table: RunTable, name: str, split: str | None = None) -> list[MetricKey]:
    """The logged keys that `name` means, sorted.

    A key that was logged as `name` is the only answer, whatever `split`. Else the canonical name counts, with
    `split` where one is given; `test/accuracy` names its split itself.

    Raises:
        SettingsError: No such metric, or not on that split; says what there is.
    """
    if name in table.keys:
        return [table.keys[name]]
    asked = parse_key(name)
    wanted = split if split is not None else asked.split or None
    names = {name, name.lower(), asked.name}
    found = sorted(key for key in table.keys.values() if key.name in names)
    if not found:
        known = {key.name for key in table.keys.values()}
        raise SettingsError(f"no run logs a metric {name!r}", mend=near_miss(name, known))
    on_split = [key for key in found if wanted is None or key.split == wanted]
    if not on_split:
        splits = ", ".join(sorted({key.split or "no split" for key in found}))
        raise SettingsError(f"no run logs {asked.name!r} on {wanted!r}", mend=f"It is logged on: {splits}.")
    return on_split


def final(table: RunTable, run: Run, metric: str, split: str | None = None) -> Final | None:
    """The metric's final value in the run, else the last of its history; None where the run has neither."""
    keys = find_metric(table, metric, split)
    for key in keys:
        if key.key in run.finals:
            return run.finals[key.key]
    series = _series(run, keys)
    return (
        Final(float(series.values[-1]), series.source) if series is not None and len(series.values) else None
    )


def history(table: RunTable, run: Run, metric: str, split: str | None = None) -> Series | None:
    """The metric's history in the run; None where the run has none."""
    return _series(run, find_metric(table, metric, split))


def _series(run: Run, keys: list[MetricKey]) -> Series | None:
    return next((run.series[key.key] for key in keys if key.key in run.series), None)
