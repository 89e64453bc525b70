"""What names stand for and what calls give: the half of the interpreter that knows functions."""

import ast
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from paperback.code.equations import autograd, groups, objects
from paperback.code.equations import expressions as ex
from paperback.code.equations.builtin import call_builtin
from paperback.code.equations.form import Expr
from paperback.code.equations.given import Callback, Settings, call_back, setting
from paperback.code.equations.library import call_layer, call_library, library_value
from paperback.code.equations.machine import Context, Frame, Parameter, Partial, Returned, Super
from paperback.code.equations.pointwise import tensor
from paperback.code.equations.sizes import Misfit, Unknown
from paperback.code.equations.sources import Defined, Imported, Lib, Sources
from paperback.code.equations.values import MOST_DEPTH, Class, Func, Layer, Method, Obj, Record

_BUILTINS = """len range float int bool str sum max min abs isinstance hasattr getattr tuple list dict zip
enumerate print type super callable round pow any all sorted reversed map set setattr object
ValueError NotImplementedError TypeError RuntimeError Exception slice AssertionError KeyError id
vars dir property staticmethod iter next"""
BUILTINS = frozenset(_BUILTINS.split())
_OF_NUMBERS = "ceil cos exp floor log pow sin sqrt tanh"
OF_NUMBERS = frozenset(f"{library}.{name}" for library in ("math", "numpy") for name in _OF_NUMBERS.split())


