"""Equations of the code in the paper: their verdict, the notation, and what a later edit does."""

import importlib.util
import json
import os
import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from hypothesis import given
from hypothesis import strategies as st

from paperback.build import build_paper
from paperback.cli import main
from paperback.code.equations import Symbol
from paperback.code.read import read_code
from paperback.code.record import FILE, Recorded, read_record, record_text
from paperback.code.stated import Statement, slice_digest, state_equations, targets
from paperback.notes import read_notes
from paperback.paper.defined import other_meanings
from paperback.render.mathml import clean_formula, why_not_math
from paperback.render.typst_math import typst_formula
from paperback.settings import Settings
from paperback.source import Source
from paperback.story.notation import notation_table, symbol_collisions
from paperback.story.symbols import one_meaning, rewrite

TORCH = os.environ.get("PAPERBACK_TORCH_PYTHON") or (
    sys.executable if importlib.util.find_spec("torch") else ""
)
LOSSES = '''import torch
from torch import nn


class MarginLoss(nn.Module):
    """A squared distance with a penalty."""

    def __init__(self, weight: float = 0.5):
        super().__init__()
        self.weight = weight

    def forward(self, p, y):
        """p: (N,), y: (N,)"""
        return ((p - y) ** 2).mean() + self.weight * p.abs().mean()
'''
TRAIN = """import torch

from losses import MarginLoss
from net import Net

model, loss_fn = Net(), MarginLoss()
optimiser = torch.optim.Adam(model.parameters())
for x, y in []:
    loss = loss_fn(model(x), y)
    loss.backward()
    optimiser.step()
"""
PLACE = "losses.py:MarginLoss"


def call(*arguments: object) -> Result:
    return CliRunner().invoke(main, [str(argument) for argument in arguments])


@pytest.fixture
def repo(study: Callable[..., Path], tmp_path: Path) -> Path:
    return study(tmp_path / "repo", files={"losses.py": LOSSES, "train.py": TRAIN})


def record(repo: Path, **changed: Any) -> None:
    """Writes equations.json as a check would have, for the first derivation."""
    every = state_equations(repo, read_code(repo, Settings()), {})
    (stated,) = (item for item in every if item.place == PLACE)
    values: dict[str, Any] = {
        "lines": stated.lines, "symbols": (), "verdict": "verified (value and gradient)", "reason": "",
        "points": 15, "error": 2.1e-15, "gradient_error": 1.3e-15, "tolerance": 1e-8, "digest": stated.digest,
    }  # fmt: skip
    (repo / FILE).write_text(record_text([Recorded(place=PLACE, **{**values, **changed})]))


def edit(path: Path, old: str, new: str) -> None:
    words = path.read_text(encoding="utf-8")
    assert old in words
    path.write_text(words.replace(old, new, 1), encoding="utf-8")


def page(repo: Path) -> str:
    """The words of main.html, without markup."""
    words = re.sub(r"<[^>]+>", "", (repo / "paper/main.html").read_text(encoding="utf-8"))
    return " ".join(words.replace("\N{WORD JOINER}", "").replace("\u200b", "").split())


def test_an_unchecked_equation_says_so(repo: Path) -> None:
    """Without equations.json the equation stands in the paper as read and not compared."""
    build_paper(repo, engine="none")
    ledger = json.loads((repo / "paper/evidence.json").read_text())
    assert [(item["place"], item["verdict"]) for item in ledger["equations"]] == [(PLACE, "static only")]
    assert "not yet compared with it numerically" in page(repo)
    assert "lists the symbols" in page(repo)


def test_unchecked_equations_are_told_once(repo: Path) -> None:
    """Two equations that nobody compared share one sentence, which names both."""
    (repo / "losses.py").write_text(
        LOSSES + LOSSES[LOSSES.index("class") :].replace("MarginLoss", "OtherLoss")
    )
    edit(repo / "train.py", "import MarginLoss", "import MarginLoss, OtherLoss")
    edit(repo / "train.py", "loss_fn(model(x), y)", "loss_fn(model(x), y) + OtherLoss()(model(x), y)")
    build_paper(repo, engine="none")
    ledger = json.loads((repo / "paper/evidence.json").read_text())
    assert len(ledger["equations"]) == 2
    assert "Eq. (1) and Eq. (2) were read from the code and not yet compared" in page(repo)
    assert page(repo).count("not yet compared") == 1


