"""Which graphs are drawn, in which order, and why: first what the design needs, then what a claim needs."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from paperback.errors import SettingsError, near_miss
from paperback.settings import FILE, Settings
from paperback.story.budget import best_of_trials
from paperback.story.curves import learning_curves
from paperback.story.graph import AnyGraph
from paperback.story.pareto import pareto
from paperback.story.pooled import aggregates, improvements, profiles
from paperback.story.predictions import confusion_matrix, reliability_diagram
from paperback.story.ranks import rank_diagram
from paperback.story.scaling import scaling
from paperback.story.sensitivity import sensitivity
from paperback.story.strips import run_strips
from paperback.story.view import Drawn, Omitted, View


@dataclass(frozen=True, slots=True)
class Planned:
    """One graph that was thought of.

    Attributes:
        key: Its key.
        shown: Whether it is drawn.
        why: Why it stands where it does, or why it is left out; one phrase for the author.
    """

    key: str
    shown: bool
    why: str


def _ranks(view: View) -> Drawn:
    found = rank_diagram(view.table, view.study, view.settings)
    return found or Omitted("fewer than three methods or six data sets, or no test between them")


def _learning(view: View) -> Drawn:
    found = learning_curves(view.table, view.study, view.settings)
    return found or Omitted("no run has a history of at least three steps")


# Every graph by its key, in the order in which they are drawn where neither design nor claim speaks.
GRAPHS: Mapping[str, Callable[[View], Drawn]] = {
    "average-ranks": _ranks,
    "runs": run_strips,
    "aggregates": aggregates,
    "learning-curves": _learning,
    "improvement": improvements,
    "scaling": scaling,
    "pareto": pareto,
    "best-of-n": best_of_trials,
    "sensitivity": sensitivity,
    "performance-profiles": profiles,
    "reliability": reliability_diagram,
    "confusion": confusion_matrix,
}
# Letter of the decision table to the graphs that show its unit.
_DESIGNS: Mapping[str, tuple[str, ...]] = {
    "a": ("runs",),
    "b": ("average-ranks", "runs"),
    "c": ("reliability", "confusion"),
    "d": ("reliability", "confusion"),
    "e": ("aggregates", "performance-profiles", "improvement"),
    "f": ("learning-curves",),
    "g": ("best-of-n", "sensitivity"),
}
_CLAIMS: Mapping[str, tuple[str, ...]] = {
    "better": ("improvement",),
    "not worse than": ("improvement",),
    "equivalent": ("runs",),
    "best of": ("average-ranks", "aggregates"),
    "reaches with fewer steps": ("learning-curves",),
}


def plan_graphs(view: View) -> tuple[tuple[AnyGraph, ...], tuple[Planned, ...]]:
    """The graphs in the order of print, as many as the author allows, and what became of every other.

    What the author asks for by name comes first, then what shows the unit of the design, then what a declared
    claim speaks of, then the rest. A graph that the evidence does not carry takes no place.

    Raises:
        SettingsError: paperback.toml asks for a graph that does not exist.
    """
    _check(view.settings)
    drawn: list[AnyGraph] = []
    plan: list[Planned] = []
    for key, why in _order(view).items():
        if len(drawn) >= view.settings.graphs:
            plan.append(Planned(key, False, "no room: raise [story] graphs, or name it in [story] show"))
            continue
        made = GRAPHS[key](view)
        if isinstance(made, Omitted):
            plan.append(Planned(key, False, made.why))
        else:
            drawn.append(made)
            plan.append(Planned(key, True, f"{made.why}; {why}"))
    return tuple(drawn), tuple(plan)


def _order(view: View) -> dict[str, str]:
    """Every key once, with the reason for its place."""
    reasons = dict.fromkeys(view.settings.show, "asked for in [story] show")
    for key in _DESIGNS.get(view.letter, ()):
        reasons.setdefault(key, f"shows the unit of design ({view.letter})")
    for claim in view.settings.claims:
        for key in _CLAIMS.get(claim.kind, ()):
            reasons.setdefault(key, f"serves the declared claim {claim.kind!r}")
    for key in GRAPHS:
        reasons.setdefault(key, "adds what the graphs before it do not show")
    return {key: why for key, why in reasons.items() if key in GRAPHS}


def _check(settings: Settings) -> None:
    for key in settings.show:
        if key not in GRAPHS:
            raise SettingsError(
                f"{FILE}: [story] show names {key!r}, which is no graph", mend=near_miss(key, GRAPHS)
            )
