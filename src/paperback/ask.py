"""One number or one table of a repository, asked by its address."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

from paperback.evidence import Estimate, estimate, pivot, state_study
from paperback.paper.printing import print_value
from paperback.render.listing import Listing, SpreadName
from paperback.runs import RunTable, find_metric, open_runs
from paperback.runs.run import text
from paperback.settings import Settings
from paperback.story.decimals import table_decimals

Progress = Callable[[str, int, int], None]
Reducer = Literal["mean", "median"]


def ask_value(
    root: Path,
    metric: str,
    *,
    where: Mapping[str, str],
    over: Sequence[str] | None = None,
    reduce: Reducer = "mean",
    split: str | None = None,
    progress: Progress | None = None,
) -> dict[str, Any]:
    """One estimate as JSON values: its address, `value`, `std`, `n`, interval, `unit`, `runs`, `sources`.

    Args:
        root: The repository.
        metric: Canonical name, logged key, or a rule as in `[runs.metrics]`: `mean r over steps`.
        where: Role or configuration key to the value that a run must have.
        over: Roles that are averaged away, in this order.
        reduce: The statistic at every step.
        split: None takes the study's split where the metric is logged on it, else the one it is logged on.
        progress: Told of long work.

    Raises:
        ReadError: No run was found.
        SettingsError: No such metric.
        EvidenceError: No run matches, or they also vary in another role.
    """
    table, settings = open_runs(root, progress=progress, asked=metric)
    chosen = _split(table, settings, metric, split)
    found = estimate(table, metric, split=chosen, where=_canonical(where), over=over, reduce=reduce)
    return {
        "metric": found.address.metric,
        "split": found.address.split,
        "where": dict(found.address.where),
        "over": list(found.address.over),
        "reduce": found.address.reduce,
        "value": found.value,
        "std": found.std,
        "n": found.n,
        "expected": found.address.expected,
        "low": found.low,
        "high": found.high,
        "interval": found.interval,
        "unit": found.unit,
        "direction": found.direction,
        "runs": list(found.address.runs),
        "sources": [str(source) for source in found.sources],
        "excluded": [{"run": run, "reason": reason} for run, reason in found.excluded],
        "printed": _printed(table, found),
    }


def ask_table(
    root: Path,
    metric: str,
    *,
    rows: str = "method",
    columns: str = "dataset",
    where: Mapping[str, str],
    split: str | None = None,
    over: Sequence[str] | None = None,
    reduce: Reducer = "mean",
    spread: SpreadName = "std",
    ddof: int = 1,
    progress: Progress | None = None,
) -> Listing:
    """An estimate for every value of `rows` and `columns`; see `ask_value` for the rest."""
    table, settings = open_runs(root, progress=progress, asked=metric)
    chosen = _split(table, settings, metric, split)
    cells = pivot(
        table,
        metric,
        split=chosen,
        rows=rows,
        columns=columns,
        where=_canonical(where),
        over=over,
        reduce=reduce,
    )
    return Listing(cells, table.metrics[cells.metric], settings, rows, columns, spread, ddof)


def show_value(found: Mapping[str, Any]) -> str:
    """The answer of `ask_value` for a terminal."""
    excluded = [f"  left out: {item['run']} ({item['reason']})" for item in found["excluded"]]
    lines = [
        f"{found['printed']}",
        f"  value {found['value']!r}  unit {found['unit'] or 'none'}  ({found['direction']} is better)",
        f"  std {found['std']!r} (ddof 1)  n {found['n']}"
        + (f" of {found['expected']} expected" if found["expected"] not in (None, found["n"]) else ""),
        f"  95 % interval {_ends(found)}  ({found['interval']})",
        *excluded,
        *(f"  {source}" for source in found["sources"]),
    ]
    return "\n".join(lines)


def _ends(found: Mapping[str, Any]) -> str:
    return "none" if found["low"] is None else f"[{found['low']!r}, {found['high']!r}]"


def _split(table: RunTable, settings: Settings, metric: str, split: str | None) -> str:
    """The split that was named, else the study's, else the first of test, validation, none and training."""
    keys = find_metric(table, metric, split)
    splits = {key.split for key in keys}
    order = (settings.split or state_study(table, settings).split, "test", "val", "", "train")
    return next(name for name in order if name in splits)


def _canonical(where: Mapping[str, str]) -> dict[str, str]:
    """Values as runs spell them: `1e-1` is 0.1, `True` is true."""
    return {key: text(value) for key, value in where.items()}


def _printed(table: RunTable, found: Estimate) -> str:
    metric = table.metrics[found.address.metric]
    decimals = table_decimals(metric, [found])
    value = print_value(found.value, decimals, percent=metric.percent)
    unit = " %" if metric.percent else f" {found.unit}" if found.unit not in ("", "fraction") else ""
    around = "" if found.std is None else f" ± {print_value(found.std, decimals, percent=metric.percent)}"
    return f"{value}{around}{unit}  ({found.address}, n = {found.n})"
