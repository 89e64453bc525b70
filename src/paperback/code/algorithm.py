"""The training procedure of a repository as pseudo-code."""

import ast
import re
from collections.abc import Iterable, Iterator, Sequence

from paperback.code.called import called
from paperback.code.fitted import STEPS, fitted, stepped
from paperback.code.inputs import find_inputs
from paperback.code.inventory import HyperParameter, LoopFact, LossFact, OptimiserFact
from paperback.code.names import dotted, last, resolve
from paperback.code.plain import plain
from paperback.code.procedure import Algorithm, Line, Symbol, Words
from paperback.code.reach import import_closure
from paperback.code.repository import Repository
from paperback.code.scopes import FileScopes, Scope
from paperback.code.slicing import Kept, Slicer, trains
from paperback.code.subject import Subject
from paperback.code.trees import Trees
from paperback.code.vocabulary import OPTIMISER_NAME, canonical, family
from paperback.code.wording import Writer

MOST_LINES = 45
_MOST_INPUTS = 14
_MOST_CALLERS = 30
_OUTER = re.compile(r"epoch|iter|step|update|round|episode|total_timesteps", re.I)
_TRAINING = frozenset({"backward", "optimiser step", "train one epoch"})
_EVALUATES = re.compile(
    r"(^|[._/])(eval|test|valid|infer|sample|bench|profile|analy|tune|search|probe|knn|lin(ear)?_?(cls|probe|eval))",
    re.I,
)


def training_algorithm(
    subject: Subject,
    loops: Sequence[LoopFact],
    optimisers: Sequence[OptimiserFact],
    losses: Sequence[LossFact],
    offered: Sequence[HyperParameter],
) -> Algorithm | None:
    """The training procedure of the proposal; None where no loop of the repository trains."""
    start = _start(subject, loops, losses)
    if start is None:
        return None
    file, scope = _climb(subject, *start)
    both = dict.fromkeys([file.text.path, start[0].text.path])
    holding = [subject.trees.file(path) for path in both]
    makers = _by_variable(made for held in holding if held for made in _optimisers(subject.trees, held))
    if scope.short in STEPS and scope.owner:
        lines = list(stepped(subject.trees, file, scope, makers))
    elif not (lines := list(fitted(file, scope))):
        kept = _around_updates(Slicer(subject.trees, file, scope).body(scope.node.body, set()))
        lines = list(Writer(file, scope, makers).lines(kept, 0))
    shown = _fitting(lines)
    if not any(line.kind in ("for", "while", "repeat") for line in shown):
        return None
    paths = list(dict.fromkeys([file.text.path, *(line.source.path for line in shown)]))
    inputs = tuple(find_inputs(subject, shown, paths, makers, (losses, optimisers, offered)))
    place = shown[0].source if isinstance(scope.node, ast.Module) else file.text.place(scope.node)
    return Algorithm(
        "Training procedure",
        inputs[:_MOST_INPUTS],
        tuple(shown),
        (Words("trained parameters"),),
        place,
        len(lines) - len(shown),
    )


def _start(
    subject: Subject, loops: Sequence[LoopFact], losses: Sequence[LossFact]
) -> tuple[FileScopes, Scope] | None:
    """The function that holds the innermost training loop of the proposal."""
    counts = subject.counts()
    own = subject.compared.proposal[0] if subject.compared else ""
    trained = [
        loop
        for loop in loops
        if _TRAINING & set(loop.steps) or last(loop.function) in STEPS or "fit" in loop.steps
    ]

    own_losses = _using(subject.trees, {item.source.path for item in losses if item.kind == "custom"})
    repository = subject.trees.repository
    builds = {
        path: own in import_closure(repository, [path]) for path in {loop.source.path for loop in trained}
    }

    depths = _entry_depths(repository, builds)

    def rank(loop: LoopFact) -> tuple[bool, bool, bool, bool, bool, int, bool, int, int]:
        return (
            counts(loop.source.path),
            loop.source.path == own,
            not loop.source.path.endswith(".ipynb"),
            not _EVALUATES.search(loop.function) and not _EVALUATES.search(loop.source.path),
            builds[loop.source.path],
            -depths[loop.source.path],
            loop.source.path in own_losses,
            len(_TRAINING & set(loop.steps)),
            len(loop.steps),
        )

    if own and not any(loop.source.path == own for loop in trained):
        found = _by_calls(subject.trees, own)
        if found is not None:
            return found
    for loop in sorted(trained, key=rank, reverse=True):
        file = subject.trees.file(loop.source.path)
        scopes = [file.module, *file.functions] if file else []
        scope = next((item for item in scopes if item.name == loop.function), None)
        if file is not None and scope is not None:
            return file, scope
    return None


