"""The change since a git revision: read from git, told in the field's words, listed line by line."""

import os
import shutil
import subprocess
from pathlib import Path
from textwrap import dedent

import pytest

from paperback.build import build_paper
from paperback.check import check_paper
from paperback.code import Inventory, read_code
from paperback.code.revision import find_revision, write_sources
from paperback.errors import ReadError
from paperback.settings import Settings

pytestmark = pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed")

HEAD = "import torch\nfrom torch import nn\nimport torch.nn.functional as F\n"
OLD = """
LR = 0.1

class Net(nn.Module):
    def __init__(self):
        self.fc = nn.Linear(8, 16)
        self.head = nn.Linear(16, 1)

    def forward(self, x):
        h = torch.relu(self.fc(x))
        return self.head(h)

class Untouched(nn.Module):
    def __init__(self):
        self.scale = nn.Parameter(torch.ones(1))

    def forward(self, x):
        return self.scale * x

class Gone(nn.Module):
    def forward(self, x):
        return x.exp()

net = Net()
optimizer = torch.optim.SGD(net.parameters(), lr=LR)
for x, y in data:
    loss = F.mse_loss(net(x), y) + net(x).abs().mean()
    loss.backward()
    optimizer.step()
"""
NEW = (
    OLD.replace("LR = 0.1", "LR = 0.01")
    .replace("nn.Linear(8, 16)", "nn.Linear(8, 32)")
    .replace("self.head = nn.Linear(16, 1)", "self.head = nn.Linear(32, 1)\n        self.t = nn.Parameter(x)")
    .replace("torch.relu(self.fc(x))", "torch.sigmoid(self.fc(x) - self.t)  # soft")
    .replace("class Gone", "class Come")
    .replace("torch.optim.SGD", "torch.optim.Adam")
    .replace("net(x).abs().mean()", "net.t.norm()")
)


