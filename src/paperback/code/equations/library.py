"""Calls into tensor libraries and Python's own functions."""

import math
from collections.abc import Mapping
from typing import Any

from paperback.code.equations import arithmetic as ar
from paperback.code.equations.array_losses import array_loss
from paperback.code.equations.arrays import ARRAYS
from paperback.code.equations.arrays import LIBRARIES as ARRAY_LIBRARIES
from paperback.code.equations.attention import ATTENTION
from paperback.code.equations.einops import rearranged
from paperback.code.equations.form import Call, Cat, El, Expr, Lam, Sym, Var, fresh, num
from paperback.code.equations.layer_shapes import layer_shape
from paperback.code.equations.linear_algebra import LINEAR_ALGEBRA
from paperback.code.equations.losses import LOSSES, MODULES, layer_norm
from paperback.code.equations.ordering import ORDERINGS
from paperback.code.equations.pointwise import POINTWISE, Operation, condition, numbers, tensor
from paperback.code.equations.reductions import REDUCTIONS
from paperback.code.equations.shapes import SHAPES, shape_of, transposed
from paperback.code.equations.sizes import Misfit, Unknown
from paperback.code.equations.sources import Lib
from paperback.code.equations.tensor import Axis, Tensor, as_lam, elementwise, place, scalar
from paperback.code.equations.values import (
    Definition,
    Layer,
    Method,
    Opaque,
    Record,
    integer,
    number,
    plain,
)
from paperback.code.equations.windows import WINDOWS

OPERATIONS: dict[str, Operation] = {
    **POINTWISE, **REDUCTIONS, **SHAPES, **ORDERINGS, **LINEAR_ALGEBRA, **WINDOWS, **ATTENTION, **LOSSES
}  # fmt: skip
RENAMED = {"axis": "dim", "keepdims": "keepdim", "axes": "dim"}
IGNORED = {
    "out",
    "device",
    "layout",
    "memory_format",
    "non_blocking",
    "requires_grad",
    "generator",
    "pin_memory",
    "copy",
}
LIBRARIES = ("torch", "numpy", "jax", "tensorflow", "keras", "optax", "math", "scipy", "builtins", "typing")
_REDUCTIONS = ("none", "mean", "sum")
CONSTANTS = {"pi": Sym("pi"), "e": ar.function("exp", num(1)), "inf": ar.INF}


def _options(options: Mapping[str, Any]) -> dict[str, Any]:
    return {RENAMED.get(key, key): value for key, value in options.items() if key not in IGNORED}


def _with_reduction(options: dict[str, Any]) -> dict[str, Any]:
    """The old arguments of a loss as its `reduction`, which they decide where they are given."""
    average, reduce = options.pop("size_average", None), options.pop("reduce", None)
    if average is None and reduce is None:
        return options
    return {**options, "reduction": "none" if reduce is False else "sum" if average is False else "mean"}


def operation(
    rec: Record, name: str, args: tuple[Any, ...], options: Mapping[str, Any], *, arrays: bool = False
) -> Any:
    """The value of the operation `name`, as torch defines it, or NumPy and its kin where `arrays` holds.

    Raises:
        Unknown: It is not in the tables, or is called in a way that is not understood.
    """
    if arrays and name in ARRAYS:
        return _called(rec, name, ARRAYS[name], args, _options(options))
    if name not in OPERATIONS:
        raise Unknown(f"the operation {name}")
    kept = _with_reduction(_options(options)) if name in LOSSES else _options(options)
    first = kept.pop("input", kept.pop("x", None)) if not args else None
    if first is not None:
        args = (first,)
        if name in LOSSES and name not in ("linear", "layer_norm"):
            args, kept = (first,), kept
    if (
        name not in LOSSES
        and "dtype" in kept
        and name in POINTWISE | REDUCTIONS
        and name not in ("sum", "mean")
    ):
        kept.pop("dtype")
    return _called(rec, name, OPERATIONS[name], args, kept)


def _called(rec: Record, name: str, build: Operation, args: tuple[Any, ...], options: dict[str, Any]) -> Any:
    try:
        return build(rec, *args, **options)
    except TypeError as error:
        raise Unknown(f"this way of calling {name}") from error


