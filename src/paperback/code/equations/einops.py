"""The patterns of einops: rearrange, reduce and repeat."""

import re
from collections.abc import Mapping
from typing import Any

from paperback.code.equations import arithmetic as ar
from paperback.code.equations import reshape as rs
from paperback.code.equations.form import ONE, Expr, fresh
from paperback.code.equations.pointwise import tensor
from paperback.code.equations.reductions import REDUCTIONS, einsum
from paperback.code.equations.shapes import SHAPES
from paperback.code.equations.sizes import Misfit, Unknown
from paperback.code.equations.tensor import Axis, Tensor, freshened
from paperback.code.equations.values import Record, number

Side = list[list[str]]


def _side(text: str) -> Side:
    tokens = re.findall(r"\([^()]*\)|\.\.\.|[^\s()]+", text)
    return [token.strip("()").split() if token.startswith("(") else [token] for token in tokens]


def _sized(side: Side, rank: int) -> Side:
    """`side` with the ellipsis as axes of its own."""
    if ["..."] not in side:
        return side
    at = side.index(["..."])
    return [*side[:at], *([f"~{n}"] for n in range(rank - len(side) + 1)), *side[at + 1 :]]


def _decomposed(found: Tensor, left: Side, known: Mapping[str, Expr]) -> tuple[Tensor, list[str]]:
    sizes: list[Expr] = []
    names: list[str] = []
    if len(left) != len(found.axes):
        raise Misfit("a pattern of another rank")
    for axis, group in zip(found.axes, left, strict=True):
        missing = [name for name in group if name not in known and not name.isdigit()]
        if len(group) == 1:
            sizes.append(axis.size)
        else:
            product = ar.product_of(known[name] for name in group if name in known)
            if len(missing) > 1:
                raise Unknown("a pattern with two unknown sizes in one axis")
            sizes += [known.get(name, ar.div(axis.size, product)) for name in group]
        names += group
    return rs.reshape(found, sizes), names


def rearranged(rec: Record, kind: str, args: tuple[Any, ...], options: Mapping[str, Any]) -> Any:
    """The value of `rearrange`, `reduce`, `repeat` or `einsum` of einops."""
    if kind == "einsum":
        return _einsum(rec, args)
    if kind not in ("rearrange", "reduce", "repeat") or not isinstance(args[1], str):
        raise Unknown(f"einops.{kind}")
    source, _, target = args[1].partition("->")
    value = args[0]
    if isinstance(value, list | tuple):
        value = SHAPES["stack"](rec, value)
    found = freshened(tensor(value))
    left = _sized(_side(source), len(found.axes))
    right_raw = _side(target)
    spread = [name for group in left for name in group if name.startswith("~")]
    right: Side = []
    for group in right_raw:
        right += [[name] for name in spread] if group == ["..."] else [group]
    known = {name: number(size) for name, size in options.items()}
    found, names = _decomposed(found, left, known)
    if kind == "reduce":
        gone = [at for at, name in enumerate(names) if not any(name in group for group in right)]
        found = REDUCTIONS[args[2]](rec, found, gone)
        names = [name for at, name in enumerate(names) if at not in gone]
    return _composed(found, names, right, known)


def _composed(found: Tensor, names: list[str], right: Side, known: Mapping[str, Expr]) -> Tensor:
    axes: list[Axis] = []
    for group in right:
        atoms: tuple[Any, ...] = ()
        for name in group:
            if name in names:
                atoms += found.axes[names.index(name)].atoms
            elif name in known:
                atoms += ((fresh(), known[name]),)
            elif name != "1":
                raise Unknown(f"the axis {name!r} of a pattern")
        axes.append(Axis(atoms))
    if any(
        name not in {n for g in right for n in g}
        for name in names
        if found.axes[names.index(name)].size != ONE
    ):
        raise Misfit("a pattern that drops an axis")
    return Tensor(tuple(axes), found.body, found.dtype)


def _einsum(rec: Record, args: tuple[Any, ...]) -> Tensor:
    pattern = next(arg for arg in args if isinstance(arg, str))
    operands = tuple(arg for arg in args if not isinstance(arg, str))
    words = sorted(set(re.findall(r"[A-Za-z_]\w*", pattern)))
    letters = {word: chr(ord("a") + at) for at, word in enumerate(words)}
    short = re.sub(r"[A-Za-z_]\w*", lambda found: letters[found.group()], pattern)
    return einsum(rec, short, *operands)
