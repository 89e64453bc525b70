"""Files that tell settings of runs: one row per run, found by the run's path."""

import csv
import io
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from paperback.errors import SettingsError, near_miss
from paperback.finding import Finding
from paperback.runs.readers.leaves import setting
from paperback.runs.run import Run, Scalar
from paperback.runs.template import fields_of
from paperback.settings import FILE, TableSettings
from paperback.source import Source, digest

_LIMIT = 64 * 2**20
# Below this share of rows that name a run a table is not proposed.
_SHARE = 0.5


@dataclass(frozen=True, slots=True)
class SideTable:
    """A file with one row per run.

    Attributes:
        source: The file.
        fields: What its own path tells.
        columns: Names of its columns.
        rows: Its rows, each as long as `columns`.
    """

    source: Source
    fields: Mapping[str, str]
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


def add_tables(
    root: Path, runs: Sequence[Run], declared: Sequence[TableSettings], paths: Sequence[str]
) -> tuple[list[Run], frozenset[str], list[Finding]]:
    """The runs with what the declared tables say of them, the settings that were added, and what is unclear.

    Args:
        root: The repository.
        runs: The runs.
        declared: `[[runs.tables]]`.
        paths: Every file that may be such a table.

    Raises:
        SettingsError: A declared table is not there, or lacks the column that names the runs.
    """
    told: dict[str, dict[str, Scalar]] = {}
    sources: dict[str, list[Source]] = defaultdict(list)
    findings: list[Finding] = []
    tails = _tails(run.id for run in runs)
    for each in declared:
        for table in _tables(root, each, paths):
            lost = 0
            for row in table.rows:
                name = _named(dict(zip(table.columns, row, strict=True))[each.path], tails)
                if name is None:
                    lost += 1
                    continue
                told.setdefault(name, {}).update(_settings(table, row, each.path))
                sources[name].append(table.source)
            findings += _lost(table, lost)
    kept = [run for run in runs if run.id in told or not any(each.only for each in declared)]
    added = frozenset(key for settings in told.values() for key in settings)
    return [_with(run, told, sources) for run in kept], added, findings


def find_tables(root: Path, runs: Sequence[Run], paths: Sequence[str]) -> tuple[list[Run], list[Finding]]:
    """The runs with what undeclared tables say of them, and a finding for each file or group that names runs.

    Only tables that leave no doubt are used: their rows name every run, each of them once, and nothing else.
    Of several tables in one folder, the name of each is a setting too, `table`.
    """
    tails = _tails(run.id for run in runs)
    groups: dict[tuple[str, tuple[str, ...], str], list[SideTable]] = defaultdict(list)
    for path in paths:
        table = _read(root, path, {})
        column = _naming(table, tails) if table else None
        if table and column is not None:
            groups[path.rpartition("/")[0], table.columns, column].append(table)
    found = list(runs)
    findings = []
    for (_, _, column), tables in groups.items():
        names = [name for table in tables for name in _names(table, column, tails)]
        if None not in names and len(set(names)) == len(names) == len(runs):
            found = _told(found, tables, column, tails)
            findings.append(_used(tables, column, len(runs)))
        else:
            findings.append(_proposal(tables, column, len(set(names) - {None}), len(runs)))
    return found, findings


def _naming(table: SideTable, tails: Mapping[str, str | None]) -> str | None:
    """The first column of which most cells name a run."""
    for column in table.columns:
        named = set(_names(table, column, tails)) - {None}
        if len(named) > 1 and len(named) >= _SHARE * len(table.rows):
            return column
    return None


def _names(table: SideTable, column: str, tails: Mapping[str, str | None]) -> list[str | None]:
    place = table.columns.index(column)
    return [_named(row[place], tails) for row in table.rows]


def _told(
    runs: Sequence[Run], tables: Sequence[SideTable], column: str, tails: Mapping[str, str | None]
) -> list[Run]:
    """The runs with the cells of their rows; what a run says itself counts first."""
    told: dict[str, dict[str, Scalar]] = {}
    sources: dict[str, list[Source]] = {}
    for table in tables:
        stem = table.source.path.rpartition("/")[2].rpartition(".")[0]
        for row, name in zip(table.rows, _names(table, column, tails), strict=True):
            if name is not None:
                told[name] = _settings(table, row, column) | ({"table": stem} if len(tables) > 1 else {})
                sources[name] = [table.source]
    return [
        replace(run, params={**told[run.id], **run.params}, sources=(*run.sources, *sources[run.id]))
        for run in runs
    ]


