"""Optimisers and schedulers that are made."""

import ast
import re
from collections.abc import Iterator

from paperback.code.inventory import OptimiserFact
from paperback.code.names import dotted, last, looks_like_class, resolve
from paperback.code.parse import Text
from paperback.code.scopes import CallSite, FileScopes, Scope
from paperback.code.vocabulary import OPTIMISER_NAME, canonical, family

_CALLED = re.compile(r"optim|^opt(_|$)", re.I)
_ABSTRACT = ("Optimizer", "LRScheduler", "_LRScheduler", "AveragedModel")
_OPTAX_OTHER = re.compile(
    r"loss|error|norm$|update|entropy|labels|tree|distance|log_cosh|state|State|Transformation|mask", re.I
)


def read_optimisers(file: FileScopes) -> Iterator[tuple[str, OptimiserFact]]:
    """Resolved name and fact of every call that makes an optimiser or may make one written here."""
    for scope in file.all():
        for site in scope.calls:
            target = canonical(resolve(site.written, file.aliases))
            if makes_optimiser(target):
                yield (
                    target,
                    OptimiserFact(last(target), arguments(site.node, file.text), file.text.place(site.node)),
                )
            elif named := _by_name(site, file):
                yield "torch.optim.", named
        yield from _own(file, scope)


def _own(file: FileScopes, scope: Scope) -> Iterator[tuple[str, OptimiserFact]]:
    """Calls of a class whose value is called an optimiser: one written here, perhaps."""
    for node in scope.nodes:
        match node:
            case ast.Assign(targets=[target, *_], value=ast.Call(func=function) as call):
                name = resolve(dotted(function), file.aliases)
                named = _CALLED.search(last(dotted(target))) and looks_like_class(name)
                if named and not makes_optimiser(canonical(name)):
                    yield name, OptimiserFact(last(name), arguments(call, file.text), file.text.place(call))


def arguments(call: ast.Call, text: Text) -> tuple[str, ...]:
    """The arguments of a call as source text."""
    named = (
        f"{item.arg}={text.of(item.value)}" if item.arg else f"**{text.of(item.value)}"
        for item in call.keywords
    )
    return (*(text.of(item) for item in call.args), *named)


def makes_optimiser(target: str) -> bool:
    """Whether a resolved name is an optimiser or a scheduler of a library."""
    name = last(target)
    if family(target) in ("optimiser", "scheduler"):
        return looks_like_class(target) and name not in _ABSTRACT
    if target.startswith("optax."):
        return target.count(".") == 1 and not _OPTAX_OTHER.search(name)
    return bool(OPTIMISER_NAME.match(name)) or (name.startswith("get_") and name.endswith("_with_warmup"))


def _by_name(site: CallSite, file: FileScopes) -> OptimiserFact | None:
    # `getattr(torch.optim, args.opt)(...)`
    match site.node.func:
        case ast.Call(func=ast.Name(id="getattr"), args=[module, name, *_]):
            owner = canonical(resolve(file.text.of(module), file.aliases))
            if owner.startswith("torch.optim"):
                written = f"{owner}[{file.text.of(name)}]"
                return OptimiserFact(written, arguments(site.node, file.text), file.text.place(site.node))
    return None
