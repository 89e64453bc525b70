"""Loss functions and layers of tensor libraries, by name."""

from collections.abc import Sequence
from typing import Any

from paperback.code.equations import arithmetic as ar
from paperback.code.equations.form import HALF, MINUS, ONE, ZERO, Expr, Var
from paperback.code.equations.makers import _one_hot
from paperback.code.equations.pieces import chunk
from paperback.code.equations.pointwise import Operation, logsigmoid, sigmoid, tensor
from paperback.code.equations.reductions import (
    _distance,
    cosine_similarity,
    log_softmax,
    matmul,
    mean,
    variance,
    weighted_mean,
)
from paperback.code.equations.reshape import gather_indices
from paperback.code.equations.shapes import gather, transposed
from paperback.code.equations.sizes import Misfit, Unknown, same_size
from paperback.code.equations.tensor import (
    Tensor,
    elementwise,
    mapped,
    permute,
    reduce_axes,
    squeeze,
    unsqueeze,
)
from paperback.code.equations.values import Record, number, plain


def reduced(rec: Record, values: Tensor, reduction: str) -> Tensor:
    """`values` under the `reduction` of a loss."""
    if reduction == "mean":
        return mean(rec, values)
    if reduction == "sum":
        return reduce_axes("sum", values, None)
    if reduction == "none":
        return values
    raise Unknown(f"the reduction {reduction!r}")


def _pairwise(build: Any) -> Operation:
    def operation(rec: Record, input: Any, target: Any, reduction: str = "mean", **options: Any) -> Tensor:
        values = elementwise(lambda a, b: build(a, b, **options), tensor(input), tensor(target))
        return reduced(rec, values, reduction)

    return operation


def _smooth(a: Expr, b: Expr, beta: Any = 1.0) -> Expr:
    gap, edge = ar.function("abs", ar.sub(a, b)), number(beta)
    near = ar.mul(HALF, ar.square(ar.sub(a, b)), ar.power(edge, MINUS))
    return ar.cases(ar.compare("<", gap, edge), near, ar.sub(gap, ar.mul(HALF, edge)))


def _huber(a: Expr, b: Expr, delta: Any = 1.0) -> Expr:
    gap, edge = ar.function("abs", ar.sub(a, b)), number(delta)
    far = ar.mul(edge, ar.sub(gap, ar.mul(HALF, edge)))
    return ar.cases(ar.compare("<=", gap, edge), ar.mul(HALF, ar.square(ar.sub(a, b))), far)


def cross_term(p: Expr, y: Expr) -> Expr:
    log = ar.function
    inner = ar.add(ar.mul(y, log("log", p)), ar.mul(ar.sub(ONE, y), log("log", ar.sub(ONE, p))))
    return ar.mul(MINUS, inner)


def _bce(
    rec: Record, input: Any, target: Any, weight: Any = None, reduction: str = "mean", **_: Any
) -> Tensor:
    values = elementwise(cross_term, tensor(input), tensor(target))
    if weight is not None:
        values = elementwise(ar.mul, tensor(weight), values)
    return reduced(rec, values, reduction)


def _bce_logits(
    rec: Record,
    input: Any,
    target: Any,
    weight: Any = None,
    reduction: str = "mean",
    pos_weight: Any = None,
    **_: Any,
) -> Tensor:
    factor = tensor(1 if pos_weight is None else pos_weight)

    def term(x: Expr, y: Expr, w: Expr) -> Expr:
        positive = ar.mul(w, y, logsigmoid(x))
        return ar.mul(MINUS, ar.add(positive, ar.mul(ar.sub(ONE, y), logsigmoid(ar.mul(MINUS, x)))))

    values = elementwise(term, tensor(input), tensor(target), factor)
    if weight is not None:
        values = elementwise(ar.mul, tensor(weight), values)
    return reduced(rec, values, reduction)


def class_last(x: Tensor) -> Tensor:
    """`x` with its class axis, the second, moved to the end."""
    if len(x.axes) < 2:
        return x
    return permute(x, [0, *range(2, len(x.axes)), 1])


