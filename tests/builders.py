"""What several tests are built from: run tables of a few rows, and sentences as a reader sees them."""

from collections.abc import Iterable

from paperback.paper.document import Inline, Number, Ref, Text
from paperback.paper.ledger import NUMERAL
from paperback.paper.printing import print_number
from paperback.runs import Final, Metric, MetricKey, Role, Run, RunTable, Status
from paperback.source import Source

Row = tuple[str, str, int | None, float | None] | Run


def table_of(rows: Iterable[Row], *, direction: str = "higher", metric: str = "accuracy") -> RunTable:
    """A run table of (method, data set, seed, value) rows, or of runs."""
    runs = [row if isinstance(row, Run) else run_of(*row, metric=metric) for row in rows]
    roles = {
        name: Role(name, f"config.{name}", tuple(sorted(values, key=lambda v: (len(v), v))), "declared", 1.0)
        for name in ("method", "dataset", "seed", "fold")
        if (values := {run.identity[name] for run in runs if name in run.identity})
    }
    key = f"test/{metric}"
    return RunTable(
        runs=tuple(runs),
        roles=roles,
        metrics={metric: Metric(metric, metric, "fraction", direction, False, None, "declared")},
        keys={key: MetricKey(key, metric, "test")},
        findings=(),
        files={},
    )


def run_of(
    method: str, dataset: str, seed: int | None, value: float | None, *, metric: str = "accuracy", **more
) -> Run:
    """One run, named by its roles."""
    name = f"{method}/{dataset}/{seed}{more.pop('suffix', '')}"
    source = Source(f"{name}.json", key=f"test/{metric}")
    identity = {"method": method, "dataset": dataset} | ({} if seed is None else {"seed": str(seed)})
    identity |= more.pop("roles", {})
    finals = {} if value is None else {f"test/{metric}": Final(value, source)}
    return Run(
        name,
        finals=finals,
        identity={key: text for key, text in identity.items() if text},
        sources=(source,),
        **({"status": Status.FINISHED, "params": {"lr": 0.1}} | more),
    )


def said(parts: tuple[Inline, ...]) -> str:
    """The parts as a reader sees them, each number as #."""
    words = ""
    for part in parts:
        match part:
            case Text(text):
                assert not NUMERAL.findall(text), text
                words += text
            case Number():
                assert print_number(part)
                words += "#"
            case Ref(key):
                words += f"<{key}>"
            case _:
                words += "?"
    return words