def _used(tables: Sequence[SideTable], column: str, runs: int) -> Finding:
    message = (
        f"{_files(tables)}: column {column!r} names each of the {runs} runs once, so what the table tells "
        f"is taken for settings of theirs: {_others(tables[0], column)}"
    )
    mend = f"Else name it in {FILE}: [runs] exclude; to name its fields, {_declaration(tables, column)}."
    return Finding("side-table", message, tuple(table.source for table in tables), mend)


def _proposal(tables: Sequence[SideTable], column: str, named: int, runs: int) -> Finding:
    others = _others(tables[0], column)
    tells = f" and tells {others}" if others else ""
    message = f"{_files(tables)}: column {column!r} names {named} of {runs} runs{tells}; it is not used"
    mend = f"Declare it in {FILE}: {_declaration(tables, column)}."
    return Finding("side-table", message, tuple(table.source for table in tables), mend)


def _files(tables: Sequence[SideTable]) -> str:
    first = tables[0].source.path
    return first if len(tables) == 1 else f"{first} and {len(tables) - 1} more"


def _others(table: SideTable, column: str) -> str:
    return ", ".join(other for other in table.columns if other and other != column)


def _declaration(tables: Sequence[SideTable], column: str) -> str:
    first = tables[0].source.path
    folder, _, last = first.rpartition("/")
    several = f"{folder}/{{dataset}}.{last.rpartition('.')[2]}".removeprefix("/")
    return f'[[runs.tables]] file = "{first if len(tables) == 1 else several}", path = "{column}"'


def _tables(root: Path, declared: TableSettings, paths: Sequence[str]) -> Iterator[SideTable]:
    found = False
    for path in paths:
        fields = {} if path == declared.file else fields_of(path, (declared.file,))
        table = None if fields is None else _read(root, path, fields)
        if table is None:
            continue
        found = True
        if declared.path not in table.columns:
            raise SettingsError(
                f"{FILE}: [[runs.tables]] {path} has no column {declared.path!r}",
                mend=near_miss(declared.path, table.columns),
            )
        yield table
    if not found:
        raise SettingsError(
            f"{FILE}: [[runs.tables]] file = {declared.file!r}: there is no such table",
            mend="Name a CSV or TSV file relative to the root.",
        )


def _read(root: Path, path: str, fields: Mapping[str, str]) -> SideTable | None:
    try:
        with (root / path).open("rb") as stream:
            data = stream.read(_LIMIT)
        text = data.decode("utf-8-sig")
        separator = max(",;\t", key=text.partition("\n")[0].count)
        rows = [row for row in csv.reader(io.StringIO(text), delimiter=separator) if row]
    except (OSError, UnicodeDecodeError, csv.Error):
        return None
    if not rows or len(rows[0]) < 1:
        return None
    columns = tuple(name.strip() for name in rows[0])
    whole = tuple(tuple(row) for row in rows[1:] if len(row) == len(columns))
    return SideTable(Source(path, digest=digest(data)), fields, columns, whole)


def _tails(names: Iterator[str] | Sequence[str]) -> dict[str, str | None]:
    """Each end of a run's path that only one run has, to its id; None for an end that several have."""
    tails: dict[str, str | None] = {}
    for name in names:
        parts = name.split("/")
        for place in range(len(parts)):
            tail = "/".join(parts[place:])
            tails[tail] = None if tail in tails and tails[tail] != name else name
    return tails


def _named(cell: str, tails: Mapping[str, str | None]) -> str | None:
    """The run whose path ends like the cell's, the longest common end first."""
    parts = cell.strip().strip("/").removeprefix("./").split("/")
    for place in range(len(parts)):
        found = tails.get("/".join(parts[place:]))
        if found is not None and parts[place:] != [""]:
            return found
    return None


def _settings(table: SideTable, row: Sequence[str], path: str) -> dict[str, Scalar]:
    cells = {
        column: setting(cell)
        for column, cell in zip(table.columns, row, strict=True)
        if column and column != path and cell.strip()
    }
    return {**table.fields, **cells}


def _with(run: Run, told: Mapping[str, Mapping[str, Scalar]], sources: Mapping[str, Sequence[Source]]) -> Run:
    if run.id not in told:
        return run
    return replace(run, params={**run.params, **told[run.id]}, sources=(*run.sources, *sources[run.id]))


def _lost(table: SideTable, lost: int) -> Iterator[Finding]:
    if lost:
        yield Finding(
            "side-table",
            f"{table.source.path}: {lost} of {len(table.rows)} rows name no run that was read",
            (table.source,),
            "Check the paths in this table.",
        )
