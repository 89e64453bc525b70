"""Forms of code that equations are read from; each is equal to the code, and one wrong sign is refused."""

import importlib.util
import os
import sys
import textwrap
from dataclasses import replace
from pathlib import Path

import pytest

from paperback.code.equations import derive_all, establish, verify

TORCH = os.environ.get("PAPERBACK_TORCH_PYTHON") or (
    sys.executable if importlib.util.find_spec("torch") else ""
)
HEAD = "import platform\nimport torch\nimport torch.nn.functional as F\nfrom torch import Tensor, nn\n\n"

# The code, what one of the printed lines holds, and the same with one thing wrong.
CASES = {
    "data that the code refuses": (
        """
        def f(x, y):
            if y.max() > x.mean():
                raise ValueError("too large")
            return (x - 3 * y).sum()
        """,
        "3",
        "2",
    ),
    "labels of which none is below zero": (
        """
        def f(logits, labels):
            known = labels >= 0
            if not known.all():
                logits = logits[known]
            return -logits.gather(1, labels.view(-1, 1)).mean()
        """,
        r"-\frac{1}{N}",
        r"\frac{1}{N}",
    ),
    "a list by its annotation": (
        """
        def f(maps: list[Tensor], weight: float = 0.5):
            total = torch.zeros(1)
            for one in maps:
                total = total + weight * one.square().mean()
            return total.sum()
        """,
        r"^{2} +",
        r"^{2} -",
    ),
    "lists by their use": (
        """
        def f(real, fake):
            total = 0.0
            for one, other in zip(real, fake):
                total += (one - other).abs().mean()
            return total
        """,
        " + ",
        " - ",
    ),
    "a target without gradient": (
        """
        def f(x, y):
            y.requires_grad = False
            return (x * y).sum()
        """,
        r"\operatorname{sg}\left(y_{i}\right)",
        r"\left(-y_{i}\right)",
    ),
    "a parameter that is not trained": (
        """
        class Centre(nn.Module):
            def __init__(self, width: int):
                super().__init__()
                self.c = nn.Parameter(torch.randn(width))
                self.c.requires_grad = False

            def forward(self, x):
                return torch.clamp(x - self.c, max=float("inf"))

        class f(nn.Module):
            def __init__(self, width: int):
                super().__init__()
                self.centre = Centre(width)

            def forward(self, x):
                return self.centre(x).pow(2).sum()
        """,
        "- c",
        "+ c",
    ),
    "a copy that is changed": (
        """
        def f(x):
            kept = x.clone()
            kept[x > 0] = 0
            return (x * x + kept).sum()
        """,
        "> 0",
        "< 0",
    ),
    "entries that are not zero": (
        """
        def f(x, y):
            return ((y != 0) * x).sum()
        """,
        r"\neq 0",
        "> 0",
    ),
    "the old arguments of a loss": (
        """
        class f(nn.Module):
            def __init__(self):
                super().__init__()
                self.loss = nn.MSELoss(reduce=False)

            def forward(self, x, y):
                return self.loss(x, y)
        """,
        r"y_{i}",
        r"2 y_{i}",
    ),
    "the old argument that sums": (
        "def f(x, y):\n    return F.mse_loss(x, y, size_average=False)",
        r"\sum_{i=1}^{N}",
        r"\frac{1}{N} \sum_{i=1}^{N}",
    ),
    "a function that may be left out": (
        """
        def f(x, activation=None):
            if activation is not None:
                x = activation(x)
            return x.sum()
        """,
        r"\phi\left(",
        r"2 \phi\left(",
    ),
    "targets that are counts": (
        """
        class f(nn.Module):
            def __init__(self):
                super().__init__()
                self.nll_loss = nn.PoissonNLLLoss()

            def forward(self, rate, targets):
                return self.nll_loss(rate, targets)
        """,
        "y_{i}",
        r"\left(y_{i} - 1\right)",
    ),
    "settings by their use": (
        """
        class f(nn.Module):
            def __init__(self, c):
                super().__init__()
                self.alpha = c.loss_alpha

            def forward(self, x):
                return self.alpha * x.sum()
        """,
        r"\sum",
        r"-\sum",
    ),
    "rows that a permutation chooses": (
        """
        def f(x, idx_perm, lam: float = 0.3):
            return lam * x + (1 - lam) * x[idx_perm]
        """,
        r"1 - \lambda",
        r"1 + \lambda",
    ),
    "axes called by a letter and its capital": (
        '''
        def f(first, second):
            """Masks that overlap.

            Args:
                first: of shape (N, n)
                second: of shape (M, n)
            """
            return first @ second.T - first.sum(1, keepdim=True)
        ''',
        r"\sum_{p=1}^{P}",
        r"2 \sum_{p=1}^{P}",
    ),
    "numbers on both sides of a threshold": (
        """
        def f(x: float, y: float, weights: Tensor):
            gap = torch.abs(torch.as_tensor(x - y))
            return weights.sum() * torch.where(gap > 0.5, gap - 0.25, gap * gap)
        """,
        "- ",
        "+ ",
    ),
    "a product over named axes": (
        """
        class f(nn.Module):
            def __init__(self, width: int):
                super().__init__()
                self.w = nn.Parameter(torch.Tensor(width, width))
                nn.init.normal_(self.w)

            def forward(self, x):
                return torch.tensordot(x, self.w, dims=([-1], [0]))
        """,
        r"w_{kc}",
        r"w_{ck}",
    ),
    "constants that functions make": (
        """
        def least():
            return OFFSET + 1

        SCALE = float(least())
        LOWER, OFFSET = (number for number in (1, 2))

        def f(x):
            return (x * OFFSET).sum() - LOWER
        """,
        "- 1",
        "+ 1",
    ),
    "entries by a made name": (
        """
        def f(x, y):
            found = {"all": (x * y).sum()}
            for at in range(2):
                found[f"part {at}"] = at * x.sum() - y.sum()
            return found
        """,
        r"x^{\top} y",
        r"-x^{\top} y",
    ),
}  # fmt: skip


