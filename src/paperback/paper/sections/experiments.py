"""Experimental study: questions, design, data, baselines, results, discussion."""

from paperback.claims import Verdict
from paperback.evidence import Comparison, count, shared_setting
from paperback.finding import Finding
from paperback.notes.prose import Text
from paperback.paper.alone import range_sentence
from paperback.paper.answer import Answer, paragraph, present, section
from paperback.paper.document import Block, GraphFloat, Inline, Number, Paragraph, Ref, Section, TableFloat
from paperback.paper.extent import setup_parts, unit_of_run
from paperback.paper.material import Material
from paperback.paper.phrases import counted, enumerate_parts, enumerate_words
from paperback.paper.sections.asked import from_notes, with_facts
from paperback.paper.verdicts import detail, ranking_sentence, tally, verdict_sentence
from paperback.paper.weighed import design_sentence
from paperback.story.graph import AnyGraph, Graph, Scatter, StripPlot
from paperback.story.order import pages_of
from paperback.story.results import measured_in_words, shown_for
from paperback.story.settings_table import dataset_table

# Tables that no claim speaks of.
_BESIDES = ("average-ranks", "cost")
# A longer list in a sentence is no reading.
_MOST_NAMES = 16
_SHARED = (
    "epochs",
    "n_epochs",
    "num_epochs",
    "max_epochs",
    "batch_size",
    "steps",
    "max_steps",
    "total_timesteps",
)


def experiments(material: Material, told: list[Finding]) -> tuple[Section | None, tuple[Answer, ...]]:
    """The section with its answers to E1-E6 and S1-S3."""
    questions = from_notes("E1", material, told)
    design = with_facts(from_notes("E2", material, told), _design(material))
    data = with_facts(from_notes("E3", material, told), _data(material))
    baselines = with_facts(from_notes("E4", material, told), _baselines(material), first=True)
    results = results_answers(material)
    discussion = with_facts(from_notes("E6", material, told), _discussion(material), first=True)
    parts = present(
        section("questions", "Research questions", questions),
        section("design", "Design of the experiments", design),
        section("data", "Data sets", data),
        section("baselines", "Methods compared", baselines),
        section("results", "Results", *results),
        section("discussion", "Discussion", discussion),
    )
    answers = (questions, design, data, baselines, *results, discussion)
    return (Section("experiments", "Experimental study", (), parts) if parts else None), answers


def _design(material: Material) -> tuple[Block, ...]:
    if not material.table.runs:
        return ()
    parts: list[Inline] = [Text("The study comprises "), *setup_parts(material), Text(". ")]
    shared = [
        (Text(f"{name.replace('_', ' ')} "), Number(quantity))
        for name in _SHARED
        for key in material.table.runs[0].params
        if key.rsplit(".", 1)[-1] == name
        and (quantity := shared_setting(material.table, key)) is not None
        # Minus one means that there is no such limit.
        and quantity.value > 0
    ]
    if shared:
        parts += [Text("All runs share these settings: "), *enumerate_parts(shared), Text(". ")]
    parts += _others(material)
    parts.append(Text(f"We report {measured_in_words(material.study)}; {unit_of_run(material)}. "))
    entry = "record" if "item" in material.table.roles else "run"
    parts.append(Text(f"Each {entry} contributes one value ({material.table.protocol}). "))
    parts += _tests(material)
    return (paragraph("E2", *parts),)


def _others(material: Material) -> list[Inline]:
    """That there are runs which report other metrics; nothing where all report the study's."""
    if material.study.whole:
        return []
    return [
        Text("They are those of "),
        *counted(count(material.table, "runs"), "logged run"),
        Text(f" that report {material.study.metric.title}. "),
    ]


def _tests(material: Material) -> list[Inline]:
    comparisons = _comparisons(material)
    weighed = design_sentence(material.verdicts)
    if not comparisons:
        return [Text(weighed)] if weighed else []
    paired = any(comparison.paired for comparison in comparisons if comparison.p is not None)
    tested = any(comparison.p is not None for comparison in comparisons)
    parts: list[Inline] = [Text(weighed)] if weighed else []
    if tested and paired:
        parts.append(
            Text("Methods share their seeds, so they are compared pair by pair with a paired t test. ")
        )
    elif tested:
        parts.append(Text("Methods are compared with Welch's t test, which allows unequal variances. "))
    else:
        over_datasets = any(verdict.p is not None and verdict.ranking for verdict in material.verdicts)
        rest = (
            "data sets are not tested one by one"
            if over_datasets
            else "differences are described and not tested"
        )
        parts.append(Text(f"A cell has too few runs for a test over seeds, so {rest}. "))
    if tested and len(material.study.datasets) > 1:
        parts.append(Text("Inside a claim the p-values over data sets are adjusted by Holm's method. "))
    if any(verdict.ranking is not None for verdict in material.verdicts):
        parts.append(
            Text(
                "Over data sets, seeds are averaged inside each cell first, so that a data set counts once. "
            )
        )
    return parts


