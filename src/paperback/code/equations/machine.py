"""What the parts of the interpreter know of each other."""

import ast
from dataclasses import dataclass
from typing import Any, Protocol

from paperback.code.equations.form import Expr
from paperback.code.equations.sizes import Misfit
from paperback.code.equations.sources import SourceFile, Sources
from paperback.code.equations.tensor import Tensor
from paperback.code.equations.values import Class, Func, Record


class Returned(Exception):  # noqa: N818 - control flow, not an error
    """A `return` statement was reached."""

    def __init__(self, value: Any) -> None:
        super().__init__()
        self.value = value


class Raised(Misfit):
    """The code itself refuses these arguments."""

    def __init__(self, message: str, sizes: tuple[Expr, Expr] | None = None) -> None:
        super().__init__(message, sizes, firm=True)


class Jump(Exception):  # noqa: N818 - control flow, not an error
    """`break` or `continue`."""

    def __init__(self, stop: bool) -> None:
        super().__init__()
        self.stop = stop


@dataclass(slots=True)
class Frame:
    """The names of one running function."""

    file: SourceFile
    names: dict[str, Any]
    owner: Class | None = None
    this: Any = None


class Super:
    """What `super()` gives: the object seen as an instance of its parent classes."""

    def __init__(self, owner: Class | None, this: Any) -> None:
        self.owner = owner
        self.this = this


class Parameter:
    """A tensor that was made a parameter and is not attached yet."""

    def __init__(self, tensor: Tensor) -> None:
        self.tensor = tensor


class Context(dict[str, Any]):
    """`ctx` of a custom autograd function."""


class Machine(Protocol):
    """The interpreter, as its parts see it."""

    sources: Sources
    record: Record
    ranges: tuple[tuple[str, Expr], ...]
    plain_names: bool

    def run(self, body: list[ast.stmt], frame: Frame) -> None: ...

    def statement(self, node: ast.stmt, frame: Frame) -> None: ...

    def value(self, node: ast.expr, frame: Frame) -> Any: ...

    def true(self, test: ast.expr, frame: Frame) -> bool: ...

    def holds(self, value: Any) -> bool: ...

    def assign(self, target: ast.expr, value: Any, frame: Frame, *, accumulated: bool = False) -> None: ...

    def invoke(self, function: Any, args: tuple[Any, ...], options: dict[str, Any]) -> Any: ...

    def call_function(self, function: Func, args: tuple[Any, ...], options: dict[str, Any]) -> Any: ...

    def attribute(self, value: Any, name: str) -> Any: ...

    def bind(self, function: Func, given: tuple[Any, ...], options: dict[str, Any], frame: Frame) -> None: ...


@dataclass(frozen=True, slots=True)
class Partial:
    """A function some of whose arguments are given already."""

    function: Any
    args: tuple[Any, ...]
    options: dict[str, Any]
