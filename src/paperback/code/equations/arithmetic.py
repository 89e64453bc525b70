"""Sums, products, powers and conditions that fold what is exactly equal as they are built."""

from collections.abc import Iterable
from fractions import Fraction

from paperback.code.equations.form import (
    MINUS,
    ONE,
    ZERO,
    Add,
    Bool,
    Cases,
    Cmp,
    Expr,
    Fn,
    Ind,
    Mul,
    Num,
    Pow,
    Real,
    Red,
    Sg,
    Sym,
    Var,
    canonical,
    num,
    rebuild,
    walk,
    weight,
)

TRUE, FALSE = Bool("and", ()), Bool("or", ())
INF = Sym("inf")
NEGATED = {"<": ">=", "<=": ">", ">": "<=", ">=": "<", "==": "!=", "!=": "=="}
MIRRORED = {"<": ">", "<=": ">=", ">": "<", ">=": "<=", "==": "==", "!=": "!="}
LARGEST_POWER = 64


def split_coefficient(expr: Expr) -> tuple[Fraction, Expr]:
    """The numeric factor of `expr` and the rest."""
    if isinstance(expr, Num):
        return expr.value, ONE
    if isinstance(expr, Mul) and isinstance(expr.factors[0], Num):
        rest = expr.factors[1:]
        return expr.factors[0].value, rest[0] if len(rest) == 1 else Mul(rest)
    return Fraction(1), expr


def add(*terms: Expr) -> Expr:
    """The sum, with like terms collected in the order in which they first come."""
    collected: dict[Expr, tuple[Fraction, Expr]] = {}
    constant = Fraction(0)
    for term in _flat(terms):
        coefficient, rest = split_coefficient(term)
        if rest == ONE:
            constant += coefficient
            continue
        key = canonical(rest)
        before = collected.get(key, (Fraction(0), rest))
        collected[key] = before[0] + coefficient, before[1]
    kept = [mul(Num(c), rest) for c, rest in collected.values() if c]
    if constant:
        kept.append(Num(constant))
    return _complement(kept) if len(kept) == 2 else _sum(kept)


def _flat(terms: Iterable[Expr]) -> Iterable[Expr]:
    for term in terms:
        if isinstance(term, Add):
            yield from term.terms
            continue
        coefficient, rest = split_coefficient(term)
        if isinstance(rest, Add) and coefficient == -1:
            yield from (mul(MINUS, inner) for inner in rest.terms)
        else:
            yield term


def _sum(kept: list[Expr]) -> Expr:
    if not kept:
        return ZERO
    return kept[0] if len(kept) == 1 else Add(tuple(kept))


def _complement(kept: list[Expr]) -> Expr:
    """1 − 1[c] is 1[not c]."""
    left, right = kept
    coefficient, rest = split_coefficient(left)
    if right == ONE and coefficient == -1 and isinstance(rest, Ind):
        return indicator(negate(rest.cond))
    return _sum(kept)


def sub(left: Expr, right: Expr) -> Expr:
    return add(left, mul(MINUS, right))


def div(left: Expr, right: Expr) -> Expr:
    return mul(left, power(right, MINUS))


def mul(*factors: Expr) -> Expr:
    """The product, with equal bases joined; a zero factor makes it zero."""
    coefficient = Fraction(1)
    powers: dict[Expr, tuple[Expr, Expr]] = {}
    conditions: list[Expr] = []
    for factor in _flat_factors(factors):
        if isinstance(factor, Num):
            coefficient *= factor.value
        elif isinstance(factor, Ind):
            conditions.append(factor.cond)
        else:
            _join(powers, factor)
    if not coefficient:
        return ZERO
    kept = [power(base, exponent) for base, exponent in powers.values() if exponent != ZERO]
    kept = _join_exponentials(kept)
    if conditions:
        kept.insert(0, indicator(conjunction(*conditions)))
    return _product(coefficient, kept)