def written(tmp_path: Path, case: str) -> Path:
    path = tmp_path / "code.py"
    path.write_text(HEAD + textwrap.dedent(CASES[case][0]).strip() + "\n")
    return path


@pytest.mark.parametrize("case", CASES)
def test_a_form_is_read(case: str, tmp_path: Path) -> None:
    """There is an equation for it."""
    found = next(derive_all(written(tmp_path, case), "f", root=tmp_path))
    assert found.equations, found.reason


@pytest.mark.skipif(not TORCH, reason="PAPERBACK_TORCH_PYTHON names no interpreter with torch")
@pytest.mark.parametrize("case", CASES)
def test_it_equals_the_code_and_a_wrong_one_does_not(case: str, tmp_path: Path) -> None:
    """Value and gradient agree; after one change of the printed text they do not."""
    found = establish(written(tmp_path, case), "f", root=tmp_path, python=TORCH)
    assert found.verdict.word == "verified (value and gradient)", (found.verdict, found.derivation)
    _, old, new = CASES[case]
    lines = found.derivation.lines
    assert any(old in line.latex for line in lines), found.derivation.equations
    wrong = tuple(replace(line, latex=line.latex.replace(old, new, 1)) for line in lines)
    assert verify(replace(found.derivation, lines=wrong), python=TORCH).word == "mismatch"


def test_a_condition_on_numbers_is_printed_as_it_is(tmp_path: Path) -> None:
    """A comparison of two numbers is a condition, and no number that could differ from zero."""
    code = "import numpy as np\n\ndef f(x: float, y: float):\n    return np.where(x > y, x - y, 0.0)\n"
    (tmp_path / "code.py").write_text(code)
    found = next(derive_all(tmp_path / "code.py", "f", root=tmp_path))
    assert found.equations == (
        r"\mathcal{L} = \begin{cases} x - y & \text{if } x > y \\ 0 & \text{otherwise} \end{cases}",
    )


def test_a_list_of_layers_of_unknown_length_is_no_empty_list(tmp_path: Path) -> None:
    """A loop in the constructor fills it, so that the output is not the input."""
    (tmp_path / "code.py").write_text(
        """
from torch import nn


class f(nn.Module):
    def __init__(self, widths):
        super().__init__()
        self.layers = nn.ModuleList()
        for before, after in zip(widths, widths[1:]):
            self.layers.append(nn.Linear(before, after))

    def forward(self, x):
        for layer in self.layers:
            x = layer(x)
        return x
"""
    )
    found = next(derive_all(tmp_path / "code.py", "f", root=tmp_path))
    assert found.equations == ()
    assert "layers" in found.reason
