"""Algorithms as HTML: a numbered list, each line with its place in the code."""

from paperback.code import Algorithm, Input, Phrase, Words
from paperback.render.html_text import escape, escape_breakable
from paperback.render.pseudocode import (
    Opened,
    inputs_by_role,
    keywords,
    left_out_words,
    opened,
    place_words,
)


def algorithm_html(algorithm: Algorithm) -> str:
    """Inputs, the list of lines, and the result; the caption is not part of it."""
    rows = [
        f"<p><b>{title}:</b> {'; '.join(_input(item) for item in given)}</p>"
        for title, given in inputs_by_role(algorithm)
    ]
    if algorithm.lines:
        lines = "\n".join(_line(line) for line in opened(algorithm.lines)[0])
        rows.append(f'<ol class="lines">\n{lines}\n</ol>')
    if algorithm.result:
        rows.append(f"<p><b>Result:</b> {_phrase(algorithm.result)}</p>")
    if algorithm.left_out:
        rows.append(f"<p>{left_out_words(algorithm)}</p>")
    return "\n".join(rows)


def _line(opened_line: Opened) -> str:
    line = opened_line.line
    before, behind = (f"<b>{word}</b>" if word else "" for word in keywords(line))
    text = " ".join(filter(None, (before, _phrase(line.text), behind)))
    place = f"<small>{escape_breakable(place_words(line.source))}</small>"
    return f'<li><div style="--depth: {opened_line.depth}"><span>{text}</span> {place}</div></li>'


def _phrase(phrase: Phrase) -> str:
    return "".join(
        escape_breakable(part.text) if isinstance(part, Words) else _code(part.text) for part in phrase
    )


def _input(item: Input) -> str:
    value = f" = {_code(item.value)}" if item.value else ""
    told = f" ({escape(item.help.rstrip('. '))})" if item.help else ""
    return _code(item.name) + value + told


def _code(text: str) -> str:
    return f"<code>{escape_breakable(text)}</code>"
