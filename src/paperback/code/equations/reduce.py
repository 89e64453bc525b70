"""Reductions over index variables and the rules that shorten them."""

from paperback.code.equations.arithmetic import (
    FALSE,
    INF,
    TRUE,
    add,
    cases,
    compare,
    conjunction,
    disjunction,
    exponent_of,
    function,
    indicator,
    mul,
    negate,
    power,
    product_of,
    stop,
)
from paperback.code.equations.form import (
    MINUS,
    ONE,
    ZERO,
    Add,
    Bool,
    Cases,
    Cmp,
    El,
    Expr,
    Fn,
    Ind,
    Mul,
    Num,
    Pow,
    Range,
    Red,
    Sg,
    Sym,
    Var,
    free,
    fresh,
    num,
    rebuild,
    subst,
    walk,
)


def total(ranges: tuple[Range, ...], body: Expr, cond: Expr | None = None) -> Expr:
    """The sum, with constant factors outside and equalities of indices carried out."""
    if cond == TRUE:
        cond = None
    if cond == FALSE or body == ZERO:
        return ZERO
    if not ranges:
        return body if cond is None else mul(indicator(cond), body)
    body, cond = _absorb(body, cond)
    ranges, body, cond = _unskip(*_probed(ranges, body, cond))
    picked = _pick(ranges, body, cond)
    if picked is not None:
        return picked
    outside, inside = _pull_out(ranges, body)
    if outside != ONE:
        return mul(outside, total(ranges, inside, cond))
    if isinstance(body, Red) and body.kind == "sum":
        return _merge(ranges, body, cond)
    idle = tuple(item for item in ranges if item[0] not in free(body) | (free(cond) if cond else frozenset()))
    if idle and len(idle) <= len(ranges):
        rest = tuple(item for item in ranges if item not in idle)
        return mul(product_of(size for _, size in idle), total(rest, body, cond))
    return Red("sum", ranges, body, cond)


def _absorb(body: Expr, cond: Expr | None) -> tuple[Expr, Expr | None]:
    """An indicator in a summand becomes a condition of the sum."""
    factors = body.factors if isinstance(body, Mul) else (body,)
    conditions = [factor.cond for factor in factors if isinstance(factor, Ind)]
    rest: list[Expr] = [factor for factor in factors if not isinstance(factor, Ind)]
    for at, factor in enumerate(rest):
        if isinstance(factor, Cases) and ZERO in (factor.then, factor.other):
            kept = factor.then if factor.other == ZERO else factor.other
            conditions.append(factor.cond if factor.other == ZERO else negate(factor.cond))
            rest[at] = kept
    if not conditions:
        return body, cond
    return mul(*rest), conjunction(*conditions, *(() if cond is None else (cond,)))


def _probed(
    ranges: tuple[Range, ...], body: Expr, cond: Expr | None
) -> tuple[tuple[Range, ...], Expr, Expr | None]:
    """Index arithmetic that runs through all i ≠ j becomes that pair with the condition."""
    if len(ranges) != 2 or cond is not None:
        return ranges, body, cond
    names = {name for name, _ in ranges}
    places: list[Expr] = []
    for index in (item for part in walk(body) if isinstance(part, El) for item in part.index):
        if free(index) & names and index not in places:
            places.append(index)
    side = ranges[1][1]
    if len(places) != 2 or any(isinstance(item, Var) for item in places):
        return ranges, body, cond
    if not all(_pairs(ranges, places, side, count) for count in (3, 4, 6)):
        return ranges, body, cond
    i, j = fresh("i"), fresh("j")
    inner = _put(_put(body, places[0], Var(i)), places[1], Var(j))
    if free(inner) & names:
        return ranges, body, cond
    return ((i, side), (j, side)), inner, compare("!=", Var(i), Var(j))


