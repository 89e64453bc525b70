"""The manual page of the equations: its commands run, and what it shows is what they print."""

import re
import shlex
from pathlib import Path

import pytest
from click.testing import CliRunner

from paperback.cli import main

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs" / "equations.md").read_text(encoding="utf-8")
SHOWN = re.findall(r"```console\n\$ (paperback [^\n]+)\n(.*?)```", PAGE, re.DOTALL)


def test_the_page_shows_commands() -> None:
    """There is something to run."""
    assert len(SHOWN) >= 2


@pytest.mark.parametrize(("command", "lines"), SHOWN)
def test_a_command_of_the_page_prints_what_the_page_shows(
    command: str, lines: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every line that stands below a command is a line of its output."""
    monkeypatch.chdir(ROOT)
    done = CliRunner().invoke(main, shlex.split(command)[1:])
    assert done.exit_code == 0, done.output
    assert set(lines.splitlines()) <= set(done.output.splitlines())


def test_every_verdict_is_explained() -> None:
    """The table of verdicts names each word that a check can give."""
    from paperback.code.equations.establish import RANKS

    assert all(f"| {word} |" in PAGE for word in (*RANKS, "mismatch"))
