"""How large a study is said to be holds for every cell of it."""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

from builders import said
from paperback.build import gather
from paperback.evidence import recompute
from paperback.notes.prose import Code
from paperback.paper.alone import range_sentence
from paperback.paper.document import Number, Paragraph
from paperback.paper.extent import setup_parts, unit_of_run
from paperback.paper.material import Material
from paperback.paper.sections.abstract import abstract
from paperback.paper.sections.caveats import caveats
from paperback.paper.sections.experiments import experiments
from paperback.paper.sections.method import _conventions
from paperback.settings import open_repository

ROLES = '[roles]\nmethod = "method"\ndataset = "dataset"\n'
Row = tuple[str, str, int | None, dict[str, Any]]


def material_of(
    root: Path, rows: Iterable[Row], toml: str = ROLES + 'seed = "seed"\n', claims: str = ""
) -> Material:
    """The material of runs of (method, data set, seed, further settings); each reports the accuracy."""
    root.mkdir(exist_ok=True)
    for place, (method, dataset, seed, more) in enumerate(rows):
        config = {"method": method, "dataset": dataset, **({} if seed is None else {"seed": seed})}
        settings = {key: value for key, value in more.items() if key != "metric"}
        log = {
            "config": config | settings,
            "metrics": {"test": {more.get("metric", "accuracy"): 0.5 + place / 100 + place**2 % 7 / 900}},
        }
        (root / f"run{place}.json").write_text(json.dumps(log))
    (root / "paperback.toml").write_text(
        toml.replace('"method"', '"config.method"')
        .replace('"dataset"', '"config.dataset"')
        .replace('"seed"', '"config.seed"')
        + '[study]\nmetric = "accuracy"\n'
        + claims
    )
    return gather(root, open_repository(root))


def rows_of(*cells: tuple[str, str, int], **more: Any) -> list[Row]:
    return [(method, dataset, seed, more) for method, dataset, seeds in cells for seed in range(seeds)]


