"""The run table as Parquet files and back, and Parquet files as logs."""

import io
import math
import struct
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st

from paperback.cli import main
from paperback.errors import SettingsError
from paperback.runs.parquet import TABLES, write_parquet
from paperback.runs.readers import csv_log, parquet_log
from paperback.runs.readers.log import Log, LogFile
from paperback.runs.run import Final, Run, Series, Status
from paperback.runs.table import RunTable
from paperback.source import Source

SOURCE = Source("a/log.csv", None, "loss", "d")
texts = st.text(st.characters(exclude_categories=["Cs"]))
# Every bit pattern of a double, so that no NaN is like another.
doubles = st.integers(0, 2**64 - 1).map(lambda bits: struct.unpack("<d", struct.pack("<Q", bits))[0])
points = st.lists(st.tuples(st.integers(-(2**63), 2**63 - 1), doubles | st.floats()))


def run_table(params: Any, histories: Any, finals: Any) -> RunTable:
    series = {
        key: Series(
            np.array([step for step, _ in found], np.int64),
            np.array([value for _, value in found], np.float64),
            "step",
            SOURCE,
        )
        for key, found in histories.items()
    }
    found = {key: Final(value, SOURCE, 3) for key, value in finals.items()}
    run = Run("runs/ä", params, found, series, Status.FAILED, "c0", sources=(SOURCE,))
    return RunTable((run,), {}, {}, {}, (), {"a/log.csv": "d"}, apart={"tuning trial": (run,)})


@settings(max_examples=40, deadline=None)
@given(
    st.dictionaries(texts, texts | doubles | st.booleans() | st.integers() | st.none(), max_size=3),
    st.dictionaries(texts, points, max_size=3),
    st.dictionaries(texts, st.floats(), max_size=3),
)
def test_what_was_written_comes_back(
    tmp_path_factory: pytest.TempPathFactory, params: Any, histories: Any, finals: Any
) -> None:
    """Every point to the bit, NaN and infinities included; every key and word, whatever its script."""
    out = tmp_path_factory.mktemp("out")
    write_parquet(run_table(params, histories, finals), out)
    tables = {name: pq.read_table(out / f"{name}.parquet") for name in TABLES}
    expected = [(key, step) for key, found in histories.items() for step, _ in found]
    values = np.array([value for found in histories.values() for _, value in found], np.float64)
    stored = tables["points"].slice(0, len(expected))
    assert list(zip(stored["key"].to_pylist(), stored["step"].to_pylist(), strict=True)) == expected
    assert stored["value"].to_numpy().tobytes() == values.tobytes()
    assert tables["points"].num_rows == 2 * len(expected)
    kept = tables["params"].slice(0, len(params)).to_pylist()
    assert [row["key"] for row in kept] == list(params)
    assert [row["raw"] for row in kept] == [None if v is None else str(v) for v in params.values()]
    rows = tables["series"].slice(0, len(histories) + len(finals)).to_pylist()
    assert [row["key"] for row in rows] == [*histories, *finals]
    lasts = [row["last"] for row in rows[len(histories) :]]
    assert repr(lasts) == repr(list(finals.values()))
    runs = tables["runs"].to_pylist()
    assert [row["apart"] for row in runs] == [None, "tuning trial"]
    assert (runs[0]["run"], runs[0]["status"], runs[0]["n_points"]) == ("runs/ä", "failed", len(expected))
    assert tables["files"].to_pylist() == [{"path": "a/log.csv", "digest": "d"}]


def test_a_series_is_summed_up(tmp_path: Path) -> None:
    """Extremes pass over NaN and name their steps; going back is counted."""
    history = [(0, 2.0), (5, math.nan), (3, -1.0), (9, math.inf)]
    write_parquet(run_table({}, {"val/loss": history}, {}), tmp_path)
    row = pq.read_table(tmp_path / "series.parquet").to_pylist()[0]
    assert (row["n"], row["nan"], row["inf"], row["backward_steps"]) == (4, 1, 1, 1)
    assert (row["min"], row["argmin"], row["max"], row["argmax"]) == (-1.0, 3, math.inf, 9)
    assert (row["first_step"], row["last_step"], row["last"]) == (0, 9, math.inf)


def test_points_are_stored_small(tmp_path: Path) -> None:
    """Values are split by bytes, steps by differences, and all is compressed with zstd."""
    write_parquet(run_table({}, {"loss": [(step, step / 3) for step in range(50)]}, {}), tmp_path)
    group = pq.read_metadata(tmp_path / "points.parquet").row_group(0)
    columns = {group.column(i).path_in_schema: group.column(i) for i in range(group.num_columns)}
    assert "BYTE_STREAM_SPLIT" in columns["value"].encodings
    assert "DELTA_BINARY_PACKED" in columns["step"].encodings
    assert {column.compression for column in columns.values()} == {"ZSTD"}


