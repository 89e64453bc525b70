"""The statements before a backward call on which the objective depends, backward from it."""

import ast
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from paperback.code.entry import is_main_guard
from paperback.code.names import dotted, last
from paperback.code.objectives.calls import is_silent
from paperback.code.objectives.choices import OPEN, Choices
from paperback.code.objectives.refused import Refused
from paperback.code.slicing import carries_out, used

_LIST_CHANGES = frozenset(
    {"append", "extend", "insert", "pop", "remove", "reverse", "sort", "clear", "update"}
)
# Methods that leave the value of their object as it is.
_LOOKS = re.compile(
    r"^(backward|retain_grad|item|detach|cpu|numpy|tolist|size|dim|print\w*|log\w*|set_\w+|write\w*|add_\w+"
    r"|step|zero_grad|train|eval|to|cuda|close|flush|record\w*|wait|__\w+__)$"
)
_MUTATES = re.compile(r"shuffle|reduce|broadcast|scatter|gather|fill|register|hook|clip|clamp")


@dataclass(frozen=True, slots=True)
class Step:
    """One statement that stays.

    Attributes:
        silent: The context in which no gradient is taken; None outside one.
        cut: Names that this statement gives and that stay letters, and why; then it is not read further.
    """

    node: ast.stmt
    silent: ast.expr | None = None
    cut: tuple[str, ...] = ()
    why: str = ""


@dataclass(slots=True)
class Selector:
    """Walks backward over statements.

    Attributes:
        opaque: Whether a node holds a call that stays a letter.
        local: Names that the statements give.
        cuts: Lines of statements whose values stay letters.
        said: Which arms were taken, in words, by line.
        lazy: Whether what a network is given is not followed: its result is a letter all the same.
    """

    choices: Choices
    opaque: Callable[[ast.AST], bool]
    local: frozenset[str] = frozenset()
    cuts: dict[int, str] = field(default_factory=dict)
    said: dict[int, str] = field(default_factory=dict)
    lazy: bool = False

    def steps(self, block: Sequence[ast.stmt], live: set[str], silent: ast.expr | None = None) -> list[Step]:
        """What stays of a block; `live` is what is used after it, and becomes what it uses."""
        kept: list[Step] = []
        for node in reversed(block):
            kept = [*self._statement(node, live, silent), *kept]
        return kept

    def _statement(self, node: ast.stmt, live: set[str], silent: ast.expr | None) -> list[Step]:
        made = set(given(node))
        if node.lineno in self.cuts and made & live and not isinstance(node, ast.With):
            return self._cut(node, made & live, live, silent, self.cuts[node.lineno])
        match node:
            case ast.Assign() | ast.AnnAssign() | ast.AugAssign():
                return self._assignment(node, live, silent)
            case ast.Expr(value=ast.Call() as call):
                return self._bare(node, call, live, silent)
            case ast.If():
                return self._condition(node, live, silent)
            case ast.With(items=items, body=body):
                inner = next((item.context_expr for item in items if is_silent(item)), silent)
                kept = self.steps(body, live, inner)
                live -= {name for item in items if item.optional_vars for name in targets(item.optional_vars)}
                return kept
            case ast.For() | ast.While() | ast.AsyncFor():
                return self._loop(node, live, silent)
            case ast.Try(body=body, orelse=other, finalbody=final):
                return self.steps([*body, *other, *final], live, silent)
            case ast.FunctionDef(name=name) if name in live:
                if self.opaque(node):
                    raise Refused(f"the function {name} inside the loop calls a network", node.lineno)
                live -= {name}
                live |= used(node)
                return [Step(node, silent)]
            case ast.Match() if made & live:
                raise Refused("a match statement chooses among formulas", node.lineno)
        return []

    def _bare(self, node: ast.Expr, call: ast.Call, live: set[str], silent: ast.expr | None) -> list[Step]:
        """A call whose result is not used: it stays where it changes what is needed."""
        name = last(dotted(call.func))
        own = live & self.local
        if isinstance(call.func, ast.Attribute) and _root(call.func.value) in own:
            if changes(name):
                live |= used(call)
                return [Step(node, silent)]
            if not _LOOKS.match(name):
                raise Refused(f"what {ast.unparse(call.func)} does to its object is not known", node.lineno)
        given = {_root(item) for item in call.args}
        if name == "all_reduce" and given & own:
            self.said[node.lineno] = (
                f"`{ast.unparse(call)}` changes nothing in one process (line {node.lineno})"
            )
            return []
        if given & own and (_MUTATES.search(name) or changes(name)) and name not in _LIST_CHANGES:
            raise Refused(f"{ast.unparse(call.func)} changes its argument", node.lineno)
        return []

    def _cut(
        self, node: ast.stmt, made: set[str], live: set[str], silent: ast.expr | None, why: str
    ) -> list[Step]:
        live -= made
        return [Step(node, silent, tuple(sorted(made)), why)]

    def _assignment(
        self, node: ast.Assign | ast.AnnAssign | ast.AugAssign, live: set[str], silent: ast.expr | None
    ) -> list[Step]:
        parts = node.targets if isinstance(node, ast.Assign) else [node.target]
        whole = {name for part in parts for name in targets(part)}
        partial = {root for part in parts for root in written(part)}
        if node.value is None or not (whole | partial) & live:
            return []
        if not isinstance(node, ast.AugAssign):
            live -= whole
        if not (self.lazy and self._is_letter(node.value)):
            live |= used(node.value)
        for part in parts:
            live |= {
                name for root in ast.walk(part) if isinstance(root, ast.Subscript) for name in used(root)
            }
        return [Step(node, silent)]

    def _is_letter(self, value: ast.expr) -> bool:
        """Whether a value is the result of one call that stays a letter, whatever it is given."""
        return isinstance(value, ast.Call) and self.opaque(ast.Call(value.func, [ast.Constant(0)], []))

    def _condition(self, node: ast.If, live: set[str], silent: ast.expr | None) -> list[Step]:
        if is_main_guard(node):
            return self.steps(node.body, live, silent)
        made = {name for item in (*node.body, *node.orelse) for name in given(item)} & live
        if not made:
            return []
        test = ast.unparse(node.test)
        holds = self.choices.value(node.test)
        if holds is OPEN and carries_out(node.test):
            holds = False
            self.said[node.lineno] = f"`{test}` is taken not to hold (line {node.lineno})"
        elif holds is OPEN and _leaves(node.body):
            holds = False
            self.said[node.lineno] = f"`{test}` does not hold (line {node.lineno})"
        elif holds is not OPEN:
            word = "holds" if holds else "does not hold"
            self.said[node.lineno] = f"`{test}` {word} by default (line {node.lineno})"
        if holds is not OPEN:
            return self.steps(node.body if holds else node.orelse, live, silent)
        return self._undecided(node, made, live, silent, test)

    def _undecided(
        self, node: ast.If, made: set[str], live: set[str], silent: ast.expr | None, test: str
    ) -> list[Step]:
        arms = [item for item in (*node.body, *node.orelse) if set(given(item)) & made]
        inner = {name for item in arms for name in carried(item)} & self.local
        # A number that the script only looks up may stay a letter; what carries a gradient may not.
        if silent is None and (inner or any(self.opaque(item) for item in arms)):
            raise Refused(f"which formula holds is decided when it runs: `{test}`", node.lineno)
        return self._cut(node, made, live, silent, f"`{test}` decides it when it runs")

    def _loop(
        self, node: ast.For | ast.AsyncFor | ast.While, live: set[str], silent: ast.expr | None
    ) -> list[Step]:
        made = {name for item in node.body for name in given(item)} & live
        if not made:
            return []
        if self.opaque(node):
            if silent is None:
                raise Refused("networks are called in a loop that the objective needs", node.lineno)
            return self._cut(node, made, live, silent, "it is made by a loop in which networks are called")
        if isinstance(node, ast.While):
            raise Refused("a while loop makes what the objective needs", node.lineno)
        own = set(targets(node.target))
        live |= {name for item in node.body for name in used(item)} - own
        live |= used(node.iter)
        return [Step(node, silent)]