def _entry_depths(repository: Repository, paths: Iterable[str]) -> dict[str, int]:
    """How deep in folders the uppermost script lies that reaches each file: the main one lies at the top."""
    entries = [path for path, file in repository.files.items() if file.entry and not file.test]
    reached = {entry: import_closure(repository, [entry]) for entry in entries}
    return {
        path: min((entry.count("/") for entry in entries if path in reached[entry]), default=99)
        for path in paths
    }


def _by_calls(trees: Trees, path: str) -> tuple[FileScopes, Scope] | None:
    """The function of a file whose loops train only through functions that they call."""
    file = trees.file(path)
    for scope in [file.module, *file.functions] if file else []:
        loops = any(isinstance(node, ast.For | ast.While) for node in scope.nodes)
        if file is not None and loops and trains(trees, file, scope):
            return file, scope
    return None


def _using(trees: Trees, paths: set[str]) -> set[str]:
    """The files that import something that one of these files defines, and these files."""
    users = set(paths)
    for path, file in trees.repository.files.items():
        places = (trees.repository.find(item.target, path) for item in file.imports if item.name)
        if any(place is not None and place[0] in paths for place in places):
            users.add(path)
    return users


def _climb(subject: Subject, file: FileScopes, scope: Scope, depth: int = 0) -> tuple[FileScopes, Scope]:
    """The caller that repeats a function over epochs, where the function itself does not."""
    if depth >= 2 or isinstance(scope.node, ast.Module) or _has_outer_loop(file, scope):
        return file, scope
    for other in _callers(subject, file):
        for outer in [*other.functions, other.module]:
            if outer is not scope and _repeats(subject.trees, other, outer, scope):
                return _climb(subject, other, outer, depth + 1)
    return file, scope


def _has_outer_loop(file: FileScopes, scope: Scope) -> bool:
    loops = [node for node in scope.nodes if isinstance(node, ast.For | ast.While)]
    heads = [
        f"{file.text.of(node.target)} {file.text.of(node.iter)}"
        if isinstance(node, ast.For)
        else file.text.of(node.test)
        for node in loops
    ]
    return any(_OUTER.search(head) or head == "True" for head in heads)


def _callers(subject: Subject, file: FileScopes) -> Iterator[FileScopes]:
    """The file itself, the proposal's, the entry points that count, and other files that import this one."""
    yield file
    files = subject.trees.repository.files
    counts = subject.counts()
    stem = last(file.text.path.removesuffix(".py").replace("/", "."))
    own = [subject.compared.proposal[0]] if subject.compared else []
    importing = [
        path
        for path, facts in files.items()
        if counts(path) and not facts.test and any(stem in item.target.split(".") for item in facts.imports)
    ]
    entries = [path for path, facts in files.items() if facts.entry and counts(path)]
    paths = [path for path in dict.fromkeys([*own, *importing, *entries]) if path != file.text.path]
    found = (subject.trees.file(path) for path in paths[:_MOST_CALLERS])
    yield from (other for other in found if other is not None)


def _repeats(trees: Trees, file: FileScopes, outer: Scope, scope: Scope) -> bool:
    """Whether `outer` calls `scope` inside a loop."""
    calls = [site.node for site in outer.calls if last(site.written) == scope.short]
    loops = [node for node in outer.nodes if isinstance(node, ast.For | ast.While)]
    for call in calls:
        inside = any(loop.lineno <= call.lineno <= (loop.end_lineno or loop.lineno) for loop in loops)
        found = called(trees, file, outer, call) if inside else None
        if found is not None and found[1].node is scope.node:
            return True
    return False


def _around_updates(kept: Sequence[Kept]) -> tuple[Kept, ...]:
    """From the first loop on; what is only prepared before it is part of the input."""
    first = next((i for i, item in enumerate(kept) if isinstance(item.node, ast.For | ast.While)), None)
    if first is None:
        return tuple(kept)
    initial = [item for item in kept[:first] if _initialises(item.node)]
    return (*initial, *kept[first:])


def _initialises(node: ast.stmt) -> bool:
    match node:
        case ast.Expr(value=ast.Call(func=ast.Attribute(attr="load_state_dict"))):
            return True
    return False


