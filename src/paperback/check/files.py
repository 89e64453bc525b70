"""Files that are not what they were when the paper was built."""

from collections.abc import Mapping
from pathlib import Path

from paperback.finding import Finding
from paperback.source import Source


def check_files(then: Mapping[str, str], now: Mapping[str, str]) -> list[Finding]:
    """A finding for each file that was read for the paper and has changed, is gone, or is new.

    Args:
        then: Path to digest, as the ledger says.
        now: Path to digest, as the files are read now.
    """
    changed = [path for path in then if path in now and now[path] != then[path]]
    gone = [path for path in then if path not in now]
    new = [path for path in now if path not in then]
    return [
        *(_file("file-changed", path, "has changed since the paper was built") for path in changed),
        *(
            _file("file-gone", path, "was read for the paper and is not there or not read any more")
            for path in gone
        ),
        *(_file("file-new", path, "is not in the paper") for path in new),
    ]


def _file(kind: str, path: str, what: str) -> Finding:
    return Finding(kind, f"{path} {what}", (Source(Path(path).as_posix()),), "Build the paper again.")
