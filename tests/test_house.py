"""What the house promises of itself: floors, names, writers, readers, commands, and a cheap import."""

import re
import shutil
import subprocess
import sys
import tomllib
from importlib import import_module
from pathlib import Path

import click
import numpy as np
import pytest

import paperback
from paperback.cli import main
from paperback.code import Algorithm, Diff, DiffLine, Input, Line, Words
from paperback.evidence import Quantity, Recipe
from paperback.literature import Reference
from paperback.notes.prose import Cite, Code, Emphasis, Link, Math, Strong, Text
from paperback.paper.document import (
    AlgorithmFloat,
    DiagramFloat,
    DiffFloat,
    Document,
    Equation,
    GraphFloat,
    ItemList,
    Number,
    Paragraph,
    Ref,
    Section,
    TableFloat,
)
from paperback.render import write_html, write_latex, write_typst
from paperback.runs.readers import READERS
from paperback.source import Source
from paperback.story import Curve, Graph, Panel, Table
from paperback.story.architecture import Architecture, Box
from paperback.story.table import CodeCell, IntervalCell, MathCell, MissingCell, QuantityCell, TextCell

ROOT = Path(__file__).parents[1]
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


def python(code: str) -> str:
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    return done.stdout


def test_the_floors_hold() -> None:
    """No room uses a room beside or above it."""
    checker = shutil.which("lint-imports", path=str(Path(sys.executable).parent)) or shutil.which(
        "lint-imports"
    )
    if checker is None:
        pytest.skip("import-linter is not installed")
    done = subprocess.run([checker, "--no-cache"], capture_output=True, text=True, cwd=ROOT, check=False)
    assert done.returncode == 0, done.stdout


def test_every_room_lives_on_a_floor() -> None:
    """A room that is on no floor of the contract is refused, and the contract names no room that is gone."""
    contract = PYPROJECT["tool"]["importlinter"]["contracts"][0]
    floors = {name for layer in contract["layers"] for name in re.split(r"\s*\|\s*", layer)}
    package = ROOT / "src" / "paperback"
    rooms = {p.stem if p.suffix == ".py" else p.name for p in package.iterdir() if p.name[0] != "_"}
    rooms = {room for room in rooms if (package / room).is_dir() or (package / f"{room}.py").is_file()}
    assert contract["exhaustive"]
    assert floors == {*rooms, "__main__"}


def test_the_public_names_are_exact() -> None:
    """`__all__` is sorted, each name is there, and it is what its own room offers."""
    assert list(paperback.__all__) == sorted(paperback.__all__)
    assert paperback.__all__ == [
        "Address",
        "Estimate",
        "PaperbackError",
        "Run",
        "build_paper",
        "check_paper",
        "estimate",
        "open_repository",
        "pivot",
        "read_runs",
    ]
    for name in paperback.__all__:
        found = getattr(paperback, name)
        assert found.__name__ == name
        assert found.__doc__, name
    with pytest.raises(AttributeError, match="module 'paperback' has no attribute 'nosuch'"):
        paperback.nosuch  # noqa: B018


def test_the_version_is_one() -> None:
    """Package, module and command tell one version."""
    assert paperback.__version__ == PYPROJECT["project"]["version"]
    assert python("from paperback.cli import main; main(['--version'])").split()[-1] == paperback.__version__


def test_an_import_costs_nothing() -> None:
    """`import paperback` fetches none of the heavy packages, and neither does the command's help."""
    heavy = {
        "numpy",
        "scipy",
        "matplotlib",
        "yaml",
        "pybtex",
        "typst",
        "markdown_it",
        "pypdfium2",
        "math_core",
    }
    listing = "import sys; print(' '.join({name.split('.')[0] for name in sys.modules}))"
    assert not (heavy | {"click"}) & set(python(f"import paperback; {listing}").split())
    assert not heavy & set(python(f"import paperback.cli; {listing}").split())


@pytest.mark.parametrize(
    "room", ["notes", "literature", "story", "paper.write", "runs", "evidence", "code", "render"]
)
def test_a_room_opens_without_what_only_its_work_needs(room: str) -> None:
    """Importing a room fetches no drawing, typesetting or parsing package; NumPy is allowed."""
    heavy = {"scipy", "matplotlib", "pybtex", "typst", "markdown_it", "pypdfium2"}
    listing = "import sys; print(' '.join({name.split('.')[0] for name in sys.modules}))"
    assert not heavy & set(python(f"import paperback.{room}; {listing}").split())


