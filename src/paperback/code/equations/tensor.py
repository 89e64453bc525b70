"""Tensors as named axes and a scalar body; every operation returns a new one."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from paperback.code.equations.arithmetic import (
    add,
    cases,
    compare,
    conjunction,
    function,
    mul,
    product_of,
    sub,
)
from paperback.code.equations.form import (
    ONE,
    Cat,
    Cmp,
    El,
    Expr,
    Lam,
    Num,
    Range,
    Sym,
    Var,
    canonical,
    fresh,
    num,
    rebuild,
    subst,
    walk,
)
from paperback.code.equations.reduce import reduction, total
from paperback.code.equations.sizes import Misfit, Unknown, same_size


@dataclass(frozen=True, slots=True)
class Axis:
    """One axis: a product of index ranges (none: size one), filtered by `cond` where it is not None."""

    atoms: tuple[Range, ...]
    cond: Expr | None = None

    @property
    def size(self) -> Expr:
        """Number of entries."""
        if self.cond is None:
            return product_of(size for _, size in self.atoms)
        return _count(self.atoms, self.cond)

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(name for name, _ in self.atoms)


def _count(atoms: tuple[Range, ...], cond: Expr) -> Expr:
    if len(atoms) == 2 and same_size(atoms[0][1], atoms[1][1]) and isinstance(cond, Cmp):
        n, sides = atoms[0][1], {cond.left, cond.right}
        if sides == {Var(atoms[0][0]), Var(atoms[1][0])} and cond.op in ("<", ">", "!="):
            pairs = mul(n, sub(n, ONE))
            return (
                pairs if cond.op == "!=" else mul(num(1) if cond.op == "!=" else Num(num(1).value / 2), pairs)
            )
    return total(atoms, ONE, cond)


@dataclass(frozen=True, slots=True)
class Tensor:
    """A tensor; `body` is its element at the axes' index variables.

    Attributes:
        dtype: "float", "int" or "bool" (then `body` is a condition).
    """

    axes: tuple[Axis, ...]
    body: Expr
    dtype: str = "float"

    @property
    def shape(self) -> tuple[Expr, ...]:
        return tuple(axis.size for axis in self.axes)

    @property
    def ranges(self) -> tuple[Range, ...]:
        return tuple(atom for axis in self.axes for atom in axis.atoms)


def scalar(value: Expr | float | int, dtype: str = "float") -> Tensor:
    return Tensor((), value if isinstance(value, Expr) else num(value), dtype)


def named(name: str, sizes: Sequence[Expr], dtype: str = "float") -> Tensor:
    """The tensor `name` whose axes have `sizes`."""
    axes = tuple(Axis(()) if size == ONE else Axis(((fresh(), size),)) for size in sizes)
    index = tuple(Var(axis.atoms[0][0]) if axis.atoms else ONE for axis in axes)
    return Tensor(axes, El(name, index), dtype)


def freshened(tensor: Tensor) -> Tensor:
    """`tensor` with index variables of its own."""
    new = {name: fresh(name) for name, _ in tensor.ranges}
    inside: dict[str, Expr] = {name: Var(to) for name, to in new.items()}
    axes = tuple(
        Axis(
            tuple((new[name], size) for name, size in axis.atoms),
            None if axis.cond is None else subst(axis.cond, inside),
        )
        for axis in tensor.axes
    )
    return Tensor(axes, subst(tensor.body, inside), tensor.dtype)


def linear(parts: Sequence[tuple[Expr, Expr]]) -> Expr:
    """The place, from one, of (index, size) pairs in row-major order."""
    place: Expr = ONE
    stride: Expr = ONE
    for index, size in reversed(parts):
        place = add(mul(sub(index, ONE), stride), place) if stride != ONE else add(sub(index, ONE), place)
        stride = mul(size, stride)
    return place


def place(axis: Axis) -> Expr:
    """The place on `axis`, from one, as an expression of its index variables."""
    return linear([(Var(name), size) for name, size in axis.atoms])


def delinearize(index: Expr, atoms: tuple[Range, ...]) -> dict[str, Expr]:
    """Each atom's own index, given the place `index` in their product."""
    if not atoms:
        return {}
    if len(atoms) == 1:
        return {atoms[0][0]: index}
    seen: list[Expr] = []
    for item in walk(index):
        if isinstance(item, Var) and item not in seen:
            seen.append(item)
    sizes = [size for _, size in atoms]
    if len(seen) == len(atoms) and linear(list(zip(seen, sizes, strict=True))) == index:
        return dict(zip((name for name, _ in atoms), seen, strict=True))
    found: dict[str, Expr] = {}
    rest = sub(index, ONE)
    for name, size in reversed(atoms[1:]):
        found[name] = add(function("mod", rest, size), ONE)
        rest = function("floordiv", rest, size)
    return {atoms[0][0]: add(rest, ONE), **found}


