"""Operations of tensor libraries that make tensors or change their shape, by name."""

from collections.abc import Sequence
from typing import Any

from paperback.code.equations import arithmetic as ar
from paperback.code.equations import reshape as rs
from paperback.code.equations.casts import cast, converted, copied, detach, to, unwrapped
from paperback.code.equations.form import ONE, ZERO, Expr, fresh, num, subst
from paperback.code.equations.makers import (
    _arange,
    _eye,
    _filled,
    _full,
    _full_like,
    _like,
    _linspace,
    _one_hot,
    _triangle_indices,
    dtype_of,
    random,
    sizes_of,
)
from paperback.code.equations.names import define, loose
from paperback.code.equations.pieces import chunk, difference, moved, split, unbind
from paperback.code.equations.pointwise import Operation, condition, tensor
from paperback.code.equations.reduce import simplify
from paperback.code.equations.sizes import Misfit, Unknown, same_size
from paperback.code.equations.tensor import (
    Axis,
    Tensor,
    align,
    concatenate,
    delinearize,
    dimension,
    expand,
    freshened,
    mapped,
    permute,
    place,
    squeeze,
    unsqueeze,
)
from paperback.code.equations.values import Record, integer, number, plain


def _ints(args: Sequence[Any]) -> list[int]:
    return [
        integer(item) for item in (args[0] if len(args) == 1 and isinstance(args[0], list | tuple) else args)
    ]


def shape_of(x: Tensor) -> tuple[Any, ...]:
    return tuple(plain(size) for size in x.shape)


def _size(_: Record, x: Any, dim: Any = None) -> Any:
    shape = shape_of(tensor(x))
    return shape if dim is None else shape[dimension(x, integer(dim))]


def _numel(_: Record, x: Any) -> Any:
    return plain(ar.product_of(tensor(x).shape))


def _view(_: Record, x: Any, *sizes: Any, shape: Any = None) -> Tensor:
    return rs.reshape(tensor(x), sizes_of(sizes or (shape,)))


def _view_as(_: Record, x: Any, other: Any) -> Tensor:
    return rs.reshape(tensor(x), tensor(other).shape)


def _flatten(_: Record, x: Any, start_dim: Any = 0, end_dim: Any = -1) -> Tensor:
    return rs.flatten(tensor(x), integer(start_dim), integer(end_dim))


def _unflatten(_: Record, x: Any, dim: Any, sizes: Any) -> Tensor:
    found = tensor(x)
    at = dimension(found, integer(dim))
    return rs.reshape(found, [*found.shape[:at], *sizes_of((sizes,)), *found.shape[at + 1 :]])


def _permute(_: Record, x: Any, *dims: Any) -> Tensor:
    return permute(tensor(x), _ints(dims))


def _transpose(_: Record, x: Any, dim0: Any, dim1: Any) -> Tensor:
    found = tensor(x)
    a, b = dimension(found, integer(dim0)), dimension(found, integer(dim1))
    order = list(range(len(found.axes)))
    order[a], order[b] = b, a
    return permute(found, order)


def transposed(_: Record, x: Any) -> Tensor:
    found = tensor(x)
    return permute(found, list(reversed(range(len(found.axes)))))


def _unsqueeze(_: Record, x: Any, dim: Any) -> Tensor:
    return unsqueeze(tensor(x), integer(dim))


def _squeeze(_: Record, x: Any, dim: Any = None) -> Tensor:
    return squeeze(tensor(x), None if dim is None else _ints((dim,)))


def _expand(_: Record, x: Any, *sizes: Any) -> Tensor:
    return expand(tensor(x), [None if size == num(-1) else size for size in sizes_of(sizes)])


def _expand_as(_: Record, x: Any, other: Any) -> Tensor:
    return expand(tensor(x), list(tensor(other).shape))


def _broadcast(_: Record, *xs: Any) -> tuple[Tensor, ...]:
    found = [tensor(x) for x in xs]
    axes, bodies = align(*found)
    return tuple(Tensor(axes, body, x.dtype) for x, body in zip(found, bodies, strict=True))


def _cat(rec: Record, tensors: Sequence[Any], dim: Any = 0) -> Tensor:
    if isinstance(tensors, Tensor):
        return rs.flatten(tensors, 0, 1) if plain(dim) == 0 else _join_rounds(tensors, integer(dim))
    found = [x if isinstance(x, Tensor) and x.dtype == "bool" else tensor(x) for x in tensors]
    if len({x.dtype for x in found}) > 1:
        found = [tensor(x) for x in found]
    if len(found) == 1:
        return found[0]
    joined = concatenate(found, integer(dim))
    return joined if joined.dtype == "bool" or loose(joined) else define(rec, "u", joined)


def _join_rounds(rounds: Tensor, dim: int) -> Tensor:
    """The rounds of a loop, one after the other along `dim` of each."""
    at = dimension(Tensor(rounds.axes[1:], rounds.body), dim)
    order = [*range(1, at + 1), 0, *range(at + 1, len(rounds.axes))]
    return rs.flatten(permute(rounds, order), at, at + 1)


