"""Loops that carry a value become recurrences with their initial value and their rounds."""

import importlib.util
import os
import re
import sys
import textwrap
from dataclasses import replace
from pathlib import Path

import pytest

from paperback.code.equations import derive, establish, verify
from paperback.code.equations.layout import COLUMN, width

TORCH = os.environ.get("PAPERBACK_TORCH_PYTHON") or (
    sys.executable if importlib.util.find_spec("torch") else ""
)
needs_torch = pytest.mark.skipif(
    not TORCH,
    reason="torch is not installed here and PAPERBACK_TORCH_PYTHON names no interpreter that has it",
)
HEAD = "import torch\nimport torch.nn.functional as F\nfrom torch import nn\n\n\n"
BOTH = "verified (value and gradient)"
CASES: dict[str, tuple[str, str, tuple[str, ...]]] = {
    "state-space scan": (
        "scan",
        '''
        def scan(u, delta, A, B, C, D):
            """A selective scan.

            u: of shape (N, T, D)
            delta: of shape (N, T, D)
            A: of shape (D, S)
            B: of shape (N, T, S)
            C: of shape (N, T, S)
            D: of shape (D,)
            """
            n, length, width = u.shape
            decay = torch.exp(torch.einsum("btd,ds->btds", delta, A))
            drive = torch.einsum("btd,bts,btd->btds", delta, B, u)
            h = torch.zeros(n, width, A.shape[1])
            ys = []
            for t in range(length):
                h = decay[:, t] * h + drive[:, t]
                ys.append(torch.einsum("bds,bs->bd", h, C[:, t]))
            return torch.stack(ys, dim=1) + u * D
        ''',
        (r"_{0, ", r"= 1, \dots, T"),
    ),
    "generalised advantage estimation": (
        "advantages",
        '''
        def advantages(rewards, values, dones, gamma: float = 0.99, lam: float = 0.95):
            """GAE.

            rewards: of shape (T, N)
            values: of shape (T + 1, N)
            dones: of shape (T, N)
            """
            found = torch.zeros_like(rewards)
            last = 0
            for t in reversed(range(rewards.shape[0])):
                delta = rewards[t] + gamma * values[t + 1] * (1 - dones[t]) - values[t]
                last = delta + gamma * lam * (1 - dones[t]) * last
                found[t] = last
            return found
        ''',
        (r"= T, \dots, 1", "_{T + 1, "),
    ),
    "advantages with a last value apart": (
        "advantages",
        '''
        def advantages(rewards, values, dones, next_value, next_done, gamma: float = 0.99, lam: float = 0.95):
            """GAE.

            rewards: of shape (T, N)
            values: of shape (T, N)
            dones: of shape (T, N)
            next_value: of shape (N,)
            next_done: of shape (N,)
            """
            steps = rewards.shape[0]
            found = torch.zeros_like(rewards)
            last = 0
            for t in reversed(range(steps)):
                if t == steps - 1:
                    alive = 1.0 - next_done
                    following = next_value
                else:
                    alive = 1.0 - dones[t + 1]
                    following = values[t + 1]
                delta = rewards[t] + gamma * following * alive - values[t]
                found[t] = last = delta + gamma * lam * alive * last
            return found, found + values
        ''',
        (r"= T, \dots, 1", r"\text{if } t = T"),
    ),
    "long short-term memory": (
        "Memory",
        '''
        class Memory(nn.Module):
            """A recurrent layer.

            x: of shape (N, T, D)
            """

            def __init__(self, in_features: int, hidden_features: int):
                super().__init__()
                self.hidden = hidden_features
                self.inner = nn.Linear(in_features, 4 * hidden_features)
                self.outer = nn.Linear(hidden_features, 4 * hidden_features, bias=False)

            def cell(self, x, h, c):
                i, f, g, o = (self.inner(x) + self.outer(h)).chunk(4, dim=1)
                c = torch.sigmoid(f) * c + torch.sigmoid(i) * torch.tanh(g)
                return torch.sigmoid(o) * torch.tanh(c), c

            def forward(self, x):
                h = x.new_zeros(x.shape[0], self.hidden)
                c = x.new_zeros(x.shape[0], self.hidden)
                for t in range(x.shape[1]):
                    h, c = self.cell(x[:, t], h, c)
                return h
        ''',
        ("_{0, ", r"= 1, \dots, T"),
    ),
    "Cox-de Boor": (
        "bases",
        '''
        def bases(x, knots, degree: int):
            """B-spline bases.

            x: of shape (N, D)
            knots: of shape (D, K)
            """
            x = x.unsqueeze(-1)
            found = ((x >= knots[:, :-1]) & (x < knots[:, 1:])).to(x.dtype)
            for k in range(1, degree + 1):
                left = (x - knots[:, : -(k + 1)]) / (knots[:, k:-1] - knots[:, : -(k + 1)])
                right = (knots[:, k + 1 :] - x) / (knots[:, k + 1 :] - knots[:, 1:-k])
                found = left * found[:, :, :-1] + right * found[:, :, 1:]
            return found
        ''',
        ("_{0, ", r"= 1, \dots, "),
    ),
    "forward diffusion": (
        "diffused",
        '''
        def diffused(x, betas, noise):
            """All steps of a forward process.

            x: of shape (N, D)
            betas: of shape (T,)
            noise: of shape (T, N, D)
            """
            steps = []
            for t in range(betas.shape[0]):
                x = torch.sqrt(1 - betas[t]) * x + torch.sqrt(betas[t]) * noise[t]
                steps.append(x)
            return torch.stack(steps)
        ''',
        ("_{0, ", r"= 1, \dots, T"),
    ),
    "reverse diffusion": (
        "Schedule",
        '''
        class Schedule(nn.Module):
            """Denoising steps.

            x: of shape (N, D)
            predicted: of shape (T, N, D)
            noise: of shape (T, N, D)
            """

            def __init__(self, num_steps: int, low: float = 1e-4, high: float = 0.02):
                super().__init__()
                self.num_steps = num_steps
                betas = torch.linspace(low, high, num_steps)
                alphas = 1.0 - betas
                self.register_buffer("betas", betas)
                self.register_buffer("alphas", alphas)
                self.register_buffer("alphas_cumprod", torch.cumprod(alphas, dim=0))

            def step(self, x, t, predicted, noise):
                scale = self.betas[t] / torch.sqrt(1.0 - self.alphas_cumprod[t])
                mean = (x - scale * predicted) / torch.sqrt(self.alphas[t])
                return mean + torch.sqrt(self.betas[t]) * noise

            def forward(self, x, predicted, noise):
                for t in reversed(range(self.num_steps)):
                    x = self.step(x, t, predicted[t], noise[t])
                return x
        ''',
        (r"\dots, 1", r"\prod"),
    ),
}


