"""The check: the printed LaTeX, read back, against the code run in a guarded process."""

import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

import numpy as np

from paperback.code.equations import tape
from paperback.code.equations.derivation import Derivation, Plan
from paperback.code.equations.evaluate import EvaluationError, World, evaluate
from paperback.code.equations.execute import LEAST_POINTS, CheckError, Sample, run
from paperback.code.equations.form import (
    MINUS,
    ONE,
    TWO,
    Add,
    Cases,
    Cmp,
    Expr,
    Fn,
    Mul,
    Num,
    Pow,
    ScalarFunction,
    Sym,
    Var,
    walk,
)
from paperback.code.equations.page import Page, fill, read_page
from paperback.code.equations.tape import Array, Node
from paperback.code.equations.tokens import LatexError

TOLERANCE = 1e-8
TINY = 1e-3
VERIFIED = ("verified (value and gradient)", "verified (value)")
SECONDS = 60


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a check found.

    Attributes:
        word: "verified (value and gradient)", "verified (value)", "static only", "opaque" or "mismatch".
        reason: Why it is not more, in words.
        points: Number of points at which code and equation were compared.
        error: Largest relative difference of values; `gradient_error` of gradients.
    """

    word: str
    reason: str = ""
    points: int = 0
    error: float = 0.0
    gradient_error: float = 0.0

    @property
    def printable(self) -> bool:
        """A mismatch is never printed."""
        return self.word != "mismatch"


def verify(
    derivation: Derivation, *, python: str = sys.executable, timeout: float = SECONDS, seed: int = 0
) -> Verdict:
    """Compare the printed lines with the code at random points, values and vector-Jacobian products.

    The extracted slice runs in a subprocess with limited time and memory, no environment and no network.

    Args:
        derivation: What `derive` gave.
        python: An interpreter that can import torch and what the slice imports.
        timeout: Seconds for the subprocess.
        seed: Chooses the points.
    """
    plan = derivation.plan
    if plan is None or not derivation.equations:
        return Verdict("static only", derivation.reason or "there is no equation")
    try:
        samples = run(plan, python=python, timeout=timeout, rng=np.random.default_rng(seed))
    except CheckError as error:
        return Verdict("static only", str(error))
    return compare(derivation, samples)


_U = Var("u")
_EIGHTH = Num(Fraction(1, 8))
# What the runner's stand-in for a given function does to each entry, and its derivative.
PROBE = ScalarFunction(
    "given",
    "u",
    Add((Fn("tanh", (_U,)), Mul((_EIGHTH, Pow(_U, TWO))))),
    Add((ONE, Mul((MINUS, Pow(Fn("tanh", (_U,)), TWO))), Mul((TWO, _EIGHTH, _U)))),
)


def compare(derivation: Derivation, samples: Sequence[Sample]) -> Verdict:
    """The verdict on the printed lines at the given samples."""
    plan = derivation.plan
    assert plan is not None
    try:
        page = read_page(derivation.lines, plan.notation)
    except LatexError as error:
        return Verdict("mismatch", f"the printed line cannot be read: {error}")
    return compare_page(page, derivation, samples)


def compare_page(page: Page, derivation: Derivation, samples: Sequence[Sample]) -> Verdict:
    """The verdict on lines that were read, or changed since, at the given samples."""
    plan = derivation.plan
    assert plan is not None
    ordinary = [item for item in samples if item.point.domain != "tiny/tiny"]
    tiny = [item for item in samples if item.point.domain == "tiny/tiny"]
    arms: dict[Expr, set[int]] = {}
    try:
        with np.errstate(all="ignore"):
            worst, steepest, moved, undefined = _worst(page, plan, ordinary, arms)
            verdict = _judged(derivation, ordinary, len(ordinary) - undefined, worst, steepest, moved)
            if verdict.word not in VERIFIED:
                return verdict
            worst, steepest, moved, lost = _worst(page, plan, tiny, arms)
            count = len(tiny) - lost
            small = _judged(derivation, tiny, count, worst, steepest, moved) if count else verdict
            if undefined or lost:
                small = replace(small, word="mismatch")
    except (EvaluationError, ValueError, IndexError, KeyError, FloatingPointError) as error:
        return Verdict("mismatch", f"the equation has no value: {error}", len(samples))
    if plan.kind == "schedule" and any(len(taken) < 2 for taken in arms.values()):
        return replace(verdict, word="static only", reason="an arm of a choice was never reached")
    return _with_arms(verdict, small, arms)


class Undefined(Exception):  # noqa: N818 - a property of the point, not a failure
    """The equation divides by zero where the code does not."""


class Tied(Exception):  # noqa: N818 - a property of the point, not a failure
    """No one gradient: entries are equal that are ordered or of which one is taken, or a root is zero."""


def _worst(
    page: Page, plan: Plan, samples: Sequence[Sample], arms: dict[Expr, set[int]]
) -> tuple[float, float, bool, int]:
    """Largest differences, and the number of points at which the equation is not defined.

    Raises:
        EvaluationError: It is defined at too few.
    """
    worst, steepest, moved, undefined = 0.0, 0.0, False, 0
    left = [0, 0, 0]
    unclear = False
    for sample in samples:
        try:
            value, slope, alive = _differences(page, plan, sample, arms)
        except Undefined:
            undefined += 1
            continue
        except Tied:
            unclear = True
            continue
        left[sample.point.shape_set] += 1
        worst, steepest, moved = max(worst, value), max(steepest, slope), moved or alive
    if unclear and min(left) < LEAST_POINTS and any(item.point.domain != "tiny/tiny" for item in samples):
        raise EvaluationError("entries that it puts in order are equal nearly everywhere")
    if undefined and min(left) < LEAST_POINTS and any(item.point.domain != "tiny/tiny" for item in samples):
        raise EvaluationError("it divides by zero nearly everywhere")
    return worst, steepest, moved, undefined


def _with_arms(verdict: Verdict, small: Verdict, arms: Mapping[Expr, set[int]]) -> Verdict:
    """The verdict, weaker where an arm was never taken, or the code keeps tiny numbers off zero."""
    if small.word == "mismatch":
        return replace(
            verdict, word="verified up to ε", reason="differs where norms or sums are next to zero"
        )
    idle = [choice for choice, taken in arms.items() if len(taken) < 2]
    if any(not _guards(choice) for choice in idle):
        return replace(verdict, word="static only", reason="an arm of a choice was never reached")
    if idle:
        return replace(
            verdict, word="verified up to ε", reason="a guard against tiny numbers was never reached"
        )
    return verdict


def _guards(choice: Expr) -> bool:
    """Whether a choice only keeps a number away from zero or from one by a tiny amount."""
    if isinstance(choice, Cases) and isinstance(choice.cond, Cmp):
        return _next_to_zero(choice.cond)
    if not (isinstance(choice, Fn) and choice.name in ("max", "min")):
        return False
    numbers = [float(evaluate(arg, World()).value) for arg in choice.args if _constant(arg)]
    symbols = any(isinstance(arg, Sym) for arg in choice.args)
    return symbols or any(abs(number) <= TINY or abs(1 - number) <= TINY for number in numbers)


def _next_to_zero(cond: Cmp) -> bool:
    """Whether a condition asks for exactly zero, or on which side of a tiny number something is."""
    for side in (cond.left, cond.right):
        if _constant(side):
            value = abs(float(evaluate(side, World()).value))
            return value <= TINY and (value > 0 or cond.op in ("==", "!="))
    return False


def _constant(expr: Expr) -> bool:
    return all(isinstance(part, Num | Mul | Add | Pow) for part in walk(expr))


def _judged(
    derivation: Derivation,
    samples: Sequence[Sample],
    count: int,
    worst: float,
    steepest: float,
    moved: bool,
) -> Verdict:
    tolerance = _tolerance(samples)
    if not worst <= tolerance:
        return Verdict("mismatch", f"values differ by {worst:.2g}", count, worst, steepest)
    assert derivation.plan is not None
    if derivation.plan.kind == "autograd":
        return Verdict("verified (value and gradient)", "", count, worst, worst)
    if not steepest <= tolerance:
        return Verdict("verified (value)", f"gradients differ by {steepest:.2g}", count, worst, steepest)
    if not moved:
        given = any(item.answer["gradients"] for item in samples)
        reason = "the gradient is zero everywhere" if given else "the code gives no gradient"
        return Verdict("verified (value)", reason, count, worst, steepest)
    return Verdict("verified (value and gradient)", "", count, worst, steepest)


def _tolerance(samples: Sequence[Sample]) -> float:
    return max((item.answer.get("tolerance", TOLERANCE) for item in samples), default=TOLERANCE)


def _differences(
    page: Page, plan: Plan, sample: Sample, arms: dict[Expr, set[int]]
) -> tuple[float, float, bool]:
    """Largest relative differences of values and of gradients, and whether any gradient is not zero."""
    world, leaves = _world(page, plan, sample, arms)
    outputs = [world.tensors[key] for key in page.outputs if key in world.tensors]
    expected = [_array(item) for item in sample.answer["outputs"]]
    if plan.kind == "autograd":
        gradients = sample.answer["gradients"]
        names = [item.source for item in plan.inputs if item.role == "argument" and item.kind == "real"]
        expected += [_array(gradients[name]) for name in names if name in gradients][: len(outputs) - 1]
    if len(expected) != len(outputs):
        raise EvaluationError("another number of results")
    if not all(bool(np.all(np.isfinite(node.value))) for node in outputs):
        raise Undefined
    worst = max(_difference(node.value, want) for node, want in zip(outputs, expected, strict=True))
    if world.left:
        _check_hidden(page, plan, sample, outputs)
    if world.sorted_ties and not worst <= _tolerance([sample]):
        raise Tied
    if plan.kind == "autograd":
        return worst, 0.0, True
    steepest, moved = 0.0, False
    weights = [
        np.resize(cotangent, node.value.shape)
        for node, cotangent in zip(outputs, sample.point.spec["cotangents"], strict=True)
    ]
    totals = tape.backward(outputs, weights)
    scale = max(
        [
            1e-9,
            *(
                float(np.max(np.abs(item["data"]), initial=0.0))
                for item in sample.answer["gradients"].values()
            ),
        ]
    )
    for name, item in sample.answer["gradients"].items():
        want = _array(item)
        leaf = leaves.get(name)
        got = totals.get(id(leaf), np.zeros_like(want)) if leaf is not None else np.zeros_like(want)
        gap = float(np.max(np.abs(got - want), initial=0.0)) / scale
        steepest = max(steepest, gap if np.isfinite(gap) else np.inf)
        moved = moved or bool(np.any(want != 0))
    tolerance = _tolerance([sample])
    if (world.sorted_ties or world.tied) and worst <= tolerance and not steepest <= tolerance:
        raise Tied
    return worst, steepest, moved


def _check_hidden(page: Page, plan: Plan, sample: Sample, outputs: Sequence[Node]) -> None:
    """Refuse a result that depends on entries outside an axis, which have no value."""
    world, _ = _world(page, plan, sample, {}, shifted=True)
    shifted = [world.tensors[key] for key in page.outputs if key in world.tensors]
    if any(_difference(a.value, b.value) > TOLERANCE for a, b in zip(shifted, outputs, strict=True)):
        raise EvaluationError("an index leaves its axis")


def _array(item: Mapping[str, Any]) -> Array:
    return np.asarray(item["data"], dtype=float).reshape(item["shape"])


def _difference(got: Array, want: Array) -> float:
    if got.shape != want.shape:
        if got.size != want.size or [s for s in got.shape if s != 1] != [s for s in want.shape if s != 1]:
            return np.inf
        got = got.reshape(want.shape)
    if not want.size:
        return 0.0
    scale = max(float(np.max(np.abs(want))), 1e-6)
    gap = float(np.max(np.abs(got - want))) / scale
    return gap if np.isfinite(gap) else np.inf


def _world(
    page: Page, plan: Plan, sample: Sample, arms: dict[Expr, set[int]], *, shifted: bool = False
) -> tuple[World, dict[str, Node]]:
    """What every symbol stands for, and the leaves by the name under which the code gives their gradient."""
    scalars = {name: tape.leaf(value) for name, value in sample.point.scalars.items()}
    each = {name: PROBE for name, kind in plan.callbacks.items() if kind == "each"}
    world = World(scalars, {}, {**page.functions, **each}, arms=arms, shifted=shifted)
    leaves: dict[str, Node] = {}
    for item in plan.inputs:
        if item.role == "parameter":
            array = _array(sample.answer["parameters"][item.source])
        elif item.role == "random":
            draws = sample.answer["draws"]
            if int(item.source) >= len(draws):
                continue
            array = _array(draws[int(item.source)])
        else:
            array = np.asarray(sample.point.tensors[item.name], dtype=float) + (item.kind == "label")
        node = tape.leaf(array)
        world.tensors[item.name] = node
        leaves[f"parameter {item.source}" if item.role == "parameter" else item.source] = node
    whole = {name: _called_back for name, kind in plan.callbacks.items() if kind == "whole"}
    world.opaques = {**_opaques(plan, sample.answer["calls"]), **whole}
    fill(page, world)
    return world, leaves


def _called_back(args: list[Node]) -> Node:
    """What the runner's stand-in for a given function computes of whole tensors."""
    total = tape.leaf(0.0)
    for at, arg in enumerate(args):
        wave = tape.unary("sin", tape.mul(tape.leaf(at + 1.0), arg))
        axes = tuple(range(wave.value.ndim))
        mean = tape.mul(tape.total(wave, axes), tape.leaf(1 / wave.value.size))
        total = tape.add(tape.mul(total, tape.add(mean, tape.leaf(1.7))), tape.mul(mean, tape.leaf(at + 2.0)))
    return total


