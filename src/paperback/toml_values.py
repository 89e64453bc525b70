"""Values of paperback.toml, checked one by one, each mistake with where it stands and its mend."""

from collections.abc import Mapping
from typing import Any

from paperback.errors import SettingsError, near_miss

FILE = "paperback.toml"


def known(where: str, given: Mapping[str, Any], allowed: Mapping[str, Any] | tuple[str, ...]) -> None:
    """Refuse a key of `given` that is not allowed.

    Raises:
        SettingsError: Names the key, where it stands, and the nearest that is allowed.
    """
    for key in given:
        if key not in allowed:
            raise SettingsError(f"{FILE}: {where} has no key {key!r}", mend=near_miss(key, allowed))


def table(name: str, given: object) -> Mapping[str, Any]:
    """`given`, which must be a table.

    Raises:
        SettingsError: It is none.
    """
    if not isinstance(given, dict):
        raise SettingsError(
            f"{FILE}: {name} is {type(given).__name__} {given!r}, not a table", mend=f"Write it as [{name}]."
        )
    return given


def value(where: str, given: Any, kind: type) -> Any:
    """`given`, which must be of `kind`; a tuple is a list of strings or one string, a list one of tables.

    Raises:
        SettingsError: It is none.
    """
    if kind is tuple:
        items = [given] if isinstance(given, str) else given
        if isinstance(items, list) and all(isinstance(item, str) for item in items):
            return tuple(items)
        raise SettingsError(f"{FILE}: {where} is {given!r}", mend="Give a list of strings.")
    # bool is an int in Python: `seed = true` would pass for 1.
    is_truth = kind in (int, float) and isinstance(given, bool)
    if kind is float and isinstance(given, int) and not is_truth:
        return float(given)
    is_plain = kind is list and isinstance(given, list) and not all(isinstance(item, dict) for item in given)
    if not isinstance(given, kind) or is_truth or is_plain:
        word = {
            str: "a string",
            int: "a whole number",
            float: "a number",
            bool: "true or false",
            list: "a list of tables",
        }[kind]
        raise SettingsError(f"{FILE}: {where} is {given!r}", mend=f"Give {word}.")
    return given
