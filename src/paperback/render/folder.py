"""Writing into the output folder: whole files or none, and only what changed."""

import hashlib
import os
import re
import tempfile
from collections.abc import Mapping
from pathlib import Path

from paperback.errors import RenderError
from paperback.source import digest

_KEPT = "kept"


def put(path: Path, data: str | bytes) -> bool:
    """Whether `path` was written; it is not when it already holds `data`.

    Raises:
        RenderError: The place cannot be written.
    """
    content = data.encode("utf-8", "replace") if isinstance(data, str) else data
    try:
        if path.is_file() and path.read_bytes() == content:
            return False
        path.parent.mkdir(parents=True, exist_ok=True)
        _replace(path, content)
    except OSError as error:
        raise RenderError(
            f"{path}: cannot be written: {error.strerror}", mend="Choose another folder for the paper."
        ) from error
    return True


def put_all(folder: Path, files: Mapping[str, str | bytes]) -> None:
    """Writes `files`, by path relative to `folder`; files of other names are left alone."""
    for name, data in files.items():
        put(folder / name, data)


def keep_edits(folder: Path, outputs: Mapping[str, str]) -> tuple[Path, ...]:
    """Copies, below `folder/kept`, of the files that somebody edited since we wrote them.

    Args:
        folder: The folder of the paper.
        outputs: Path relative to `folder` to `digest`, as the last build left them.

    Raises:
        RenderError: A copy cannot be written.
    """
    kept = []
    for name, written in sorted(outputs.items()):
        path = folder / name
        if path.is_file() and path.resolve().is_relative_to(folder.resolve()):
            data = path.read_bytes()
            if digest(data) != written:
                kept.append(_kept(folder / _KEPT / name, data))
    return tuple(kept)


def _kept(path: Path, data: bytes) -> Path:
    """The first of `name`, `name-2`, `name-3` ... that is free or holds `data` already."""
    count, free = 1, path
    while free.exists() and free.read_bytes() != data:
        count += 1
        free = path.with_name(f"{path.stem}-{count}{path.suffix}")
    put(free, data)
    return free


def safe_name(key: str) -> str:
    """`key` as a file name, LaTeX label and HTML id that is safe; different keys stay different."""
    if re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9-]{0,79}", key):
        return key
    plain = re.sub(r"[^A-Za-z0-9]+", "-", key).strip("-")[:40]
    mark = hashlib.sha256(key.encode("utf-8", "surrogatepass")).hexdigest()[:8]
    return f"{plain}-{mark}" if plain else f"k-{mark}"


def _replace(path: Path, content: bytes) -> None:
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name[:40]}-")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
        Path(temporary).chmod(0o644)
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
