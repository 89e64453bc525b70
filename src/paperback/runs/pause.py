"""Runs that stood still on the way, so that their time holds more than work."""

import re
from collections.abc import Iterator, Sequence

import numpy as np

from paperback.finding import Finding
from paperback.runs.run import Run, Series

# Keys under which the time since the beginning, or the time of day, is logged.
_CLOCK = re.compile(
    r"_?(?:t|time|times|timestamp|timestamps|wall_?time|wall_?clock(?:_time)?|elapsed(?:_time|_seconds)?|"
    r"time_elapsed|run_?time|(?:total|train|training)_time(?:_s)?|time_total_s|seconds|secs)",
    re.IGNORECASE,
)
_FEWEST = 10
# A pause is so many times the usual interval, happens at most so often, and takes so much of the whole.
_LONGER, _RARE, _SHARE = 20, 0.02, 0.1
_MOST = 3


def pauses(runs: Sequence[Run]) -> Iterator[Finding]:
    """One finding for the runs whose clock jumped far more than it usually goes on between two points.

    Evaluations and checkpoints come back, so an interval counts only where such are rare, and where all of
    them together are a tenth of the run's time or more.
    """
    found = []
    for run in runs:
        for key, series in run.series.items():
            lost = paused(series) if _CLOCK.fullmatch(re.split(r"[./]", key)[-1]) else 0.0
            if lost:
                whole = float(series.values[-1] - series.values[0])
                found.append(f"{run.id} ({lost:.6g} of {whole:.6g} by {key})")
                break
    if found:
        rest = f" and {len(found) - _MOST} more" if len(found) > _MOST else ""
        many = f"{len(found)} run{'s' if len(found) > 1 else ''}"
        yield Finding(
            "paused-run",
            f"{many} stood still on the way, and the times that they log hold the pause: "
            f"{', '.join(found[:_MOST])}{rest}",
            (),
            "Take the pause off before times are compared, or say so in the paper.",
        )


def paused(series: Series) -> float:
    """How long a clock that never goes back stood out, in its unit; 0 where it went on evenly."""
    values = series.values
    if len(values) < _FEWEST or not np.isfinite(values).all():
        return 0.0
    gaps = np.diff(values)
    usual = float(np.median(gaps))
    if (gaps < 0).any() or usual <= 0:
        return 0.0
    long = gaps > _LONGER * usual
    lost = float(gaps[long].sum() - usual * long.sum())
    rare = long.sum() <= max(1, _RARE * len(gaps))
    return lost if rare and lost >= _SHARE * float(values[-1] - values[0]) else 0.0
