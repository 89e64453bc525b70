"""From the name of a function or class to an equation: typings are tried until one fits."""

import ast
import re
import time
from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from paperback.code.equations import arithmetic as ar
from paperback.code.equations import groups, objects, schedules, write
from paperback.code.equations.derivation import Derivation
from paperback.code.equations.evaluate import World, evaluate
from paperback.code.equations.form import Cmp, Expr, Real, Sym, num, walk
from paperback.code.equations.given import PRIMES, Callback, Settings, defaults_of, flags, probe
from paperback.code.equations.interpret import Interpreter
from paperback.code.equations.machine import Context, Returned
from paperback.code.equations.pointwise import tensor
from paperback.code.equations.repair import Mended
from paperback.code.equations.sizes import Misfit, Unknown
from paperback.code.equations.slice import module_name, sliced
from paperback.code.equations.sources import Defined, SourceFile, Sources, of_arrays
from paperback.code.equations.tape import leaf
from paperback.code.equations.tensor import Tensor, mapped, named, scalar
from paperback.code.equations.traced import Output, Traced
from paperback.code.equations.typings import Guess, Typing, signature, typings
from paperback.code.equations.values import Class, Func, Hyper, Input, Record
from paperback.errors import ReadError, near_miss
from paperback.source import Source, digest, relative

SECONDS = 4.0
METHODS = ("forward", "__call__", "call", "loss", "compute_loss")


@dataclass(frozen=True, slots=True)
class Target:
    """What is derived: a function, or a class with the method that is called."""

    file: SourceFile
    node: ast.FunctionDef | ast.ClassDef
    method: str = ""


def derive(path: Path, name: str, *, root: Path) -> Derivation:
    """The equation of the function or class `name` in the file `path`, under the first typing that fits.

    Nothing of the repository is imported or run.

    Args:
        path: A Python file.
        name: `function`, `Class` (then its forward pass) or `Class.method`.
        root: The repository; places are relative to it, and its modules are read where they are imported.

    Returns:
        The equation with its symbols and assumptions; where an operation is not understood, the reason.

    Raises:
        ReadError: The file cannot be read, or has no such name.
    """
    return next(derive_all(path, name, root=root))


def derive_all(path: Path, name: str, *, root: Path, most: int = 6) -> Iterator[Derivation]:
    """Derivations under different typings, likeliest first; at least one, which may be a fallback."""
    sources = Sources(root)
    target = find(sources, path, name)
    source = Source(_place(path, root), target.node.lineno, name, digest(target.file.data))
    worst: tuple[int, str] | None = None
    seen: set[tuple[str, ...]] = set()
    files = sliced(sources, target.file, target.node.name)
    started, found = time.process_time(), 0
    mended = Mended()
    for typing in mended.among(_readings(sources, target, seen)):
        try:
            traced = trace(sources, target, typing)
            made = write.written(
                traced, name=name, source=source, files=files, module=module_name(target.file)
            )
            if made.equations not in seen:
                seen.add(made.equations)
                found += 1
                yield made
        except (
            Exception
        ) as error:  # arbitrary source text: what fails under one typing may pass under the next
            worst = _deeper(worst, error, likely=schedules.of_numbers(typing))
            mended.failed(typing, error)
        if found >= most or time.process_time() - started > SECONDS:
            break
    if not found:
        yield Derivation(name, "fallback", reason=_reason(worst), source=source)


def _readings(sources: Sources, target: Target, seen: Collection[Any]) -> Iterator[Typing]:
    """What the arguments may be: numbers where the target is a schedule; where none was seen so, tensors."""
    schedule = schedules.schedule(target.node) if isinstance(target.node, ast.FunctionDef) else None
    if schedule is not None:
        yield from schedules.readings(schedule)
        if seen or schedule.optimizers:
            return
    yield from typings(_signature(sources, target))


def _place(path: Path, root: Path) -> str:
    try:
        return relative(path.resolve(), root.resolve())
    except ValueError:
        return path.name


