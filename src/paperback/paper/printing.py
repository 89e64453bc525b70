"""How a number becomes text: the one place where rounding is decided."""

import hashlib
import json
import math
import re
import unicodedata
from collections.abc import Mapping
from typing import Any

from paperback.evidence.quantity import Quantity
from paperback.paper.document import Number

MINUS = "−"
NOT_A_NUMBER = "n/a"
_BLANK = "\N{NO-BREAK SPACE}"
_GROUPING_FROM = 10_000
_SIGNIFICANT = 3
_WORDS_IN_ID = 5
_LONGEST_ID = 60


def print_number(number: Number) -> str:
    """The text of a number as it stands in the paper, in Unicode.

    Rounding is that of Python's `format`: to the nearest decimal of the exact binary value, exact ties to
    even. A percentage is rounded after its decimal point was moved in the shortest decimal text of the value,
    so that 0.575 is 57.5 and never 57.49999. A p-value that its decimals would print as zero prints as
    `<0.001`; with `relation` every number says `= 0.012` or `< 0.001`.
    """
    quantity, decimals = number.quantity, number.decimals
    text = print_value(quantity.value, decimals, percent=number.percent)
    may_be_bounded = number.relation or quantity.recipe.field in ("p", "p_adjusted")
    below = may_be_bounded and decimals is not None and quantity.value > 0 and _prints_zero(text)
    if below and decimals is not None:
        text = f"{10.0**-decimals:.{decimals}f}"
    if number.signed and text[0].isdigit() and not _prints_zero(text):
        text = f"+{text}"
    sign = f"{'<' if below else '='}{_BLANK}" if number.relation else "<" if below else ""
    unit = _unit(quantity.unit, percent=number.percent) if number.with_unit else ""
    return f"{sign}{text}{unit}"


def print_value(value: float, decimals: int | None = None, *, percent: bool = False) -> str:
    """The text of `value`; see `print_number`."""
    if math.isnan(value):
        return NOT_A_NUMBER
    if math.isinf(value):
        return "∞" if value > 0 else f"{MINUS}∞"
    shown = _times_hundred(value) if percent else value
    text = _shortest(shown) if decimals is None else f"{_group(f'{abs(shown):.{decimals}f}')}"
    return text if shown >= 0 or _prints_zero(text) else f"{MINUS}{text}"


def significant_decimals(spread: float, digits: int = 2) -> int:
    """The decimals that show `digits` significant digits of `spread`; 3 where it is zero or not finite."""
    if not math.isfinite(spread) or spread == 0:
        return 3
    rounded = float(f"{abs(spread):.{digits - 1}e}")
    return max(0, digits - 1 - math.floor(math.log10(rounded)))


def number_id(quantity: Quantity) -> str:
    """A readable, stable name of the quantity: words of its recipe and six digits of the recipe's hash.

    Equal recipes have equal names. Made of lower-case ASCII letters, digits, `.` and `-` only, so it serves
    as a macro name, a file name and an HTML id.
    """
    recipe = quantity.recipe
    whole = json.dumps(
        [recipe.kind, recipe.field, _plain(recipe.arguments)], sort_keys=True, ensure_ascii=True, default=str
    )
    words = [_slug(word) for word in _words(recipe.arguments)][:_WORDS_IN_ID]
    readable = ".".join(filter(None, [*words, _slug(recipe.field)]))[:_LONGEST_ID].strip(".-") or recipe.kind
    return f"{readable}-{hashlib.sha256(whole.encode()).hexdigest()[:6]}"


def print_key(number: Number) -> str:
    """`number_id`, and how it is printed where that is not the default; equal keys print equal texts."""
    ways = [
        "" if number.decimals is None else f"{number.decimals}d",
        "pct" if number.percent else "",
        "unit" if number.with_unit else "",
        "signed" if number.signed else "",
        "relation" if number.relation else "",
    ]
    how = "-".join(filter(None, ways))
    return f"{number_id(number.quantity)}:{how}" if how else number_id(number.quantity)


def _times_hundred(value: float) -> float:
    # 100 * 0.575 is 57.49999999999999 in binary; moving the point in the decimal text is exact.
    return float(f"{value!r}e2") if "e" not in repr(value) else value * 100


def _shortest(value: float) -> str:
    size = abs(value)
    if size != 0 and not 1e-4 <= size < 1e15:
        return _scientific(size)
    if size == int(size):
        return _group(str(int(size)))
    short = float(f"{size:.{_SIGNIFICANT}g}")
    if short == size:
        return _group(_positional(size))
    if size >= 10**_SIGNIFICANT:
        return _group(f"{size:.0f}")
    return f"{size:.{significant_decimals(size, _SIGNIFICANT)}f}"


def _positional(size: float) -> str:
    text = repr(size)
    return text if "e" not in text else f"{size:.10f}".rstrip("0")


def _scientific(size: float) -> str:
    mantissa, exponent = f"{size:.{_SIGNIFICANT - 1}e}".split("e")
    if float(f"{mantissa}e{exponent}") == size:
        mantissa = f"{float(mantissa):g}"
    raised = str(int(exponent)).translate(str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"))
    return f"10{raised}" if mantissa == "1" else f"{mantissa}×10{raised}"


def _group(text: str) -> str:
    whole, point, rest = text.partition(".")
    return f"{int(whole):,}{point}{rest}" if int(whole) >= _GROUPING_FROM else text


def _prints_zero(text: str) -> bool:
    return not any(digit in text for digit in "123456789∞n")


def _unit(unit: str, *, percent: bool) -> str:
    if percent or unit == "%":
        return "%"
    return "" if unit in ("", "fraction") else f"{_BLANK}{unit}"


def _plain(value: Any) -> Any:
    """`value` in JSON types, so that a tuple and a list of the same items have the same name."""
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        items = [_plain(item) for item in value]
        return sorted(items, key=str) if isinstance(value, set | frozenset) else items
    return value


_FIRST = ("what", "split", "metric", "key", "name", "method", "over", "dataset", "where")
_SILENT = ("runs", "sources", "level", "expected", "direction", "path", "over_roles")


def _words(arguments: Mapping[str, Any]) -> list[str]:
    order = [key for key in _FIRST if key in arguments]
    order += sorted(key for key in arguments if key not in _FIRST)
    found: list[str] = []
    for key in order:
        if key not in _SILENT:
            found += _leaves(arguments[key])
    return [word for word in found if word]


def _leaves(value: Any) -> list[str]:
    if isinstance(value, Mapping):
        return [word for _, item in sorted(value.items()) for word in _leaves(item)]
    if isinstance(value, list | tuple):
        if len(value) == 2 and all(isinstance(item, str) for item in value):
            return [value[1]]
        return [word for item in value[:3] for word in _leaves(item)]
    return [value] if isinstance(value, str) else []


def _slug(words: str) -> str:
    ascii_words = unicodedata.normalize("NFKD", words).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", ascii_words).strip("-")[:24]
