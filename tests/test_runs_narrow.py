"""The runs of the study, data sets that make one benchmark, and records of test items."""

import re
from typing import Any

import pytest

from paperback.claims import Word, state_claims
from paperback.errors import SettingsError
from paperback.evidence import compare, estimate, pivot
from paperback.evidence.cross_validation import resampled_difference
from paperback.runs import RunTable
from paperback.settings import Settings, parse_settings

Files = dict[str, Any]


def result(method: str, task: str, value: float, **config: Any) -> Files:
    name = "-".join((method, task, *map(str, config.values())))
    return {
        f"runs/{name}.json": {
            "config": {"method": method, "dataset": task, **config},
            "metrics": {"acc": value},
        }
    }


def evaluation(shots: int) -> Files:
    """Two models on four tasks, three of them subjects of one benchmark."""
    files: Files = {}
    for method, gain in (("ours", 0.1), ("base", 0.0)):
        for place, task in enumerate(("mmlu_law", "mmlu_physics", "piqa", "mmlu_art")):
            files |= result(method, task, 0.2 + gain + place / 10 + shots / 100, shots=shots)
    return files


def test_only_what_the_study_asks_for_is_in_it(repository: Any) -> None:
    """Runs of other shots stand apart; the value may be written as a number; nothing else changes."""
    table: RunTable = repository({**evaluation(0), **evaluation(5)}, where={"shots": 5})
    assert {run.params["config.shots"] for run in table.runs} == {5}
    assert len(table.apart["outside the study"]) == 8
    assert estimate(table, "acc", where={"method": "ours", "dataset": "piqa"}).value == pytest.approx(0.55)


@pytest.mark.parametrize(
    ("where", "words"),
    [
        ({"shot": 5}, "no run has it.*shots"),
        ({"shots": 3}, "no run has this value"),
        ({"shots": 5, "dataset": "piqa", "method": "our"}, "no run has this value.*ours"),
    ],
)
def test_a_study_of_no_run_is_refused(where: dict[str, Any], words: str, repository: Any) -> None:
    """The key or the value that no run has is named, with the nearest."""
    with pytest.raises(SettingsError) as told:
        repository({**evaluation(0), **evaluation(5)}, where=where)
    assert re.search(words, f"{told.value.what} {told.value.mend}", re.DOTALL)


def test_subsets_count_as_one_benchmark(repository: Any) -> None:
    """Three subjects are one data set whose value is their plain mean, in one run; piqa stays as it is."""
    table = repository(evaluation(0), benchmarks={"MMLU": ("mmlu_*",)})
    assert table.roles["dataset"].values == ("MMLU", "piqa")
    cells = pivot(table, "acc")
    assert cells.columns == ("MMLU", "piqa")
    whole = cells.cells["ours", "MMLU"]
    assert (whole.value, whole.n, whole.std) == (pytest.approx(0.3 + (0.0 + 0.1 + 0.3) / 3), 1, None)
    assert cells.cells["ours", "piqa"].value == pytest.approx(0.5)
    one = estimate(table, "acc", where={"method": "ours", "subset": "mmlu_law"})
    assert one.value == pytest.approx(0.3)


def test_subsets_are_averaged_inside_each_seed(repository: Any) -> None:
    """With seeds the seed stays the unit: three seeds of two subjects are three values, not six."""
    files: Files = {}
    for seed in range(3):
        for place, task in enumerate(("mmlu_law", "mmlu_art", "piqa")):
            files |= result("ours", task, 0.1 * place + seed, seed=seed)
            files |= result("base", task, 0.1 * place, seed=seed)
    table = repository(files, benchmarks={"MMLU": ("mmlu_*",)})
    found = pivot(table, "acc").cells["ours", "MMLU"]
    assert (found.n, found.value) == (3, pytest.approx(1.05))


