"""One meaning for each symbol of a paper: a letter that two equations use for two things is renamed."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from paperback.code.equations import Symbol
from paperback.code.stated import Statement

_TOKEN = re.compile(r"\\[A-Za-z]+|\\.|\d+(?:\.\d+)?|[A-Za-z]|\S|\s+")
# Commands whose argument is a word and no symbol.
_WORDS = frozenset({r"\operatorname", r"\mathrm", r"\text", r"\mathbf", r"\mathbb", r"\begin", r"\end"})
_GREEK = (
    "alpha|beta|gamma|delta|epsilon|zeta|eta|theta|iota|kappa|lambda|mu|nu|xi|pi|rho|sigma|tau|upsilon|phi"
    "|chi|psi|omega|Gamma|Delta|Theta|Lambda|Xi|Sigma|Phi|Psi|Omega|ell|varepsilon|varphi"
)
_LETTER = re.compile(rf"[A-Za-z]|\\(?:{_GREEK})(?![A-Za-z])")
_ACCENTS = (r"\tilde", r"\check", r"\acute", r"\breve")
# Where an accent stands already, or all are taken.
_LETTERS = tuple("uvwghqrsepfcabnkmzxy")
_SIZES = tuple("MPQRSUVWJHGEBAFL")


def one_meaning(statements: Iterable[Statement]) -> tuple[Statement, ...]:
    """The statements, in which no symbol stands for two things.

    The first equation keeps its letters. A letter that a later one uses for something else gets an accent, or
    another letter; a loss of another definition gets a number. Each renamed line is read back with the old
    letters and compared with what was derived; where it differs, the equation stays as it was.
    """
    given = tuple(statements)
    meanings: dict[str, str] = {}
    taken = {symbol.latex for statement in given for symbol in statement.symbols}
    found = []
    for statement in given:
        names = _new_names(statement, meanings, taken)
        made = _renamed(statement, names) if names else statement
        for symbol in made.symbols if made.lines else ():
            meanings.setdefault(symbol.latex, thing(symbol, made))
        taken |= {symbol.latex for symbol in made.symbols}
        found.append(made)
    return tuple(found)


def thing(symbol: Symbol, statement: Statement) -> str:
    """What a symbol stands for: its name in the code; a scalar result is that of its own definition."""
    if symbol.meaning == "output" and not symbol.axes:
        return f"{statement.place}:{symbol.name}"
    return symbol.name.rpartition(".")[2]


def _new_names(statement: Statement, meanings: Mapping[str, str], taken: set[str]) -> dict[str, str]:
    names: dict[str, str] = {}
    for symbol in statement.symbols if statement.lines else ():
        known = meanings.get(symbol.latex)
        if symbol.meaning == "function" or known is None or known == thing(symbol, statement):
            continue
        if symbol.meaning == "size" and symbol.latex in (known, symbol.name.rpartition(".")[2]):
            # A length that the code gives no name is the one of that letter.
            continue
        fresh = next(
            (name for name in _candidates(symbol) if name not in taken and not _occurs(statement, name)), ""
        )
        if fresh:
            names[symbol.latex] = fresh
            taken.add(fresh)
    return names


def _candidates(symbol: Symbol) -> Iterator[str]:
    if symbol.meaning == "output" and not symbol.axes and "_" not in symbol.latex:
        yield from (f"{symbol.latex}_{{{number}}}" for number in range(2, 10))
    base = _LETTER.match(symbol.latex)
    if symbol.meaning == "size":
        yield from _SIZES
    elif base:
        yield from (f"{accent}{{{base[0]}}}{symbol.latex[base.end() :]}" for accent in _ACCENTS)
    yield from _LETTERS


def _occurs(statement: Statement, name: str) -> bool:
    """Whether a new name stands in the lines of a statement already, as an index for instance."""
    wanted = _tokens(name)
    return any(
        spelled[at : at + len(wanted)] == wanted
        for line in statement.lines
        for spelled in [_tokens(line)]
        for at in range(len(spelled))
    )


def _tokens(latex: str) -> list[str]:
    return [token for token in _TOKEN.findall(latex) if not token.isspace()]


def _renamed(statement: Statement, names: Mapping[str, str]) -> Statement:
    known = [symbol.latex for symbol in statement.symbols]
    lines = tuple(rewrite(line, names, known) for line in statement.lines)
    symbols = tuple(
        replace(
            symbol,
            latex=names.get(symbol.latex, symbol.latex),
            axes=tuple(rewrite(axis, names, known) for axis in symbol.axes),
        )
        for symbol in statement.symbols
    )
    back = {new: old for old, new in names.items()}
    new_known = [symbol.latex for symbol in symbols]
    faithful = tuple(_tokens(rewrite(line, back, new_known)) for line in lines) == tuple(
        map(_tokens, statement.lines)
    )
    return replace(statement, lines=lines, symbols=symbols) if faithful else statement


def rewrite(latex: str, names: Mapping[str, str], known: Sequence[str]) -> str:
    r"""`latex` with other symbols in place of some.

    Args:
        latex: A formula.
        names: Symbol to what is written in its place.
        known: Every symbol of the formula; the longest that fits is read: `y` inside `\hat{y}` stays.
    """
    spelled = _TOKEN.findall(latex)
    symbols = sorted(((_tokens(name), name) for name in known), key=lambda item: -len(item[0]))
    made: list[str] = []
    at = 0
    while at < len(spelled):
        if spelled[at] in _WORDS:
            end = _group_end(spelled, at + 1)
            made += spelled[at:end]
            at = end
            continue
        found = next(
            ((name, end) for tokens, name in symbols if (end := _matched(spelled, at, tokens))), None
        )
        if found is None:
            made.append(spelled[at])
            at += 1
            continue
        made.append(names.get(found[0], "".join(spelled[at : found[1]])))
        at = found[1]
    return "".join(made)


def _matched(spelled: Sequence[str], at: int, tokens: Sequence[str]) -> int:
    """Where a symbol that begins at `at` ends; 0 where it does not stand there."""
    for number, token in enumerate(tokens):
        while number and at < len(spelled) and spelled[at].isspace():
            at += 1
        if at >= len(spelled) or spelled[at] != token:
            return 0
        at += 1
    return at


def _group_end(spelled: Sequence[str], at: int) -> int:
    """The place behind the braces that open at `at`."""
    depth = 0
    for place in range(at, len(spelled)):
        depth += (spelled[place] == "{") - (spelled[place] == "}")
        if depth == 0 and not spelled[place].isspace():
            return place + 1
    return len(spelled)
