"""The sections: every outline item is written, asked or missing, and no digit is typed."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from paperback.build import build_paper, gather, paper_status
from paperback.evidence import recompute
from paperback.notes import ITEMS
from paperback.notes.prose import Code, Text
from paperback.paper.document import (
    AlgorithmFloat,
    Block,
    Equation,
    GraphFloat,
    Inline,
    Number,
    Paragraph,
    TableFloat,
)
from paperback.paper.extent import setup_parts
from paperback.paper.ledger import NUMERAL, typed_numerals
from paperback.paper.printed import blocks, inlines_of
from paperback.paper.questions import outline_state, questions_page
from paperback.paper.sections.experiments import results_answers
from paperback.paper.sections.method import doc_clause
from paperback.paper.write import Paper, write_paper
from paperback.settings import open_repository
from paperback.story.code_table import component_table
from paperback.story.table import CodeCell

LEVEL_TWO = """
import torch
from torch import nn


class Straight(torch.autograd.Function):
    \"\"\"Passes the gradient through a step.\"\"\"

    @staticmethod
    def forward(ctx, x):
        return (x > 0).float()

    @staticmethod
    def backward(ctx, grad):
        return grad


class Gate(nn.Module):
    \"\"\"A gate with a weight of its own.\"\"\"

    def __init__(self):
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(4))

    def forward(self, x):
        return Straight.apply(x * self.weight)


class SpreadLoss(nn.Module):
    \"\"\"Penalises spread.\"\"\"

    def forward(self, output, target):
        return ((output - target) ** 2).mean() + output.var()


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.hidden = nn.Linear(4, 8)
        self.gate = Gate()

    def forward(self, x):
        return self.gate(self.hidden(x))


def train(loader):
    net = Net()
    loss_function = SpreadLoss()
    optimizer = torch.optim.Adam(net.parameters(), lr=0.1)
    for x, y in loader:
        optimizer.zero_grad()
        loss = loss_function(net(x), y)
        loss.backward()
        optimizer.step()
