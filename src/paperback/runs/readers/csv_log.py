"""CSV and TSV: the history of one run, or a table with one row per run."""

import csv
import json
from typing import Any

from paperback.finding import Finding
from paperback.runs.lexicon import is_metric_name
from paperback.runs.readers.leaves import Leaves, number_in, series_of_rows, step_key
from paperback.runs.readers.log import Log, LogFile, Record
from paperback.runs.readers.recognise import is_role_name, is_run_log
from paperback.runs.readers.rows import records_of_rows

name = "CSV"
alone = True


def accepts(path: str, head: bytes) -> bool:
    """Whether the name ends in .csv or .tsv and the first lines name a metric, a step or a role."""
    if not path.lower().endswith((".csv", ".tsv")):
        return False
    if head.lstrip(b"\xef\xbb\xbf").startswith(b"#{"):
        return True
    first = head.decode("utf-8-sig", errors="replace").split("\n", 1)[0]
    columns = [column.strip().strip('"') for column in first.split(_separator(first))]
    return any(is_metric_name(column) for column in columns) or not head


def read(file: LogFile) -> Log:
    """One record per run; ragged rows are counted in one finding."""
    text = file.data.decode("utf-8-sig", errors="replace")
    if text.startswith("#{"):
        return _read_monitor(file, text)
    header, rows, lines, ragged = _parse(text, 1)
    if not header or not (step_key(header) or any(is_role_name(key) for key in header) or file.declared):
        return Log(file, name)
    records = tuple(record for record in records_of_rows(file, rows, lines) if is_run_log(file, record))
    return Log(file, name, records, _findings(file, ragged) if records else ())


def _read_monitor(file: LogFile, text: str) -> Log:
    """Stable-Baselines3's Monitor: a comment line with JSON, then one row per episode."""
    first, _, rest = text.partition("\n")
    leaves = Leaves(file)
    try:
        leaves.add(json.loads(first[1:]), section="settings")
    except (ValueError, RecursionError) as error:
        finding = Finding("unreadable-log", f"{file.path}:1: not JSON: {error}", (file.source(line=1),))
        return Log(file, name, findings=(finding,))
    _, rows, _, ragged = _parse(rest, 2)
    series = series_of_rows(file, rows, unit="episode")
    return Log(file, name, (Record(params=leaves.params, series=series),), _findings(file, ragged))


def _parse(text: str, line: int) -> tuple[list[str], list[dict[str, Any]], list[int], list[int]]:
    """Header, rows, their line numbers, and the numbers of rows that do not fit the header."""
    first = text.split("\n", 1)[0]
    reader = csv.reader(text.splitlines(), delimiter=_separator(first))
    header: list[str] = []
    rows, lines, ragged = [], [], []
    # An appending logger may write its header again.
    for cells in reader:
        if not header:
            header = [cell.strip() for cell in cells]
        elif cells and [cell.strip() for cell in cells] != header:
            if len(cells) == len(header):
                rows.append(
                    {key: _value(cell) for key, cell in zip(header, cells, strict=True) if cell.strip()}
                )
                lines.append(line + reader.line_num - 1)
            else:
                ragged.append(line + reader.line_num - 1)
    return header, rows, lines, ragged


def _separator(line: str) -> str:
    return max("\t;,", key=line.count) if any(sign in line for sign in "\t;,") else ","


def _value(cell: str) -> Any:
    word = cell.strip()
    number = number_in(word)
    if number is None:
        return {"true": True, "false": False}.get(word.lower(), word)
    return int(word) if word.lstrip("+-").isdigit() and len(word) < 16 else number


def _findings(file: LogFile, ragged: list[int]) -> tuple[Finding, ...]:
    if not ragged:
        return ()
    count = f"{len(ragged)} rows do not" if len(ragged) > 1 else "the row does not"
    message = f"{file.path}:{ragged[0]}: {count} fit the header, left out"
    return (Finding("unreadable-log", message, (file.source(line=ragged[0]),), "Mend or delete the row."),)
