"""One loss written for torch, JAX, Keras, TensorFlow and NumPy is one equation."""

import importlib.util
import os
import sys
import textwrap
from dataclasses import replace
from pathlib import Path

import pytest

from paperback.code.equations import Derivation, derive, verify

JAX = os.environ.get("PAPERBACK_JAX_PYTHON") or (sys.executable if importlib.util.find_spec("jax") else "")
HEADS = {
    "torch": "import torch\nimport torch.nn.functional as F\n",
    "jax": "import jax\nimport jax.numpy as jnp\nimport optax\n",
    "keras": "import keras\nfrom keras import ops\n",
    "tensorflow": "import tensorflow as tf\n",
    "numpy": "import numpy as np\nfrom scipy import special\n",
}
LOSSES: dict[str, tuple[str, dict[str, str]]] = {
    "squared error": (
        "pred, target",
        {
            "torch": "return F.mse_loss(pred, target)",
            "jax": "return optax.squared_error(pred, target).mean()",
            "keras": "return ops.mean(ops.square(pred - target))",
            "tensorflow": "return tf.reduce_mean(tf.math.squared_difference(pred, target))",
            "numpy": "return np.mean((pred - target) ** 2)",
        },
    ),
    "Huber": (
        "pred, target, delta: float = 1.0",
        {
            "torch": "return F.huber_loss(pred, target, delta=delta)",
            "jax": "return optax.huber_loss(pred, target, delta=delta).mean()",
            "keras": """
                gap = ops.abs(pred - target)
                return ops.mean(ops.where(gap <= delta, 0.5 * ops.square(gap), delta * (gap - 0.5 * delta)))
            """,
            "tensorflow": """
                gap = tf.abs(pred - target)
                terms = tf.where(gap <= delta, 0.5 * tf.square(gap), delta * (gap - 0.5 * delta))
                return tf.reduce_mean(terms)
            """,
            "numpy": "return special.huber(delta, pred - target).mean()",
        },
    ),
    "binary cross-entropy of logits": (
        "logits, target",
        {
            "torch": "return F.binary_cross_entropy_with_logits(logits, target)",
            "jax": "return jnp.mean(optax.sigmoid_binary_cross_entropy(logits, target))",
            "keras": "return ops.mean(ops.binary_crossentropy(target, logits, from_logits=True))",
            "tensorflow": """
                terms = tf.nn.sigmoid_cross_entropy_with_logits(labels=target, logits=logits)
                return tf.reduce_mean(terms)
            """,
            "numpy": """
                terms = target * special.log_expit(logits) + (1 - target) * special.log_expit(-logits)
                return -np.mean(terms)
            """,
        },
    ),
    "focal": (
        "logits, target, gamma: float = 2.0",
        {
            "torch": """
                p = torch.sigmoid(logits)
                pt = torch.where(target == 1, p, 1 - p)
                return (-((1 - pt) ** gamma) * torch.log(pt)).mean()
            """,
            "jax": """
                p = jax.nn.sigmoid(logits)
                pt = jnp.where(target == 1, p, 1 - p)
                return jnp.mean(-((1 - pt) ** gamma) * jnp.log(pt))
            """,
            "keras": """
                p = ops.sigmoid(logits)
                pt = ops.where(ops.equal(target, 1), p, 1 - p)
                return ops.mean(-ops.power(1 - pt, gamma) * ops.log(pt))
            """,
            "tensorflow": """
                p = tf.nn.sigmoid(logits)
                pt = tf.where(tf.equal(target, 1), p, 1 - p)
                return tf.reduce_mean(-tf.pow(1 - pt, gamma) * tf.math.log(pt))
            """,
            "numpy": """
                p = special.expit(logits)
                pt = np.where(target == 1, p, 1 - p)
                return np.mean(-np.power(1 - pt, gamma) * np.log(pt))
            """,
        },
    ),
    "softmax cross-entropy": (
        "logits, labels",
        {
            "torch": "return F.cross_entropy(logits, labels)",
            "jax": "return optax.softmax_cross_entropy_with_integer_labels(logits, labels).mean()",
            "keras": "return ops.mean(ops.sparse_categorical_crossentropy(labels, logits, from_logits=True))",
            "tensorflow": """
                terms = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=labels, logits=logits)
                return tf.reduce_mean(terms)
            """,
            "numpy": """
                logs = special.log_softmax(logits, axis=1)
                return -np.mean(logs[np.arange(len(labels)), labels])
            """,
        },
    ),
    "Kullback-Leibler divergence": (
        "p, q",
        {
            "torch": 'return F.kl_div(torch.log(q), p, reduction="batchmean")',
            "jax": "return jnp.mean(jnp.sum(p * (jnp.log(p) - jnp.log(q)), axis=1))",
            "keras": "return ops.mean(keras.losses.kl_divergence(p, q))",
            "tensorflow": """
                return tf.reduce_mean(tf.reduce_sum(p * (tf.math.log(p) - tf.math.log(q)), axis=1))
            """,
            "numpy": "return special.rel_entr(p, q).sum(axis=1).mean()",
        },
    ),
    "InfoNCE": (
        "z1, z2, temperature: float = 0.1",
        {
            "torch": """
                z1, z2 = F.normalize(z1, dim=1), F.normalize(z2, dim=1)
                logits = z1 @ z2.T / temperature
                return F.cross_entropy(logits, torch.arange(z1.shape[0]))
            """,
            "jax": """
                z1 = z1 / jnp.linalg.norm(z1, axis=1, keepdims=True)
                z2 = z2 / jnp.linalg.norm(z2, axis=1, keepdims=True)
                logits = z1 @ z2.T / temperature
                labels = jnp.arange(logits.shape[0])
                return optax.softmax_cross_entropy_with_integer_labels(logits, labels).mean()
            """,
            "keras": """
                z1, z2 = ops.normalize(z1, axis=1), ops.normalize(z2, axis=1)
                logits = ops.matmul(z1, ops.transpose(z2)) / temperature
                labels = ops.arange(ops.shape(logits)[0])
                return ops.mean(ops.sparse_categorical_crossentropy(labels, logits, from_logits=True))
            """,
            "tensorflow": """
                z1, z2 = tf.math.l2_normalize(z1, axis=1), tf.math.l2_normalize(z2, axis=1)
                logits = tf.matmul(z1, z2, transpose_b=True) / temperature
                labels = tf.range(tf.shape(logits)[0])
                terms = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=labels, logits=logits)
                return tf.reduce_mean(terms)
            """,
            "numpy": """
                z1 = z1 / np.linalg.norm(z1, axis=1, keepdims=True)
                z2 = z2 / np.linalg.norm(z2, axis=1, keepdims=True)
                logits = z1 @ z2.T / temperature
                return -np.mean(np.diag(logits) - special.logsumexp(logits, axis=1))
            """,
        },
    ),
    "Dice": (
        "p, y, eps: float = 1e-6",
        {
            "torch": """
                inter = (p * y).sum(dim=1)
                return 1 - ((2 * inter + eps) / (p.sum(dim=1) + y.sum(dim=1) + eps)).mean()
            """,
            "jax": """
                inter = jnp.sum(p * y, axis=1)
                return 1 - jnp.mean((2 * inter + eps) / (p.sum(axis=1) + y.sum(axis=1) + eps))
            """,
            "keras": """
                inter = ops.sum(p * y, axis=1)
                return 1 - ops.mean((2 * inter + eps) / (ops.sum(p, axis=1) + ops.sum(y, axis=1) + eps))
            """,
            "tensorflow": """
                inter = tf.reduce_sum(p * y, axis=1)
                both = tf.reduce_sum(p, axis=1) + tf.reduce_sum(y, axis=1)
                return 1 - tf.reduce_mean((2 * inter + eps) / (both + eps))
            """,
            "numpy": """
                inter = np.einsum("nc,nc->n", p, y)
                return 1 - np.mean((2 * inter + eps) / (p.sum(1) + y.sum(1) + eps))
            """,
        },
    ),
}