def _pairs(ranges: tuple[Range, ...], places: list[Expr], side: Expr, count: int) -> bool:
    """Whether the two places are every pair of different numbers up to `count` exactly once."""
    if not isinstance(side, Sym):
        return False
    fixed: dict[Expr, Expr] = {side: num(count)}
    lengths = [_known(size, fixed) for _, size in ranges]
    if None in lengths:
        return False
    seen = []
    for a in range(1, (lengths[0] or 0) + 1):
        for b in range(1, (lengths[1] or 0) + 1):
            at: dict[Expr, Expr] = {**fixed, Var(ranges[0][0]): num(a), Var(ranges[1][0]): num(b)}
            seen.append(tuple(_known(place, at) for place in places))
    wanted = [(i, j) for i in range(1, count + 1) for j in range(1, count + 1) if i != j]
    return sorted(seen, key=str) == sorted(wanted, key=str)


def _known(expr: Expr, values: dict[Expr, Expr]) -> int | None:
    """The whole number that `expr` is for given symbols and indices."""
    found = simplify(_replace(expr, values))
    return int(found.value) if isinstance(found, Num) and found.value.denominator == 1 else None


def _replace(expr: Expr, values: dict[Expr, Expr]) -> Expr:
    return values[expr] if expr in values else rebuild(expr, lambda child: _replace(child, values))


def _unskip(
    ranges: tuple[Range, ...], body: Expr, cond: Expr | None
) -> tuple[tuple[Range, ...], Expr, Expr | None]:
    """Indices k + 1[k ≥ i] for k up to n − 1 are all indices up to n but i."""
    for at, (name, size) in enumerate(ranges):
        steps = {
            item
            for part in (body, cond)
            if part is not None
            for item in walk(part)
            if _steps_over(item, name)
        }
        if len(steps) != 1:
            continue
        step = steps.pop()
        assert isinstance(step, Add)
        own = fresh(name)
        parts = [_put(part, step, Var(own)) for part in (body, cond) if part is not None]
        if any(name in free(part) for part in parts):
            continue
        skipped = _skipped(step)
        new = (*ranges[:at], (own, add(size, ONE)), *ranges[at + 1 :])
        conditions = [compare("!=", Var(own), skipped), *parts[1:]]
        return new, parts[0], conjunction(*conditions)
    return ranges, body, cond


def _steps_over(expr: Expr, name: str) -> bool:
    if not (isinstance(expr, Add) and len(expr.terms) == 2 and Var(name) in expr.terms):
        return False
    other = next((term for term in expr.terms if term != Var(name)), None)
    return (
        isinstance(other, Ind)
        and isinstance(other.cond, Cmp)
        and other.cond.op == ">="
        and other.cond.left == Var(name)
    )


def _skipped(step: Add) -> Expr:
    return next(
        term.cond.right for term in step.terms if isinstance(term, Ind) and isinstance(term.cond, Cmp)
    )


def _put(expr: Expr, old: Expr, new: Expr) -> Expr:
    return new if expr == old else rebuild(expr, lambda child: _put(child, old, new))


def _pick(ranges: tuple[Range, ...], body: Expr, cond: Expr | None) -> Expr | None:
    """A sum over j where j = k is the summand at k."""
    if cond is None:
        return None
    parts = cond.args if isinstance(cond, Bool) and cond.op == "and" else (cond,)
    names = {name for name, _ in ranges}
    for part in parts:
        if not (isinstance(part, Cmp) and part.op == "=="):
            continue
        for one, other in ((part.left, part.right), (part.right, part.left)):
            if not isinstance(other, Var | El | Num):
                continue
            if isinstance(one, Var) and one.name in names and one.name not in free(other):
                rest = tuple(item for item in ranges if item[0] != one.name)
                others = conjunction(*(subst(p, {one.name: other}) for p in parts if p is not part))
                return total(rest, subst(body, {one.name: other}), others)
    return None


def _pull_out(ranges: tuple[Range, ...], body: Expr) -> tuple[Expr, Expr]:
    names = {name for name, _ in ranges}
    factors = body.factors if isinstance(body, Mul) else (body,)
    outside = [factor for factor in factors if not free(factor) & names]
    inside = [factor for factor in factors if free(factor) & names]
    if len(inside) == 1:
        shift, rest = _shift(inside[0], names)
        outside, inside = ([*outside, shift], [rest]) if shift != ONE else (outside, inside)
    if inside == [] and outside == [body]:
        return (body, ONE) if body != ONE else (ONE, ONE)
    return mul(*outside), mul(*inside)


