"""Two methods weighed by designs (c) to (g): one value for all of them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, cast

from paperback.errors import EvidenceError, near_miss
from paperback.evidence.quantity import Quantity, Recipe
from paperback.source import Source

_NOTHING: Mapping[str, float] = MappingProxyType({})
_IN_UNIT = ("gain", "low", "high", "a", "b")
FIGURES = (*_IN_UNIT, "n", "p", "p_adjusted", "level")


@dataclass(frozen=True, slots=True)
class Assessment:
    """A against B, in the unit that the design has.

    Attributes:
        design: Letter of the decision table, `c` to `g`.
        method: A, as logged.
        over: B, as logged.
        dataset: As logged; empty where the design speaks of several, or the study has no such role.
        unit: What is counted: `item`, `cluster`, `run per task`, `run`, `trial`.
        n: How many units carry the statement.
        estimator: What `a`, `b` and `gain` are, in words.
        a: Estimate of A.
        b: Estimate of B.
        gain: Positive when A is better; in the metric's unit, or a share where `estimator` says so;
            None where nothing can be estimated.
        low: Lower end of its interval; None without one.
        high: Upper end.
        level: Coverage of the interval.
        interval: Its method, or why there is none.
        test: The test, or `none: ` and why none was made.
        p: Two-sided; None without a test.
        p_adjusted: After the correction.
        correction: `Holm over 3 data sets`, or empty.
        figures: What this design besides reports, by name, such as `only_a` and `discordant` of design (c).
        refusal: Why the design allows no conclusion; empty where it does.
        needed: What would allow or decide one; empty where it is decided.
        warnings: What a careful reader must know.
        asked: What was asked for, as JSON values; enough to make it again.
        value_unit: Unit of the metric, as logged.
        sources: The files that entered.
    """

    design: str
    method: str
    over: str
    dataset: str
    unit: str
    n: int
    estimator: str
    a: float | None = None
    b: float | None = None
    gain: float | None = None
    low: float | None = None
    high: float | None = None
    level: float = 0.95
    interval: str = "none"
    test: str = "none"
    p: float | None = None
    p_adjusted: float | None = None
    correction: str = ""
    figures: Mapping[str, float] = field(default_factory=lambda: _NOTHING)
    refusal: str = ""
    needed: str = ""
    warnings: tuple[str, ...] = ()
    asked: Mapping[str, Any] = field(default_factory=dict)
    value_unit: str = ""
    sources: tuple[Source, ...] = ()

    def quantity(self, name: str) -> Quantity:
        """One of its numbers, of `figures` too, with the recipe that recomputes it.

        Raises:
            EvidenceError: It has no such number, or none here; says why.
        """
        if name in self.figures:
            value: float | None = self.figures[name]
        elif name in FIGURES:
            value = cast("float | None", getattr(self, name))
        else:
            known = (*FIGURES, *self.figures)
            raise EvidenceError(f"design ({self.design}) has no number {name!r}", mend=near_miss(name, known))
        if value is None:
            raise EvidenceError(
                f"{self.method} against {self.over} has no {name}: {self.refusal or self.test}",
                mend="Say why instead.",
            )
        unit = self.value_unit if name in _IN_UNIT else ""
        return Quantity(float(value), Recipe("assessment", name, dict(self.asked)), unit, self.sources)