"""


def write(root: Path) -> Paper:
    return write_paper(gather(root, open_repository(root)))


@pytest.fixture(scope="module")
def bare(study: Callable[..., Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    return Path(study(tmp_path_factory.mktemp("bare"), datasets=("adult", "wine", "iris"), history=True))


@pytest.fixture(scope="module")
def rich(study: Callable[..., Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    return Path(study(tmp_path_factory.mktemp("rich"), history=True, files={"net.py": LEVEL_TWO}))


def test_every_item_has_a_state(bare: Path) -> None:
    """Each outline item is written by something, asked with its question, or missing for a reason."""
    states = outline_state(write(bare).answers)
    assert [state.item for state in states] == list(ITEMS)
    for state in states:
        by, asked, missing = bool(state.by), bool(state.item.question), bool(state.reason)
        assert state.state == ("written" if by else "asked" if asked else "missing")
        assert missing == (state.state == "missing")
    assert {state.state for state in states} == {"written", "asked", "missing"}


def test_the_outline_is_whole() -> None:
    """The outline holds the items of each chapter, each once, with a title."""
    ids = [item.id for item in ITEMS]
    chapters = {"S": 3, "M": 8, "E": 6, "C": 10, "B": 2, "A": 8}
    wanted = [f"{letter}{number}" for letter, count in chapters.items() for number in range(1, count + 1)]
    assert ids == [*wanted, "L1", "L2a", "L2b", "L2c", "L2d", "L2e", "L3"]
    assert all(item.title for item in ITEMS)
    assert all(item.question.endswith(("?", ".")) for item in ITEMS if item.question)


@pytest.mark.parametrize("item", [item.id for item in ITEMS if item.question])
def test_an_answer_in_the_notes_is_printed(item: str, bare: Path) -> None:
    """Whatever item the author answers, its words are in the paper, once, and it is written."""
    (bare / "notes.md").write_text(f"# T\n\n## {item} Heading\n\nMy own words, zebra.\n")
    paper = write(bare)
    (bare / "notes.md").unlink()
    assert paper.answers[item].notes
    found = [
        part
        for part in inlines_of(tuple(blocks(paper.document)))
        if isinstance(part, Text) and "zebra" in part.words
    ]
    assert len(found) == 1


def test_questions_can_be_answered_in_place(bare: Path) -> None:
    """questions.md, answered and saved as notes.md, answers every question."""
    page = questions_page(outline_state(write(bare).answers), "notes.md")
    asked = [line for line in page.splitlines() if line.startswith("## ")]
    assert len(asked) > 15
    questions = {item.question for item in ITEMS if item.question}
    answered = "\n".join("Answered." if line in questions else line for line in page.splitlines())
    (bare / "notes.md").write_text(answered)
    states = outline_state(write(bare).answers)
    (bare / "notes.md").unlink()
    assert not [state.item.id for state in states if state.state == "asked"]
    assert "None. Every outline item" in questions_page(states, "notes.md")


def test_the_facts_of_the_code_are_told(rich: Path) -> None:
    """Own components, loss and derivative are named with their file and line, from the code alone."""
    paper = write(rich)
    states = {state.item.id: state.state for state in outline_state(paper.answers)}
    assert [states[item] for item in ("L1", "L2b", "L2c", "L2d", "L2e", "M6")] == ["written"] * 6
    names = [part.text for part in inlines_of(paper.answers["L2d"].blocks) if isinstance(part, Code)]
    assert names[0] == "Straight"
    assert any(name.startswith("net.py:") for name in names)
    algorithm = next(b for b in paper.answers["M6"].blocks if isinstance(b, AlgorithmFloat)).algorithm
    assert "update the parameters" in str(algorithm)
    assert all(line.source.path == "net.py" and line.source.line for line in algorithm.lines)


def words_of(among: tuple[Block, ...]) -> Iterator[str]:
    for part in inlines_of(among):
        if isinstance(part, Text):
            yield part.words
    for block in among:
        if isinstance(block, TableFloat):
            yield from (block.table.caption, block.table.note, block.table.why)
        elif isinstance(block, GraphFloat):
            yield from (block.graph.caption, block.graph.why)


@pytest.mark.parametrize("name", ["bare", "rich"])
def test_no_digit_is_typed(name: str, request: pytest.FixtureRequest) -> None:
    """Without notes no sentence, caption or note of the paper holds a numeral: each number is evidence."""
    paper = write(request.getfixturevalue(name))
    found = [words for words in words_of(tuple(blocks(paper.document))) if NUMERAL.findall(words)]
    assert found == []
    assert sum(isinstance(part, Number) for part in inlines_of(tuple(blocks(paper.document)))) > 20


def test_strong_words_are_not_in_it(bare: Path) -> None:
    """A paper written from facts alone never says `significant`, `outperform` or `novel`."""
    words = " ".join(words_of(tuple(blocks(write(bare).document)))).lower()
    assert not [word for word in ("significant", "outperform", "novel", "state of the art") if word in words]


def test_what_the_author_types_is_known(bare: Path) -> None:
    """A number that the author types is in the list of typed numerals, wherever it stands."""
    (bare / "notes.md").write_text(
        "# Title 11\n\n## M1 P\n\nWords 12, *13*, **14**, `15`, $16$.\n\n"
        "- 17\n\n## Equations\n\n### E\n\n$$ 18 $$\n"
    )
    typed = set(typed_numerals(write(bare).document))
    (bare / "notes.md").unlink()
    assert {str(number) for number in range(11, 19)} <= typed


def test_a_value_in_the_notes_is_a_number(bare: Path) -> None:
    """`{value: ...}` becomes a number with evidence; one that no run carries stays words and is told."""
    (bare / "notes.md").write_text(
        "# T\n\n## M1 P\n\n{value: accuracy, method=ours, dataset=wine} and "
        "*{value: accuracy, method=ours, dataset=wine, reduce=median}* "
        "and {value: accuracy, method=nobody}.\n"
    )
    paper = write(bare)
    (bare / "notes.md").unlink()
    parts: list[Inline] = list(inlines_of(paper.answers["M1"].blocks))
    numbers = [part for part in parts if isinstance(part, Number)]
    assert [number.quantity.recipe.arguments["reduce"] for number in numbers] == ["mean", "median"]
    assert [part.text for part in parts if isinstance(part, Code)] == ["{value: accuracy}"]
    told = [finding for finding in paper.findings if finding.kind == "unresolved-value"]
    assert [finding.sources[0].line for finding in told] == [5]


def test_citations_are_looked_up(bare: Path) -> None:
    """Only cited works are printed, in the order of their authors; what is unknown or never cited is told."""
    work = "@misc{%s, author={%s, A.}, title={T}, year={2020}}\n"
    (bare / "references.bib").write_text(
        work % ("one", "Zed") + work % ("two", "Abel") + work % ("three", "Mid")
    )
    (bare / "notes.md").write_text("# T\n\n## B1 R\n\nSee [@one; @two; @nosuch] and [@nowhere].\n")
    paper = write(bare)
    (bare / "notes.md").unlink()
    (bare / "references.bib").unlink()
    assert [reference.key for reference in paper.document.references] == ["two", "one"]
    kinds = {(finding.kind, finding.message) for finding in paper.findings}
    assert ("unknown-citation", "notes.md cites 'nosuch', which references.bib does not hold") in kinds
    assert ("unknown-citation", "notes.md cites 'nowhere', which references.bib does not hold") in kinds
    assert ("uncited-reference", "references.bib: three is never cited") in kinds


def test_an_equation_of_no_code_is_told(bare: Path) -> None:
    """An equation of the notes is numbered, and one that names code which is not there is told."""
    (bare / "notes.md").write_text(
        "# T\n\n## Equations\n\n### A (net.py:Net)\n\n$$ a $$\n\n"
        "### B (net.py:Nosuch)\n\n$$ b $$\n\n### C\n\n$$ c $$\n"
    )
    paper = write(bare)
    (bare / "notes.md").unlink()
    found = [
        block for block in blocks(paper.document) if isinstance(block, Equation) and block.latex in "abc"
    ]
    assert [equation.latex for equation in found] == ["a", "b", "c"]
    assert len({equation.key for equation in found}) == 3
    told = [finding.message for finding in paper.findings if finding.kind == "equation-without-code"]
    assert told == ["notes.md:11: 'B' names net.py:Nosuch, which the code does not hold"]


def test_the_title(bare: Path, study: Callable[..., Path], tmp_path: Path) -> None:
    """The settings' title comes before the notes', and that before the repository's name."""
    root = study(tmp_path / "my_great-study")
    assert write(root).document.title == "My great study"
    (root / "notes.md").write_text("---\nauthors: [Ada]\n---\n# From notes\n")
    assert (write(root).document.title, write(root).document.authors) == ("From notes", ("Ada",))
    (root / "paperback.toml").write_text('[paper]\ntitle = "Declared"\nauthors = ["Ben"]\n')
    assert (write(root).document.title, write(root).document.authors) == ("Declared", ("Ben",))