def test_nothing_prints_or_ends_the_program() -> None:
    """Only the command prints, reads standard input or ends the program."""
    for path in sorted((ROOT / "src" / "paperback").rglob("*.py")):
        if path.name not in ("cli.py", "__main__.py"):
            words = path.read_text(encoding="utf-8")
            found = re.findall(r"(?m)^\s*(?:print|input|exit|quit|sys\.exit|os\.chdir|os\._exit)\(", words)
            assert not found, path.name


# Runs a slice of code where the author asks for it, in a process of its own; no room imports it.
RUNNER = "runner.py"


def test_nothing_of_a_repository_is_run() -> None:
    """No room evaluates, unpickles or loads code or unsafe YAML; what may run a slice stands alone."""
    unsafe = re.compile(
        r"(?<![\w.])(?:eval|exec|compile|__import__)\(|pickle|marshal|runpy|yaml\.load\(|yaml\.unsafe|shell=True|np\.load\("
    )
    for path in sorted((ROOT / "src" / "paperback").rglob("*.py")):
        code = re.sub(r'"""[\s\S]*?"""|#.*|"[^"\n]*"', "", path.read_text(encoding="utf-8"))
        assert code.count("np.load(") == code.count("allow_pickle=False"), path.name
        code = code.replace("np.load(", "").replace("allow_pickle=False", "")
        if "SafeLoader" in code and not re.search(r"(?:Unsafe|Full|yaml\.)Loader", code):
            code = code.replace("yaml.load(data, Loader=loader)", "")
        assert path.name == RUNNER or not unsafe.findall(code), path.name
        assert "equations.runner" not in code


# One node of each kind; `write_*` and the type checker must know all of them.
NUMBER = Quantity(0.815, Recipe("convention", "level"), "fraction", (Source("runs/a.json"),))
TABLE = Table(
    key="table",
    caption="A caption.",
    stub="Row",
    columns=("a", "b", "c", "d", "e", "f"),
    units=("s", "", "", "", "", ""),
    rows=(
        (
            "row",
            (
                QuantityCell(NUMBER, 3),
                IntervalCell(NUMBER, NUMBER, NUMBER, 1, True, "best"),
                TextCell("cellwords"),
                CodeCell("cellcode", Source("net.py", 3)),
                MathCell(r"\mu^7", "mu"),
                MissingCell("never run"),
            ),
        ),
    ),
    spread="std",
    note="A note.",
    highlight=("row",),
    why="",
)
CURVE = Curve("curve", np.arange(3.0), np.arange(3.0), np.arange(3.0) - 1, np.arange(3.0) + 1, 3, ())
PROCEDURE = Algorithm(
    "Proceduretitle",
    (Input("model", "modelname", "Net", Source("net.py", 1)),),
    (Line("statement", 0, (Words("stepwords"),), Source("net.py", 2)),),
    (Words("resultwords"),),
    Source("net.py", 1),
)
BOXES = Architecture(
    key="boxes",
    caption="Boxcaption.",
    boxes=(Box("layer", ("Linear",), 1.0, 1.0, 1.5, 0.6, (Source("net.py", 3),)),),
    arrows=(),
    frames=(),
    width=2.0,
    height=2.0,
    source=Source("net.py", 3),
    why="",
)
DIFF = Diff(
    "Net.forward",
    "Plain.forward",
    (DiffLine("removed", "oldline", 3), DiffLine("added", "    newline", 4), DiffLine("gap", "", 0)),
    1,
    1,
    2,
    Source("net.py", 3),
    Source("net.py", 9),
)
WORDS = (
    Text("plain"),
    Emphasis((Text("italic"),)),
    Strong((Text("heavy"),)),
    Code("snake_case"),
    Math("x^2"),
    Cite(("key",)),
    Link("https://example.org/page", (Text("linkwords"),)),
    Number(NUMBER, 1, True, True),
    Ref("table"),
)
DOCUMENT = Document(
    title="Titlewords",
    authors=("Ada Example",),
    abstract=(Paragraph((Text("abstractwords"),)),),
    sections=(
        Section(
            "first",
            "Sectionwords",
            (
                Paragraph(WORDS),
                ItemList((Paragraph((Text("bulletwords"),)),)),
                ItemList((Paragraph((Text("numberedwords"),)),), ordered=True),
                Equation("eq", "y = x", None),
                Equation("", "z = x", Source("notes.md", 3)),
                TableFloat(TABLE),
                GraphFloat(
                    Graph("graph", "Graphcaption.", "Epoch", "Loss", (Panel("panel", (CURVE,)),), ""),
                    wide=True,
                ),
                AlgorithmFloat("steps", PROCEDURE),
                DiagramFloat(BOXES),
                DiffFloat("lines", DIFF),
            ),
            (Section("inner", "Innerwords", (Paragraph((Text("innermost"),)),)),),
        ),
    ),
    references=(
        Reference(
            "key",
            "book",
            (("Ada", "Booker"),),
            "Worktitle",
            "Press",
            "1984",
            "https://example.org/w",
            {"title": "Worktitle", "author": "Booker, Ada", "year": "1984", "publisher": "Press"},
        ),
    ),
    footer="Footerwords",
)
SHOWN = (
    "plain",
    "italic",
    "heavy",
    "linkwords",
    "Titlewords",
    "Ada Example",
    "abstractwords",
    "Sectionwords",
    "bulletwords",
    "numberedwords",
    "A caption.",
    "A note.",
    "cellwords",
    "Proceduretitle",
    "modelname",
    "stepwords",
    "resultwords",
    "Boxcaption.",
    "Net.forward against Plain.forward",
    "oldline",
    "newline",
    "2 changed lines are left out.",
    "cellcode",
    "Graphcaption.",
    "Innerwords",
    "innermost",
    "Footerwords",
    "Worktitle",
    "Booker",
    "81.5",
    "0.815",
    "example.org/page",
)


