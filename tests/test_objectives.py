"""The objective of a training loop: sliced, derived, and compared with the script that was run in full."""

import ast
import json
import os
import subprocess
import sys
import textwrap
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path

import pytest

from paperback.code.equations.check import Verdict, verify
from paperback.code.equations.derivation import Derivation
from paperback.code.objectives.choices import OPEN
from paperback.code.objectives.cut import Cut
from paperback.code.objectives.derive import Script, cut_at, derive_objective, read_script
from paperback.code.objectives.refused import Refused
from paperback.errors import ReadError

TORCH = os.environ.get("PAPERBACK_TORCH_PYTHON", "" if find_spec("torch") is None else sys.executable)
needs_torch = pytest.mark.skipif(not TORCH, reason="no interpreter with torch: set PAPERBACK_TORCH_PYTHON")
BOTH = "verified (value and gradient)"

PPO = """
import argparse
import torch
import torch.nn as nn
import numpy as np

class Agent(nn.Module):
    def __init__(self):
        super().__init__()
        self.policy, self.critic = nn.Linear(3, 4), nn.Linear(3, 1)

    def evaluate(self, x, action):
        log_all = torch.log_softmax(self.policy(x), dim=-1)
        entropy = -(log_all.exp() * log_all).sum(-1)
        return log_all.gather(1, action[:, None]).squeeze(1), entropy, self.critic(x)

def parse_args():
    parser = argparse.ArgumentParser()
    parser.add_argument("--clip", type=float, default=0.2)
    parser.add_argument("--bonus", type=float, default=0.01)
    parser.add_argument("--norm-adv", type=bool, default=True)
    parser.add_argument("--clip-values", type=bool, default=False)
    return parser.parse_args([])

if __name__ == "__main__":
    args = parse_args()
    torch.manual_seed(1)
    agent = Agent()
    optimizer = torch.optim.SGD(agent.parameters(), lr=0.1)
    obs, actions = torch.randn(12, 3), torch.randint(0, 4, (12,))
    old, advantages, returns = torch.randn(12) - 1.5, torch.randn(12), torch.randn(12)
    shares = []
    for epoch in range(2):
        inds = np.random.permutation(12)
        for start in range(0, 12, 6):
            mb = inds[start : start + 6]
            logprob, entropy, value = agent.evaluate(obs[mb], actions[mb])
            ratio = (logprob - old[mb]).exp()
            with torch.no_grad():
                shares += [((ratio - 1).abs() > args.clip).float().mean().item()]
            gain = advantages[mb]
            if args.norm_adv:
                gain = (gain - gain.mean()) / (gain.std() + 1e-8)
            first = -gain * ratio
            second = -gain * torch.clamp(ratio, 1 - args.clip, 1 + args.clip)
            policy_loss = torch.max(first, second).mean()
            value = value.view(-1)
            if args.clip_values:
                value_loss = torch.clamp((value - returns[mb]) ** 2, max=1.0).mean()
            else:
                value_loss = 0.5 * ((value - returns[mb]) ** 2).mean()
            loss = policy_loss - args.bonus * entropy.mean() + value_loss * 0.5
            optimizer.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(agent.parameters(), 0.5)
            optimizer.step()
"""
DQN = """
from dataclasses import dataclass
from types import SimpleNamespace
import torch
import torch.nn.functional as F
from torch import nn

@dataclass
class Args:
    gamma: float = 0.9
    batch_size: int = 5

def huberish(a, b):
    return F.smooth_l1_loss(a, b)

args = Args()
torch.manual_seed(0)
q_network, target_network = nn.Linear(3, 4), nn.Linear(3, 4)
optimizer = torch.optim.SGD(q_network.parameters(), lr=0.1)

def draw(count):
    return SimpleNamespace(
        observations=torch.randn(count, 3), next_observations=torch.randn(count, 3),
        actions=torch.randint(0, 4, (count, 1)), rewards=torch.randn(count, 1), dones=torch.zeros(count, 1),
    )

class Buffer:
    def sample(self, count):
        return draw(count)

rb = Buffer()
for step in range(4):
    if step > 1:
        data = rb.sample(args.batch_size)
        with torch.no_grad():
            best, _ = target_network(data.next_observations).max(dim=1)
            goal = data.rewards.flatten() + args.gamma * best * (1 - data.dones.flatten())
        old = q_network(data.observations).gather(1, data.actions).squeeze()
        loss = huberish(goal, old)
        if step % 100 == 0:
            print("loss", loss.item(), old.mean().item())
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
"""
SAC = """
import torch
import torch.nn as nn
import torch.nn.functional as F

class Actor(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(3, 2)

    def get_action(self, x):
        mean = self.fc(x)
        return torch.tanh(mean), -(mean**2).sum(1, keepdim=True), mean

class Critic(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(5, 1)

    def forward(self, x, a):
        return self.fc(torch.cat([x, a], 1))

def main():
    torch.manual_seed(2)
    device = torch.device("cpu")
    actor, qf1, qf2, target = Actor().to(device), Critic(), Critic(), Critic()
    log_alpha = torch.zeros(1, requires_grad=True)
    alpha = log_alpha.exp().item()
    gamma, target_entropy = 0.95, -2.0
    obs, nxt, act = torch.randn(6, 3), torch.randn(6, 3), torch.randn(6, 2)
    batch = {"reward": torch.randn(6, 1), "done": torch.zeros(6, 1)}
    for step in range(2):
        with torch.no_grad():
            a2, logp2, _ = actor.get_action(nxt)
            soft = target(nxt, a2) - alpha * logp2
            y = batch["reward"].flatten() + (1 - batch["done"].flatten()) * gamma * soft.view(-1)
        q_loss = F.mse_loss(qf1(obs, act).view(-1), y) + F.mse_loss(qf2(obs, act).view(-1), y)
        q_loss.backward()
        pi, log_pi, _ = actor.get_action(obs)
        min_q = torch.min(qf1(obs, pi), qf2(obs, pi))
        actor_loss = ((alpha * log_pi) - min_q).mean()
        actor_loss.backward()
        with torch.no_grad():
            _, log_pi, _ = actor.get_action(obs)
        alpha_loss = (-log_alpha.exp() * (log_pi + target_entropy)).mean()
        alpha_loss.backward()

main()
"""
SUPERVISED = """
import torch
from torch import nn

model = nn.Sequential(nn.Linear(3, 8), nn.ReLU(), nn.Linear(8, 4))
criterion = nn.CrossEntropyLoss(ignore_index=-100, label_smoothing=0.1)
weight_of_norm = 0.3

def train(loader, device, accelerator=None):
    model.train()
    total = 0.0
    for x, y in loader:
        x, y = x.to(device), y.to(device)
        logits = model(x)
        loss = criterion(logits, y)
        loss = loss + weight_of_norm * logits.pow(2).mean()
        loss.backward()
        total += loss.item()

torch.manual_seed(0)
train([(torch.randn(5, 3), torch.randint(0, 4, (5,)))], torch.device("cpu"))
"""
SCRIPTS = {"ppo.py": PPO, "dqn.py": DQN, "sac.py": SAC, "supervised.py": SUPERVISED}
# Runs a script in full; at each backward call the slice is called on what the script holds there.
DRIVER = """
import json, sys, torch
job = json.load(open(sys.argv[1]))
answers, real = [], torch.Tensor.backward

def gradients(loss, leaves):
    found = torch.autograd.grad(loss, leaves, retain_graph=True, allow_unused=True)
    return [torch.zeros_like(leaf) if g is None else g for leaf, g in zip(leaves, found)]

def backward(self, *args, **options):
    frame = sys._getframe(1)
    spec = job["slices"].get(str(frame.f_lineno))
    if spec:
        names = {**frame.f_globals, **frame.f_locals}
        inner = dict(frame.f_globals)
        exec(spec["code"], inner)
        loss = inner[spec["name"]](*[eval(text, names) for text in spec["texts"]])
        leaves = [p for v in names.values() if isinstance(v, torch.nn.Module) for p in v.parameters()]
        leaves += [v for v in names.values() if isinstance(v, torch.Tensor) and v.is_leaf and v.requires_grad]
        gaps = [(a - b).abs().max().item() for a, b in zip(gradients(self, leaves), gradients(loss, leaves))]
        moved = max(g.abs().max().item() for g in gradients(self, leaves))
        answers.append([frame.f_lineno, (self - loss).abs().item(), max(gaps), moved])
    return real(self, *args, **options)

torch.Tensor.backward = backward
torch.set_default_dtype(torch.float64)
exec(compile(job["script"], job["path"], "exec"), {"__name__": "__main__"})
json.dump(answers, open(sys.argv[2], "w"))
"""


