"""Logs as they come from busy machines, careless scripts and half-done copies."""

import json
import struct
from pathlib import Path

import pytest

from paperback.runs import Run, RunTable, read_runs
from paperback.settings import Settings
from wire import frame, part, varint


def scalar(step: int, value: float, tag: str = "loss", wall: float = 1.5e9) -> bytes:
    point = part(1, tag.encode()) + b"\x15" + struct.pack("<f", value)
    return frame(b"\x09" + struct.pack("<d", wall) + b"\x10" + varint(step) + part(5, part(1, point)))


VERSION = frame(b"\x09" + bytes(8) + part(3, b"brain.Event:2"))
# SessionLog with status START, which TensorFlow writes when training goes on from a checkpoint.
START = frame(b"\x09" + bytes(8) + b"\x10\x03" + part(7, b"\x08\x01"))
CURVE = VERSION + b"".join(scalar(step, step) for step in range(5))


def table(root: Path, files: dict[str, bytes | str]) -> RunTable:
    for path, data in files.items():
        place = root / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(data.encode() if isinstance(data, str) else data)
    return read_runs(root, Settings())


def only(root: Path, files: dict[str, bytes | str]) -> Run:
    (run,) = table(root, files).runs
    return run


EVENTS = "logs/a/events.out.tfevents.1.h"


@pytest.mark.parametrize(
    ("data", "values", "told"),
    [
        (CURVE + frame(b"", 2**63) + scalar(9, 9), [0, 1, 2, 3, 4, 9], True),
        (CURVE + frame(b"", 2**40) + scalar(9, 9), [0, 1, 2, 3, 4, 9], True),
        (CURVE + frame(part(5, part(1, b"\x0a\x01i" + part(4, bytes(5_000_000))))) + scalar(9, 9),
         [0, 1, 2, 3, 4, 9], False),
        (VERSION + scalar(0, 1, wall=2e9) + scalar(1, 2, wall=1e9), [1, 2], False),
        (CURVE + START + scalar(3, 30) + scalar(4, 40), [0, 1, 2, 3, 4, 30, 40], False),
        (VERSION + CURVE + VERSION + scalar(9, 9), [0, 1, 2, 3, 4, 9], False),
    ],
    ids=["length of 2^63", "length of 2^40", "large image", "clock goes back", "session start",
         "joined files"],
)  # fmt: skip
def test_an_event_file_of_any_kind_keeps_its_scalars(
    tmp_path: Path, data: bytes, values: list[float], told: bool
) -> None:
    """All that is whole is read in the order of logging, and only what is lost is told."""
    found = table(tmp_path, {EVENTS: data})
    assert found.runs[0].series["loss"].values.tolist() == values
    assert any(finding.kind.endswith("-log") for finding in found.findings) is told


def test_ten_thousand_tags_are_ten_thousand_series(tmp_path: Path) -> None:
    """Once each, as layers' norms are logged."""
    data = VERSION + b"".join(scalar(1, number, f"layer/{number}") for number in range(10_000))
    run = only(tmp_path, {EVENTS: data})
    assert len(run.series) == 10_000
    assert all(run.series[f"layer/{number}"].values.tolist() == [number] for number in (0, 5000, 9999))


def test_two_writers_in_one_folder_are_one_run(tmp_path: Path) -> None:
    """Files of different processes that log other tags belong together."""
    run = only(tmp_path, {EVENTS: CURVE, "logs/a/events.out.tfevents.1.h.7.1": VERSION + scalar(1, 8, "lr")})
    assert sorted(run.series) == ["loss", "lr"]


def test_a_file_of_the_version_alone_is_no_run(tmp_path: Path) -> None:
    """A writer that was opened and never used."""
    found = table(tmp_path, {EVENTS: VERSION, "logs/b/events.out.tfevents.1.h": CURVE})
    assert [run.id for run in found.runs] == ["logs/b"]


def test_a_circle_of_links_ends(tmp_path: Path) -> None:
    """A link to a folder above is not followed for ever, and no run is read twice."""
    (tmp_path / "logs").mkdir()
    (tmp_path / "logs" / "again").symlink_to(tmp_path, target_is_directory=True)
    assert len(table(tmp_path, {EVENTS: CURVE}).runs) == 1


HEADER = "step,loss,acc\n"


@pytest.mark.parametrize(
    ("path", "text", "losses"),
    [
        ("log.csv", "\ufeffstep,loss\n1,0.5\n2,0.25\n", [0.5, 0.25]),
        ("log.csv", "step,loss\r\n1,0.5\r\n2,0.25\r\n", [0.5, 0.25]),
        ("log.csv", "step;loss\n1;0,5\n2;0,25\n", [0.5, 0.25]),
        ("log.csv", "step,loss\n1,0.5\nstep,loss\n2,0.25\n", [0.5, 0.25]),
        ("log.csv", 'step,loss\n1,"1,234.5"\n2,0.25\n', [1234.5, 0.25]),
        ("log.csv", "step,loss\n1,0.5\n2,0.25\n3", [0.5, 0.25]),
        ("log.jsonl", '\ufeff{"step": 1, "loss": 0.5}\n{"step": 2, "loss": 0.25}\n', [0.5, 0.25]),
        ("log.jsonl", '{"step": 1, "loss": 0.5}\r\n{"step": 2, "loss": 0.25}\r\n', [0.5, 0.25]),
        ("log.jsonl", '{"step": 1, "loss": 0.5}\n{"step": 2, "loss": 0.25}\n{"step": 3, "lo', [0.5, 0.25]),
        ("log.jsonl", '{"step": 1, "loss": 9, "loss": 0.5}\n{"step": 2, "loss": 0.25}\n', [0.5, 0.25]),
        ("log.jsonl", '{"step": 1, "loss": 0.5}\n{"step": 2, "loss": 0.25, "late": 1}\n', [0.5, 0.25]),
        ("log.jsonl", '{"step": 1, "loss": 0.5}\n{"step": 2, "loss": "none yet"}\n', [0.5]),
    ],
    ids=["csv mark", "csv line ends", "semicolon", "header again", "thousands", "half a row", "jsonl mark",
         "jsonl line ends", "half a line", "key twice", "late key", "changed type"],
)  # fmt: skip
def test_a_table_of_any_dialect_gives_its_numbers(
    tmp_path: Path, path: str, text: str, losses: list[float]
) -> None:
    """Marks, line ends, separators, repeated headers and cut ends change no value."""
    assert only(tmp_path, {f"runs/a/{path}": text}).series["loss"].values.tolist() == losses


def test_a_checkpoint_repeats_its_history(tmp_path: Path) -> None:
    """Every checkpoint of HF's Trainer holds the history up to it; the run has each point once."""

    def state(count: int) -> str:
        rows = [{"step": step, "loss": 1 / step, "epoch": step / 4} for step in range(1, count + 1)]
        return json.dumps({"log_history": rows, "global_step": count, "max_steps": 4})

    run = only(
        tmp_path, {"out/checkpoint-2/trainer_state.json": state(2), "out/trainer_state.json": state(4)}
    )
    assert run.series["loss"].steps.tolist() == [1, 2, 3, 4]