def call_library(rec: Record, lib: Lib, args: tuple[Any, ...], options: Mapping[str, Any]) -> Any:
    """The value of a call to something outside the repository."""
    top, name = lib.name.partition(".")[0], lib.last
    if top == "math":
        return _math(rec, name, args)
    if lib.name in ("torch.finfo", "numpy.finfo", "torch.iinfo"):
        return lib
    if ".nn." in f".{lib.name}." and name[:1].isupper() and name not in ("Parameter",):
        return Layer(name, tuple(args), dict(options))
    if top in ("einops", "einx"):
        return rearranged(rec, name, args, options)
    if name in ("is_scripting", "is_tracing", "is_exporting", "is_compiling", "is_autocast_enabled"):
        return False
    if lib.name == "itertools.repeat":
        return [args[0]] * integer(args[1])
    if name in ("is_tensor",):
        return isinstance(args[0], Tensor)
    if name in ("is_grad_enabled",):
        return True
    if name in ("is_available", "is_initialized"):
        return False
    if lib.name in ("torch.device", "torch.Generator"):
        return Lib(f"{lib.name}.made")
    if lib.name.endswith("_Reduction.get_enum"):
        return _REDUCTIONS.index(args[0])
    if top in ("warnings", "logging", "logger"):
        return None
    if name == "namedtuple":
        raise Unknown("a named tuple")
    if top not in LIBRARIES:
        raise Unknown(f"the function {lib.name}")
    loss = array_loss(lib.name)
    if loss is not None:
        return _called(rec, name, loss, args, _options(options))
    return operation(rec, name, args, options, arrays=top in ARRAY_LIBRARIES)


def _math(rec: Record, name: str, args: tuple[Any, ...]) -> Any:
    if all(isinstance(arg, int | float) for arg in args) and name in ("ceil", "floor", "prod", "isclose"):
        return getattr(math, name)(*args)
    values = {
        "sqrt": "sqrt",
        "log": "log",
        "exp": "exp",
        "cos": "cos",
        "sin": "sin",
        "pow": "pow",
        "tanh": "tanh",
        "floor": "floor",
        "ceil": "ceil",
    }
    if name not in values:
        raise Unknown(f"math.{name}")
    if name == "log" and len(args) == 2:
        return numbers(lambda a, b: ar.div(ar.function("log", a), ar.function("log", b)))(rec, *args)
    return operation(
        rec, values[name], tuple(number(a) if isinstance(a, int | float) else a for a in args), {}
    )


def library_value(lib: Lib) -> Any:
    """A constant of a library, such as `math.pi`; everything else stays a name."""
    module, _, name = lib.name.rpartition(".")
    if module not in ("math", "torch", "numpy", "jax.numpy", "tensorflow", "tensorflow.experimental.numpy"):
        return lib
    return None if name == "newaxis" else CONSTANTS.get(name, lib)


def tensor_attribute(rec: Record, value: Tensor, name: str) -> Any:
    """`value.name` where it is a fact rather than a method."""
    if name == "shape":
        return shape_of(value)
    if name in ("T", "mT"):
        return transposed(rec, value)
    if name == "ndim":
        return len(value.axes)
    if name == "dtype":
        return Lib({"float": "torch.float64", "int": "torch.int64", "bool": "torch.bool"}[value.dtype])
    if name == "data":
        return SHAPES["detach"](rec, value)
    if name in ("device", "is_cuda", "requires_grad", "is_sparse", "type_as", "grad_fn"):
        return Lib(f"torch.Tensor.{name}") if name != "type_as" else Method(value, name)
    return Method(value, name)


def call_method(rec: Record, value: Any, name: str, args: tuple[Any, ...], options: Mapping[str, Any]) -> Any:
    """A method of a tensor, number, list, string or dictionary."""
    if isinstance(value, Tensor):
        stem = name[:-1] if name.endswith("_") and not name.endswith("__") else name
        if stem == "fill_diagonal":
            return _fill_diagonal(rec, value, args[0])
        if stem in ("fill", "zero"):
            return OPERATIONS["full_like"](rec, value, args[0] if args else 0)
        called = stem if name != "requires_grad_" else name
        return operation(rec, called, (value, *args), options, arrays=rec.arrays)
    if isinstance(value, Expr | int | float) and not isinstance(value, bool):
        return operation(rec, name, (scalar(number(value)), *args), options)
    return _python_method(value, name, args, options)


def _fill_diagonal(rec: Record, value: Tensor, fill: Any) -> Tensor:
    eye = OPERATIONS["eye"](rec, value.axes[0].size, value.axes[1].size)
    if value.dtype == "bool":
        on = ar.TRUE if fill else ar.FALSE
        return elementwise(
            lambda c, b: ar.disjunction(ar.conjunction(c, on), ar.conjunction(ar.negate(c), b)),
            condition(eye), value, dtype="bool")  # fmt: skip
    result = POINTWISE["masked_fill"](rec, value, eye, fill)
    return Tensor(result.axes, result.body, value.dtype)


def _python_method(value: Any, name: str, args: tuple[Any, ...], options: Mapping[str, Any]) -> Any:
    if isinstance(value, list) and name in ("append", "extend", "insert", "pop", "reverse"):
        return getattr(value, name)(*args)
    if isinstance(value, dict) and name in (
        "items",
        "values",
        "keys",
        "get",
        "update",
        "pop",
        "setdefault",
        "copy",
    ):
        result = getattr(value, name)(*args, **options)
        return list(result) if name in ("items", "values", "keys") else result
    if isinstance(value, str) and name in (
        "lower",
        "upper",
        "startswith",
        "endswith",
        "format",
        "strip",
        "split",
        "join",
    ):
        return getattr(value, name)(*args) if name != "format" else value
    if isinstance(value, tuple) and name in ("numel", "size"):
        return plain(ar.product_of(number(item) for item in value))
    if isinstance(value, tuple | list) and name in ("index", "count"):
        return getattr(value, name)(*args)
    raise Unknown(f"the method {name} of {type(value).__name__}")


