"""Operations of tensor libraries mean on paper what NumPy says they compute."""

import textwrap
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from paperback.code.equations import Derivation, derive_all
from paperback.code.equations.evaluate import World
from paperback.code.equations.form import Sym
from paperback.code.equations.page import fill, read_page
from paperback.code.equations.tape import leaf

HEAD = "import math\nimport torch\nimport torch.nn.functional as F\nfrom torch import nn\nfrom einops import rearrange, reduce, repeat\n\n"  # noqa: E501
RNG = np.random.default_rng(3)
X = RNG.normal(size=(4, 3))
Y = RNG.normal(size=(4, 3))
S = RNG.normal(size=(3, 3))
V = RNG.normal(size=4)
IMAGE = RNG.normal(size=(2, 3, 4, 5))
LABELS = np.array([0, 2, 1, 2])
ARRAYS = {"x": X, "y": Y, "s": S, "v": V, "image": IMAGE, "labels": LABELS}
AXES = {"x": "(N, C)", "y": "(N, C)", "s": "(C, C)", "v": "(N,)", "image": "(N, C, H, W)", "labels": "(N,)"}


def softmax(z: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.exp(z) / np.exp(z).sum(-1, keepdims=True)


def windows(x: NDArray[np.float64], kernel: int | tuple[int, int], stride: int) -> NDArray[np.float64]:
    """Every window over the last two axes, its own axes at the end."""
    shape = (kernel, kernel) if isinstance(kernel, int) else kernel
    return np.lib.stride_tricks.sliding_window_view(x, shape, (-2, -1))[:, :, ::stride, ::stride]


def padded(mode: Any) -> NDArray[np.float64]:
    return np.pad(IMAGE, [(0, 0), (0, 0), (1, 1), (1, 1)], mode=mode)


def page_value(found: Derivation, given: dict[str, NDArray[np.float64]]) -> list[NDArray[np.float64]]:
    """What the printed lines define for the given arguments."""
    plan = found.plan
    assert plan is not None
    page = read_page(found.lines, plan.notation)
    world = World({}, {}, page.functions)
    for item in plan.inputs:
        array = given[item.source]
        for size, length in zip(item.sizes, array.shape, strict=True):
            if isinstance(size, Sym):
                world.scalars[size.name] = leaf(length)
        world.tensors[item.name] = leaf(array + (item.kind == "label"))
    for hyper in plan.hypers:
        world.scalars[hyper.name] = leaf(float(hyper.probe))
    fill(page, world)
    return [world.tensors[key].value.astype(float) for key in page.outputs]


def result(tmp_path: Path, body: str) -> list[NDArray[np.float64]]:
    body = textwrap.dedent(body).strip()
    names = [name for name in ARRAYS if name in body.replace("max", "").replace("exp", "")]
    lines = body.splitlines()
    lines[-1] = f"return {lines[-1]}"
    doc = "\n".join(f"    {name}: of shape {AXES[name]}" for name in names)
    source = f'def f({", ".join(names)}):\n    """Doc.\n\n{doc}\n    """\n' + textwrap.indent(
        "\n".join(lines), "    "
    )
    (tmp_path / "ops.py").write_text(HEAD + source + "\n")
    for found in derive_all(tmp_path / "ops.py", "f", root=tmp_path, most=12):
        assert found.plan is not None, found.reason
        if all(len(item.sizes) == ARRAYS[item.source].ndim for item in found.plan.inputs if item.source):
            return page_value(found, {item.source: ARRAYS[item.source] for item in found.plan.inputs})
    raise AssertionError("no derivation with these axes")


OPERATIONS = {
    "torch.exp(x) + torch.log1p(x ** 2)": lambda: np.exp(X) + np.log1p(X**2),
    "torch.rsqrt(x ** 2 + 1)": lambda: (X**2 + 1) ** -0.5,
    "F.softplus(x, beta=2)": lambda: np.log1p(np.exp(2 * X)) / 2,
    "F.silu(x) - F.relu(x)": lambda: X / (1 + np.exp(-X)) - np.maximum(X, 0),
    "F.leaky_relu(x, 0.2)": lambda: np.where(X >= 0, X, 0.2 * X),
    "F.elu(x)": lambda: np.where(X > 0, X, np.exp(X) - 1),
    "F.gelu(x, approximate='tanh')": lambda: 0.5 * X * (1 + np.tanh(np.sqrt(2 / np.pi) * (X + 0.044715 * X**3))),  # noqa: E501
    "F.hardswish(x)": lambda: X * np.clip(X + 3, 0, 6) / 6,
    "torch.clamp(x, -0.5, 0.5)": lambda: np.clip(X, -0.5, 0.5),
    "torch.where(x > y, x, y)": lambda: np.maximum(X, Y),
    "torch.lerp(x, y, 0.3)": lambda: X + 0.3 * (Y - X),
    "x.add(y, alpha=2).sub(1)": lambda: X + 2 * Y - 1,
    "x.sum(dim=0)": lambda: X.sum(0),
    "x.mean(dim=1, keepdim=True)": lambda: X.mean(1, keepdims=True),
    "torch.sum(x, [])": lambda: X.sum(),
    "x.prod(dim=1)": lambda: X.prod(1),
    "x.var(dim=0)": lambda: X.var(0, ddof=1),
    "x.std(dim=0, unbiased=False)": lambda: X.std(0),
    "x.amax(dim=1) - x.min(dim=1)[0]": lambda: X.max(1) - X.min(1),
    "x.argmax(dim=1)": lambda: X.argmax(1),
    "torch.logsumexp(x, dim=1)": lambda: np.log(np.exp(X).sum(1)),
    "F.softmax(x, dim=1)": lambda: softmax(X),
    "F.normalize(x, dim=1)": lambda: X / np.linalg.norm(X, axis=1, keepdims=True),
    "torch.norm(x, p=1, dim=1)": lambda: np.abs(X).sum(1),
    "torch.linalg.norm(x, dim=1)": lambda: np.linalg.norm(X, axis=1),
    "F.cosine_similarity(x, y, dim=1)": lambda: (X * Y).sum(1) / np.linalg.norm(X, axis=1) / np.linalg.norm(Y, axis=1),  # noqa: E501
    "torch.cdist(x, y)": lambda: np.linalg.norm(X[:, None] - Y[None], axis=-1),
    "F.pdist(x).sum()": lambda: sum(np.linalg.norm(X[i] - X[j]) for i in range(4) for j in range(i + 1, 4)),
    "x @ y.T": lambda: X @ Y.T,
    "torch.einsum('ij,kj->ik', x, y)": lambda: X @ Y.T,
    "torch.einsum('b...c,b...d->...cd', x, y)": lambda: X.T @ Y,
    "torch.outer(v, v)": lambda: np.outer(V, V),
    "torch.diagonal(s)": lambda: np.diag(S),
    "torch.diag(s, 1)": lambda: np.diag(S, 1),
    "torch.trace(s)": lambda: np.trace(S),
    "torch.diag(v)": lambda: np.diag(V),
    "torch.triu(s, diagonal=1)": lambda: np.triu(S, 1),
    "torch.tril(s)": lambda: np.tril(S),
    "torch.cumsum(v, dim=0)": lambda: np.cumsum(V),
    "v.flip(0)": lambda: V[::-1],
    "torch.roll(v, 1, dims=0)": lambda: np.roll(V, 1),
    "x[:, 1:] - x[:, :-1]": lambda: X[:, 1:] - X[:, :-1],
    "x[..., -1]": lambda: X[:, -1],
    "x[:, None, :] * y[None]": lambda: X[:, None] * Y[None],
    "x[x > 0].sum()": lambda: X[X > 0].sum(),
    "torch.cat([x, y], dim=0)": lambda: np.concatenate([X, Y]),
    "torch.stack([x, y], dim=1)": lambda: np.stack([X, Y], 1),
    "torch.cat([x, y], dim=1).sum(dim=1)": lambda: np.concatenate([X, Y], 1).sum(1),
    "x.repeat(2, 1)": lambda: np.tile(X, (2, 1)),
    "v.repeat_interleave(2)": lambda: np.repeat(V, 2),
    "x.unsqueeze(0).expand(2, -1, -1)": lambda: np.broadcast_to(X, (2, 4, 3)),
    "image.flatten(2).mean(-1)": lambda: IMAGE.reshape(2, 3, -1).mean(-1),
    "image.view(image.size(0), -1)": lambda: IMAGE.reshape(2, -1),
    "image.permute(0, 2, 3, 1)": lambda: IMAGE.transpose(0, 2, 3, 1),
    "rearrange(image, 'n c h w -> n (h w) c')": lambda: IMAGE.transpose(0, 2, 3, 1).reshape(2, 20, 3),
    "reduce(image, 'n c h w -> n c', 'mean')": lambda: IMAGE.mean((2, 3)),
    "repeat(v, 'n -> n k', k=3)": lambda: np.repeat(V[:, None], 3, 1),
    "F.layer_norm(x, (x.shape[1],))": lambda: (X - X.mean(1, keepdims=True)) / np.sqrt(X.var(1, keepdims=True) + 1e-5),  # noqa: E501
    "F.batch_norm(x, None, None, training=True)": lambda: (X - X.mean(0)) / np.sqrt(X.var(0) + 1e-5),
    "F.linear(x, y)": lambda: X @ Y.T,
    "F.smooth_l1_loss(x, y)": lambda: np.where(np.abs(X - Y) < 1, (X - Y) ** 2 / 2, np.abs(X - Y) - 0.5).mean(),  # noqa: E501
    "F.huber_loss(x, y, delta=0.5)": lambda: np.where(
        np.abs(X - Y) <= 0.5, (X - Y) ** 2 / 2, 0.5 * (np.abs(X - Y) - 0.25)
    ).mean(),
    "F.binary_cross_entropy_with_logits(x, y)": lambda: (np.log1p(np.exp(X)) - Y * X).mean(),
    "F.kl_div(F.log_softmax(x, dim=1), F.softmax(y, dim=1), reduction='batchmean')": lambda: (
        softmax(Y) * (np.log(softmax(Y)) - np.log(softmax(X)))
    ).sum() / 4,
    "F.triplet_margin_loss(x, y, x + y)": lambda: np.maximum(
        np.linalg.norm(X - Y + 1e-6, axis=1) - np.linalg.norm(-Y + 1e-6, axis=1) + 1, 0
    ).mean(),
    "F.margin_ranking_loss(x, y, torch.ones_like(x), margin=0.1)": lambda: np.maximum(Y - X + 0.1, 0).mean(),
    "F.poisson_nll_loss(x, y)": lambda: (np.exp(X) - Y * X).mean(),
    "F.gaussian_nll_loss(x, y, x ** 2 + 1)": lambda: 0.5 * (np.log(X**2 + 1) + (X - Y) ** 2 / (X**2 + 1)).mean(),  # noqa: E501
    "F.nll_loss(F.log_softmax(x, dim=1), labels)": lambda: -np.log(softmax(X))[np.arange(4), LABELS].mean(),
    "F.cross_entropy(x, labels, label_smoothing=0.1)": lambda: -(
        0.9 * np.log(softmax(X))[np.arange(4), LABELS] + 0.1 * np.log(softmax(X)).mean(1)
    ).mean(),
    "x.gather(1, labels.unsqueeze(1)).squeeze(1)": lambda: X[np.arange(4), LABELS],
    "x[torch.arange(x.shape[0]), labels]": lambda: X[np.arange(4), LABELS],
    "(F.one_hot(labels, x.shape[1]) * x).sum(1)": lambda: X[np.arange(4), LABELS],
    "torch.zeros_like(x).scatter_(1, labels.unsqueeze(1), 1.0) * x": lambda: np.eye(3)[LABELS] * X,
    "(labels[:, None] == labels[None]).float()": lambda: (LABELS[:, None] == LABELS[None]).astype(float),
    "torch.linspace(0, 1, 5) * 2": lambda: np.linspace(0, 2, 5),
    "torch.arange(1, 7, 2) + torch.ones(3)": lambda: np.arange(1, 7, 2) + 1.0,
    "math.sqrt(2) * torch.full((2, 2), 3.0)": lambda: np.full((2, 2), 3 * np.sqrt(2)),
    "torch.meshgrid(v, v, indexing='ij')[0]": lambda: np.meshgrid(V, V, indexing="ij")[0],
    "x.masked_fill(x < 0, 0.0)": lambda: np.where(X < 0, 0, X),
    "torch.logical_and(x > 0, ~(y > 0)).sum()": lambda: ((X > 0) & ~(Y > 0)).sum(),
    "(x > 5).any(dim=1).float() + (x > -9).all()": lambda: (X > 5).any(1) + (X > -9).all().astype(float),
    "sum(a.mean() for a in torch.chunk(image, 2, dim=0))": lambda: IMAGE[0].mean() + IMAGE[1].mean(),
    "max(2, 3) * len(x) * abs(-1.0) + x.sum()": lambda: 12 + X.sum(),
    "z = x.clone()\nz[:, 0] = 0\nz": lambda: X * np.array([0, 1, 1]),
    "z = x * 1\nz[z < 0] = 0\nz": lambda: np.maximum(X, 0),
    "z = s.clone()\nz.fill_diagonal_(7)\nz": lambda: S * (1 - np.eye(3)) + 7 * np.eye(3),
    "rows = []\nfor t in range(v.shape[0]):\n    rows.append(v[t] * 2)\ntorch.stack(rows)": lambda: 2 * V,
    "total = 1.0\nfor t in range(v.shape[0]):\n    total = total * v[t]\ntotal": lambda: V.prod(),
    "total = 0\nfor k in range(3):\n    total += x[:, k] ** k\ntotal": lambda: 1 + X[:, 1] + X[:, 2] ** 2,
    "i, j = torch.triu_indices(x.shape[1], x.shape[1], offset=1)\n(x[:, i] * x[:, j]).mean()": lambda: np.mean(  # noqa: E501
        [X[:, i] * X[:, j] for i in range(3) for j in range(i + 1, 3)]
    ),
    "a, b = x.unbind(0)[0:2] if False else (x, y)\na - b": lambda: X - Y,
    "f = lambda a, b=2: a * b\nf(x) + f(b=1, a=y)": lambda: 2 * X + Y,
    "torch.sort(x, dim=1)[0]": lambda: np.sort(X, 1),
    "x.sort(dim=0, descending=True).values": lambda: -np.sort(-X, 0),
    "torch.argsort(x, dim=1)": lambda: X.argsort(1),
    "x.argsort(1).argsort(1)": lambda: X.argsort(1).argsort(1),
    "torch.topk(image.flatten(1), 2)[0]": lambda: -np.sort(-IMAGE.reshape(2, -1), 1)[:, :2],
    "x.topk(2, dim=1, largest=False).indices": lambda: X.argsort(1)[:, :2],
    "x.kthvalue(2, dim=1)[0]": lambda: np.sort(X, 1)[:, 1],
    "v.median()": lambda: np.sort(V)[1],
    "x.median(dim=1).values": lambda: np.median(X, 1),
    "torch.quantile(v, 0.3)": lambda: np.quantile(V, 0.3),
    "torch.linalg.det(s)": lambda: np.linalg.det(S),
    "torch.logdet(s.T @ s)": lambda: np.linalg.slogdet(S.T @ S)[1],
    "torch.linalg.slogdet(s).logabsdet": lambda: np.linalg.slogdet(S)[1],
    "torch.linalg.inv(s + 0.1)": lambda: np.linalg.inv(S + 0.1),
    "torch.linalg.solve(s, x[0])": lambda: np.linalg.solve(S, X[0]),
    "F.max_pool2d(image, 2)": lambda: windows(IMAGE, 2, 2).max((-1, -2)),
    "F.max_pool1d(x, 3, 1, 1)": lambda: np.stack([X[:, :2].max(1), X.max(1), X[:, 1:].max(1)], 1),
    "-F.max_pool2d(-image, (3, 1), 1, (1, 0))": lambda: windows(
        np.pad(IMAGE, [(0, 0), (0, 0), (1, 1), (0, 0)], constant_values=9), (3, 1), 1
    ).min((-1, -2)),
    "F.avg_pool2d(image, (3, 1), 1, (1, 0))": lambda: windows(padded("constant")[..., 1:-1], (3, 1), 1).mean((-1, -2)),  # noqa: E501
    "F.adaptive_avg_pool2d(image, 1)": lambda: IMAGE.mean((2, 3), keepdims=True),
    "F.conv2d(image, torch.ones(2, image.shape[1], 3, 2))": lambda: np.stack(
        [windows(IMAGE, (3, 2), 1).sum((1, -1, -2))] * 2, 1
    ),
    "k = torch.tensor([[1.0, 0.0], [2.0, -1.0]])[None, None]\nF.conv2d(image[:, :1], k)": lambda: (
        windows(IMAGE[:, :1], 2, 1) * np.array([[1, 0], [2, -1]])
    ).sum((-1, -2)),
    "F.pad(image, (1, 1))": lambda: padded("constant")[:, :, 1:-1],
    "F.pad(image, (1, 1, 1, 1), mode='reflect')": lambda: padded("reflect"),
    "F.pad(image, (1, 1, 1, 1), mode='replicate')": lambda: padded("edge"),
    "F.pad(image, (1, 1, 1, 1), mode='circular')": lambda: padded("wrap"),
    "F.interpolate(image, scale_factor=2)": lambda: IMAGE.repeat(2, 2).repeat(2, 3),
    "z = x * 1\nz[:, 1:] = z[:, 1:] - z[:, :-1]\nz": lambda: np.diff(X, axis=1, prepend=0),
}  # fmt: skip


@pytest.mark.parametrize("body", OPERATIONS)
def test_an_operation_is_printed_as_what_it_computes(body: str, tmp_path: Path) -> None:
    """The printed equation, read back and evaluated, equals NumPy."""
    (got,) = result(tmp_path, body)
    wanted = np.asarray(OPERATIONS[body](), dtype=float)
    assert got.size == wanted.size
    np.testing.assert_allclose(got.reshape(wanted.shape), wanted, rtol=1e-9, atol=1e-12)
