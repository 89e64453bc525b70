"""Views and index expressions on indexed tensors."""

from collections.abc import Sequence

from paperback.code.equations.arithmetic import (
    add,
    cases,
    compare,
    conjunction,
    div,
    function,
    indicator,
    mul,
    product_of,
    split_coefficient,
    sub,
)
from paperback.code.equations.form import ONE, ZERO, Add, Cmp, Expr, Num, Range, Var, fresh, num, subst
from paperback.code.equations.sizes import Misfit, Unknown, same_size
from paperback.code.equations.tensor import (
    Axis,
    Tensor,
    align,
    delinearize,
    dimension,
    freshened,
    join,
    linear,
    place,
)
from paperback.code.equations.values import number


def reshape(tensor: Tensor, sizes: Sequence[Expr]) -> Tensor:
    """`tensor` with the same entries in row-major order and the axes `sizes`; −1 is what is left.

    Raises:
        Misfit: The numbers of entries differ.
    """
    tensor = freshened(tensor)
    wanted = _without_minus_one(tensor, list(sizes))
    if len(tensor.axes) == 1 and tensor.axes[0].cond is not None:
        return _filtered(tensor, wanted)
    if any(axis.cond is not None for axis in tensor.axes):
        raise Unknown("reshape of a filtered axis")
    atoms = list(tensor.ranges)
    grouped = _group(atoms, wanted)
    if grouped is not None:
        return Tensor(tuple(Axis(group) for group in grouped), tensor.body, tensor.dtype)
    split = _split(atoms, wanted)
    if split is not None:
        axes, change = split
        return Tensor(axes, subst(tensor.body, change), tensor.dtype)
    if not same_size(product_of(size for _, size in atoms), product_of(wanted)):
        raise Misfit("a view with another number of entries")
    axes = tuple(Axis(()) if size == ONE else Axis(((fresh(), size),)) for size in wanted)
    whole = linear([(place(axis), axis.size) for axis in axes])
    return Tensor(axes, subst(tensor.body, delinearize(whole, tuple(atoms))), tensor.dtype)


def _filtered(tensor: Tensor, wanted: list[Expr]) -> Tensor:
    """A filtered axis gains axes of size one; pairs of different indices become rows."""
    skipped = _skipping(tensor, wanted)
    if skipped is not None:
        return skipped
    big = [at for at, size in enumerate(wanted) if size != ONE]
    if len(big) != 1 or not same_size(wanted[big[0]], tensor.axes[0].size):
        raise Unknown("reshape of a filtered axis")
    return Tensor(
        tuple(tensor.axes[0] if at == big[0] else Axis(()) for at in range(len(wanted))),
        tensor.body,
        tensor.dtype,
    )


def _without_minus_one(tensor: Tensor, sizes: list[Expr]) -> list[Expr]:
    holes = [at for at, size in enumerate(sizes) if size == num(-1)]
    if len(holes) > 1:
        raise Misfit("a view with two unknown sizes")
    if holes:
        known = product_of(size for at, size in enumerate(sizes) if at not in holes)
        whole = product_of(axis.size for axis in tensor.axes)
        sizes[holes[0]] = div(whole, known)
    return sizes


def _group(atoms: list[Range], wanted: list[Expr]) -> list[tuple[Range, ...]] | None:
    """Atoms handed out in order so that each wanted size is a product of whole atoms."""
    groups: list[tuple[Range, ...]] = []
    rest = list(atoms)
    for size in wanted:
        group: list[Range] = []
        while not same_size(product_of(s for _, s in group), size):
            if not rest:
                return None
            group.append(rest.pop(0))
        groups.append(tuple(group))
    return groups if not rest else None


