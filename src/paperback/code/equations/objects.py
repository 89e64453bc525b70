"""Classes of the repository: instances, members, calls, custom autograd functions."""

import ast
from typing import Any

from paperback.code.equations import arithmetic as ar
from paperback.code.equations import reshape as rs
from paperback.code.equations.form import ZERO, Apply, El, Expr, Mul, Sym, Var, fresh, num, walk
from paperback.code.equations.library import MODULES, call_method, opaque_call
from paperback.code.equations.machine import Context, Frame, Jump, Machine, Parameter, Raised, Returned, Super
from paperback.code.equations.pointwise import condition, tensor
from paperback.code.equations.sources import Defined, Lib
from paperback.code.equations.tensor import Axis, Misfit, Tensor, Unknown, align, elementwise, freshened, join, mapped, named
from paperback.code.equations.values import Class, Func, Input, Layer, Method, Obj, Record, ScalarFunction, number


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
        order += [item for item in (lineage(it, parent) if isinstance(parent, Class) else [parent]) if item not in order]
    return order


def is_autograd(it: Machine, cls: Class) -> bool:
    return any(isinstance(item, Lib) and item.name.endswith("autograd.Function") or
               isinstance(item, Lib) and item.last == "Function" for item in lineage(it, cls))  # fmt: skip


def find_method(it: Machine, cls: Class, name: str, after: Class | None = None) -> tuple[Class, ast.stmt] | None:
    """The nearest definition of `name`, beyond `after` where that is given."""
    classes = [item for item in lineage(it, cls) if isinstance(item, Class)]
    if after is not None:
        at = next((n for n, item in enumerate(classes) if item.node is after.node), -1)
        classes = classes[at + 1 :]
    for item in classes:
        for node in item.node.body:
            if isinstance(node, ast.FunctionDef) and node.name == name:
                return item, node
            if isinstance(node, ast.Assign) and any(isinstance(t, ast.Name) and t.id == name for t in node.targets):
                return item, node
            if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name) and node.target.id == name and node.value:
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
    assert isinstance(node, ast.Assign | ast.AnnAssign) and node.value is not None
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
        return Layer(value.kind, value.args, value.options, path)
    if isinstance(value, Obj) and not value.path:
        value.path = path
    if isinstance(value, Parameter):
        return parameter(it, path, value.tensor.shape, line)
    return value


def instantiate(it: Machine, cls: Class, args: tuple[Any, ...], options: dict[str, Any]) -> Obj:
    """An instance after its constructor; attributes that are not understood wait until they are used."""
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
        if isinstance(inner, ast.Attribute) and isinstance(inner.ctx, ast.Store) and isinstance(frame.this, Obj):
            if isinstance(inner.value, ast.Name) and frame.names.get(inner.value.id) is frame.this:
                frame.this.attrs.setdefault(inner.attr, error)
        elif isinstance(inner, ast.Name) and isinstance(inner.ctx, ast.Store):
            frame.names.setdefault(inner.id, error)


def call_object(it: Machine, value: Obj, args: tuple[Any, ...], options: dict[str, Any]) -> Any:
    for name in ("forward", "__call__", "call"):
        found = find_method(it, value.cls, name)
        if found is not None and isinstance(found[1], ast.FunctionDef):
            return it.call_function(Func(found[1], found[0].file, None, value, found[0]), args, options)
    raise Unknown(f"a call of {value.cls.node.name}")


def call_named(it: Machine, value: Any, name: str, args: tuple[Any, ...], options: dict[str, Any]) -> Any:
    """A method that was looked up by name."""
    if isinstance(value, Class) and name == "apply":
        return apply_autograd(it, value, args)
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
    if library is not None and library.last in MODULES or options:
        value.this.attrs |= {key: item for key, item in options.items() if key in ("reduction", "weight", "margin")}
    return None


def apply_autograd(it: Machine, cls: Class, args: tuple[Any, ...]) -> Any:
    """A custom autograd function: a letter with its own derivative where it is elementwise, else its forward pass."""
    forward, backward = (class_member(it, cls, name) for name in ("forward", "backward"))
    tensors = [at for at, arg in enumerate(args) if isinstance(arg, Tensor)]
    if len(tensors) == 1:
        made = scalar_pair(it, cls, forward, backward, args, tensors[0])
        if made is not None:
            found = args[tensors[0]]
            return mapped(tensor(found), lambda body: Apply(made.name, body), "float")
    it.record.assume(f"the gradient of {cls.node.name} is its own and is not shown")
    return it.call_function(forward, (Context(), *args), {})


