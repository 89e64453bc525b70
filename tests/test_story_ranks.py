"""The critical-difference diagram: groups that no test tells apart, and their drawing."""

from collections.abc import Callable
from itertools import combinations
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from paperback.evidence import state_study
from paperback.evidence.cliques import inseparable
from paperback.render.graphs import draw
from paperback.runs import read_runs
from paperback.settings import open_repository
from paperback.story import RankDiagram
from paperback.story.ranks import rank_diagram

NAMES = "abcdef"


@pytest.mark.parametrize(
    ("separated", "groups"),
    [
        (["ac"], ["ab", "bc"]),
        (["ab"], ["ac", "bc"]),
        (["ba", "cb"], ["ac"]),
        ([], ["abc"]),
        (["ab", "ac", "bc"], []),
    ],
    ids=["a chain", "not neighbours", "either order", "nothing separated", "all separated"],
)
def test_groups_hold_no_separated_pair(separated: list[str], groups: list[str]) -> None:
    """Bars join what no test tells apart, also across a method that differs from both."""
    assert ["".join(group) for group in inseparable("abc", [(one, two) for one, two in separated])] == groups


@given(st.sets(st.sampled_from([*combinations(NAMES, 2)])))
def test_groups_are_all_maximal_ones(separated: set[tuple[str, str]]) -> None:
    """The same groups as a look at every subset of the methods."""

    def holds(group: tuple[str, ...]) -> bool:
        return not any(pair in separated for pair in combinations(group, 2))

    whole = [group for size in range(2, 7) for group in combinations(NAMES, size) if holds(group)]
    largest = [group for group in whole if not any(set(group) < set(other) for other in whole)]
    assert sorted(inseparable(NAMES, separated)) == sorted(largest)


def diagram(study: Callable[..., Path], folder: Path, datasets: int) -> RankDiagram | None:
    """Three methods: the second is better and worse than the first by turns, the third always worse."""

    def value(method: str, dataset: str, _: int) -> float:
        place = int(dataset[1:])
        return 0.7 + place / 100 - {"one": 0.0, "two": 0.01 * (-1) ** place, "three": 0.2}[method]

    names = tuple(f"d{place:02}" for place in range(datasets))
    methods = ("one", "two", "three")
    root = study(folder, methods=methods, datasets=names, seeds=2, value=value, toml="")
    settings = open_repository(root)
    table = read_runs(root, settings)
    return rank_diagram(table, state_study(table, settings), settings)


def test_a_method_that_loses_everywhere_stands_apart(study: Callable[..., Path], tmp_path: Path) -> None:
    """Over twelve data sets the third is told from both others, which share a bar."""
    made = diagram(study, tmp_path, 12)
    assert made is not None
    assert made.names[2] == "three"
    assert made.ranks == (1.5, 1.5, 3.0)
    assert made.groups == ((0, 1),)


def test_too_few_data_sets_give_no_diagram(study: Callable[..., Path], tmp_path: Path) -> None:
    """Five data sets cannot decide at the level of the tests."""
    assert diagram(study, tmp_path, 5) is None


@pytest.mark.parametrize("form", ["pdf", "svg"])
def test_a_diagram_is_drawn_the_same_twice(form: str) -> None:
    """Long names and names that look like formulas are words; equal diagrams give equal bytes."""
    names = (r"$\input{x}$", "_hidden", "n" * 300, "ü")
    made = RankDiagram("k", "", names, (1.0, 2.0, 3.5, 3.5), ((0, 2), (1, 2, 3)), "")
    drawn = draw(made, format=form)
    assert drawn == draw(made, format=form)
    # Long names leave room for the axis, also in a narrow column.
    assert draw(made, format=form, width=2.4)
    assert b"/Type3" not in drawn
    if form == "svg":
        assert rb"<!-- $\input{x}$ -->" in drawn
        assert b"<!-- _hidden -->" in drawn
