"""What was found in a repository, for a person or a program: formats, roles, metrics, protocol, findings."""

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from paperback.runs.lexicon import is_counter
from paperback.runs.table import RunTable

_SHOWN = 8
_METRICS = 24
_OF_A_KIND = 3


def describe_runs(table: RunTable) -> dict[str, Any]:
    """The table's outline as JSON values.

    `runs`, `files`, `formats` (files by format), `status` (runs by end), `roles` (key, values, how,
    confidence), `metrics` (splits, unit, direction, how, runs that log it), `protocol`, `test_selected`,
    `apart` (runs that enter no statistic, by reason), `commits`, `findings`.
    """
    return {
        "runs": len(table.runs),
        "files": len(table.files),
        "formats": dict(table.formats),
        "status": dict(sorted(Counter(run.status.value for run in table.runs).items())),
        "roles": {
            role.name: {
                "key": role.key,
                "values": list(role.values),
                "how": role.how,
                "confidence": role.confidence,
            }
            for role in table.roles.values()
        },
        "metrics": _metrics(table),
        "protocol": str(table.protocol),
        "test_selected": table.protocol.is_test_selected,
        "apart": {why: len(runs) for why, runs in table.apart.items()},
        "commits": sorted({run.commit for run in table.runs if run.commit}),
        "findings": [
            {
                "kind": finding.kind,
                "message": finding.message,
                "mend": finding.mend,
                "sources": [str(source) for source in finding.sources],
                **({"cases": list(finding.cases)} if finding.cases else {}),
            }
            for finding in table.findings
        ],
    }


def _metrics(table: RunTable) -> dict[str, Any]:
    splits: dict[str, set[str]] = {}
    runs: Counter[str] = Counter()
    for run in table.runs:
        found = [table.keys[key] for key in (*run.finals, *run.series)]
        runs.update({key.name for key in found})
        for key in found:
            splits.setdefault(key.name, set()).add(key.split)
    return {
        name: {
            "splits": sorted(splits.get(name, ())),
            "unit": metric.unit,
            "direction": metric.direction,
            "how": metric.how,
            "runs": runs[name],
        }
        for name, metric in table.metrics.items()
    }


def show_runs(found: Mapping[str, Any]) -> str:
    """The outline of `describe_runs` for a terminal."""
    return "\n".join(_lines(found))


def _lines(found: Mapping[str, Any]) -> Iterator[str]:
    yield f"{_many(found['runs'], 'run')} in {_many(found['files'], 'file')}"
    for name, count in found["formats"].items():
        yield f"  {name}: {_many(count, 'file')}"
    ends = ", ".join(f"{count} {status}" for status, count in found["status"].items())
    yield f"  ended: {ends}"
    for why, count in found["apart"].items():
        yield f"  apart: {_many(count, 'run')} ({why})"
    yield "roles"
    for name, role in found["roles"].items():
        values = _some(role["values"])
        yield f"  {name}: {role['key']} = {values}"
        yield f"    {role['how']}, {role['confidence']:.0%} sure"
    if not found["roles"]:
        yield "  none is known"
    yield "metrics"
    # What most runs log is what the study is about.
    by_runs = sorted(found["metrics"].items(), key=lambda item: -item[1]["runs"])
    counters = [name for name, metric in by_runs if metric["direction"] == "unknown" and is_counter(name)]
    by_runs = [item for item in by_runs if item[0] not in counters]
    for name, metric in by_runs[:_METRICS]:
        splits = "/".join(split or "no split" for split in metric["splits"])
        unit = f", {metric['unit']}" if metric["unit"] else ""
        sense = metric["direction"] + (" is better" if metric["direction"] != "unknown" else " direction")
        yield f"  {name}: {splits}{unit}, {sense} ({metric['how']}), {_many(metric['runs'], 'run')}"
    if len(by_runs) > _METRICS:
        yield f"  and {len(by_runs) - _METRICS} more; --json shows all"
    if counters:
        yield f"  counters and clocks, which measure nothing: {_some(counters)}"
    yield f"protocol: {found['protocol']}"
    yield from _findings(found["findings"])


def _findings(findings: list[Mapping[str, Any]]) -> Iterator[str]:
    yield f"findings: {len(findings)}"
    kinds = Counter(finding["kind"] for finding in findings)
    told: Counter[str] = Counter()
    for finding in findings:
        kind = finding["kind"]
        told[kind] += 1
        if told[kind] <= _OF_A_KIND:
            yield f"  {kind}: {finding['message']}"
            if finding["mend"]:
                yield f"    {finding['mend']}"
        if told[kind] == kinds[kind] > _OF_A_KIND:
            yield f"  {kind}: {kinds[kind] - _OF_A_KIND} more; --json shows all"


def _some(values: list[str]) -> str:
    rest = len(values) - _SHOWN
    return ", ".join(values[:_SHOWN]) + (f" and {rest} more" if rest > 0 else "")


def _many(count: int, word: str) -> str:
    return f"{count} {word}{'' if count == 1 else 's'}"
