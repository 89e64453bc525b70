"""Values followed through the statements of a forward pass."""

import ast
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from paperback.code.assembled import FUNCTIONAL
from paperback.code.inventory import Layer
from paperback.code.layers import LayerReader
from paperback.code.level import own_work
from paperback.code.names import dotted, last, looks_like_class, resolve
from paperback.code.network import Network, Node, NodeKind
from paperback.code.repository import Place
from paperback.code.scopes import FileScopes, Scope
from paperback.code.trees import Trees
from paperback.code.vocabulary import canonical, computes, is_layer, is_loss
from paperback.source import Source

_DEEPEST = 4
_MOST_NODES = 80
_JOINS = {"cat": "concat", "concat": "concat", "concatenate": "concat", "stack": "stack", "hstack": "concat"}
_SIGNS = {ast.Add: "+", ast.Sub: "−", ast.Mult: "×", ast.MatMult: "@", ast.Div: "÷"}
_RANGE = re.compile(r"^range\((?:len\()?([^(),]+)\)?\)$")
_FIRST_THEN = re.compile(r"^\[[^\]]*\] \+ \[[^\]]*\] \* \((\w+) - 1\)$")
# They look at a value or report on it; nothing flows through them.
_SIDE = re.compile(
    r"^(print|assert\w*|isinstance|len|hasattr|getattr|warn|log\w*|append|register_\w+|range|zip)$"
)
# A function kept in an attribute, such as `self.activation`, holds no weights.
_WEIGHTLESS = re.compile(r"act|relu|gelu|sigmoid|tanh|nonlin|pool|drop", re.I)
_SHAPE_NAMES = ("size", "shape", "device", "dtype", "dim", "numel")
Made = tuple[int, ...]


