"""From one backward call to a function of what enters the objective."""

import ast
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from paperback.code.equations.sources import SourceFile
from paperback.code.names import dotted
from paperback.code.objectives.calls import Callees, read_callees
from paperback.code.objectives.choices import Choices
from paperback.code.objectives.entering import Entering
from paperback.code.objectives.expressions import find_things
from paperback.code.objectives.inside import look_inside
from paperback.code.objectives.kept import Selector, given
from paperback.code.objectives.refused import Refused
from paperback.code.objectives.rewrite import Rewriter
from paperback.code.objectives.sites import Site, loops_around, region
from paperback.code.slicing import used


@dataclass(frozen=True, slots=True)
class Cut:
    """The slice of one objective as a function, which alone is interpreted and run.

    Attributes:
        function: Its arguments are what enters, in the order of the text; its statements keep their lines.
        said: Which arms of conditions were taken and what else was decided, in words.
        constant: Lines inside statements in which no gradient is taken, and where the statement begins; what
            such a statement gives may stay a letter.
        called: Calls of the repository's functions, with their definitions.
        file: The file of the method in which the loss is computed; None where it is that of the call.
        definition: The function or loss class of the repository whose result it is as a whole; may be empty.
    """

    name: str
    line: int
    function: ast.FunctionDef
    entering: tuple[Entering, ...]
    said: tuple[str, ...]
    constant: Mapping[int, int]
    called: tuple[tuple[ast.Call, ast.FunctionDef], ...] = ()
    definition: str = ""
    file: SourceFile | None = None


def cut_out(site: Site, callees: Callees, choices: Choices, letters: Mapping[int, str] | None = None) -> Cut:
    """The slice of the objective at `site`.

    Args:
        site: The backward call.
        callees: What the names of the file stand for.
        choices: The settings of the file.
        letters: Lines of statements whose values are to stay letters, with the reason.

    Raises:
        Refused: The statements cannot be read as one formula.
    """
    try:
        return _cut(site, callees, choices, letters)
    except Within as error:
        found = look_inside(site, callees, error.text)
        if found is None:
            raise
        nodes = list(ast.walk(found.file.tree))
        inner = read_callees(callees.sources, found.file, nodes)
        made = _cut(found.site, inner, choices, letters, lazy=True)
        said = (found.said, "a factor before it is left out") if error.scaled else (found.said,)
        return replace(made, name=site.name, said=(*said, *made.said), file=found.file)


class Within(Refused):
    """The loss is what one call of a network gives, perhaps times a number."""

    def __init__(self, text: str, line: int, *, scaled: bool) -> None:
        super().__init__(f"the loss is computed inside `{_short(text)}`", line)
        self.text = text
        self.scaled = scaled


def _cut(
    site: Site, callees: Callees, choices: Choices, letters: Mapping[int, str] | None, *, lazy: bool = False
) -> Cut:
    if site.reason:
        raise Refused(site.reason, site.line)
    block = _block(site)
    selector = Selector(
        choices,
        lambda node: _calls_outside(node, callees),
        frozenset(name for node in block for name in given(node)),
        dict(letters or {}),
        lazy=lazy,
    )
    live = used(site.loss)
    steps = selector.steps(block, live)
    things = find_things([*(step.node for step in steps), site.loss])
    reserved = frozenset(name.rpartition(".")[2] for step in steps for name in given(step.node))
    rewriter = Rewriter(callees, choices, things, reserved)
    body = rewriter.statements(steps)
    loss = rewriter.expression(site.loss)
    body, needed = _pruned(body, loss)
    entering = tuple(item for item in rewriter.entering.values() if item.name in needed)
    _refuse_empty(entering, [*body, loss])
    said = tuple(selector.said[line] for line in sorted(selector.said))
    constant = {
        line: step.node.lineno
        for step in steps
        if step.silent is not None
        for line in range(step.node.lineno, (step.node.end_lineno or step.node.lineno) + 1)
    }
    called = tuple(_called([*body, loss], callees))
    function = _function(site, entering, body, loss)
    definition = _definition(body, loss, callees)
    return Cut(site.name, site.line, function, entering, said, constant, called, definition)


