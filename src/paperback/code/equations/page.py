"""Printed lines, read back, and the arrays that they define."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from paperback.code.equations import tape
from paperback.code.equations.derivation import Line
from paperback.code.equations.evaluate import EvaluationError, World, evaluate, size
from paperback.code.equations.form import El, Expr, Order, ScalarFunction, Var, num, subst, walk
from paperback.code.equations.read import PLACE, Equation, read_equation, read_expression
from paperback.code.equations.tape import Node
from paperback.code.equations.tokens import Entry


@dataclass(frozen=True, slots=True)
class Page:
    """Printed lines, read back."""

    equations: Mapping[str, Equation]
    indices: Mapping[str, tuple[tuple[str, Expr], ...]]
    functions: Mapping[str, ScalarFunction]
    outputs: tuple[str, ...]


def read_page(lines: Sequence[Line], notation: Mapping[str, Entry]) -> Page:
    """The lines as forms.

    Raises:
        LatexError: A line is not in the grammar.
    """
    equations: dict[str, Equation] = {}
    functions: dict[str, ScalarFunction] = {}
    indices: dict[str, tuple[tuple[str, Expr], ...]] = {}
    for line in lines:
        found = read_equation(line.latex, notation)
        if isinstance(found, ScalarFunction):
            functions[found.name] = found
            continue
        equations[found.key] = found
        ranges = tuple((letter, read_expression(text, notation)) for letter, text in line.indices)
        if isinstance(found.body, Order):
            ranges = (*ranges[:-1], (PLACE, ranges[-1][1]))
        indices[found.key] = ranges
    return Page(equations, indices, functions, tuple(key for key in equations if key.startswith("@output")))


def fill(page: Page, world: World) -> None:
    """Give every line of the page its value in `world`, recurrences round by round.

    Raises:
        EvaluationError: A line is defined by itself, has no value or leaves entries of its left side out.
    """
    for group in groups(page):
        if len(group) == 1 and not _recurs(page, group[0]):
            world.tensors[group[0]] = line_value(page, group[0], world)
            continue
        stages = {key: Rounds(page, key, _extent(page, group, world), world) for key in group}
        world.stages |= stages
        for key in group:
            found = stages[key].whole()
            if found is not None:
                world.tensors[key] = found


def _recurs(page: Page, key: str) -> bool:
    equation = page.equations[key]
    return equation.rounds is not None or key in _named(equation)


def _named(equation: Equation) -> set[str]:
    parts = (equation.body, *(() if equation.first is None else (equation.first,)))
    return {item.name for part in parts for item in walk(part) if isinstance(item, El)}


def groups(page: Page) -> list[list[str]]:
    """Lines that need each other, after the lines that they need."""
    needs = {key: _named(equation) & page.equations.keys() for key, equation in page.equations.items()}
    reached = {key: _closure(key, needs) for key in needs}
    done: list[list[str]] = []
    for key in sorted(needs, key=lambda item: (len(reached[item] | {item}), item)):
        if not any(key in group for group in done):
            done.append([other for other in sorted(needs) if _together(key, other, reached)])
    return done


def _closure(key: str, needs: Mapping[str, set[str]]) -> set[str]:
    found: set[str] = set()
    queue = [key]
    while queue:
        for other in needs[queue.pop()] - found:
            found.add(other)
            queue.append(other)
    return found


def _together(key: str, other: str, reached: Mapping[str, set[str]]) -> bool:
    return key == other or (other in reached[key] and key in reached[other])


def _extent(page: Page, group: Sequence[str], world: World) -> tuple[int, int]:
    """The places at which the recurrence of a group begins and ends."""
    ends = {
        tuple(int(np.rint(evaluate(end, world).value)) for end in equation.rounds[1:])
        for key in group
        if (equation := page.equations[key]).rounds is not None
    }
    if len(ends) != 1:
        raise EvaluationError(f"{group[0]} is defined by itself")
    start, stop = ends.pop()
    return start, stop


@dataclass(slots=True)
class Rounds:
    """The values of one line of a recurrence, each found when it is asked for.

    Attributes:
        ends: The places at which the recurrence begins and ends.
    """

    page: Page
    key: str
    ends: tuple[int, int]
    world: World
    found: dict[int, Node] = field(default_factory=dict)
    waiting: set[int] = field(default_factory=set)

    def lowest(self) -> int:
        return min(*self.ends, *self._initial())

    def highest(self) -> int:
        return max(*self.ends, *self._initial())

    def _initial(self) -> tuple[int, ...]:
        equation = self.page.equations[self.key]
        if equation.first is None:
            return ()
        place = int(np.rint(evaluate(equation.first_index[0], self.world).value))
        if place not in (min(self.ends) - 1, max(self.ends) + 1):
            raise EvaluationError("an initial value away from the first round")
        return (place,)

    def at(self, place: int) -> Node:
        if place in self.waiting:
            raise EvaluationError(f"{self.key} is defined by itself")
        if place not in self.found:
            self.waiting.add(place)
            self.found[place] = self._entries(place)
            self.waiting.remove(place)
        return self.found[place]

    def _entries(self, place: int) -> Node:
        equation = self.page.equations[self.key]
        (letter, _), *rest = self.page.indices[self.key]
        if not equation.index or equation.index[0] != Var(letter):
            raise EvaluationError("a recurrence whose first index is no round")
        now: dict[str, Expr] = {letter: num(place)}
        ranges = tuple((name, subst(length, now)) for name, length in rest)
        if place in self._initial():
            assert equation.first is not None
            index, body = equation.first_index, equation.first
        else:
            index, body = equation.index, equation.body
        return entries(subst(body, now), tuple(subst(item, now) for item in index[1:]), ranges, self.world)

    def whole(self) -> Node | None:
        """Every round with the first axis in front; None where their shapes differ."""
        nodes = [self.at(place) for place in range(min(self.ends), max(self.ends) + 1)]
        if len({node.value.shape for node in nodes}) != 1:
            return None
        return tape.join([tape.reshape(node, (1, *node.value.shape)) for node in nodes], 0)


def line_value(page: Page, key: str, world: World) -> Node:
    """The array that one equation defines, every entry exactly once.

    Raises:
        EvaluationError: Its left-hand side leaves entries out or names them twice.
    """
    equation = page.equations[key]
    return entries(equation.body, equation.index, page.indices[key], world)


def entries(
    body: Expr, indices: tuple[Expr, ...], ranges: tuple[tuple[str, Expr], ...], world: World
) -> Node:
    """The array with `body` at `indices` for every value of the letters in `ranges`."""
    scope = tuple((letter, size(length, world)) for letter, length in ranges)
    shape = tuple(length for _, length in scope)
    found = tape.spread(evaluate(body, world, scope), shape)
    if not indices:
        return found
    extents, places = [], []
    for index in indices:
        place = np.broadcast_to(np.rint(evaluate(index, world, scope).value).astype(int) - 1, shape).reshape(
            -1
        )
        places.append(place)
        extents.append(int(place.max(initial=0)) + 1)
    flat = np.ravel_multi_index(tuple(places), tuple(extents))
    if sorted(flat.tolist()) != list(range(int(np.prod(extents)))):
        raise EvaluationError("the left-hand side does not name every entry once")
    inverse = np.argsort(flat)
    return tape.reshape(tape.gather(tape.reshape(found, (-1,)), (inverse,)), tuple(extents))