def _flat_factors(factors: Iterable[Expr]) -> Iterable[Expr]:
    for factor in factors:
        yield from factor.factors if isinstance(factor, Mul) else (factor,)


def _join(powers: dict[Expr, tuple[Expr, Expr]], factor: Expr) -> None:
    base, exponent = (factor.base, factor.exponent) if isinstance(factor, Pow) else (factor, ONE)
    key = canonical(base)
    if key in powers and isinstance(exponent, Num) and isinstance(powers[key][1], Num):
        powers[key] = powers[key][0], add(powers[key][1], exponent)
    elif key in powers:
        powers[canonical(factor)] = factor, ONE
    else:
        powers[key] = base, exponent


def _join_exponentials(kept: list[Expr]) -> list[Expr]:
    """e^a e^b becomes e^(a+b) where that is shorter: it undoes a shift by the maximum."""
    places = [at for at, item in enumerate(kept) if exponent_of(item) is not None]
    if len(places) < 2:
        return kept
    joined = add(*(exponent_of(kept[at]) or ZERO for at in places))
    if weight(joined) >= sum(weight(kept[at]) for at in places) - len(places):
        return kept
    rest = [item for at, item in enumerate(kept) if at not in places]
    result = function("exp", joined)
    return [result, *rest] if result != ONE else rest


def exponent_of(expr: Expr) -> Expr | None:
    """What stands in the exponent, where `expr` is a power of e."""
    if isinstance(expr, Fn) and expr.name == "exp":
        return expr.args[0]
    if isinstance(expr, Pow) and isinstance(expr.base, Fn) and expr.base.name == "exp":
        return mul(expr.exponent, expr.base.args[0])
    return None


def _product(coefficient: Fraction, kept: list[Expr]) -> Expr:
    numbers = [item for item in kept if isinstance(item, Num)]
    for item in numbers:
        coefficient *= item.value
    rest = tuple(inner for item in kept if not isinstance(item, Num) for inner in _flat_factors((item,)))
    if not coefficient:
        return ZERO
    if not rest:
        return Num(coefficient)
    if coefficient == 1:
        return rest[0] if len(rest) == 1 else Mul(rest)
    return Mul((Num(coefficient), *rest))


def power(base: Expr, exponent: Expr) -> Expr:
    """`base` to `exponent`; nothing is done that would change the domain."""
    if exponent == ONE:
        return base
    if exponent == ZERO:
        return ONE
    if isinstance(base, Num) and isinstance(exponent, Num):
        return _numeric_power(base, exponent)
    if isinstance(base, Ind) and isinstance(exponent, Num) and exponent.value > 0:
        return base
    whole = isinstance(exponent, Num) and exponent.value.denominator == 1
    if isinstance(base, Pow) and (whole or (isinstance(base.exponent, Num) and base.exponent.value == -1)):
        return power(base.base, mul(base.exponent, exponent))
    if isinstance(base, Mul) and whole:
        return mul(*(power(factor, exponent) for factor in base.factors))
    if isinstance(base, Fn) and base.name == "abs" and whole and isinstance(exponent, Num):
        return power(base.args[0], exponent) if exponent.value % 2 == 0 else Pow(base, exponent)
    return Pow(base, exponent)


def _numeric_power(base: Num, exponent: Num) -> Expr:
    value, times = base.value, exponent.value
    if times.denominator == 1 and abs(times) <= LARGEST_POWER and (value or times > 0):
        return Num(value**times.numerator)
    if value == 1:
        return ONE
    return Pow(base, exponent)


