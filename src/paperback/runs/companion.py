"""Settings files in a run's folder: `config.yaml`, `hparams.yaml`, `args.json`, `.hydra/config.yaml`."""

import json
import tomllib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from paperback.finding import Finding
from paperback.runs.readers.leaves import flatten
from paperback.runs.readers.yaml_text import read_yaml
from paperback.runs.run import Scalar
from paperback.source import Source, digest

_LIMIT = 2**20


def read_companion(root: Path, path: str) -> tuple[Mapping[str, Scalar], Source, tuple[Finding, ...]]:
    """The flattened settings of the file; none and a finding where it cannot be read."""
    try:
        data = (root / path).read_bytes()[:_LIMIT]
        value = _parse(path, data)
    except (OSError, ValueError, RecursionError) as error:
        first = str(error).split("\n", 1)[0]
        finding = Finding(
            "unreadable-log", f"{path}: settings not readable: {first}", (Source(path),), "Mend the file."
        )
        return {}, Source(path), (finding,)
    source = Source(path, digest=digest(data))
    if not isinstance(value, dict):
        return {}, source, ()
    return {key: _scalar(item) for key, item in flatten(_unwrap(value)).items()}, source, ()


def companions_of(folder: str, paths: Iterable[str]) -> list[str]:
    """The settings files that lie in the folder, or in its `.hydra` or `files`."""
    inside = (f"{folder}/", f"{folder}/.hydra/", f"{folder}/files/")
    return [path for path in paths if path[: path.rfind("/") + 1] in inside]


def _parse(path: str, data: bytes) -> Any:
    if path.endswith(".json"):
        return json.loads(data.decode("utf-8-sig"))
    if path.endswith(".toml"):
        return tomllib.loads(data.decode("utf-8-sig"))
    return read_yaml(data)


def _unwrap(value: Mapping[str, Any]) -> Mapping[str, Any]:
    """W&B writes `{key: {desc: ..., value: ...}}`, and SwanLab `sort` besides."""
    return {
        key: item["value"]
        if isinstance(item, dict) and set(item) <= {"desc", "sort", "value"} and "value" in item
        else item
        for key, item in value.items()
        if isinstance(key, str) and key not in ("wandb_version", "_wandb")
    }


def _scalar(value: Any) -> Scalar:
    if value is None or isinstance(value, (str, int, float, bool)):
        return value
    return json.dumps(value, separators=(",", ":"), default=str)
