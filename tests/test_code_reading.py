"""Reading source text: every file, whatever it holds, without running it."""

import json
import sysconfig
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from paperback.code import read_code
from paperback.code.parse import parse_bytes, parse_notebook
from paperback.settings import Settings


def put(root: Path, path: str, text: str) -> None:
    (root / path).parent.mkdir(parents=True, exist_ok=True)
    (root / path).write_text(text)


def test_nothing_of_the_repository_is_run(tmp_path: Path) -> None:
    """A module whose import would delete a file is read, and the file is still there."""
    precious = tmp_path / "precious.txt"
    precious.write_text("keep")
    put(tmp_path, "bomb.py", f"import os, torch\nos.remove({str(precious)!r})\nRATE = 3\n")
    inventory = read_code(tmp_path, Settings())
    assert precious.read_text() == "keep"
    assert [item.name for item in inventory.hyperparameters] == ["RATE"]


@pytest.mark.parametrize(
    ("data", "kind", "line"),
    [
        pytest.param(b"import torch\nprint 'epoch', 1\n", "not-python", 2, id="Python 2"),
        pytest.param(b"import torch\nexec 'x = 1'\n", "not-python", 2, id="Python 2 exec"),
        pytest.param(b"import torch\ndef f(:\n    pass\n", "not-python", 2, id="syntax error"),
        pytest.param(b"import torch\x00\n", "not-python", None, id="null byte"),
        pytest.param(b"x = " + b"-" * 200_000 + b"1\n", "not-python", None, id="deep recursion"),
        pytest.param(b"x = " + b"(" * 9_000 + b")" * 9_000, "not-python", 1, id="deep parentheses"),
        pytest.param(b"# coding: klingon\nx = 1\n", "unreadable-source", None, id="unknown encoding"),
        pytest.param(b"x = '\xff\xfe'\n", "unreadable-source", None, id="not UTF-8"),
        pytest.param(b"x = 1\n" * 700_000, "large-source", None, id="gigantic"),
    ],
)
def test_what_cannot_be_read_is_told(tmp_path: Path, data: bytes, kind: str, line: int | None) -> None:
    """A file that is no Python 3 becomes one finding with its line, and the others are still read."""
    (tmp_path / "odd.py").write_bytes(data)
    (tmp_path / "fine.py").write_text("import torch\nRATE = 0.1\n")
    inventory = read_code(tmp_path, Settings())
    (finding,) = inventory.findings
    assert (finding.kind, finding.sources[0].path, finding.sources[0].line) == (kind, "odd.py", line)
    assert [item.name for item in inventory.hyperparameters] == ["RATE"]


def test_python_2_is_called_by_its_name(tmp_path: Path) -> None:
    """The way out of a Python 2 file is to convert it."""
    (tmp_path / "old.py").write_text("print 'loss', 1\n")
    assert read_code(tmp_path, Settings()).findings[0].mend == "Convert it from Python 2 to Python 3."


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "latin-1", "cp1252"])
def test_declared_encodings_are_honoured(encoding: str) -> None:
    """A docstring in a declared encoding is read as its author wrote it."""
    head = "" if encoding.startswith("utf") else f"# -*- coding: {encoding} -*-\n"
    parsed = parse_bytes("a.py", (head + "x = 'é'\n").encode(encoding))
    assert not parsed.findings
    assert parsed.tree is not None
    assert "é" in parsed.text.of(parsed.tree.body[-1].value)  # type: ignore[attr-defined]


def test_deep_chains_are_walked_without_recursion(tmp_path: Path) -> None:
    """An attribute chain and a sum far deeper than Python's stack are no obstacle."""
    chain = "x" + ".a" * 700
    total = " + ".join(["1"] * 900)
    put(tmp_path, "deep.py", f"import torch\ny = {chain}\nz = {total}\nRATE = 2\n")
    assert [item.name for item in read_code(tmp_path, Settings()).hyperparameters] == ["RATE"]


