"""What the evidence itself limits: few seeds, few data sets, missing cells, crashed runs."""

from collections import Counter

from paperback.claims import Word
from paperback.evidence import count
from paperback.evidence.compare import HEADLINE
from paperback.evidence.signed_rank import FEWEST as FEWEST_DATASETS
from paperback.notes.prose import Text
from paperback.paper.answer import paragraph
from paperback.paper.document import Inline, Paragraph
from paperback.paper.material import Material
from paperback.paper.phrases import counted

# Below this the simulations of benchmarks/evidence/coverage.py miss the stated coverage for skewed scores.
_ENOUGH_FOR_ANY_SHAPE = 20


def caveats(material: Material) -> tuple[Paragraph, ...]:
    """One paragraph of limits that the runs show; nothing where they show none."""
    parts = [*_few(material), *_incomplete(material), *_undecided(material)]
    return (paragraph("M8", *parts),) if parts else ()


def _few(material: Material) -> list[Inline]:
    study, parts = material.study, list[Inline]()
    if material.table.protocol.is_test_selected:
        parts.append(Text("Values were chosen by looking at the test part, so they are optimistic. "))
    items = "item" in material.table.roles
    if items and len(study.seeds) < 2:
        parts.append(
            Text("Each method answered every item once, so only the sampling of test items was measured. ")
        )
    elif len(study.seeds) < 2:
        parts.append(Text("There is a single run per cell, so the variation between trainings is unknown. "))
    if 1 < len(study.seeds) < HEADLINE:
        parts += [
            Text("The evidence rests on "),
            *counted(study.count(material.table, "seeds"), "seed"),
            Text(" per method, which is few for a headline. "),
        ]
    if 1 < len(study.seeds) < _ENOUGH_FOR_ANY_SHAPE and not items:
        parts.append(
            Text(
                "Over so few seeds, intervals keep their stated coverage where scores spread about normally, "
                "and fall short of it where scores are skewed or a run fails now and then. "
            )
        )
    if 1 < len(study.datasets) < FEWEST_DATASETS and not items:
        parts += [
            Text("With "),
            *counted(study.count(material.table, "datasets"), "data set"),
            Text(" no rank test over data sets can reach the level of the tests. "),
        ]
    return parts


def _incomplete(material: Material) -> list[Inline]:
    kinds = Counter(finding.kind for finding in material.table.findings)
    parts: list[Inline] = []
    if kinds["crashed-run"]:
        parts += [
            Text("The logs also hold "),
            *counted(count(material.table, "failed"), "run"),
            Text(" that did not finish; they are left out of every mean. "),
        ]
    if kinds["missing-cell"]:
        parts.append(Text("Some combinations of method and data set have no run and are shown as missing. "))
    if kinds["unequal-seeds"]:
        parts.append(Text("Not every cell has the same seeds. "))
    return parts


def _undecided(material: Material) -> list[Inline]:
    open_claims = [verdict for verdict in material.verdicts if verdict.word == Word.INCONCLUSIVE]
    if not open_claims:
        return []
    return [
        Text("Where the evidence does not decide a claim, the text says so and draws no conclusion from it.")
    ]
