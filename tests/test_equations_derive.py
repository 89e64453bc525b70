"""Small losses to the equations that a careful author would write."""

import textwrap
from pathlib import Path

import pytest

from paperback.code.equations import Derivation, derive
from paperback.code.equations.layout import COLUMN, width
from paperback.errors import ReadError

HEAD = "import torch\nimport torch.nn.functional as F\nfrom torch import nn\n\n"

CASES: dict[str, tuple[str, tuple[str, ...]]] = {
    "bce": (
        "def f(p, y):\n    return -(y * torch.log(p) + (1 - y) * torch.log(1 - p)).mean()",
        (
            r"\mathcal{L} = -\frac{1}{N} \sum_{i=1}^{N} \left(y_{i} \, \log p_{i}"
            r" + \left(1 - y_{i}\right) \, \log\left(1 - p_{i}\right)\right)",
        ),
    ),
    "mse": (
        "def loss(pred, target):\n    return ((pred - target) ** 2).mean()",
        (r"\mathcal{L} = \frac{1}{N} \sum_{i=1}^{N} \left(\hat{y}_{i} - y_{i}\right)^{2}",),
    ),
    "library mse": (
        "def loss(pred, target):\n    return F.mse_loss(pred, target)",
        (r"\mathcal{L} = \frac{1}{N} \sum_{i=1}^{N} \left(\hat{y}_{i} - y_{i}\right)^{2}",),
    ),
    "hinge": (
        "def loss(scores, y):\n    return torch.clamp(1 - y * scores, min=0).mean()",
        (r"\mathcal{L} = \frac{1}{N} \sum_{i=1}^{N} \max\left(1 - y_{i} s_{i},\, 0\right)",),
    ),
    "focal": (
        """
        def loss(logits, target, gamma: float = 2.0):
            p = torch.sigmoid(logits)
            pt = p * target + (1 - p) * (1 - target)
            return (-((1 - pt) ** gamma) * pt.log()).mean()
        """,
        (
            r"\mathcal{L} = -\frac{1}{N} \sum_{i=1}^{N} \left(1 - p_{i}\right)^{\gamma} \, \log p_{i}",
            r"\begin{aligned} p_{i} &= y_{i} \, \operatorname{sigmoid}\left(z_{i}\right) \\ &\quad + "
            r"\left(1 - \operatorname{sigmoid}\left(z_{i}\right)\right) \left(1 - y_{i}\right) \end{aligned}",
        ),
    ),
    "dice": (
        """
        def loss(p, y, eps: float = 1e-6):
            inter = (p * y).sum(dim=1)
            return 1 - ((2 * inter + eps) / (p.sum(dim=1) + y.sum(dim=1) + eps)).mean()
        """,
        (
            r"\mathcal{L} = 1 - \frac{1}{N} \sum_{i=1}^{N} \frac{2 \left(p_{i}^{\top} y_{i}\right) + \epsilon}"  # noqa: E501
            r"{\sum_{c=1}^{C} p_{ic} + \sum_{c=1}^{C} y_{ic} + \epsilon}",
        ),
    ),
    "cosine": (
        "def loss(a, b):\n    return 1 - F.cosine_similarity(a, b, dim=1).mean()",
        (
            r"\mathcal{L} = 1 - \frac{1}{N} \sum_{i=1}^{N} \frac{a_{i}^{\top} b_{i}}"
            r"{\left\lVert a_{i} \right\rVert_{2} \left\lVert b_{i} \right\rVert_{2}}",
        ),
    ),
    "kl": (
        "def loss(mu, logvar):\n    return -0.5 * torch.sum(1 + logvar - mu.pow(2) - logvar.exp(), dim=1).mean()",  # noqa: E501
        (
            r"\mathcal{L} = -\frac{1}{2 N} \sum_{i=1}^{N}\sum_{c=1}^{C}"
            r" \left(l_{ic} - \mu_{ic}^{2} - \exp\left(l_{ic}\right) + 1\right)",
        ),
    ),
    "cross-entropy": (
        "def loss(logits, labels):\n    return F.cross_entropy(logits, labels)",
        (
            r"\mathcal{L} = -\frac{1}{N} \sum_{i=1}^{N} \left(z_{i, y_{i}}"
            r" - \log \sum_{c=1}^{C} \exp\left(z_{ic}\right)\right)",
        ),
    ),
    "triplet": (
        """
        def loss(anchor, positive, negative, margin: float = 1.0):
            near = (anchor - positive).pow(2).sum(1)
            far = (anchor - negative).pow(2).sum(1)
            return F.relu(near - far + margin).mean()
        """,
        (
            r"\mathcal{L} = \frac{1}{N} \sum_{i=1}^{N} \max\left(b_{i}"
            r" - \sum_{c=1}^{C} \left(a_{ic} - n_{ic}\right)^{2} + m,\, 0\right)",
            r"b_{i} = \sum_{c=1}^{C} \left(a_{ic} - p_{ic}\right)^{2}",
        ),
    ),
    "InfoNCE": (
        """
        def loss(q, k, temperature: float = 0.1):
            q = F.normalize(q, dim=1)
            k = F.normalize(k, dim=1)
            return F.cross_entropy(q @ k.t() / temperature, torch.arange(q.shape[0]))
        """,
        (
            r"\begin{aligned} \mathcal{L} &= -\frac{1}{N} \sum_{i=1}^{N} \Bigl(\frac{q_{i}^{\top} k_{i}}"
            r"{\tau \, \left\lVert q_{i} \right\rVert_{2} \left\lVert k_{i} \right\rVert_{2}} \\ &\quad"
            r" - \log \sum_{j=1}^{N} \exp\left(\frac{q_{i}^{\top} k_{j}}"
            r"{\tau \, \left\lVert q_{i} \right\rVert_{2} \left\lVert k_{j} \right\rVert_{2}}\right)\Bigr) \end{aligned}",  # noqa: E501
        ),
    ),
    "SimSiam": (
        "def loss(p, z):\n    return -(p * z.detach()).sum(dim=1).mean()",
        (
            r"\mathcal{L} = -\frac{1}{N} \sum_{i=1}^{N}\sum_{c=1}^{C} p_{ic} \, \operatorname{sg}\left(z_{ic}\right)",  # noqa: E501
        ),
    ),
    "a shifted log-sum-exp": (
        """
        def loss(x):
            m = x.max(dim=-1, keepdim=True).values
            return (m + (x - m).exp().sum(dim=-1, keepdim=True).log()).squeeze(-1)
        """,
        (r"\ell_{i} = \log \sum_{c=1}^{C} \exp\left(x_{ic}\right)",),
    ),
    "SupCon": (
        """
        def loss(features, labels, temperature: float = 0.07, base_temperature: float = 0.07):
            logits = features @ features.T / temperature
            logits = logits - logits.max(dim=1, keepdim=True)[0].detach()
            mask = torch.eq(labels.view(-1, 1), labels.view(1, -1)).float()
            others = 1 - torch.eye(features.shape[0])
            mask = mask * others
            log_prob = logits - torch.log((torch.exp(logits) * others).sum(1, keepdim=True))
            return -(temperature / base_temperature) * ((mask * log_prob).sum(1) / mask.sum(1)).mean()
        """,
        (
            r"\begin{aligned} \mathcal{L} &= -\frac{\tau}{\tau_{0} N} \sum_{i=1}^{N} \frac{1}"
            r"{\sum_{\substack{j=1 \\ y_{i} = y_{j} \land i \neq j}}^{N} 1} "
            r"\sum_{\substack{j=1 \\ y_{i} = y_{j} \land i \neq j}}^{N} "
            r"\Bigl(\frac{z_{i}^{\top} z_{j}}{\tau} "
            r"\\ &\quad - \log \sum_{n=1,\, i \neq n}^{N} "
            r"\exp\left(\frac{z_{i}^{\top} z_{n}}{\tau}\right)\Bigr) \end{aligned}",
        ),
    ),
    "NT-Xent": (
        """
        def loss(z1, z2, temperature: float = 0.5):
            n = z1.shape[0]
            z = F.normalize(torch.cat([z1, z2]), dim=1)
            sim = z @ z.T / temperature
            sim = sim.masked_fill(torch.eye(2 * n, dtype=torch.bool), float("-inf"))
            return F.cross_entropy(sim, (torch.arange(2 * n) + n) % (2 * n))
        """,
        (
            r"\begin{aligned} \mathcal{L} &= -\frac{1}{2 N} \sum_{i=1}^{2 N} \Bigl(s_{i, \operatorname{mod}\left(i + N"  # noqa: E501
            r" - 1,\, 2 N\right) + 1} \\ &\quad - \log \sum_{j=1}^{2 N} \exp\left(s_{ij}\right)\Bigr) \end{aligned}",  # noqa: E501
            r"s_{ij} = \begin{cases} -\infty & \text{if } i = j \\ \frac{u_{i}^{\top} u_{j}}{\tau \, \left\lVert u_{i}"  # noqa: E501
            r" \right\rVert_{2} \left\lVert u_{j} \right\rVert_{2}} & \text{otherwise} \end{cases}",
            r"u_{ic} = \begin{cases} z_{ic} & \text{if } i \leq N \\ \tilde{z}_{i - N, c} & \text{otherwise} \end{cases}",  # noqa: E501
        ),
    ),
    "off-diagonal views": (
        """
        def off_diagonal(x):
            n, m = x.shape
            return x.flatten()[:-1].view(n - 1, n + 1)[:, 1:].flatten()

        def loss(x):
            return off_diagonal(x.T @ x).pow(2).sum()
        """,
        (
            r"\mathcal{L} = \sum_{c=1}^{C}\sum_{k=1,\, c \neq k}^{C}"
            r" \left(\sum_{i=1}^{N} x_{ic} x_{ik}\right)^{2}",
        ),
    ),
    "a branch on a hyper-parameter": (
        """
        def loss(x, weight: float = 0.0):
            total = x.mean()
            if weight > 0:
                total = total + weight * x.abs().mean()
            return total
        """,
        (
            r"\mathcal{L} = \frac{1}{N} \sum_{i=1}^{N} x_{i}"
            r" + \frac{w}{N} \sum_{i=1}^{N} \left|x_{i}\right|",
        ),
    ),
    "a loop over a symbolic range": (
        """
        def loss(x):
            total = 0.0
            for t in range(1, x.shape[0]):
                total = total + (x[t] - x[t - 1]) ** 2
            return total
        """,
        (r"\mathcal{L} = \sum_{i=1}^{N - 1} \left(x_{i + 1} - x_{i}\right)^{2}",),
    ),
    "a straight-through estimator": (
        "def quantised(x):\n    return x + (torch.round(x) - x).detach()",
        (r"y_{i} = x_{i} + \operatorname{sg}\left(\operatorname{round}\left(x_{i}\right) - x_{i}\right)",),
    ),
    "a custom gradient": (
        """
        class Reverse(torch.autograd.Function):
            @staticmethod
            def forward(ctx, x, strength: float):
                ctx.strength = strength
                return x.view_as(x)

            @staticmethod
            def backward(ctx, grad_output):
                return -ctx.strength * grad_output, None

        class Head(nn.Module):
            def __init__(self, strength: float = 0.5):
                super().__init__()
                self.strength = strength

            def forward(self, x):
                return Reverse.apply(x, self.strength)
        """,
        (
            r"y_{i} = \operatorname{Reverse}\left(x_{i}\right)",
            r"\begin{aligned} & \operatorname{Reverse}\left(u\right) = u, \\ &"
            r" \operatorname{Reverse}'\left(u\right) := -\mathrm{Strength} \end{aligned}",
        ),
    ),
}


