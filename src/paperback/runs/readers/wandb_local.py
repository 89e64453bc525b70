"""Weights & Biases: the transaction log `run-<id>.wandb` that every run writes, synced or offline."""

import struct
from collections.abc import Iterator

from paperback.finding import Finding
from paperback.runs.readers.blocks import Blocks
from paperback.runs.readers.log import Log, LogFile
from paperback.runs.readers.wandb_message import UNREADABLE
from paperback.runs.readers.wandb_record import WandbRun

name = "Weights & Biases"
endings = (".wandb",)
alone = True
_HEADER = struct.Struct("<4sHB")


def accepts(path: str, head: bytes) -> bool:
    """Whether the name is that of a transaction log."""
    return path.endswith(".wandb")


def read(file: LogFile) -> Log:
    """One record: configuration, summary, history, status and system facts; damage is skipped and told.

    A run without an exit record was killed, or is still running.
    """
    if len(file.data) < _HEADER.size or file.data[:6] != b":W&B\xe1\xbe":
        message = f"{file.path}: the file does not begin like a W&B log"
        return Log(file, name, findings=(_finding("unreadable-log", message, file),))
    blocks = Blocks(file.data, _HEADER.size)
    run = WandbRun()
    for payload in blocks:
        try:
            run.add(payload)
        except UNREADABLE:
            run.unreadable += 1
    record = run.record(file)
    findings = tuple(_findings(file, blocks, run.unreadable))
    if not run.begun:
        message = f"{file.path}: no record of a run was written"
        return Log(file, name, findings=findings or (_finding("truncated-log", message, file),))
    return Log(file, name, (record,), findings)


def _findings(file: LogFile, blocks: Blocks, unreadable: int) -> Iterator[Finding]:
    if unreadable:
        message = f"{file.path}: {unreadable} records or values with a sound checksum cannot be understood"
        yield _finding("unreadable-log", message, file)
    for offset, reason, until in blocks.damages:
        lost = f"{until - offset} bytes are lost"
        rest = "" if until == len(file.data) else f", reading goes on at byte {until}"
        kind = "truncated-log" if "ends inside" in reason else "damaged-log"
        yield _finding(kind, f"{file.path}: {reason} at byte {offset}; {lost}{rest}", file, f"byte {offset}")


def _finding(kind: str, message: str, file: LogFile, key: str = "") -> Finding:
    mend = "Check that the values after this place are complete, or copy the file again."
    return Finding(kind, message, (file.source(key),), mend)
