"""The layers that a piece of code makes, in order, with loops folded."""

import ast
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from paperback.code.inventory import Layer
from paperback.code.names import dotted, last, looks_like_class, resolve
from paperback.code.parse import Text
from paperback.code.vocabulary import canonical, family, is_layer, is_loss

_CONTAINERS = ("Sequential", "ModuleList", "ModuleDict")
_DEEPEST = 40


@dataclass(frozen=True, slots=True)
class MadeLayer:
    """A layer whose class may be defined in another file.

    Attributes:
        target: Resolved name of its class.
        placed: Whether it stands in a container of layers, so that it is one whatever its class.
    """

    layer: Layer
    target: str
    placed: bool


@dataclass(slots=True)
class LayerReader:
    """Reads layers out of statements; local lists of layers are followed by name."""

    text: Text
    aliases: Mapping[str, str]
    lists: dict[str, list[MadeLayer]] = field(default_factory=dict)
    made: list[MadeLayer] = field(default_factory=list)

    def statements(self, body: Iterable[ast.stmt], repeat: str = "", when: str = "", depth: int = 0) -> None:
        """Follow `body`; `repeat` and `when` say which loop and condition it stands in."""
        if depth > _DEEPEST:
            return
        for statement in body:
            match statement:
                case ast.For():
                    self.statements(
                        statement.body, _both(repeat, self.text.of(statement.iter)), when, depth + 1
                    )
                case ast.If():
                    test = self.text.of(statement.test)
                    self.statements(statement.body, repeat, _both(when, test, " and "), depth + 1)
                    self.statements(
                        statement.orelse, repeat, _both(when, f"not ({test})", " and "), depth + 1
                    )
                case ast.With() | ast.Try() | ast.While():
                    self.statements(statement.body, repeat, when, depth + 1)
                case _:
                    self._statement(statement, repeat, when)

    def _statement(self, statement: ast.stmt, repeat: str, when: str) -> None:
        match statement:
            case (
                ast.Assign(targets=[target, *_], value=value)
                | ast.AnnAssign(target=target, value=ast.expr() as value)
            ):
                self._bind(target, self._in(value, repeat, when), value, extend=False)
            case ast.AugAssign(target=target, op=ast.Add(), value=value):
                self._bind(target, self._in(value, repeat, when), value, extend=True)
            case ast.Expr(value=ast.Call(func=ast.Attribute(value=owner, attr=attr), args=args)) if args:
                if attr in ("append", "extend", "insert", "add", "add_module", "register_module"):
                    self._bind(owner, self._in(args[-1], repeat, when), args[-1], extend=True)
            case ast.Return(value=ast.expr() as value):
                self.made += self._in(value, repeat, when)

    def _bind(self, target: ast.expr, layers: list[MadeLayer], value: ast.expr, *, extend: bool) -> None:
        name = dotted(target)
        if name.startswith("self.") or name == "self":
            attribute = name.removeprefix("self").lstrip(".")
            self.made += [_named(item, attribute, value) for item in layers]
        elif isinstance(target, ast.Name):
            self.lists[name] = [*(self.lists.get(name, []) if extend else []), *layers]

    def _in(self, node: ast.expr, repeat: str, when: str) -> list[MadeLayer]:
        found = self.expression(node, repeat)
        return [replace(item, layer=replace(item.layer, when=when)) for item in found] if when else found

    def expression(
        self, node: ast.expr, repeat: str = "", placed: bool = False, depth: int = 0
    ) -> list[MadeLayer]:
        """The layers made by an expression."""
        if depth > _DEEPEST:
            return []
        match node:
            case ast.List(elts=items) | ast.Tuple(elts=items):
                return self._numbered(items, repeat, placed, depth)
            case ast.Starred(value=value):
                return self.expression(value, repeat, placed, depth + 1)
            case ast.ListComp(elt=inner, generators=loops) | ast.GeneratorExp(elt=inner, generators=loops):
                over = repeat
                for loop in loops:
                    over = _both(over, self.text.of(loop.iter))
                return self.expression(inner, over, placed, depth + 1)
            case ast.BinOp(left=left, op=ast.Mult(), right=right) if isinstance(left, ast.List):
                return self.expression(left, _both(repeat, self.text.of(right)), placed, depth + 1)
            case ast.BinOp(left=left, op=ast.Add(), right=right):
                sides = (left, right)
                return [item for side in sides for item in self.expression(side, repeat, placed, depth + 1)]
            case ast.IfExp(body=body, orelse=orelse):
                return [
                    item for arm in (body, orelse) for item in self.expression(arm, repeat, placed, depth + 1)
                ]
            case ast.Dict(keys=keys, values=values):
                words = [key.value if isinstance(key, ast.Constant) else None for key in keys]
                return self._keyed(words, values, repeat, placed, depth)
            case ast.Name(id=name):
                return list(self.lists.get(name, []))
            case ast.Call():
                return self._call(node, repeat, placed, depth)
        return []

    def applied(self, call: ast.Call) -> list[MadeLayer]:
        """The layer that `call` makes, without looking into its arguments."""
        target = canonical(resolve(dotted(call.func), self.aliases))
        made = is_layer(target) or (looks_like_class(target) and not _no_layer(target))
        return [self._layer(call, target, "", False)] if made else []

    def _numbered(self, items: Iterable[ast.expr], repeat: str, placed: bool, depth: int) -> list[MadeLayer]:
        return [layer for item in items for layer in self.expression(item, repeat, placed, depth + 1)]

    def _keyed(
        self, keys: Iterable[object], items: Iterable[ast.expr], repeat: str, placed: bool, depth: int
    ) -> list[MadeLayer]:
        return [
            replace(made, layer=replace(made.layer, key=key)) if isinstance(key, str) else made
            for key, item in zip(keys, items, strict=True)
            for made in self.expression(item, repeat, placed, depth + 1)
        ]

    def _call(self, call: ast.Call, repeat: str, placed: bool, depth: int) -> list[MadeLayer]:
        target = canonical(resolve(dotted(call.func), self.aliases))
        if last(target) in _CONTAINERS or target in ("dict", "collections.OrderedDict"):
            inside = placed or last(target) in _CONTAINERS
            words = [keyword.arg for keyword in call.keywords]
            plain = self._numbered(call.args, repeat, inside, depth)
            return plain + self._keyed(words, _values(call), repeat, inside, depth)
        if is_layer(target) or (looks_like_class(target) and not _no_layer(target)):
            return [self._layer(call, target, repeat, placed)]
        # `layer_init(nn.Linear(...))`, `weight_norm(nn.Conv2d(...))`, `nn.Linear(...).to(device)`.
        inner = [call.func.value] if isinstance(call.func, ast.Attribute) and "()" in target else []
        return self._numbered([*inner, *call.args[:1]], repeat, placed, depth) if inner or call.args else []

    def _layer(self, call: ast.Call, target: str, repeat: str, placed: bool) -> MadeLayer:
        arguments = tuple(self.text.of(argument) for argument in call.args) + tuple(
            f"{keyword.arg}={self.text.of(keyword.value)}"
            if keyword.arg
            else f"**{self.text.of(keyword.value)}"
            for keyword in call.keywords
        )
        layer = Layer(last(target), arguments, "", False, self.text.place(call), repeat)
        return MadeLayer(layer, target, placed)


def _values(call: ast.Call) -> list[ast.expr]:
    return [keyword.value for keyword in call.keywords]


def _no_layer(target: str) -> bool:
    return is_loss(target) or family(target) not in (None, "module")


def _named(item: MadeLayer, attribute: str, value: ast.expr) -> MadeLayer:
    return replace(item, layer=replace(item.layer, attribute=attribute))


def _both(outer: str, inner: str, word: str = " × ") -> str:
    return f"{outer}{word}{inner}" if outer else inner
