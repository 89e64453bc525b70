"""MLflow's points taken from the pages of the file, against what SQLite says of the same file."""

import random
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from paperback.runs.readers.database import open_database, read
from paperback.runs.readers.log import LogFile
from paperback.runs.readers.mlflow_points import Points, read_at_once
from paperback.runs.readers.mlflow_sqlite import _read_rows

SCHEMA = """CREATE TABLE metrics (key VARCHAR(250) NOT NULL, value FLOAT NOT NULL, timestamp BIGINT NOT NULL,
    run_uuid VARCHAR(32) NOT NULL, step BIGINT DEFAULT '0' NOT NULL, is_nan BOOLEAN DEFAULT '0' NOT NULL,
    CONSTRAINT metric_pk PRIMARY KEY (key, timestamp, step, run_uuid, value, is_nan));"""
Row = tuple[Any, ...]


def database(place: Path, rows: list[Row], *, before: str = "", after: str = "") -> None:
    with closing(sqlite3.connect(place)) as base:
        base.executescript(before + SCHEMA)
        base.executemany("INSERT OR IGNORE INTO metrics VALUES (?, ?, ?, ?, ?, ?)", rows)
        base.commit()
        base.executescript(after)


def told(points: Points | None) -> dict[Any, tuple[bytes, bytes]]:
    assert points is not None
    return {
        pair: (points.steps[points.which == place].tobytes(), points.stored[points.which == place].tobytes())
        for place, pair in enumerate(points.names)
    }


def both(place: Path) -> tuple[Points | None, Points | None]:
    with open_database(place) as connection:
        at_once = read_at_once(connection)
        return at_once, _read_rows(connection)


def many(count: int, key: str = "val/m") -> list[Row]:
    chance = random.Random(count)
    return [
        (f"{key}{at % 7}", chance.gauss(0, 1), 10**12 + at, f"{at % 3:032x}", at // 7, int(at % 50 == 0))
        for at in range(count)
    ]


@pytest.mark.parametrize("count", [1, 40, 3000, 90_000])
@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("", ""),
        ("PRAGMA page_size=512;", ""),
        ("PRAGMA page_size=65536;", ""),
        ("PRAGMA auto_vacuum=1;", "DELETE FROM metrics WHERE step % 3 = 1;"),
        ("", "DELETE FROM metrics WHERE step % 5 = 1; VACUUM;"),
    ],
    ids=["plain", "small pages", "large pages", "holes", "packed again"],
)
def test_pages_say_what_sqlite_says(tmp_path: Path, count: int, before: str, after: str) -> None:
    """Every step and value to the bit, in the order of logging, for files of one page and of many."""
    database(tmp_path / "x.db", many(count), before=before, after=after)
    at_once, row_by_row = both(tmp_path / "x.db")
    assert told(at_once) == told(row_by_row)


values = (
    st.floats(allow_nan=False) | st.integers(-(2**53), 2**53) | st.sampled_from([0, 1, -1, 0.0, -0.0, 5e-324])
)
rows = st.lists(
    st.tuples(
        st.text(max_size=70) | st.sampled_from(["loss", "", "x" * 57, "x" * 58, "x" * 250]),
        values, st.integers(-(2**63), 2**63 - 1), st.sampled_from(["a" * 32, "b" * 32, "short", ""]),
        st.integers(-(2**63), 2**63 - 1) | st.sampled_from([0, 1, -1, 127, 128, 2**15, 2**23, 2**31, 2**47]),
        st.integers(0, 1),
    ),
    max_size=30,
)  # fmt: skip


@given(rows)
def test_any_row_is_read_or_declined(tmp_path_factory: pytest.TempPathFactory, rows: list[Row]) -> None:
    """Numbers of any size, keys of any length: what the pages do not give as SQLite does they do not give."""
    place = tmp_path_factory.mktemp("pages") / "x.db"
    database(place, [row for row in rows if "\0" not in row[0]])
    at_once, row_by_row = both(place)
    if at_once is not None:
        assert told(at_once) == told(row_by_row)
    elif row_by_row is not None:
        assert any(len(row[0].encode()) > 57 for row in rows)


