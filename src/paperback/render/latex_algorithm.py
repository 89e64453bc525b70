"""Algorithms as LaTeX: a ruled box of algpseudocode, each line with its place in the code."""

from paperback.code import Algorithm, Input, Phrase, Words
from paperback.render.pseudocode import (
    Opened,
    inputs_by_role,
    keywords,
    left_out_words,
    opened,
    place_words,
)
from paperback.render.tex_text import escape_breakable, escape_code, guarded

_MANY_ROWS, _LETTERS_A_ROW = 36, 70
_OPEN = {"for": "For", "while": "While", "if": "If"}
_CLOSE = {"for": "EndFor", "while": "EndWhile", "if": "EndIf", "paired": "EndIf"}


def algorithm_body(algorithm: Algorithm) -> str:
    """The environment `algorithmic` with inputs, numbered lines and result."""
    lines, last = opened(algorithm.lines)
    size = r"\footnotesize" if _rows(algorithm) > _MANY_ROWS else r"\small"
    body = [rf"\pbgiven{{{title}}} {_inputs(given)}" for title, given in inputs_by_role(algorithm)]
    for line in lines:
        body += [*_closed(line.closes), _line(line)]
    body += _closed(last)
    if algorithm.result:
        body.append(rf"\pbgiven{{Result}} {_phrase(algorithm.result)}")
    if algorithm.left_out:
        body.append(rf"\Statex {left_out_words(algorithm)}")
    # An empty list would be an error of LaTeX.
    rows = "\n".join(f"    {row}" for row in body or [r"\Statex"])
    return f"  {size}\\raggedright\n  \\begin{{algorithmic}}[1]\n{rows}\n  \\end{{algorithmic}}"


def _rows(algorithm: Algorithm) -> int:
    """About how many rows are printed; long lines take several."""
    return sum(1 + len(line) // _LETTERS_A_ROW for line in str(algorithm).splitlines())


def _closed(kinds: tuple[str, ...]) -> list[str]:
    return [rf"\{_CLOSE.get(kind, 'EndDo')}" for kind in kinds]


def _line(opened_line: Opened) -> str:
    line = opened_line.line
    place = rf"\pbplace{{{escape_code(place_words(line.source))}}}"
    text = _phrase(line.text)
    if line.kind in _OPEN:
        return rf"\{_OPEN[line.kind]}{{{text}}}{place}"
    if opened_line.pairs:
        return rf"\Else{{}} {text}{place}" if text else rf"\Else{place}"
    word = keywords(line)[0]
    if word:
        return rf"\Do{{\textbf{{{word}}} {text}}}{place}"
    return rf"\State {guarded(text)}{place}"


def _phrase(phrase: Phrase) -> str:
    return "".join(
        escape_breakable(part.text) if isinstance(part, Words) else _code(part.text) for part in phrase
    )


def _inputs(given: tuple[Input, ...]) -> str:
    return "; ".join(_input(item) for item in given)


def _input(item: Input) -> str:
    value = f" $=$ {_code(item.value)}" if item.value else ""
    told = f" ({escape_breakable(item.help.rstrip('. '))})" if item.help else ""
    return _code(item.name) + value + told


def _code(text: str) -> str:
    return rf"\texttt{{{escape_code(text)}}}"
