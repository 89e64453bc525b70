"""Kept statements in the words of an algorithm box."""

import ast
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from paperback.code.loops import is_scaled_update, step_of
from paperback.code.names import dotted, last
from paperback.code.plain import plain
from paperback.code.procedure import Line, LineKind, Phrase, Symbol, Words
from paperback.code.scopes import CallSite, FileScopes, Scope
from paperback.code.slicing import Expansion, Kept, carries_out, copied_parameters, iterated, sets_rate

_BATCH = re.compile(r"load|batch|split|iterat|dataset|dl$|data$", re.I)
_EPOCH = re.compile(r"epoch", re.I)
_WRAPPERS = ("enumerate", "tqdm", "tqdm.tqdm", "prefetch_to_device", "list", "iter", "prefetch")
_SHAPES = ("reshape", "view", "flatten", "squeeze", "unsqueeze", "contiguous", "to", "cuda", "float")
_OPTIMISER = re.compile(r"optim|^opt|opt$|^tx$", re.I)


@dataclass(slots=True)
class Writer:
    """Writes the lines of one function; functions that it calls are written in place.

    Attributes:
        given: What its parameters stand for in the caller.
        optimisers: Name of a variable to the class of the optimiser it holds.
    """

    file: FileScopes
    scope: Scope
    optimisers: Mapping[str, str]
    given: dict[str, ast.expr] = field(default_factory=dict)

    def lines(self, kept: Iterable[Kept], depth: int) -> Iterator[Line]:
        """The lines of these statements."""
        for item in kept:
            yield from self._lines(item, depth)

    def _lines(self, item: Kept, depth: int) -> Iterator[Line]:
        match item.node:
            case ast.For() | ast.AsyncFor() as node:
                if pair := copied_parameters(node):
                    yield self._line("statement", depth, node, self._average(node, pair))
                    return
                if len(item.body) == 1 and _sets_rate(item.body[0].node):
                    yield from self.lines(item.body, depth)
                    return
                yield self._line("for", depth, node, self._range(node, item))
                yield from self.lines(item.body, depth + 1)
            case ast.While() as node:
                forever = isinstance(node.test, ast.Constant)
                yield self._line(
                    "repeat" if forever else "while",
                    depth,
                    node,
                    () if forever else (self._symbol(node.test),),
                )
                yield from self.lines(item.body, depth + 1)
            case ast.If() as node:
                yield from self._condition(node, item, depth)
            case ast.Break() as node:
                yield self._line("stop", depth, node, (Words("stop"),))
            case _ if item.expansion is not None:
                yield from self._expanded(item.expansion, depth)
            case ast.Assign(targets=[ast.Name(id=name)], value=value) if inner := _reshaped(value):
                # Only the shape differs: the paper goes on with the first name.
                self.given[name] = self._standing(inner)
            case _:
                phrase = self._statement(item.node)
                if phrase and not _same(phrase):
                    yield self._line("statement", depth, item.node, phrase)

    def _line(self, kind: LineKind, depth: int, node: ast.AST, text: Phrase) -> Line:
        return Line(kind, depth, text, self.file.text.place(node))

    def _symbol(self, node: ast.AST) -> Symbol:
        return Symbol(plain(node, self.file.aliases, self.given))

    def _condition(self, node: ast.If, item: Kept, depth: int) -> Iterator[Line]:
        body, other = list(self.lines(item.body, depth + 1)), list(self.lines(item.orelse, depth + 1))
        test = (self._symbol(_without_carrying_out(node.test)),)
        if body and [str(line) for line in body] == [str(line) for line in other]:
            # Mixed precision and the like: both arms do the same.
            yield from self.lines(item.body, depth)
            return
        if body:
            yield self._line("if", depth, node, test)
            yield from body
        if other and body:
            yield self._line("else", depth, node.orelse[0], ())
        elif other:
            yield self._line("if", depth, node, (Words("not "), *test))
        yield from other

    def _expanded(self, expansion: Expansion, depth: int) -> Iterator[Line]:
        given = {name: self._standing(value) for name, value in _bound(expansion).items() if _short(value)}
        yield from Writer(expansion.file, expansion.scope, self.optimisers, given).lines(
            expansion.body, depth
        )

    def _standing(self, value: ast.expr) -> ast.expr:
        return self.given.get(value.id, value) if isinstance(value, ast.Name) else value

    def _range(self, node: ast.For | ast.AsyncFor, item: Kept) -> Phrase:
        target, over = node.target, node.iter
        counter = False
        while isinstance(over, ast.Call) and dotted(over.func) in _WRAPPERS and over.args:
            if dotted(over.func) == "enumerate" and isinstance(target, ast.Tuple) and len(target.elts) == 2:
                counter = True
                target = target.elts[1]
            over = over.args[0]
        over = iterated(over)
        if isinstance(over, ast.Call) and last(dotted(over.func)) in ("range", "trange"):
            return self._counted(target, over, item)
        shown = plain(over, self.file.aliases, self.given)
        if counter and not _updates(self.file, item):
            target = node.target
        if size := _split_size(over):
            order = ", in random order" if "perm" in shown else ""
            return (
                Words("each mini-batch "),
                self._symbol(target),
                Words(" of size "),
                self._symbol(size),
                Words(order),
            )
        trains = _BATCH.search(shown) or counter
        kind = "each mini-batch " if trains and _updates(self.file, item) else "each "
        return Words(kind), self._symbol(target), Words(" of "), Symbol(shown)

    def _counted(self, target: ast.expr, over: ast.Call, item: Kept) -> Phrase:
        name = self._symbol(target)
        start = plain(over.args[0], self.file.aliases, self.given) if len(over.args) > 1 else "0"
        end = over.args[1] if len(over.args) > 1 else over.args[0]
        if len(over.args) == 3 and _updates(self.file, item):
            return Words("each mini-batch of size "), self._symbol(over.args[2]), Words(" starting at "), name
        epoch = Words("each epoch " if _EPOCH.search(name.text) else "")
        match end:
            case ast.BinOp(left=left, op=ast.Add(), right=ast.Constant(value=1)):
                stop = plain(left, self.file.aliases, self.given)
            case _ if start == "0":
                # Counting from nought or from one is the same procedure.
                start, stop = "1", plain(end, self.file.aliases, self.given)
            case _:
                stop = plain(end, self.file.aliases, self.given) + " − 1"
        return epoch, name, Words(f" = {start}, …, "), Symbol(stop)

    def _statement(self, node: ast.stmt) -> Phrase:
        value = getattr(node, "value", None)
        calls = [inner for inner in ast.walk(node) if isinstance(inner, ast.Call)]
        steps = {step_of(self.file, CallSite(call, dotted(call.func))): call for call in calls}
        if isinstance(node, ast.Expr) or set(steps) & {"environment step", "backward", "optimiser step"}:
            for step, call in steps.items():
                phrase = self._step(step, call, node)
                if phrase:
                    return phrase
        match node:
            case ast.Assign(targets=[ast.Subscript(slice=ast.Constant(value="lr"))], value=rate):
                return Words("set the learning rate to "), self._symbol(rate)
            case ast.Assign(targets=targets):
                return self._symbol(targets[0]), Words(" ← "), *self._made(value)
            case ast.AnnAssign(target=target):
                return self._symbol(target), Words(" ← "), *self._made(value)
            case ast.Return():
                return (self._symbol(value),) if value else ()
            case ast.AugAssign(target=target, op=op, value=amount):
                sum_ = ast.BinOp(target, op, amount)
                return self._symbol(target), Words(" ← "), self._symbol(sum_)
            case ast.Expr(value=ast.Call() as call):
                return self._called(call)
        return ()

    def _made(self, value: ast.expr | None) -> Phrase:
        match value:
            case ast.Call(func=ast.Attribute(value=owner, attr="sample"), args=[amount]) if not _distribution(
                owner
            ):
                return Words("a sample of "), self._symbol(amount), Words(" from "), self._symbol(owner)
            case ast.expr():
                return (self._symbol(value),)
        return ()

    def _step(self, step: str, call: ast.Call, node: ast.stmt) -> Phrase:
        owner = call.func.value if isinstance(call.func, ast.Attribute) else None
        match step:
            case "backward":
                return self._gradient(call, node)
            case "optimiser step":
                return self._update(call, node)
            case "scheduler step":
                return (Words("advance the learning-rate schedule"),)
            case "EMA update":
                return Words("update the moving average "), *((self._symbol(owner),) if owner else ())
            case "clip gradients":
                limit = (
                    call.args[1]
                    if len(call.args) > 1
                    else (call.keywords[0].value if call.keywords else None)
                )
                shown = (Words(" at "), self._symbol(limit)) if limit is not None else ()
                return Words("clip the norm of the gradient"), *shown
            case "environment step" if isinstance(node, ast.Assign):
                action = (Words(" with action "), self._symbol(call.args[0])) if call.args else ()
                return self._symbol(node.targets[0]), Words(" ← step of the environment"), *action
            case "checkpoint":
                return (Words("keep the current parameters"),)
        return ()

    def _gradient(self, call: ast.Call, node: ast.stmt) -> Phrase:
        made = (self._symbol(node.targets[0]), Words(" ← ")) if isinstance(node, ast.Assign) else ()
        tail = last(dotted(call.func))
        function: ast.AST | None
        match call.func:
            case _ if tail == "value_and_grad":
                function = call.args[0] if call.args else None
                words = "value and gradient of " if made else "compute value and gradient of "
            case ast.Attribute(value=owner):
                function = (
                    owner if not call.args or (tail == "backward" and not _trainer(owner)) else call.args[0]
                )
                words = "gradient of " if made else "compute the gradient of "
            case _:
                return ()
        if function is None:
            return ()
        function = _unscaled(function)
        return *made, Words(words), self._symbol(function)

    def _update(self, call: ast.Call, node: ast.stmt) -> Phrase:
        owner = call.func.value if isinstance(call.func, ast.Attribute) else None
        before: Phrase = ()
        if owner is not None and dotted(owner).endswith("scaler") and call.args:
            owner = call.args[0]
        elif is_scaled_update(call):
            owner = call.args[1]
            before = (Words("compute the gradient of "), self._symbol(call.args[0]), Words(" and "))
        if isinstance(node, ast.Assign) and last(dotted(call.func)) in ("update", "apply_updates"):
            return ()
        name = plain(owner, self.file.aliases, self.given) if owner is not None else "the optimiser"
        known = self.optimisers.get(name, self.optimisers.get("", ""))
        which, _, what = known.partition(" of ")
        words = f"update the parameters of {what} with " if what else "update the parameters with "
        return *before, Words(words), Symbol(which or name)

    def _average(self, node: ast.For | ast.AsyncFor, pair: tuple[ast.expr, ast.expr]) -> Phrase:
        names = [plain(item, self.file.aliases, self.given) for item in pair]
        return (
            Words("update the moving average: "),
            *self._copied(node),
            Words(" for all parameters of "),
            Symbol(names[0]),
            Words(" and "),
            Symbol(names[1]),
        )

    def _copied(self, node: ast.For | ast.AsyncFor) -> Phrase:
        for inner in ast.walk(node):
            match inner:
                case ast.Call(
                    func=ast.Attribute(
                        value=ast.Call(func=ast.Attribute(value=target, attr="mul_"), args=[kept]),
                        attr="add_",
                    ),
                    args=[added],
                ):
                    mixed = ast.BinOp(ast.BinOp(kept, ast.Mult(), target), ast.Add(), added)
                    return self._symbol(target), Words(" ← "), self._symbol(mixed)
                case ast.Call(func=ast.Attribute(value=target, attr="copy_"), args=[value, *_]):
                    return self._symbol(target), Words(" ← "), self._symbol(value)
                case ast.Assign(targets=[ast.Attribute(attr="data") as target], value=value):
                    return self._symbol(target), Words(" ← "), self._symbol(value)
                case ast.Call(func=ast.Attribute(attr="lerp_" | "add_", value=target)):
                    return (self._symbol(inner),)
        return ()

    def _called(self, call: ast.Call) -> Phrase:
        tail = last(dotted(call.func))
        if tail == "load_state_dict" and isinstance(call.func, ast.Attribute) and call.args:
            source = call.args[0]
            return (
                Words("set the parameters of "),
                self._symbol(call.func.value),
                Words(" to "),
                self._symbol(source),
            )
        return (self._symbol(call),)