@pytest.mark.parametrize("name", ["latex", "html", "typst"])
def test_every_writer_knows_every_node(name: str, tmp_path: Path) -> None:
    """A document with one node of each kind goes through each writer, and no words are lost."""
    writers = {
        "latex": write_latex,
        "html": lambda d, p: write_html(d, p / "main.html"),
        "typst": write_typst,
    }
    findings = writers[name](DOCUMENT, tmp_path)
    written = "".join(
        p.read_text(encoding="utf-8")
        for p in tmp_path.rglob("*.*")
        if p.suffix in (".tex", ".html", ".typ", ".bib")
    )
    assert not findings
    lacking = [words for words in SHOWN if words not in written]
    assert lacking == []


def test_every_node_is_in_that_document() -> None:
    """The document above holds every kind of node there is, so that a new one must be added to it."""
    from typing import get_args

    from paperback.paper import document
    from paperback.story import table

    def names(union: object) -> set[str]:
        return {getattr(each, "__name__", None) or each.__origin__.__name__ for each in get_args(union)}

    assert names(document.Inline) == {type(part).__name__ for part in WORDS}
    assert names(document.Block) == {type(block).__name__ for block in DOCUMENT.sections[0].blocks}
    cells = {type(cell).__name__ for _, row in TABLE.rows for cell in row}
    assert names(table.Cell) == {*cells, "EstimateCell"}


@pytest.mark.parametrize("reader", READERS, ids=lambda reader: reader.name)
def test_every_reader_is_whole(reader: object) -> None:
    """A reader has a name, `accepts`, `read` and a caption, and accepts no file of another world."""
    assert isinstance(reader.name, str)  # type: ignore[attr-defined]
    assert reader.__doc__
    assert reader.accepts.__doc__  # type: ignore[attr-defined]
    assert reader.read.__doc__  # type: ignore[attr-defined]
    assert not reader.accepts("picture.png", b"\x89PNG\r\n")  # type: ignore[attr-defined]


def test_the_names_of_readers_differ() -> None:
    """No two readers share a name."""
    names = [reader.name for reader in READERS]
    assert len(set(names)) == len(names)


@pytest.mark.parametrize("name", main.commands)
def test_every_command_is_documented(name: str) -> None:
    """A command has help that begins with a sentence, an example that calls it, and a line in the manual."""
    command = main.commands[name]
    assert re.match(r"[A-Z][^\n]*\.", command.help or "")
    shown = command.get_help(click.Context(command, info_name=name))
    assert re.search(rf"Examples?:\s+(?:paperback .*\s+)*paperback {name}", shown)
    assert f"paperback {name}" in (ROOT / "docs/commands.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", main.commands)
def test_every_option_is_in_the_manual(name: str) -> None:
    """An option of a command stands in the line of the manual, or in the command's help."""
    for parameter in main.commands[name].params:
        if isinstance(parameter, click.Option) and not parameter.is_eager:
            words = f"{main.commands[name].get_help(click.Context(main.commands[name]))}"
            assert parameter.opts[0] in words


def test_every_room_has_a_caption() -> None:
    """Each file begins with a sentence that says what it is."""
    for path in sorted((ROOT / "src" / "paperback").rglob("*.py")):
        name = ".".join(path.relative_to(ROOT / "src").with_suffix("").parts).removesuffix(".__init__")
        if not name.endswith("__main__"):
            assert (import_module(name).__doc__ or "").strip(), name