def _shift(factor: Expr, names: set[str]) -> tuple[Expr, Expr]:
    """e^(x − m) is e^(−m) e^x: a shift by the maximum leaves the sum."""
    exponent = exponent_of(factor)
    if not isinstance(exponent, Add):
        return ONE, factor
    moved = [t for t in exponent.terms if not free(t) & names and _holds_maximum(t)]
    if not moved:
        return ONE, factor
    rest = [t for t in exponent.terms if t not in moved]
    return function("exp", add(*moved)), function("exp", add(*rest))


def _holds_maximum(expr: Expr) -> bool:
    return any(isinstance(item, Red) and item.kind == "max" for item in walk(expr))


def _merge(ranges: tuple[Range, ...], inner: Red, cond: Expr | None) -> Expr:
    conditions = [part for part in (cond, inner.cond) if part is not None]
    joined = conjunction(*conditions) if conditions else None
    return Red("sum", (*ranges, *inner.ranges), inner.body, joined)


def extreme(kind: str, ranges: tuple[Range, ...], body: Expr, cond: Expr | None = None) -> Expr:
    """The maximum or minimum; entries at the infinite far end become a condition."""
    if not ranges:
        return body
    far = mul(MINUS, INF) if kind == "max" else INF
    if isinstance(body, Cases) and far in (body.then, body.other):
        keep = body.cond if body.other == far else negate(body.cond)
        cond = keep if cond is None else conjunction(keep, cond)
        body = body.then if body.other == far else body.other
    ranges, body, cond = _unskip(ranges, body, cond)
    if not {name for name, _ in ranges} & (free(body) | (free(cond) if cond else frozenset())):
        return body
    if isinstance(body, Red) and body.kind == kind and cond is None:
        return Red(kind, (*ranges, *body.ranges), body.body, body.cond)
    return Red(kind, ranges, body, cond)


def reduction(kind: str, ranges: tuple[Range, ...], body: Expr, cond: Expr | None = None) -> Expr:
    """Any reduction over fresh index variables."""
    new = {name: fresh(name) for name, _ in ranges}
    inside: dict[str, Expr] = {name: Var(to) for name, to in new.items()}
    ranges = tuple((new[name], size) for name, size in ranges)
    body, cond = subst(body, inside), None if cond is None else subst(cond, inside)
    if kind == "sum":
        return total(ranges, body, cond)
    if kind in ("max", "min"):
        return extreme(kind, ranges, body, cond)
    return Red(kind, ranges, body, cond) if ranges else body


def occupied(expr: Expr, letters: frozenset[str]) -> Expr:
    """`expr` where no axis is empty: a product of the sizes `letters` is not zero."""
    inner = rebuild(expr, lambda child: occupied(child, letters))
    if isinstance(inner, Cmp) and inner.right == ZERO and inner.op in ("==", "!="):
        factors = inner.left.factors if isinstance(inner.left, Mul) else (inner.left,)
        if all(isinstance(item, Sym) and item.name in letters for item in factors):
            return TRUE if inner.op == "!=" else FALSE
    return inner


def simplify(expr: Expr) -> Expr:
    """`expr` built again from its leaves, so that every rule sees what inlining brought together."""
    inner = rebuild(expr, simplify)
    match inner:
        case Add(terms):
            return add(*terms)
        case Mul(factors):
            return mul(*factors)
        case Pow(base, exponent):
            return power(base, exponent)
        case Fn(name, args):
            return function(name, *args)
        case Cmp(op, left, right):
            return compare(op, left, right)
        case Bool("and", args):
            return conjunction(*args)
        case Bool("or", args):
            return disjunction(*args)
        case Bool("not", args):
            return negate(args[0])
        case Ind(cond):
            return indicator(cond)
        case Cases(cond, then, other):
            return cases(cond, then, other)
        case Sg(body):
            return stop(body)
        case Red("sum", ranges, body, cond):
            return total(ranges, body, cond)
        case Red(("max" | "min") as kind, ranges, body, cond):
            return extreme(kind, ranges, body, cond)
    return inner
