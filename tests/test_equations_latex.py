"""What is printed is read back as what was meant, and fits the column."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from paperback.code.equations.evaluate import EvaluationError, World, evaluate
from paperback.code.equations.form import (
    HALF,
    MINUS,
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
    Red,
    Sg,
    Sym,
    Var,
    num,
)
from paperback.code.equations.latex import Printer
from paperback.code.equations.layout import COLUMN, broken, width
from paperback.code.equations.patterns import number
from paperback.code.equations.read import read_equation, read_expression
from paperback.code.equations.tape import leaf
from paperback.code.equations.tokens import Entry, LatexError

N, C = Sym("N"), Sym("C")
NAMES = {"N": "N", "C": "C", "tau": r"\tau", "x": "x", "v": r"\hat{y}", "w": r"\mathrm{Weight}", "y": "y"}
NOTATION = {
    "N": Entry("scalar", "N"), "C": Entry("scalar", "C"), r"\tau": Entry("scalar", "tau"),
    "x": Entry("tensor", "x", (N, C)), r"\hat{y}": Entry("tensor", "v", (N,)),
    r"\mathrm{Weight}": Entry("tensor", "w", (C,)), "y": Entry("tensor", "y", (N,)),
    r"\lambda_{\mathrm{spread}}": Entry("scalar", "spread"), r"\lambda": Entry("scalar", "lam"),
    r"\mathcal{L}": Entry("tensor", "L", ()),
}  # fmt: skip
RNG = np.random.default_rng(11)
WORLD = World(
    {"N": leaf(3.0), "C": leaf(2.0), "tau": leaf(0.7), "spread": leaf(0.3), "lam": leaf(1.9)},
    {"x": leaf(RNG.normal(size=(3, 2))), "v": leaf(RNG.normal(size=3)), "w": leaf(RNG.normal(size=2)),
     "y": leaf(np.array([1.0, 2.0, 1.0]))},
)  # fmt: skip
PRINTER = Printer(NAMES, frozenset(NAMES.values()), {"i": "i", "c": "c"})
SCOPE = (("i", 3), ("c", 2))


def leaves() -> st.SearchStrategy[Expr]:
    row, column = st.just(Var("i")), st.just(Var("c"))
    return st.one_of(
        st.fractions(min_value=-3, max_value=3, max_denominator=40).map(Num),
        st.sampled_from([0.25, 1e-8, 1.5e-7, 12345678.0]).map(num),
        st.just(Sym("tau")),
        st.just(Sym("N")),
        st.tuples(row, column).map(lambda index: El("x", index)),
        row.map(lambda index: El("v", (index,))),
        column.map(lambda index: El("w", (index,))),
        st.just(El("x", (Var("i"), El("y", (Var("i"),))))),
        row,
    )


def larger(inner: st.SearchStrategy[Expr]) -> st.SearchStrategy[Expr]:
    comparison = st.builds(Cmp, st.sampled_from(["<", "<=", ">", ">=", "==", "!="]), inner, inner)
    condition = st.one_of(
        comparison,
        st.builds(lambda op, a, b: Bool(op, (a, b)), st.sampled_from(["and", "or"]), comparison, comparison),
        comparison.map(lambda cond: Bool("not", (cond,))),
    )
    return st.one_of(
        st.lists(inner, min_size=2, max_size=3).map(lambda items: Add(tuple(items))),
        st.lists(inner, min_size=2, max_size=3).map(lambda items: Mul(tuple(items))),
        inner.map(lambda item: Mul((MINUS, item))),
        st.builds(Pow, inner, st.sampled_from([num(2), num(3), MINUS, num(-2)])),
        inner.map(lambda item: Pow(Pow(item, num(2)), HALF)),
        st.builds(lambda name, item: Fn(name, (item,)), st.sampled_from(["exp", "tanh", "sigmoid", "abs", "floor", "sin"]), inner),  # noqa: E501
        st.builds(lambda name, a, b: Fn(name, (a, b)), st.sampled_from(["max", "min"]), inner, inner),
        inner.map(lambda item: Fn("log", (Add((Fn("exp", (item,)), num(1))),))),
        condition.map(Ind),
        st.builds(Cases, condition, inner, inner),
        inner.map(Sg),
        st.builds(
            lambda kind, body, cond: Red(kind, (("i", Sym("N")),), body, cond),
            st.sampled_from(["sum", "prod"]), inner, st.none() | comparison,
        ),
        inner.map(lambda body: Red("max", (("c", Sym("C")),), body)),
        inner.map(lambda body: Fn("log", (Red("sum", (("c", Sym("C")),), Fn("exp", (body,))),))),
        st.just(Pow(Red("sum", (("k", C),), Pow(El("x", (Var("i"), Var("k"))), num(2))), HALF)),
        st.just(Red("sum", (("k", C),), Mul((El("x", (Var("i"), Var("k"))), El("w", (Var("k"),)))))),
    )  # fmt: skip


FORMS = st.recursive(leaves(), larger, max_leaves=9)


@settings(max_examples=400, deadline=None)
@example(Red("sum", (("k", C),), El("w", (Var("k"),)), Cmp("<=", Var("k"), Sym("tau"))))
@example(Red("sum", (("k", C),), El("w", (Var("k"),)), Cmp("<=", Var("k"), Mul((HALF, Var("i"))))))
@example(Red("sum", (("k", C),), El("w", (Var("k"),)), Cmp("<=", Var("k"), Var("c"))))
@given(FORMS)
def test_reading_what_was_printed_gives_the_same_value(form: Expr) -> None:
    """A random form, printed and read back, has the value it had."""
    text = PRINTER.show(form)
    again = read_expression(text, NOTATION)
    with np.errstate(all="ignore"):
        try:
            before = evaluate(form, WORLD, SCOPE).value.astype(float)
        except (EvaluationError, OverflowError):
            return
        after = evaluate(again, WORLD, SCOPE).value.astype(float)
    np.testing.assert_allclose(
        *np.broadcast_arrays(after, before), rtol=1e-9, atol=1e-300, equal_nan=True, err_msg=text
    )


AUTHORED = [
    (r"\frac{1}{N} \sum_{i=1}^{N} \hat{y}_i^2", "np.mean(v**2)"),
    (r"\sum_{i=1}^N x_{i,1}", "x[:, 0].sum()"),
    (r"2 \lambda_{\mathrm{spread}} + \lambda", "2 * 0.3 + 1.9"),
    (r"\log \sum_{c=1}^{C} e^{x_{1c}}", "np.log(np.exp(x[0]).sum())"),
    (r"\max_{1 \le i \le N} \hat{y}_i", "v.max()"),
    (r"\max(0, 1 - \hat{y}_{2})", "max(0, 1 - v[1])"),
    (r"\lVert x_1 - x_2 \rVert_2", "np.linalg.norm(x[0] - x[1])"),
    (r"x_{1}^{\top} x_{3}", "x[0] @ x[2]"),
    (r"\left| \hat{y}_1 \right| \cdot 3", "3 * abs(v[0])"),
    (r"\sum_{i=1}^{N} \mathbf{1}[\hat{y}_i > 0]", "(v > 0).sum()"),
    (r"\sum_{\substack{i=1 \\ i \neq 2}}^{N} \hat{y}_i", "v[0] + v[2]"),
    (r"\begin{cases} 1 & \text{if } \tau < 1 \\ 2 & \text{otherwise} \end{cases}", "1"),
    (r"\arg\max_{1 \leq i \leq N} \hat{y}_i", "1 + v.argmax()"),
    (r"\prod_{i=1}^{N} \tanh(\hat{y}_i)", "np.prod(np.tanh(v))"),
    (r"x_{2, y_{2}}", "x[1, 1]"),
    (r"\sqrt{\tau} - \left\lceil \tau \right\rceil", "np.sqrt(0.7) - 1"),
    (r"\begin{aligned} \tau &+ 1 \\ &\quad + 2 \end{aligned}", "3.7"),
]


@pytest.mark.parametrize(("text", "oracle"), AUTHORED)
def test_what_a_careful_author_writes_is_read(text: str, oracle: str) -> None:
    """Common notation means what a reader takes it to mean, by NumPy's account."""
    arrays = {"x": WORLD.tensors["x"].value, "v": WORLD.tensors["v"].value, "np": np}
    wanted = eval(oracle, {}, arrays)
    assert float(evaluate(read_expression(text, NOTATION), WORLD).value) == pytest.approx(float(wanted))