EVEN = rows_of(("a", "wine", 3), ("b", "wine", 3), ("a", "iris", 3), ("b", "iris", 3))
CASES: dict[str, tuple[list[Row], str, list[float], str]] = {
    "even": (
        EVEN,
        "# methods on # data sets with # seeds each, # runs in total",
        [2, 2, 3, 12],
        "one run is one seed of one method on one data set",
    ),
    "uneven": (
        [*EVEN, ("a", "iris", 3, {})],
        "# methods on # data sets with up to # seeds each, # runs in total",
        [2, 2, 4, 13],
        "one run is one seed of one method on one data set",
    ),
    "as many, but others": (
        [*rows_of(("a", "wine", 2)), ("a", "iris", 7, {}), ("a", "iris", 8, {})],
        "a on # data sets with # seeds each, # runs in total",
        [2, 2, 4],
        "one run is one seed of one data set",
    ),
    "one cell": (
        rows_of(("a", "wine", 4)),
        "a on # data set with # seeds, # runs in total",
        [1, 4, 4],
        "one run is one seed",
    ),
    "two runs of a seed": (
        [*rows_of(("a", "wine", 3), lr=1), *rows_of(("a", "wine", 3), lr=2)],
        "a on # data set with # seeds, # runs in total",
        [1, 3, 6],
        "one run is one seed; runs of one seed differ in other settings",
    ),
    "a single run": (
        rows_of(("a", "wine", 1)),
        "a on # data set, # run in total",
        [1, 1],
        "there is a single run",
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_the_size_of_a_study(case: str, tmp_path: Path) -> None:
    """Seeds are those of a cell, the same number `each` only where it is; every number is recomputed."""
    rows, words, values, unit = CASES[case]
    material = material_of(tmp_path, rows)
    parts = setup_parts(material)
    numbers = [part.quantity for part in parts if isinstance(part, Number)]
    assert said(parts).replace("\N{NO-BREAK SPACE}", " ") == words
    assert [number.value for number in numbers] == values
    assert [recompute(number.recipe, material.table) for number in numbers] == values
    assert unit_of_run(material) == unit


def limits(material: Material) -> str:
    return " ".join(said(paragraph.parts) for paragraph in caveats(material))


def test_what_is_missing_is_missing_in_the_study(tmp_path: Path) -> None:
    """A method that reports another metric leaves no gap in the results, one without a run does."""
    other = rows_of(("c", "sine", 3), metric="error")
    assert "have no run" not in limits(material_of(tmp_path, [*EVEN, *other]))
    assert "have no run" in limits(material_of(tmp_path, [*EVEN, *other, *rows_of(("c", "wine", 3))]))


def test_runs_without_a_seed_are_no_single_runs(tmp_path: Path) -> None:
    """Where several runs of a cell name no seed, the paper says so and does not call them single."""
    rows: list[Row] = [("a", dataset, None, {}) for dataset in ("wine", "iris") for _ in range(3)]
    material = material_of(tmp_path, rows, ROLES)
    assert "name no seed" in limits(material)
    assert "single run" not in limits(material)
    assert unit_of_run(material) == "one run is one repetition of one data set"
    (results,) = material.story.tables
    assert "over runs" in results.note


def test_a_single_run_is_called_so(tmp_path: Path) -> None:
    """The sentence names only what there are several of."""
    material = material_of(tmp_path, rows_of(("a", "wine", 1), ("b", "wine", 1)))
    assert "There is a single run of each method, so the variation" in limits(material)


def test_the_number_of_seeds_is_named(tmp_path: Path) -> None:
    """No limit refers to a number that was not said: with ten seeds none is called few."""
    words = limits(material_of(tmp_path, rows_of(("a", "wine", 12), ("b", "wine", 12))))
    assert "few" not in words
    assert "Intervals over # seeds keep" in words.replace("\N{NO-BREAK SPACE}", " ")


def test_few_seeds_are_told(tmp_path: Path) -> None:
    """Three seeds per method are few, and their number stands in the sentence."""
    assert "rests on # seeds per method" in limits(material_of(tmp_path, EVEN))


MANY = tuple(f"d{place}" for place in range(20))
CLAIM = '[[claims]]\nkind = "better"\nmethod = "a"\nover = "b"\ndatasets = {}\n'


@pytest.mark.parametrize(
    ("datasets", "told"),
    [
        ('["d0", "d1"]', "over # of the # data sets"),
        ('["d3"]', "(difference on d3 "),
        ('["d0", "d1", "d2", "d3", "d4", "d5"]', "over # of the # data sets"),
    ],
)
def test_a_claim_about_some_data_sets_says_so(datasets: str, told: str, tmp_path: Path) -> None:
    """The abstract never lets a claim about a part of the study speak for all of it."""
    rows = rows_of(*((method, dataset, 3) for method in "ba" for dataset in MANY))
    material = material_of(tmp_path, rows, claims=CLAIM.format(datasets))
    paragraphs, _ = abstract(material, [])
    words = "".join(said(paragraph.parts) for paragraph in paragraphs)
    assert told in words
    assert "measured by test accuracy" in words


def test_what_was_not_tested_is_not_found(tmp_path: Path) -> None:
    """An abstract whose only claim was not tested does not say that anything was found."""
    rows = rows_of(("a", "wine", 1), ("b", "wine", 1))
    paragraphs, _ = abstract(material_of(tmp_path, rows, claims=CLAIM.format('["wine"]')), [])
    words = "".join(said(paragraph.parts) for paragraph in paragraphs)
    assert words.endswith("a was not tested against b.")
    assert "we find" not in words


def test_many_data_sets_are_counted_not_listed(tmp_path: Path) -> None:
    """A sentence of twenty names is no reading: it counts them and names the table that lists them."""
    _, answers = experiments(material_of(tmp_path, rows_of(*(("a", d, 2) for d in MANY))), [])
    (data,) = [answer for answer in answers if answer.item == "E3"]
    (sentence,) = data.blocks
    assert isinstance(sentence, Paragraph)
    words = said(sentence.parts).replace("\N{NO-BREAK SPACE}", " ")
    assert words == "The runs cover # data sets, which <main-results> lists."


@pytest.mark.parametrize(
    ("datasets", "words"),
    [
        (("wine",), " Test accuracy is #."),
        (("wine", "iris"), " Test accuracy is # on iris and # on wine."),
        (MANY[:5], " Test accuracy lies between # on d0 and # on d4."),
    ],
)
def test_a_single_method_is_told_by_its_values(datasets: tuple[str, ...], words: str, tmp_path: Path) -> None:
    """Where nothing is compared, the values of the table are told, of many the ends."""
    material = material_of(tmp_path, rows_of(*(("a", dataset, 2) for dataset in datasets)))
    assert said(range_sentence(material)) == words


def test_a_study_of_one_method_speaks_of_no_test(tmp_path: Path) -> None:
    """Tests and differences are conventions only where two methods are compared."""
    one = material_of(tmp_path / "one", rows_of(("a", "wine", 3)))
    two = material_of(tmp_path / "two", EVEN)
    words = [said(part.parts) for part in (*_conventions(one), *_conventions(two))]
    assert ["two-sided" in each for each in words] == [False, True]


@pytest.mark.parametrize(("loss", "named"), [("SpreadLoss", True), ("_penalty", False), ("kl_loss", False)])
def test_an_abstract_names_no_private_function(loss: str, named: bool, tmp_path: Path) -> None:
    """A loss that bears a name stands in the abstract; the name of a helper function does not."""
    (tmp_path / "net.py").write_text(LOSS.format(loss))
    paragraphs, _ = abstract(material_of(tmp_path, EVEN), [])
    codes = [part.text for paragraph in paragraphs for part in paragraph.parts if isinstance(part, Code)]
    assert codes == ([loss] if named else [])


LOSS = """
from torch import nn


class {}(nn.Module):
    def forward(self, output, target):
        return ((output - target) ** 2).mean() + output.var()


def train(net, loader, optimizer):
    criterion = {}()
    for x, y in loader:
        loss = criterion(net(x), y)
        loss.backward()
        optimizer.step()
""".replace("{}()", "{0}()").replace("class {}", "class {0}")


def test_data_sets_without_a_value_are_not_called_listed(tmp_path: Path) -> None:
    """Where the table of results leaves a data set out, the text does not send the reader there for it."""
    rows = [*rows_of(*(("a", d, 2) for d in MANY), lr=1), *rows_of(("a", "d0", 2), lr=2)]
    _, answers = experiments(material_of(tmp_path, rows), [])
    (data,) = [answer for answer in answers if answer.item == "E3"]
    (sentence,) = data.blocks
    assert isinstance(sentence, Paragraph)
    assert "among them d0, d1" in said(sentence.parts)
