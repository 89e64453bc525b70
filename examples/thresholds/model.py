"""Networks for tabular binary classification; every network returns probabilities."""

from typing import Any

import torch
from torch import nn


class MLP(nn.Module):
    """Baseline: a small fully connected network."""

    def __init__(self, d: int) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            nn.Linear(d, 12),
            nn.ReLU(),
            nn.Linear(12, 8),
            nn.ReLU(),
            nn.Linear(8, 1),
            nn.Sigmoid(),
        )

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.layers(x).squeeze(-1)


class TunedMLP(nn.Module):
    """The same family with searched width, depth and dropout."""

    def __init__(self, d: int, width: int, depth: int, dropout: float) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        for n_in in [d] + [width] * (depth - 1):
            layers += [nn.Linear(n_in, width), nn.ReLU(), nn.Dropout(dropout)]
        self.layers = nn.Sequential(*layers, nn.Linear(width, 1), nn.Sigmoid())

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.layers(x).squeeze(-1)


class HardStep(torch.autograd.Function):
    """Heaviside step with the derivative of the sigmoid as surrogate gradient."""

    @staticmethod
    def forward(ctx: Any, z: torch.Tensor) -> torch.Tensor:
        b = (z >= 0).to(z.dtype)
        ctx.save_for_backward(z)
        return b

    @staticmethod
    def backward(ctx: Any, grad_output: torch.Tensor) -> torch.Tensor:
        (z,) = ctx.saved_tensors
        s = torch.sigmoid(z)
        return grad_output * s * (1 - s)


class ThresholdEncoding(nn.Module):
    """Compare every feature with K learned thresholds.

    Thresholds start at the training quantiles. A small jitter separates quantiles
    that coincide on discrete features, where they would share all gradients.
    """

    def __init__(
        self, x_train: torch.Tensor, n_thresholds: int, tau: float, hard: bool = True, jitter: float = 0.01
    ) -> None:
        super().__init__()
        levels = torch.arange(1, n_thresholds + 1) / (n_thresholds + 1)
        quantiles = torch.quantile(x_train, levels, dim=0).T
        self.t = nn.Parameter(quantiles + jitter * torch.randn_like(quantiles))
        self.tau = tau
        self.hard = hard

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Map (n, d) features to (n, d * K) step values."""
        z = (x.unsqueeze(-1) - self.t) / self.tau
        b = HardStep.apply(z) if self.hard else torch.sigmoid(z)
        return b.flatten(start_dim=1)


class ThresholdNet(nn.Module):
    """Small head on the raw features together with their threshold encoding."""

    def __init__(
        self,
        x_train: torch.Tensor,
        n_thresholds: int,
        tau: float,
        width: int,
        dropout: float,
        hard: bool = True,
    ) -> None:
        super().__init__()
        d = x_train.shape[1]
        self.encoding = ThresholdEncoding(x_train, n_thresholds, tau, hard)
        self.head = nn.Sequential(
            nn.Linear(d + d * n_thresholds, width),
            nn.ReLU(),
            nn.Dropout(dropout),
            nn.Linear(width, 1),
            nn.Sigmoid(),
        )

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.head(torch.cat([x, self.encoding(x)], dim=1)).squeeze(-1)


def build_model(config: dict[str, Any], x_train: torch.Tensor) -> nn.Module:
    """Build the network that the `model` part of a run configuration describes."""
    settings = {key: value for key, value in config.items() if key != "kind"}
    if config["kind"] == "mlp":
        return MLP(x_train.shape[1])
    if config["kind"] == "tuned_mlp":
        return TunedMLP(x_train.shape[1], **settings)
    return ThresholdNet(x_train, **settings)


def thresholds_of(model: nn.Module) -> torch.Tensor | None:
    """Learned thresholds of shape (d, K), or None for a network without an encoding."""
    return model.encoding.t if isinstance(model, ThresholdNet) else None


def count_parameters(model: nn.Module) -> int:
    """Number of trainable parameters."""
    return sum(p.numel() for p in model.parameters() if p.requires_grad)
