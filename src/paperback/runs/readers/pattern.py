"""Lines of text read by the author's own regular expressions, gathered into runs."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cache

from paperback.runs.lexicon import STEPS
from paperback.runs.readers.leaves import number_in, series_of_rows
from paperback.runs.readers.log import LogFile, Record
from paperback.runs.readers.recognise import is_role_name
from paperback.runs.run import Final, Scalar

_CODES = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
_LONGEST = 10_000


def text_lines(data: str) -> list[str]:
    """The lines as a terminal shows them: without colours, a progress bar in its last state."""
    plain = _CODES.sub("", data)
    return [line.rstrip("\r").rsplit("\r", 1)[-1][:_LONGEST] for line in plain.split("\n")]


def records_of_lines(file: LogFile, lines: Iterable[tuple[int, str]]) -> list[Record]:
    """The runs that the lines tell of, by the patterns that the author declares.

    Named groups are what a line says. Of a line with a step (`epoch`, `step`, ...) the numbers are one point
    of each metric's history; of one without, they are final metrics, and a later line replaces an earlier
    one. A setting (`seed`, `method`, `run`, or any text) holds for the lines that follow; where it changes,
    another run begins or goes on. Lines with a `rank` other than 0 are left out: every process prints them.
    """
    runs = [_Run()]
    current = runs[0]
    patterns = _compiled(file.patterns)
    for number, line in lines:
        for pattern in patterns:
            if (match := pattern.search(line)) is None:
                continue
            found = {key: value for key, value in match.groupdict().items() if value is not None}
            if number_in(found.pop("rank", "0")) != 0:
                continue
            settings = {key: value for key, value in found.items() if _is_setting(key, value)}
            current = _with_settings(runs, current, settings)
            current.add(file, number, {k: v for k, v in found.items() if k not in settings})
    found_runs = [run for run in runs if run.rows or run.finals]
    return [run.record(file, "" if len(found_runs) == 1 else str(run.line)) for run in found_runs]


@dataclass(slots=True)
class _Run:
    line: int = 0
    params: dict[str, Scalar] = field(default_factory=dict)
    rows: list[dict[str, float]] = field(default_factory=list)
    finals: dict[str, Final] = field(default_factory=dict)

    def add(self, file: LogFile, line: int, found: dict[str, str]) -> None:
        numbers = {key: number for key, value in found.items() if (number := number_in(value)) is not None}
        if numbers and not self.line:
            self.line = line
        if any(key.lower() in STEPS for key in numbers):
            self.rows.append(numbers)
        else:
            self.finals |= {key: Final(number, file.source(key, line)) for key, number in numbers.items()}

    def record(self, file: LogFile, name: str) -> Record:
        return Record(name, self.params, self.finals, series_of_rows(file, self.rows))


def _is_setting(key: str, value: str) -> bool:
    return is_role_name(key) or key == "run" or number_in(value) is None


def _with_settings(runs: list[_Run], current: _Run, settings: dict[str, str]) -> _Run:
    """The run to which the settings belong: the current one, one that was there before, or a new one."""
    if all(current.params.get(key, value) == value for key, value in settings.items()):
        current.params |= settings
        return current
    wanted = {**current.params, **settings}
    for run in runs:
        if run.params == wanted:
            return run
    runs.append(_Run(params=wanted))
    return runs[-1]


@cache
def _compiled(patterns: Sequence[str]) -> tuple[re.Pattern[str], ...]:
    return tuple(re.compile(pattern) for pattern in patterns)
