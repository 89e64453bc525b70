"""`paperback init`: what was inferred, as a paperback.toml that means the same when it is read back."""

import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest

from paperback.build import build_paper
from paperback.errors import ReadError, SettingsError
from paperback.proposal import propose_settings, write_proposal
from paperback.runs import open_runs
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


def test_a_metric_can_be_named(study: Callable[..., Path], tmp_path: Path) -> None:
    """The block of a metric shows where its printed name is written."""
    assert '# name = "accuracy" # as printed' in propose_settings(study(tmp_path)).text


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


def results(root: Path, paths: list[str]) -> Path:
    for place, path in enumerate(paths):
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text('{"metrics": {"test": {"acc": %s}}}' % (place / 100))
    return root


LAYOUTS = {
    "folders": [
        f"exp/{m}/adult-{d}/{s}/result.json" for m in ("mlp", "resnet") for d in "ab" for s in range(3)
    ],
    "files": [f"runs/{m}_Ant-v{d}_{s}.json" for m in ("ppo", "td3") for d in "12" for s in range(3)],
    "times": [f"runs/{m}-s{s}/2024-01-0{s + 1}/result.json" for m in ("mlp", "cnn") for s in range(3)],
    "padded": [f"runs/{m}/seed{s:03}/result.json" for m in ("mlp", "cnn") for s in range(3)],
}


@pytest.mark.parametrize("paths", LAYOUTS.values(), ids=LAYOUTS)
def test_roles_of_the_paths_are_proposed_as_an_expression(tmp_path: Path, paths: list[str]) -> None:
    """What only the paths tell stays as it was inferred when the proposal is read back."""
    root = results(tmp_path, paths)
    before, _ = open_runs(root)
    assert "method" in before.roles
    proposal = propose_settings(root)
    assert "(?P<method>" in proposal.text
    write_proposal(root, proposal, force=False)
    after, _ = open_runs(root)
    assert {run.id: run.identity for run in after.runs} == {run.id: run.identity for run in before.runs}


def test_what_no_expression_gives_back_is_left_to_inference(tmp_path: Path) -> None:
    """A method whose time stands inside its name is no group; the proposal is valid all the same."""
    paths = [f"runs/{m}-2024-01-0{s + 1}-s{s}/result.json" for m in ("mlp", "cnn") for s in range(3)]
    root = results(tmp_path, paths)
    before, _ = open_runs(root)
    write_proposal(root, propose_settings(root), force=False)
    after, _ = open_runs(root)
    assert {run.id: run.identity for run in after.runs} == {run.id: run.identity for run in before.runs}


def test_few_metrics_and_names_are_proposed(study: Callable[..., Path], tmp_path: Path) -> None:
    """The study's metric comes first; what else is logged is counted."""
    root = study(tmp_path, methods=tuple(f"m{place}" for place in range(70)), seeds=1, toml="")
    file = next(root.rglob("*.json"))
    file.write_text(
        file.read_text().replace('"test": {', '"test": {' + "".join(f'"f1_{n}": 1, ' for n in range(9)))
    )
    text = propose_settings(root).text
    assert text.index("[metrics.accuracy]") < text.index("[metrics.f1_0]")
    assert "more metrics: paperback runs --json" in text
    assert "# 10 more, printed as logged" in text
    assert len(tomllib.loads(text)["names"]["method"]) == 60


def test_a_choice_among_variants_is_asked(tmp_path: Path) -> None:
    """Which variant the study reports is never decided for the author."""
    kinds = ("tuned", "default")
    paths = [
        f"exp/{m}/adult-{d}/{k}/{s}/result.json"
        for m in ("mlp", "cnn")
        for d in "ab"
        for k in kinds
        for s in "012"
    ]
    text = propose_settings(results(tmp_path, paths)).text
    assert '# [study.where]\n# variant = "default" # 12 of 24 runs' in text
    assert "where" not in tomllib.loads(text)["study"]
