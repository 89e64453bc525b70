"""Facts of code written for Keras, JAX and scikit-learn."""

from pathlib import Path
from textwrap import dedent

import pytest

from paperback.code import Inventory, Layer, read_code
from paperback.settings import Settings


def read(root: Path, text: str) -> Inventory:
    (root / "train.py").write_text(dedent(text))
    return read_code(root, Settings())


def shown(layer: Layer) -> str:
    return f"{layer.kind}({', '.join(layer.arguments)})"


FUNCTIONAL = """
    import keras
    from keras import layers
    {head}
    {indent}inputs = keras.Input(shape=(8,))
    {indent}x = layers.Dense(64, activation="relu")(inputs)
    {indent}y = layers.Dense(64)(x)
    {indent}outputs = layers.Dense(1)(layers.Add()([x, y]))
    {indent}model = keras.Model({arguments})
"""


@pytest.mark.parametrize(
    ("head", "indent", "arguments", "name"),
    [
        ("", "", "inputs, outputs", "model"),
        ("", "", "inputs=inputs, outputs=outputs", "model"),
        ("def build():", "    ", "inputs, outputs", "build"),
    ],
)
def test_a_functional_keras_model_is_a_module_with_its_flow(
    tmp_path: Path, head: str, indent: str, arguments: str, name: str
) -> None:
    """Layers that are applied as they are made are read in order, and the data is followed through them."""
    inventory = read(tmp_path, FUNCTIONAL.format(head=head, indent=indent, arguments=arguments))
    (module,) = inventory.modules
    assert (module.name, module.bases) == (name, ("Model",))
    assert sorted(shown(layer) for layer in module.layers) == [
        "Add()", "Dense(1)", "Dense(64)", 'Dense(64, activation="relu")',
    ]  # fmt: skip
    assert inventory.network is not None
    names = [node.name for node in inventory.network.nodes]
    assert names == ["input", "Dense", "Dense", "Add", "Dense", "output"]
    assert inventory.network.edges == ((0, 1), (1, 2), (1, 3), (2, 3), (3, 4), (4, 5))


def test_a_scikit_learn_pipeline_is_a_module_that_is_fitted(tmp_path: Path) -> None:
    """Its steps are its layers, in order; preparing data alone is no training."""
    code = """
        from sklearn.pipeline import make_pipeline
        from sklearn.preprocessing import StandardScaler
        from sklearn.svm import SVC
        scaler = StandardScaler()
        scaler.fit(x)
        model = make_pipeline(StandardScaler(), SVC(C=2.0))
        model.fit(x, y)
    """
    inventory = read(tmp_path, code)
    (module,) = inventory.modules
    assert [shown(layer) for layer in module.layers] == ["StandardScaler()", "SVC(C=2.0)"]
    assert [(loop.steps, loop.source.line) for loop in inventory.loops] == [(("fit",), 8)]
    assert inventory.network is not None
    assert [node.name for node in inventory.network.nodes] == ["input", "StandardScaler", "SVC", "output"]
    assert inventory.level is not None
    assert inventory.level.number == 1


@pytest.mark.parametrize(
    ("imports", "body", "kinds"),
    [
        (
            "from flax import nnx",
            "def __init__(self, rngs):\n        self.a = nnx.Linear(8, 1, rngs=rngs)",
            ["Linear"],
        ),
        (
            "import equinox as eqx",
            "def __init__(self, key):\n        self.a = eqx.nn.Linear(8, 1, key=key)",
            ["Linear"],
        ),
        (
            "import flax.linen as nn",
            "def setup(self):\n        self.a = nn.Dense(3)\n        self.b = [nn.Dense(2) for _ in x]",
            ["Dense", "Dense"],
        ),
    ],
)
def test_jax_modules_are_read_in_each_of_their_forms(
    tmp_path: Path, imports: str, body: str, kinds: list[str]
) -> None:
    """Constructor and `setup` make layers in Flax and Equinox as they do in PyTorch."""
    base = {"nnx": "nnx.Module", "eqx": "eqx.Module"}.get(imports.rpartition(" ")[2], "nn.Module")
    code = f"import jax\n{imports}\nclass Net({base}):\n    {body}\n"
    (module,) = read(tmp_path, code).modules
    assert [layer.kind for layer in module.layers] == kinds


def test_optax_chains_and_losses_are_found(tmp_path: Path) -> None:
    """The optimiser inside a chain, its schedule and a loss of the library are facts."""
    code = """
        import jax, optax
        schedule = optax.cosine_decay_schedule(1e-3, 100)
        tx = optax.chain(optax.clip_by_global_norm(1.0), optax.adamw(schedule))
        def loss_fn(params, x, y):
            return optax.softmax_cross_entropy(f(params, x), y).mean()
        for step in range(9):
            loss, grads = jax.value_and_grad(loss_fn)(params, x, y)
            updates, state = tx.update(grads, state, params)
            params = optax.apply_updates(params, updates)
    """
    inventory = read(tmp_path, code)
    assert {"adamw", "cosine_decay_schedule"} <= {item.name for item in inventory.optimisers}
    assert [(loss.name, loss.kind) for loss in inventory.losses] == [("softmax_cross_entropy", "library")]
    assert [step for step in inventory.loops[0].steps if step != "loss"] == ["backward", "optimiser step"]
