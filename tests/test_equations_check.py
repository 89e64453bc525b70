"""The printed equation against the code: what is equal is verified, what differs is never printed."""

import importlib.util
import os
import sys
import textwrap
from dataclasses import replace
from pathlib import Path

import pytest

from paperback.code.equations import Derivation, Verdict, derive, establish, verify

TORCH = os.environ.get("PAPERBACK_TORCH_PYTHON") or (
    sys.executable if importlib.util.find_spec("torch") else ""
)
pytestmark = pytest.mark.skipif(
    not TORCH,
    reason="torch is not installed here and PAPERBACK_TORCH_PYTHON names no interpreter that has it",
)
EXAMPLE = Path(__file__).parents[1] / "examples" / "thresholds"
HEAD = "import torch\nimport torch.nn.functional as F\nfrom torch import nn\n\n"
BOTH = "verified (value and gradient)"


def checked(tmp_path: Path, source: str, name: str = "loss") -> tuple[Derivation, Verdict]:
    path = tmp_path / "losses.py"
    path.write_text(HEAD + textwrap.dedent(source).strip() + "\n")
    found = derive(path, name, root=tmp_path)
    return found, verify(found, python=TORCH)


def altered(found: Derivation, old: str, new: str) -> Verdict:
    """The verdict on the equation after `old` was replaced in its printed text."""
    assert any(old in line.latex for line in found.lines), found.equations
    lines = tuple(replace(line, latex=line.latex.replace(old, new)) for line in found.lines)
    return verify(replace(found, lines=lines), python=TORCH)


@pytest.mark.parametrize(
    ("file", "name"),
    [
        ("losses.py", "SpreadBCE"), ("model.py", "ThresholdEncoding"), ("model.py", "HardStep"),
        ("model.py", "ThresholdNet"), ("model.py", "MLP"),
    ],
)  # fmt: skip
def test_the_example_is_verified(file: str, name: str) -> None:
    """Losses, custom components and forward passes of the bundled example equal their equations."""
    found = establish(EXAMPLE / file, name, root=EXAMPLE, python=TORCH)
    assert found.verdict.word == BOTH, found.verdict
    assert found.verdict.error < 1e-12
    assert found.refused == 0


def test_a_dropped_stop_gradient_is_seen(tmp_path: Path) -> None:
    """Without the stop the value is equal and the gradient is not."""
    source = """
    def loss(logits, target, gamma: float = 2.0):
        bce = F.binary_cross_entropy_with_logits(logits, target, reduction="none")
        weight = (1 - torch.exp(-bce).detach()) ** gamma
        return (weight * bce).mean()
    """
    found, verdict = checked(tmp_path, source)
    assert verdict.word == BOTH
    dropped = altered(found, r"\operatorname{sg}", "")
    assert dropped.word == "verified (value)"
    assert "gradients differ" in dropped.reason


def test_an_index_that_leaves_its_axis_is_seen(tmp_path: Path) -> None:
    """An entry that does not exist has no value, not that of its neighbour."""
    source = """
    def loss(x):
        return ((x[1:] - x[:-1]) ** 2).sum()
    """
    found, verdict = checked(tmp_path, source)
    assert verdict.word == BOTH
    beyond = altered(found, "N - 1", "N")
    assert beyond.word == "mismatch"
    assert beyond.reason.endswith("an index leaves its axis")


WIDE = """
class Net(nn.Module):
    def __init__(self, features: int):
        super().__init__()
        self.inner = nn.Linear(features, 300)
        self.outer = nn.Linear(300, 300)

    def forward(self, x):
        kept = F.relu(self.inner(x), inplace=True)
        return torch.tanh(self.outer(kept)) + self.outer(kept).detach() * kept
"""


def test_wide_layers_cost_no_jacobian(tmp_path: Path) -> None:
    """A layer that stays a letter is followed backward, however wide; a stop that is dropped is seen."""
    found, verdict = checked(tmp_path, WIDE, "Net")
    assert verdict.word == BOTH, verdict
    dropped = altered(found, r"\operatorname{sg}", "")
    assert dropped.word == "verified (value)", dropped
    assert "gradients differ" in dropped.reason


TWICE = """
class Net(nn.Module):
    def __init__(self, features: int):
        super().__init__()
        self.fc = nn.Linear(features, features)

    def forward(self, x):
        return F.gelu(self.fc(x))
"""


def test_one_call_that_is_written_twice_is_one(tmp_path: Path) -> None:
    """The line holds f(x) in two places, the code calls f once; of another argument it says nothing."""
    found, verdict = checked(tmp_path, TWICE, "Net")
    assert str(found.equations[0]).count(r"f_{\theta}") == 2
    assert verdict.word == BOTH, verdict
    plain, stop = r"\left(x\right)", r"\left(\operatorname{sg}\left(x\right)\right)"
    line = found.lines[0]
    other = replace(found, lines=(replace(line, latex=line.latex.replace(plain, stop, 1)), *found.lines[1:]))
    assert verify(other, python=TORCH).word == "mismatch"


