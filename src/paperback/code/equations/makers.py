"""Operations that make tensors: constants, ranges, identities, random draws."""

from collections.abc import Sequence
from typing import Any

from paperback.code.equations import arithmetic as ar
from paperback.code.equations.form import ONE, ZERO, Expr, Num, Sym, Var, fresh, num
from paperback.code.equations.pointwise import Operation, tensor
from paperback.code.equations.sizes import Unknown
from paperback.code.equations.tensor import Axis, Tensor, dimension, freshened, mapped, named, place
from paperback.code.equations.values import Input, Record, integer, number, plain


def sizes_of(args: Sequence[Any]) -> list[Expr]:
    """Sizes given one by one or as one sequence."""
    items = args[0] if len(args) == 1 and isinstance(args[0], list | tuple) else args
    return [number(item) for item in items]


UNKNOWN = Sym("@unknown")


def _filled(value: Any, dtype: str = "float") -> Operation:
    def operation(_: Record, *sizes: Any, **options: Any) -> Tensor:
        shape = sizes_of(sizes) if sizes else sizes_of((options.get("size", options.get("shape")),))
        return constant(shape, number(value), options.get("dtype"), dtype)

    return operation


def constant(shape: Sequence[Expr], value: Expr, kind: Any, dtype: str = "float") -> Tensor:
    axes = tuple(Axis(()) if size == ONE else Axis(((fresh(), size),)) for size in shape)
    if dtype_of(kind) == "bool":
        return Tensor(axes, ar.TRUE if value != ZERO else ar.FALSE, "bool")
    return Tensor(axes, value, dtype_of(kind) or dtype)


def dtype_of(kind: Any) -> str | None:
    """Our word for the dtype of a library: "float", "int" or "bool"; None for none."""
    name = getattr(kind, "name", kind if isinstance(kind, str) else "") or ""
    last = name.rpartition(".")[2]
    if last == "bool":
        return "bool"
    if "int" in last or last == "long":
        return "int"
    return "float" if last else None


def _full(_: Record, size: Any, fill_value: Any, **options: Any) -> Tensor:
    return constant(sizes_of((size,)), number(fill_value), options.get("dtype"))


def _like(value: Any) -> Operation:
    def operation(_: Record, x: Any, **options: Any) -> Tensor:
        found = tensor(x)
        kind = options.get("dtype")
        if kind is None and isinstance(x, Tensor) and x.dtype == "bool":
            return mapped(freshened(x), lambda _b: ar.TRUE if value else ar.FALSE, "bool")
        if dtype_of(kind) == "bool":
            return mapped(freshened(found), lambda _b: ar.TRUE if value else ar.FALSE, "bool")
        return mapped(freshened(found), lambda _b: number(value), dtype_of(kind) or found.dtype)

    return operation


def _full_like(_: Record, x: Any, fill_value: Any, **options: Any) -> Tensor:
    return mapped(freshened(tensor(x)), lambda _b: number(fill_value), dtype_of(options.get("dtype")))


def _eye(_: Record, n: Any, m: Any = None, **options: Any) -> Tensor:
    rows, columns = Axis(((fresh(), number(n)),)), Axis(((fresh(), number(n if m is None else m)),))
    cond = ar.compare("==", place(rows), place(columns))
    if dtype_of(options.get("dtype")) == "bool":
        return Tensor((rows, columns), cond, "bool")
    return Tensor((rows, columns), ar.indicator(cond))


def _arange(_: Record, *args: Any, **options: Any) -> Tensor:
    start, stop, step = (0, args[0], 1) if len(args) == 1 else (*args[:2], args[2] if len(args) > 2 else 1)
    step = options.get("step", step)
    length = ar.div(ar.sub(number(stop), number(start)), number(step))
    if isinstance(length, Num):
        length = ar.function("ceil", length)
    if length == ONE:
        return Tensor((Axis(()),), number(start), "int")
    name = fresh()
    body = ar.add(number(start), ar.mul(number(step), ar.sub(Var(name), ONE)))
    whole = all(isinstance(item, int | Expr) for item in (start, stop, step))
    return Tensor(
        (Axis(((name, length),)),), body, dtype_of(options.get("dtype")) or ("int" if whole else "float")
    )


def _linspace(_: Record, start: Any, end: Any, steps: Any, **options: Any) -> Tensor:
    name, size = fresh(), number(steps)
    step = ar.div(ar.sub(number(end), number(start)), ar.sub(size, ONE))
    return Tensor((Axis(((name, size),)),), ar.add(number(start), ar.mul(step, ar.sub(Var(name), ONE))))


def _one_hot(rec: Record, x: Any, num_classes: Any = -1) -> Tensor:
    found = freshened(tensor(x))
    if plain(num_classes) == -1 or num_classes == num(-1):
        raise Unknown("one_hot without a number of classes")
    name, size = fresh(), number(num_classes)
    cond = ar.compare("==", ar.sub(Var(name), ONE), found.body)
    return Tensor((*found.axes, Axis(((name, size),))), ar.indicator(cond), "int")


def _triangle_indices(upper: bool) -> Operation:
    def operation(_: Record, row: Any, col: Any, offset: Any = 0, **options: Any) -> Tensor:
        """Two rows of indices from zero that share one filtered axis."""
        i, j = fresh("i"), fresh("j")
        cond = ar.compare(">=" if upper else "<=", ar.sub(Var(j), Var(i)), number(offset))
        axis = Axis(((i, number(row)), (j, number(col))), cond)
        which = fresh()
        body = ar.cases(ar.compare("==", Var(which), ONE), ar.sub(Var(i), ONE), ar.sub(Var(j), ONE))
        return Tensor((Axis(((which, num(2)),)), axis), body, "int")

    return operation


def random(distribution: str) -> Operation:
    """A draw: a tensor from outside whose values the check takes from the code's own run."""

    def draw(rec: Record, shape: Sequence[Expr]) -> Tensor:
        rec.randoms += 1
        name = rec.unique("epsilon" if distribution == "normal" else "u")
        rec.inputs[name] = Input(name, tuple(shape), "random", None, str(rec.randoms - 1), "random", rec.line)
        return named(name, shape)

    def operation(rec: Record, *args: Any, **options: Any) -> Tensor:
        if args and isinstance(args[0], Tensor):
            return draw(rec, args[0].shape)
        return draw(rec, sizes_of(args) if args else sizes_of((options.get("size"),)))

    return operation


def shape_of_quantiles(_: Record, x: Any, q: Any, dim: Any = None, keepdim: bool = False) -> Tensor:
    """Only the shape of quantiles is known, which is enough for a parameter that starts from them."""
    found, levels = freshened(tensor(x)), freshened(tensor(q))
    drop = range(len(found.axes)) if dim is None else [dimension(found, integer(dim))]
    rest = tuple(
        Axis(()) if at in drop else axis for at, axis in enumerate(found.axes) if keepdim or at not in drop
    )
    return Tensor((*levels.axes, *rest), UNKNOWN)