def script(folder: Path, text: str, name: str = "script.py") -> Script:
    """The text as the only file of a repository."""
    path = folder / name
    path.write_text(textwrap.dedent(text), encoding="utf-8")
    return read_script(path, folder)


def loop(body: str, *, before: str = "") -> str:
    """A script whose loop holds `body` and ends in a backward call of `loss`."""
    inner = textwrap.indent(textwrap.dedent(body).strip(), "    ")
    head = "import torch\nimport torch.nn.functional as F\nfrom torch import nn\nmodel = nn.Linear(3, 1)\n"
    return f"{head}{textwrap.dedent(before)}\nfor x, y in loader:\n{inner}\n    loss.backward()\n"


def sliced(folder: Path, text: str) -> Cut:
    """The slice of the last objective of a script."""
    found = script(folder, text)
    return cut_at(found, found.sites[-1].line)


def formula(cut: Cut) -> str:
    """The statements of a slice."""
    return "\n".join(ast.unparse(node) for node in cut.function.body)


def best(found: Script, line: int) -> tuple[Derivation, Verdict]:
    """The first derivation that is verified, else the last one."""
    for made in derive_objective(found, line):
        verdict = verify(made, python=TORCH)
        if verdict.word == BOTH:
            break
    return made, verdict


@needs_torch
@pytest.mark.parametrize(
    ("name", "count"), [("ppo.py", 1), ("dqn.py", 1), ("sac.py", 3), ("supervised.py", 1)]
)
def test_every_objective_is_verified(name: str, count: int, tmp_path: Path) -> None:
    """Objectives of four kinds of script equal their printed LaTeX in value and gradient."""
    found = script(tmp_path, SCRIPTS[name], name)
    assert len(found.sites) == count
    for site in found.sites:
        made, verdict = best(found, site.line)
        assert verdict.word == BOTH, (site.line, verdict, made.equations, made.reason)


