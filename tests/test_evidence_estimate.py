"""Estimates, pivots, counts and designs of run tables."""

import math
from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from builders import Row, run_of, table_of
from paperback.errors import EvidenceError, SettingsError
from paperback.evidence import (
    Estimate,
    count,
    estimate,
    pivot,
    recognise_design,
    shared_setting,
    spread,
)
from paperback.runs import Final, Metric, MetricKey, Run, RunTable, Status
from paperback.source import Source

GRID = [
    (method, dataset, seed, base + gain + seed / 100)
    for method, gain in (("A", 0.1), ("B", 0.0))
    for dataset, base in (("d1", 0.5), ("d2", 0.7))
    for seed in range(3)
]


def accuracy(rows: Iterable[Row], **options) -> Estimate:
    return estimate(table_of(rows), "accuracy", split="test", **options)


def test_mean_over_seeds() -> None:
    """Mean, deviation with n-1, n and the t interval are those of the hand calculation."""
    found = accuracy(GRID, where={"method": "A", "dataset": "d1"})
    assert found.value == pytest.approx(0.61)
    assert found.std == pytest.approx(0.01)
    half = (
        4.302652729911275 * 0.01 / math.sqrt(3)
    )  # t with 2 degrees of freedom at 97.5 %, printed tables: 4.303
    assert (found.low, found.high) == (pytest.approx(0.61 - half), pytest.approx(0.61 + half))
    assert (found.n, found.address.expected, found.unit, found.direction) == (3, 3, "fraction", "higher")
    assert found.address.runs == ("A/d1/0", "A/d1/1", "A/d1/2")
    assert [source.path for source in found.sources] == ["A/d1/0.json", "A/d1/1.json", "A/d1/2.json"]


def test_over_is_reduced_in_its_order() -> None:
    """Seeds are averaged inside each data set first, so a data set with more seeds weighs no more."""
    rows = [*GRID, ("A", "d2", 3, 2.0)]
    found = accuracy(rows, where={"method": "A"}, over=("seed", "dataset"))
    assert found.n == 2
    assert found.value == pytest.approx((0.61 + (0.8 + 0.81 + 0.82 + 2.0) / 4) / 2)
    assert found.address.expected == 2


def test_joined_roles_are_one_unit() -> None:
    """`seed+fold` takes each combination as a unit: n counts all of them."""
    runs = [
        run_of("A", "d", seed, 0.5 + seed + fold / 10, roles={"fold": str(fold)}, suffix=f"-{fold}")
        for seed in range(2)
        for fold in range(3)
    ]
    assert accuracy(runs, over=("seed+fold",)).n == 6
    assert accuracy(runs, over=("seed", "fold")).n == 3
    assert accuracy(runs, over=("config.seed", "config.fold")).address.over == ("seed", "fold")


def test_median() -> None:
    """The median of three runs has no exact interval, and says why; of six it has."""
    found = accuracy(GRID, where={"method": "B", "dataset": "d1"}, reduce="median")
    assert (found.value, found.low) == (0.51, None)
    assert found.interval == "none: too few runs for the order statistics of a median"
    six = [("A", "d", seed, seed / 10) for seed in range(1, 7)]
    assert accuracy(six, reduce="median").low == 0.1


def test_single_run_and_equal_runs_have_no_interval() -> None:
    """Neither one run nor runs that do not vary carry an interval; the reason stands in its place."""
    one = accuracy([("A", "d", 0, 0.5)])
    same = accuracy([("A", "d", seed, 0.1) for seed in range(3)])
    assert (one.std, one.low, one.interval) == (None, None, "none: a single run has no spread")
    assert (same.value, same.std, same.low, same.interval) == (0.1, 0.0, None, "none: the runs do not vary")


