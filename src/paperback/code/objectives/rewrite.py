"""The kept statements as one function of what enters them: network outputs, batch tensors, settings."""

import ast
import copy
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from paperback.code.names import dotted, last
from paperback.code.objectives import calls
from paperback.code.objectives import expressions as ex
from paperback.code.objectives.calls import TENSOR_FACTS, Callees
from paperback.code.objectives.choices import OPEN, Choices
from paperback.code.objectives.entering import Entering, Thing
from paperback.code.objectives.kept import Step, targets
from paperback.code.objectives.refused import Refused
from paperback.code.slicing import used

_PLACED = ("device", "non_blocking", "generator", "pin_memory")


@dataclass(slots=True)
class Rewriter:
    """Rewrites statements forward; every value from outside becomes an argument."""

    callees: Callees
    choices: Choices
    things: frozenset[str]
    reserved: frozenset[str]
    entering: dict[str, Entering] = field(default_factory=dict)
    keys: dict[tuple[str, int], str] = field(default_factory=dict)
    locals: dict[str, str | Thing] = field(default_factory=dict)
    plain: set[str] = field(default_factory=set)
    bound: frozenset[str] = frozenset()
    silent: bool = False
    wrote: set[str] = field(default_factory=set)

    def statements(self, steps: Iterable[Step]) -> list[ast.stmt]:
        """The rewritten statements; those in which no gradient is taken stand in that context again."""
        found: list[ast.stmt] = []
        for step in steps:
            self.silent = step.silent is not None
            for node in self._step(step):
                inner: ast.stmt = ex.stopped(node) if step.silent is not None else node
                if step.silent is not None and not isinstance(inner, ast.Pass):
                    inner = ast.With([ast.withitem(copy.deepcopy(step.silent))], [inner])
                found.append(ast.copy_location(inner, step.node))
        self.silent = False
        return found

    def _step(self, step: Step) -> Iterator[ast.stmt]:
        node = step.node
        if step.cut:
            for name in step.cut:
                yield self._bind(
                    ast.Name(name, ast.Store()),
                    self._argument(name, name, "input", node, step.why, fresh=True),
                )
            return
        match node:
            case ast.Assign(targets=[target], value=value):
                yield from self._assignment(target, value, node)
            case ast.AnnAssign(target=target, value=ast.expr() as value):
                yield from self._assignment(target, value, node)
            case ast.Assign(targets=parts, value=value):
                parts = sorted(parts, key=lambda part: not isinstance(part, ast.Name))
                yield from self._assignment(parts[0], value, node)
                for part in parts[1:]:
                    yield from self._assignment(part, parts[0], node)
            case _:
                yield from self._owned(node)
                yield self._plainly(node)

    def _owned(self, node: ast.stmt) -> Iterator[ast.stmt]:
        """A copy of what a statement changes in place, where it comes from outside.

        Raises:
            Refused: What is changed is an entry of something from outside, or carries a gradient into the
                next round of the loop.
        """
        for changed in ex.changed(node):
            name = ex.root(changed)
            if isinstance(self.locals.get(name), str) or name in ("", "self") or self.callees.stands(name):
                continue
            if isinstance(self.locals.get(name), Thing) or not isinstance(changed, ast.Name):
                raise Refused(f"{ast.unparse(changed)} is changed in place", node.lineno)
            added = node.value if isinstance(node, ast.AugAssign) else None
            if added is not None and not self.silent and not self._pure(self._probe(added)):
                raise Refused(f"{name} is carried from one round of the loop to the next", node.lineno)
            made = self.expression(ast.Name(name, ast.Load()))
            yield self._bind(
                ast.Name(name, ast.Store()), ast.Call(ast.Attribute(made, "clone", ast.Load()), [], [])
            )

    def _probe(self, value: ast.expr) -> ast.expr:
        """`value` rewritten, without a trace of it."""
        kept = dict(self.entering), dict(self.keys), set(self.wrote)
        made = self.expression(value)
        names = {item.id for item in ast.walk(made) if isinstance(item, ast.Name)}
        carries = any(self.entering[name].kind == "network" for name in names if name in self.entering)
        self.entering, self.keys, self.wrote = kept
        return ast.Name("@network") if carries else made

    def _plainly(self, node: ast.stmt) -> ast.stmt:
        """A statement whose expressions are rewritten where they stand."""
        if isinstance(node, ast.FunctionDef):
            self.locals[node.name] = node.name
            own = {arg.arg for arg in (*node.args.args, *node.args.kwonlyargs)}
            made = copy.deepcopy(node)
            made.body = [self._inner(item, own) for item in node.body]
            made.decorator_list, made.returns = [], None
            return made
        return self._inner(node, set())

    def _inner(self, node: ast.stmt, own: set[str]) -> ast.stmt:
        stored = {
            item.id
            for item in ast.walk(node)
            if isinstance(item, ast.Name) and isinstance(item.ctx, ast.Store)
        }
        outer, self.bound = self.bound, self.bound | own
        for name in stored - self.bound:
            if isinstance(self.locals.get(name), Thing):
                raise Refused(f"{name} is changed in a way that is not followed", node.lineno)
            self.locals.setdefault(name, name)
            self.plain.discard(name)
        try:
            return self._visit(node)  # type: ignore[no-any-return]
        finally:
            self.bound = outer

    def _assignment(self, target: ast.expr, value: ast.expr, node: ast.stmt) -> Iterator[ast.stmt]:
        value, name = self._unmoved(value), ex.only(target)
        if isinstance(target, ast.Tuple | ast.List):
            if isinstance(value, ast.Tuple | ast.List) and len(value.elts) == len(target.elts):
                yield from self._paired(target, [self.expression(part) for part in value.elts])
                return
            if self._stays(value):
                yield from self._unpacked(target, value, node)
                return
        elif name in self.things and self._stays(value):
            kind, silent = self._kind(value)
            self.locals[name] = Thing(ast.unparse(value), kind, silent or self.silent, node.lineno)
            return
        elif self._is_opaque(value):
            kind, silent = self._kind(value)
            yield self._bind(target, self._argument(name, ast.unparse(value), kind, node, fresh=True))
            return
        made = self.expression(value)
        outside = name if name and name not in self.locals else ""
        yield from self._owned(node) if isinstance(target, ast.Subscript) else ()
        if outside in self.entering and outside in used(made) and not self.silent and not self._pure(made):
            raise Refused(f"{name} is carried from one round of the loop to the next", node.lineno)
        yield self._bind(target, made)

    def _paired(self, target: ast.Tuple | ast.List, made: list[ast.expr]) -> Iterator[ast.stmt]:
        """`a, b = x, y`, one by one unless a value uses a name that is given beside it."""
        given = {name.rpartition(".")[2] for part in target.elts for name in targets(part)}
        bound = [self._bind(part, new) for part, new in zip(target.elts, made, strict=True)]
        if any(used(new) & given for new in made):
            yield ast.Assign([self._visit(target)], ast.Tuple(made, ast.Load()))
        else:
            yield from bound

    def _unpacked(self, target: ast.Tuple | ast.List, value: ast.expr, node: ast.stmt) -> Iterator[ast.stmt]:
        kind, silent = self._kind(value)
        text = ast.unparse(value)
        for at, part in enumerate(target.elts):
            if isinstance(part, ast.Starred):
                raise Refused("a starred target takes several results", node.lineno)
            name = ex.only(part)
            if name == "_":
                continue
            if name in self.things:
                self.locals[name] = Thing(f"{text}[{at}]", kind, silent or self.silent, node.lineno)
                continue
            made = self._argument(name, f"{text}[{at}]", kind, node, fresh=True, silent=silent)
            yield self._bind(part, made)

    def _bind(self, target: ast.expr, value: ast.expr) -> ast.stmt:
        """`target = value`, an attribute of `self` as a name of its own."""
        pure = self._pure(value)
        for name in targets(target):
            self.locals[name] = name.rpartition(".")[2]
            self.wrote.add(name.rpartition(".")[2])
            (self.plain.add if pure else self.plain.discard)(name)
        return ast.Assign([self._visit(target)], value)

    def _pure(self, value: ast.expr) -> bool:
        """Whether a value depends on no result of a network."""
        names = {item.id for item in ast.walk(value) if isinstance(item, ast.Name)}
        if "@network" in names:
            return False
        by_local = {new: old for old, new in self.locals.items() if isinstance(new, str)}
        for name in names:
            entered = self.entering.get(name)
            if name in by_local and by_local[name] not in self.plain and name in self.wrote:
                return False
            if entered is not None and entered.kind == "network":
                return False
        return True

    # What stays a letter.

    def _unmoved(self, value: ast.expr) -> ast.expr:
        while (
            isinstance(value, ast.Call)
            and self.callees.kind(value) == "moved"
            and calls.moved(value) is not value
        ):
            value = calls.moved(value)
        return value

    def _stays(self, value: ast.expr) -> bool:
        """Whether a value as a whole comes from outside."""
        return self._is_opaque(value) or self._chain_root(value) is not None

    def _is_opaque(self, value: ast.expr) -> bool:
        if isinstance(value, ast.Await):
            return self._is_opaque(value.value)
        if not isinstance(value, ast.Call):
            return False
        kind = self.callees.kind(value)
        if (
            kind == "computed"
            and isinstance(value.func, ast.Attribute)
            and not self.callees.library(value.func)
        ):
            owner = self._unmoved(value.func.value)
            return isinstance(owner, ast.Name) and isinstance(self.locals.get(owner.id), Thing)
        if kind == "computed" and self.callees.defined(value.func) is not None:
            given = [*value.args, *(word.value for word in value.keywords)]
            return any(isinstance(self.locals.get(dotted(item)), Thing) for item in given)
        return kind == "opaque"

    def _kind(self, value: ast.expr) -> tuple[str, bool]:
        """Whether a network gave a value, and whether without a gradient."""
        root = ex.root(value)
        thing = self.locals.get(root)
        if isinstance(thing, Thing):
            return thing.kind, thing.silent
        if not isinstance(value, ast.Call) and not any(
            isinstance(item, ast.Call) for item in ast.walk(value)
        ):
            return "input", False
        known = any(
            name in self.callees.networks
            for item in ast.walk(value)
            if isinstance(item, ast.Call)
            for name in ex.prefixes(dotted(item.func))
        )
        carried = used(value) & {name for name in self.locals if name not in self.plain}
        return "network" if known or root == "self" or carried else "input", False

    def _chain_root(self, node: ast.expr) -> str | None:
        """The root of an attribute or entry of something from outside; None for anything else."""
        inner = node
        while isinstance(inner, ast.Attribute | ast.Subscript):
            if isinstance(inner, ast.Attribute):
                if inner.attr in TENSOR_FACTS and not dotted(inner).startswith("self."):
                    return None
                if dotted(inner) in self.locals and isinstance(self.locals[dotted(inner)], str):
                    return None
            elif used(inner.slice) & {name for name in self.locals if name not in self.plain}:
                return None
            inner = inner.value
        if isinstance(inner, ast.Call):
            constant = isinstance(node, ast.Attribute | ast.Subscript)
            return dotted(inner.func) if constant and self._is_opaque(inner) else None
        if not isinstance(inner, ast.Name) or inner.id in self.bound:
            return None
        if inner.id in self.locals:
            return inner.id if isinstance(self.locals[inner.id], Thing) else None
        return None if self.callees.stands(inner.id) else inner.id

    def _argument(
        self,
        name: str,
        text: str,
        kind: str,
        node: ast.AST,
        why: str = "",
        *,
        fresh: bool = False,
        silent: bool = False,
        default: Any = OPEN,
    ) -> ast.expr:
        """The argument that stands for `text`, without its gradient where none is taken."""
        root = self.locals.get(text.partition(".")[0].partition("[")[0])
        key = (text, root.version if isinstance(root, Thing) else 0)
        if fresh or key not in self.keys:
            stem = ex.identifier(name)
            # A bare name that is read before the script gives it a new value keeps its name.
            clash = self.wrote if fresh or text == name else self.reserved
            taken = {*clash, *self.entering}
            while self.callees.stands(stem) or stem in taken:
                head, _, number = stem.rpartition("_")
                stem = f"{head}_{int(number) + 1}" if number.isdigit() and head else f"{stem}_2"
            line = getattr(node, "lineno", 0)
            self.entering[stem] = Entering(stem, text, kind, line, default, why)
            if fresh:
                self.wrote.add(stem)
                return ex.detached(ast.Name(stem, ast.Load())) if silent else ast.Name(stem, ast.Load())
            self.keys[key] = stem
        made = ast.Name(self.keys[key], ast.Load())
        return ex.detached(made) if silent and kind != "setting" else made

    # Expressions.

    def expression(self, node: ast.expr) -> ast.expr:
        """`node` with an argument for everything that comes from outside."""
        return self._visit(node)  # type: ignore[no-any-return]

    def _visit(self, node: Any) -> Any:
        if isinstance(node, ast.expr):
            found = self._value(node)
            if found is not None:
                return ast.copy_location(found, node)
        made = copy.copy(node)
        for name, value in ast.iter_fields(node):
            if isinstance(value, list):
                setattr(
                    made, name, [self._visit(item) if isinstance(item, ast.AST) else item for item in value]
                )
            elif isinstance(value, ast.AST):
                setattr(made, name, self._visit(value))
        return made

    def _value(self, node: ast.expr) -> ast.expr | None:
        if isinstance(node, ast.Subscript) and isinstance(node.ctx, ast.Store):
            return ast.Subscript(self._visit(node.value), self._visit(node.slice), ast.Store())
        if isinstance(node, ast.Name | ast.Attribute) and isinstance(node.ctx, ast.Store):
            return ast.Name(last(dotted(node)), ast.Store()) if dotted(node).startswith("self.") else None
        written = dotted(node)
        if written in self.locals and isinstance(self.locals[written], str) and written not in self.bound:
            return ast.Name(str(self.locals[written]), ast.Load())
        if ex.root(node) not in self.locals and ex.root(node) not in self.bound:
            setting = self.choices.named(node)
            if setting:
                return self._argument(
                    setting, ast.unparse(node), "setting", node, default=self.choices.default(node)
                )
        if self._chain_root(node) is not None:
            kind, silent = self._kind(node)
            return self._argument(ex.stem(node), ast.unparse(node), kind, node, silent=silent)
        if isinstance(node, ast.Call):
            return self._call(node)
        if isinstance(node, ast.ListComp | ast.GeneratorExp | ast.SetComp | ast.DictComp | ast.Lambda):
            return self._scoped(node)
        return None

    def _call(self, node: ast.Call) -> ast.expr | None:
        kind = self.callees.kind(node)
        if kind == "moved" and calls.moved(node) is not node:
            inner = self.expression(calls.moved(node))
            return ex.detached(inner) if last(dotted(node.func)) == "numpy" else inner
        if self._is_opaque(node):
            made, silent = self._kind(node)
            return self._argument(ex.stem(node), ast.unparse(node), made, node, fresh=True, silent=silent)
        if isinstance(node.func, ast.Attribute) and node.func.attr == "item" and not node.args:
            return ex.detached(self.expression(node.func.value))
        words = [
            ast.keyword(word.arg, self.expression(word.value))
            for word in node.keywords
            if word.arg not in _PLACED
        ]
        if (made_loss := self.callees.loss(node.func)) is not None:
            function: ast.expr = self._constructor(made_loss)
        elif isinstance(node.func, ast.Attribute) and not self.callees.library(node.func):
            function = ast.Attribute(self.expression(node.func.value), node.func.attr, ast.Load())
        else:
            function = self._visit(node.func)
        return ast.Call(function, [self.expression(part) for part in node.args], words)

    def _constructor(self, call: ast.Call) -> ast.expr:
        calls.check_spelled_out(call)
        words = [ast.keyword(word.arg, self.expression(word.value)) for word in call.keywords]
        return ast.Call(copy.deepcopy(call.func), [self.expression(part) for part in call.args], words)

    def _scoped(self, node: Any) -> ast.expr:
        for item in ast.walk(node):
            if isinstance(item, ast.Call) and self._is_opaque(item):
                raise Refused("a network is called in a comprehension", node.lineno)
        own = {
            item.id
            for item in ast.walk(node)
            if isinstance(item, ast.Name) and isinstance(item.ctx, ast.Store)
        }
        own |= {item.arg for item in ast.walk(node) if isinstance(item, ast.arg)}
        outer, self.bound = self.bound, self.bound | own
        try:
            made = copy.copy(node)
            for name, value in ast.iter_fields(node):
                if isinstance(value, list):
                    setattr(made, name, [self._visit(item) for item in value])
                elif isinstance(value, ast.AST):
                    setattr(made, name, self._visit(value))
            return made  # type: ignore[no-any-return]
        finally:
            self.bound = outer
