"""The whole journey from a repository to its inventory."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Protocol, TypeVar

from paperback.code.algorithm import training_algorithm
from paperback.code.change import find_changes, find_contrast
from paperback.code.facts import FileFacts
from paperback.code.file import read_file
from paperback.code.forward import chain, follow_class, follow_function
from paperback.code.inventory import HyperParameter, Inventory, Level, ModuleFact, ObjectiveFact
from paperback.code.level import Component, Fired, decide_level, fire_rules
from paperback.code.linked import (
    autograd,
    components,
    data,
    hyperparameters,
    is_loss_class,
    losses,
    optimisers,
    sequences,
)
from paperback.code.network import Network
from paperback.code.reach import Reach, reach
from paperback.code.record import FILE as RECORD
from paperback.code.record import Recorded, read_record
from paperback.code.repository import link
from paperback.code.subject import Subject, find_comparison, root_models
from paperback.code.trees import Trees
from paperback.code.walk import find_source_files
from paperback.errors import ReadError
from paperback.finding import Finding
from paperback.settings import Settings
from paperback.source import Source

_SWITCH = re.compile(r"^(True|False|None|0|0\.0?|['\"].*['\"])$")


def read_code(root: Path, settings: Settings) -> Inventory:
    """All facts of the source code below `root`; nothing of it is imported or run.

    What cannot be read comes back as a finding. Tests are read only for what they import.

    Args:
        root: The repository.
        settings: Which files are read, the methods of the study, and the classes or scripts that play them.
    """
    files = [read_file(path, root) for path in find_source_files(root, settings.code)]
    repository = link(files)
    framework = _framework(files)
    own = [item for file in files for item in components(repository, file)]
    built = [item for file in files for item in sequences(repository, file)]
    modules = _ordered([*(item.fact for item in own), *built])
    derivatives = _ordered(item for file in files for item in autograd(repository, file))
    # Turtles walk `.backward()` too: without a framework nothing is trained.
    found = _ordered(losses(repository, files)) if framework else ()
    reached = reach(repository)
    networks = [item for item in own if not is_loss_class(repository, item)]
    fired = fire_rules(networks, built, derivatives, found, files) if framework else ()
    names = settings.code_proposal or settings.proposal, settings.code_baselines or settings.baselines
    subject = _subject(Trees(root, repository), reached, own, fired, names)
    loops = _ordered(item for file in files for item in file.loops) if framework else ()
    made = _ordered(item for file in files for item in optimisers(repository, file))
    offered = _ordered(item for file in files for item in hyperparameters(repository, file))
    checked, damaged = _checked(root)
    return Inventory(
        modules=modules,
        autograd=derivatives,
        losses=found,
        optimisers=made,
        loops=loops,
        hyperparameters=offered,
        data=_ordered(item for file in files for item in data(repository, file)),
        level=_level(fired, subject) if framework else None,
        framework=framework,
        files={file.path: file.digest for file in files},
        lines=sum(file.lines for file in files),
        findings=(
            *(item for file in files for item in file.findings),
            *_unreached(modules, reached),
            *damaged,
        ),
        contrast=find_contrast(subject) if framework else None,
        changes=find_changes(subject, derivatives, found, _switches(offered)) if framework else (),
        checked=checked,
        network=_network(subject, built),
        algorithm=training_algorithm(subject, loops, made, found, offered),
        objectives=_objectives(root, files) if framework == "torch" else (),
    )


def _objectives(root: Path, files: Iterable[FileFacts]) -> tuple[ObjectiveFact, ...]:
    """What the scripts differentiate; notebooks and tests are left out."""
    from paperback.code.objectives import find_objectives

    paths = (file.path for file in files if not file.test and file.path.endswith(".py"))
    return _ordered(item for path in paths for item in find_objectives(root / path, root))


def _network(subject: Subject, built: Iterable[ModuleFact]) -> Network | None:
    """The forward pass of the proposal's network, or of the first that is assembled without a class."""
    compared = subject.compared
    place = subject.model(compared.proposal) if compared else None
    if compared is not None and place is not None:
        former = [subject.model(baseline) for baseline in compared.baselines]
        known = {inner for baseline in former if baseline for inner in subject.trees.closure(baseline)}
        return follow_class(subject.trees, place, frozenset(known))
    first = next((item for item in built if item.source.path in subject.reached), None)
    # Beside networks that are classes, a sequence is only a part of one.
    if first is None or subject.models:
        return None
    if first.bases == ("Model",):
        return follow_function(subject.trees, (first.source.path, first.name), frozenset())
    return chain(first)


def _switches(offered: Iterable[HyperParameter]) -> frozenset[str]:
    """Settings that can switch: those that are true or false, may be absent or zero, or name a choice."""
    return frozenset(item.name for item in offered if _SWITCH.match(item.default or "None"))


def _subject(
    trees: Trees,
    reached: Reach,
    own: list[Component],
    fired: Sequence[Fired],
    names: tuple[str, tuple[str, ...]],
) -> Subject:
    weights = Counter(
        (item.source.path, item.name.partition(".")[0]) for item in fired if item.kind != "standard"
    )
    models = [item for item in root_models(trees.repository, own) if item.fact.source.path in reached.files]
    compared = find_comparison(
        trees, models, lambda place: weights[place], proposal=names[0], baselines=names[1]
    )
    return Subject(trees, tuple(models), compared, reached.files)


def _level(fired: Sequence[Fired], subject: Subject) -> Level | None:
    counts = subject.counts()
    return decide_level(fired, lambda item: counts(item.source.path), subject.in_baseline(fired))


class _Placed(Protocol):
    @property
    def source(self) -> Source: ...


_T = TypeVar("_T", bound=_Placed)


def _ordered(items: Iterable[_T]) -> tuple[_T, ...]:
    return tuple(sorted(items, key=lambda item: (item.source.path, item.source.line or 0)))


def _framework(files: Iterable[FileFacts]) -> str:
    counts = Counter(name for file in files for name in set(file.frameworks))
    # scikit-learn is imported for metrics and splits everywhere; it counts where nothing else is.
    networks = Counter({name: count for name, count in counts.items() if name != "sklearn"}) or counts
    return min(networks, key=lambda name: (-networks[name], name)) if networks else ""


def _checked(root: Path) -> tuple[dict[str, Recorded], tuple[Finding, ...]]:
    """The verdicts of equations.json; a file of that name that is not ours is told and left alone."""
    try:
        return read_record(root), ()
    except ReadError as error:
        return {}, (Finding("unreadable-record", error.what, (Source(RECORD),), error.mend),)


def _unreached(modules: Iterable[ModuleFact], reached: Reach) -> Iterator[Finding]:
    outside = [module for module in _ordered(modules) if module.source.path not in reached.files]
    if not outside:
        return
    names = ", ".join(module.name for module in outside[:6]) + (" …" if len(outside) > 6 else "")
    entries = ", ".join(reached.entries[:4]) + (" …" if len(reached.entries) > 4 else "")
    message = (
        f"{len(outside)} modules ({names}) are imported by no entry point ({entries}), "
        "so they do not count for the level"
    )
    yield Finding("unreachable-code", message, tuple(module.source for module in outside))
