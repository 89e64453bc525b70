"""The whole journey: a repository goes in, a paper comes out."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from paperback.errors import SettingsError
from paperback.finding import Finding
from paperback.freshness import CACHE, Stamp, last_stamp, make_stamp, still_fresh, write_stamp
from paperback.paper.ledger_file import FILE as LEDGER
from paperback.paper.ledger_file import read_ledger, write_ledger
from paperback.settings import PdfEngine, Settings, open_repository
from paperback.version import VERSION

# An unchanged paper must be known at once, so the rooms are entered where they are needed.
if TYPE_CHECKING:
    from paperback.claims import Verdict
    from paperback.paper.document import Document
    from paperback.paper.material import Material
    from paperback.paper.write import Paper
    from paperback.runs import RunTable

Progress = Callable[[str, int, int], None]
FOLDER = "paper"


@dataclass(frozen=True, slots=True)
class Build:
    """What a build left in its folder.

    Attributes:
        folder: The folder it wrote.
        pdf: The PDF; None when none was asked for.
        engine: What made the PDF: `latexmk`, `tectonic`, `typst` or empty.
        fresh: Whether it was written now; False when nothing had changed since the last build.
        kept: Copies of files that the author had edited in the folder.
        ledger: evidence.json as JSON values.
        findings: What was noticed while making the PDF, besides the findings in the ledger.
    """

    folder: Path
    pdf: Path | None
    engine: str
    fresh: bool
    kept: tuple[Path, ...]
    ledger: dict[str, Any]
    findings: tuple[Finding, ...]


def build_paper(
    root: Path,
    *,
    engine: PdfEngine = "auto",
    folder: Path | None = None,
    force: bool = False,
    progress: Progress | None = None,
) -> Build:
    """The paper of the repository `root`, written into `folder` (default: `root/paper`).

    Nothing of the repository is imported or run. When neither an input nor an output has changed since the
    last build, nothing is written, unless `force` is set. A file in `folder` that the author edited is kept
    beside the new one.

    Raises:
        ReadError: `root` is no folder, or holds neither a run nor a model; code alone makes a draft.
        SettingsError: paperback.toml cannot be used.
        EvidenceError: No run has a metric.
        RenderError: A file could not be written, or no engine could make the PDF.
    """
    step = progress or (lambda *_: None)
    settings = open_repository(root)
    out = folder or root / FOLDER
    _check_folder(root, out)
    previous = last_stamp(out)
    fresh = previous is not None and not force and still_fresh(previous, root, out, engine)
    if previous is not None and fresh and _same_base(previous, root, settings):
        return _unchanged(out, previous)
    from paperback.paper.write import write_paper
    from paperback.render import keep_edits, make_pdf

    # A repository without a run must not be left with an empty folder.
    material = gather(root, settings, step, cache=out / CACHE if out.is_dir() else None)
    step("write", 0, 1)
    paper = write_paper(material)
    kept = keep_edits(out, previous.outputs if previous else {})
    ledger = _write(paper, material, out)
    _clear(out, previous.outputs if previous else {}, paper.document)
    step("pdf", 0, 1)
    made = make_pdf(out, engine)
    stamp = make_stamp(root, out, engine, made.engine, _read(material), material.inventory.base)
    write_stamp(out, stamp)
    step("pdf", 1, 1)
    return Build(out, made.path, made.engine, True, kept, ledger, tuple(made.findings))


def _check_folder(root: Path, out: Path) -> None:
    if root.resolve().is_relative_to(out.resolve()):
        raise SettingsError(
            f"the paper cannot be written over the repository: {out}", mend="Name a folder of its own."
        )


def _same_base(stamp: Stamp, root: Path, settings: Settings) -> bool:
    """Whether the revision that the code is compared with is still the same commit; a branch moves."""
    if not settings.code_base:
        return not stamp.base
    from paperback.code.revision import find_revision

    return find_revision(root, settings.code_base).commit == stamp.base


def paper_status(root: Path, *, progress: Progress | None = None) -> dict[str, Any]:
    """Where the paper of `root` stands, as JSON values: each outline item, each claim, and what was noticed.

    Nothing is written. Raises as `build_paper` does.
    """
    from paperback.claims import missing_claims
    from paperback.paper.ledger import finding_json, told
    from paperback.paper.questions import outline_state
    from paperback.paper.write import write_paper

    material = gather(root, open_repository(root), progress)
    paper = write_paper(material)
    return {
        "outline": [
            {
                "item": state.item.id,
                "title": state.item.title,
                "state": state.state,
                "by": state.by,
                "question": state.item.question if state.state == "asked" else "",
                "reason": state.reason,
            }
            for state in outline_state(paper.answers)
        ],
        "claims": _claims_json(material.verdicts, material.table),
        "missing_claims": missing_claims(material.table, material.settings),
        "findings": [finding_json(finding) for finding in told(paper, material)],
    }


def claims_status(root: Path, *, progress: Progress | None = None) -> dict[str, Any]:
    """Where the claims of `root` stand, as JSON values: verdict, numbers, what is missing, how much decides.

    Only the logs are read, and nothing is written. Raises as `build_paper` does.
    """
    from paperback.claims import missing_claims, state_claims
    from paperback.evidence import state_study
    from paperback.runs import read_runs

    step = progress or (lambda *_: None)
    settings = open_repository(root)
    table = read_runs(root, settings, progress=lambda done, total: step("runs", done, total))
    step("evidence", 0, 1)
    study = state_study(table, settings)
    verdicts = state_claims(table, settings, metric=study.metric.name, split=study.split)
    return {
        "claims": _claims_json(verdicts, table),
        "missing_claims": missing_claims(table, settings),
    }


def _claims_json(verdicts: "Sequence[Verdict]", table: "RunTable") -> list[dict[str, Any]]:
    from paperback.claims import missing_evidence
    from paperback.paper.ledger import claim_json

    return [
        claim_json(verdict) | {"missing": [missing.words for missing in missing_evidence(verdict, table)]}
        for verdict in verdicts
    ]


def gather(
    root: Path, settings: Settings, progress: Progress | None = None, *, cache: Path | None = None
) -> "Material":
    """All that the paper of `root` is written from; logs that did not change are taken from `cache`."""
    from paperback.claims import state_claims
    from paperback.code import read_code
    from paperback.code.stated import state_equations
    from paperback.evidence import state_study
    from paperback.literature import read_bibliography
    from paperback.notes import read_notes
    from paperback.paper.draft import read_table
    from paperback.paper.material import Material
    from paperback.story import arrange
    from paperback.story.symbols import one_meaning

    step = progress or (lambda *_: None)
    step("code", 0, 1)
    inventory = read_code(root, settings)
    told = partial(step, "runs")
    table = read_table(root, settings, inventory, progress=told, cache=cache)
    step("evidence", 0, 1)
    study = state_study(table, settings)
    verdicts = state_claims(table, settings, metric=study.metric.name, split=study.split)
    notes = read_notes(root / settings.notes, root)
    step("equations", 0, 1)
    named = tuple(equation.place for equation in notes.equations if equation.place)
    return Material(
        name=root.resolve().name,
        settings=settings,
        inventory=inventory,
        table=table,
        study=study,
        verdicts=verdicts,
        story=arrange(table, study, settings),
        notes=notes,
        bibliography=read_bibliography(root / settings.bibliography, root),
        equations=one_meaning(state_equations(root, inventory, inventory.checked, named)),
    )


def _write(paper: "Paper", material: "Material", out: Path) -> dict[str, Any]:
    from paperback.paper.ledger import make_ledger, told
    from paperback.paper.questions import outline_state, questions_page
    from paperback.render import put, write_html, write_latex, write_typst

    document, states = paper.document, outline_state(paper.answers)
    noticed = [
        *write_latex(document, out / "latex"),
        *write_html(document, out / "main.html"),
        *write_typst(document, out / "typst"),
    ]
    ledger = make_ledger(paper, material, states, findings=told(paper, material, noticed), version=VERSION)
    put(out / LEDGER, write_ledger(ledger))
    put(out / "questions.md", questions_page(states, material.settings.notes))
    return ledger


def _clear(out: Path, written: Iterable[str], document: "Document") -> None:
    """Takes away the tables and figures of the last build that this paper shows no more."""
    from paperback.paper.printed import float_keys
    from paperback.render.folder import safe_name

    shown = {safe_name(key) for key in float_keys(document)}
    for path in (out / name for name in written):
        is_ours = path.parent.name in ("tables", "figures") and path.resolve().is_relative_to(out.resolve())
        if is_ours and path.stem not in shown:
            path.unlink(missing_ok=True)


def _read(material: "Material") -> dict[str, str]:
    """Every file that was read, with its digest."""
    own = {
        material.settings.notes: material.notes.digest,
        material.settings.bibliography: material.bibliography.digest,
    }
    read = {path: hashed for path, hashed in own.items() if hashed}
    from paperback.code.record import FILE as RECORD

    # The stamp tells a file that is no input by its size alone, and a verdict may change without that.
    record = {RECORD: ""} if material.inventory.checked else {}
    return {**material.table.files, **material.inventory.files, **read, **record}


def _unchanged(out: Path, stamp: Stamp) -> Build:
    pdf = out / "main.pdf"
    ledger = read_ledger(out)
    return Build(out, pdf if stamp.made_by else None, stamp.made_by, False, (), ledger, ())