@pytest.mark.parametrize("name", SCRIPTS)
def test_every_objective_is_derived(name: str, tmp_path: Path) -> None:
    """Each gives a formula without anything being run."""
    found = script(tmp_path, SCRIPTS[name], name)
    for site in found.sites:
        made = next(derive_objective(found, site.line))
        assert made.equations, (site.line, made.reason)


@needs_torch
@pytest.mark.parametrize("name", SCRIPTS)
def test_the_slice_is_the_script(name: str, tmp_path: Path) -> None:
    """On what a run of the whole script holds, the slice gives its loss and its parameters' gradient."""
    found = script(tmp_path, SCRIPTS[name], name)
    slices = {}
    for site in found.sites:
        cut = cut_at(found, site.line)
        texts = [item.text for item in cut.entering]
        slices[site.line] = {"code": ast.unparse(cut.function), "name": cut.function.name, "texts": texts}
    job = {"script": SCRIPTS[name], "path": name, "slices": slices}
    (tmp_path / "job.json").write_text(json.dumps(job))
    (tmp_path / "driver.py").write_text(DRIVER)
    command = [TORCH, "driver.py", "job.json", "answers.json"]
    subprocess.run(command, cwd=tmp_path, check=True, capture_output=True, timeout=120)
    answers = json.loads((tmp_path / "answers.json").read_text())
    assert {line for line, *_ in answers} == {site.line for site in found.sites}
    for line, value, slope, moved in answers:
        assert value < 1e-10, line
        assert slope < 1e-10, line
        assert moved > 1e-6, line


@needs_torch
@pytest.mark.parametrize(
    ("name", "old", "new", "seen"),
    [
        ("ppo.py", r"p - ", r"p + ", "values differ"),
        ("ppo.py", r"1 - \epsilon", r"1 + \epsilon", "values differ"),
        ("dqn.py", r"\operatorname{sg}", "", "gradients differ"),
        ("dqn.py", r"r_{i} + \gamma", r"r_{i} - \gamma", "values differ"),
        ("sac.py", r"\operatorname{sg}", "", "gradients differ"),
    ],
)
def test_a_changed_formula_is_caught(name: str, old: str, new: str, seen: str, tmp_path: Path) -> None:
    """A flipped sign changes the value, a dropped stop-gradient only the gradient; both are seen."""
    text = SCRIPTS[name].replace("args.clip", "args.clip_coef").replace('"--clip"', '"--clip-coef"')
    found = script(tmp_path, text.replace("args.clip_coef_values", "args.clip_values"), name)
    made, verdict = best(found, found.sites[0].line)
    assert verdict.word == BOTH
    assert any(old in line.latex for line in made.lines), made.equations
    lines = tuple(replace(line, latex=line.latex.replace(old, new)) for line in made.lines)
    changed = verify(replace(made, lines=lines), python=TORCH)
    assert changed.word != BOTH
    assert seen in changed.reason


