"""The command: exit codes, JSON for programs, and errors without a traceback."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from paperback.cli import main


def call(*arguments: str | Path) -> Result:
    """The outcome of the command; an exception that is no exit is raised again."""
    result = CliRunner().invoke(main, [str(argument) for argument in arguments])
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result


@pytest.fixture(scope="module")
def built(study: Callable[..., Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = study(tmp_path_factory.mktemp("cli"))
    assert call("build", root, "--pdf", "none").exit_code == 0
    return root


@pytest.fixture
def repo(built: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(built, tmp_path / "repo"))


def test_build_tells_what_it_wrote(study: Callable[..., Path], tmp_path: Path) -> None:
    """A build prints files, verdicts and open questions; the next one says that nothing changed."""
    root = study(tmp_path)
    first, second = call("build", root, "--pdf", "none"), call("build", root, "--pdf", "none")
    assert (first.exit_code, second.exit_code) == (0, 0)
    assert f"{root / 'paper' / 'main.html'}\n" in first.output
    assert "supported: ours better than mlp on test accuracy: " in first.output
    assert f"the questions are in {root / 'paper' / 'questions.md'}" in first.output
    assert second.output.startswith("nothing has changed since the last build\n")
    assert "nothing has changed" not in first.output


def test_build_into_another_folder(repo: Path, tmp_path: Path) -> None:
    """`--out` names the folder, for build and check alike."""
    assert call("build", repo, "--pdf", "none", "--out", tmp_path / "elsewhere").exit_code == 0
    assert call("check", repo, "--out", tmp_path / "elsewhere").exit_code == 0
    assert (tmp_path / "elsewhere/evidence.json").is_file()


def test_an_edited_file_is_told(repo: Path) -> None:
    """The report names the copy of a file that the author had edited."""
    (repo / "paper/main.html").write_text("mine")
    assert f"{repo / 'paper/kept/main.html'}" in call("build", repo, "--pdf", "none").output


def test_check_is_clean_and_then_not(repo: Path) -> None:
    """Exit code 0 after a build; 1 once a log is altered, with the number's address on the screen."""
    clean = call("check", repo)
    assert (clean.exit_code, clean.output.splitlines()[-1].endswith("nothing found")) == (0, True)
    log = repo / "runs/run-100.json"
    log.write_text(log.read_text().replace('"accuracy": 0.', '"accuracy": 0.1'))
    altered = call("check", repo)
    assert altered.exit_code == 1
    assert "file-changed: runs/run-100.json has changed" in altered.output
    assert "value of mean test accuracy (dataset=adult, method=ours)" in altered.output
    found = json.loads(call("check", repo, "--json").output)
    assert {"file-changed", "number-changed"} <= {each["kind"] for each in found["findings"]}


def test_status(repo: Path) -> None:
    """Open questions give exit code 1; each item and each claim is one line; JSON holds the same."""
    result = call("status", repo)
    assert result.exit_code == 1
    assert "asked    M1   The problem and its key variables: What is given" in result.output
    assert "missing  L2c  Custom loss: the code has no custom loss" in result.output
    assert "written  E5   Results: facts" in result.output
    found = json.loads(call("status", repo, "--json").output)
    assert {"outline", "claims", "missing_claims", "findings"} <= set(found)
    assert found["claims"][0]["verdict"] == "supported"


def test_value(repo: Path) -> None:
    """One number for reading and for programs."""
    where = ("--where", "method=ours", "-w", "dataset=wine")
    result = call("value", "accuracy", *where, "--repo", repo, "--json")
    found = json.loads(result.output)
    assert result.exit_code == 0
    assert {"value", "std", "n", "low", "high", "unit", "runs", "sources"} <= set(found)
    assert f"value {found['value']!r}" in call("value", "accuracy", *where, "--repo", repo).output
    twice = json.loads(
        call(
            "value",
            "accuracy",
            "-w",
            "method=ours",
            "--over",
            "seed",
            "--over",
            "dataset",
            "--repo",
            repo,
            "--json",
        ).output
    )
    assert (twice["over"], twice["n"]) == (["seed", "dataset"], 2)


@pytest.mark.parametrize("form", ["md", "csv", "json", "latex"])
def test_table(repo: Path, form: str) -> None:
    """Each format is printed, and JSON is JSON alone."""
    result = call("table", "--metric", "accuracy", "--repo", repo, "--format", form)
    assert result.exit_code == 0
    assert "ours" in result.output
    if form == "json":
        assert len(json.loads(result.output)["cells"]) == 4


