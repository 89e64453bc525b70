"""One review of a built paper: every objection of every kind."""

import json
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from paperback.check.equations import check_equations
from paperback.check.files import check_files, check_outputs
from paperback.check.latex import check_latex
from paperback.check.ledger import entries_of
from paperback.check.numbers import check_numbers
from paperback.check.page import check_page
from paperback.check.pdf import check_pdf
from paperback.code import read_code
from paperback.finding import Finding
from paperback.paper.draft import read_table
from paperback.paper.ledger import finding_json
from paperback.paper.ledger_file import read_ledger
from paperback.settings import open_repository

Progress = Callable[[str, int, int], None]


@dataclass(frozen=True, slots=True)
class Review:
    """What a review found.

    Attributes:
        numbers: How many numbers were recomputed and compared.
        shown: What was looked at: `latex`, `html`, `pdf`.
        findings: The objections, numbers first, then files, then the runs themselves.
    """

    numbers: int
    shown: tuple[str, ...]
    findings: tuple[Finding, ...]

    def to_json(self) -> str:
        """The review for a program."""
        found: Mapping[str, Any] = {
            "numbers": self.numbers,
            "shown": list(self.shown),
            "findings": [finding_json(finding) for finding in self.findings],
        }
        return json.dumps(found, indent=1, ensure_ascii=False)

    def to_text(self) -> str:
        """The review for a terminal: every objection, and a last line that counts them."""
        lines = [_line(finding) for finding in self.findings]
        counts = Counter(finding.kind for finding in self.findings)
        kinds = ", ".join(f"{count} {kind}" for kind, count in counts.items()) or "nothing found"
        where = ", ".join(self.shown)
        return "\n".join([*lines, f"{self.numbers} numbers recomputed, compared in {where}: {kinds}"])


def check_paper(root: Path, *, folder: Path | None = None, progress: Progress | None = None) -> Review:
    """The objections to the paper of `root` in `folder` (default: `root/paper`).

    Every number of the ledger is recomputed from the logs and the code, and compared with what LaTeX, HTML
    and PDF show. Nothing is written.

    Raises:
        ReadError: There is no ledger, or no run.
        SettingsError: paperback.toml cannot be used.
    """
    out = folder or root / "paper"
    settings = open_repository(root)
    ledger = read_ledger(out)
    entries = entries_of(ledger)
    told = (lambda done, total: progress("runs", done, total)) if progress else None
    inventory = read_code(root, settings)
    table = read_table(root, settings, inventory, progress=told)
    shown = _shown(out)
    findings = [
        *check_numbers(entries, table, inventory),
        *check_latex(out / "latex", entries, frozenset(ledger["typed"]), root),
        *(check_page(out / "main.html", entries, "main.html") if "html" in shown else ()),
        *(check_pdf(out / "main.pdf", entries, "main.pdf") if "pdf" in shown else ()),
        *check_outputs(out),
        *check_equations(ledger["equations"], root, out, inventory),
        *check_files(ledger["files"], {**table.files, **inventory.files}),
        *table.findings,
    ]
    return Review(len(entries), shown, tuple(dict.fromkeys(findings)))


def _shown(out: Path) -> tuple[str, ...]:
    found = [("latex", "latex/main.tex"), ("html", "main.html"), ("pdf", "main.pdf")]
    return tuple(name for name, path in found if (out / path).is_file())


def _line(finding: Finding) -> str:
    return f"{finding.kind}: {finding.message}" + (f"\n    {finding.mend}" if finding.mend else "")
