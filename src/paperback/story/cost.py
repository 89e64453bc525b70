"""What the runs cost: parameters, time and hardware, as far as they log it."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from paperback.errors import PaperbackError
from paperback.evidence import Cells, Quantity, pivot
from paperback.evidence.fact import TIMES, fact_of, number_of, run_fact
from paperback.runs import Run, RunTable
from paperback.story.decimals import decimals_for
from paperback.story.results import down_title
from paperback.story.table import Cell, EstimateCell, MissingCell, QuantityCell, Table, TextCell
from paperback.story.view import View

_UNLOGGED = MissingCell("not logged by every run")
_GPU = re.compile(r"gpus?|gpu_name|gpu_type|device_name|accelerator")
_LONGEST_GPU = 40


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of cost: how keys of it are called, its title, and its unit where a log tells none."""

    name: str
    keys: re.Pattern[str]
    title: str
    unit: str = ""


KINDS = (
    Kind(
        "parameters",
        re.compile(r"((n|num|total|trainable|model)_)*(params|parameters|param_count|model_size)"),
        "Parameters",
    ),
    Kind("flops", re.compile(r"((total|train)_)?(flops|flos|macs)"), "Operations"),
    Kind("latency", re.compile(r"(latency|inference_time)(_ms|_s)?"), "Latency"),
    Kind(
        "seconds",
        re.compile(
            r"(train_|training_|total_|wall_|elapsed_|run_)*"
            r"(time|walltime|runtime|wall_clock|seconds|secs|duration)(_s|_sec|_seconds)?"
        ),
        "Time of a run",
        "s",
    ),
    Kind("memory", re.compile(r"((peak|max|gpu)_)*(mem|memory)(_mb|_gb)?"), "Memory"),
)


@dataclass(frozen=True, slots=True)
class Cost:
    """A key under which runs log what they cost.

    Attributes:
        kind: What it is.
        key: Canonical metric name, or key of the runs' facts or settings.
        split: Of a metric.
        is_metric: Whether it is a metric.
        unit: As printed; empty where nothing tells it.
    """

    kind: Kind
    key: str
    split: str
    is_metric: bool
    unit: str


def costs(table: RunTable) -> tuple[Cost, ...]:
    """One key for each kind of cost that every run logs, metrics before facts and settings."""
    found: dict[str, Cost] = {}
    for key in sorted(table.keys.values()):
        kind = _kind(key.name)
        everywhere = kind and all(key.key in run.finals or key.key in run.series for run in table.runs)
        if kind and everywhere and kind.name not in found:
            found[kind.name] = Cost(
                kind, key.name, key.split, True, table.metrics[key.name].unit or kind.unit
            )
    for name in dict.fromkeys(name for run in table.runs[:1] for name in (*run.facts, *run.params)):
        kind = _kind(name)
        everywhere = kind and all(number_of(fact_of(run, name)) is not None for run in table.runs)
        if kind and everywhere and kind.name not in found:
            found[kind.name] = Cost(kind, name, "", False, kind.unit)
    return tuple(found[kind.name] for kind in KINDS if kind.name in found)


def cost_table(view: View) -> Table | None:
    """One row per method: its size, the mean time of a run, all of its runs together, and the hardware.

    None where the runs log no cost.
    """
    known = costs(view.table)
    methods = view.study.methods or ("",)
    columns: list[tuple[str, str, list[Cell]]] = []
    for cost in known:
        if cost.kind.name == "seconds" and not cost.is_metric:
            columns.append(_time(view, cost, methods, "mean", cost.kind.title))
            columns.append(_time(view, cost, methods, "total", "All runs"))
            continue
        cells = cost_cells(view, cost) if cost.is_metric else None
        columns.append((cost.kind.title, cost.unit, [_cell(view, cost, m, cells) for m in methods]))
    gpus = [_hardware(view.table, method) for method in methods]
    if known and any(gpus):
        columns.append(("Hardware", "", [TextCell(gpu) for gpu in gpus]))
    if not known:
        return None
    several = len(view.study.datasets) > 1
    return Table(
        key="cost",
        caption="What a run costs, as the runs log it: means over all runs of a method.",
        stub=down_title("method") if view.study.methods else "",
        columns=tuple(title for title, _, _ in columns),
        units=tuple(unit for _, unit, _ in columns),
        rows=tuple(
            (view.settings.name("method", method), tuple(cells[place] for _, _, cells in columns))
            for place, method in enumerate(methods)
        ),
        spread="none",
        note="Every data set counts once, however many runs it has." if several else "",
        highlight=(),
        why="says what the results cost",
    )


def cost_cells(view: View, cost: Cost) -> Cells | None:
    """The cost of every method in the column "", the data sets' means averaged; None where there is none."""
    over = [role for role in ("seed", "dataset") if role in view.table.roles] or ["seed"]
    try:
        return pivot(view.table, cost.key, split=cost.split, columns="", over=over)
    except PaperbackError:
        return None


def _cell(view: View, cost: Cost, method: str, cells: Cells | None) -> Cell:
    if not cost.is_metric:
        return _known(run_fact(view.table, cost.key, "mean", _of(method)))
    found = None if cells is None else cells.cells.get((method, ""))
    return _UNLOGGED if found is None else EstimateCell(found, _decimals(found.value))


def _time(
    view: View, cost: Cost, methods: Sequence[str], field: str, title: str
) -> tuple[str, str, list[Cell]]:
    """The column of a time, in the largest unit of which the longest entry holds two."""
    seconds = [run_fact(view.table, cost.key, field, _of(method)) for method in methods]
    longest = max((each.value for each in seconds if each is not None), default=0.0)
    unit = next((unit for unit in ("h", "min") if longest >= 2 * TIMES[unit]), "s")
    found = [run_fact(view.table, cost.key, field, _of(method), unit=unit) for method in methods]
    return title, unit, [_known(each) for each in found]


def _of(method: str) -> dict[str, str]:
    return {"method": method} if method else {}


def _known(quantity: Quantity | None) -> Cell:
    return _UNLOGGED if quantity is None else QuantityCell(quantity, _decimals(quantity.value))


def _decimals(value: float) -> int:
    return decimals_for(value, digits=3)


def _kind(name: str) -> Kind | None:
    last = re.split(r"[./]", name)[-1].lower()
    return next((kind for kind in KINDS if kind.keys.fullmatch(last)), None)


def _hardware(table: RunTable, method: str) -> str:
    """The accelerators on which the runs of the method ran, where they name them."""
    runs = [run for run in table.runs if not method or run.identity.get("method") == method]
    named = {name for run in runs if (name := _gpu(run))}
    words = ", ".join(sorted(named))
    return words if len(words) <= _LONGEST_GPU else f"{len(named)} kinds"


def _gpu(run: Run) -> str:
    for key, value in (*run.facts.items(), *run.params.items()):
        last = key.rsplit(".", 1)[-1].lower()
        device = last == "name" and re.search(r"devices?|gpus?", key.lower())
        if isinstance(value, str) and (_GPU.fullmatch(last) or device) and re.search("[A-Za-z]", value):
            return value.strip('[]"')
    return ""
