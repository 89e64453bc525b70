"""lm-evaluation-harness: what a model answered item by item, as `--log_samples` writes it."""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from paperback.finding import Finding
from paperback.runs.lexicon import CLUSTER_KEYS
from paperback.runs.readers.leaves import number_of
from paperback.runs.readers.log import Log, LogFile, Record
from paperback.runs.run import Final, Scalar, Status
from paperback.source import Source

_NAME = re.compile(r"^samples_(?P<task>.+?)(?:_(?P<date>\d{4}-\d\d-\d\dT[^/]*?))?\.jsonl?$")
# Of an item: what it is, what was asked and what was answered; every other number is a metric.
_NO_METRICS = frozenset(
    (
        *("doc_id", "doc", "target", "arguments", "resps", "filtered_resps", "filter", "metrics"),
        *("doc_hash", "prompt_hash", "target_hash", "task_name", "schema_version"),
    )
)
_LONGEST = 200


def task_of(file: LogFile) -> str:
    """The task whose items the file lists, as its name tells."""
    found = _NAME.match(file.path.rpartition("/")[2])
    return found["task"] if found else ""


def results_beside(file: LogFile) -> str:
    """Name of the document of results that was written with these items; empty where there is none."""
    found = _NAME.match(file.path.rpartition("/")[2])
    date = found["date"] if found else None
    names = sorted(path.name for path in file.place.parent.glob("results*.json"))
    named = [name for name in names if date and date in name]
    return named[-1] if named else names[0] if len(names) == 1 else ""


def read_items(file: LogFile, reader: str, settings: Mapping[str, Scalar], beside: tuple[Source, ...]) -> Log:
    """One record per item, with a final value per metric and filter, and what groups the items.

    Args:
        file: The list of items.
        reader: Name of the format.
        settings: Of the evaluation, such as model and shots; empty where no document of results tells them.
        beside: That document.
    """
    folder = file.path.rpartition("/")[0].rpartition("/")[2]
    shared: dict[str, Scalar] = {"model": folder.replace("__", "/"), **settings}
    shared["task"] = task_of(file)
    items: dict[str, dict[str, Final]] = {}
    groups: dict[str, dict[str, Scalar]] = {}
    findings = []
    for number, line in enumerate(file.data.split(b"\n"), start=1):
        if not line.strip():
            continue
        try:
            value = json.loads(line)
        except (ValueError, RecursionError) as error:
            message = f"{file.path}:{number}: not a whole item: {error}"
            place = file.source(line=number)
            findings.append(
                Finding("truncated-log", message, (place,), "Evaluate again, or delete the line.")
            )
            continue
        if not isinstance(value, dict) or "doc_id" not in value:
            continue
        name = str(value["doc_id"])
        items.setdefault(name, {}).update(_finals(file, value))
        groups.setdefault(name, dict(_clusters(value.get("doc"))))
    records = tuple(
        Record(name, {**shared, **groups[name], "item": name}, finals, status=Status.FINISHED)
        for name, finals in items.items()
        if finals
    )
    return Log(file, reader, records, tuple(findings), beside)


def _finals(file: LogFile, value: Mapping[str, Any]) -> Iterator[tuple[str, Final]]:
    told = value.get("filter")
    ending = f",{told}" if isinstance(told, str) and told != "none" else ""
    for key, found in value.items():
        if key in _NO_METRICS:
            continue
        number = float(found) if isinstance(found, bool) else number_of(found)
        if number is not None:
            # The record's name says which item; a mean over thousands of items names the file once.
            yield f"{key}{ending}", Final(number, file.source(key))


def _clusters(doc: object) -> Iterator[tuple[str, Scalar]]:
    """The fields of an item that name what it has in common with others, such as its passage."""
    for key, value in doc.items() if isinstance(doc, dict) else ():
        if str(key).lower() in CLUSTER_KEYS and isinstance(value, str | int) and len(str(value)) < _LONGEST:
            yield f"doc.{key}", value
