"""Algorithms as Typst, with the rules of the tables and a place for each line."""

from paperback.code import Algorithm, Input, Phrase, Words
from paperback.render.pseudocode import (
    Opened,
    inputs_by_role,
    keywords,
    left_out_words,
    opened,
    place_words,
)
from paperback.render.typst_text import content, literal


def algorithm_box(algorithm: Algorithm, title: str) -> str:
    """The body of a figure; `title` is Typst markup."""
    given = [
        f"[#strong({literal(role + ':')}); {'; '.join(_input(item) for item in items)}]"
        for role, items in inputs_by_role(algorithm)
    ]
    lines = [_line(line) for line in opened(algorithm.lines)[0]]
    end = [f'[#strong("Result:"); {_phrase(algorithm.result)}]'] if algorithm.result else []
    end += [f"[{content(left_out_words(algorithm))}]"] if algorithm.left_out else []
    return f"algorithm([{title}], {_array(given)}, {_array(lines)}, {_array(end)})"


def _array(items: list[str]) -> str:
    return f"({''.join(item + ',' + chr(10) for item in items)})"


def _line(opened_line: Opened) -> str:
    line = opened_line.line
    before, behind = (f'#strong("{word}");' if word else "" for word in keywords(line))
    text = " ".join(filter(None, (before, _phrase(line.text), behind)))
    return f"({opened_line.depth}, [{text}], {literal(place_words(line.source))})"


def _phrase(phrase: Phrase) -> str:
    return "".join(content(part.text) if isinstance(part, Words) else _code(part.text) for part in phrase)


def _input(item: Input) -> str:
    value = f' #"=";  {_code(item.value)}' if item.value else ""
    told = f' #"(";{content(item.help.rstrip(". "))}#")";' if item.help else ""
    return _code(item.name) + value + told


def _code(text: str) -> str:
    return f"#code({literal(text)});"
