"""Losses: what a library offers, and what reaches `.backward()`."""

import ast
import re
from collections.abc import Iterator

from paperback.code.expressions import assigned, summands, terms_of, unwrapped
from paperback.code.facts import LossUse
from paperback.code.inventory import LossFact
from paperback.code.names import dotted, last, looks_like_class, resolve
from paperback.code.scopes import FileScopes, Scope
from paperback.code.vocabulary import COMPUTING_METHODS, canonical, is_loss

_EVALUATION = re.compile(r"^_*(eval|valid|test|infer|predict)", re.I)
_GRADIENT_CALLS = ("value_and_grad", "grad")


def read_library_losses(file: FileScopes) -> Iterator[LossFact]:
    """Losses of a library that are made or called outside evaluation; each once per function."""
    seen = set()
    for scope in file.all():
        if _EVALUATION.match(scope.short):
            continue
        for site in scope.calls:
            target = canonical(resolve(site.written, file.aliases))
            if is_loss(target) and (scope.name, target) not in seen:
                seen.add((scope.name, target))
                yield LossFact(
                    last(target), "library", "", (file.text.of(site.node),), file.text.place(site.node)
                )
        yield from _chosen(file, scope)
        yield from _compiled(file, scope)


def _chosen(file: FileScopes, scope: Scope) -> Iterator[LossFact]:
    """Losses that are named without a call: `loss_fn = F.mse_loss if regression else F.cross_entropy`."""
    for node in scope.nodes:
        if isinstance(node, ast.Assign | ast.AnnAssign) and node.value is not None:
            for name in _arms(node.value):
                target = canonical(resolve(dotted(name), file.aliases))
                if is_loss(target):
                    yield LossFact(last(target), "library", "", (file.text.of(name),), file.text.place(name))


def _arms(node: ast.expr, depth: int = 0) -> Iterator[ast.expr]:
    match node:
        case ast.IfExp(body=body, orelse=orelse) if depth < 20:
            yield from _arms(body, depth + 1)
            yield from _arms(orelse, depth + 1)
        case ast.Dict(values=values) if depth < 20:
            for value in values:
                yield from _arms(value, depth + 1)
        case ast.Attribute() | ast.Name():
            yield node


def _compiled(file: FileScopes, scope: Scope) -> Iterator[LossFact]:
    for site in scope.calls:
        if last(site.written) == "compile":
            for keyword in site.node.keywords:
                match keyword:
                    case ast.keyword(arg="loss", value=ast.Constant(value=str(name))):
                        place = file.text.place(site.node)
                        yield LossFact(name, "library", "", (file.text.of(keyword.value),), place)


def read_loss_uses(file: FileScopes) -> Iterator[LossUse]:
    """The expression behind every `.backward()` and every returned loss of a `training_step`."""
    for scope in file.all():
        for node in _differentiated(scope):
            yield from _use(file, scope, node)


def _differentiated(scope: Scope) -> Iterator[ast.expr]:
    for site in scope.calls:
        match site.node:
            case ast.Call(func=ast.Attribute(attr="backward", value=value), args=[]):
                yield value
            case ast.Call(func=ast.Attribute(attr="backward", value=value), args=[first, *_]):
                yield first if last(dotted(value)) in ("accelerator", "fabric", "engine") else value
            case ast.Call(func=ast.Attribute(attr="manual_backward"), args=[first, *_]):
                yield first
            # TensorFlow 1; SciPy's function of that name takes a function and where to begin.
            case ast.Call(func=ast.Attribute(attr="minimize" | "compute_gradients"), args=[first]):
                yield first
            case ast.Call(func=ast.Attribute(attr="gradient", value=ast.Name(id=name)), args=[first, *_]):
                if "tape" in name and (not isinstance(first, ast.Name) or _trains(scope, first.id)):
                    yield first
    if scope.short == "training_step":
        yield from (
            node.value for node in scope.nodes if isinstance(node, ast.Return) and node.value is not None
        )


def _trains(scope: Scope, differentiated: str) -> bool:
    # A tape also gives derivatives that train nothing, such as a speed from a position.
    names = {last(site.written) for site in scope.calls}
    return (
        bool(names & {"apply_gradients", "apply", "assign_sub", "minimize"})
        or "loss" in differentiated.lower()
    )