def _deeper(worst: tuple[int, str] | None, error: Exception, *, likely: bool) -> tuple[int, str]:
    """The failure that came furthest; a misfit of shapes says less than an unknown operation."""
    words = str(error) if isinstance(error, Unknown) else f"{type(error).__name__}: {error}"
    line = getattr(error, "line", 0)
    rank = (1 if isinstance(error, Misfit) else 10_000) + line + 1_000_000 * likely
    shown = f"{words} (line {line})" if line else words
    return max(worst, (rank, shown), key=lambda item: item[0]) if worst else (rank, shown)


def _reason(worst: tuple[int, str] | None) -> str:
    return f"not understood: {worst[1]}" if worst else "there is nothing to derive"


def find(sources: Sources, path: Path, name: str) -> Target:
    """The definition of `name`.

    Raises:
        ReadError: The file has no function or class of that name.
    """
    file = sources.load(path)
    top, _, method = name.partition(".")
    node = file.names.get(top)
    if not isinstance(node, ast.FunctionDef | ast.ClassDef):
        known = [key for key, item in file.names.items() if isinstance(item, ast.FunctionDef | ast.ClassDef)]
        raise ReadError(f"{path.name}: no function or class {top!r}", mend=near_miss(top, known))
    return Target(file, node, method)


def _methods(sources: Sources, target: Target) -> tuple[Class, str, ast.FunctionDef, ast.FunctionDef | None]:
    """The class, the method that is called, and its constructor."""
    assert isinstance(target.node, ast.ClassDef)
    cls = Class(target.node, target.file)
    it = Interpreter(sources, Record(), lambda _: True)
    names = (target.method,) if target.method else METHODS
    for name in names:
        found = objects.find_method(it, cls, name)
        if found is not None and isinstance(found[1], ast.FunctionDef):
            init = objects.find_method(it, cls, "__init__")
            return cls, name, found[1], init[1] if init and isinstance(init[1], ast.FunctionDef) else None
    raise Unknown(f"{target.node.name} has none of the methods {', '.join(names)}")


def _signature(sources: Sources, target: Target) -> Any:
    if isinstance(target.node, ast.FunctionDef):
        return signature([target.node], "", init=None)
    cls, _, method, init = _methods(sources, target)
    it = Interpreter(sources, Record(), lambda _: True)
    own = [
        n for n in target.node.body if isinstance(n, ast.FunctionDef) and n is not method and n is not init
    ]
    doc = ast.get_docstring(target.node) or ""
    static = objects.is_autograd(it, cls)
    return signature([method, *own], doc, init=None if static else init)


def trace(sources: Sources, target: Target, typing: Typing) -> Traced:
    """What the target computes under `typing`.

    Raises:
        Unknown: An operation is not understood or the typing does not fit.
    """
    letters = {part.name for guess in typing.guesses.values() for axis in guess.axes
               for part in walk(size_of(axis)) if isinstance(part, Sym)}  # fmt: skip
    numbers = schedules.of_numbers(typing)
    record = Record(
        arrays=of_arrays(target.file) and not numbers, letters=frozenset(letters), numbers=numbers
    )
    conditions: list[Expr] = []
    it = Interpreter(sources, record, lambda cond: _decide(record, conditions, cond))
    try:
        return _traced(it, target, typing, conditions)
    except Returned:
        raise Unknown("a return outside a function") from None
    except Exception as error:
        error.line = record.line  # type: ignore[attr-defined]
        raise


def _traced(it: Interpreter, target: Target, typing: Typing, conditions: list[Expr]) -> Traced:
    made = {
        name: _argument(it, name, guess, target)
        for name, guess in typing.guesses.items()
        if guess.role != "default"
    }
    given = {name: value for name, value in made.items() if not name.startswith("init.")}
    built = {name[5:]: value for name, value in made.items() if name.startswith("init.")}
    if isinstance(target.node, ast.FunctionDef):
        value = it.call_function(Func(target.node, target.file), (), given)
        if it.record.numbers:
            return _schedule(it.record, value, target.node, typing)
        return Traced(
            "function", target.node.name, "", typing, it.record, _outputs(value, target.node), conditions
        )
    cls, name, method, _ = _methods(it.sources, target)
    if objects.is_autograd(it, cls):
        return _autograd(it, cls, method, given, typing, conditions)
    made_object = objects.instantiate(it, cls, (), built)
    function = objects.member(it, made_object, name)
    value = it.invoke(function, (), given)
    return Traced("class", target.node.name, name, typing, it.record, _outputs(value, method), conditions)


