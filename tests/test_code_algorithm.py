"""The training procedure as pseudo-code."""

from itertools import pairwise
from pathlib import Path
from textwrap import dedent

import pytest

from paperback.code import Algorithm, read_code
from paperback.settings import Settings, read_settings

HEAD = "import torch, copy\nfrom torch import nn\nimport torch.nn.functional as F\n"
EXAMPLE = Path(__file__).parent.parent / "examples" / "thresholds"


def algorithm(root: Path, text: str, **others: str) -> Algorithm:
    for name, other in {"train": text, **others}.items():
        (root / f"{name}.py").write_text(HEAD + dedent(other))
    found = read_code(root, Settings()).algorithm
    assert found is not None
    return found


def lines(found: Algorithm) -> list[str]:
    return [str(line) for line in found.lines]


def test_the_example_reads_like_an_algorithm_box() -> None:
    """A called function is written in place, logs are gone, model selection stays."""
    found = read_code(EXAMPLE, read_settings(EXAMPLE)).algorithm
    assert found is not None
    assert lines(found) == [
        "for each epoch epoch = 1, …, epochs do",
        "  for each mini-batch batch of size batch_size, in random order do",
        "    loss ← criterion(model(splits.train.x[batch]), splits.train.y[batch], thresholds_of(model))",
        "    compute the gradient of loss",
        "    update the parameters with Adam",
        "  val ← evaluate(model, splits.val)",
        "  if val['loss'] < best_val['loss'] then",
        "    best_epoch, best_val ← epoch, val",
        "    best_state ← parameters(model)",
        "set the parameters of model to best_state",
    ]
    text = (EXAMPLE / "train.py").read_text().splitlines()
    assert "optimizer.step()" in text[(found.lines[4].source.line or 0) - 1]
    assert [(item.role, item.name) for item in found.inputs] == [
        ("model", "ThresholdNet"),
        ("loss", "SpreadBCE"),
        ("optimiser", "Adam(groups, lr=lr)"),
        ("hyper-parameter", "epochs"),
        ("hyper-parameter", "batch_size"),
    ]


