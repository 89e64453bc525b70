"""DVCLive: one table per metric below `plots/metrics`."""

import csv
import re

from paperback.finding import Finding
from paperback.runs.readers.leaves import make_series, number_in
from paperback.runs.readers.log import Log, LogFile, Record

name = "DVCLive"
alone = True
_PLACE = re.compile(r"^(?:(?P<home>.*)/)?(?:plots/(?:metrics|scalars)|scalars)/(?P<key>.+)\.tsv$")


def accepts(path: str, head: bytes) -> bool:
    """Whether it is a table of steps that lies where DVCLive puts it."""
    first = head.split(b"\n", 1)[0].split(b"\t")
    return _PLACE.match(path) is not None and b"step" in first


def read(file: LogFile) -> Log:
    """One record with one history, under the metric's name; folders of the name are kept."""
    match = _PLACE.match(file.path)
    reader = csv.reader(file.data.decode("utf-8-sig", errors="replace").splitlines(), delimiter="\t")
    header: list[str] = []
    steps: list[float] = []
    values: list[float] = []
    bad: list[int] = []
    try:
        for cells in reader:
            if not header:
                header = cells
                continue
            numbers = [number_in(cell) for cell in cells]
            whole = len(numbers) == len(header) and "step" in header
            step = numbers[header.index("step")] if whole else None
            if step is None or numbers[-1] is None:
                bad.append(reader.line_num)
            else:
                steps.append(step)
                values.append(numbers[-1])
    except csv.Error:
        bad.append(reader.line_num)
    if match is None or not values:
        return Log(file, name)
    key = match["key"]
    series = {key: make_series(file, key, steps, values, axis="step")}
    return Log(file, name, (Record(series=series, home=match["home"] or "."),), _told(file, bad))


def _told(file: LogFile, bad: list[int]) -> tuple[Finding, ...]:
    if not bad:
        return ()
    message = f"{file.path}:{bad[0]}: {len(bad)} rows hold no step and value, left out"
    return (Finding("unreadable-log", message, (file.source(line=bad[0]),), "Mend or delete the row."),)
