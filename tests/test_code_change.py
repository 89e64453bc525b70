"""The change: what the proposal adds, removes and replaces."""

from pathlib import Path
from textwrap import dedent

import pytest

from paperback.code import Inventory, read_code
from paperback.code.stated import targets
from paperback.settings import Settings, read_settings
from paperback.story.code_table import component_table

HEAD = "import torch\nfrom torch import nn\nimport torch.nn.functional as F\n"
EXAMPLE = Path(__file__).parent.parent / "examples" / "thresholds"


def read(root: Path, text: str, proposal: str = "", *baselines: str, **others: str) -> Inventory:
    for name, other in {"train": text, **others}.items():
        (root / f"{name}.py").write_text(HEAD + dedent(other))
    return read_code(root, Settings(proposal=proposal, baselines=baselines))


def shown(inventory: Inventory) -> list[str]:
    return [f"{change} [{change.source.path}:{change.source.line}]" for change in inventory.changes]


def test_the_example_says_what_it_adds_to_its_baseline() -> None:
    """Component, surrogate gradient, repulsion term and both switches are found with their places."""
    inventory = read_code(EXAMPLE, read_settings(EXAMPLE))
    assert inventory.contrast is not None
    assert (inventory.contrast.proposal, inventory.contrast.baseline) == ("ThresholdNet", "TunedMLP")
    assert shown(inventory) == [
        "added component ThresholdEncoding with parameters of its own: t [model.py:95]",
        "added backward a derivative of its own for HardStep [model.py:41]",
        "added loss the term self.spread_weight * self.spread(t) to binary_cross_entropy [losses.py:8]",
        "replaced step HardStep.apply(z) in place of torch.sigmoid(z) when self.hard [model.py:77]",
        "replaced step loss + self.spread_weight * self.spread(t) in place of loss"
        " when t is not None and self.spread_weight ≠ 0 [losses.py:29]",
    ]


PLAIN = """
class Plain(nn.Module):
    def __init__(self):
        self.norm = nn.BatchNorm1d(8)
        self.drop = nn.Dropout(0.1)
        self.head = nn.Linear(8, 1)
    def forward(self, x):
        return self.head(self.drop(self.norm(x)))
"""


@pytest.mark.parametrize(
    ("new", "expected"),
    [
        (
            "class Ours(nn.Module):\n    def __init__(self):\n        self.norm = nn.LayerNorm(8)\n"
            "        self.head = nn.Linear(8, 1)\n        self.act = nn.GELU()\n"
            "    def forward(self, x):\n        return torch.exp(self.head(x))\n",
            [
                "replaced layer LayerNorm in place of BatchNorm1d",
                "added layer GELU",
                "removed layer Dropout",
                "added operator exp",
            ],
        ),
        (
            "class Ours(Plain):\n    def forward(self, x):\n        return self.head(x).exp()\n",
            ["added operator exp", "replaced method Ours.forward in place of Plain.forward"],
        ),
        (
            "class Ours(Plain):\n    def __init__(self):\n        super().__init__()\n"
            "        self.gate = nn.Bilinear(8, 8, 1)\n",
            ["added layer Bilinear"],
        ),
    ],
)
def test_layers_operators_and_methods_are_compared(tmp_path: Path, new: str, expected: list[str]) -> None:
    """An attribute with another kind of layer is a replacement; a child keeps what it inherits."""
    inventory = read(tmp_path, PLAIN + new, "ours", "plain")
    assert [str(change) for change in inventory.changes] == expected


