"""SQLite databases of run trackers: read where they lie, without a trace beside them."""

import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Protocol

from paperback.finding import Finding
from paperback.runs.readers import mlflow_sqlite, optuna_sqlite, trackio_sqlite
from paperback.runs.readers.log import Log, LogFile

name = "SQLite of MLflow, Optuna and Trackio"
_LONGEST = 2**26
endings = (".db", ".sqlite", ".sqlite3")


class Schema(Protocol):
    """The tables of one tracker. A module with these three names is one."""

    @property
    def name(self) -> str:
        """The format's name."""
        ...

    @property
    def TABLES(self) -> frozenset[str]:  # noqa: N802
        """Tables by which the schema is recognised."""
        ...

    def read_tables(self, file: LogFile, connection: sqlite3.Connection) -> Log:
        """The records of the database."""
        ...


SCHEMAS: tuple[Schema, ...] = (mlflow_sqlite, optuna_sqlite, trackio_sqlite)


def accepts(path: str, head: bytes) -> bool:
    """Whether the file is an SQLite database."""
    return head.startswith(b"SQLite format 3\0")


def read(file: LogFile) -> Log:
    """The runs of the first schema whose tables are there; none in any other database."""
    try:
        with open_database(file.place) as connection:
            tables = {
                row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type='table'")
            }
            for schema in SCHEMAS:
                if tables >= schema.TABLES:
                    return schema.read_tables(file, connection)
    except (sqlite3.Error, OSError, ValueError, OverflowError, MemoryError) as error:
        message = f"{file.path}: the database cannot be read: {error}"
        mend = "Copy the database again while nothing writes to it, or exclude it."
        return Log(file, name, findings=(Finding("damaged-log", message, (file.source(),), mend),))
    return Log(file, name)


@contextmanager
def open_database(place: Path) -> Iterator[sqlite3.Connection]:
    """A connection that reads; neither the database nor its journal is touched.

    What a writer left in a journal counts: then a copy is opened, because SQLite would write to the original.
    """
    pending = [beside for end in ("-wal", "-journal") if (beside := Path(f"{place}{end}")).is_file()]
    if any(beside.stat().st_size for beside in pending):
        with TemporaryDirectory(prefix="paperback-") as folder:
            copy = Path(folder) / "copy.db"
            shutil.copyfile(place, copy)
            for beside in pending:
                shutil.copyfile(beside, f"{copy}{beside.name.removeprefix(place.name)}")
            with closing(_connect(copy.as_uri())) as connection:
                yield connection
        return
    with closing(_connect(f"{place.resolve().as_uri()}?mode=ro&immutable=1")) as connection:
        yield connection


def _connect(uri: str) -> sqlite3.Connection:
    connection = sqlite3.connect(uri, uri=True)
    connection.text_factory = lambda data: data.decode(errors="replace")
    # A damaged row may say that it is long as no file is.
    connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, _LONGEST)
    # A database of an unknown maker gets no functions of ours and no schema tricks.
    connection.execute("PRAGMA trusted_schema=OFF")
    return connection
