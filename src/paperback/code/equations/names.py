"""Named intermediates."""

from paperback.code.equations.form import El, Expr, Var, free
from paperback.code.equations.tensor import Tensor
from paperback.code.equations.values import Definition, Record


def define(rec: Record, name: str, value: Tensor, extra: tuple[tuple[str, Expr], ...] = ()) -> Tensor:
    """`value` under a name of its own."""
    key = rec.unique(name)
    ranges = (*extra, *value.ranges)
    rec.definitions[key] = Definition(key, tuple((item,) for item in ranges), value.body, rec.line)
    return Tensor(value.axes, El(key, tuple(Var(item) for item, _ in ranges)), value.dtype)


def loose(value: Tensor) -> bool:
    """Whether `value` depends on the round of a loop around it, or on entries that a condition filters."""
    return bool(free(value.body) - {name for name, _ in value.ranges}) or any(
        axis.cond for axis in value.axes
    )
