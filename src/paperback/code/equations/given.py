"""Arguments that are no tensors and no numbers: settings in one object, functions, tuples of tensors."""

import ast
import re
from dataclasses import dataclass, field
from typing import Any

from paperback.code.equations import arithmetic as ar
from paperback.code.equations.argument_names import is_scalar_name
from paperback.code.equations.form import Apply, Call, El, Expr, Lam, Real, Sym, num
from paperback.code.equations.pointwise import tensor
from paperback.code.equations.sizes import Unknown
from paperback.code.equations.tensor import Tensor, as_lam, mapped, place
from paperback.code.equations.typings import Guess
from paperback.code.equations.values import Class, Definition, Hyper, Record

# Sizes with many divisors apart, so that none is taken for another.
PRIMES = (101, 103, 107, 109, 113, 127, 131, 137, 139, 149)
_WORDS = re.compile(r"activation|act$|type|mode|freq|name|path|device|dtype|norm$|init$")
_SMALL = re.compile(r"drop|eps|rate|scale$|temp|alpha|beta|gamma|coef|weight|std|lambda|margin")


@dataclass(slots=True)
class Settings:
    """An object whose attributes are settings; each becomes a symbol when it is first read.

    Attributes:
        source: The argument that holds it.
        known: Attributes that are taken to be something else than a symbol of their own.
        defaults: Literal defaults of its class, where the repository has it.
        flags: Attributes that the code only asks whether they hold.
    """

    source: str
    known: dict[str, Guess] = field(default_factory=dict)
    defaults: dict[str, Any] = field(default_factory=dict)
    flags: frozenset[str] = frozenset()
    read: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Callback:
    """A function that is given as an argument."""

    name: str


def setting(rec: Record, given: Settings, name: str) -> Any:
    """The value of one setting.

    Raises:
        Unknown: It is a word.
    """
    if name not in given.read:
        given.read[name] = _setting(rec, given, name)
    return given.read[name]


def _setting(rec: Record, given: Settings, name: str) -> Any:
    bare = given.source.removeprefix("init.")
    guess = given.known.get(name)
    if guess is not None:
        if isinstance(guess.value, bool):
            rec.assume(f"{bare}.{name} = {guess.value!r}")
        return Sym(guess.axes[0]) if guess.role == "size" else guess.value
    default = given.defaults.get(name, ...)
    if default is ... and name in given.flags:
        default = False
    if isinstance(default, bool | str) or default is None:
        rec.assume(f"{bare}.{name} = {default!r}")
        return default
    if default is ... and _WORDS.search(name):
        raise Unknown(f"the setting {name}")
    whole = isinstance(default, int) or (default is ... and not (_SMALL.search(name) or is_scalar_name(name)))
    whole = whole and not rec.numbers
    key = rec.unique(f"{name}_2" if name in rec.letters else name)
    probe = PRIMES[len(rec.hypers) % len(PRIMES)] if whole else round(0.31 + 0.07 * len(rec.hypers), 4)
    role = "constructor" if given.source.startswith("init.") else "argument"
    rec.hypers[key] = Hyper(key, num(probe).value, whole, f"{given.source}.{name}", role, rec.line)
    return Sym(key) if whole else Real(key)


def defaults_of(cls: Class) -> dict[str, Any]:
    """The literal defaults that a class gives its attributes."""
    found: dict[str, Any] = {}
    for node in cls.node.body:
        match node:
            case ast.AnnAssign(target=ast.Name(id=name), value=ast.expr() as value):
                try:
                    found[name] = ast.literal_eval(value)
                except ValueError:
                    continue
    return found


def flags(node: ast.AST) -> frozenset[str]:
    """Attributes of which the code only asks whether they hold."""
    tests = [item.test for item in ast.walk(node) if isinstance(item, ast.If | ast.IfExp)]
    parts = [part.operand if isinstance(part, ast.UnaryOp) else part for part in tests]
    return frozenset(part.attr for part in parts if isinstance(part, ast.Attribute))


def probe(guess: Guess, whole: bool, count: int) -> float | int:
    """The value that the `count`-th scalar has while branches are chosen."""
    if whole:
        return PRIMES[count % len(PRIMES)]
    value = guess.value
    if value is None or value == 0:
        return round(0.31 + 0.07 * count, 4)
    return (
        float(f"{float(value) * (0.9 + 0.01 * count):.6g}")
        if abs(value) != 1
        else round(0.8 * value + 0.01 * count, 4)
    )


def call_back(rec: Record, function: Callback, args: tuple[Any, ...]) -> Tensor:
    """What a given function gives: of one tensor, applied to each entry; of several, one number."""
    tensors = [tensor(arg) for arg in args]
    if len(tensors) == 1:
        rec.assume(f"{function.name} is applied to each entry")
        rec.callbacks.setdefault(function.name, "each")
        return mapped(tensors[0], lambda body: Apply(function.name, body), "float")
    if len(tensors) < 2 or rec.callbacks.get(function.name) == "each":
        raise Unknown(f"this way of calling {function.name}")
    rec.assume(f"{function.name} gives one number")
    rec.callbacks.setdefault(function.name, "whole")
    return Tensor((), Call(function.name, tuple(_whole(rec, item) for item in tensors), ()))


def _whole(rec: Record, found: Tensor) -> Lam:
    """A tensor with a name; labels as they are counted on paper."""
    lam = as_lam(found)
    named = _labels(lam)
    index = tuple(place(axis) for axis in found.axes)
    if isinstance(named.body, El) and named.body.index == index:
        return named
    key = rec.unique("u")
    rec.definitions[key] = Definition(key, lam.axes, lam.body, rec.line)
    return Lam(lam.axes, El(key, index))


def _labels(lam: Lam) -> Lam:
    raised: Expr = ar.add(lam.body, num(1))
    return Lam(lam.axes, raised) if isinstance(raised, El) else lam
