"""Rows of a table or of JSON Lines, gathered into runs."""

import re
from collections.abc import Hashable, Iterable, Mapping, Sequence
from typing import Any

from paperback.runs.lexicon import ITEM_NAMES, SETTINGS_SECTIONS, is_metric_name, is_setting_name
from paperback.runs.readers.leaves import SPLIT_KEYS, Leaves, flatten, number_in, series_of_rows, step_key
from paperback.runs.readers.log import LogFile, Record
from paperback.runs.readers.long_form import widened
from paperback.runs.readers.recognise import is_role_name
from paperback.runs.run import text

# What is said of a row beside what was run.
_SAID = frozenset(
    ("status", "state", "event", "type", "kind", "note", "notes", "info", "message", "comment", "host")
)
_MOMENT = re.compile(r"\s*\d{1,4}[-/:.T]\d")


def records_of_rows(file: LogFile, rows: Sequence[Mapping[str, Any]], lines: Sequence[int]) -> list[Record]:
    """The runs that the rows tell of.

    Rows with different settings or roles belong to different runs, and so do results of items. The rows
    of one run are its history where they count steps or are many, else its final metrics.

    Args:
        file: Where the rows stand.
        rows: In the order they were logged.
        lines: Line or row number of each, the address of a run that begins there.
    """
    flat, lines = widened([flatten(row) for row in rows], lines)
    keys = dict.fromkeys(key for row in flat for key in row)
    setting = [key for key in keys if is_setting_column(key)]
    axis = step_key(keys)
    setting = [*dict.fromkeys((*setting, *(telling_columns(flat, keys, setting, axis) if setting else ())))]
    if axis is None and (item := item_column(flat, keys, setting)):
        setting = [*dict.fromkeys((*setting, item))]
    groups: dict[tuple[str, ...], list[int]] = {}
    for place, row in enumerate(flat):
        groups.setdefault(tuple(_text(row.get(key)) for key in setting), []).append(place)
    single = len(groups) == 1
    records = []
    for places in groups.values():
        name = "" if single else str(lines[places[0]])
        records.append(_record(file, [flat[i] for i in places], setting, name=name, stepped=axis is not None))
    return records


def telling_columns(
    rows: Sequence[Mapping[str, Any]], keys: Iterable[str], setting: Sequence[str], axis: str | None
) -> list[str]:
    """Columns of words or of named settings without which rows of several runs would seem to be of one.

    They are looked for where other columns play a role. Rows seem to be of one run where they have the same
    settings and log the same metric, at the same step if any column counts steps. Numbers of named settings,
    such as `lr`, may also change in the course of a run: they tell runs apart only where nothing is counted
    and no two rows are left alike.

    Args:
        rows: With dotted keys.
        keys: All of their keys.
        setting: Those that are known to tell settings.
        axis: The one that counts steps.
    """
    found: list[str] = []
    # Rows of one number seem to be of one run.
    alike = _numbered(
        (*(_text(row.get(key)) for key in setting), _text(row.get(axis or "")), *sorted(row)) for row in rows
    )
    if len(set(alike)) == len(rows):
        return []
    open_keys = [key for key in keys if key not in setting and key != axis]
    for key in open_keys:
        cells = [row.get(key) for row in rows]
        if _is_name(cells, key) and len(set(apart := _parted(alike, cells))) > len(set(alike)):
            found.append(key)
            alike = apart
    if axis is None:
        named = [key for key in open_keys if is_setting_name(key) and not is_metric_name(key)]
        named = [key for key in named if _comes_back([row.get(key) for row in rows])]
        for key in named:
            alike = _parted(alike, [row.get(key) for row in rows])
        found += named if len(set(alike)) == len(rows) else []
    return found


def _numbered(values: Iterable[Hashable]) -> list[int]:
    """The same number for the same value."""
    known: dict[Hashable, int] = {}
    return [known.setdefault(value, len(known)) for value in values]


def _parted(alike: Sequence[int], cells: Sequence[Any]) -> list[int]:
    return _numbered(zip(alike, map(_text, cells), strict=True))


def _is_name(cells: Sequence[Any], key: str) -> bool:
    """Whether a column names things in words, each of them in several rows."""
    known = [cell for cell in cells if cell is not None]
    words = all(
        isinstance(cell, str) and number_in(cell) is None and not _MOMENT.match(cell) for cell in known
    )
    last = key.rsplit(".", 1)[-1].lower()
    return words and last not in (*SPLIT_KEYS, *_SAID) and _comes_back(cells)


def _comes_back(cells: Sequence[Any]) -> bool:
    """Whether there are few values, each of them in several rows."""
    known = [_text(cell) for cell in cells if cell is not None]
    return 2 <= len(set(known)) <= len(known) / 2


def _record(
    file: LogFile, rows: list[dict[str, Any]], setting: list[str], *, name: str, stepped: bool
) -> Record:
    leaves = Leaves(file)
    for key in setting:
        if key in rows[0]:
            leaves.add(rows[0][key], key, "settings")
    measured = [{key: value for key, value in row.items() if key not in leaves.params} for row in rows]
    if len(rows) > 1 or stepped:
        leaves.series = series_of_rows(file, measured)
        return leaves.record(name)
    for key, value in measured[0].items():
        leaves.add(value, key)
    return leaves.record(name)


def item_column(rows: Sequence[Mapping[str, Any]], keys: Iterable[str], setting: Sequence[str]) -> str | None:
    """The key that names the item of each row: a problem, a question, a sample; each once per setting.

    Args:
        rows: With dotted keys.
        keys: All of their keys.
        setting: Those that tell settings.
    """
    for key in keys:
        if key.rsplit(".", 1)[-1].lower() not in ITEM_NAMES:
            continue
        others = [other for other in setting if other != key]
        named = [(*(_text(row.get(other)) for other in others), _text(row.get(key))) for row in rows]
        if len(rows) > 1 and all(row.get(key) is not None for row in rows) and len(set(named)) == len(named):
            return key
    return None


def is_setting_column(key: str) -> bool:
    """Whether a column tells a setting of the run: it plays a role, or stands in a section of settings."""
    sections = key.lower().split(".")[:-1]
    return is_role_name(key) or any(part in SETTINGS_SECTIONS for part in sections)


def _text(value: Any) -> str:
    return text(value) if not isinstance(value, list) else str(value)
