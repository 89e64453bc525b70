"""Inspect AI: an evaluation log, as a `.eval` archive or as JSON."""

import io
import json
import struct
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from contextlib import suppress
from datetime import datetime
from typing import Any

from paperback.finding import Finding
from paperback.runs.readers.inspect_items import failed_samples, item_records
from paperback.runs.readers.leaves import flatten, number_of
from paperback.runs.readers.log import Log, LogFile, Record
from paperback.runs.run import Final, Scalar, Status

name = "Inspect"
endings = (".eval",)
alone = True
_MOST = 64 * 2**20
_STORED, _DEFLATE, _ZSTD = 0, 8, 93
_LOCAL = struct.Struct("<4s5H3I2H")
_STATUS = {
    "success": Status.FINISHED,
    "error": Status.FAILED,
    "cancelled": Status.KILLED,
    "started": Status.RUNNING,
}


def accepts(path: str, head: bytes) -> bool:
    """Whether it is an archive of that name, or JSON that begins with an evaluation's status and task."""
    if path.endswith(".eval"):
        return head.startswith(b"PK\x03\x04")
    return path.endswith(".json") and b'"eval"' in head and b'"status"' in head and b'"task_id"' in head


def read(file: LogFile) -> Log:
    """One record of the evaluation: model, task and its arguments, every score's metrics; one per sample.

    An archive without a header belongs to an evaluation that is running or was killed.
    """
    samples: Any = None
    try:
        if file.path.endswith(".eval"):
            value, samples = _opened(file.data)
        else:
            value = json.loads(file.data.decode("utf-8-sig"))
            samples = value.get("samples") if isinstance(value, dict) else None
    except (ValueError, KeyError, OSError, EOFError, RecursionError, struct.error, zlib.error) as error:
        message = f"{file.path}: not a whole evaluation log: {error}"
        return Log(
            file, name, findings=(Finding("truncated-log", message, (file.source(),), "Copy it again."),)
        )
    if not isinstance(value, dict) or not isinstance(value.get("eval"), dict):
        return Log(file, name)
    record = _record(file, value)
    found = samples if isinstance(samples, list) else []
    return Log(file, name, (record, *item_records(file, found, record)), failed_samples(file, found))


def _opened(data: bytes) -> tuple[Any, list[Any]]:
    """The header of an archive, or the beginning of its journal, and what it says of the samples."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            names = {item.filename: item for item in archive.infolist()}
    except (zipfile.BadZipFile, NotImplementedError) as error:
        raise ValueError(str(error)) from error
    item = names.get("header.json") or names.get("_journal/start.json")
    if item is None:
        raise ValueError("neither header.json nor _journal/start.json is in the archive")
    return json.loads(_unpacked(data, item)), _samples(data, names)


def _samples(data: bytes, names: Mapping[str, zipfile.ZipInfo]) -> list[Any]:
    """The summaries of all samples, those of the journal, or else the samples; damaged ones are left out."""
    journal = sorted(name for name in names if name.startswith("_journal/summaries/"))
    whole = sorted(name for name in names if name.startswith("samples/"))
    for members in (["summaries.json"] if "summaries.json" in names else [], journal, whole):
        found: list[Any] = []
        for member in members:
            with suppress(ValueError, KeyError, OSError, EOFError, RecursionError, struct.error, zlib.error):
                value = json.loads(_unpacked(data, names[member]))
                found += value if isinstance(value, list) else [value]
        if found:
            return found
    return []


def _unpacked(data: bytes, item: zipfile.ZipInfo) -> bytes:
    """The content of a member, at most 64 MiB."""
    fields = _LOCAL.unpack_from(data, item.header_offset)
    start = item.header_offset + _LOCAL.size + fields[9] + fields[10]
    packed = data[start : start + item.compress_size]
    if item.file_size > _MOST:
        raise ValueError(f"{item.filename} would take {item.file_size} bytes")
    if item.compress_type == _STORED:
        return packed
    if item.compress_type == _DEFLATE:
        return zlib.decompressobj(-15).decompress(packed, _MOST)
    if item.compress_type == _ZSTD:
        return _unzstandard(packed, item.file_size)
    raise ValueError(f"{item.filename} is packed by method {item.compress_type}")


def _unzstandard(packed: bytes, size: int) -> bytes:
    """By Arrow: zipfile opens Zstandard members since Python 3.14 only."""
    import pyarrow as pa

    content: bytes = pa.input_stream(pa.BufferReader(packed), compression="zstd").read(size)
    return content


def _record(file: LogFile, value: Mapping[str, Any]) -> Record:
    evaluation = value["eval"]
    params: dict[str, Scalar] = {}
    for key in ("task", "model", "task_version", "solver"):
        params |= _plain(key, evaluation.get(key))
    for section in ("task_args", "model_args", "model_generate_config", "config", "dataset", "metadata"):
        found = evaluation.get(section)
        for key, item in flatten(found).items() if isinstance(found, dict) else ():
            if not isinstance(item, list):
                params |= _plain(f"{section}.{key}", item)
    revision = evaluation.get("revision")
    commit = revision.get("commit") if isinstance(revision, dict) else None
    return Record(
        params=params,
        finals=dict(_finals(file, value.get("results"))),
        status=_STATUS.get(str(value.get("status", "started")), Status.UNKNOWN),
        commit=commit if isinstance(commit, str) else None,
        home=file.path,
        facts=_facts(evaluation, value.get("stats")),
    )


def _plain(key: str, value: Any) -> dict[str, Scalar]:
    return {key: value} if isinstance(value, (str, int, float, bool)) else {}


def _finals(file: LogFile, results: Any) -> Iterator[tuple[str, Final]]:
    """Each score's metrics as `scorer/metric`; where epochs were reduced in several ways, with the way."""
    scores = results.get("scores") if isinstance(results, dict) else None
    found = [score for score in scores if isinstance(score, dict)] if isinstance(scores, list) else []
    names = [str(score.get("name")) for score in found]
    for score, label in zip(found, names, strict=True):
        reducer = str(score.get("reducer") or "")
        start = f"{label}[{reducer}]" if reducer and names.count(label) > 1 else label
        metrics = score.get("metrics")
        for metric, item in metrics.items() if isinstance(metrics, dict) else ():
            number = number_of(item.get("value")) if isinstance(item, dict) else None
            if number is not None:
                yield f"{start}/{metric}", Final(number, file.source(f"results.{start}.{metric}"))


def _facts(evaluation: Mapping[str, Any], stats: Any) -> dict[str, Scalar]:
    facts: dict[str, Scalar] = {}
    if isinstance(evaluation.get("created"), str):
        facts["started"] = evaluation["created"]
    times = [str(stats.get(key)) for key in ("started_at", "completed_at")] if isinstance(stats, dict) else []
    with suppress(TypeError, ValueError):
        start, end = (datetime.fromisoformat(time) for time in times)
        facts["duration"] = (end - start).total_seconds()
    return facts