def written(tmp_path: Path, source: str) -> Path:
    path = tmp_path / "loops.py"
    path.write_text(HEAD + textwrap.dedent(source).strip() + "\n")
    return path


@pytest.mark.parametrize("case", CASES)
def test_a_loop_is_printed_as_a_recurrence(case: str, tmp_path: Path) -> None:
    """The rule, the initial value where there is one, and the rounds stand in one line of the column."""
    name, source, fragments = CASES[case]
    found = derive(written(tmp_path, source), name, root=tmp_path)
    text = "\n".join(found.equations)
    assert r"\dots" in text, found.reason
    assert all(fragment in text for fragment in fragments), text
    plain = [re.sub(r"\\(begin|end){aligned}", "", line) for line in found.equations if "cases" not in line]
    assert max(width(row) for line in plain for row in line.split(r" \\ ")) <= COLUMN


@needs_torch
@pytest.mark.parametrize("case", CASES)
def test_a_recurrence_is_verified(case: str, tmp_path: Path) -> None:
    """Values and gradients of the loop equal those of the printed recurrence, read back."""
    name, source, _ = CASES[case]
    found = establish(written(tmp_path, source), name, root=tmp_path, python=TORCH)
    assert found.verdict.word == BOTH, found
    assert found.refused == 0


TRAPS = {
    "the initial value": ("forward diffusion", "= x_{id},", "= 2 x_{id},"),
    "the round before": ("forward diffusion", "y_{t - 1, i, d}", "y_{t - 1, i, d} x_{id}"),
    "the place of the initial value": ("generalised advantage estimation", "y_{T + 1, i}", "y_{T, i}"),
    "a number of rounds": ("generalised advantage estimation", r"t = T, \dots, 1", r"t = T, \dots, 2"),
    "itself in the same round": ("generalised advantage estimation", "y_{t + 1, i}", "y_{t, i}"),
    "the branch of the last round": ("advantages with a last value apart", "if } t = T", "if } t = 1"),
    "the state before the last": ("Cox-de Boor", "f_{Midl}", "f_{M - 1, i, d, l}"),
}


@needs_torch
@pytest.mark.parametrize("trap", TRAPS)
def test_a_wrong_recurrence_is_a_mismatch(trap: str, tmp_path: Path) -> None:
    """With one thing of it wrong, the recurrence is refused."""
    case, old, new = TRAPS[trap]
    name, source, _ = CASES[case]
    found = establish(written(tmp_path, source), name, root=tmp_path, python=TORCH).derivation
    assert any(old in line.latex for line in found.lines), found.equations
    lines = tuple(replace(line, latex=line.latex.replace(old, new)) for line in found.lines)
    assert verify(replace(found, lines=lines), python=TORCH).word == "mismatch"


REFUSED = {
    "entries chosen by the round twice": (
        "out[t] = x[t]\n        out[0] = x[t]",
        "writes to",
    ),
    "a layer in the loop": ("out[t] = self_layer(x[t])", "self_layer"),
    "left early": ("if x.sum() > t:\n            break\n        out[t] = x[t]", ""),
}


@pytest.mark.parametrize("case", REFUSED)
def test_a_loop_that_is_not_understood_gives_no_equation(case: str, tmp_path: Path) -> None:
    """The reason is told; no equation is made up."""
    body, reason = REFUSED[case]
    source = (
        'def f(x):\n    """Doc.\n\n    x: of shape (T, N)\n    """\n    out = torch.zeros_like(x)\n'
        f"    for t in range(x.shape[0]):\n        {body}\n    return out\n"
    )
    (tmp_path / "loops.py").write_text(HEAD + source)
    found = derive(tmp_path / "loops.py", "f", root=tmp_path)
    assert found.equations == ()
    assert reason in found.reason