def test_a_notebook_counts_lines_by_cell(tmp_path: Path) -> None:
    """Facts of a notebook carry the cell and the line within it; magics and broken cells do not stop it."""
    cells = [
        {"cell_type": "markdown", "source": "# title"},
        {"cell_type": "code", "source": ["%matplotlib inline\n", "from torch import nn\n", "!pip list"]},
        {"cell_type": "code", "source": "this is no python"},
        {"cell_type": "code", "source": "%%bash\nls"},
        {"cell_type": "code", "source": "\nmodel = nn.Sequential(nn.Linear(8, 12), nn.ReLU())\n"},
    ]
    (tmp_path / "a.ipynb").write_text(json.dumps({"cells": cells}))
    inventory = read_code(tmp_path, Settings())
    (module,) = inventory.modules
    assert [layer.kind for layer in module.layers] == ["Linear", "ReLU"]
    assert (module.source.key, module.source.line) == ("cell 5", 2)
    assert [finding.sources[0].key for finding in inventory.findings] == ["cell 3"]


@pytest.mark.parametrize("data", [b"", b"[]", b"{}", b'{"cells": 3}', b'{"cells": [3]}', b"\xff"])
def test_a_broken_notebook_is_told(data: bytes) -> None:
    """JSON that is no notebook becomes a finding."""
    assert [finding.kind for finding in parse_notebook("a.ipynb", data).findings] == ["unreadable-source"]


def test_environments_and_loops_of_links_are_left_out(tmp_path: Path) -> None:
    """Only the author's own files are read, each once."""
    put(tmp_path, "train.py", "import torch\n")
    for folder in (".git", "node_modules", "__pycache__", "build", "lib/site-packages", ".venv"):
        put(tmp_path, f"{folder}/a.py", "import torch\n")
    put(tmp_path, "myenv/pyvenv.cfg", "")
    put(tmp_path, "myenv/b.py", "")
    (tmp_path / "again").symlink_to(tmp_path)
    assert list(read_code(tmp_path, Settings()).files) == ["train.py"]


def test_only_the_files_that_the_settings_name_are_read(tmp_path: Path) -> None:
    """`[code] include` limits what is read; `**/` also stands for no folder."""
    for path in ("src/a.py", "src/deep/b.py", "old/c.py"):
        put(tmp_path, path, "")
    assert list(read_code(tmp_path, Settings(code=("src/**/*.py",))).files) == ["src/a.py", "src/deep/b.py"]


def test_reading_twice_gives_the_same(tmp_path: Path) -> None:
    """Equal input gives equal output."""
    put(tmp_path, "a.py", "from torch import nn\nclass A(nn.Module):\n    pass\n")
    assert read_code(tmp_path, Settings()) == read_code(tmp_path, Settings())


_LINES = (
    "import torch", "from torch import nn", "class A(nn.Module):", " def forward(self):", "  return loss",
    "for x in y:", " loss.backward()", "x += [nn.Linear(1, 2)]", "nn.Sequential(*x)", "a.b.c = d(e)(f)[g]",
    "lambda: 0", "@a.b(c)", "from .. import *", "from ....a import b", "loss = a + b - c",
    "def loss(x): return x.mean()", "exec('')", "p.add_argument('--a', default=1)", "p.add_argument()",
    "nn.ModuleDict({**a})", "importlib.import_module(x + y)",
)  # fmt: skip
_SNIPPETS = st.lists(st.sampled_from(_LINES), max_size=12)


@settings(max_examples=150, deadline=None)
@given(st.one_of(st.text(), _SNIPPETS.map("\n".join)), st.sampled_from(["a.py", "p/__init__.py", "p/q/b.py"]))
def test_no_text_raises(tmp_path_factory: pytest.TempPathFactory, text: str, name: str) -> None:
    """Any text is read to the end: into facts or into a finding."""
    root = tmp_path_factory.mktemp("any")
    (root / name).parent.mkdir(parents=True, exist_ok=True)
    (root / name).write_bytes(("import torch\n" + text).encode(errors="surrogatepass"))
    assert list(read_code(root, Settings()).files) == [name]


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=300))
def test_no_bytes_raise(data: bytes) -> None:
    """Any bytes are parsed or told."""
    for parsed in (parse_bytes("a.py", data), parse_notebook("a.ipynb", data)):
        assert (parsed.tree is not None) or parsed.findings


def test_the_standard_library_is_read_in_time() -> None:
    """The json and email packages of the standard library are read without a traceback or a model."""
    start = time.process_time()
    inventory = read_code(
        Path(sysconfig.get_path("stdlib")), Settings(code=("json/*.py", "email/*.py", "turtledemo/*"))
    )
    assert inventory.lines > 5_000
    assert (inventory.level, inventory.losses, inventory.loops) == (None, (), ())
    assert time.process_time() - start < 10
