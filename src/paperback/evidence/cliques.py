"""Groups of methods that no test tells apart."""

from collections.abc import Collection, Iterator, Sequence


def inseparable(
    methods: Sequence[str], separated: Collection[tuple[str, str]]
) -> tuple[tuple[str, ...], ...]:
    """The largest groups of two and more `methods` that hold no separated pair, in the order of the methods.

    A group need not be a run of neighbours: with Wilcoxon tests the first and the third of a ranking may be
    inseparable while the second differs from both.

    Args:
        methods: The order in which groups and their members are given, such as the average rank.
        separated: Pairs that a test tells apart, in either order.

    Source:
        The maximal cliques of the graph of undecided pairs: Bron and Kerbosch 1973, algorithm 457. Bars over
        groups of inseparable methods: Demšar 2006, "Statistical Comparisons of Classifiers over Multiple Data
        Sets"; with Wilcoxon and Holm, Benavoli et al. 2016.
    """
    apart = {frozenset(pair) for pair in separated}
    places = range(len(methods))
    near = {
        one: {
            other
            for other in places
            if other != one and frozenset((methods[one], methods[other])) not in apart
        }
        for one in places
    }
    found = sorted(sorted(group) for group in _cliques(set(), set(places), set(), near) if len(group) > 1)
    return tuple(tuple(methods[place] for place in group) for group in found)


def _cliques(
    group: set[int], open_: set[int], done: set[int], near: dict[int, set[int]]
) -> Iterator[set[int]]:
    if not open_ and not done:
        yield group
        return
    pivot = max(open_ | done, key=lambda place: len(near[place] & open_))
    for place in sorted(open_ - near[pivot]):
        yield from _cliques(group | {place}, open_ & near[place], done & near[place], near)
        open_ = open_ - {place}
        done = done | {place}