def _split(atoms: list[Range], wanted: list[Expr]) -> tuple[tuple[Axis, ...], dict[str, Expr]] | None:
    """Every atom becomes whole wanted axes, or several atoms one axis."""
    axes: list[Axis] = []
    change: dict[str, Expr] = {}
    rest = list(wanted)
    queue = list(atoms)
    while queue:
        name, size = queue.pop(0)
        parts: list[Expr] = []
        while not same_size(product_of(parts), size):
            if not rest:
                return None
            parts.append(rest.pop(0))
        new = [Axis(()) if part == ONE else Axis(((fresh(name), part),)) for part in parts]
        axes.extend(new)
        change[name] = linear([(place(axis), axis.size) for axis in new if axis.atoms])
    if any(size != ONE for size in rest):
        return None
    return tuple(axes) + tuple(Axis(()) for _ in rest), change


def flatten(tensor: Tensor, start: int, end: int) -> Tensor:
    """The axes from `start` to `end` as one."""
    if not tensor.axes:
        return Tensor((Axis(()),), tensor.body, tensor.dtype)
    start, end = dimension(tensor, start), dimension(tensor, end)
    inner = tensor.axes[start : end + 1]
    conditions = [axis.cond for axis in inner if axis.cond is not None]
    atoms = tuple(atom for axis in inner for atom in axis.atoms)
    joined = Axis(atoms, conjunction(*conditions) if conditions else None)
    return Tensor((*tensor.axes[:start], joined, *tensor.axes[end + 1 :]), tensor.body, tensor.dtype)


def take(tensor: Tensor, dim: int, index: Expr) -> Tensor:
    """The entries at `index` (from one) of axis `dim`."""
    tensor = freshened(tensor)
    axis = tensor.axes[dim]
    if axis.cond is not None:
        raise Unknown("an entry of a filtered axis")
    body = subst(tensor.body, delinearize(index, axis.atoms))
    return Tensor((*tensor.axes[:dim], *tensor.axes[dim + 1 :]), body, tensor.dtype)


def from_end(index: Expr) -> bool:
    """Whether Python counts `index` from the end: it is below zero whatever its symbols stand for."""
    terms = index.terms if isinstance(index, Add) else (index,)
    return index != ZERO and all(split_coefficient(term)[0] < 0 for term in terms)


def from_zero(index: Expr, size: Expr) -> Expr:
    """Python's `index` counted from one; negative numbers count from the end."""
    if from_end(index):
        return add(size, index, ONE)
    return add(index, ONE)


def ends(start: Expr | int | None, stop: Expr | int | None, size: Expr) -> tuple[Expr, Expr]:
    """The number of entries before a slice, and that of those up to its end."""
    begin = number(0 if start is None else start)
    first = add(size, begin) if from_end(begin) else begin
    if stop is None:
        return first, size
    end = number(stop)
    last = add(size, end) if from_end(end) else end
    if isinstance(last, Num) and isinstance(size, Num) and last.value > size.value:
        last = size
    return first, last


def flipped(x: Tensor, dims: Sequence[int]) -> Tensor:
    """`x` with the entries along `dims` in reverse order."""
    found = freshened(x)
    body = found.body
    for dim in dims:
        axis = found.axes[dimension(found, dim)]
        body = subst(body, {name: add(sub(size, Var(name)), ONE) for name, size in axis.atoms})
    return Tensor(found.axes, body, found.dtype)


def cut(tensor: Tensor, dim: int, start: Expr, stop: Expr | None, step: int = 1) -> Tensor:
    """The slice `start:stop:step` of axis `dim`, as Python counts."""
    tensor = freshened(tensor)
    axis = tensor.axes[dim]
    if axis.cond is not None:
        raise Unknown("a slice of a filtered axis")
    size = axis.size
    first, last = ends(start, stop, size)
    length = sub(last, first)
    if step != 1:
        length = function("floordiv", add(length, num(step - 1)), num(step))
    if first == ZERO and same_size(length, size):
        return tensor
    new = Axis(()) if length == ONE else Axis(((fresh(axis.names[0] if axis.atoms else "i"), length),))
    index = add(mul(num(step), sub(place(new), ONE)), first, ONE)
    body = subst(tensor.body, delinearize(index, axis.atoms))
    return Tensor((*tensor.axes[:dim], new, *tensor.axes[dim + 1 :]), body, tensor.dtype)


