"""Jupyter notebooks: the text that their cells printed, read by the patterns that the author declares."""

import json
from collections.abc import Iterator
from typing import Any

from paperback.finding import Finding
from paperback.runs.readers.log import Log, LogFile
from paperback.runs.readers.pattern import records_of_lines, text_lines

name = "notebook"
endings = (".ipynb",)
alone = True


def accepts(path: str, head: bytes) -> bool:
    """Whether the name ends in .ipynb."""
    return path.endswith(".ipynb")


def read(file: LogFile) -> Log:
    """The runs of the printed lines, whose number is that of the line among all that was printed."""
    if not file.patterns:
        return Log(file, name)
    try:
        value = json.loads(file.data.decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:
        message = f"{file.path}: not a notebook: {error}"
        finding = Finding("unreadable-log", message, (file.source(),), "Save the notebook again.")
        return Log(file, name, findings=(finding,))
    lines = [line for text in _printed(value) for line in text_lines(text)]
    return Log(file, name, tuple(records_of_lines(file, enumerate(lines, start=1))))


def _printed(value: Any) -> Iterator[str]:
    """What each output of each code cell says as plain text."""
    cells = value.get("cells") if isinstance(value, dict) else None
    for cell in cells if isinstance(cells, list) else ():
        outputs = cell.get("outputs") if isinstance(cell, dict) else None
        for output in outputs if isinstance(outputs, list) else ():
            if isinstance(output, dict):
                data = output.get("data")
                text = output.get("text") or (data.get("text/plain") if isinstance(data, dict) else None)
                if isinstance(text, (str, list)):
                    yield text if isinstance(text, str) else "".join(str(part) for part in text)
