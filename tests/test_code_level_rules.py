"""Rules of the level: breadth of one network, functions as components, own optimisers, losses in methods."""

from pathlib import Path

import pytest

from paperback.code import Inventory, Level, read_code
from paperback.settings import Settings

HEAD = "import torch\nfrom torch import nn\nimport torch.nn.functional as F\n"
LOOP = "for x, y in data:\n    loss = F.mse_loss(net(x), y)\n    loss.backward()\n    optimizer.step()\n"


def read(root: Path, **files: str) -> Inventory:
    for name, text in files.items():
        (root / f"{name}.py").write_text(text)
    return read_code(root, Settings())


def level(found: Inventory) -> Level:
    assert found.level is not None
    return found.level


def parts(count: int, first: int = 0) -> str:
    """Components of basic operators."""
    return "".join(
        f"class Part{n}(nn.Module):\n    def forward(self, x):\n        return torch.exp(x) @ x\n"
        for n in range(first, first + count)
    )


def made_of(name: str, used: range) -> str:
    layers = "".join(f"        self.p{n} = Part{n}()\n" for n in used)
    return (
        f"class {name}(nn.Module):\n    def __init__(self):\n        super().__init__()\n{layers}"
        f"    def forward(self, x):\n        return self.p{used[0]}(x)\n"
    )


def test_breadth_is_that_of_one_network(tmp_path: Path) -> None:
    """Fourteen components of one network are level 3; spread over two networks of a script they are not."""
    (tmp_path / "one").mkdir()
    (tmp_path / "two").mkdir()
    broad = read(tmp_path / "one", train=HEAD + parts(14) + made_of("Net", range(14)) + LOOP)
    assert level(broad).number == 3
    assert level(broad).reasons[0][0] == (
        "14 modules of one network are written from basic operators (12 or more)"
    )
    halves = made_of("Net", range(7)) + made_of("Other", range(7, 14))
    assert level(read(tmp_path / "two", train=HEAD + parts(14) + halves + LOOP)).number == 2


def test_of_a_named_proposal_only_what_it_uses_counts(tmp_path: Path) -> None:
    """A large baseline beside the proposal, in the same script or in one of its own, raises no level."""
    small = "class Small(nn.Module):\n    def forward(self, x):\n        return torch.exp(x)\n"
    (tmp_path / "train.py").write_text(HEAD + small + parts(14) + made_of("Large", range(14)) + LOOP)
    (tmp_path / "other.py").write_text(
        f"{HEAD}def far_loss(a):\n    return torch.exp(a).mean()\nfor x in y:\n    pass\n"
    )
    assert level(read_code(tmp_path, Settings())).number == 3
    found = level(read_code(tmp_path, Settings(code_proposal="train.py:Small")))
    assert found.number == 2
    assert [words for words, _ in found.reasons] == ["custom component Small has operators of its own: exp"]
    assert "custom loss far_loss" in [words for words, _ in found.unreachable]


def test_a_library_is_judged_as_a_whole(tmp_path: Path) -> None:
    """Without a script there is no network that counts before the others."""
    halves = made_of("Net", range(7)) + made_of("Other", range(7, 14))
    assert level(read(tmp_path, layers=HEAD + parts(14) + halves)).number == 3


TF1 = """
import tensorflow as tf

def attention(x, bias):
    h = tf.layers.conv1d(x, 8, 1)
    with tf.name_scope('head'):
        return tf.nn.softmax(tf.matmul(h, h) + bias)

def plain(x):
    with tf.variable_scope('plain'):
        return tf.layers.dense(tf.layers.conv1d(x, 8, 1), 8)
"""


def test_a_function_that_makes_and_applies_layers_is_a_component(tmp_path: Path) -> None:
    """A function of layers and operators counts as a class would; one of layers alone does not."""
    found = level(read(tmp_path, train=TF1 + "for x in data:\n    attention(x, 0)\n"))
    assert found.number == 2
    assert [words for words, _ in found.reasons] == [
        "custom component attention has operators of its own: matmul"
    ]


OWN = (
    "class Slow(torch.optim.Optimizer):\n    def __init__(self, params):\n"
    "        super().__init__(params, {})\n"
    "    def step(self):\n        for group in self.param_groups:\n            pass\n"
)


def test_an_optimiser_written_here_is_a_changed_update(tmp_path: Path) -> None:
    """Its update rule counts, and where it is made it stands among the optimisers."""
    script = f"{HEAD}{OWN}net = nn.Sequential(nn.Linear(8, 1))\noptimizer = Slow(net.parameters())\n{LOOP}"
    found = read(tmp_path, train=script)
    assert level(found).number == 2
    assert level(found).reasons[0][0] == "the update rule of Slow is written here"
    assert [(fact.name, fact.arguments) for fact in found.optimisers] == [("Slow", ("net.parameters()",))]