def _opaques(plan: Plan, calls: Sequence[Mapping[str, Any]]) -> dict[str, Callable[[list[Node]], Node]]:
    """Recorded calls as functions that only accept the argument with which the code called them."""
    found: dict[str, Callable[[list[Node]], Node]] = {}
    seen: dict[str, int] = {}
    for item in plan.opaques:
        mine = [call for call in calls if call["path"] == item.path]
        at = seen.get(item.path, 0)
        seen[item.path] = at + 1
        if at < len(mine):
            found[item.name] = _replayed(mine[at])
    return found


def _replayed(call: Mapping[str, Any]) -> Callable[[list[Node]], Node]:
    """The call as a function of its argument, one node however often it is written.

    What the code sends back through the layer is known for one cotangent only, that of the code. Any other
    is a difference of gradients; it gives no number.
    """
    given, got = _array(call["input"]), _array(call["output"])
    sent, back = _array(call["output_cotangent"]), _array(call["input_cotangent"])
    calls: list[Node] = []

    def pulled(gradient: Array) -> Array:
        return back if _difference(gradient, sent) <= TOLERANCE else np.full_like(back, np.nan)

    def function(args: list[Node]) -> Node:
        if len(args) != 1 or _difference(args[0].value, given) > TOLERANCE:
            raise EvaluationError("a layer gets another argument than in the code")
        if calls:
            raise EvaluationError("a layer is written with two arguments and called once")
        calls.append(args[0])
        return tape.opaque(got, args[0], pulled)

    return function
