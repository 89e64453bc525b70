"""Sizes of axes: whether two are equal whatever their symbols stand for, and what stops an interpretation."""

from collections.abc import Sequence

from paperback.code.equations.form import (
    Add,
    Expr,
    Fn,
    Mul,
    Num,
    Pow,
    Sym,
    Var,
    canonical,
    children,
)

PROBES = (10_007, 65_537)


class Unknown(Exception):  # noqa: N818 - a verdict, not a failure of this program
    """An operation that is not understood, or a typing that does not fit."""


class Misfit(Unknown):
    """Shapes that do not fit together under the assumed typing.

    Attributes:
        sizes: Two sizes that would have to be equal; None where that is not known.
        firm: Whether the code itself asks that they are equal.
    """

    def __init__(
        self, message: str = "", sizes: tuple[Expr, Expr] | None = None, *, firm: bool = False
    ) -> None:
        super().__init__(message)
        self.sizes = sizes
        self.firm = firm


class Walked(Unknown):
    """A loop over the rows of an argument whose number is a symbol: it may be a list of tensors instead.

    Attributes:
        source: The argument.
    """

    def __init__(self, source: str, size: str) -> None:
        super().__init__(f"a concrete whole number was expected, not the symbol {size}")
        self.source = source


def probe_size(size: Expr, prime: int) -> float | None:
    """The size with a large number for every symbol; None where it is more than arithmetic."""
    symbols: dict[str, int] = {}

    def value(expr: Expr) -> float:
        match expr:
            case Num(number):
                return float(number)
            case Sym(name) | Var(name):
                return symbols.setdefault(
                    name, prime + 7919 * sum((at + 1) * ord(c) for at, c in enumerate(name))
                )
        kids = [value(child) for child in _arithmetic(expr)]
        return _fold(expr, kids)

    try:
        return value(size)
    except (Unknown, ZeroDivisionError, OverflowError):
        return None


def _arithmetic(expr: Expr) -> Sequence[Expr]:
    if isinstance(expr, Add | Mul | Pow) or (
        isinstance(expr, Fn) and expr.name in ("floordiv", "mod", "floor")
    ):
        return list(children(expr))
    raise Unknown("not a size")


def _fold(expr: Expr, kids: list[float]) -> float:
    if isinstance(expr, Add):
        return sum(kids)
    if isinstance(expr, Mul):
        result = 1.0
        for kid in kids:
            result *= kid
        return result
    if isinstance(expr, Fn):
        return (
            kids[0] // 1
            if expr.name == "floor"
            else (kids[0] // kids[1] if expr.name == "floordiv" else kids[0] % kids[1])
        )
    return float(kids[0] ** kids[1])


def same_size(left: Expr, right: Expr) -> bool:
    """Whether two sizes are equal whatever their symbols stand for."""
    if left == right:
        return True
    pairs = [(probe_size(left, prime), probe_size(right, prime)) for prime in PROBES]
    if any(a is None or b is None for a, b in pairs):
        return canonical(left) == canonical(right)
    return all(a == b for a, b in pairs)
