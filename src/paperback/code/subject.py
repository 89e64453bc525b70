"""Which class or script of the repository a method of the study stands for."""

import ast
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from paperback.code.level import Component, Fired
from paperback.code.linked import is_loss_class
from paperback.code.names import dotted, resolve
from paperback.code.reach import import_closure
from paperback.code.repository import Place, Repository
from paperback.code.scopes import FileScopes, Scope
from paperback.code.trees import Trees
from paperback.code.vocabulary import FORWARD

_WORD = re.compile(r"[A-Z]+(?=[A-Z][a-z])|[A-Z]?[a-z]+|[A-Z]+|\d+")
_GENERIC = frozenset(
    {"net", "network", "model", "module", "classifier", "regressor", "method", "run", "train"}
)
# Half of the words in common: `thresholds` and `ThresholdNet`, not `mlp` and `resnet_mlp_mixer`.
_ALIKE = 0.5
_MOST_MODELS = 12
_MOST_USERS = 20


@dataclass(frozen=True, slots=True)
class Comparison:
    """What is compared: the proposal with its baselines, as classes or, with an empty name, as scripts.

    Attributes:
        baselines: Empty where none is known.
        how: Where the baselines were found: `settings`, `parent class`, `sibling model`.
        named: Whether the author named the proposal; else it is a guess.
    """

    proposal: Place
    baselines: tuple[Place, ...] = ()
    how: str = ""
    named: bool = False


@dataclass(frozen=True, slots=True)
class Subject:
    """What the paper is about: the networks that count, and what is compared.

    Attributes:
        trees: Kept so that a file is parsed again only once.
        models: Networks that are no part of another network.
        compared: None where the repository holds no network.
        reached: The files that the entry points reach.
    """

    trees: Trees
    models: tuple[Component, ...]
    compared: Comparison | None
    reached: frozenset[str]

    def model(self, place: Place) -> Place | None:
        """The network that a class is or that a script defines; None for a script without one."""
        if place[1]:
            return place
        inside = [_place(item) for item in self.models if item.fact.source.path == place[0]]
        return max(inside, key=lambda item: len(self.trees.closure(item)), default=None)

    def counts(self) -> Callable[[str], bool]:
        """Whether a file takes part in the proposal: a script reaches it that reaches the proposal too."""
        files, compared = self.reached, self.compared
        if compared is not None and not compared.proposal[1] and self._is_script(compared.proposal[0]):
            files = files & import_closure(self.trees.repository, [compared.proposal[0]])
        elif compared is not None and compared.named:
            files = files & self._around(compared.proposal[0]) - self.rivals()
        return lambda path: path in files

    def _is_script(self, path: str) -> bool:
        return bool(self.trees.repository.files[path].entry)

    def rivals(self) -> frozenset[str]:
        """Files of other methods, where the author named the proposal.

        They define networks of their own, the proposal does not use them, and they do not use it.
        """
        if self.compared is None or not self.compared.named:
            return frozenset()
        repository, path = self.trees.repository, self.compared.proposal[0]
        others = {item.fact.source.path for item in self.models} - import_closure(repository, [path])
        return frozenset(other for other in others if path not in import_closure(repository, [other]))

    def _around(self, path: str) -> frozenset[str]:
        """What the scripts use that use a file; everything where none does."""
        repository = self.trees.repository
        entries = [name for name, file in repository.files.items() if file.entry and not file.test]
        closures = (import_closure(repository, [entry]) for entry in entries)
        found = frozenset(name for closure in closures if path in closure for name in closure)
        return found or self.reached

    def in_proposal(self) -> Callable[[Fired], bool]:
        """Whether a rule counts: of a network that the author named, losses, steps and what it uses do."""
        counts = self.counts()
        compared = self.compared
        if compared is None or not compared.named or not compared.proposal[1]:
            return lambda item: counts(item.source.path)
        used = self.trees.closure(compared.proposal)
        return lambda item: (
            counts(item.source.path)
            and (item.kind in ("loss", "step") or (item.source.path, item.name.partition(".")[0]) in used)
        )

    def in_baseline(self, fired: Iterable[Fired]) -> Callable[[Fired], bool]:
        """Whether a rule speaks of what a baseline uses or, in scripts of their own, says too."""
        if self.compared is None:
            return lambda item: False
        classes = [place for place in self.compared.baselines if place[1]]
        scripts = [place[0] for place in self.compared.baselines if not place[1]]
        used = {inner for place in classes for inner in self.trees.closure(place)}
        files = import_closure(self.trees.repository, scripts)
        words = {item.words for item in fired if item.source.path in files}
        return lambda item: (
            (item.source.path, item.name.partition(".")[0]) in used
            or item.source.path in files
            or item.words in words
        )