def _sets_rate(node: ast.stmt) -> bool:
    return isinstance(node, ast.Assign) and sets_rate(node.targets[0])


def _without_carrying_out(test: ast.expr) -> ast.expr:
    """A condition without the parts that only ask how a run is carried out."""
    match test:
        case ast.BoolOp(op=ast.And() as op, values=values):
            kept = [value for value in values if not carries_out(value)]
            return test if not kept else kept[0] if len(kept) == 1 else ast.BoolOp(op, kept)
    return test


def _same(phrase: Phrase) -> bool:
    """Whether a line gives a value to itself, once what only moves it is left out."""
    return len(phrase) == 3 and phrase[0] == phrase[2]


def _reshaped(value: ast.expr) -> ast.Name | None:
    """The name whose value an expression only gives another shape."""
    match value:
        case ast.Call(func=ast.Attribute(value=inner, attr=attr)) if attr in _SHAPES:
            return inner if isinstance(inner, ast.Name) else _reshaped(inner)
    return None


def _distribution(owner: ast.expr) -> bool:
    return bool(re.search(r"dist|prob|normal|categor", dotted(owner), re.I))


def _trainer(owner: ast.expr) -> bool:
    return last(dotted(owner)) in ("accelerator", "fabric", "engine", "self", "tape") or "tape" in dotted(
        owner
    )


