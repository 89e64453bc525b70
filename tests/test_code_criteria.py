"""A criterion is known by what it gives, not by its name."""

import ast

import pytest

from paperback.code.criteria import measures

CRITERIA = {
    "a mean": "def agreement(a, b):\n    return ((a - b) ** 2).mean()",
    "a name for it": "def agreement(a, b):\n    value = (a - b).abs().sum()\n    return -value / 2",
    "a library's": "def agreement(a, b):\n    return F.cross_entropy(a, b)",
    "a weighted sum": "def agreement(a, b, w):\n    return w * (a * b).mean() + 0.1 * torch.sum(a)",
    "a class": "class Agreement(nn.Module):\n    def forward(self, a, b):\n        return torch.norm(a - b)",
}
OTHERS = {
    "one argument": "def size(a):\n    return a.mean()",
    "along an axis": "def rows(a, b):\n    return (a - b).mean(dim=1)",
    "along a numbered axis": "def rows(a, b):\n    return (a - b).sum(-1)",
    "no reduction": "def mix(a, b):\n    return a * b",
    "every entry of a library's": "def rows(a, b):\n    return F.cross_entropy(a, b, reduction='none')",
    "nothing": "def log(a, b):\n    print(a.mean())",
}


@pytest.mark.parametrize("case", CRITERIA)
def test_one_number_from_two_arguments_is_a_criterion(case: str) -> None:
    """Its name holds no "loss"."""
    assert measures(ast.parse(CRITERIA[case]).body[0])  # type: ignore[arg-type]


@pytest.mark.parametrize("case", OTHERS)
def test_anything_else_is_none(case: str) -> None:
    """Entries, layers and messages are no criteria."""
    assert not measures(ast.parse(OTHERS[case]).body[0])  # type: ignore[arg-type]