def test_init(repo: Path) -> None:
    """An existing file is not replaced unasked."""
    assert call("init", repo).exit_code == 2
    result = call("init", repo, "--force")
    assert result.exit_code == 0
    assert f"wrote {repo / 'paperback.toml'}" in result.output
    assert (repo / "paperback.toml.old1").is_file()
    assert call("build", repo, "--pdf", "none").exit_code == 0


UNUSABLE: dict[str, tuple[tuple[str, ...], str]] = {
    "no folder": (("build", "{repo}/nowhere"), "nowhere is not a folder"),
    "no runs": (("build", "{empty}"), "formats known: "),
    "no runs to ask": (("value", "accuracy", "--repo", "{empty}"), "no run log below"),
    "no runs for a table": (("table", "--metric", "a", "--repo", "{empty}"), "no run log below"),
    "no runs for init": (("init", "{empty}"), "no run log below"),
    "no runs for status": (("status", "{empty}"), "no run log below"),
    "no paper": (("check", "{empty}"), "Build the paper first"),
    "metric": (("value", "acuracy", "--repo", "{repo}"), "Did you mean 'accuracy'?"),
    "where": (("value", "accuracy", "-w", "method", "--repo", "{repo}"), "--where 'method' is not KEY=VALUE"),
    "empty key": (("value", "accuracy", "-w", "=x", "--repo", "{repo}"), "--where '=x' is not KEY=VALUE"),
    "rows": (("table", "--metric", "accuracy", "--rows", "nosuch", "--repo", "{repo}"), "error: "),
    "format": (
        ("table", "--metric", "accuracy", "--format", "xml", "--repo", "{repo}"),
        "'xml' is not one of",
    ),
    "option": (("build", "--nosuch"), "No such option"),
    "command": (("biuld",), "No such command"),
}


@pytest.mark.parametrize("case", UNUSABLE)
def test_unusable(case: str, built: Path, tmp_path: Path) -> None:
    """What cannot be used gives exit code 2 and says why on standard error, without a traceback."""
    arguments, said = UNUSABLE[case]
    result = call(*(word.format(repo=built, empty=tmp_path) for word in arguments))
    assert result.exit_code == 2
    assert said in result.stderr
    assert "Traceback" not in result.output
    assert result.stdout == ""


@pytest.mark.parametrize(
    "toml", ["[study\n", "[studi]\n", "[study]\nmetric = 3\n", "[study]\nproposal = 'x'\n"]
)
@pytest.mark.parametrize("command", ["build", "status", "check", "value"])
def test_settings_that_cannot_be_used(toml: str, command: str, repo: Path) -> None:
    """A paperback.toml that cannot be used gives exit code 2 with its name and a mend."""
    (repo / "paperback.toml").write_text(toml)
    arguments = ("value", "accuracy", "-w", "method=ours", "-w", "dataset=wine", "--repo", repo)
    result = call(*arguments) if command == "value" else call(command, repo)
    if "proposal" in toml and command in ("value", "check"):
        assert result.exit_code in (0, 1, 2)
    else:
        assert result.exit_code == 2
        assert result.stderr.startswith("error: paperback.toml: ")
        assert len(result.stderr.strip().splitlines()) == 2


def test_the_commands_stand_in_the_order_of_the_journey() -> None:
    """The help lists init, build, status, check before the questions to a repository."""
    lines = [
        line.split()[0]
        for line in call("--help").output.split("Commands:")[1].splitlines()
        if line.startswith("  ") and line.strip()
    ]
    assert [name for name in lines if name in ("init", "build", "status", "check", "value")] == [
        "init",
        "build",
        "status",
        "check",
        "value",
    ]


def test_the_example_is_never_copied_over_something(tmp_path: Path) -> None:
    """A demo into a folder that holds something is an error and changes nothing."""
    (tmp_path / "mine.txt").write_text("x")
    result = call("demo", tmp_path)
    assert result.exit_code == 2
    assert f"{tmp_path} is not empty" in result.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]


def test_the_example_arrives_whole(tmp_path: Path) -> None:
    """The bundled study comes with code, logs, notes and bibliography, and without a paper."""
    from paperback.demo import copy_example

    copy_example(tmp_path / "demo")
    names = {path.name for path in (tmp_path / "demo").iterdir()}
    assert {"runs", "notes.md", "references.bib", "paperback.toml", "train.py"} <= names
    assert "paper" not in names