def test_something_else_that_is_called_an_optimiser_is_none(tmp_path: Path) -> None:
    """A variable's name alone makes no optimiser."""
    code = f"{HEAD}class Box:\n    pass\noptimizer = Box()\nopt = argparse.ArgumentParser()\n{LOOP}"
    assert read(tmp_path, train=code).optimisers == ()


@pytest.mark.parametrize(
    ("code", "names"),
    [
        (
            "class M(nn.Module):\n    def forward_loss(self, p, t):\n        return ((p - t) ** 2).mean()\n",
            ["M.forward_loss"],
        ),
        (
            "class Trainer:\n    def kl_loss(self, p, q):\n        return (p * torch.log(p / q)).sum()\n",
            ["Trainer.kl_loss"],
        ),
        ("class Trainer:\n    def compute_loss(self, p, t):\n        return F.mse_loss(p, t)\n", []),
        ("class Trainer:\n    def log_loss(self, v):\n        return torch.log(v)\n", []),
        ("class Trainer:\n    def process_epoch_losses(self, v):\n        return torch.log(v)\n", []),
        (
            "class M(nn.Module):\n    def __init__(self):\n        self.a = nn.Linear(8, 8)\n"
            "    def forward(self, x):\n        c = self.a(x)\n"
            "        on, off = c.diagonal().sum(), c.sum()\n"
            "        loss = on + 0.1 * off\n        return loss\n",
            ["M.forward"],
        ),
        (
            "class M(nn.Module):\n    def __init__(self):\n        self.a = nn.Linear(8, 8)\n"
            "    def forward(self, x, y):\n        loss = F.mse_loss(self.a(x), y)\n        return loss\n",
            [],
        ),
        ("class OwnLoss(nn.Module):\n    def forward(self, x):\n        return self._loss(x)\n"
         "    def _loss(self, x):\n        return torch.exp(x).mean()\n", ["OwnLoss"]),
    ],
    ids=["network", "trainer", "library", "log", "process", "forward", "forward library", "loss class"],
)  # fmt: skip
def test_losses_in_methods(tmp_path: Path, code: str, names: list[str]) -> None:
    """A method that computes a loss by itself is one; a library's, a log and a loss class's parts are not."""
    found = read(tmp_path, train=HEAD + code)
    assert [loss.name for loss in found.losses if loss.kind == "custom"] == names


def test_a_loss_scale_is_no_term(tmp_path: Path) -> None:
    """Mixed precision multiplies the loss as a whole."""
    script = (
        HEAD + "for x, y in data:\n    loss = F.mse_loss(net(x), y)\n    (loss * loss_scale).backward()\n"
    )
    found = read(tmp_path, train=script)
    assert [loss.kind for loss in found.losses] == ["library"]


def test_training_a_library_network_is_level_one(tmp_path: Path) -> None:
    """Where nothing is defined, the loop that trains is the reason."""
    found = level(
        read(tmp_path, train=f"{HEAD}import torchvision\nnet = torchvision.models.resnet18()\n{LOOP}")
    )
    assert found.number == 1
    assert found.reasons[0][0] == "trains layers or a network of a library"


def test_what_carries_a_network_to_devices_is_no_layer(tmp_path: Path) -> None:
    """A parallel wrapper does not stand among the layers."""
    script = (
        f"{HEAD}def main():\n    model = build()\n"
        "    model.head = nn.Sequential(nn.BatchNorm1d(8), model.head)\n"
        "    model = nn.parallel.DistributedDataParallel(model)\n"
    )
    kinds = [layer.kind for fact in read(tmp_path, train=script).modules for layer in fact.layers]
    assert "DistributedDataParallel" not in kinds


def test_a_child_that_computes_nothing_is_not_the_proposal(tmp_path: Path) -> None:
    """A class that only widens its parent's input leaves the parent what the paper is about."""
    parent = (
        "class UNet(nn.Module):\n    def __init__(self, c):\n        super().__init__()\n"
        "        self.a = nn.Parameter(torch.ones(c))\n    def forward(self, x):\n        return self.a * x\n"
    )
    child = (
        "class WideUNet(UNet):\n    def __init__(self, c):\n        super().__init__(2 * c)\n"
        "    def forward(self, x, low):\n        return super().forward(torch.cat([x, low], 1))\n"
    )
    found = read(tmp_path, train=HEAD + parent + child + LOOP)
    assert found.contrast is not None
    assert found.contrast.proposal == "UNet"


