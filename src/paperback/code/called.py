"""Which function of the repository a call runs."""

import ast

from paperback.code.names import dotted, last
from paperback.code.repository import Place
from paperback.code.scopes import FileScopes, Scope
from paperback.code.trees import Trees

_WRAPPERS = ("jit", "pmap", "partial", "compile", "vmap", "function")


def called(trees: Trees, file: FileScopes, scope: Scope, call: ast.Call) -> tuple[FileScopes, Scope] | None:
    """The function of the repository that a call runs; None for a library's."""
    written = dotted(call.func)
    owner = scope.name.rpartition(".")[0]
    if written.startswith("self.") and owner:
        found = trees.method((file.text.path, owner), (written.removeprefix("self."),))
        source = trees.file(found[0][0]) if found else None
        return (source, found[1]) if found and source else None
    made = _method_of_made(trees, file, scope, written)
    if made is not None:
        return made
    written = _wrapped(file, scope, written)
    local = next((item for item in file.functions if item.name == f"{scope.name}.{written}"), None)
    if local is not None:
        return file, local
    place = trees.repository.find(resolve_in(file, written), file.text.path)
    target = trees.scope(place) if place else None
    source = trees.file(place[0]) if place else None
    if target is None or source is None or isinstance(target.node, ast.ClassDef):
        return None
    return source, target


def _method_of_made(
    trees: Trees, file: FileScopes, scope: Scope, written: str
) -> tuple[FileScopes, Scope] | None:
    """The method that `agent.train(...)` runs, where `agent = Agent(...)` is a class of the repository.

    Where a setting chooses among several classes, it is the first of them.
    """
    owner, _, name = written.rpartition(".")
    if not owner or "()" in owner:
        return None
    for place in (scope, file.module):
        for node in place.nodes:
            match node:
                case ast.Assign(targets=[target], value=ast.Call(func=function)) if dotted(target) == owner:
                    found = trees.repository.find(resolve_in(file, dotted(function)), file.text.path)
                    method = _method(trees, found, name) if found is not None else None
                    if method is not None:
                        return method
    return None


def _method(trees: Trees, place: Place, name: str) -> tuple[FileScopes, Scope] | None:
    """The method of a class, which may inherit it or be without bases."""
    found = trees.method(place, (name,))
    path = found[0][0] if found else place[0]
    scope = found[1] if found else trees.scope((place[0], f"{place[1]}.{name}"))
    file = trees.file(path)
    return (file, scope) if file is not None and scope is not None else None


def _wrapped(file: FileScopes, scope: Scope, written: str) -> str:
    """The function that `step = jit(train_step, ...)` or `partial(train_step, ...)` calls in the end."""
    for place in (scope, file.module):
        for node in place.nodes:
            match node:
                case ast.Assign(targets=[ast.Name(id=name)], value=ast.Call(func=function, args=[inner, *_])):
                    if name == written and last(dotted(function)) in _WRAPPERS:
                        while isinstance(inner, ast.Call) and inner.args:
                            inner = inner.args[0]
                        return dotted(inner)
    return written


def resolve_in(file: FileScopes, written: str) -> str:
    """`written` with its first part replaced by what it was imported as in `file`."""
    head, dot, rest = written.partition(".")
    return file.aliases.get(head, head) + dot + rest
