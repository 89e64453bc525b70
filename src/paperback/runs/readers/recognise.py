"""Whether what a file holds is the log of a run: by content, then by the names around it."""

import re
from collections import Counter
from collections.abc import Iterable

from paperback.runs.lexicon import (
    CURVE_VALUES,
    FIELD_ROLES,
    LOG_FOLDERS,
    LOG_WORDS,
    METRIC_SECTIONS,
    SETTINGS_SECTIONS,
    is_metric_name,
    is_setting_name,
    words,
)
from paperback.runs.readers.log import LogFile, Record

_DEEPEST = 2
_MOST_PLACES = 3
_MANY = 1000
_RARE = 20
# A dot inside a number, as in `eval_1.4b`, ends no name.
_ENDINGS = re.compile(r"\.(?!\d)")


def is_run_log(file: LogFile, record: Record) -> bool:
    """Whether the record measures something and stands where, or says by which settings, a run was made."""
    if file.declared:
        return bool(record.finals or record.series)
    measured = [*record.finals, *record.series]
    named = sum(is_metric_name(key) for key in measured)
    # Among the words of a vocabulary are some that name metrics.
    if len(measured) > _MANY and _RARE * named < len(measured):
        return False
    if not named and has_settings(record.params):
        named = sum(key.rsplit(".", 1)[-1] in CURVE_VALUES for key in record.series)
    if named:
        return has_settings(record.params) or in_log_folder(file.path) or has_log_name(file.path)
    return any(_has_section(key, METRIC_SECTIONS) for key in measured) and has_settings(record.params)


def has_settings(keys: Iterable[str]) -> bool:
    """Whether a section of settings or a key that plays a role is among the keys.

    A run has one method and few seeds: a name that stands in many places, or deep inside, describes something
    else, such as the operations of a web service.
    """
    known = list(keys)
    if any(_has_section(key, SETTINGS_SECTIONS) for key in known):
        return True
    roles = Counter(key.rsplit(".", 1)[-1].lower() for key in known if is_role_name(key))
    near = [key for key in known if is_role_name(key) and key.count(".") <= _DEEPEST]
    shallow = {key.rsplit(".", 1)[-1].lower() for key in near}
    return any(count <= _MOST_PLACES for name, count in roles.items() if name in shallow)


def is_role_name(key: str) -> bool:
    """Whether the last part of a key, such as `seed` or `dataset`, names a role by itself."""
    last = key.rsplit(".", 1)[-1].lower()
    return last in FIELD_ROLES or last.endswith("_seed")


def is_setting(key: str) -> bool:
    """Whether a key tells a setting: it plays a role, is named like one, or stands in a section of them."""
    return is_role_name(key) or is_setting_name(key) or _has_section(key, SETTINGS_SECTIONS)


def in_log_folder(path: str) -> bool:
    """Whether a folder of the path is called like one that holds logs."""
    return any(LOG_FOLDERS.search(part) for part in path.split("/")[:-1])


def has_log_name(path: str) -> bool:
    """Whether the file's name says nothing but that it is a log: `result.json`, `train_log.csv`."""
    parts = words(_ENDINGS.split(path.rsplit("/", 1)[-1], maxsplit=1)[0])
    return bool(parts) and all(part in LOG_WORDS or part.isdigit() for part in parts)


def _has_section(key: str, sections: frozenset[str]) -> bool:
    return any(part.lower() in sections for part in key.split(".")[:-1])
