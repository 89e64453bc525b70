"""Predictions of a model, item by item: CSV, TSV or JSON Lines with a column of labels and one of answers."""

import csv
import json
from collections.abc import Iterable, Mapping, Sequence

from paperback.finding import Finding
from paperback.runs.lexicon import CLUSTER_KEYS, ITEM_KEYS
from paperback.runs.readers.leaves import number_in
from paperback.runs.readers.log import Log, LogFile, Record
from paperback.runs.run import Final, Scalar, Status
from paperback.settings import Direction

name = "predictions"
alone = True
LABELS = ("label", "target", "y_true", "true", "gold", "ground_truth", "reference", "labels", "targets")
ANSWERS = ("prediction", "pred", "y_pred", "predicted", "predictions", "preds", "predicted_label")
CONFIDENCES = ("confidence", "conf", "prob", "probability", "max_prob", "y_prob")
# Of more classes nobody draws a table.
_MOST_CLASSES = 50
# Beyond this a file is summed up: a record for each item of a large test set would not fit.
MOST_ITEMS = 20_000
_LONGEST = 200


def accepts(path: str, head: bytes) -> bool:
    """Whether the first line names a label and an answer."""
    lower = path.lower()
    first = head.decode("utf-8-sig", errors="replace").split("\n", 1)[0]
    if lower.endswith((".csv", ".tsv")):
        return _columns(_cells(first)) is not None
    if not lower.endswith((".jsonl", ".ndjson")):
        return False
    keys = [part.strip().strip('{"') for part in first.replace(",", ":").split(":")]
    return _columns(keys) is not None


def read(file: LogFile) -> Log:
    """One record per item: `accuracy` of labels that are names, else `absolute_error` and `squared_error`.

    An item is named by a column such as `id` or `idx`, else by its row. A file of more than 20,000 items is
    one record with the means, which is told.
    """
    rows, cut = _rows(file)
    columns = _columns(rows[0]) if rows else None
    if columns is None:
        return Log(file, name)
    label, answer = columns
    scores = _scores(file, [(str(row[label]), str(row[answer])) for row in rows])
    findings = (_cut(file, cut),) if cut else ()
    key = next((k for k in (*ITEM_KEYS, "id", "index", "") if k in map(str.lower, rows[0])), "")
    if len(rows) > MOST_ITEMS:
        message = f"{file.path}: {len(rows)} items are summed up in one record"
        told = Finding("many-items", message, (file.source(),), "Split the file to weigh item by item.")
        return Log(file, name, (_summed(file, scores),), (*findings, told))
    named = [_named(row, key, place) for place, row in enumerate(rows)]
    records = tuple(
        Record(
            item,
            {"item": item, **_clusters(row), **answers},
            {**finals, **_confidence(file, row)},
            {},
            Status.FINISHED,
            directions=_DIRECTIONS,
        )
        for item, row, finals, answers in zip(named, rows, scores, _answers(rows, label, answer), strict=True)
    )
    return Log(file, name, records, findings)


_DIRECTIONS: Mapping[str, Direction] = {
    "accuracy": "higher",
    "absolute_error": "lower",
    "squared_error": "lower",
}


def _cells(line: str) -> list[str]:
    return next(csv.reader([line], delimiter="\t" if "\t" in line else ","), [])


def _columns(keys: Iterable[str]) -> tuple[str, str] | None:
    """The columns of labels and of answers, as they are spelled; None where there are not both."""
    known = {key.strip().lower(): key for key in keys}
    label = next((known[each] for each in LABELS if each in known), None)
    answer = next((known[each] for each in ANSWERS if each in known), None)
    return None if label is None or answer is None else (label, answer)


def _rows(file: LogFile) -> tuple[list[dict[str, Scalar]], list[int]]:
    """The rows by column, and the numbers of the lines that hold no whole row."""
    text = file.data.decode("utf-8-sig", errors="replace")
    if file.path.lower().endswith((".jsonl", ".ndjson")):
        return _json_rows(text)
    lines = csv.reader(text.splitlines(), delimiter="\t" if "\t" in text.partition("\n")[0] else ",")
    header: list[str] = []
    rows: list[dict[str, Scalar]] = []
    cut = []
    for cells in lines:
        if not header:
            header = [cell.strip() for cell in cells]
        elif len(cells) == len(header):
            rows.append(dict(zip(header, cells, strict=True)))
        elif cells:
            cut.append(lines.line_num)
    return rows, cut


def _json_rows(text: str) -> tuple[list[dict[str, Scalar]], list[int]]:
    rows: list[dict[str, Scalar]] = []
    cut = []
    for number, line in enumerate(text.split("\n"), start=1):
        if not line.strip():
            continue
        try:
            value = json.loads(line)
        except (ValueError, RecursionError):
            cut.append(number)
            continue
        columns = _columns(value) if isinstance(value, dict) else None
        if columns is None or (rows and not set(columns) <= rows[0].keys()):
            cut.append(number)
        else:
            rows.append(value)
    return rows, cut


def _scores(file: LogFile, pairs: Sequence[tuple[str, str]]) -> list[dict[str, Final]]:
    """Right or wrong where every label is a name or a whole number, else how far the answer is off."""
    source = file.source
    if all(_is_name(label) for label, _ in pairs):
        return [
            {"accuracy": Final(float(label.strip() == answer.strip()), source("accuracy"))}
            for label, answer in pairs
        ]
    found = []
    for label, answer in pairs:
        a, b = number_in(label), number_in(answer)
        gap = abs(a - b) if a is not None and b is not None else float("nan")
        found.append(
            {
                "absolute_error": Final(gap, source("absolute_error")),
                "squared_error": Final(gap * gap, source("squared_error")),
            }
        )
    return found


def _is_name(label: str) -> bool:
    number = number_in(label)
    return number is None or ("." not in label and "e" not in label.lower() and number == int(number))


def _summed(file: LogFile, scores: Sequence[Mapping[str, Final]]) -> Record:
    finals = {
        key: Final(sum(score[key].value for score in scores) / len(scores), file.source(key))
        for key in scores[0]
    }
    return Record("", {}, finals, {}, Status.FINISHED, directions=_DIRECTIONS)


def _named(row: Mapping[str, Scalar], key: str, place: int) -> str:
    return next((str(value) for column, value in row.items() if key and column.lower() == key), str(place))


def _clusters(row: Mapping[str, Scalar]) -> dict[str, Scalar]:
    return {
        column: value
        for column, value in row.items()
        if column.lower() in CLUSTER_KEYS and len(str(value)) < _LONGEST
    }


def _answers(rows: Sequence[Mapping[str, Scalar]], label: str, answer: str) -> list[dict[str, Scalar]]:
    """Label and prediction of each item, where the labels are a few classes."""
    classes = {str(row[label]).strip() for row in rows}
    if len(classes) > _MOST_CLASSES or not all(map(_is_name, classes)):
        return [{} for _ in rows]
    return [{"label": str(row[label]).strip(), "prediction": str(row[answer]).strip()} for row in rows]


def _confidence(file: LogFile, row: Mapping[str, Scalar]) -> dict[str, Final]:
    """How sure the model was of its answer; empty where no column says so."""
    for key, value in row.items():
        if key.lower() in CONFIDENCES and (number := number_in(str(value))) is not None:
            return {"confidence": Final(number, file.source("confidence"))}
    return {}


def _cut(file: LogFile, lines: Sequence[int]) -> Finding:
    place = file.source(line=lines[0])
    message = f"{file.path}:{lines[0]}: no whole row; {len(lines)} of them are left out"
    return Finding("truncated-log", message, (place,), "Write the file again, or delete the line.")
