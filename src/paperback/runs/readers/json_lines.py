"""JSON Lines: one object per line, each a step of a run or a run of its own."""

import json
from typing import Any

from paperback.finding import Finding
from paperback.runs.lexicon import mentions_metric
from paperback.runs.readers.log import Log, LogFile
from paperback.runs.readers.recognise import is_run_log
from paperback.runs.readers.rows import records_of_rows

name = "JSON Lines"
alone = True
_SUFFIXES = (".jsonl", ".ndjson", ".jl")
# Many programs write JSON Lines into files of another name; then the first line must be a whole object.
_OTHER = (".json", ".log", ".txt")


def accepts(path: str, head: bytes) -> bool:
    """Whether the name ends in .jsonl, or the first line is an object and another follows."""
    lower = path.lower()
    if lower.endswith(_SUFFIXES):
        return True
    lines = head.split(b"\n", 2)
    first = lines[0].strip()
    if (
        not lower.endswith(_OTHER)
        or len(lines) < 2
        or not (first[:2] in (b'{"', b"{'") and first[-1:] == b"}")
    ):
        return False
    return lines[1].lstrip()[:1] == b"{" or not lower.endswith(".json")


def read(file: LogFile) -> Log:
    """One record per run; lines that are no object are counted in one finding."""
    if not (file.declared or mentions_metric(file.data[:65536])):
        return Log(file, name)
    rows: list[dict[str, Any]] = []
    lines: list[int] = []
    bad: list[tuple[int, str]] = []
    whole = file.data.decode("utf-8-sig", errors="replace").split("\n")
    for number, line in enumerate(whole, start=1):
        if not line.strip():
            continue
        try:
            value = json.loads(line)
        except (ValueError, RecursionError) as error:
            bad.append((number, str(error)))
            continue
        if isinstance(value, dict):
            rows.append(value)
            lines.append(number)
    records = tuple(record for record in records_of_rows(file, rows, lines) if is_run_log(file, record))
    return Log(file, name, records, _findings(file, bad, len(whole)) if records else ())


def _findings(file: LogFile, bad: list[tuple[int, str]], total: int) -> tuple[Finding, ...]:
    if not bad:
        return ()
    number, error = bad[0]
    if len(bad) == 1 and number == total:
        message = f"{file.path}:{number}: the last line is incomplete ({error}); it is left out"
        return (
            Finding(
                "truncated-log", message, (file.source(line=number),), "Run it again, or delete the line."
            ),
        )
    message = f"{file.path}:{number}: not JSON: {error}" + (
        f" ({len(bad)} such lines)" if len(bad) > 1 else ""
    )
    return (Finding("unreadable-log", message, (file.source(line=number),), "Mend or delete the line."),)
