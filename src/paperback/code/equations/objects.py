"""Classes of the repository: instances, members, calls, custom autograd functions."""

import ast
from dataclasses import replace
from typing import Any

from paperback.code.equations.form import El, Expr
from paperback.code.equations.library import call_layer, call_method
from paperback.code.equations.losses import MODULES, linear
from paperback.code.equations.machine import Context, Frame, Jump, Machine, Parameter, Raised, Returned, Super
from paperback.code.equations.sizes import Unknown
from paperback.code.equations.sources import Lib
from paperback.code.equations.tensor import Tensor, named
from paperback.code.equations.values import (
    Class,
    Func,
    Input,
    Layer,
    Method,
    Obj,
    number,
)

ENUMS = ("Enum", "StrEnum", "IntEnum")


def parents(it: Machine, cls: Class) -> list[Class | Lib]:
    """Parent classes from left to right; those of libraries by name."""
    found: list[Class | Lib] = []
    for base in cls.node.bases:
        resolved = _base(it, cls, base)
        if resolved is not None:
            found.append(resolved)
    return found


def _base(it: Machine, cls: Class, base: ast.expr) -> Class | Lib | None:
    try:
        value = it.value(base, Frame(cls.file, {}))
    except Unknown:
        return Lib(ast.unparse(base))
    return value if isinstance(value, Class | Lib) else None


def lineage(it: Machine, cls: Class) -> list[Class | Lib]:
    """The class and its ancestors, nearest first."""
    order: list[Class | Lib] = [cls]
    for parent in parents(it, cls):
        order += [
            item
            for item in (lineage(it, parent) if isinstance(parent, Class) else [parent])
            if item not in order
        ]
    return order


def is_autograd(it: Machine, cls: Class) -> bool:
    return any((isinstance(item, Lib) and item.name.endswith("autograd.Function")) or
               (isinstance(item, Lib) and item.last == "Function") for item in lineage(it, cls))  # fmt: skip


def find_method(
    it: Machine, cls: Class, name: str, after: Class | None = None
) -> tuple[Class, ast.stmt] | None:
    """The nearest definition of `name`, beyond `after` where that is given."""
    classes = [item for item in lineage(it, cls) if isinstance(item, Class)]
    if after is not None:
        at = next((n for n, item in enumerate(classes) if item.node is after.node), -1)
        classes = classes[at + 1 :]
    for item in classes:
        for node in item.node.body:
            if isinstance(node, ast.FunctionDef) and node.name == name:
                return item, node
            if isinstance(node, ast.Assign) and any(
                isinstance(t, ast.Name) and t.id == name for t in node.targets
            ):
                return item, node
            if (
                isinstance(node, ast.AnnAssign)
                and isinstance(node.target, ast.Name)
                and node.target.id == name
                and node.value
            ):
                return item, node
    return None


def _decorated(node: ast.FunctionDef) -> set[str]:
    return {ast.unparse(item).rpartition(".")[2] for item in node.decorator_list}


def member(it: Machine, value: Obj, name: str) -> Any:
    """`value.name`."""
    if name in value.attrs:
        found = value.attrs[name]
        if isinstance(found, Unknown):
            raise found
        return found
    if name == "training":
        it.record.assume("evaluation mode")
        return False
    if name == "__class__":
        return value.cls
    found_method = find_method(it, value.cls, name)
    if found_method is None:
        if any(isinstance(item, Lib) for item in lineage(it, value.cls)):
            return Method(value, name)
        raise Unknown(f"the attribute {name}")
    return _bound(it, value, *found_method)


def _bound(it: Machine, value: Any, owner: Class, node: ast.stmt) -> Any:
    if isinstance(node, ast.FunctionDef):
        decorators = _decorated(node)
        if "staticmethod" in decorators:
            return Func(node, owner.file, None, None, owner)
        if "classmethod" in decorators:
            return Func(node, owner.file, None, value.cls if isinstance(value, Obj) else value, owner)
        bound = Func(node, owner.file, None, value, owner)
        return it.call_function(bound, (), {}) if decorators & {"property", "cached_property"} else bound
    assert isinstance(node, ast.Assign | ast.AnnAssign)
    assert node.value is not None
    return it.value(node.value, Frame(owner.file, {}))


def class_member(it: Machine, cls: Class, name: str) -> Any:
    """`cls.name`: a static method, a constant, `apply` of an autograd function."""
    if name == "apply" and is_autograd(it, cls):
        return Method(cls, "apply")
    if name in ("__name__", "__qualname__"):
        return cls.node.name
    found = find_method(it, cls, name)
    if found is None:
        raise Unknown(f"{cls.node.name}.{name}")
    owner, node = found
    if isinstance(node, ast.FunctionDef) and not _decorated(node) & {"staticmethod", "classmethod"}:
        return Func(node, owner.file, None, None, owner)
    return _bound(it, cls, owner, node)


