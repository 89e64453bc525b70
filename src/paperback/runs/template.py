"""Path templates: fields read from the path of a log."""

import re
from collections.abc import Mapping, Sequence
from functools import cache


def fields_of(path: str, templates: Sequence[str]) -> Mapping[str, str] | None:
    """The fields of the first template that `path` matches; None when none does.

    A field matches within one path component, as little as possible: where the text between two fields
    stands several times, the first one separates, so `{method}-{dataset}` reads `ppo-Ant-v3` as `ppo` and
    `Ant-v3`. A name that is used twice must match the same text. `*` matches any text within one component
    and `**` any folders.
    """
    for template in templates:
        if match := _pattern(template).match(path):
            return match.groupdict()
    return None


@cache
def _pattern(template: str) -> re.Pattern[str]:
    pattern, seen = "", set[str]()
    for part in re.split(r"(\{[^{}]*\}|\*\*/|\*)", template.strip().removeprefix("./")):
        if part.startswith("{"):
            name = part[1:-1]
            pattern += f"(?P={name})" if name in seen else f"(?P<{name}>[^/]+?)"
            seen.add(name)
        else:
            pattern += {"**/": "(?:[^/]+/)*", "*": "[^/]*"}.get(part, re.escape(part))
    return re.compile(pattern + r"\Z")
