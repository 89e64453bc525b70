"""Metrics of a table found by name, and their values in a run."""

from dataclasses import replace

from paperback.errors import SettingsError, near_miss
from paperback.runs.branch import current
from paperback.runs.choose import step_of
from paperback.runs.key import parse_key
from paperback.runs.metric import MetricKey
from paperback.runs.run import Final, Run, Series
from paperback.runs.select import chosen
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
    """The metric's value in the run under the table's protocol; None where the run has none.

    Under the protocol `last` a final value counts before the end of a history. Under any other, the history
    counts, and a final value only where there is none.
    """
    keys = [key.key for key in find_metric(table, metric, split)]
    rule = str(table.protocol)
    single = next((run.finals[key] for key in keys if key in run.finals), None)
    if single is not None and table.protocol.step == "last":
        return replace(single, rule=rule)
    series = next((run.series[key] for key in keys if key in run.series), None)
    if series is None:
        return replace(single, rule=rule) if single is not None else None
    step = step_of(run, table.protocol, table.keys, table.metrics)
    found = chosen(series, table.protocol, step)
    return Final(found[0], series.source, found[1], rule) if found is not None else None


def history(table: RunTable, run: Run, metric: str, split: str | None = None) -> Series | None:
    """The metric's history in the run, one value per step; None where the run has none.

    Where a restarted run logged a step again, the later value counts; `Run.series` keeps them all.
    """
    series = _series(run, find_metric(table, metric, split))
    return None if series is None else current(series)


def _series(run: Run, keys: list[MetricKey]) -> Series | None:
    return next((run.series[key.key] for key in keys if key.key in run.series), None)
