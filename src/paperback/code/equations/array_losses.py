"""Loss functions of optax, Keras, TensorFlow and scipy, by name; none means over samples by itself."""

from typing import Any

from paperback.code.equations import arithmetic as ar
from paperback.code.equations.arrays import relative_entropy
from paperback.code.equations.form import HALF, MINUS, ONE, TWO, Expr
from paperback.code.equations.losses import _huber, cross_term, hinge
from paperback.code.equations.pointwise import Operation, logsigmoid, softplus, tensor
from paperback.code.equations.reductions import cosine_similarity, log_softmax, mean
from paperback.code.equations.shapes import gather
from paperback.code.equations.sizes import Misfit, Unknown
from paperback.code.equations.tensor import Tensor, elementwise, mapped, reduce_axes, unsqueeze
from paperback.code.equations.values import Record, number


def _squared(a: Expr, b: Expr) -> Expr:
    return ar.square(ar.sub(a, b))


def _logistic(x: Expr, y: Expr) -> Expr:
    positive, negative = ar.mul(y, logsigmoid(x)), ar.mul(ar.sub(ONE, y), logsigmoid(ar.mul(MINUS, x)))
    return ar.mul(MINUS, ar.add(positive, negative))


def _log_cosh(a: Expr, b: Expr) -> Expr:
    gap = ar.sub(a, b)
    return ar.sub(ar.add(gap, softplus(ar.mul(ar.mul(MINUS, TWO), gap))), ar.function("log", TWO))


def soft_cross_entropy(rec: Record, logits: Any, labels: Any, dim: Any = -1, **_: Any) -> Tensor:
    """−Σ y log softmax(z) over the class axis."""
    logs = log_softmax(rec, logits, dim)
    terms = elementwise(ar.mul, tensor(labels), logs)
    return mapped(reduce_axes("sum", terms, [dim]), lambda body: ar.mul(MINUS, body))


def class_cross_entropy(rec: Record, logits: Any, labels: Any, dim: Any = -1, **_: Any) -> Tensor:
    """−log softmax(z) at the class of each sample."""
    return _picked(rec, log_softmax(rec, logits, dim), labels)


def _picked(rec: Record, logs: Tensor, labels: Any) -> Tensor:
    places = tensor(labels)
    if places.dtype != "int":
        raise Misfit("class indices must be whole numbers")
    if len(logs.axes) != len(places.axes) + 1:
        raise Misfit("class indices of another rank")
    picked = gather(rec, logs, -1, unsqueeze(places, -1))
    return Tensor(picked.axes[:-1], ar.mul(MINUS, picked.body))


def _guarded(rec: Record) -> None:
    rec.assume("probabilities are not 0 or 1")


def _binary(
    rec: Record, target: Any, output: Any, from_logits: bool = False, label_smoothing: Any = 0.0, **_: Any
) -> Tensor:
    """Keras: the target comes first."""
    if number(label_smoothing) != number(0):
        raise Unknown("label smoothing of a binary cross-entropy")
    if from_logits:
        return elementwise(_logistic, tensor(output), tensor(target))
    _guarded(rec)
    return elementwise(cross_term, tensor(output), tensor(target))


def _categorical(
    rec: Record, target: Any, output: Any, from_logits: bool = False, dim: Any = -1, **_: Any
) -> Tensor:
    if from_logits:
        return soft_cross_entropy(rec, output, target, dim)
    _guarded(rec)
    terms = elementwise(lambda y, p: ar.mul(y, ar.function("log", p)), tensor(target), _shares(output, dim))
    return mapped(reduce_axes("sum", terms, [dim]), lambda body: ar.mul(MINUS, body))


def _shares(output: Any, dim: Any) -> Tensor:
    """Keras divides probabilities by their sum."""
    found = tensor(output)
    return elementwise(ar.div, found, reduce_axes("sum", found, [dim], True))


def _sparse(
    rec: Record, target: Any, output: Any, from_logits: bool = False, dim: Any = -1, **_: Any
) -> Tensor:
    if from_logits:
        return class_cross_entropy(rec, output, target, dim)
    _guarded(rec)
    return _picked(rec, mapped(_shares(output, dim), lambda body: ar.function("log", body)), target)


def _plain(build: Any) -> Operation:
    """An elementwise loss of prediction and target."""

    def operation(_: Record, first: Any, second: Any, *args: Any, **options: Any) -> Tensor:
        return elementwise(lambda a, b: build(a, b, *args, **options), tensor(first), tensor(second))

    return operation


def _over_last(build: Any) -> Operation:
    """A loss of Keras: the target first, the mean over the last axis."""

    def operation(rec: Record, y_true: Any, y_pred: Any, *args: Any, **options: Any) -> Tensor:
        values = elementwise(lambda a, b: build(a, b, *args, **options), tensor(y_pred), tensor(y_true))
        return mean(rec, values, -1)

    return operation