def _schedule(record: Record, value: Any, node: ast.FunctionDef, typing: Typing) -> Traced:
    """What a function of numbers returns; where that is nothing, what it writes for an optimizer."""
    place, value = ("", value) if value is not None else groups.result(record)
    found = _outputs(value, node)
    if len(found) == 1:
        found = (replace(found[0], name=place.rpartition(".")[2]),)
    return Traced("schedule", node.name, place, typing, record, found, [])


def _argument(it: Interpreter, name: str, guess: Guess, target: Target) -> Any:
    """The symbolic value of one argument."""
    bare = name.removeprefix("init.")
    role = "constructor" if name.startswith("init.") else "argument"
    if guess.role == "constant":
        if guess.value is not None or role == "argument":
            it.record.assume(f"{bare} left out" if guess.value is None else f"{bare} = {guess.value!r}")
        return guess.value
    if guess.role == "size":
        return Sym(guess.axes[0])
    if guess.role == "optimizer":
        return groups.Optimizer(bare)
    if guess.role in ("real", "whole", "number"):
        whole = guess.role == "whole"
        key = it.record.unique(f"{bare}_2" if bare in it.record.letters else bare)
        it.record.hypers[key] = Hyper(
            key, num(probe(guess, whole, len(it.record.hypers))).value, whole, name, role
        )
        return Sym(key) if whole else Real(key)
    if guess.role == "settings":
        return _settings(it, name, guess, target)
    if guess.role == "callable":
        return Callback(bare)
    sizes = tuple(map(size_of, guess.axes))
    if guess.role in ("tuple", "list"):
        if guess.role == "list":
            it.record.assume(f"{bare} holds {len(guess.value)} tensors")
        return tuple(
            _part(it, part, sizes, Input(part, sizes, "real", None, f"{name}.{at}", role))
            for at, part in enumerate(guess.value)
        )
    key = it.record.unique(f"{bare}_2" if bare in it.record.letters else bare)
    upto = guess.value or ("K" if "C" in guess.axes else "C")
    classes = Sym(upto) if guess.kind == "label" else None
    it.record.inputs[key] = Input(key, sizes, guess.kind, classes, name, role)
    return entry(key, sizes, guess.kind)


def _part(it: Interpreter, name: str, sizes: tuple[Expr, ...], given: Input) -> Tensor:
    key = it.record.unique(f"{name}_2" if name in it.record.letters else name)
    it.record.inputs[key] = replace(given, name=key)
    return named(key, sizes)


def _settings(it: Interpreter, name: str, guess: Guess, target: Target) -> Settings:
    """An object that holds settings, with the defaults of its class where the annotation names it."""
    made = Settings(name, guess.value, flags=flags(target.node))
    for node in ast.walk(target.node):
        if isinstance(node, ast.arg) and node.arg == name.removeprefix("init.") and node.annotation:
            found = it.sources.resolve(target.file, ast.unparse(node.annotation))
            if isinstance(found, Defined) and isinstance(found.node, ast.ClassDef):
                made.defaults = defaults_of(Class(found.node, found.file))
    it.record.settings[name] = made.read
    return made


def size_of(letter: str) -> Expr:
    """The size that a documented axis such as `T`, `3` or `T+1` has."""
    if letter.isdigit():
        return num(int(letter))
    stem, sign, shift = re.fullmatch(r"(\w+)([+-]?)(\d*)", letter).groups()  # type: ignore[union-attr]
    return ar.add(Sym(stem), num(int(sign + shift))) if sign else Sym(stem)


def entry(key: str, sizes: tuple[Expr, ...], kind: str) -> Tensor:
    """A tensor from outside; labels count from zero in the code and from one on paper."""
    if kind == "label":
        found = named(key, sizes, "int")
        return mapped(found, lambda body: ar.sub(body, num(1)))
    if kind == "mask":
        found = named(key, sizes, "bool")
        return mapped(found, lambda body: Cmp("!=", body, num(0)))
    return named(key, sizes)