@dataclass(slots=True)
class Walker:
    """Follows values through statements; a value is the set of nodes that it was computed by."""

    trees: Trees
    file: FileScopes
    scope: Scope
    place: Place
    known: frozenset[Place]
    layers: Mapping[str, Sequence[Layer]]
    names: dict[str, Made] = field(default_factory=dict)
    nodes: list[Node] = field(default_factory=list)
    edges: dict[tuple[int, int], None] = field(default_factory=dict)
    returned: list[tuple[Made, ast.AST]] = field(default_factory=list)
    looped: dict[str, str] = field(default_factory=dict)
    lost: dict[Source, None] = field(default_factory=dict)
    locals: set[str] = field(default_factory=set)
    loop: tuple[int, str] = (0, "")
    groups: int = 0
    whole: bool = False
    depth: int = 0

    def add(
        self, kind: NodeKind, name: str, at: ast.AST, given: Made = (), layer: Layer | None = None
    ) -> int:
        """A new node with edges from what it is given."""
        if layer is not None and (known := self._applied(layer, given)) is not None:
            return known
        own = self._own(name) if kind in ("component", "operation") else None
        facts = self.trees.repository.classes.get(own) if own else None
        detail = own_work(facts) if facts else ""
        node = Node(
            kind,
            name,
            layer.source if layer else self.file.text.place(at),
            layer.arguments if layer else (),
            self.loop[1] or (times(layer.repeat) if layer else ""),
            self.loop[0] or (self.groups if layer and layer.repeat else 0),
            own is not None and own not in self.known and bool(self.known or detail or kind == "operation"),
            detail,
        )
        self.nodes.append(node)
        here = len(self.nodes) - 1
        self.edges |= {(source, here): None for source in given}
        return here

    def _applied(self, layer: Layer, given: Made) -> int | None:
        """The node of the same layer applied to the same values, as both arms of a condition may do."""
        for here, node in enumerate(self.nodes):
            sources = {a for a, b in self.edges if b == here}
            if node.source == layer.source and node.name == layer.kind and sources == set(given):
                return here
        return None

    def _own(self, name: str) -> Place | None:
        return self.trees.repository.find(resolve(name, self.file.aliases), self.file.text.path)

    def network(self, name: str, source: Source) -> Network | None:
        """What was followed; None where no layer or operation lies on the way to what is returned."""
        if not self.returned or len(self.nodes) > _MOST_NODES:
            return None
        value, at = self.returned[-1]
        self.add("output", "output", at, value)
        found = _reaching(Network(name, tuple(self.nodes), tuple(self.edges), source, tuple(self.lost)))
        return found if any(node.kind in ("layer", "component") for node in found.nodes) else None

    def run(self, body: Iterable[ast.stmt]) -> None:
        """Follow these statements."""
        for statement in body:
            if len(self.nodes) > _MOST_NODES:
                return
            match statement:
                case ast.Assign(targets=targets, value=value):
                    made = self.value(value)
                    for target in targets:
                        self._bind(target, made, value)
                case ast.AnnAssign(target=target, value=ast.expr() as value):
                    self._bind(target, self.value(value), value)
                case ast.AugAssign(target=target, op=op, value=value):
                    made = self.value(ast.copy_location(ast.BinOp(target, op, value), statement))
                    self._bind(target, made, value)
                case ast.For(target=target, iter=over, body=inner):
                    self._loop(target, over, inner)
                case ast.If(body=inner, orelse=other):
                    self._arms(inner, other)
                case ast.With(body=inner) | ast.Try(body=inner):
                    self.run(inner)
                case ast.Return(value=ast.expr() as value):
                    several = isinstance(value, ast.Tuple) and value.elts and not self.whole
                    first = value.elts[0] if isinstance(value, ast.Tuple) and several else value
                    self.returned.append((self.value(first), statement))
                case ast.Expr(value=value):
                    self._appended(value)

    def _bind(self, target: ast.expr, made: Made, value: ast.expr) -> None:
        if isinstance(target, ast.Tuple | ast.List):
            shapes = (
                isinstance(value, ast.Call | ast.Attribute) and last(dotted(_callee(value))) in _SHAPE_NAMES
            )
            for item in target.elts:
                self._bind(item, () if shapes else made, value)
        elif "()" not in (name := dotted(target)):
            self.names[name] = made
            self.locals.add(name)

    def _appended(self, value: ast.expr) -> None:
        match value:
            case ast.Call(func=ast.Attribute(value=ast.Name(id=name), attr="append"), args=[item]):
                self.names[name] = tuple(dict.fromkeys((*self.names.get(name, ()), *self.value(item))))
            case ast.Call():
                self.value(value)

    def _loop(self, target: ast.expr, over: ast.expr, body: list[ast.stmt]) -> None:
        while (
            isinstance(over, ast.Call) and dotted(over.func) in ("enumerate", "zip", "reversed") and over.args
        ):
            if isinstance(target, ast.Tuple) and target.elts:
                target = target.elts[1] if dotted(over.func) == "enumerate" else target.elts[0]
            over = over.args[0]
        name = dotted(over).removeprefix("self.")
        held = self._held(name)
        outer = self.loop
        if held and isinstance(target, ast.Name):
            self.looped[target.id] = name
            self.groups += 1
            self.loop = self.groups, times(held[0].repeat)
        elif isinstance(target, ast.Name):
            self.names[target.id] = self.value(over)
        self.run(body)
        self.loop = outer

    def _arms(self, body: list[ast.stmt], other: list[ast.stmt]) -> None:
        before, returned = dict(self.names), len(self.returned)
        self.run(body)
        after = self.names
        if len(self.returned) > returned and not other:
            # An arm that returns early is another forward; the main one goes on.
            self.names = before
            return
        self.names = before
        self.run(other)
        for name in after.keys() | self.names.keys():
            joined = (*after.get(name, ()), *self.names.get(name, ()))
            self.names[name] = tuple(dict.fromkeys(joined))

    def value(self, node: ast.expr) -> Made:
        """The nodes that an expression was computed by."""
        match node:
            case ast.Name(id=name):
                return self.names.get(name, ())
            case ast.Attribute(value=owner, attr=attr):
                known = self.names.get(dotted(node), ())
                return known or (() if attr in _SHAPE_NAMES else self.value(owner))
            case ast.Call():
                return self._call(node)
            case ast.BinOp(left=left, op=op, right=right):
                return self._joined(_SIGNS.get(type(op), ""), node, [self.value(left), self.value(right)])
            case ast.IfExp(body=body, orelse=other):
                return tuple(dict.fromkeys((*self.value(body), *self.value(other))))
            case ast.Subscript(value=inner) | ast.Starred(value=inner) | ast.UnaryOp(operand=inner):
                return self.value(inner)
            case ast.Tuple(elts=items) | ast.List(elts=items):
                return tuple(dict.fromkeys(made for item in items for made in self.value(item)))
            case ast.ListComp(elt=item, generators=[loop, *_]):
                self._loop(loop.target, loop.iter, [])
                return self.value(item)
        return ()

    def _joined(self, sign: str, node: ast.AST, sides: Sequence[Made]) -> Made:
        given = [side for side in sides if side]
        flat = tuple(dict.fromkeys(made for side in given for made in side))
        if len(given) < 2 or not sign or (sign == "×" and len(flat) < 2):
            return flat
        return (self.add("operation", sign, node, flat),)

    def _call(self, call: ast.Call) -> Made:
        written = dotted(call.func)
        given = tuple(
            dict.fromkeys(
                made
                for item in (*call.args, *(word.value for word in call.keywords))
                for made in self.value(item)
            )
        )
        if made := self._module(call, written, given):
            return made
        if _SIDE.match(last(written)):
            return ()
        if written.startswith("self.") and written.count(".") == 1:
            return self._method(call, written.removeprefix("self."), given)
        target = canonical(resolve(written, self.file.aliases))
        if is_loss(target):
            return (self.add("operation", last(target), call, given),) if given else ()
        if last(target) == "Input" and target.startswith("keras"):
            return (self.add("input", "input", call),)
        if target in FUNCTIONAL:
            outputs = [item.value for item in call.keywords if item.arg == "outputs"] or call.args[-1:]
            made = self.value(outputs[0]) if outputs else ()
            self.returned.append((made, call))
            return made
        owner = self.value(call.func.value) if isinstance(call.func, ast.Attribute) else ()
        if isinstance(call.func, ast.Attribute) and call.func.attr in _SHAPE_NAMES:
            return ()
        whole = tuple(dict.fromkeys((*owner, *given)))
        if given and self._unknown(call.func):
            self.lost[self.file.text.place(call)] = None
            return whole
        return self._operation(call, target, whole)

    def _unknown(self, function: ast.expr) -> bool:
        """Whether a call runs something of the network that was not recognised: `self.down[i].block(x)`."""
        held = False
        root = function
        while isinstance(root, ast.Attribute | ast.Subscript):
            held = held or isinstance(root, ast.Subscript)
            root = root.value
        if not isinstance(root, ast.Name):
            return False
        if isinstance(function, ast.Name):
            return function.id in self.locals and function.id not in self.file.aliases
        return held and (root.id == "self" or root.id in self.looped)

    def _operation(self, call: ast.Call, target: str, given: Made) -> Made:
        tail = last(target)
        if tail in _JOINS and given:
            parts = call.args[0].elts if call.args and isinstance(call.args[0], ast.List | ast.Tuple) else []
            several = len([part for part in parts if self._seen(part)]) > 1 or len(given) > 1
            return (self.add("operation", _JOINS[tail], call, given),) if several else given
        if tail == "apply" and (place := self._own(target.rpartition(".")[0])):
            name = target.rpartition(".")[0]
            if self.trees.repository.family_at(place) == "autograd":
                return (self.add("operation", last(name), call, given),)
        if given and (computes(target, tail) or _activates(target)):
            return (self.add("operation", tail, call, given),)
        return given

    def _seen(self, node: ast.expr) -> bool:
        return any(isinstance(item, ast.Name) and self.names.get(item.id) for item in ast.walk(node))

    def _module(self, call: ast.Call, written: str, given: Made) -> Made:
        """The nodes of a layer that is applied; empty where the call applies none."""
        function = call.func.value if isinstance(call.func, ast.Subscript) else call.func
        name = dotted(function).removeprefix("self.")
        layers = self._held(self.looped.get(name, name))
        match call.func:
            case ast.Subscript(slice=ast.Constant(value=str(key))) if layers:
                layers = [layer for layer in layers if layer.key == key]
        if not layers and isinstance(function, ast.Call) and looks_like_class(dotted(function.func)):
            made = LayerReader(self.file.text, self.file.aliases).applied(function)
            place = self._own(dotted(function.func))
            own = place is not None and self.trees.repository.family_at(place) == "module"
            layers = [item.layer for item in made if own or is_layer(item.target)]
        if not layers or not (given or self.nodes):
            return ()
        if any(layer.repeat for layer in layers) and not self.loop[0]:
            self.groups += 1
        for layer in _chosen(layers):
            kind: NodeKind = "component" if self._own(layer.kind) else "layer"
            given = (self.add(kind, layer.kind, call, given, layer),)
        return given

    def _held(self, name: str) -> list[Layer]:
        """The layers of an attribute, or of one key of it: `encoder`, `transformer.wte`."""
        attribute, _, key = name.partition(".")
        return [layer for layer in self.layers.get(attribute, ()) if not key or layer.key == key]

    def _method(self, call: ast.Call, name: str, given: Made) -> Made:
        """What a method of the same class returns, followed in place."""
        found = self.trees.method(self.place, (name,)) if self.depth < _DEEPEST else None
        file = self.trees.file(found[0][0]) if found else None
        if found is None or file is None or not isinstance(found[1].node, ast.FunctionDef):
            if given and _WEIGHTLESS.search(name):
                return (self.add("operation", name, call, given),)
            if given:
                self.lost[self.file.text.place(call)] = None
            return given
        outer = self.names, self.returned, self.file, self.looped
        parameters = [item.arg for item in found[1].node.args.args[1:]]
        self.names = {
            word: self._in(outer[0], item) for word, item in zip(parameters, call.args, strict=False)
        }
        self.returned, self.file, self.looped = [], file, {}
        self.depth += 1
        self.run(found[1].node.body)
        result = self.returned[-1][0] if self.returned else given
        self.names, self.returned, self.file, self.looped = outer
        self.depth -= 1
        return result or given

    def _in(self, names: dict[str, Made], item: ast.expr) -> Made:
        words = [node.id for node in ast.walk(item) if isinstance(node, ast.Name)]
        direct = names.get(item.id, ()) if isinstance(item, ast.Name) else ()
        return direct or tuple(dict.fromkeys(made for word in words for made in names.get(word, ())))


