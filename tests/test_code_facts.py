"""Facts of the code: networks, losses, loops, settings, data."""

from pathlib import Path
from textwrap import dedent

import pytest

from paperback.code import Inventory, Layer, OptimiserFact, read_code
from paperback.code.stated import state_equations, targets
from paperback.settings import Settings
from paperback.source import Source
from paperback.story.code_table import component_table
from paperback.story.table import CodeCell


def read(root: Path, text: str, **others: str) -> Inventory:
    (root / "train.py").write_text(dedent(text))
    for name, other in others.items():
        (root / f"{name}.py").write_text(dedent(other))
    return read_code(root, Settings())


def shown(layer: Layer) -> str:
    repeat = f" × {layer.repeat}" if layer.repeat else ""
    return f"{layer.kind}({', '.join(layer.arguments)}){repeat}"


@pytest.mark.parametrize(
    ("imports", "base"),
    [
        ("import torch", "torch.nn.Module"),
        ("import torch.nn as nn", "nn.Module"),
        ("from torch import nn", "nn.Module"),
        ("from torch import nn as layers", "layers.Module"),
        ("from torch.nn import Module", "Module"),
        ("from torch.nn import Module as M", "M"),
        ("from torch.nn import Linear", "Linear"),
        ("import pytorch_lightning as pl", "pl.LightningModule"),
        ("import lightning as L", "L.LightningModule"),
        ("import tensorflow as tf", "tf.keras.Model"),
        ("from tensorflow.keras import layers", "layers.Layer"),
        ("from tensorflow import keras", "keras.layers.Layer"),
        ("import keras", "keras.Model"),
        ("from flax import linen as nn", "nn.Module"),
        ("import flax.linen as nn", "nn.Module"),
        ("import haiku as hk", "hk.Module"),
        ("from sklearn.base import BaseEstimator", "BaseEstimator"),
        ("from bases import Base", "Base"),
        ("from bases import *", "Base"),
        ("import bases", "bases.Base"),
        ("import bases as b", "b.Middle"),
        ("from again import Base", "Base"),
    ],
)
def test_a_network_is_known_through_aliases_and_bases(tmp_path: Path, imports: str, base: str) -> None:
    """A class is a module when its bases lead to a framework's, however it was imported."""
    bases = "import torch\nclass Base(torch.nn.Module): pass\nclass Middle(Base): pass\n"
    code = f"{imports}\nclass Net({base}):\n    def forward(self, x):\n        return x\n"
    inventory = read(tmp_path, code, bases=bases, again="from bases import Base\nimport torch\n")
    assert "Net" in [module.name for module in inventory.modules]


@pytest.mark.parametrize(
    "text",
    [
        "class Module: pass\nclass Net(Module): pass\n",
        "from a import nn\nclass Net(nn.Module): pass\n",
        "import torch\nclass Net(Net): pass\n",
        "import torch\nclass A(B): pass\nclass B(A): pass\n",
        "from torch.utils.data import Dataset\nclass D(Dataset):\n    def __getitem__(self, i): pass\n",
    ],
)
def test_other_classes_are_no_networks(tmp_path: Path, text: str) -> None:
    """The name alone makes no module, and rings of bases end."""
    assert read(tmp_path, text).modules == ()


