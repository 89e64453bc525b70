"""Schedules: a number of a step or an epoch by cases, returned or written for an optimizer."""

import textwrap
from dataclasses import replace
from pathlib import Path

import pytest
from tests.test_equations_check import TORCH

from paperback.code.equations import Derivation, establish
from paperback.code.equations.check import Verdict, verify

VALUE = "verified (value)"


def checked(folder: Path, source: str, name: str) -> tuple[Derivation, Verdict]:
    """The derivation of `name` in `source` that stands its check best, and the verdict."""
    path = folder / "schedule.py"
    path.write_text(textwrap.dedent(source))
    found = establish(path, name, root=folder, python=TORCH)
    return found.derivation, found.verdict


def altered(found: Derivation, old: str, new: str) -> str:
    """The verdict on the equation after `old` was replaced in its printed text."""
    assert any(old in line.latex for line in found.lines), found.equations
    lines = tuple(replace(line, latex=line.latex.replace(old, new)) for line in found.lines)
    return verify(replace(found, lines=lines), python=TORCH).word


RAMP = """
import math

start_steps = 40
last_step = 900
top = 3e-3
bottom = 2e-5

def rate_at(step):
    if step < start_steps:
        return top * step / start_steps
    if step > last_step:
        return bottom
    part = (step - start_steps) / (last_step - start_steps)
    assert 0 <= part <= 1
    return bottom + (top - bottom) * 0.5 * (1 + math.cos(math.pi * part))
"""


def test_arms_that_return_early_are_cases(tmp_path: Path) -> None:
    """Three branches on the step with constants of the module; a changed threshold or constant is refused."""
    found, verdict = checked(tmp_path, RAMP, "rate_at")
    assert verdict.word == VALUE, verdict
    text = " ".join(found.equations)
    assert r"\text{if } t < 40" in text
    assert r"\text{if } t > 900" in text
    assert {"the assertions of the code hold", "start_steps = 40"} <= set(found.assumptions)
    assert altered(found, "t < 40", "t < 41") == "mismatch"
    assert altered(found, "t > 900", "t > 890") == "mismatch"
    assert altered(found, r"2 \cdot 10^{-5}", r"2.1 \cdot 10^{-5}") == "mismatch"


WARM = """
import math

def set_rate(optimizer, epoch, args):
    if epoch < args.warmup_epochs:
        lr = args.lr * epoch / args.warmup_epochs
    else:
        lr = args.min_lr + args.lr * (1 + math.cos(math.pi * epoch / args.epochs))
    for group in optimizer.param_groups:
        group["lr"] = lr * group["share"] if "share" in group else lr
    return lr
"""


def test_settings_in_one_object_are_numbers(tmp_path: Path) -> None:
    """What is returned is the result; swapped arms and another threshold are refused."""
    found, verdict = checked(tmp_path, WARM, "set_rate")
    assert verdict.word == VALUE, verdict
    assert "the groups of parameters of optimizer have no share" in found.assumptions
    assert altered(found, r"t < T_{\mathrm{warmup}}", r"t > T_{\mathrm{warmup}}") == "mismatch"
    assert altered(found, r"t < T_{\mathrm{warmup}}", r"t < T") == "mismatch"


WRITTEN = """
import math

def adjust(args, optimizer, epoch, batch, batches):
    if args.gradual and epoch <= args.gradual_epochs:
        part = (batch + epoch * batches) / (args.gradual_epochs * batches)
        for group in optimizer.param_groups:
            group["lr"] = args.low + part * (args.high - args.low)
"""


def test_what_is_written_for_the_optimizer_is_the_result(tmp_path: Path) -> None:
    """Where nothing is written the rate stays what it was; a switch that hides everything is on."""
    found, verdict = checked(tmp_path, WRITTEN, "adjust")
    assert verdict.word == VALUE, verdict
    assert "args.gradual = True" in found.assumptions
    text = " ".join(found.equations)
    assert r"\eta_{\mathrm{before}} & \text{otherwise}" in text
    assert altered(found, r"\leq", "<") == "mismatch"
    assert altered(found, r"\eta_{\mathrm{before}} & \text", r"T & \text") == "mismatch"


STEPS = """
def adjust(optimizer, epoch, lr, decay=0.2, every=30):
    rate = lr * decay ** (epoch // every)
    if epoch >= 75 or not epoch > 3:
        rate /= 10
    for group in optimizer.param_groups:
        group["lr"] = rate
"""


def test_whole_defaults_may_vary(tmp_path: Path) -> None:
    """A default is one value of a number; whole division rounds down and is not taken to come out even."""
    found, verdict = checked(tmp_path, STEPS, "adjust")
    assert verdict.word == VALUE, verdict
    text = " ".join(found.equations)
    assert r"\lfloor" in text
    assert {"decay", "every"} <= {symbol.name for symbol in found.symbols}
    assert not [item for item in found.assumptions if "every" in item or "decay" in item]
    assert altered(found, "75", "76") == "mismatch"


INSIDE = """
import math

def level(step, total, low=0.1):
    part = min(step / total, 1.0)
    if 0.25 <= part < 0.75:
        return math.exp(-part) if step > 20 else low
    elif part >= 0.75:
        return low * part
    return 1.0
"""


def test_conditions_are_joined_and_nested(tmp_path: Path) -> None:
    """A comparison of three, a choice inside an arm and the smaller of two."""
    found, verdict = checked(tmp_path, INSIDE, "level")
    assert verdict.word == VALUE, verdict
    assert altered(found, "20", "22") == "mismatch"


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ("for m in milestones:\n        if step > m:\n            return 0.1\n    return 1.0", "a loop over"),
        ("if step in (30, 60):\n        return 0.1\n    return 1.0 if step > 3 else 2.0", "one of several"),
        ("for m in (3, 9):\n        if step > m:\n            break\n    return float(m)", "that is left"),
        ("seen['last'] = step\n    return 1.0 if step > 3 else 2.0", "changes what is around it"),
        ("if step > 5:\n        return\n    return 1.0", "more than numbers"),
    ],
)
def test_what_is_no_function_of_numbers_alone_has_no_equation(tmp_path: Path, body: str, reason: str) -> None:
    """Loops that are left, lists of milestones, state of the module and arms without a value fall back."""
    source = f"seen = {{}}\n\ndef factor(step, milestones):\n    {body}\n"
    found, _ = checked(tmp_path, source, "factor")
    assert found.status == "fallback", found.equations
    assert reason in found.reason


def test_groups_that_are_treated_apart_have_no_equation(tmp_path: Path) -> None:
    """One group stands for all, so nothing may depend on which it is."""
    source = """
    def adjust(optimizer, epoch, lr):
        for at, group in enumerate(optimizer.param_groups):
            group["lr"] = lr * at if epoch > 3 else lr
    """
    found, _ = checked(tmp_path, source, "adjust")
    assert found.status == "fallback"


def test_an_arm_that_is_never_taken_is_not_verified(tmp_path: Path) -> None:
    """Whether a condition that never holds stands in the code as printed, no point can tell."""
    source = """
    import math

    def factor(step):
        if step * step < -1 - step:
            return 3.0
        return math.exp(-step)
    """
    found, verdict = checked(tmp_path, source, "factor")
    assert found.equations
    assert verdict.word == "static only"
    assert verdict.reason == "an arm of a choice was never reached"
