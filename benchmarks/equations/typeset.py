"""Widths of equations as LaTeX sets them, all measured in one document."""

import re
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path

HEAD = r"""\documentclass{article}
\usepackage{amsmath,amssymb}
\newsavebox{\measured}
\begin{document}
"""
SECONDS = 120


def widths(lines: Sequence[str], program: str = "pdflatex") -> list[float | None]:
    """Points that each line takes in display style at ten points; None where LaTeX refuses it.

    Args:
        lines: Mathematics without dollars.
        program: A LaTeX engine.

    Raises:
        OSError: There is no such engine.
    """
    body = "\n".join(_measured(at, line) for at, line in enumerate(lines))
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "lines.tex").write_text(f"{HEAD}{body}\n\\end{{document}}\n")
        command = [program, "-interaction=nonstopmode", "-draftmode", "lines.tex"]
        done = subprocess.run(
            command,
            cwd=folder,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=SECONDS,
            check=False,
        )
    found: list[float | None] = [None] * len(lines)
    for part in done.stdout.split("LINE ")[1:]:
        at = int(re.match(r"\d+", part).group())  # type: ignore[union-attr]
        width = re.search(rf"WIDTH {at} ([\d.]+)pt", part)
        if width is not None and "\n! " not in part:
            found[at] = float(width.group(1))
    return found


def _measured(at: int, line: str) -> str:
    box = rf"\sbox{{\measured}}{{$\displaystyle {line}$}}"
    return rf"\typeout{{LINE {at}}}{box}\typeout{{WIDTH {at} \the\wd\measured}}"
