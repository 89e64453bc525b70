"""Classes and functions that build networks, as one file shows them."""

import ast
import re
from collections.abc import Iterator

from paperback.code.criteria import measures
from paperback.code.expressions import assigned, terms_of
from paperback.code.facts import ClassFacts, FunctionFacts
from paperback.code.inventory import HyperParameter
from paperback.code.layers import LayerReader, MadeLayer
from paperback.code.names import dotted, first_paragraph, last, resolve
from paperback.code.scopes import CallSite, FileScopes, Scope
from paperback.code.vocabulary import FORWARD, canonical, computes, is_layer, is_loss
from paperback.code.wiring import read_wiring
from paperback.source import Source

_CONSTRUCTORS = ("__init__", "setup", "build", "__post_init__", "_build", "build_model")
_PARAMETER_CALLS = ("Parameter", "UninitializedParameter")
_REGISTERS = ("register_parameter", "add_weight", "param", "create_parameter")
_DERIVATIVES = ("custom_vjp", "custom_jvp", "custom_gradient", "custom_derivatives.custom_vjp")
_MAKERS = ("ones", "zeros", "full", "eye", "arange", "linspace")
_KERNELS = ("triton.jit", "triton.autotune", "numba.cuda.jit")
_SETS_UP = re.compile(
    r"^(__init__|setup|build|__post_init__|reset|_?init|configure|generate|sample|load|save)"
)
_LOSS_NAME = re.compile(
    r"[Ll]oss(es)?(?![a-z])|LOSS|[Cc]riterion|[Oo]bjective|[Pp]enalty|[Rr]egulari[sz]er"
    r"|(^|_)(bce|nce|kl|elbo)(_|$)|BCE|NCE|CrossEntropy|cross_entropy|[Dd]ivergence"
)
_LOSS_VALUE = re.compile(r"(^|_)loss$", re.I)
_NOT_LOSS_NAME = re.compile(
    r"^_*(get|make|build|create|load|plot|print|log|save|test|estimate|eval\w*|record|init|parse|register|update|process)_"
    r"|^_*(is|has|read)_"
    r"|weights?$|names?$|config|scale|history|meter|logger|tracker|callback|schedul|curve|mixin|output|wrapper",
    re.I,
)


def read_classes(file: FileScopes) -> Iterator[ClassFacts]:
    """Every class that has a base."""
    methods: dict[str, list[Scope]] = {}
    for scope in file.functions:
        methods.setdefault(scope.owner, []).append(scope)
    for scope in file.classes:
        if isinstance(scope.node, ast.ClassDef) and scope.node.bases:
            yield _class(file, scope, scope.node, methods.get(scope.name, []))


def _class(file: FileScopes, scope: Scope, node: ast.ClassDef, methods: list[Scope]) -> ClassFacts:
    bases = tuple(canonical(resolve(dotted(_bare(base)), file.aliases)) for base in node.bases)
    written = tuple(file.text.of(base) for base in node.bases)
    forwards = [method for method in methods if method.short in FORWARD]
    names = tuple(method.short for method in methods)
    interesting = any(name in _CONSTRUCTORS or name in FORWARD for name in names)
    layers = tuple(_layers(file, scope, methods)) if interesting else ()
    attributes = frozenset(made.layer.attribute for made in layers)
    cells = frozenset(made.layer.attribute for made in layers if _is_cell(made))
    return ClassFacts(
        name=scope.name,
        bases=bases,
        written=written,
        doc=first_paragraph(node),
        layers=layers,
        parameters=tuple(dict.fromkeys(_parameters(file, methods))),
        methods=names,
        operators=tuple(_operators(file, methods)) if interesting else (),
        returns_loss=any(_is_loss_call(file, site) for method in forwards for site in method.calls),
        terms=_returned_terms(file, forwards[0]) if forwards else (),
        constructor=tuple(_constructor(file, methods)),
        source=file.text.place(node),
        wiring=tuple(read_wiring(file, _computing(methods), attributes, cells)) if forwards else (),
    )


def _is_cell(made: MadeLayer) -> bool:
    """Whether a layer of a library is one round of a recurrence, made to be applied in a loop."""
    return is_layer(made.target) and made.target.endswith("Cell")


def _bare(base: ast.expr) -> ast.expr:
    return base.value if isinstance(base, ast.Subscript) else base


def _layers(file: FileScopes, scope: Scope, methods: list[Scope]) -> Iterator[MadeLayer]:
    for method in methods:
        sequence = any(last(site.written) == "Sequential" for site in method.calls)
        compact = method.short == "__call__" and _decorated(method, file, ("compact",))
        reader = LayerReader(file.text, file.aliases)
        if compact:
            # Layers are made and applied in one expression: `nn.Dense(64)(x)`.
            for site in method.calls:
                yield from reader.applied(site.node)
        elif method.short in _CONSTRUCTORS or sequence:
            reader.statements(method.node.body)
            yield from reader.made