def git(root: Path, *arguments: str) -> str:
    environment = {
        **os.environ,
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_CONFIG_NOSYSTEM": "1",
        **{f"GIT_{who}_{what}": "a@b.c" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")},
    }
    done = subprocess.run(
        ["git", *arguments], cwd=root, env=environment, capture_output=True, text=True, check=True
    )
    return done.stdout.strip()


def history(root: Path, *states: str, name: str = "train.py") -> Path:
    """A repository with one commit a state."""
    root.mkdir(exist_ok=True)
    git(root, "init", "-q")
    for state in states:
        (root / name).write_text(HEAD + dedent(state))
        git(root, "add", "-A")
        git(root, "commit", "-q", "-m", "state")
    return root


def since(root: Path, base: str) -> Inventory:
    return read_code(root, Settings(code_base=base))


def test_what_changed_is_told_in_the_words_of_the_field(tmp_path: Path) -> None:
    """Layers, parameters, loss, optimiser, settings and methods, each with its place today."""
    found = since(history(tmp_path / "repo", OLD, NEW), "HEAD~1")
    short = git(tmp_path / "repo", "rev-parse", "--short=7", "HEAD~1")
    assert found.contrast is not None
    assert (found.contrast.proposal, found.contrast.baseline) == ("this version", f"revision {short}")
    assert [f"{change} [{change.source}]" for change in found.changes] == [
        "replaced layer Linear(8, 32) in place of Linear(8, 16) [train.py:9]",
        "replaced layer Linear(32, 1) in place of Linear(16, 1) [train.py:10]",
        "added parameter t [train.py:7]",
        "added component Come with operators of its own: exp [train.py:24]",
        f"removed component Gone [train.py:23 [at {short}]]",
        "added loss the term net.t.norm() [train.py:32]",
        f"removed loss the term net(x).abs().mean() [train.py:31 [at {short}]]",
        "replaced optimiser Adam(net.parameters(), lr=LR) in place of SGD(net.parameters(), lr=LR)"
        " [train.py:29]",
        f"replaced method Net.forward in place of that of {short} [train.py:13]",
        "replaced setting LR = 0.01 in place of 0.1 [train.py:5]",
        f"replaced script train.py in place of that of {short} [train.py:1]",
    ]


def test_the_level_is_that_of_the_change(tmp_path: Path) -> None:
    """What the revision had too does not count."""
    root = history(tmp_path / "repo", OLD, NEW, NEW.replace("LR = 0.01", "LR = 0.02"))
    level = since(root, "HEAD~2").level
    assert level is not None
    assert level.number == 2
    assert "custom component Net" in " ".join(words for words, _ in level.reasons)
    assert "Untouched" in " ".join(words for words, _ in level.baseline)
    tuned = since(root, "HEAD~1").level
    assert tuned is not None
    assert tuned.number == 1


def test_a_listing_marks_the_lines_that_changed(tmp_path: Path) -> None:
    """The forward pass comes first; removed lines carry their number at the revision."""
    found = since(history(tmp_path / "repo", OLD, NEW), "HEAD~1")
    first = found.diffs[0]
    assert (first.name, first.added, first.removed) == ("Net.forward", 1, 1)
    assert [(line.kind, line.number, line.text) for line in first.lines] == [
        ("same", 13, "def forward(self, x):"),
        ("removed", 13, "    h = torch.relu(self.fc(x))"),
        ("added", 14, "    h = torch.sigmoid(self.fc(x) - self.t)  # soft"),
        ("same", 15, "    return self.head(h)"),
    ]


def test_layout_and_comments_are_no_change(tmp_path: Path) -> None:
    """A formatter and a comment change no definition."""
    root = history(tmp_path / "repo", OLD, OLD.replace("(8, 16)", "( 8,16 )  # wide") + "# end\n")
    found = since(root, "HEAD~1")
    assert found.changes == ()
    assert found.diffs == ()


def test_a_definition_that_moved_is_known_again(tmp_path: Path) -> None:
    """A file that was renamed is compared with what it was."""
    root = history(tmp_path / "repo", OLD)
    (root / "train.py").rename(root / "main.py")
    (root / "main.py").write_text((root / "main.py").read_text().replace("torch.relu", "torch.tanh"))
    short = git(root, "rev-parse", "--short=7", "HEAD")
    told = [str(change) for change in since(root, "HEAD").changes]
    assert told == [f"replaced method Net.forward in place of that of {short}"]


def test_a_paper_shows_the_change_and_follows_the_revision(tmp_path: Path) -> None:
    """Table and listing stand in the paper, no number of them is unbound; a base that moves is built anew."""
    root = history(tmp_path / "repo", OLD, NEW)
    for seed in range(3):
        folder = root / "runs" / f"ours-{seed}"
        folder.mkdir(parents=True)
        (folder / "metrics.csv").write_text(f"step,val_accuracy\n1,0.5\n2,0.{70 + seed}\n")
    (root / "paperback.toml").write_text(
        '[runs]\npaths = ["runs/{method}-{seed}/metrics.csv"]\n[code]\nbase = "HEAD~1"\n'
    )
    assert build_paper(root, engine="none").fresh
    assert not build_paper(root, engine="none").fresh
    page = (root / "paper" / "main.html").read_text("utf-8")
    assert "this version changes against revision" in page
    assert "Listing\N{NO-BREAK SPACE}1" in page
    kinds = [finding.kind for finding in check_paper(root).findings]
    assert "unbound-number" not in kinds
    git(root, "commit", "-q", "--allow-empty", "-m", "more")
    assert build_paper(root, engine="none").fresh
    assert "Listing" not in (root / "paper" / "main.html").read_text("utf-8")


@pytest.mark.parametrize("revision", ["nope", "--help", "", "HEAD~9", "HEAD:train.py", "a\nb"])
def test_a_revision_that_is_none_is_told(tmp_path: Path, revision: str) -> None:
    """What git does not know as a commit is refused with the value."""
    root = history(tmp_path / "repo", OLD)
    with pytest.raises(ReadError, match="revision"):
        find_revision(root, revision)


def test_a_folder_without_git_is_told(tmp_path: Path) -> None:
    """Without a history the error says so, and what to do."""
    with pytest.raises(ReadError, match="in no git repository") as error:
        find_revision(tmp_path, "HEAD")
    assert "Leave --base out" in str(error.value)


def test_a_shallow_clone_says_how_to_deepen_it(tmp_path: Path) -> None:
    """The history that was not fetched is named as the reason."""
    history(tmp_path / "repo", OLD, NEW)
    git(tmp_path, "clone", "-q", "--depth", "1", f"file://{tmp_path / 'repo'}", "shallow")
    with pytest.raises(ReadError, match="shallow clone") as error:
        find_revision(tmp_path / "shallow", "HEAD~1")
    assert "unshallow" in str(error.value)


def test_no_program_of_the_repository_is_run(tmp_path: Path) -> None:
    """Configuration that names programs, filters and helpers starts none of them."""
    root = history(tmp_path / "repo", OLD, NEW)
    mark = tmp_path / "ran"
    script = root / "evil.sh"
    script.write_text(f"#!/bin/sh\ntouch {mark}\ncat\n")
    script.chmod(0o755)
    (root / ".gitattributes").write_text("*.py diff=evil filter=evil\n")
    for key in (
        "core.fsmonitor", "core.pager", "core.sshCommand", "core.editor", "core.alternateRefsCommand",
        "diff.external", "diff.evil.textconv", "diff.evil.command", "filter.evil.clean",
        "filter.evil.smudge", "filter.evil.process", "credential.helper", "gpg.program",
    ):  # fmt: skip
        git(root, "config", key, str(script))
    hooks = root / "hooks"
    hooks.mkdir()
    for hook in ("post-checkout", "reference-transaction", "post-index-change", "pre-auto-gc"):
        shutil.copy(script, hooks / hook)
    git(root, "config", "core.hooksPath", str(hooks))
    mark.unlink(missing_ok=True)
    assert since(root, "HEAD~1").diffs
    assert not mark.exists()


def test_a_partial_clone_is_not_filled_from_elsewhere(tmp_path: Path) -> None:
    """A missing object is an error; nothing is fetched, though the configuration allows it."""
    source = history(tmp_path / "repo", OLD, NEW)
    git(source, "config", "uploadpack.allowFilter", "true")
    git(tmp_path, "clone", "-q", "--filter=blob:none", "--no-checkout", f"file://{source}", "partial")
    root = tmp_path / "partial"
    git(root, "config", "protocol.file.allow", "always")
    with pytest.raises(ReadError, match="is not whole"):
        write_sources(root, find_revision(root, "HEAD~1"), tmp_path / "out")
    assert "missing" in git(root, "rev-list", "--objects", "--missing=print", "HEAD").replace("?", "missing ")


def test_only_the_folder_that_is_read_counts(tmp_path: Path) -> None:
    """A repository may be a folder of a larger one; its paths are relative to that folder."""
    root = history(tmp_path / "repo", OLD, NEW, name="train.py")
    (root / "part").mkdir()
    shutil.copy(root / "train.py", root / "part" / "inner.py")
    git(root, "add", "-A")
    git(root, "commit", "-q", "-m", "more")
    out = tmp_path / "out"
    assert write_sources(root / "part", find_revision(root / "part", "HEAD"), out) == 1
    assert [path.name for path in out.iterdir()] == ["inner.py"]
    with pytest.raises(ReadError, match="has no Python file"):
        write_sources(root / "part", find_revision(root / "part", "HEAD~1"), out)


def test_a_link_of_a_revision_is_not_followed(tmp_path: Path) -> None:
    """A tracked link to a file elsewhere is no source file."""
    root = history(tmp_path / "repo", OLD)
    secret = tmp_path / "secret.py"
    secret.write_text("password = 1\n")
    (root / "link.py").symlink_to(secret)
    git(root, "add", "-A")
    git(root, "commit", "-q", "-m", "link")
    out = tmp_path / "out"
    assert write_sources(root, find_revision(root, "HEAD"), out) == 1
    assert not (out / "link.py").exists()
