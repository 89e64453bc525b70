"""Plain text, such as what a program printed: read by the patterns that the author declares."""

from paperback.runs.readers.log import Log, LogFile
from paperback.runs.readers.pattern import records_of_lines, text_lines

name = "text"
endings = (".out", ".err")
alone = True
_SUFFIXES = (".log", ".txt", ".out", ".err")


def accepts(path: str, head: bytes) -> bool:
    """Whether the name is that of a text log and no zero byte is in its first lines."""
    return path.lower().endswith(_SUFFIXES) and b"\0" not in head


def read(file: LogFile) -> Log:
    """The runs of the lines that a pattern matches; none where no pattern is declared."""
    if not file.patterns:
        return Log(file, name)
    lines = text_lines(file.data.decode("utf-8-sig", errors="replace"))
    return Log(file, name, tuple(records_of_lines(file, enumerate(lines, start=1))))
