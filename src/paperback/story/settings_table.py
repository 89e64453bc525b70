"""Tables of settings: what each data set is like, and what each method was given."""

import re
from collections.abc import Mapping, Sequence

from paperback.evidence import Study, shared_setting
from paperback.runs import RunTable
from paperback.runs.run import text
from paperback.settings import Settings
from paperback.story.table import Cell, MissingCell, QuantityCell, Table, TextCell

_MOST_COLUMNS = 7
_LONGEST_VALUE = 60
# Words of keys that say where and with what a run was made, not how the method was set.
_OF_THE_MACHINE = frozenset(
    (
        *(
            "environment",
            "env",
            "device",
            "devices",
            "cuda",
            "cudnn",
            "gpu",
            "gpus",
            "driver",
            "version",
            "versions",
        ),
        *(
            "host",
            "hostname",
            "system",
            "hardware",
            "path",
            "paths",
            "dir",
            "directory",
            "folder",
            "file",
            "output",
        ),
        *(
            "commit",
            "time",
            "date",
            "timestamp",
            "start",
            "end",
            "pid",
            "port",
            "user",
            "url",
            "log",
            "logging",
        ),
        *("workers", "source"),
    )
)


def dataset_table(table: RunTable, study: Study, settings: Settings) -> Table | None:
    """The numbers that a data set fixes, such as its sizes; None where the logs hold no such number."""
    keys = [key for key in _numeric(table) if _fixed_by(table, key, "dataset", study.datasets)][
        :_MOST_COLUMNS
    ]
    if not keys or len(study.datasets) < 2:
        return None
    return Table(
        key="data-sets",
        caption="The data sets, as the logs of the runs describe them.",
        stub="Data set",
        columns=tuple(short_key(key, keys) for key in keys),
        units=("",) * len(keys),
        rows=tuple(
            (
                settings.name("dataset", dataset),
                tuple(_cell(table, key, {"dataset": dataset}) for key in keys),
            )
            for dataset in study.datasets
        ),
        spread="none",
        note="Each column is a setting that every run of a data set shares.",
        highlight=(),
        why="says what the methods were tested on",
    )


def method_table(table: RunTable, study: Study, settings: Settings) -> Table | None:
    """The settings that differ between methods, many methods down the page; None where no setting does."""
    down = len(study.methods) > _MOST_COLUMNS
    most = _MOST_COLUMNS if down else 2 * _MOST_COLUMNS
    keys = [key for key in setting_keys(table) if _differs(table, key, study)][:most]
    if not keys or len(study.methods) < 2:
        return None
    names = [settings.name("method", method) for method in study.methods]
    titles = [short_key(key, keys) for key in keys]
    cells = [[_cell(table, key, {"method": method}) for key in keys] for method in study.methods]
    columns, rows = (titles, names) if down else (names, titles)
    return Table(
        key="settings",
        caption="The settings in which the methods differ.",
        stub="Method" if down else "Setting",
        columns=tuple(columns),
        units=("",) * len(columns),
        rows=tuple(
            (name, tuple(row))
            for name, row in zip(rows, cells if down else zip(*cells, strict=True), strict=True)
        ),
        spread="none",
        note="Varies: not the same in all runs of the method. A dash: the method has no such setting.",
        highlight=(),
        why="says what was tuned and what was given",
    )


def setting_keys(table: RunTable) -> list[str]:
    """The configuration keys that say how a method was set: no role, and nothing of the machine."""
    taken = {role.key for role in table.roles.values()}
    names = {key: None for run in table.runs for key in run.params}
    return [
        key
        for key in names
        if key not in taken
        and key.rsplit(".", 1)[-1] not in table.roles
        and not _OF_THE_MACHINE.intersection(re.findall(r"[a-z]+", key.lower()))
    ]


def _numeric(table: RunTable) -> list[str]:
    return [
        key
        for key in setting_keys(table)
        if all(
            isinstance(value, int | float) and not isinstance(value, bool)
            for run in table.runs
            if (value := run.params.get(key)) is not None
        )
    ]


def _values(table: RunTable, key: str, role: str) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for run in table.runs:
        if key in run.params:
            found.setdefault(run.identity.get(role, ""), set()).add(text(run.params[key]))
    return found


def _fixed_by(table: RunTable, key: str, role: str, values: Sequence[str]) -> bool:
    """Whether every run has `key`, every value of `role` fixes it, and they do not all fix the same."""
    if any(key not in run.params for run in table.runs):
        return False
    found = _values(table, key, role)
    fixed = all(len(texts) == 1 for texts in found.values()) and set(found) >= set(values)
    return fixed and len({word for texts in found.values() for word in texts}) > 1


def _differs(table: RunTable, key: str, study: Study) -> bool:
    """Whether half of the methods have `key`, they differ in it, and it is no other name of the method."""
    if _fixed_by(table, key, "dataset", study.datasets):
        return False
    found = _values(table, key, "method")
    if 2 * len(found) < len(study.methods) or _is_alias(found):
        return False
    told = {frozenset(words) for words in found.values() if len(words) == 1}
    fixed = sum(len(words) == 1 for words in found.values())
    longest = max(len(word) for words in found.values() for word in words)
    # What varies inside most methods tells little about how they differ; a message or a path is no setting.
    if 2 * fixed < len(found) or longest > _LONGEST_VALUE:
        return False
    return bool(told) and (len(set(map(frozenset, found.values()))) > 1 or len(found) < len(study.methods))


def _is_alias(found: Mapping[str, set[str]]) -> bool:
    """Whether every method has one value of its own."""
    singles = [next(iter(words)) for words in found.values() if len(words) == 1]
    return len(singles) == len(found) and len(set(singles)) == len(found) > 2


def _cell(table: RunTable, key: str, where: dict[str, str]) -> Cell:
    quantity = shared_setting(table, key, where)
    if quantity is not None:
        return QuantityCell(quantity, 0 if quantity.value.is_integer() else None)
    matching = [
        run for run in table.runs if all(run.identity.get(role) == value for role, value in where.items())
    ]
    found = {text(run.params[key]) for run in matching if key in run.params}
    if not found or found == {"null"}:
        return MissingCell("the method has no such setting")
    if len(found) > 1:
        return TextCell("varies")
    return TextCell(found.pop())


def short_key(key: str, keys: Sequence[str]) -> str:
    """The last part of a dotted key in plain words, or all of it where another key ends alike."""
    last = key.rsplit(".", 1)[-1]
    alike = [other for other in keys if other.rsplit(".", 1)[-1] == last]
    return (last if len(alike) == 1 else key).replace("_", " ")
