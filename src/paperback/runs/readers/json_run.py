"""JSON: one document per run, or a list with one record per run."""

import json
import re
from typing import Any

from paperback.finding import Finding
from paperback.runs.lexicon import ITEM_NAMES, NOT_A_LOG, mentions_metric
from paperback.runs.readers.leaves import Leaves, flatten, series_of_rows
from paperback.runs.readers.log import Log, LogFile, Record
from paperback.runs.readers.recognise import has_log_name, in_log_folder, is_role_name, is_run_log
from paperback.runs.readers.rows import is_setting_column
from paperback.runs.run import text as text_of

name = "JSON"
alone = True
_ITEM_KEYS = (
    "idx",
    "index",
    "id",
    "item",
    "item_id",
    "question_id",
    "problem_id",
    "task_id",
    "sample_id",
    "doc_id",
)
_CURVE = re.compile(rb'"(?:xs|x)"\s*:\s*\[')
_HEAD = re.compile(rb"^(?:\xef\xbb\xbf)?\s*[\[{]")


def accepts(path: str, head: bytes) -> bool:
    """Whether the file's name ends in .json and its first sign opens an object or a list."""
    return path.lower().endswith(".json") and (not head or _HEAD.match(head) is not None)


def read(file: LogFile) -> Log:
    """One record for an object, one per element for a list of runs, none for other data."""
    tells = mentions_metric(file.data) or _CURVE.search(file.data)
    if not file.declared and (NOT_A_LOG.search(file.path.rsplit("/", 1)[-1]) or not tells):
        return Log(file, name)
    try:
        twice: list[str] = []
        value = json.loads(
            file.data.decode("utf-8-sig"), object_pairs_hook=lambda pairs: _object(pairs, twice)
        )
    except (ValueError, RecursionError) as error:
        return Log(file, name, findings=_broken(file, error))
    if isinstance(value, list):
        return Log(file, name, tuple(_records(file, value)))
    if not isinstance(value, dict):
        return Log(file, name)
    leaves = Leaves(file)
    leaves.add(value)
    record = leaves.record()
    return Log(file, name, (record,), _doubled(file, twice)) if is_run_log(file, record) else Log(file, name)


def _object(pairs: list[tuple[str, Any]], twice: list[str]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        twice += sorted({key for key, _ in pairs if sum(key == other for other, _ in pairs) > 1})
    return found


def _doubled(file: LogFile, twice: list[str]) -> tuple[Finding, ...]:
    if not twice:
        return ()
    names = ", ".join(map(repr, twice[:5]))
    message = f"{file.path}: {names} stands twice in one object; the last one counts"
    return (Finding("unreadable-log", message, (file.source(twice[0]),), "Write each key once."),)


def _records(file: LogFile, items: list[Any]) -> list[Record]:
    """One record per element that names its settings; the history of one run where the elements are steps."""
    if items and all(isinstance(item, list) for item in items):
        return _histories(file, items)
    if not items or not all(isinstance(item, dict) for item in items):
        return []
    if not any(is_role_name(key) for key in items[0]) and not _are_configured(file, items[0]):
        key = _item_key(items)
        if key and (file.declared or key in ITEM_NAMES):
            made = [_item(file, item, text_of(item[key]), key) for item in items]
            return made if any(is_run_log(file, record) for record in made) else []
        record = Record(series=series_of_rows(file, items))
        stepped = any(series.axis != "row" for series in record.series.values())
        return [record] if stepped and is_run_log(file, record) else []
    records = []
    for place, item in enumerate(items):
        leaves = Leaves(file)
        leaves.add(item)
        records.append(leaves.record(str(place)))
    return records if any(is_run_log(file, record) for record in records) else []


def _are_configured(file: LogFile, item: dict[str, Any]) -> bool:
    """Whether each element of what stands where logs stand has a section of settings."""
    placed = file.declared or in_log_folder(file.path) or has_log_name(file.path)
    return placed and any(is_setting_column(key) for key in flatten(item))


def _histories(file: LogFile, items: list[Any]) -> list[Record]:
    """One record per element, where each is the history of one problem, game or episode."""
    if not all(item and all(isinstance(row, dict) for row in item) for item in items):
        return []
    records = [
        Record(str(place), {"item": place}, series=series_of_rows(file, rows))
        for place, rows in enumerate(items)
    ]
    return records if any(is_run_log(file, record) for record in records) else []


def _item_key(items: list[dict[str, Any]]) -> str | None:
    """The key that numbers or names the elements: problems, questions, samples."""
    for key in _ITEM_KEYS:
        values = [item.get(key) for item in items]
        if all(isinstance(value, (str, int)) for value in values) and len(set(values)) == len(values):
            return key
    return None


def _item(file: LogFile, item: dict[str, Any], value: str, key: str) -> Record:
    """One problem: its numbers are measured, and a list of numbers or of results is one value per attempt."""
    leaves = Leaves(file)
    for name, part in item.items():
        if name == key:
            continue
        listed = (
            isinstance(part, list) and part and all(isinstance(each, (bool, int, float)) for each in part)
        )
        leaves.add([float(each) for each in part] if listed else part, name, "metrics" if listed else "")
    leaves.params["item"] = value
    return leaves.record(value)


def _broken(file: LogFile, error: Exception) -> tuple[Finding, ...]:
    """Other programs' JSON with comments is none of our business; a log that cannot be read is."""
    if not (file.declared or has_log_name(file.path) or in_log_folder(file.path)):
        return ()
    line = getattr(error, "lineno", None)
    message = f"{file.path}: not JSON: {error}"
    at_end = getattr(error, "pos", 0) >= len(file.data.rstrip()) - 1 or "Unterminated" in str(error)
    kind = "truncated-log" if at_end else "unreadable-log"
    return (Finding(kind, message, (file.source(line=line),), "Run it again, or delete the file."),)
