"""The lines of a metric's file in MLflow's file store."""

import numpy as np

Columns = tuple[np.ndarray, np.ndarray, np.ndarray]
# From this size on, Arrow's reader of plain tables is worth its loading.
_LARGE = 2**15
_MOST = 2**62


def read_points(data: bytes) -> tuple[Columns, list[int]]:
    """Times, values and steps of all lines, and the numbers of the lines that hold no point.

    A line has two, three or five fields: time, value, step, and the name and digest of a data set.
    """
    columns = _plain(data) if len(data) >= _LARGE else None
    return (columns, []) if columns is not None else read_lines(data)


def _plain(data: bytes) -> Columns | None:
    """The columns of a file in which every line has three fields; None for any other."""
    import pyarrow as pa
    from pyarrow.csv import ConvertOptions, ParseOptions, ReadOptions, read_csv

    if not data.endswith(b"\n") or b"\r" in data:
        return None
    types = {"time": pa.int64(), "value": pa.float64(), "step": pa.int64()}
    try:
        table = read_csv(
            pa.py_buffer(data),
            ReadOptions(column_names=list(types), use_threads=False, block_size=len(data)),
            ParseOptions(delimiter=" ", quote_char=False, ignore_empty_lines=False),
            ConvertOptions(column_types=types, null_values=[], check_utf8=False),
        )
    except pa.ArrowInvalid:
        return None
    times, values, steps = (table[name].combine_chunks().to_numpy(zero_copy_only=True) for name in types)
    inside = all(abs(int(end)) <= _MOST for column in (times, steps) for end in (column.min(), column.max()))
    return (times, values, steps) if inside else None


def read_lines(data: bytes) -> tuple[Columns, list[int]]:
    """The same for any file, line by line."""
    times: list[int] = []
    values: list[float] = []
    steps: list[int] = []
    bad: list[int] = []
    lines = data.split(b"\n")
    if lines[-1]:
        # Every line is written with its end: what stands after the last one was cut.
        bad.append(len(lines))
    for number, line in enumerate(lines[:-1], start=1):
        parts = line.split()
        try:
            time, value, step = int(parts[0]), float(parts[1]), int(parts[2]) if len(parts) > 2 else 0
            if len(parts) not in (2, 3, 5) or max(abs(step), abs(time)) > _MOST:
                raise ValueError
        except (ValueError, IndexError):
            bad.append(number)
            continue
        times.append(time)
        values.append(value)
        steps.append(step)
    columns = (np.array(times, np.int64), np.array(values, np.float64), np.array(steps, np.int64))
    return columns, bad
