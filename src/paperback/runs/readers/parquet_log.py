"""Parquet: the history of one run, or a table with one row per run, as the CSV reader reads them.

The columns are written out as the lines of a CSV table, numbers to the last digit, and that reader decides.
"""

import csv
import io
from dataclasses import replace
from typing import Any

from paperback.finding import Finding
from paperback.runs.readers import csv_log
from paperback.runs.readers.log import Log, LogFile

name = "Parquet"
endings = (".parquet",)
alone = True
_MAGIC = b"PAR1"
# A run's log stays far below this; data sets do not, and a small file may hold very many equal rows.
_MOST_CELLS = 20_000_000


def accepts(path: str, head: bytes) -> bool:
    """Whether the name ends in .parquet and the file begins as one."""
    return path.lower().endswith(endings) and head.startswith(_MAGIC)


def read(file: LogFile) -> Log:
    """One record per run; a table without metrics, or with nested or binary columns only, is no log."""
    import pyarrow as pa

    try:
        text = _as_csv(file.data)
    except (pa.ArrowException, OSError, ValueError) as error:
        reason = str(error).partition("\n")[0]
        message = f"{file.path}: not a readable Parquet file: {reason}"
        return Log(file, name, findings=(Finding("unreadable-log", message, (file.source(),)),))
    if not csv_log.accepts(f"{file.path}.csv", text[:4096]) or not text:
        return Log(file, name)
    return replace(csv_log.read(replace(file, data=text)), file=file, reader=name)


def _as_csv(data: bytes) -> bytes:
    """The scalar columns as CSV; nothing where they are too many to be a log."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    stored = pq.ParquetFile(pa.BufferReader(data))
    wanted = [field.name for field in stored.schema_arrow if _is_scalar(field.type)]
    # The names tell a data set from a log before its values are unpacked.
    header = ",".join(wanted).encode("utf-8", "replace")
    # What `paperback runs --parquet` wrote says again what other logs say.
    if b"paperback" in (stored.metadata.metadata or {}):
        return b""
    if not wanted or stored.metadata.num_rows * len(wanted) > _MOST_CELLS:
        return b""
    if not csv_log.accepts("x.csv", header):
        return b""
    table = stored.read(columns=wanted, use_threads=False)
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(table.column_names)
    writer.writerows(zip(*(_cells(column) for column in table.columns), strict=True))
    return out.getvalue().encode("utf-8", "replace")


def _is_scalar(kind: Any) -> bool:
    import pyarrow.types as types

    tests = (types.is_integer, types.is_floating, types.is_boolean, types.is_string, types.is_large_string)
    return any(test(kind) for test in tests) or (
        types.is_dictionary(kind) and types.is_string(kind.value_type)
    )


def _cells(column: Any) -> list[str]:
    """The values as text; an absent one is an empty cell, and a number of single precision is short."""
    import pyarrow.types as types

    if types.is_float32(column.type) or types.is_float16(column.type):
        return ["" if cell is None else str(cell) for cell in _single(column)]
    # A line break would end the row.
    return ["" if cell is None else " ".join(str(cell).splitlines()) for cell in column.to_pylist()]


def _single(column: Any) -> list[Any]:
    import numpy as np

    single = np.float16 if column.type.bit_width == 16 else np.float32
    return [None if cell is None else single(cell) for cell in column.to_pylist()]
