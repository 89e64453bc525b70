"""What the evidence itself limits: few seeds, few data sets, missing cells, crashed runs."""

from paperback.claims import Word
from paperback.evidence import count
from paperback.evidence.compare import HEADLINE
from paperback.evidence.signed_rank import FEWEST as FEWEST_DATASETS
from paperback.notes.prose import Text
from paperback.paper.answer import paragraph
from paperback.paper.document import Inline, Paragraph
from paperback.paper.draft import NOTHING_MEASURED
from paperback.paper.extent import Extent, extent_of, lacks_cells, seed_count
from paperback.paper.material import Material
from paperback.paper.phrases import counted

# Below this the simulations of benchmarks/evidence/coverage.py miss the stated coverage for skewed scores.
_ENOUGH_FOR_ANY_SHAPE = 20


def caveats(material: Material) -> tuple[Paragraph, ...]:
    """One paragraph of limits that the runs show; nothing where they show none."""
    if not material.table.runs:
        return (paragraph("M8", Text(NOTHING_MEASURED)),)
    extent = extent_of(material)
    parts = [*_few(material, extent), *_incomplete(material, extent), *_undecided(material)]
    return (paragraph("M8", *parts),) if parts else ()


def _few(material: Material, extent: Extent) -> list[Inline]:
    study, parts = material.study, list[Inline]()
    if material.table.protocol.is_test_selected:
        parts.append(Text("Values were chosen by looking at the test part, so they are optimistic. "))
    items = "item" in material.table.roles
    parts += [Text(words) for words in _unrepeated(material, extent)]
    seeds = seed_count(material, extent)
    if seeds is not None and seeds.value < HEADLINE:
        parts += [
            Text(f"The evidence rests on {'' if extent.is_even else 'at most '}"),
            *counted(seeds, "seed"),
            Text(" per method, which is few for a headline. "),
        ]
    if 1 < extent.most < _ENOUGH_FOR_ANY_SHAPE and not items:
        parts += [Text("Intervals over "), *(counted(seeds, "seed") if seeds else (Text("few seeds"),))]
        parts.append(
            Text(
                " keep their stated coverage where scores spread about normally, and fall short of it where "
                "scores are skewed or a run fails now and then. "
            )
        )
    if 1 < len(study.datasets) < FEWEST_DATASETS and len(study.methods) > 1 and not items:
        parts += [
            Text("With "),
            *counted(study.count(material.table, "datasets"), "data set"),
            Text(" no rank test over data sets can reach the level of the tests. "),
        ]
    return parts


def _unrepeated(material: Material, extent: Extent) -> list[str]:
    """That retraining was not measured, or not under the name of a seed."""
    study = material.study
    if "item" in material.table.roles:
        said = "Each method answered every item once, so only the sampling of test items was measured. "
        return [said] if len(study.seeds) < 2 else []
    if extent.repeats:
        return [
            "The logs name no seed: runs of one method on one data set are taken as repetitions of it, which "
            "was not checked. "
        ]
    if extent.most > 1 or not extent.is_single:
        return []
    of = " of each method" if len(study.methods) > 1 else ""
    on = " on each data set" if len(study.datasets) > 1 else ""
    return [f"There is a single run{of}{on}, so the variation between trainings is unknown. "]


def _incomplete(material: Material, extent: Extent) -> list[Inline]:
    parts: list[Inline] = []
    if any(finding.kind == "crashed-run" for finding in material.table.findings):
        parts += [
            Text("The logs also hold "),
            *counted(count(material.table, "failed"), "run"),
            Text(" that did not finish; they are left out of every mean. "),
        ]
    if lacks_cells(material, extent):
        parts.append(Text("Some combinations of method and data set have no run and are shown as missing. "))
    if _refused(material):
        parts.append(
            Text(
                "Where runs of one method on one data set differ in more than their seed, they are not "
                "averaged, and the value is missing. "
            )
        )
    if not extent.shares_seeds and "item" not in material.table.roles:
        parts.append(Text("Not every cell of the results has the same seeds. "))
    return parts


def _refused(material: Material) -> bool:
    return any(finding.kind == "cell-left-out" for finding in material.story.findings)


def _undecided(material: Material) -> list[Inline]:
    open_claims = [verdict for verdict in material.verdicts if verdict.word == Word.INCONCLUSIVE]
    if not material.verdicts and len(material.study.methods) > 1:
        return [Text("No claim about a pair of methods was declared, and none is made. ")]
    if not open_claims:
        return []
    return [
        Text("Where the evidence does not decide a claim, the text says so and draws no conclusion from it.")
    ]
