"""The level of modeling and the rules behind it."""

from pathlib import Path
from textwrap import dedent

import pytest

from paperback.code import Inventory, Level, read_code
from paperback.settings import Settings

GUARD = "if __name__ == '__main__':\n    Net()\n"
HEAD = "import torch\nfrom torch import nn\nimport torch.nn.functional as F\n"


def read(root: Path, files: dict[str, str]) -> Inventory:
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(dedent(text))
    return read_code(root, Settings())


def level(root: Path, files: dict[str, str]) -> Level:
    found = read(root, files).level
    assert found is not None
    return found


def network(forward: str, init: str = "self.a = nn.Linear(8, 1)", name: str = "Net") -> str:
    return (
        f"{HEAD}class {name}(nn.Module):\n    def __init__(self):\n        {init}\n"
        f"    def forward(self, x):\n        return {forward}\n"
    )


@pytest.mark.parametrize(
    ("code", "number", "reason"),
    [
        pytest.param(
            HEAD + "model = nn.Sequential(nn.Linear(8, 12), nn.ReLU(), nn.Linear(12, 1), nn.Sigmoid())\n",
            1, "model assembles standard layers: Linear, ReLU, Sigmoid", id="sequence",
        ),
        pytest.param(
            network("F.log_softmax(F.max_pool2d(F.relu(self.a(x)), 2).flatten(1), dim=1)"),
            1, "Net assembles standard layers: Linear", id="functional layers",
        ),
        pytest.param(network("x + self.a(x)"), 1, "Net assembles standard layers: Linear", id="residual"),
        pytest.param(
            network("self.norm(x)", "self.norm = nn.LayerNorm(8)"),
            1, "Net assembles standard layers: LayerNorm", id="a layer called norm",
        ),
        pytest.param(
            network("torch.exp(-x @ x.T)"), 
            2, "custom component Net has operators of its own: exp, @", id="operators",
        ),
        pytest.param(
            network("x * self.t", "self.t = nn.Parameter(torch.ones(8))"),
            2, "custom component Net has parameters of its own: t", id="parameters",
        ),
        pytest.param(
            HEAD + "class HardStep(torch.autograd.Function):\n    def backward(c, g): return g\n",
            2, "custom autograd function HardStep changes backward propagation", id="autograd",
        ),
        pytest.param(
            HEAD + "class Focal(nn.Module):\n    def forward(self, p, y):\n        return F.mse_loss(p, y)\n",
            2, "custom loss Focal", id="loss",
        ),
        pytest.param(
            HEAD + "for x in data:\n    loss = F.mse_loss(x, y) + 0.1 * x.mean()\n    loss.backward()\n",
            2, "the loss is built in the training loop: F.mse_loss(x, y) + 0.1 * x.mean()", id="inline loss",
        ),
        pytest.param(
            HEAD + "def step(x):\n    g = torch.autograd.grad(y, x)\n",
            2, "a gradient is computed inside the training step (torch.autograd.grad)", id="gradient penalty",
        ),
        pytest.param(
            HEAD + "def step(x):\n    x.register_hook(lambda g: -g)\n",
            2, "step changes gradients with register_hook", id="hook",
        ),
        pytest.param(
            HEAD + "def step(p):\n    p.grad = -p.grad\n",
            2, "the gradient is written by hand (p.grad = …)", id="written gradient",
        ),
        pytest.param(
            HEAD + "def step(x, y):\n    x, y = mixup_data(x, y)\n",
            2, "the training step mixes examples (mixup_data)", id="mixup",
        ),
        pytest.param(
            HEAD + "def step(o):\n    o.first_step()\n",
            2, "the update takes two steps (sharpness-aware minimisation)", id="two steps",
        ),
        pytest.param(
            "import triton, torch\n@triton.jit\ndef attend(x): pass\n", 3, "own kernel attend", id="kernel",
        ),
        pytest.param(
            "from sklearn.svm import SVC\nSVC().fit(x, y)\n", 1, "fits the library's SVC", id="scikit-learn",
        ),
    ],
)  # fmt: skip
def test_each_rule_gives_its_level_and_says_why(tmp_path: Path, code: str, number: int, reason: str) -> None:
    """The level comes with one phrase for the rule that fired."""
    found = level(tmp_path, {"train.py": code})
    assert (found.number, found.reasons[0][0]) == (number, reason)
    assert found.reasons[0][1].path == "train.py"


@pytest.mark.parametrize(("count", "number"), [(11, 2), (12, 3)])
def test_breadth_makes_level_three(tmp_path: Path, count: int, number: int) -> None:
    """Twelve different components of basic operators are level 3, eleven are not."""
    files = {f"m{i}.py": network("x.exp()", name=f"Net{i}") for i in range(count)}
    assert level(tmp_path, files).number == number


