"""The level of modeling, with the rules that fired."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Literal

from paperback.code.facts import ClassFacts, FileFacts
from paperback.code.inventory import AutogradFact, Level, LossFact, ModuleFact
from paperback.source import Source

# A method paper adds one to a handful of components to a known model (nanoGPT has 2, an FT-Transformer
# repository 4 to 8); libraries of architectures have dozens. Twelve lies in the empty stretch between.
BREADTH = 12
_SHOWN = 12
_SAMPLES = 3
Place = tuple[str, str]
Reason = tuple[str, Source]
Kind = Literal["kernel", "autograd", "loss", "step", "component", "standard"]


@dataclass(frozen=True, slots=True)
class Component:
    """A neural module of the repository with what it computes by itself."""

    fact: ModuleFact
    facts: ClassFacts


@dataclass(frozen=True, slots=True)
class Fired:
    """One rule that fired.

    Attributes:
        words: The phrase that says why.
        name: Qualified name of the definition that it speaks of; empty for a step of training.
    """

    kind: Kind
    words: str
    name: str
    source: Source

    @property
    def reason(self) -> Reason:
        """The phrase with its place."""
        return self.words, self.source


def fire_rules(
    components: Iterable[Component],
    sequences: Iterable[ModuleFact],
    autograd: Iterable[AutogradFact],
    losses: Iterable[LossFact],
    files: Iterable[FileFacts],
    optimisers: Iterable[ClassFacts] = (),
) -> tuple[Fired, ...]:
    """Every rule that fires on these facts, wherever they stand; `optimisers` are those of the repository."""
    own, files = list(components), list(files)
    return (
        *(Fired("kernel", f"own kernel {f.name}", f.name, f.source) for f in _kernels(files)),
        *(
            Fired(
                "autograd",
                f"custom autograd function {d.name} changes backward propagation",
                d.name,
                d.source,
            )
            for d in autograd
        ),
        *_losses(losses),
        *(Fired("step", words, "", place) for file in files for words, place in dict(file.changes).items()),
        *(
            Fired("step", f"the update rule of {f.name} is written here", f.name, f.source)
            for f in optimisers
        ),
        *_components(own),
        *_functions(files),
        *(list(_standard(own, sequences, files)) or _trained(files)),
    )


def decide_level(
    fired: Iterable[Fired],
    reached: Callable[[Fired], bool],
    baseline: Callable[[Fired], bool],
    networks: Iterable[frozenset[Place]] = (),
) -> Level | None:
    """The level that the rules give which are reached and not the baseline's; None where nothing is modeled.

    Args:
        fired: From `fire_rules`.
        reached: Whether an entry point reaches the definition.
        baseline: Whether the definition belongs to the baseline, so that it is not part of the change.
        networks: What each network uses; the broadest decides. Empty where all count as one, as in a library.
    """
    every = list(fired)
    counted = [item for item in every if reached(item) and not baseline(item)]
    left_out = [item for item in every if item.kind != "standard" and item not in counted]
    shared = _folded(item for item in left_out if baseline(item))
    far = _folded(item for item in left_out if not baseline(item))
    changed = [item for item in counted if item.kind not in ("kernel", "standard")]
    advanced = list(_advanced(counted, list(networks)))
    if advanced:
        return Level(3, _short([*advanced, *_folded(changed)]), far, shared)
    if changed:
        return Level(2, _short(_folded(changed)), far, shared)
    standard = _folded(item for item in every if item.kind == "standard" and reached(item))
    if shared and not standard:
        standard = (("nothing is changed beyond the baseline", shared[0][1]),)
    return Level(1, _short(standard), far, shared) if standard else None


def _kernels(files: Iterable[FileFacts]) -> Iterator[Fired]:
    for file in files:
        for item in file.functions:
            if item.role == "kernel":
                yield Fired("kernel", f"own kernel {item.name}", item.name, item.source)


def _advanced(counted: list[Fired], networks: list[frozenset[Place]]) -> Iterator[Reason]:
    yield from (item.reason for item in counted if item.kind == "kernel")
    own = [item for item in counted if item.kind == "component"]
    groups = (
        [[item for item in own if _place(item) in network] for network in networks] if networks else [own]
    )
    # Scripts that each carry a copy of the same component do not add to the breadth.
    broadest = max(groups, key=lambda group: len({item.name for item in group}), default=[])
    count = len({item.name for item in broadest})
    if count >= BREADTH:
        where = " of one network" if networks else ""
        words = f"{count} modules{where} are written from basic operators ({BREADTH} or more)"
        yield words, broadest[0].source


def _place(item: Fired) -> Place:
    return item.source.path, item.name.partition(".")[0]


def _losses(losses: Iterable[LossFact]) -> Iterator[Fired]:
    for loss in losses:
        if loss.kind == "custom":
            yield Fired("loss", f"custom loss {loss.name}", loss.name, loss.source)
        elif loss.kind == "inline" and loss.terms:
            words = f"the loss is built in the training loop: {_sum(loss.terms)}"
            yield Fired("loss", words, "", loss.source)


def _sum(terms: tuple[str, ...]) -> str:
    text = " ".join(f"− {term[1:]}" if term.startswith("-") else f"+ {term}" for term in terms).removeprefix(
        "+ "
    )
    return text if len(text) <= 100 else text[:99] + "…"


def _components(components: Iterable[Component]) -> Iterator[Fired]:
    for item in components:
        if words := own_work(item.facts):
            yield Fired(
                "component",
                f"custom component {item.fact.name} has {words}",
                item.fact.name,
                item.fact.source,
            )


def _functions(files: Iterable[FileFacts]) -> Iterator[Fired]:
    """Components in the form of functions that make and apply layers in one go."""
    for file in files:
        for item in file.functions:
            if item.role == "component":
                names = ", ".join(list(dict.fromkeys(name for name, _ in item.operators))[:4])
                words = f"custom component {item.name} has operators of its own: {names}"
                yield Fired("component", words, item.name, item.source)


def _trained(files: Iterable[FileFacts]) -> Iterator[Fired]:
    """Training of a network that a library offers whole."""
    for file in files:
        for loop in file.loops:
            if {"backward", "optimiser step", "fit"} & set(loop.steps):
                yield Fired("standard", "trains layers or a network of a library", "", loop.source)


def own_work(facts: ClassFacts) -> str:
    """What a module computes by itself, as a phrase; empty where it only wires layers together."""
    if facts.parameters:
        return "parameters of its own: " + ", ".join(facts.parameters[:4])
    operators = list(dict.fromkeys(name for name, _ in facts.operators))
    if operators:
        return "operators of its own: " + ", ".join(operators[:4])
    wiring = list(dict.fromkeys(name for name, _ in facts.wiring))
    return "forward wiring of its own: " + ", ".join(wiring[:4]) if wiring else ""


def _standard(
    components: Iterable[Component], sequences: Iterable[ModuleFact], files: Iterable[FileFacts]
) -> Iterator[Fired]:
    for module in [*(component.fact for component in components), *sequences]:
        kinds = ", ".join(dict.fromkeys(layer.kind for layer in module.layers))
        if kinds:
            words = f"{module.name} assembles standard layers: {kinds}"
            yield Fired("standard", words, module.name, module.source)
    for file in files:
        for name, place in file.estimators:
            tail = name.rpartition(".")[2]
            yield Fired("standard", f"fits the library's {tail}", "", place)


def _folded(fired: Iterable[Fired]) -> tuple[Reason, ...]:
    """One reason per phrase; many losses written here become one reason of their own."""
    items = list(fired)
    custom = [item for item in items if item.kind == "loss" and item.name]
    names = list(dict.fromkeys(item.name.rpartition(".")[2] for item in custom))
    broad = len(names) > BREADTH
    places: dict[str, list[Source]] = {}
    if broad:
        shown = ", ".join(names[:_SAMPLES])
        places[f"{len(names)} losses are written here, among them {shown}"] = [custom[0].source]
    for item in items:
        if not (broad and item.kind == "loss" and item.name):
            places.setdefault(item.words, []).append(item.source)
    return tuple((words + _elsewhere(found), found[0]) for words, found in places.items())


def _elsewhere(places: list[Source]) -> str:
    return (
        f" (and in {len(places) - 1} more places)"
        if len(places) > 2
        else (f" (and in {places[1]})" if len(places) == 2 else "")
    )


def _short(reasons: Iterable[Reason]) -> tuple[Reason, ...]:
    every = tuple(reasons)
    if len(every) <= _SHOWN:
        return every
    return (*every[:_SHOWN], (f"and {len(every) - _SHOWN} more", every[_SHOWN][1]))