@dataclass(slots=True)
class Calls:
    """Names, attributes and calls.

    Attributes:
        decide: Which arm a condition on symbols takes.
        ranges: Index variables of the loops that are being summarised.
        plain_names: Whether assigned values stay inline instead of getting a name.
    """

    sources: Sources
    record: Record
    decide: Callable[[Expr], bool]
    ranges: tuple[tuple[str, Expr], ...] = ()
    plain_names: bool = False
    globals: dict[tuple[str, str], Any] = field(default_factory=dict)

    def run(self, body: list[ast.stmt], frame: Frame) -> None:
        raise NotImplementedError

    def value(self, node: ast.expr, frame: Frame) -> Any:
        raise NotImplementedError

    def statement(self, node: ast.stmt, frame: Frame) -> None:
        raise NotImplementedError

    def assign(self, target: ast.expr, value: Any, frame: Frame, *, accumulated: bool = False) -> None:
        raise NotImplementedError

    def true(self, test: ast.expr, frame: Frame) -> bool:
        raise NotImplementedError

    def items(self, parts: list[ast.expr], frame: Frame) -> list[Any]:
        raise NotImplementedError

    def silenced(self, value: Any) -> Any:
        raise NotImplementedError

    def holds(self, value: Any) -> bool:
        return ex.truth(self.record, value, self.decide)

    def name(self, name: str, frame: Frame) -> Any:
        if name in frame.names:
            found = frame.names[name]
            if isinstance(found, Unknown):
                raise found
            return found
        resolved = self.sources.resolve(frame.file, name)
        if isinstance(resolved, Lib):
            return library_value(resolved)
        if isinstance(resolved, Imported):
            return resolved
        if isinstance(resolved, Defined):
            return self.defined(resolved)
        if name in BUILTINS:
            return Lib(f"builtins.{name}")
        raise Unknown(f"the name {name}")

    def defined(self, found: Defined) -> Any:
        match found.node:
            case ast.FunctionDef():
                return Func(found.node, found.file)
            case ast.ClassDef():
                return Class(found.node, found.file)
            case ast.Assign(value=value) | ast.AnnAssign(value=value) if value is not None:
                key = (str(found.file.path), found.name)
                if key not in self.globals:
                    frame = Frame(found.file, {})
                    self.globals[key] = Unknown(f"the global {found.name}")
                    self.assign(
                        found.node.targets[0] if isinstance(found.node, ast.Assign) else found.node.target,
                        self.value(value, frame),
                        frame,
                    )
                    self.globals[key] = frame.names.get(found.name)
                if self.record.numbers and isinstance(self.globals[key], int | float):
                    self.record.assume(f"{found.name} = {self.globals[key]!r}")
                return self.globals[key]
        raise Unknown(f"the name {found.name}")

    def attribute(self, value: Any, name: str) -> Any:
        if isinstance(value, Obj):
            return objects.member(self, value, name)
        if isinstance(value, Class):
            return objects.class_member(self, value, name)
        if isinstance(value, Imported):
            found = self.sources.resolve(value.file, name)
            if isinstance(found, Defined):
                return self.defined(found)
            if found is None:
                inner = self.sources.module(f"{value.file.module}.{name}")
                if inner is not None:
                    return Imported(inner)
                raise Unknown(f"the name {value.file.module}.{name}")
            return found
        if isinstance(value, Settings):
            return setting(self.record, value, name)
        if isinstance(value, groups.Optimizer | groups.Groups | groups.Group):
            return groups.member(value, name)
        if isinstance(value, Layer):
            return objects.layer_member(self, value, name)
        if isinstance(value, Context):
            return autograd.context_member(value, name)
        if isinstance(value, Super):
            return Method(value, name)
        found = ex.attribute(self.record, value, name)
        return library_value(found) if isinstance(found, Lib) else found

    def call(self, node: ast.Call, frame: Frame) -> Any:
        if isinstance(node.func, ast.Name) and node.func.id == "super" and "super" not in frame.names:
            return Super(frame.owner, frame.this)
        function = self.value(node.func, frame)
        args = tuple(self.items(node.args, frame))
        options: dict[str, Any] = {}
        for keyword in node.keywords:
            found = self.value(keyword.value, frame)
            if keyword.arg is None:
                options |= found if isinstance(found, dict) else {}
            else:
                options[keyword.arg] = found
        self.record.step(node)
        return self.silenced(self.invoke(function, args, options))

    def invoke(self, function: Any, args: tuple[Any, ...], options: dict[str, Any]) -> Any:
        """The value of a call."""
        match function:
            case Func():
                return self.call_function(function, args, options)
            case Class():
                return objects.instantiate(self, function, args, options)
            case Obj():
                return objects.call_object(self, function, args, options)
            case Layer() if self.ranges:
                return objects.written_layer(self, function, args, options)
            case Layer():
                return call_layer(self.record, function, args, options)
            case Method(value=Class() as value, name="apply"):
                return autograd.apply_autograd(self, value, args)
            case Method(value=value, name=name):
                return objects.call_named(self, value, name, args, options)
            case Lib(name=name) if name.startswith("builtins."):
                return call_builtin(self, function.last, args, options)
            case Lib(name=name) if self.record.numbers and name not in OF_NUMBERS:
                raise Unknown(f"{name} of numbers")
            case Lib(name="functools.partial"):
                return Partial(args[0], args[1:], options)
            case Partial():
                return self.invoke(
                    function.function, (*function.args, *args), {**function.options, **options}
                )
            case Callback():
                return call_back(self.record, function, (*args, *options.values()))
            case Lib() if function.last == "Parameter":
                return Parameter(tensor(args[0] if args else options["data"]))
            case Lib():
                return call_library(self.record, function, args, options)
        raise Unknown(f"a call of {type(function).__name__}")

    def call_function(self, function: Func, args: tuple[Any, ...], options: dict[str, Any]) -> Any:
        if self.record.depth > MOST_DEPTH:
            raise Unknown("calls nested too deep")
        names = dict(function.scope or {})
        given = (function.bound, *args) if function.bound is not None else args
        frame = Frame(function.file, names, function.owner, given[0] if given else None)
        self.bind(function, given, options, frame)
        if isinstance(function.node, ast.Lambda):
            return self.value(function.node.body, frame)
        silent = any("no_grad" in ast.unparse(item) for item in function.node.decorator_list)
        self.record.depth += 1
        self.record.silent += silent
        try:
            self.run(function.node.body, frame)
        except Returned as done:
            return self.silenced(done.value)
        finally:
            self.record.depth -= 1
            self.record.silent -= silent
        return None

    def bind(self, function: Func, given: tuple[Any, ...], options: dict[str, Any], frame: Frame) -> None:
        spec = function.node.args
        names = [item.arg for item in (*spec.posonlyargs, *spec.args)]
        if len(given) > len(names) and spec.vararg is None:
            raise Misfit("too many arguments")
        rest = dict(options)
        frame.names.update(zip(names, given, strict=False))
        if spec.vararg is not None:
            frame.names[spec.vararg.arg] = tuple(given[len(names) :])
        defaults = dict(zip(reversed(names), reversed(spec.defaults), strict=False))
        defaults |= {
            a.arg: d for a, d in zip(spec.kwonlyargs, spec.kw_defaults, strict=True) if d is not None
        }
        for name in (*names[len(given) :], *(item.arg for item in spec.kwonlyargs)):
            if name in rest:
                frame.names[name] = rest.pop(name)
            elif name in defaults:
                frame.names[name] = self.value(
                    defaults[name], Frame(function.file, dict(function.scope or {}))
                )
            else:
                raise Misfit(f"the argument {name} is missing")
        if spec.kwarg is not None:
            frame.names[spec.kwarg.arg] = rest
        elif rest:
            raise Misfit(f"the argument {next(iter(rest))} is not known")
