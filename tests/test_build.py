"""The whole journey on a tiny repository: what is written, and when it is written again."""

import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from paperback.build import build_paper, paper_status
from paperback.check import check_paper
from paperback.code import read_code
from paperback.evidence import Recipe, recompute
from paperback.paper.facts import recompute_code
from paperback.paper.ledger import NUMERAL
from paperback.report import plan_lines
from paperback.runs import read_runs
from paperback.settings import open_repository

Files = dict[str, tuple[bytes, int]]

NOTES = r"""---
authors: [Ada Example]
---
# A title with *marks*

## M1 Problem
Row $i$ has *features* $x_i$ and a **target** [@knuth84], see `net.py` and [a page](https://example.org/a_b).

- one
- two

1. first
2. second

## E6 Discussion
Ours reaches {value: accuracy, method=ours, dataset=wine} after 12 tries, and {value: nosuch} is unknown.

## Thoughts
Lost.

## Equations

### Loss (net.py:Net)
$$ \mathcal{L} = \frac{1}{n} \sum_i x_i $$
where $n$ counts rows [@missing].
"""
BIB = "@book{knuth84, author = {Knuth, Donald E.}, title = {The book}, year = 1984, publisher = {AW}}\n"
TOML = '[study]\nproposal = "ours"\nmetric = "accuracy"\n[metrics.accuracy]\npercent = true\n'


