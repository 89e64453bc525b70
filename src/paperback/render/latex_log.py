"""What the LaTeX log complains about, as findings."""

import re

from paperback.finding import Finding
from paperback.source import Source

_VISIBLE_POINTS = 1.0
_OVERFULL = re.compile(r"Overfull \\([hv])box \(([\d.]+)pt too \w+\)(?:[^\n]*? at lines? (\d+))?")
_UNDEFINED = re.compile(
    r"(Reference|Citation) [`']([^']+)'(?: on page \d+)? undefined(?: on input line (\d+))?"
)
_ERROR = re.compile(r"^(?:! |(?:\./)?([^:\s]+\.(?:tex|bbl|sty)):(\d+): )(?!  ==>)(.+)$", re.MULTILINE)
_LINE = re.compile(r"^l\.(\d+)", re.MULTILINE)
_MISSING = re.compile(r"Missing character: There is no (.+?) (?:\([^)]*\) )?in font")
_LARGE = re.compile(r"Float too large for page by ([\d.]+)pt on input line (\d+)")
_EXCERPT = 160


def read_log(log: str) -> list[Finding]:
    """Errors, undefined references and citations, missing characters, and what sticks out by over a point."""
    findings = [*_errors(log), *_undefined(log), *_overfull(log), *_large(log)]
    findings += [
        Finding("missing-character", f"the font of LaTeX has no {found}") for found in _MISSING.findall(log)
    ]
    return list(dict.fromkeys(findings))


def _errors(log: str) -> list[Finding]:
    findings = []
    for found in _ERROR.finditer(log):
        file, line, said = found[1] or "main.tex", found[2], found[3]
        if line is None:
            after = _LINE.search(log, found.end())
            line = after[1] if after else None
        excerpt = " ".join(log[found.end() : found.end() + _EXCERPT].split())
        place = (Source(file, int(line) if line else None),)
        findings.append(Finding("latex-error", f"LaTeX says: {said} ({excerpt})", place))
    return findings


def _undefined(log: str) -> list[Finding]:
    return [
        Finding(f"undefined-{kind.lower()}", f"LaTeX does not know {kind.lower()} {key!r}", _place(line))
        for kind, key, line in _UNDEFINED.findall(log)
    ]


def _overfull(log: str) -> list[Finding]:
    return [
        Finding(
            "overfull-box",
            f"a line sticks out by {points} pt" if way == "h" else f"a page is {points} pt too high",
            _place(line),
            "Shorten the words there, or break them.",
        )
        for way, points, line in _OVERFULL.findall(log)
        if float(points) > _VISIBLE_POINTS
    ]


def _large(log: str) -> list[Finding]:
    return [
        Finding("float-too-large", f"a table or figure is {points} pt higher than the page", _place(line))
        for points, line in _LARGE.findall(log)
    ]


def _place(line: str) -> tuple[Source, ...]:
    return (Source("main.tex", int(line)),) if line else ()