def _use(file: FileScopes, scope: Scope, node: ast.expr) -> Iterator[LossUse]:
    bare = unwrapped(node)
    values = assigned(scope, node.lineno)
    value = bare
    for _ in range(2):
        if isinstance(value, ast.Name | ast.Attribute) and dotted(value) in values:
            value = unwrapped(values[dotted(value)])
    name = file.text.of(bare)
    if isinstance(value, ast.Call):
        target = _target(file, scope, value.func)
        if target:
            yield LossUse(target, last(dotted(value.func)), (file.text.of(value),), file.text.place(value))
            return
    if _adds_library_losses(file, scope, values, value):
        return
    if isinstance(value, ast.BinOp | ast.UnaryOp | ast.Call) and not _hidden(value):
        yield LossUse("", name, _opened_terms(file, values, value), file.text.place(node))


def _adds_library_losses(
    file: FileScopes, scope: Scope, values: dict[str, ast.expr], value: ast.expr
) -> bool:
    """Whether the loss only adds what losses of a library give, as for real and generated examples."""
    terms = [term for sign, term in summands(value, values) if not sign]
    calls = [term for term in map(unwrapped, terms) if isinstance(term, ast.Call)]
    if len(terms) < 2 or len(calls) < len(summands(value, values)):
        return False
    return all(is_loss(_target(file, scope, call.func)) for call in calls)


def _opened_terms(file: FileScopes, values: dict[str, ast.expr], value: ast.expr) -> tuple[str, ...]:
    # Only sums are opened: the name of a term that is one product or call says more than its text.
    sums = {name: found for name, found in values.items() if isinstance(found, ast.BinOp) and _is_sum(found)}
    return terms_of(value, file.text, sums)


def _is_sum(node: ast.BinOp) -> bool:
    return isinstance(node.op, ast.Add | ast.Sub)


def _hidden(value: ast.expr) -> bool:
    """Whether the loss is computed by a call that cannot be followed here, such as `model(batch)`."""
    if not isinstance(value, ast.Call):
        return False
    reduced = last(dotted(value.func)) in ("mean", "sum", "stack")
    return not reduced or (isinstance(value.func, ast.Attribute) and _is_output(value.func.value))


def _is_output(node: ast.expr) -> bool:
    # `net(x).sum().backward()` only tries the network out.
    if isinstance(node, ast.Call):
        written = dotted(node.func)
        return "()" not in written and last(written) not in COMPUTING_METHODS
    return isinstance(node, ast.Name)


def _target(file: FileScopes, scope: Scope, function: ast.expr) -> str:
    """What a called name stands for: an import, a local definition, or the class its value was made of."""
    written = dotted(function)
    if "()" in written:
        inner = function.func if isinstance(function, ast.Call) else None
        return canonical(resolve(dotted(inner), file.aliases)) if inner is not None else ""
    if last(written) in ("mean", "sum") and "." in written:
        return ""
    if made := _made_of(file, scope, written):
        return made
    head = written.partition(".")[0]
    return (
        canonical(resolve(written, file.aliases)) if head in file.aliases or "." not in written else written
    )


def _made_of(file: FileScopes, scope: Scope, written: str) -> str:
    given = False
    if isinstance(scope.node, ast.FunctionDef | ast.AsyncFunctionDef):
        arguments = scope.node.args
        for argument in (*arguments.args, *arguments.kwonlyargs):
            given = given or argument.arg == written
            if argument.arg == written and argument.annotation is not None:
                found = canonical(resolve(dotted(argument.annotation), file.aliases))
                return (
                    found if looks_like_class(found) and not found.startswith(("torch.", "typing.")) else ""
                )
    for place in (scope, file.module, *file.functions):
        # What a function is given is taken to be what another one of the file makes under that name.
        elsewhere = written.startswith("self.") or given or place is file.module
        if place is not scope and not elsewhere:
            continue
        for node in place.nodes:
            match node:
                case ast.Assign(targets=[target], value=ast.Call()) if dotted(target) == written:
                    name = canonical(resolve(dotted(_unmoved(node.value).func), file.aliases))
                    if looks_like_class(name):
                        return name
    return ""


def _unmoved(node: ast.expr) -> ast.Call:
    """The call that makes a value before `.to(device)` or `.cuda()` moves it."""
    assert isinstance(node, ast.Call)
    while isinstance(node.func, ast.Attribute) and isinstance(node.func.value, ast.Call):
        node = node.func.value
    return node