@pytest.mark.parametrize(
    "text",
    [
        r"x_{1}", r"\sum_{i=0}^{N} \hat{y}_i", r"\frac{1}{N", r"\unknown{3}", r"\tau < 1", r"\lVert \tau \rVert_2",  # noqa: E501
        r"\lVert x_1 \rVert_1", r"\begin{matrix} 1 \end{matrix}", r"\mathbf{2}[\tau > 0]", r"\tau )", r"x_{1}^{\top} \tau",  # noqa: E501
        r"\begin{cases} 1 & \text{if } \tau < 1 \end{cases}", r"\operatorname{foo}(1)", r"\max_{2 \leq i \leq N} \tau",  # noqa: E501
    ],
)  # fmt: skip
def test_what_is_not_in_the_grammar_is_refused(text: str) -> None:
    """A missing index, a sum from zero or an unknown sign is an error, never a guess."""
    with pytest.raises(LatexError):
        read_expression(text, NOTATION)


def test_an_unbound_letter_has_no_value() -> None:
    """An index that nothing binds is an error when the equation is evaluated."""
    with pytest.raises(EvaluationError, match="not bound"):
        evaluate(read_expression(r"\hat{y}_{j}", NOTATION), WORLD)


def test_an_equation_needs_a_symbol_of_the_notation() -> None:
    """The left-hand side must be known."""
    with pytest.raises(LatexError, match="no symbol"):
        read_equation(r"Q = 1", NOTATION)
    assert read_equation(r"\mathcal{L} = 1 + \tau", NOTATION).key == "L"  # type: ignore[union-attr]


