"""The run table as Parquet files, for other programs.

A folder holds five files, each compressed with zstd:

- `runs`: run, position, apart (why it is kept apart; null for a run that counts), status, commit, identity
  (roles as JSON), facts (JSON), sources (paths), n_points.
- `params`: run, position, key, raw (as logged), type (`str`, `int`, `float`, `bool`, `null`), num (where it
  is a number).
- `series`: run, position, key, name, split, axis, n, first_step, last_step, last, min, argmin, max, argmax
  (the steps of both), nan, inf, backward_steps, source; a final value has n = 0, and stands in `last`.
- `points`: run, position, key, step, value, in the order they were logged. Values are stored bit for bit.
- `files`: path, digest.

`position` numbers the runs of the table, because an id alone need not tell two of them apart.
"""

import json
import tempfile
from collections.abc import Iterable, Iterator
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np

from paperback.errors import SettingsError
from paperback.runs.run import Final, Run, Scalar, Series
from paperback.runs.table import RunTable

TABLES = ("runs", "params", "series", "points", "files")
_NAMES = frozenset(f"{name}.parquet" for name in TABLES)
# Points of one row group: what is held at a time.
_GROUP = 2**20


def write_parquet(table: RunTable, folder: Path) -> list[Path]:
    """The five files that were written to `folder`; those of an earlier export are replaced.

    Raises:
        SettingsError: `folder` is a file, holds anything else, or cannot be written.
    """
    _check(folder)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        # Whole files appear at once: a reader beside us never sees half of one.
        with tempfile.TemporaryDirectory(prefix=".export-", dir=folder) as beside:
            _write_all(table, Path(beside))
            for name in sorted(_NAMES):
                (Path(beside) / name).replace(folder / name)
    except OSError as error:
        raise SettingsError(
            f"{folder} cannot be written: {error.strerror}", mend="Name another folder."
        ) from error
    return [folder / f"{name}.parquet" for name in TABLES]


def _check(folder: Path) -> None:
    if folder.exists() and not folder.is_dir():
        raise SettingsError(f"{folder} is a file", mend="Name a folder that is empty or not there yet.")
    others = sorted(path.name for path in folder.iterdir() if not _is_ours(path)) if folder.is_dir() else []
    if others:
        raise SettingsError(
            f"{folder} holds other files: {', '.join(others[:3])}",
            mend="Name a folder that is empty or not there yet.",
        )