def join(left: Axis, right: Axis) -> tuple[Axis, dict[str, Expr], dict[str, Expr]] | None:
    """The axis on which both live, and how each one's variables read there; None where sizes differ."""
    if not left.atoms and left.cond is None:
        return right, {}, {}
    if not right.atoms and right.cond is None:
        return left, {}, {}
    if _match(left, right):
        return left, {}, {name: Var(to) for name, to in zip(right.names, left.names, strict=True)}
    if left.cond is not None or right.cond is not None or not same_size(left.size, right.size):
        return None
    if len(right.atoms) == 1:
        return left, {}, {right.atoms[0][0]: place(left)}
    if len(left.atoms) == 1:
        return right, {left.atoms[0][0]: place(right)}, {}
    return left, {}, delinearize(place(left), right.atoms)


def _match(left: Axis, right: Axis) -> bool:
    if len(left.atoms) != len(right.atoms) or (left.cond is None) != (right.cond is None):
        return False
    if not all(same_size(a, b) for (_, a), (_, b) in zip(left.atoms, right.atoms, strict=True)):
        return False
    if left.cond is None or right.cond is None:
        return True
    there: dict[str, Expr] = {name: Var(to) for name, to in zip(right.names, left.names, strict=True)}
    return canonical(subst(right.cond, there)) == canonical(left.cond)


def align(*tensors: Tensor) -> tuple[tuple[Axis, ...], list[Expr]]:
    """Common axes by broadcasting from the right, and each body on them.

    Raises:
        Misfit: Two sizes differ and neither is one.
    """
    own = [freshened(tensor) for tensor in tensors]
    rank = max((len(tensor.axes) for tensor in own), default=0)
    axes: list[Axis] = [Axis(())] * rank
    changes: list[dict[str, Expr]] = [{} for _ in own]
    for at, tensor in enumerate(own):
        for back in range(1, len(tensor.axes) + 1):
            joined = join(axes[-back], tensor.axes[-back])
            if joined is None:
                sizes = axes[-back].size, tensor.axes[-back].size
                raise Misfit(f"sizes {_show(sizes[0])} and {_show(sizes[1])} do not broadcast", sizes)
            axes[-back], before, mine = joined
            for earlier in changes[:at]:
                for name, value in earlier.items():
                    earlier[name] = subst(value, before)
                earlier.update({name: value for name, value in before.items() if name not in earlier})
            changes[at].update(mine)
    return tuple(axes), [subst(t.body, change) for t, change in zip(own, changes, strict=True)]


def _show(size: Expr) -> str:
    match size:
        case Num(value):
            return str(value)
        case Sym(name):
            return name
    return "of a compound axis"


def elementwise(build: Callable[..., Expr], *tensors: Tensor, dtype: str = "float") -> Tensor:
    axes, bodies = align(*tensors)
    return Tensor(axes, build(*bodies), dtype)


def mapped(tensor: Tensor, build: Callable[[Expr], Expr], dtype: str | None = None) -> Tensor:
    return Tensor(tensor.axes, build(tensor.body), dtype or tensor.dtype)


def dimension(tensor: Tensor, dim: int) -> int:
    """`dim` counted from the front.

    Raises:
        Misfit: The tensor has no such axis.
    """
    rank = len(tensor.axes)
    if not -rank <= dim < rank:
        raise Misfit(f"axis {dim} of a tensor of rank {rank}")
    return dim % rank


def reduce_axes(kind: str, tensor: Tensor, dims: Sequence[int] | None, keepdim: bool = False) -> Tensor:
    """`kind` over the axes `dims` (all where None)."""
    tensor = freshened(tensor)
    which = set(range(len(tensor.axes))) if dims is None else {dimension(tensor, dim) for dim in dims}
    if kind in ("argmax", "argmin"):
        return _arg(kind, tensor, which, keepdim)
    ranges = tuple(atom for at in sorted(which) for atom in tensor.axes[at].atoms)
    conditions = [cond for at in sorted(which) if (cond := tensor.axes[at].cond) is not None]
    cond = None
    if conditions:
        cond = conjunction(*conditions)
    axes = tuple(
        Axis(()) if at in which else axis for at, axis in enumerate(tensor.axes) if keepdim or at not in which
    )
    return Tensor(axes, reduction(kind, ranges, tensor.body, cond), tensor.dtype)


def _arg(kind: str, tensor: Tensor, which: set[int], keepdim: bool) -> Tensor:
    if len(which) != 1 or len(tensor.axes[min(which)].atoms) != 1:
        raise Unknown(f"{kind} over more than one axis")
    axis = tensor.axes[min(which)]
    axes = tuple(
        Axis(()) if at in which else a for at, a in enumerate(tensor.axes) if keepdim or at not in which
    )
    return Tensor(axes, sub(reduction(kind, axis.atoms, tensor.body), ONE), "int")


