"""A reader of LaTeX equations: what `latex` prints and what a careful author would write."""

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

from paperback.code.equations.form import (
    HALF,
    MINUS,
    ONE,
    TWO,
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
    Red,
    ScalarFunction,
    Sg,
    Sym,
    Var,
    fresh,
    rebuild,
    renamed,
)
from paperback.code.equations.read_names import Names
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
_OPERATORS = {"sigmoid", "sign", "erf", "mod", "round"}
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
_LARGE = {r"\sum": "sum", r"\prod": "prod"}
_CLOSERS = {
    "(": ")",
    "[": "]",
    "{": "}",
    r"\lVert": r"\rVert",
    r"\lfloor": r"\rfloor",
    r"\lceil": r"\rceil",
    r"\{": r"\}",
    r"\lvert": r"\rvert",
}


@dataclass(frozen=True, slots=True)
class Equation:
    """One equation: the symbol it defines, the indices on its left, and its right-hand side."""

    key: str
    index: tuple[Expr, ...]
    body: Expr


@dataclass(slots=True)
class Reader(Names):
    """Reads one line with the symbols of `notation`."""

    def group(self) -> Expr:
        """An argument in braces, or a single token."""
        if self.peek() != "{":
            return self.atom()
        self.take("{")
        inner = self.sum()
        self.take("}")
        return inner

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
        return Cmp(_RELATIONS[self.take()], left, self.sum())

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
        if token in _LARGE or token in (r"\max", r"\min", r"\arg"):
            return self.large()
        if token in ("(", "[", "{"):
            self.take()
            inner = self.sum()
            self.take(_CLOSERS[token])
            return inner
        handler = {
            r"\frac": self.fraction,
            r"\tfrac": self.fraction,
            r"\dfrac": self.fraction,
            r"\sqrt": self.root,
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
        }.get(token)
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

    def argument(self) -> Expr:
        """The argument of a function: in parentheses, or a single factor."""
        if self.peek() == "(":
            self.take()
            inner = self.sum()
            self.take(")")
            return inner
        return self.factor()

    def fraction(self) -> Expr:
        self.take()
        top = self.group()
        return Mul((top, Pow(self.group(), MINUS)))

    def root(self) -> Expr:
        self.take()
        return Pow(self.group(), HALF)

    def logarithm(self) -> Expr:
        self.take()
        if self.peek() in _LARGE:
            return Fn("log", (self.large(),))
        return Fn("log", (self.argument(),))

    def absolute(self) -> Expr:
        opening = self.take()
        inner = self.sum()
        self.take(_CLOSERS[opening])
        return Fn("abs", (inner,))

    def norm(self) -> Expr:
        self.take()
        outer, self.vector = (self.vector, self.vector_size), fresh("norm")
        name = self.vector
        inner = self.sum()
        size = self.vector_size
        self.vector, self.vector_size = outer
        self.take(r"\rVert")
        if self.peek() == "_":
            self.take()
            if self.group() != TWO:
                raise LatexError("only Euclidean norms are understood")
        if size is None:
            raise LatexError("a norm of something that is no vector")
        return Pow(Red("sum", ((name, size),), Pow(inner, TWO)), HALF)

    def floor(self) -> Expr:
        opening = self.take()
        inner = self.sum()
        self.take(_CLOSERS[opening])
        return Fn("floor" if opening == r"\lfloor" else "ceil", (inner,))

    def indicator(self) -> Expr:
        self.take()
        if self.word() != "1":
            raise LatexError("only the indicator is written in bold")
        opening = self.take()
        cond = self.condition()
        self.take(_CLOSERS[opening])
        return Ind(cond)

    def operator(self) -> Expr:
        self.take()
        name = self.word()
        self.take("(")
        args = [self.sum()]
        while self.peek() == ",":
            self.take()
            args.append(self.sum())
        self.take(")")
        if name == "sg":
            return Sg(args[0])
        if name not in _OPERATORS:
            raise LatexError(f"the operator {name} is not understood")
        return Fn(name, tuple(args))

    def cases(self) -> Expr:
        self.take(r"\begin")
        if self.word() != "cases":
            raise LatexError("only cases are understood here")
        rows: list[tuple[Expr, Expr | None]] = []
        while True:
            value = self.sum()
            self.take("&")
            self.take(r"\text")
            word = self.word()
            rows.append((value, self.condition() if word == "if" else None))
            if self.peek() != r"\\":
                break
            self.take()
        self.take(r"\end")
        self.word()
        if rows[-1][1] is not None:
            raise LatexError("cases without an otherwise")
        result = rows[-1][0]
        for value, cond in reversed(rows[:-1]):
            if cond is None:
                raise LatexError("cases with two otherwise")
            result = Cases(cond, value, result)
        return result

    def large(self) -> Expr:
        """A large operator with its limits and everything up to the next sign."""
        token = self.take()
        if token == r"\arg":
            token = r"\arg" + self.take()
        kind = {
            r"\sum": "sum",
            r"\prod": "prod",
            r"\max": "max",
            r"\min": "min",
            r"\arg\max": "argmax",
            r"\arg\min": "argmin",
        }.get(token)
        if kind is None:
            raise LatexError(f"{token!r} is not understood")
        if self.peek() != "_":
            return self.extreme(kind)
        self.take("_")
        self.take("{")
        stacked = self.peek() == r"\substack"
        if stacked:
            self.take()
            self.take("{")
        name, size = self.limits(kind)
        cond = None
        if stacked:
            if self.peek() == r"\\":
                self.take()
                cond = self.condition()
            self.take("}")
        self.take("}")
        if kind in ("sum", "prod"):
            self.take("^")
            size = self.group()
        return Red(kind, ((name, size),), self.product(), cond)

    def limits(self, kind: str) -> tuple[str, Expr]:
        if kind in ("sum", "prod"):
            name = self.letter()
            self.take("=")
            if self.take() != "1":
                raise LatexError("sums start at one")
            return name, ONE
        if self.take() != "1" or self.take() not in (r"\leq", r"\le"):
            raise LatexError("an extreme needs its range")
        name = self.letter()
        if self.take() not in (r"\leq", r"\le"):
            raise LatexError("an extreme needs its range")
        return name, self.sum()

    def extreme(self, kind: str) -> Expr:
        self.take("(")
        args = [self.sum()]
        while self.peek() == ",":
            self.take()
            args.append(self.sum())
        self.take(")")
        return Fn(kind, tuple(args))


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
    found.take("=")
    body = found.sum()
    if found.peek():
        raise LatexError(f"left over: {' '.join(found.text[found.at :])!r}")
    return Equation(entry.key, index, scoped(body))


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