def nll(
    rec: Record,
    input: Any,
    target: Any,
    weight: Any = None,
    ignore_index: Any = -100,
    reduction: str = "mean",
    **_: Any,
) -> Tensor:
    logs, labels = class_last(tensor(input)), tensor(target)
    if labels.dtype != "int":
        raise Misfit("class indices must be whole numbers")
    if len(logs.axes) != len(labels.axes) + 1:
        raise Misfit("class indices of another rank")
    _no_ignored(rec, ignore_index)
    _all_classes(logs, labels)
    picked = squeeze(gather(rec, logs, -1, unsqueeze(labels, -1)), [-1])
    values = mapped(picked, lambda body: ar.mul(MINUS, body))
    if weight is None:
        return reduced(rec, values, reduction)
    weights = elementwise(lambda w, _l: w, _by_label(rec, tensor(weight), labels), labels)
    values_weighted = elementwise(ar.mul, weights, values)
    return weighted_mean(values, weights) if reduction == "mean" else reduced(rec, values_weighted, reduction)


def _all_classes(logs: Tensor, labels: Tensor) -> None:
    """Labels that count the rows need as many classes.

    Raises:
        Misfit: There may be fewer.
    """
    if len(labels.axes) != 1 or len(labels.axes[0].atoms) != 1:
        return
    (name, rows), *_ = labels.axes[0].atoms
    if labels.body == ar.sub(Var(name), ONE) and not same_size(rows, logs.axes[-1].size):
        raise Misfit("labels that count the rows", (rows, logs.axes[-1].size), firm=True)


def _no_ignored(rec: Record, ignore_index: Any) -> None:
    if isinstance(plain(ignore_index), int) and plain(ignore_index) < 0:
        return
    raise Unknown("an ignored class that may occur")


def _by_label(rec: Record, weight: Tensor, labels: Tensor) -> Tensor:
    return gather_indices(weight, [0], [labels])


def cross_entropy(
    rec: Record,
    input: Any,
    target: Any,
    weight: Any = None,
    ignore_index: Any = -100,
    reduction: str = "mean",
    label_smoothing: Any = 0.0,
    **_: Any,
) -> Tensor:
    scores, labels = tensor(input), tensor(target)
    logs = log_softmax(rec, scores, 1 if len(scores.axes) > 1 else 0)
    smooth = number(label_smoothing)
    if labels.dtype == "int" and smooth == ZERO:
        return nll(rec, logs, labels, weight, ignore_index, reduction)
    if weight is not None:
        raise Unknown("class weights with soft labels")
    last = class_last(logs)
    if labels.dtype == "int":
        _no_ignored(rec, ignore_index)
        targets = tensor(_one_hot(rec, labels, last.shape[-1]))
    else:
        targets = class_last(labels)
    if len(targets.axes) != len(last.axes):
        raise Misfit("class probabilities of another rank")
    size = last.shape[-1]
    soft = mapped(targets, lambda t: ar.add(ar.mul(ar.sub(ONE, smooth), t), ar.div(smooth, size)))
    terms = reduce_axes("sum", elementwise(ar.mul, soft, last), [-1])
    return reduced(rec, mapped(terms, lambda body: ar.mul(MINUS, body)), reduction)


def kl_div(
    rec: Record, input: Any, target: Any, reduction: str = "mean", log_target: bool = False, **_: Any
) -> Tensor:
    logs, targets = tensor(input), tensor(target)

    def term(q: Expr, p: Expr) -> Expr:
        if log_target:
            return ar.mul(ar.function("exp", p), ar.sub(p, q))
        return ar.mul(p, ar.sub(ar.function("log", p), q))

    values = elementwise(term, logs, targets)
    if reduction == "batchmean":
        rows = values.axes[0].size if values.axes else ONE
        return mapped(reduce_axes("sum", values, None), lambda body: ar.div(body, rows))
    return reduced(rec, values, reduction)


def hinge(x: Expr) -> Expr:
    return ar.function("max", ZERO, x)


