"""Weights & Biases: the transaction log `run-<id>.wandb` that every run writes, synced or offline."""

import json
import struct
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path, PurePosixPath

from paperback.finding import Finding
from paperback.runs.readers.blocks import Blocks
from paperback.runs.readers.leaves import flatten, number_of
from paperback.runs.readers.log import Log, LogFile, Record
from paperback.runs.readers.wandb_record import WandbRun, without_media
from paperback.runs.run import Final, Scalar, Status
from paperback.source import Source, digest

name = "Weights & Biases"
endings = (".wandb",)
_HEADER = struct.Struct("<4sHB")
_SUMMARY = "wandb-summary.json"
_METADATA = "wandb-metadata.json"
_FACTS = {
    "os": "os", "python": "python", "program": "program", "host": "host", "gpu": "gpu",
    "cudaVersion": "cuda", "cpu_count": "cpus", "gpu_count": "gpus", "startedAt": "started",
}  # fmt: skip


def accepts(path: str, head: bytes) -> bool:
    """Whether it is a transaction log, or the summary among a run's files."""
    if path.endswith(".wandb"):
        return True
    return path.endswith(f"/files/{_SUMMARY}") or path == f"files/{_SUMMARY}"


def read(file: LogFile) -> Log:
    """One record: configuration, summary, history, status and system facts; damage is skipped and told.

    A run without an exit record was killed, or is still running.
    """
    if file.path.endswith(_SUMMARY):
        return _read_summary(file)
    if len(file.data) < _HEADER.size or file.data[:6] != b":W&B\xe1\xbe":
        message = f"{file.path}: the file does not begin like a W&B log"
        return Log(file, name, findings=(_finding("unreadable-log", message, file),))
    blocks = Blocks(file.data, _HEADER.size)
    run = WandbRun()
    unreadable = 0
    for payload in blocks:
        try:
            run.add(payload)
        except (IndexError, ValueError, struct.error, RecursionError):
            unreadable += 1
    findings = tuple(_findings(file, blocks, unreadable))
    if not run.begun:
        message = f"{file.path}: no record of a run was written"
        return Log(file, name, findings=findings or (_finding("truncated-log", message, file),))
    record, beside = _with_metadata(file, run.record(file), file.place.parent / "files")
    return Log(file, name, (record,), findings, beside)


def _findings(file: LogFile, blocks: Blocks, unreadable: int) -> Iterator[Finding]:
    if unreadable:
        message = f"{file.path}: {unreadable} records with a sound checksum cannot be understood"
        yield _finding("unreadable-log", message, file)
    for offset, reason, until in blocks.damages:
        lost = f"{until - offset} bytes are lost"
        rest = "" if until == len(file.data) else f", reading goes on at byte {until}"
        kind = "truncated-log" if "ends inside" in reason else "damaged-log"
        yield _finding(kind, f"{file.path}: {reason} at byte {offset}; {lost}{rest}", file, f"byte {offset}")


def _finding(kind: str, message: str, file: LogFile, key: str = "") -> Finding:
    mend = "Check that the values after this place are complete, or copy the file again."
    return Finding(kind, message, (file.source(key),), mend)


def _read_summary(file: LogFile) -> Log:
    """The final metrics of a run whose transaction log was not kept."""
    if any(file.place.parent.parent.glob("*.wandb")):
        return Log(file, name)
    try:
        value = json.loads(file.data.decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:
        message = f"{file.path}: not JSON: {error}"
        return Log(file, name, findings=(_finding("unreadable-log", message, file),))
    if not isinstance(value, dict):
        return Log(file, name)
    leaves = flatten(without_media(value))
    finals = {
        key: Final(number, file.source(key))
        for key, item in leaves.items()
        if not key.startswith("_") and (number := number_of(item)) is not None
    }
    facts: dict[str, Scalar] = {}
    if isinstance(leaves.get("_runtime"), (int, float)):
        facts["duration"] = leaves["_runtime"]
    home = str(PurePosixPath(file.path).parent.parent)
    record = Record(finals=finals, status=Status.UNKNOWN, home=home, facts=facts)
    record, beside = _with_metadata(file, record, file.place.parent)
    return Log(file, name, (record,), beside=beside)


def _with_metadata(file: LogFile, record: Record, folder: Path) -> tuple[Record, tuple[Source, ...]]:
    """The record with the system facts that lie in `wandb-metadata.json`, as older versions write it."""
    try:
        data = (folder / _METADATA).read_bytes()
        found = json.loads(data)
    except (OSError, ValueError, RecursionError):
        return record, ()
    if not isinstance(found, dict):
        return record, ()
    facts = {fact: found[key] for key, fact in _FACTS.items() if isinstance(found.get(key), (str, int))}
    git = found.get("git")
    commit = git.get("commit") if isinstance(git, dict) else None
    source = Source(f"{record.home}/files/{_METADATA}".lstrip("/"), digest=digest(data))
    known = record.commit or (commit if isinstance(commit, str) else None)
    return replace(record, facts={**facts, **record.facts}, commit=known), (source,)