def test_a_checked_equation_tells_its_numbers(repo: Path) -> None:
    """Points and differences are numbers with recipes, read again from equations.json by the check."""
    record(repo)
    build_paper(repo, engine="none")
    assert "at 15 points: the largest relative difference is 2.1×10⁻¹⁵ in value" in page(repo)
    assert call("check", repo).exit_code == 0
    edit(repo / FILE, '"points": 15', '"points": 16')
    assert "now it is 16.0" in call("check", repo).output


@pytest.mark.parametrize("changed", [{"digest": "0" * 16}, {"lines": ("y = x",)}])
def test_a_verdict_on_something_else_does_not_count(repo: Path, changed: dict[str, Any]) -> None:
    """A verdict holds only for the same slice of code and the same LaTeX."""
    record(repo, **changed)
    build_paper(repo, engine="none")
    assert "not yet compared" in page(repo)


def test_a_mismatch_is_never_printed(repo: Path) -> None:
    """An equation that differs from the code is told to the author and does not stand in the paper."""
    record(repo, verdict="mismatch")
    made = build_paper(repo, engine="none")
    assert made.ledger["equations"] == []
    assert "no-equation" in {finding["kind"] for finding in made.ledger["findings"]}


def test_a_flipped_sign_in_the_code_is_found(repo: Path) -> None:
    """The finding names the code and the equation's line in main.tex; the verdict is stale too."""
    record(repo)
    build_paper(repo, engine="none")
    edit(repo / "losses.py", "p - y", "p + y")
    result = call("check", repo)
    assert result.exit_code == 1
    assert re.search(
        r"equation-code-changed: losses\.py:5 .*losses\.py:MarginLoss.*paper/latex/main\.tex:\d+",
        result.output,
    )
    assert "equations-stale: equations.json: the code of losses.py:MarginLoss" in result.output


def test_a_comment_in_the_code_changes_no_equation(repo: Path) -> None:
    """What computes nothing is no part of the slice."""
    before = slice_digest(repo, PLACE)
    edit(repo / "losses.py", "class MarginLoss", "# a remark\nclass MarginLoss")
    edit(repo / "losses.py", "A squared distance", "The squared distance")
    assert slice_digest(repo, PLACE) == before


def test_a_flipped_sign_in_the_latex_is_found(repo: Path) -> None:
    """The finding names the line of main.tex and the place in the code."""
    record(repo)
    made = build_paper(repo, engine="none")
    latex = made.ledger["equations"][0]["latex"]
    assert " + " in latex or " - " in latex
    flipped = latex.replace(" + ", " - ", 1) if " + " in latex else latex.replace(" - ", " + ", 1)
    edit(repo / "paper/latex/main.tex", latex, flipped)
    result = call("check", repo)
    assert result.exit_code == 1
    assert re.search(r"equation-edited: paper/latex/main\.tex:\d+: .*losses\.py:5", result.output)
    lines = (repo / "paper/latex/main.tex").read_text().splitlines()
    number = int(re.search(r"main\.tex:(\d+): the equation", result.output)[1])  # type: ignore[index]
    assert flipped in lines[number - 1]


def test_a_foreign_file_of_that_name_is_left_alone(repo: Path) -> None:
    """An equations.json that is not ours stops the command, is told by the build, and stays as it is."""
    (repo / FILE).write_text('{"mine": 1}')
    assert call("verify", repo).exit_code == 2
    made = build_paper(repo, engine="none")
    assert "unreadable-record" in {finding["kind"] for finding in made.ledger["findings"]}
    assert (repo / FILE).read_text() == '{"mine": 1}'


def test_code_lists_its_equations(repo: Path) -> None:
    """`paperback code` names each place with its verdict."""
    assert f"{PLACE}: not yet compared" in call("code", repo).output
    record(repo)
    assert f"{PLACE}: verified (value and gradient)" in call("code", repo).output
    assert PLACE in {target.place for target in targets(read_code(repo, Settings()))}


@pytest.mark.skipif(not TORCH, reason="no interpreter with torch: set PAPERBACK_TORCH_PYTHON")
def test_verify_writes_what_build_reads(repo: Path) -> None:
    """The command compares, writes one file twice the same, and the paper takes the verdict over."""
    assert call("verify", repo, "--python", TORCH).exit_code == 0
    first = (repo / FILE).read_bytes()
    found = json.loads(call("verify", repo, "--python", TORCH, "--json").output)
    assert (repo / FILE).read_bytes() == first
    assert PLACE in {item["place"] for item in found["equations"]}
    assert read_record(repo)[PLACE].verdict == "verified (value and gradient)"
    made = build_paper(repo, engine="none")
    assert made.ledger["equations"][0]["verdict"] == "verified (value and gradient)"
    assert call("check", repo).exit_code == 0


