"""Python's own functions on symbolic values."""

from typing import Any

from paperback.code.equations import expressions as ex
from paperback.code.equations.arithmetic import add, function
from paperback.code.equations.form import ONE, Cmp, Expr, Real, Sym, walk
from paperback.code.equations.library import OPERATIONS
from paperback.code.equations.machine import Machine
from paperback.code.equations.objects import lineage
from paperback.code.equations.pointwise import numbers
from paperback.code.equations.sizes import Misfit, Unknown
from paperback.code.equations.sources import Lib
from paperback.code.equations.tensor import Tensor
from paperback.code.equations.values import Class, Layer, Obj, integer, number, plain

CONTAINER_KINDS: dict[str, tuple[type, ...]] = {
    "str": (str,), "list": (list,), "tuple": (tuple,), "dict": (dict,), "Sequence": (list, tuple),
    "Iterable": (list, tuple), "Mapping": (dict,),
}  # fmt: skip
CONTAINERS = {"tuple": tuple, "list": list}


def call_builtin(it: Machine, name: str, args: tuple[Any, ...], options: dict[str, Any]) -> Any:
    """The value of a call to one of Python's own functions."""
    rec = it.record
    if name == "len":
        return _length(args[0])
    if name == "range":
        return symbolic_range(args)
    if name in CONTAINERS:
        return CONTAINERS[name](ex.iterate(rec, args[0]) if args else ())
    if name == "dict":
        return {**(args[0] if args else {}), **options}
    if name in ("float", "int", "bool"):
        return _number(name, args[0])
    if name in ("isinstance",):
        return _isinstance(it, args[0], args[1])
    if name in ("hasattr", "getattr"):
        return _getattr(it, name, args)
    if name == "setattr":
        args[0].attrs[args[1]] = args[2]
        return None
    if name in ("max", "min", "sum", "abs", "pow", "round"):
        return _arithmetic(it, name, args, options)
    if name == "zip":
        return list(zip(*(ex.iterate(rec, arg) for arg in args), strict=False))
    if name == "enumerate":
        start = integer(args[1]) if len(args) > 1 else 0
        return list(enumerate(ex.iterate(rec, args[0]), start))
    if name == "reversed" and isinstance(args[0], Steps):
        return Steps(args[0].start, args[0].stop, descending=not args[0].descending)
    if name == "reversed":
        return list(reversed(ex.iterate(rec, args[0])))
    if name in ("any", "all"):
        found = [it.holds(item) for item in ex.iterate(rec, args[0])]
        return any(found) if name == "any" else all(found)
    if name == "map":
        return [it.invoke(args[0], (item,), {}) for item in ex.iterate(rec, args[1])]
    if name == "callable":
        return not isinstance(args[0], Tensor | Expr | int | float | str | list | tuple | None)
    if name == "slice":
        return slice(*args)
    if name == "dir" and args and isinstance(args[0], Lib):
        return args[0]
    if name in ("str", "type", "print", "id"):
        return _described(name, args)
    raise Unknown(f"the function {name}")


def _described(name: str, args: tuple[Any, ...]) -> Any:
    if name == "type" and args and isinstance(args[0], Obj):
        return args[0].cls
    if name == "str" and args and isinstance(args[0], str | int | float):
        return str(args[0])
    return None if name == "print" else Lib(f"builtins.{name}.result")


def _length(value: Any) -> Any:
    if isinstance(value, Tensor):
        if not value.axes:
            raise Misfit("the length of a scalar")
        return plain(value.axes[0].size)
    if isinstance(value, Layer):
        return len(value.args)
    if isinstance(value, list | tuple | str | dict | range):
        return len(value)
    raise Unknown(f"the length of {type(value).__name__}")


class Steps:
    """A range whose length is a symbol, from `start` up to before `stop`, or the other way round."""

    def __init__(self, start: Expr, stop: Expr, *, descending: bool = False) -> None:
        self.start, self.stop, self.descending = start, stop, descending


