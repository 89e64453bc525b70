"""What opens with a command of its own: fractions, roots, norms, sums, cases, functions."""

from dataclasses import dataclass

from paperback.code.equations.form import (
    HALF,
    MINUS,
    ONE,
    TWO,
    Cases,
    Det,
    El,
    Expr,
    Fn,
    Ind,
    Inv,
    Lam,
    Mul,
    Pow,
    Red,
    Sg,
    Var,
    fresh,
)
from paperback.code.equations.read_names import Names
from paperback.code.equations.tokens import LatexError

OPERATORS = {"sigmoid", "sign", "erf", "mod", "round"}
LARGE = {r"\sum": "sum", r"\prod": "prod"}
CLOSERS = {
    "(": ")",
    "[": "]",
    "{": "}",
    r"\lVert": r"\rVert",
    r"\lfloor": r"\rfloor",
    r"\lceil": r"\rceil",
    r"\{": r"\}",
    r"\lvert": r"\rvert",
}


@dataclass(slots=True)
class Heads(Names):
    """Reads constructs that their first token announces."""

    def product(self) -> Expr:
        raise NotImplementedError

    def factor(self) -> Expr:
        raise NotImplementedError

    def condition(self) -> Expr:
        raise NotImplementedError

    def group(self) -> Expr:
        """An argument in braces, or a single token."""
        if self.peek() != "{":
            return self.atom()
        self.take("{")
        inner = self.sum()
        self.take("}")
        return inner

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
        if self.peek() in LARGE:
            return Fn("log", (self.large(),))
        return Fn("log", (self.argument(),))

    def absolute(self) -> Expr:
        opening = self.take()
        inner = self.sum()
        self.take(CLOSERS[opening])
        return Fn("abs", (inner,))

    def determinant(self) -> Expr:
        self.take(r"\det")
        return Det(self.matrix())

    def matrix(self) -> Lam:
        """A whole matrix: a name with all of its indices but the last two."""
        entry = self.named_tensor()
        if len(entry.sizes) < 2:
            raise LatexError("a matrix was expected")
        lead = self.index(len(entry.sizes) - 2, entry.sizes[:-2])
        row, column = fresh("r"), fresh("c")
        axes = (((row, entry.sizes[-2]),), ((column, entry.sizes[-1]),))
        return Lam(axes, El(entry.key, (*lead, Var(row), Var(column))))

    def inverse(self) -> Expr | None:
        """An element of an inverse; None where something else stands in the brackets."""
        start = self.at
        try:
            self.take("(")
            matrix = self.matrix()
            for token in ("^", "{", "-", "1", "}", ")", "_"):
                self.take(token)
            self.at -= 1
            return Inv(matrix, *self.index(2, ()))
        except LatexError:
            self.at = start
            return None

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
        self.take(CLOSERS[opening])
        return Fn("floor" if opening == r"\lfloor" else "ceil", (inner,))

    def indicator(self) -> Expr:
        self.take()
        if self.word() != "1":
            raise LatexError("only the indicator is written in bold")
        opening = self.take()
        cond = self.condition()
        self.take(CLOSERS[opening])
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
        if name not in OPERATORS:
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
        if self.peek() == ",":
            self.take()
            cond = self.condition()
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