def test_a_verdict_outlives_a_machine_that_cannot_compare(repo: Path, tmp_path: Path) -> None:
    """Without what the code imports nothing is compared, and what an earlier check found is kept and told."""
    record(repo)
    before = read_record(repo)[PLACE]
    bare = tmp_path / "no-python"
    bare.write_text("#!/bin/sh\nexit 1\n")
    bare.chmod(0o755)
    told = call("verify", repo, "--python", str(bare))
    assert told.exit_code == 1
    assert "the earlier verdict, not compared now" in told.output
    assert read_record(repo)[PLACE] == before
    source = repo / PLACE.partition(":")[0]
    source.write_text(source.read_text().replace(" + ", " - ", 1).replace(" * ", " / ", 1))
    call("verify", repo, "--python", str(bare))
    assert not read_record(repo)[PLACE].verified


def stated(place: str, *symbols: Symbol) -> Statement:
    path, _, name = place.partition(":")
    return Statement(place, "L2b", Source(path, 1, name), ("y = x",), symbols, "")


def test_two_meanings_of_a_symbol_are_told() -> None:
    """One letter for two things is a finding with both places; one thing in two roles is none."""
    one = stated("a.py:A", Symbol("y", "target", "argument"), Symbol("t", "t", "argument"))
    other = stated("b.py:B", Symbol("y", "logits", "output"), Symbol("t", "enc.t", "parameter"))
    (finding,) = symbol_collisions([one, other])
    assert finding.message == "y is the argument target in a.py:1 [A] and the output logits in b.py:1 [B]"


def test_an_unnamed_size_is_the_one_of_its_letter() -> None:
    """A size that the code does not name stands in the row of its letter."""
    statements = [
        stated("a.py:A", Symbol("K", "n_bins", "size")),
        stated("b.py:B", Symbol("K", "K", "size")),
    ]
    table = notation_table(statements)
    assert table is not None
    assert len(table.rows) == 1
    assert list(symbol_collisions(statements)) == []


def test_no_equation_no_table() -> None:
    """Without equations there is no notation to list."""
    assert notation_table([]) is None


def statement(place: str, line: str, *symbols: Symbol) -> Statement:
    path, _, name = place.partition(":")
    return Statement(place, "L2b", Source(path, 1, name), (line,), symbols, "")


FIRST = statement(
    "a.py:A", r"\mathcal{L} = \sum_{i=1}^{N} \left(y_{i} - \hat{y}_{i}\right)^{2}",
    Symbol("N", "N", "size"), Symbol("y", "target", "argument", ("N",)),
    Symbol(r"\hat{y}", "pred", "argument", ("N",)), Symbol(r"\mathcal{L}", "loss", "output"),
)  # fmt: skip
SECOND = statement(
    "b.py:B", r"\mathcal{L} = \sum_{i} \operatorname{y}\left(y_{i}\right) \hat{y}_{i} \tilde{y}_{i}",
    Symbol("N", "N", "size"), Symbol("y", "logits", "argument", ("N",)),
    Symbol(r"\hat{y}", "pred", "argument", ("N",)), Symbol(r"\tilde{y}", "z", "argument", ("N",)),
    Symbol(r"\mathcal{L}", "loss", "output"),
)  # fmt: skip


def test_a_letter_with_two_meanings_is_renamed_in_the_later_equation() -> None:
    """Equation and table get the new letter; accents, words and what means the same stay."""
    first, second = one_meaning([FIRST, SECOND])
    assert first == FIRST
    assert second.lines == (
        r"\mathcal{L}_{2} = \sum_{i} \operatorname{y}\left(\check{y}_{i}\right) \hat{y}_{i} \tilde{y}_{i}",
    )
    assert [symbol.latex for symbol in second.symbols] == [
        "N", r"\check{y}", r"\hat{y}", r"\tilde{y}", r"\mathcal{L}_{2}",
    ]  # fmt: skip
    assert list(symbol_collisions([first, second])) == []
    assert list(symbol_collisions([FIRST, SECOND])) != []


def test_a_size_with_two_names_gets_another_letter() -> None:
    """The number of bins and the number of negatives are not both K; shapes follow."""
    one = statement(
        "a.py:A",
        r"u = \sum_{k=1}^{K} x_{k}",
        Symbol("K", "n_bins", "size"),
        Symbol("x", "x", "argument", ("K",)),
    )
    other = statement(
        "b.py:B",
        r"v = \sum_{k=1}^{K} x_{k}",
        Symbol("K", "n_neg", "size"),
        Symbol("x", "x", "argument", ("K",)),
    )
    _, made = one_meaning([one, other])
    assert made.lines == (r"v = \sum_{k=1}^{M} x_{k}",)
    assert [(symbol.latex, symbol.axes) for symbol in made.symbols] == [("M", ()), ("x", ("M",))]