@pytest.mark.parametrize(
    ("body", "layers"),
    [
        ("self.net = nn.Sequential(nn.Linear(8, 12), nn.ReLU())", ["Linear(8, 12)", "ReLU()"]),
        (
            "for n in [d] + [w] * (k - 1):\n            layers += [nn.Linear(n, w), nn.ReLU()]\n"
            "        self.net = nn.Sequential(*layers, nn.Linear(w, 1))",
            ["Linear(n, w) × [d] + [w] * (k - 1)", "ReLU() × [d] + [w] * (k - 1)", "Linear(w, 1)"],
        ),
        ("self.b = nn.ModuleList([Block(d) for _ in range(k)])", ["Block(d) × range(k)"]),
        (
            "self.b = nn.ModuleList()\n        for i in range(k):\n            self.b.append(Block(d))",
            ["Block(d) × range(k)"],
        ),
        ("self.b = nn.Sequential(*[Block(d)] * k)", ["Block(d) × k"]),
        ("self.b = nn.ModuleDict(dict(a=nn.Linear(1, 2), b=Block(d)))", ["Linear(1, 2)", "Block(d)"]),
        ("self.b = nn.Sequential(OrderedDict([('a', nn.Linear(1, 2))]))", ["Linear(1, 2)"]),
        ("self.a = init(nn.Linear(d, 64), std=0.01)", ["Linear(d, 64)"]),
        ("self.a = nn.Linear(d, 1, bias=False).to(device)", ["Linear(d, 1, bias=False)"]),
        ("self.a: nn.Module = nn.utils.weight_norm(nn.Conv1d(d, d, 3))", ["Conv1d(d, d, 3)"]),
        ("self.add_module('a', nn.Linear(1, 2))", ["Linear(1, 2)"]),
        ("self.config = Config(d)\n        self.loss = nn.MSELoss()", []),
    ],
)
def test_layers_are_read_in_order_with_loops_folded(tmp_path: Path, body: str, layers: list[str]) -> None:
    """Layers come in the order they are made, with their arguments as written and what repeats them."""
    code = (
        "from torch import nn\nfrom collections import OrderedDict\n"
        "class Config: pass\nclass Block(nn.Module): pass\n"
        f"class Net(nn.Module):\n    def __init__(self, d, w, k):\n        layers = []\n        {body}\n"
    )
    net = next(module for module in read(tmp_path, code).modules if module.name == "Net")
    assert [shown(layer) for layer in net.layers] == layers
    assert all(layer.custom == (layer.kind == "Block") for layer in net.layers)


def test_both_arms_of_a_condition_are_kept(tmp_path: Path) -> None:
    """A layer that is made under a condition says so."""
    code = """
        from torch import nn
        class Net(nn.Module):
            def __init__(self, bias):
                if bias:
                    self.a = nn.Linear(1, 2)
                else:
                    self.a = nn.Identity()
    """
    assert [layer.when for layer in read(tmp_path, code).modules[0].layers] == ["bias", "not (bias)"]


@pytest.mark.parametrize(
    ("code", "name"),
    [
        ("from torch import nn\nmodel = nn.Sequential(nn.Linear(8, 1))\n", "model"),
        ("from torch import nn\ndef mlp(d):\n    return nn.Sequential(nn.Linear(d, 1))\n", "mlp"),
        ("from keras import Sequential, layers\nnet = Sequential([layers.Dense(3)])\n", "net"),
        ("import keras\nnet = keras.Sequential()\nnet.add(keras.layers.Dense(3))\n", "net"),
    ],
)
def test_a_sequence_without_a_class_is_a_module(tmp_path: Path, code: str, name: str) -> None:
    """A function or assignment that builds a Sequential counts as a module of that name."""
    (module,) = read(tmp_path, code).modules
    assert (module.name, len(module.layers)) == (name, 1)


def test_parameters_and_overrides_are_named(tmp_path: Path) -> None:
    """Parameters made in any of the three ways and the methods that change a module are listed."""
    code = """
        import torch
        from torch import nn
        class Net(nn.Module):
            \"\"\"Learn
            thresholds.

            More.\"\"\"
            def __init__(self):
                self.t = nn.Parameter(torch.zeros(3))
                self.register_parameter("u", None)
                self.v: nn.Parameter = nn.Parameter(torch.ones(1))
            def forward(self, x):
                return x
    """
    (net,) = read(tmp_path, code).modules
    assert (set(net.parameters), net.overrides, net.doc) == (
        {"t", "u", "v"},
        ("forward",),
        "Learn thresholds.",
    )


@pytest.mark.parametrize(
    "code",
    [
        "import torch\nclass F(torch.autograd.Function):\n    def backward(c, g): pass\n",
        "from torch.autograd import Function\nclass F(Function):\n    def backward(c, g): pass\n",
        "import jax\n@jax.custom_vjp\ndef F(x): return x\n",
        "import jax\nfrom functools import partial\n@jax.custom_jvp\ndef F(x): return x\n",
        "import tensorflow as tf\n@tf.custom_gradient\ndef F(x): return x\n",
    ],
)
def test_custom_derivatives_are_found(tmp_path: Path, code: str) -> None:
    """A derivative written by hand is found in every framework and makes level 2."""
    inventory = read(tmp_path, code)
    assert [(item.name, item.has_backward) for item in inventory.autograd] == [("F", True)]
    assert inventory.level is not None
    assert inventory.level.number == 2


LOOP = """
import torch
from torch import nn
import torch.nn.functional as F
from torch.nn.functional import binary_cross_entropy
def train(model, criterion: Contrast, loader, optimizer, weight):
    for x, y in loader:
        {loss}
        {backward}
class Contrast(nn.Module):
    def forward(self, a, b):
        return (a - b).pow(2).mean() + 3 * a.abs().mean()
def spread(x):
    return x.exp().mean()
"""


