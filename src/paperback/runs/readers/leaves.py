"""Nested values sorted into settings, final metrics and histories."""

import json
import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from paperback.runs.lexicon import (
    CURVE_STEPS,
    CURVE_VALUES,
    HISTORY_SECTIONS,
    METRIC_SECTIONS,
    SETTINGS_SECTIONS,
    SPLITS,
    STEPS,
    is_metric_name,
    is_setting_name,
)
from paperback.runs.readers.log import LogFile, Record
from paperback.runs.run import Final, Scalar, Series, Status

_STATUS = {
    **dict.fromkeys(
        ("finished", "completed", "complete", "done", "success", "succeeded", "ok"), Status.FINISHED
    ),
    **dict.fromkeys(("failed", "fail", "error", "crashed", "crash", "diverged", "oom"), Status.FAILED),
    **dict.fromkeys(("killed", "cancelled", "canceled", "aborted", "preempted", "timeout"), Status.KILLED),
    **dict.fromkeys(("running", "started", "pending"), Status.RUNNING),
}
_STATUS_KEYS = ("status", "state", "run_status", "exit_status")
_COMMIT_KEYS = ("commit", "git_commit", "git_hash", "git_sha", "commit_hash", "sha", "git_commit_hash")
SPLIT_KEYS = ("split", "mode", "phase", "stage", "partition", "subset")

_THOUSANDS = re.compile(r"[+-]?[1-9]\d{0,2}(?:,\d{3})+(?:\.\d*)?")
_DECIMAL_COMMA = re.compile(r"[+-]?\d+,\d+(?:[eE][+-]?\d+)?")


@dataclass(slots=True)
class Leaves:
    """The leaves of one run, sorted; keys are dotted.

    Attributes:
        file: Where they stand.
        params: Settings.
        finals: Final metrics.
        series: Histories.
    """

    file: LogFile
    params: dict[str, Scalar] = field(default_factory=dict)
    finals: dict[str, Final] = field(default_factory=dict)
    series: dict[str, Series] = field(default_factory=dict)

    def add(self, value: Any, key: str = "", section: str = "") -> None:
        """Sort `value`, which stands at `key` within a section of `settings`, `metrics` or none."""
        if isinstance(value, dict):
            self._add_mapping(value, key, section)
        elif isinstance(value, list):
            self._add_list(value, key, section)
        elif isinstance(value, (int, float)) and not isinstance(value, bool):
            self._add_number(value, key, section)
        elif isinstance(value, str) and _measures(key, section) and (number := number_in(value)) is not None:
            self.finals[key] = Final(number, self.file.source(key))
        # Programs that write strict JSON turn NaN into null.
        elif section == "metrics" and value is None and is_metric_name(key):
            self.finals[key] = Final(math.nan, self.file.source(key))
        else:
            self.params[key] = value

    def record(self, name: str = "") -> Record:
        """The leaves as a record; `status` and `commit` are read from the settings."""
        return Record(
            name, self.params, self.finals, self.series, status_of(self.params), commit_of(self.params)
        )

    def _add_mapping(self, value: Mapping[str, Any], key: str, section: str) -> None:
        listed = section != "settings" and any(isinstance(item, list) for item in value.values())
        axis = _axis(value) if listed else None
        for name, item in value.items():
            inner = f"{key}.{name}" if key else str(name)
            if axis and _is_numbers(item) and len(item) == len(axis[1]) and name != axis[0]:
                self._add_series(inner, item, axis[1], "step" if axis[0] in CURVE_STEPS else axis[0])
            elif not (axis and name == axis[0]):
                self.add(item, inner, _section(str(name), item, section))

    def _add_list(self, value: list[Any], key: str, section: str) -> None:
        if section == "settings":
            self.params[key] = json.dumps(value, separators=(",", ":"))
        elif _is_numbers(value):
            if section == "metrics" or is_metric_name(key):
                self._add_series(key, value, range(len(value)), "step")
            else:
                self.params[key] = json.dumps(value, separators=(",", ":"))
        elif value and all(isinstance(item, dict) for item in value):
            self.series |= series_of_rows(self.file, value, key)

    def _add_number(self, value: float, key: str, section: str) -> None:
        if section == "settings" or (section != "metrics" and is_setting_name(key)):
            self.params[key] = value
        else:
            self.finals[key] = Final(_float(value), self.file.source(key))

    def _add_series(self, key: str, values: Sequence[float], steps: Iterable[float], axis: str) -> None:
        self.series[key] = make_series(self.file, key, steps, values, axis=axis)


def _measures(key: str, section: str) -> bool:
    """Whether a number that stands at `key` as text is measured."""
    return section == "metrics" or (section != "settings" and is_metric_name(key))


def _section(name: str, item: Any, section: str) -> str:
    if section == "settings" or not isinstance(item, (dict, list)):
        return section
    word = name.lower().strip("_")
    if word in SETTINGS_SECTIONS:
        return "settings"
    return "metrics" if word in METRIC_SECTIONS or word in HISTORY_SECTIONS else section


def _axis(value: Mapping[str, Any]) -> tuple[str, list[float]] | None:
    """The list of steps among lists of equal length, such as `epoch` beside `loss`."""
    # Any list beside `x` is drawn over it, be it a single point; one step may well be a setting.
    drawn = not CURVE_VALUES.isdisjoint(value)
    for name in (*STEPS, *CURVE_STEPS):
        item = value.get(name)
        fewest = 1 if drawn and name in CURVE_STEPS else 2
        if isinstance(item, list) and len(item) >= fewest and _is_numbers(item):
            return name, item
    return None