def derived(tmp_path: Path, source: str, name: str) -> Derivation:
    path = tmp_path / "losses.py"
    path.write_text(HEAD + textwrap.dedent(source).strip() + "\n")
    return derive(path, name, root=tmp_path)


def last_name(source: str) -> str:
    lines = [line for line in textwrap.dedent(source).splitlines() if line.startswith(("def ", "class "))]
    return lines[-1].split()[1].partition("(")[0].rstrip(":")


@pytest.mark.parametrize("case", CASES)
def test_a_loss_becomes_the_equation_an_author_would_write(case: str, tmp_path: Path) -> None:
    """The whole printed text, line by line, and no line wider than the column."""
    source, wanted = CASES[case]
    found = derived(tmp_path, source, last_name(source))
    assert found.equations == wanted, found.reason
    assert found.status == "static"
    for line in found.equations:
        for row in line.removeprefix(r"\begin{aligned} ").removesuffix(r" \end{aligned}").split(r" \\ &"):
            assert width(row) <= COLUMN


def test_the_same_input_gives_the_same_equation(tmp_path: Path) -> None:
    """Two derivations in one process are equal, symbols and assumptions included."""
    source = CASES["SupCon"][0]
    first, second = derived(tmp_path, source, "loss"), derived(tmp_path, source, "loss")
    assert (first.equations, first.symbols, first.assumptions) == (
        second.equations,
        second.symbols,
        second.assumptions,
    )


