"""The forward pass of a network, from its inputs to what it returns."""

import ast
import re

from paperback.code.dataflow import Walker, times
from paperback.code.inventory import Layer, ModuleFact
from paperback.code.network import Network, Node, NodeKind
from paperback.code.repository import Place
from paperback.code.trees import Trees
from paperback.code.vocabulary import FORWARD

_NO_INPUT = re.compile(r"rng|^key$|^train|determin|^mode$|^self$|^ctx$|return_|batch_idx", re.I)


def follow_class(trees: Trees, place: Place, known: frozenset[Place]) -> Network | None:
    """The forward pass of the class at `place`; None where it defines and inherits none.

    Args:
        trees: The repository's files.
        place: A network.
        known: Definitions that the baseline has too, so that they are not new.
    """
    if trees.method(place, FORWARD):
        return _follow_method(trees, place, FORWARD, known)
    # Agents and Lightning modules may have steps in the place of a forward.
    names = [name for name in trees.repository.classes[place].methods if not name.startswith("__")]
    found = [_follow_method(trees, place, (name,), known) for name in names]
    return max((item for item in found if item), key=lambda item: len(item.nodes), default=None)


def _follow_method(
    trees: Trees, place: Place, names: tuple[str, ...], known: frozenset[Place]
) -> Network | None:
    found = trees.method(place, names)
    file = trees.file(found[0][0]) if found else None
    if found is None or file is None or not isinstance(found[1].node, ast.FunctionDef):
        return None
    node = found[1].node
    walker = Walker(trees, file, found[1], place, known, _layers_at(trees, place), whole=names != FORWARD)
    arguments = [item for item in node.args.args[1:] if not _NO_INPUT.search(item.arg)]
    optional = {item.arg for item in node.args.args[len(node.args.args) - len(node.args.defaults) :]}
    for item in [item for item in arguments if item.arg not in optional] or arguments[:1]:
        walker.names[item.arg] = (walker.add("input", item.arg, item),)
    walker.run(node.body)
    return walker.network(place[1], trees.repository.classes[place].source)


def follow_function(trees: Trees, place: Place, known: frozenset[Place]) -> Network | None:
    """What a function or script applies to the inputs that it makes (Keras's functional form)."""
    file, scope = trees.file(place[0]), trees.scope(place)
    if file is None:
        return None
    scope = scope or file.module
    walker = Walker(trees, file, scope, place, known, {})
    walker.run(scope.node.body)
    return walker.network(place[1], file.text.place(scope.node))


def chain(module: ModuleFact) -> Network:
    """The layers of a sequence one after the other."""
    inner = []
    for layer in module.layers:
        kind: NodeKind = "component" if layer.custom else "layer"
        group = 1 if layer.repeat else 0
        inner.append(Node(kind, layer.kind, layer.source, layer.arguments, times(layer.repeat), group))
    nodes = (Node("input", "input", module.source), *inner, Node("output", "output", module.source))
    return Network(module.name, nodes, tuple((i, i + 1) for i in range(len(nodes) - 1)), module.source)


def _layers_at(trees: Trees, place: Place) -> dict[str, list[Layer]]:
    found: dict[str, list[Layer]] = {}
    for owner in reversed(trees.lineage(place)):
        own: dict[str, list[Layer]] = {}
        for made in trees.repository.classes[owner].layers:
            if made.layer.attribute:
                own.setdefault(made.layer.attribute, []).append(made.layer)
        found |= own
    return found
