"""Two methods on one data set: designs (a), seeds per method, and (h), a single run each."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, cast

from paperback.errors import EvidenceError, near_miss
from paperback.evidence.contrast import Contrast, mean_difference, overlapping
from paperback.evidence.estimate import Estimate
from paperback.evidence.holm import family, holm
from paperback.evidence.pivot import Cells, pivot
from paperback.evidence.quantity import Quantity, Recipe
from paperback.evidence.reading import Label
from paperback.runs import RunTable

FEWEST = 3
HEADLINE = 5
_IN_UNIT = ("difference", "absdiff", "gain", "low", "high", "detectable")
FIGURES = (*_IN_UNIT, "n", "statistic", "df", "p", "p_adjusted", "effect", "superiority", "needed")


@dataclass(frozen=True, slots=True)
class Comparison:
    """A minus B on one data set, in the metric's unit.

    Attributes:
        design: `a`, or `h` where either side has a single run.
        method: A, as logged.
        over: B, as logged.
        dataset: As logged; empty where the study has no data set role.
        a: Estimate of A.
        b: Estimate of B.
        paired: Whether runs were paired by a shared seed.
        n: Pairs, or the smaller number of runs.
        difference: Mean of A minus mean of B; as logged, so negative is good where lower is better.
        gain: `difference` with its sign turned so that positive means A is better; None without a direction.
        low: Lower end of the 95 % interval of the difference; None where no test was made.
        high: Upper end; None where no test was made.
        test: `paired t`, `Welch t`, or the reason why none was made.
        statistic: Value of the test's statistic; None without a test.
        df: Degrees of freedom; None without a test.
        p: Two-sided; None without a test.
        p_adjusted: After the correction; None without a test.
        correction: `Holm over 4 data sets`, or empty.
        effect: Hedges' g, positive when A is higher; None where the spread is zero or there is a single run.
        superiority: P(A > B) in the better direction, ties half; None without a direction.
        detectable: Smallest difference that this design would have detected with 80 % power; None without
            a test.
        warnings: What a careful reader must know: unequal seeds, fewer than 5 runs, zero variance.
        family: The data sets that were tested together.
        needed: Runs per method that would show a difference of the observed size with 80 % power; None
            without a test or above 100,000.
    """

    design: str
    method: str
    over: str
    dataset: str
    a: Estimate
    b: Estimate
    paired: bool
    n: int
    difference: float
    gain: float | None
    low: float | None
    high: float | None
    test: str
    statistic: float | None
    df: float | None
    p: float | None
    p_adjusted: float | None
    correction: str
    effect: float | None
    superiority: float | None
    detectable: float | None
    warnings: tuple[str, ...]
    family: tuple[str, ...] = ()
    needed: int | None = None

    def quantity(self, field: str) -> Quantity:
        """One of its numbers with the recipe that recomputes it; `absdiff` is the difference without sign.

        Raises:
            EvidenceError: It has no such number, or none here; says why.
        """
        if field not in FIGURES:
            raise EvidenceError(f"a comparison has no number {field!r}", mend=near_miss(field, FIGURES))
        value = abs(self.difference) if field == "absdiff" else cast("float | None", getattr(self, field))
        if value is None:
            raise EvidenceError(
                f"{self.method} against {self.over} has no {field}: {self.test}", mend="Say why instead."
            )
        unit = self.a.unit if field in _IN_UNIT else ""
        recipe = Recipe("comparison", field, self._arguments())
        return Quantity(float(value), recipe, unit, (*self.a.sources, *self.b.sources))

    def _arguments(self) -> dict[str, Any]:
        where = {key: value for key, value in self.a.address.where if key not in ("method", "dataset")}
        return {
            "metric": self.a.address.metric,
            "split": self.a.address.split,
            "where": where,
            "method": self.method,
            "over": self.over,
            "dataset": self.dataset,
            "datasets": list(self.family),
            "level": self.a.level,
        }


def compare(
    table: RunTable,
    metric: str,
    method: str,
    over: str,
    *,
    split: str = "",
    dataset: str = "",
    where: Mapping[str, str] | None = None,
    level: float = 0.95,
) -> Comparison:
    """`method` minus `over` on one data set; see `compare_each`. The p value is not adjusted.

    Args:
        table: The runs.
        metric: Canonical name or logged key.
        method: A, as logged.
        over: B, as logged.
        split: The split.
        dataset: As logged; empty where the study has no data set role, or a single data set.
        where: What a run must match besides.
        level: Coverage of the intervals.

    Raises:
        EvidenceError: Either side has no estimate there.
    """
    cells = pivot(table, metric, split=split, where=where, level=level)
    if not dataset and len(cells.columns) > 1:
        shown = ", ".join(cells.columns[:5])
        raise EvidenceError(f"the runs have several data sets ({shown})", mend="Name one of them.")
    return compare_cells(cells, method, over, (dataset or cells.columns[0],))[0]


def compare_each(
    table: RunTable,
    metric: str,
    method: str,
    over: str,
    *,
    split: str = "",
    datasets: Sequence[str] | None = None,
    where: Mapping[str, str] | None = None,
    level: float = 0.95,
) -> tuple[Comparison, ...]:
    """`method` minus `over` on each data set, p values adjusted by Holm over these data sets.

    Paired t where both have exactly the same seeds, at least two; else Welch's t. Below three runs on either
    side no test is made.

    Args:
        table: The runs.
        metric: Canonical name or logged key.
        method: A, as logged.
        over: B, as logged.
        split: The split.
        datasets: As logged; all when None or empty. Where either side has no estimate, none is compared.
        where: What a run must match besides.
        level: Coverage of the intervals.

    Raises:
        EvidenceError: A method or data set is not known.
    """
    cells = pivot(table, metric, split=split, where=where, level=level)
    return compare_cells(cells, method, over, chosen(table, cells, method, over, datasets))


def chosen(
    table: RunTable, cells: Cells, method: str, over: str, datasets: Sequence[str] | None
) -> tuple[str, ...]:
    """Those of `datasets` (all when None or empty) where both methods have an estimate.

    Raises:
        EvidenceError: The study has no such data set.
    """
    known = {*cells.columns, *(table.roles["dataset"].values if "dataset" in table.roles else ())}
    for dataset in datasets or ():
        if dataset not in known:
            raise EvidenceError(f"no run has dataset {dataset!r}", mend=near_miss(dataset, known))
    both = common(cells, method, over)
    return tuple(each for each in datasets if each in both) if datasets else both


def common(cells: Cells, method: str, over: str) -> tuple[str, ...]:
    """The columns in which both methods have an estimate."""
    return tuple(
        each for each in cells.columns if (method, each) in cells.cells and (over, each) in cells.cells
    )


def compare_cells(cells: Cells, method: str, over: str, datasets: Sequence[str]) -> tuple[Comparison, ...]:
    """The comparisons of two rows of `cells`, one per column in `datasets`, Holm-adjusted over them.

    Raises:
        EvidenceError: A cell has no estimate; says why, or offers the nearest name.
    """
    for name in (method, over):
        if name not in cells.rows:
            raise EvidenceError(f"no run has method {name!r}", mend=near_miss(name, cells.rows))
        for dataset in datasets:
            _check_cell(cells, name, dataset)
    made = [_comparison(cells, method, over, dataset) for dataset in datasets]
    raw = [each.p for each in made]
    correction = family(raw, "data sets")
    return tuple(
        replace(each, p_adjusted=p, correction=correction if p is not None else "", family=tuple(datasets))
        for each, p in zip(made, holm(raw), strict=True)
    )


def contrast_of(cells: Cells, method: str, over: str, dataset: str) -> tuple[Contrast, bool]:
    """The contrast of two cells with two or more units each, and whether it is paired."""
    a, b = cells.units[method, dataset], cells.units[over, dataset]
    paired = shares_seeds(a, b)
    right = [b[label] for label in a] if paired else list(b.values())
    contrast = mean_difference(list(a.values()), right, paired=paired)
    folds = min(folds_of(cells, each, dataset) for each in (method, over))
    contrast = overlapping(contrast, folds) if folds > 1 else contrast
    difference = cells.cells[method, dataset].value - cells.cells[over, dataset].value
    return replace(contrast, value=difference), paired


def folds_of(cells: Cells, method: str, dataset: str) -> int:
    """How many folds of the data set the cell is the mean over; 0 where it is over no folds."""
    steps = cells.cells[method, dataset].address.over[-1].split("+")
    if "fold" not in steps:
        return 0
    place = steps.index("fold")
    return len({label[place] for label in cells.units[method, dataset] if len(label) == len(steps)})


def shares_seeds(a: Mapping[Label, float], b: Mapping[Label, float]) -> bool:
    """Whether both have the same named units, two or more; a run without a seed is never a partner."""
    return len(a) > 1 and a.keys() == b.keys() and all(label[0] for label in a)


def hedges_g(a: Sequence[float], b: Sequence[float]) -> float | None:
    """Standardised difference J (mean a - mean b) / s; None where it does not exist.

    s is the pooled standard deviation with n_a + n_b - 2 = m degrees of freedom, for paired runs too, so that
    effects of paired and unpaired designs are the same size; J = Γ(m/2) / (sqrt(m/2) Γ((m-1)/2)).

    Source:
        Hedges 1981, "Distribution Theory for Glass's Estimator of Effect Size and Related Estimators".
    """
    if min(len(a), len(b)) < 2:
        return None
    contrast = mean_difference(a, b, paired=False)
    m = len(a) + len(b) - 2
    pooled = math.sqrt(math.fsum((part.n - 1) * part.variance for part in contrast.parts) / m)
    if not contrast.varies:
        return None
    correction = math.exp(math.lgamma(m / 2) - math.lgamma((m - 1) / 2)) / math.sqrt(m / 2)
    return correction * contrast.value / pooled


def superiority(a: Sequence[float], b: Sequence[float], *, higher_is_better: bool) -> float:
    """Share of all (a, b) combinations in which a is better, ties counted half; seeds are not matched."""
    better = sum((x > y if higher_is_better else x < y) + (x == y) / 2 for x in a for y in b)
    return better / (len(a) * len(b))


def _check_cell(cells: Cells, method: str, dataset: str) -> None:
    if dataset not in cells.columns:
        raise EvidenceError(f"no run has dataset {dataset!r}", mend=near_miss(dataset, cells.columns))
    if (method, dataset) not in cells.cells:
        why = cells.refused.get((method, dataset), "it was not run")
        raise EvidenceError(
            f"{method} has no {cells.metric} on {dataset!r}: {why}",
            mend="Run it, or leave this data set out.",
        )


def _comparison(cells: Cells, method: str, over: str, dataset: str) -> Comparison:
    a, b = cells.cells[method, dataset], cells.cells[over, dataset]
    values = [list(cells.units[name, dataset].values()) for name in (method, over)]
    difference, known = a.value - b.value, a.direction != "unknown"
    higher = a.direction == "higher"
    bare = Comparison(
        design="h" if min(a.n, b.n) == 1 else "a",
        method=method,
        over=over,
        dataset=dataset,
        a=a,
        b=b,
        paired=shares_seeds(cells.units[method, dataset], cells.units[over, dataset]),
        n=min(a.n, b.n),
        difference=difference,
        gain=(difference if higher else -difference) if known else None,
        low=None,
        high=None,
        test=_no_test(a, b),
        statistic=None,
        df=None,
        p=None,
        p_adjusted=None,
        correction="",
        effect=hedges_g(*values),
        superiority=superiority(*values, higher_is_better=higher) if known else None,
        detectable=None,
        warnings=(),
    )
    return _tested(bare, cells)


def _tested(bare: Comparison, cells: Cells) -> Comparison:
    if bare.n < FEWEST:
        return replace(bare, warnings=_warnings(bare))
    contrast, _ = contrast_of(cells, bare.method, bare.over, bare.dataset)
    folds = min(folds_of(cells, name, bare.dataset) for name in (bare.method, bare.over))
    if not contrast.varies:
        still = (
            "none: the differences of the pairs do not vary" if bare.paired else "none: the runs do not vary"
        )
        return replace(bare, test=still, warnings=(*_warnings(bare), "zero variance: no test can be made"))
    low, high = contrast.ends(bare.a.level)
    return replace(
        bare,
        low=low,
        high=high,
        test=f"{'corrected ' if folds > 1 else ''}{'paired t' if bare.paired else 'Welch t'}",
        statistic=contrast.statistic,
        df=contrast.df,
        p=contrast.p,
        detectable=contrast.detectable(),
        needed=contrast.needed(),
        warnings=_warnings(bare),
    )


def _no_test(a: Estimate, b: Estimate) -> str:
    return "none: a single run" if min(a.n, b.n) == 1 else "none: a test needs three runs on each side"


def _warnings(bare: Comparison) -> tuple[str, ...]:
    a, b = bare.a, bare.b
    told = {
        "a single run: training variance was not measured": bare.n == 1,
        "fewer than five runs": 1 < bare.n < HEADLINE,
        "unequal numbers of runs": a.n != b.n,
        "the seeds are not the same, so runs were not paired": bare.n > 1 and not bare.paired,
        f"runs of {bare.method} did not enter": bool(a.excluded),
        f"runs of {bare.over} did not enter": bool(b.excluded),
    }
    return tuple(warning for warning, holds in told.items() if holds)
