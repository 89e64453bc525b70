"""Numbers, norms and inner products as an author writes them."""

from fractions import Fraction

from paperback.code.equations.arithmetic import split_coefficient
from paperback.code.equations.form import (
    ONE,
    Add,
    El,
    Expr,
    Mul,
    Num,
    Pow,
    Red,
    Var,
    free,
)

SUM, PRODUCT, OPEN, POWER, ATOM = range(5)
LONGEST_DECIMAL = 7


def dot_product(red: Red) -> tuple[El, El] | None:
    """Two tensors that are multiplied and summed over their last index."""
    if red.kind != "sum" or len(red.ranges) != 1 or red.cond is not None or not isinstance(red.body, Mul):
        return None
    name, factors = red.ranges[0][0], red.body.factors
    if len(factors) != 2:
        return None
    left, right = factors
    if not (isinstance(left, El) and isinstance(right, El)):
        return None
    for item in (left, right):
        if not item.index or item.index[-1] != Var(name) or any(name in free(at) for at in item.index[:-1]):
            return None
    return left, right


def without_sign(expr: Expr) -> Expr:
    coefficient, rest = split_coefficient(expr)
    if coefficient >= 0:
        return expr
    if rest == ONE:
        return Num(-coefficient)
    if coefficient == -1:
        return rest
    return Mul((Num(-coefficient), *(rest.factors if isinstance(rest, Mul) else (rest,))))


def number(value: Fraction) -> tuple[str, int]:
    """An exact number: whole, a short decimal, a power of ten or a fraction."""
    if value < 0:
        return "-" + number(-value)[0], SUM
    if value.denominator == 1 and value.numerator < 10**6:
        return str(value.numerator), ATOM
    if value.denominator <= 12:
        return rf"\frac{{{value.numerator}}}{{{value.denominator}}}", PRODUCT
    power = _power_of_ten(value)
    if power is not None:
        return power
    decimal = repr(float(value))
    if Fraction(decimal) == value and len(decimal) <= LONGEST_DECIMAL and "e" not in decimal:
        return decimal, ATOM
    if Fraction(decimal) == value and "e" not in decimal:
        return decimal, ATOM
    return rf"\frac{{{value.numerator}}}{{{value.denominator}}}", PRODUCT


def _power_of_ten(value: Fraction) -> tuple[str, int] | None:
    mantissa, _, exponent = f"{float(value):.6e}".partition("e")
    digits = mantissa.rstrip("0").rstrip(".")
    power = int(exponent)
    if -3 < power < 6 or Fraction(digits) * Fraction(10) ** power != value:
        return None
    ten = rf"10^{{{power}}}"
    return (ten, POWER) if digits == "1" else (rf"{digits} \cdot {ten}", PRODUCT)


def norm_of(base: Expr) -> tuple[str, Expr] | None:
    """The index and vector, where `base` is a sum of squares of elements whose last index is summed."""
    if not (isinstance(base, Red) and base.kind == "sum" and len(base.ranges) == 1 and base.cond is None):
        return None
    name, body = base.ranges[0][0], base.body
    if not (isinstance(body, Pow) and body.exponent == Num(Fraction(2))):
        return None
    inner = body.base
    terms = inner.terms if isinstance(inner, Add) else (inner,)
    for term in terms:
        item = without_sign(term)
        if not (isinstance(item, El) and item.index and item.index[-1] == Var(name)):
            return None
        if any(name in free(index) for index in item.index[:-1]):
            return None
    return name, inner


def fraction_of(expr: Mul) -> tuple[list[Expr], list[Expr]]:
    """Factors above and below the line."""
    top: list[Expr] = []
    bottom: list[Expr] = []
    for factor in expr.factors:
        if isinstance(factor, Num):
            _place_number(factor.value, top, bottom)
        elif isinstance(factor, Pow) and isinstance(factor.exponent, Num) and factor.exponent.value < 0:
            bottom.append(inverted(factor))
        else:
            top.append(factor)
    return top, bottom


def _place_number(value: Fraction, top: list[Expr], bottom: list[Expr]) -> None:
    if value.denominator != 1 and value.denominator <= 12:
        bottom.insert(0, Num(Fraction(value.denominator)))
        value = Fraction(value.numerator)
    if value != 1:
        top.insert(0, Num(value))


def inverted(expr: Pow) -> Expr:
    assert isinstance(expr.exponent, Num)
    exponent = Num(-expr.exponent.value)
    return expr.base if exponent == ONE else Pow(expr.base, exponent)
