"""Words before any writer escapes them: what can be printed, and where a line may break."""

import re
import unicodedata

BREAK = "\N{ZERO WIDTH SPACE}"
HYPHEN = "\N{SOFT HYPHEN}"
_LONG = 20
_JOINT = re.compile(r"(?<=[_/.:=,\-\\])(?=[^\s])|(?<=[a-z0-9])(?=[A-Z])")
_TOKEN = re.compile(rf"\S{{{_LONG},}}")
_RUN = re.compile(rf"[^\W_]{{{_LONG + 6},}}")
_KEPT_INVISIBLE = (BREAK, HYPHEN)


def printable(words: str) -> str:
    """`words` composed (NFC), line breaks as blanks, without control, direction and surrogate characters."""
    return "".join(_visible(character) for character in unicodedata.normalize("NFC", words))


def breakable(words: str) -> str:
    """`words` with invisible places to break inside overlong words, such as names from a configuration."""
    return _TOKEN.sub(lambda token: _JOINT.sub(BREAK, _RUN.sub(_hyphenated, token[0])), printable(words))


def _visible(character: str) -> str:
    if character in "\n\r\t\v\f\u2028\u2029\x85":
        return " "
    if character in _KEPT_INVISIBLE:
        return character
    return "" if unicodedata.category(character) in ("Cc", "Cf", "Cs", "Co", "Cn") else character


def _hyphenated(run: re.Match[str]) -> str:
    word = run[0]
    return HYPHEN.join(word[start : start + 10] for start in range(0, len(word), 10))
