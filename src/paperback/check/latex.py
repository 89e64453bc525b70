"""What the LaTeX project shows, against the ledger."""

import re
from collections.abc import Iterator
from pathlib import Path

from paperback.check.ledger import Entry
from paperback.finding import Finding
from paperback.paper.ledger import NUMERAL
from paperback.source import Source

# Braces two deep: an exponent is \ensuremath{^{6}}.
_BRACED = r"\{((?:[^{}]|\{(?:[^{}]|\{[^{}]*\})*\})*)\}"
_SET = re.compile(r"\\pbset\{([^{}]*)\}" + _BRACED)
_SHOWN = re.compile(r"\\pbnum\{([^{}]*)\}" + _BRACED)
_USED = re.compile(r"\\pbvalue\{([^{}]*)\}")
_SIGNS = str.maketrans("−⁻⁰¹²³⁴⁵⁶⁷⁸⁹", "--0123456789")
# What a reader does not see as a number of the text: commands with names, formulas, code, comments.
_NOT_PROSE = re.compile(
    r"(?<!\\)%.*"
    r"|\\begin\{(equation\*?|align\*?|verbatim|lstlisting|pbdiff)\}.*?\\end\{\1\}"
    r"|\\\[.*?\\\]|\\\(.*?\\\)|(?<!\\)\$(?:[^$\n]|\n(?!\n))*(?<!\\)\$"
    r"|\\(?:pbvalue|ref|eqref|label|cite[tp]?|input|includegraphics|url|href|hyperref|begin|end|bibliography\w*"
    r"|setlength|vspace|hspace|pdfbookmark|color|textcolor|fontsize|rule)\*?(?:\[[^\]]*\])*(?:\{[^{}]*\})*"
    r"|\\texttt\{(?:[^{}]|\{[^{}]*\})*\}",
    flags=re.DOTALL,
)

# A formula that is nothing but a number is a number of the text.
_BARE = re.compile(r"(?:\$|\\\()\s*[+\-]?\d[\d.,]*\s*(?:\\%)?\s*(?:\$|\\\))")


def check_latex(folder: Path, entries: tuple[Entry, ...], typed: frozenset[str], root: Path) -> list[Finding]:
    """Findings on `folder`, the LaTeX project: changed, missing and unbound numbers, each with file and line.

    Args:
        folder: Holds main.tex, values.tex and tables/.
        entries: The ledger's numbers.
        typed: Numerals that stand in the author's own words, in names and in captions.
        root: The repository; findings name files relative to it where they can.
    """
    if not (folder / "main.tex").is_file():
        return [Finding("latex-missing", f"{folder / 'main.tex'} is missing", (), "Build the paper again.")]
    known = {entry.id: entry for entry in entries}
    findings: list[Finding] = []
    defined: set[str] = set()
    for path in sorted(folder.rglob("*.tex")):
        text = path.read_text(encoding="utf-8", errors="replace")
        place = _relative(path, root)
        defined |= {key for key, _ in _SET.findall(text)}
        findings += _bound(text, place, known)
        if path.name != "values.tex":
            findings += _unbound(text, place, typed)
    used = set(_USED.findall((folder / "main.tex").read_text(encoding="utf-8", errors="replace")))
    findings += [
        Finding(
            "number-undefined",
            f"main.tex uses {key}, which values.tex does not set",
            (),
            "Build the paper again.",
        )
        for key in sorted(used - defined)
    ]
    return findings


def _bound(text: str, place: str, known: dict[str, Entry]) -> Iterator[Finding]:
    for match in (*_SET.finditer(text), *_SHOWN.finditer(text)):
        name, shown = match[1].split(":")[0], skeleton(match[2])
        source = Source(place, text.count("\n", 0, match.start()) + 1, match[1])
        if name not in known:
            yield Finding(
                "number-unknown",
                f"{source}: {shown} names no number of the ledger",
                (source,),
                "Build the paper again.",
            )
        elif shown not in map(skeleton, known[name].printed):
            entry = known[name]
            yield Finding(
                "number-edited",
                f"{source}: shows {shown}, the ledger says {' or '.join(entry.printed)}: {entry.address()}",
                (source,),
                "Build the paper again; to show another number, change the evidence.",
            )


def _unbound(text: str, place: str, typed: frozenset[str]) -> Iterator[Finding]:
    start = max(text.find(r"\begin{document}"), 0)
    hidden = _blank_out(text[:start]) + _NOT_PROSE.sub(_blank, _SHOWN.sub(_blank, text[start:]))
    # A name is read as the reader sees it: gpt-\allowbreak{}4\_turbo holds no number.
    hidden = hidden.replace(r"\allowbreak{}", "").replace(r"\_", "_")
    allowed = {skeleton(word) for word in typed}
    for match in NUMERAL.finditer(hidden):
        if skeleton(match[0]) not in allowed and not _is_length(hidden, match.end()):
            source = Source(place, hidden.count("\n", 0, match.start()) + 1)
            yield Finding(
                "unbound-number",
                f"{source}: the number {match[0]} is in no notes and bound to no evidence",
                (source,),
                "Write it as {value: ...} in the notes, or take it out.",
            )


def _blank(match: re.Match[str]) -> str:
    return _blank_out(match[0])


def _blank_out(text: str) -> str:
    if _BARE.fullmatch(text):
        return text
    # The same number of line feeds, so that lines still count.
    return "\n" * text.count("\n") + " " * (len(text) - text.count("\n"))


def _is_length(text: str, end: int) -> bool:
    return (
        re.match(r"\s*(?:pt|em|ex|cm|mm|in|\\textwidth|\\linewidth|\\baselineskip)\b", text[end:]) is not None
    )


def skeleton(shown: str) -> str:
    """What decides whether two prints of a number are the same: digits, signs and marks, without markup."""
    words = re.sub(r"\\[a-zA-Z]+|[{}^\\$]", "", shown.translate(_SIGNS))
    return re.sub(r"[^0-9.,<>%+\-]", "", words)


def _relative(path: Path, root: Path) -> str:
    resolved = path.resolve()
    return (
        resolved.relative_to(root.resolve()).as_posix()
        if resolved.is_relative_to(root.resolve())
        else str(path)
    )
