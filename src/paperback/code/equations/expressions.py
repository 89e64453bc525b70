"""Python expressions to values: the half of the interpreter that has no statements."""

import ast
from collections.abc import Callable, Mapping
from typing import Any

from paperback.code.equations import arithmetic as ar
from paperback.code.equations import groups
from paperback.code.equations import reshape as rs
from paperback.code.equations.form import Add, Bool, Cmp, El, Expr, Num, Red, Sym, num, walk
from paperback.code.equations.library import tensor_attribute
from paperback.code.equations.pointwise import compared, condition, numbers, tensor
from paperback.code.equations.reductions import Pair, matmul
from paperback.code.equations.shapes import SHAPES
from paperback.code.equations.sizes import Misfit, Unknown, Walked, same_size
from paperback.code.equations.sources import Imported, Lib
from paperback.code.equations.tensor import Tensor, elementwise, freshened, mapped, unsqueeze
from paperback.code.equations.values import Class, Func, Layer, Method, Obj, Record, integer, number, plain

Scope = dict[str, Any]
OPERATORS: dict[type[ast.operator], Callable[..., Expr]] = {
    ast.Add: ar.add,
    ast.Sub: ar.sub,
    ast.Mult: ar.mul,
    ast.Div: ar.div,
    ast.Pow: ar.power,
    ast.Mod: lambda a, b: ar.function("mod", a, b),
    ast.FloorDiv: lambda a, b: ar.function("floordiv", a, b),
}
COMPARISONS: dict[type[ast.cmpop], str] = {
    ast.Eq: "==",
    ast.NotEq: "!=",
    ast.Lt: "<",
    ast.LtE: "<=",
    ast.Gt: ">",
    ast.GtE: ">=",
}


def floor_division(rec: Record, left: Any, right: Any) -> Any:
    """Division of whole numbers; symbols are taken to divide evenly."""
    if isinstance(left, int) and isinstance(right, int):
        return left // right
    if rec.numbers or isinstance(left, Tensor) or isinstance(right, Tensor):
        return numbers(OPERATORS[ast.FloorDiv])(rec, left, right)
    rec.divisible.append((number(left), number(right)))
    return plain(ar.div(number(left), number(right)))


def operate(rec: Record, op: ast.operator, left: Any, right: Any) -> Any:
    """The value of a binary operator."""
    if isinstance(op, ast.MatMult):
        return matmul(rec, left, right)
    if isinstance(left, list | tuple | str) or isinstance(right, list | tuple | str):
        return _sequence(op, left, right)
    if isinstance(op, ast.BitAnd | ast.BitOr | ast.BitXor):
        return _bitwise(op, left, right)
    if isinstance(op, ast.FloorDiv):
        return floor_division(rec, left, right)
    if type(op) not in OPERATORS:
        raise Unknown(f"the operator {type(op).__name__}")
    if isinstance(left, int | float) and isinstance(right, int | float):
        return _python(op, left, right)
    result = numbers(OPERATORS[type(op)])(rec, left, right)
    return (
        Tensor(result.axes, result.body, "float")
        if isinstance(op, ast.Div) and isinstance(result, Tensor)
        else result
    )


def _sequence(op: ast.operator, left: Any, right: Any) -> Any:
    if isinstance(op, ast.Add) and type(left) is type(right):
        return left + right
    if isinstance(op, ast.Mult) and isinstance(left, list | tuple):
        return left * integer(right)
    if isinstance(op, ast.Mult) and isinstance(right, list | tuple):
        return right * integer(left)
    if isinstance(op, ast.Mod) and isinstance(left, str):
        return left
    raise Unknown("an operator between sequences")


def _bitwise(op: ast.operator, left: Any, right: Any) -> Any:
    a, b = condition(left), condition(right)
    if isinstance(op, ast.BitXor):
        return elementwise(
            lambda p, q: ar.disjunction(ar.conjunction(p, ar.negate(q)), ar.conjunction(ar.negate(p), q)),
            a,
            b,
            dtype="bool",
        )
    return elementwise(ar.conjunction if isinstance(op, ast.BitAnd) else ar.disjunction, a, b, dtype="bool")


