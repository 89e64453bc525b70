"""The whole journey from a repository to its inventory."""

from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Protocol, TypeVar

from paperback.code.facts import FileFacts
from paperback.code.file import read_file
from paperback.code.inventory import AutogradFact, Inventory, Level, LossFact, ModuleFact
from paperback.code.level import Component, decide_level
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
from paperback.code.reach import Reach, reach
from paperback.code.repository import Repository, link
from paperback.code.walk import find_source_files
from paperback.finding import Finding
from paperback.settings import Settings
from paperback.source import Source


def read_code(root: Path, settings: Settings) -> Inventory:
    """All facts of the source code below `root`; nothing of it is imported or run.

    What cannot be read comes back as a finding. Tests are read only for what they import.
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
    return Inventory(
        modules=modules,
        autograd=derivatives,
        losses=found,
        optimisers=_ordered(item for file in files for item in optimisers(repository, file)),
        loops=_ordered(item for file in files for item in file.loops) if framework else (),
        hyperparameters=_ordered(item for file in files for item in hyperparameters(repository, file)),
        data=_ordered(item for file in files for item in data(repository, file)),
        level=_level(repository, reached, own, built, derivatives, found) if framework else None,
        framework=framework,
        files={file.path: file.digest for file in files},
        lines=sum(file.lines for file in files),
        findings=(*(item for file in files for item in file.findings), *_unreached(modules, reached)),
    )


def _level(
    repository: Repository,
    reached: Reach,
    own: list[Component],
    built: list[ModuleFact],
    derivatives: Iterable[AutogradFact],
    found: Iterable[LossFact],
) -> Level | None:
    def counts(source: Source) -> bool:
        return source.path in reached.files

    return decide_level(
        [item for item in own if counts(item.fact.source) and not is_loss_class(repository, item)],
        [item for item in built if counts(item.source)],
        [item for item in derivatives if counts(item.source)],
        [item for item in found if counts(item.source)],
        [file for path, file in repository.files.items() if path in reached.files],
    )


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