def find_method(name: str, repository: Repository, models: Sequence[Component]) -> Place | None:
    """The class, or else the script or file, that bears the name of a method; None where nothing is alike.

    Args:
        name: `thresholds`, or `model.py:ThresholdNet` where the author says it exactly.
        repository: Where its classes and scripts are looked up.
        models: Networks that are no part of another network.
    """
    path, colon, exact = name.rpartition(":")
    if colon:
        place = (path, exact)
        return place if place in repository.classes or (not exact and path in repository.files) else None
    wanted = _words(name)
    classes = [((item.fact.source.path, item.fact.name), _words(item.fact.name)) for item in models]
    scripts = [
        ((path, ""), _words(path.rpartition("/")[2].rpartition(".")[0]))
        for path, file in repository.files.items()
        if file.entry and not file.test
    ]
    exact_script = [place for place, words in scripts if words == wanted]
    scored = [(_alike(wanted, words), place) for place, words in classes]
    best = max((score for score, _ in scored), default=0.0)
    if exact_script and best < 1:
        return exact_script[0]
    agents = _agents(wanted, repository, models)
    if len(agents) == 1 and best < 1:
        return agents[0]
    return next((place for score, place in scored if score == best and score >= _ALIKE), None)


def _agents(wanted: frozenset[str], repository: Repository, models: Sequence[Component]) -> list[Place]:
    """Files with networks that bear the name, or hold a class of that name which trains them."""
    paths = {item.fact.source.path for item in models}
    named = {path for path in paths if _words(_stem(path)) == wanted}
    named |= {path for path, name in repository.classes if path in paths and _words(name) == wanted}
    return [(path, "") for path in sorted(named)]


def _words(name: str) -> frozenset[str]:
    found = {word.lower() for word in _WORD.findall(name)}
    found = {word[:-1] if len(word) > 3 and word.endswith("s") else word for word in found}
    return frozenset(found - _GENERIC or found)


def _alike(one: frozenset[str], other: frozenset[str]) -> float:
    return len(one & other) / len(one | other) if one | other else 0.0


def root_models(repository: Repository, own: Iterable[Component]) -> tuple[Component, ...]:
    """The networks that no other network holds as a layer, losses left out."""
    components = [item for item in own if not is_loss_class(repository, item)]
    held = set()
    for item in components:
        for layer in item.facts.layers:
            place = repository.find(layer.target, item.fact.source.path)
            if place is not None and place != (item.fact.source.path, item.fact.name):
                held.add(place)
    return tuple(item for item in components if (item.fact.source.path, item.fact.name) not in held)


