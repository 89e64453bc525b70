"""Equations whose code or whose LaTeX is not what it was when the paper was built."""

from collections.abc import Mapping, Sequence
from difflib import SequenceMatcher
from pathlib import Path
from typing import Any

from paperback.code import Inventory
from paperback.code.record import FILE
from paperback.code.stated import slice_digest
from paperback.finding import Finding
from paperback.source import Source

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
    for equation in equations:
        line = _line(text, equation)
        if not equation.get("place"):
            continue
        findings += _code(equation, root, _named(path, root, line))
        if text:
            findings += _latex(equation, text, path, root)
    for place, found in inventory.checked.items():
        if found.digest != slice_digest(root, place):
            findings.append(
                Finding(
                    "equations-stale",
                    f"{FILE}: the code of {place} has changed since its equation was compared with it",
                    (Source(FILE, key=place), Source(place.partition(":")[0])),
                    _AGAIN,
                )
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
