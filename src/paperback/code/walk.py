"""Which files of a repository are source code."""

import os
from collections.abc import Iterator, Sequence
from fnmatch import fnmatch
from pathlib import Path

SUFFIXES = (".py", ".ipynb")
_NOT_SOURCE = frozenset(
    {"__pycache__", "node_modules", "site-packages", "dist-packages", "build", "dist", "venv", "env", "wandb"}
)


def find_source_files(root: Path, patterns: Sequence[str] = ()) -> list[Path]:
    """Python files and notebooks below `root`, in the order of their paths.

    Hidden folders, environments, build outputs and links to folders are left out.

    Args:
        root: The repository.
        patterns: Glob patterns relative to `root`; empty means all.
    """
    found = (path for path in _walk(root) if path.suffix in SUFFIXES)
    if patterns:
        found = (path for path in found if _matches(path.relative_to(root).as_posix(), patterns))
    return sorted(found)


def _walk(root: Path) -> Iterator[Path]:
    for folder, names, files in os.walk(root, followlinks=False):
        names[:] = sorted(name for name in names if _is_source_folder(Path(folder) / name))
        yield from (Path(folder) / name for name in files)


def _is_source_folder(folder: Path) -> bool:
    if folder.name.startswith(".") or folder.name in _NOT_SOURCE or folder.name.endswith(".egg-info"):
        return False
    return not (folder / "pyvenv.cfg").exists()


def _matches(path: str, patterns: Sequence[str]) -> bool:
    # `**/` also stands for no folder at all, which fnmatch alone does not know.
    return any(
        fnmatch(path, pattern) or ("**/" in pattern and fnmatch(path, pattern.replace("**/", "")))
        for pattern in patterns
    )