def find_comparison(
    trees: Trees,
    models: Sequence[Component],
    weight: Callable[[Place], int],
    *,
    proposal: str = "",
    baselines: Sequence[str] = (),
) -> Comparison | None:
    """The proposal and its baselines; None where the repository holds no network and names no script.

    Args:
        trees: The repository's files.
        models: From `root_models`, those that count.
        weight: How much of its own a definition holds; where none is named, the heaviest is it.
        proposal: Name of the proposed method; empty where the author declared none.
        baselines: Names of the methods it is compared with.
    """
    repository = trees.repository
    named = find_method(proposal, repository, models) if proposal else None
    chosen = named or _heaviest(trees, models, weight)
    if chosen is None:
        return None
    found = [find_method(name, repository, models) for name in baselines] if named else []
    if not chosen[1]:
        # Where the proposal is a script, so are its baselines.
        found = [(place[0], "") if place and repository.files[place[0]].entry else place for place in found]
    known = tuple(dict.fromkeys(place for place in found if place is not None and place != chosen))
    if known:
        return Comparison(chosen, known, "settings", named=True)
    if not chosen[1]:
        return Comparison(chosen, named=named is not None)
    parent = next((place for place in trees.lineage(chosen)[1:] if _computes(trees, place)), None)
    if parent is not None:
        return Comparison(chosen, (parent,), "parent class", named is not None)
    siblings = _siblings(trees, chosen, models)
    lighter = tuple(
        place for place in siblings if _total(trees, place, weight) < _total(trees, chosen, weight)
    )
    return Comparison(chosen, lighter, "sibling model" if lighter else "", named is not None)


def _computes(trees: Trees, place: Place) -> bool:
    return any(name in FORWARD for name in trees.repository.classes[place].methods)


def _place(item: Component) -> Place:
    return item.fact.source.path, item.fact.name


def _total(trees: Trees, place: Place, weight: Callable[[Place], int]) -> int:
    return sum(weight(inner) for inner in trees.closure(place))


def _heaviest(trees: Trees, models: Sequence[Component], weight: Callable[[Place], int]) -> Place | None:
    # Libraries of many models have no proposal to guess.
    if not models or len(models) > _MOST_MODELS:
        return None
    places = [_place(item) for item in models]
    # A child that computes nothing by itself is no proposal beside its parent.
    parents = {parent for place in places if not weight(place) for parent in trees.lineage(place)[1:2]}
    candidates = [*places, *sorted(parents)]
    return max(
        candidates,
        key=lambda place: (
            _total(trees, place, weight),
            bool(weight(place)),
            # A repository bears the name of its method.
            _alike(_words(trees.root.resolve().name), _words(f"{_stem(place[0])} {place[1]}")),
            len(trees.closure(place)),
        ),
    )


def _stem(path: str) -> str:
    return path.rpartition("/")[2].rpartition(".")[0]


def _siblings(trees: Trees, chosen: Place, models: Sequence[Component]) -> tuple[Place, ...]:
    """Other networks that one function or table offers as choices beside the chosen one."""
    others = {_place(item) for item in models} - {chosen}
    found: dict[Place, None] = {}
    for path in _using(trees.repository, chosen[0]):
        file = trees.file(path)
        for scope in file.all() if file else []:
            offered = {place for name in _offered(scope) if (place := _found(trees, file, name))}
            if chosen in offered:
                found |= dict.fromkeys(sorted(offered & others))
    return tuple(found)


def _using(repository: Repository, path: str) -> list[str]:
    """The file itself and those that import from it, up to a limit."""
    stem = path.rpartition("/")[2].removesuffix(".py")
    users = [
        other
        for other, file in repository.files.items()
        if other != path and not file.test and any(stem in item.target.split(".") for item in file.imports)
    ]
    return [path, *users[:_MOST_USERS]]


def _offered(scope: Scope) -> Iterator[str]:
    """Names of the classes that are returned by a function or listed in a table."""
    for node in scope.nodes:
        match node:
            case ast.Return(value=ast.Call(func=function)):
                yield dotted(function)
            case ast.Assign(value=ast.Dict(values=values)) | ast.AnnAssign(value=ast.Dict(values=values)):
                yield from (dotted(value) for value in values)


def _found(trees: Trees, file: FileScopes | None, name: str) -> Place | None:
    return trees.repository.find(resolve(name, file.aliases), file.text.path) if file else None
