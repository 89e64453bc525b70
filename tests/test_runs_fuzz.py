"""Damaged logs of every format; `benchmarks/runs/fuzz.py` runs the same for as long as one likes."""

import runpy
import warnings
from pathlib import Path
from typing import Any

import pytest

from paperback.runs import READERS

FUZZ: dict[str, Any] = runpy.run_path(str(Path(__file__).resolve().parents[1] / "benchmarks/runs/fuzz.py"))
SAMPLES: dict[str, bytes] = FUZZ["samples"]()


def test_every_reader_has_a_sound_sample() -> None:
    """And reads a run from it, so that the damaged ones reach its depths."""
    readers = set()
    for path, data in SAMPLES.items():
        reader = next(reader for reader in READERS if reader.accepts(path, data[:4096]))
        readers.add(reader.name)
    assert readers == {reader.name for reader in READERS}


@pytest.mark.parametrize("path", SAMPLES)
def test_no_damage_makes_a_reader_fall(path: str) -> None:
    """Changed, cut and doubled bytes give records and findings, never an error, and never take long."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for _, reader, done, _, fallen in FUZZ["fuzz"]({path: SAMPLES[path]}, 300, 1):
            assert fallen is None, f"{reader} fell on {fallen!r}"
            assert done == 302


@pytest.mark.parametrize(
    "path", [path for path, data in SAMPLES.items() if FUZZ["below_checksums"](path, data)]
)
def test_what_checksums_guard_is_damaged_too(path: str) -> None:
    """Put together again a sound log is itself, so that the damage below is all that differs."""
    parts, join = FUZZ["below_checksums"](path, SAMPLES[path])
    again, _ = FUZZ["below_checksums"](path, join(parts))
    assert again == parts