def test_a_setting_chooses_its_branch(tmp_path: Path) -> None:
    """The default of a setting decides an `if`, and the arm is told."""
    on = sliced(tmp_path, PPO)
    off = sliced(
        tmp_path, PPO.replace('"--norm-adv", type=bool, default=True', '"--norm-adv", default=False')
    )
    assert "gain.std()" in formula(on)
    assert "gain.std()" not in formula(off)
    assert any("`args.norm_adv` holds by default" in words for words in on.said)
    assert any("`args.norm_adv` does not hold by default" in words for words in off.said)
    assert "clamp((value" not in formula(on)


def test_a_setting_that_the_script_changes_decides_nothing(tmp_path: Path) -> None:
    """A default that the script overwrites is no default."""
    text = PPO.replace("torch.manual_seed(1)", "args.norm_adv = bool(input())")
    with pytest.raises(Refused, match=r"decided when it runs: `args\.norm_adv`"):
        sliced(tmp_path, text)


def test_what_is_made_without_gradient_stays_so(tmp_path: Path) -> None:
    """A network's result that is renamed inside `no_grad` has no gradient outside it either."""
    body = "with torch.no_grad():\n    goal = model(x)\nloss = F.mse_loss(model(y).exp(), goal)"
    assert "goal.detach()" in formula(sliced(tmp_path, loop(body)))


def test_detach_and_item_stop_the_gradient(tmp_path: Path) -> None:
    """`detach` stays, and `item` becomes one."""
    body = "a = model(x)\nb = model(y).detach()\nscale = a.mean().item()\nloss = (scale * a - b).pow(2).sum()"
    assert formula(sliced(tmp_path, loop(body))).count(".detach()") == 2


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ("loss = model(x, y)", "the loss is computed inside `model(x, y)`"),
        ("loss = model(x).mean()\nif x.sum() > 0:\n    loss = loss * 2", "decided when it runs"),
        ("loss = 0\nfor part in x:\n    loss = loss + model(part).mean()", "networks are called in a loop"),
        ("out = model(x)\nout.register_hook(print)\nloss = out.mean()", "register_hook"),
        ("loss = model(x).mean()\ntorch.distributed.broadcast(loss, 0)", "changes its argument"),
        ("loss = sum(model(part).mean() for part in x)", "in a comprehension"),
        ("loss += model(x).mean()", "loss is carried from one round of the loop to the next"),
        ("loss = loss + model(x).mean()", "loss is carried from one round of the loop to the next"),
        ("x.part.clamp_(0, 1)\nloss = (model(y) - x.part).pow(2).mean()", "x.part is changed in place"),
    ],
)
def test_what_cannot_be_sliced_is_told(body: str, reason: str, tmp_path: Path) -> None:
    """No formula is made where it might be another one than the script's."""
    with pytest.raises(Refused) as told:
        sliced(tmp_path, loop(body))
    assert reason in str(told.value)


def test_a_refusal_is_a_fallback_with_its_reason(tmp_path: Path) -> None:
    """A refused slice gives one derivation without lines."""
    found = script(tmp_path, loop("loss = model(x, y)"))
    made = list(derive_objective(found, found.sites[0].line))
    assert [item.status for item in made] == ["fallback"]
    assert made[0].equations == ()
    assert "computed inside" in made[0].reason


def test_a_constant_target_that_is_not_understood_stays_a_letter(tmp_path: Path) -> None:
    """What is made without gradient by an unknown operation becomes a symbol, which is told."""
    body = """
    with torch.no_grad():
        goal = torch.special.bessel_j0(y * 2.0)
    loss = ((model(x).view(-1) - goal) ** 2).mean()
    """
    made = next(derive_objective(found := script(tmp_path, loop(body)), found.sites[0].line))
    assert made.equations
    assert any("`goal`" in words and "stays a letter" in words for words in made.assumptions)