def context_member(ctx: Context, name: str) -> Any:
    """`ctx.name`: saved tensors, or what the forward pass attached."""
    if name in ("saved_tensors", "saved_variables", "saved_values"):
        return ctx.get("saved_tensors", ())
    if name == "needs_input_grad":
        return (True,) * 16
    if name in ctx:
        return ctx[name]
    return Method(ctx, name)


def scalar_pair(it: Machine, cls: Class, forward: Func, backward: Func, args: tuple[Any, ...],
                at: int) -> ScalarFunction | None:  # fmt: skip
    """Forward and backward as functions of one scalar; None where they are more than elementwise."""
    known = it.record.functions.get(cls.node.name)
    ctx, u, g = Context(), fresh("u"), Sym("@gradient")
    inputs = [Tensor((), Var(u)) if k == at else arg for k, arg in enumerate(args)]
    before, it.plain_names = it.plain_names, True
    try:
        value = tensor(it.call_function(forward, (ctx, *inputs), {}))
        slope = it.call_function(backward, (ctx, Tensor((), g)), {})
        first = tensor(slope[at] if isinstance(slope, tuple) else slope)
    except (Unknown, IndexError, TypeError):
        return None
    finally:
        it.plain_names = before
    factors = first.body.factors if isinstance(first.body, Mul) else (first.body,)
    if value.axes or first.axes or list(factors).count(g) != 1:
        return None if first.body != ZERO else _pair(it, cls, u, value.body, ZERO)
    rest = [factor for factor in factors if factor != g]
    if any(item == g for factor in rest for item in walk(factor)):
        return None
    made = _pair(it, cls, u, value.body, ar.mul(*rest) if rest else num(1))
    if known is not None and known.name == made.name:
        return made
    return made


def _pair(it: Machine, cls: Class, u: str, body: Expr, derivative: Expr) -> ScalarFunction:
    made = ScalarFunction(cls.node.name, u, body, derivative)
    it.record.functions[made.name] = made
    return made


def written(rec: Record, value: Tensor, key: Any, new: Any) -> Tensor:
    """`value` after `value[key] = new`."""
    found, items = freshened(value), list(key) if isinstance(key, tuple) else [key]
    if any(item is Ellipsis for item in items):
        at = items.index(Ellipsis)
        items[at : at + 1] = [slice(None)] * (len(found.axes) - len(items) + 1)
    if len(items) == 1 and isinstance(items[0], Tensor) and items[0].dtype == "bool":
        return _written_mask(found, items[0], new)
    conditions: list[Expr] = []
    kept: list[Axis] = []
    for axis, item in zip(found.axes, items, strict=False):
        if isinstance(item, slice) and item == slice(None):
            kept.append(axis)
        elif isinstance(item, int | Expr) and len(axis.atoms) == 1:
            target = rs.from_zero(number(item), axis.size)
            conditions.append(ar.compare("==", Var(axis.names[0]), target))
        else:
            raise Unknown("an assignment to these entries")
    kept += found.axes[len(items) :]
    source = tensor(new)
    axes, (_, body) = align(Tensor(tuple(kept), num(0)), source)
    change: dict[str, Expr] = {}
    for axis, own in zip(axes, kept, strict=True):
        joined = join(own, axis)
        if joined is None:
            raise Misfit("an assignment of another size")
        change |= joined[2]
    from paperback.code.equations.form import subst

    where = ar.conjunction(*conditions) if conditions else ar.TRUE
    if found.dtype == "bool":
        target_cond = condition(new).body if not source.axes else None
        if target_cond is None:
            raise Unknown("an assignment of a mask")
        return Tensor(found.axes, ar.disjunction(ar.conjunction(where, target_cond),
                      ar.conjunction(ar.negate(where), found.body)), "bool")  # fmt: skip
    return Tensor(found.axes, ar.cases(where, subst(body, change), found.body), found.dtype)


def _written_mask(found: Tensor, mask: Tensor, new: Any) -> Tensor:
    source = tensor(new)
    if any(axis.atoms for axis in source.axes):
        raise Unknown("an assignment of several values under a mask")
    if found.dtype == "bool":
        return elementwise(lambda c, v, b: ar.disjunction(ar.conjunction(c, v), ar.conjunction(ar.negate(c), b)),
                           mask, condition(new), found, dtype="bool")  # fmt: skip
    return elementwise(ar.cases, mask, source, found, dtype=found.dtype)


__all__ = ["Defined", "El", "opaque_call"]