def derived(folder: Path, framework: str, arguments: str, body: str) -> Derivation:
    folder.mkdir()
    text = f"{HEADS[framework]}\n\ndef loss({arguments}):\n"
    (folder / "losses.py").write_text(text + textwrap.indent(textwrap.dedent(body).strip(), "    ") + "\n")
    return derive(folder / "losses.py", "loss", root=folder)


@pytest.mark.parametrize("name", LOSSES)
def test_every_framework_gives_the_same_equation(name: str, tmp_path: Path) -> None:
    """The equations of one loss are equal byte for byte whatever library it is written for."""
    arguments, bodies = LOSSES[name]
    found = {key: derived(tmp_path / key, key, arguments, body).equations for key, body in bodies.items()}
    assert found["torch"]
    assert set(bodies) == set(HEADS)
    assert dict.fromkeys(found, found["torch"]) == found


NUMPY = (
    "np.var(x, axis=1) + x.std(axis=1)",
    "np.var(x, axis=0, ddof=1)",
    "x.max(axis=1) - np.min(x, axis=1)",
    "np.transpose(x) @ y",
    "x.transpose(1, 0) + np.swapaxes(y, 0, 1)",
    "np.repeat(x, 2, axis=1)",
    "np.split(x, 2, axis=1)[1]",
    "np.linalg.norm(x - y, axis=1)",
    "np.linalg.norm(x, 1, axis=1)",
    "np.take_along_axis(x, np.argmax(y, axis=1)[:, None], axis=1)[:, 0]",
    "np.take(x, np.arange(x.shape[0]), axis=0) - y",
    "np.average(x, axis=1)",
    "np.count_nonzero(x > y, axis=1) / x.shape[1]",
    "x[:, np.newaxis, :] - y[np.newaxis, :, :]",
    "np.identity(x.shape[1]) + x.T @ x",
    "np.clip(x, -0.5, 0.5) * np.pi",
    "np.logaddexp(x, y)",
    "np.where(x > 0, x, y).astype(np.float64)",
    "np.einsum('nc,mc->nm', x, y)",
)