def test_parts_of_a_benchmark_are_asked_about(repository: Any) -> None:
    """Five data sets of one name beside others would count one by one, and are told; alone they are not."""
    parts: Files = {}
    for place in range(5):
        for method in ("ours", "base"):
            parts |= result(method, f"mmlu_{place}x", 0.5)
    both = {**parts, **result("ours", "piqa", 0.5), **result("base", "piqa", 0.5)}
    told = [f for f in repository(both).findings if f.kind == "subsets-of-a-benchmark"]
    assert len(told) == 1
    assert 'mmlu = "mmlu_*"' in told[0].mend
    for place in range(5):
        for method in ("ours", "base"):
            both |= result(method, f"xnli_{place}x", 0.5)
    (one,) = [f for f in repository(both).findings if f.kind == "subsets-of-a-benchmark"]
    assert 'mmlu = "mmlu_*", xnli = "xnli_*"' in one.mend
    declared = repository(both, benchmarks={"MMLU": ("mmlu_*",), "XNLI": ("xnli_*",)})
    assert not [f for f in declared.findings if f.kind == "subsets-of-a-benchmark"]


def test_a_pattern_of_no_data_set_is_refused(repository: Any) -> None:
    """A benchmark whose pattern matches nothing is a mistake, and the nearest name is offered."""
    with pytest.raises(SettingsError, match="no data set matches 'mmlux_\\*'"):
        repository(evaluation(0), benchmarks={"MMLU": ("mmlux_*",)})


@pytest.mark.parametrize(
    ("table", "words"),
    [
        ({"where": 3}, "not a table"),
        ({"where": {"shots": [0]}}, "Give one value"),
        ({"benchmarks": {"MMLU": 3}}, "Give a list of strings"),
        ({"design": "z"}, "design is 'z'"),
    ],
)
def test_a_narrowed_study_is_declared_in_full(table: dict[str, Any], words: str) -> None:
    """What cannot be meant is refused with what is allowed."""
    with pytest.raises(SettingsError) as told:
        parse_settings({"study": table})
    assert words in f"{told.value.what} {told.value.mend}"


def records(gap: int) -> Files:
    """Forty items a model, of which the other gets `gap` wrong, as one file of lines each."""
    return {
        f"runs/{method}/{item}.json": {
            "config": {"method": method, "idx": item},
            "metrics": {"acc": float(not (method == "base" and item < gap))},
        }
        for method in ("ours", "base")
        for item in range(40)
    }


def test_items_are_known_by_their_key_where_they_tell_records_apart(repository: Any) -> None:
    """`idx` is the item where a method has several records; the cells are means over items."""
    table = repository(records(10))
    assert table.roles["item"].key == "config.idx"
    cells = pivot(table, "acc")
    assert {place: (cell.value, cell.n) for place, cell in cells.cells.items()} == {
        ("ours", ""): (1.0, 40),
        ("base", ""): (0.75, 40),
    }
    (verdict,) = state_claims(table, Settings(proposal="ours"), metric="acc")
    assert (verdict.word, verdict.design, verdict.n) == (Word.SUPPORTED, "c", 40)
    few = {path: value for path, value in records(3).items() if value["config"]["idx"] < 9}
    assert "item" not in repository(few).roles or len(repository(few).roles["item"].values) >= 10


def test_folds_know_that_their_training_sets_overlap(repository: Any) -> None:
    """Seeds and folds are the units together; interval and p are those of Nadeau and Bengio's correction."""
    files: Files = {}
    differences = []
    for fold in range(5):
        for seed in range(2):
            gap = 0.02 + 0.004 * ((3 * fold + 2 * seed) % 5)
            base = 0.6 + 0.01 * fold + 0.002 * seed
            differences.append(gap)
            files |= result("base", "d", base, seed=seed, fold=fold)
            files |= result("ours", "d", base + gap, seed=seed, fold=fold)
    table = repository(files)
    found = compare(table, "acc", "ours", "base")
    wanted = resampled_difference(differences, 1 / 5)
    assert (found.test, found.n, found.paired) == ("corrected paired t", 10, True)
    assert found.p == pytest.approx(wanted.p)
    assert (found.low, found.high) == pytest.approx(wanted.ends())
