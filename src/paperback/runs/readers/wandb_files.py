"""Weights & Biases: the JSON files that older versions keep beside the transaction log of a run."""

import json
from pathlib import PurePosixPath
from typing import Any

from paperback.finding import Finding
from paperback.runs.readers.leaves import flatten, number_of
from paperback.runs.readers.log import Log, LogFile, Record
from paperback.runs.readers.wandb_media import without_media
from paperback.runs.run import Final, Scalar

name = "Weights & Biases files"
_SUMMARY, _METADATA = "files/wandb-summary.json", "files/wandb-metadata.json"
_FACTS = {
    "os": "os", "python": "python", "program": "program", "host": "host", "gpu": "gpu",
    "cudaVersion": "cuda", "cpu_count": "cpus", "gpu_count": "gpus", "startedAt": "started",
}  # fmt: skip


def accepts(path: str, head: bytes) -> bool:
    """Whether it is the summary or the description of the machine among a run's files."""
    return f"/{path}".endswith((f"/{_SUMMARY}", f"/{_METADATA}"))


def read(file: LogFile) -> Log:
    """One record: system facts and commit; the summary's metrics only where the transaction log is gone."""
    is_summary = file.path.endswith(_SUMMARY)
    if is_summary and any(file.place.parent.parent.glob("*.wandb")):
        return Log(file, name)
    try:
        value = json.loads(file.data.decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:
        message = f"{file.path}: not JSON: {error}"
        finding = Finding("unreadable-log", message, (file.source(),), "Delete the file.")
        return Log(file, name, findings=(finding,))
    if not isinstance(value, dict):
        return Log(file, name)
    home = str(PurePosixPath(file.path).parent.parent)
    record = _summary(file, value, home) if is_summary else _metadata(value, home)
    return Log(file, name, (record,))


def _summary(file: LogFile, value: dict[str, Any], home: str) -> Record:
    leaves = flatten(without_media(value))
    finals = {
        key: Final(number, file.source(key))
        for key, item in leaves.items()
        if not key.startswith("_") and (number := number_of(item)) is not None
    }
    facts: dict[str, Scalar] = {}
    if isinstance(leaves.get("_runtime"), (int, float)):
        facts["duration"] = leaves["_runtime"]
    return Record(finals=finals, home=home, facts=facts)


def _metadata(value: dict[str, Any], home: str) -> Record:
    facts = {fact: value[key] for key, fact in _FACTS.items() if isinstance(value.get(key), (str, int))}
    git = value.get("git")
    commit = git.get("commit") if isinstance(git, dict) else None
    return Record(home=home, facts=facts, commit=commit if isinstance(commit, str) else None)