def _by_variable(made: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Variable to its optimiser; where a setting chooses among several, none is the one."""
    found: dict[str, set[str]] = {}
    for name, optimiser in made:
        found.setdefault(name, set()).add(optimiser)
    return {name: next(iter(several)) for name, several in found.items() if len(several) == 1}


def _optimisers(trees: Trees, file: FileScopes) -> Iterator[tuple[str, str]]:
    """Variables of the file that hold an optimiser, with its class and whose parameters it updates.

    The empty name stands for the only optimiser of the file.
    """
    made_here = {
        last(site.written) for place in file.all() for site in place.calls if _optimiser(file, site.node)
    }
    if len(made_here) == 1:
        yield "", made_here.pop()
    for place in [file.module, *file.functions]:
        for node in place.nodes:
            match node:
                case ast.Assign(targets=[target], value=ast.Call() as call):
                    made = _made(trees, file, place, call)
                    if made:
                        yield plain(target, file.aliases), made


def _optimiser(file: FileScopes, call: ast.Call) -> str:
    """Class of the optimiser that a call makes; empty for any other call."""
    target = canonical(resolve(dotted(call.func), file.aliases))
    name = last(target)
    known = family(target) == "optimiser" or OPTIMISER_NAME.match(name) or _optax(target)
    return name if known else ""


def _made(trees: Trees, file: FileScopes, scope: Scope, call: ast.Call, depth: int = 0) -> str:
    if name := _optimiser(file, call):
        owners = [
            plain(inner.func.value, file.aliases)
            for inner in ast.walk(call)
            if isinstance(inner, ast.Call)
            and isinstance(inner.func, ast.Attribute)
            and inner.func.attr == "parameters"
        ]
        return f"{name} of {' and '.join(owners)}" if owners else name
    found = called(trees, file, scope, call) if depth < 2 else None
    if found is None:
        return ""
    inner_file, inner = found
    returned = [node.value for node in inner.nodes if isinstance(node, ast.Return)]
    names = {value.id for value in _names_among(returned)}
    made = [value for value in returned if isinstance(value, ast.Call)]
    made += [
        node.value
        for node in inner.nodes
        if isinstance(node, ast.Assign)
        and isinstance(node.value, ast.Call)
        and any(isinstance(item, ast.Name) and item.id in names for item in node.targets)
    ]
    found_names = {_made(trees, inner_file, inner, item, depth + 1).partition(" of ")[0] for item in made} - {
        ""
    }
    # Where a setting chooses among several, none is the one.
    return found_names.pop() if len(found_names) == 1 else ""


def _names_among(returned: Iterable[ast.expr | None]) -> Iterator[ast.Name]:
    for value in returned:
        if isinstance(value, ast.Name):
            yield value


def _optax(target: str) -> bool:
    return target.startswith("optax.") and last(target) in (
        "adam",
        "adamw",
        "sgd",
        "rmsprop",
        "lamb",
        "chain",
        "lion",
    )


def _fitting(lines: Sequence[Line]) -> list[Line]:
    """The lines that a box holds: where there are too many, the deepest are folded first, updates last."""
    shown = list(lines)
    for depth in range(max((line.depth for line in shown), default=0), -1, -1):
        if len(shown) > MOST_LINES:
            shown = _filled(_folded(shown, depth))
    return _filled(shown[:MOST_LINES])


def _folded(lines: list[Line], depth: int) -> list[Line]:
    """The lines without those so deep that are not special; a kept line keeps the heads of its blocks."""
    kept = {i for i, line in enumerate(lines) if line.depth < depth or _special(line)}
    for i in sorted(kept):
        kept |= set(_heads(lines, i, kept))
    return [line for i, line in enumerate(lines) if i in kept]


def _heads(lines: list[Line], i: int, kept: set[int]) -> Iterator[int]:
    """Positions of the heads of the blocks in which a line stands; an `else` comes with its `if`."""
    depth = lines[i].depth + (lines[i].kind == "else")
    for j in range(i if lines[i].kind == "else" else i - 1, -1, -1):
        if lines[j].depth < depth:
            yield j
            depth = lines[j].depth
            if lines[j].kind == "else":
                start = max(k for k in range(j) if lines[k].depth == depth and lines[k].kind == "if")
                yield start
                if not kept & set(range(start + 1, j)):
                    # An arm in which nothing is special keeps its last line.
                    yield j - 1
                    yield from _heads(lines, j - 1, kept)


def _filled(lines: list[Line]) -> list[Line]:
    """The lines without heads of blocks that hold nothing."""
    while any(_opens_nothing(lines, i) for i in range(len(lines))):
        lines = [line for i, line in enumerate(lines) if not _opens_nothing(lines, i)]
    return lines


def _special(line: Line) -> bool:
    if not line.text:
        return False
    words = "".join(part.text for part in line.text if isinstance(part, Words))
    return any(
        word in words for word in ("gradient", "update", "sample", "environment", "moving", "keep")
    ) or (line.kind in ("for", "while") or (isinstance(line.text[0], Symbol) and "loss" in line.text[0].text))


def _opens_nothing(lines: Sequence[Line], i: int) -> bool:
    opens = lines[i].kind in ("for", "while", "if", "else", "repeat")
    return opens and (i + 1 == len(lines) or lines[i + 1].depth <= lines[i].depth)
