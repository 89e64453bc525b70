"""What captions say of numbers of runs, levels and what was left out."""

from collections.abc import Iterable, Sequence

from paperback.evidence import Estimate, convention
from paperback.runs import RunTable
from paperback.story.graph import Told

_MOST_NAMES = 6


def runs_told(estimates: Iterable[Estimate], word: str = "run") -> Told:
    """`4 runs` or `3 to 5 runs`, each number with its evidence; empty without an estimate."""
    found = sorted(estimates, key=lambda each: each.n)
    if not found:
        return ()
    least, most = found[0], found[-1]
    form = word if most.n == 1 else f"{word}s"
    if least.n == most.n:
        return (most.quantity("n"), f"\N{NO-BREAK SPACE}{form}")
    return (least.quantity("n"), " to ", most.quantity("n"), f"\N{NO-BREAK SPACE}{form}")


def units_told(table: RunTable) -> str:
    """What the values of a cell are averaged over: `seeds`, `seeds and folds`; `runs` without a seed."""
    if all(run.setting("seed") is None for run in table.runs):
        return "runs"
    return "seeds and folds" if "fold" in table.roles else "seeds"


def level_told() -> Told:
    """The sentence `Intervals cover 95 %.`, as parts."""
    return ("Intervals cover ", convention("level"), ".")


def names_told(names: Sequence[str]) -> str:
    """`a, b and c`; of many the first, and that there are more."""
    shown = list(names[:_MOST_NAMES])
    if len(names) > _MOST_NAMES:
        return f"{', '.join(shown)} and others"
    return " and ".join(filter(None, (", ".join(shown[:-1]), shown[-1] if shown else "")))


def left_out(names: Sequence[str], why: str) -> str:
    """` Left out: a and b, why.`, or nothing where no name was."""
    return f" Left out: {names_told(names)}, {why}." if names else ""
