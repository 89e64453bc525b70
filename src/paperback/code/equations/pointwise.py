"""Elementwise operations of tensor libraries, by name."""

import math
from collections.abc import Callable
from typing import Any

from paperback.code.equations import arithmetic as ar
from paperback.code.equations.form import HALF, MINUS, ONE, TWO, ZERO, Bool, Cmp, El, Expr, Ind, Sym, num
from paperback.code.equations.sizes import Unknown
from paperback.code.equations.tensor import Tensor, elementwise, mapped
from paperback.code.equations.values import Record, number, plain

Operation = Callable[..., Any]


def tensor(value: Any) -> Tensor:
    """`value` as a tensor of numbers; a condition becomes its indicator.

    Raises:
        Unknown: It is neither a number nor a tensor.
    """
    if isinstance(value, Tensor):
        return Tensor(value.axes, as_number(value.body), "int") if value.dtype == "bool" else value
    dtype = "int" if isinstance(value, int) or (isinstance(value, Expr) and ar.is_whole(value)) else "float"
    return Tensor((), number(value), dtype)


def as_number(cond: Expr) -> Expr:
    """The indicator of `cond`; a given mask is its own indicator."""
    if isinstance(cond, Cmp) and cond.op == "!=" and isinstance(cond.left, El) and cond.right == ZERO:
        return cond.left
    return ar.indicator(cond)


def condition(value: Any) -> Tensor:
    """`value` as a tensor of conditions: numbers hold where they are not zero."""
    if isinstance(value, bool):
        return Tensor((), ar.TRUE if value else ar.FALSE, "bool")
    if isinstance(value, Cmp | Bool):
        return Tensor((), value, "bool")
    found = value if isinstance(value, Tensor) else tensor(value)
    if found.dtype == "bool":
        return found
    return mapped(found, lambda body: body.cond if isinstance(body, Ind) else _differs(body, ZERO), "bool")


def _differs(left: Expr, right: Expr) -> Expr:
    """That two numbers differ; what is not zero is told apart from a given mask, its own indicator."""
    if isinstance(left, El) and right == ZERO:
        return Bool("not", (Cmp("==", left, right),))
    return ar.compare("!=", left, right)


def numbers(build: Callable[..., Expr]) -> Operation:
    """An operation on numbers from a builder of scalars."""

    def operation(_: Record, *args: Any) -> Any:
        if all(isinstance(arg, Expr | int | float) for arg in args):
            return plain(build(*(number(arg) for arg in args)))
        tensors = [tensor(arg) for arg in args]
        dtype = "int" if all(item.dtype == "int" for item in tensors) else "float"
        return elementwise(build, *tensors, dtype=dtype)

    return operation


def fn(name: str) -> Callable[..., Expr]:
    return lambda *args: ar.function(name, *args)


def relu(x: Expr) -> Expr:
    return ar.function("max", x, ZERO)


def sigmoid(x: Expr) -> Expr:
    return ar.function("sigmoid", x)


def softplus(x: Expr) -> Expr:
    return ar.function("log", ar.add(ONE, ar.function("exp", x)))


def logsigmoid(x: Expr) -> Expr:
    return ar.function("log", sigmoid(x))


def _shift_root(_: Record, x: Any, negative_slope: Any = 0.01, inplace: bool = False) -> Tensor:
    slope = number(negative_slope)
    return mapped(tensor(x), lambda b: ar.cases(ar.compare(">=", b, ZERO), b, ar.mul(slope, b)))


def _elu(_: Record, x: Any, alpha: Any = 1.0, inplace: bool = False) -> Tensor:
    scale = number(alpha)
    build = lambda b: ar.cases(ar.compare(">", b, ZERO), b, ar.mul(scale, ar.sub(ar.function("exp", b), ONE)))  # noqa: E731
    return mapped(tensor(x), build)


def _gelu(_: Record, x: Any, approximate: str = "none") -> Tensor:
    return mapped(tensor(x), _gelu_tanh if approximate == "tanh" else _gelu_erf)


def _gelu_tanh(x: Expr) -> Expr:
    cubic = ar.add(x, ar.mul(num(0.044715), ar.power(x, num(3))))
    inner = ar.mul(ar.power(ar.div(TWO, Sym("pi")), HALF), cubic)
    return ar.mul(HALF, x, ar.add(ONE, ar.function("tanh", inner)))


