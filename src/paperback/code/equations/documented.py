"""Axes of arguments that docstrings and comments state."""

import re

_SPARE = "PQRSU"
_SIZE = r"[A-Za-z]\w*(?:\s*[+-]\s*\d+)?"


def documented(name: str, text: str) -> tuple[str, ...] | None:
    """Axes of the argument `name` that a docstring or comment states, such as `(N, C, H, W)`."""
    for line in text.splitlines():
        where = re.search(rf"\b{re.escape(name)}\b(.*)", line)
        if not where:
            continue
        rest = re.sub(r"\bshape\b|\bsize\b|:math:|`|\\", " ", where.group(1))
        found = re.search(
            rf"[(\[]\s*((?:{_SIZE}|\*)(?:\s*[,x×]\s*(?:{_SIZE}|\d+|\.\.\.|\*))*)(,?)\s*[)\]]", rest
        )
        if found and "=" not in rest[: found.start()]:
            letters = [part.strip() for part in re.split(r"[,×]|\bx\b", found.group(1))]
            if len(letters) > 1 and all(_names_axis(part) for part in letters):
                return tuple(_twin(part, text) or _letter(part, at) for at, part in enumerate(letters))
            if len(letters) == 1 and re.fullmatch(r"[NBnb]|batch\w*|bsz", letters[0]):
                return (_letter(letters[0], 0),)
            if len(letters) == 1 and found.group(2) and _names_axis(letters[0]):
                return (_letter(letters[0], 0),)
    return None


def _twin(word: str, text: str) -> str:
    """A letter of its own for an axis `n` where another one is called `N`; empty where there is none."""
    if not re.fullmatch("[a-z]", word) or not re.search(rf"[(\[,]\s*{word.upper()}\s*[,)\]]", text):
        return ""
    return _SPARE[ord(word) % len(_SPARE)]


def _names_axis(word: str) -> bool:
    plain = ("optional", "float", "tensor", "int", "default")
    return bool(re.fullmatch(r"[A-Za-z]\w{0,14}(\s*[+-]\s*\d+)?|\d+", word)) and word.lower() not in plain


def _letter(word: str, at: int) -> str:
    if word.isdigit():
        return word
    stem, sign, shift = re.fullmatch(r"(\w+)\s*([+-]?)\s*(\d*)", word).groups()  # type: ignore[union-attr]
    if sign:
        return f"{_letter(stem, at)}{sign}{shift}"
    known = {
        "b": "N",
        "bs": "N",
        "bsz": "N",
        "batch": "N",
        "batch_size": "N",
        "n": "N",
        "num_classes": "C",
        "classes": "C",
        "channels": "C",
        "embedding_dim": "D",
        "dim": "D",
        "features": "D",
        "height": "H",
        "width": "W",
        "seq": "T",
        "time": "T",
        "length": "L",
        "emb": "D",
        "emb_dim": "D",
    }
    lower = word.lower()
    if lower in known:
        return known[lower]
    return word.upper() if len(word) == 1 else word[0].upper()