def call_layer(rec: Record, layer: Layer, args: tuple[Any, ...], options: Mapping[str, Any]) -> Any:
    """The value of a library's layer or loss object on its inputs."""
    if layer.kind in MODULES:
        return _known_layer(rec, layer, args, options)
    if layer.kind == "Sequential" and all(_plain_layer(inner) for inner in layer.args):
        value = args[0]
        for inner in layer.args:
            value = call_layer(rec, inner, (value,), {})
        return value
    if layer.kind == "LayerNorm" and not layer.path:
        return layer_norm(rec, *args)
    if layer.kind.startswith("BatchNorm") and not layer.path:
        # Made where it is called, it starts with weight one, bias zero and statistics of the batch.
        return OPERATIONS["batch_norm"](rec, *args, training=True, eps=layer.options.get("eps", 1e-5))
    return opaque_layer(rec, layer, args)


def _plain_layer(inner: Any) -> bool:
    return isinstance(inner, Layer) and inner.kind in MODULES


def _known_layer(rec: Record, layer: Layer, args: tuple[Any, ...], options: Mapping[str, Any]) -> Any:
    name, kept = MODULES[layer.kind], dict(layer.options)
    if name in ("dropout", "contiguous"):
        return OPERATIONS[name](rec, args[0])
    if name in (
        "softmax",
        "log_softmax",
        "leaky_relu",
        "softplus",
        "elu",
        "flatten",
        "gelu",
        "cosine_similarity",
        "glu",
        *WINDOWS,
    ):
        given = (*args, *layer.args)
    elif name in ("relu", "sigmoid", "tanh", "relu6", "silu", "hardswish", "hardsigmoid", "mish"):
        given, kept = args, {}
    else:
        if layer.args:
            raise Unknown(f"{layer.kind} with positional settings")
        given = args
    if name == "flatten" and len(given) == 1:
        given = (*given, 1)
    return operation(rec, name, given, {**kept, **options})


def opaque_layer(rec: Record, layer: Layer, args: tuple[Any, ...]) -> Tensor:
    """A layer as an opaque function of its whole input."""
    if not layer.path:
        raise Unknown(f"the layer {layer.kind}")
    if len(args) != 1:
        raise Unknown(f"the layer {layer.kind} with several inputs")
    if len(tensor(args[0]).axes) < 2 and layer.kind != "Embedding":
        raise Misfit(f"{layer.kind} of a tensor without a batch axis")
    shape = layer_shape(layer, tensor(args[0]).shape)
    return opaque_call(rec, layer.path, tuple(tensor(arg) for arg in args), shape)


def opaque_call(rec: Record, path: str, args: tuple[Tensor, ...], sizes: tuple[Expr, ...]) -> Tensor:
    """The call of the attribute `path` on whole tensors, with axes of `sizes`."""
    lams = tuple(whole(rec, arg) for arg in args)
    name = rec.unique(path)
    rec.opaques[name] = Opaque(name, path, lams, sizes, rec.line)
    axes = tuple(Axis(()) if size == num(1) else Axis(((fresh(), size),)) for size in sizes)
    index = tuple(Var(axis.names[0]) if axis.atoms else num(1) for axis in axes)
    return Tensor(axes, Call(name, lams, index))


def whole(rec: Record, arg: Tensor) -> Expr:
    """`arg` as the argument of an opaque function: a named tensor or several joined."""
    lam = _unfolded(rec, as_lam(arg))
    if isinstance(lam.body, Cat) and _in_order(lam, lam.body.index):
        parts = tuple(_named(rec, part) for part in lam.body.parts)
        return Lam(lam.axes, Cat(parts, lam.body.axis, lam.body.index))
    return _named(rec, lam)


def _unfolded(rec: Record, lam: Lam) -> Lam:
    """A name that stands for joined tensors as these tensors."""
    body = lam.body
    if isinstance(body, El) and body.name in rec.definitions and _in_order(lam, body.index):
        found = rec.definitions[body.name]
        if isinstance(found.body, Cat):
            return Lam(found.axes, found.body)
    return lam


def _in_order(lam: Lam, index: tuple[Expr, ...]) -> bool:
    return tuple(place(Axis(axis)) for axis in lam.axes) == index


def _named(rec: Record, lam: Lam) -> Lam:
    """`lam` itself where it is a tensor with a name, else a definition of it."""
    if isinstance(lam.body, El) and _in_order(lam, lam.body.index):
        return lam
    key = rec.unique("u")
    rec.definitions[key] = Definition(key, lam.axes, lam.body, rec.line)
    return Lam(lam.axes, El(key, tuple(place(Axis(axis)) for axis in lam.axes)))
