"""The facts of all files of one state of the repository, before anything is compared."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, TypeVar

from paperback.code.facts import ClassFacts, FileFacts
from paperback.code.file import read_file
from paperback.code.inventory import AutogradFact, HyperParameter, LossFact, ModuleFact, OptimiserFact
from paperback.code.level import Component, Fired, fire_rules
from paperback.code.linked import (
    autograd,
    components,
    hyperparameters,
    is_loss_class,
    losses,
    optimisers,
    sequences,
)
from paperback.code.reach import Reach, reach
from paperback.code.repository import Place, Repository, link
from paperback.code.trees import Trees
from paperback.code.walk import find_source_files
from paperback.settings import Settings
from paperback.source import Source

_UPDATES = ("step", "apply_gradients", "update_step", "_resource_apply_dense")


@dataclass(frozen=True, slots=True)
class Scan:
    """What the files say, names followed from file to file.

    Attributes:
        own: Classes that are neural modules, losses among them.
        built: Sequences of layers without a class of their own.
        fired: Rules of the level that fire, wherever they stand; empty without a framework.
    """

    trees: Trees
    files: tuple[FileFacts, ...]
    own: tuple[Component, ...]
    built: tuple[ModuleFact, ...]
    derivatives: tuple[AutogradFact, ...]
    losses: tuple[LossFact, ...]
    optimisers: tuple[OptimiserFact, ...]
    offered: tuple[HyperParameter, ...]
    reached: Reach
    framework: str
    fired: tuple[Fired, ...]


def scan(root: Path, settings: Settings) -> Scan:
    """The facts of the source code below `root`; nothing of it is imported or run."""
    files = [read_file(path, root) for path in find_source_files(root, settings.code)]
    repository = link(files)
    framework = _framework(files)
    own = [item for file in files for item in components(repository, file)]
    built = [item for file in files for item in sequences(repository, file)]
    derivatives = ordered(item for file in files for item in autograd(repository, file))
    # Turtles walk `.backward()` too: without a framework nothing is trained.
    found = ordered(losses(repository, files)) if framework else ()
    networks = [item for item in own if not is_loss_class(repository, item)]
    rules = [facts for place, facts in repository.classes.items() if _updates(repository, place, facts)]
    fired = fire_rules(networks, built, derivatives, found, files, rules) if framework else ()
    return Scan(
        trees=Trees(root, repository),
        files=tuple(files),
        own=tuple(own),
        built=tuple(built),
        derivatives=derivatives,
        losses=found,
        optimisers=ordered(item for file in files for item in optimisers(repository, file)),
        offered=ordered(item for file in files for item in hyperparameters(repository, file)),
        reached=reach(repository),
        framework=framework,
        fired=fired,
    )


def _updates(repository: Repository, place: Place, facts: ClassFacts) -> bool:
    """Whether a class is an optimiser whose update is written here."""
    writes = any(name in facts.methods for name in _UPDATES)
    return writes and repository.family_at(place) == "optimiser" and not repository.files[place[0]].test


class _Placed(Protocol):
    @property
    def source(self) -> Source: ...


_T = TypeVar("_T", bound=_Placed)


def ordered(items: Iterable[_T]) -> tuple[_T, ...]:
    """The facts in the order of path and line."""
    return tuple(sorted(items, key=lambda item: (item.source.path, item.source.line or 0)))


def _framework(files: Iterable[FileFacts]) -> str:
    counts = Counter(name for file in files for name in set(file.frameworks))
    # scikit-learn is imported for metrics and splits everywhere; it counts where nothing else is.
    networks = Counter({name: count for name, count in counts.items() if name != "sklearn"}) or counts
    return min(networks, key=lambda name: (-networks[name], name)) if networks else ""
