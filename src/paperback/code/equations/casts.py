"""Operations that change the type of a tensor, its gradient, or nothing at all."""

from dataclasses import replace
from typing import Any

from paperback.code.equations import arithmetic as ar
from paperback.code.equations.makers import dtype_of
from paperback.code.equations.pointwise import Operation, condition, tensor
from paperback.code.equations.sizes import Unknown
from paperback.code.equations.tensor import Tensor, mapped
from paperback.code.equations.values import Record


def unwrapped(_: Record, x: Any, *args: Any, **options: Any) -> Any:
    """`x` as it is."""
    return x


def copied(_: Record, x: Any, *args: Any, **options: Any) -> Any:
    """`x` in a place of its own: a change in place leaves the one it was copied from as it is."""
    return replace(x) if isinstance(x, Tensor) else x


def detach(_: Record, x: Any) -> Any:
    """`x` under a stop-gradient; truth values have none."""
    return mapped(x, ar.stop) if isinstance(x, Tensor) and x.dtype == "float" else x


def cast(kind: str) -> Operation:
    """The operation that makes its tensor "float", "int" or "bool"."""

    def operation(_: Record, x: Any, *args: Any, **options: Any) -> Any:
        return converted(x, kind)

    return operation


def converted(x: Any, kind: str | None) -> Any:
    """`x` as "float", "int" or "bool"; numbers that were real are truncated, which is not written yet."""
    if kind is None or not isinstance(x, Tensor):
        return x
    if kind == "bool":
        return condition(x)
    if kind == "int" and x.dtype == "float":
        raise Unknown("real numbers cut to whole ones")
    found = tensor(x)
    return Tensor(found.axes, found.body, kind)


def to(_: Record, x: Any, *args: Any, **options: Any) -> Any:
    """`x` in the type of a tensor or a type that is named; a device changes nothing."""
    for arg in (*args, options.get("dtype")):
        if isinstance(arg, Tensor):
            return converted(
                x, "bool" if arg.dtype == "bool" else arg.dtype if arg.dtype == "float" else None
            )
        name = getattr(arg, "name", "")
        if name and dtype_of(arg) and name.rpartition(".")[2] not in ("device",) and "cuda" not in name:
            return converted(x, dtype_of(arg))
    return x
