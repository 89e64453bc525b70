"""Operations that NumPy, JAX, TensorFlow and Keras call or define otherwise than torch, by name."""

from typing import Any

from paperback.code.equations import arithmetic as ar
from paperback.code.equations import reshape as rs
from paperback.code.equations.casts import converted, unwrapped
from paperback.code.equations.form import MINUS, ONE, Expr, num
from paperback.code.equations.makers import _arange, _eye, _one_hot, dtype_of
from paperback.code.equations.ordering import _sort, middle, values_only
from paperback.code.equations.pieces import split
from paperback.code.equations.pointwise import (
    POINTWISE,
    Operation,
    _gelu,
    _where,
    condition,
    fn,
    numbers,
    tensor,
)
from paperback.code.equations.reductions import (
    _amax,
    _any,
    _prod,
    _sum,
    dims_of,
    log_softmax,
    logsumexp,
    matmul,
    mean,
    norm,
    variance,
)
from paperback.code.equations.shapes import (
    _repeat_interleave,
    gather,
    shape_of,
    transposed,
)
from paperback.code.equations.sizes import Unknown
from paperback.code.equations.tensor import (
    Tensor,
    dimension,
    elementwise,
    mapped,
    permute,
    reduce_axes,
    unsqueeze,
)
from paperback.code.equations.values import Record, integer, number, plain

LIBRARIES = ("numpy", "jax", "tensorflow", "keras", "scipy", "optax")


def _variance(rec: Record, x: Any, dim: Any = None, keepdim: bool = False, ddof: Any = 0, **_: Any) -> Tensor:
    """The population variance, which all of these libraries take where nothing is said."""
    return variance(rec, x, dim, keepdim=keepdim, ddof=ddof)


def _deviation(rec: Record, *args: Any, **options: Any) -> Tensor:
    return mapped(_variance(rec, *args, **options), lambda body: ar.power(body, num(0.5)))


def _transpose(rec: Record, x: Any, *dims: Any, dim: Any = None, perm: Any = None) -> Tensor:
    order = dims if dims else dim if dim is not None else perm
    if order is None:
        return transposed(rec, x)
    flat = order[0] if len(order) == 1 and isinstance(order[0], list | tuple) else order
    return permute(tensor(x), [integer(item) for item in flat])


def _norm(_: Record, x: Any, ord: Any = None, dim: Any = None, keepdim: bool = False) -> Tensor:
    order = {"euclidean": 2, "fro": 2, None: 2}.get(ord, ord) if not isinstance(ord, Expr) else ord
    pair = dim is None and len(tensor(x).axes) == 2
    if ord not in (None, "euclidean", "fro") and (pair or isinstance(dim, list | tuple)):
        raise Unknown("the norm of a matrix")
    return norm(_, x, order, dim, keepdim)


def _unit(rec: Record, x: Any, dim: Any = -1, order: Any = 2, epsilon: Any = 1e-12, **_: Any) -> Tensor:
    """`x` over its norm, which is kept off zero."""
    rec.assume("norms are not zero")
    return elementwise(ar.div, tensor(x), norm(rec, x, order, -1 if dim is None else dim, True))


def _product(rec: Record, a: Any, b: Any, transpose_a: bool = False, transpose_b: bool = False) -> Tensor:
    left, right = tensor(a), tensor(b)
    return matmul(rec, _turned(left) if transpose_a else left, _turned(right) if transpose_b else right)


def _turned(x: Tensor) -> Tensor:
    return permute(x, [*range(len(x.axes) - 2), -1, -2])


def _classes(rec: Record, x: Any, num_classes: Any = None, depth: Any = None, **_: Any) -> Tensor:
    found = _one_hot(rec, x, num_classes if num_classes is not None else depth)
    return Tensor(found.axes, found.body)


def _take(rec: Record, x: Any, indices: Any, dim: Any = None, **_: Any) -> Tensor:
    found, index = tensor(x), tensor(indices)
    at = 0 if dim is None else dimension(found, integer(dim))
    if dim is None and len(found.axes) != 1:
        raise Unknown("take from a tensor as if it were flat")
    if not index.axes:
        return rs.take(found, at, rs.from_zero(index.body, found.axes[at].size))
    return rs.gather_indices(found, [at], [index])


def _gathered(rec: Record, params: Any, indices: Any, dim: Any = 0, batch_dims: Any = 0, **_: Any) -> Tensor:
    if plain(batch_dims) == 0:
        return _take(rec, params, indices, dim)
    found, index = tensor(params), tensor(indices)
    if plain(batch_dims) != len(index.axes) or len(found.axes) != len(index.axes) + 1:
        raise Unknown("gather with these batch axes")
    picked = gather(rec, found, -1, unsqueeze(index, -1))
    return Tensor(picked.axes[:-1], picked.body, picked.dtype)


def _along(rec: Record, x: Any, indices: Any, dim: Any = -1) -> Tensor:
    return gather(rec, x, dim, indices)


def _cast(_: Record, x: Any, dtype: Any) -> Any:
    return converted(x, dtype_of(dtype))


