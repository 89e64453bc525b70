"""Training loss: cross-entropy and a repulsion between thresholds of one feature."""

import torch
import torch.nn.functional as F
from torch import nn


class SpreadBCE(nn.Module):
    """Binary cross-entropy plus a penalty on thresholds that crowd together.

    The penalty is the mean of exp(-(t_k - t_l)^2 / (2 sigma^2)) over features and
    pairs k < l. It is left out when its weight is zero or no thresholds are given.
    """

    def __init__(self, spread_weight: float = 0.0, spread_width: float = 1.0) -> None:
        super().__init__()
        self.spread_weight = spread_weight
        self.spread_width = spread_width

    def spread(self, t: torch.Tensor) -> torch.Tensor:
        """Repulsion between thresholds t of shape (d, K)."""
        k, l = torch.triu_indices(t.shape[1], t.shape[1], offset=1)
        gap = t[:, k] - t[:, l]
        return torch.exp(-gap.square() / (2 * self.spread_width**2)).mean()

    def forward(self, p: torch.Tensor, y: torch.Tensor, t: torch.Tensor | None = None) -> torch.Tensor:
        """Loss of probabilities p for targets y."""
        loss = F.binary_cross_entropy(p, y)
        if t is None or self.spread_weight == 0:
            return loss
        return loss + self.spread_weight * self.spread(t)