def test_copies_of_one_component_are_no_breadth(tmp_path: Path) -> None:
    """The same component in twenty scripts counts once."""
    assert level(tmp_path, {f"m{i}.py": network("x.exp()") for i in range(20)}).number == 2


def test_code_that_no_entry_point_imports_does_not_count(tmp_path: Path) -> None:
    """A custom component whose import is commented out is told and does not raise the level."""
    inventory = read(
        tmp_path,
        {
            "train.py": "from models.plain import Net\n# from models.fancy import Step\n" + GUARD,
            "models/__init__.py": "from .plain import Net\nfrom .fancy import Step\n",
            "models/plain.py": network("self.a(x)"),
            "models/fancy.py": network("x.exp()", name="Step"),
        },
    )
    assert inventory.level is not None
    assert inventory.level.number == 1
    (finding,) = inventory.findings
    assert finding.kind == "unreachable-code"
    assert finding.message.startswith("1 modules (Step) are imported by no entry point (train.py)")


@pytest.mark.parametrize(
    "entry",
    [
        "from models import Step",
        "import models.fancy",
        "from models.star import Step",
        "from models.near import again",
        "from models.fancy import *",
        "def late():\n    from models.fancy import Step",
        "import importlib\nimportlib.import_module('models.fancy')",
        "import importlib\nimportlib.import_module(f'models.{name}')",
        "import importlib\nimportlib.import_module(name)",
    ],
)
def test_reach_follows_every_kind_of_import(tmp_path: Path, entry: str) -> None:
    """Re-exports, late imports and imports by name all lead to the component."""
    files = {
        "train.py": f"from models.plain import Net\n{entry}\n{GUARD}",
        "models/__init__.py": "from .plain import Net\nfrom .fancy import Step\n",
        "models/plain.py": network("self.a(x)"),
        "models/fancy.py": network("x.exp()", name="Step"),
        "models/star.py": "from .fancy import *\n",
        "models/near.py": "from . import fancy as again\n",
    }
    assert level(tmp_path, files).number == 2


def test_tests_do_not_raise_the_level(tmp_path: Path) -> None:
    """A component that only the tests define does not count."""
    files = {"model.py": network("self.a(x)"), "tests/test_model.py": network("x.exp()", name="Fake")}
    assert level(tmp_path, files).number == 1


def test_without_a_model_there_is_no_level(tmp_path: Path) -> None:
    """A repository that models nothing has no level."""
    assert read(tmp_path, {"a.py": "print(1)\n"}).level is None


def test_the_example_is_level_two() -> None:
    """The example repository changes forward, backward and loss, and says where."""
    root = Path(__file__).parent.parent / "examples" / "thresholds"
    inventory = read_code(root, Settings())
    assert inventory.level is not None
    assert inventory.level.number == 2
    reasons = {words: source.path for words, source in inventory.level.reasons}
    assert reasons["custom autograd function HardStep changes backward propagation"] == "model.py"
    assert reasons["custom loss SpreadBCE"] == "losses.py"
    mlp = next(module for module in inventory.modules if module.name == "MLP")
    assert [layer.kind for layer in mlp.layers] == ["Linear", "ReLU", "Linear", "ReLU", "Linear", "Sigmoid"]


@pytest.mark.parametrize(
    ("forward", "init", "words"),
    [
        ("x + self.a(x)", "self.a = nn.Linear(8, 8)", ""),
        ("torch.cat([x, self.a(x)], 1)", "self.a = nn.Linear(8, 8)", ""),
        ("self.a(x) * self.b(x)", "self.a, self.b = f()", "a gate"),
        ("x + self.a(x + self.b(x))", "self.a = self.b = nn.Linear(8, 8)", "2 joins of branches"),
        (
            "[h := self.cell(h) for h in x]\n        for h in x:\n            h = self.cell(h)",
            "self.cell = nn.Linear(8, 8)",
            "self.cell applied in a loop",
        ),
        (
            "x\n        for layer in self.layers:\n            x = layer(x)",
            "self.layers = nn.ModuleList()",
            "",
        ),
        ("x\n        for i in x:\n            x = self.act(x)", "self.act = nn.ReLU()", ""),
        ("self.a(x) * x.size(0)", "self.a = nn.Linear(8, 8)", ""),
    ],
)
def test_forward_wiring_is_judged_by_gates_loops_and_joins(
    tmp_path: Path, forward: str, init: str, words: str
) -> None:
    """One residual or concatenation assembles layers; gates, recurrences and several joins are a design."""
    code = network(forward, init).replace("return x\n", "y = x\n").replace("return [", "y = [")
    found = read(tmp_path, {"train.py": code}).level
    reasons = found.reasons if found else ()
    assert [text for text, _ in reasons if "wiring" in text] == (
        [f"custom component Net has forward wiring of its own: {words}"] if words else []
    )


