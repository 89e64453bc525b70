"""Assignments to entries of a tensor, which make a new version of it."""

from typing import Any

from paperback.code.equations import arithmetic as ar
from paperback.code.equations import reshape as rs
from paperback.code.equations.form import Expr, Var, fresh, num, subst
from paperback.code.equations.pointwise import condition, tensor
from paperback.code.equations.sizes import Misfit, Unknown
from paperback.code.equations.tensor import Axis, Tensor, align, elementwise, freshened, join
from paperback.code.equations.values import (
    Record,
    number,
)


def written(rec: Record, value: Tensor, key: Any, new: Any) -> Tensor:
    """`value` after `value[key] = new`."""
    found, items = freshened(value), list(key) if isinstance(key, tuple) else [key]
    if any(item is Ellipsis for item in items):
        at = items.index(Ellipsis)
        items[at : at + 1] = [slice(None)] * (len(found.axes) - len(items) + 1)
    if len(items) == 1 and isinstance(items[0], Tensor) and items[0].dtype == "bool":
        return _written_mask(found, items[0], new)
    conditions: list[Expr] = []
    kept: list[Axis] = []
    shifts: dict[str, Expr] = {}
    for axis, item in zip(found.axes, items, strict=False):
        if isinstance(item, slice) and item == slice(None):
            kept.append(axis)
        elif isinstance(item, slice) and len(axis.atoms) == 1 and axis.cond is None:
            part, held, moved = _range(axis, item)
            kept.append(part)
            conditions += held
            shifts |= moved
        elif isinstance(item, int | Expr) and len(axis.atoms) == 1:
            target = rs.from_zero(number(item), axis.size)
            conditions.append(ar.compare("==", Var(axis.names[0]), target))
        else:
            raise Unknown("an assignment to these entries")
    kept += found.axes[len(items) :]
    mask = found.dtype == "bool"
    axes, (_, body) = align(Tensor(tuple(kept), num(0)), condition(new) if mask else tensor(new))
    change: dict[str, Expr] = {}
    for axis, own in zip(axes, kept, strict=True):
        joined = join(own, axis)
        if joined is None:
            raise Misfit("an assignment of another size")
        change |= joined[2]
    where = ar.conjunction(*conditions) if conditions else ar.TRUE
    placed = subst(subst(body, change), shifts)
    build = _either if mask else ar.cases
    return Tensor(found.axes, build(where, placed, found.body), found.dtype)


def _range(axis: Axis, item: slice) -> tuple[Axis, list[Expr], dict[str, Expr]]:
    """The axis of a slice, the conditions under which an entry of `axis` is in it, and where it stands there.

    Raises:
        Unknown: The slice leaves entries out between its ends.
    """
    if item.step not in (None, 1):
        raise Unknown("an assignment to a slice with steps")
    (name, size), *_ = axis.atoms
    first, last = rs.ends(item.start, item.stop, size)
    length, here = ar.sub(last, first), Var(name)
    conditions = [] if first == num(0) else [ar.compare(">", here, first)]
    conditions += [] if last == size else [ar.compare("<=", here, last)]
    if length == num(1):
        return Axis(()), conditions, {}
    own = fresh(name)
    return Axis(((own, length),)), conditions, {own: ar.sub(here, first)}


def _written_mask(found: Tensor, mask: Tensor, new: Any) -> Tensor:
    source = tensor(new)
    if len(source.axes) == 1 and source.axes[0].cond is not None:
        return _written_selection(found, mask, source)
    if any(axis.atoms for axis in source.axes):
        raise Unknown("an assignment of several values under a mask")
    if found.dtype == "bool":
        return elementwise(_either, mask, condition(new), found, dtype="bool")
    return elementwise(ar.cases, mask, source, found, dtype=found.dtype)


def _written_selection(found: Tensor, mask: Tensor, source: Tensor) -> Tensor:
    """Values that were selected by the same mask go back to their places."""
    axes, (cond, body) = align(mask, found)
    atoms = tuple(atom for axis in axes for atom in axis.atoms)
    joined = join(Axis(atoms, cond), source.axes[0])
    if len(axes) != len(found.axes) or joined is None or joined[0] != Axis(atoms, cond):
        raise Unknown("an assignment of values selected by another mask")
    return Tensor(axes, ar.cases(cond, subst(source.body, joined[2]), body), found.dtype)


def _either(cond: Expr, new: Expr, old: Expr) -> Expr:
    return ar.disjunction(ar.conjunction(cond, new), ar.conjunction(ar.negate(cond), old))