def _python(op: ast.operator, left: float, right: float) -> Any:
    """Exact arithmetic of decimals, as the author wrote them."""
    if (isinstance(left, float) and left in (float("inf"), float("-inf"))) or (
        isinstance(right, float) and abs(right) == float("inf")
    ):
        return float("inf") if (left > 0 if abs(left) == float("inf") else right > 0) else float("-inf")
    try:
        return plain(OPERATORS[type(op)](num(left), num(right)))
    except (ZeroDivisionError, OverflowError) as error:
        raise Unknown("a division by zero") from error


def compare_values(rec: Record, op: ast.cmpop, left: Any, right: Any) -> Any:
    """A comparison: a Python truth, a condition on symbols, or a tensor of conditions."""
    if isinstance(op, ast.Is | ast.IsNot):
        same = left is right or (left == right and isinstance(left, Lib | str | bool))
        return same if isinstance(op, ast.Is) else not same
    if isinstance(op, ast.In | ast.NotIn) and isinstance(right, Lib):
        rec.assume(f"{right.name} has what the code looks for")
        return isinstance(op, ast.In)
    if isinstance(op, ast.In | ast.NotIn) and isinstance(right, groups.Group):
        return groups.holds(rec, right, left) == isinstance(op, ast.In)
    if isinstance(op, ast.In | ast.NotIn) and rec.numbers and isinstance(left, Expr):
        raise Unknown("the question whether a number is one of several")
    if isinstance(op, ast.In | ast.NotIn):
        found = any(
            not isinstance(item, Tensor | Expr) and type(item) is type(left) and item == left
            for item in (right if isinstance(right, list | tuple | str | dict | range) else [])
        ) or (isinstance(left, str) and isinstance(right, str) and left in right)
        return found if isinstance(op, ast.In) else not found
    name = COMPARISONS[type(op)]
    if isinstance(left, Tensor) or isinstance(right, Tensor):
        if left is None or right is None or isinstance(left, str) or isinstance(right, str):
            return name == "!="
        return compared(name)(rec, left, right)
    if isinstance(left, Expr) or isinstance(right, Expr):
        if not (isinstance(left, Expr | int | float) and isinstance(right, Expr | int | float)):
            return name == "!="
        return truth_of(ar.compare(name, number(left), number(right)))
    return _compare_plain(name, left, right)


def truth_of(cond: Expr) -> Any:
    return True if cond == ar.TRUE else False if cond == ar.FALSE else cond


def _compare_plain(name: str, left: Any, right: Any) -> bool:
    if (
        isinstance(left, tuple)
        and isinstance(right, tuple)
        and any(isinstance(i, Expr) for i in (*left, *right))
    ):
        equal = len(left) == len(right) and all(
            same_size(number(a), number(b)) for a, b in zip(left, right, strict=True)
        )
        return equal if name == "==" else not equal
    try:
        return bool(
            {"==": left == right, "!=": left != right}[name]
            if name in ("==", "!=")
            else {
                "<": lambda: left < right,
                "<=": lambda: left <= right,
                ">": lambda: left > right,
                ">=": lambda: left >= right,
            }[name]()
        )
    except TypeError as error:
        raise Misfit("a comparison of different things") from error


def index_tensor(rec: Record, value: Tensor, key: Any) -> Tensor:
    """`value[key]`."""
    several = isinstance(key, tuple) or (isinstance(key, list) and any(isinstance(k, slice) for k in key))
    items = list(key) if several else [key]
    items = [_index_list(rec, item) for item in items]
    used = sum(_consumes(item) for item in items)
    if used > len(value.axes):
        raise Misfit(f"{used} indices for a tensor of rank {len(value.axes)}")
    if any(item is Ellipsis for item in items):
        at = next(n for n, item in enumerate(items) if item is Ellipsis)
        items[at : at + 1] = [slice(None)] * (len(value.axes) - used)
    result, at = value, 0
    advanced: list[tuple[int, Tensor]] = []
    for item in items:
        result, at = _one_index(rec, result, at, item, advanced)
    if advanced:
        result = rs.gather_indices(result, [dim for dim, _ in advanced], [index for _, index in advanced])
    return result


