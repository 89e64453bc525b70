"""SwanLab: the transaction log `run-<id>.swanlab` of version 0.10, synced or offline."""

import struct
from collections.abc import Mapping
from dataclasses import dataclass, field

from paperback.finding import Finding
from paperback.runs.readers.blocks import Blocks
from paperback.runs.readers.leaves import make_series
from paperback.runs.readers.log import Log, LogFile, Record
from paperback.runs.readers.protobuf import BYTES, fields, signed
from paperback.runs.run import Scalar, Status

name = "SwanLab"
endings = (".swanlab",)
alone = True
_MAGIC = b":SWL"
_HEADER = 7
_START, _FINISH, _SCALAR = 10, 11, 13
# Fields of the record by which a run begins.
_STARTED = {1: "swanlab.project", 2: "swanlab.workspace", 4: "swanlab.name", 7: "swanlab.group",
            8: "swanlab.job_type"}  # fmt: skip
_STATES = {0: Status.RUNNING, 1: Status.FINISHED, 2: Status.FAILED, 3: Status.KILLED}
# What SwanLab measures of the machine itself.
_SYSTEM = "__swanlab__"


@dataclass(slots=True)
class _Run:
    params: dict[str, Scalar] = field(default_factory=dict)
    points: dict[str, tuple[list[float], list[float]]] = field(default_factory=dict)
    id: str = ""
    status: Status = Status.KILLED
    unreadable: int = 0


def accepts(path: str, head: bytes) -> bool:
    """Whether it is a transaction log by name and beginning."""
    return path.endswith(".swanlab") and head.startswith(_MAGIC)


def read(file: LogFile) -> Log:
    """One record: name and group, history, status; settings lie in `files/config.yaml` beside it.

    A run without a record of its end was killed, or is still running.
    """
    blocks = Blocks(file.data, _HEADER)
    run = _Run()
    for payload in blocks:
        try:
            _add(run, payload)
        except (IndexError, ValueError, struct.error):
            run.unreadable += 1
    folder = file.path.rpartition("/")[0]
    series = {
        key: make_series(file, key, steps, values, axis="step") for key, (steps, values) in run.points.items()
    }
    record = Record(
        params=run.params, series=series, status=run.status, home=folder or ".", run=f"swanlab {run.id}"
    )
    found = bool(run.id or series)
    return Log(file, name, (record,) if found else (), _findings(file, blocks, run, found))


def _add(run: _Run, payload: bytes) -> None:
    for number, kind, _, content in fields(payload):
        if kind != BYTES:
            continue
        if number == _START:
            told = {key: value.decode() for key, _, _, value in fields(content) if key in (*_STARTED, 10)}
            run.id = told.get(10, "")
            run.params |= {_STARTED[key]: value for key, value in told.items() if key in _STARTED and value}
        elif number == _FINISH:
            state = next((value for key, _, value, _ in fields(content) if key == 1), 0)
            run.status = _STATES.get(state, Status.UNKNOWN)
        elif number == _SCALAR:
            _add_scalar(run, content)


def _add_scalar(run: _Run, content: bytes) -> None:
    """A point; numbers that are 0 are left out of the message."""
    key, step, value = "", 0, 0.0
    for number, _, integer, inner in fields(content):
        if number == 1:
            key = inner.decode()
        elif number == 2:
            step = signed(integer)
        elif number == 5:
            value = next((struct.unpack("<d", each)[0] for n, _, _, each in fields(inner) if n == 1), 0.0)
    if not key.startswith(_SYSTEM):
        steps, values = run.points.setdefault(key, ([], []))
        steps.append(step)
        values.append(value)


def _findings(file: LogFile, blocks: Blocks, run: _Run, found: bool) -> tuple[Finding, ...]:
    mend = "Check that the values after this place are complete, or copy the file again."
    told: Mapping[str, str] = {
        f"{file.path}: {reason} at byte {offset}; {until - offset} bytes are lost": (
            "truncated-log" if "ends inside" in reason else "damaged-log"
        )
        for offset, reason, until in blocks.damages
    }
    if run.unreadable:
        told = {**told, f"{file.path}: {run.unreadable} records cannot be understood": "unreadable-log"}
    if not found and not told:
        told = {f"{file.path}: no record of a run was written": "truncated-log"}
    return tuple(Finding(kind, message, (file.source(),), mend) for message, kind in told.items())
