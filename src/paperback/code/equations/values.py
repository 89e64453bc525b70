"""What an interpreted name can hold beside tensors, and the record of one interpretation."""

import ast
from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

from paperback.code.equations.arithmetic import INF, mul
from paperback.code.equations.form import MINUS, Expr, Num, Range, ScalarFunction, Sym, num
from paperback.code.equations.sizes import Unknown
from paperback.code.equations.sources import SourceFile
from paperback.code.equations.tensor import Tensor

MOST_STEPS = 20_000
MOST_DEPTH = 40


@dataclass(frozen=True, slots=True)
class Func:
    """A function of the repository; `scope` holds the names around it, `bound` its first argument."""

    node: ast.FunctionDef | ast.Lambda
    file: SourceFile
    scope: Mapping[str, Any] | None = None
    bound: Any = None
    owner: "Class | None" = None


@dataclass(frozen=True, slots=True)
class Class:
    """A class of the repository."""

    node: ast.ClassDef
    file: SourceFile

    def __hash__(self) -> int:
        return id(self.node)


@dataclass(slots=True)
class Obj:
    """An instance; `path` is how the outermost object reaches it."""

    cls: Class
    attrs: dict[str, Any] = field(default_factory=dict)
    path: str = ""


@dataclass(frozen=True, slots=True)
class Layer:
    """A layer of a library, with the arguments it was built from."""

    kind: str
    args: tuple[Any, ...] = ()
    options: Mapping[str, Any] = field(default_factory=dict)
    path: str = ""

    def __hash__(self) -> int:
        return id(self)


@dataclass(frozen=True, slots=True)
class Method:
    """A method of a tensor or other value, not yet called."""

    value: Any
    name: str


@dataclass(frozen=True, slots=True)
class Input:
    """A tensor that comes from outside.

    Attributes:
        kind: "real", "label" (an integer below `classes`), "mask" or "random".
        source: Argument name, parameter's attribute path, or the random call's number.
        role: "argument", "parameter", "constructor" or "random".
    """

    name: str
    sizes: tuple[Expr, ...]
    kind: str = "real"
    classes: Expr | None = None
    source: str = ""
    role: str = "argument"
    line: int = 0


@dataclass(frozen=True, slots=True)
class Hyper:
    """A scalar symbol with the value it has while branches are chosen."""

    name: str
    probe: Fraction
    whole: bool
    source: str
    role: str
    line: int = 0


@dataclass(frozen=True, slots=True)
class Definition:
    """A named intermediate: the tensor `name` with one group of ranges per index is `body`.

    Attributes:
        recurrent: Whether `body` names entries of the same tensor at other places of its first axis.
        first: The initial value of a recurrence: one place before the first round, or after it where
            rounds descend. It is None where there is none.
        descending: Whether the rounds go down from the size of the first axis to one.
    """

    name: str
    axes: tuple[tuple[Range, ...], ...]
    body: Expr
    line: int = 0
    recurrent: bool = False
    first: Expr | None = None
    descending: bool = False

    @property
    def parts(self) -> tuple[Expr, ...]:
        """What is printed on the right of its signs of equality."""
        return (self.body,) if self.first is None else (self.body, self.first)

    @property
    def ranges(self) -> tuple[Range, ...]:
        return tuple(item for axis in self.axes for item in axis)


@dataclass(frozen=True, slots=True)
class Opaque:
    """A call that stays a letter: which attribute was called on which whole tensors."""

    name: str
    path: str
    args: tuple[Expr, ...]
    sizes: tuple[Expr, ...]
    line: int = 0


@dataclass(slots=True)
class Record:
    """What one interpretation met, in order.

    Attributes:
        letters: Sizes of axes, which no tensor or number may be called.
        callbacks: Functions that are arguments: whether they are applied to each entry, or to whole tensors.
        settings: Of arguments that hold settings: what each setting that was read is.
        fitting: Sizes that are at least one, because a part of an axis is no longer than the axis.
        unequal: Two sizes that were last found to differ.
        numbers: Whether the code computes with numbers only, so that branches on them are read by cases.
        groups: What the groups of parameters of an optimizer hold.
        arrays: Whether tensors are arrays of NumPy or its kin, so that methods mean what they mean there.
    """

    inputs: dict[str, Input] = field(default_factory=dict)
    hypers: dict[str, Hyper] = field(default_factory=dict)
    definitions: dict[str, Definition] = field(default_factory=dict)
    functions: dict[str, ScalarFunction] = field(default_factory=dict)
    opaques: dict[str, Opaque] = field(default_factory=dict)
    assumptions: dict[str, None] = field(default_factory=dict)
    divisible: list[tuple[Expr, Expr]] = field(default_factory=list)
    randoms: int = 0
    steps: int = 0
    depth: int = 0
    line: int = 0
    silent: int = 0
    arrays: bool = False
    letters: frozenset[str] = frozenset()
    callbacks: dict[str, str] = field(default_factory=dict)
    settings: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    unequal: tuple[Expr, Expr] | None = None
    fitting: list[Expr] = field(default_factory=list)
    numbers: bool = False
    groups: dict[tuple[str, str], Any] = field(default_factory=dict)

    def assume(self, sentence: str) -> None:
        self.assumptions.setdefault(sentence)

    def step(self, node: ast.AST) -> None:
        """Count one step and remember its line.

        Raises:
            Unknown: The budget is spent.
        """
        self.steps += 1
        self.line = getattr(node, "lineno", self.line)
        if self.steps > MOST_STEPS:
            raise Unknown(f"more than {MOST_STEPS} steps")

    def unique(self, stem: str) -> str:
        """`stem`, or `stem` with a number that makes it new."""
        taken = self.inputs.keys() | self.hypers.keys() | self.definitions.keys() | self.opaques.keys()
        name, at = stem, 1
        while name in taken or name in self.functions:
            at += 1
            name = f"{stem}_{at}"
        return name


def number(value: Any) -> Expr:
    """A Python number or symbolic scalar as an expression.

    Raises:
        Unknown: The value is no number.
    """
    if isinstance(value, Expr):
        return value
    if isinstance(value, bool):
        return num(int(value))
    if isinstance(value, int | float):
        return infinite(value) or num(value)
    if isinstance(value, Tensor) and not value.axes:
        return value.body
    raise Unknown(f"a number was expected, not {type(value).__name__}")


def infinite(value: float) -> Expr | None:
    if value != value:
        raise Unknown("not a number")
    return {float("inf"): INF, float("-inf"): mul(MINUS, INF)}.get(float(value))


def plain(value: Any) -> Any:
    """`value` with an exact number as a Python number."""
    if isinstance(value, Num):
        return int(value.value) if value.value.denominator == 1 else float(value.value)
    return value


def integer(value: Any) -> int:
    """A concrete whole number.

    Raises:
        Unknown: It is symbolic or no whole number.
    """
    value = plain(value.body if isinstance(value, Tensor) and not value.axes else value)
    if isinstance(value, bool) or not isinstance(value, int):
        raise Unknown(f"a concrete whole number was expected, not {_kind(value)}")
    return value


def _kind(value: Any) -> str:
    return f"the symbol {value.name}" if isinstance(value, Sym) else type(value).__name__