def _margin_ranking(
    rec: Record, input1: Any, input2: Any, target: Any, margin: Any = 0.0, reduction: str = "mean", **_: Any
) -> Tensor:
    build = lambda a, b, y: hinge(ar.add(ar.mul(MINUS, y, ar.sub(a, b)), number(margin)))  # noqa: E731
    return reduced(rec, elementwise(build, tensor(input1), tensor(input2), tensor(target)), reduction)


def _triplet(
    rec: Record,
    anchor: Any,
    positive: Any,
    negative: Any,
    margin: Any = 1.0,
    p: Any = 2.0,
    eps: Any = 1e-6,
    swap: bool = False,
    reduction: str = "mean",
    **_: Any,
) -> Tensor:
    near, far = _distance(rec, anchor, positive, p, eps), _distance(rec, anchor, negative, p, eps)
    if swap:
        far = elementwise(
            lambda a, b: ar.function("min", a, b), far, _distance(rec, positive, negative, p, eps)
        )
    values = elementwise(lambda a, b: hinge(ar.add(a, ar.mul(MINUS, b), number(margin))), near, far)
    return reduced(rec, values, reduction)


def _cosine_embedding(
    rec: Record, input1: Any, input2: Any, target: Any, margin: Any = 0.0, reduction: str = "mean", **_: Any
) -> Tensor:
    likeness = cosine_similarity(rec, input1, input2, -1)

    def term(c: Expr, y: Expr) -> Expr:
        return ar.cases(ar.compare("==", y, ONE), ar.sub(ONE, c), hinge(ar.sub(c, number(margin))))

    return reduced(rec, elementwise(term, likeness, tensor(target)), reduction)


def _soft_margin(rec: Record, input: Any, target: Any, reduction: str = "mean", **_: Any) -> Tensor:
    term = lambda x, y: ar.function("log", ar.add(ONE, ar.function("exp", ar.mul(MINUS, y, x))))  # noqa: E731
    return reduced(rec, elementwise(term, tensor(input), tensor(target)), reduction)


def _gaussian_nll(
    rec: Record,
    input: Any,
    target: Any,
    var: Any,
    full: bool = False,
    eps: Any = 1e-6,
    reduction: str = "mean",
) -> Tensor:
    if full:
        raise Unknown("the constant term of a Gaussian likelihood")

    def term(x: Expr, y: Expr, v: Expr) -> Expr:
        safe = ar.function("max", v, number(eps))
        return ar.mul(HALF, ar.add(ar.function("log", safe), ar.div(ar.square(ar.sub(x, y)), safe)))

    return reduced(rec, elementwise(term, tensor(input), tensor(target), tensor(var)), reduction)


def _poisson_nll(
    rec: Record,
    input: Any,
    target: Any,
    log_input: bool = True,
    full: bool = False,
    eps: Any = 1e-8,
    reduction: str = "mean",
    **_: Any,
) -> Tensor:
    if full:
        raise Unknown("the Stirling term of a Poisson likelihood")

    def term(x: Expr, y: Expr) -> Expr:
        if log_input:
            return ar.sub(ar.function("exp", x), ar.mul(y, x))
        return ar.sub(x, ar.mul(y, ar.function("log", ar.add(x, number(eps)))))

    return reduced(rec, elementwise(term, tensor(input), tensor(target)), reduction)


def linear(rec: Record, x: Any, weight: Any, bias: Any = None) -> Tensor:
    result = matmul(rec, x, transposed(rec, weight))
    return result if bias is None else elementwise(ar.add, result, tensor(bias))


def layer_norm(
    rec: Record, x: Any, normalized_shape: Any = None, weight: Any = None, bias: Any = None, eps: Any = 1e-5
) -> Tensor:
    found = tensor(x)
    count = len(normalized_shape) if isinstance(normalized_shape, Sequence) else 1
    dims = list(range(-count, 0))
    centred = elementwise(ar.sub, found, mean(rec, found, dims, True))
    spread = variance(rec, found, dims, False, True)
    scaled = elementwise(lambda a, v: ar.div(a, ar.power(ar.add(v, number(eps)), HALF)), centred, spread)
    if weight is not None:
        scaled = elementwise(ar.mul, tensor(weight), scaled)
    return scaled if bias is None else elementwise(ar.add, scaled, tensor(bias))


