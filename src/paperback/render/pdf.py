"""From a written paper to a PDF, by the best engine that this machine has."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from paperback.errors import RenderError
from paperback.finding import Finding
from paperback.render.folder import put
from paperback.render.latex_log import read_log
from paperback.settings import PdfEngine

_COMMANDS: Mapping[str, tuple[str, ...]] = {
    "latexmk": (
        "latexmk", "-norc", "-pdf", "-interaction=nonstopmode", "-halt-on-error", "-file-line-error",
        "-pdflatex=pdflatex -no-shell-escape %O %S", "main.tex",
    ),
    "tectonic": ("tectonic", "--untrusted", "--keep-logs", "main.tex"),
}  # fmt: skip
_LEFT_BY_TEX = ("*.aux", "*.bbl", "*.blg", "*.fdb_latexmk", "*.fls", "*.log", "*.out", "main.pdf")
_EPOCH = "315532800"


@dataclass(frozen=True, slots=True)
class Made:
    """What became of the PDF.

    Attributes:
        path: The PDF; None where none was asked for.
        engine: What made it: `latexmk`, `tectonic` or `typst`; empty for none.
        findings: What the engines complained about, failed ones included.
    """

    path: Path | None
    engine: str
    findings: tuple[Finding, ...]


def make_pdf(folder: Path, engine: PdfEngine = "auto", *, timeout: float = 300) -> Made:
    """The PDF `folder/main.pdf` of a written paper, and what the engine complained about.

    `auto` takes latexmk where it is installed, else Tectonic, and where neither succeeds the typst library,
    whose PDF is a preview; that an engine failed is a finding.

    Args:
        folder: Holds `latex/main.tex`, and `typst/main.typ` for the preview.
        engine: Which engine, or `none` for no PDF.
        timeout: Seconds after which an engine is stopped.

    Raises:
        RenderError: No engine could make a PDF; says what the last one said.
    """
    if engine == "none":
        return Made(None, "", ())
    target = folder / "main.pdf"
    findings: list[Finding] = []
    for name in _candidates(engine):
        made, told = _typst(folder) if name == "typst" else _tex(folder / "latex", name, timeout=timeout)
        findings += told
        if made is not None:
            put(target, made)
            return Made(target, name, tuple(findings))
    said = findings[-1].message if findings else f"{engine} is not installed"
    raise RenderError(f"{folder}: no PDF was made: {said}", mend="Set engine to auto, or to none for no PDF.")


def _candidates(engine: PdfEngine) -> list[str]:
    if engine != "auto":
        return [engine] if engine == "typst" or shutil.which(engine) else []
    return [*(name for name in _COMMANDS if shutil.which(name)), "typst"]


def _tex(folder: Path, name: str, *, timeout: float) -> tuple[bytes | None, list[Finding]]:
    if not (folder / "main.tex").is_file():
        return None, [_failed(name, "main.tex was not written")]
    # A copy: what an earlier, failed build left cannot spoil this one, and the project stays free of it.
    with tempfile.TemporaryDirectory() as copy:
        place = Path(copy) / "paper"
        shutil.copytree(folder, place, ignore=shutil.ignore_patterns(*_LEFT_BY_TEX))
        try:
            done = _run(name, place, timeout)
        except (OSError, subprocess.TimeoutExpired) as error:
            return None, [_failed(name, str(error))]
        log = place / "main.log"
        findings = read_log(log.read_text("utf-8", "replace")) if log.is_file() else []
        if done.returncode == 0 and (place / "main.pdf").is_file():
            return (place / "main.pdf").read_bytes(), findings
    errors = [finding.message for finding in findings if finding.kind == "latex-error"]
    said = errors[0] if errors else _last_words(done.stdout.decode("utf-8", "replace"))
    return None, [*findings, _failed(name, said)]


def _run(name: str, folder: Path, timeout: float) -> "subprocess.CompletedProcess[bytes]":
    return subprocess.run(
        _COMMANDS[name], cwd=folder, env=_environment(), timeout=timeout, check=False,
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    )  # fmt: skip


def _environment() -> dict[str, str]:
    # openin/openout "paranoid": TeX reads and writes below its folder only, whatever a file asks for.
    return os.environ | {
        "SOURCE_DATE_EPOCH": _EPOCH, "FORCE_SOURCE_DATE": "1", "openin_any": "p", "openout_any": "p",
        "max_print_line": "1000", "shell_escape": "f",
    }  # fmt: skip


def _typst(folder: Path) -> tuple[bytes | None, list[Finding]]:
    import typst

    main = folder / "typst" / "main.typ"
    if not main.is_file():
        return None, [_failed("typst", f"{main.name} was not written")]
    try:
        made, warnings = typst.compile_with_warnings(
            str(main), root=str(main.parent), ignore_system_fonts=True, timestamp=int(_EPOCH)
        )
    except typst.TypstError as error:
        return None, [_failed("typst", str(error))]
    told = [Finding("typst-warning", str(getattr(warning, "message", warning))) for warning in warnings]
    return bytes(made), list(dict.fromkeys(told))


def _failed(engine: str, said: str) -> Finding:
    return Finding(
        "engine-failed",
        f"{engine} made no PDF: {said}",
        (),
        "Compile latex/main.tex by hand to see all of it.",
    )


def _last_words(output: str) -> str:
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    return " / ".join(lines[-3:])[:400] or "it said nothing"