def _is_numbers(value: Any) -> bool:
    return (
        isinstance(value, list)
        and bool(value)
        and all(isinstance(item, (int, float)) and not isinstance(item, bool) for item in value)
    )


def flatten(value: Mapping[str, Any], key: str = "") -> dict[str, Any]:
    """Leaves of nested mappings under dotted keys; lists stay whole."""
    flat: dict[str, Any] = {}
    for name, item in value.items():
        inner = f"{key}.{name}" if key else str(name)
        if isinstance(item, dict):
            flat |= flatten(item, inner)
        else:
            flat[inner] = item
    return flat


def step_key(keys: Iterable[str]) -> str | None:
    """The key that counts steps: the finest one, as `STEPS` orders them."""
    lower = {key.lower(): key for key in keys}
    return next((lower[name] for name in STEPS if name in lower), None)


def series_of_rows(
    file: LogFile, rows: Sequence[Mapping[str, Any]], prefix: str = "", *, unit: str = "row"
) -> dict[str, Series]:
    """One history per numeric key of rows that were logged one after the other.

    `unit` says what a row is where no key counts steps. A row that names its split, such as
    `{"mode": "val", ...}`, logs under that split.
    """
    axis = step_key(dict.fromkeys(key for row in rows for key in row if _logged(key, row[key]) is not None))
    points: dict[str, tuple[list[float], list[float]]] = {}
    for place, row in enumerate(rows):
        step = _logged(axis, row.get(axis)) if axis else place
        split = next((str(row[k]) for k in SPLIT_KEYS if str(row.get(k)).lower() in SPLITS), "")
        start = ".".join(part for part in (prefix, split) if part)
        for key, value in flatten(row).items():
            if key == axis or (number := _logged(key, value)) is None:
                continue
            steps, values = points.setdefault(f"{start}.{key}" if start else key, ([], []))
            steps.append(place if step is None or not math.isfinite(step) else step)
            values.append(number)
    return {
        key: make_series(file, key, steps, values, axis=axis or unit)
        for key, (steps, values) in points.items()
        if not is_setting_name(key) or is_metric_name(key)
    }


def _logged(key: str, value: Any) -> float | None:
    """The number of a row's cell; text is one where the key counts steps or names a metric."""
    number = number_of(value)
    if number is None and isinstance(value, str) and (key.lower() in STEPS or is_metric_name(key)):
        return number_in(value)
    return number


def make_series(
    file: LogFile,
    key: str,
    steps: Iterable[float] | np.ndarray,
    values: Sequence[float] | np.ndarray,
    *,
    axis: str,
) -> Series:
    """A history; fractional steps, such as HF's epochs, are numbered in order instead."""
    at = _array(steps)
    if not np.all(np.isfinite(at)) or np.any(at != np.floor(at)) or np.any(np.abs(at) > 2**62):
        at, axis = np.arange(len(at), dtype=np.float64), "row"
    return Series(at.astype(np.int64), _array(values), axis.lower().strip("_"), file.source(key))


def _array(numbers: Iterable[float] | np.ndarray) -> np.ndarray:
    if isinstance(numbers, np.ndarray):
        return numbers.astype(np.float64)
    return np.array([_float(number) for number in numbers], np.float64)


def number_of(value: Any) -> float | None:
    """`value` as a number when it is one; booleans and text are none, except `NaN` and infinities."""
    if isinstance(value, bool):
        return None
    if isinstance(value, (int, float)):
        return _float(value)
    if isinstance(value, str) and value.strip().lower().lstrip("+-") in ("nan", "inf", "infinity"):
        return float(value)
    return None


def _float(value: float) -> float:
    """`value` as a float; a whole number beyond the range of floats is infinite."""
    try:
        return float(value)
    except OverflowError:
        return math.inf if value > 0 else -math.inf


def number_in(text: str) -> float | None:
    """The number that a text is: `0.93`, `93.2%`, `1,234.5`, `0,93`, `nan`; None for any other text."""
    try:
        # Python reads 1_000 as a number, which no logger writes.
        return float(text) if "_" not in text else None
    except ValueError:
        pass
    word = text.strip().removesuffix("%").rstrip()
    if _THOUSANDS.fullmatch(word):
        word = word.replace(",", "")
    elif _DECIMAL_COMMA.fullmatch(word):
        word = word.replace(",", ".")
    try:
        return float(word)
    except ValueError:
        return None


def setting(word: str) -> Scalar:
    """The setting that a text is: a number, a truth value, nothing, or the text itself."""
    plain = word.strip()
    if plain.lstrip("+-").isdigit() and len(plain) < 19:
        return int(plain)
    try:
        return float(plain) if plain[-1:].isdigit() or plain[-1:] == "." else _WORDS.get(plain, plain)
    except ValueError:
        return plain


_WORDS: dict[str, Scalar] = {"True": True, "true": True, "False": False, "false": False, "None": None}


def status_of(params: Mapping[str, Scalar]) -> Status:
    """How the run ended, from a status word or an exit code among its settings."""
    for key, value in params.items():
        last = key.rsplit(".", 1)[-1].lower()
        if last in _STATUS_KEYS and isinstance(value, str) and value.lower() in _STATUS:
            return _STATUS[value.lower()]
        if last in ("exit_code", "exitcode", "returncode", "return_code") and isinstance(value, int):
            return Status.FAILED if value else Status.FINISHED
    return Status.UNKNOWN


def commit_of(params: Mapping[str, Scalar]) -> str | None:
    """The commit of the code, where a setting names it."""
    for key, value in params.items():
        if key.rsplit(".", 1)[-1].lower() in _COMMIT_KEYS and isinstance(value, str) and len(value) >= 7:
            return value
    return None
