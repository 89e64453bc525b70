"""One equation of the code, asked by file and name."""

import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from paperback.errors import PaperbackError, ReadError, SettingsError
from paperback.settings import open_repository

if TYPE_CHECKING:
    from paperback.code.record import Recorded


def ask_equation(
    place: str, *, root: Path, verify: bool = False, python: str = sys.executable
) -> dict[str, Any]:
    """The equation of a function, class or objective as JSON values: LaTeX lines, symbols, status, verdict.

    Without `verify` nothing of the repository is run and the verdict is `static only`. With it the function
    and the definitions it needs run in a guarded subprocess and are compared with the printed LaTeX.

    Args:
        place: `FILE:NAME`, or `FILE:LINE` of a backward call; the file relative to `root` or to the
            current folder.
        root: The repository.
        verify: Whether to run the check.
        python: The interpreter of the check; it needs what the function imports, such as torch.

    Raises:
        SettingsError: `place` is not `FILE:NAME`.
        ReadError: There is no such file.
    """
    from paperback.code.equations import Derivation, Verdict
    from paperback.code.objectives import derive_place, establish_place

    file, _, name = place.rpartition(":")
    if not file or not name:
        raise SettingsError(f"{place!r} is not FILE:NAME", mend="Write it like losses.py:FocalLoss.")
    path = root / file if (root / file).is_file() else Path(file)
    if not path.is_file():
        raise ReadError(f"{file} is no file in {root}", mend="Name the file relative to --repo.")
    derivation: Derivation
    if verify:
        found = establish_place(path, name, root=root, python=python)
        derivation, verdict, refused = found.derivation, found.verdict, found.refused
    else:
        derivation = next(derive_place(path, name, root=root))
        verdict, refused = Verdict("static only"), 0
    return {
        "name": derivation.name,
        "source": str(derivation.source or place),
        "status": derivation.status,
        "reason": derivation.reason,
        "lines": [str(line) for line in derivation.equations],
        "symbols": [
            {"latex": symbol.latex, "name": symbol.name, "meaning": symbol.meaning, "axes": list(symbol.axes)}
            for symbol in derivation.symbols
        ],
        "assumptions": list(derivation.assumptions),
        "verdict": asdict(verdict),
        "refused": refused,
    }


def verify_equations(
    root: Path, *, python: str = sys.executable, progress: Callable[[str, int, int], None] | None = None
) -> dict[str, Any]:
    """The equations of `root`, each compared with its code in a guarded subprocess; they are kept.

    Every custom loss, component and derivative that an entry point reaches is tried, every objective that a
    training loop differentiates, and every place that the notes name. Only the statements and definitions
    that an equation needs are run. Only equations.json is written. Where the code cannot be run now, such as
    without torch, an earlier verdict on the same code stays; `kept` says why.

    Args:
        root: The repository.
        python: The interpreter of the check; it needs what the code imports, such as torch.
        progress: Told the name of the step, how many are done and how many there are.

    Raises:
        ReadError: `root` is no folder, or holds an equations.json that Paperback did not write.
        PaperbackError: equations.json cannot be written.
    """
    from paperback.code import read_code
    from paperback.code.record import FILE, Recorded, read_record, record_text
    from paperback.code.stated import targets
    from paperback.notes import read_notes

    settings = open_repository(root)
    read_record(root)
    notes = read_notes(root / settings.notes, root)
    inventory = read_code(root, settings)
    # With the places of today, where lines have moved.
    before = inventory.checked
    asked = targets(inventory, [equation.place for equation in notes.equations if equation.place])
    found: list[Recorded] = []
    kept: dict[str, str] = {}
    for done, target in enumerate(asked):
        if progress:
            progress("verify", done, len(asked))
        now, earlier = _record(root, target.place, python), before.get(target.place)
        if earlier and earlier.verified and earlier.digest == now.digest and not now.points:
            kept[target.place], now = now.reason, earlier
        found.append(now)
    if found or before:
        try:
            (root / FILE).write_text(record_text(found), encoding="utf-8")
        except OSError as error:
            raise PaperbackError(f"{FILE} cannot be written: {error}", mend="Make it writable.") from error
    told = [asdict(item) | {"kept": kept.get(item.place, "")} for item in found]
    return {"file": FILE if found else "", "equations": told}


def _record(root: Path, place: str, python: str) -> "Recorded":
    from paperback.code.equations import Derivation, Established, Verdict
    from paperback.code.equations.check import TOLERANCE
    from paperback.code.objectives import establish_place
    from paperback.code.record import Recorded
    from paperback.code.stated import slice_digest

    path, _, name = place.partition(":")
    try:
        made = establish_place(root / path, name, root=root, python=python)
    except ReadError as error:
        made = Established(
            Derivation(name, "fallback", reason=error.what), Verdict("static only", error.what)
        )
    derivation, verdict = made.derivation, made.verdict
    return Recorded(
        place=place,
        lines=tuple(map(str, derivation.equations)),
        symbols=tuple((item.latex, f"{item.meaning} {item.name}".strip()) for item in derivation.symbols),
        verdict=verdict.word,
        reason=verdict.reason or derivation.reason,
        points=verdict.points,
        error=float(f"{verdict.error:.1e}"),
        gradient_error=float(f"{verdict.gradient_error:.1e}"),
        tolerance=TOLERANCE,
        digest=slice_digest(root, place),
        decided=derivation.decided,
    )


def show_verified(found: Mapping[str, Any]) -> str:
    """The answer of `verify_equations` for a terminal: a line per equation, and where they are kept."""
    lines = []
    for item in found["equations"]:
        differ = f", {item['points']} points, at most {max(item['error'], item['gradient_error']):.1e} apart"
        told = f": {item['reason']}" if item["reason"] else ""
        told += f"; the earlier verdict, not compared now: {item['kept']}" if item["kept"] else ""
        lines.append(f"{item['place']}  {item['verdict']}{differ if item['points'] else ''}{told}")
    end = f"wrote {found['file']}; commit it with the code" if found["file"] else "no equation to verify"
    return "\n".join([*lines, end])


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
    if found["assumptions"]:
        yield "  taken for granted"
    yield from (f"    {words}" for words in found["assumptions"])
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