def _index_list(rec: Record, item: Any) -> Any:
    if isinstance(item, list) and all(isinstance(entry, int) for entry in item):
        return Tensor(*_as_index(SHAPES["tensor"](rec, item)))
    return item


def _as_index(found: Tensor) -> tuple[Any, Any, str]:
    return found.axes, found.body, "int"


def _consumes(item: Any) -> int:
    if item is None or item is Ellipsis:
        return 0
    return len(item.axes) if isinstance(item, Tensor) and item.dtype == "bool" else 1


def _one_index(
    rec: Record, value: Tensor, at: int, item: Any, advanced: list[tuple[int, Tensor]]
) -> tuple[Tensor, int]:
    if item is None:
        return unsqueeze(value, at), at + 1
    if isinstance(item, slice):
        if isinstance(item.stop, Expr) and not rs.from_end(item.stop):
            rec.fitting.append(ar.add(value.axes[at].size, ar.mul(num(-1), item.stop), num(1)))
        return _slice(value, at, item), at + 1
    if isinstance(item, Tensor) and item.dtype == "bool":
        return rs.select(value, at, item), at + 1
    if isinstance(item, Tensor) and item.dtype == "int" and item.axes:
        advanced.append((at, item))
        return value, at + 1
    if isinstance(item, Tensor) and item.dtype == "float":
        raise Misfit("an index that is not a whole number")
    place = rs.from_zero(number(item), value.axes[at].size)
    if isinstance(place, Num):
        rec.fitting.append(ar.add(value.axes[at].size, ar.mul(num(-1), place), num(1)))
    return rs.take(value, at, place), at


def _slice(value: Tensor, at: int, item: slice) -> Tensor:
    if item == slice(None):
        return value
    if item.step is not None and integer(item.step) < 1:
        if item != slice(None, None, -1):
            raise Unknown("a slice with a negative step")
        return rs.flipped(value, [at])
    start = number(0 if item.start is None else item.start)
    stop = None if item.stop is None else number(item.stop)
    return rs.cut(value, at, start, stop, 1 if item.step is None else integer(item.step))


def subscript(rec: Record, value: Any, key: Any) -> Any:
    """`value[key]` for any value.

    Raises:
        Misfit: There is no such entry.
    """
    if isinstance(value, Tensor):
        return index_tensor(rec, value, key)
    if isinstance(value, groups.Group):
        return groups.entry(rec, value, key)
    if isinstance(value, Mapping):
        if not isinstance(key, str | int) or key not in value:
            raise Misfit(f"no entry {key!r}")
        return value[key]
    if isinstance(value, list | tuple | str | range):
        try:
            found = value[key if isinstance(key, slice) else integer(key)]
        except (IndexError, TypeError) as error:
            raise Misfit("an index beyond the end") from error
        if isinstance(found, Unknown):
            raise found
        return found
    raise Unknown(f"an index into {_what(value)}")


def attribute(rec: Record, value: Any, name: str) -> Any:
    """`value.name`."""
    if isinstance(value, Tensor):
        return tensor_attribute(rec, value, name)
    if isinstance(value, Lib):
        return Lib(f"{value.name}.{name}")
    if isinstance(value, Pair):
        return subscript(rec, value, {"values": 0, "indices": 1, "sign": 0, "logabsdet": 1}.get(name, 9))
    if isinstance(value, Expr | int | float) and name in ("data", "real"):
        return value
    if isinstance(value, str) and name in ("value", "name"):
        return value
    return Method(value, name)


def truth(rec: Record, value: Any, decide: Callable[[Expr], bool]) -> bool:
    """Whether `value` counts as true; symbols are decided by `decide` and the decision is an assumption."""
    if isinstance(value, Tensor):
        if any(axis.atoms for axis in value.axes):
            raise Misfit("the truth of a tensor with several entries")
        return _data_truth(rec, condition(value).body)
    if isinstance(value, Cmp | Bool):
        return decide(value)
    if isinstance(value, Expr):
        return decide(ar.compare("!=", value, num(0)))
    if isinstance(value, Lib):
        return _library_truth(value)
    if isinstance(value, Obj | Func | Layer | Class | Method | Imported):
        return True
    return bool(value)


