"""Objectives that stand in a function: one that is differentiated, or the forward pass of a model."""

import os
import textwrap
from pathlib import Path

import pytest

from paperback.code.equations.derivation import Derivation
from paperback.code.objectives import establish_place, find_objectives
from paperback.code.objectives.derive import derive_objective, read_script

TORCH = os.environ.get("PAPERBACK_TORCH_PYTHON", "")
JAX = os.environ.get("PAPERBACK_JAX_PYTHON", "")
MODEL = """
import torch.nn as nn
from torch.nn import functional as F

class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.embed, self.head = nn.Embedding(5, 4), nn.Linear(4, 5)
        self.blocks = nn.ModuleList([nn.Linear(4, 4)])

    def forward(self, idx, targets=None):
        x = self.embed(idx)
        for block in self.blocks:
            x = block(x)
        if targets is not None:
            logits = self.head(x)
            loss = F.cross_entropy(logits.view(-1, logits.size(-1)), targets.view(-1))
        else:
            logits = self.head(x[:, -1])
            loss = None
        return logits, loss
"""
TRAIN = """
from model import Net

model = Net()
for x, y in batches:
    logits, loss = model(x, y)
    loss = loss / steps
    loss.backward()
"""
CLOSURE = """
import jax
import jax.numpy as jnp

def update(critic, target, batch, discount: float):
    goal = batch.rewards + discount * target.apply(batch.next)

    def critic_loss(params):
        q = critic.apply(params, batch.observations)
        return ((q - goal) ** 2).mean(), q

    value, grads = jax.value_and_grad(critic_loss, has_aux=True)(critic.params)
    return critic.apply_gradients(grads=grads)
"""


def script(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "train.py"
    path.write_text(textwrap.dedent(text).strip() + "\n")
    return path


def derived(tmp_path: Path, text: str, mark: str) -> Derivation:
    path = script(tmp_path, text)
    lines = path.read_text().splitlines()
    line = next(at for at, words in enumerate(lines, 1) if mark in words)
    return next(derive_objective(read_script(path, tmp_path), line))


def test_a_function_that_is_differentiated_sees_the_names_around_it(tmp_path: Path) -> None:
    """What the closure returns first is the objective; the other result is none."""
    found = derived(tmp_path, CLOSURE, "value_and_grad")
    assert found.name == "critic_loss"
    (line,) = found.equations
    assert line.startswith(r"\mathcal{L} = \frac{1}{N} \sum_{i=1}^{N} \left(q_{i} - ")


@pytest.mark.parametrize(
    "call", ["model.apply_gradient(critic_loss)", "jax.grad(critic_loss)(critic.params)"]
)
def test_other_spellings_are_found(call: str, tmp_path: Path) -> None:
    """A function is differentiated by every call that takes it and says so."""
    text = CLOSURE.replace("jax.value_and_grad(critic_loss, has_aux=True)(critic.params)", call)
    (found,) = find_objectives(script(tmp_path, text), tmp_path)
    assert (found.name, found.reason) == ("critic_loss", "")


def test_a_function_with_two_results_is_refused(tmp_path: Path) -> None:
    """Which of two formulas is differentiated is not guessed."""
    text = CLOSURE.replace(
        "        q = critic", "        if params is None:\n            return 0\n        q = critic"
    )
    found = derived(tmp_path, text, "value_and_grad")
    assert (found.status, found.reason) == (
        "fallback",
        "critic_loss does not end in its one return (line 13)",
    )


def test_a_loss_inside_the_forward_pass_is_read_there(tmp_path: Path) -> None:
    """The network up to its scores stays a letter; the class and the factor before the loss are told."""
    (tmp_path / "model.py").write_text(MODEL)
    found = derived(tmp_path, TRAIN, "backward")
    assert r"\log \sum" in found.equations[0]
    assert found.decided[:2] == (
        "`model(x, y)` is `Net.forward` (model.py:11)",
        "a factor before it is left out",
    )


def test_the_forward_pass_may_be_called_by_its_name(tmp_path: Path) -> None:
    """`model.forward(x, y)` is the same call; a sum over processes changes nothing in one."""
    (tmp_path / "model.py").write_text(
        MODEL.replace("        return logits", "        distributed.all_reduce(loss)\n        return logits")
    )
    found = derived(tmp_path, TRAIN.replace("model(x, y)", "model.forward(x, y)"), "backward")
    assert found.equations, found.reason
    assert any("changes nothing in one process" in words for words in found.decided)


def test_a_model_that_is_not_known_stays_a_fallback(tmp_path: Path) -> None:
    """Two classes under one name are not chosen between."""
    (tmp_path / "model.py").write_text(MODEL + "\nclass Other(Net):\n    pass\n")
    text = TRAIN.replace("import Net", "import Net, Other").replace(
        "model = Net()", "model = Net()\nmodel = Other()"
    )
    found = derived(tmp_path, text, "backward")
    assert found.reason.startswith("the loss is computed inside `model(x, y)[1]`")


@pytest.mark.skipif(not TORCH, reason="PAPERBACK_TORCH_PYTHON names no interpreter with torch")
def test_the_forward_pass_is_compared_with_the_code(tmp_path: Path) -> None:
    """The slice of the method runs in the place of the whole model."""
    (tmp_path / "model.py").write_text(MODEL)
    path = script(tmp_path, TRAIN)
    line = path.read_text().splitlines().index("    loss.backward()") + 1
    found = establish_place(path, str(line), root=tmp_path, python=TORCH)
    assert found.verdict.word == "verified (value and gradient)"


@pytest.mark.skipif(not JAX, reason="PAPERBACK_JAX_PYTHON names no interpreter with JAX")
def test_a_closure_is_compared_with_the_code(tmp_path: Path) -> None:
    """Operators alone are run under JAX, so that there is a gradient."""
    path = script(tmp_path, CLOSURE)
    line = next(at for at, words in enumerate(path.read_text().splitlines(), 1) if "value_and_grad" in words)
    found = establish_place(path, str(line), root=tmp_path, python=JAX)
    assert found.verdict.word == "verified (value and gradient)"