LOOP = """
def train(net, target, loader, optimizer, scheduler, writer, env, memory, args, n):
    for epoch in range(n):
        for i, (x, y) in enumerate(loader):
{body}
"""


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        pytest.param(
            "x = x.to(device)\nt = time.time()\nloss = F.mse_loss(net(x), y)\noptimizer.zero_grad()\n"
            "loss.backward()\noptimizer.step()\nprint(loss.item())\nwriter.add_scalar('loss', loss.item())",
            [
                "loss ← mse_loss(net(x), y)",
                "compute the gradient of loss",
                "update the parameters with optimizer",
            ],
            id="boilerplate",
        ),
        pytest.param(
            "loss = f(net(x)) / args.steps\nscaler.scale(loss).backward()\nif (i + 1) % args.steps == 0:\n"
            "    torch.nn.utils.clip_grad_norm_(net.parameters(), args.clip)\n    scaler.step(optimizer)\n"
            "    scaler.update()\n    optimizer.zero_grad()\n    scheduler.step()",
            [
                "loss ← f(net(x)) / steps",
                "compute the gradient of loss",
                "if (i + 1) % steps == 0 then",
                "  clip the norm of the gradient at clip",
                "  update the parameters with optimizer",
                "  advance the learning-rate schedule",
            ],
            id="accumulation and clipping",
        ),
        pytest.param(
            "if args.amp:\n    with autocast():\n        loss = f(net(x))\nelse:\n    loss = f(net(x))\n"
            "if args.amp:\n    scaler.scale(loss).backward()\n    scaler.step(optimizer)\n"
            "else:\n    loss.backward()\n    optimizer.step()",
            [
                "loss ← f(net(x))",
                "compute the gradient of loss",
                "update the parameters with optimizer",
            ],
            id="mixed precision in both arms",
        ),
        pytest.param(
            "loss = net(x)\nloss_scaler(loss, optimizer, parameters=net.parameters())",
            ["loss ← net(x)", "compute the gradient of loss and update the parameters with optimizer"],
            id="a scaler that differentiates and updates",
        ),
        pytest.param(
            "views = [v.cuda() for v in x]\nloss = f(net(torch.clone(views)))\nloss.backward()\n"
            "optimizer.step()\n"
            "with torch.no_grad():\n    for p, t in zip(net.parameters(), target.parameters()):\n"
            "        t.data.mul_(m).add_((1 - m) * p.detach().data)",
            [
                "views ← x",
                "loss ← f(net(views))",
                "compute the gradient of loss",
                "update the parameters with optimizer",
                "update the moving average: t ← m * t + (1 - m) * stop_gradient(p) for all parameters of net"
                " and target",
            ],
            id="moving average in place",
        ),
        pytest.param(
            "with torch.no_grad():\n    q = target(x)\n    z = 2 * q\nloss = (net(x) - z).pow(2).mean()\n"
            "loss.backward()\noptimizer.step()\n"
            "for p, t in zip(net.parameters(), target.parameters()):\n"
            "    t.data.copy_(0.9 * t.data + 0.1 * p.data)",
            [
                "q ← target(x)",
                "z ← 2 * q",
                "loss ← (net(x) - z).pow(2).mean()",
                "compute the gradient of loss",
                "update the parameters with optimizer",
                "update the moving average: t ← 0.9 * t + 0.1 * p for all parameters of net and target",
            ],
            id="moving average",
        ),
        pytest.param(
            "obs, reward, done, info = env.step(net(x))\nmemory.push(obs, reward)\n"
            "batch = memory.sample(args.size)\n"
            "loss = f(net, batch)\nloss.backward()\noptimizer.step()",
            [
                "obs, reward, done, info ← step of the environment with action net(x)",
                "memory.push(obs, reward)",
                "batch ← a sample of size from memory",
                "loss ← f(net, batch)",
                "compute the gradient of loss",
                "update the parameters with optimizer",
            ],
            id="memory",
        ),
        pytest.param(
            "for g in optimizer.param_groups:\n    pass\noptimizer.param_groups[0]['lr'] = args.lr * 0.5\n"
            "unused = net(y)\nloss = net(x).mean()\nloss.backward()\noptimizer.step()\n"
            "if kl > args.target_kl:\n    break",
            [
                "set the learning rate to lr * 0.5",
                "loss ← net(x).mean()",
                "compute the gradient of loss",
                "update the parameters with optimizer",
                "if kl > target_kl then",
                "  stop",
            ],
            id="learning rate and early stop",
        ),
        pytest.param(
            "rate = schedule(i)\nfor group in optimizer.param_groups:\n    group['lr'] = rate\n"
            "if master_process and i % 2 == 0:\n    loss = net(x)\nelse:\n    loss = net(y)\n"
            "loss.backward()\noptimizer.step()",
            [
                "rate ← schedule(i)",
                "set the learning rate to rate",
                "if i % 2 == 0 then",
                "  loss ← net(x)",
                "else",
                "  loss ← net(y)",
                "compute the gradient of loss",
                "update the parameters with optimizer",
            ],
            id="schedule by hand",
        ),
        pytest.param(
            "if args.soft:\n    loss = g(net(x))\nelse:\n    loss = h(net(x).detach())\n"
            "if args.debug:\n    loss = 0\n"
            "loss.backward()\noptimizer.step()",
            [
                "if soft then",
                "  loss ← g(net(x))",
                "else",
                "  loss ← h(stop_gradient(net(x)))",
                "compute the gradient of loss",
                "update the parameters with optimizer",
            ],
            id="arms",
        ),
    ],
)
def test_only_what_leads_to_the_update_stays(tmp_path: Path, body: str, expected: list[str]) -> None:
    """A slice back from the updates: special steps stay, bookkeeping folds away."""
    indented = "\n".join(" " * 12 + line for line in body.splitlines())
    found = lines(algorithm(tmp_path, LOOP.format(body=indented)))
    assert found[:2] == ["for each epoch epoch = 1, …, n do", "  for each mini-batch x, y of loader do"]
    assert [line.removeprefix("    ") for line in found[2:]] == expected


@pytest.mark.parametrize(
    ("head", "expected"),
    [
        ("for epoch in range(1, n + 1):", "for each epoch epoch = 1, …, n do"),
        ("for step in range(start, n):", "for step = start, …, n − 1 do"),
        ("for k in range(0, n, size):", "for each mini-batch of size size starting at k do"),
        ("while True:", "repeat"),
        ("while step < n:", "while step < n do"),
        ("for x, y in tqdm(loader):", "for each mini-batch x, y of loader do"),
        ("for s in [1, 2]:", "for each s of [1, 2] do"),
    ],
)
def test_heads_of_loops_are_put_in_words(tmp_path: Path, head: str, expected: str) -> None:
    """Ranges, epochs, mini-batches and endless loops each have their form."""
    body = "        loss = net(x)\n        loss.backward()\n        opt.step()\n"
    code = f"def train(net, opt):\n    {head}\n{body}"
    assert lines(algorithm(tmp_path, code))[0] == expected


