"""Functions that compute a number of a step or an epoch, such as learning-rate schedules."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from paperback.code.equations.argument_names import HOLDERS
from paperback.code.equations.typings import Guess, Typing

GROUPS = "param_groups"
_PLAIN = frozenset(["abs", "float", "int", "max", "min", "pow", "print"])
_ORDERS = (ast.Lt, ast.LtE, ast.Gt, ast.GtE)


@dataclass(frozen=True, slots=True)
class Schedule:
    """What a function of numbers is made of.

    Attributes:
        optimizers: Arguments whose groups of parameters it writes.
        holders: Arguments that hold settings.
        switches: Settings of which the code only asks whether they hold.
    """

    node: ast.FunctionDef
    optimizers: tuple[str, ...]
    holders: tuple[str, ...]
    switches: tuple[tuple[str, str], ...]


def schedule(node: ast.FunctionDef) -> Schedule | None:
    """`node` as a function of numbers; None where it may take tensors.

    It writes the groups of parameters of an optimizer, or it computes with `math` and branches of numbers and
    does to its arguments what only numbers stand.
    """
    names = [arg.arg for arg in (*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs)]
    if node.args.vararg or node.args.kwarg or "self" in names or "cls" in names:
        return None
    attributes = [item for item in ast.walk(node) if isinstance(item, ast.Attribute)]
    owners = [(item.value.id, item.attr) for item in attributes if isinstance(item.value, ast.Name)]
    optimizers = tuple(name for name in names if (name, GROUPS) in owners)
    holders = tuple(name for name in names if HOLDERS.match(name) and any(name == own for own, _ in owners))
    numbers = [name for name in names if name not in (*optimizers, *holders)]
    if len(optimizers) > 1 or not (optimizers or _only_numbers(node, numbers)):
        return None
    switches = tuple((own, attr) for own, attr in _switches(node) if own in holders)
    return Schedule(node, optimizers, holders, switches)


def _only_numbers(node: ast.FunctionDef, names: list[str]) -> bool:
    for item in ast.walk(node):
        if isinstance(item, ast.Attribute | ast.Subscript) and ast.unparse(item.value) in names:
            return False
        if isinstance(item, ast.Call) and not _plain_call(item):
            return False
    return bool(names) and any(_asks_a_number(item, _reached(node, names)) for item in ast.walk(node))


def _plain_call(node: ast.Call) -> bool:
    if isinstance(node.func, ast.Name):
        return node.func.id in _PLAIN
    return isinstance(node.func, ast.Attribute) and ast.unparse(node.func.value) == "math"


def _asks_a_number(item: ast.AST, names: set[str]) -> bool:
    """Whether a tensor of several entries would be refused here."""
    if isinstance(item, ast.Call) and ast.unparse(item.func).startswith("math."):
        return any(_mentions(arg, names) for arg in item.args)
    if isinstance(item, ast.If | ast.IfExp):
        return any(
            isinstance(part, ast.Compare) and isinstance(part.ops[0], _ORDERS) and _mentions(part, names)
            for part in ast.walk(item.test)
        )
    return False


def _mentions(node: ast.AST, names: set[str]) -> bool:
    return any(isinstance(item, ast.Name) and item.id in names for item in ast.walk(node))


def _reached(node: ast.FunctionDef, names: list[str]) -> set[str]:
    """The arguments and what is computed of them."""
    found = set(names)
    stores = [item for item in ast.walk(node) if isinstance(item, ast.Assign | ast.AugAssign)]
    for _ in stores:
        for item in stores:
            targets = item.targets if isinstance(item, ast.Assign) else [item.target]
            if _mentions(item.value, found):
                found |= {target.id for target in targets if isinstance(target, ast.Name)}
    return found


def _switches(node: ast.FunctionDef) -> list[tuple[str, str]]:
    """Attributes that stand as a condition, and nowhere else."""
    tests = [item.test for item in ast.walk(node) if isinstance(item, ast.If | ast.IfExp)]
    asked: list[ast.expr] = []
    while tests:
        test = tests.pop()
        if isinstance(test, ast.BoolOp):
            tests += test.values
        elif isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
            tests.append(test.operand)
        elif isinstance(test, ast.Attribute) and isinstance(test.value, ast.Name):
            asked.append(test)
    written = [ast.unparse(item) for item in ast.walk(node) if isinstance(item, ast.Attribute)]
    words = [ast.unparse(item) for item in asked]
    only = [word for word in dict.fromkeys(words) if written.count(word) == words.count(word)]
    return [(word.partition(".")[0], word.partition(".")[2]) for word in only]


def readings(found: Schedule) -> Iterator[Typing]:
    """Every argument a number that may vary; first with all switches off, then on, then one of them."""
    spec = found.node.args
    positional = [*spec.posonlyargs, *spec.args]
    defaults: list[ast.expr | None] = [None] * (len(positional) - len(spec.defaults)) + list(spec.defaults)
    pairs = [*zip(positional, defaults, strict=True), *zip(spec.kwonlyargs, spec.kw_defaults, strict=True)]
    count = len(found.switches)
    settings = [frozenset[int](), frozenset(range(count)), *(frozenset({at}) for at in range(count))]
    for on in dict.fromkeys(settings):
        yield Typing({arg.arg: _guess(arg, default, found, on) for arg, default in pairs})


def _guess(arg: ast.arg, default: ast.expr | None, found: Schedule, on: frozenset[int]) -> Guess:
    if arg.arg in found.optimizers:
        return Guess("optimizer")
    if arg.arg in found.holders:
        switches = [(at, attr) for at, (own, attr) in enumerate(found.switches) if own == arg.arg]
        return Guess("settings", value={attr: Guess("constant", value=at in on) for at, attr in switches})
    if default is None:
        return Guess("number")
    value: Any
    try:
        value = ast.literal_eval(default)
    except ValueError:
        return Guess("default")
    if isinstance(value, int | float) and not isinstance(value, bool) and abs(value) != float("inf"):
        return Guess("number", value=value)
    return Guess("constant", value=value)


def of_numbers(typing: Typing) -> bool:
    """Whether the arguments are those of a schedule."""
    return any(guess.role in ("number", "optimizer") for guess in typing.guesses.values())