def test_bad_runs_stay_out_and_are_told() -> None:
    """Failed, killed, unfinished, silent and NaN runs lower n against what was expected, with reasons."""
    bad = [
        run_of("A", "d", 3, 0.9, status=Status.FAILED),
        run_of("A", "d", 4, None, status=Status.KILLED),
        run_of("A", "d", 5, 0.9, status=Status.RUNNING),
        run_of("A", "d", 6, math.nan),
        run_of("A", "d", 7, math.inf),
        run_of("A", "d", 8, None),
    ]
    found = accuracy([*(("A", "d", seed, 0.5) for seed in range(3)), *bad])
    assert (found.value, found.n, found.address.expected) == (0.5, 3, 8)
    reasons = ["failed", "killed", "has not ended", "logged nan", "logged inf", "logs no value"]
    assert [reason for _, reason in found.excluded] == reasons


def test_runs_without_a_seed_are_units_of_their_own() -> None:
    """Without a seed role every run counts, and nobody can say how many were expected."""
    found = accuracy([run_of("A", "d", None, value, suffix=str(value)) for value in (0.1, 0.2)])
    assert (found.n, found.address.expected) == (2, None)


def test_an_ended_history_counts_only_without_a_final() -> None:
    """A logged key means the same as its canonical name with its split."""
    table = table_of(GRID)
    where = {"method": "A", "dataset": "d1"}
    assert estimate(table, "test/accuracy", where=where) == estimate(
        table, "accuracy", split="test", where=where
    )


def test_a_canonical_name_wins_over_a_key_spelled_alike() -> None:
    """Keras logs `loss` and `val_loss`: the loss of the validation split is not the training loss."""
    source = Source("history.csv")
    run = Run("r", finals={"loss": Final(1.0, source), "val_loss": Final(2.0, source)})
    keys = {"loss": MetricKey("loss", "loss", "train"), "val_loss": MetricKey("val_loss", "loss", "val")}
    metric = Metric("loss", "loss", "", "lower", False, None, "lexicon")
    table = RunTable((run,), {}, {"loss": metric}, keys, (), {})
    assert estimate(table, "loss", split="val").value == 2.0
    assert estimate(table, "loss", split="train").value == 1.0
    assert estimate(table, "LOSS", split="val").value == 2.0


@pytest.mark.parametrize(
    ("rows", "options", "what", "mend"),
    [
        (
            GRID,
            {"where": {"method": "A"}},
            "the 6 runs of test accuracy where method=A also vary in dataset (d1, d2)",
            "Choose one dataset with where (in paperback.toml: [study.where] dataset = ...), "
            "or name dataset in over.",
        ),
        (GRID, {"where": {"method": "C"}}, "no run has method 'C'", "Choose one of: A, B."),
        (GRID, {"where": {"metod": "A"}}, "no run has the role or setting 'metod'", "Did you mean 'method'?"),
        (
            [*GRID[:3], *GRID[9:]],
            {"where": {"method": "A", "dataset": "d2"}},
            "no run matches test accuracy where dataset=d2, method=A, though each of these values occurs",
            "Ask for a combination that was run.",
        ),
        (
            [run_of("A", "d", 0, 0.5, status=Status.FAILED), ("A", "d", 1, math.nan)],
            {},
            "no run enters test accuracy: 1 failed, 1 logged nan",
            "Run it again, or look at the logs of these runs.",
        ),
        (
            [run_of("A", "d", 0, 0.5, params={"lr": lr}, suffix=f"-{lr}") for lr in (0.1, 0.2)],
            {},
            "two runs of test accuracy share seed=0: 'A/d/0-0.1' and 'A/d/0-0.2'; they differ in lr",
            "Filter with where, name what tells them apart as a role, or exclude one of them.",
        ),
        (
            [run_of("A", "d", 0, 0.5, suffix=name) for name in "xy"],
            {},
            "two runs of test accuracy share seed=0: 'A/d/0x' and 'A/d/0y'; their settings are the same",
            "Filter with where, name what tells them apart as a role, or exclude one of them.",
        ),
        (GRID[:3], {"reduce": "max"}, "no reducer is called 'max'", "Choose one of: mean, median."),
        (GRID[:3], {"level": 95}, "level is 95", "Give a fraction between 0 and 1, such as 0.95."),
        (GRID[:3], {"over": ()}, "nothing is named in `over`", 'Name what varies, such as "seed".'),
    ],
)
def test_refusals_say_what_and_how_to_mend(rows, options, what: str, mend: str) -> None:
    """Every refusal names what failed, the value and the way out."""
    with pytest.raises(EvidenceError) as caught:
        accuracy(rows, **options)
    assert (caught.value.what, caught.value.mend) == (what, mend)