def _library_truth(value: Lib) -> bool:
    never = ("is_cuda", "is_available", "is_initialized", "is_sparse")
    return value.last != "training" and not any(part in value.name for part in never)


def _data_truth(rec: Record, cond: Expr) -> bool:
    """A guard on data: equality with a number does not happen, emptiness does not occur."""
    if cond in (ar.TRUE, ar.FALSE):
        return cond == ar.TRUE
    if isinstance(cond, Red) and cond.kind in ("any", "all"):
        decided = _never_below(rec, cond.body)
        if decided is not None:
            rec.assume("no label is below zero, so none is ignored")
            return decided
    if isinstance(cond, Cmp) and cond.op in ("==", "!="):
        rec.assume("no guard against an empty or exactly equal case applies")
        return cond.op == "!="
    if isinstance(cond, Cmp) and cond.op in (">", "<") and cond.right == num(0):
        rec.assume("no guard against an empty or exactly equal case applies")
        return cond.op == ">"
    raise Unknown("a branch that depends on the data")


def unary(rec: Record, op: ast.unaryop, value: Any, decide: Callable[[Expr], bool]) -> Any:
    """`-x`, `+x`, `not x` or `~x`."""
    if isinstance(op, ast.Not):
        if isinstance(value, Cmp | Bool):
            return ar.negate(value)
        return not truth(rec, value, decide)
    if isinstance(op, ast.Invert):
        return mapped(condition(value), ar.negate)
    if isinstance(op, ast.UAdd):
        return value
    if isinstance(value, int | float) and not isinstance(value, bool):
        return -value
    if isinstance(value, Tensor):
        return mapped(tensor(value), lambda body: ar.mul(num(-1), body))
    return plain(ar.mul(num(-1), number(value)))


def _what(value: Any) -> str:
    if isinstance(value, Lib):
        return value.name
    return type(value).__name__


def iterate(rec: Record, value: Any) -> list[Any]:
    """The items of `value`, where their number is known.

    Raises:
        Unknown: It is not known.
    """
    if isinstance(value, list | tuple | range | str):
        return list(value)
    if isinstance(value, Mapping):
        return list(value)
    if isinstance(value, Tensor) and value.axes:
        rows, held = value.axes[0].size, value.body
        if isinstance(rows, Sym) and isinstance(held, El) and held.name in rec.inputs:
            raise Walked(rec.inputs[held.name].source, rows.name)
        count = integer(rows)
        return [rs.take(freshened(value), 0, num(n + 1)) for n in range(count)]
    if isinstance(value, Layer) and value.kind in ("Sequential", "ModuleList"):
        if not value.args:
            # Nobody loops over no layer: what the constructor puts in was not understood.
            raise Unknown("a loop over a list of layers that is filled later")
        return list(value.args)
    raise Unknown(f"a loop over {_what(value)}")


def _never_below(rec: Record, cond: Expr) -> bool | None:
    """Whether an entry differs from a number below zero, as a label does; None where that is not asked."""
    if not isinstance(cond, Cmp):
        return None
    gap = ar.sub(cond.left, cond.right)
    if cond.op not in ("==", "!="):
        return _from_one(rec, gap, cond.op)
    constant = gap.terms[-1] if isinstance(gap, Add) else None
    labels = [item for item in walk(gap) if isinstance(item, El)]
    if len(labels) != 1 or not isinstance(constant, Num):
        return None
    sign = ar.split_coefficient(gap.terms[0])[0] if isinstance(gap, Add) else 0
    return cond.op == "!=" if sign * constant.value > 0 else None


def _from_one(rec: Record, gap: Expr, op: str) -> bool | None:
    """Whether `gap`, a label as it is counted on paper less a number, is at least or below zero."""
    terms = gap.terms if isinstance(gap, Add) else (gap,)
    label = terms[0]
    if not (isinstance(label, El) and rec.inputs.get(label.name, None) and len(terms) <= 2):
        return None
    constant = terms[1] if len(terms) == 2 else num(0)
    if rec.inputs[label.name].kind != "label" or not isinstance(constant, Num) or constant.value < -1:
        return None
    return {">=": True, "<": False}.get(op)