def _decide(record: Record, conditions: list[Expr], cond: Expr) -> bool:
    """Whether a condition on symbols holds for their probes; it becomes an assumption."""
    if record.numbers:
        raise Unknown("a condition on numbers that is no branch")
    world = World({name: leaf(float(hyper.probe)) for name, hyper in record.hypers.items()})
    for item in walk(cond):
        if isinstance(item, Sym) and item.name not in world.scalars:
            world.scalars[item.name] = leaf(
                PRIMES[sum(map(ord, item.name)) % len(PRIMES)] * 7 + len(item.name)
            )
    holds = bool(evaluate(cond, world).value)
    stated = cond if holds else ar.negate(cond)
    if isinstance(stated, Cmp) and stated.op == "!=":
        record.unequal = stated.left, stated.right
    if stated not in conditions:
        conditions.append(stated)
    return holds


def _outputs(value: Any, node: ast.FunctionDef) -> tuple[Output, ...]:
    """The tensors that are returned, with the names the source gives them."""
    if isinstance(value, dict):
        items = [(str(key), item) for key, item in value.items()]
    elif isinstance(value, tuple | list):
        items = [(name, item) for name, item in zip(_returned(node, len(value)), value, strict=True)]
    else:
        items = [(_returned(node, 1)[0], value)]
    found = []
    for at, (name, item) in enumerate(items):
        if isinstance(item, bool | str | None):
            continue
        if isinstance(item, Expr | int | float):
            item = scalar(item) if not isinstance(item, Tensor) else item
        if isinstance(item, Tensor):
            found.append(
                Output(
                    name,
                    _as_numbers(item),
                    at if len(items) > 1 or isinstance(value, tuple | list | dict) else -1,
                )
            )
    if not found:
        raise Unknown("nothing numeric is returned")
    return tuple(found[:3])


def _as_numbers(item: Tensor) -> Tensor:
    found = tensor(item)
    if any(axis.cond is not None for axis in found.axes):
        raise Unknown("a result whose number of entries depends on the data")
    return found


def _returned(node: ast.FunctionDef, count: int) -> list[str]:
    names = [""] * count
    for item in ast.walk(node):
        if isinstance(item, ast.Return) and item.value is not None:
            parts = item.value.elts if isinstance(item.value, ast.Tuple) else [item.value]
            if len(parts) == count:
                names = [_stem(part) or old for part, old in zip(parts, names, strict=True)]
    return names


def _stem(node: ast.expr) -> str:
    while isinstance(node, ast.Call | ast.Attribute | ast.Subscript):
        node = node.func if isinstance(node, ast.Call) else node.value
    return node.id if isinstance(node, ast.Name) and node.id not in ("self", "torch", "F", "nn") else ""


def _autograd(
    it: Interpreter,
    cls: Class,
    method: ast.FunctionDef,
    given: dict[str, Any],
    typing: Typing,
    conditions: list[Expr],
) -> Traced:
    """Forward and backward of a custom autograd function as two outputs."""
    ctx = Context()
    forward = objects.class_member(it, cls, "forward")
    value = it.call_function(forward, (ctx, *given.values()), {})
    outputs = _outputs(value, method)
    if len(outputs) != 1:
        raise Unknown("a custom function with several results")
    upstream = it.record.unique("grad_output")
    it.record.inputs[upstream] = Input(upstream, outputs[0].value.shape, "real", None, "upstream", "upstream")
    slope = it.call_function(
        objects.class_member(it, cls, "backward"), (ctx, named(upstream, outputs[0].value.shape)), {}
    )
    slopes = slope if isinstance(slope, tuple) else (slope,)
    names = list(given)
    extra = tuple(
        Output(f"grad_{names[at]}", _as_numbers(item), at)
        for at, item in enumerate(slopes)
        if isinstance(item, Tensor) and at < len(names)
    )
    found = (Output(outputs[0].name, outputs[0].value, -1), *extra)
    return Traced("autograd", cls.node.name, "apply", typing, it.record, found, conditions)