def test_seeds_are_told_with_what_they_seed(tmp_path: Path) -> None:
    """A generator without a seed is not seeded."""
    script = (
        f"{HEAD}import random\nimport numpy as np\nrandom.seed(3)\nnp.random.seed(args.seed)\n"
        f"torch.manual_seed(seed=0)\nrng = np.random.default_rng()\n{LOOP}"
    )
    found = read(tmp_path, train=script)
    assert [(fact.generator, fact.seed) for fact in found.seeds] == [
        ("Python", "3"), ("NumPy", "args.seed"), ("PyTorch", "0"),
    ]  # fmt: skip


def net(*lines: str, layers: str = "self.a = nn.Linear(8, 8)") -> str:
    """A network whose forward pass has these lines."""
    body = "".join(f"        {line}\n" for line in lines)
    return (
        f"{HEAD}import math\nclass Net(nn.Module):\n    def __init__(self):\n        super().__init__()\n"
        f"        {layers}\n    def forward(self, x):\n{body}\nnet = Net()\n{LOOP}"
    )


CELL = "self.cell = nn.LSTMCell(8, 8); self.out = nn.Linear(8, 1)"


@pytest.mark.parametrize(
    ("code", "number"),
    [
        (net("return self.a(x) * math.sqrt(8)"), 1),
        (net("return self.a(x) / torch.sqrt(x)"), 2),
        (net("mask = torch.log(torch.tril(torch.ones(8, 8)))", "return self.a(x) + mask"), 1),
        (net("mask = torch.log(torch.tril(x))", "return self.a(x) + mask"), 2),
        (net("return self.a(torch.matmul(torch.ones(8, 8), x))"), 2),
        (net("self.h = self.a(x)", "return self.a(x) * self.scale"), 1),
        (net("h = self.a(x)", "return (h - 1) ** 2"), 2),
        (net("return self.a(x) + 2 ** 3"), 1),
        (net("for t in x:", "    h, c = self.cell(t, (h, c))", "    y = self.out(h)", "return y",
             layers=CELL), 1),
        (net("for t in x:", "    y = self.out(y)", "return y", layers=CELL), 2),
    ],
    ids=["root of a number", "root of an input", "causal mask", "mask of an input", "product with an input",
         "kept value", "power", "power of a number", "cell in a loop", "layer in a loop"],
)  # fmt: skip
def test_what_computes_on_values(tmp_path: Path, code: str, number: int) -> None:
    """Operators count where they work on values, and a library's cell is made for a loop."""
    assert level(read(tmp_path, train=code)).number == number


BUILT = "the loss is built in the training loop: "
ADVERSARIAL = (
    "criterion = nn.BCELoss()\nnet = nn.Linear(8, 1)\nfor x, y in data:\n"
    "    real = criterion(net(x), y)\n    fake = criterion(net(z), 1 - y)\n"
)


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        (ADVERSARIAL + "    loss = (real + fake) / 2\n    loss.backward()\n", ""),
        (ADVERSARIAL + "    loss = real - fake\n    loss.backward()\n", BUILT + "real − fake"),
        (ADVERSARIAL + "    loss = real + fake + x.abs().sum()\n    loss.backward()\n",
         BUILT + "real + fake + x.abs().sum()"),
        ("class Trainer:\n    def step(self):\n        self.net = nn.Linear(8, 1)\n"
         "        self.loss = (self.p ** 2).mean() + self.q.sum()\n        self.loss.backward()\n",
         BUILT + "(self.p ** 2).mean() + self.q.sum()"),
        ("import tensorflow as tf\nclass Trainer:\n    def __init__(self):\n"
         "        self.cost = tf.reduce_mean(p) + 2 * tf.reduce_sum(q)\n        self.cost -= self.prior\n"
         "        tf.train.AdamOptimizer(0.1).minimize(self.cost)\n",
         BUILT + "tf.reduce_mean(p) + 2 * tf.reduce_sum(q) − self.prior"),
    ],
    ids=["sum of a library's losses", "their difference", "with a term", "attribute", "TensorFlow 1"],
)  # fmt: skip
def test_losses_that_are_built_in_place(tmp_path: Path, code: str, reason: str) -> None:
    """A sum of a library's losses, as for real and generated examples, is none of one's own."""
    found = level(read(tmp_path, train=HEAD + code))
    assert [words for words, _ in found.reasons if words.startswith(BUILT)] == ([reason] if reason else [])