def _comparisons(material: Material) -> list[Comparison]:
    return [comparison for verdict in material.verdicts for comparison in verdict.comparisons]


def _data(material: Material) -> tuple[Block, ...]:
    study = material.study
    table = dataset_table(material.table, study, material.settings)
    if table is None:
        if not study.datasets:
            return ()
        return (paragraph("E3", Text("The runs cover "), *_named(material), Text(".")),)
    described = paragraph("E3", Ref(table.key), Text(" describes the data sets."))
    return (described, *(TableFloat(page) for page in pages_of(table)))


def _named(material: Material) -> tuple[Inline, ...]:
    """The data sets by name; of many how many, and the table of results or the first names."""
    study = material.study
    names = [material.dataset(dataset) for dataset in study.datasets]
    if len(names) <= _MOST_NAMES:
        return enumerate_words(names)
    number = counted(study.count(material.table, "datasets"), "data set")
    results = [table for table in material.story.tables if table.key.startswith("main-results")]
    listed = {word for table in results for word in (*table.columns, *(name for name, _ in table.rows))}
    if listed.issuperset(names):
        return (*number, Text(", which "), Ref(results[0].key), Text(" lists"))
    return (*number, Text(", among them "), *enumerate_words([*names[: _MOST_NAMES // 2], "others"]))


def _baselines(material: Material) -> tuple[Block, ...]:
    study = material.study
    if not study.proposal:
        if len(study.methods) < 2:
            return ()
        named = enumerate_words(material.method(method) for method in study.methods)
        return (paragraph("E4", Text("We compare "), *named, Text(".")),)
    parts: list[Inline] = [Text(f"The proposal is called {material.method(study.proposal)}. ")]
    if study.baselines:
        named = enumerate_words(material.method(method) for method in study.baselines)
        parts += [Text("It is compared with "), *named, Text(". ")]
    if study.ablations:
        named = enumerate_words(material.method(method) for method in study.ablations)
        parts += [Text("Its ablations are "), *named, Text(".")]
    return (paragraph("E4", *parts),)


def results_answers(material: Material) -> tuple[Answer, ...]:
    """S3 (what is shown), E5 (what it says), S1 and S2 (claim by claim, with the evidence of each)."""
    tables = [TableFloat(table) for table in material.story.tables]
    graphs = [GraphFloat(graph, wide=_is_wide(graph)) for graph in material.story.graphs]
    ranking = ranking_sentence(material)
    first = sum(table.table.key.startswith("main-results") for table in tables)
    e5: list[Block] = [*_shown(material), *tables[:first]]
    e5 += [paragraph("E5", *ranking)] if ranking else []
    claims = tuple(_claim(verdict, material) for verdict in material.verdicts)
    rest: tuple[Block, ...] = (*tables[first:], *graphs)
    return (
        Answer("E5", tuple(e5), facts=bool(e5)),
        Answer("S1", claims, facts=bool(claims)),
        Answer("S3", rest, facts=bool(tables or graphs)),
        Answer("S2", (), facts=bool(material.story.tables)),
    )


def _claim(verdict: Verdict, material: Material) -> Paragraph:
    """What the evidence says of one claim, and on which data sets it is decided."""
    more = detail(verdict, material)
    return paragraph("S1", *verdict_sentence(verdict, material), *((Text(" "), *more) if more else ()))


def _shown(material: Material) -> tuple[Paragraph, ...]:
    story, study = material.story, material.study
    if not story.tables and not story.graphs:
        return ()
    parts: list[Inline] = []
    if story.tables:
        what = f" shows {measured_in_words(study)}{shown_for(study.methods, study.datasets)}. "
        parts += [Ref(story.tables[0].key), Text(what)]
    besides = [table for table in story.tables if table.key in _BESIDES]
    for shown in (*besides, *story.graphs):
        parts += [Ref(shown.key), Text(f" {shown.why}. ")]
    parts += range_sentence(material)
    return (paragraph("E5", *parts),)


def _is_wide(graph: AnyGraph) -> bool:
    return isinstance(graph, Graph | StripPlot | Scatter) and len(graph.panels) > 1


def _discussion(material: Material) -> tuple[Block, ...]:
    parts = tally(material)
    return (paragraph("E6", *parts),) if parts else ()
