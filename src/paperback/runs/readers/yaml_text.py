"""YAML as plain values; no tag makes an object."""

from typing import Any


def read_yaml(data: bytes) -> Any:
    """The document.

    Raises:
        ValueError: It is no YAML, or nests too deep.
    """
    import yaml

    # The parser in C is ten times as fast where PyYAML was built with it.
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        return yaml.load(data, Loader=loader)
    except (yaml.YAMLError, RecursionError, ValueError, OverflowError) as error:
        raise ValueError(str(error).split("\n", 1)[0]) from error