def test_a_letter_bound_twice_is_two_indices() -> None:
    """Two sums over i beside each other, or inside each other, do not touch."""
    text = r"\sum_{i=1}^{N} \left(\hat{y}_{i} + \sum_{i=1}^{N} \hat{y}_{i}\right)"
    total = WORLD.tensors["v"].value.sum()
    assert float(evaluate(read_expression(text, NOTATION), WORLD).value) == pytest.approx(
        float(total + 3 * total)
    )


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (Fraction(3), "3"), (Fraction(1, 2), r"\frac{1}{2}"), (Fraction("0.01"), "0.01"), (Fraction(1, 10**8), "10^{-8}"),  # noqa: E501
        (Fraction("5e-7"), r"5 \cdot 10^{-7}"), (Fraction(-1, 3), r"-\frac{1}{3}"), (Fraction(1, 97), r"\frac{1}{97}"),  # noqa: E501
    ],
)  # fmt: skip
def test_numbers_are_printed_as_an_author_writes_them(value: Fraction, text: str) -> None:
    """Whole numbers, simple fractions, short decimals and powers of ten."""
    assert number(value)[0] == text


def test_a_long_sum_breaks_before_its_signs() -> None:
    """No line of a broken equation is wider than the column, and the parts are all there."""
    terms = " + ".join(
        rf"\frac{{a_{{{letter}}}}}{{b_{{{letter}}}}} \exp\left(-x_{{{letter}}}\right)" for letter in "ijklmn"
    )
    text = broken(r"\mathcal{L}", terms, COLUMN)
    assert text is not None
    lines = text.removeprefix(r"\begin{aligned} ").removesuffix(r" \end{aligned}").split(r" \\ ")
    assert len(lines) > 1
    assert all(width(line) <= COLUMN for line in lines)
    assert text.count(r"\exp") == 6


def test_what_cannot_break_does_not_fit() -> None:
    """A single product that is too wide is told, not squeezed."""
    assert broken("y", " ".join("abcdefghijklmnopqrstuvwxyz" * 4), COLUMN) is None


def test_width_grows_with_content() -> None:
    """A fraction is as wide as its wider part; limits stand below their sign."""
    assert width(r"\frac{a}{b + c}") < width(r"a \, b + c")
    assert width(r"\sum_{i=1}^{N} x") < width(r"\sum \, i = 1 \, N \, x")
    assert width(r"\begin{cases} a & \text{if } b \\ c & \text{otherwise} \end{cases}") > width("a")