def _gelu_erf(x: Expr) -> Expr:
    root = ar.power(TWO, ar.mul(MINUS, HALF))
    return ar.mul(HALF, x, ar.add(ONE, ar.function("erf", ar.mul(x, root))))


def _softplus(_: Record, x: Any, beta: Any = 1, threshold: Any = 20) -> Tensor:
    scale = number(beta)
    return mapped(tensor(x), lambda b: ar.div(softplus(ar.mul(scale, b)), scale))


def _clamp(_: Record, x: Any, min: Any = None, max: Any = None) -> Any:
    low, high = min, max
    result = tensor(x)
    if low is not None and low != -math.inf:
        result = elementwise(fn("max"), result, tensor(low), dtype=result.dtype)
    if high is not None and high != math.inf:
        result = elementwise(fn("min"), result, tensor(high), dtype=result.dtype)
    return result


def _where(rec: Record, cond: Any, then: Any = None, other: Any = None) -> Tensor:
    if then is None:
        raise Unknown("where with one argument")
    kinds = {value.dtype for value in (then, other) if isinstance(value, Tensor)}
    if kinds == {"bool"}:
        return elementwise(
            lambda c, a, b: ar.disjunction(ar.conjunction(c, a), ar.conjunction(ar.negate(c), b)),
            condition(cond),
            condition(then),
            condition(other),
            dtype="bool",
        )
    return elementwise(
        ar.cases, condition(cond), tensor(then), tensor(other), dtype="int" if kinds == {"int"} else "float"
    )


def compared(op: str) -> Operation:
    def build(left: Expr, right: Expr) -> Expr:
        return _differs(left, right) if op == "!=" else ar.compare(op, left, right)

    def operation(_: Record, left: Any, right: Any) -> Tensor:
        return elementwise(build, tensor(left), tensor(right), dtype="bool")

    return operation


def logical(build: Callable[..., Expr]) -> Operation:
    def operation(_: Record, *args: Any) -> Tensor:
        return elementwise(build, *(condition(arg) for arg in args), dtype="bool")

    return operation


def _masked_fill(_: Record, x: Any, mask: Any, value: Any) -> Tensor:
    found = tensor(x)
    return elementwise(
        lambda c, v, b: ar.cases(c, v, b), condition(mask), tensor(value), found, dtype=found.dtype
    )


def _scaled(sign: int) -> Operation:
    def operation(_: Record, x: Any, other: Any, alpha: Any = 1) -> Any:
        factor = ar.mul(num(sign), number(alpha))
        return numbers(lambda a, b: ar.add(a, ar.mul(factor, b)))(_, x, other)

    return operation


def _lerp(_: Record, start: Any, end: Any, weight: Any) -> Any:
    return numbers(lambda a, b, w: ar.add(a, ar.mul(w, ar.sub(b, a))))(_, start, end, weight)


def _addcmul(_: Record, x: Any, left: Any, right: Any, value: Any = 1) -> Any:
    return numbers(lambda a, b, c: ar.add(a, ar.mul(number(value), b, c)))(_, x, left, right)


def _div(_: Record, x: Any, other: Any, rounding_mode: str | None = None) -> Any:
    if rounding_mode == "floor":
        return numbers(fn("floordiv"))(_, x, other)
    if rounding_mode is not None:
        raise Unknown(f"division that rounds {rounding_mode}")
    return as_float(numbers(ar.div)(_, x, other))


def as_float(value: Any) -> Any:
    return (
        Tensor(value.axes, value.body, "float")
        if isinstance(value, Tensor) and value.dtype == "int"
        else value
    )


def _log_base(base: int) -> Callable[[Expr], Expr]:
    return lambda x: ar.div(ar.function("log", x), ar.function("log", num(base)))


def _relu6(x: Expr) -> Expr:
    return ar.function("min", relu(x), num(6))


def _hardsigmoid(x: Expr) -> Expr:
    return ar.div(_relu6(ar.add(x, num(3))), num(6))


def inplace(op: Operation) -> Operation:
    return lambda rec, x, *args, inplace=False, **options: op(rec, x, *args, **options)