def count_axes(tensor: Tensor, dims: Sequence[int] | None) -> Expr:
    """Number of entries over which a reduction of `dims` runs."""
    which = range(len(tensor.axes)) if dims is None else {dimension(tensor, dim) for dim in dims}
    return product_of(tensor.axes[at].size for at in which)


def permute(tensor: Tensor, order: Sequence[int]) -> Tensor:
    return replace(tensor, axes=tuple(tensor.axes[dimension(tensor, dim)] for dim in order))


def unsqueeze(tensor: Tensor, dim: int) -> Tensor:
    at = dim if dim >= 0 else len(tensor.axes) + 1 + dim
    return replace(tensor, axes=(*tensor.axes[:at], Axis(()), *tensor.axes[at:]))


def squeeze(tensor: Tensor, dims: Sequence[int] | None) -> Tensor:
    which = range(len(tensor.axes)) if dims is None else [dimension(tensor, dim) for dim in dims]
    drop = {at for at in which if not tensor.axes[at].atoms and tensor.axes[at].cond is None}
    return replace(tensor, axes=tuple(axis for at, axis in enumerate(tensor.axes) if at not in drop))


def expand(tensor: Tensor, sizes: Sequence[Expr | None]) -> Tensor:
    """`tensor` repeated along axes of size one; None keeps an axis."""
    tensor = freshened(tensor)
    axes = [Axis(())] * (len(sizes) - len(tensor.axes)) + list(tensor.axes)
    for at, size in enumerate(sizes):
        if size is None or same_size(axes[at].size, size):
            continue
        if axes[at].atoms:
            raise Misfit("expand of an axis that is not of size one")
        axes[at] = Axis(((fresh(), size),))
    return Tensor(tuple(axes), tensor.body, tensor.dtype)


def concatenate(tensors: Sequence[Tensor], dim: int) -> Tensor:
    """Tensors joined along `dim`."""
    dim = dimension(tensors[0], dim)
    if any(axis.cond is not None for tensor in tensors for axis in tensor.axes):
        raise Unknown("joining of filtered axes")
    own = [freshened(tensor) for tensor in tensors]
    if len({len(tensor.axes) for tensor in own}) > 1:
        raise Misfit("joined tensors of different rank")
    for tensor in own[1:]:
        for at, (axis, other) in enumerate(zip(own[0].axes, tensor.axes, strict=True)):
            if at != dim and not same_size(axis.size, other.size):
                raise Misfit("joined tensors differ in another axis")
    size = add(*(tensor.axes[dim].size for tensor in own))
    first = own[0]
    axes = tuple(Axis(((fresh(), size),)) if at == dim else axis for at, axis in enumerate(first.axes))
    parts = tuple(as_lam(tensor) for tensor in own)
    return Tensor(axes, Cat(parts, dim, tuple(place(axis) for axis in axes)), first.dtype)


def as_lam(tensor: Tensor) -> Lam:
    if any(axis.cond is not None for axis in tensor.axes):
        raise Unknown("a filtered axis as a whole tensor")
    return Lam(tuple(axis.atoms for axis in tensor.axes), tensor.body)


def apply(lam: Lam, index: Sequence[Expr]) -> Expr:
    """The element of `lam` at `index`."""
    new: dict[str, Expr] = {}
    for atoms, at in zip(lam.axes, index, strict=True):
        new |= delinearize(at, atoms)
    return subst(lam.body, new)


def opened(expr: Expr, *, whole: bool = False) -> Expr:
    """`expr` with joined tensors as cases, except where they stand as whole arguments."""
    if isinstance(expr, Lam) and isinstance(expr.body, Cat) and whole:
        return expr
    if isinstance(expr, Cat):
        return opened(_as_cases(expr))
    keep = type(expr).__name__ == "Call"
    return rebuild(expr, lambda child: opened(child, whole=keep))


def _as_cases(cat: Cat) -> Expr:
    at = cat.index[cat.axis]
    sizes = [product_of(size for _, size in part.axes[cat.axis]) for part in cat.parts]
    ends = [add(*sizes[: n + 1]) for n in range(len(sizes))]

    def piece(n: int) -> Expr:
        start = ends[n - 1] if n else num(0)
        index = [sub(item, start) if k == cat.axis else item for k, item in enumerate(cat.index)]
        return apply(cat.parts[n], index)

    result = piece(len(sizes) - 1)
    for n in reversed(range(len(sizes) - 1)):
        result = cases(compare("<=", at, ends[n]), piece(n), result)
    return result
