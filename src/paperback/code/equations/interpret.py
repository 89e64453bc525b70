"""The abstract interpreter: statements, scopes and calls of functions of the repository."""

import ast
from dataclasses import dataclass
from typing import Any

from paperback.code.equations import arithmetic as ar
from paperback.code.equations import branches, by_cases, entries, groups, loops, objects
from paperback.code.equations import expressions as ex
from paperback.code.equations.calls import Calls
from paperback.code.equations.form import Cmp, Sym, num, walk, weight
from paperback.code.equations.machine import Context, Frame, Jump, Raised, Returned
from paperback.code.equations.names import define
from paperback.code.equations.reductions import Pair
from paperback.code.equations.sizes import Misfit, Unknown
from paperback.code.equations.sources import Lib
from paperback.code.equations.tensor import Tensor, mapped
from paperback.code.equations.values import Func, Obj, number

SMALL = 9
CHECKS = ("check", "assert", "valid", "log", "warn", "print", "record")


@dataclass(slots=True)
class Interpreter(Calls):
    """Runs source text on symbolic values."""

    def run(self, body: list[ast.stmt], frame: Frame) -> None:
        for at, node in enumerate(body):
            self.record.step(node)
            if not (self.record.numbers and isinstance(node, ast.If)):
                self.statement(node, frame)
            elif self.chosen(node, body[at + 1 :], frame):
                return

    def chosen(self, node: ast.If, rest: list[ast.stmt], frame: Frame) -> bool:
        """A branch on numbers; whether `rest` was run after each of its arms."""
        cond = by_cases.condition(self, node.test, frame)
        if isinstance(cond, bool):
            self.run(node.body if cond else node.orelse, frame)
            return False
        return by_cases.run_both(self, cond, node, rest, frame)

    def statement(self, node: ast.stmt, frame: Frame) -> None:
        match node:
            case ast.Assign(targets=targets, value=value):
                found = self.value(value, frame)
                for target in sorted(targets, key=lambda item: not isinstance(item, ast.Name)):
                    self.assign(target, found, frame)
                    found = frame.names[target.id] if isinstance(target, ast.Name) else found
            case ast.AnnAssign(target=target, value=value):
                if value is not None:
                    self.assign(target, self.value(value, frame), frame)
            case ast.AugAssign(target=target, op=op, value=value):
                before = self.value(target, frame)
                self.alone(target, before, frame)
                after = ex.operate(self.record, op, before, self.value(value, frame))
                self.assign(target, after, frame, accumulated=True)
            case ast.Return(value=value):
                raise Returned(None if value is None else self.value(value, frame))
            case ast.If(test=test, body=then, orelse=other):
                cond = branches.on_round(self, test, frame)
                if cond is not None:
                    branches.run_both(self, cond, node, frame)
                else:
                    self.run(then if self.taken(node, frame) else other, frame)
            case ast.For():
                loops.run_for(self, node, frame)
            case ast.While():
                loops.run_while(self, node, frame)
            case ast.With(items=items, body=body):
                self.with_block(items, body, frame)
            case ast.Expr(value=value):
                self.bare(value, frame)
            case ast.FunctionDef(name=name):
                frame.names[name] = Func(node, frame.file, frame.names, None, frame.owner)
            case ast.Break() | ast.Continue():
                raise Jump(isinstance(node, ast.Break))
            case ast.Raise():
                raise Raised("the code raises an error for these arguments", self.record.unequal)
            case ast.Try(body=body, orelse=other, finalbody=final):
                self.run([*body, *other, *final], frame)
            case ast.Assert(test=test):
                self.asserted(test, frame)
            case ast.Global() | ast.Nonlocal() if self.record.numbers:
                raise Unknown("a function of numbers that changes what is around it")
            case ast.Pass() | ast.Delete() | ast.Global() | ast.Nonlocal():
                return
            case ast.Import() | ast.ImportFrom():
                self.local_import(node, frame)
            case _:
                raise Unknown(f"the statement {type(node).__name__}")

    def taken(self, node: ast.If, frame: Frame) -> bool:
        """Whether the first arm is run; one that only refuses what is not understood is not."""
        try:
            return self.true(node.test, frame)
        except Misfit:
            raise
        except Unknown:
            if self.record.numbers or not isinstance(node.body[-1], ast.Raise):
                raise
            self.record.assume("the code refuses none of the data")
            return False

    def asserted(self, test: ast.expr, frame: Frame) -> None:
        """What the code takes for granted of sizes and settings; of what is not understood, nothing.

        Raises:
            Raised: It does not hold for these arguments.
        """
        if self.record.numbers:
            self.record.assume("the assertions of the code hold")
            return
        match test:
            case ast.BoolOp(op=ast.And(), values=parts):
                for part in parts:
                    self.asserted(part, frame)
                return
            case ast.Compare(
                left=ast.BinOp(op=ast.Mod()) as rest, ops=[ast.Eq()], comparators=[ast.Constant(0)]
            ):
                whole, part = (self.value(item, frame) for item in (rest.left, rest.right))
                if isinstance(whole, Sym):
                    self.record.divisible.append((whole, number(part)))
                return
        try:
            value = self.value(test, frame)
        except Raised:
            raise
        except Unknown:
            return
        if value is False:
            raise Raised("an assertion of the code does not hold for these arguments")
        if isinstance(value, Cmp) and value.op == "==":
            raise Raised("an assertion of the code asks for equal sizes", (value.left, value.right))

    def alone(self, target: ast.expr, value: Any, frame: Frame) -> None:
        """A tensor that is changed in place changes under every name: no other may be read any more."""
        if not isinstance(value, Tensor):
            return
        own = target.id if isinstance(target, ast.Name) else ""
        for name, held in frame.names.items():
            if held is value and name != own:
                frame.names[name] = Unknown(f"{name}, which was changed in place under another name,")
        self.record.assume("a change in place touches no other tensor")

    def local_import(self, node: ast.Import | ast.ImportFrom, frame: Frame) -> None:
        for alias in node.names:
            if isinstance(node, ast.Import):
                frame.names[alias.asname or alias.name.partition(".")[0]] = Lib(alias.name)
            elif node.level:
                raise Unknown("a relative import inside a function")
            else:
                frame.names[alias.asname or alias.name] = Lib(f"{node.module}.{alias.name}")

    def with_block(self, items: list[ast.withitem], body: list[ast.stmt], frame: Frame) -> None:
        words = " ".join(ast.unparse(item.context_expr) for item in items)
        silent = "no_grad" in words or "inference_mode" in words or "set_grad_enabled(False)" in words
        if not silent and not any(
            word in words for word in ("autocast", "enable_grad", "record_function", "nullcontext")
        ):
            raise Unknown(f"the context {words}")
        self.record.silent += silent
        try:
            self.run(body, frame)
        finally:
            self.record.silent -= silent

    def bare(self, value: ast.expr, frame: Frame) -> None:
        """A call whose result is not used: an in-place change, a check or a message."""
        if isinstance(value, ast.Constant):
            return
        if isinstance(value, ast.Call):
            name = ast.unparse(value.func).rpartition(".")[2].lower()
            if any(word in name for word in CHECKS):
                self.checked(value, frame)
                return
        found = self.value(value, frame)
        if isinstance(value, ast.Call) and isinstance(value.func, ast.Attribute):
            attr = value.func.attr
            if attr.endswith("_") and not attr.endswith("__") and isinstance(found, Tensor):
                self.alone(value.func.value, self.value(value.func.value, frame), frame)
                self.assign(_stored(value.func.value), found, frame)

    def checked(self, value: ast.Call, frame: Frame) -> None:
        """A check may refuse the arguments; one that is not understood changes nothing."""
        try:
            self.value(value, frame)
        except Raised:
            raise
        except (Unknown, Returned, Jump):
            return

    def assign(self, target: ast.expr, value: Any, frame: Frame, *, accumulated: bool = False) -> None:
        match target:
            case ast.Name(id=name):
                frame.names[name] = self.kept(name, value) if not accumulated else self.silenced(value)
            case ast.Tuple(elts=parts) | ast.List(elts=parts):
                self.unpack(parts, value, frame)
            case ast.Attribute(value=inner, attr=attr):
                owner = self.value(inner, frame)
                if isinstance(owner, Obj):
                    owner.attrs[attr] = objects.attached(self, owner, attr, value, target.lineno)
                elif isinstance(owner, Context):
                    owner[attr] = value
                elif isinstance(owner, Tensor) and attr == "requires_grad" and isinstance(value, bool):
                    # A parameter keeps its name; the check asks for no gradient of one that has none.
                    if not value and isinstance(inner, ast.Name):
                        self.assign(_stored(inner), mapped(owner, ar.stop), frame)
                elif attr != "data":
                    raise Unknown(f"an assignment to the attribute {attr}")
                else:
                    self.assign(_stored(inner), value, frame)
            case ast.Subscript(value=inner, slice=key):
                self.write(inner, self.value(inner, frame), self.value(key, frame), value, frame)
            case ast.Starred():
                raise Unknown("a starred assignment")

    def unpack(self, parts: list[ast.expr], value: Any, frame: Frame) -> None:
        if isinstance(value, Tensor) and value.axes:
            from paperback.code.equations import reshape as rs

            items = [rs.take(value, 0, num(n + 1)) for n in range(len(parts))]
            if value.axes[0].size != num(len(parts)):
                raise Misfit("unpacking of another number of entries")
        else:
            items = ex.iterate(self.record, value)
        if any(isinstance(part, ast.Starred) for part in parts):
            at = next(n for n, part in enumerate(parts) if isinstance(part, ast.Starred))
            after = len(parts) - at - 1
            middle = items[at : len(items) - after]
            starred = parts[at]
            assert isinstance(starred, ast.Starred)
            self.assign(starred.value, middle, frame)
            parts, items = parts[:at] + parts[at + 1 :], items[:at] + items[len(items) - after :]
        if len(items) != len(parts):
            raise Misfit(f"unpacking of {len(items)} values into {len(parts)} names")
        for part, item in zip(parts, items, strict=True):
            if isinstance(item, Unknown):
                if isinstance(part, ast.Name) and part.id.startswith("_"):
                    continue
                raise item
            self.assign(part, item, frame)

    def write(self, inner: ast.expr, value: Any, key: Any, new: Any, frame: Frame) -> None:
        """`value[key] = new`: a new version of the tensor, or a changed container."""
        if isinstance(value, groups.Group):
            groups.write(self.record, value, key, new)
            return
        if self.record.numbers and not any(held is value for held in frame.names.values()):
            raise Unknown("a function of numbers that changes what is around it")
        if isinstance(value, dict):
            value[key] = new
            return
        if isinstance(value, list):
            value[key] = new
            return
        if not isinstance(value, Tensor):
            raise Unknown("an assignment to an entry")
        self.alone(inner, value, frame)
        self.assign(_stored(inner), entries.written(self.record, value, key, new), frame)

    def silenced(self, value: Any) -> Any:
        if isinstance(value, Tensor) and self.record.silent and value.dtype != "bool":
            return mapped(value, ar.stop)
        if isinstance(value, tuple | list) and self.record.silent and not isinstance(value, Pair):
            return type(value)(self.silenced(item) for item in value)
        return value

    def kept(self, name: str, value: Any) -> Any:
        """`value` as a named intermediate where it is more than a word long."""
        value = self.silenced(value)
        if not isinstance(value, Tensor) or value.dtype != "float" or self.plain_names:
            return value
        if weight(value.body) <= SMALL:
            return value
        if any(isinstance(item, Sym) and item.name.startswith("@carried") for item in walk(value.body)):
            return value
        return define(self.record, name, value, self.ranges)

    def true(self, test: ast.expr, frame: Frame) -> bool:
        if isinstance(test, ast.BoolOp):
            return self.boolean(test, frame)
        return ex.truth(self.record, self.value(test, frame), self.decide)

    def boolean(self, test: ast.BoolOp, frame: Frame) -> bool:
        each = (self.true(part, frame) for part in test.values)
        return all(each) if isinstance(test.op, ast.And) else any(each)

    def value(self, node: ast.expr, frame: Frame) -> Any:
        self.record.step(node)
        match node:
            case ast.Constant(value=value):
                return value
            case ast.Name(id=name):
                return self.name(name, frame)
            case ast.BinOp(left=left, op=op, right=right):
                return ex.operate(self.record, op, self.value(left, frame), self.value(right, frame))
            case ast.UnaryOp(op=unary, operand=operand):
                if isinstance(unary, ast.Not):
                    return not self.true(operand, frame)
                return ex.unary(self.record, unary, self.value(operand, frame), self.decide)
            case ast.Compare():
                return self.compare(node, frame)
            case ast.BoolOp():
                return self.either(node, frame)
            case ast.IfExp() if self.record.numbers:
                return by_cases.choice(self, node, frame)
            case ast.IfExp(test=test, body=then, orelse=other):
                cond = branches.on_round(self, test, frame)
                if cond is not None:
                    return branches.either(cond, self.value(then, frame), self.value(other, frame))
                return self.value(then if self.true(test, frame) else other, frame)
            case ast.Attribute(value=inner, attr=attr):
                return self.attribute(self.value(inner, frame), attr)
            case ast.Subscript(value=inner, slice=key):
                return ex.subscript(self.record, self.value(inner, frame), self.value(key, frame))
            case ast.Call():
                return self.call(node, frame)
            case ast.Tuple(elts=parts):
                return tuple(self.items(parts, frame))
            case ast.List(elts=parts) | ast.Set(elts=parts):
                return list(self.items(parts, frame))
            case ast.Dict(keys=keys, values=values):
                return {
                    self.value(k, frame): self.value(v, frame) for k, v in zip(keys, values, strict=True) if k
                }
            case ast.Slice(lower=lower, upper=upper, step=step):
                return slice(
                    *(None if part is None else self.value(part, frame) for part in (lower, upper, step))
                )
            case ast.Lambda():
                return Func(node, frame.file, frame.names, None, frame.owner)
            case ast.ListComp() | ast.GeneratorExp():
                return loops.comprehension(self, node, frame)
            case ast.JoinedStr(values=parts):
                return self.text(parts, frame)
            case ast.Starred(value=inner):
                return self.value(inner, frame)
            case ast.NamedExpr(target=target, value=value):
                found = self.value(value, frame)
                self.assign(target, found, frame)
                return found
        raise Unknown(f"the expression {type(node).__name__}")

    def text(self, parts: list[ast.expr], frame: Frame) -> str:
        """A string with the values of whole numbers and words in it; any other is as good as a word."""
        found = [part.value if isinstance(part, ast.FormattedValue) else part for part in parts]
        try:
            values = [self.value(part, frame) for part in found]
        except Unknown:
            return "text"
        return "".join(str(item) if isinstance(item, str | int) else "text" for item in values)

    def items(self, parts: list[ast.expr], frame: Frame) -> list[Any]:
        found: list[Any] = []
        for part in parts:
            if isinstance(part, ast.Starred):
                found += ex.iterate(self.record, self.value(part.value, frame))
            else:
                found.append(self.value(part, frame))
        return found

    def compare(self, node: ast.Compare, frame: Frame) -> Any:
        left, result = self.value(node.left, frame), True
        for op, right_node in zip(node.ops, node.comparators, strict=True):
            right = self.value(right_node, frame)
            found = ex.compare_values(self.record, op, left, right)
            if len(node.ops) == 1:
                return found
            result = result and ex.truth(self.record, found, self.decide)
            left = right
        return result

    def either(self, node: ast.BoolOp, frame: Frame) -> Any:
        """`a or b` gives one of its values, as Python does."""
        value: Any = None
        for part in node.values:
            value = self.value(part, frame)
            holds = ex.truth(self.record, value, self.decide)
            if holds != isinstance(node.op, ast.And):
                return value
        return value


def _stored(target: ast.expr) -> ast.expr:
    if not isinstance(target, ast.Name | ast.Attribute | ast.Subscript):
        raise Unknown("a change in place of something without a name")
    return target
