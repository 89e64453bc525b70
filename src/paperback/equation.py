"""One equation of the code, asked by file and name."""

import sys
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from paperback.errors import ReadError, SettingsError


def ask_equation(
    place: str, *, root: Path, verify: bool = False, python: str = sys.executable
) -> dict[str, Any]:
    """The equation of a function or class as JSON values: LaTeX lines, symbols, status, verdict.

    Without `verify` nothing of the repository is run and the verdict is `static only`. With it the function
    and the definitions it needs run in a guarded subprocess and are compared with the printed LaTeX.

    Args:
        place: `FILE:NAME`, the file relative to `root` or to the current folder.
        root: The repository.
        verify: Whether to run the check.
        python: The interpreter of the check; it needs what the function imports, such as torch.

    Raises:
        SettingsError: `place` is not `FILE:NAME`.
        ReadError: There is no such file.
    """
    from paperback.code.equations import Derivation, Verdict, derive, establish

    file, _, name = place.rpartition(":")
    if not file or not name:
        raise SettingsError(f"{place!r} is not FILE:NAME", mend="Write it like losses.py:FocalLoss.")
    path = root / file if (root / file).is_file() else Path(file)
    if not path.is_file():
        raise ReadError(f"{file} is no file in {root}", mend="Name the file relative to --repo.")
    derivation: Derivation
    if verify:
        found = establish(path, name, root=root, python=python)
        derivation, verdict, refused = found.derivation, found.verdict, found.refused
    else:
        derivation, verdict, refused = derive(path, name, root=root), Verdict("static only"), 0
    return {
        "name": name,
        "source": str(derivation.source or place),
        "status": derivation.status,
        "reason": derivation.reason,
        "lines": [str(line) for line in derivation.equations],
        "symbols": [
            {"latex": symbol.latex, "name": symbol.name, "meaning": symbol.meaning, "axes": list(symbol.axes)}
            for symbol in derivation.symbols
        ],
        "verdict": asdict(verdict),
        "refused": refused,
    }


def show_equation(found: Mapping[str, Any]) -> str:
    """The answer of `ask_equation` for a terminal."""
    return "\n".join(_lines(found))


def _lines(found: Mapping[str, Any]) -> Iterator[str]:
    yield f"{found['name']}  [{found['source']}]"
    yield from (f"  {line}" for line in found["lines"])
    if not found["lines"]:
        yield f"  no equation: {found['reason'] or found['status']}"
    for symbol in found["symbols"]:
        shape = f" of shape ({', '.join(symbol['axes'])})" if symbol["axes"] else ""
        yield f"    {symbol['latex']}: {symbol['meaning']} {symbol['name']}{shape}"
    verdict = found["verdict"]
    told = f"; {verdict['reason']}" if verdict["reason"] else ""
    counted = (
        f", {verdict['points']} points, largest relative difference {verdict['error']:.1e} in value"
        f" and {verdict['gradient_error']:.1e} in gradient"
        if verdict["points"]
        else ""
    )
    yield f"  {verdict['word']}{counted}{told}"
    if found["refused"]:
        yield f"  {found['refused']} other readings of the shapes differed from the code and were refused"
