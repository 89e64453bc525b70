"""Every log format that can be read. The first reader that accepts a path reads it."""

from paperback.runs.readers import csv_log, json_lines, json_run, tensorboard
from paperback.runs.readers.log import Reader

READERS: tuple[Reader, ...] = (
    tensorboard,
    json_lines,
    json_run,
    csv_log,
)

__all__ = ["READERS"]
