"""Code without runs makes a draft: what the code confirms, and nothing that a run would have to show."""

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from paperback.build import build_paper, paper_status
from paperback.check import check_paper
from paperback.cli import main
from paperback.errors import NoRunError
from test_paper_sections import LEVEL_TWO

CLAIM = '[[claims]]\nkind = "{}"\nmethod = "ours"\nover = "mlp"\n'


@pytest.fixture
def code(tmp_path: Path) -> Path:
    (tmp_path / "net.py").write_text(LEVEL_TWO)
    return tmp_path


def ledger_of(root: Path) -> dict[str, Any]:
    ledger: dict[str, Any] = json.loads((root / "paper/evidence.json").read_text())
    return ledger


def test_code_alone_makes_a_draft(code: Path) -> None:
    """Method and procedure are written, evidence is asked or missing, and a finding says so loudly."""
    made = build_paper(code, engine="none")
    states = {item: found["state"] for item, found in made.ledger["outline"].items()}
    assert [states[item] for item in ("M6", "L1", "L2b", "L2c", "L2d")] == ["written"] * 5
    open_items = ("S1", "S2", "S3", "E1", "E2", "E3", "E4", "E5", "E6", "C6", "C7", "A6")
    assert "written" not in {states[item] for item in open_items}
    assert next(finding["kind"] for finding in made.ledger["findings"]) == "no-runs"
    assert made.ledger["claims"] == []
    assert {number["recipe"]["kind"] for number in made.ledger["numbers"]} == {"code"}
    page = (code / "paper/main.html").read_text()
    assert "No run was read" in page
    assert "seed" not in page.split("<body")[1].split("Evidence")[0].lower()


@pytest.mark.parametrize("kind", ["better", "best of", "equivalent", "scales as", "reaches with fewer steps"])
def test_a_claim_of_a_draft_is_untested(kind: str, code: Path) -> None:
    """Whatever is declared, its verdict is that nothing was run."""
    more = {"equivalent": "margin = 0.1\n", "scales as": 'size = "n"\n'}.get(kind, "")
    more = "threshold = 0.9\n" if kind.startswith("reaches") else more
    (code / "paperback.toml").write_text(CLAIM.format(kind) + more)
    (claim,) = build_paper(code, engine="none").ledger["claims"]
    assert (claim["verdict"], claim["reason"], claim["gain"]) == ("untested", "there is no run", None)
    assert paper_status(code)["claims"][0]["verdict"] == "untested"


def test_a_draft_can_be_checked(code: Path) -> None:
    """The numbers of a draft are those of the code, and the review says again that nothing was run."""
    build_paper(code, engine="none")
    review = check_paper(code)
    assert [finding.kind for finding in review.findings] == ["no-runs"]


def test_runs_make_a_paper_of_a_draft(code: Path) -> None:
    """A log that appears is seen by the next build."""
    build_paper(code, engine="none")
    log = {"config": {"method": "ours", "seed": 0}, "metrics": {"test": {"accuracy": 0.5}}}
    (code / "run.json").write_text(json.dumps(log))
    made = build_paper(code, engine="none")
    assert made.fresh
    assert "no-runs" not in {finding["kind"] for finding in made.ledger["findings"]}


@pytest.mark.parametrize(
    ("files", "toml"),
    [
        ({"tool.py": "print(1)\n"}, ""),
        ({"net.py": LEVEL_TWO}, '[runs]\npaths = ["logs/{method}/{seed}.json"]\n'),
    ],
    ids=["no model", "logs that are named and not there"],
)
def test_nothing_to_write_of_is_an_error(files: dict[str, str], toml: str, tmp_path: Path) -> None:
    """Code without a model carries no paper, and where logs are named their absence is the author's slip."""
    for name, text in files.items():
        (tmp_path / name).write_text(text)
    (tmp_path / "paperback.toml").write_text(toml)
    with pytest.raises(NoRunError, match="no run log below"):
        build_paper(tmp_path, engine="none")
    assert not (tmp_path / "paper").exists()


def test_the_command_says_that_it_is_a_draft(code: Path) -> None:
    """Who only reads the terminal learns that nothing was measured."""
    result = CliRunner().invoke(main, ["build", str(code), "--pdf", "none"])
    assert result.exit_code == 0
    assert "no-runs: no run log was found, so the paper is a draft" in result.output