def dropped(_: Record, x: Any, p: Any = 0.5, training: Any = False, inplace: bool = False) -> Any:
    _.assume("dropout is off, as in evaluation")
    return x


POINTWISE: dict[str, Operation] = {
    **{
        name: numbers(fn(name))
        for name in (
            "exp",
            "log",
            "abs",
            "sin",
            "cos",
            "tan",
            "tanh",
            "sinh",
            "cosh",
            "erf",
            "sign",
            "floor",
            "ceil",
            "round",
            "atan",
            "acos",
            "asin",
            "sigmoid",
        )
    },
    "absolute": numbers(fn("abs")),
    "arctan": numbers(fn("atan")),
    "arccos": numbers(fn("acos")),
    "expit": numbers(sigmoid),
    "log1p": numbers(lambda x: ar.function("log", ar.add(ONE, x))),
    "expm1": numbers(lambda x: ar.sub(ar.function("exp", x), ONE)),
    "log2": numbers(_log_base(2)),
    "log10": numbers(_log_base(10)),
    "sqrt": numbers(lambda x: ar.power(x, HALF)),
    "rsqrt": numbers(lambda x: ar.power(x, num(-0.5))),
    "square": numbers(ar.square),
    "reciprocal": numbers(lambda x: ar.power(x, MINUS)),
    "neg": numbers(lambda x: ar.mul(MINUS, x)),
    "negative": numbers(lambda x: ar.mul(MINUS, x)),
    "relu": inplace(numbers(relu)),
    "relu6": inplace(numbers(_relu6)),
    "softplus": _softplus,
    "hardsigmoid": inplace(numbers(_hardsigmoid)),
    "hardswish": inplace(numbers(lambda x: ar.mul(x, _hardsigmoid(x)))),
    "hardtanh": inplace(numbers(lambda x: ar.function("max", num(-1), ar.function("min", x, ONE)))),
    "logsigmoid": numbers(logsigmoid),
    "log_sigmoid": numbers(logsigmoid),
    "silu": inplace(numbers(lambda x: ar.mul(x, sigmoid(x)))),
    "swish": numbers(lambda x: ar.mul(x, sigmoid(x))),
    "mish": inplace(numbers(lambda x: ar.mul(x, ar.function("tanh", softplus(x))))),
    "softsign": numbers(lambda x: ar.div(x, ar.add(ONE, ar.function("abs", x)))),
    "gelu": _gelu,
    "elu": _elu,
    "leaky_relu": _shift_root,
    "add": _scaled(1),
    "sub": _scaled(-1),
    "subtract": _scaled(-1),
    "mul": numbers(ar.mul),
    "multiply": numbers(ar.mul),
    "div": _div,
    "divide": _div,
    "true_divide": _div,
    "pow": numbers(ar.power),
    "power": numbers(ar.power),
    "float_power": numbers(ar.power),
    "lerp": _lerp,
    "addcmul": _addcmul,
    "maximum": numbers(fn("max")),
    "minimum": numbers(fn("min")),
    "remainder": numbers(fn("mod")),
    "isnan": logical(lambda _: ar.FALSE),
    "isinf": logical(lambda _: ar.FALSE),
    "isfinite": logical(lambda _: ar.TRUE),
    "floor_divide": numbers(fn("floordiv")),
    "clamp": _clamp,
    "clip": _clamp,
    "clamp_min": lambda rec, x, min: _clamp(rec, x, min),
    "clamp_max": lambda rec, x, max: _clamp(rec, x, None, max),
    "where": _where,
    "masked_fill": _masked_fill,
    "dropout": dropped,
    "dropout1d": dropped,
    "dropout2d": dropped,
    "eq": compared("=="),
    "ne": compared("!="),
    "lt": compared("<"),
    "le": compared("<="),
    "gt": compared(">"),
    "ge": compared(">="),
    "greater": compared(">"),
    "less": compared("<"),
    "equal": compared("=="),
    "greater_equal": compared(">="),
    "less_equal": compared("<="),
    "logical_and": logical(ar.conjunction),
    "logical_or": logical(ar.disjunction),
    "logical_not": logical(ar.negate),
    "bitwise_not": logical(ar.negate),
    "bitwise_and": logical(ar.conjunction),
    "bitwise_or": logical(ar.disjunction),
}