def test_nothing_of_the_user_is_overwritten(tmp_path: Path) -> None:
    """A folder with other files is refused by name; an earlier export is replaced."""
    table = run_table({}, {}, {"acc": 0.5})
    out = tmp_path / "out"
    write_parquet(table, out)
    write_parquet(table, out)
    assert {path.stem for path in out.iterdir()} == set(TABLES)
    pq.write_table(pa.table({"a": [1]}), out / "runs.parquet")
    before = (out / "runs.parquet").read_bytes()
    with pytest.raises(SettingsError) as refused:
        write_parquet(table, out)
    assert str(refused.value) == (
        f"{out} holds other files: runs.parquet\n  Name a folder that is empty or not there yet."
    )
    assert (out / "runs.parquet").read_bytes() == before
    with pytest.raises(SettingsError, match="is a file"):
        write_parquet(table, out / "runs.parquet")


def test_the_command_writes_the_table_and_does_not_read_it_again(tmp_path: Path) -> None:
    """What was exported into the repository is no log of another run."""
    log = tmp_path / "runs" / "a" / "log.csv"
    log.parent.mkdir(parents=True)
    log.write_text("epoch,loss\n1,2\n2,inf\n")
    asked = ["runs", str(tmp_path), "--parquet", str(tmp_path / "runs" / "table")]
    for _ in range(2):
        done = CliRunner().invoke(main, asked)
        assert "wrote runs.parquet, params.parquet" in done.output
    stored = pq.read_table(tmp_path / "runs" / "table" / "points.parquet")
    assert stored["value"].to_pylist() == [2.0, math.inf]


def parquet(columns: dict[str, Any]) -> bytes:
    out = io.BytesIO()
    pq.write_table(pa.table(columns), out)
    return out.getvalue()


def told(log: Log) -> Any:
    return [
        (
            record.name,
            dict(record.params),
            {key: (repr(final.value), final.step) for key, final in record.finals.items()},
            {key: (s.steps.tolist(), s.values.tobytes(), s.axis) for key, s in record.series.items()},
        )
        for record in log.records
    ]


@pytest.mark.parametrize(
    ("columns", "text"),
    [
        ({"epoch": [1, 2, 3], "loss": [0.1, math.nan, math.inf]}, b"epoch,loss\n1,0.1\n2,nan\n3,inf\n"),
        ({"step": [1, 2], "acc": [None, 0.5]}, b"step,acc\n1,\n2,0.5\n"),
        (
            {"method": ["ä", "b"], "seed": [0, 1], "acc": [0.5, 0.25]},
            b"method,seed,acc\n\xc3\xa4,0,0.5\nb,1,0.25\n",
        ),
        (
            {"step": [1, 1], "split": ["train", "val"], "loss": [1.0, 2.0]},
            b"step,split,loss\n1,train,1\n1,val,2\n",
        ),
        ({"step": [1, 2], "loss": pa.array([0.1, 0.2], pa.float32())}, b"step,loss\n1,0.1\n2,0.2\n"),
    ],
    ids=["history", "absent", "row per run", "long", "single precision"],
)  # fmt: skip
def test_a_parquet_log_is_read_as_the_csv_of_it(columns: Any, text: bytes) -> None:
    """One table says the same in both formats."""
    data = parquet(columns)
    file = LogFile("runs/a/log.parquet", Path("x"), data, "d")
    assert parquet_log.accepts(file.path, data[:4096])
    log = parquet_log.read(file)
    assert log.reader == "Parquet"
    assert told(log) == told(csv_log.read(LogFile("runs/a/log.csv", Path("x"), text, "d")))
    assert log.records


def test_a_parquet_data_set_is_no_log() -> None:
    """Without a metric, a step or a role among its columns a table is left alone; so are nested ones."""
    for columns in ({"text": ["a"], "label": [1]}, {"loss": [[1.0], [2.0]]}):
        log = parquet_log.read(LogFile("data/x.parquet", Path("x"), parquet(columns), "d"))
        assert (log.records, log.findings) == ((), ())


def test_a_damaged_parquet_file_is_told() -> None:
    """The finding names the file."""
    data = parquet({"step": [1, 2], "loss": [1.0, 2.0]})
    log = parquet_log.read(LogFile("runs/a/log.parquet", Path("x"), data[:-9], "d"))
    assert [finding.kind for finding in log.findings] == ["unreadable-log"]
    assert "runs/a/log.parquet: not a readable Parquet file" in log.findings[0].message
