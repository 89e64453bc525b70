"""The width of an equation in print, and where it may break."""

import re

COLUMN = 252.0
NUMBER_ROOM = 22.0
_WIDE = {"m", "w", "M", "W"}
_TOKEN = re.compile(r"\\[A-Za-z]+|\\.|\d|[A-Za-z]|[^\s]")
_WORDS = {r"\operatorname", r"\mathrm", r"\text", r"\mathbf", r"\mathcal"}
_NOTHING = {r"\left", r"\right", r"\Bigl", r"\Bigr", r"\bigl", r"\bigr", r"\displaystyle", "&"}
_SPACES = {r"\,": 1.7, r"\quad": 10.0, r"\qquad": 20.0, r"\;": 2.8}
_NAMES = {
    r"\dots": 13.0,
    r"\log": 15.0,
    r"\exp": 18.0,
    r"\max": 20.0,
    r"\min": 18.0,
    r"\sin": 14.0,
    r"\cos": 16.0,
    r"\tanh": 22.0,
    r"\arg": 17.0,
    r"\cosh": 22.0,
    r"\sinh": 20.0,
    r"\arccos": 32.0,
    r"\arctan": 32.0,
}


def width(latex: str) -> float:
    """Points that `latex` takes in display style at ten points; rather too many than too few."""
    return _Measure(_TOKEN.findall(latex)).run()


class _Measure:
    def __init__(self, tokens: list[str]) -> None:
        self.tokens = tokens
        self.at = 0

    def run(self, stop: str = "", scale: float = 1.0) -> float:
        whole = 0.0
        while self.at < len(self.tokens) and self.tokens[self.at] != stop:
            whole += self.item(scale)
        return whole

    def group(self, scale: float) -> float:
        if self.at < len(self.tokens) and self.tokens[self.at] == "{":
            self.at += 1
            inner = self.run("}", scale)
            self.at += 1
            return inner
        return self.item(scale)

    def item(self, scale: float) -> float:
        token = self.tokens[self.at]
        self.at += 1
        if token == r"\frac":
            return max(self.group(scale * 0.95), self.group(scale * 0.95)) + 4
        if token == r"\sqrt":
            return self.group(scale) + 10
        if token in _WORDS:
            return self.group(scale) + (2 if token == r"\operatorname" else 0)
        if token == r"\begin":
            return self.environment(scale)
        if token in (r"\sum", r"\prod", r"\max", r"\min"):
            return self.large(token, scale)
        if token in ("_", "^"):
            return self.scripts(token, scale)
        if token == r"\substack":
            return self.stack(scale)
        return self.letter(token) * scale

    def letter(self, token: str) -> float:
        if token in _NOTHING or token in "{}":
            return 0.0
        if token in _SPACES:
            return _SPACES[token]
        if token in _NAMES:
            return _NAMES[token]
        if token in "=+-<>" or token in (r"\leq", r"\geq", r"\neq", r"\land", r"\lor", r"\cdot"):
            return 9.5 if token == r"\cdot" else 12.5
        if token in "([)]|,;:.'":
            return 4.6
        if token.startswith("\\") and len(token) > 2:
            return 6.2
        return 8.6 if token in _WIDE else 6.0 if token.isalpha() else 5.1

    def scripts(self, first: str, scale: float) -> float:
        inner = self.group(0.72 * scale)
        if (
            self.at < len(self.tokens)
            and self.tokens[self.at] in ("_", "^")
            and self.tokens[self.at] != first
        ):
            self.at += 1
            inner = max(inner, self.group(0.72 * scale))
        return inner + 0.5

    def large(self, token: str, scale: float) -> float:
        own = 14.5 if token in (r"\sum", r"\prod") else 20.0
        if token in (r"\max", r"\min") and not (self.at < len(self.tokens) and self.tokens[self.at] == "_"):
            return own * scale
        limits = [own * scale]
        while self.at < len(self.tokens) and self.tokens[self.at] in ("_", "^"):
            self.at += 1
            limits.append(self.group(0.72 * scale))
        return max(limits) + 3.5

    def stack(self, scale: float) -> float:
        self.at += 1
        widest = 0.0
        while self.tokens[self.at] != "}":
            line = 0.0
            while self.tokens[self.at] not in (r"\\", "}"):
                line += self.item(scale)
            widest = max(widest, line)
            if self.tokens[self.at] == r"\\":
                self.at += 1
        self.at += 1
        return widest

    def environment(self, scale: float) -> float:
        self.group(scale)
        columns = [0.0, 0.0]
        column, cell = 0, 0.0
        while self.at < len(self.tokens) and self.tokens[self.at] != r"\end":
            token = self.tokens[self.at]
            if token in ("&", r"\\"):
                columns[column] = max(columns[column], cell)
                column, cell = (1 if token == "&" else 0), 0.0
                self.at += 1
                continue
            cell += self.item(scale)
        columns[column] = max(columns[column], cell)
        self.at += 1
        self.group(scale)
        return sum(columns) + 18


