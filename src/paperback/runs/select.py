"""How the reported value of a run is chosen: which step, and which of several configurations."""

import re
from dataclasses import dataclass, replace
from functools import cache
from typing import Literal

import numpy as np

from paperback.errors import SettingsError
from paperback.runs.branch import current
from paperback.runs.lexicon import SPLITS
from paperback.runs.run import Series
from paperback.settings import FILE

Sense = Literal["best", "highest", "lowest"]
StepRule = Literal["last", "mean", "best", "at"]


@dataclass(frozen=True, slots=True)
class Criterion:
    """What is looked at to choose.

    Attributes:
        metric: Canonical metric name or logged key.
        split: Its split; empty where the author names none.
        sense: `best` takes the metric's direction; `highest` and `lowest` say it.
    """

    metric: str
    split: str
    sense: Sense = "best"

    def __str__(self) -> str:
        return f"{self.sense} {self.split + ' ' if self.split else ''}{self.metric}"


@dataclass(frozen=True, slots=True)
class Protocol:
    """How a run's value is chosen; all metrics of a run come from one step.

    Attributes:
        step: `last`; `mean` of the last `count`; `best` by `by`; `at` the step `count`.
        count: How many values `mean` takes, or the step of `at`.
        by: What chooses the step, for `best`. A metric that was not logged at this step gives its nearest
            earlier value, or none; nothing is interpolated. Of equal values the earliest step counts.
        over: Settings of which the best value is taken; only the runs that have it are reported.
        over_by: What chooses among the values of `over`.
        tuning: Seeds on which they are chosen; then only the other seeds are reported. Empty chooses within
            each seed.
    """

    step: StepRule = "last"
    count: int = 1
    by: Criterion | None = None
    over: tuple[str, ...] = ()
    over_by: Criterion | None = None
    tuning: tuple[str, ...] = ()

    @property
    def is_test_selected(self) -> bool:
        """Whether the test split takes part in a choice, so that the values are optimistic."""
        return any(each is not None and each.split == "test" for each in (self.by, self.over_by))

    def __str__(self) -> str:
        return _words(self)


@cache
def _words(protocol: Protocol) -> str:
    steps = {
        "last": "last step",
        "mean": f"mean of the last {protocol.count}",
        "best": f"step of the {protocol.by}",
        "at": f"step {protocol.count}",
    }
    words = [steps[protocol.step]]
    if protocol.over_by:
        seeds = f" on the seeds {', '.join(protocol.tuning)}" if protocol.tuning else ""
        words.append(f"{', '.join(protocol.over)} of the {protocol.over_by}{seeds}")
        words += ["reported on the other seeds"] if protocol.tuning else []
    words += ["test-selected"] if protocol.is_test_selected else []
    return "; ".join(words)


LAST = Protocol()
_CLAUSE = re.compile(
    r"(?P<sense>best|highest|lowest)\s+(?P<metric>.+?)(?:\s+over\s+(?P<over>.+?))?(?:\s+on\s+seeds?\s+(?P<seeds>.+))?"
)


def parse_protocol(text: str) -> Protocol:
    """The protocol that a text such as `best val accuracy` or `last; best val loss over lr` names.

    The clauses are separated by semicolons. One without `over` chooses the step: `last`, `mean of last 5`,
    `at step 1000`, `best val accuracy`. One with `over`, such as `best val loss over lr on seeds 0, 1`,
    chooses among settings; where it stands alone, the same metric chooses the step.

    Raises:
        SettingsError: A clause is not understood; shows the forms.
    """
    protocol = LAST
    clauses = [clause.strip() for clause in text.split(";") if clause.strip()]
    for clause in clauses:
        protocol = _with_clause(protocol, clause)
    if len(clauses) == 1 and protocol.over_by:
        protocol = _changed(protocol, step="best", by=protocol.over_by)
    return protocol


def _with_clause(protocol: Protocol, clause: str) -> Protocol:
    plain = " ".join(clause.split())
    if plain in ("last", "last step"):
        return _changed(protocol, step="last")
    if found := re.fullmatch(r"mean of (?:the )?last (\d+)", plain):
        return _changed(protocol, step="mean", count=max(1, int(found[1])))
    if found := re.fullmatch(r"at step (\d+)", plain):
        return _changed(protocol, step="at", count=int(found[1]))
    found = _CLAUSE.fullmatch(plain)
    if not found or (found["seeds"] and not found["over"]):
        raise SettingsError(
            f"{FILE}: [study] select: {clause!r} is no rule",
            mend="Write last, mean of last 5, at step 1000, best val accuracy, lowest val loss, "
            "or best val accuracy over lr on seeds 0, 1.",
        )
    criterion = _criterion(found["metric"], found["sense"])
    if not found["over"]:
        return _changed(protocol, step="best", by=criterion)
    return _changed(protocol, over=_listed(found["over"]), over_by=criterion, tuning=_listed(found["seeds"]))


def _changed(protocol: Protocol, **changes: object) -> Protocol:
    return replace(protocol, **changes)  # type: ignore[arg-type]


def _listed(text: str | None) -> tuple[str, ...]:
    return tuple(part for part in re.split(r"[,\s]+", text or "") if part)


def _criterion(text: str, sense: str) -> Criterion:
    first, _, rest = text.replace(" ", "/", 1).partition("/")
    split = SPLITS.get(first.lower(), "") if rest else ""
    name = rest.strip().replace(" ", "_") if split else text.strip().replace(" ", "_")
    return Criterion(name, split, sense)  # type: ignore[arg-type]


def best_place(series: Series, *, higher: bool) -> int | None:
    """Where the best value stands, the earliest of equal ones; None where every value is NaN."""
    values = series.values if higher else -series.values
    if not len(values):
        return None
    place = int(np.argmax(values))
    if values[place] == values[place]:
        return place
    finite = np.flatnonzero(~np.isnan(values))
    return int(finite[np.argmax(values[finite])]) if len(finite) else None


def value_at(series: Series, step: int) -> tuple[float, int] | None:
    """The value at the step, or at the nearest earlier one, with its step; None where all are later."""
    points = current(series)
    place = int(np.searchsorted(points.steps, step, side="right")) - 1
    return (float(points.values[place]), int(points.steps[place])) if place >= 0 else None


def best_step(series: Series, *, higher: bool) -> int | None:
    """The step of the best value."""
    points = current(series)
    place = best_place(points, higher=higher)
    return None if place is None else int(points.steps[place])


def chosen(series: Series, protocol: Protocol, step: int | None) -> tuple[float, int] | None:
    """The value of a history, with its step, under the protocol whose `by` chose `step`."""
    if not len(series.values):
        return None
    if protocol.step == "best":
        return value_at(series, step) if step is not None else None
    points = current(series)
    if protocol.step == "at":
        found = value_at(series, protocol.count)
        return found if found is not None and found[1] == protocol.count else None
    if protocol.step == "mean":
        enough = len(points.values) >= protocol.count
        return (float(points.values[-protocol.count :].mean()), int(points.steps[-1])) if enough else None
    return float(points.values[-1]), int(points.steps[-1])
