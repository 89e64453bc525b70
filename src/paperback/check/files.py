"""Files that are not what they were when the paper was built."""

from collections.abc import Mapping
from pathlib import Path

from paperback.finding import Finding
from paperback.freshness import last_stamp
from paperback.source import Source, digest


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


def check_outputs(out: Path) -> list[Finding]:
    """A finding for the page or the PDF in `out` that is not as the build left it.

    Words typed into them stand nowhere else; edits of the LaTeX project are judged number by number.
    """
    stamp = last_stamp(out)
    left = stamp.outputs if stamp else {}
    return [
        Finding(
            "output-edited", f"{name} is not as the build left it", (Source(name),), "Build the paper again."
        )
        for name in ("main.html", "main.pdf")
        if name in left and (out / name).is_file() and digest((out / name).read_bytes()) != left[name]
    ]


def _file(kind: str, path: str, what: str) -> Finding:
    return Finding(kind, f"{path} {what}", (Source(Path(path).as_posix()),), "Build the paper again.")
