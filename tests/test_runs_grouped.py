"""Findings that come by the hundred are one sentence, and nothing of them is lost."""

import json
from collections.abc import Callable
from itertools import permutations, product
from typing import Any

import pytest

from paperback.finding import Finding
from paperback.runs import RunTable
from paperback.runs.describe import describe_runs, show_runs
from paperback.runs.grouped import FEW, grouped
from paperback.runs.roles import natural
from paperback.source import Source

Repository = Callable[..., RunTable]


def result(method: str, dataset: str, seed: int) -> dict[str, Any]:
    return {
        "config": {"method": method, "dataset": dataset, "seed": seed},
        "metrics": {"test": {"acc": seed % 7 / 10}},
    }


def runs_of(seeds: dict[str, range], datasets: int = 6) -> dict[str, Any]:
    return {
        f"runs/{m}/d{d}/{s}/result.json": result(m, f"data{d}", s)
        for m, d in product(seeds, range(datasets))
        for s in seeds[m]
    }


def of_kind(table: RunTable, kind: str) -> list[Finding]:
    return [finding for finding in table.findings if finding.kind == kind]


def test_many_are_one_sentence_with_every_case_behind_it(repository: Repository) -> None:
    """The worst stand first, the count is in the sentence, and JSON holds all cases."""
    files = runs_of({"full": range(5), "short": range(4)})
    del files["runs/short/d3/1/result.json"]
    table = repository(files)
    (finding,) = of_kind(table, "unequal-seeds")
    assert finding.message == (
        "6 combinations of method and data set lack seeds or runs that others have: "
        "short on data3 lacks seeds 1, 4 that other methods have; "
        "short on data0 lacks seeds 4 that other methods have; "
        "short on data1 lacks seeds 4 that other methods have; and 3 more"
    )
    assert len(finding.cases) == 6
    outline = describe_runs(table)
    assert list(finding.cases) in [told.get("cases") for told in outline["findings"]]
    assert show_runs(outline).count("unequal-seeds") == 1


def test_a_few_are_told_one_by_one(repository: Repository) -> None:
    """A sentence of its own says more than a count of three."""
    table = repository(runs_of({"full": range(5), "short": range(4)}, datasets=FEW))
    assert [len(finding.cases) for finding in of_kind(table, "unequal-seeds")] == [0] * FEW


@pytest.mark.parametrize(("count", "words"), [(5, []), (3, ["b on data0 has 3 of the 5 seeds that other"])])
def test_seeds_that_each_method_drew_are_only_counted(
    count: int, words: list[str], repository: Repository
) -> None:
    """Where no seed is that of two methods, none of them lacks the seeds of the others."""
    found = of_kind(repository(runs_of({"a": range(5), "b": range(10, 10 + count)}, 1)), "unequal-seeds")
    assert [finding.message[: len(word)] for finding, word in zip(found, words, strict=True)] == words


def test_empty_cells_are_all_in_json(repository: Repository) -> None:
    """A sparse table is one finding that names each hole."""
    files = {
        f"runs/{m}/{d}/{s}/result.json": result(f"m{m}", f"data{d}", s)
        for m, d, s in product(range(5), range(5), range(2))
        if m == d
    }
    (finding,) = of_kind(repository(files), "missing-cell")
    assert (finding.message[:18], len(finding.cases)) == ("20 of 25 combinati", 20)


def test_two_spellings_of_one_name_are_told(repository: Repository) -> None:
    """`AutoML` and `auto-ml` would stand in two rows; `v1-2` and `v12` differ in their numbers."""
    files = runs_of({"AutoML": range(2), "auto-ml": range(2), "v1-2": range(2), "v12": range(2)}, datasets=2)
    (finding,) = of_kind(repository(files), "two-spellings")
    assert finding.message == "1 method is spelled in two ways and counts twice: auto-ml and AutoML"


def test_names_that_differ_in_case_have_one_order() -> None:
    """Equal runs give equal tables, whatever order a set of names comes in."""
    names = ["b10", "B2", "b2", "B10", "b"]
    ordered = ["b", "B2", "b2", "B10", "b10"]
    assert all(sorted(each, key=natural) == ordered for each in permutations(names))


def test_sources_of_all_cases_are_kept() -> None:
    """Each once, in order; kinds that are told apart stay so."""
    many = [
        Finding("crashed-run", f"run {n} failed", (Source(f"{n % 3}.json"),), "Run it.") for n in range(5)
    ]
    other = Finding("mixed-commits", "two commits")
    told = grouped([many[0], other, *many[1:]])
    assert [finding.kind for finding in told] == ["crashed-run", "mixed-commits"]
    assert [source.path for source in told[0].sources] == ["0.json", "1.json", "2.json"]
    assert told[0].cases == tuple(f"run {n} failed" for n in range(5))


def loss_of(method: str, seed: int, last: float) -> str:
    return json.dumps({"method": method, "seed": seed, "step": [0, 1, 2], "loss": [1.0, last / 2, last]})


def test_a_loss_that_grows_in_most_runs_is_told_of_the_method(repository: Repository) -> None:
    """A target that moves is no failure of single runs; one run among others that grows alone is."""
    lasts = {"td": [900.0, 800.0, 0.5, 700.0], "plain": [0.1, 0.2, 500.0, 0.3]}
    files = {
        f"runs/{m}/{s}/result.json": loss_of(m, s, last)
        for m, found in lasts.items()
        for s, last in enumerate(found)
    }
    table = repository(files)
    (diverged,), (growing,) = of_kind(table, "diverged-run"), of_kind(table, "growing-loss")
    assert diverged.message == "1 run diverged: runs/plain/2 (loss from 1 to 500)"
    assert growing.message.endswith("as high as it began in 3 of 4 runs of td (loss)")
