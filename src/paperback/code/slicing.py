"""The statements of a procedure that matter to what it updates; all others fold away."""

import ast
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from paperback.code.called import called, resolve_in
from paperback.code.entry import is_main_guard
from paperback.code.flags import CARRYING_OUT
from paperback.code.loops import step_of
from paperback.code.names import dotted, last
from paperback.code.scopes import CallSite, FileScopes, Scope
from paperback.code.trees import Trees

UPDATES = frozenset({"backward", "optimiser step", "fit"})
_ANCHORS = UPDATES | {"EMA update", "clip gradients", "scheduler step", "environment step"}
_DEEPEST = 3
# Calls on an object that only look at it, report it, or switch how it works.
_IGNORED = re.compile(
    r"^(train|eval|to|cuda|cpu|requires_grad_?|zero_grad|set_epoch|set_postfix\w*|set_description\w*|print|log\w*"
    r"|add_scalars?|add_\w*(image|text|histogram|graph)s?|write\w*|flush|close|save\w*|info|debug|warning|seed"
    r"|manual_seed|barrier|synchronize|compile|watch|finish|record|unscale_|start|stop|tic|toc|register_\w+)$"
)
_ROOM = ("zeros", "zeros_like", "empty", "empty_like", "full", "arange")
_BOOKS = re.compile(
    r"scaler|metric|progress|(^|[._])log(s|ger|ging)?$|_log$|meter|stats|timer|writer|history|bar$"
)
_COLLECTS = ("append", "extend", "update", "add")
_PARAMETERS = ("parameters", "state_dict", "named_parameters")
_RANK = re.compile(r"rank|world_size|master", re.I)
_STOPS = re.compile(r"patience|early|stop|wait|no_improve|bad_epochs|kl|converge|tol", re.I)
_COPIES = (
    "copy_",
    "load_state_dict",
    "lerp_",
    "soft_update",
    "hard_update",
    "polyak_update",
    "update_target",
)


@dataclass(frozen=True, slots=True)
class Expansion:
    """A function of the repository that a statement calls and that trains.

    Attributes:
        call: The call, whose arguments stand for its parameters.
    """

    file: FileScopes
    scope: Scope
    call: ast.Call
    body: tuple["Kept", ...]


@dataclass(frozen=True, slots=True)
class Kept:
    """A statement that stays, with what stays in its blocks."""

    node: ast.stmt
    body: tuple["Kept", ...] = ()
    orelse: tuple["Kept", ...] = ()
    expansion: Expansion | None = None


