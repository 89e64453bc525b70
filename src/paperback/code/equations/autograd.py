"""Custom autograd functions: a letter with its own derivative where they are elementwise."""

from typing import Any

from paperback.code.equations import arithmetic as ar
from paperback.code.equations.form import ZERO, Apply, Expr, Mul, ScalarFunction, Sym, Var, fresh, num, walk
from paperback.code.equations.machine import Context, Machine
from paperback.code.equations.objects import class_member
from paperback.code.equations.pointwise import tensor
from paperback.code.equations.sizes import Unknown
from paperback.code.equations.tensor import Tensor, mapped
from paperback.code.equations.values import (
    Class,
    Func,
    Method,
)


def apply_autograd(it: Machine, cls: Class, args: tuple[Any, ...]) -> Any:
    """A letter with its own derivative where the function is elementwise, else its forward pass."""
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


def scalar_pair(
    it: Machine, cls: Class, forward: Func, backward: Func, args: tuple[Any, ...], at: int
) -> ScalarFunction | None:
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
