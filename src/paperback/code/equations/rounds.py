"""Recurrences on paper: the rule, its initial value and the rounds for which it holds."""

from collections.abc import Mapping
from dataclasses import replace

from paperback.code.equations.form import ONE, TWO, ZERO, Add, El, Expr, Order, Var, rebuild, subst
from paperback.code.equations.latex import Printer
from paperback.code.equations.layout import broken, width
from paperback.code.equations.tensor import delinearize, linear
from paperback.code.equations.values import Definition

_BEGIN, _END = r"\begin{aligned} ", r" \end{aligned}"


def merged(
    outputs: list[Definition], table: Mapping[str, Definition]
) -> tuple[list[Definition], dict[str, Definition]]:
    """`outputs`, those that are all rounds of a recurrence as the recurrence itself, and what is left."""
    kept = dict(table)
    made: list[Definition] = []
    for item in outputs:
        source = _source(item, kept)
        if source is None:
            made.append(item)
            continue
        del kept[source.name]
        own = replace(source, name=item.name)
        made = [_renamed(other, source.name, item.name) for other in [*made, own]]
        kept = {key: _renamed(other, source.name, item.name) for key, other in kept.items()}
    return made, kept


def _source(item: Definition, table: Mapping[str, Definition]) -> Definition | None:
    """The recurrence whose entries `item` repeats, all of them and in order."""
    body = item.body
    while isinstance(body, El) and body.name in table:
        found = table[body.name]
        places = tuple(linear([(Var(n), s) for n, s in axis]) if axis else ONE for axis in item.axes)
        if body.index != places:
            return None
        if found.recurrent:
            return found
        new: dict[str, Expr] = {}
        for axis, index in zip(found.axes, body.index, strict=True):
            new |= delinearize(index, axis)
        body = subst(found.body, new)
    return None


def _renamed(item: Definition, old: str, new: str) -> Definition:
    def change(expr: Expr) -> Expr:
        inner = rebuild(expr, change)
        return El(new, inner.index) if isinstance(inner, El) and inner.name == old else inner

    first = None if item.first is None else change(item.first)
    return replace(item, body=change(item.body), first=first)


def recurrence_text(item: Definition, symbol: str, scope: Printer, room: float) -> str | None:
    """The rule with initial value and rounds; None where some row does not fit `room`."""
    (name, size), *_ = item.axes[0]
    places = [linear([(Var(n), s) for n, s in axis]) if axis else ONE for axis in item.axes]
    rule = broken(symbol + scope.subscript(places), scope.show(item.body) + ",", room)
    if rule is None:
        return None
    tail = []
    if item.first is not None:
        before = Add((size, ONE)) if item.descending else ZERO
        now: dict[str, Expr] = {name: before}
        left = symbol + scope.subscript([subst(place, now) for place in places])
        tail.append(f"{left} = {scope.show(subst(item.first, now))},")
    letter, last = scope.indices[name], scope.show(size)
    ends = (last, "1") if item.descending else ("1", last)
    tail.append(rf"{letter} = {ends[0]}, \dots, {ends[1]}")
    return _joined(rule, tail, room)


def order_text(item: Definition, symbol: str, scope: Printer, room: float) -> str | None:
    """What is sorted, with the indices that `item` defines; None where it does not fit `room`."""
    order = item.body
    assert isinstance(order, Order)
    ((name, size),) = order.entries.axes[0]
    lead = [linear([(Var(n), s) for n, s in axis]) if axis else ONE for axis in item.axes[:-1]]
    named = Printer({**scope.names, item.name: symbol}, scope.taken, scope.indices)
    first, second, last = (
        named.show(subst(order.entries.body, {name: El(item.name, (*lead, at))})) for at in (ONE, TWO, size)
    )
    sign = {">=": r"\geq", "<=": r"\leq"}[order.op]
    text = rf"{first} {sign} {second} {sign} \dots {sign} {last}"
    return text if width(text) <= room else None


def _joined(rule: str, tail: list[str], room: float) -> str | None:
    together = r" \quad ".join(tail)
    if not rule.startswith(_BEGIN) and width(rf"{rule} \quad {together}") <= room:
        return rf"{rule} \quad {together}"
    rows = rule.removeprefix(_BEGIN).removesuffix(_END)
    if not rule.startswith(_BEGIN):
        rows = rows.replace(" = ", " &= ", 1)
    rest = [together] if width(together) <= room else tail
    if max(map(width, rest)) > room:
        return None
    return _BEGIN + r" \\ ".join([rows, *(f"& {part}" for part in rest)]) + _END