def test_two_optimisers_are_told_apart_by_what_they_update(tmp_path: Path) -> None:
    """Each update names its optimiser's class and the network whose parameters it moves."""
    code = """
        opt_g = torch.optim.Adam(gen.parameters(), lr=1e-3)
        opt_d = torch.optim.SGD(disc.parameters(), lr=1e-3)
        for x in loader:
            d_loss = disc(x).mean() - disc(gen(z).detach()).mean()
            d_loss.backward()
            opt_d.step()
            g_loss = disc(gen(z)).mean()
            g_loss.backward()
            opt_g.step()
    """
    found = [line for line in lines(algorithm(tmp_path, code)) if "update" in line]
    assert found == [
        "  update the parameters of disc with SGD",
        "  update the parameters of gen with Adam",
    ]


def test_a_method_called_in_another_file_is_written_in_place(tmp_path: Path) -> None:
    """Arguments stand for parameters, so that the lines speak with one set of names."""
    far = """
        def one_pass(m, data, optim):
            for b in data:
                l = m(b)
                l.backward()
                optim.step()
    """
    code = "from far import one_pass\nfor epoch in range(9):\n    one_pass(net, loader, opt)\n"
    assert lines(algorithm(tmp_path, code, far=far)) == [
        "for each epoch epoch = 1, …, 9 do",
        "  for each mini-batch b of loader do",
        "    l ← net(b)",
        "    compute the gradient of l",
        "    update the parameters with opt",
    ]


def test_a_lightning_step_is_set_in_its_loops(tmp_path: Path) -> None:
    """What the framework adds around the step is said."""
    code = """
        import pytorch_lightning as pl
        class Net(pl.LightningModule):
            def training_step(self, batch, i):
                x, y = batch
                loss = F.cross_entropy(self.model(x), y)
                self.log("loss", loss)
                return {"loss": loss}
            def configure_optimizers(self):
                return torch.optim.Adam(self.parameters())
    """
    assert lines(algorithm(tmp_path, code)) == [
        "for each epoch do",
        "  for each mini-batch batch do",
        "    x, y ← batch",
        "    loss ← cross_entropy(model(x), y)",
        "    compute the gradient of loss",
        "    update the parameters with Adam",
    ]


def test_a_keras_fit_tells_its_loops(tmp_path: Path) -> None:
    """Epochs and batch size come from `fit`, loss and optimiser from `compile`."""
    code = """
        import keras
        model = keras.Sequential([keras.layers.Dense(1)])
        model.compile(optimizer="adam", loss=keras.losses.MeanSquaredError())
        model.fit(x, y, epochs=20, batch_size=32)
    """
    assert lines(algorithm(tmp_path, code)) == [
        "for each epoch = 1, …, 20 do",
        "  for each mini-batch of size 32 of x do",
        "    compute the loss MeanSquaredError() of the outputs of model",
        "    compute its gradient",
        "    update the parameters with adam",
    ]


def test_a_jax_step_is_followed_through_jit(tmp_path: Path) -> None:
    """Gradient and update are found in the function that is compiled."""
    code = """
        import jax, optax
        def train_step(state, batch):
            loss, grads = jax.value_and_grad(loss_fn)(state.params, batch)
            return state.apply_gradients(grads=grads)
        p_train_step = jax.jit(train_step)
        tx = optax.adam(1e-3)
        for step in range(100):
            state = p_train_step(state, next(it))
    """
    assert lines(algorithm(tmp_path, code)) == [
        "for step = 1, …, 100 do",
        "  loss, grads ← value and gradient of loss_fn",
        "  update the parameters with adam",
    ]


def test_a_long_procedure_says_what_it_left_out(tmp_path: Path) -> None:
    """A box holds a limited number of lines; the updates stay and the rest is counted."""
    body = "".join(f"        a{i} = f{i}(a{i - 1})\n" for i in range(1, 80))
    head = "for epoch in range(9):\n    for x in loader:\n        a0 = x\n"
    code = f"{head}{body}        loss = a79\n        loss.backward()\n        opt.step()\n"
    found = algorithm(tmp_path, code)
    assert len(found.lines) <= 45
    assert found.left_out + len(found.lines) == 85
    assert "    update the parameters with opt" in lines(found)