def test_assumptions_name_axes_configuration_and_branches(tmp_path: Path) -> None:
    """What was taken for granted is said: axes, the counting of labels, a fixed setting, the arm of a branch."""  # noqa: E501
    source = """
    def loss(logits, labels, weight: float = 0.0, reduction="mean"):
        value = F.cross_entropy(logits, labels, reduction=reduction)
        return value if weight == 0 else weight * value
    """
    found = derived(tmp_path, source, "loss")
    assert found.assumptions == (
        "logits has axes (N, C)",
        "labels has axes (N), whole numbers counted from 1 up to C (from 0 in the code)",
        "reduction = 'mean'",
        r"$w \neq 0$",
    )


def test_documented_axes_are_taken_at_their_word(tmp_path: Path) -> None:
    """A docstring that names the axes of an argument decides them."""
    source = '''
    def loss(x):
        """Mean.

        Args:
            x: tensor of shape (B, T, D).
        """
        return x.mean()
    '''
    assert derived(tmp_path, source, "loss").assumptions == ("x has axes (N, T, D)",)


def test_symbols_say_name_meaning_axes_and_place(tmp_path: Path) -> None:
    """Every symbol of the lines has a row."""
    source = "def loss(x, margin: float = 1.0):\n    return F.relu(margin - x).mean()"
    rows = {row.latex: row for row in derived(tmp_path, source, "loss").symbols}
    assert (rows["x"].meaning, rows["x"].axes) == ("argument", ("N",))
    assert rows["m"].meaning == "hyper-parameter"
    assert rows["N"].meaning == "size"
    assert rows[r"\mathcal{L}"].meaning == "output"
    assert rows["x"].source is not None
    assert rows["x"].source.path == "losses.py"


