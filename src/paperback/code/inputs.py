"""What goes into a training procedure: model, loss, optimiser, data and the settings that its lines name."""

import re
from collections.abc import Iterator, Mapping, Sequence

from paperback.code.flags import CARRYING_OUT
from paperback.code.inventory import HyperParameter, LossFact, OptimiserFact
from paperback.code.plain import SETTINGS
from paperback.code.procedure import Input, Line, Symbol, Words
from paperback.code.reach import import_closure
from paperback.code.subject import Subject


def find_inputs(
    subject: Subject,
    lines: Sequence[Line],
    paths: Sequence[str],
    makers: Mapping[str, str],
    facts: tuple[Sequence[LossFact], Sequence[OptimiserFact], Sequence[HyperParameter]],
) -> Iterator[Input]:
    """The inputs of the procedure in the order of print.

    Args:
        subject: What the paper is about.
        lines: The lines that are shown.
        paths: The files in which they stand.
        makers: Variables that hold an optimiser, with its class.
        facts: Losses, optimisers and settings of the repository.
    """
    losses, optimisers, offered = facts
    near = _near(subject, paths)
    yield from _model(subject)
    yield from _losses(subject, losses, lines, paths)
    yield from _used_optimisers(makers, optimisers, near)
    yield from _data(lines)
    yield from _settings(lines, offered, near)


def _model(subject: Subject) -> Iterator[Input]:
    model = subject.model(subject.compared.proposal) if subject.compared else None
    if model is not None:
        facts = subject.trees.repository.classes[model]
        yield Input("model", model[1], "", facts.source, facts.doc)


def _losses(
    subject: Subject, losses: Sequence[LossFact], lines: Sequence[Line], paths: Sequence[str]
) -> Iterator[Input]:
    """The losses written here that the procedure's files import; else the library's that the lines name."""
    reached = import_closure(subject.trees.repository, paths)
    classes = subject.trees.repository.classes
    words = " ".join(part.text for line in lines for part in line.text if isinstance(part, Symbol))
    model = subject.model(subject.compared.proposal) if subject.compared else None

    def used(item: LossFact) -> bool:
        place = item.source.path, item.name
        of_model = model is not None and (place[0], item.name.rpartition(".")[0]) == model
        return place in classes or of_model or f"{item.name}(" in words

    custom = [item for item in losses if item.kind == "custom" and item.source.path in reached and used(item)]
    library = [item for item in losses if item.kind == "library" and f"{item.name}(" in words]
    # The procedure's own files come first.
    library.sort(key=lambda item: item.source.path not in paths)
    named = {item.name: item for item in reversed([*custom, *library])}
    for item in list(reversed(named.values()))[:3]:
        yield Input("loss", item.name, "", item.source, item.doc)


def _near(subject: Subject, paths: Sequence[str]) -> list[list[str]]:
    """The files of the procedure, then those that reach one of them through imports."""
    repository = subject.trees.repository
    told = ((path, file) for path, file in repository.files.items() if file.made or file.hyperparameters)
    users = [path for path, _ in told if set(paths) & import_closure(repository, [path])]
    # The script at the top comes first.
    return [list(paths), sorted(users, key=lambda path: path.count("/"))]


def _used_optimisers(
    makers: Mapping[str, str], optimisers: Sequence[OptimiserFact], near: Sequence[Sequence[str]]
) -> Iterator[Input]:
    used = {value.partition(" of ")[0] for value in makers.values()}
    groups = ([item for path in paths for item in optimisers if item.source.path == path] for paths in near)
    closest: Sequence[OptimiserFact] = next((group for group in groups if group), optimisers)
    found = [item for item in closest if not used or item.name in used]
    for item in list({item.name: item for item in reversed(found)}.values())[::-1][:3]:
        given = f"({', '.join(item.arguments)})" if item.arguments else ""
        yield Input("optimiser", f"{item.name}{given}", "", item.source)


def _data(lines: Sequence[Line]) -> Iterator[Input]:
    """What the loops over mini-batches run over."""
    for line in lines:
        match line.text:
            case (Words("each mini-batch "), Symbol(), Words(" of "), Symbol(name)):
                yield Input("data", name, "", line.source)


def _settings(
    lines: Sequence[Line], offered: Sequence[HyperParameter], near: Sequence[Sequence[str]]
) -> Iterator[Input]:
    """The settings that the lines name, in the order in which they do."""
    words = re.findall(
        r"\w+", " ".join(part.text for line in lines for part in line.text if isinstance(part, Symbol))
    )
    for name in dict.fromkeys(words):
        found = [item for item in offered if item.name.lower() == name.lower()]
        best = sorted(found, key=lambda item: [item.source.path not in paths for paths in near])
        if best and not CARRYING_OUT.search(name) and name not in SETTINGS:
            yield Input("hyper-parameter", name, best[0].default, best[0].source, best[0].help)
