"""A reader of LaTeX equations: what `latex` prints and what a careful author would write."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction

from paperback.code.equations.form import (
    HALF,
    MINUS,
    ONE,
    TWO,
    Add,
    Apply,
    Bool,
    Call,
    Cases,
    Cat,
    Cmp,
    El,
    Expr,
    Fn,
    Ind,
    Lam,
    Mul,
    Num,
    Pow,
    Red,
    Sg,
    Sym,
    Var,
    fresh,
    num,
    rebuild,
)
from paperback.code.equations.values import ScalarFunction

_TOKEN = re.compile(r"\\[A-Za-z]+|\\.|\d+(?:\.\d+)?|[A-Za-z]|[^\s]")
_SKIPPED = {r"\,", r"\;", r"\!", r"\quad", r"\qquad", "&", r"\displaystyle", r"\left", r"\right", r"\limits", r"\:"} | {
    f"\\{size}{side}" for size in ("big", "Big", "bigg", "Bigg") for side in ("l", "r", "")
}
_FUNCTIONS = {r"\exp": "exp", r"\sin": "sin", r"\cos": "cos", r"\tan": "tan", r"\tanh": "tanh", r"\sinh": "sinh",
              r"\cosh": "cosh", r"\arcsin": "asin", r"\arccos": "acos", r"\arctan": "atan"}  # fmt: skip
_OPERATORS = {"sigmoid", "sign", "erf", "mod", "round"}
_RELATIONS = {"<": "<", ">": ">", "=": "==", r"\leq": "<=", r"\le": "<=", r"\geq": ">=", r"\ge": ">=", r"\neq": "!=",
              r"\ne": "!="}  # fmt: skip
_LARGE = {r"\sum": "sum", r"\prod": "prod"}
_CLOSERS = {"(": ")", "[": "]", "{": "}", r"\lVert": r"\rVert", r"\lfloor": r"\rfloor",
            r"\lceil": r"\rceil", r"\{": r"\}", r"\lvert": r"\rvert"}  # fmt: skip


class LatexError(Exception):
    """The text is not in the grammar."""


@dataclass(frozen=True, slots=True)
class Entry:
    """What a symbol of the notation stands for.

    Attributes:
        kind: "scalar", "tensor", "operator" (custom scalar function) or "function" (opaque).
        key: The name under which its value is known.
        sizes: Sizes of a tensor's axes, or of what a function gives.
    """

    kind: str
    key: str
    sizes: tuple[Expr, ...] = ()


@dataclass(frozen=True, slots=True)
class Equation:
    """One equation: the symbol it defines, the indices on its left, and its right-hand side."""

    key: str
    index: tuple[Expr, ...]
    body: Expr


def tokens(text: str) -> list[str]:
    """The tokens of `text` without spacing."""
    text = text.replace(r"\left|", r"\lvert ").replace(r"\right|", r"\rvert ")
    plain = re.sub(r"\\(begin|end)\{aligned\}", " ", text)
    found = _TOKEN.findall(plain)
    aligned = plain != text
    return [item for item in found if item not in _SKIPPED or item == "&" and "cases" in text] if not aligned else [
        item for item in _without_breaks(found) if item not in _SKIPPED or item == "&"]  # fmt: skip


def _without_breaks(found: list[str]) -> list[str]:
    """Line breaks of `aligned` dropped; those of `cases` and `substack` kept."""
    kept: list[str] = []
    depth = 0
    at = 0
    while at < len(found):
        item = found[at]
        if item in (r"\begin", r"\substack"):
            depth += 1
        inside = depth > 0
        if item == r"\end" or (item == "}" and depth and _closes_substack(found, at)):
            depth -= 1
        if inside or item not in (r"\\", "&"):
            kept.append(item)
        at += 1
    return kept


def _closes_substack(found: list[str], at: int) -> bool:
    level = 0
    for back in range(at, -1, -1):
        level += (found[back] == "}") - (found[back] == "{")
        if level == 0:
            return back > 0 and found[back - 1] == r"\substack"
    return False


@dataclass(slots=True)
class Reader:
    """Reads one line with the symbols of `notation`."""

    notation: Mapping[str, Entry]
    text: list[str] = field(default_factory=list)
    at: int = 0
    names: list[tuple[list[str], Entry]] = field(default_factory=list)
    vector: str = ""
    vector_size: Expr | None = None

    def peek(self, ahead: int = 0) -> str:
        place = self.at + ahead
        return self.text[place] if place < len(self.text) else ""

    def take(self, wanted: str = "") -> str:
        token = self.peek()
        if not token or (wanted and token != wanted):
            near = " ".join(self.text[max(0, self.at - 4) : self.at + 4])
            raise LatexError(f"{wanted or 'more'!r} was expected near {near!r}")
        self.at += 1
        return token

    def group(self) -> Expr:
        """An argument in braces, or a single token."""
        if self.peek() != "{":
            return self.atom()
        self.take("{")
        inner = self.sum()
        self.take("}")
        return inner

    def word(self) -> str:
        self.take("{")
        letters = ""
        while self.peek() != "}":
            letters += self.take()
        self.take("}")
        return letters

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
                if self.peek() not in _RELATIONS and self.peek() in ("", ")", "]", "}", r"\land", r"\lor", r"\\", r"\end"):
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
        if not token or token in ("+", "-", ")", "]", "}", ",", ";", "&", r"\\", r"\end", r"\rVert", r"\rfloor",
                                  r"\rceil", r"\text", r"\land", r"\lor", ":", ".", r"\rvert"):  # fmt: skip
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
        handler = {r"\frac": self.fraction, r"\tfrac": self.fraction, r"\dfrac": self.fraction, r"\sqrt": self.root,
                   r"\log": self.logarithm, r"\ln": self.logarithm, r"\lvert": self.absolute,
                   r"\lVert": self.norm, r"\lfloor": self.floor, r"\lceil": self.floor, r"\mathbf": self.indicator,
                   r"\mathbb": self.indicator, r"\operatorname": self.operator, r"\begin": self.cases}.get(token)  # fmt: skip
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

    def symbol(self) -> Expr | None:
        for spelled, entry in self.names:
            if self.text[self.at : self.at + len(spelled)] == spelled:
                after = self.at + len(spelled)
                if self.text[after : after + 3] == ["_", "{", r"\mathrm"] and entry.kind == "scalar":
                    continue
                self.at = after
                return self.resolved(entry)
        return None

    def resolved(self, entry: Entry) -> Expr:
        if entry.kind == "scalar":
            return Sym(entry.key)
        if entry.kind == "tensor":
            return El(entry.key, self.index(len(entry.sizes), entry.sizes))
        if entry.kind == "operator":
            self.take("(")
            inner = self.sum()
            self.take(")")
            return Apply(entry.key, inner)
        self.take("(")
        args = [self.whole()]
        while self.peek() == ",":
            self.take()
            args.append(self.whole())
        self.take(")")
        return Call(entry.key, tuple(args), self.index(len(entry.sizes), entry.sizes))

    def index(self, rank: int, sizes: tuple[Expr, ...]) -> tuple[Expr, ...]:
        """Indices in a subscript; inside a norm the last one may be missing."""
        found: list[Expr] = []
        if rank and self.peek() == "_":
            self.take()
            if self.peek() == "{":
                self.take()
                found = self.indices(rank)
                self.take("}")
            else:
                found = [self.atom()]
        if len(found) == rank - 1 and self.vector:
            self.vector_size = sizes[-1]
            found.append(Var(self.vector))
        if len(found) != rank:
            raise LatexError(f"{len(found)} indices where {rank} are needed")
        return tuple(found)

    def indices(self, rank: int) -> list[Expr]:
        found = [self.sum()]
        while self.peek() == ",":
            self.take()
            found.append(self.sum())
        if len(found) == 1 and isinstance(found[0], Mul) and rank > 1:
            return list(found[0].factors)
        return found

    def whole(self) -> Expr:
        """A whole tensor, or several joined along their last axis."""
        if self.peek() != "[":
            return self.plain_tensor()
        self.take()
        parts = [self.plain_tensor()]
        while self.peek() == ";":
            self.take()
            parts.append(self.plain_tensor())
        self.take("]")
        rank = len(parts[0].axes)
        axes = tuple(((fresh(), size),) for size in self.joined_sizes(parts))
        index = tuple(Var(axis[0][0]) for axis in axes)
        return Lam(axes, Cat(tuple(parts), rank - 1, index))

    def joined_sizes(self, parts: list[Lam]) -> list[Expr]:
        sizes = [axis[0][1] for axis in parts[0].axes]
        sizes[-1] = Add(tuple(part.axes[-1][0][1] for part in parts))
        return sizes

    def plain_tensor(self) -> Lam:
        for spelled, entry in self.names:
            if entry.kind == "tensor" and self.text[self.at : self.at + len(spelled)] == spelled:
                self.at += len(spelled)
                axes = tuple(((fresh(), size),) for size in entry.sizes)
                return Lam(axes, El(entry.key, tuple(Var(axis[0][0]) for axis in axes)))
        raise LatexError(f"a tensor was expected at {self.peek()!r}")

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
        kind = {r"\sum": "sum", r"\prod": "prod", r"\max": "max", r"\min": "min", r"\arg\max": "argmax",
                r"\arg\min": "argmin"}.get(token)  # fmt: skip
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

    def letter(self) -> str:
        token = self.take()
        if token == r"\mathrm":
            return self.word()
        if not (len(token) == 1 and token.isalpha()):
            raise LatexError(f"{token!r} is no index")
        return token

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
    return Reader(notation, tokens(text), 0, names)


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
    for spelled, entry in found.names:
        if found.text[: len(spelled)] == spelled:
            found.at = len(spelled)
            break
    else:
        raise LatexError(f"no symbol of the notation at {found.peek()!r}")
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
    from paperback.code.equations.form import renamed

    if isinstance(expr, Red):
        own = renamed(expr, {name for name, _ in expr.ranges})
        return rebuild(own, scoped)
    return rebuild(expr, scoped)


__all__ = ["num"]