def symbolic_range(args: tuple[Any, ...]) -> Any:
    """`range(...)`, with symbols where its bounds have them."""
    bounds = [plain(arg.body) if isinstance(arg, Tensor) and not arg.axes else plain(arg) for arg in args]
    if all(isinstance(bound, int) for bound in bounds):
        return range(*bounds)
    start, stop = (0, bounds[0]) if len(bounds) == 1 else (bounds[0], bounds[1])
    step = integer(bounds[2]) if len(bounds) > 2 else 1
    if step == -1:
        return Steps(add(number(stop), ONE), add(number(start), ONE), descending=True)
    if step != 1:
        raise Unknown("a loop of unknown length with a step")
    return Steps(number(start), number(stop))


def _number(name: str, value: Any) -> Any:
    if isinstance(value, Tensor):
        return (
            OPERATIONS["item"](None, value)
            if name == "float"
            else OPERATIONS["bool" if name == "bool" else "long"](None, value)
        )
    if isinstance(value, str):
        return float(value) if name == "float" else Lib("builtins.value")
    if isinstance(value, Expr):
        return function("floor", value) if name == "int" and _holds_real(value) else value
    if name == "int" and isinstance(value, float) and value != int(value):
        return int(value)
    return {"float": float, "int": int, "bool": bool}[name](value)


def _holds_real(value: Expr) -> bool:
    return any(isinstance(item, Real) for item in walk(value))


def _isinstance(it: Machine, value: Any, kinds: Any) -> bool:
    for kind in kinds if isinstance(kinds, tuple) else (kinds,):
        name = kind.last if isinstance(kind, Lib) else kind.node.name if isinstance(kind, Class) else ""
        if isinstance(kind, Class) and isinstance(value, Obj):
            if any(isinstance(item, Class) and item.node is kind.node for item in lineage(it, value.cls)):
                return True
        elif _is(value, name) or (name in ("int", "Integral") and _whole(it, value)):
            return True
    return False


def _is(value: Any, name: str) -> bool:
    if isinstance(value, Tensor):
        return name in ("Tensor", "ndarray", "Array")
    if isinstance(value, bool):
        return name in ("bool", "int")
    if isinstance(value, int):
        return name in ("int", "Number", "Integral")
    if isinstance(value, float) or (isinstance(value, Expr) and not isinstance(value, Cmp)):
        return name in ("float", "Number", "Real")
    if isinstance(value, Layer):
        return name in (value.kind, "Module")
    if isinstance(value, Obj):
        return name == "Module"
    return isinstance(value, CONTAINER_KINDS.get(name, ()))


def _getattr(it: Machine, name: str, args: tuple[Any, ...]) -> Any:
    try:
        found = it.attribute(args[0], args[1])
    except Unknown:
        if name == "hasattr":
            return False
        if len(args) > 2:
            return args[2]
        raise
    return True if name == "hasattr" else found


def _arithmetic(it: Machine, name: str, args: tuple[Any, ...], options: dict[str, Any]) -> Any:
    if name == "sum":
        if isinstance(args[0], Tensor) and len(args) == 1:
            return OPERATIONS["sum"](it.record, args[0], 0)
        total: Any = args[1] if len(args) > 1 else options.get("start", 0)
        for item in ex.iterate(it.record, args[0]):
            total = OPERATIONS["add"](it.record, total, item)
        return total
    if name == "round":
        return round(args[0]) if isinstance(args[0], int | float) else OPERATIONS["round"](it.record, args[0])
    if name in ("abs", "pow"):
        return OPERATIONS[name](it.record, *args)
    items = list(args) if len(args) > 1 else ex.iterate(it.record, args[0])
    if all(isinstance(item, int | float) for item in items):
        return max(items) if name == "max" else min(items)
    result = items[0]
    for item in items[1:]:
        result = numbers(lambda a, b: _extreme(name, a, b))(it.record, result, item)
    return result


def _extreme(name: str, left: Expr, right: Expr) -> Expr:
    return function(name, left, right)


def _whole(it: Machine, value: Any) -> bool:
    """Whether a symbolic number is whole: sizes are, and hyper-parameters that count something."""
    if not isinstance(value, Expr):
        return False
    hypers = it.record.hypers
    return all(
        not isinstance(item, Sym) or item.name not in hypers or hypers[item.name].whole
        for item in walk(value)
    )