def _glu(rec: Record, x: Any, dim: Any = -1) -> Tensor:
    value, gate = chunk(rec, x, 2, dim)
    return elementwise(lambda a, b: ar.mul(a, sigmoid(b)), value, gate)


def _rms_norm(
    rec: Record, x: Any, normalized_shape: Any = None, weight: Any = None, eps: Any = None
) -> Tensor:
    if eps is None:
        raise Unknown("rms_norm whose epsilon follows the dtype")
    found = tensor(x)
    squares = mean(rec, mapped(found, ar.square), -1, True)
    scaled = elementwise(lambda a, s: ar.div(a, ar.power(ar.add(s, number(eps)), HALF)), found, squares)
    return scaled if weight is None else elementwise(ar.mul, scaled, tensor(weight))


LOSSES: dict[str, Operation] = {
    "mse_loss": _pairwise(lambda a, b: ar.square(ar.sub(a, b))),
    "l1_loss": _pairwise(lambda a, b: ar.function("abs", ar.sub(a, b))),
    "smooth_l1_loss": _pairwise(_smooth),
    "huber_loss": _pairwise(_huber),
    "binary_cross_entropy": _bce,
    "binary_cross_entropy_with_logits": _bce_logits,
    "nll_loss": nll,
    "cross_entropy": cross_entropy,
    "kl_div": kl_div,
    "margin_ranking_loss": _margin_ranking,
    "triplet_margin_loss": _triplet,
    "cosine_embedding_loss": _cosine_embedding,
    "soft_margin_loss": _soft_margin,
    "gaussian_nll_loss": _gaussian_nll,
    "poisson_nll_loss": _poisson_nll,
    "linear": linear,
    "layer_norm": layer_norm,
    "glu": _glu,
    "rms_norm": _rms_norm,
}
MODULES: dict[str, str] = {
    "MSELoss": "mse_loss",
    "L1Loss": "l1_loss",
    "SmoothL1Loss": "smooth_l1_loss",
    "HuberLoss": "huber_loss",
    "BCELoss": "binary_cross_entropy",
    "BCEWithLogitsLoss": "binary_cross_entropy_with_logits",
    "NLLLoss": "nll_loss",
    "CrossEntropyLoss": "cross_entropy",
    "KLDivLoss": "kl_div",
    "MarginRankingLoss": "margin_ranking_loss",
    "TripletMarginLoss": "triplet_margin_loss",
    "CosineEmbeddingLoss": "cosine_embedding_loss",
    "SoftMarginLoss": "soft_margin_loss",
    "GaussianNLLLoss": "gaussian_nll_loss",
    "PoissonNLLLoss": "poisson_nll_loss",
    "ReLU": "relu",
    "ReLU6": "relu6",
    "Sigmoid": "sigmoid",
    "Tanh": "tanh",
    "Softmax": "softmax",
    "LogSoftmax": "log_softmax",
    "GELU": "gelu",
    "SiLU": "silu",
    "Softplus": "softplus",
    "ELU": "elu",
    "LeakyReLU": "leaky_relu",
    "LogSigmoid": "logsigmoid",
    "Hardsigmoid": "hardsigmoid",
    "Hardswish": "hardswish",
    "Mish": "mish",
    "Softsign": "softsign",
    "Dropout": "dropout",
    "Dropout2d": "dropout",
    "CosineSimilarity": "cosine_similarity",
    "PairwiseDistance": "pairwise_distance",
    "Flatten": "flatten",
    "Identity": "contiguous",
    "GLU": "glu",
    "Hardtanh": "hardtanh",
    **{f"MaxPool{rank}d": f"max_pool{rank}d" for rank in (1, 2, 3)},
    **{f"AvgPool{rank}d": f"avg_pool{rank}d" for rank in (1, 2, 3)},
    **{f"AdaptiveAvgPool{rank}d": f"adaptive_avg_pool{rank}d" for rank in (1, 2, 3)},
    **{f"AdaptiveMaxPool{rank}d": f"adaptive_max_pool{rank}d" for rank in (1, 2, 3)},
}
