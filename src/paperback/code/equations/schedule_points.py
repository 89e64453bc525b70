"""Numbers at which a schedule is checked: on both sides of each threshold, next to it and on it."""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from paperback.code.equations.derivation import Plan
from paperback.code.equations.evaluate import EvaluationError, World, evaluate
from paperback.code.equations.form import Add, Cmp, El, Expr, Fn, Mul, Num, Sym, rebuild, walk
from paperback.code.equations.lines import Lines
from paperback.code.equations.tape import leaf

# Where a comparison that is not linear in a number is looked at: whole steps and shares of them.
GRID = tuple(float(at) for at in np.geomspace(1e-3, 1e7, 31))
HALVINGS = 40
POINTS = 5


def thresholds(lines: Lines) -> tuple[Cmp, ...]:
    """Everything that the lines compare: conditions, and what is the larger or smaller of two."""
    bodies = {item.name: item.body for item in (*lines.main, *lines.where) if not item.axes}

    def written_out(expr: Expr) -> Expr:
        inner = rebuild(expr, written_out)
        return written_out(bodies[inner.name]) if isinstance(inner, El) and inner.name in bodies else inner

    found: dict[Cmp, None] = {}
    for item in lines.main:
        for part in walk(written_out(item.body)):
            if isinstance(part, Cmp):
                found.setdefault(part)
            elif isinstance(part, Fn) and part.name in ("max", "min") and len(part.args) == 2:
                found.setdefault(Cmp("<", *part.args))
    return tuple(found)


def numbers(plan: Plan, rng: np.random.Generator) -> dict[str, float]:
    """A positive number for every symbol; for each of most comparisons one is moved next to its threshold."""
    found = {item.name: _around(float(item.probe), rng) for item in plan.hypers}
    moved: set[str] = set()
    for at in rng.permutation(len(plan.thresholds)):
        chosen = plan.thresholds[int(at)]
        names = {item.name for item in walk(chosen) if isinstance(item, Sym) and item.name in found}
        free = sorted(names - moved)
        if not free or rng.integers(4) == 0:
            continue
        name = free[int(rng.integers(len(free)))]
        place = _meeting(chosen, name, found)
        if place is not None:
            found[name] = _beside(place, rng)
            moved.add(name)
    return _untied(plan, found)


def _untied(plan: Plan, found: dict[str, float]) -> dict[str, float]:
    """`found` moved off the thresholds on which rounding decides which arm is taken."""
    for chosen in plan.thresholds:
        names = sorted({item.name for item in walk(chosen) if isinstance(item, Sym) and item.name in found})
        if names and abs(_gap(chosen, found)) < 1e-9 and not _exact(chosen, found):
            found[names[0]] *= 1 + 1e-6
    return found


def _exact(chosen: Cmp, found: Mapping[str, float]) -> bool:
    """Whether both sides are free of rounding: single numbers, or whole ones without a division."""
    if all(isinstance(side, Sym | Num) for side in (chosen.left, chosen.right)):
        return True
    parts = list(walk(chosen))
    values = [found.get(item.name, 0.5) for item in parts if isinstance(item, Sym)]
    values += [float(item.value) for item in parts if isinstance(item, Num)]
    return all(map(float.is_integer, values)) and all(
        isinstance(item, Cmp | Add | Mul | Sym | Num) for item in parts
    )


def _around(value: float, rng: np.random.Generator) -> float:
    """A number of the size of `value`; every third one is whole."""
    drawn = (value or 1.0) * float(np.exp(rng.uniform(-1.0, 1.6)))
    return float(max(1, round(drawn))) if rng.integers(3) == 0 else _short(drawn)


def _beside(place: float, rng: np.random.Generator) -> float:
    moves = (place, place - 0.5, place + 0.5, place * rng.uniform(0.2, 1), place * rng.uniform(1, 1.8))
    return max(0.0, _short(moves[int(rng.integers(len(moves)))]))


def _short(value: float) -> float:
    return float(f"{value:.12g}")


def _meeting(chosen: Cmp, name: str, scalars: Mapping[str, float]) -> float | None:
    """A number for `name` where both sides of a comparison are equal; None where none is found."""

    def gap(at: float) -> float:
        return _gap(chosen, {**scalars, name: at})

    first, second, third = (gap(at) for at in (1.0, 2.0, 3.0))
    slope = second - first
    if slope and abs(third - second - slope) <= 1e-6 * abs(slope):
        place = 1 - first / slope
        return _short(place) if place >= 0 else None
    values = [gap(at) for at in GRID]
    for low, high, left, right in zip(GRID, GRID[1:], values, values[1:], strict=False):
        if left * right < 0:
            return _short(_between(gap, low, high))
    return None


def _between(gap: Callable[[float], float], low: float, high: float) -> float:
    """Where a function that changes its sign from `low` to `high` does so."""
    sign = gap(low)
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        low, high = (middle, high) if gap(middle) * sign > 0 else (low, middle)
    return high


def _gap(chosen: Cmp, scalars: Mapping[str, float]) -> float:
    """The left side less the right one; not a number where one of them has no value."""
    world = World({name: leaf(value) for name, value in scalars.items()})
    try:
        with np.errstate(all="ignore"):
            return float(evaluate(chosen.left, world).value) - float(evaluate(chosen.right, world).value)
    except EvaluationError:
        return float("nan")


def held_by(plan: Plan, optimizer: str, scalars: Mapping[str, float]) -> dict[str, Any]:
    """What the groups of parameters of an optimizer hold before the call."""
    start = f"{optimizer}."
    return {
        item.source.removeprefix(start): scalars[item.name]
        for item in plan.hypers
        if item.source.startswith(start)
    }
