"""Facts of a file after its names have been followed into other files."""

import ast
from collections.abc import Iterable, Iterator
from dataclasses import replace

from paperback.code.classes import looks_like_loss, may_be_loss
from paperback.code.expressions import unwrapped
from paperback.code.facts import ClassFacts, FileFacts, FunctionFacts, LossUse
from paperback.code.inventory import (
    AutogradFact,
    DataFact,
    HyperParameter,
    Layer,
    LossFact,
    ModuleFact,
    OptimiserFact,
)
from paperback.code.layers import MadeLayer
from paperback.code.level import Component
from paperback.code.names import dotted, resolve
from paperback.code.optimisers import makes_optimiser
from paperback.code.repository import Place, Repository
from paperback.code.vocabulary import MODULE_METHODS, is_layer, is_loss


def components(repository: Repository, file: FileFacts) -> Iterator[Component]:
    """The neural modules that the file defines."""
    for facts in file.classes:
        if repository.family_at((file.path, facts.name)) in ("module", "loss", "estimator"):
            yield Component(_module(repository, file, facts), facts)


def _module(repository: Repository, file: FileFacts, facts: ClassFacts) -> ModuleFact:
    overrides = tuple(name for name in facts.methods if name in MODULE_METHODS)
    layers = tuple(_kept(repository, file, facts.layers))
    return ModuleFact(facts.name, facts.written, facts.doc, layers, facts.parameters, overrides, facts.source)


def _kept(repository: Repository, file: FileFacts, layers: Iterable[MadeLayer]) -> Iterator[Layer]:
    for made in layers:
        own = repository.find(made.target, file.path)
        if own is not None:
            if repository.family_at(own) in ("module", "loss"):
                yield replace(made.layer, custom=True)
        elif made.placed or is_layer(made.target):
            yield made.layer


def sequences(repository: Repository, file: FileFacts) -> Iterator[ModuleFact]:
    """What the file builds as a sequence without a class of its own."""
    for item in file.functions:
        if item.role == "sequence":
            layers = tuple(_kept(repository, file, item.layers))
            if layers:
                yield ModuleFact(item.name, (item.base,), item.doc, layers, (), (), item.source)


def autograd(repository: Repository, file: FileFacts) -> Iterator[AutogradFact]:
    """Custom derivatives that the file defines."""
    for facts in file.classes:
        if repository.family_at((file.path, facts.name)) == "autograd":
            forward, backward = "forward" in facts.methods, "backward" in facts.methods
            yield AutogradFact(facts.name, facts.doc, forward, backward, facts.source)
    for item in file.functions:
        if item.role == "derivative":
            yield AutogradFact(item.name, item.doc, True, True, item.source)


def is_loss_class(repository: Repository, component: Component) -> bool:
    """Whether a module is a loss: by its base or name, or a forward without layers that computes one."""
    facts = component.facts
    if repository.family_at((facts.source.path, facts.name)) == "loss":
        return True
    return not component.fact.layers and (
        looks_like_loss(facts.name)
        or (facts.returns_loss and may_be_loss(facts.name) and not facts.parameters)
    )


def losses(repository: Repository, files: list[FileFacts]) -> list[LossFact]:
    """All losses: written here, built in place, and the library's outside of those."""
    custom: dict[Place, LossFact] = {}
    for file in files:
        for component in components(repository, file):
            if is_loss_class(repository, component):
                facts = component.facts
                custom[file.path, facts.name] = LossFact(
                    facts.name, "custom", facts.doc, facts.terms, facts.source
                )
        for item in file.functions:
            if (
                item.role == "loss"
                and not _only_calls_library(file, item)
                and not _of_loss(custom, file, item)
            ):
                custom[file.path, item.name] = LossFact(
                    item.name, "custom", item.doc, item.terms, item.source
                )
    for file in files:
        for use in file.uses:
            place = repository.find(use.target, file.path) if use.target else None
            if place is not None and place not in custom:
                custom |= _by_use(repository, place, use)
    inline = [loss for file in files for loss in _used(repository, file)]
    inside = {(loss.source.path, loss.source.line) for loss in inline}
    library = [
        loss
        for file in files
        for loss in file.losses
        if (file.path, loss.source.line) not in inside and not _within(custom.values(), file, loss)
    ]
    return [*custom.values(), *inline, *library]


