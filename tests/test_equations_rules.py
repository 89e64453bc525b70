"""Every simplification rule leaves the value as it was."""

from fractions import Fraction

import numpy as np
import pytest

from paperback.code.equations import arithmetic as ar
from paperback.code.equations.evaluate import World, evaluate
from paperback.code.equations.form import (
    HALF,
    MINUS,
    ONE,
    TWO,
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
    Real,
    Red,
    Sg,
    Sym,
    Var,
    canonical,
    free,
    num,
    same,
    subst,
    weight,
)
from paperback.code.equations.reduce import simplify
from paperback.code.equations.tape import leaf

N, C, TAU = Sym("N"), Sym("C"), Real("tau")
ROW, J, K = Var("i"), Var("j"), Var("k")


def x(*index: Expr) -> El:
    return El("x", index)


def total(name: str, size: Expr, body: Expr, cond: Expr | None = None) -> Red:
    return Red("sum", ((name, size),), body, cond)


def world() -> World:
    rng = np.random.default_rng(5)
    return World(
        {"N": leaf(5.0), "C": leaf(3.0), "tau": leaf(0.7)},
        {
            "x": leaf(rng.normal(size=(5, 3))),
            "v": leaf(rng.normal(size=5)),
            "y": leaf(np.array([1, 3, 2, 1, 3])),
        },
    )


def v(index: Expr) -> El:
    return El("v", (index,))


PEAK = Red("max", (("k", C),), x(ROW, K))
SHIFTED = total("j", C, Fn("exp", (Add((x(ROW, J), Mul((MINUS, PEAK)))),)))
SKIP = Add((K, Ind(Cmp(">=", K, ROW))))

RULES = {
    "like terms are collected": Add((v(ROW), v(ROW), Mul((num(3), v(ROW))))),
    "a term and its opposite cancel": Add((v(ROW), TAU, Mul((MINUS, v(ROW))))),
    "equal bases join their powers": Mul((v(ROW), v(ROW), Pow(v(ROW), MINUS))),
    "a square root squared": Pow(Pow(Pow(v(ROW), TWO), HALF), TWO),
    "an even power of an absolute value": Pow(Fn("abs", (v(ROW),)), TWO),
    "a whole power of a product": Pow(Mul((TAU, v(ROW))), TWO),
    "log undoes exp": Fn("log", (Fn("exp", (v(ROW),)),)),
    "exp undoes log": Fn("exp", (Fn("log", (Pow(v(ROW), TWO),)),)),
    "the log of a softmax is opened": Fn("log", (Mul((Fn("exp", (v(ROW),)), Pow(total("j", N, Fn("exp", (v(J),))), MINUS))),)),  # noqa: E501
    "a sum over an equality is its summand": total("j", N, Mul((Ind(Cmp("==", J, ROW)), v(J)))),
    "a sum over an equality with a label": total("j", C, Mul((Ind(Cmp("==", J, El("y", (ROW,)))), x(ROW, J)))),  # noqa: E501
    "an indicator becomes a condition": total("j", N, Mul((Ind(Cmp("!=", J, ROW)), v(J)))),
    "a zero arm becomes a condition": total("j", N, Cases(Cmp("<", J, ROW), v(J), ZERO)),
    "the other zero arm becomes a condition": total("j", N, Cases(Cmp("<", J, ROW), ZERO, v(J))),
    "constant factors leave the sum": total("j", N, Mul((TAU, v(ROW), v(J)))),
    "a summand without the index is counted": total("j", N, v(ROW)),
    "sums of sums merge": total("j", N, total("k", C, x(J, K))),
    "a shift by the maximum leaves the sum": Add((Fn("log", (SHIFTED,)), PEAK)),
    "a shifted softmax": Mul((Fn("exp", (Add((x(ROW, ONE), Mul((MINUS, PEAK)))),)), Pow(SHIFTED, MINUS))),
    "one less an indicator is the opposite": Add((ONE, Mul((MINUS, Ind(Cmp("<", v(ROW), ZERO)))))),
    "indicators multiply by conjunction": Mul((Ind(Cmp("<", v(ROW), ZERO)), Ind(Cmp(">", v(ROW), MINUS)))),
    "an indicator is its own square": Pow(Ind(Cmp("<", v(ROW), ZERO)), TWO),
    "an indicator compared with one half": Ind(Cmp(">", Ind(Cmp("<", v(ROW), ZERO)), HALF)),
    "equal numbers leave both sides": Ind(Cmp("==", Add((El("y", (ROW,)), MINUS)), Add((El("y", (ONE,)), MINUS)))),  # noqa: E501
    "whole indices absorb a one": Ind(Cmp(">=", ROW, Add((C, ONE)))),
    "a comparison with a known answer": Ind(Cmp("<", ROW, Add((ROW, ONE)))),
    "double negation": Ind(Bool("not", (Bool("not", (Cmp("<", v(ROW), ZERO),)),))),
    "negation of a disjunction": Ind(Bool("not", (Bool("or", (Cmp("<", v(ROW), ZERO), Cmp(">", v(ROW), ONE))),))),  # noqa: E501
    "equal arms need no condition": Cases(Cmp("<", v(ROW), ZERO), TAU, TAU),
    "zero and one are an indicator": Cases(Cmp("<", v(ROW), ZERO), ONE, ZERO),
    "one and zero are the opposite": Cases(Cmp("<", v(ROW), ZERO), ZERO, ONE),
    "exp of minus infinity vanishes": Fn("exp", (Cases(Cmp("<", v(ROW), ZERO), Mul((MINUS, ar.INF)), v(ROW)),)),  # noqa: E501
    "a maximum ignores minus infinity": Red("max", (("j", N),), Cases(Cmp("==", J, ROW), Mul((MINUS, ar.INF)), v(J))),  # noqa: E501
    "a maximum of what does not vary": Red("max", (("j", N),), v(ROW)),
    "skipping the own place is a condition": total("k", Add((N, MINUS)), v(SKIP)),
    "no gradient of a number": Sg(num(3)),
    "numbers leave the stop": Sg(Mul((num(3), v(ROW)))),
    "maximum of numbers": Fn("max", (num(2), num(5))),
    "floor of a whole number": Fn("floor", (num(2),)),
}  # fmt: skip


