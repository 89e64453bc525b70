"""Printed lines, read back, and the arrays that they define."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from paperback.code.equations import tape
from paperback.code.equations.derivation import Line
from paperback.code.equations.evaluate import EvaluationError, World, evaluate, size
from paperback.code.equations.form import El, Expr, ScalarFunction, walk
from paperback.code.equations.read import Equation, read_equation, read_expression
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
        indices[found.key] = tuple((letter, read_expression(text, notation)) for letter, text in line.indices)
    return Page(equations, indices, functions, tuple(key for key in equations if key.startswith("@output")))


def order(page: Page, waiting: set[str]) -> list[str]:
    """Intermediates after those that they use."""
    done: list[str] = []

    def place(key: str, trail: frozenset[str]) -> None:
        if key in trail:
            raise EvaluationError(f"{key} is defined by itself")
        for part in walk(page.equations[key].body):
            if isinstance(part, El) and part.name in waiting and part.name not in done:
                place(part.name, trail | {key})
        if key not in done:
            done.append(key)

    for key in sorted(waiting):
        place(key, frozenset())
    return done


def line_value(page: Page, key: str, world: World) -> Node:
    """The array that one equation defines, every entry exactly once.

    Raises:
        EvaluationError: Its left-hand side leaves entries out or names them twice.
    """
    equation = page.equations[key]
    scope = tuple((letter, size(length, world)) for letter, length in page.indices[key])
    shape = tuple(length for _, length in scope)
    body = tape.spread(evaluate(equation.body, world, scope), shape)
    if not equation.index:
        return body
    extents, places = [], []
    for index in equation.index:
        place = np.broadcast_to(np.rint(evaluate(index, world, scope).value).astype(int) - 1, shape).reshape(
            -1
        )
        places.append(place)
        extents.append(int(place.max(initial=0)) + 1)
    flat = np.ravel_multi_index(tuple(places), tuple(extents))
    if sorted(flat.tolist()) != list(range(int(np.prod(extents)))):
        raise EvaluationError("the left-hand side does not name every entry once")
    inverse = np.argsort(flat)
    return tape.reshape(tape.gather(tape.reshape(body, (-1,)), (inverse,)), tuple(extents))