def _decorated(scope: Scope, file: FileScopes, names: tuple[str, ...]) -> bool:
    decorators = [] if isinstance(scope.node, ast.Module) else scope.node.decorator_list
    calls = (node.func if isinstance(node, ast.Call) else node for node in decorators)
    targets = (resolve(dotted(node), file.aliases) for node in calls)
    return any(target in names or last(target) in names for target in targets)


def _parameters(file: FileScopes, methods: list[Scope]) -> Iterator[str]:
    for method in methods:
        for node in method.nodes:
            match node:
                case (
                    ast.Assign(targets=[target, *_], value=ast.Call(func=function))
                    | ast.AnnAssign(target=target, value=ast.Call(func=function))
                ):
                    called = last(dotted(function))
                    if dotted(target).count(".") != 1:
                        continue
                    if called in _PARAMETER_CALLS or (
                        called in _REGISTERS and dotted(function).startswith("self.")
                    ):
                        yield dotted(target).removeprefix("self.")
        for site in method.calls:
            if last(site.written) == "register_parameter" and site.node.args:
                match site.node.args[0]:
                    case ast.Constant(value=str(name)):
                        yield name


def _operators(file: FileScopes, methods: list[Scope]) -> Iterator[tuple[str, Source]]:
    for method in _computing(methods):
        for site in method.calls:
            target = canonical(resolve(site.written, file.aliases))
            if _may_be_layer(file, site) or target.startswith("math.") or _of_constants(site.node):
                continue
            if computes(target, last(site.written)):
                yield last(site.written), file.text.place(site.node)
        for node in method.nodes:
            if isinstance(node, ast.BinOp) and isinstance(node.op, ast.MatMult):
                yield "@", file.text.place(node)


def _of_constants(call: ast.Call) -> bool:
    """Whether an operator works on numbers that the code makes, as for a causal mask, and on no input."""
    if any(isinstance(item, ast.Name) for item in call.args):
        return False
    parts = [call.func.value, *call.args] if isinstance(call.func, ast.Attribute) else call.args
    parts = [part for part in parts if not isinstance(part, ast.Name | ast.Constant)]
    made = [part for part in parts if isinstance(part, ast.Call)]
    if not made or len(made) < len(parts):
        return False
    return all(last(dotted(part.func)) in _MAKERS or _of_constants(part) for part in made)


def _computing(methods: list[Scope]) -> list[Scope]:
    """The methods that a forward pass runs; all but the constructors where there is no forward."""
    by_name = {method.short: method for method in methods}
    waiting = [name for name in FORWARD if name in by_name]
    if not waiting:
        return [method for method in methods if not _SETS_UP.match(method.short)]
    reached: dict[str, Scope] = {}
    while waiting:
        name = waiting.pop()
        if name in by_name and name not in reached:
            reached[name] = by_name[name]
            waiting += [site.written.removeprefix("self.") for site in by_name[name].calls]
    return [method for method in methods if method.short in reached]


def _may_be_layer(file: FileScopes, site: CallSite) -> bool:
    # `self.norm(x)` and the loop variable in `norm(x)` are layers, whatever operator has that name.
    head, _, rest = site.written.partition(".")
    return (head == "self" and "." not in rest) or (not rest and head not in file.aliases)


def _is_loss_call(file: FileScopes, site: CallSite) -> bool:
    return is_loss(resolve(site.written, file.aliases))


def _returned_terms(file: FileScopes, scope: Scope) -> tuple[str, ...]:
    returns = [node for node in scope.nodes if isinstance(node, ast.Return) and node.value is not None]
    if not returns or returns[-1].value is None:
        return ()
    value = returns[-1].value
    # With auxiliary values the loss comes first: `return loss, (metrics, state)`.
    value = value.elts[0] if isinstance(value, ast.Tuple) and value.elts else value
    return terms_of(value, file.text, assigned(scope, value.lineno))


def _constructor(file: FileScopes, methods: list[Scope]) -> Iterator[HyperParameter]:
    for method in methods:
        if method.short != "__init__" or not isinstance(method.node, ast.FunctionDef):
            continue
        arguments = method.node.args
        positional = [*arguments.posonlyargs, *arguments.args]
        pairs = [
            *zip(positional[len(positional) - len(arguments.defaults) :], arguments.defaults, strict=True)
        ]
        pairs += [
            (name, value)
            for name, value in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True)
            if value
        ]
        for name, value in pairs:
            if isinstance(value, ast.Constant) and isinstance(value.value, bool | int | float):
                yield HyperParameter(name.arg, file.text.of(value), "", "constructor", file.text.place(name))