def broken(left: str, right: str, room: float) -> str | None:
    """`left = right` on one line or broken before signs; None where it does not fit."""
    whole = f"{left} = {right}"
    if width(whole) <= room:
        return whole
    for pieces in (_terms(right), _opened(right, room)):
        if len(pieces) < 2:
            continue
        lines = _filled(left, pieces, room)
        if lines is not None:
            return r"\begin{aligned} " + r" \\ ".join(lines) + r" \end{aligned}"
    return None


def _opened(text: str, room: float) -> list[str]:
    """The terms of `text`, those that are too wide cut inside their outermost bracket."""
    pieces: list[str] = []
    for term in _terms(text):
        inner = _inner_terms(term) if width(term) > room - 40 else None
        pieces += inner or [term]
    return pieces


def _filled(left: str, pieces: list[str], room: float) -> list[str] | None:
    lines, current = [], f"{left} &= {pieces[0]}"
    for piece in pieces[1:]:
        if width(f"{current} {piece}") <= room:
            current = f"{current} {piece}"
        else:
            lines.append(current)
            current = rf"&\quad {piece}"
    lines.append(current)
    return lines if all(width(line) <= room for line in lines) else None


def _terms(text: str) -> list[str]:
    """`text` cut before every sign that stands outside all brackets and braces."""
    pieces, depth, start = [], 0, 0
    environment = 0
    for match in re.finditer(r"\\left.|\\right.|\\begin|\\end|\\[A-Za-z]+|\\.|[{}()+\-\[\]]", text):
        token = match.group()
        if token == r"\begin":
            environment += 1
        elif token == r"\end":
            environment -= 1
        elif token.startswith(r"\left") and token not in (r"\leftarrow",) and not token[5:6].isalpha():
            depth += 1
        elif token.startswith(r"\right") and not token[6:7].isalpha():
            depth -= 1
        elif token in "{(":
            depth += 1
        elif token in "})":
            depth -= 1
        elif (
            token in "+-"
            and depth == 0
            and environment == 0
            and match.start() > 0
            and text[: match.start()].strip()
        ):
            pieces.append(text[start : match.start()].strip())
            start = match.start()
    pieces.append(text[start:].strip())
    return [piece for piece in pieces if piece]


def _inner_terms(text: str) -> list[str] | None:
    """Cuts inside one outermost bracket that ends the text, which then is drawn with fixed size."""
    if not text.endswith(r"\right)"):
        return None
    depth, start = 0, -1
    for match in re.finditer(r"\\left\(|\\right\)", text):
        if match.group() == r"\left(":
            if depth == 0:
                start = match.start()
            depth += 1
        else:
            depth -= 1
            if depth == 0 and match.end() != len(text):
                start = -1
    head = text[:start]
    if start < 0 or not re.search(r"\\(sum|prod)_\{.*\}\^\{[^{}]*\}\s*$|^-?\s*$", head):
        return None
    inner = _terms(text[start + len(r"\left(") : -len(r"\right)")])
    if len(inner) < 2:
        return None
    return [rf"{head}\Bigl({inner[0]}", *inner[1:-1], rf"{inner[-1]}\Bigr)"]
