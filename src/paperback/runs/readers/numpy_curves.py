"""NumPy `.npy` and `.npz` files that hold a metric's history; arrays of objects are not opened."""

import io
import re
import struct
import zipfile
import zlib
from collections.abc import Mapping
from math import prod

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
# A history whose file is not named after a metric; larger arrays are data.
_LONGEST = 100_000
_CURVES = re.compile(r"(?:^|[_-])curves?(?:[_-]|$)", re.IGNORECASE)
_BROKEN = (
    ValueError,
    TypeError,
    OSError,
    EOFError,
    KeyError,
    NotImplementedError,
    RuntimeError,
    struct.error,
    zlib.error,
)
_HEADER = re.compile(
    rb"\{'descr': '([<>|=]?[bfiu]\d\d?)', 'fortran_order': (True|False), 'shape': \(([\d, ]*)\),? *\}\s*"
)
_SHAPE = re.compile(rb"'shape': \((\d*),? ?(\d*)\)")


def accepts(path: str, head: bytes) -> bool:
    """Whether a `.npz` is named like a metric or a log, or a `.npy` is no larger than a history is.

    Whether a `.npy` is a history is told by its name, its folders or the author: see `read`.
    """
    if path.endswith(".npz"):
        return head.startswith(b"PK") and (has_log_name(path) or is_metric_name(_stem(path)))
    if not path.endswith(".npy") or not head.startswith(b"\x93NUMPY"):
        return False
    shape = _SHAPE.search(head[:256])
    most = _MOST if is_metric_name(_stem(path)) else _LONGEST
    return shape is not None and int(shape[1] or 1) * int(shape[2] or 1) <= most


def read(file: LogFile) -> Log:
    """One record. A list of numbers is a history, a single number a final metric.

    Of a table with one row per step, such as the episodes of an evaluation, the mean of each row is the
    history `<name>.mean`. A `.npy` that is named after its run and not after its metric is a run of its
    own where the author or a folder, such as `learning_curves`, says so; the nearest folder that is named
    like a metric names the history, else it is called `value`.
    """
    curve = _is_curve_of_run(file.path)
    if not (file.declared or in_log_folder(file.path) or has_log_name(file.path) or curve):
        return Log(file, name)
    if file.path.endswith(".npy") and not (file.declared or curve or is_metric_name(_stem(file.path))):
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
    is_run = file.path.endswith(".npy") and not is_metric_name(_stem(file.path))
    home = "" if is_run else file.path.rpartition("/")[0] or "."
    return Log(file, name, (Record(finals=finals, series=series, home=home),))


def _stem(path: str) -> str:
    return path.rsplit("/", 1)[-1].rsplit(".", 1)[0]


def _is_curve_of_run(path: str) -> bool:
    """Whether the file is named after its run, and a folder says that curves or a metric lie there."""
    folders = path.split("/")[:-1]
    named = any(_CURVES.search(folder) or is_metric_name(folder) for folder in folders)
    return path.endswith(".npy") and named and not is_metric_name(_stem(path))


def _measured(path: str) -> str:
    """What a `.npy` holds: its own name, the name of the nearest folder that is a metric's, or `value`."""
    parts = [_stem(path), *reversed(path.split("/")[:-1])]
    return next((part for part in parts if is_metric_name(part)), "value")


def _arrays(file: LogFile) -> dict[str, np.ndarray]:
    if file.path.endswith(".npy"):
        return {_measured(file.path): _array(file.data)}
    try:
        with zipfile.ZipFile(io.BytesIO(file.data)) as archive:
            size = sum(item.file_size for item in archive.infolist())
            if size > 8 * _MOST:
                raise ValueError(f"its arrays would take {size} bytes")
            names = [name for name in archive.namelist() if name.endswith(".npy")]
            members = {name.removesuffix(".npy"): archive.read(name) for name in names}
    except zipfile.BadZipFile as error:
        raise ValueError(str(error)) from error
    # Text and objects may stand beside the numbers.
    plain = {key: data for key, data in members.items() if _HEADER.fullmatch(_header(data)[0])}
    return {key: _array(data) for key, data in plain.items()}


def _header(data: bytes) -> tuple[bytes, int]:
    """The description of an array, and where its numbers begin."""
    if data[:6] != b"\x93NUMPY" or len(data) < 10:
        raise ValueError("it does not begin like an array")
    start = 10 if data[6] == 1 else 12
    (size,) = struct.unpack_from("<H" if data[6] == 1 else "<I", data, 8)
    return data[start : start + size], start + size


def _array(data: bytes) -> np.ndarray:
    """The array; NumPy's own reader would evaluate an odd header, and open objects on demand."""
    header, start = _header(data)
    match = _HEADER.fullmatch(header)
    if match is None:
        raise ValueError("it is no array of plain numbers")
    shape = tuple(int(size) for size in match[3].split(b",") if size.strip())
    kind = np.dtype(match[1].decode())
    count = prod(shape)
    if count > _MOST:
        raise ValueError(f"it holds {count} numbers")
    found = np.frombuffer(data, kind, count, start)
    return found.reshape(shape, order="F" if match[2] == b"True" else "C")


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
            unit = axis if has_axis and axis else "entry"
            series[label] = make_series(file, label, steps, points.tolist(), axis=unit)
    return series, finals
