"""Equations whose code or whose LaTeX is not what it was when the paper was built."""

import re
from collections.abc import Mapping, Sequence
from difflib import SequenceMatcher
from html import escape
from pathlib import Path
from typing import Any

from paperback.code import Inventory
from paperback.code.record import FILE
from paperback.code.stated import slice_digest
from paperback.finding import Finding
from paperback.source import Source, digest

_SHOWN = re.compile(
    r'<div class="formula[^"]*"[^<>]* data-key="(?P<key>[^"]*)" data-sum="(?P<sum>[0-9a-f]+)">'
    r"(?P<made>.*?)<span>\([^<]*\)</span></div>",
    re.S,
)
_AGAIN = "Run paperback verify, then build the paper again."


def check_equations(
    equations: Sequence[Mapping[str, Any]], root: Path, out: Path, inventory: Inventory
) -> list[Finding]:
    """Findings on the ledger's equations that were derived from the code, and on stale verdicts.

    Args:
        equations: As the ledger lists them.
        root: The repository.
        out: The paper's folder.
        inventory: The code as it is now.
    """
    path = out / "latex" / "main.tex"
    text = path.read_text(encoding="utf-8", errors="replace") if path.is_file() else ""
    findings: list[Finding] = []
    stale = [place for place, found in inventory.checked.items() if found.digest != slice_digest(root, place)]
    # The code of an objective may stand at another line now.
    moved = {found.digest for place, found in inventory.checked.items() if place not in stale}
    for equation in equations:
        line = _line(text, equation)
        if not equation.get("place"):
            continue
        if equation["slice"] not in moved:
            findings += _code(equation, root, _named(path, root, line))
        if text:
            findings += _latex(equation, text, path, root)
    findings += _page(equations, out / "main.html", root)
    findings += [
        Finding(
            "equations-stale",
            f"{FILE}: the code of {place} has changed since its equation was compared with it",
            (Source(FILE, key=place), Source(place.partition(":")[0])),
            _AGAIN,
        )
        for place in stale
    ]
    return findings


def _page(equations: Sequence[Mapping[str, Any]], path: Path, root: Path) -> list[Finding]:
    """The numbered formulas of the page that are not as they were written, with the code that they state."""
    if not path.is_file():
        return []
    text = path.read_text(encoding="utf-8", errors="replace")
    shown = {match["key"]: match for match in _SHOWN.finditer(text)}
    findings = []
    for equation in equations:
        if not equation["key"]:
            continue
        match = shown.get(escape(equation["key"], quote=True))
        if match is not None and digest(match["made"].encode()) == match["sum"]:
            continue
        line = text.count("\n", 0, match.start()) + 1 if match else None
        place = _named(path, root, line)
        stated = f" of {equation['source']}" if equation["source"] else ""
        what = "is not the one that was built" if match else "is not shown"
        message = f"{place}: the equation{stated} {what}: {equation['latex']}"
        findings.append(
            Finding("equation-edited", message, (Source(place),), "Build the paper again, or mend the code.")
        )
    return findings


def _code(equation: Mapping[str, Any], root: Path, shown: str) -> list[Finding]:
    place = equation["place"]
    if slice_digest(root, place) == equation["slice"]:
        return []
    source = Source(place.partition(":")[0], key=place.partition(":")[2])
    message = f"{equation['source']}: the code of {place} is not the one that the equation in {shown} states"
    return [Finding("equation-code-changed", message, (source,), _AGAIN)]


def _latex(equation: Mapping[str, Any], text: str, path: Path, root: Path) -> list[Finding]:
    if _squeezed(equation["latex"]) in _squeezed(text):
        return []
    place = _named(path, root, _line(text, equation))
    message = (
        f"{place}: the equation of {equation['source'] or equation['key']} is not the one that was built: "
        f"{equation['latex']}"
    )
    return [Finding("equation-edited", message, (Source(place),), "Build the paper again, or mend the code.")]


def _line(text: str, equation: Mapping[str, Any]) -> int | None:
    """The line of main.tex where the equation stands, or where its label or the best likeness of it does."""
    lines = text.splitlines()
    wanted = _squeezed(equation["latex"])
    for number, line in enumerate(lines, start=1):
        if wanted and wanted in _squeezed(line):
            return number
    formulas = [(number, line) for number, line in enumerate(lines, start=1) if r"\pbfit{" in line]
    scored = [(SequenceMatcher(None, wanted, _squeezed(line)).ratio(), -number) for number, line in formulas]
    return -max(scored)[1] if scored else None


def _squeezed(words: str) -> str:
    return "".join(words.split())


def _named(path: Path, root: Path, line: int | None) -> str:
    resolved, base = path.resolve(), root.resolve()
    shown = resolved.relative_to(base).as_posix() if resolved.is_relative_to(base) else str(path)
    return f"{shown}:{line}" if line else shown