FALLBACKS = {
    "an unknown operation": ("def f(x):\n    return torch.fft.fft(x)", "the operation fft (line 6)"),
    "endless recursion": ("def f(x):\n    return f(x)", "calls nested too deep"),
    "an endless loop": ("def f(x):\n    while True:\n        x = x + 1\n    return x", "a while loop"),
    "a branch on the data": ("def f(x):\n    return x if x.sum() > 3.5 else -x", "depends on the data"),
    "exec": ("def f(x):\n    exec('y = x')\n    return y", "the name exec"),
    "a filtered result": ("def f(x):\n    return x[x > 0]", "depends on the data"),
    "nothing numeric": ("def f(x):\n    return 'text'", "nothing numeric"),
    "a change in place under two names": (
        "def f(x):\n    y = x\n    y += 1\n    return x * y",
        "another name",
    ),
    "a network library": ("import requests\n\ndef f(x):\n    return requests.get(x)", "requests.get"),
}


@pytest.mark.parametrize("case", FALLBACKS)
def test_what_is_not_understood_is_told_with_its_reason(case: str, tmp_path: Path) -> None:
    """No equation, but the operation that stands in the way."""
    source, reason = FALLBACKS[case]
    found = derived(tmp_path, source, "f")
    assert found.status == "fallback"
    assert found.equations == ()
    assert reason in found.reason


def test_nothing_is_executed(tmp_path: Path) -> None:
    """A module that would write a file when imported is only read."""
    canary = tmp_path / "canary"
    source = f"open({str(canary)!r}, 'w').write('x')\n\ndef loss(x):\n    return x.mean()\n"
    path = tmp_path / "losses.py"
    path.write_text(source)
    assert derive(path, "loss", root=tmp_path).status == "static"
    assert not canary.exists()