@pytest.mark.parametrize(
    ("loss", "backward", "found"),
    [
        ("loss = F.cross_entropy(model(x), y)", "loss.backward()", [("cross_entropy", "library", 1)]),
        (
            "loss = binary_cross_entropy(model(x), y)",
            "loss.backward()",
            [("binary_cross_entropy", "library", 1)],
        ),
        ("loss = nn.BCELoss()(model(x), y)", "loss.backward()", [("BCELoss", "library", 1)]),
        ("loss = criterion(model(x), y)", "loss.backward()", [("Contrast", "custom", 2)]),
        ("loss = spread(model(x))", "loss.backward()", [("spread", "custom", 1)]),
        ("loss = (model(x) - y).pow(2).mean()", "loss.backward()", [("loss", "inline", 1)]),
        ("loss = a.mean() - weight * b.mean()", "(loss / 4).backward()", [("loss", "inline", 2)]),
        (
            "loss = a.mean(); loss += weight * b.mean()",
            "scaler.scale(loss).backward()",
            [("loss", "inline", 2)],
        ),
        ("loss = model(x, y)", "loss.backward()", []),
        ("", "accelerator.backward(a.mean() + b.mean())", [("a.mean() + b.mean()", "inline", 2)]),
    ],
)
def test_the_loss_is_what_goes_backward(
    tmp_path: Path, loss: str, backward: str, found: list[tuple[str, str, int]]
) -> None:
    """Library losses, losses written here and expressions in the loop are told apart, with their terms."""
    losses = read(tmp_path, LOOP.format(loss=loss, backward=backward)).losses
    assert [
        (item.name, item.kind, len(item.terms))
        for item in losses
        if item.name != "Contrast" or found[0][0] == "Contrast"
    ] == found


@pytest.mark.parametrize(
    ("body", "steps"),
    [
        (
            "optimizer.zero_grad(); loss = criterion(model(x), y); loss.backward()\n"
            "        torch.nn.utils.clip_grad_norm_(p, 1.0); optimizer.step(); scheduler.step()",
            "zero_grad forward loss backward clip-gradients optimiser-step scheduler-step",
        ),
        (
            "train_one_epoch(model); acc = evaluate(model); writer.add_scalar('acc', acc)\n"
            "        torch.save(model, 'm.pt')\n        if wait > patience: break",
            "train-one-epoch validate log checkpoint early-stop",
        ),
        (
            "scaler.scale(loss).backward(); scaler.step(optimizer); ema.update()",
            "backward optimiser-step EMA-update",
        ),
        ("obs = envs.step(a); loss.backward(); opt.step()", "environment-step backward optimiser-step"),
        ("g = tape.gradient(loss, w); optimizer.apply_gradients(zip(g, w))", "backward optimiser-step"),
        ("model.train(); loss.backward(); wandb.log({})", "train-mode backward log"),
        ("values.update(x); table.step()", ""),
    ],
)
def test_the_steps_of_a_loop_come_in_order(tmp_path: Path, body: str, steps: str) -> None:
    """A loop's own steps are named in the field's words, in the order in which they happen."""
    loops = read(
        tmp_path, f"import torch, wandb\ndef fit():\n    for x, y in loader:\n        {body}\n"
    ).loops
    assert " ".join(step.replace(" ", "-") for loop in loops for step in loop.steps) == steps


