"""Steps of training that are changed: gradients that the code computes or writes by itself."""

import ast
from collections.abc import Iterator

from paperback.code.names import dotted, last, resolve
from paperback.code.scopes import FileScopes
from paperback.code.vocabulary import canonical, family, looks_capital
from paperback.source import Source

_GRADIENT = {
    "torch.autograd.grad": "a gradient is computed inside the training step (torch.autograd.grad)",
    "torch.autograd.functional.jacobian": "a Jacobian is computed inside the training step",
    "torch.func.grad": "a gradient is computed inside the training step (torch.func.grad)",
}
_COPIES = frozenset(
    {"clone", "detach", "to", "half", "float", "double", "type", "cuda", "cpu", "contiguous", "zeros_like",
     "data", "copy", "from_numpy", "all_reduce", "view", "reshape", "get", "pop", "tensor", "type_as"}
)  # fmt: skip
_HOOKS = ("register_hook", "register_full_backward_hook", "register_backward_hook")


def read_changes(file: FileScopes) -> Iterator[tuple[str, Source]]:
    """The phrase and place of every changed step of forward, backward or update."""
    for scope in [*file.functions, file.module]:
        for site in scope.calls:
            target = resolve(site.written, file.aliases)
            if target in _GRADIENT:
                yield _GRADIENT[target], file.text.place(site.node)
            elif last(target) in _HOOKS:
                yield (
                    f"{scope.name or 'the script'} changes gradients with {last(target)}",
                    file.text.place(site.node),
                )
            elif last(target) == "first_step":
                yield "the update takes two steps (sharpness-aware minimisation)", file.text.place(site.node)
            elif "mixup" in last(target).lower() or "cutmix" in last(target).lower():
                yield f"the training step mixes examples ({last(target)})", file.text.place(site.node)
        for node in scope.nodes:
            match node:
                case ast.Assign(targets=[ast.Attribute(attr="grad") as written], value=value):
                    if _changes(value):
                        yield (
                            f"the gradient is written by hand ({dotted(written)} = …)",
                            file.text.place(node),
                        )


def _changes(value: ast.expr) -> bool:
    """Whether a gradient is computed here, and not only copied, moved, cast or cleared."""
    match value:
        case ast.BinOp() | ast.UnaryOp():
            return True
        case ast.Call(func=ast.Attribute(attr=attr, value=owner)) if attr in _COPIES:
            return _changes(owner)
        case ast.Call(func=function):
            return last(dotted(function)) not in _COPIES
    return False


def read_estimators(file: FileScopes) -> Iterator[tuple[str, Source]]:
    """Estimators of scikit-learn that are made."""
    for scope in file.all():
        for site in scope.calls:
            target = canonical(resolve(site.written, file.aliases))
            if target.startswith("sklearn.") and looks_capital(target) and family(target) == "estimator":
                yield target, file.text.place(site.node)
