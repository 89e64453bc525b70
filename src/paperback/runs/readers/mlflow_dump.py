"""MLflow's tracking database as `pg_dump` writes it: PostgreSQL's text form, table by table."""

import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace

from paperback.finding import Finding
from paperback.runs.readers import mlflow_sqlite
from paperback.runs.readers.log import Log, LogFile

name = "MLflow database dump"
endings = (".sql", ".dump")
alone = True
_COPY = re.compile(rb"^COPY (?:\w+\.)?(\w+) \(([^)\n]*)\) FROM stdin;$", re.MULTILINE)
_WANTED = mlflow_sqlite.TABLES | {"latest_metrics"}
_WHOLE = frozenset({"timestamp", "step", "experiment_id", "start_time", "end_time"})
_REAL = frozenset({"metrics.value", "latest_metrics.value"})
_ESCAPE = re.compile(rb"\\(.)", re.DOTALL)
_SIGNS = {b"n": b"\n", b"t": b"\t", b"r": b"\r", b"b": b"\b", b"f": b"\f", b"v": b"\v"}
_Value = str | int | float | None


def accepts(path: str, head: bytes) -> bool:
    """Whether it begins like a dump of PostgreSQL's in text."""
    return path.lower().endswith(endings) and b"PostgreSQL database dump" in head


def read(file: LogFile) -> Log:
    """The runs that the tables tell of, as of the database itself; a dump that was cut is told.

    Nothing of the dump is executed: its rows are put into tables of our own.
    """
    cut: list[str] = []
    with closing(sqlite3.connect(":memory:")) as connection:
        found = set()
        for table, columns, rows in _tables(file.data, cut):
            if table in _WANTED and columns and table not in found:
                try:
                    _fill(connection, table, columns, rows)
                except sqlite3.Error:
                    connection.execute(f"DROP TABLE IF EXISTS {table}")
                    cut.append(table)
                else:
                    found.add(table)
        if not found >= {"experiments", "runs", "metrics"}:
            return Log(file, name)
        for table in sorted(mlflow_sqlite.TABLES - found):
            # Tables are written in the order of their names, so these stood behind the cut.
            cut.append(table)
            connection.execute(f"CREATE TABLE {table} (key, value, run_uuid)")
        try:
            log = mlflow_sqlite.read_tables(file, connection)
        except (sqlite3.Error, ValueError, OverflowError) as error:
            return Log(file, name, findings=(_told(file, "damaged-log", str(error)),))
    bad = tuple(_told(file, "truncated-log", f"the table {table} ends early or badly") for table in cut)
    return replace(log, reader=name, findings=(*log.findings, *bad))


def _fill(
    connection: sqlite3.Connection, table: str, columns: list[str], rows: list[tuple[_Value, ...]]
) -> None:
    """Make the table and its rows.

    Raises:
        sqlite3.Error: These columns do not make a table.
    """
    # Quoted, because a column may be named like a word of SQL.
    names = ", ".join(f'"{column}"' for column in columns)
    connection.execute(f"CREATE TABLE {table} ({names})")
    connection.executemany(f"INSERT INTO {table} VALUES ({', '.join('?' * len(columns))})", rows)


def _tables(data: bytes, cut: list[str]) -> Iterator[tuple[str, list[str], list[tuple[_Value, ...]]]]:
    """Name, columns and rows of each table; the names of those with bad rows are added to `cut`."""
    for found in _COPY.finditer(data):
        table = found[1].decode()
        columns = [part.strip().strip(b'"').decode(errors="replace") for part in found[2].split(b",")]
        if not all(re.fullmatch(r"\w+", column) for column in columns) or len(set(columns)) < len(columns):
            continue
        end = data.find(b"\n\\.\n", found.end())
        lines = data[found.end() + 1 : end if end >= 0 else len(data)].split(b"\n")
        if end < 0:
            # The last line of a dump that was cut may be half a row.
            lines = lines[:-1]
        rows = [row for line in lines if line and (row := _row(table, line, columns)) is not None]
        if end < 0 or len(rows) < sum(map(bool, lines)):
            cut.append(table)
        yield table, columns, rows


def _row(table: str, line: bytes, columns: list[str]) -> tuple[_Value, ...] | None:
    cells = line.split(b"\t")
    if len(cells) != len(columns):
        return None
    try:
        return tuple(_value(f"{table}.{name}", cell) for name, cell in zip(columns, cells, strict=True))
    except ValueError:
        return None


def _value(column: str, cell: bytes) -> _Value:
    """What a cell holds, typed by its column, `table.name`, as in the schema.

    Raises:
        ValueError: It is no number where the schema has one.
    """
    if cell == b"\\N":
        return None
    text = _ESCAPE.sub(lambda found: _SIGNS.get(found[1], found[1]), cell).decode(errors="replace")
    if column in _REAL:
        return float(text)
    _, _, name = column.partition(".")
    if name == "is_nan":
        return int(text in ("t", "true", "1"))
    if name in _WHOLE:
        number = int(text)
        if abs(number) > 2**62:
            raise ValueError("no step and no time is so far away")
        return number
    return text


def _told(file: LogFile, kind: str, why: str) -> Finding:
    return Finding(kind, f"{file.path}: {why}", (file.source(),), "Write the dump again.")
