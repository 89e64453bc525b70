"""Which axes what enters an objective may have: hints from its uses, then a search with learned conflicts."""

import ast
import heapq
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from paperback.code.equations.typings import Guess, Typing
from paperback.code.objectives.choices import OPEN
from paperback.code.objectives.cut import Cut
from paperback.code.objectives.entering import Entering
from paperback.code.objectives.expressions import root

MOST_TRIED = 1500
_LABEL_SECOND = re.compile(r"(?<!binary_)cross_entropy|nll_loss|CrossEntropyLoss|NLLLoss")
_COEFFICIENT = re.compile(
    r"coef|coeff|alpha|beta|gamma|lambda|lam$|eps|scale|temp|tau|weight$|factor|entropy$|^max_|^min_|std$|ratio$|_c$"
)
_MOVED = re.compile(r"\.(view|reshape|flatten|squeeze|unsqueeze|long|to|detach|contiguous)$")
_ROWS = ("N",)
_TABLE = ("N", "C")
_COLUMN = ("N", "1")
_ORDER = (_ROWS, _TABLE, _COLUMN, (), ("N", "T", "C"), ("N", "C", "H", "W"), ("N", "T"), ("N", "H", "W"))
_SIZES = (Guess("size", ("C",)), Guess("size", ("N",)))
_LABELS = (_ROWS, _COLUMN, ("N", "T"), ("N", "H", "W"), ())
_WIDE = re.compile(r"max|min|argmax|argmin|sum|mean|softmax|log_softmax|logsumexp|std|var|norm|cumsum|gather")


@dataclass(slots=True)
class Search:
    """Typings in the order of their cost, without those that hold a conflict met before.

    Attributes:
        options: For every argument what it may be, likeliest first.
        depends: Line to the arguments on which the statements of that line depend.
    """

    options: Mapping[str, Sequence[Guess]]
    depends: Mapping[int, frozenset[str]]
    conflicts: list[frozenset[tuple[str, int]]] = field(default_factory=list)
    last: dict[str, int] = field(default_factory=dict)

    def typings(self) -> Iterator[Typing]:
        """At most `MOST_TRIED` typings."""
        names = list(self.options)
        start = (0,) * len(names)
        waiting: list[tuple[float, tuple[int, ...]]] = [(0.0, start)]
        seen = {start}
        looked = 0
        while waiting and looked < 60 * MOST_TRIED:
            _, choice = heapq.heappop(waiting)
            looked += 1
            picked = dict(zip(names, choice, strict=True))
            conflict = self._conflict(picked)
            if conflict is None:
                self.last = picked
                yield Typing({name: self.options[name][at] for name, at in picked.items()})
                conflict = self._conflict(picked)
            # Only what stands in a conflict is worth changing.
            for at, name in enumerate(names):
                if conflict is not None and name not in conflict:
                    continue
                if choice[at] + 1 < len(self.options[name]):
                    other = (*choice[:at], choice[at] + 1, *choice[at + 1 :])
                    if other not in seen:
                        seen.add(other)
                        heapq.heappush(waiting, (self._cost(names, other), other))

    def failed(self, line: int) -> None:
        """What was tried last fails at `line`, whatever the arguments are that do not reach it."""
        reached = self.depends.get(line, frozenset(self.options))
        self.conflicts.append(frozenset((name, self.last[name]) for name in reached if name in self.last))

    def _conflict(self, picked: Mapping[str, int]) -> set[str] | None:
        for conflict in self.conflicts:
            if all(picked[name] == at for name, at in conflict):
                return {name for name, _ in conflict}
        return None

    def _cost(self, names: Sequence[str], choice: Sequence[int]) -> float:
        shapes = {
            self.options[name][at].axes
            for name, at in zip(names, choice, strict=True)
            if self.options[name][at].role == "tensor" and self.options[name][at].kind == "real"
        }
        return sum(choice) + 0.6 * max(choice) + 0.5 * len(shapes - {()})


def search(cut: Cut, tables: frozenset[str] = frozenset()) -> Search:
    """The typings of a cut.

    Args:
        cut: The slice.
        tables: Origins of values that another objective of the file reduces along an axis.
    """
    text = ast.unparse(cut.function)
    wide = _along_axes(cut.function) | {item.name for item in cut.entering if origin(item) in tables}
    options = {item.name: _options(item, cut.function, text, wide) for item in cut.entering}
    _add_widths(options, cut)
    return Search(options, depends(cut.function))