VICREG = """
def variance(x):
    std = torch.sqrt(x.var(dim=0) + 0.0001)
    return F.relu(1 - std).mean() / 2
"""
SUPCON = """
def loss(features, labels, temperature: float = 0.07, base_temperature: float = 0.1):
    logits = features @ features.T / temperature
    logits = logits - logits.max(dim=1, keepdim=True)[0].detach()
    mask = torch.eq(labels.view(-1, 1), labels.view(1, -1)).float()
    others = 1 - torch.eye(features.shape[0])
    mask = mask * others
    log_prob = logits - torch.log((torch.exp(logits) * others).sum(1, keepdim=True))
    return -(temperature / base_temperature) * ((mask * log_prob).sum(1) / mask.sum(1)).mean()
"""
NTXENT = """
def loss(z1, z2, temperature: float = 0.5):
    n = z1.shape[0]
    z = F.normalize(torch.cat([z1, z2]), dim=1)
    sim = z @ z.T / temperature
    sim = sim.masked_fill(torch.eye(2 * n, dtype=torch.bool), float("-inf"))
    return F.cross_entropy(sim, (torch.arange(2 * n) + n) % (2 * n))
"""
COVARIANCE = """
def loss(x):
    c = x.T @ x / (x.shape[0] - 1)
    n = c.shape[0]
    return c.flatten()[:-1].view(n - 1, n + 1)[:, 1:].flatten().pow(2).sum()
"""
TRAPS = {
    "half of the variance term": (VICREG, "variance", r"\frac{1}{2 C}", r"\frac{1}{C}"),
    "the unbiased variance": (VICREG, "variance", "N - 1", "N"),
    "the second temperature": (SUPCON, "loss", r"\tau_{0} N", "N"),
    "the own pair in the denominator": (SUPCON, "loss", r"n=1,\, i \neq n", "n=1"),
    "the partner counted from zero": (NTXENT, "loss", "i + N - 1", "i + N"),
    "the place counted from zero": (NTXENT, "loss", r"2 N\right) + 1}", r"2 N\right) + 2}"),
    "the joined half": (NTXENT, "loss", r"i \leq N", "i < N"),
    "the diagonal": (COVARIANCE, "loss", r"k=1,\, c \neq k", "k=1"),
    "a flipped sign": (SUPCON, "loss", r"- \log", r"+ \log"),
    "a maximum for a sum": (COVARIANCE, "loss", r"\sum_{i=1}^{N}", r"\max_{1 \leq i \leq N}"),
}


@pytest.mark.parametrize("trap", TRAPS)
def test_a_wrong_equation_is_a_mismatch(trap: str, tmp_path: Path) -> None:
    """The right equation is verified; with one thing wrong it is refused."""
    source, name, old, new = TRAPS[trap]
    found, verdict = checked(tmp_path, source, name)
    assert verdict.word in (BOTH, "verified up to ε"), verdict
    assert verdict.printable
    wrong = altered(found, old, new)
    assert wrong.word == "mismatch", wrong
    assert not wrong.printable


def test_an_index_that_leaves_its_axis_by_the_left_hand_side_is_refused(tmp_path: Path) -> None:
    """A left-hand side that names an entry twice or leaves one out defines nothing."""
    source = "def f(x):\n    return torch.stack([x, -x], dim=1).flatten()"
    found, verdict = checked(tmp_path, source, "f")
    assert verdict.word == BOTH, verdict
    assert altered(found, "=", "= 2").word == "mismatch"


def test_code_that_guards_against_zero_is_verified_up_to_it(tmp_path: Path) -> None:
    """A cosine that clamps tiny norms equals the equation without the clamp except there."""
    _, verdict = checked(tmp_path, "def loss(a, b):\n    return F.cosine_similarity(a, b, dim=1).mean()")
    assert verdict.word == "verified up to ε"


def test_a_guard_against_an_empty_axis_is_not_printed(tmp_path: Path) -> None:
    """A mean that asks whether there are entries at all is a mean."""
    source = """
    def loss(x, y):
        losses = (x - y).abs()
        weights = torch.ones_like(losses)
        total = weights.sum()
        safe = torch.where(total == 0, torch.ones_like(total), total)
        return torch.where(total == 0, torch.zeros_like(total), (losses * weights).sum() / safe)
    """
    found, verdict = checked(tmp_path, source)
    assert verdict.word == BOTH, verdict
    assert not any("cases" in line for line in found.equations)