def function(name: str, *args: Expr) -> Expr:
    """An elementary function, folded where its argument undoes it."""
    first = args[0]
    if name == "exp":
        return _exp(first)
    if name == "log":
        return _log(first)
    if name in ("floor", "ceil", "round") and isinstance(first, Num) and first.value.denominator == 1:
        return first
    if name == "abs" and isinstance(first, Num):
        return Num(abs(first.value))
    if name in ("max", "min") and all(isinstance(arg, Num) for arg in args):
        values = [arg.value for arg in args if isinstance(arg, Num)]
        return Num(max(values) if name == "max" else min(values))
    if name in ("floordiv", "mod") and all(isinstance(arg, Num) for arg in args):
        left, right = (arg.value for arg in args if isinstance(arg, Num))
        return Num(Fraction(left // right)) if name == "floordiv" else Num(left % right)
    if name in ("floordiv", "mod") and args[1] == ONE and _integer(first):
        return first if name == "floordiv" else ZERO
    return Fn(name, args)


def is_whole(expr: Expr) -> bool:
    """Whether `expr` is made of indices, sizes and whole numbers alone."""
    return _integer(expr) and not any(isinstance(item, Real) or item == INF for item in walk(expr))


def _integer(expr: Expr) -> bool:
    return all(
        isinstance(item, Var | Sym | Add | Mul) or (isinstance(item, Num) and item.value.denominator == 1)
        for item in walk(expr)
    )


def _exp(arg: Expr) -> Expr:
    if arg == ZERO:
        return ONE
    if arg == mul(MINUS, INF):
        return ZERO
    if isinstance(arg, Fn) and arg.name == "log":
        return arg.args[0]
    if isinstance(arg, Cases) and any(part == mul(MINUS, INF) for part in (arg.then, arg.other)):
        return cases(arg.cond, _exp(arg.then), _exp(arg.other))
    return Fn("exp", (arg,))


def _log(arg: Expr) -> Expr:
    """The log of a product that holds an exponential is opened, since the two undo each other."""
    if arg == ONE:
        return ZERO
    if isinstance(arg, Fn) and arg.name == "exp":
        return arg.args[0]
    if isinstance(arg, Mul) and any(exponent_of(factor) is not None for factor in arg.factors):
        opened = [exponent_of(factor) for factor in arg.factors]
        rest = mul(*(f for f, e in zip(arg.factors, opened, strict=True) if e is None))
        inverse = power(rest, MINUS)
        shorter = mul(MINUS, Fn("log", (inverse,))) if weight(inverse) < weight(rest) else _log(rest)
        return add(*(e for e in opened if e is not None), shorter)
    return Fn("log", (arg,))


def compare(op: str, left: Expr, right: Expr) -> Expr:
    """The comparison, decided where the difference is a number, with equal terms cancelled."""
    gap = sub(left, right)
    if isinstance(gap, Num):
        return TRUE if _holds(op, gap.value) else FALSE
    indicators = [item for item in (left, right) if isinstance(item, Ind)]
    if len(indicators) == 1:
        decided = _compare_indicator(op, left, right)
        if decided is not None:
            return decided
    if isinstance(left, Add) or isinstance(right, Add):
        return _balanced(op, gap, left, right)
    return Cmp(op, left, right)


def _holds(op: str, gap: Fraction) -> bool:
    return {"<": gap < 0, "<=": gap <= 0, ">": gap > 0, ">=": gap >= 0, "==": gap == 0, "!=": gap != 0}[op]


def _compare_indicator(op: str, left: Expr, right: Expr) -> Expr | None:
    if isinstance(right, Ind):
        op, left, right = MIRRORED[op], right, left
    if not (isinstance(left, Ind) and isinstance(right, Num)):
        return None
    at_zero, at_one = _holds(op, -right.value), _holds(op, 1 - right.value)
    if at_zero == at_one:
        return TRUE if at_one else FALSE
    return left.cond if at_one else negate(left.cond)


def _balanced(op: str, gap: Expr, left: Expr, right: Expr) -> Expr:
    """The terms of the difference on the side where they are positive; whole numbers move the bound."""
    terms = gap.terms if isinstance(gap, Add) else (gap,)
    if not all(is_whole(term) for term in terms):
        return _cancelled(op, left, right)
    plus = [term for term in terms if split_coefficient(term)[0] > 0]
    minus = [mul(MINUS, term) for term in terms if split_coefficient(term)[0] < 0]
    left, right = add(*plus), add(*minus)
    if op == ">=" and right != ZERO and _ends_in_one(right):
        return Cmp(">", left, sub(right, ONE))
    if op == "<=" and left != ZERO and _ends_in_one(left):
        return Cmp("<", sub(left, ONE), right)
    return Cmp(op, left, right)


def _cancelled(op: str, left: Expr, right: Expr) -> Expr:
    """The comparison without a number that is added on both sides."""
    if isinstance(left, Add) and isinstance(right, Add) and left.terms[-1] == right.terms[-1]:
        constant = left.terms[-1]
        if isinstance(constant, Num):
            return Cmp(op, sub(left, constant), sub(right, constant))
    return Cmp(op, left, right)


def _ends_in_one(expr: Expr) -> bool:
    return isinstance(expr, Add) and expr.terms[-1] == ONE


def negate(cond: Expr) -> Expr:
    """The opposite condition."""
    if isinstance(cond, Cmp):
        return Cmp(NEGATED[cond.op], cond.left, cond.right)
    if cond in (TRUE, FALSE):
        return FALSE if cond == TRUE else TRUE
    if isinstance(cond, Bool) and cond.op == "not":
        return cond.args[0]
    if isinstance(cond, Bool):
        return Bool("or" if cond.op == "and" else "and", tuple(negate(arg) for arg in cond.args))
    return Bool("not", (cond,))


def _join_conditions(op: str, conditions: tuple[Expr, ...], absorbing: Expr) -> Expr:
    kept: list[Expr] = []
    for cond in conditions:
        for inner in cond.args if isinstance(cond, Bool) and cond.op == op else (cond,):
            if inner == absorbing:
                return absorbing
            if canonical(inner) not in map(canonical, kept):
                kept.append(inner)
    return kept[0] if len(kept) == 1 else Bool(op, tuple(kept))


def conjunction(*conditions: Expr) -> Expr:
    return _join_conditions("and", conditions, FALSE)


def disjunction(*conditions: Expr) -> Expr:
    return _join_conditions("or", conditions, TRUE)


def indicator(cond: Expr) -> Expr:
    if cond in (TRUE, FALSE):
        return ONE if cond == TRUE else ZERO
    return Ind(cond)


def cases(cond: Expr, then: Expr, other: Expr) -> Expr:
    """`then` where `cond` holds, else `other`; equal arms need no condition."""
    if cond == TRUE or canonical(then) == canonical(other):
        return then
    if cond == FALSE:
        return other
    if then == ONE and other == ZERO:
        return Ind(cond)
    if then == ZERO and other == ONE:
        return indicator(negate(cond))
    if isinstance(then, Cases) and canonical(then.other) == canonical(other):
        return Cases(conjunction(cond, then.cond), then.then, other)
    return Cases(cond, then, other)


def stop(body: Expr) -> Expr:
    """`body` without gradient; what has none anyway stays bare, and inside of it nothing is stopped twice."""
    body = _unstopped(body)
    if isinstance(body, Num | Sym | Var | Ind | Sg | Bool | Cmp):
        return body
    if isinstance(body, Red) and body.kind in ("argmax", "argmin", "any", "all"):
        return body
    if isinstance(body, Mul):
        coefficient, rest = split_coefficient(body)
        return body if coefficient != 1 and rest == ONE else mul(Num(coefficient), Sg(rest))
    return Sg(body)


def _unstopped(expr: Expr) -> Expr:
    return _unstopped(expr.body) if isinstance(expr, Sg) else rebuild(expr, _unstopped)


def square(expr: Expr) -> Expr:
    return power(expr, num(2))


def product_of(items: Iterable[Expr]) -> Expr:
    return mul(*items)
