"""Sizes of what a library's layer gives, without looking at its parameters."""

from typing import Any

from paperback.code.equations import arithmetic as ar
from paperback.code.equations.form import Expr, num
from paperback.code.equations.losses import MODULES
from paperback.code.equations.sizes import Misfit, Unknown, same_size
from paperback.code.equations.values import Layer, number, plain

_SAME_SHAPE = "LayerNorm BatchNorm1d BatchNorm2d GroupNorm InstanceNorm1d InstanceNorm2d RMSNorm"
SAME_SHAPE = frozenset(_SAME_SHAPE.split())


def layer_shape(layer: Layer, shape: tuple[Expr, ...]) -> tuple[Expr, ...]:
    """Sizes of what the layer gives for an input of `shape`.

    Raises:
        Unknown: The layer's effect on the shape is not known.
    """
    kind = layer.kind
    if kind == "Sequential":
        for inner in layer.args:
            if not isinstance(inner, Layer):
                raise Unknown("a stack that holds a component of the repository")
            shape = layer_shape(inner, shape)
        return shape
    if kind == "Linear":
        width = number(_setting(layer, "in_features", 0))
        if not same_size(shape[-1], width):
            raise Misfit("a linear layer of another width", (width, shape[-1]))
        return (*shape[:-1], number(_setting(layer, "out_features", 1)))
    if kind == "Embedding":
        return (*shape, number(_setting(layer, "embedding_dim", 1)))
    if kind.startswith("Conv") and not kind.startswith("ConvT"):
        return _convolved(layer, shape)
    if (
        kind in SAME_SHAPE
        or kind in MODULES
        or kind.startswith(("Dropout", "BatchNorm", "GroupNorm", "Identity"))
    ):
        return shape
    if kind.startswith("AdaptiveAvgPool") and plain(_setting(layer, "output_size", 0)) == 1:
        return (*shape[:2], *(num(1) for _ in shape[2:]))
    raise Unknown(f"the layer {kind}")


def _setting(layer: Layer, name: str, at: int, default: Any = None) -> Any:
    if name in layer.options:
        return layer.options[name]
    if len(layer.args) > at:
        return layer.args[at]
    if default is None:
        raise Unknown(f"{layer.kind} without {name}")
    return default


def _convolved(layer: Layer, shape: tuple[Expr, ...]) -> tuple[Expr, ...]:
    rank = int(layer.kind[4])
    if len(shape) != rank + 2:
        raise Misfit(f"{layer.kind} of a tensor of rank {len(shape)}")
    kernel, stride, pad, dilation = (
        _per_axis(_setting(layer, name, at, default), rank)
        for name, at, default in (
            ("kernel_size", 2, None),
            ("stride", 3, 1),
            ("padding", 4, 0),
            ("dilation", 5, 1),
        )
    )
    out = number(_setting(layer, "out_channels", 1))
    sizes = []
    for at in range(rank):
        if stride[at] != num(1):
            raise Unknown("a convolution with a stride")
        reach = ar.mul(dilation[at], ar.sub(kernel[at], num(1)))
        sizes.append(ar.add(shape[at + 2], ar.mul(num(2), pad[at]), ar.mul(num(-1), reach)))
    return (shape[0], out, *sizes)


def _per_axis(value: Any, rank: int) -> list[Expr]:
    if isinstance(value, str):
        raise Unknown(f"padding {value!r}")
    return [number(item) for item in value] if isinstance(value, list | tuple) else [number(value)] * rank