def test_a_wrong_name_is_told_with_the_near_one(tmp_path: Path) -> None:
    """The error offers the nearest name in the file."""
    with pytest.raises(ReadError, match="no function or class 'los'") as caught:
        derived(tmp_path, "def loss(x):\n    return x", "los")
    assert "Did you mean 'loss'?" in str(caught.value)


@pytest.mark.parametrize("text", ["print 'hello'", "def f(:\n", "x = \0"])
def test_what_is_no_python_3_is_an_error_without_a_traceback(text: str, tmp_path: Path) -> None:
    """Python 2 and broken files are named."""
    path = tmp_path / "old.py"
    path.write_text(text)
    with pytest.raises(ReadError, match=r"old\.py"):
        derive(path, "f", root=tmp_path)


def test_a_missing_file_is_an_error(tmp_path: Path) -> None:
    """The file is named."""
    with pytest.raises(ReadError, match=r"gone\.py"):
        derive(tmp_path / "gone.py", "f", root=tmp_path)


def test_definitions_in_neighbouring_modules_are_followed(tmp_path: Path) -> None:
    """Relative, absolute and re-exporting imports lead to the definition."""
    package = tmp_path / "pack"
    package.mkdir()
    (package / "__init__.py").write_text("from .parts import centred\n")
    (package / "parts.py").write_text(
        "import torch\nSCALE = 2.0\n\ndef centred(x):\n    return SCALE * (x - x.mean())\n"
    )
    path = package / "losses.py"
    path.write_text(
        "import pack\nfrom . import parts\n\ndef loss(x):\n    return (pack.centred(x) + parts.centred(x)).sum()\n"  # noqa: E501
    )
    found = derive(path, "loss", root=tmp_path)
    assert found.status == "static", found.reason
    assert found.plan is not None
    assert "def centred" in found.plan.files["pack.parts"]


READ: dict[str, tuple[str, str]] = {
    "a package that may be absent": (
        """
        try:
            from rare import fused
            HAS = True
        except ImportError:
            HAS = False

        def f(x):
            return fused(x) if HAS else x * 2
        """,
        "y_{i} = 2 x_{i}",
    ),
    "everything from a neighbour": (
        "from near import *\n\ndef f(x):\n    return twice(x)",
        "y_{i} = 2 x_{i}",
    ),
    "what a library has": (
        "HAS = 'silu' in dir(torch.nn.functional)\n\ndef f(x):\n    return x * 2 if HAS else x",
        "y_{i} = 2 x_{i}",
    ),
    "pieces whose number is a symbol": (
        "def f(x, num_parts=3):\n    return sum(torch.split(x, x.shape[0] // num_parts))",
        r"y_{i} = \sum_{j=1}^{P} x_{\frac{N \left(j - 1\right)}{P} + i}",
    ),
    "a running product": (
        "def f(x):\n    return torch.cumprod(x, dim=0)",
        r"y_{ic} = \prod_{j=1}^{i} x_{jc}",
    ),
    "a layer derived from the library's": (
        """
        class f(nn.LayerNorm):
            def __init__(self, channels):
                super().__init__(channels, eps=0.1)

            def forward(self, x):
                return x * self.weight + self.eps
        """,
        r"y_{ic} = x_{ic} w_{c} + \frac{1}{10}",
    ),
    "the last round of a loop": (
        'def f(x):\n    """Doc.\n\n    x: of shape (T, N)\n    """\n'
        "    for t in range(x.shape[0]):\n        last = 2 * x[t]\n    return last",
        "y_{i} = 2 x_{Ti}",
    ),
}


@pytest.mark.parametrize("case", READ)
def test_this_way_of_writing_is_read(case: str, tmp_path: Path) -> None:
    """Ways of writing that published packages use."""
    source, wanted = READ[case]
    (tmp_path / "near.py").write_text("def twice(x):\n    return x + x\n")
    (tmp_path / "code.py").write_text(HEAD + textwrap.dedent(source).strip() + "\n")
    found = derive(tmp_path / "code.py", "f", root=tmp_path)
    assert found.equations == (wanted,), found.reason