def test_the_abstract_is_one_paragraph(bare: Path) -> None:
    """The answers to A1-A8 stand in one paragraph in their order, with the key results among them."""
    (bare / "notes.md").write_text("# T\n\n## A7 x\n\nSeventh.\n\n## A1 x\n\nFirst.\n")
    abstract = write(bare).document.abstract
    (bare / "notes.md").unlink()
    assert len(abstract) == 1
    assert isinstance(abstract[0], Paragraph)
    words = "".join(part.words if isinstance(part, Text) else "#" for part in abstract[0].parts)
    assert words.index("First.") < words.index("improves on") < words.index("Seventh.")


def test_code_alone_or_runs_alone(study: Callable[..., Path], tmp_path: Path) -> None:
    """A repository without any code still makes a paper; what the code would say is asked or missing."""
    root = study(tmp_path)
    (root / "net.py").unlink()
    made = build_paper(root, engine="none")
    assert made.ledger["outline"]["L2b"]["state"] == "missing"
    assert made.ledger["outline"]["E5"]["state"] == "written"


def test_one_run(study: Callable[..., Path], tmp_path: Path) -> None:
    """A single run of a single method makes a paper that claims nothing."""
    root = study(tmp_path, methods=("ours",), datasets=("wine",), seeds=1, toml="")
    made = build_paper(root, engine="none")
    assert made.ledger["claims"] == []
    assert json.loads((root / "paper/evidence.json").read_text())["numbers"]
    assert paper_status(root)["missing_claims"]