@pytest.mark.parametrize(
    ("names", "build", "how"),
    [
        (("ours", "plain"), "", "settings"),
        (("train.py:Ours", "train.py:Plain"), "", "settings"),
        (("our_network",), "", ""),
        ((), "", ""),
        ((), "def build(k):\n    if k:\n        return Plain()\n    return Ours()\n", "sibling model"),
        ((), "MODELS = {'a': Plain, 'b': Ours}\n", "sibling model"),
    ],
)
def test_the_baseline_is_named_or_found(tmp_path: Path, names: tuple[str, ...], build: str, how: str) -> None:
    """The author's names come first, then the models that one function offers side by side."""
    ours = "class Ours(nn.Module):\n    def forward(self, x):\n        return x.exp()\n"
    found = read(tmp_path, PLAIN + ours + build, *names).contrast
    assert found is not None
    assert (found.proposal, found.baseline, found.how) == ("Ours", "Plain" if how else "", how)


def test_a_parent_with_a_forward_is_the_baseline(tmp_path: Path) -> None:
    """A class that extends a network of the repository is compared with it."""
    child = "class Ours(Plain):\n    def forward(self, x):\n        return x.exp()\n"
    found = read(tmp_path, PLAIN + child).contrast
    assert found is not None
    assert (found.proposal, found.baseline, found.how) == ("Ours", "Plain", "parent class")


@pytest.mark.parametrize(
    ("setting", "body", "expected"),
    [
        (
            "p.add_argument('--soft', action='store_true')",
            "y = torch.sigmoid(x) if args.soft else torch.sign(x)",
            "replaced step torch.sigmoid(x) in place of torch.sign(x) when args.soft",
        ),
        (
            "p.add_argument('--no-norm', action='store_true')",
            "if not args.no_norm:\n        x = F.layer_norm(x, 8)",
            "added step F.layer_norm(x, 8) when not args.no_norm",
        ),
        (
            "p.add_argument('--beta', default=0.0)",
            "if args.beta == 0:\n        y = torch.exp(x)\n    else:\n        y = torch.log(x)",
            "replaced step torch.log(x) in place of torch.exp(x) when args.beta ≠ 0",
        ),
        (
            "p.add_argument('--gate', default='hard')",
            "if args.gate == 'hard':\n        y = torch.exp(x)\n    else:\n        y = torch.log(x)",
            "replaced step torch.exp(x) in place of torch.log(x) when args.gate == 'hard'",
        ),
        ("p.add_argument('--track', action='store_true')", "if args.track:\n        y = torch.exp(x)", ""),
        ("p.add_argument('--soft', action='store_true')", "if args.soft:\n        print(x)", ""),
        ("p.add_argument('--lr', default=0.1)", "if args.lr:\n        y = torch.exp(x)", ""),
    ],
)
def test_a_setting_switches_a_part_of_the_method(
    tmp_path: Path, setting: str, body: str, expected: str
) -> None:
    """Both arms are told where they compute different things; switches of bookkeeping are not."""
    code = (
        f"import argparse\np = argparse.ArgumentParser()\n{setting}\nargs = p.parse_args()\n{PLAIN}"
        f"def step(x):\n    {body}\n    for b in x:\n        loss.backward()\n"
    )
    found = [str(change) for change in read(tmp_path, code).changes]
    assert found == ([expected] if expected else [])


def test_scripts_are_compared_by_networks_and_terms(tmp_path: Path) -> None:
    """Scripts of one method each differ in their networks and in the terms of their loss."""
    loop = "for x in data:\n    loss = {}\n    loss.backward()\n"
    extra = "class Predictor(nn.Module):\n    def forward(self, x):\n        return x.exp()\n"
    ours = PLAIN + extra + loop.format("a.mean() - k * b.mean() + curiosity")
    base = PLAIN + loop.format("a.mean() - k * b.mean() + decay")
    inventory = read(tmp_path, "", "ppo_rnd", "ppo", ppo_rnd=ours, ppo=base)
    assert inventory.contrast is not None
    assert (inventory.contrast.proposal, inventory.contrast.baseline) == ("ppo_rnd.py", "ppo.py")
    assert [str(change) for change in inventory.changes] == [
        "added component Predictor with operators of its own: exp",
        "added loss the term curiosity",
        "removed loss the term decay",
    ]


