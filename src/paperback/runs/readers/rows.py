"""Rows of a table or of JSON Lines, gathered into runs."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from paperback.runs.lexicon import ITEM_NAMES, SETTINGS_SECTIONS
from paperback.runs.readers.leaves import Leaves, flatten, series_of_rows, step_key
from paperback.runs.readers.log import LogFile, Record
from paperback.runs.readers.recognise import is_role_name
from paperback.runs.run import text


def records_of_rows(file: LogFile, rows: Sequence[Mapping[str, Any]], lines: Sequence[int]) -> list[Record]:
    """The runs that the rows tell of.

    Rows with different settings or roles belong to different runs, and so do results of items. The rows
    of one run are its history where they count steps or are many, else its final metrics.

    Args:
        file: Where the rows stand.
        rows: In the order they were logged.
        lines: Line or row number of each, the address of a run that begins there.
    """
    flat = [flatten(row) for row in rows]
    keys = dict.fromkeys(key for row in flat for key in row)
    setting = [key for key in keys if is_setting_column(key)]
    axis = step_key(keys)
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
