"""Words as Typst: string literals, in which nothing is markup."""

import re

from paperback.render.words import breakable, printable

_APART = "\N{ZERO WIDTH NON-JOINER}"
_MELTING = re.compile(r"(?<=[-'`,<>?!])(?=[-'`,<>?!])")


def literal(words: str) -> str:
    """`words` as a Typst string literal, kept from melting into ligatures such as an en dash for `--`."""
    return quoted(_MELTING.sub(_APART, breakable(words)))


def literal_exact(words: str) -> str:
    """`words` as a Typst string literal without places to break, for addresses and labels."""
    return quoted(printable(words))


def content(words: str) -> str:
    """`words` as markup that prints each character as itself."""
    return f"#{literal(words)};" if words else ""


def quoted(text: str) -> str:
    """`text` between quotation marks, with the four escapes that a Typst string has."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return '"' + escaped.replace("\n", "\\n").replace("\r", "\\r").replace("\t", "\\t") + '"'