def test_a_keras_fit_and_a_lightning_step_are_loops(tmp_path: Path) -> None:
    """Training that a framework runs is found at its call or its step."""
    keras = read(tmp_path, "import keras\nmodel = keras.Sequential()\nmodel.fit(x, y)\n")
    assert [loop.steps for loop in keras.loops] == [("fit",)]
    code = """
        import pytorch_lightning as pl
        import torch.nn.functional as F
        class Net(pl.LightningModule):
            def training_step(self, batch, i):
                x, y = batch
                loss = F.cross_entropy(self.model(x), y)
                self.log("loss", loss)
                return loss
    """
    (loop,) = read(tmp_path, code).loops
    assert (loop.function, loop.steps) == ("Net.training_step", ("forward", "loss", "log"))


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        (
            "p.add_argument('-l', '--learning-rate', type=float, default=1e-3, help='step size')",
            ("learning_rate", "1e-3", "step size", "argparse"),
        ),
        ("p.add_argument('--hard', action='store_true')", ("hard", "False", "", "argparse")),
        (
            "@click.option('--lr', default=0.1, help='rate')\ndef main(lr): pass",
            ("lr", "0.1", "rate", "click"),
        ),
        ("@dataclass\nclass TrainArgs:\n    lr: float = 0.1  # rate", ("lr", "0.1", "rate", "dataclass")),
        (
            "@dataclass\nclass Args:\n    lr: float = 0.1\n    '''the rate'''",
            ("lr", "0.1", "the rate", "dataclass"),
        ),
        (
            "@dataclass\nclass Config:\n    lr: float = field(default=0.1, metadata={'help': 'rate'})",
            ("lr", "0.1", "rate", "dataclass"),
        ),
        ("BATCH_SIZE = 32  # examples", ("BATCH_SIZE", "32", "examples", "constant")),
        ("lr = 6e-4 # max\nexec(open('configurator.py').read())", ("lr", "6e-4", "max", "constant")),
    ],
)
def test_settings_are_read_from_where_they_are_declared(
    tmp_path: Path, code: str, expected: tuple[str, ...]
) -> None:
    """Options, fields and constants come with default, help and the way they are declared."""
    head = "import click, torch\nfrom dataclasses import dataclass, field\n"
    (found,) = read(tmp_path, head + code + "\n").hyperparameters
    assert (found.name, found.default, found.help, found.how) == expected


@pytest.mark.parametrize(
    ("imports", "call"),
    [
        ("from sklearn.datasets import load_iris", "load_iris(as_frame=True)"),
        ("import torchvision", "torchvision.datasets.MNIST('.', train=True)"),
        ("from torchvision import datasets", "datasets.CIFAR10(root)"),
        ("from datasets import load_dataset", "load_dataset('glue', 'sst2')"),
        ("import pandas as pd", "pd.read_csv('data/iris.csv')"),
        ("import statsmodels.api as sm", "sm.datasets.fair.load_pandas()"),
        ("import keras", "keras.datasets.mnist.load_data()"),
    ],
)
def test_data_sets_are_named_by_their_call(tmp_path: Path, imports: str, call: str) -> None:
    """A known loader is a data set, with the docstring of the short function around it."""
    code = f"{imports}\nimport torch\ndef load():\n    '''Flowers.'''\n    return {call}\n"
    (found,) = read(tmp_path, code).data
    assert (found.name, found.doc) == (call, "Flowers.")


def test_optimisers_and_schedulers_come_with_arguments(tmp_path: Path) -> None:
    """Optimisers are found by import and by name at run time."""
    code = """
        import torch
        from torch.optim import lr_scheduler
        a = torch.optim.Adam(p, lr=1e-3)
        b = lr_scheduler.StepLR(a, 10)
        c = getattr(torch.optim, name)(p)
    """
    found = [(item.name, item.arguments) for item in read(tmp_path, code).optimisers]
    assert found == [("Adam", ("p", "lr=1e-3")), ("StepLR", ("a", "10")), ("torch.optim[name]", ("p",))]


def test_layers_of_a_compact_flax_module_are_read_where_they_are_applied(tmp_path: Path) -> None:
    """`nn.Dense(64)(x)` is a layer in the order of the text."""
    code = """
        import flax.linen as nn
        class Net(nn.Module):
            @nn.compact
            def __call__(self, x):
                x = nn.Dense(64)(x)
                x = nn.relu(x)
                return nn.Dense(1)(x)
    """
    (net,) = read(tmp_path, code).modules
    assert [shown(layer) for layer in net.layers] == ["Dense(64)", "Dense(1)"]