@dataclass(slots=True)
class Slicer:
    """Slices backward from the updates in one function."""

    trees: Trees
    file: FileScopes
    scope: Scope
    depth: int = 0
    names: set[str] = field(default_factory=set)
    frozen: bool = False

    def body(self, statements: Sequence[ast.stmt], live: set[str]) -> tuple[Kept, ...]:
        """What stays of `statements`; `live` is what is used after them, and becomes what they use."""
        kept: list[Kept] = []
        for node in reversed(statements):
            kept += reversed(self._statement(node, live))
        return tuple(reversed(kept))

    def _statement(self, node: ast.stmt, live: set[str]) -> list[Kept]:
        match node:
            case ast.For() | ast.AsyncFor() | ast.While():
                return self._loop(node, live)
            case ast.If():
                return self._condition(node, live)
            case ast.With() | ast.AsyncWith():
                return self._within(node, live)
            case ast.Try():
                return list(self.body(node.body, live))
            case ast.Assign() | ast.AnnAssign() | ast.AugAssign():
                return self._assignment(node, live)
            case ast.Expr(value=value):
                return self._expression(node, value, live)
            case ast.Return(value=ast.expr() as value) if self._anchors(value):
                live |= used(value)
                return [Kept(node)]
        return []

    def _within(self, node: ast.With | ast.AsyncWith, live: set[str]) -> list[Kept]:
        still = self.frozen
        # Without gradients nothing is trained by them.
        self.frozen = still or any(_freezes(item.context_expr) for item in node.items)
        kept = self.body(node.body, live)
        self.frozen = still
        return list(kept)

    def _loop(self, node: ast.For | ast.AsyncFor | ast.While, live: set[str]) -> list[Kept]:
        head = iterated(node.iter) if isinstance(node, ast.For | ast.AsyncFor) else node.test
        if isinstance(node, ast.For) and copied_parameters(node):
            live |= used(node)
            return [Kept(node)]
        # What one pass uses, the pass before it must have made.
        self.body(node.body, live)
        inner = self.body(node.body, live)
        if inner:
            live |= used(head)
            return [Kept(node, inner)]
        return []

    def _condition(self, node: ast.If, live: set[str]) -> list[Kept]:
        if is_main_guard(node):
            return list(self.body(node.body, live))
        if carries_out(node.test) and not any(self._updates(item) for item in node.body):
            # What is done otherwise is the plain way: `if amp: ... else: ...`.
            return list(self.body(node.orelse, live))
        before = set(live)
        other = self.body(node.orelse, before)
        body = self.body(node.body, live)
        live |= before
        stops = _STOPS.search(self.file.text.of(node.test)) and isinstance(node.body[-1], ast.Break)
        if stops and not body:
            body = (Kept(node.body[-1]),)
        saved = _saved(node.body) if "best" in self.file.text.of(node.test) else None
        if saved is not None:
            body = (*body, Kept(saved))
        if body or other:
            live |= used(node.test)
            return [Kept(node, body, other)]
        return []

    def _assignment(self, node: ast.Assign | ast.AnnAssign | ast.AugAssign, live: set[str]) -> list[Kept]:
        targets = node.targets if isinstance(node, ast.Assign) else [node.target]
        made = {name for target in targets for name in _defined(target)}
        if node.value is None:
            return []
        books = all(_BOOKS.search(name) for name in made)
        expansion = self._expansion(node.value, bool(made & live) and not books)
        # `stats = train_one_epoch(...)` keeps books, and trains.
        if books and expansion is None:
            return []
        if _allocates(self.file, node.value) or not (
            made & live or self._anchors(node.value) or expansion or _writes_data(targets)
        ):
            return []
        if not isinstance(node, ast.AugAssign):
            live -= {name for target in targets for name in _defined(target) if _whole(target)}
        live |= used(node.value)
        for target in targets:
            live |= used(target) if not _whole(target) else set()
        return [Kept(node, expansion=expansion)]

    def _expression(self, node: ast.Expr, value: ast.expr, live: set[str]) -> list[Kept]:
        if not isinstance(value, ast.Call):
            return []
        tail = last(dotted(value.func))
        expansion = self._expansion(value, False)
        anchored = self._anchors(value) or expansion is not None or tail in _COPIES
        owner = (
            used(value.func.value) - set(self.file.aliases)
            if isinstance(value.func, ast.Attribute)
            else set()
        )
        books = any(_BOOKS.search(name) or ("loss" in name and tail in _COLLECTS) for name in owner)
        changes = bool(owner & live) and not _IGNORED.match(tail) and not books
        if tail == "zero_grad" or not (anchored or changes):
            return []
        live |= used(value)
        return [Kept(node, expansion=expansion)]

    def _updates(self, node: ast.stmt) -> bool:
        calls = (inner for inner in ast.walk(node) if isinstance(inner, ast.Call))
        return any(step_of(self.file, CallSite(call, dotted(call.func))) in UPDATES for call in calls)

    def _anchors(self, value: ast.expr) -> bool:
        calls = (node for node in ast.walk(value) if isinstance(node, ast.Call))
        return any(step_of(self.file, CallSite(call, dotted(call.func))) in _ANCHORS for call in calls)

    def _expansion(self, value: ast.expr, returned: bool) -> Expansion | None:
        call = next(
            (node for node in ast.walk(value) if isinstance(node, ast.Call) and self._trains(node)), None
        )
        if call is None or self.frozen:
            return None
        found = called(self.trees, self.file, self.scope, call)
        if found is None:
            return None
        file, scope = found
        inner = Slicer(self.trees, file, scope, self.depth + 1)
        live = _returned(scope) if returned else set()
        return Expansion(file, scope, call, inner.body(scope.node.body, live))

    def _trains(self, call: ast.Call) -> bool:
        if step_of(self.file, CallSite(call, dotted(call.func))) in UPDATES:
            return False
        found = called(self.trees, self.file, self.scope, call) if self.depth < _DEEPEST else None
        return found is not None and found[1] is not self.scope and trains(self.trees, *found)


def _freezes(context: ast.expr) -> bool:
    function = context.func if isinstance(context, ast.Call) else context
    return last(dotted(function)) in ("no_grad", "inference_mode")


def iterated(over: ast.expr) -> ast.expr:
    """What a loop runs over, without what only shows its progress: `logger.log_every(loader, 10)`."""
    match over:
        case ast.Call(func=ast.Attribute(value=owner), args=[inner, *_]) if _BOOKS.search(dotted(owner)):
            return iterated(inner)
        case ast.Call(func=ast.Name(id="enumerate" | "tqdm"), args=[inner, *_]):
            return iterated(inner)
    return over


