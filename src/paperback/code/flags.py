"""Settings that switch a part of the method on or off, with both arms of the switch."""

import ast
import re
from collections.abc import Iterable, Iterator

from paperback.code.inventory import Change
from paperback.code.names import dotted, last, resolve
from paperback.code.scopes import FileScopes, Scope
from paperback.code.trees import Trees
from paperback.code.vocabulary import canonical, computes, is_layer, is_loss

_MOST_FILES = 40
_MOST_FLAGS = 12
_LONGEST_ARM = 90
_LOADING = ("load", "load_state_dict", "state_dict", "load_weights", "load_from_checkpoint")
# Switches of how a run is carried out, not of what is computed.
CARRYING_OUT = re.compile(
    r"track|wandb|log|verbose|debug|save|capture|video|cuda|gpu|device|resume|compile|ddp|distributed|amp\b"
    r"|fp16|bf16|half|precision|plot|test|eval|seed|determin|render|upload|print|profile|checkpoint|ckpt|cache"
    r"|load|pretrain|path|dir|rank|world|dtype|flash|jit|quiet|dry|interval|freq|every|num_env|worker"
    r"|inference|cpu|backend|fused|parallel|remat|scan|reduction|deterministic|return_|output_|iter_num|pack",
    re.I,
)


def read_flags(trees: Trees, paths: Iterable[str], settings: frozenset[str]) -> tuple[Change, ...]:
    """A change for each condition on a setting whose arms compute different things.

    Args:
        trees: The repository's files.
        paths: Where to look.
        settings: Names of the settings that the code offers.
    """
    found: dict[tuple[str, str], Change] = {}
    for path in list(paths)[:_MOST_FILES]:
        file = trees.file(path)
        for scope in [*file.functions, file.module] if file else []:
            for change in _in_scope(trees, file, scope, settings) if file else ():
                found.setdefault((change.words, change.instead), change)
    return tuple(found.values())[:_MOST_FLAGS]


def _in_scope(trees: Trees, file: FileScopes, scope: Scope, settings: frozenset[str]) -> Iterator[Change]:
    for node in ast.walk(scope.node) if not isinstance(scope.node, ast.Module) else ():
        if isinstance(node, ast.If | ast.IfExp) and _switches(node.test, settings):
            yield from _change(trees, file, scope, node)


def _switches(test: ast.expr, settings: frozenset[str]) -> bool:
    """Whether a condition asks for a setting, alone or against a constant."""
    parts = test.values if isinstance(test, ast.BoolOp) else [test]
    return any(_asked(part) in settings and not CARRYING_OUT.search(_asked(part)) for part in parts)


def _asked(test: ast.expr) -> str:
    match test:
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            return _asked(operand)
        case ast.Compare(left=left, comparators=[ast.Constant()]):
            return _asked(left)
        case ast.Subscript(slice=ast.Constant(value=str(key))):
            return key
        case ast.Name() | ast.Attribute():
            return last(dotted(test))
    return ""


def _change(trees: Trees, file: FileScopes, scope: Scope, node: ast.If | ast.IfExp) -> Iterator[Change]:
    if isinstance(node, ast.IfExp):
        on, off = [node.body], [node.orelse]
    else:
        on, off = _values(node.body), _values(node.orelse or _after(scope, node))
    owner = trees.repository.family_at((file.text.path, scope.owner)) if scope.owner else ""
    inside = owner in ("module", "loss", "autograd")
    if not any(_models(trees, file, value, inside) for value in (*on, *off)) or any(map(_loads, (*on, *off))):
        return
    if not isinstance(node, ast.IfExp) and isinstance(node.test, ast.expr) and not on:
        return
    condition, place = file.text.of(node.test), file.text.place(node)
    off = [value for value in off if not isinstance(value, ast.Constant | ast.Name) or on]
    one, other = _text(file, on), _text(file, off)
    if _denies(node.test) and other:
        one, other, condition = other, one, _turned(file, node.test)
    how = "configuration flag"
    if one and other and one != other:
        yield Change("replaced", "step", one, place, other, condition, how)
    elif one and not other:
        yield Change("added", "step", one, place, when=condition, how=how)


def _loads(value: ast.expr) -> bool:
    """Whether an expression only brings stored weights in, or sets initial ones."""
    names = (dotted(node.func) for node in ast.walk(value) if isinstance(node, ast.Call))
    return any(last(name) in _LOADING or ".init." in name for name in names)


def _values(body: Iterable[ast.stmt]) -> list[ast.expr]:
    values: list[ast.expr] = []
    for statement in body:
        match statement:
            case (
                ast.Assign(value=value)
                | ast.AugAssign(value=value)
                | ast.Return(value=ast.expr() as value)
                | ast.Expr(value=ast.Call() as value)
            ):
                values.append(value)
    return values


def _after(scope: Scope, node: ast.If) -> list[ast.stmt]:
    """What follows a condition that returns: its other arm."""
    if not (node.body and isinstance(node.body[-1], ast.Return)):
        return []
    body = scope.node.body
    if node not in body:
        return []
    return [item for item in body[body.index(node) + 1 :] if isinstance(item, ast.Return)]


def _models(trees: Trees, file: FileScopes, value: ast.expr, inside: bool) -> bool:
    """Whether an expression makes a layer, a loss or an operator, or uses one of the repository.

    Args:
        trees: The repository's files.
        file: Where the expression stands.
        value: The expression.
        inside: Whether it stands in a network or a loss, whose methods compute.
    """
    for node in ast.walk(value):
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.MatMult):
            return True
        if not isinstance(node, ast.Call):
            continue
        written = dotted(node.func)
        target = canonical(resolve(written, file.aliases))
        if written.startswith("self.") and written.count(".") == 1 and inside:
            return True
        if is_layer(target) or is_loss(target) or computes(target, last(target)) or _layer_function(target):
            return True
        place = trees.repository.find(target, file.text.path)
        top = (place[0], place[1].partition(".")[0]) if place else None
        if top and trees.repository.family_at(top) in ("module", "loss", "autograd"):
            return True
    return False


def _layer_function(target: str) -> bool:
    """Whether a name is a standard layer in the form of a function."""
    if target.startswith(("torch.nn.functional.", "jax.nn.", "keras.activations.", "keras.ops.nn.")):
        return True
    return target.startswith("torch.") and last(target) in ("sigmoid", "tanh", "relu", "softmax", "softplus")


def _denies(test: ast.expr) -> bool:
    """Whether a condition holds when the setting is off: `not x`, `x == 0`, `x is None`, or one of these."""
    match test:
        case ast.UnaryOp(op=ast.Not()):
            return True
        case ast.Compare(ops=[ast.Eq() | ast.Is()], comparators=[ast.Constant(value=0 | None | False)]):
            return True
        case ast.BoolOp(op=ast.Or(), values=values):
            return all(_denies(value) for value in values)
    return False


def _turned(file: FileScopes, test: ast.expr) -> str:
    match test:
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            return file.text.of(operand)
        case ast.BoolOp(values=values):
            return " and ".join(_turned(file, value) for value in values)
        case ast.Compare(left=left, ops=[operator], comparators=[right]):
            sign = "is not" if isinstance(operator, ast.Is) else "≠"
            return f"{file.text.of(left)} {sign} {file.text.of(right)}"
    return f"not ({file.text.of(test)})"


def _text(file: FileScopes, values: list[ast.expr]) -> str:
    text = "; ".join(file.text.of(value) for value in values[:3])
    return text if len(text) <= _LONGEST_ARM else text[: _LONGEST_ARM - 1] + "…"
