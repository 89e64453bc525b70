"""The indexed-tensor form: scalar expressions over index variables, counted from one."""

from collections.abc import Callable, Hashable, Iterator, Mapping
from dataclasses import dataclass, fields
from fractions import Fraction
from functools import cache, lru_cache
from itertools import count
from typing import Any, cast

_fresh = count()


class Expr:
    """A scalar; its index variables run from 1 to the size of their axis."""

    __slots__ = ()


Range = tuple[str, Expr]


@dataclass(frozen=True, slots=True)
class Num(Expr):
    """An exact number; decimal literals keep their decimal value."""

    value: Fraction


@dataclass(frozen=True, slots=True)
class Sym(Expr):
    """A scalar symbol: a size or a hyper-parameter, by its source name."""

    name: str


@dataclass(frozen=True, slots=True)
class Real(Sym):
    """A scalar symbol that need not be whole."""


@dataclass(frozen=True, slots=True)
class Var(Expr):
    """An index variable, bound by a `Red`, a `Lam` or the left-hand side."""

    name: str


@dataclass(frozen=True, slots=True)
class El(Expr):
    """An element of a named tensor."""

    name: str
    index: tuple[Expr, ...]


@dataclass(frozen=True, slots=True)
class Add(Expr):
    terms: tuple[Expr, ...]


@dataclass(frozen=True, slots=True)
class Mul(Expr):
    factors: tuple[Expr, ...]


@dataclass(frozen=True, slots=True)
class Pow(Expr):
    base: Expr
    exponent: Expr


@dataclass(frozen=True, slots=True)
class Fn(Expr):
    """An elementary function, such as `exp` or `max`, by its name in `FUNCTIONS`."""

    name: str
    args: tuple[Expr, ...]


@dataclass(frozen=True, slots=True)
class Cmp(Expr):
    """A comparison; `op` is a Python comparison operator."""

    op: str
    left: Expr
    right: Expr


@dataclass(frozen=True, slots=True)
class Bool(Expr):
    """`and`, `or` or `not` of conditions."""

    op: str
    args: tuple[Expr, ...]


@dataclass(frozen=True, slots=True)
class Ind(Expr):
    """One where the condition holds, else zero."""

    cond: Expr


@dataclass(frozen=True, slots=True)
class Cases(Expr):
    """`then` where `cond` holds, else `other`."""

    cond: Expr
    then: Expr
    other: Expr


@dataclass(frozen=True, slots=True)
class Red(Expr):
    """A reduction (sum, prod, max, min, argmax, argmin, any, all) over ranges where `cond` holds."""

    kind: str
    ranges: tuple[Range, ...]
    body: Expr
    cond: Expr | None = None


@dataclass(frozen=True, slots=True)
class Sg(Expr):
    """The value of `body`, through which no gradient flows."""

    body: Expr


@dataclass(frozen=True, slots=True)
class Lam(Expr):
    """A whole tensor: one tuple of ranges per axis (several where the axis is a product)."""

    axes: tuple[tuple[Range, ...], ...]
    body: Expr


@dataclass(frozen=True, slots=True)
class Cat(Expr):
    """An element of tensors joined along one axis."""

    parts: tuple[Lam, ...]
    axis: int
    index: tuple[Expr, ...]


@dataclass(frozen=True, slots=True)
class Call(Expr):
    """An element of an opaque function of whole tensors."""

    name: str
    args: tuple[Expr, ...]
    index: tuple[Expr, ...]


@dataclass(frozen=True, slots=True)
class Order(Expr):
    """The index of what stands at `place` once `entries`, a whole vector, are sorted.

    Attributes:
        op: ">=" where the largest comes first, "<=" where the smallest does.
    """

    entries: Lam
    place: Expr
    op: str


@dataclass(frozen=True, slots=True)
class Det(Expr):
    """The determinant of a whole matrix."""

    matrix: Lam


@dataclass(frozen=True, slots=True)
class Inv(Expr):
    """An element of the inverse of a whole matrix."""

    matrix: Lam
    row: Expr
    column: Expr


@dataclass(frozen=True, slots=True)
class Apply(Expr):
    """A scalar function with its own derivative, defined beside the equation."""

    name: str
    arg: Expr


@dataclass(frozen=True, slots=True)
class ScalarFunction:
    """A custom scalar function of `variable`, with the derivative that its backward pass uses."""

    name: str
    variable: str
    body: Expr
    derivative: Expr


ZERO, ONE, TWO = Num(Fraction(0)), Num(Fraction(1)), Num(Fraction(2))
MINUS, HALF = Num(Fraction(-1)), Num(Fraction(1, 2))


def num(value: float | int | Fraction) -> Num:
    """An exact number; a float becomes the decimal that Python prints for it."""
    return Num(
        value if isinstance(value, Fraction) else Fraction(repr(value) if isinstance(value, float) else value)
    )