def test_many_losses_are_told_in_one_phrase(tmp_path: Path) -> None:
    """A collection of losses is level 2 and says how many there are."""
    losses = "".join(
        f"class L{i}Loss(nn.Module):\n    def forward(self, p, y):\n        return (p - y).abs().mean()\n"
        for i in range(13)
    )
    found = level(tmp_path, {"train.py": HEAD + losses})
    assert (found.number, [words for words, _ in found.reasons]) == (
        2,
        ["13 losses are written here, among them L0Loss, L1Loss, L2Loss"],
    )


def test_one_phrase_in_many_scripts_is_told_once(tmp_path: Path) -> None:
    """The same rule in several scripts is one reason that counts its places."""
    loop = HEAD + "for x in data:\n    loss = a.mean() + b.mean()\n    loss.backward()\n"
    found = level(tmp_path, {f"m{i}.py": loop for i in range(3)})
    (reason,) = found.reasons
    assert reason[0] == ("the loss is built in the training loop: a.mean() + b.mean() (and in 2 more places)")


def test_what_no_entry_point_reaches_is_shown_with_its_rule(tmp_path: Path) -> None:
    """The level lists the rules that would have fired on code that is not reached."""
    files = {
        "train.py": "from plain import Net\n" + GUARD,
        "plain.py": network("self.a(x)"),
        "fancy.py": network("x.exp()", name="Step"),
    }
    found = level(tmp_path, files)
    assert [words for words, _ in found.unreachable] == [
        "custom component Step has operators of its own: exp"
    ]


@pytest.mark.parametrize(
    ("copy", "number"),
    [
        ("p.grad = flat.clone()", None),
        ("p.grad = p.grad.half()", None),
        ("p.grad = grads[i]", None),
        ("p.grad = None", None),
        ("p.grad = 2 * p.grad", 2),
        ("p.grad = project(p.grad)", 2),
        ("p.grad = project(p.grad).clone()", 2),
    ],
)
def test_copying_a_gradient_changes_nothing(tmp_path: Path, copy: str, number: int | None) -> None:
    """A gradient that is copied, cast or cleared is not written by hand."""
    found = read(tmp_path, {"train.py": f"{HEAD}def step(p, grads, i):\n    {copy}\n"}).level
    assert (found.number if found else None) == number


def study(root: Path, files: dict[str, str], proposal: str, *baselines: str) -> Level:
    for name, text in files.items():
        (root / name).write_text(dedent(text))
    found = read_code(root, Settings(proposal=proposal, baselines=baselines)).level
    assert found is not None
    return found


def test_the_level_is_that_of_the_difference_to_the_baseline(tmp_path: Path) -> None:
    """A component that the baseline holds too is shown, but does not raise the level of the proposal."""
    norm = network("x * self.t", "self.t = nn.Parameter(torch.ones(8))", "Norm")
    plain = network("self.n(x)", "self.n = Norm()", "PlainNet").removeprefix(HEAD)
    other = network("self.n(self.a(x))", "self.n = Norm(); self.a = nn.Linear(8, 8)", "OtherNet")
    files = {"train.py": norm + plain + other.removeprefix(HEAD)}
    found = study(tmp_path, files, "other", "plain")
    assert found.number == 1
    assert [words for words, _ in found.baseline] == ["custom component Norm has parameters of its own: t"]
    assert study(tmp_path, files, "nothing alike").number == 2


def test_methods_that_are_scripts_are_compared_as_scripts(tmp_path: Path) -> None:
    """Where every method has a script of its own, what both scripts say does not count."""
    loop = "for x in data:\n    loss = {}\n    loss.backward()\n"
    files = {
        "ppo.py": HEAD + loop.format("a.mean() + b.mean()"),
        "ppo_rnd.py": HEAD + loop.format("a.mean() + b.mean()") + loop.format("a.mean() + c.mean()"),
        "sac.py": HEAD + loop.format("d.mean() + c.mean()"),
    }
    found = study(tmp_path, files, "ppo_rnd", "ppo")
    assert [words for words, _ in found.reasons] == [
        "the loss is built in the training loop: a.mean() + c.mean()"
    ]
    assert [words for words, _ in found.unreachable] == [
        "the loss is built in the training loop: d.mean() + c.mean()"
    ]


@pytest.mark.parametrize(
    ("name", "number"), [("exp_test.py", 2), ("tests/exp_test.py", None), ("test_exp.py", None)]
)
def test_an_experiment_may_be_called_test(tmp_path: Path, name: str, number: int | None) -> None:
    """A script with a command line counts, even where its name ends like a test's."""
    code = network("x.exp()") + "import argparse\np = argparse.ArgumentParser()\n"
    found = read(tmp_path, {name: code}).level
    assert (found.number if found else None) == number