def copied_parameters(node: ast.For | ast.AsyncFor) -> tuple[ast.expr, ast.expr] | None:
    """The two networks over whose parameters a loop runs side by side to mix one into the other."""
    match node.iter:
        case ast.Call(func=ast.Name(id="zip"), args=[one, other]) if _writes(node):
            owners = [
                side.func.value
                for side in (one, other)
                if isinstance(side, ast.Call)
                and isinstance(side.func, ast.Attribute)
                and side.func.attr in _PARAMETERS
            ]
            if len(owners) == 2:
                return owners[0], owners[1]
    return None


def _writes(node: ast.For | ast.AsyncFor) -> bool:
    """Whether a loop writes into what it runs over: in place, or into `.data`."""
    for inner in ast.walk(node):
        match inner:
            case ast.Call(func=ast.Attribute(attr=attr)) if attr.endswith("_") and not attr.endswith("__"):
                return True
            case ast.Assign(targets=[ast.Attribute(attr="data")]):
                return True
    return False


def trains(trees: Trees, file: FileScopes, scope: Scope, depth: int = 0) -> bool:
    """Whether a function updates parameters, itself or through functions that it calls."""
    if any(step_of(file, site) in UPDATES - {"fit"} for site in scope.calls):
        return True
    if depth >= _DEEPEST - 1:
        return False
    inner = (called(trees, file, scope, site.node) for site in scope.calls)
    return any(item[1] is not scope and trains(trees, *item, depth + 1) for item in inner if item)


def used(node: ast.AST) -> set[str]:
    """Names that an expression uses; an attribute of `self` counts as a name of its own."""
    found: set[str] = set()
    waiting = [node]
    while waiting:
        inner = waiting.pop()
        name = dotted(inner) if isinstance(inner, ast.Attribute) else ""
        if name.startswith("self."):
            found.add(".".join(name.split(".")[:2]))
            continue
        if isinstance(inner, ast.Name):
            found.add(inner.id)
        waiting += ast.iter_child_nodes(inner)
    return found


def _defined(target: ast.expr) -> Iterator[str]:
    match target:
        case ast.Tuple(elts=items) | ast.List(elts=items):
            for item in items:
                yield from _defined(item)
        case ast.Starred(value=value) | ast.Subscript(value=value):
            yield from _defined(value)
        case ast.Attribute(value=value):
            name = dotted(target)
            if name.startswith("self."):
                yield ".".join(name.split(".")[:2])
            else:
                yield from _defined(value)
        case ast.Name(id=name):
            yield name


def _whole(target: ast.expr) -> bool:
    """Whether an assignment replaces the whole value, and does not write into it."""
    return isinstance(target, ast.Name | ast.Tuple) or dotted(target).count(".") == 1


def _writes_data(targets: Sequence[ast.expr]) -> bool:
    return any(
        sets_rate(target) or (isinstance(target, ast.Attribute) and target.attr in ("data", "grad"))
        for target in targets
    )


def sets_rate(target: ast.AST) -> bool:
    """Whether an assignment sets an optimiser's learning rate: `group["lr"] = …`."""
    return (
        isinstance(target, ast.Subscript)
        and isinstance(target.slice, ast.Constant)
        and target.slice.value == "lr"
    )


def _allocates(file: FileScopes, value: ast.expr) -> bool:
    """Whether a value only makes room for what is written later."""
    while (
        isinstance(value, ast.Call)
        and isinstance(value.func, ast.Attribute)
        and isinstance(value.func.value, ast.Call)
    ):
        value = value.func.value
    if not isinstance(value, ast.Call):
        return False
    name = resolve_in(file, dotted(value.func))
    if name.startswith("jax.random."):
        return last(name) in ("split", "PRNGKey", "key", "fold_in")
    return last(name) in _ROOM and name.startswith(("torch.", "numpy.", "jax.", "tensorflow."))


def _saved(body: Sequence[ast.stmt]) -> ast.stmt | None:
    """The statement that writes the parameters to a file."""
    for item in (node for statement in body for node in ast.walk(statement)):
        match item:
            case ast.Expr(value=ast.Call(func=function)):
                if dotted(function) == "torch.save" or last(dotted(function)).startswith("save"):
                    return item
    return None


def carries_out(test: ast.expr) -> bool:
    """Whether a condition only asks how the run is carried out: on which devices, with which logs."""
    match test:
        case ast.UnaryOp(operand=operand):
            return carries_out(operand)
        case ast.Name() | ast.Attribute():
            name = last(dotted(test))
            return bool(CARRYING_OUT.search(name) or _RANK.search(name))
        case ast.Compare(left=ast.Name() | ast.Attribute() as left):
            return bool(_RANK.search(last(dotted(left))))
    return False


def _returned(scope: Scope) -> set[str]:
    returns = [node.value for node in scope.nodes if isinstance(node, ast.Return) and node.value]
    return {name for value in returns for name in used(value)}
