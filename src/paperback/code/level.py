"""The level of modeling, with the rules that fired."""

from collections.abc import Iterator
from dataclasses import dataclass

from paperback.code.facts import ClassFacts, FileFacts
from paperback.code.inventory import AutogradFact, Level, LossFact, ModuleFact
from paperback.source import Source

# A method paper adds one to a handful of components to a known model (nanoGPT has 2, an FT-Transformer
# repository 4 to 8); libraries of architectures have dozens. Twelve lies in the empty stretch between.
BREADTH = 12
_SHOWN = 12
Reason = tuple[str, Source]


@dataclass(frozen=True, slots=True)
class Component:
    """A neural module of the repository with what it computes by itself."""

    fact: ModuleFact
    facts: ClassFacts


def decide_level(
    components: list[Component],
    sequences: list[ModuleFact],
    autograd: list[AutogradFact],
    losses: list[LossFact],
    files: list[FileFacts],
) -> Level | None:
    """The level of what these facts describe; None where nothing is modeled."""
    own = [component for component in components if _operator(component) is not None]
    kernels = [(f.name, f.source) for file in files for f in file.functions if f.role == "kernel"]
    changed = [*_custom(autograd, losses, files), *map(_operator_reason, own)]
    advanced = list(_advanced(own, kernels))
    if advanced:
        return Level(3, tuple(_short([*advanced, *changed])))
    if changed:
        return Level(2, tuple(_short(changed)))
    standard = list(_standard(components, sequences, files))
    return Level(1, tuple(_short(standard))) if standard else None


def _advanced(own: list[Component], kernels: list[Reason]) -> Iterator[Reason]:
    for name, place in kernels:
        yield f"own kernel {name}", place
    # Scripts that each carry a copy of the same component do not add to the breadth.
    count = len({component.fact.name for component in own})
    if count >= BREADTH:
        yield f"{count} modules are written from basic operators ({BREADTH} or more)", own[0].fact.source


def _custom(autograd: list[AutogradFact], losses: list[LossFact], files: list[FileFacts]) -> Iterator[Reason]:
    for item in autograd:
        yield f"custom autograd function {item.name} changes backward propagation", item.source
    for loss in losses:
        if loss.kind == "custom":
            yield f"custom loss {loss.name}", loss.source
        elif loss.kind == "inline" and _is_own(loss):
            yield f"the loss is built in the training loop: {_sum(loss.terms)}", loss.source
    for file in files:
        yield from dict(file.changes).items()


def _is_own(loss: LossFact) -> bool:
    return bool(loss.terms)


def _sum(terms: tuple[str, ...]) -> str:
    text = " ".join(f"− {term[1:]}" if term.startswith("-") else f"+ {term}" for term in terms).removeprefix(
        "+ "
    )
    return text if len(text) <= 100 else text[:99] + "…"


def _operator(component: Component) -> str | None:
    """What the module computes by itself; None where it only wires layers together."""
    operators = list(dict.fromkeys(name for name, _ in component.facts.operators))
    if component.facts.parameters:
        return "parameters of its own: " + ", ".join(component.facts.parameters[:4])
    return "operators of its own: " + ", ".join(operators[:4]) if operators else None


def _operator_reason(component: Component) -> Reason:
    return f"custom component {component.fact.name} has {_operator(component)}", component.fact.source


def _standard(
    components: list[Component], sequences: list[ModuleFact], files: list[FileFacts]
) -> Iterator[Reason]:
    for module in [*(component.fact for component in components), *sequences]:
        kinds = ", ".join(dict.fromkeys(layer.kind for layer in module.layers))
        if kinds:
            yield f"{module.name} assembles standard layers: {kinds}", module.source
    for file in files:
        for name, place in file.estimators:
            yield f"fits the library's {name.rpartition('.')[2]}", place


def _short(reasons: list[Reason]) -> list[Reason]:
    if len(reasons) <= _SHOWN:
        return reasons
    return [*reasons[:_SHOWN], (f"and {len(reasons) - _SHOWN} more", reasons[_SHOWN][1])]
