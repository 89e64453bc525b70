"""Rounding and names of numbers."""

import math
from decimal import ROUND_HALF_EVEN, Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from paperback.evidence.quantity import Quantity, Recipe
from paperback.paper.document import Number
from paperback.paper.printing import (
    number_id,
    print_key,
    print_number,
    print_value,
    significant_decimals,
)


def number(value, *, field="value", unit="", **how):
    return Number(Quantity(value, Recipe("estimate", field, {"metric": "accuracy"}), unit), **how)


@pytest.mark.parametrize(
    ("value", "decimals", "text"),
    [
        (0.9534, 3, "0.953"),
        (-0.5, 1, "−0.5"),
        (-0.0004, 2, "0.00"),
        (-0.0, 1, "0.0"),
        (0.125, 2, "0.12"),
        (0.375, 2, "0.38"),
        (12345.678, 1, "12,345.7"),
        (9999.4, 0, "9999"),
        (9999.6, 0, "10,000"),
        (5.0, None, "5"),
        (16897.0, None, "16,897"),
        (1234.0, None, "1234"),
        (-3.0, None, "−3"),
        (0.0, None, "0"),
        (0.001, None, "0.001"),
        (0.0003, None, "0.0003"),
        (0.00001, None, "10⁻⁵"),
        (3.2e-05, None, "3.2×10⁻⁵"),
        (2e20, None, "2×10²⁰"),
        (0.95342, None, "0.953"),
        (1234.56, None, "1235"),
        (99.96, None, "100"),
        (0.09996, None, "0.100"),
        (math.nan, 2, "n/a"),
        (math.inf, None, "∞"),
        (-math.inf, 2, "−∞"),
    ],
)
def test_a_value_is_rounded_and_written_in_plain_text(value, decimals, text):
    """Decimals are exact, zeros have no sign, thousands are grouped from ten thousand up."""
    assert print_value(value, decimals) == text


@pytest.mark.parametrize(
    ("given_number", "text"),
    [
        (number(0.8124, decimals=1, percent=True, with_unit=True), "81.2%"),
        (number(0.575, decimals=1, percent=True), "57.5"),
        (number(81.2, unit="%", decimals=1, with_unit=True), "81.2%"),
        (number(3.25, unit="s", decimals=1, with_unit=True), "3.2\N{NO-BREAK SPACE}s"),
        (number(0.5, unit="fraction", decimals=1, with_unit=True), "0.5"),
        (number(0.017, decimals=1, percent=True, signed=True), "+1.7"),
        (number(-0.017, decimals=1, percent=True, signed=True), "−1.7"),
        (number(0.0001, decimals=1, percent=True, signed=True), "0.0"),
        (number(0.0002, field="p", decimals=3), "<0.001"),
        (number(0.0002, field="value", decimals=3), "0.000"),
        (number(0.0, field="p", decimals=3), "0.000"),
        (number(0.0312, field="p", decimals=3, relation=True), "=\N{NO-BREAK SPACE}0.031"),
        (number(0.0002, field="p_adjusted", decimals=3, relation=True), "<\N{NO-BREAK SPACE}0.001"),
    ],
)
def test_a_number_is_printed_the_way_it_asks_for(given_number, text):
    """Percent, unit, sign and relation are part of the text; a p-value never prints as zero."""
    assert print_number(given_number) == text


@given(st.floats(-1e6, 1e6, allow_nan=False).filter(lambda x: x == 0 or abs(x) > 1e-300), st.integers(0, 6))
def test_rounding_agrees_with_exact_decimal_arithmetic(value, decimals):
    """A printed value is the exact binary value rounded half to even by the decimal module."""
    exact = Decimal(value).quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_EVEN)
    read_back = print_value(value, decimals).replace(",", "").replace("−", "-")
    assert Decimal(read_back) == exact
    assert not (read_back.startswith("-") and exact == 0)


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_the_default_text_keeps_three_significant_digits(value):
    """Whatever the size, the default text is within half a unit of the third significant digit."""
    text = print_value(value).replace(",", "").replace("−", "-")
    if "10" in text and any(sign in text for sign in "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"):
        mantissa, _, raised = text.rpartition("10")
        exponent = raised.translate(str.maketrans("⁻⁰¹²³⁴⁵⁶⁷⁸⁹", "-0123456789"))
        sign, digits = ("-", mantissa[1:]) if mantissa.startswith("-") else ("", mantissa)
        text = f"{sign}{digits.removesuffix('×') or '1'}e{exponent}"
    assert Decimal(text) == pytest.approx(Decimal(value), rel=Decimal("0.0051"))


@pytest.mark.parametrize(
    ("spread", "digits", "decimals"),
    [
        (0.0123, 2, 3),
        (0.00996, 2, 3),
        (1.7, 2, 1),
        (12.0, 2, 0),
        (345.0, 2, 0),
        (0.5, 1, 1),
        (0.0, 2, 3),
        (math.nan, 2, 3),
    ],
)
def test_decimals_follow_the_spread(spread, digits, decimals):
    """As many decimals as show the asked number of significant digits of the spread."""
    assert significant_decimals(spread, digits) == decimals


def test_names_are_readable_and_stable():
    """Equal recipes have equal names whatever the order and the container of their arguments."""
    one = Quantity(0.5, Recipe("estimate", "value", {"split": "test", "metric": "acc", "over": ["seed"]}))
    two = Quantity(0.7, Recipe("estimate", "value", {"over": ("seed",), "metric": "acc", "split": "test"}))
    assert number_id(one) == number_id(two)
    assert number_id(one).startswith("test.acc.seed.value-")


@given(st.text(), st.text(), st.text())
def test_names_are_safe_everywhere(metric, method, field):
    """Whatever stands in a recipe, its name holds only letters, digits, dots and hyphens and is short."""
    made = number_id(
        Quantity(1.0, Recipe("estimate", field, {"metric": metric, "where": {"method": method}}))
    )
    assert set(made) <= set("abcdefghijklmnopqrstuvwxyz0123456789.-")
    assert made[0].isalnum()
    assert len(made) <= 70


def test_different_recipes_have_different_names():
    """The field, the split and the configuration all tell numbers apart."""
    recipes = [
        Recipe("estimate", field, {"metric": "acc", "split": split, "where": {"lr": rate}})
        for field in ("value", "std", "n")
        for split in ("test", "val")
        for rate in ("0.1", "0.01", "-0.1")
    ]
    assert len({number_id(Quantity(1.0, recipe)) for recipe in recipes}) == len(recipes)


def test_the_key_of_a_printed_number_tells_how_it_is_printed():
    """One quantity printed in two ways has two keys with the same name."""
    plain, percent = (
        number(0.5),
        number(0.5, decimals=1, percent=True, signed=True, with_unit=True, relation=True),
    )
    assert print_key(plain) == number_id(plain.quantity)
    assert print_key(percent) == f"{number_id(plain.quantity)}:1d-pct-unit-signed-relation"
