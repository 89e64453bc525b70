"""The differences between methods that answered the same test items, or were searched equally long."""

from collections.abc import Sequence

from paperback.errors import EvidenceError
from paperback.evidence import Assessment, Prepared, Study
from paperback.evidence.contrast import ALPHA
from paperback.settings import Settings
from paperback.story.decimals import decimals_for
from paperback.story.table import Cell, IntervalCell, MissingCell, Table


def item_differences(
    items: Prepared, study: Study, settings: Settings, others: Sequence[str], *, key: str
) -> Table:
    """The gain of the proposal over each of `others` on every data set that both were asked; see `_note`.

    Raises:
        EvidenceError: The proposal shares no data set with any of them.
    """
    found: dict[tuple[str, str], Assessment] = {}
    design = items.unit_design
    for other in others:
        both = [
            each
            for each in study.datasets or ("",)
            if (study.proposal, each) in items.readings and (other, each) in items.readings
        ]
        made = items.each(study.proposal, other, design=design, datasets=both) if both else ()
        found |= {(each.dataset, other): each for each in made}
    rows = [each for each in study.datasets or ("",) if any((each, other) in found for other in others)]
    if not rows:
        raise EvidenceError(
            f"{study.proposal} shares no data set with {', '.join(others)}",
            mend="Run them on the same data sets, or name other baselines.",
        )
    columns = [other for other in others if any((each, other) in found for each in rows)]
    proposal = settings.name("method", study.proposal)
    what = "Ablation" if key == "ablation" else "Comparison with the baselines"
    return Table(
        key=key,
        caption=f"{what}: gain in {study.metric.title} of {proposal} over each column's method.",
        stub="Data set" if study.datasets else "",
        columns=tuple(f"over {settings.name('method', other)}" for other in columns),
        units=("",) * len(columns),
        rows=tuple(
            (
                settings.name("dataset", each),
                tuple(_cell(study, found.get((each, other))) for other in columns),
            )
            for each in rows
        ),
        spread="none",
        note=_note(design, list(found.values())),
        highlight=(),
        why="shows the size of every claimed gain",
    )


def _cell(study: Study, found: Assessment | None) -> Cell:
    if found is None or found.gain is None:
        return MissingCell("nothing in common")
    ends = [found.quantity(end) if getattr(found, end) is not None else None for end in ("low", "high")]
    width = (found.high or 0.0) - (found.low or 0.0)
    percent = study.metric.percent
    decimals = study.metric.decimals
    if decimals is None:
        decimals = decimals_for(width / 2 or found.gain, percent=percent)
    decided = found.p_adjusted is not None and found.p_adjusted < ALPHA
    gain = found.quantity("gain")
    return IntervalCell(gain, ends[0], ends[1], decimals, percent, "best" if decided else "none")


_GAINS = {
    "c": "Mean gain over the test items that both were asked",
    "d": "Mean gain over the test items that both were asked, whose clusters count together",
    "g": "Gain in the expected best of equally many trials",
}


def _note(design: str, found: Sequence[Assessment]) -> str:
    words = [f"{_GAINS[design]}, with its interval; positive is better."]
    tests = sorted({each.test for each in found if each.p is not None})
    if tests:
        told = " or ".join(tests)
        words.append(f"Bold: decided ({told}, Holm-adjusted over the data sets of a column).")
    else:
        words.append("No test was possible.")
    return " ".join(words)
