"""Where a script takes the gradient: every backward call, or call that differentiates a function."""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass

from paperback.code.names import dotted, last

# Objects whose `backward(loss)` is given the loss: Accelerate, Fabric, DeepSpeed, distributed autograd.
_GIVEN = re.compile(r"accelerator|fabric|engine|deepspeed|autograd|strategy|manual_backward", re.I)
_SCALES = ("scale", "scale_loss")
# `jax.value_and_grad(loss_fn)`, `nnx.grad(loss_fn)`, `model.apply_gradient(loss_fn)`, and so on.
_DIFFERENTIATES = re.compile(r"^(filter_)?(value_and_)?grad$|^apply_gradients?$")


@dataclass(frozen=True, slots=True)
class Site:
    """One backward call.

    Attributes:
        loss: What is differentiated.
        line: Of the call, counted from one.
        around: The nodes around its statement, outermost first, the statement last.
        reason: Why it is no scalar objective; empty where it is one.
        function: The function that is differentiated, where it is one; `around` then leads to its `return`.
    """

    loss: ast.expr
    line: int
    around: tuple[ast.AST, ...]
    reason: str = ""
    function: str = ""

    @property
    def name(self) -> str:
        """What the code calls the objective: its function, or the last name of its expression."""
        if self.function:
            return self.function
        inner = self.loss
        while isinstance(inner, ast.Call | ast.Subscript) or (
            isinstance(inner, ast.Attribute) and isinstance(inner.value, ast.Call)
        ):
            inner = inner.func if isinstance(inner, ast.Call) else inner.value
            if isinstance(inner, ast.Attribute) and last(dotted(inner)) in ("mean", "sum"):
                inner = inner.value
        return last(dotted(inner)).replace("()", "") or "objective"


def find_sites(tree: ast.Module) -> list[Site]:
    """The backward calls of a file, in the order of the text."""
    return sorted(_within(tree, ()), key=lambda site: site.line)


def _within(node: ast.AST, around: tuple[ast.AST, ...]) -> Iterator[Site]:
    waiting: list[tuple[ast.AST, tuple[ast.AST, ...]]] = [(node, around)]
    while waiting:
        here, outer = waiting.pop()
        if isinstance(here, ast.Call):
            site = _site(here, outer)
            if site is not None:
                yield site
        inner = (*outer, here) if isinstance(here, ast.stmt | ast.Module | ast.ExceptHandler) else outer
        waiting += [(child, inner) for child in ast.iter_child_nodes(here)]


def _of_function(call: ast.Call, around: tuple[ast.AST, ...]) -> Site | None:
    """The site of a call that differentiates a function which the same file defines around it."""
    if not call.args or not isinstance(call.args[0], ast.Name):
        return None
    name = call.args[0].id
    for at in range(len(around) - 1, -1, -1):
        inner = next((item for item in getattr(around[at], "body", ()) or () if _is_named(item, name)), None)
        if inner is not None:
            return _returned(call, (*around[: at + 1], inner), inner)
    return None


def _is_named(node: ast.AST, name: str) -> bool:
    return isinstance(node, ast.FunctionDef) and node.name == name


def _returned(call: ast.Call, around: tuple[ast.AST, ...], function: ast.FunctionDef) -> Site:
    """The first value that a function returns, which is what is differentiated."""
    done = function.body[-1]
    every = [node for node in ast.walk(function) if isinstance(node, ast.Return)]
    if not isinstance(done, ast.Return) or done.value is None or len(every) != 1:
        reason = f"{function.name} does not end in its one return"
        return Site(call.args[0], call.lineno, (*around, done), reason, function.name)
    value = done.value.elts[0] if isinstance(done.value, ast.Tuple) and done.value.elts else done.value
    return Site(value, call.lineno, (*around, done), "", function.name)


def _site(call: ast.Call, around: tuple[ast.AST, ...]) -> Site | None:
    written = dotted(call.func)
    if _DIFFERENTIATES.match(last(written)):
        return _of_function(call, around)
    if last(written) == "gradient" and "tape" in written and call.args:
        return Site(call.args[0], call.lineno, around)
    if last(written) == "manual_backward" and call.args:
        return Site(_unscaled(call.args[0], around), call.lineno, around)
    if not isinstance(call.func, ast.Attribute) or call.func.attr != "backward" or _in_backward(around):
        return None
    owner = call.func.value
    if call.args and _GIVEN.search(dotted(owner)):
        given = call.args[-1]
        if isinstance(given, ast.List | ast.Tuple):
            reason = "" if len(given.elts) == 1 else "several tensors are differentiated in one call"
            return Site(given.elts[0] if given.elts else given, call.lineno, around, reason)
        return Site(_unscaled(given, around), call.lineno, around)
    if dotted(owner).startswith("super()"):
        return None
    cotangent = bool(call.args) or any(word.arg == "gradient" for word in call.keywords)
    reason = "the call is given a cotangent, so it differentiates no scalar" if cotangent else ""
    return Site(_unscaled(owner, around), call.lineno, around, reason)


def _in_backward(around: tuple[ast.AST, ...]) -> bool:
    """Whether the call stands in a method of that name, which only hands it on."""
    return any(isinstance(node, ast.FunctionDef) and node.name == "backward" for node in around)


def _unscaled(loss: ast.expr, around: tuple[ast.AST, ...]) -> ast.expr:
    """The loss itself where a gradient scaler multiplies it for the sake of half precision."""
    match loss:
        case ast.Call(func=ast.Attribute(attr="scale"), args=[inner]):
            return inner
        case ast.Name(id=name):
            for node in around:
                for item in node.items if isinstance(node, ast.With) else ():
                    given = item.context_expr
                    bound = isinstance(item.optional_vars, ast.Name) and item.optional_vars.id == name
                    if bound and isinstance(given, ast.Call) and last(dotted(given.func)) in _SCALES:
                        return given.args[0]
    return loss


def region(site: Site, further: int = 0) -> list[ast.stmt]:
    """The statements that run before the call in one pass of the innermost loop around it.

    Args:
        site: The backward call.
        further: How many loops further out the statements begin.
    """
    found: list[ast.stmt] = []
    # A function that is differentiated sees the names around it.
    closures = 1 if site.function else 0
    for outer, inner in zip(site.around[-2::-1], site.around[:0:-1], strict=True):
        found = [*_before(outer, inner), *found]
        if isinstance(outer, ast.FunctionDef | ast.AsyncFunctionDef) and closures:
            closures -= 1
            continue
        if isinstance(outer, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.Module):
            break
        if isinstance(outer, ast.For | ast.AsyncFor | ast.While):
            if not further:
                break
            further -= 1
    return found


def loops_around(site: Site) -> int:
    """How many loops stand around the call inside its function."""
    count = 0
    for node in reversed(site.around[:-1]):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            break
        count += isinstance(node, ast.For | ast.AsyncFor | ast.While)
    return count


def _before(outer: ast.AST, inner: ast.AST) -> list[ast.stmt]:
    """The statements of `outer` in front of `inner`, in the block that holds it."""
    for name in ("body", "orelse", "finalbody", "handlers"):
        block = getattr(outer, name, None)
        if isinstance(block, list) and any(item is inner for item in block):
            return list(block[: next(at for at, item in enumerate(block) if item is inner)])
    return []