def select(tensor: Tensor, dim: int, mask: Tensor) -> Tensor:
    """The entries where `mask`, a condition over the axes from `dim` on, holds."""
    tensor, mask = freshened(tensor), freshened(mask)
    change: dict[str, Expr] = {}
    if len(tensor.axes) < dim + len(mask.axes):
        raise Misfit("a mask of more axes than its tensor")
    atoms: list[Range] = []
    for axis, other in zip(tensor.axes[dim:], mask.axes, strict=False):
        joined = join(axis, other)
        if joined is None or joined[0] != axis or not same_size(axis.size, other.size):
            raise Misfit("a mask of another size")
        if axis.cond is not None:
            raise Unknown("a mask on a filtered axis")
        change |= joined[2]
        atoms.extend(axis.atoms)
    filtered = Axis(tuple(atoms), subst(mask.body, change))
    rest = tensor.axes[dim + len(mask.axes) :]
    return _on_diagonal(Tensor((*tensor.axes[:dim], filtered, *rest), tensor.body, tensor.dtype), dim)


def _on_diagonal(tensor: Tensor, dim: int) -> Tensor:
    """A filter that only keeps equal indices is an axis without a filter."""
    axis = tensor.axes[dim]
    if len(axis.atoms) != 2 or not isinstance(axis.cond, Cmp) or axis.cond.op != "==":
        return tensor
    (row, size), (column, other) = axis.atoms
    if {axis.cond.left, axis.cond.right} != {Var(row), Var(column)} or not same_size(size, other):
        return tensor
    axes = (*tensor.axes[:dim], Axis(((row, size),)), *tensor.axes[dim + 1 :])
    return Tensor(axes, subst(tensor.body, {column: Var(row)}), tensor.dtype)


def gather_indices(tensor: Tensor, dims: Sequence[int], indices: Sequence[Tensor]) -> Tensor:
    """Advanced indexing of `dims` by integer tensors that count from zero."""
    tensor = freshened(tensor)
    axes, bodies = align(*indices)
    body = tensor.body
    for dim, index in zip(dims, bodies, strict=True):
        axis = tensor.axes[dim]
        if axis.cond is not None:
            raise Unknown("an index into a filtered axis")
        body = subst(body, delinearize(from_zero(index, axis.size), axis.atoms))
    rest = [axis for at, axis in enumerate(tensor.axes) if at not in dims]
    adjacent = list(dims) == list(range(dims[0], dims[0] + len(dims)))
    at = dims[0] if adjacent else 0
    return Tensor((*rest[:at], *axes, *rest[at:]), body, tensor.dtype)


def triangle(tensor: Tensor, diagonal: Expr, *, upper: bool) -> Tensor:
    """The upper or lower triangle of the last two axes; zero elsewhere."""
    row, column = place(tensor.axes[-2]), place(tensor.axes[-1])
    cond = compare(">=" if upper else "<=", sub(column, row), diagonal)
    return Tensor(tensor.axes, cases(cond, tensor.body, ZERO), tensor.dtype)


def _skipping(tensor: Tensor, wanted: list[Expr]) -> Tensor | None:
    """Rows and columns of all pairs i ≠ j as n rows of n − 1 entries: each skips its own place."""
    axis = tensor.axes[0]
    if len(axis.atoms) != 2 or len(wanted) != 2 or not isinstance(axis.cond, Cmp) or axis.cond.op != "!=":
        return None
    (row, size), (column, other) = axis.atoms
    if {axis.cond.left, axis.cond.right} != {Var(row), Var(column)} or not same_size(size, other):
        return None
    if not (same_size(wanted[0], size) and same_size(wanted[1], sub(size, ONE))):
        return None
    name = fresh(column)
    place_after = add(Var(name), indicator(compare(">=", Var(name), Var(row))))
    return Tensor(
        (Axis(((row, size),)), Axis(((name, sub(size, ONE)),))),
        subst(tensor.body, {column: place_after}),
        tensor.dtype,
    )
