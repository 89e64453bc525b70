"""Two methods weighed by the design that the run table carries: (c) to (g)."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from paperback.errors import EvidenceError, near_miss
from paperback.evidence.assessment import Assessment
from paperback.evidence.average import no_direction
from paperback.evidence.holm import family, holm
from paperback.evidence.interval import centre
from paperback.evidence.items import assess_clusters, assess_items, shared_items
from paperback.evidence.learning_curve import REDUCTIONS, assess_curves
from paperback.evidence.reading import Label, Question, Reading, ask, labels, matching, read_values
from paperback.evidence.search import assess_search
from paperback.evidence.shape import Shape, recognise_shape
from paperback.evidence.signed_rank import FEWEST as FEWEST_DATASETS
from paperback.evidence.task_scores import assess_tasks
from paperback.runs import RunTable, Series, history

LETTERS = ("c", "d", "e", "f", "g")
_UNITS = {"c": "item", "d": "cluster", "e": "run per task", "f": "run", "g": "trial"}
_ESTIMATORS = {
    "c": "mean over the shared items",
    "d": "mean over the shared questions",
    "e": "interquartile mean over runs and tasks",
    "f": "one number per curve",
    "g": "expected best of the trials of a budget (unbiased)",
}


@dataclass(frozen=True, slots=True)
class Options:
    """What a design can be told besides.

    Attributes:
        reduction: Of a curve to one number: `final`, `area` or `steps`; of design (f).
        threshold: The value whose steps are counted; with `steps`.
        budget: Trials that both searches are granted; half of the smaller one when None; of design (g).
        seed: Of the generator of every resample.
        level: Coverage of the intervals.
    """

    reduction: str = "final"
    threshold: float | None = None
    budget: int | None = None
    seed: int = 0
    level: float = 0.95


def suggested_letter(shape: Shape, datasets: int) -> str:
    """Which of (c) to (g) the table carries; empty where (a), (b) or (h) serve.

    Over six data sets and more the data set is the unit, however many items each has.
    """
    if shape.item and datasets >= FEWEST_DATASETS:
        return ""
    if shape.item:
        return "d" if shape.cluster else "c"
    if shape.trial:
        return "g"
    return "e" if shape.normalised and datasets > 1 else ""


def assess(
    table: RunTable,
    metric: str,
    method: str,
    over: str,
    *,
    design: str = "",
    split: str = "",
    dataset: str = "",
    where: Mapping[str, str] | None = None,
    options: Options | None = None,
) -> Assessment:
    """`method` against `over` by design (c) to (g); see `assess_each`. The p value is not adjusted.

    Raises:
        EvidenceError: As `assess_each`; or there are several data sets and none is named.
    """
    datasets = (dataset,) if dataset else None
    found = assess_each(
        table,
        metric,
        method,
        over,
        design=design,
        split=split,
        datasets=datasets,
        where=where,
        options=options,
    )
    if len(found) > 1:
        shown = ", ".join(each.dataset for each in found[:5])
        raise EvidenceError(f"the runs have several data sets ({shown})", mend="Name one of them.")
    return found[0]


def assess_each(
    table: RunTable,
    metric: str,
    method: str,
    over: str,
    *,
    design: str = "",
    split: str = "",
    datasets: Sequence[str] | None = None,
    where: Mapping[str, str] | None = None,
    options: Options | None = None,
) -> tuple[Assessment, ...]:
    """`method` against `over` on each data set, Holm-adjusted; design (e) takes all as one.

    A design that the data cannot carry refuses: the assessment says why and what would be needed.

    Args:
        table: The runs.
        metric: Canonical name or logged key.
        method: A, as logged.
        over: B, as logged.
        design: `c`, `d`, `e`, `f` or `g`; what the table's shape suggests when empty.
        split: The split.
        datasets: As logged; all when None or empty.
        where: What a run must match besides.
        options: What the design can be told besides.

    Raises:
        EvidenceError: No such design, method or data set; the metric has no direction; the shape
            suggests no design.
    """
    prepared = prepare(table, metric, split=split, where=where, options=options)
    return prepared.each(method, over, design=design, datasets=datasets)


@dataclass(frozen=True)
class Prepared:
    """The runs of one question, read once, so that many pairs of methods can be weighed.

    Attributes:
        table: The runs.
        question: What is asked of each.
        shape: What the runs carry beyond methods, data sets and seeds.
        told: What the designs are told besides.
        readings: (method, data set) to its readings by run id; `""` where the study has no such role.
    """

    table: RunTable
    question: Question
    shape: Shape
    told: Options
    readings: Mapping[tuple[str, str], Sequence[Reading]]

    @property
    def unit_design(self) -> str:
        """Design by what one reading is: `g` a trial, `d` an item in a cluster, `c` a test item."""
        return "g" if self.shape.trial else "d" if self.shape.cluster else "c"

    def each(
        self, method: str, over: str, *, design: str = "", datasets: Sequence[str] | None = None
    ) -> tuple[Assessment, ...]:
        """As `assess_each`, which raises alike."""
        known = tuple(dict.fromkeys(dataset for _, dataset in self.readings))
        across = _datasets(self.table, known, datasets)
        letter = _letter(design, self.shape, len(across), self.told)
        for name in (method, over):
            self._check(name)
        arguments = _arguments(self.question, (method, over), across, self.told) | {"design": letter}
        if letter == "e":
            return (self._tasks(arguments, (method, over), across),)
        found = [
            _one(
                _bare(arguments, each, self.table),
                [self.readings.get((name, each), ()) for name in (method, over)],
                self.table,
                self.shape,
                self.question,
                self.told,
            )
            for each in across
        ]
        raw = [each.p for each in found]
        name = family(raw, "data sets")
        return tuple(
            replace(each, p_adjusted=p, correction=name if p is not None else "")
            for each, p in zip(found, holm(raw), strict=True)
        )

    def _tasks(self, arguments: Mapping[str, Any], names: Sequence[str], across: Sequence[str]) -> Assessment:
        sides = [[one for each in across for one in self.readings.get((name, each), ())] for name in names]
        scores = [_by_task(side, self.question, across) for side in sides]
        rng = np.random.default_rng(self.told.seed)
        higher = self.table.metrics[self.question.metric].direction == "higher"
        made = assess_tasks(_bare(arguments, "", self.table), *scores, higher=higher, rng=rng)
        sources = _sources([one for side in sides for one in side if not one.excluded])
        return replace(made, p_adjusted=made.p, sources=sources)

    def _check(self, method: str) -> None:
        names = {name for name, _ in self.readings}
        if method not in names:
            raise EvidenceError(f"no run has method {method!r}", mend=near_miss(method, names - {""}))


def prepare(
    table: RunTable,
    metric: str,
    *,
    split: str = "",
    where: Mapping[str, str] | None = None,
    options: Options | None = None,
) -> Prepared:
    """What `assess_each` asks of the runs, read once.

    Raises:
        EvidenceError: The metric has no direction, or is never logged on this split; no run matches.
        SettingsError: No metric has this name.
    """
    told = options or Options()
    question = ask(table, metric, split=split, where=where, level=told.level)
    if table.metrics[question.metric].direction == "unknown":
        raise no_direction(question.metric)
    shape = recognise_shape(table, question.metric, split=question.split)
    readings: dict[tuple[str, str], list[Reading]] = defaultdict(list)
    for each in matching(read_values(table, question), question):
        readings[each.run.setting("method") or "", each.run.setting("dataset") or ""].append(each)
    return Prepared(table, question, shape, told, dict(readings))


def _letter(design: str, shape: Shape, datasets: int, told: Options) -> str:
    letter = design or suggested_letter(shape, datasets)
    if letter not in LETTERS:
        what = (
            f"no design from (c) to (g) has the letter {design!r}" if design else "the runs carry no items, "
        )
        raise EvidenceError(
            what if design else what + "trials or normalised scores, so designs (a), (b) and (h) serve",
            mend=near_miss(letter, LETTERS)
            if design
            else "Name the design, or use compare and rank_methods.",
        )
    if letter in ("c", "d") and not shape.item:
        raise EvidenceError("no setting of the runs names test items", mend="Declare the role item.")
    if told.reduction not in REDUCTIONS:
        raise EvidenceError(
            f"no reduction of a curve is called {told.reduction!r}",
            mend=near_miss(told.reduction, REDUCTIONS),
        )
    if letter == "f" and told.reduction == "steps" and told.threshold is None:
        raise EvidenceError("steps to a threshold need one", mend="Name the threshold before looking.")
    return letter


def _datasets(table: RunTable, known: Sequence[str], asked: Sequence[str] | None) -> tuple[str, ...]:
    order = table.roles["dataset"].values if "dataset" in table.roles else known
    for each in asked or ():
        if each not in known:
            raise EvidenceError(f"no run has dataset {each!r}", mend=near_miss(each, known))
    return tuple(asked) if asked else tuple(each for each in order if each in known)


def _bare(arguments: Mapping[str, Any], dataset: str, table: RunTable) -> Assessment:
    letter = str(arguments["design"])
    return Assessment(
        design=letter,
        method=str(arguments["method"]),
        over=str(arguments["over"]),
        dataset=dataset,
        unit=_UNITS[letter],
        n=0,
        estimator=_ESTIMATORS[letter],
        level=float(arguments["level"]),
        asked={**arguments, "dataset": dataset},
        value_unit=table.metrics[str(arguments["metric"])].unit,
    )


def _arguments(
    question: Question, names: tuple[str, str], datasets: Sequence[str], told: Options
) -> dict[str, Any]:
    return {
        "metric": question.metric,
        "split": question.split,
        "where": dict(question.where),
        "method": names[0],
        "over": names[1],
        "datasets": list(datasets),
        "reduction": told.reduction,
        "threshold": told.threshold,
        "budget": told.budget,
        "seed": told.seed,
        "level": told.level,
    }


def _one(
    bare: Assessment,
    sides: Sequence[Sequence[Reading]],
    table: RunTable,
    shape: Shape,
    question: Question,
    told: Options,
) -> Assessment:
    higher = table.metrics[question.metric].direction == "higher"
    rng = np.random.default_rng(told.seed)
    if bare.design in ("c", "d"):
        items = shared_items(sides[0], sides[1], shape)
        weigh = assess_items if bare.design == "c" else assess_clusters
        return weigh(bare, items, higher=higher, rng=rng)
    entering = [[reading for reading in side if not reading.excluded] for side in sides]
    bare = replace(bare, sources=_sources([reading for side in entering for reading in side]))
    if bare.design == "g":
        trials = [trial_scores(side, shape) for side in entering]
        return assess_search(bare, *trials, higher=higher, rng=rng, budget=told.budget)
    curves = [_curves(side, table, question) for side in entering]
    reduction: Any = told.reduction
    return assess_curves(bare, *curves, higher=higher, reduction=reduction, threshold=told.threshold)


def trial_scores(readings: Sequence[Reading], shape: Shape) -> list[float]:
    """One score per trial, by its name; runs that repeat a trial are averaged, crashed ones left out."""
    found: dict[str, list[float]] = defaultdict(list)
    for reading in readings:
        if reading.excluded:
            continue
        name = reading.run.id if shape.trial in ("", "run") else reading.run.setting(shape.trial)
        found[name or reading.run.id].append(reading.value)
    return [centre(found[name]) for name in sorted(found)]


def _curves(readings: Sequence[Reading], table: RunTable, question: Question) -> dict[Label, Series]:
    found = {}
    for reading in readings:
        curve = history(table, reading.run, question.metric, question.split)
        if curve is not None and np.isfinite(curve.values).sum() > 1:
            found[labels(reading.run, question)[0]] = curve
    return dict(sorted(found.items()))


def _by_task(
    readings: Sequence[Reading], question: Question, datasets: Sequence[str]
) -> dict[str, list[float]]:
    found: dict[str, list[float]] = defaultdict(list)
    for reading in sorted(readings, key=lambda each: labels(each.run, question)):
        task = reading.run.setting("dataset") or ""
        if not reading.excluded and task in datasets:
            found[task].append(reading.value)
    return dict(found)


def _sources(readings: Sequence[Reading]) -> tuple[Any, ...]:
    return tuple(sorted({each.final.source for each in readings if each.final}, key=str))
