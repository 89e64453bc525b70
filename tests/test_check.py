"""The check of a paper: silent on what was built, and naming each number that was changed since."""

import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from paperback.build import build_paper
from paperback.check import Review, check_paper
from paperback.check.latex import skeleton
from paperback.errors import ReadError

TOML = '[study]\nproposal = "ours"\nmetric = "accuracy"\n[metrics.accuracy]\npercent = true\n'
NOTES = "# T\n\n## M1 P\n\nWe take 17 steps, so ours has {value: accuracy, method=ours, dataset=wine}.\n"
Change = Callable[[Path], object]


@pytest.fixture(scope="module")
def built(study: Callable[..., Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = study(tmp_path_factory.mktemp("checked"), toml=TOML, history=True, files={"notes.md": NOTES})
    build_paper(root, engine="typst")
    return root


@pytest.fixture
def paper(built: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(built, tmp_path / "repo"))


def edit(path: Path, pattern: str, to: str) -> None:
    words = path.read_text(encoding="utf-8")
    changed, count = re.subn(pattern, to, words, count=1)
    assert count == 1, f"{path.name} does not hold {pattern}"
    path.write_text(changed, encoding="utf-8")


def test_a_paper_as_built_is_clean(built: Path) -> None:
    """LaTeX, page and PDF of a fresh paper show the ledger's numbers, and the logs still give them."""
    review = check_paper(built)
    assert review.findings == ()
    assert review.shown == ("latex", "html", "pdf")
    assert review.numbers == len(json.loads((built / "paper/evidence.json").read_text())["numbers"]) > 20
    assert (
        review.to_text()
        == f"{review.numbers} numbers recomputed, compared in latex, html, pdf: nothing found"
    )


def test_a_check_writes_nothing(
    paper: Path, fingerprint: Callable[[Path], dict[str, tuple[bytes, int]]]
) -> None:
    """Looking at a paper changes no file."""
    before = fingerprint(paper)
    check_paper(paper)
    assert fingerprint(paper) == before


EDITS: dict[str, tuple[Change, str, str]] = {
    "values.tex": (
        lambda paper: edit(paper / "latex/values.tex", r"(pbset\{[^}]*gain[^}]*\}\{\+)\d", r"\g<1>9"),
        "number-edited",
        r"paper/latex/values\.tex:\d+ \[.*\]: shows \+9.*, the ledger says \+.*: gain of test accuracy \(",
    ),
    "a table": (
        lambda paper: edit(paper / "latex/tables/main-results.tex", r"(ours\.value-\w+\}\{)\d", r"\g<1>1"),
        "number-edited",
        r"paper/latex/tables/main-results\.tex:\d+ .*: shows 1.*value of mean test accuracy \(.*method=ours",
    ),
    "a spread": (
        lambda paper: edit(paper / "latex/tables/main-results.tex", r"(mlp\.std-\w+\}\{)0", r"\g<1>3"),
        "number-edited",
        r"shows 3.*, the ledger says 0.*: std of mean test accuracy \(",
    ),
    "a typed digit": (
        lambda paper: edit(paper / "latex/main.tex", r"(\\begin\{document\})", r"\1 It gains 4.2 points."),
        "unbound-number",
        r"paper/latex/main\.tex:\d+: the number 4\.2 is in no notes and bound to no evidence",
    ),
    "a typed digit in math": (
        lambda paper: edit(paper / "latex/main.tex", r"(\\begin\{document\})", r"\1 It gains $4.2$ points."),
        "unbound-number",
        r"the number 4\.2 is",
    ),
    "an unknown name": (
        lambda paper: edit(paper / "latex/values.tex", r"pbset\{alpha-", "pbset{beta-"),
        "number-unknown",
        r"values\.tex:\d+ \[beta-.*names no number of the ledger",
    ),
    "an undefined name": (
        lambda paper: edit(paper / "latex/main.tex", r"(\\begin\{document\})", r"\1 \\pbvalue{nosuch}"),
        "number-undefined",
        "main.tex uses nosuch, which values.tex does not set",
    ),
    "the page": (
        lambda paper: edit(
            paper / "main.html", r'(<a class="?n"? href="#e:[^"]*ours\.value[^"]*"[^>]*>)\d', r"\g<1>1"
        ),
        "number-edited",
        r"main\.html:\d+ \[.*ours\.value.*\]: shows 1.*, the ledger says .*: value of mean test accuracy",
    ),
    "no LaTeX": (
        lambda paper: (paper / "latex/main.tex").unlink(),
        "latex-missing",
        r"main\.tex is missing",
    ),
    "a damaged PDF": (
        lambda paper: (paper / "main.pdf").write_bytes(b"%PDF-1.7 no"),
        "unreadable-pdf",
        r"^main\.pdf: ",
    ),
}


@pytest.mark.parametrize("case", EDITS)
def test_an_edit_is_named(case: str, paper: Path) -> None:
    """Each number that was changed in the paper is a finding with its place and its address."""
    change, kind, message = EDITS[case]
    change(paper / "paper")
    found = [finding for finding in check_paper(paper).findings if finding.kind == kind]
    assert found, [finding.message for finding in check_paper(paper).findings]
    assert re.search(message, found[0].message), found[0].message


def test_the_pdf_of_another_paper_is_told(paper: Path, study: Callable[..., Path], tmp_path: Path) -> None:
    """A PDF that does not show a number of the ledger is a finding with the number's address."""
    other = study(tmp_path / "other", toml=TOML, value=lambda m, d, s: 0.3 + len(m + d) / 100 + s / 300)
    build_paper(other, engine="typst")
    shutil.copy(other / "paper/main.pdf", paper / "paper/main.pdf")
    kinds = {(f.kind, "value of mean test accuracy" in f.message) for f in check_paper(paper).findings}
    assert ("number-not-shown", True) in kinds


def told(root: Path, kind: str) -> list[str]:
    return [finding.message for finding in check_paper(root).findings if finding.kind == kind]


def test_an_altered_log_names_its_numbers(paper: Path) -> None:
    """A changed log is told by its path, and each number that came from it by its address."""
    edit(paper / "runs/run-100.json", r'"accuracy": 0\.\d', '"accuracy": 0.1')
    assert told(paper, "file-changed") == ["runs/run-100.json has changed since the paper was built"]
    numbers = told(paper, "number-changed")
    assert any("value of mean test accuracy (dataset=adult, method=ours)" in each for each in numbers)
    assert not any("(dataset=wine, method=mlp)" in each for each in numbers)


def test_a_deleted_log_names_its_numbers(paper: Path) -> None:
    """A deleted log is told by its path, and the mean that it was part of by its address."""
    (paper / "runs/run-100.json").unlink()
    assert told(paper, "file-gone")[0].startswith("runs/run-100.json was read for the paper and is not there")
    assert any("runs" in each for each in told(paper, "number-changed"))


def test_a_new_log_is_told(paper: Path) -> None:
    """A run that the paper does not know is told by its path."""
    log = json.loads((paper / "runs/run-100.json").read_text())
    log["config"]["seed"] = 9
    (paper / "runs/run-999.json").write_text(json.dumps(log))
    assert told(paper, "file-new") == ["runs/run-999.json is not in the paper"]


def test_a_data_set_that_is_gone_takes_its_numbers_along(paper: Path) -> None:
    """A number that can no longer be computed is told with the reason and its address."""
    for path in (paper / "runs").iterdir():
        if '"wine"' in path.read_text():
            path.unlink()
    assert any("(dataset=wine, method=ours)" in each for each in told(paper, "number-without-evidence"))


def test_changed_code_changes_its_numbers(paper: Path) -> None:
    """The number of source lines is recomputed too."""
    (paper / "net.py").write_text((paper / "net.py").read_text() + "\n\nWIDTH = 8\n")
    assert told(paper, "file-changed") == ["net.py has changed since the paper was built"]
    assert any(
        each.startswith("12 [lines") or "lines of code" in each for each in told(paper, "number-changed")
    )


def test_a_paper_that_was_not_built(study: Callable[..., Path], tmp_path: Path) -> None:
    """Without a ledger there is nothing to check, and the error says what to do."""
    with pytest.raises(
        ReadError, match=r"evidence\.json is missing\n  Build the paper first: paperback build"
    ):
        check_paper(study(tmp_path))


@pytest.mark.parametrize(
    ("ledger", "said"),
    [
        ("{", "is not readable"),
        ("[]", "is not a ledger of format 1"),
        ('{"format": 99}', "is not a ledger of format 1"),
        ('{"format": 1, "numbers": [{"id": "a"}]}', "is damaged"),
        ('{"format": 1}', "is damaged"),
        ('{"format": 1, "numbers": []}', "is damaged"),
    ],
)
def test_a_damaged_ledger(paper: Path, ledger: str, said: str) -> None:
    """A ledger that lacks a part is one error with a mend."""
    (paper / "paper/evidence.json").write_text(ledger)
    with pytest.raises(ReadError, match=said) as caught:
        check_paper(paper)
    assert caught.value.mend == "Build the paper again."


@pytest.mark.parametrize(
    ("one", "other"),
    [("95\\%", "95%"), ("$-$1.2", "−1.2"), (r"<~0.001", "< 0.001"), (r"2\times 10^{-5}", "2×10⁻⁵")],
)
def test_one_number_in_two_markups(one: str, other: str) -> None:
    """LaTeX and Unicode prints of one number are the same to the check."""
    assert skeleton(one) == skeleton(other)


@pytest.mark.parametrize(("one", "other"), [("1.2", "-1.2"), ("1.2", "12"), ("<0.001", "0.001"), ("5%", "5")])
def test_two_numbers_stay_two(one: str, other: str) -> None:
    """Sign, point, bound and percent count."""
    assert skeleton(one) != skeleton(other)


def test_the_review_for_a_program(paper: Path) -> None:
    """The JSON of a review holds what its text holds."""
    (paper / "runs/run-100.json").unlink()
    review: Review = check_paper(paper)
    found = json.loads(review.to_json())
    assert (found["numbers"], found["shown"]) == (review.numbers, ["latex", "html", "pdf"])
    assert [each["message"] for each in found["findings"]] == [each.message for each in review.findings]
    assert all(each["message"] in review.to_text() for each in found["findings"])