def layer_member(it: Machine, layer: Layer, name: str) -> Any:
    """A setting of a layer, or its weight or bias as a tensor from outside."""
    if name in ("weight", "bias") and layer.path and layer.kind in ("Linear", "Embedding"):
        out, inside = (number(item) for item in reversed(layer.args[:2]))
        sizes = (out, inside) if layer.kind == "Linear" else (inside, out)
        return parameter(it, f"{layer.path}.{name}", sizes if name == "weight" else (out,), 0)
    if name in layer.options:
        return layer.options[name]
    return Method(layer, name)


def written_layer(it: Machine, layer: Layer, args: tuple[Any, ...], options: dict[str, Any]) -> Any:
    """A layer inside a loop, where no letter can stand for it: a linear one is written out.

    Raises:
        Unknown: It is another layer with parameters.
    """
    if layer.kind in MODULES:
        return call_layer(it.record, layer, args, options)
    if layer.kind != "Linear" or not layer.path:
        raise Unknown(f"the layer {layer.kind} inside a loop of unknown length")
    with_bias = layer.options.get("bias", layer.args[2] if len(layer.args) > 2 else True)
    bias = layer_member(it, layer, "bias") if with_bias else None
    return linear(it.record, args[0], layer_member(it, layer, "weight"), bias)


def parameter(it: Machine, path: str, sizes: tuple[Expr, ...], line: int) -> Tensor:
    """The parameter `path` of the object, whose values the check reads from the object itself."""
    for found in it.record.inputs.values():
        if found.role == "parameter" and found.source == path:
            return named(found.name, found.sizes)
    name = it.record.unique(path.rpartition(".")[2] if not path.endswith((".weight", ".bias")) else path)
    it.record.inputs[name] = Input(name, sizes, "real", None, path, "parameter", line or it.record.line)
    return named(name, sizes)


def attached(it: Machine, owner: Obj, attr: str, value: Any, line: int) -> Any:
    """What an attribute of an object holds: layers and objects learn the path by which they are reached."""
    path = f"{owner.path}.{attr}" if owner.path else attr
    if isinstance(value, Layer):
        return rooted(value, path)
    if isinstance(value, Obj) and not value.path:
        _reroot(it, value, path)
    if isinstance(value, Parameter):
        return parameter(it, path, value.tensor.shape, line)
    return value


def rooted(layer: Layer, path: str) -> Layer:
    """`layer` as it is reached by `path`, and the layers inside it by their number."""
    if layer.kind not in ("Sequential", "ModuleList"):
        return Layer(layer.kind, layer.args, layer.options, path)
    inner = tuple(
        rooted(item, f"{path}.{at}") if isinstance(item, Layer) else item
        for at, item in enumerate(layer.args)
    )
    return Layer(layer.kind, inner, layer.options, path)


def _reroot(it: Machine, value: Obj, path: str) -> None:
    """Parameters and layers that `value` made in its constructor are reached through `path` from now on."""
    value.path = path
    record = it.record
    for attr, held in list(value.attrs.items()):
        if isinstance(held, Layer):
            value.attrs[attr] = rooted(held, f"{path}.{attr}")
        elif isinstance(held, Obj):
            _reroot(it, held, f"{path}.{attr}")
        elif isinstance(held, Tensor) and isinstance(held.body, El):
            found = record.inputs.get(held.body.name)
            if found is not None and found.role == "parameter":
                record.inputs[found.name] = replace(found, source=f"{path}.{attr}")


def instantiate(it: Machine, cls: Class, args: tuple[Any, ...], options: dict[str, Any]) -> Any:
    """An instance after its constructor; attributes that are not understood wait until they are used."""
    if len(args) == 1 and any(isinstance(item, Lib) and item.last in ENUMS for item in lineage(it, cls)):
        return args[0]
    made = Obj(cls)
    found = find_method(it, cls, "__init__")
    if found is not None and isinstance(found[1], ast.FunctionDef):
        construct(it, Func(found[1], found[0].file, None, made, found[0]), args, options)
    elif any("dataclass" in ast.unparse(item) for item in cls.node.decorator_list):
        _dataclass(it, made, args, options)
    return made


