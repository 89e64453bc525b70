"""Two networks side by side: layers, operators, parameters and methods that one has and the other has not."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from paperback.code.inventory import Change, Layer
from paperback.code.level import own_work
from paperback.code.repository import Place
from paperback.code.trees import Trees
from paperback.code.vocabulary import FORWARD

FRAMES = ("__init__", "setup")
_SHORT = 30


@dataclass(frozen=True, slots=True)
class Side:
    """One of two classes that are compared, in the state of the repository in which it stands."""

    trees: Trees
    place: Place

    def layers(self) -> tuple[Layer, ...]:
        """The layers of the class; those of its nearest base where it makes none itself."""
        classes = self.trees.repository.classes
        for owner in self.trees.lineage(self.place):
            # Parameters are compared by their names.
            made = [item.layer for item in classes[owner].layers if item.layer.kind != "Parameter"]
            if made:
                return tuple(made)
        return ()


def compare_networks(new: Side, old: Side, how: str) -> Iterator[Change]:
    """What `new` adds to `old`, takes away or replaces."""
    after, before = new.layers(), old.layers()
    same_state = new.trees is old.trees
    inherits = same_state and old.place in new.trees.lineage(new.place)
    replaced = list(_replaced(after, before, arguments=not same_state))
    for layer, former in replaced:
        same_kind = layer.kind == former.kind
        words = called(layer.kind, layer.arguments, former.arguments) if same_kind else described(new, layer)
        instead = called(former.kind, former.arguments, layer.arguments) if same_kind else former.kind
        yield Change("replaced", "layer", words, layer.source, instead, layer.when, how, former.source)
    taken = {id(layer) for pair in replaced for layer in pair}
    kinds_before = {layer.kind for layer in before}
    kinds_after = {layer.kind for layer in after}
    for layer in _first_of_kind(after, kinds_before, taken):
        what = "component" if _own(new, layer) else "layer"
        yield Change("added", what, described(new, layer), layer.source, when=layer.when, how=how)
    # A child that calls its parent's constructor keeps the parent's layers.
    if not (inherits and after != before):
        for layer in _first_of_kind(before, kinds_after, taken):
            yield Change("removed", "layer", layer.kind, layer.source, how=how)
    yield from _operators(new, old, how)
    if inherits:
        yield from _methods(new, old, how)


def _replaced(
    after: Sequence[Layer], before: Sequence[Layer], *, arguments: bool
) -> Iterator[tuple[Layer, Layer]]:
    """Pairs of layers that one attribute holds, of another kind or, where asked, with other arguments."""
    old_at = {layer.attribute: layer for layer in before if layer.attribute}
    for layer in after:
        former = old_at.get(layer.attribute)
        if former is None or sum(other.attribute == layer.attribute for other in (*before, *after)) != 2:
            continue
        if former.kind != layer.kind or (arguments and former.arguments != layer.arguments):
            yield layer, former


def called(name: str, arguments: Sequence[str], others: Sequence[str]) -> str:
    """A call as source text; where it is long, arguments that the other call has too are left out."""
    whole = f"{name}({', '.join(arguments)})"
    if len(whole) <= _SHORT:
        return whole
    shown: list[str] = []
    for argument in arguments:
        if argument not in others:
            shown.append(argument)
        elif shown[-1:] != ["…"]:
            shown.append("…")
    return f"{name}({', '.join(shown)})"


def _first_of_kind(layers: Sequence[Layer], known: set[str], taken: set[int]) -> Iterator[Layer]:
    seen = set(known)
    for layer in layers:
        if layer.kind not in seen and id(layer) not in taken:
            seen.add(layer.kind)
            yield layer


def _own(side: Side, layer: Layer) -> Place | None:
    place = side.trees.repository.find(layer.kind, side.place[0])
    return place if place in side.trees.repository.classes else None


def described(side: Side, layer: Layer) -> str:
    """The kind of a layer, with what it computes by itself where its class is the repository's."""
    place = _own(side, layer)
    own = own_work(side.trees.repository.classes[place]) if place else ""
    return f"{layer.kind} with {own}" if own else layer.kind


def _operators(new: Side, old: Side, how: str) -> Iterator[Change]:
    here, there = new.trees.repository.classes[new.place], old.trees.repository.classes[old.place]
    seen = {name for name, _ in there.operators}
    for name, place in here.operators:
        if name not in seen:
            seen.add(name)
            yield Change("added", "operator", name, place, how=how)
    for name in here.parameters:
        if name not in there.parameters:
            yield Change("added", "parameter", name, here.source, how=how)


def _methods(new: Side, old: Side, how: str) -> Iterator[Change]:
    """Methods that a child writes anew."""
    classes, place = new.trees.repository.classes, new.place
    for name in classes[place].methods:
        if name in FRAMES or name not in (*classes[old.place].methods, *FORWARD):
            continue
        here = new.trees.scope((place[0], f"{place[1]}.{name}"))
        there = old.trees.method(old.place, (name,))
        file = new.trees.file(place[0])
        if here is None or there is None or file is None:
            continue
        owner = old.trees.file(there[0][0])
        against = owner.text.place(there[1].node) if owner else None
        words, instead = f"{place[1]}.{name}", f"{there[0][1]}.{name}"
        yield Change("replaced", "method", words, file.text.place(here.node), instead, "", how, against)