@pytest.mark.parametrize(
    ("code", "found"),
    [
        ("import keras\nm = keras.Model()\nm.compile(loss='mse')\n", [("mse", "library")]),
        (
            "import torch.nn.functional as F\nloss_fn = F.mse_loss if a else F.l1_loss\n",
            [("mse_loss", "library"), ("l1_loss", "library")],
        ),
        ("import torch.nn.functional as F\nLOSSES = {'a': F.mse_loss}\n", [("mse_loss", "library")]),
        (
            "import tensorflow as tf\ng = tape.gradient(a + b, w)\n",
            [("a + b", "inline")],
        ),
        (
            "import torch\nclass A(torch.nn.Module):\n    def training_step(self, b):\n"
            "        return b.x - b.y\n",
            [("b.x - b.y", "inline")],
        ),
        (
            "import torch\nfrom far import Contrast\nclass T:\n    def __init__(self):\n"
            "        self.criterion = Contrast(1).to(device)\n    def fit(self):\n"
            "        loss = self.criterion(x)\n        loss.backward()\n",
            [],
        ),
        ("import torch\nout = net(x)\nout.sum().backward()\n", []),
        ("import torch\ndef evaluate(x):\n    return torch.nn.functional.mse_loss(x, x)\n", []),
        ("import torch\n@torch.no_grad()\ndef a_loss(x):\n    return x.mean()\n", []),
        ("import torch\ndef plot_loss(x):\n    return x.mean()\n", []),
        ("import torch\ndef sequence(x):\n    return x.mean()\n", []),
        ("import torch\ndef kl_loss(p):\n    return (p * p.log()).sum(), {}\n", [("kl_loss", "custom")]),
    ],
)
def test_losses_are_told_from_what_only_looks_like_one(
    tmp_path: Path, code: str, found: list[tuple[str, str]]
) -> None:
    """A loss is listed once, and evaluation, plots and trials of a network are not losses."""
    assert [(item.name, item.kind) for item in read(tmp_path, code).losses] == found


def test_a_loss_kept_in_an_attribute_is_followed(tmp_path: Path) -> None:
    """`self.criterion` leads to the class it was made of, in another file and under any name."""
    trainer = """
        import torch
        from far import Pull
        class Trainer:
            def __init__(self):
                self.criterion = Pull(1).to("cpu")
            def fit(self):
                loss = self.criterion(x)
                loss.backward()
    """
    far = "import torch\nclass Pull(torch.nn.Module):\n    def forward(self, x):\n        return x\n"
    assert [(item.name, item.kind) for item in read(tmp_path, trainer, far=far).losses] == [
        ("Pull", "custom")
    ]


GIVEN = """
    import torch
    from far import Agreement, agreement
    def train(model, criterion):
        value = {}(model(x), y)
        value.backward()
    def main():
        criterion = Agreement(0.5).cuda()
        train(model, criterion)
"""
FAR = """import torch
class Agreement(torch.nn.Module):
    def forward(self, a, b):
        return ((a - b) ** 2).mean()
def agreement(a, b):
    spread = (a - b).abs()
    return spread.mean()
"""


@pytest.mark.parametrize(
    ("called", "name", "line"), [("criterion", "Agreement", 2), ("agreement", "agreement", 5)]
)
def test_a_criterion_is_a_loss_by_its_use(tmp_path: Path, called: str, name: str, line: int) -> None:
    """What goes backward is a loss under any name, at the place of its definition, and has an equation."""
    found = read(tmp_path, GIVEN.format(called), far=FAR)
    assert [(item.name, item.kind, item.source.path, item.source.line) for item in found.losses] == [
        (name, "custom", "far.py", line)
    ]
    place = f"far.py:{name}"
    assert place in [item.place for item in targets(found) if item.item == "L2c"]
    (stated,) = [item for item in state_equations(tmp_path, found, {}) if item.place == place]
    assert stated.lines, stated.reason


@pytest.mark.parametrize(
    ("name", "schedule"),
    [
        ("CosineAnnealingLR", True), ("ReduceLROnPlateau", True), ("ExponentialDecay", True),
        ("get_linear_schedule_with_warmup", True), ("OneCycleLR", True), ("cosine_decay_schedule", True),
        ("Adam", False), ("AdamW", False), ("LARS", False), ("SGD", False), ("LBFGS", False),
    ],
)  # fmt: skip
def test_a_schedule_is_no_optimiser(name: str, schedule: bool) -> None:
    """What changes the learning rate is told apart from what changes the parameters."""
    assert OptimiserFact(name, (), Source("a.py", 1)).is_schedule is schedule


def test_the_table_of_components_shows_arguments_at_a_glance(tmp_path: Path) -> None:
    """A layer of many arguments is cut behind those that fit; parameters stand once."""
    found = read(
        tmp_path,
        """
        import torch
        from torch import nn
        class Net(nn.Module):
            def __init__(self):
                self.w = nn.Parameter(torch.ones(3))
                self.a = nn.Conv2d(channels, width, kernel_size=patch_size, stride=patch_size, bias=False)
                self.b = nn.Linear(8, 1)
            def forward(self, x):
                return self.b(self.a(x)) * self.w
        """,
    )
    table = component_table(found)
    assert table is not None
    assert table.rows[0][1][0] == CodeCell(
        "w: Parameter, Conv2d(channels, width, …), Linear(8, 1)", found.modules[0].source
    )
