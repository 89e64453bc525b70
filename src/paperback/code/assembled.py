"""Networks that are assembled without a class: Keras's functional form and scikit-learn's pipelines."""

import ast
import re
from collections.abc import Iterator

from paperback.code.facts import FunctionFacts
from paperback.code.inventory import Layer
from paperback.code.layers import LayerReader, MadeLayer
from paperback.code.names import dotted, first_paragraph, last, looks_like_class, resolve
from paperback.code.scopes import CallSite, FileScopes, Scope
from paperback.code.vocabulary import TENSOR_LIBRARIES, canonical, computes, is_layer
from paperback.source import Source

FUNCTIONAL = frozenset(
    {"keras.Model", "keras.models.Model", "keras.engine.training.Model", "keras.Functional"}
)
_PIPELINES = frozenset(
    {"sklearn.pipeline.Pipeline", "sklearn.pipeline.make_pipeline", "imblearn.pipeline.Pipeline"}
)
_LAYER_FUNCTIONS = re.compile(r"tensorflow\.(compat\.v1\.)?(layers|contrib\.layers|contrib\.slim)\.")
_NO_LAYER = ("Input", "Model", "Sequential", "Functional")


def read_assembled(file: FileScopes) -> Iterator[FunctionFacts]:
    """One fact for each function or script that assembles a functional model, and for each pipeline."""
    for scope in [file.module, *file.functions]:
        for site in scope.calls:
            target = canonical(resolve(site.written, file.aliases))
            if target in FUNCTIONAL and _is_assembled(site.node):
                layers = tuple(_applied(file, scope))
                if layers:
                    yield _fact(file, scope, site, layers, "Model")
                break
        for site in scope.calls:
            if resolve(site.written, file.aliases) in _PIPELINES:
                layers = tuple(_steps(file, site.node))
                if layers:
                    yield _fact(file, scope, site, layers, "Pipeline")


def read_function_components(file: FileScopes) -> Iterator[FunctionFacts]:
    """Functions that make and apply layers of a library and operators: components without a class."""
    for scope in file.functions:
        if scope.owner or isinstance(scope.node, ast.Module | ast.ClassDef):
            continue
        operators = tuple(_operators(file, scope))
        if operators and any(_applies_layer(file, site) for site in scope.calls):
            place = file.text.place(scope.node)
            doc = first_paragraph(scope.node)
            yield FunctionFacts(scope.name, "component", doc, (), (), place, operators=operators)


def _operators(file: FileScopes, scope: Scope) -> Iterator[tuple[str, Source]]:
    for site in scope.calls:
        target = canonical(resolve(site.written, file.aliases))
        # Methods of arrays are not known here: `x.sum()` may be any object's.
        if _LAYER_FUNCTIONS.match(target) or last(target).endswith("_scope"):
            continue
        if target.startswith(TENSOR_LIBRARIES) and computes(target, last(target)):
            yield last(target), file.text.place(site.node)


def _applies_layer(file: FileScopes, site: CallSite) -> bool:
    """Whether a call is a layer in the form of a function, or applies one that is made in place."""
    if isinstance(site.node.func, ast.Call):
        made = canonical(resolve(dotted(site.node.func.func), file.aliases))
        return is_layer(made) and last(made) != "Sequential"
    return bool(_LAYER_FUNCTIONS.match(resolve(site.written, file.aliases)))


def _is_assembled(call: ast.Call) -> bool:
    return len(call.args) >= 2 or any(item.arg == "outputs" for item in call.keywords)


def _fact(
    file: FileScopes, scope: Scope, site: CallSite, layers: tuple[MadeLayer, ...], base: str
) -> FunctionFacts:
    doc = "" if isinstance(scope.node, ast.Module) else first_paragraph(scope.node)
    place = layers[0].layer.source if isinstance(scope.node, ast.Module) else file.text.place(scope.node)
    name = _bound_to(scope, site.node) if isinstance(scope.node, ast.Module) else scope.name
    return FunctionFacts(name or "model", "sequence", doc, (), layers, place, base)


def _bound_to(scope: Scope, call: ast.Call) -> str:
    for node in scope.nodes:
        match node:
            case ast.Assign(targets=[ast.Name(id=name)], value=value) if value is call:
                return name
    return ""


def _applied(file: FileScopes, scope: Scope) -> Iterator[MadeLayer]:
    reader = LayerReader(file.text, file.aliases)
    for site in scope.calls:
        if last(site.written) not in _NO_LAYER:
            yield from (
                made for made in reader.applied(site.node) if is_layer(made.target) or _own(file, made)
            )


def _own(file: FileScopes, made: MadeLayer) -> bool:
    return any(scope.name == made.target for scope in file.classes)


def _steps(file: FileScopes, call: ast.Call) -> Iterator[MadeLayer]:
    for node in ast.walk(call):
        if isinstance(node, ast.Call) and node is not call:
            target = canonical(resolve(dotted(node.func), file.aliases))
            if looks_like_class(target):
                arguments = [file.text.of(item) for item in node.args]
                arguments += [f"{item.arg}={file.text.of(item.value)}" for item in node.keywords if item.arg]
                layer = Layer(last(target), tuple(arguments), "", False, file.text.place(node))
                yield MadeLayer(layer, target, True)
