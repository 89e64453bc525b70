"""A repository is material, never an instruction: nothing of it runs, and its names are words."""

import html.parser
import json
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from paperback.build import build_paper

CANARY = """import os, pathlib
for place in {places!r}:
    try:
        os.unlink(place)
    except OSError:
        pass
raise SystemExit("this file was run")
"""
SCRIPT = """
import json, sys
from pathlib import Path
from paperback.build import build_paper, paper_status
from paperback.check import check_paper
from paperback.proposal import propose_settings
from paperback.ask import ask_value
root = Path(sys.argv[1])
propose_settings(root)
build_paper(root, engine="none")
paper_status(root)
check_paper(root)
ask_value(root, "accuracy", where={"method": "ours", "dataset": "wine"})
loaded = [str(getattr(module, "__file__", "")) for module in list(sys.modules.values())]
print(json.dumps([path for path in loaded if path.startswith(str(root))]))
"""
NAMES = (
    "train.py",
    "conftest.py",
    "setup.py",
    "sitecustomize.py",
    "usercustomize.py",
    "models/__init__.py",
    "models/net.py",
    "torch.py",
    "yaml.py",
    "numpy/__init__.py",
    "paperback/__init__.py",
)


@pytest.mark.parametrize("inside", [False, True])
def test_no_file_of_the_repository_runs(
    inside: bool,
    study: Callable[..., Path],
    fingerprint: Callable[[Path], dict[str, tuple[bytes, int]]],
    tmp_path: Path,
) -> None:
    """Every file would delete a marker and end the program; all commands end well, and the marker survives.

    Run from outside and from inside the repository, where a file may hide a library of the same name.
    """
    marker = tmp_path / "marker"
    marker.write_text("alive")
    code = CANARY.format(places=[str(marker)])
    net = (
        code
        + "\nimport torch\nclass Net(torch.nn.Module):\n"
        + "    def __init__(self):\n        self.a = torch.nn.Linear(2, 3)\n"
    )
    files = dict.fromkeys(NAMES, code) | {"models/net.py": net}
    files |= {
        "Makefile": "all:\n\trm -f marker\n",
        ".latexmkrc": "unlink('marker')",
        "latexmkrc": "unlink('marker')",
    }
    root = study(tmp_path / "repo", files=files)
    before = fingerprint(root)
    script = tmp_path / "script.py"
    script.write_text(SCRIPT)
    done = subprocess.run(
        [sys.executable, "-P", str(script), str(root)],
        cwd=root if inside else tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == []
    assert marker.read_text() == "alive"
    after = {name: seen for name, seen in fingerprint(root).items() if not name.startswith("paper/")}
    assert after == before


HOSTILE = {
    "TeX": "a_b^c & 50% #1 $x$ ~ \\LaTeX {y}",
    "command": "\\input{/etc/passwd}",
    "write": "\\immediate\\write18{touch pwned}",
    "end": "\\end{document}",
    "brace": "}{}}{{",
    "typst": '#eval("1") *b* _i_ @ref <label> $x$ #read("/etc/passwd")',
    "html": "<script>alert(1)</script>&amp;\"'><img src=x onerror=alert(1)>",
    "shell": "$(rm -rf .) `id` ; | ../../x",
    "template": "{{x}} {value: accuracy} %s %(a)s {0}",
    "path": "../../../../etc/x",
    "absolute": "/etc/passwd",
    "control": "a\x00b\x07c\x1b[31md\x7f",
    "lines": "one\ntwo\r\n\n\nthree",
    "unicode": "Größe 数学 αβ 😀 é\u0301",
    "bidi": "abc\u202edef\u200b",
    "long": "n" * 300,
    "long words": "word " * 60,
    "empty brackets": "[] [@nosuch] **",
    "dots": "...",
    "dash": "--help",
    "comma": "a,b=c;d",
    "toml": "]\n[study]\nproposal = 'x'",
}


class Words(html.parser.HTMLParser):
    """The text of a page, and whether it holds what no page of ours holds."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.words: list[str] = []
        self.tags: set[str] = set()
        self.handlers: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.handlers += [name for name, _ in attrs if name.startswith("on")]

    def handle_data(self, data: str) -> None:
        self.words.append(data)


def plain(text: str) -> str:
    return re.sub(r"\s+", "", text)


@pytest.mark.parametrize("case", HOSTILE)
def test_hostile_names_are_words(case: str, study: Callable[..., Path], tmp_path: Path) -> None:
    """Any name of a method, data set or title is built by all writers and stands in the page as it is."""
    name = HOSTILE[case]
    escaped = json.dumps(name, ensure_ascii=False).replace("\x7f", "\\u007f")
    notes = "# T\n\n## M1 P\n\n" + re.sub(r"\s+", " ", name) + "\n"
    root = study(
        tmp_path / "repo",
        methods=(name, "mlp"),
        datasets=("wine", name),
        seeds=3,
        value=lambda m, d, s: 0.5 + (m == "mlp") / 10 + (d == "wine") / 20 + (s * s) / 500,
        toml=f"[paper]\ntitle = {escaped}\nauthors = [{escaped}]\n[study]\nproposal = {escaped}\n",
        files={"notes.md": notes, "weird_net.py": f"# {name!r}\nx = {name!r}\n"},
    )
    made = build_paper(root, engine="none")
    assert made.ledger["claims"][0]["method"] == name
    page = Words()
    page.feed((root / "paper/main.html").read_text(encoding="utf-8"))
    assert not {"script", "img", "iframe", "object"} & page.tags
    assert page.handlers == []
    control = re.sub(r"[\x00-\x08\x0b-\x1f\x7f\u200b\u202e\ufffd]|\\x..", "", name)
    shown = re.sub(
        r"[\x00-\x08\x0b-\x1f\x7f\u200b\u202e\ufffd]|\u2400|\u2407|\u241b|\u2421", "", "".join(page.words)
    )
    assert plain(control) in plain(shown)
    assert {p.name for p in tmp_path.iterdir()} == {"repo"}
    assert not [p for p in root.rglob("*") if p.name in ("pwned", "x")]
    build_paper(root, engine="none")


# Short enough for one line of a column: a name that is broken over lines cannot be read back in one piece.
PRINTED = (
    *(HOSTILE[case] for case in ("TeX", "command", "brace", "path", "end")),
    '#eval("1") *b*',
    "_i_ @ref <label>",
    "<script>x</script>",
    "&amp; <b>",
    "$(rm -rf .) `id`",
    "{{x}} %s {0}",
)


def test_hostile_names_are_words_in_the_pdf(study: Callable[..., Path], tmp_path: Path) -> None:
    """The text of the PDF shows each hostile name as it was logged."""
    import pypdfium2

    names = {f"set {number}": name for number, name in enumerate(PRINTED)}
    printed = "".join(f"{json.dumps(k)} = {json.dumps(v)}\n" for k, v in names.items())
    root = study(
        tmp_path,
        datasets=tuple(names),
        seeds=2,
        value=lambda m, d, s: 0.5 + (m == "ours") / 10 + len(d) / 100 + s / 50,
        toml=f'[study]\nproposal = "ours"\n[names.dataset]\n{printed}',
    )
    build_paper(root, engine="typst")
    document = pypdfium2.PdfDocument(root / "paper/main.pdf")
    text = plain("".join(page.get_textpage().get_text_bounded() for page in document))
    document.close()
    lacking = [
        name for name in names.values() if plain(name).replace("--", "–") not in text.replace("--", "–")
    ]
    assert lacking == []


@pytest.mark.parametrize("metric", ["acc_%", "a b", "\\input{x}", "<b>", "../x", "数学"])
def test_hostile_metrics_are_words(metric: str, study: Callable[..., Path], tmp_path: Path) -> None:
    """A metric of any name is built and asked."""
    from paperback.ask import ask_table
    from paperback.render import print_listing

    root = study(tmp_path, toml='[study]\nproposal = "ours"\n')
    for path in (root / "runs").iterdir():
        log = json.loads(path.read_text())
        log["metrics"]["test"] = {metric: log["metrics"]["test"]["accuracy"]}
        path.write_text(json.dumps(log))
    made = build_paper(root, engine="none")
    name = made.ledger["study"]["metric"]
    assert plain(name)
    for form in ("md", "csv", "json", "latex"):
        assert print_listing(ask_table(root, name, where={}), form)