def _unscaled(node: ast.AST) -> ast.AST:
    match node:
        case ast.Call(func=ast.Attribute(attr="scale", value=owner), args=[inner]) if "scaler" in dotted(
            owner
        ):
            return inner
    return node


def _short(value: ast.expr) -> bool:
    return isinstance(value, ast.Name | ast.Attribute | ast.Constant | ast.Subscript)


def _bound(expansion: Expansion) -> dict[str, ast.expr]:
    """What the parameters of a called function stand for."""
    node = expansion.scope.node
    if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
        return {}
    names = [argument.arg for argument in (*node.args.posonlyargs, *node.args.args)]
    names = names[1:] if names[:1] == ["self"] else names
    bound = dict(zip(names, expansion.call.args, strict=False))
    return bound | {item.arg: item.value for item in expansion.call.keywords if item.arg}


def _split_size(over: ast.expr) -> ast.expr | None:
    match over:
        case ast.Call(func=ast.Attribute(attr="split" | "chunk" | "batch"), args=[size]):
            return size
    return None


def _updates(file: FileScopes, item: Kept) -> bool:
    """Whether parameters are updated in a loop, and not in a function that it calls."""
    for inner in item.body:
        calls = [node for node in ast.walk(inner.node) if isinstance(node, ast.Call)]
        steps = {step_of(file, CallSite(call, dotted(call.func))) for call in calls}
        if steps & {"backward", "optimiser step"} or inner.expansion is not None:
            return True
    return False