def _stack(rec: Record, tensors: Sequence[Any], dim: Any = 0) -> Tensor:
    if isinstance(tensors, Tensor):
        at = integer(dim) % len(tensors.axes)
        return permute(tensors, [*range(1, at + 1), 0, *range(at + 1, len(tensors.axes))])
    found = [tensor(x) for x in tensors]
    return _cat(rec, [unsqueeze(x, integer(dim)) for x in found], dim)


def _repeat(rec: Record, x: Any, *times: Any) -> Tensor:
    """`repeat` of whole copies: the axis (copy, entry) in row-major order."""
    found = freshened(tensor(x))
    counts = sizes_of(times)
    if len(counts) < len(found.axes):
        raise Misfit("repeat along fewer axes than there are")
    axes = [Axis(())] * (len(counts) - len(found.axes)) + list(found.axes)
    new: list[Axis] = []
    for axis, count in zip(axes, counts, strict=True):
        if axis.cond is not None:
            raise Unknown("repeat of a filtered axis")
        new.append(axis if count == ONE else Axis(((fresh(), count), *axis.atoms)))
    return Tensor(tuple(new), found.body, found.dtype)


def _repeat_interleave(rec: Record, x: Any, repeats: Any, dim: Any = None) -> Tensor:
    found = freshened(tensor(x))
    if dim is None:
        found, dim = rs.flatten(found, 0, -1), 0
    at = dimension(found, integer(dim))
    axis = Axis((*found.axes[at].atoms, (fresh(), number(repeats))))
    return Tensor((*found.axes[:at], axis, *found.axes[at + 1 :]), found.body, found.dtype)


def gather(_: Record, x: Any, dim: Any, index: Any) -> Tensor:
    """Entries of `x` at `index` along `dim`; the other axes go together."""
    found, places = freshened(tensor(x)), freshened(tensor(index))
    at = dimension(found, integer(dim))
    if len(found.axes) != len(places.axes):
        raise Misfit("gather with an index of another rank")
    body = found.body
    for k, (axis, other) in enumerate(zip(found.axes, places.axes, strict=True)):
        target = ar.add(places.body, ONE) if k == at else place(other)
        if axis.cond is not None or (k != at and not same_size(axis.size, other.size)):
            raise Misfit("gather along axes of different sizes")
        body = subst(body, delinearize(target, axis.atoms))
    return Tensor(places.axes, body, found.dtype)


def scatter(_: Record, x: Any, dim: Any, index: Any, src: Any = None, value: Any = None) -> Tensor:
    """`x` with `src` written at `index`, which has one entry along `dim`."""
    found, places = freshened(tensor(x)), freshened(tensor(index))
    at = dimension(found, integer(dim))
    if places.axes[at].atoms:
        raise Unknown("scatter of several entries along its axis")
    written = tensor(src if src is not None else value)
    if written.axes and written.axes[at].atoms:
        written = rs.cut(written, at, ZERO, ONE)
    axes, (body, where, new) = align(found, places, written)
    cond = ar.compare("==", ar.sub(place(axes[at]), ONE), where)
    return Tensor(axes, ar.cases(cond, new, body), found.dtype)


def _triangle(upper: bool) -> Operation:
    def operation(_: Record, x: Any, diagonal: Any = 0) -> Tensor:
        found = freshened(x) if isinstance(x, Tensor) and x.dtype == "bool" else freshened(tensor(x))
        if found.dtype == "bool":
            row, column = place(found.axes[-2]), place(found.axes[-1])
            cond = ar.compare(">=" if upper else "<=", ar.sub(column, row), number(diagonal))
            return mapped(found, lambda body: ar.conjunction(cond, body))
        return rs.triangle(found, number(diagonal), upper=upper)

    return operation


def _masked_select(_: Record, x: Any, mask: Any) -> Tensor:
    found, where = align(tensor(x), condition(mask))[0], condition(mask)
    axes, (body, cond) = align(tensor(x), where)
    del found
    return rs.select(Tensor(axes, body), 0, Tensor(axes, cond, "bool"))


def _roll(_: Record, x: Any, shifts: Any, dims: Any = None) -> Tensor:
    found, shift = tensor(x), integer(shifts)
    if dims is None:
        raise Unknown("roll over all axes")
    at = dimension(found, integer(dims))
    if shift == 0:
        return found
    cut = num(-shift)
    return concatenate([rs.cut(found, at, cut, None), rs.cut(found, at, ZERO, cut)], at)


def _flip(_: Record, x: Any, *dims: Any) -> Tensor:
    return rs.flipped(tensor(x), _ints(dims))


def _item(_: Record, x: Any) -> Any:
    found = tensor(x)
    if any(axis.atoms for axis in found.axes):
        raise Misfit("item of a tensor with several entries")
    return Tensor((), ar.stop(found.body), found.dtype)


def _as_array(rec: Record, *args: Any, **options: Any) -> Any:
    """`torch.Tensor(3, 4)` is a tensor of that shape that is filled later; of a list it is its entries."""
    if args and all(isinstance(item, int | Expr) for item in args):
        return _filled(0)(rec, *args)
    return _as_tensor(rec, *args, **options)