def carried(node: ast.AST) -> set[str]:
    """Names that a node uses where a gradient could pass: not inside numpy, `len`, `item` or `detach`."""
    match node:
        case ast.Call(func=function):
            if dotted(function).partition(".")[0] in ("np", "numpy", "len") or (
                isinstance(function, ast.Attribute) and function.attr in ("item", "detach")
            ):
                return set()
        case ast.Name(id=name, ctx=ast.Load()):
            return {name}
        case ast.AugAssign(target=target, value=value):
            return set(targets(target)) | carried(value)
    return {name for inner in ast.iter_child_nodes(node) for name in carried(inner)}


def targets(node: ast.expr) -> Iterator[str]:
    """Names that an assignment to `node` gives as a whole; an attribute of `self` is a name of its own."""
    match node:
        case ast.Name(id=name):
            yield name
        case ast.Tuple(elts=parts) | ast.List(elts=parts):
            for part in parts:
                yield from targets(part)
        case ast.Starred(value=value):
            yield from targets(value)
        case ast.Attribute() if dotted(node).startswith("self.") and dotted(node).count(".") == 1:
            yield dotted(node)


def written(node: ast.expr) -> Iterator[str]:
    """Names into whose value an assignment to `node` writes."""
    match node:
        case ast.Tuple(elts=parts) | ast.List(elts=parts):
            for part in parts:
                yield from written(part)
        case ast.Subscript(value=value):
            yield _root(value)


def _root(node: ast.expr) -> str:
    while isinstance(node, ast.Subscript | ast.Call):
        node = node.value if isinstance(node, ast.Subscript) else node.func
    name = dotted(node)
    return ".".join(name.split(".")[:2]) if name.startswith("self.") else name.partition(".")[0]


def given(node: ast.stmt) -> Iterator[str]:
    """Names that a statement, or one inside it, gives or changes."""
    for item in ast.walk(node):
        match item:
            case ast.Assign(targets=parts):
                for part in parts:
                    yield from targets(part)
                    yield from written(part)
            case ast.AnnAssign(target=part) | ast.AugAssign(target=part) | ast.For(target=part):
                yield from targets(part)
                yield from written(part)
            case ast.NamedExpr(target=ast.Name(id=name)):
                yield name
            case ast.Expr(value=ast.Call(func=ast.Attribute(value=owner, attr=attr))):
                if changes(attr):
                    yield _root(owner)


def changes(attr: str) -> bool:
    """Whether a method of this name changes the object it is called on."""
    return (attr.endswith("_") and not attr.endswith("__")) or attr in _LIST_CHANGES


def _leaves(block: Sequence[ast.stmt]) -> bool:
    return isinstance(block[-1], ast.Continue | ast.Break | ast.Return | ast.Raise)