@pytest.mark.parametrize(
    ("call", "differentiated"),
    [
        ("loss.backward(retain_graph=True)", "loss"),
        ("accelerator.backward(loss)", "loss"),
        ("scaler.scale(loss).backward()", "loss"),
        ("self.manual_backward(loss)", "loss"),
        ("self.fabric.backward(loss)", "loss"),
        ("dist_autograd.backward(context, [loss])", "loss"),
        ("criterion(out, y).backward()", "criterion(out, y)"),
    ],
)
def test_every_spelling_of_a_backward_call_is_found(call: str, differentiated: str, tmp_path: Path) -> None:
    """Plain, scaled and delegated backward calls name the same objective."""
    text = f"for x, y in loader:\n    out = net(x)\n    loss = (out - y).pow(2).mean()\n    {call}\n"
    found = script(tmp_path, text)
    assert [ast.unparse(site.loss) for site in found.sites] == [differentiated]


def test_a_cotangent_is_no_objective(tmp_path: Path) -> None:
    """A call that is given a cotangent differentiates no scalar, and the place without a call is refused."""
    found = script(tmp_path, "for x in loader:\n    y = x * 2\n    y.backward(x)\n")
    made = next(derive_objective(found, 3))
    assert "cotangent" in made.reason
    with pytest.raises(ReadError, match="no backward call stands here"):
        next(derive_objective(found, 1))


def test_a_list_that_is_filled_in_a_loop_is_kept(tmp_path: Path) -> None:
    """Statements that change a list stay in the slice, in their order."""
    body = """
    parts = []
    a = model(x)
    parts.append(a.mean())
    parts.insert(0, a.pow(2).mean())
    loss = torch.stack(parts).sum()
    """
    text = formula(sliced(tmp_path, loop(body)))
    assert text.index("append") < text.index("insert") < text.index("stack")


def test_what_is_swapped_stays_swapped(tmp_path: Path) -> None:
    """Two names that are given each other's values are given them at once."""
    text = formula(
        sliced(tmp_path, loop("a, b = model(x), model(y)\na, b = b, a\nloss = (a - 2 * b).mean()"))
    )
    assert "a, b = (b, a)" in text or "(a, b) = (b, a)" in text


def test_a_batch_that_is_changed_in_place_is_copied_first(tmp_path: Path) -> None:
    """Entries written into a batch tensor are part of the formula; the argument stays as it was."""
    cut = sliced(tmp_path, loop("y[:, 0] = 0.5\ny *= 2\nloss = (model(x) - y).pow(2).mean()"))
    assert formula(cut).splitlines()[:3] == ["y = y.clone()", "y[:, 0] = 0.5", "y *= 2"]
    assert [item.text for item in cut.entering] == ["y", "model(x)"]


def test_one_value_for_two_names(tmp_path: Path) -> None:
    """A chained assignment to an entry and a name gives both."""
    body = "parts = torch.zeros(2)\nparts[0] = last = model(x).mean()\nloss = parts.sum() + last"
    text = formula(sliced(tmp_path, loop(body)))
    assert text.index("last = ") < text.index("parts[0] = last")


AGENT = """
import torch
from torch import nn

class Agent:
    def __init__(self, width, discount=0.99, rate=0.5):
        self.critic = nn.Linear(width, 1)
        self.discount = discount
        self.rate = rate
        self.width = width

    def train(self, state, reward, target):
        self.rate = self.rate * 0.9
        gap = self.critic(state)[:, 0] - reward - self.discount * target.detach()
        loss = (self.rate * gap ** 2).mean()
        loss.backward()
"""


def test_a_number_that_the_constructor_keeps_is_a_setting(tmp_path: Path) -> None:
    """`self.discount` is the argument's default; `self.rate` changes in training and is none."""
    cut = sliced(tmp_path, AGENT)
    assert {item.name: (item.kind, item.default) for item in cut.entering if item.kind == "setting"} == {
        "discount": ("setting", 0.99)
    }
    assert "self.rate" in [item.text for item in cut.entering if item.kind == "input"]
    two = AGENT + AGENT[AGENT.index("class Agent") :].replace("Agent", "Other").replace("0.99", "0.9")
    (last,) = [item for item in sliced(tmp_path, two).entering if item.name == "discount"]
    assert (last.kind, last.default) == ("setting", OPEN)