def _block(site: Site) -> list[ast.stmt]:
    """The statements of the innermost loop that makes what is differentiated."""
    plain = isinstance(site.loss, ast.Name | ast.Attribute)
    name = dotted(site.loss)
    for further in range(loops_around(site) + 1):
        block = region(site, further)
        if not plain or any(name in given(node) for node in block):
            return block
    raise Refused(f"{ast.unparse(site.loss)} is not made in the function that differentiates it", site.line)


def _calls_outside(node: ast.AST, callees: Callees) -> bool:
    return any(isinstance(item, ast.Call) and callees.kind(item) == "opaque" for item in ast.walk(node))


def _pruned(body: Sequence[ast.stmt], loss: ast.expr) -> tuple[list[ast.stmt], set[str]]:
    """The statements that the loss needs, and the names that it needs in the end."""
    live = used(loss)
    kept: list[ast.stmt] = []
    for node in reversed(body):
        inner = node.body[0] if isinstance(node, ast.With) else node
        made = set(given(inner)) | ({inner.name} if isinstance(inner, ast.FunctionDef) else set())
        if not made & live:
            continue
        if isinstance(inner, ast.Assign):
            whole = {target.id for target in inner.targets if isinstance(target, ast.Name)}
            if isinstance(inner.value, ast.Name) and whole == {inner.value.id}:
                continue
            live -= whole
        live |= used(inner)
        kept.insert(0, node)
    return kept, live


def _refuse_empty(entering: Sequence[Entering], nodes: Sequence[ast.AST]) -> None:
    """An objective that is only a letter, perhaps rescaled, says nothing."""
    tensors = [item for item in entering if item.kind != "setting"]
    inner = [item for node in nodes for item in ast.walk(node)]
    works = any(
        (isinstance(item, ast.Call) and not _quiet(item))
        or isinstance(item, ast.UnaryOp | ast.For | ast.Compare)
        or (isinstance(item, ast.BinOp) and not isinstance(item.op, ast.Mult | ast.Div))
        for item in inner
    )
    results = [item for item in tensors if "(" in item.text]
    if len(results) == 1 and not works:
        scaled = any(isinstance(item, ast.BinOp) for item in inner)
        raise Within(results[0].text, results[0].line, scaled=scaled)
    if len(tensors) == 1 and not works:
        raise Refused("the objective is one value from outside", tensors[0].line)
    if not tensors:
        raise Refused("no tensor enters the objective")


def _definition(body: Sequence[ast.stmt], loss: ast.expr, callees: Callees) -> str:
    value = loss
    match body:
        case [ast.Assign(targets=[ast.Name(id=name)], value=made)] if isinstance(loss, ast.Name):
            value = made if loss.id == name else loss
        case [_, *_]:
            return ""
    if not isinstance(value, ast.Call):
        return ""
    found = callees.defined(value.func.func if isinstance(value.func, ast.Call) else value.func)
    return found.name if found is not None else ""


def _called(nodes: Sequence[ast.AST], callees: Callees) -> Iterator[tuple[ast.Call, ast.FunctionDef]]:
    for node in (item for outer in nodes for item in ast.walk(outer)):
        found = callees.defined(node.func) if isinstance(node, ast.Call) else None
        if isinstance(node, ast.Call) and isinstance(found, ast.FunctionDef):
            yield node, found


def _quiet(call: ast.Call) -> bool:
    return isinstance(call.func, ast.Attribute) and call.func.attr == "detach"


def _short(text: str) -> str:
    return text if len(text) <= 60 else text[:57] + "..."


def _function(
    site: Site, entering: Sequence[Entering], body: Sequence[ast.stmt], loss: ast.expr
) -> ast.FunctionDef:
    spec = ast.arguments([], [ast.arg(item.name) for item in entering], None, [], [], None, [])
    last = ast.copy_location(ast.Return(loss), site.around[-1])
    made = ast.FunctionDef(f"objective_of_{site.name}", spec, [*body, last], [])
    made.lineno = site.line
    return ast.fix_missing_locations(made)
