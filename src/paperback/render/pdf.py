"""From a written paper to a PDF, by the best engine that this machine has."""

import os
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Literal

from paperback.errors import RenderError
from paperback.finding import Finding
from paperback.render.folder import put
from paperback.render.latex_log import read_log

Engine = Literal["auto", "latexmk", "tectonic", "typst", "none"]
ENGINES: tuple[Engine, ...] = ("auto", "latexmk", "tectonic", "typst", "none")
_COMMANDS: Mapping[str, tuple[str, ...]] = {
    "latexmk": (
        "latexmk", "-norc", "-pdf", "-interaction=nonstopmode", "-halt-on-error", "-file-line-error",
        "-pdflatex=pdflatex -no-shell-escape %O %S", "main.tex",
    ),
    "tectonic": ("tectonic", "--untrusted", "--keep-logs", "main.tex"),
}  # fmt: skip
_EPOCH = "315532800"


def make_pdf(
    folder: Path, engine: Engine = "auto", *, pdf: Path | None = None, timeout: float = 300
) -> tuple[Path | None, list[Finding]]:
    """The PDF made of a written paper, and what the engine complained about.

    `auto` takes latexmk where it is installed, else Tectonic, and where neither succeeds the typst library, whose
    PDF is a preview; that an engine failed is a finding.

    Args:
        folder: Holds `latex/main.tex`, and `typst/main.typ` for the preview.
        engine: Which engine, or `none` for no PDF.
        pdf: Where the PDF goes; `folder/main.pdf` where None.
        timeout: Seconds after which an engine is stopped.

    Raises:
        RenderError: No engine could make a PDF; says what the last one said.
    """
    if engine == "none":
        return None, []
    target = folder / "main.pdf" if pdf is None else pdf
    findings: list[Finding] = []
    for name in _candidates(engine):
        made, told = _typst(folder) if name == "typst" else _tex(folder / "latex", name, timeout=timeout)
        findings += told
        if made is not None:
            put(target, made)
            return target, findings
    said = findings[-1].message if findings else f"{engine} is not installed"
    raise RenderError(f"{folder}: no PDF was made: {said}", mend="Set engine to auto, or to none for no PDF.")


def _candidates(engine: Engine) -> list[str]:
    if engine != "auto":
        return [engine] if engine == "typst" or shutil.which(engine) else []
    return [*(name for name in _COMMANDS if shutil.which(name)), "typst"]


def _tex(folder: Path, name: str, *, timeout: float) -> tuple[bytes | None, list[Finding]]:
    made = folder / "main.pdf"
    try:
        done = subprocess.run(
            _COMMANDS[name], cwd=folder, env=_environment(), timeout=timeout, check=False,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        )  # fmt: skip
    except (OSError, subprocess.TimeoutExpired) as error:
        return None, [_failed(name, str(error))]
    log = folder / "main.log"
    findings = read_log(log.read_text("utf-8", "replace")) if log.is_file() else []
    if done.returncode == 0 and made.is_file():
        return made.read_bytes(), findings
    errors = [finding.message for finding in findings if finding.kind == "latex-error"]
    said = errors[0] if errors else _last_words(done.stdout.decode("utf-8", "replace"))
    return None, [*findings, _failed(name, said)]


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
        "engine-failed", f"{engine} made no PDF: {said}", (), "Read the log in the folder of the paper."
    )


def _last_words(output: str) -> str:
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    return " / ".join(lines[-3:])[:400] or "it said nothing"
