"""NumPy `.npy` and `.npz` files that hold a metric's history; arrays of objects are not opened."""

import io
import re
import struct
import zipfile
import zlib
from collections.abc import Mapping

import numpy as np

from paperback.finding import Finding
from paperback.runs.lexicon import is_metric_name
from paperback.runs.readers.leaves import make_series, step_key
from paperback.runs.readers.log import Log, LogFile, Record
from paperback.runs.readers.recognise import has_log_name, in_log_folder
from paperback.runs.run import Final, Series

name = "NumPy"
endings = (".npy", ".npz")
alone = True
_MOST = 10_000_000
_BROKEN = (
    ValueError,
    OSError,
    EOFError,
    KeyError,
    IndexError,
    SyntaxError,
    MemoryError,
    NotImplementedError,
    RuntimeError,
    struct.error,
    zipfile.BadZipFile,
    zlib.error,
)
_SHAPE = re.compile(rb"'shape': \((\d*),? ?(\d*)\)")


def accepts(path: str, head: bytes) -> bool:
    """Whether the file's name is a metric's or a log's, and a `.npy` is no larger than a history is."""
    stem = path.rsplit("/", 1)[-1].rsplit(".", 1)[0]
    if path.endswith(".npz"):
        return head.startswith(b"PK") and (has_log_name(path) or is_metric_name(stem))
    if not path.endswith(".npy") or not head.startswith(b"\x93NUMPY") or not is_metric_name(stem):
        return False
    shape = _SHAPE.search(head[:256])
    return shape is not None and int(shape[1] or 1) * int(shape[2] or 1) <= _MOST


def read(file: LogFile) -> Log:
    """One record. A list of numbers is a history, a single number a final metric.

    Of a table with one row per step, such as the episodes of an evaluation, the mean of each row is the
    history `<name>.mean`.
    """
    if not (file.declared or in_log_folder(file.path) or has_log_name(file.path)):
        return Log(file, name)
    try:
        arrays = _arrays(file)
    except _BROKEN as error:
        first = (str(error) or type(error).__name__).splitlines()[0]
        message = f"{file.path}: not readable: {first}"
        finding = Finding("unreadable-log", message, (file.source(),), "Save it again without objects.")
        return Log(file, name, findings=(finding,))
    series, finals = _curves(file, arrays)
    if not series and not finals:
        return Log(file, name)
    home = file.path.rpartition("/")[0] or "."
    return Log(file, name, (Record(finals=finals, series=series, home=home),))


def _arrays(file: LogFile) -> dict[str, np.ndarray]:
    if file.path.endswith(".npy"):
        stem = file.path.rsplit("/", 1)[-1].rsplit(".", 1)[0]
        return {stem: np.load(io.BytesIO(file.data), allow_pickle=False)}
    with zipfile.ZipFile(io.BytesIO(file.data)) as archive:
        size = sum(item.file_size for item in archive.infolist())
    if size > 8 * _MOST:
        raise ValueError(f"its arrays would take {size} bytes")
    with np.load(io.BytesIO(file.data), allow_pickle=False) as found:
        return {key: found[key] for key in found.files}


def _curves(file: LogFile, arrays: Mapping[str, np.ndarray]) -> tuple[dict[str, Series], dict[str, Final]]:
    numbers = {
        key: array for key, array in arrays.items() if array.dtype.kind in "fiu" and array.size <= _MOST
    }
    axis = step_key(key for key, array in numbers.items() if array.ndim == 1)
    series: dict[str, Series] = {}
    finals: dict[str, Final] = {}
    for key, array in numbers.items():
        if key == axis or array.size == 0:
            continue
        if array.ndim == 0:
            finals[key] = Final(float(array), file.source(key))
        elif array.ndim <= 2 and (array.ndim == 1 or (axis and len(array) == len(numbers[axis]))):
            values = array.astype(np.float64)
            label = key if array.ndim == 1 else f"{key}.mean"
            points = values if array.ndim == 1 else values.mean(axis=1)
            has_axis = axis is not None and len(numbers[axis]) == len(points)
            steps = numbers[axis].tolist() if has_axis and axis else range(len(points))
            unit = axis if has_axis and axis else "row"
            series[label] = make_series(file, label, steps, points.tolist(), axis=unit)
    return series, finals