def test_many_layers_are_counted(study: Callable[..., Path], tmp_path: Path) -> None:
    """A component of few parts shows their arguments, one of many how often each kind occurs."""
    root = study(tmp_path, seeds=2)
    layers = ", ".join("nn.Linear(width, width, bias=False), nn.ReLU()" for _ in range(9))
    (root / "net.py").write_text(
        "from torch import nn\n\n\nclass Deep(nn.Module):\n    def __init__(self, width):\n"
        f"        super().__init__()\n        self.body = nn.Sequential({layers})\n\n\n"
        "class Flat(nn.Module):\n    def __init__(self, width):\n        super().__init__()\n"
        "        self.body = nn.Linear(width, 2)\n"
    )
    table = component_table(gather(root, open_repository(root)).inventory)
    assert table is not None
    built = {name: cells[0] for name, cells in table.rows}
    assert {name: cell.text for name, cell in built.items() if isinstance(cell, CodeCell)} == {
        "Deep": "9 Linear, 9 ReLU",
        "Flat": "Linear(width, 2)",
    }


@pytest.mark.parametrize(
    ("doc", "clause"),
    [
        ("Computes the gate.", "computes the gate; "),
        ("A gate. With more", "a gate; "),
        ("ResNet with a gate", "ResNet with a gate; "),
        ("Domain-Adversarial training", "Domain-Adversarial training; "),
        ("SELU units", "SELU units; "),
        ("", ""),
    ],
)
def test_a_docstring_becomes_a_clause(doc: str, clause: str) -> None:
    """A name at its beginning keeps its capitals."""
    assert doc_clause(doc) == clause


def test_a_figure_without_a_table_is_named(tmp_path: Path) -> None:
    """Runs that cannot be told apart fill no table; the text names the figure, the findings say why."""
    for number in range(4):
        method = "net" if number % 2 else "mlp"
        log = [
            {"step": step, "accuracy": (number + step) / 20, "seed": 0, "method": method, "note": number}
            for step in range(9)
        ]
        (tmp_path / f"log{number}.jsonl").write_text("\n".join(map(json.dumps, log)))
    (tmp_path / "paperback.toml").write_text('[roles]\nmethod = "method"\nseed = "seed"\n')
    material = gather(tmp_path, open_repository(tmp_path))
    assert not material.story.tables
    assert [graph.key for graph in material.story.graphs] == ["learning-curves"]
    assert [finding.kind for finding in material.story.findings] == ["table-left-out"]
    (answer, *_) = results_answers(material)
    assert "learning-curves" in repr(answer.blocks)


def test_runs_of_another_metric_are_no_part_of_the_study(tmp_path: Path) -> None:
    """Methods and data sets that do not report the metric are neither counted nor given an empty row."""
    for method in ("ours", "mlp", "other"):
        for dataset in ("wine", "iris", "sine"):
            for seed in range(3):
                metric = "error" if method == "other" or dataset == "sine" else "accuracy"
                log = {"config": {"method": method, "dataset": dataset, "seed": seed}}
                log["metrics"] = {"test": {metric: 0.5 + seed / 100 + (method == "ours") / 10}}
                (tmp_path / f"{method}-{dataset}-{seed}.json").write_text(json.dumps(log))
    (tmp_path / "paperback.toml").write_text(
        '[study]\nmetric = "accuracy"\nproposal = "ours"\nbaselines = ["mlp"]\n'
    )
    material = gather(tmp_path, open_repository(tmp_path))
    study = material.study
    assert (study.methods, study.datasets, study.whole) == (("mlp", "ours"), ("iris", "wine"), False)
    numbers = [part.quantity for part in setup_parts(material) if isinstance(part, Number)]
    assert [number.value for number in numbers] == [2, 2, 3, 12]
    assert [recompute(number.recipe, material.table) for number in numbers] == [2, 2, 3, 12]
    results, compared = material.story.tables
    assert (results.columns, [name for name, _ in results.rows]) == (("iris", "wine"), ["mlp", "ours"])
    assert [name for name, _ in compared.rows] == ["iris", "wine"]
