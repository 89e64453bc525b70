"""YAML as plain values; no tag makes an object, and no chain of aliases grows without end."""

from typing import Any

_MOST = 1_000_000


def read_yaml(data: bytes) -> Any:
    """The document.

    Raises:
        ValueError: It is no YAML, nests too deep, or holds more than a million values once its aliases are
            written out.
    """
    import yaml

    # The parser in C is ten times as fast where PyYAML was built with it.
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        value = yaml.load(data, Loader=loader)
        size = _size(value, {})
    except (yaml.YAMLError, RecursionError, ValueError, TypeError, OverflowError, AttributeError) as error:
        raise ValueError(str(error).split("\n", 1)[0]) from error
    if size > _MOST:
        raise ValueError(f"its aliases stand for {size} values")
    return value


def _size(value: Any, known: dict[int, int]) -> int:
    """How many values there are when every alias is written out."""
    if not isinstance(value, (dict, list)):
        return 1
    if id(value) in known:
        if not known[id(value)]:
            raise ValueError("an alias stands inside its own anchor")
        return known[id(value)]
    known[id(value)] = 0
    items = value.values() if isinstance(value, dict) else value
    size = 1 + sum(_size(item, known) for item in items)
    known[id(value)] = size
    return size