def _divergence(rec: Record, y_true: Any, y_pred: Any) -> Tensor:
    _guarded(rec)
    return reduce_axes("sum", elementwise(relative_entropy, tensor(y_true), tensor(y_pred)), [-1])


def _log_divergence(_: Record, log_predictions: Any, targets: Any, **options: Any) -> Tensor:
    terms = elementwise(
        lambda q, p: ar.mul(p, ar.sub(ar.function("log", p), q)), tensor(log_predictions), tensor(targets)
    )
    return reduce_axes("sum", terms, [-1])


def _likeness(
    rec: Record, predictions: Any, targets: Any, epsilon: Any = 0.0, dim: Any = -1, **_: Any
) -> Tensor:
    return cosine_similarity(rec, predictions, targets, -1 if dim is None else dim)


def _unlike(rec: Record, *args: Any, **options: Any) -> Tensor:
    return mapped(_likeness(rec, *args, **options), lambda body: ar.sub(ONE, body))


def _opposite(rec: Record, y_true: Any, y_pred: Any, dim: Any = -1) -> Tensor:
    """Keras returns the negative cosine."""
    return mapped(_likeness(rec, y_pred, y_true, dim=dim), lambda body: ar.mul(MINUS, body))


def _smoothed(_: Record, labels: Any, alpha: Any) -> Tensor:
    found, share = tensor(labels), number(alpha)
    size = found.axes[-1].size
    return mapped(found, lambda y: ar.add(ar.mul(ar.sub(ONE, share), y), ar.div(share, size)))


def _logits_first(build: Operation) -> Operation:
    """TensorFlow takes labels first, but only by name."""
    return lambda rec, labels=None, logits=None, dim=-1, **_: build(rec, logits, labels, dim=dim)


def _logistic_named(_: Record, labels: Any = None, logits: Any = None, **__: Any) -> Tensor:
    return elementwise(_logistic, tensor(logits), tensor(labels))


def _robust(gap: Expr, delta: Any) -> Expr:
    return _huber(gap, number(0), delta)


def _scipy_huber(_: Record, delta: Any, r: Any) -> Tensor:
    return mapped(tensor(r), lambda gap: _robust(gap, delta))


OPTAX: dict[str, Operation] = {
    "squared_error": _plain(_squared),
    "l2_loss": _plain(lambda a, b: ar.mul(HALF, _squared(a, b))),
    "huber_loss": _plain(_huber),
    "log_cosh": _plain(_log_cosh),
    "hinge_loss": _plain(lambda a, y: hinge(ar.sub(ONE, ar.mul(a, y)))),
    "sigmoid_binary_cross_entropy": _plain(_logistic),
    "softmax_cross_entropy": soft_cross_entropy,
    "softmax_cross_entropy_with_integer_labels": class_cross_entropy,
    "cosine_similarity": _likeness,
    "cosine_distance": _unlike,
    "kl_divergence": _log_divergence,
    "smooth_labels": _smoothed,
}
KERAS: dict[str, Operation] = {
    "mean_squared_error": _over_last(_squared),
    "mean_absolute_error": _over_last(lambda a, b: ar.function("abs", ar.sub(a, b))),
    "huber": _over_last(_huber),
    "log_cosh": _over_last(_log_cosh),
    "hinge": _over_last(lambda a, y: hinge(ar.sub(ONE, ar.mul(a, y)))),
    "binary_crossentropy": _binary,
    "categorical_crossentropy": _categorical,
    "sparse_categorical_crossentropy": _sparse,
    "kl_divergence": _divergence,
    "cosine_similarity": _opposite,
    "sigmoid_cross_entropy_with_logits": _logistic_named,
    "softmax_cross_entropy_with_logits": _logits_first(soft_cross_entropy),
    "sparse_softmax_cross_entropy_with_logits": _logits_first(class_cross_entropy),
}
SCIPY: dict[str, Operation] = {
    "huber": _scipy_huber,
}


def _meaned(rec: Record, *args: Any, **options: Any) -> Tensor:
    """`keras.losses.binary_crossentropy`, which unlike `keras.ops` means over the last axis."""
    return mean(rec, _binary(rec, *args, **options), -1)


def array_loss(name: str) -> Operation | None:
    """The loss of the dotted `name`, such as `optax.huber_loss`; None where it is none."""
    top, last = name.partition(".")[0], name.rpartition(".")[2]
    if last == "binary_crossentropy" and ".losses." in name:
        return _meaned
    tables = {"optax": OPTAX, "keras": KERAS, "tensorflow": KERAS, "scipy": SCIPY}
    return tables.get(top, {}).get(last)