def _of_loss(custom: dict[Place, LossFact], file: FileFacts, item: FunctionFacts) -> bool:
    """Whether a method belongs to a class that is a loss as a whole."""
    owner = item.name.rpartition(".")[0]
    return bool(owner) and (file.path, owner) in custom


def _by_use(repository: Repository, place: Place, use: LossUse) -> dict[Place, LossFact]:
    """The loss that a class or function of the repository turns out to be where its value goes backward."""
    facts = repository.classes.get(place)
    if facts is None:
        made = next((item for item in repository.files[place[0]].functions if item.name == place[1]), None)
        if made is None or made.role != "criterion":
            return {place: LossFact(place[1], "custom", "", use.terms, use.source)}
        return {place: LossFact(made.name, "custom", made.doc, made.terms, made.source)}
    # A network that returns its own loss is no loss.
    if facts.layers or facts.parameters or not may_be_loss(facts.name):
        return {}
    return {place: LossFact(facts.name, "custom", facts.doc, facts.terms, facts.source)}


def _used(repository: Repository, file: FileFacts) -> Iterator[LossFact]:
    for use in file.uses:
        if not use.target and not all(names_library_loss(file, term) for term in use.terms):
            yield LossFact(use.name, "inline", "", use.terms, use.source)


def _only_calls_library(file: FileFacts, item: FunctionFacts) -> bool:
    """Whether a function returns a library's loss as it is, or its mean."""
    if len(item.terms) != 1:
        return False
    try:
        value = unwrapped(ast.parse(item.terms[0], mode="eval").body)
    except (SyntaxError, ValueError, RecursionError):
        return False
    while isinstance(value, ast.Call) and isinstance(value.func, ast.Attribute) and not value.args:
        value = value.func.value
    return isinstance(value, ast.Call) and is_loss(resolve(dotted(value.func), file.aliases))


def names_library_loss(file: FileFacts, term: str) -> bool:
    """Whether a term of a loss, as source text, calls a library's loss."""
    head, _, tail = term.partition("(")[0].partition(".")
    return is_loss(f"{file.aliases.get(head, head)}.{tail}" if tail else file.aliases.get(head, head))


def _within(custom: Iterable[LossFact], file: FileFacts, loss: LossFact) -> bool:
    return any(
        item.source.path == file.path and loss.terms and loss.terms[0] in item.terms for item in custom
    )


def optimisers(repository: Repository, file: FileFacts) -> Iterator[OptimiserFact]:
    """Optimisers and schedulers that the file makes, the repository's own among them."""
    for target, fact in file.made:
        place = repository.find(target, file.path)
        own = place is not None and repository.family_at(place) == "optimiser"
        if own or makes_optimiser(target) or target.endswith("."):
            yield fact


def hyperparameters(repository: Repository, file: FileFacts) -> Iterator[HyperParameter]:
    """Settings that the file offers; defaults of constructors only for networks and losses."""
    yield from file.hyperparameters
    for facts in file.classes:
        if facts.constructor and repository.family_at((file.path, facts.name)) in (
            "module",
            "loss",
            "estimator",
        ):
            yield from facts.constructor


def data(repository: Repository, file: FileFacts) -> Iterator[DataFact]:
    """Data sets that the file loads or defines."""
    yield from file.data
    for facts in file.classes:
        if repository.family_at((file.path, facts.name)) == "dataset" and "__getitem__" in facts.methods:
            yield DataFact(facts.name, facts.doc, facts.source)