def _as_tensor(_: Record, x: Any, *args: Any, **options: Any) -> Any:
    if isinstance(x, Tensor):
        return x
    if isinstance(x, list | tuple):
        if not x:
            raise Unknown("an array without entries")
        return _stack(
            _, [_as_tensor(_, item) if isinstance(item, list | tuple) else tensor(item) for item in x]
        )
    kind = dtype_of(options.get("dtype"))
    return converted(tensor(x), kind if kind != "int" else None)


def _ndim(_: Record, x: Any) -> int:
    return len(tensor(x).axes)


def _meshgrid(_: Record, *xs: Any, indexing: str = "ij") -> tuple[Tensor, ...]:
    found = [tensor(x) for x in (xs[0] if len(xs) == 1 and isinstance(xs[0], list | tuple) else xs)]
    if indexing != "ij":
        raise Unknown("meshgrid in xy order")
    wide = [
        Tensor(tuple(x.axes[0] if k == at else Axis(()) for k in range(len(found))), x.body, x.dtype)
        for at, x in enumerate(found)
    ]
    return _broadcast(_, *wide)


def _tolist(_: Record, x: Any) -> Any:
    """Entries as Python numbers, where the tensor holds none that is symbolic."""
    found = freshened(tensor(x))
    if not found.axes:
        return plain(found.body)
    if len(found.axes) != 1 or len(found.axes[0].atoms) > 1:
        raise Unknown("a list of a tensor of several axes")
    return [plain(simplify(rs.take(found, 0, num(at + 1)).body)) for at in range(integer(found.axes[0].size))]


SHAPES: dict[str, Operation] = {
    "tolist": _tolist,
    "size": _size,
    "numel": _numel,
    "dim": _ndim,
    "ndimension": _ndim,
    "view": _view,
    "reshape": _view,
    "view_as": _view_as,
    "reshape_as": _view_as,
    "flatten": _flatten,
    "ravel": _flatten,
    "unflatten": _unflatten,
    "permute": _permute,
    "transpose": _transpose,
    "swapaxes": _transpose,
    "movedim": moved,
    "moveaxis": moved,
    "diff": difference,
    "Variable": detach,
    "is_floating_point": lambda rec, x: isinstance(x, Tensor) and x.dtype == "float",
    "is_complex": lambda rec, x: False,
    "t": transposed,
    "unsqueeze": _unsqueeze,
    "expand_dims": _unsqueeze,
    "squeeze": _squeeze,
    "expand": _expand,
    "expand_as": _expand_as,
    "broadcast_to": _expand,
    "broadcast_tensors": _broadcast,
    "cat": _cat,
    "concat": _cat,
    "concatenate": _cat,
    "stack": _stack,
    "repeat": _repeat,
    "tile": _repeat,
    "repeat_interleave": _repeat_interleave,
    "chunk": chunk,
    "split": split,
    "unbind": unbind,
    "zeros": _filled(0),
    "ones": _filled(1),
    "empty": _filled(0),
    "full": _full,
    "zeros_like": _like(0),
    "ones_like": _like(1),
    "empty_like": _like(0),
    "full_like": _full_like,
    "eye": _eye,
    "arange": _arange,
    "linspace": _linspace,
    "one_hot": _one_hot,
    "gather": gather,
    "scatter": scatter,
    "triu": _triangle(True),
    "tril": _triangle(False),
    "triu_indices": _triangle_indices(True),
    "tril_indices": _triangle_indices(False),
    "masked_select": _masked_select,
    "randn": random("normal"),
    "randn_like": random("normal"),
    "rand": random("uniform"),
    "rand_like": random("uniform"),
    "is_contiguous": lambda rec, x, **_: True,
    "contiguous": unwrapped,
    "clone": copied,
    "cpu": unwrapped,
    "cuda": unwrapped,
    "copy": copied,
    "requires_grad_": unwrapped,
    "asarray": unwrapped,
    "detach": detach,
    "stop_gradient": detach,
    "float": cast("float"),
    "double": cast("float"),
    "half": cast("float"),
    "long": cast("int"),
    "int": cast("int"),
    "bool": cast("bool"),
    "to": to,
    "type": to,
    "astype": to,
    "type_as": to,
    "item": _item,
    "tensor": _as_tensor,
    "as_tensor": _as_tensor,
    "scalar_tensor": _as_tensor,
    "array": _as_tensor,
    "Tensor": _as_array,
    "FloatTensor": _as_array,
    "roll": _roll,
    "flip": _flip,
    "meshgrid": _meshgrid,
    "nan_to_num": unwrapped,
    "Parameter": unwrapped,
    "new_zeros": lambda rec, x, *a, **o: _filled(0)(rec, *a, **o),
    "new_ones": lambda rec, x, *a, **o: _filled(1)(rec, *a, **o),
    "new_tensor": lambda rec, x, *a, **o: _as_tensor(rec, *a, **o),
    "atleast_1d": unwrapped,
}
