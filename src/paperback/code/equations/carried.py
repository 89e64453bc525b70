"""What a loop carries from round to round, and the state of an interpretation around it."""

import ast
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from paperback.code.equations import arithmetic as ar
from paperback.code.equations.form import ONE, El, Expr, Var, free, subst
from paperback.code.equations.machine import Frame
from paperback.code.equations.tensor import Axis, Tensor, freshened
from paperback.code.equations.values import Record


@dataclass(frozen=True, slots=True)
class Loop:
    """The rounds of a loop: the index variable, how far it runs, and in which direction."""

    name: str
    size: Expr
    descending: bool = False

    @property
    def here(self) -> Var:
        return Var(self.name)

    @property
    def before(self) -> Expr:
        """The place of the round before this one."""
        return ar.add(self.here, ONE) if self.descending else ar.sub(self.here, ONE)

    @property
    def last(self) -> Expr:
        return ONE if self.descending else self.size

    @property
    def start(self) -> Expr:
        """The place of the initial value."""
        return ar.add(self.size, ONE) if self.descending else ar.sub(ONE, ONE)


@dataclass(slots=True)
class Carried:
    """What one name carries: its key as a tensor of rounds, and the sizes that it has before a round."""

    key: str
    before: Any
    sizes: tuple[Expr, ...]
    array: bool = False
    step: Expr | None = None


@dataclass(slots=True)
class Saved:
    """The state of an interpretation before a loop, to return to."""

    names: dict[str, Any]
    record: dict[str, Any]

    @classmethod
    def of(cls, record: Record, frame: Frame) -> "Saved":
        tables = ("inputs", "hypers", "definitions", "functions", "opaques", "assumptions")
        kept: dict[str, Any] = {name: dict(getattr(record, name)) for name in tables}
        kept |= {"divisible": list(record.divisible), "randoms": record.randoms}
        return cls(_copied(frame.names), kept)

    def restore(self, record: Record, frame: Frame) -> None:
        frame.names.clear()
        frame.names.update(_copied(self.names))
        for name, value in self.record.items():
            setattr(record, name, value.copy() if isinstance(value, dict | list) else value)


def _copied(names: Mapping[str, Any]) -> dict[str, Any]:
    return {key: list(value) if type(value) is list else value for key, value in names.items()}


def opened(record: Record, body: Expr, key: str, index: tuple[Expr, ...]) -> Expr:
    """`body`; where it is a named intermediate, its own body, and the name stands for the recurrence."""
    if not isinstance(body, El) or body.name not in record.definitions:
        return body
    found = record.definitions[body.name]
    own = tuple(Var(name) for name, _ in found.ranges)
    if found.recurrent or body.index != index or len(own) != len(index):
        return body
    record.definitions[body.name] = replace(found, body=El(key, own))
    names = (name for name, _ in found.ranges)
    return subst(found.body, dict(zip(names, body.index, strict=True)))


def settled(value: Any, loop: Loop) -> Any:
    """`value` as the last round leaves it."""
    if isinstance(value, Tensor):
        last: dict[str, Expr] = {loop.name: loop.last}
        if loop.name in free(value.body) - {name for name, _ in value.ranges}:
            value = freshened(value)
            axes = tuple(
                Axis(tuple((name, subst(size, last)) for name, size in axis.atoms), axis.cond)
                for axis in value.axes
            )
            return Tensor(axes, subst(value.body, last), value.dtype)
        return value
    if isinstance(value, Expr) and loop.name in free(value):
        return subst(value, {loop.name: loop.last})
    return value


def stored(body: list[ast.stmt], frame: Frame) -> tuple[list[str], list[str]]:
    """Numeric names that a loop assigns, and arrays to whose entries it assigns."""
    nodes = [node for part in body for node in ast.walk(part)]
    names = {node.id for node in nodes if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}
    arrays = {
        node.value.id
        for node in nodes
        if isinstance(node, ast.Subscript)
        and isinstance(node.ctx, ast.Store)
        and isinstance(node.value, ast.Name)
    } - names
    kept = [name for name in sorted(names) if _numeric(frame.names.get(name))]
    return kept, [name for name in sorted(arrays) if isinstance(frame.names.get(name), Tensor)]


def _numeric(value: Any) -> bool:
    return isinstance(value, Tensor | Expr | int | float) and not isinstance(value, bool)