def test_a_data_set_where_all_crashed_is_not_averaged_away_unseen() -> None:
    """Runs that crashed before they logged anything still count as another data set."""
    rows = [*GRID[:3], run_of("A", "d9", 0, None, status=Status.FAILED)]
    with pytest.raises(EvidenceError, match=r"also vary in dataset \(d1, d9\)"):
        accuracy(rows, where={"method": "A"})


def test_unknown_metric_and_split() -> None:
    """A wrong metric or split is refused with what is logged."""
    with pytest.raises(SettingsError, match="accuracy"):
        estimate(table_of(GRID), "acuracy", split="test")
    with pytest.raises(EvidenceError, match=r"split 'val'\n  Choose one of the splits: 'test'"):
        estimate(table_of(GRID), "accuracy", split="val")


def test_spread_kinds() -> None:
    """Population deviation, standard error and half width follow from std, n and the interval."""
    found = accuracy([("A", "d", 0, 1.0), ("A", "d", 1, 3.0)])
    assert spread(found, "std", ddof=0) == pytest.approx(1.0)
    assert spread(found, "std") == pytest.approx(math.sqrt(2))
    assert spread(found, "sem") == pytest.approx(1.0)
    assert spread(found, "half_width") == pytest.approx(12.706204736)  # printed t tables: 12.706
    one = accuracy([("A", "d", 0, 1.0)])
    assert [spread(one, kind) for kind in ("std", "sem", "half_width")] == [None, None, None]


def test_pivot_holds_every_estimate() -> None:
    """Each cell of the pivot equals the estimate asked for alone; rows and columns keep the roles' order."""
    table = table_of(GRID)
    cells = pivot(table, "accuracy", split="test")
    assert (cells.rows, cells.columns, cells.missing) == (("A", "B"), ("d1", "d2"), ())
    for (method, dataset), cell in cells.cells.items():
        assert cell == estimate(table, "accuracy", split="test", where={"method": method, "dataset": dataset})


def test_pivot_names_missing_and_refused_cells() -> None:
    """A cell without runs is missing; one whose runs cannot be averaged is missing with the reason."""
    twin = run_of("B", "d2", 0, 0.3, suffix="again")
    rows = [*GRID[:3], *GRID[6:], twin, run_of("C", "d1", 0, None, status=Status.KILLED)]
    cells = pivot(table_of(rows), "accuracy", split="test")
    assert cells.missing == (("A", "d2"), ("B", "d2"), ("C", "d1"), ("C", "d2"))
    assert set(cells.refused) == {("B", "d2"), ("C", "d1")}
    assert "share seed=0" in cells.refused["B", "d2"]


def test_pivot_without_a_data_set_role_has_one_column() -> None:
    """A study of one unnamed data set is a single column."""
    cells = pivot(table_of([("A", "", seed, 0.5) for seed in range(2)]), "accuracy", split="test")
    assert (cells.columns, cells.cells["A", ""].address.where) == (("",), (("method", "A"),))


def test_pivot_leaves_runs_without_the_role_outside() -> None:
    """A run whose data set is not known stands in no cell and is named."""
    cells = pivot(table_of([*GRID, ("A", "", 0, 0.5)]), "accuracy", split="test")
    assert cells.outside == ("A//0",)


def test_pivot_along_a_setting() -> None:
    """A configuration key makes rows as a role does."""
    runs = [
        run_of("A", "d", seed, 0.5, params={"lr": lr}, suffix=str(lr)) for seed in (0, 1) for lr in (0.1, 0.2)
    ]
    assert pivot(table_of(runs), "accuracy", split="test", rows="lr").rows == ("0.1", "0.2")