@pytest.mark.parametrize(
    "code",
    [
        "x = 1\n",
        "def f(x):\n    return f(x)\n",
        "class Net(nn.Module):\n    def forward(self, x):\n        return x\n",
    ],
)
def test_without_training_there_is_no_procedure(tmp_path: Path, code: str) -> None:
    """A repository that trains nothing has no algorithm."""
    (tmp_path / "a.py").write_text(HEAD + code)
    assert read_code(tmp_path, Settings()).algorithm is None


def test_functions_that_call_each_other_end(tmp_path: Path) -> None:
    """A ring of calls is opened a few times and then left closed."""
    code = """
        def one(net, opt):
            for x in data:
                two(net, opt)
        def two(net, opt):
            for x in data:
                loss = net(x)
                loss.backward()
                opt.step()
                one(net, opt)
    """
    assert algorithm(tmp_path, code).lines


def test_the_script_that_uses_the_loss_written_here_is_told(tmp_path: Path) -> None:
    """Of several training scripts, the one with the custom loss holds the method."""
    loop = "for x, y in loader:\n    loss = criterion(net(x), {})\n    loss.backward()\n    opt.step()\n"
    guard = "import argparse\nargparse.ArgumentParser()\n"
    found = algorithm(
        tmp_path,
        guard + loop.format("y"),
        ours=guard + "from pull import PullLoss\n" + loop.format("x"),
        pull="class PullLoss(nn.Module):\n    def forward(self, a, b):\n        return (a - b).abs()\n",
    )
    assert found.source.path == "ours.py"
    assert ("loss", "PullLoss") in [(item.role, item.name) for item in found.inputs]


def test_a_loop_that_trains_only_through_its_calls_is_found(tmp_path: Path) -> None:
    """A step under any name is followed where it is defined inside the script."""
    code = """
        import argparse, jax
        argparse.ArgumentParser()
        class Net(nn.Module):
            def forward(self, x):
                return x.exp()
        @jax.jit
        def improve(state, batch):
            grads = jax.grad(loss_fn)(state.params, batch)
            return state.apply_gradients(grads=grads)
        for step in range(100):
            state = improve(state, memory.sample(32))
    """
    assert lines(algorithm(tmp_path, code))[0] == "for step = 1, …, 100 do"
    assert "update the parameters" in lines(algorithm(tmp_path, code))[-1]


def test_folding_never_takes_a_line_out_of_its_block(tmp_path: Path) -> None:
    """Where lines are left out, what stays keeps its conditions, and `else` its `if`."""
    filler = "".join(f"            a{i} = f{i}(a{i - 1})\n" for i in range(1, 60))
    code = (
        "for epoch in range(9):\n    for x in loader:\n        if soft:\n            a0 = x\n"
        f"{filler}            loss = g(a59)\n        else:\n            loss = h(x)\n"
        "        loss.backward()\n        if ready:\n            opt.step()\n"
    )
    assert lines(algorithm(tmp_path, code)) == [
        "for each epoch epoch = 1, …, 9 do",
        "  for each mini-batch x of loader do",
        "    if soft then",
        "      loss ← g(a59)",
        "    else",
        "      loss ← h(x)",
        "    compute the gradient of loss",
        "    if ready then",
        "      update the parameters with opt",
    ]


def test_depths_step_by_one(tmp_path: Path) -> None:
    """A line stands at most one step deeper than the one before it, and only after a head."""
    deep = "".join("    " * level + f"if c{level}:\n" for level in range(1, 9))
    many = "".join("    " * 9 + f"b{i} = f(b{i - 1})\n" for i in range(1, 70))
    code = f"for b0 in loader:\n{deep}{many}{'    ' * 9}loss = b69\n    loss.backward()\n    opt.step()\n"
    found = algorithm(tmp_path, code).lines
    for line, after in pairwise(found):
        opens = line.kind in ("for", "while", "repeat", "if", "else")
        assert after.depth <= line.depth + opens


AGENT = """
class Agent:
    def __init__(self):
        self.net = Net()
        self.optimizer = torch.optim.Adam(self.net.parameters())
    def train(self, memory, size):
        x = memory.sample(size)
        loss = self.net(x).mean()
        loss.backward()
        self.optimizer.step()
"""