def read_functions(file: FileScopes) -> Iterator[FunctionFacts]:
    """Functions outside classes that may be a loss, define a derivative, are a kernel or build a sequence."""
    for scope in file.functions:
        if scope.owner or isinstance(scope.node, ast.Module | ast.ClassDef):
            continue
        for role in _roles(file, scope):
            layers = _sequence(file, scope) if role == "sequence" else ()
            if role != "sequence" or layers:
                terms = _returned_terms(file, scope) if role in ("loss", "criterion") else ()
                doc = first_paragraph(scope.node)
                yield FunctionFacts(scope.name, role, doc, terms, layers, file.text.place(scope.node))
    yield from _loss_methods(file)
    layers = _sequence(file, file.module) if _builds_sequence(file.module) else ()
    if layers:
        yield FunctionFacts(_bound_name(file.module), "sequence", "", (), layers, layers[0].layer.source)


def _loss_methods(file: FileScopes) -> Iterator[FunctionFacts]:
    """Methods that are named as a loss and compute one, whatever their class is."""
    for scope in file.functions:
        forward = scope.short in FORWARD
        named = _builds_loss(scope) if forward else looks_like_loss(scope.short)
        if not scope.owner or not named or isinstance(scope.node, ast.Module | ast.ClassDef):
            continue
        computing = [site for site in scope.calls if _is_operator(file, site)]
        returns = any(isinstance(node, ast.Return) and node.value is not None for node in scope.nodes)
        if returns and computing and not _decorated(scope, file, ("no_grad", "inference_mode", "property")):
            terms = _returned_terms(file, scope)
            place = file.text.place(scope.node)
            yield FunctionFacts(scope.name, "loss", first_paragraph(scope.node), terms, (), place)


def _builds_loss(scope: Scope) -> bool:
    """Whether a forward pass returns a sum or product of its own that it calls a loss."""
    returned = [node.value for node in scope.nodes if isinstance(node, ast.Return)]
    values = assigned(scope)
    return any(
        isinstance(value, ast.Name)
        and bool(_LOSS_VALUE.search(value.id))
        and isinstance(values.get(value.id), ast.BinOp)
        for value in returned
    )


def _is_operator(file: FileScopes, site: CallSite) -> bool:
    """Whether a call computes a part of a loss by itself, and does not only average one."""
    target, tail = canonical(resolve(site.written, file.aliases)), last(site.written)
    return computes(target, tail) or (tail in ("mean", "sum") and not is_loss(target))


def _roles(file: FileScopes, scope: Scope) -> Iterator[str]:
    if _decorated(scope, file, _DERIVATIVES):
        yield "derivative"
    elif _decorated(scope, file, _KERNELS):
        yield "kernel"
    elif _builds_sequence(scope):
        yield "sequence"
    elif looks_like_loss(scope.short) and not _decorated(scope, file, ("no_grad", "inference_mode")):
        returns = any(isinstance(node, ast.Return) and node.value is not None for node in scope.nodes)
        if returns and any(_computes(file, site) for site in scope.calls):
            yield "loss"
    elif isinstance(scope.node, ast.FunctionDef) and measures(scope.node):
        yield "criterion"


def looks_like_loss(name: str) -> bool:
    """Whether a class or function is named as a loss is."""
    return bool(_LOSS_NAME.search(name)) and may_be_loss(name)


def may_be_loss(name: str) -> bool:
    """Whether a name does not say that it is something else around a loss."""
    return not _NOT_LOSS_NAME.search(name)


def _computes(file: FileScopes, site: CallSite) -> bool:
    tail, target = last(site.written), canonical(resolve(site.written, file.aliases))
    return tail in ("mean", "sum") or is_loss(target) or computes(target, tail)


def _builds_sequence(scope: Scope) -> bool:
    return any(last(site.written) == "Sequential" for site in scope.calls)


def _sequence(file: FileScopes, scope: Scope) -> tuple[MadeLayer, ...]:
    reader = LayerReader(file.text, file.aliases)
    reader.statements(scope.node.body)
    lists = [
        layer
        for layers in reader.lists.values()
        for layer in layers
        if layer.placed or is_layer(layer.target)
    ]
    return tuple(dict.fromkeys([*reader.made, *lists]))


def _bound_name(scope: Scope) -> str:
    for node in scope.nodes:
        match node:
            case ast.Assign(targets=[ast.Name(id=name), *_], value=ast.Call(func=function)):
                if last(dotted(function)) == "Sequential":
                    return name
    return "model"