@pytest.mark.parametrize("rule", RULES)
def test_a_rule_keeps_the_value_and_changes_the_form(rule: str) -> None:
    """Before and after simplification the form has the same value at every index."""
    raw = RULES[rule]
    short = simplify(raw)
    scope = (("i", 5),)
    with np.errstate(all="ignore"):
        before = np.broadcast_to(evaluate(raw, world(), scope).value, (5,))
        after = np.broadcast_to(evaluate(short, world(), scope).value, (5,))
    np.testing.assert_allclose(after.astype(float), before.astype(float), rtol=1e-12)
    assert not same(short, raw)


def test_the_off_diagonal_view_is_recognised() -> None:
    """The entries that flatten, cut and view select are all i ≠ j."""
    place = Add((Mul((Add((J, MINUS)), Add((C, ONE)))), K))
    row = Add((Fn("floordiv", (place, C)), ONE))
    column = Add((Fn("mod", (place, C)), ONE))
    raw = Red("sum", (("j", Add((C, MINUS))), ("k", C)), Pow(El("m", (row, column)), TWO))
    square = np.arange(9.0).reshape(3, 3)
    setting = World({"C": leaf(3.0)}, {"m": leaf(square)})
    short = simplify(raw)
    assert isinstance(short, Red)
    assert isinstance(short.cond, Cmp)
    assert short.cond.op == "!="
    off = (square**2).sum() - (np.diag(square) ** 2).sum()
    assert float(evaluate(short, setting).value) == float(evaluate(raw, setting).value) == off


def test_real_numbers_do_not_absorb_a_one() -> None:
    """a ≥ τ + 1 is a > τ for whole numbers only."""
    cond = ar.compare(">=", v(ROW), ar.add(TAU, ONE))
    assert isinstance(cond, Cmp)
    assert cond.op == ">="


def test_substitution_does_not_capture() -> None:
    """A bound index with the name of what is put in gets another name."""
    raw = total("j", N, Mul((v(ROW), v(J))))
    moved = subst(raw, {"i": J})
    assert free(moved) == {"j"}
    assert not same(moved, total("j", N, Mul((v(J), v(J)))))


def test_bound_names_do_not_matter() -> None:
    """Forms that differ in the names of bound indices are the same."""
    assert canonical(total("j", N, v(J))) == canonical(total("k", N, v(K)))
    assert weight(total("j", N, v(J))) == 4


def test_a_number_keeps_its_decimal_value() -> None:
    """0.1 is one tenth, not the nearest binary fraction."""
    assert num(0.1) == Num(Fraction(1, 10))