@pytest.mark.parametrize(
    ("before", "rows", "after"),
    [
        ("PRAGMA encoding='UTF-16le';", many(50), ""),
        ("", [*many(5), ("x" * 9000, 0.5, 1, "a", 0, 0)], ""),
        ("", many(5), "ALTER TABLE metrics ADD COLUMN more TEXT;"),
        ("", many(5), "INSERT INTO metrics VALUES ('a', 'text', 1, 'a', 0, 0);"),
        ("", many(5), "DROP TABLE metrics; CREATE TABLE metrics (key, value, run_uuid PRIMARY KEY,"
         " step, is_nan) WITHOUT ROWID; INSERT INTO metrics VALUES ('a', 1.0, 'b', 0, 0);"),
    ],
    ids=["another encoding", "a row of several pages", "a column more", "text for a number", "no numbers"],
)  # fmt: skip
def test_what_is_laid_out_otherwise_is_left_to_sqlite(
    tmp_path: Path, before: str, rows: list[Row], after: str
) -> None:
    """It is slower and knows all of its own forms."""
    database(tmp_path / "x.db", rows, before=before, after=after)
    with open_database(tmp_path / "x.db") as connection:
        assert read_at_once(connection) is None


def test_what_waits_in_a_journal_is_left_to_sqlite(tmp_path: Path) -> None:
    """The pages of the file are then out of date."""
    database(tmp_path / "x.db", many(50), after="PRAGMA journal_mode=WAL;")
    with closing(sqlite3.connect(tmp_path / "x.db")) as writer:
        writer.execute("PRAGMA wal_autocheckpoint=0")
        writer.execute("INSERT INTO metrics VALUES ('new', 0.5, 1, 'a', 0, 0)")
        writer.commit()
        at_once, row_by_row = both(tmp_path / "x.db")
    assert at_once is None
    assert (b"a", b"new") in told(row_by_row)


@pytest.mark.parametrize(
    "damage", [b"\xff" * 512, bytes(512), b"\r" + bytes(511)], ids=["noise", "zeros", "no row"]
)
def test_one_damaged_page_takes_its_own_points_and_their_neighbours(tmp_path: Path, damage: bytes) -> None:
    """What stands before and behind it is read, and the loss is told."""
    place = tmp_path / "mlflow.db"
    others = """CREATE TABLE experiments (experiment_id, name); CREATE TABLE params (key, value, run_uuid);
        CREATE TABLE tags (key, value, run_uuid);
        CREATE TABLE runs (run_uuid, name, experiment_id, status, start_time, end_time, lifecycle_stage);"""
    runs = "".join(
        f"INSERT INTO runs VALUES ('{at:032x}', 'n', 1, 'FINISHED', 0, 1, 'active');" for at in range(3)
    )
    database(place, many(3000), before="PRAGMA page_size=512;" + others, after=runs)
    data = bytearray(place.read_bytes())
    half = f"{1500 % 3:032x}".encode()
    # A page of points, not of the index: there the row's number stands before its key.
    page = next(
        at
        for at in range(len(data) // 2 // 512 * 512, len(data), 512)
        if data[at] == 13 and half in data[at : at + 512]
    )
    whole = read(LogFile("mlflow.db", place, b"", "d"))
    lost = data[page + 3] * 256 + data[page + 4]
    data[page : page + 512] = damage
    place.write_bytes(data)
    log = read(LogFile("mlflow.db", place, b"", "d"))
    points, before = (
        [(key, step, str(value)) for record in found.records for key, series in record.series.items()
         for step, value in zip(series.steps, series.values, strict=True)]
        for found in (log, whole)
    )  # fmt: skip
    assert len(before) == 3000
    assert 3000 - lost - 2 <= len(points) <= 3000 - lost < 3000
    assert set(points) <= set(before)
    assert [finding.kind for finding in log.findings] == ["damaged-log"]
    assert f"{len(points):,} points are read" in log.findings[0].message


DAMAGES = st.lists(st.tuples(st.integers(0, 2**16), st.integers(0, 255)), min_size=1, max_size=8)


@given(DAMAGES, st.integers(0, 2**16))
def test_damaged_pages_give_nothing_or_numbers(
    tmp_path_factory: pytest.TempPathFactory, damages: list[tuple[int, int]], cut: int
) -> None:
    """No damage makes reading fall or run on for ever."""
    place = tmp_path_factory.mktemp("pages") / "x.db"
    database(place, many(300), before="PRAGMA page_size=512;")
    data = bytearray(place.read_bytes())
    for at, byte in damages:
        data[at % len(data)] = byte
    place.write_bytes(data[: max(512, len(data) - cut // 16)])
    try:
        with open_database(place) as connection:
            read_at_once(connection)
    except (sqlite3.Error, ValueError, OverflowError):
        pass
