"""Objectives on the way out: commands, the record, the paper."""

import json
import os
import sys
import textwrap
from importlib.util import find_spec
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from paperback.build import build_paper
from paperback.cli import main
from paperback.code.read import read_code
from paperback.code.record import FILE, Recorded, read_record, record_text
from paperback.code.stated import slice_digest, state_equations, targets
from paperback.settings import Settings

TORCH = os.environ.get("PAPERBACK_TORCH_PYTHON", "" if find_spec("torch") is None else sys.executable)
TRAIN = """
import argparse
import torch
import torch.nn.functional as F
from losses import Spread
from torch import nn

parser = argparse.ArgumentParser()
parser.add_argument("--decay", type=float, default=0.1)
parser.add_argument("--smooth", action="store_true")
args = parser.parse_args()
model, teacher, spread = nn.Linear(3, 4), nn.Linear(3, 4), Spread()
optimiser = torch.optim.SGD(model.parameters(), lr=0.1)
for x, y in []:
    out = model(x)
    if args.smooth:
        out = out * 0.9
    with torch.no_grad():
        goal = teacher(x).view(-1)
    loss = F.mse_loss(out.view(-1), goal) + args.decay * out.abs().mean()
    loss.backward()
    optimiser.step()
for x, y in []:
    loss = spread(model(x), y)
    loss.backward()
for x, y in []:
    loss = model(x, y)
    loss.backward()
"""
LOSSES = """
from torch import nn

class Spread(nn.Module):
    def forward(self, p, y):
        return ((p - y) ** 2).mean()
"""


@pytest.fixture
def repo(tmp_path: Path) -> Path:
    """A repository whose three loops differentiate a formula, a loss of its own, and a model's result."""
    (tmp_path / "train.py").write_text(textwrap.dedent(TRAIN).lstrip())
    (tmp_path / "losses.py").write_text(textwrap.dedent(LOSSES).lstrip())
    (tmp_path / "log.jsonl").write_text('{"step": 1, "seed": 0, "loss": 1.0}\n')
    return tmp_path


def call(*arguments: object) -> Result:
    return CliRunner().invoke(main, [str(argument) for argument in arguments])


def line_of(repo: Path, at: int) -> str:
    """The place of the backward call with that number, counted from zero."""
    return read_code(repo, Settings()).objectives[at].place


def test_code_lists_the_objectives(repo: Path) -> None:
    """Each with what enters it, the arm that a setting chose, or why it cannot be sliced."""
    output = call("code", repo).output
    assert "loss of out, teacher, decay; `args.smooth` does not hold by default" in output
    assert "loss is Spread of model, y" in output
    assert "loss: not sliced: the loss is computed inside `model(x, y)`" in output
    told = json.loads(call("code", repo, "--json").output)["objectives"]
    assert [bool(item["reason"]) for item in told] == [False, False, True]


def test_the_equation_of_a_line(repo: Path) -> None:
    """`paperback equation FILE:LINE` prints the objective without running anything, or says why not."""
    found = call("equation", line_of(repo, 0), "--repo", repo)
    assert found.exit_code == 0
    assert r"\operatorname{sg}" in found.output
    assert "`args.smooth` does not hold by default (line 15)" in found.output
    assert "static only" in found.output
    refused = call("equation", line_of(repo, 2), "--repo", repo)
    assert refused.exit_code == 1
    assert "the loss is computed inside" in refused.output
    missing = call("equation", "train.py:3", "--repo", repo)
    assert missing.exit_code == 2
    assert "no backward call stands here" in missing.output


def test_an_objective_that_is_a_definition_is_stated_once(repo: Path) -> None:
    """The loss of the repository has its own equation; its call in the loop is no second one."""
    places = [target.place for target in targets(read_code(repo, Settings()))]
    assert line_of(repo, 0) in places
    assert line_of(repo, 1) not in places
    assert "losses.py:Spread" in places


def recorded(repo: Path, verdict: str) -> Recorded:
    """What a check would keep of the first objective."""
    place = line_of(repo, 0)
    found = json.loads(call("equation", place, "--repo", repo, "--json").output)
    return Recorded(
        place, tuple(found["lines"]), (), verdict, "", 72, 1e-16, 1e-16, 1e-8, slice_digest(repo, place)
    )


@pytest.mark.parametrize(
    ("verdict", "stated"), [("verified (value and gradient)", True), ("static only", False)]
)
def test_only_a_verified_objective_is_in_the_paper(verdict: str, stated: bool, repo: Path) -> None:
    """A build never runs code, so an objective that nobody compared is left out."""
    made = build_paper(repo, engine="none")
    assert "takes the gradient of" not in (repo / "paper" / "latex" / "main.tex").read_text()
    assert made.ledger["findings"] is not None
    (repo / FILE).write_text(record_text([recorded(repo, verdict)]))
    build_paper(repo, engine="none", force=True)
    text = (repo / "paper" / "latex" / "main.tex").read_text()
    assert ("takes the gradient of" in text) is stated
    assert (r"\texttt{args.smooth} does not hold by default" in text) is stated


def test_an_edited_loop_loses_its_verdict(repo: Path) -> None:
    """The digest covers the slice: another formula is another one, a line above it is not."""
    before = slice_digest(repo, line_of(repo, 0))
    path = repo / "train.py"
    text = path.read_text()
    path.write_text("# a comment\n" + text)
    assert slice_digest(repo, line_of(repo, 0)) == before
    path.write_text(text.replace("out.abs().mean()", "out.abs().sum()"))
    assert slice_digest(repo, line_of(repo, 0)) != before
    assert slice_digest(repo, line_of(repo, 2)) == slice_digest(repo, line_of(repo, 2))


def test_the_record_keeps_what_was_decided(repo: Path) -> None:
    """The arm that a setting chose is kept with the verdict, and read again."""
    item = recorded(repo, "static only")
    kept = Recorded(*[getattr(item, name) for name in Recorded.__slots__[:-1]], decided=("`a` holds",))
    (repo / FILE).write_text(record_text([kept]))
    assert read_record(repo)[kept.place].decided == ("`a` holds",)


@pytest.mark.skipif(not TORCH, reason="no interpreter with torch: set PAPERBACK_TORCH_PYTHON")
def test_verify_compares_objectives(repo: Path) -> None:
    """The command compares each objective that was sliced, and keeps the verdict under its line."""
    assert call("verify", repo, "--python", TORCH).exit_code == 0
    found = read_record(repo)[line_of(repo, 0)]
    assert found.verdict == "verified (value and gradient)"
    assert found.decided == ("`args.smooth` does not hold by default (line 15)",)
    inventory = read_code(repo, Settings())
    stated = {item.place: item for item in state_equations(repo, inventory, read_record(repo))}
    assert stated[found.place].found == found
    assert stated[found.place].objective == "loss"


@pytest.mark.parametrize("given", ["**config", "*config"])
def test_settings_that_stand_elsewhere_are_no_defaults(given: str, repo: Path) -> None:
    """A loss that is made of settings from elsewhere may have another formula than its defaults give."""
    path = repo / "train.py"
    path.write_text(path.read_text().replace("Spread()", f"Spread({given})"))
    result = call("equation", line_of(repo, 1), "--repo", repo)
    assert "no equation: the settings of `Spread(" in result.output
    assert "stand elsewhere" in result.output
