"""A reader of LaTeX equations: what `latex` prints and what a careful author would write."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction

from paperback.code.equations.form import (
    MINUS,
    ONE,
    TWO,
    Add,
    Bool,
    Cmp,
    El,
    Expr,
    Fn,
    Lam,
    Mul,
    Num,
    Order,
    Pow,
    Red,
    ScalarFunction,
    Sym,
    Var,
    fresh,
    rebuild,
    renamed,
)
from paperback.code.equations.read_heads import CLOSERS, LARGE, Heads
from paperback.code.equations.tokens import Entry, LatexError, tokens

_FUNCTIONS = {
    r"\exp": "exp",
    r"\sin": "sin",
    r"\cos": "cos",
    r"\tan": "tan",
    r"\tanh": "tanh",
    r"\sinh": "sinh",
    r"\cosh": "cosh",
    r"\arcsin": "asin",
    r"\arccos": "acos",
    r"\arctan": "atan",
}
_RELATIONS = {
    "<": "<",
    ">": ">",
    "=": "==",
    r"\leq": "<=",
    r"\le": "<=",
    r"\geq": ">=",
    r"\ge": ">=",
    r"\neq": "!=",
    r"\ne": "!=",
}


@dataclass(frozen=True, slots=True)
class Equation:
    """One equation: the symbol it defines, the indices on its left, and its right-hand side.

    Attributes:
        first: Of a recurrence: its initial value, at the indices `first_index`; None where it has none.
        rounds: Of a recurrence: its letter, and the places at which it begins and ends.
    """

    key: str
    index: tuple[Expr, ...]
    body: Expr
    first: Expr | None = None
    first_index: tuple[Expr, ...] = ()
    rounds: tuple[str, Expr, Expr] | None = None


@dataclass(slots=True)
class Reader(Heads):
    """Reads one line with the symbols of `notation`."""

    def condition(self) -> Expr:
        left = self.conjunct()
        parts = [left]
        while self.peek() == r"\lor":
            self.take()
            parts.append(self.conjunct())
        return parts[0] if len(parts) == 1 else Bool("or", tuple(parts))

    def conjunct(self) -> Expr:
        parts = [self.comparison()]
        while self.peek() == r"\land":
            self.take()
            parts.append(self.comparison())
        return parts[0] if len(parts) == 1 else Bool("and", tuple(parts))

    def comparison(self) -> Expr:
        if self.peek() == r"\neg":
            self.take()
            self.take("(")
            inner = self.condition()
            self.take(")")
            return Bool("not", (inner,))
        if self.peek() == "(":
            start = self.at
            try:
                self.take()
                inner = self.condition()
                self.take(")")
                if self.peek() not in _RELATIONS and self.peek() in (
                    "",
                    ")",
                    "]",
                    "}",
                    r"\land",
                    r"\lor",
                    r"\\",
                    r"\end",
                ):
                    return inner
            except LatexError:
                pass
            self.at = start
        left = self.sum()
        if self.peek() not in _RELATIONS:
            raise LatexError(f"a comparison was expected before {self.peek()!r}")
        low = Cmp(_RELATIONS[self.take()], left, self.sum())
        if self.peek() not in _RELATIONS:
            return low
        return Bool("and", (low, Cmp(_RELATIONS[self.take()], low.right, self.sum())))

    def sum(self) -> Expr:
        negative = False
        if self.peek() in "+-" and self.peek():
            negative = self.take() == "-"
        first = self.product()
        terms = [Mul((MINUS, first)) if negative else first]
        while self.peek() in ("+", "-"):
            sign = self.take()
            term = self.product()
            terms.append(Mul((MINUS, term)) if sign == "-" else term)
        return terms[0] if len(terms) == 1 else Add(tuple(terms))

    def product(self) -> Expr:
        factors = [self.factor()]
        while True:
            if self.peek() in (r"\cdot", r"\times"):
                self.take()
            elif not self.starts_factor():
                break
            factors.append(self.factor())
        return factors[0] if len(factors) == 1 else Mul(tuple(factors))

    def starts_factor(self) -> bool:
        token = self.peek()
        if not token or token in (
            "+",
            "-",
            ")",
            "]",
            "}",
            ",",
            ";",
            "&",
            r"\\",
            r"\end",
            r"\rVert",
            r"\rfloor",
            r"\rceil",
            r"\text",
            r"\land",
            r"\lor",
            ":",
            ".",
            r"\rvert",
        ):
            return False
        return token not in _RELATIONS

    def factor(self) -> Expr:
        base = self.atom()
        while self.peek() == "^":
            self.take()
            base = Pow(base, self.group())
        return base

    def atom(self) -> Expr:
        token = self.peek()
        named = self.symbol()
        if named is not None:
            return named
        if token[:1].isdigit():
            return Num(Fraction(self.take()))
        if token in LARGE or token in (r"\max", r"\min", r"\arg"):
            return self.large()
        inverse = self.inverse() if token == "(" else None
        if inverse is not None:
            return inverse
        if token in ("(", "[", "{"):
            self.take()
            inner = self.sum()
            self.take(CLOSERS[token])
            return inner
        handler = self.heads().get(token)
        if handler is not None:
            return handler()
        if token in _FUNCTIONS:
            self.take()
            return Fn(_FUNCTIONS[token], (self.argument(),))
        if token in (r"\pi", r"\infty"):
            self.take()
            return Sym("pi" if token == r"\pi" else "inf")
        if token == "e" and self.peek(1) == "^":
            self.take()
            self.take()
            return Fn("exp", (self.group(),))
        if len(token) == 1 and token.isalpha():
            return Var(self.take())
        raise LatexError(f"{token!r} is not understood")

    def heads(self) -> dict[str, Callable[[], Expr]]:
        """What reads the constructs that their first token announces."""
        return {
            r"\frac": self.fraction,
            r"\tfrac": self.fraction,
            r"\dfrac": self.fraction,
            r"\sqrt": self.root,
            r"\det": self.determinant,
            r"\log": self.logarithm,
            r"\ln": self.logarithm,
            r"\lvert": self.absolute,
            r"\lVert": self.norm,
            r"\lfloor": self.floor,
            r"\lceil": self.floor,
            r"\mathbf": self.indicator,
            r"\mathbb": self.indicator,
            r"\operatorname": self.operator,
            r"\begin": self.cases,
        }


def reader(notation: Mapping[str, Entry], text: str) -> Reader:
    names = [(tokens(spelled), entry) for spelled, entry in notation.items()]
    names.sort(key=lambda item: -len(item[0]))
    return Reader(tokens(text), 0, names)


def read_expression(text: str, notation: Mapping[str, Entry]) -> Expr:
    """The form of an expression.

    Raises:
        LatexError: It is not in the grammar.
    """
    found = reader(notation, text)
    result = found.sum()
    if found.peek():
        raise LatexError(f"left over: {' '.join(found.text[found.at :])!r}")
    return scoped(result)


def read_equation(text: str, notation: Mapping[str, Entry]) -> Equation | ScalarFunction:
    """The form of one line: an equation, or the definition of a custom scalar function.

    Raises:
        LatexError: It is not in the grammar.
    """
    found = reader(notation, text)
    fitting = [item for item in found.names if found.text[: len(item[0])] == item[0]]
    if not fitting:
        raise LatexError(f"no symbol of the notation at {found.peek()!r}")
    spelled, entry = fitting[0]
    found.at = len(spelled)
    if entry.kind == "operator":
        return _scalar_function(found, entry, spelled)
    index = found.index(len(entry.sizes), entry.sizes)
    if found.peek() in ORDERS:
        return sorting(found, El(entry.key, index))
    found.take("=")
    equation = Equation(entry.key, index, scoped(found.sum()))
    if found.peek() == ",":
        equation = _recurrence(found, equation, entry, spelled)
    if found.peek():
        raise LatexError(f"left over: {' '.join(found.text[found.at :])!r}")
    return equation


ORDERS = {r"\geq": ">=", r"\leq": "<="}
PLACE = "@place"


def sorting(found: Reader, first: El) -> Equation:
    """A chain of entries from the first to the last in order, as the definition of their indices."""
    sign = found.take()
    second = found.symbol()
    for token in (sign, r"\dots", sign):
        found.take(token)
    last = found.symbol()
    if found.peek():
        raise LatexError(f"left over: {' '.join(found.text[found.at :])!r}")
    orders = [item for item in first.index if isinstance(item, El) and item.index[-1:] == (ONE,)]
    if len(orders) != 1 or not isinstance(last, El):
        raise LatexError("what is sorted has no index that is a sorted one")
    order, at = orders[0], first.index.index(orders[0])
    end = last.index[at] if at < len(last.index) else None
    size = end.index[-1] if isinstance(end, El) and end.index else ONE
    if second != _placed(first, at, TWO) or last != _placed(first, at, size):
        raise LatexError("what is sorted differs from place to place")
    own = fresh("s")
    entries = El(first.name, (*first.index[:at], Var(own), *first.index[at + 1 :]))
    body = Order(Lam((((own, size),),), entries), Var(PLACE), ORDERS[sign])
    return Equation(order.name, (*order.index[:-1], Var(PLACE)), body)


def _placed(first: El, at: int, place: Expr) -> El:
    """`first` with another place in the index `at`."""
    order = first.index[at]
    assert isinstance(order, El)
    moved = El(order.name, (*order.index[:-1], place))
    return El(first.name, (*first.index[:at], moved, *first.index[at + 1 :]))


def _recurrence(found: Reader, equation: Equation, entry: Entry, spelled: list[str]) -> Equation:
    """What follows the body of a recurrence: `h_{0} = …, t = 1, …, T`."""
    found.take(",")
    first: Expr | None = None
    first_index: tuple[Expr, ...] = ()
    if found.text[found.at : found.at + len(spelled)] == spelled:
        found.at += len(spelled)
        first_index = found.index(len(entry.sizes), entry.sizes)
        found.take("=")
        first = scoped(found.sum())
        found.take(",")
    letter = found.letter()
    found.take("=")
    start = found.sum()
    for token in (",", r"\dots", ","):
        found.take(token)
    return replace(equation, first=first, first_index=first_index, rounds=(letter, start, found.sum()))


def _scalar_function(found: Reader, entry: Entry, spelled: list[str]) -> ScalarFunction:
    found.take("(")
    variable = found.letter()
    found.take(")")
    found.take("=")
    body = found.sum()
    found.take(",")
    if found.text[found.at : found.at + len(spelled)] != spelled:
        raise LatexError("the derivative of a custom function is missing")
    found.at += len(spelled)
    for wanted in ("'", "(", variable, ")", ":", "="):
        found.take(wanted)
    slope = found.sum()
    return ScalarFunction(entry.key, variable, scoped(body), scoped(slope))


def scoped(expr: Expr) -> Expr:
    """`expr` with fresh names for bound letters, so that a letter used twice is two variables."""
    if isinstance(expr, Red):
        own = renamed(expr, {name for name, _ in expr.ranges})
        return rebuild(own, scoped)
    return rebuild(expr, scoped)
