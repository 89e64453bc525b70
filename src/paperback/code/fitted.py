"""Training that a framework runs: Lightning's and Keras's steps, Keras's and scikit-learn's `fit`."""

import ast
from collections.abc import Iterator, Mapping

from paperback.code.names import dotted, last
from paperback.code.plain import plain
from paperback.code.procedure import Line, Symbol, Words
from paperback.code.scopes import FileScopes, Scope
from paperback.code.slicing import Slicer, used
from paperback.code.trees import Trees
from paperback.code.wording import Writer

STEPS = ("training_step", "train_step")


def stepped(trees: Trees, file: FileScopes, scope: Scope, optimisers: Mapping[str, str]) -> Iterator[Line]:
    """The lines of a step that a framework calls for every mini-batch."""
    place = file.text.place(scope.node)
    arguments = scope.node.args.args[1:2] if isinstance(scope.node, ast.FunctionDef) else []
    batch = arguments[0].arg if arguments else "batch"
    yield Line("for", 0, (Words("each epoch"),), place)
    yield Line("for", 1, (Words("each mini-batch "), Symbol(batch)), place)
    returned = [node.value for node in scope.nodes if isinstance(node, ast.Return) and node.value is not None]
    live = {name for value in returned for name in used(value)}
    writer = Writer(file, scope, optimisers)
    lines = list(writer.lines(Slicer(trees, file, scope).body(scope.node.body, live), 2))
    yield from lines
    if scope.short == "training_step" and returned and not any("gradient" in str(line) for line in lines):
        end = file.text.place(returned[-1])
        shown = Symbol(plain(_loss_of(returned[-1]), file.aliases))
        yield Line("statement", 2, (Words("compute the gradient of "), shown), end)
        yield Line("statement", 2, (Words("update the parameters with "), Symbol(_only(optimisers))), end)


def _loss_of(value: ast.expr) -> ast.expr:
    match value:
        case ast.Dict(keys=keys, values=values):
            named = [item for key, item in zip(keys, values, strict=True) if _is_text(key, "loss")]
            return named[0] if named else value
    return value


def _is_text(node: ast.expr | None, text: str) -> bool:
    return isinstance(node, ast.Constant) and node.value == text


def _only(optimisers: Mapping[str, str]) -> str:
    return optimisers.get("", "the optimiser")


def fitted(file: FileScopes, scope: Scope) -> Iterator[Line]:
    """The lines that stand for the last `fit` of a compiled network; none without one."""
    fits = [site.node for site in scope.calls if last(site.written) in ("fit", "fit_generator")]
    places = [scope, *(other for other in (file.module, *file.functions) if other is not scope)]
    compiled = [site.node for place in places for site in place.calls if last(site.written) == "compile"]
    compiled = [call for call in compiled if _named(call).keys() & {"loss", "optimizer"}]
    if not fits or not compiled:
        return
    fit, setup = fits[-1], _matching(fits[-1], compiled)
    given, chosen = _named(fit), _named(setup)
    place = file.text.place(fit)
    model = plain(fit.func.value, file.aliases) if isinstance(fit.func, ast.Attribute) else "model"
    yield Line("for", 0, (Words("each epoch"), *_up_to(file, given.get("epochs"))), place)
    size = given.get("batch_size")
    of_size = (Words(" of size "), Symbol(plain(size, file.aliases))) if size is not None else ()
    data = (Words(" of "), Symbol(plain(fit.args[0], file.aliases))) if fit.args else ()
    yield Line("for", 1, (Words("each mini-batch"), *of_size, *data), place)
    loss = chosen.get("loss")
    if loss is not None:
        words = (
            Words("compute the loss "),
            Symbol(_text(file, loss)),
            Words(" of the outputs of "),
            Symbol(model),
        )
        yield Line("statement", 2, words, file.text.place(loss))
    yield Line("statement", 2, (Words("compute its gradient"),), place)
    optimiser = chosen.get("optimizer")
    name = _text(file, optimiser) if optimiser is not None else "the optimiser"
    yield Line(
        "statement",
        2,
        (Words("update the parameters with "), Symbol(name)),
        file.text.place(optimiser or fit),
    )


def _named(call: ast.Call) -> dict[str, ast.expr]:
    return {item.arg: item.value for item in call.keywords if item.arg}


def _matching(fit: ast.Call, compiled: list[ast.Call]) -> ast.Call:
    """The nearest `compile` of the same network before its `fit`."""
    owner = dotted(fit.func).rpartition(".")[0]
    same = [call for call in compiled if dotted(call.func).rpartition(".")[0] == owner]
    before = [call for call in (same or compiled) if call.lineno <= fit.lineno]
    return max(before or same or compiled, key=lambda call: call.lineno)


def _up_to(file: FileScopes, epochs: ast.expr | None) -> tuple[Words | Symbol, ...]:
    return (Words(" = 1, …, "), Symbol(plain(epochs, file.aliases))) if epochs is not None else ()


def _text(file: FileScopes, node: ast.expr) -> str:
    return (
        node.value
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
        else plain(node, file.aliases)
    )
