"""The inventory as data and as text."""

import json
from pathlib import Path

import pytest

from paperback.code import Inventory, describe_code, read_code, show_code
from paperback.settings import Settings, read_settings

EXAMPLE = Path(__file__).parent.parent / "examples" / "thresholds"


def told() -> dict[str, object]:
    return json.loads(json.dumps(describe_code(read_code(EXAMPLE, read_settings(EXAMPLE)))))  # type: ignore[no-any-return]


def test_the_description_survives_json() -> None:
    """What a program reads is what the library gave."""
    assert told() == describe_code(read_code(EXAMPLE, read_settings(EXAMPLE)))


def places(value: object) -> list[str]:
    if isinstance(value, dict):
        here = [
            item for key, item in value.items() if key in ("place", "against") and item and item != "TunedMLP"
        ]
        return here + [place for item in value.values() for place in places(item)]
    return [place for item in value for place in places(item)] if isinstance(value, list) else []


def test_every_place_exists() -> None:
    """Each `file:line` of the description is a line of that file."""
    found = set(places(told()))
    assert len(found) > 40
    for place in found:
        path, _, line = place.partition(":")
        assert 1 <= int(line) <= len((EXAMPLE / path).read_text().splitlines())


@pytest.mark.parametrize(
    "line",
    [
        "7 source files, 736 lines, torch",
        "Level 2 of modeling, because",
        "The change: ThresholdNet against TunedMLP (settings)",
        "  added component: ThresholdEncoding with parameters of its own: t  [model.py:95]",
        "  replaced step: HardStep.apply(z) in place of torch.sigmoid(z) when self.hard  [model.py:77]",
        "Networks (5)",
        "  SpreadBCE (custom)  [losses.py:8]",
        "  Adam(groups, lr=lr)  [train.py:65]",
        "Settings (17)",
        "  … and 5 more",
        "   3 concat ← 1, 2  [model.py:105]",
        "   4     compute the gradient of loss  [train.py:82]",
    ],
)
def test_the_text_tells_what_was_found_and_where(line: str) -> None:
    """Level, change, facts, forward pass and procedure are shown with their places."""
    assert line in show_code(told()).splitlines()


def test_an_empty_repository_is_described(tmp_path: Path) -> None:
    """Without code there is a short text and no error."""
    assert show_code(describe_code(read_code(tmp_path, Settings()))) == (
        "0 source files, 0 lines\n\nNo level of modeling: no network is built here\n"
    )
    assert describe_code(Inventory())["level"] is None


def test_what_does_not_count_is_shown(tmp_path: Path) -> None:
    """Rules that fired on the baseline or on code out of reach have a heading of their own."""
    head = "import torch\nfrom torch import nn\n"
    net = "class {}(nn.Module):\n    def forward(self, x):\n        return {}\n"
    (tmp_path / "train.py").write_text(
        head
        + net.format("Ours", "x.log()")
        + net.format("Plain", "x.exp()")
        + "if __name__ == '__main__': Ours()\n"
    )
    (tmp_path / "far.py").write_text(head + net.format("Far", "x.sin()"))
    text = show_code(describe_code(read_code(tmp_path, Settings(proposal="ours", baselines=("plain",)))))
    assert "Not counted, the baseline has it too\n  custom component Plain has" in text
    assert "Not counted, not reached\n  custom component Far has" in text