@pytest.mark.parametrize("expression", NUMPY)
def test_an_array_operation_means_what_numpy_computes(expression: str, tmp_path: Path) -> None:
    """What NumPy names or defines otherwise than torch is read as NumPy computes it."""
    doc = '"""Doc.\n\n    x: of shape (N, C)\n    y: of shape (N, C)\n    """'
    text = f"import numpy as np\n\n\ndef f(x, y):\n    {doc}\n    return {expression}\n"
    (tmp_path / "arrays.py").write_text(text)
    found = derive(tmp_path / "arrays.py", "f", root=tmp_path)
    verdict = verify(found, python=sys.executable)
    assert verdict.word == "verified (value)", (found.reason, verdict)
    assert verdict.error < 1e-12


def test_a_loss_of_numpy_is_checked_in_value_alone(tmp_path: Path) -> None:
    """NumPy gives no gradient, which the verdict says; a wrong equation is still refused."""
    found = derived(tmp_path / "numpy", "numpy", "pred, target", "return np.mean((pred - target) ** 2)")
    verdict = verify(found, python=sys.executable)
    assert (verdict.word, verdict.reason) == ("verified (value)", "the code gives no gradient")
    wrong = replace(found.lines[0], latex=found.lines[0].latex.replace("^{2}", "^{3}"))
    assert verify(replace(found, lines=(wrong,)), python=sys.executable).word == "mismatch"


@pytest.mark.skipif(not JAX, reason="jax is not installed here and PAPERBACK_JAX_PYTHON names no interpreter")
@pytest.mark.parametrize("name", LOSSES)
def test_a_loss_of_jax_is_checked_with_its_gradient(name: str, tmp_path: Path) -> None:
    """Code for JAX runs under its own differentiation."""
    arguments, bodies = LOSSES[name]
    found = derived(tmp_path / "jax", "jax", arguments, bodies["jax"])
    assert verify(found, python=JAX).word == "verified (value and gradient)"
