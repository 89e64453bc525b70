"""Arguments that are settings, functions or tuples, and sizes that the code asks to be equal."""

import os
import textwrap
from pathlib import Path

import pytest

from paperback.code.equations import derive_all, establish
from paperback.code.equations.derivation import Derivation

HEAD = """
import torch
import torch.nn.functional as F
from dataclasses import dataclass
from torch import nn

"""
TORCH = os.environ.get("PAPERBACK_TORCH_PYTHON", "")
CASES = {
    "settings with the defaults of their class": (
        """
        @dataclass
        class Settings:
            width: int = 8
            alpha: float = 0.1
            bias: bool = False

        class f(nn.Module):
            def __init__(self, config: Settings):
                super().__init__()
                self.inner = nn.Linear(config.width, 4 * config.width, bias=config.bias)
                self.alpha = config.alpha

            def forward(self, x):
                return self.alpha * self.inner(x)
        """,
        r"\hat{y}_{ic} = \alpha \, i_{\theta}\left(x\right)_{ic}",
    ),
    "a tuple of tensors": (
        """
        def f(pair, b):
            a, c = pair
            return (a * b - c).mean()
        """,
        r"\mathcal{L} = \frac{1}{N} \sum_{i=1}^{N} \left(a_{i} b_{i} - c_{i}\right)",
    ),
    "a function of each entry": (
        "def f(x, activation):\n    return activation(x).sum()",
        r"\mathcal{L} = \sum_{i=1}^{N} \phi\left(x_{i}\right)",
    ),
    "a function of whole tensors": (
        "def f(criterion, pred, y_a, y_b, lam):\n"
        "    return lam * criterion(pred, y_a) + (1 - lam) * criterion(pred, y_b)",
        r"\mathcal{L} = \lambda \, \ell\left(\hat{y},\, y\right) + \left(1 - \lambda\right) \ell\left(\hat{y},\, \tilde{y}\right)",  # noqa: E501
    ),
    "sizes that the code asks to be equal": (
        "def f(x):\n    if x.shape[1] != 2:\n        raise ValueError\n    return (x[:, 0] - x[:, 1]).sum()",
        r"\mathcal{L} = \sum_{i=1}^{N} \left(x_{i, 1} - x_{i, 2}\right)",
    ),
    "sizes that an assertion asks to be equal": (
        "def f(x):\n    assert x.dim() == 2 and x.shape[1] == 2\n    return (x[:, 0] * x[:, 1]).sum()",
        r"\mathcal{L} = \sum_{i=1}^{N} x_{i, 1} x_{i, 2}",
    ),
    "labels that count the rows": (
        "def f(x):\n    return F.nll_loss(x, torch.arange(len(x)))",
        r"\mathcal{L} = -\frac{1}{N} \sum_{i=1}^{N} x_{ii}",
    ),
}  # fmt: skip


def written(tmp_path: Path, case: str) -> Path:
    path = tmp_path / "code.py"
    path.write_text(HEAD + textwrap.dedent(CASES[case][0]).strip() + "\n")
    return path


@pytest.mark.parametrize("case", CASES)
def test_what_is_no_tensor_and_no_number_is_read(case: str, tmp_path: Path) -> None:
    """Each becomes the symbols that an author would write."""
    found: list[Derivation] = list(derive_all(written(tmp_path, case), "f", root=tmp_path))
    assert (CASES[case][1],) in [item.equations for item in found], [item.equations for item in found]


@pytest.mark.skipif(not TORCH, reason="PAPERBACK_TORCH_PYTHON names no interpreter with torch")
@pytest.mark.parametrize("case", CASES)
def test_it_is_compared_with_the_code(case: str, tmp_path: Path) -> None:
    """The check calls the code with an object, a function or a tuple in its place."""
    found = establish(written(tmp_path, case), "f", root=tmp_path, python=TORCH)
    assert found.verdict.word == "verified (value and gradient)", found.verdict
