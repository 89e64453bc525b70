"""Attention as torch computes it in one call."""

from typing import Any

from paperback.code.equations import arithmetic as ar
from paperback.code.equations.form import HALF, MINUS
from paperback.code.equations.pointwise import Operation, tensor
from paperback.code.equations.reductions import matmul, softmax
from paperback.code.equations.sizes import Misfit
from paperback.code.equations.tensor import Tensor, elementwise, freshened, mapped, permute, place
from paperback.code.equations.values import Record, number


def attention(
    rec: Record, query: Any, key: Any, value: Any, attn_mask: Any = None, dropout_p: Any = 0.0,
    is_causal: bool = False, scale: Any = None, enable_gqa: bool = False,
) -> Tensor:  # fmt: skip
    """Softmax of the scaled inner products, over the keys that the mask leaves, times the values."""
    q, k = tensor(query), tensor(key)
    if len(k.axes) < 2:
        raise Misfit("attention over a vector")
    order = [*range(len(k.axes) - 2), -1, -2]
    width = ar.power(q.axes[-1].size, ar.mul(MINUS, HALF)) if scale is None else number(scale)
    scores = mapped(matmul(rec, q, permute(k, order)), lambda body: ar.mul(width, body))
    if is_causal:
        scores = _causal(scores)
    if isinstance(attn_mask, Tensor) and attn_mask.dtype == "bool":
        far = ar.mul(MINUS, ar.INF)
        scores = elementwise(lambda c, s: ar.cases(c, s, far), attn_mask, scores)
    elif attn_mask is not None:
        scores = elementwise(ar.add, scores, tensor(attn_mask))
    if dropout_p != 0.0:
        rec.assume("dropout is off, as in evaluation")
    return matmul(rec, softmax(rec, scores, -1), tensor(value))


def _causal(scores: Tensor) -> Tensor:
    found = freshened(scores)
    row, column = place(found.axes[-2]), place(found.axes[-1])
    seen = ar.compare("<=", column, row)
    return mapped(found, lambda body: ar.cases(seen, body, ar.mul(MINUS, ar.INF)))


ATTENTION: dict[str, Operation] = {"scaled_dot_product_attention": attention}
