"""Which design of the decision table an experiment has."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from paperback.errors import EvidenceError, near_miss
from paperback.evidence.assess import suggested_letter
from paperback.evidence.compare import shares_seeds
from paperback.evidence.pivot import Cells, pivot
from paperback.evidence.reading import ask, read_values
from paperback.evidence.shape import Shape, recognise_shape
from paperback.evidence.signed_rank import FEWEST
from paperback.runs import Run, RunTable
from paperback.settings import DESIGNS


@dataclass(frozen=True, slots=True)
class Design:
    """The shape of an experiment.

    Attributes:
        letter: Of the decision table: `a` (seeds on one data set), `b` (several data sets), `c` (test items),
            `d` (items in clusters), `e` (normalised scores of tasks), `f` (learning curves, only where the
            author asks for it), `g` (trials of a search) or `h` (single runs); empty where only one method
            was run, so that nothing can be compared.
        words: `4 methods on 6 data sets with 10 shared seeds each`.
        reasons: Why this letter, and what is not as it should be; one sentence each.
    """

    letter: str
    words: str
    reasons: tuple[str, ...]


def recognise_design(table: RunTable, metric: str, *, split: str = "", letter: str = "") -> Design:
    """The design of the runs that log `metric`; `letter` overrules what was recognised.

    Raises:
        EvidenceError: `letter` is none of the decision table, or no run carries the metric.
        SettingsError: No metric has this name.
    """
    if letter and letter not in DESIGNS:
        raise EvidenceError(f"no design has the letter {letter!r}", mend=near_miss(letter, DESIGNS))
    shape = recognise_shape(table, metric, split=split)
    design = _beyond_seeds(table, metric, split, shape) or _recognised(pivot(table, metric, split=split))
    if letter and letter != design.letter:
        return replace(design, letter=letter, reasons=(*design.reasons, "overruled by the author"))
    return design


def _beyond_seeds(table: RunTable, metric: str, split: str, shape: Shape) -> Design | None:
    """The design of items, tasks or trials; None where seeds and data sets are all there is."""
    question = ask(table, metric, split=split)
    runs = [each.run for each in read_values(table, question) if not each.excluded]
    values = {name: _values(runs, name) for name in ("method", "dataset")}
    letter = suggested_letter(shape, len(values["dataset"]))
    if not letter:
        return None
    extra = {"c": (shape.item, "test item"), "d": (shape.item, "test item"), "g": (shape.trial, "trial")}
    tail = f"{len(runs)} runs of normalised scores"
    if letter in extra:
        key, word = extra[letter]
        many = [run.id for run in runs] if key == "run" else _values(runs, key)
        tail = _plural(many, word)
    if letter == "d":
        tail += f" in {_plural(_values(runs, shape.cluster), 'cluster')}"
    places = _plural(values["dataset"] or [""], "data set")
    words = f"{_plural(values['method'] or [''], 'method')} on {places} with {tail}"
    if len(values["method"]) < 2:
        return Design("", words, (_SINGLE,))
    return Design(letter, words, (_REASONS[letter],))


_SINGLE = "a single method: nothing can be compared"
_REASONS = {
    "c": "both methods answer the same items: the item is the unit, and retraining is not measured",
    "d": "the items come in clusters: the cluster is the unit",
    "e": "the scores are normalised over tasks: the run within its task is the unit",
    "g": "every method was searched over configurations: the trial is the unit",
}


def _values(runs: Sequence[Run], key: str) -> list[str]:
    return sorted({value for run in runs if (value := run.setting(key)) is not None})


def _recognised(cells: Cells) -> Design:
    letter, reason = _letter(cells)
    gaps = ["some methods have no value on some data sets"] if cells.missing else []
    ragged = ["the cells do not all have the same number of runs"] if len(_sizes(cells)) > 1 else []
    return Design(letter, _words(cells), (reason, *gaps, *ragged))


def _letter(cells: Cells) -> tuple[str, str]:
    if len(cells.rows) < 2:
        return "", _SINGLE
    if len(cells.columns) >= FEWEST:
        return "b", "six or more data sets: the data set is the unit"
    if _sizes(cells) == [1]:
        return "h", "a single run in every cell: training variance was not measured"
    if len(cells.columns) > 1:
        return "b", "fewer than six data sets: the conclusion covers exactly these data sets"
    return "a", "one data set: the run is the unit"


def _sizes(cells: Cells) -> list[int]:
    return sorted({cell.n for cell in cells.cells.values()})


def _words(cells: Cells) -> str:
    sizes = _sizes(cells)
    runs = [cells.units[place] for place in cells.cells]
    shared = len(runs) > 1 and all(shares_seeds(runs[0], each) for each in runs[1:])
    named = all(label[0] for each in runs for label in each)
    many = str(sizes[0]) if len(sizes) == 1 else f"{sizes[0]} to {sizes[-1]}"
    word = "run" if not named or sizes == [1] else "seed"
    tail = f"{many} {'shared ' if shared else ''}{word}{'' if sizes == [1] else 's'} each"
    return f"{_plural(cells.rows, 'method')} on {_plural(cells.columns, 'data set')} with {tail}"


def _plural(values: Sequence[str], word: str) -> str:
    return f"{len(values)} {word}{'' if len(values) == 1 else 's'}"