def _callee(value: ast.expr) -> ast.expr:
    return value.func if isinstance(value, ast.Call) else value


def _activates(target: str) -> bool:
    return target.startswith(("torch.", "jax.nn.", "flax.", "keras.", "tensorflow.nn.")) and last(target) in (
        "relu", "gelu", "silu", "tanh", "sigmoid", "softmax", "elu", "leaky_relu", "softplus", "log_softmax",
        "max_pool2d", "avg_pool2d", "max_pool", "avg_pool", "interpolate",
    )  # fmt: skip


def _chosen(layers: Sequence[Layer]) -> list[Layer]:
    """One of the layers that exclude each other: those made when a condition holds, before the others."""
    conditions = {layer.when for layer in layers if layer.when}
    refused = {f"not ({condition})" for condition in conditions}
    return [layer for layer in layers if layer.when not in refused]


def times(repeat: str) -> str:
    """How often, in short: `depth` for `range(depth)`."""
    if found := _RANGE.match(repeat) or _FIRST_THEN.match(repeat):
        return last(found[1].strip())
    return repeat


def _reaching(network: Network) -> Network:
    """The network without what never reaches its output."""
    before: dict[int, list[int]] = {}
    for source, target in network.edges:
        before.setdefault(target, []).append(source)
    seen: set[int] = set()
    waiting = [len(network.nodes) - 1]
    while waiting:
        here = waiting.pop()
        if here not in seen:
            seen.add(here)
            waiting += before.get(here, [])
    order = {old: new for new, old in enumerate(sorted(seen))}
    nodes = tuple(network.nodes[old] for old in sorted(seen))
    edges = tuple(sorted((order[a], order[b]) for a, b in network.edges if a in order and b in order))
    return Network(network.name, nodes, edges, network.source, network.lost)