def tables(cut: Cut) -> frozenset[str]:
    """Origins of what a cut reduces along an axis."""
    wide = _along_axes(cut.function)
    return frozenset(origin(item) for item in cut.entering if item.name in wide and item.kind == "network")


def origin(item: Entering) -> str:
    """Which result of which call a value is, whatever the arguments: `actor.get_action()[1]`."""
    before, call, after = item.text.partition("(")
    return before + "()" + after.rpartition(")")[2] if call else item.text


def _add_widths(options: dict[str, list[Guess]], cut: Cut) -> None:
    """Rows of a width that the code writes as a number: `x.view(-1, 784)`."""
    found = dict(_widths(cut.function, {}))
    for call, function in cut.called:
        names = [arg.arg for arg in function.args.args]
        given = {name: ast.unparse(value) for name, value in zip(names, call.args, strict=False)}
        found |= dict(_widths(function, given))
    for name, guesses in options.items():
        if guesses[0].role == "tensor" and guesses[0].kind == "real":
            exact = [Guess("tensor", ("N", found[name]))] if name in found else []
            others = [Guess("tensor", ("N", width)) for width in dict.fromkeys(found.values())]
            guesses[:] = [*exact, *guesses[:2], *others, *guesses[2:]]


def _widths(function: ast.FunctionDef, given: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    for name, width in re.findall(r"\b(\w+)\.(?:view|reshape)\(-1, (\d+)\)", ast.unparse(function)):
        if int(width) > 1:
            yield given.get(name, name), width


def depends(function: ast.FunctionDef) -> dict[int, frozenset[str]]:
    """Line to the arguments that reach the statement that begins there."""
    found: dict[int, frozenset[str]] = {}
    for node, reach in _reaching(function):
        every = _reached(node, reach)
        for item in ast.walk(node):
            line = getattr(item, "lineno", 0)
            found[line] = found.get(line, frozenset()) | every
    return found


def _reaching(function: ast.FunctionDef) -> Iterator[tuple[ast.stmt, dict[str, frozenset[str]]]]:
    """Each statement with the arguments that reach every name before it."""
    reach = {arg.arg: frozenset({arg.arg}) for arg in function.args.args}
    for node in function.body:
        yield node, reach
        every = _reached(node, reach)
        for item in ast.walk(node):
            if isinstance(item, ast.Name) and isinstance(item.ctx, ast.Store):
                reach[item.id] = every


def _reached(node: ast.AST, reach: Mapping[str, frozenset[str]]) -> frozenset[str]:
    names = [item.id for item in ast.walk(node) if isinstance(item, ast.Name)]
    return frozenset().union(*(reach.get(name, frozenset()) for name in names))


def _along_axes(function: ast.FunctionDef) -> frozenset[str]:
    """Arguments that reach a reduction along a named axis, so that they have more axes than one."""
    found: frozenset[str] = frozenset()
    for node, reach in _reaching(function):
        for call in (item for item in ast.walk(node) if isinstance(item, ast.Call)):
            if isinstance(call.func, ast.Attribute) and _names_axis(call):
                inner = call.func.value if not _is_module(call.func.value, reach) else call.args[0]
                found |= _reached(inner, reach)
    return found


def _is_module(node: ast.expr, reach: Mapping[str, frozenset[str]]) -> bool:
    return isinstance(node, ast.Name | ast.Attribute) and not _reached(node, reach)


def _names_axis(call: ast.Call) -> bool:
    assert isinstance(call.func, ast.Attribute)
    if not _WIDE.fullmatch(call.func.attr):
        return False
    given = [word.value for word in call.keywords if word.arg in ("dim", "axis")] + call.args[-1:]
    return any(ast.unparse(item) in ("1", "-1", "2", "-2") for item in given)


def _options(item: Entering, function: ast.FunctionDef, text: str, wide: frozenset[str]) -> list[Guess]:
    if item.kind == "setting":
        return _setting(item)
    name = re.escape(item.name)
    detached = rf"\b{name}(\.detach\(\))?"
    if _is_label(item, function, text):
        return _labels(detached, text)
    shapes = list(_ORDER)
    if re.search(rf"{detached}\.(view|reshape)\(-1\)|{detached}\.flatten\(\)|{detached}\.squeeze\(", text):
        shapes = [_ROWS, _COLUMN, ()]
    elif _only_measured(item, function):
        shapes = [("C",)]
    elif _is_coefficient(item):
        shapes.sort(key=lambda shape: shape != ())
    elif item.name in wide or _first(item, function):
        shapes.sort(key=lambda shape: shape != _TABLE)
    found = [Guess("tensor", shape) for shape in shapes]
    if re.search(r"mask|done|terminat|truncat", item.name):
        found[3:3] = [Guess("tensor", _ROWS, "mask")]
    return found


def _is_coefficient(item: Entering) -> bool:
    """Whether an input is a plain name that the field gives to scalars."""
    return item.kind == "input" and item.text.isidentifier() and bool(_COEFFICIENT.search(item.name))


def _setting(item: Entering) -> list[Guess]:
    value = item.default
    if value is OPEN:
        return [Guess("real"), Guess("whole")]
    if isinstance(value, bool) or not isinstance(value, int | float) or abs(value) == float("inf"):
        return [Guess("constant", value=value)]
    if isinstance(value, int):
        return [
            Guess("real", value=value),
            Guess("whole", value=value),
            *_SIZES,
            Guess("constant", value=value),
        ]
    return [Guess("real", value=value), Guess("constant", value=value)]


def _labels(detached: str, text: str) -> list[Guess]:
    shapes = list(_LABELS)
    raised = re.search(rf"{detached}(\.long\(\))?(\.unsqueeze\(|\[:, None\]|\.view\(-1, 1\))", text)
    if not raised and re.search(rf"gather\((dim=)?-?1, (index=)?{detached}", text):
        shapes.sort(key=lambda shape: shape != _COLUMN)
    return [Guess("tensor", shape, "label") for shape in shapes] + [
        Guess("tensor", _ROWS),
        Guess("tensor", _TABLE),
    ]


def _is_label(item: Entering, function: ast.FunctionDef, text: str) -> bool:
    """Whether an argument is used as whole numbers that name classes or entries."""
    return any(_names_classes(name, function, text) for name in _aliases(item.name, function))


def _aliases(name: str, function: ast.FunctionDef) -> list[str]:
    """The names of an argument: its own, and those that are given it or a view of it."""
    found = [name]
    for node in function.body:
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            inner = node.value
            while isinstance(inner, ast.Call | ast.Attribute | ast.Subscript):
                inner = inner.func if isinstance(inner, ast.Call) else inner.value
            plain = not isinstance(node.value, ast.Call) or _MOVED.search(ast.unparse(node.value.func))
            if isinstance(inner, ast.Name) and inner.id in found and plain:
                found.append(node.targets[0].id)
    return found


def _names_classes(name: str, function: ast.FunctionDef, text: str) -> bool:
    if re.search(rf"\b{name}(\.detach\(\))?(\.\w+\([^()]*\))?\.(long|type\(torch\.LongTensor)\b", text):
        return True
    if _picks_entries(name, function):
        return True
    for call in (node for node in ast.walk(function) if isinstance(node, ast.Call)):
        words = ast.unparse(call.func)
        inner = {part.id for arg in call.args[1:] for part in ast.walk(arg) if isinstance(part, ast.Name)}
        if name in inner and (words.endswith((".gather", "one_hot")) or _LABEL_SECOND.search(words)):
            return True
        first = {part.id for arg in call.args[:1] for part in ast.walk(arg) if isinstance(part, ast.Name)}
        if name in first and words.endswith("one_hot"):
            return True
    return False


def _picks_entries(name: str, function: ast.FunctionDef) -> bool:
    """Whether an argument stands beside `arange` in an index: `q[arange(n), actions]`."""
    for node in ast.walk(function):
        if isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Tuple):
            parts = node.slice.elts
            counted = any("arange(" in ast.unparse(part) for part in parts)
            if counted and any(root(part) == name for part in parts):
                return True
    return False


def _only_measured(item: Entering, function: ast.FunctionDef) -> bool:
    """Whether only the length of an argument is used."""
    measured = [
        node
        for node in ast.walk(function)
        if isinstance(node, ast.Call)
        and ast.unparse(node.func) == "len"
        and ast.unparse(node.args[0]) == item.name
    ]
    uses = [node for node in ast.walk(function) if isinstance(node, ast.Name) and node.id == item.name]
    return bool(measured) and len(uses) == len(measured)


def _first(item: Entering, function: ast.FunctionDef) -> bool:
    """Whether an argument is the table of scores of a loss over classes."""
    return any(
        isinstance(node, ast.Call)
        and node.args
        and _LABEL_SECOND.search(ast.unparse(node.func)) is not None
        and any(isinstance(part, ast.Name) and part.id == item.name for part in ast.walk(node.args[0]))
        for node in ast.walk(function)
    )
