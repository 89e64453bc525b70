"""`paperback init`: what was inferred, as a paperback.toml that means the same when it is read back."""

import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest

from paperback.build import build_paper
from paperback.errors import ReadError, SettingsError
from paperback.proposal import propose_settings, write_proposal
from paperback.settings import open_repository


def test_the_proposal_is_read_back(study: Callable[..., Path], tmp_path: Path) -> None:
    """What is proposed is a valid paperback.toml that states the roles, the metric and the names found."""
    root = study(tmp_path)
    proposal = propose_settings(root)
    (root / "paperback.toml").unlink()
    assert write_proposal(root, proposal, force=False) == root / "paperback.toml"
    settings = open_repository(root)
    assert settings.roles == {"method": "config.method", "dataset": "config.dataset", "seed": "config.seed"}
    assert (settings.metric, settings.split, settings.proposal) == ("accuracy", "test", "ours")
    assert settings.baselines == ("mlp",)
    assert settings.names == {
        "method": {"mlp": "mlp", "ours": "ours"},
        "dataset": {"adult": "adult", "wine": "wine"},
    }
    assert settings.metrics["accuracy"].direction == "higher"
    assert [(claim.kind, claim.method, claim.over) for claim in settings.claims] == [
        ("better", "ours", "mlp")
    ]


def test_the_proposal_changes_no_number(study: Callable[..., Path], tmp_path: Path) -> None:
    """A paper built from the proposed file holds the numbers that were built without it."""
    root = study(tmp_path)
    before = {n["id"]: n["value"] for n in build_paper(root, engine="none").ledger["numbers"]}
    write_proposal(root, propose_settings(root), force=True)
    assert {n["id"]: n["value"] for n in build_paper(root, engine="none").ledger["numbers"]} == before


def test_nothing_is_claimed_for_nobody(study: Callable[..., Path], tmp_path: Path) -> None:
    """Without a declared proposal none is guessed: the author is asked which method is theirs."""
    text = propose_settings(study(tmp_path, toml="")).text
    assert 'proposal = "" # which method is yours? one of: "mlp", "ours"' in text
    assert tomllib.loads(text)["study"]["proposal"] == ""
    assert "claims" not in tomllib.loads(text)


NAMES = ('q"uote', "back\\slash", "a.b c", "new\nline", "tab\t\x07\x7f", "数学", "#no", "[x]", "")


def test_names_of_any_kind_are_quoted(study: Callable[..., Path], tmp_path: Path) -> None:
    """Whatever methods are called, the proposal is TOML and means these names."""
    names = tuple(name for name in NAMES if name)
    root = study(tmp_path, methods=names, seeds=2, toml="")
    found = tomllib.loads(propose_settings(root).text)
    assert set(found["names"]["method"]) == set(names)
    write_proposal(root, propose_settings(root), force=True)
    assert set(open_repository(root).names["method"]) == set(names)


def test_what_was_declared_stays(study: Callable[..., Path], tmp_path: Path) -> None:
    """A proposal for a repository with settings keeps what they say."""
    toml = (
        '[paper]\ntitle = "My \\"title\\""\nauthors = ["Ada"]\nnotes = "n.md"\n'
        '[runs]\nexclude = ["old/**"]\n'
        '[study]\nproposal = "ours"\nablations = ["less"]\nmetric = "accuracy"\n'
        '[names.method]\nmlp = "MLP"\n[metrics.accuracy]\npercent = true\nunit = "fraction"\n'
    )
    root = study(tmp_path, methods=("ours", "mlp", "less"), toml=toml)
    before = open_repository(root)
    write_proposal(root, propose_settings(root), force=True)
    after = open_repository(root)
    assert (after.authors, after.notes, after.exclude) == (before.authors, before.notes, before.exclude)
    assert (after.proposal, after.baselines, after.ablations) == ("ours", ("mlp",), ("less",))
    assert after.name("method", "mlp") == "MLP"
    assert after.metrics["accuracy"].percent
    assert {claim.kind for claim in after.claims} == {"better", "ablation hurts"}
    assert after.title in ("", before.title)


def test_an_existing_file_is_kept(study: Callable[..., Path], tmp_path: Path) -> None:
    """Without --force an existing file is an error; with it each old one is kept under a new name."""
    root = study(tmp_path)
    old = (root / "paperback.toml").read_text()
    proposal = propose_settings(root)
    with pytest.raises(
        SettingsError, match=r"paperback\.toml exists already\n  Correct it by hand, or replace"
    ):
        write_proposal(root, proposal, force=False)
    assert (root / "paperback.toml").read_text() == old
    write_proposal(root, proposal, force=True)
    write_proposal(root, proposal, force=True)
    assert (root / "paperback.toml.old1").read_text() == old
    assert (root / "paperback.toml.old2").read_text() == proposal.text


def test_the_summary_names_the_roles(study: Callable[..., Path], tmp_path: Path) -> None:
    """The terminal is told how many runs, which key plays each role, and the metric."""
    summary = propose_settings(study(tmp_path)).summary
    assert summary[0] == "runs: 16"
    assert any(line.startswith("method: config.method (2 values; ") for line in summary)
    assert any(line.startswith("metric: accuracy on test (fraction, higher is better") for line in summary)


def test_a_folder_without_runs(tmp_path: Path) -> None:
    """Nothing can be proposed where nothing was run."""
    with pytest.raises(ReadError, match="no run log below"):
        propose_settings(tmp_path)
