"""Forms to LaTeX, in the grammar that `read` understands."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from paperback.code.equations.arithmetic import MIRRORED, conjunction, split_coefficient
from paperback.code.equations.form import (
    HALF,
    Add,
    Apply,
    Bool,
    Call,
    Cases,
    Cat,
    Cmp,
    Det,
    El,
    Expr,
    Fn,
    Ind,
    Inv,
    Lam,
    Mul,
    Num,
    Pow,
    Range,
    Red,
    Sg,
    Sym,
    Var,
    free,
    walk,
)
from paperback.code.equations.letters import index_letter
from paperback.code.equations.patterns import (
    ATOM,
    OPEN,
    POWER,
    PRODUCT,
    SUM,
    dot_product,
    fraction_of,
    inverted,
    norm_of,
    number,
    without_sign,
)

RELATIONS = {"<": "<", "<=": r"\leq", ">": ">", ">=": r"\geq", "==": "=", "!=": r"\neq"}
OPERATORS = {
    "sigmoid": r"\operatorname{sigmoid}",
    "sign": r"\operatorname{sign}",
    "erf": r"\operatorname{erf}",
    "mod": r"\operatorname{mod}",
    "round": r"\operatorname{round}",
    "sin": r"\sin",
    "cos": r"\cos",
    "tan": r"\tan",
    "tanh": r"\tanh",
    "sinh": r"\sinh",
    "cosh": r"\cosh",
    "asin": r"\arcsin",
    "acos": r"\arccos",
    "atan": r"\arctan",
    "exp": r"\exp",
    "log": r"\log",
    "max": r"\max",
    "min": r"\min",
}
LARGE = {"sum": r"\sum", "prod": r"\prod"}


@dataclass(frozen=True, slots=True)
class Printer:
    """Prints with the symbols of `names` and the letters of `indices`; letters in `taken` are avoided."""

    names: Mapping[str, str]
    taken: frozenset[str]
    indices: Mapping[str, str]

    def bind(self, ranges: Sequence[Range]) -> "Printer":
        """A printer that has letters for `ranges`, other than those of the sums around."""
        used = set(self.indices.values())
        new = dict(self.indices)
        for name, size in ranges:
            letter = index_letter(size, used | self.taken)
            used.add(letter)
            new[name] = letter
        return Printer(self.names, self.taken, new)

    def show(self, expr: Expr, least: int = SUM) -> str:
        """`expr`, in brackets where it binds weaker than `least`."""
        text, level = self.part(expr)
        return text if level >= least else rf"\left({text}\right)"

    def part(self, expr: Expr) -> tuple[str, int]:
        """The text and how strongly it holds together."""
        match expr:
            case Num(value):
                return number(value)
            case Sym(name):
                return {"pi": r"\pi", "inf": r"\infty"}.get(name) or self.names[name], ATOM
            case Var(name):
                return self.indices[name], ATOM
            case El(name, index):
                return self.names[name] + self.subscript(index), ATOM
            case Add(terms):
                return self.sum(terms), SUM
            case Mul():
                return self.product(expr)
            case Pow():
                return self.power(expr)
            case Fn():
                return self.function(expr)
            case Ind(cond):
                return rf"\mathbf{{1}}\left[{self.show(cond)}\right]", ATOM
            case Cases():
                return self.cases(expr), POWER
            case Red():
                pair = dot_product(expr)
                if pair is not None:
                    left, right = (self.names[el.name] + self.subscript(el.index[:-1]) for el in pair)
                    return rf"{left}^{{\top}} {right}", PRODUCT
                return self.reduction(expr), OPEN
            case Sg(body):
                return rf"\operatorname{{sg}}\left({self.show(body)}\right)", POWER
            case Apply(name, arg):
                return rf"{self.names[name]}\left({self.show(arg)}\right)", POWER
            case Call(name, args, index):
                inside = ",\\, ".join(self.argument(arg) for arg in args)
                return rf"{self.names[name]}\left({inside}\right){self.subscript(index)}", POWER
            case Det(matrix):
                return rf"\det {self.matrix(matrix)}", POWER
            case Inv(matrix, row, column):
                return rf"\left({self.matrix(matrix)}^{{-1}}\right){self.subscript((row, column))}", ATOM
            case Cmp(op, left, right):
                return f"{self.show(left)} {RELATIONS[op]} {self.show(right)}", ATOM
            case Bool(op, args):
                return self.boolean(op, args), SUM
        raise TypeError(f"no LaTeX for {type(expr).__name__}")

    def boolean(self, op: str, args: Sequence[Expr]) -> str:
        if op == "not":
            return rf"\neg\left({self.show(args[0])}\right)"
        word = r" \land " if op == "and" else r" \lor "
        parts = []
        rest = list(args)
        while rest:
            first = rest.pop(0)
            if op == "and" and rest and _between(first, rest[0]):
                parts.append(self.chain(first, rest.pop(0)))
            else:
                shown = self.show(first)
                parts.append(shown if isinstance(first, Cmp) else rf"\left({shown}\right)")
        return word.join(parts)

    def chain(self, low: Expr, high: Expr) -> str:
        """Two bounds of one value on its two sides."""
        assert isinstance(low, Cmp)
        assert isinstance(high, Cmp)
        signs = RELATIONS[MIRRORED[low.op]], RELATIONS[high.op]
        return f"{self.show(low.right)} {signs[0]} {self.show(low.left)} {signs[1]} {self.show(high.right)}"

    def subscript(self, index: Sequence[Expr]) -> str:
        if not index:
            return ""
        parts = [self.show(item) for item in index]
        letters = all(len(part) == 1 and part.isalpha() for part in parts)
        return "_{" + ("" if letters else ", ").join(parts) + "}"

    def matrix(self, lam: Lam) -> str:
        """A whole matrix by its name, with the indices that choose it among several."""
        assert isinstance(lam.body, El)
        return self.names[lam.body.name] + self.subscript(lam.body.index[:-2])

    def argument(self, arg: Expr) -> str:
        """A whole tensor: its name, or names of tensors joined along their last axis."""
        if isinstance(arg, Lam) and isinstance(arg.body, El):
            return self.names[arg.body.name]
        if isinstance(arg, Lam) and isinstance(arg.body, Cat):
            return r"\left[" + " ; ".join(self.argument(part) for part in arg.body.parts) + r"\right]"
        raise TypeError("no LaTeX for an unnamed whole tensor")

    def sum(self, terms: Sequence[Expr]) -> str:
        text = ""
        ordered: Sequence[Expr] = _constant_first(terms) or terms
        if _negative(ordered[0]) and not _holds_sum(ordered[0]):
            ordered = sorted(ordered, key=_negative)
        for term in ordered:
            coefficient, _ = split_coefficient(term)
            sign = "-" if coefficient < 0 else "+"
            shown = self.show(without_sign(term), PRODUCT)
            text = f"{text} {sign} {shown}" if text else (f"-{shown}" if sign == "-" else shown)
        return text

    def product(self, expr: Mul) -> tuple[str, int]:
        coefficient, _ = split_coefficient(expr)
        if coefficient < 0:
            return "-" + self.show(without_sign(expr), PRODUCT), SUM
        top, bottom = fraction_of(expr)
        large = (
            [f for f in top if isinstance(f, Red) and f.kind in LARGE and not dot_product(f)]
            if bottom
            else []
        )
        small = [f for f in top if f not in large]
        shown = (
            self.factors(small)
            if not bottom
            else rf"\frac{{{self.factors(small)}}}{{{self.factors(bottom)}}}"
        )
        if not large:
            return shown, PRODUCT
        tail = self.factors(large)
        return (tail if bottom == [] and not small else rf"{shown} {tail}"), PRODUCT

    def factors(self, factors: Sequence[Expr]) -> str:
        if not factors:
            return "1"
        if len(factors) == 1:
            return self.show(factors[0])
        ordered = sorted(factors, key=_rank)
        shown = [self.show(f, POWER if at < len(ordered) - 1 else OPEN) for at, f in enumerate(ordered)]
        text = shown[0]
        for before, after in pairwise(shown):
            dot = after[0].isdigit() or (before[-1].isdigit() and after.startswith(r"\frac"))
            text += (r" \cdot " if dot else r" \, " if _glued(before, after) else " ") + after
        return text

    def power(self, expr: Pow) -> tuple[str, int]:
        base, exponent = expr.base, expr.exponent
        if exponent == HALF:
            return self.root(base), POWER
        if isinstance(exponent, Num) and exponent.value < 0:
            return rf"\frac{{1}}{{{self.show(inverted(expr))}}}", PRODUCT
        inner = self.show(base, ATOM) if not isinstance(base, El) or base.index == () else self.show(base)
        if isinstance(base, Sym) and "_{" in inner:
            inner = "{" + inner + "}"
        return rf"{inner}^{{{self.show(exponent)}}}", POWER

    def root(self, base: Expr) -> str:
        norm = norm_of(base)
        if norm is not None:
            name, body = norm
            inside = Printer(self.names, self.taken, {**self.indices, name: "\0"}).show(body)
            return rf"\left\lVert {_without_last(inside)} \right\rVert_{{2}}"
        return rf"\sqrt{{{self.show(base)}}}"

    def function(self, expr: Fn) -> tuple[str, int]:
        name, args = expr.name, expr.args
        if name == "abs":
            return rf"\left|{self.show(args[0])}\right|", ATOM
        if name in ("floor", "ceil"):
            return rf"\left\l{name} {self.show(args[0])} \right\r{name}", ATOM
        if name == "floordiv":
            top, bottom = (self.show(arg) for arg in args)
            return rf"\left\lfloor \frac{{{top}}}{{{bottom}}} \right\rfloor", ATOM
        first = args[0]
        if name == "log" and isinstance(first, El | Sym | Det):
            return rf"\log {self.show(first)}", OPEN
        if name == "log" and isinstance(first, Red) and first.kind in LARGE and not dot_product(first):
            return rf"\log {self.show(first)}", OPEN
        inside = r",\, ".join(self.show(arg) for arg in args)
        return rf"{OPERATORS[name]}\left({inside}\right)", POWER

    def cases(self, expr: Cases) -> str:
        rows, rest = [], expr
        while isinstance(rest, Cases):
            rows.append(rf"{self.show(rest.then)} & \text{{if }} {self.show(rest.cond)}")
            rest = rest.other  # type: ignore[assignment]
        rows.append(rf"{self.show(rest)} & \text{{otherwise}}")
        return r"\begin{cases} " + r" \\ ".join(rows) + r" \end{cases}"

    def reduction(self, red: Red) -> str:
        inner = self.bind(red.ranges)
        body = inner.show(red.body, PRODUCT)
        if isinstance(red.body, Cases) or split_coefficient(red.body)[0] < 0:
            body = rf"\left({inner.show(red.body)}\right)"
        if red.kind in ("any", "all"):
            raise TypeError("any and all are written as extremes")
        signs = "".join(self.sign(red, at, inner) for at in range(len(red.ranges)))
        return f"{signs} {body}"

    def sign(self, red: Red, at: int, inner: "Printer") -> str:
        """The large operator of one range; the condition stands under the last one."""
        name, size = red.ranges[at]
        letter, limit = inner.indices[name], inner.show(size)
        bound = _upper_limit(red, name)
        if bound is not None:
            return rf"{LARGE[red.kind]}_{{{letter}=1}}^{{{inner.show(bound)}}}"
        parts = conditions_at(red, at)
        cond = inner.show(conjunction(*parts)) if parts else ""
        under = f"{letter}=1" if red.kind in LARGE else rf"1 \leq {letter} \leq {limit}"
        if cond:
            under = rf"\substack{{{under} \\ {cond}}}" if len(parts) > 1 else rf"{under},\, {cond}"
        if red.kind in LARGE:
            return rf"{LARGE[red.kind]}_{{{under}}}^{{{limit}}}"
        word = {"max": r"\max", "min": r"\min", "argmax": r"\arg\max", "argmin": r"\arg\min"}[red.kind]
        return rf"{word}_{{{under}}}"


def _between(low: Expr, high: Expr) -> bool:
    """Whether two conditions bound one value from below and from above."""
    if not (isinstance(low, Cmp) and isinstance(high, Cmp)):
        return False
    return low.left == high.left and low.op in (">", ">=") and high.op in ("<", "<=")


def conditions_at(red: Red, at: int) -> list[Expr]:
    """The parts of the condition that stand under the sign of range `at`: those that need no later index."""
    if red.cond is None:
        return []
    parts = red.cond.args if isinstance(red.cond, Bool) and red.cond.op == "and" else (red.cond,)
    names = [name for name, _ in red.ranges]

    def home(part: Expr) -> int:
        return max((k for k, name in enumerate(names) if name in free(part)), default=len(names) - 1)

    return [part for part in parts if home(part) == at]


def _upper_limit(red: Red, name: str) -> Expr | None:
    """The bound of a sum over all indices up to another one; None where its condition says more."""
    cond = red.cond
    if red.kind not in LARGE or len(red.ranges) != 1 or not isinstance(cond, Cmp) or cond.op != "<=":
        return None
    if cond.left != Var(name) or name in free(cond.right) or not _is_index(cond.right):
        return None
    return cond.right


def _is_index(expr: Expr) -> bool:
    """Whether it is an index, or one shifted by whole numbers; any other bound is no number of entries."""
    parts = list(walk(expr))
    plain = all(isinstance(each, Var | Num | Add | Mul) for each in parts)
    whole = all(each.value.denominator == 1 for each in parts if isinstance(each, Num))
    return plain and whole and any(isinstance(each, Var) for each in parts)


def _negative(expr: Expr) -> bool:
    return split_coefficient(expr)[0] < 0


def _constant_first(terms: Sequence[Expr]) -> list[Expr] | None:
    """A positive number before a sum that would start with a minus."""
    last = terms[-1]
    if _negative(terms[0]) and isinstance(last, Num) and last.value > 0:
        return [last, *terms[:-1]]
    return None


def _holds_sum(expr: Expr) -> bool:
    return any(isinstance(item, Red) for item in walk(expr))


def _glued(before: str, after: str) -> bool:
    return (before[-1].isalpha() and "\\" in before) or after.startswith(
        ("\\log", "\\exp", "\\max", "\\operatorname")
    )


def _rank(factor: Expr) -> int:
    match factor:
        case Num():
            return 0
        case Sym() | Var():
            return 1
        case Pow(base=Sym()):
            return 1
        case Red() | Cases():
            return 5
        case El() | Pow(base=El()):
            return 2
        case Fn(name="log", args=(El() | Sym() | Red(),)):
            return 4
    return 3


def _without_last(text: str) -> str:
    """The text of a vector: its elements without the summed index, which was printed as a mark."""
    text = text.replace(", \0}", "}").replace("\0}", "}")
    return text.replace("_{}", "")
