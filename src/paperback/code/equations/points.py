"""Points at which an equation is checked: sizes are distinct primes, inputs random of several kinds."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from paperback.code.equations import schedule_points
from paperback.code.equations.argument_names import LABELS
from paperback.code.equations.derivation import Plan
from paperback.code.equations.evaluate import EvaluationError, World, evaluate, size
from paperback.code.equations.form import Expr, Sym, walk
from paperback.code.equations.tape import leaf
from paperback.code.equations.values import Hyper, Input

SIZES = ((5, 3, 2, 7, 2, 3), (3, 5, 7, 2, 3, 2), (7, 2, 3, 5, 3, 2))
CLASSES = (2, 3, 3)
DOMAINS: tuple[tuple[str, str], ...] = (
    ("normal", "normal"),
    ("unit", "unit"),
    ("normal", "unit"),
    ("normal", "binary"),
    ("unit", "binary"),
    ("normal", "sign"),
    ("wide", "wide"),
    ("wide", "binary"),
    ("simplex", "simplex"),
    ("normal", "simplex"),
    ("unit", "simplex"),
    ("simplex", "unit"),
)
TINY = ("tiny", "tiny")
POINTS = 2
# Larger results take them over and over; a prime, so that no axis has their period.
COTANGENTS = 1021


@dataclass(frozen=True, slots=True)
class Point:
    """One check: what goes into the code, and what the symbols of the equation stand for."""

    spec: dict[str, Any]
    scalars: Mapping[str, float]
    tensors: Mapping[str, Any]
    shape_set: int
    domain: str


def points(plan: Plan, rng: np.random.Generator) -> list[Point]:
    """Points for every set of sizes and every kind of random input.

    Raises:
        EvaluationError: No sizes or hyper-parameters meet the assumptions.
    """
    found = []
    count = schedule_points.POINTS if plan.kind == "schedule" else POINTS
    for which in range(len(SIZES)):
        for domain in (*DOMAINS, TINY):
            for _ in range(count):
                found.append(_point(plan, which, domain, rng))
    return found


def _symbols(plan: Plan) -> list[str]:
    exprs: list[Expr] = [size for item in plan.inputs for size in item.sizes]
    exprs += [item.classes for item in plan.inputs if item.classes is not None]
    names = [x.name for expr in exprs for x in walk(expr) if isinstance(x, Sym)]
    names += [item.name for item in plan.hypers if item.whole]
    return list(dict.fromkeys(names))


def _point(plan: Plan, which: int, domain: tuple[str, str], rng: np.random.Generator) -> Point:
    names = _symbols(plan)
    only_classes = _only_classes(plan)
    scalars = {
        name: float(SIZES[which][at % 6]) for at, name in enumerate(n for n in names if n not in only_classes)
    }
    scalars |= {name: float(CLASSES[which]) for name in only_classes}
    _make_divisible(plan, scalars)
    _make_positive(plan, scalars)
    schedule = plan.kind == "schedule"
    scalars |= schedule_points.numbers(plan, rng) if schedule else _hypers(plan, scalars, rng)
    world = World({name: leaf(value) for name, value in scalars.items()})
    tensors = {
        item.name: _array(item, world, domain, rng)
        for item in plan.inputs
        if item.role in ("argument", "constructor", "upstream")
    }
    spec = {
        "seed": int(rng.integers(1 << 30)),
        "init": _arguments(plan, scalars, tensors, "init."),
        "call": _arguments(plan, scalars, tensors, ""),
        "cotangents": [rng.normal(size=COTANGENTS).tolist() for _ in plan.outputs],
    }
    if plan.kind == "autograd":
        spec["cotangents"] = [
            tensors[item.name].reshape(-1).tolist() for item in plan.inputs if item.role == "upstream"
        ]
    return Point(spec, scalars, tensors, which, "/".join(domain))


def _only_classes(plan: Plan) -> set[str]:
    """Class counts that are the size of no axis: few, so that equal labels occur."""
    sizes = {x.name for item in plan.inputs for s in item.sizes for x in walk(s) if isinstance(x, Sym)}
    classes = {
        x.name
        for item in plan.inputs
        if item.classes is not None
        for x in walk(item.classes)
        if isinstance(x, Sym)
    }
    return classes - sizes - {item.name for item in plan.hypers}


def _make_divisible(plan: Plan, scalars: dict[str, float]) -> None:
    for whole, part in plan.divisible:
        world = World({name: leaf(value) for name, value in scalars.items()})
        try:
            by = size(part, world)
            value = size(whole, world)
        except EvaluationError:
            continue
        if by and value % by and isinstance(whole, Sym):
            scalars[whole.name] = float(value * by)
        elif by and value % by:
            _shift_to_divide(whole, by, scalars)


def _shift_to_divide(whole: Expr, by: int, scalars: dict[str, float]) -> None:
    """Raise a size of `whole` by as little as makes it a multiple of `by`."""
    for item in walk(whole):
        for step in range(1, by):
            if not isinstance(item, Sym) or item.name not in scalars:
                break
            moved = {**scalars, item.name: scalars[item.name] + step}
            if _length(whole, moved) % by == 0:
                scalars.update(moved)
                return


def _make_positive(plan: Plan, scalars: dict[str, float]) -> None:
    """Raise sizes until no axis of the equation is empty."""
    for length in plan.positive:
        names = [item.name for item in walk(length) if isinstance(item, Sym) and item.name in scalars]
        for name in dict.fromkeys(names):
            missing = 1 - _length(length, scalars)
            raised = {**scalars, name: scalars[name] + max(0.0, missing)}
            if missing > 0 and _length(length, raised) >= 1:
                scalars.update(raised)


def _length(length: Expr, scalars: Mapping[str, float]) -> float:
    world = World({name: leaf(value) for name, value in scalars.items()})
    try:
        return float(evaluate(length, world).value)
    except EvaluationError:
        return 1.0


def _hypers(plan: Plan, scalars: Mapping[str, float], rng: np.random.Generator) -> dict[str, float]:
    real = [item for item in plan.hypers if not item.whole]
    for _ in range(50):
        found = {item.name: _near(item, rng, known=_has_default(plan, item)) for item in real}
        world = World({name: leaf(value) for name, value in {**scalars, **found}.items()})
        try:
            if all(bool(evaluate(cond, world).value) for cond in plan.conditions):
                return found
        except EvaluationError:
            return found
    raise EvaluationError("no hyper-parameters meet the assumptions")


def _has_default(plan: Plan, item: Hyper) -> bool:
    """Whether a number is a setting, or an argument for which the code has a value of its own."""
    guess = plan.guesses.get(item.source)
    return item.role != "argument" or guess is None or guess.value is not None


def _near(item: Hyper, rng: np.random.Generator, *, known: bool) -> float:
    """A number near the one by which branches were chosen; further off where the code has no default."""
    factor = rng.uniform(0.75, 1.3) if known else 4 ** rng.uniform(-1, 1)
    return float(f"{float(item.probe) * factor:.12g}")


def _array(item: Input, world: World, domain: tuple[str, str], rng: np.random.Generator) -> Any:
    shape = tuple(size(length, world) for length in item.sizes)
    if item.kind == "label":
        assert item.classes is not None
        return _labels(size(item.classes, world), shape, rng)
    if item.kind == "mask":
        return rng.integers(0, 2, size=shape).astype(bool)
    if item.role == "upstream":
        return rng.normal(size=shape)
    kind = domain[1] if item.source.removeprefix("init.") in LABELS | {"target", "y"} else domain[0]
    return draw(kind, shape, rng)


def _labels(classes: int, shape: tuple[int, ...], rng: np.random.Generator) -> Any:
    """Random classes; in every other draw each class that occurs does so at least twice."""
    count = int(np.prod(shape, dtype=int))
    if rng.integers(2):
        return rng.integers(0, classes, size=shape)
    return rng.permutation(np.arange(count) % max(1, min(classes, count // 2))).reshape(shape)


def draw(kind: str, shape: tuple[int, ...], rng: np.random.Generator) -> Any:
    """Random entries: normal, wide, tiny, unit (inside 0 and 1), binary, sign or simplex."""
    if kind == "normal":
        return rng.normal(size=shape)
    if kind == "wide":
        return 3 * rng.normal(size=shape)
    if kind == "tiny":
        return 1e-9 * rng.normal(size=shape)
    if kind == "unit":
        return rng.uniform(0.04, 0.96, size=shape)
    if kind == "binary":
        return rng.integers(0, 2, size=shape).astype(float)
    if kind == "sign":
        return 2.0 * rng.integers(0, 2, size=shape) - 1
    values = rng.uniform(0.1, 1, size=shape)
    return values / values.sum(axis=min(1, len(shape) - 1), keepdims=True) if shape else values


def _arguments(
    plan: Plan, scalars: Mapping[str, float], tensors: Mapping[str, Any], prefix: str
) -> dict[str, Any]:
    roles = ("argument", "constructor")
    by_source = {item.source: item for item in plan.inputs if item.role in roles}
    found: dict[str, Any] = {}
    for name, guess in plan.guesses.items():
        if name.startswith("init.") != bool(prefix) or guess.role == "default":
            continue
        bare = name.removeprefix("init.")
        if guess.role == "constant":
            found[bare] = {"kind": "value", "value": _plain(guess.value)}
        elif guess.role == "size":
            found[bare] = {"kind": "value", "value": int(scalars.get(guess.axes[0], 1))}
        elif guess.role == "settings":
            held = {key: _setting(plan, value, scalars) for key, value in plan.settings[name].items()}
            found[bare] = {"kind": "settings", "value": held}
        elif guess.role == "callable":
            found[bare] = {"kind": "callable"}
        elif guess.role in ("tuple", "list"):
            items = [by_source[f"{name}.{at}"] for at in range(len(guess.value))]
            found[bare] = {
                "kind": "tuple",
                "items": [_spelled(item.kind, tensors[item.name]) for item in items],
            }
        elif guess.role == "optimizer":
            found[bare] = {"kind": "optimizer", "value": schedule_points.held_by(plan, bare, scalars)}
        elif guess.role in ("real", "whole", "number"):
            key = next(item.name for item in plan.hypers if item.source == name)
            value = scalars[key]
            found[bare] = {"kind": "value", "value": int(value) if guess.role == "whole" else value}
        else:
            item = by_source[name]
            found[bare] = _spelled(item.kind, tensors[item.name])
    return found


def _spelled(kind: str, array: Any) -> dict[str, Any]:
    return {"kind": kind, "shape": list(array.shape), "data": array.reshape(-1).tolist()}


def _setting(plan: Plan, value: Any, scalars: Mapping[str, float]) -> Any:
    if not isinstance(value, Sym):
        return _plain(value)
    number = scalars.get(value.name, 1.0)
    real = any(item.name == value.name and not item.whole for item in plan.hypers)
    return number if real else int(number)


def _plain(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value