def _dataclass(it: Machine, made: Obj, args: tuple[Any, ...], options: dict[str, Any]) -> None:
    given = list(args)
    for node in made.cls.node.body:
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            name = node.target.id
            if given:
                made.attrs[name] = given.pop(0)
            elif name in options:
                made.attrs[name] = options[name]
            elif node.value is not None:
                made.attrs[name] = it.value(node.value, Frame(made.cls.file, {}))


def construct(it: Machine, init: Func, args: tuple[Any, ...], options: dict[str, Any]) -> None:
    """Run a constructor, statement by statement."""
    assert isinstance(init.node, ast.FunctionDef)
    frame = Frame(init.file, {}, init.owner, init.bound)
    it.bind(init, (init.bound, *args), options, frame)
    for node in init.node.body:
        it.record.step(node)
        before = (it.record.depth, it.record.silent)
        try:
            it.statement(node, frame)
        except (Returned, Jump):
            return
        except Raised:
            raise
        except Unknown as error:
            it.record.depth, it.record.silent = before
            _postpone(node, frame, error)


def _postpone(node: ast.stmt, frame: Any, error: Unknown) -> None:
    """Names that a statement would have set raise its error when they are used."""
    for inner in ast.walk(node):
        if (
            isinstance(inner, ast.Attribute)
            and isinstance(inner.ctx, ast.Store)
            and isinstance(frame.this, Obj)
        ):
            if isinstance(inner.value, ast.Name) and frame.names.get(inner.value.id) is frame.this:
                frame.this.attrs.setdefault(inner.attr, error)
        elif isinstance(inner, ast.Name) and isinstance(inner.ctx, ast.Store):
            frame.names[inner.id] = error


def call_object(it: Machine, value: Obj, args: tuple[Any, ...], options: dict[str, Any]) -> Any:
    for name in ("forward", "__call__", "call"):
        found = find_method(it, value.cls, name)
        if found is not None and isinstance(found[1], ast.FunctionDef):
            return it.call_function(Func(found[1], found[0].file, None, value, found[0]), args, options)
    raise Unknown(f"a call of {value.cls.node.name}")


def call_named(it: Machine, value: Any, name: str, args: tuple[Any, ...], options: dict[str, Any]) -> Any:
    """A method that was looked up by name."""
    if isinstance(value, Context):
        if name == "save_for_backward":
            value["saved_tensors"] = args
        return None
    if isinstance(value, Super):
        return _call_super(it, value, name, args, options)
    if isinstance(value, Obj):
        if name in ("register_buffer", "register_parameter"):
            key, held = args[0], args[1] if len(args) > 1 else options.get("tensor")
            value.attrs[key] = attached(it, value, key, held, it.record.line)
            return None
        if name in ("__init__", "eval", "train", "to", "reset_parameters", "apply", "add_module"):
            return value
        raise Unknown(f"the method {name}")
    if isinstance(value, Layer) and name in ("forward", "__call__"):
        return it.invoke(value, args, options)
    if isinstance(value, Layer) and name in ("to", "eval", "train", "append"):
        return value
    return call_method(it.record, value, name, args, options)


def _as_layer_norm(
    it: Machine, this: Obj, normalized_shape: Any, eps: Any = 1e-5, elementwise_affine: Any = True, **_: Any
) -> None:
    """What the constructor of the library's layer normalisation leaves in a class derived from it."""
    sizes = normalized_shape if isinstance(normalized_shape, tuple | list) else (normalized_shape,)
    lengths = tuple(number(item) for item in sizes)
    this.attrs |= {"normalized_shape": tuple(sizes), "eps": eps, "weight": None, "bias": None}
    if elementwise_affine:
        path = f"{this.path}." if this.path else ""
        this.attrs |= {name: parameter(it, path + name, lengths, 0) for name in ("weight", "bias")}


def _call_super(it: Machine, value: Super, name: str, args: tuple[Any, ...], options: dict[str, Any]) -> Any:
    if not isinstance(value.this, Obj) or value.owner is None:
        return None
    found = find_method(it, value.this.cls, name, value.owner)
    if found is not None and isinstance(found[1], ast.FunctionDef):
        function = Func(found[1], found[0].file, None, value.this, found[0])
        if name == "__init__":
            construct(it, function, args, options)
            return None
        return it.call_function(function, args, options)
    if name != "__init__":
        return call_named(it, value.this, name, args, options)
    library = next((item for item in lineage(it, value.this.cls) if isinstance(item, Lib)), None)
    if library is not None and library.last == "LayerNorm":
        _as_layer_norm(it, value.this, *args, **options)
    elif (library is not None and library.last in MODULES) or options:
        value.this.attrs |= {
            key: item for key, item in options.items() if key in ("reduction", "weight", "margin")
        }
    return None