def test_the_method_of_an_object_that_was_made_here_is_followed(tmp_path: Path) -> None:
    """`agent.train(memory, 32)` trains; with a flag alone it only switches the mode."""
    script = (
        f"class Net(nn.Module):\n    def forward(self, x):\n        return x.exp()\n{AGENT}"
        "agent = Agent()\nfor step in range(args.steps):\n    agent.train(memory, 32)\n"
    )
    assert lines(algorithm(tmp_path, script)) == [
        "for step = 1, …, steps do",
        "  x ← a sample of 32 from memory",
        "  loss ← net(x).mean()",
        "  compute the gradient of loss",
        "  update the parameters of net with Adam",
    ]


@pytest.mark.parametrize("arms", [("Adam", "SGD"), ("Adam", "Adam")])
def test_where_a_setting_chooses_the_optimiser_none_is_the_one(tmp_path: Path, arms: tuple[str, str]) -> None:
    """Two classes behind one variable leave its own name; one class behind it is named."""
    script = (
        "net = nn.Sequential(nn.Linear(8, 1))\nif args.fast:\n"
        f"    optimizer = torch.optim.{arms[0]}(net.parameters())\nelse:\n"
        f"    optimizer = torch.optim.{arms[1]}(net.parameters(), lr=1)\n"
        "for x, y in loader:\n    loss = F.mse_loss(net(x), y)\n    loss.backward()\n    optimizer.step()\n"
    )
    named = "optimizer" if arms[0] != arms[1] else "Adam"
    assert lines(algorithm(tmp_path, script))[-1].endswith(f"with {named}")


def test_progress_reports_around_a_loader_fold_away(tmp_path: Path) -> None:
    """The header of a progress bar is no step, and the loop runs over the loader."""
    script = (
        "net = nn.Sequential(nn.Linear(8, 1))\nheader = 'now'\n"
        "for it, (x, y) in enumerate(metric_logger.log_every(loader, 10, header)):\n"
        "    loss = F.mse_loss(net(x), y)\n    loss.backward()\n    optimizer.step()\n"
    )
    assert lines(algorithm(tmp_path, script))[0] == "for each mini-batch x, y of loader do"


def test_statistics_that_training_returns_do_not_hide_it(tmp_path: Path) -> None:
    """`stats = train_one_epoch(...)` keeps books, and trains."""
    script = (
        "net = nn.Sequential(nn.Linear(8, 1))\ndef train_one_epoch(loader):\n"
        "    for x, y in loader:\n        loss = F.mse_loss(net(x), y)\n        loss.backward()\n"
        "        optimizer.step()\n    return {'loss': loss}\n"
        "for epoch in range(args.epochs):\n    train_stats = train_one_epoch(loader)\n"
    )
    assert "    compute the gradient of loss" in lines(algorithm(tmp_path, script))


def test_the_script_that_builds_the_proposal_comes_first(tmp_path: Path) -> None:
    """A linear probe of a library's network is not the training procedure of the method."""
    loop = (
        "for x, y in loader:\n    loss = F.mse_loss(model(x), y)\n    loss.backward()\n    optimizer.step()\n"
    )
    (tmp_path / "net.py").write_text(
        HEAD + "class Net(nn.Module):\n    def forward(self, x):\n        return x.exp()\n"
    )
    (tmp_path / "main_probe.py").write_text(f"{HEAD}{loop}")
    (tmp_path / "main_train.py").write_text(f"{HEAD}from net import Net\nmodel = Net()\n{loop}")
    found = read_code(tmp_path, Settings()).algorithm
    assert found is not None
    assert found.source.path == "main_train.py"


def test_a_loss_that_the_network_computes_itself_is_an_input(tmp_path: Path) -> None:
    """A method of the proposal and a function that a line names stand among the inputs."""
    net = (
        "class Net(nn.Module):\n    def forward(self, x):\n        return self.own_loss(x.exp())\n"
        "    def own_loss(self, x):\n        return torch.log(x).mean()\n"
        "def far_loss(x):\n    return torch.exp(x).mean()\n"
        "def near_loss(x):\n    return torch.exp(x).mean()\n"
    )
    loop = (
        "net = Net()\nfor x in loader:\n    loss = net(x) + near_loss(x)\n    loss.backward()\n"
        "    optimizer.step()\n"
    )
    found = algorithm(tmp_path, net + loop)
    assert [item.name for item in found.inputs if item.role == "loss"] == ["Net.own_loss", "near_loss"]