@pytest.mark.parametrize(
    ("rows", "match"),
    [
        ([run_of("A", "d", 0, 0.5, suffix=name) for name in "xy"], "share seed=0"),
        ([("A", "d", 0, None)], "no run logs test accuracy"),
    ],
)
def test_pivot_without_any_estimate_is_refused(rows, match: str) -> None:
    """Where no cell carries an estimate, the reason is an error."""
    with pytest.raises(EvidenceError, match=match):
        pivot(table_of(rows), "accuracy", split="test")


@pytest.mark.parametrize(
    ("what", "where", "number"),
    [
        ("runs", {}, 13),
        ("failed", {}, 1),
        ("methods", {}, 2),
        ("datasets", {"method": "A"}, 2),
        ("seeds", {}, 4),
        ("runs", {"method": "C"}, 0),
    ],
)
def test_count(what: str, where: dict[str, str], number: int) -> None:
    """Runs, crashed runs and the values of roles are counted among the matching runs."""
    table = table_of([*GRID, run_of("A", "d1", 3, None, status=Status.KILLED)])
    assert count(table, what, where).value == number


def test_count_of_nothing_known() -> None:
    """A role that the study does not have is refused with the near miss."""
    with pytest.raises(EvidenceError, match=r"'sedes' can be counted\n  Did you mean 'seeds'\?"):
        count(table_of(GRID), "sedes")


@pytest.mark.parametrize(
    ("values", "number"),
    [
        ((0.1, 0.1), 0.1),
        (("1e-3", 0.001), 0.001),
        ((0.1, 0.2), None),
        (("adam", "adam"), None),
        (("nan", "nan"), None),
        ((True, True), None),
    ],
)
def test_shared_setting(values, number: float | None) -> None:
    """A number that all runs share is a quantity; disagreement, words, NaN and switches are none."""
    runs = [run_of("A", "d", seed, 0.5, params={"lr": value}) for seed, value in enumerate(values)]
    found = shared_setting(table_of(runs), "lr")
    assert (None if found is None else found.value) == number
    assert shared_setting(table_of(runs), "momentum") is None


DESIGNS = {
    "seeds on one data set": (2, 1, 5, "a", "2 methods on 1 data set with 5 shared seeds each"),
    "a few data sets": (3, 4, 3, "b", "3 methods on 4 data sets with 3 shared seeds each"),
    "many data sets": (2, 6, 1, "b", "2 methods on 6 data sets with 1 run each"),
    "single runs": (2, 3, 1, "h", "2 methods on 3 data sets with 1 run each"),
    "a single method": (1, 1, 3, "", "1 method on 1 data set with 3 seeds each"),
}


@pytest.mark.parametrize(("methods", "datasets", "seeds", "letter", "words"), DESIGNS.values(), ids=DESIGNS)
def test_design(methods: int, datasets: int, seeds: int, letter: str, words: str) -> None:
    """The letter and the words follow from methods, data sets and seeds."""
    rows = [
        (f"m{m}", f"d{d}", s, m + d + s / 7)
        for m in range(methods)
        for d in range(datasets)
        for s in range(seeds)
    ]
    design = recognise_design(table_of(rows), "accuracy", split="test")
    assert (design.letter, design.words) == (letter, words)


def test_ragged_design_is_told_and_can_be_overruled() -> None:
    """Missing cells and unequal seeds are reasons; the author may name another letter of the table."""
    rows = [*GRID[:9], run_of("B", "d1", None, 0.4)]
    design = recognise_design(table_of(rows), "accuracy", split="test", letter="a")
    assert design.words == "2 methods on 2 data sets with 3 to 4 runs each"
    assert design.letter == "a"
    assert design.reasons[1:] == (
        "some methods have no value on some data sets",
        "the cells do not all have the same number of runs",
        "overruled by the author",
    )
    with pytest.raises(EvidenceError, match="no design has the letter 'z'"):
        recognise_design(table_of(GRID), "accuracy", split="test", letter="z")


@given(st.permutations(GRID))
def test_row_order_changes_nothing(rows) -> None:
    """However the runs are ordered, every estimate, address and source is the same."""
    one, other = (pivot(table_of(each), "accuracy", split="test") for each in (GRID, rows))
    assert one.cells == other.cells
    assert one.missing == other.missing