def test_the_author_may_name_classes_where_methods_do_not_tell(tmp_path: Path) -> None:
    """`file:Class` stands for a method whose name is nothing like its class."""
    ours = "class Ours(nn.Module):\n    def forward(self, x):\n        return x.exp()\n"
    (tmp_path / "train.py").write_text(HEAD + PLAIN + ours)
    settings = Settings(
        proposal="v2_final",
        baselines=("reference",),
        code_proposal="train.py:Ours",
        code_baselines=("train.py:Plain",),
    )
    found = read_code(tmp_path, settings).contrast
    assert found is not None
    assert (found.proposal, found.baseline) == ("Ours", "Plain")


def test_a_setting_that_only_loads_weights_switches_no_step(tmp_path: Path) -> None:
    """Reading a checkpoint or setting initial weights is no part of the method."""
    code = (
        "import argparse\np = argparse.ArgumentParser()\np.add_argument('--freeze', action='store_true')\n"
        f"args = p.parse_args()\n{PLAIN}def step(x):\n    if args.freeze:\n"
        "        net = Plain()\n        net.load_state_dict(torch.load('a'))\n"
        "    for b in x:\n        loss.backward()\n"
    )
    assert read(tmp_path, code).changes == ()


def test_a_method_of_the_baseline_is_shown_beside_the_proposal(tmp_path: Path) -> None:
    """The forward pass of a child stands beside its parent's; one that goes on from its parent's does not."""
    child = (
        "class Ours(Plain):\n    def __init__(self):\n        super().__init__()\n        self.k = 2\n"
        "    def forward(self, x):\n        return self.head(self.drop(self.norm(x))).exp()\n"
    )
    found = read(tmp_path, PLAIN + child).diffs
    assert [(diff.name, diff.baseline) for diff in found] == [("Ours.forward", "Plain.forward")]
    assert [(line.mark, line.text) for line in found[0].lines] == [
        ("", "def forward(self, x):"),
        ("−", "    return self.head(self.drop(self.norm(x)))"),
        ("+", "    return self.head(self.drop(self.norm(x))).exp()"),
    ]


AGENT = """
class Actor(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.out = nn.Linear(width, 1)

    def forward(self, x):
        return torch.tanh(self.out(x))

class {name}:
    def __init__(self, width):
        self.actor = Actor(width)
        self.optimizer = torch.optim.Adam(self.actor.parameters())

    def train(self, x, y):
        loss = ((self.actor(x) - y) ** 2).mean(){term}
        self.optimizer.zero_grad()
        loss.backward()
        self.optimizer.step()
"""
CHOOSES = """
import argparse
import plain
import spread
import losses

args = argparse.ArgumentParser().parse_args()
if args.policy == "spread":
    policy = spread.Spread(3)
elif args.policy == "plain":
    policy = plain.Plain(3)
for batch in range(10):
    x, y = losses.sample(batch)
    policy.train(x, y)
"""


def test_a_method_may_be_a_class_that_trains_networks(tmp_path: Path) -> None:
    """The file of the agent that is named counts, and what all use; the files of other agents do not."""
    files = {
        "spread": AGENT.format(name="Spread", term=" + self.actor(x).var()"),
        "plain": AGENT.format(name="Plain", term=""),
        "losses": "def sample(n):\n    return torch.ones(n, 3), torch.ones(n, 1)\n",
    }
    found = read(tmp_path, CHOOSES, "spread", "plain", **files)
    assert found.rivals == {"plain.py"}
    assert found.contrast is not None
    assert (found.contrast.proposal, found.contrast.baseline) == ("spread.py", "plain.py")
    assert {target.source.path for target in targets(found)} == {"spread.py"}
    table = component_table(found)
    assert table is not None
    assert len(table.rows) == 1
    assert found.algorithm is not None
    assert "actor(x).var()" in str(found.algorithm)
    everything = read(tmp_path, CHOOSES, **files)
    assert not everything.rivals
    assert {target.source.path for target in targets(everything)} == {"spread.py", "plain.py"}
