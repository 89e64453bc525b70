"""Input that no paper can be made of, and input that must not stop one."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from paperback.build import build_paper
from paperback.errors import EvidenceError, ReadError, RenderError, SettingsError


def test_a_folder_without_runs(tmp_path: Path) -> None:
    """Without any log the error says where was looked and which formats are known."""
    (tmp_path / "train.py").write_text("x = 1\n")
    with pytest.raises(ReadError) as caught:
        build_paper(tmp_path, engine="none")
    assert str(tmp_path) in caught.value.what
    assert all(name in caught.value.what for name in ("1 files were looked at", "TensorBoard", "JSON", "CSV"))
    assert not (tmp_path / "paper").exists()


def test_no_folder(tmp_path: Path) -> None:
    """A repository that is not there is named."""
    with pytest.raises(ReadError, match="nowhere is not a folder"):
        build_paper(tmp_path / "nowhere", engine="none")


def test_a_declared_method_that_was_never_run(study: Callable[..., Path], tmp_path: Path) -> None:
    """A proposal that no run has is an error with the nearest method."""
    with pytest.raises(
        SettingsError, match=r"names the method 'our', which no run has\n  Did you mean 'ours'"
    ):
        build_paper(study(tmp_path, toml='[study]\nproposal = "our"\n'), engine="none")


LOG = {"config": {"method": "ours", "dataset": "wine", "seed": 0}, "metrics": {"test": {"accuracy": 0.9}}}
ODD: dict[str, tuple[str, str]] = {
    "truncated": (json.dumps(LOG)[:-20], "truncated-log"),
    "empty": ("", ""),
    "no metric": (
        json.dumps({"config": {"method": "ours", "dataset": "wine", "seed": 9}, "metrics": {}}),
        "",
    ),
    "NaN": (
        json.dumps(
            {
                "config": {"method": "ours", "dataset": "wine", "seed": 9},
                "metrics": {"test": {"accuracy": float("nan")}},
            }
        ),
        "nan",
    ),
    "infinite": (
        json.dumps(
            {
                "config": {"method": "ours", "dataset": "wine", "seed": 9},
                "metrics": {"test": {"accuracy": float("inf")}},
            }
        ),
        "",
    ),
    "a list": ("[1, 2]", ""),
    "deep": ('{"metrics":' + "[" * 5000, ""),
}


@pytest.mark.parametrize("case", ODD)
def test_an_odd_log_is_a_finding_and_no_end(case: str, study: Callable[..., Path], tmp_path: Path) -> None:
    """One log that cannot be used does not stop the build; where it is damaged it is told with its path."""
    words, kind = ODD[case]
    repo = study(tmp_path, files={"runs/run-900.json": words})
    findings = build_paper(repo, engine="none").ledger["findings"]
    told = [each for each in findings if "runs/run-900.json" in json.dumps(each)]
    assert not kind or any(kind in each["kind"] for each in told), findings


def test_only_runs_without_metrics(tmp_path: Path) -> None:
    """Logs without one metric end in an error with a mend, never in an empty paper."""
    (tmp_path / "runs").mkdir()
    (tmp_path / "runs/a.json").write_text('{"config": {"seed": 1, "method": "a"}, "metrics": {}}')
    with pytest.raises((ReadError, EvidenceError)) as caught:
        build_paper(tmp_path, engine="none")
    assert caught.value.mend


def test_links_that_turn_in_circles(study: Callable[..., Path], tmp_path: Path) -> None:
    """A link to a folder above is entered once; the runs behind it are not counted twice."""
    repo = study(tmp_path / "repo")
    (repo / "loop").symlink_to(repo)
    (repo / "broken").symlink_to(repo / "nowhere")
    (repo / "runs/itself").symlink_to(repo / "runs/itself")
    made = build_paper(repo, engine="none")
    runs = next(
        n
        for n in made.ledger["numbers"]
        if (n["recipe"]["kind"] == "count" and n["recipe"]["field"] == "runs") or n["id"].startswith("runs-")
    )
    assert runs["value"] == 16
    assert not build_paper(repo, engine="none").fresh


def test_an_output_folder_that_is_a_file(study: Callable[..., Path], tmp_path: Path) -> None:
    """A paper that cannot be written is an error that names the place, and no traceback."""
    repo = study(tmp_path, files={"paper": "I am a file"})
    with pytest.raises(RenderError, match="paper"):
        build_paper(repo, engine="none")


def test_a_link_with_a_name_of_its_own_s_is_told_once(study: Callable[..., Path], tmp_path: Path) -> None:
    """Two builds of one repository find the same, whatever links lie in it."""
    repo = study(tmp_path / "repo")
    (repo / "again").symlink_to(repo / "runs")
    one = build_paper(repo, engine="none", folder=tmp_path / "one").ledger
    assert one == build_paper(repo, engine="none", folder=tmp_path / "two").ledger