def _is_ours(path: Path) -> bool:
    """Whether an earlier export wrote the file, by the mark in its metadata."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    if path.name not in _NAMES or path.is_symlink():
        return False
    try:
        return b"paperback" in (pq.read_metadata(path).metadata or {})
    except (pa.ArrowException, OSError):
        return False


def _write_all(table: RunTable, folder: Path) -> None:
    runs = list(_positioned(table))
    _write(folder, "runs", (_run_row(*each) for each in runs))
    params = ((run, at, key, value) for at, run, _ in runs for key, value in run.params.items())
    _write(folder, "params", (_param_row(*each) for each in params))
    _write(folder, "series", _series_rows(table, runs))
    _write_points(folder, runs)
    _write(folder, "files", ({"path": path, "digest": digest} for path, digest in table.files.items()))


def _positioned(table: RunTable) -> Iterator[tuple[int, Run, str | None]]:
    kept = ((run, None) for run in table.runs)
    apart = ((run, why) for why, runs in table.apart.items() for run in runs)
    for at, (run, why) in enumerate(chain(kept, apart)):
        yield at, run, why


def _run_row(at: int, run: Run, why: str | None) -> dict[str, Any]:
    return {
        "run": run.id,
        "position": at,
        "apart": why,
        "status": str(run.status),
        "commit": run.commit,
        "identity": json.dumps(dict(run.identity), ensure_ascii=False),
        "facts": json.dumps(dict(run.facts), ensure_ascii=False),
        "sources": [source.path for source in run.sources],
        "n_points": sum(len(series.values) for series in run.series.values()),
    }


def _param_row(run: Run, at: int, key: str, value: Scalar) -> dict[str, Any]:
    kind = "null" if value is None else type(value).__name__
    number = float(value) if isinstance(value, (int, float)) and abs(value) < 2**1000 else None
    if isinstance(value, float):
        number = value
    raw = None if value is None else str(value)
    return {"run": run.id, "position": at, "key": key, "raw": raw, "type": kind, "num": number}


def _series_rows(table: RunTable, runs: Iterable[tuple[int, Run, str | None]]) -> Iterator[dict[str, Any]]:
    for at, run, _ in runs:
        for key, found in _measured(run):
            known = table.keys.get(key)
            named = {"name": known.name if known else key, "split": known.split if known else ""}
            told = _history(found) if isinstance(found, Series) else _final(found)
            yield {"run": run.id, "position": at, "key": key, **named, **told}


def _measured(run: Run) -> Iterator[tuple[str, Series | Final]]:
    yield from run.series.items()
    yield from run.finals.items()


def _final(final: Final) -> dict[str, Any]:
    return {"n": 0, "last_step": final.step, "last": final.value, "source": str(final.source)}


def _history(series: Series) -> dict[str, Any]:
    steps, values = series.steps, series.values
    told: dict[str, Any] = {
        "axis": series.axis,
        "n": len(values),
        "nan": int(np.isnan(values).sum()),
        "inf": int(np.isinf(values).sum()),
        "backward_steps": int((steps[1:] < steps[:-1]).sum()),
        "source": str(series.source),
    }
    if len(values):
        told |= {"first_step": int(steps[0]), "last_step": int(steps[-1]), "last": float(values[-1])}
    if told["nan"] < len(values):
        least, most = int(np.nanargmin(values)), int(np.nanargmax(values))
        told |= {"min": float(values[least]), "argmin": int(steps[least])}
        told |= {"max": float(values[most]), "argmax": int(steps[most])}
    return told


def _schema(name: str) -> Any:
    import pyarrow as pa

    text, whole, real = pa.string(), pa.int64(), pa.float64()
    run = {"run": text, "position": whole}
    told = dict.fromkeys(("apart", "status", "commit", "identity", "facts"), text)
    steps = dict.fromkeys(("n", "first_step", "last_step", "nan", "inf", "backward_steps"), whole)
    columns = {
        "runs": {**run, **told, "sources": pa.list_(text), "n_points": whole},
        "params": {**run, "key": text, "raw": text, "type": text, "num": real},
        "series": {
            **run,
            **dict.fromkeys(("key", "name", "split", "axis"), text),
            **steps,
            "last": real,
            "min": real,
            "argmin": whole,
            "max": real,
            "argmax": whole,
            "source": text,
        },
        "points": {**run, "key": text, "step": whole, "value": real},
        "files": {"path": text, "digest": text},
    }
    return pa.schema(list(columns[name].items()), metadata={"paperback": "run table"})


def _writer(folder: Path, name: str) -> Any:
    import pyarrow as pa
    import pyarrow.parquet as pq

    schema = _schema(name)
    doubles = [field.name for field in schema if field.type == pa.float64()]
    wholes = [field.name for field in schema if field.type == pa.int64()]
    encoded = {
        **dict.fromkeys(doubles, "BYTE_STREAM_SPLIT"),
        **dict.fromkeys(wholes, "DELTA_BINARY_PACKED"),
    }
    texts = [field.name for field in schema if field.type == pa.string()]
    return pq.ParquetWriter(
        folder / f"{name}.parquet",
        schema,
        compression="zstd",
        use_dictionary=texts,
        column_encoding=encoded or None,
    )


def _write(folder: Path, name: str, rows: Iterable[dict[str, Any]]) -> None:
    import pyarrow as pa

    with _writer(folder, name) as writer:
        # Bytes that are no UTF-8 can be in a file's name; Parquet's text cannot hold them.
        clean = [{key: _clean(value) for key, value in row.items()} for row in rows]
        writer.write_table(pa.Table.from_pylist(clean, _schema(name)))


def _clean(value: Any) -> Any:
    if isinstance(value, str):
        return value.encode("utf-8", "backslashreplace").decode()
    return [_clean(part) for part in value] if isinstance(value, list) else value


def _write_points(folder: Path, runs: Iterable[tuple[int, Run, str | None]]) -> None:
    import pyarrow as pa

    with _writer(folder, "points") as writer:
        held: list[Any] = []
        size = 0
        for at, run, _ in runs:
            for key, series in run.series.items():
                held.append(_points(at, run, key, series))
                size += len(series.values)
                if size >= _GROUP:
                    writer.write_table(pa.concat_tables(held))
                    held, size = [], 0
        writer.write_table(pa.concat_tables([*held, _schema("points").empty_table()]))


def _points(at: int, run: Run, key: str, series: Series) -> Any:
    import pyarrow as pa

    count = len(series.values)
    columns = [
        pa.repeat(_clean(run.id), count),
        pa.repeat(pa.scalar(at, pa.int64()), count),
        pa.repeat(_clean(key), count),
        pa.array(np.ascontiguousarray(series.steps, np.int64)),
        # Not through a list, and no NaN taken for an absent value.
        pa.array(np.ascontiguousarray(series.values, np.float64), from_pandas=False),
    ]
    return pa.Table.from_arrays(columns, schema=_schema("points"))