def test_a_root_of_zero_is_no_point_for_gradients(tmp_path: Path) -> None:
    """Where a column is constant its deviation has no gradient; elsewhere both must agree."""
    source = """
    def loss(x, target):
        return (x * target / (target.std(0) + 1e-6)).mean()
    """
    found, verdict = checked(tmp_path, source)
    assert verdict.word == BOTH, verdict
    assert altered(found, "N - 1", "N").word == "mismatch"


def test_a_piecewise_constant_function_is_verified_in_value(tmp_path: Path) -> None:
    """Where every gradient is zero, only the value was compared."""
    _, verdict = checked(tmp_path, "def f(x):\n    return (x > 0).float().mean()", "f")
    assert (verdict.word, verdict.reason) == ("verified (value)", "the gradient is zero everywhere")


def test_an_arm_that_no_point_reaches_is_not_verified(tmp_path: Path) -> None:
    """A branch beyond every point was not compared, so the equation is only static."""
    source = "def f(x):\n    return torch.where(x > 1000.0, x ** 2, x).mean()"
    _, verdict = checked(tmp_path, source, "f")
    assert (verdict.word, verdict.reason) == ("static only", "an arm of a choice was never reached")


def test_random_draws_enter_the_equation(tmp_path: Path) -> None:
    """The sample of the code's own run is what stands for the random symbol."""
    source = "def f(mu, logvar):\n    return mu + torch.exp(0.5 * logvar) * torch.randn_like(mu)"
    found, verdict = checked(tmp_path, source, "f")
    assert verdict.word == BOTH, verdict
    assert any("drawn at random" in item for item in found.assumptions)


CANNOT = {
    "a missing package": (
        "import a_package_that_is_not_there as other\n\n@other.wrapped\nclass f(nn.Module):\n"
        "    scale = other.SCALE\n    def forward(self, x):\n        return x.mean()",
        "a_package_that_is_not_there",
    ),
    "a network access": (
        "import socket\n\ndef f(x):\n    if not hasattr(torch, 'nothing'):\n        pass\n    return g(x)\n\n"
        "def g(x, s=socket.socket):\n    check_network(s)\n    return x.mean()\n\n"
        "def check_network(s):\n    s()",
        "no network in a check",
    ),
    "an endless loop": (
        "def f(x):\n    check_forever()\n    return x.mean()\n\ndef check_forever():\n    while True:\n        pass",  # noqa: E501
        "",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", CANNOT)
def test_code_that_cannot_be_run_leaves_the_equation_static(case: str, tmp_path: Path) -> None:
    """The reason is told, nothing hangs and nothing reaches the network."""
    source, reason = CANNOT[case]
    path = tmp_path / "losses.py"
    path.write_text(HEAD + source + "\n")
    found = derive(path, "f", root=tmp_path)
    assert found.equations, found.reason
    # A busy machine needs seconds to begin.
    verdict = verify(found, python=TORCH, timeout=6 if case == "an endless loop" else 60)
    assert verdict.word == "static only"
    assert reason in verdict.reason


def test_a_wrong_order_is_refused(tmp_path: Path) -> None:
    """Smallest first where the code takes the largest first is no equation of the code."""
    path = tmp_path / "losses.py"
    path.write_text(HEAD + 'def f(x):\n    """x: (N, C)"""\n    return x.topk(2, dim=1)[0].sum()\n')
    found = derive(path, "f", root=tmp_path)
    assert verify(found, python=TORCH).word == "verified (value and gradient)"
    turned = [replace(line, latex=line.latex.replace(r"\geq", r"\leq")) for line in found.lines]
    assert verify(replace(found, lines=tuple(turned)), python=TORCH).word == "mismatch"


def test_only_the_slice_is_executed(tmp_path: Path) -> None:
    """Statements of the module that the loss does not need are not run."""
    canary = tmp_path / "canary"
    source = f"open({str(canary)!r}, 'w').write('x')\n\ndef loss(x):\n    return x.square().mean()"
    _, verdict = checked(tmp_path, source)
    assert verdict.word == BOTH
    assert not canary.exists()


def test_an_interpreter_that_is_not_there_is_told(tmp_path: Path) -> None:
    """The verdict says that the interpreter cannot be started."""
    path = tmp_path / "losses.py"
    path.write_text("def loss(x):\n    return x.mean()\n")
    verdict = verify(derive(path, "loss", root=tmp_path), python=str(tmp_path / "no-python"))
    assert verdict.word == "static only"
    assert "could not be run" in verdict.reason or "cannot be started" in verdict.reason


def test_a_fallback_has_nothing_to_check(tmp_path: Path) -> None:
    """Without an equation the verdict carries the reason of the derivation."""
    found, verdict = checked(tmp_path, "def loss(x):\n    return torch.fft.fft(x)")
    assert verdict == Verdict("static only", found.reason)