@pytest.fixture(scope="module")
def root(study: Callable[..., Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = study(
        tmp_path_factory.mktemp("built") / "my-study",
        toml=TOML,
        history=True,
        files={"notes.md": NOTES, "references.bib": BIB, "readme.txt": "hello"},
    )
    made = build_paper(folder, engine="none")
    assert (made.fresh, made.engine, made.pdf, made.kept) == (True, "", None, ())
    return folder


@pytest.fixture(scope="module")
def plain(study: Callable[..., Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    files = {"notes.md": "# T\n", "references.bib": BIB, "data/big.bin": "x"}
    folder = study(tmp_path_factory.mktemp("plain") / "repo", seeds=3, files=files)
    build_paper(folder, engine="none")
    return folder


@pytest.fixture
def repo(plain: Path, tmp_path: Path) -> Path:
    """A repository of one's own with the paper just built."""
    return Path(shutil.copytree(plain, tmp_path / "repo"))


def ledger_of(root: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((root / "paper/evidence.json").read_text(encoding="utf-8"))
    return found


def test_the_promised_files_are_there(root: Path) -> None:
    """A build leaves LaTeX, page, Typst, ledger and questions in `paper`, and nothing else there."""
    found = {
        path.relative_to(root / "paper").as_posix() for path in (root / "paper").rglob("*") if path.is_file()
    }
    assert found == {
        ".build.json",
        "evidence.json",
        "questions.md",
        "main.html",
        "latex/main.tex",
        "latex/values.tex",
        "latex/references.bib",
        *(f"latex/figures/{key}.pdf" for key in ("architecture", "runs", "learning-curves")),
        *(f"latex/tables/{key}.tex" for key in ("components", "main-results", "comparison")),
        *(each for each in found if each.startswith(("typst/", ".cache/"))),
    }
    assert {"typst/main.typ"} <= found


def test_the_findings_name_what_the_notes_got_wrong(root: Path) -> None:
    """A value without runs, a citation without entry and a heading without item are told."""
    found = {(f["kind"], f["message"]) for f in ledger_of(root)["findings"]}
    kinds = {kind for kind, _ in found}
    assert {"unresolved-value", "unknown-citation", "note-without-item"} <= kinds
    assert ("unknown-citation", "notes.md cites 'missing', which references.bib does not hold") in found
    assert any(message.startswith("notes.md:16: ") for kind, message in found if kind == "unresolved-value")


def test_the_ledger_recomputes(root: Path) -> None:
    """Every number of evidence.json is computed again from its recipe, to the last digit."""
    settings = open_repository(root)
    table, inventory = read_runs(root, settings), read_code(root, settings)
    numbers = ledger_of(root)["numbers"]
    assert len(numbers) > 20
    for each in numbers:
        recipe = Recipe(each["recipe"]["kind"], each["recipe"]["field"], each["recipe"]["arguments"])
        again = recompute_code(recipe, inventory) if recipe.kind == "code" else recompute(recipe, table)
        assert again == each["value"], each["id"]


def test_every_number_in_latex_is_in_the_ledger(root: Path) -> None:
    """Each macro names a number of the ledger, and shows one of its printed texts."""
    numbers = {each["id"]: each["printed"] for each in ledger_of(root)["numbers"]}
    used = set()
    for path in (root / "paper/latex").rglob("*.tex"):
        used |= set(re.findall(r"\\pb(?:num|set)\{([^{}:]*)", path.read_text(encoding="utf-8")))
    assert used == set(numbers)
    values = (root / "paper/latex/values.tex").read_text(encoding="utf-8")
    shown = set(
        re.findall(r"\\pbvalue\{([^{}]*)\}", (root / "paper/latex/main.tex").read_text(encoding="utf-8"))
    )
    assert shown == set(re.findall(r"\\pbset\{([^{}]*)\}", values))


def test_the_sources_of_a_number_are_files(root: Path) -> None:
    """The ledger names for each number the files that it came from, and each is there."""
    ledger = ledger_of(root)
    sources: dict[str, list[str]] = ledger["sources"]
    for each in ledger["numbers"]:
        for place in sources[each["sources"]]:
            assert (root / re.split(r"[:\[]", place)[0].strip()).is_file(), place
    mean = next(
        n
        for n in ledger["numbers"]
        if n["recipe"]["arguments"].get("where") == {"dataset": "wine", "method": "ours"}
    )
    assert len(sources[mean["sources"]]) == 4


def test_typed_numerals_are_known(root: Path) -> None:
    """A number that the author typed is in the ledger's list of typed ones."""
    assert "12" in ledger_of(root)["typed"]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("rises to 81.2 of 10,000", ["81.2", "10,000"]),
        ("ResNet50, CIFAR-10, x2, 3D, v1.2.3", []),
        ("by −0.5 or +3", ["−0.5", "+3"]),
        ("(5)", ["5"]),
        ("ends with 5.", ["5"]),
        ("2020-01-01", []),
    ],
)
def test_what_a_numeral_is(text: str, found: list[str]) -> None:
    """A part of a name is no number; a sign belongs to one, a full stop does not."""
    assert NUMERAL.findall(text) == found


def test_nothing_changed_nothing_written(root: Path, fingerprint: Callable[[Path], Files]) -> None:
    """A second build is not fresh, writes no file and gives the same ledger."""
    before = fingerprint(root)
    made = build_paper(root, engine="none")
    assert (made.fresh, made.kept) == (False, ())
    assert made.ledger == ledger_of(root)
    assert fingerprint(root) == before


def test_equal_inputs_give_equal_bytes(root: Path, tmp_path: Path) -> None:
    """A build into another folder writes the same bytes, ledger, LaTeX, figures and page alike."""
    build_paper(root, engine="none", folder=tmp_path / "again")
    for path in (root / "paper").rglob("*"):
        if path.is_file() and path.name != ".build.json" and ".cache" not in path.parts:
            other = tmp_path / "again" / path.relative_to(root / "paper")
            assert other.read_bytes() == path.read_bytes(), path.name


def test_another_folder_inside_the_repository(repo: Path) -> None:
    """A paper written elsewhere inside the repository is not read back as an input."""
    assert build_paper(repo, engine="none", folder=repo / "out").fresh
    assert not build_paper(repo, engine="none", folder=repo / "out").fresh


def rewrite(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


CHANGES: dict[str, Callable[[Path], object]] = {
    "a log": lambda repo: rewrite(repo / "runs/run-100.json", '"accuracy": 0.', '"accuracy": 0.1'),
    "a digit of a log": lambda repo: rewrite(repo / "runs/run-100.json", '"seed": 0', '"seed": 7'),
    "a new log": lambda repo: (repo / "runs/run-999.json").write_text(
        (repo / "runs/run-100.json").read_text().replace('"seed": 0', '"seed": 9')
    ),
    "a log less": lambda repo: (repo / "runs/run-100.json").unlink(),
    "notes": lambda repo: rewrite(repo / "notes.md", "# T", "# U"),
    "no notes": lambda repo: (repo / "notes.md").unlink(),
    "settings": lambda repo: rewrite(repo / "paperback.toml", "ours", "mlp"),
    "no settings": lambda repo: (repo / "paperback.toml").unlink(),
    "bibliography": lambda repo: rewrite(repo / "references.bib", "1984", "1985"),
    "code": lambda repo: rewrite(repo / "net.py", "8", "9"),
    "new code": lambda repo: (repo / "more.py").write_text("x = 1\n"),
    "another file grows": lambda repo: rewrite(repo / "data/big.bin", "x", "xx"),
    "an output": lambda repo: rewrite(repo / "paper/main.html", "<", "< "),
    "an output less": lambda repo: (repo / "paper/latex/main.tex").unlink(),
    "a damaged stamp": lambda repo: (repo / "paper/.build.json").write_text("{"),
}


@pytest.mark.parametrize("change", CHANGES)
def test_a_change_is_built(change: str, repo: Path) -> None:
    """Any change of an input or output makes the next build a fresh one, and the one after it none."""
    CHANGES[change](repo)
    assert build_paper(repo, engine="none").fresh
    assert not [f for f in check_paper(repo).findings if f.kind.startswith(("number", "unbound", "file"))]
    assert not build_paper(repo, engine="none").fresh


def test_notes_that_appear_are_built(study: Callable[..., Path], tmp_path: Path) -> None:
    """Notes and a bibliography that the last build did not find make the next one fresh."""
    repo = study(tmp_path)
    build_paper(repo, engine="none")
    (repo / "notes.md").write_text("# Late title\n")
    assert build_paper(repo, engine="none").ledger["title"] == "Late title"
    (repo / "references.bib").write_text(BIB)
    assert build_paper(repo, engine="none").fresh


@pytest.mark.parametrize(
    "place", ["../outside.md", "paper/mine.md", ".hidden/notes.md", "{absolute}/outside.md"]
)
def test_notes_may_lie_anywhere(place: str, study: Callable[..., Path], tmp_path: Path) -> None:
    """Notes outside the repository, or beside the outputs, are inputs like all others."""
    place = place.format(absolute=tmp_path)
    repo = study(tmp_path / "repo", toml=f"[paper]\nnotes = '{place}'\n")
    notes = repo / place
    notes.parent.mkdir(exist_ok=True)
    notes.write_text("# One\n")
    assert build_paper(repo, engine="none").ledger["title"] == "One"
    assert not build_paper(repo, engine="none").fresh
    notes.write_text("# Two\n")
    assert build_paper(repo, engine="none").ledger["title"] == "Two"


def test_an_editor_s_lock_is_no_output(repo: Path) -> None:
    """A link that leads nowhere, as editors leave them beside an open file, stops no build."""
    (repo / "paper/latex/.#main.tex").symlink_to("me@host.123")
    (repo / ".#net.py").symlink_to("me@host.123")
    assert build_paper(repo, engine="none").fresh
    assert not build_paper(repo, engine="none").fresh


def test_a_touched_file_is_no_change(repo: Path) -> None:
    """Content decides, not the time of the file."""
    for path in (repo / "runs").iterdir():
        path.touch()
    assert not build_paper(repo, engine="none").fresh


def test_another_engine_is_another_build(repo: Path) -> None:
    """A build with another engine makes the PDF that the last one did not."""
    made = build_paper(repo, engine="typst")
    assert (made.fresh, made.engine, made.pdf) == (True, "typst", repo / "paper/main.pdf")
    assert (repo / "paper/main.pdf").read_bytes().startswith(b"%PDF")
    again = build_paper(repo, engine="typst")
    assert (again.fresh, again.engine, again.pdf) == (False, "typst", repo / "paper/main.pdf")


def test_an_edited_output_is_kept(repo: Path) -> None:
    """What the author wrote into main.tex stands in `kept` afterwards, and main.tex is ours again."""
    main = repo / "paper/latex/main.tex"
    ours = main.read_text(encoding="utf-8")
    edited = ours.replace(r"\end{document}", "Mine.\n\\end{document}")
    main.write_text(edited, encoding="utf-8")
    made = build_paper(repo, engine="none")
    assert made.kept == (repo / "paper/kept/latex/main.tex",)
    assert made.kept[0].read_text(encoding="utf-8") == edited
    assert main.read_text(encoding="utf-8") == ours
    assert build_paper(repo, engine="none").kept == ()


def test_a_new_log_changes_the_ledger(repo: Path) -> None:
    """One more run is one more in the number of runs."""
    before = {n["id"]: n["value"] for n in ledger_of(repo)["numbers"]}
    CHANGES["a new log"](repo)
    build_paper(repo, engine="none")
    after = {n["id"]: n["value"] for n in ledger_of(repo)["numbers"]}
    runs = next(name for name in before if name.startswith("runs-"))
    assert (before[runs], after[runs]) == (12, 13)


def test_progress_is_told(study: Callable[..., Path], tmp_path: Path) -> None:
    """Long work tells its steps in their order, and none goes beyond its total."""
    told: list[tuple[str, int, int]] = []
    build_paper(study(tmp_path), engine="none", progress=lambda *step: told.append(step))
    assert list(dict.fromkeys(step for step, _, _ in told)) == [
        "code",
        "runs",
        "evidence",
        "equations",
        "write",
        "pdf",
    ]
    assert all(0 <= done <= total for _, done, total in told)


def test_status_writes_nothing(root: Path, fingerprint: Callable[[Path], Files]) -> None:
    """The status of a paper is told without touching a file."""
    before = fingerprint(root)
    found = paper_status(root)
    assert fingerprint(root) == before
    assert [claim["method"] for claim in found["claims"]] == ["ours"]
    assert {item["item"]: item["state"] for item in found["outline"]}["M1"] == "written"


def test_a_repository_without_method_has_no_claim(study: Callable[..., Path], tmp_path: Path) -> None:
    """Where no proposal is declared nothing is claimed, and the status says why."""
    found = paper_status(study(tmp_path, toml=""))
    assert found["claims"] == []
    assert found["missing_claims"] == "the proposed method is not declared, and it is never guessed"


def test_the_plan_of_graphs_is_told(root: Path) -> None:
    """evidence.json names every graph with the reason for it or against it, and the report prints them."""
    ledger = json.loads((root / "paper/evidence.json").read_text())
    shown = {each["key"] for each in ledger["plan"] if each["shown"]}
    assert shown <= {each["key"] for each in ledger["shown"]}
    assert shown == {"runs", "learning-curves"}
    lines = plan_lines(ledger["plan"])
    assert [line.split(":")[0] for line in lines[:2]] == ["figure runs", "figure learning-curves"]
    assert all(each["why"] for each in ledger["plan"])
    assert sum(line.startswith("no figure") for line in lines) == len(lines) - 2
