"""Readers that other packages bring, and what every reader owes."""

import re
import subprocess
import sys
from importlib.metadata import EntryPoint
from pathlib import Path

import pytest

from paperback.errors import SettingsError
from paperback.runs import READERS
from paperback.runs.readers import GROUP, add_plugins, load_readers
from paperback.runs.readers.log import LogFile

PAGE = (Path(__file__).resolve().parents[1] / "docs" / "readers.md").read_text(encoding="utf-8")
MODULE = PAGE.split("```python\n")[1].split("```")[0]


def named(name: str) -> str:
    return MODULE.replace('"xyz"', repr(name))


@pytest.fixture
def plugin(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.syspath_prepend(str(tmp_path))
    return tmp_path


def entry(folder: Path, module: str, text: str) -> EntryPoint:
    (folder / f"{module}.py").write_text(text)
    return EntryPoint(module, module, GROUP)


def test_a_plugin_is_asked_before_our_own(plugin: Path) -> None:
    """The fifteen lines of the manual read a format."""
    readers = add_plugins([entry(plugin, "maker_one", named("Maker"))])
    assert readers[1:] == READERS
    log = readers[0].read(LogFile("runs/a.xyz", plugin, b"acc=0.5\nloss=2", "d"))
    assert {key: final.value for key, final in log.records[0].finals.items()} == {"acc": 0.5, "loss": 2.0}


def test_a_name_that_is_taken_is_refused(plugin: Path) -> None:
    """Whether by one of ours or by another plugin."""
    with pytest.raises(SettingsError, match="two readers are named 'TensorBoard'"):
        add_plugins([entry(plugin, "maker_two", named("TensorBoard"))])
    twins = [entry(plugin, f"maker_{n}", named("Maker")) for n in ("three", "four")]
    with pytest.raises(SettingsError, match="two readers are named 'Maker'"):
        add_plugins(twins)


@pytest.mark.parametrize(
    ("module", "text", "words"),
    [
        ("maker_five", "raise RuntimeError('no')", "cannot be loaded: no"),
        ("maker_six", "name = 'x'", "has no accepts"),
    ],
)
def test_what_is_no_reader_is_refused(plugin: Path, module: str, text: str, words: str) -> None:
    """The error names the plugin and what it lacks."""
    with pytest.raises(SettingsError, match=words):
        add_plugins([entry(plugin, module, text)])


def test_every_reader_stands_in_the_manual() -> None:
    """By its name, or the trackers whose databases it reads."""
    names = {name for reader in READERS for name in reader.name.removeprefix("SQLite of ").split(" and ")}
    names = {part for name in names for part in name.split(", ")}
    assert not {name for name in names if name.removesuffix(" journal") not in PAGE}


def test_no_two_readers_share_a_name() -> None:
    """The installed readers are ours, and each has a name of its own."""
    assert load_readers()[-len(READERS) :] == READERS
    assert len({reader.name for reader in READERS}) == len(READERS)


def test_readers_load_nothing_heavy() -> None:
    """Parsers of single formats are imported when a file of theirs is read."""
    script = "import sys, paperback.runs; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    heavy = {"yaml", "scipy", "matplotlib", "zstandard", "pandas", "pyarrow", "wandb", "mlflow"}
    assert not heavy & set(done.stdout.split())


def test_every_nasty_case_has_its_test() -> None:
    """Each test and benchmark that the list of cases names is there."""
    root = Path(__file__).resolve().parents[1]
    words = (root / "docs" / "nasty.md").read_text(encoding="utf-8")
    code = "".join(path.read_text(encoding="utf-8") for path in (root / "tests").glob("test_runs_*.py"))
    known = set(re.findall(r"^def (test_\w+)\(", code, re.MULTILINE))
    named = set(re.findall(r"`(test_\w+)`", words))
    assert len(named) > 100
    assert not named - known
    assert all((root / path).is_file() for path in re.findall(r"`(benchmarks/\S+|tests/\S+)`", words))