def fresh(stem: str = "i") -> str:
    """An index variable's name that no other has."""
    return f"{stem.split('#')[0]}#{next(_fresh)}"


Part = Expr | tuple["Part", ...] | str | Fraction | None


def _map(part: Part, change: Callable[[Expr], Expr]) -> Part:
    if isinstance(part, Expr):
        return change(part)
    if isinstance(part, tuple):
        return tuple(_map(item, change) for item in part)
    return part


@cache
def _names(kind: Hashable) -> tuple[str, ...]:
    return tuple(item.name for item in fields(cast("Any", kind)))


def rebuild(expr: Expr, change: Callable[[Expr], Expr]) -> Expr:
    """`expr` with `change` applied to its direct children."""
    if isinstance(expr, Num | Sym | Var):
        return expr
    old = [getattr(expr, name) for name in _names(cast("Hashable", type(expr)))]
    new = [_map(part, change) for part in old]
    if all(before is after or before == after for before, after in zip(old, new, strict=True)):
        return expr
    return type(expr)(*new)


def children(expr: Expr) -> Iterator[Expr]:
    """The direct children of `expr`, sizes of ranges included."""
    stack: list[Part] = [getattr(expr, name) for name in reversed(_names(cast("Hashable", type(expr))))]
    while stack:
        part = stack.pop()
        if isinstance(part, Expr):
            yield part
        elif isinstance(part, tuple):
            stack.extend(reversed(part))


def walk(expr: Expr) -> Iterator[Expr]:
    """`expr` and everything inside it, parents first."""
    stack = [expr]
    while stack:
        item = stack.pop()
        yield item
        stack.extend(reversed(list(children(item))))


def weight(expr: Expr) -> int:
    """Number of nodes."""
    return sum(1 for _ in walk(expr))


def bound(expr: Expr) -> tuple[Range, ...]:
    """The ranges that `expr` itself binds."""
    if isinstance(expr, Red):
        return expr.ranges
    if isinstance(expr, Lam):
        return tuple(item for axis in expr.axes for item in axis)
    return ()


@lru_cache(maxsize=100_000)
def free(expr: Expr) -> frozenset[str]:
    """Index variables that `expr` uses and does not bind."""
    if isinstance(expr, Var):
        return frozenset((expr.name,))
    inside: frozenset[str] = frozenset().union(*(free(child) for child in children(expr)))
    return inside - {name for name, _ in bound(expr)}


def subst(expr: Expr, new: Mapping[str, Expr]) -> Expr:
    """`expr` with its free index variables replaced; bound ones are renamed where they would capture."""
    if isinstance(expr, Var):
        return new.get(expr.name, expr)
    names = free(expr)
    live = {name: value for name, value in new.items() if name in names}
    if not live:
        return expr
    captured = {name for name, _ in bound(expr)} & frozenset().union(
        *(free(value) for value in live.values())
    )
    if captured:
        expr = renamed(expr, captured)
    return rebuild(expr, lambda child: subst(child, live))


def renamed(expr: Expr, names: frozenset[str] | set[str]) -> Expr:
    """`expr`, a `Red` or `Lam`, with fresh names for those of its own variables that are in `names`."""
    fresh_names = {name: fresh(name) for name, _ in bound(expr) if name in names}
    inside = {name: cast("Expr", Var(new)) for name, new in fresh_names.items()}

    def ranges(items: tuple[Range, ...]) -> tuple[Range, ...]:
        return tuple((fresh_names.get(name, name), size) for name, size in items)

    if isinstance(expr, Red):
        cond = None if expr.cond is None else subst(expr.cond, inside)
        return Red(expr.kind, ranges(expr.ranges), subst(expr.body, inside), cond)
    if isinstance(expr, Lam):
        return Lam(tuple(ranges(axis) for axis in expr.axes), subst(expr.body, inside))
    return expr


def same(left: Expr, right: Expr) -> bool:
    """Whether two expressions differ at most in the names of bound variables."""
    return left == right or canonical(left) == canonical(right)


@lru_cache(maxsize=100_000)
def canonical(expr: Expr, depth: int = 0) -> Expr:
    """`expr` with bound variables named by their depth."""
    if isinstance(expr, Red | Lam):
        names = [name for name, _ in bound(expr)]
        new = {name: cast("Expr", Var(f"@{depth + at}")) for at, name in enumerate(names)}

        def ranges(items: tuple[Range, ...]) -> tuple[Range, ...]:
            return tuple((cast("Var", new[name]).name, canonical(size, depth)) for name, size in items)

        inner = depth + len(names)
        body = canonical(subst(expr.body, new), inner)
        if isinstance(expr, Lam):
            return Lam(tuple(ranges(axis) for axis in expr.axes), body)
        cond = None if expr.cond is None else canonical(subst(expr.cond, new), inner)
        return Red(expr.kind, ranges(expr.ranges), body, cond)
    return rebuild(expr, lambda child: canonical(child, depth))