@given(
    st.lists(
        st.sampled_from(["y", r"\hat{y}", r"\tau", "x_{i}", "K", r"\operatorname{y}", " ", "(", ")", "2"]),
        max_size=12,
    )
)
def test_renaming_and_back_gives_the_same_formula(parts: list[str]) -> None:
    """No symbol is lost or merged by a renaming."""
    line = "".join(parts)
    known = ["y", r"\hat{y}", r"\tau", "x", "K"]
    there = rewrite(line, {"y": r"\tilde{y}", "K": "M"}, known)
    back = rewrite(there, {r"\tilde{y}": "y", "M": "K"}, [r"\tilde{y}", r"\hat{y}", r"\tau", "x", "M"])
    assert back == line


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ("Let $y$ be the logits of the network.", True),
        ("Let $y$ be the target of an item.", False),
        ("Here $y$ is targeted by the model.", False),
        ("We write $q$ for the logits; $y$ appears later.", False),
        ("- $y$ denotes our encoder", True),
    ],
)
def test_notes_that_define_a_symbol_otherwise_are_told(tmp_path: Path, said: str, told: bool) -> None:
    """A definition in the notes that shares no word with the name in the code is a finding."""
    (tmp_path / "notes.md").write_text(f"# Title\n\n## M1\n\n{said}\n")
    notes = read_notes(tmp_path / "notes.md", tmp_path)
    found = list(other_meanings(notes.answers.items(), [FIRST], "notes.md"))
    assert [finding.kind for finding in found] == (["symbol-defined-otherwise"] if told else [])


@pytest.mark.parametrize(
    "accent", [r"\tilde{y}", r"\check{\tau}", r"\acute{y}_{i}", r"\breve{y}", r"\mathcal{L}_{2}"]
)
def test_new_letters_are_printed_by_every_writer(accent: str) -> None:
    """A letter that a renaming gives is a formula for HTML and Typst too."""
    assert why_not_math(clean_formula(accent)) == ""
    assert typst_formula(clean_formula(accent), display=False)


def test_an_edited_equation_of_the_page_is_told_with_its_code(repo: Path) -> None:
    """A formula changed in main.html is a finding with the line of the page and the place in the code."""
    record(repo)
    build_paper(repo, engine="none")
    page = repo / "paper" / "main.html"
    words = page.read_text(encoding="utf-8")
    at = words.index('data-key="equation-losses-py-MarginLoss"')
    line = words.count("\n", 0, at) + 1
    start = words.index("<mo", at)
    page.write_text(words[:start] + "<mn>7</mn>" + words[start:], encoding="utf-8")
    told = call("check", repo).output
    assert f"main.html:{line}: the equation of losses.py:5 [MarginLoss] is not the one that was built" in told
    assert "equation-edited" in told
    page.write_text(words.replace("data-key", "data-old"), encoding="utf-8")
    assert "main.html: the equation of losses.py:5 [MarginLoss] is not shown" in call("check", repo).output


def test_a_verdict_follows_its_line(repo: Path) -> None:
    """An objective that moved by some lines keeps its verdict; one that changed loses it."""
    script = TRAIN.replace("loss = loss_fn(model(x), y)", "loss = ((model(x) - y) ** 2).mean()")
    (repo / "train.py").write_text(script)
    (place,) = (item.place for item in read_code(repo, Settings()).objectives)
    values: dict[str, Any] = {
        "lines": ("y = x",), "symbols": (), "verdict": "verified (value and gradient)", "reason": "",
        "points": 15, "error": 2.1e-15, "gradient_error": 1.3e-15, "tolerance": 1e-8,
    }  # fmt: skip
    hashed = slice_digest(repo, place)
    (repo / FILE).write_text(record_text([Recorded(place=place, digest=hashed, **values)]))
    (repo / "train.py").write_text("# one\n# two\n" + script)
    (now,) = (item.place for item in read_code(repo, Settings()).objectives)
    assert now != place
    checked = read_code(repo, Settings()).checked
    assert set(checked) == {now}
    assert checked[now].verified
    (repo / "train.py").write_text("# one\n" + script.replace("** 2", "** 4"))
    assert set(read_code(repo, Settings()).checked) == {place}