def _pieces(rec: Record, x: Any, parts: Any, dim: Any = 0, **_: Any) -> Any:
    """`x` in as many equal pieces as asked; a list of places is not understood."""
    if isinstance(parts, list | tuple):
        raise Unknown("a split at given places")
    found = tensor(x)
    at = dimension(found, integer(dim))
    rec.divisible.append((found.axes[at].size, number(parts)))
    return split(rec, x, [ar.div(found.axes[at].size, number(parts))] * integer(parts), at)


def _approximate_gelu(rec: Record, x: Any, approximate: bool = True) -> Tensor:
    return _gelu(rec, x, "tanh" if approximate else "none")


def _size(_: Record, x: Any, *__: Any, **___: Any) -> Any:
    return shape_of(tensor(x))


def _conditional(rec: Record, cond: Any, x: Any = None, y: Any = None) -> Tensor:
    return _where(rec, cond, x, y)


def _counted(rec: Record, x: Any, dim: Any = None, keepdim: bool = False, **_: Any) -> Tensor:
    return reduce_axes("sum", tensor(condition(x)), dims_of(dim), keepdim)


def _quotient_sum(_: Record, x: Any, weights: Any = None, dim: Any = None) -> Tensor:
    if weights is None:
        return mean(_, x, dim)
    top = reduce_axes("sum", elementwise(ar.mul, tensor(weights), tensor(x)), dims_of(dim))
    return elementwise(ar.div, top, reduce_axes("sum", tensor(weights), dims_of(dim)))


def _spelled(operation: Operation) -> Operation:
    """`operation` for arguments that TensorFlow and Keras name `input_tensor`, `logits` or `tensor`."""

    def call(rec: Record, *args: Any, **options: Any) -> Any:
        for word in ("input_tensor", "tensor", "logits", "features", "a"):
            if word in options and not args:
                args = (options.pop(word),)
        return operation(rec, *args, **options)

    return call


def xlogy(x: Expr, y: Expr) -> Expr:
    return ar.mul(x, ar.function("log", y))


def relative_entropy(x: Expr, y: Expr) -> Expr:
    return ar.mul(x, ar.sub(ar.function("log", x), ar.function("log", y)))


def _logit(x: Expr) -> Expr:
    return ar.sub(ar.function("log", x), ar.function("log", ar.sub(ONE, x)))


def _logaddexp(x: Expr, y: Expr) -> Expr:
    return ar.function("log", ar.add(ar.function("exp", x), ar.function("exp", y)))


def _clipped(
    _: Record, x: Any, a_min: Any = None, a_max: Any = None, min: Any = None, max: Any = None
) -> Any:
    low, high = (min if a_min is None else a_min), (max if a_max is None else a_max)
    return POINTWISE["clip"](_, x, low, high)


_REDUCED: dict[str, Operation] = {
    "max": _amax("max"),
    "min": _amax("min"),
    "sum": _sum,
    "mean": mean,
    "prod": _prod,
    "any": _any("any"),
    "all": _any("all"),
    "std": _deviation,
    "variance": _variance,
    "logsumexp": logsumexp,
}
ARRAYS: dict[str, Operation] = {
    **{f"reduce_{name}": _spelled(operation) for name, operation in _REDUCED.items()},
    **_REDUCED,
    "var": _variance,
    "average": _quotient_sum,
    "count_nonzero": _counted,
    "transpose": _transpose,
    "permute": _transpose,
    "swapaxes": lambda rec, x, a, b: permute(
        tensor(x), _swapped(len(tensor(x).axes), integer(a), integer(b))
    ),
    "repeat": _repeat_interleave,
    "split": _pieces,
    "norm": _norm,
    "normalize": _unit,
    "l2_normalize": _unit,
    "matmul": _product,
    "one_hot": _classes,
    "take": _take,
    "gather": _gathered,
    "take_along_axis": _along,
    "cast": _cast,
    "gelu": _approximate_gelu,
    "shape": _size,
    "where": _conditional,
    "range": _arange,
    "identity": _eye,
    "squared_difference": numbers(lambda a, b: ar.square(ar.sub(a, b))),
    "divide_no_nan": numbers(ar.div),
    "clip_by_value": lambda rec, x, low, high: numbers(fn("min"))(rec, numbers(fn("max"))(rec, x, low), high),
    "xlogy": numbers(xlogy),
    "rel_entr": numbers(relative_entropy),
    "kl_div": numbers(lambda x, y: ar.add(relative_entropy(x, y), ar.mul(MINUS, x), y)),
    "entr": numbers(lambda x: ar.mul(MINUS, xlogy(x, x))),
    "logit": numbers(_logit),
    "logaddexp": numbers(_logaddexp),
    "log_expit": numbers(lambda x: ar.function("log", ar.function("sigmoid", x))),
    "log_softmax": _spelled(log_softmax),
    "convert_to_tensor": unwrapped,
    "constant": unwrapped,
    "clip": _clipped,
    "sort": values_only(_sort),
    "median": middle,
    "epsilon": lambda _: 1e-7,
}


def _swapped(rank: int, first: int, second: int) -> list[int]:
    order = list(range(rank))
    order[first], order[second] = order[second], order[first]
    return order
