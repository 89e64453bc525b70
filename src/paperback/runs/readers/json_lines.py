"""JSON Lines: one object per line, each a step of a run or a run of its own."""

import json
import math
import re
from dataclasses import replace
from typing import Any

import numpy as np

from paperback.finding import Finding
from paperback.runs.lexicon import mentions_metric
from paperback.runs.readers.leaves import flatten, number_of, step_key
from paperback.runs.readers.log import Log, LogFile
from paperback.runs.readers.long_form import may_be_long
from paperback.runs.readers.recognise import is_run_log
from paperback.runs.readers.rows import records_of_rows
from paperback.runs.run import Series

name = "JSON Lines"
alone = True
_SUFFIXES = (".jsonl", ".ndjson", ".jl")
# Many programs write JSON Lines into files of another name; then the first line must be a whole object.
_OTHER = (".json", ".log", ".txt")
_OBJECT = re.compile(rb"\{\s*[\"']")


def accepts(path: str, head: bytes) -> bool:
    """Whether the name ends in .jsonl, or the first line is an object and another follows."""
    lower = path.lower()
    if lower.endswith(_SUFFIXES):
        return True
    lines = head.split(b"\n", 2)
    first = lines[0].strip()
    if not lower.endswith(_OTHER) or len(lines) < 2 or not (_OBJECT.match(first) and first[-1:] == b"}"):
        return False
    return lines[1].lstrip()[:1] == b"{" or not lower.endswith(".json")


def read(file: LogFile) -> Log:
    """One record per run; lines that are no object are counted in one finding."""
    if not (file.declared or mentions_metric(file.data[:65536])):
        return Log(file, name)
    rows, lines, bad, total = _parse(file.data)
    records = tuple(record for record in records_of_rows(file, rows, lines) if is_run_log(file, record))
    return Log(file, name, records, _findings(file, bad, total) if records else ())


def grow(file: LogFile, log: Log, size: int) -> Log | None:
    """The log of a file whose first `size` bytes gave `log`; None where new lines may change old ones.

    They do not where both are the history of one run, with the same settings and the same key counting steps.
    """
    rows, lines, bad, _ = _parse(file.data[size:])
    if bad or not rows or file.data[size - 1 : size] != b"\n" or len(log.records) != 1:
        return None
    (old,) = log.records
    # What a column of words tells shows only when all rows are seen.
    if may_be_long(_flat_keys(rows)):
        return None
    if old.params and any(isinstance(value, str) for row in rows for value in flatten(row).values()):
        return None
    found = records_of_rows(file, rows, lines)
    if len(found) != 1 or old.finals or found[0].finals or dict(old.params) != dict(found[0].params):
        return None
    (new,) = found
    axes = {series.axis for record in (old, new) for series in record.series.values()}
    if len(axes) != 1 or "row" in axes or not (old.series and new.series):
        return None
    # Another key may count steps once both are read together; a row without a step is counted by its place.
    axis = step_key(_flat_keys(rows))
    if axis is None or step_key([*_flat_keys(rows), *old.series]) != axis:
        return None
    counted = [number_of(row.get(axis)) for row in rows]
    if not all(number is not None and math.isfinite(number) for number in counted):
        return None
    keys = dict.fromkeys((*old.series, *new.series))
    series = {key: _joined(file, old.series.get(key), new.series.get(key)) for key in keys}
    return Log(file, name, (replace(old, series=series),))


def _flat_keys(rows: list[dict[str, Any]]) -> list[str]:
    return list(dict.fromkeys(key for row in rows for key in flatten(row)))


def _joined(file: LogFile, old: Series | None, new: Series | None) -> Series:
    parts = [part for part in (old, new) if part is not None]
    return Series(
        np.concatenate([part.steps for part in parts]),
        np.concatenate([part.values for part in parts]),
        parts[0].axis,
        file.source(parts[0].source.key),
    )


def _parse(data: bytes) -> tuple[list[dict[str, Any]], list[int], list[tuple[int, str]], int]:
    """The objects, their line numbers, the lines that are none with the reason, and the count of lines."""
    rows: list[dict[str, Any]] = []
    lines: list[int] = []
    bad: list[tuple[int, str]] = []
    whole = data.decode("utf-8-sig", errors="replace").split("\n")
    for number, line in enumerate(whole, start=1):
        if not line.strip():
            continue
        try:
            # A list whose brackets were cut off has a comma behind each line.
            value = json.loads(line.rstrip().removesuffix(","))
        except (ValueError, RecursionError) as error:
            bad.append((number, str(error)))
            continue
        if isinstance(value, dict):
            rows.append(value)
            lines.append(number)
    return rows, lines, bad, len(whole)


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
