"""The forward pass as a value, and its figure."""

from itertools import combinations
from pathlib import Path
from textwrap import dedent

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from paperback.code import Inventory, read_code
from paperback.code.network import Network, Node
from paperback.settings import Settings, read_settings
from paperback.source import Source
from paperback.story.architecture import Architecture, Box, architecture

HEAD = "import torch\nfrom torch import nn\nimport torch.nn.functional as F\n"
EXAMPLE = Path(__file__).parent.parent / "examples" / "thresholds"


def network(root: Path, init: str, forward: str) -> Network:
    lines = [
        HEAD,
        "class Net(nn.Module):",
        "    def __init__(self, d, depth):",
        *("        " + line for line in init.splitlines()),
        "    def forward(self, x, y=None):",
        *("        " + line for line in forward.splitlines()),
    ]
    (root / "train.py").write_text("\n".join(lines) + "\n")
    found = read_code(root, Settings()).network
    assert found is not None
    return found


def flow(found: Network) -> list[str]:
    names = [node.name + (f" × {node.repeat}" if node.repeat else "") for node in found.nodes]
    return [
        f"{names[here]} <- {', '.join(names[a] for a, b in found.edges if b == here)}".removesuffix(" <- ")
        for here in range(len(names))
    ]


@pytest.mark.parametrize(
    ("init", "forward", "expected"),
    [
        pytest.param(
            "self.a = nn.Sequential(nn.Linear(8, 4), nn.ReLU())\nself.b = nn.Linear(4, 1)",
            "return self.b(self.a(x)).squeeze(-1)",
            ["x", "Linear <- x", "ReLU <- Linear", "Linear <- ReLU", "output <- Linear"],
            id="sequence",
        ),
        pytest.param(
            "self.a = nn.Linear(8, 8)\nself.unused = nn.Linear(1, 1)",
            "h = self.a(x)\nprint(h)\nreturn x + h",
            ["x", "Linear <- x", "+ <- x, Linear", "output <- +"],
            id="residual",
        ),
        pytest.param(
            "self.a = nn.Linear(8, 8)\nself.b = nn.Linear(8, 8)",
            "return torch.cat([self.a(x), self.b(x)], dim=1)",
            ["x", "Linear <- x", "Linear <- x", "concat <- Linear, Linear", "output <- concat"],
            id="branches",
        ),
        pytest.param(
            "self.blocks = nn.ModuleList([nn.GRUCell(8, 8) for _ in range(depth)])",
            "for block in self.blocks:\n    x = x + block(x)\nreturn x, None",
            ["x", "GRUCell × depth <- x", "+ × depth <- x, GRUCell × depth", "output <- + × depth"],
            id="repeated block",
        ),
        pytest.param(
            "self.parts = nn.ModuleDict(dict(a=nn.Linear(8, 8), b=nn.LayerNorm(8)))",
            "x = self.parts.b(x)\nreturn self.parts['a'](x)",
            ["x", "LayerNorm <- x", "Linear <- LayerNorm", "output <- Linear"],
            id="table of layers",
        ),
        pytest.param(
            "self.head = nn.Linear(8, 1)",
            "if y is not None:\n    p = self.head(x)\n    loss = F.mse_loss(p, y)\n"
            "else:\n    p = self.head(x)\n    loss = None\nreturn p, loss",
            ["x", "Linear <- x", "output <- Linear"],
            id="both arms apply one layer",
        ),
        pytest.param(
            "self.a = nn.Linear(8, 8)\nself.b = nn.Linear(8, 8)",
            "w = torch.softmax(self.a(x) @ self.b(x).T, -1)\nreturn w @ x",
            [
                "x", "Linear <- x", "Linear <- x", "@ <- Linear, Linear", "softmax <- @",
                "@ <- x, softmax", "output <- @",
            ],
            id="attention",
        ),
    ],
)  # fmt: skip
def test_data_is_followed_through_the_forward_pass(
    tmp_path: Path, init: str, forward: str, expected: list[str]
) -> None:
    """Layers and operations come in call order, with the values that flow into each."""
    assert flow(network(tmp_path, init, forward)) == expected


def test_a_network_without_layers_has_no_flow(tmp_path: Path) -> None:
    """A forward that only hands its input on shows nothing."""
    code = "class Net(nn.Module):\n    def forward(self, x):\n        return x\n"
    (tmp_path / "train.py").write_text(HEAD + code)
    assert read_code(tmp_path, Settings()).network is None


def test_methods_of_the_network_are_followed_in_place(tmp_path: Path) -> None:
    """What a method returns flows on in the forward pass."""
    more = "class Base(nn.Module):\n    def encode(self, v):\n        return self.a(v)\n"
    net = (
        "class Net(Base):\n    def __init__(self):\n        self.a = nn.Linear(8, 4)\n"
        "        self.b = nn.Linear(4, 1)\n    def forward(self, x):\n        return self.b(self.encode(x))\n"
    )
    (tmp_path / "train.py").write_text(HEAD + more + net)
    found = read_code(tmp_path, Settings()).network
    assert found is not None
    assert flow(found) == ["x", "Linear <- x", "Linear <- Linear", "output <- Linear"]


def test_flax_layers_are_followed_where_they_are_applied(tmp_path: Path) -> None:
    """`nn.Dense(3)(x)` makes and applies a layer."""
    code = """
        import flax.linen as nn
        class Net(nn.Module):
            @nn.compact
            def __call__(self, x):
                x = nn.Dense(64)(x)
                x = nn.relu(x)
                return nn.Dense(1)(x)
    """
    (tmp_path / "train.py").write_text(dedent(code))
    found = read_code(tmp_path, Settings()).network
    assert found is not None
    assert flow(found) == ["x", "Dense <- x", "relu <- Dense", "Dense <- relu", "output <- Dense"]


def example() -> Inventory:
    return read_code(EXAMPLE, read_settings(EXAMPLE))


def test_the_example_marks_what_is_new() -> None:
    """The encoding is new; the input goes around it into the concatenation."""
    inventory = example()
    assert inventory.network is not None
    assert flow(inventory.network) == [
        "x",
        "ThresholdEncoding <- x",
        "concat <- x, ThresholdEncoding",
        "Linear <- concat",
        "ReLU <- Linear",
        "Dropout <- ReLU",
        "Linear <- Dropout",
        "Sigmoid <- Linear",
        "output <- Sigmoid",
    ]
    assert [node.name for node in inventory.network.nodes if node.new] == ["ThresholdEncoding"]


def test_the_figure_folds_activations_into_their_layer() -> None:
    """Each box names what exists in the code, with its line."""
    figure = architecture(example())
    assert figure is not None
    assert [[line.partition("(")[0] for line in box.lines] for box in figure.boxes] == [
        ["x"],
        ["ThresholdEncoding"],
        ["concat"],
        ["Linear", "ReLU", "Dropout"],
        ["Linear", "Sigmoid"],
        ["output"],
    ]
    text = (EXAMPLE / "model.py").read_text().splitlines()
    for box in figure.boxes:
        for line, source in zip(box.lines, box.sources, strict=True):
            if box.kind in ("layer", "component"):
                assert line.split("(")[0] in text[(source.line or 0) - 1]
    skips = [arrow for arrow in figure.arrows if len(arrow.points) == 4]
    assert [(figure.boxes[a.start].lines[0], figure.boxes[a.end].lines[0]) for a in skips] == [
        ("x", "concat")
    ]


SOURCE = Source("model.py", 1)


@st.composite
def networks(draw: st.DrawFn) -> Network:
    """Random flows from one input to one output."""
    count = draw(st.integers(1, 9))
    kinds = st.sampled_from(["layer", "component", "operation"])
    names = st.sampled_from(["Linear", "ReLU", "+", "concat", "Block"])
    nodes = [Node("input", "x", SOURCE)]
    edges = set()
    for here in range(1, count + 1):
        nodes.append(Node(draw(kinds), draw(names), SOURCE, repeat=draw(st.sampled_from(["", "L"])), group=1))
        edges |= {(draw(st.integers(0, here - 1)), here) for _ in range(draw(st.integers(1, 2)))}
    nodes.append(Node("output", "output", SOURCE))
    ends = {a for a in range(1, count + 1) if a not in {one for one, _ in edges}}
    edges |= {(a, count + 1) for a in ends}
    return Network("Net", tuple(nodes), tuple(sorted(edges)), SOURCE)


def overlap(one: Box, other: Box) -> bool:
    apart = abs(one.x - other.x) >= (one.width + other.width) / 2 - 1e-9
    return not apart and abs(one.y - other.y) < (one.height + other.height) / 2 - 1e-9


@settings(max_examples=60, deadline=None)
@given(networks())
def test_boxes_never_overlap_and_arrows_point_down(found: Network) -> None:
    """In every figure that fits, boxes are apart, inside the figure, and arrows go from above to below."""
    figure = architecture(Inventory(network=found))
    if figure is None:
        return
    assert not any(overlap(one, other) for one, other in combinations(figure.boxes, 2))
    for box in figure.boxes:
        assert box.width / 2 <= box.x <= figure.width - box.width / 2
        assert box.height / 2 <= box.y <= figure.height - box.height / 2
    for arrow in figure.arrows:
        assert figure.boxes[arrow.start].y < figure.boxes[arrow.end].y
        assert all(0 <= x <= figure.width and 0 <= y <= figure.height for x, y in arrow.points)
    lines = [line for box in figure.boxes for line in box.lines]
    assert sorted(lines) == sorted(node.name for node in found.nodes) or len(lines) < len(found.nodes)


def figure_of(count: int) -> Architecture | None:
    nodes = (Node("input", "x", SOURCE), *(Node("layer", f"L{i}", SOURCE) for i in range(count)))
    nodes = (*nodes, Node("output", "output", SOURCE))
    return architecture(
        Inventory(network=Network("Net", nodes, tuple((i, i + 1) for i in range(count + 1)), SOURCE))
    )


@pytest.mark.parametrize(("count", "fits"), [(1, True), (14, True), (15, False), (40, False)])
def test_a_network_that_fits_no_column_has_no_figure(count: int, fits: bool) -> None:
    """Sixteen rows fit; a longer chain is not squeezed into a figure that nobody can read."""
    assert (figure_of(count) is not None) == fits


def test_operations_on_one_value_make_room_first() -> None:
    """A long network keeps its layers and joins, and drops what only reshapes a value on the way."""
    names = ["layer", "operation"] * 9
    nodes = [Node("input", "x", SOURCE), *(Node(kind, f"{kind}{i}", SOURCE) for i, kind in enumerate(names))]  # type: ignore[arg-type]
    network = Network(
        "Net", (*nodes, Node("output", "output", SOURCE)), tuple((i, i + 1) for i in range(19)), SOURCE
    )
    figure = architecture(Inventory(network=network))
    assert figure is not None
    assert [box.kind for box in figure.boxes] == ["input", *["layer"] * 9, "output"]


def test_without_a_network_there_is_no_figure() -> None:
    """An empty inventory draws nothing."""
    assert architecture(Inventory()) is None


@pytest.mark.parametrize(
    ("init", "forward"),
    [
        ("self.a = nn.Linear(8, 8)\nself.down = build()", "return self.a(self.down[0].block[1](x))"),
        ("self.a = nn.Linear(8, 8)", "norm = pick(self)\nreturn self.a(norm(x))"),
    ],
)
def test_a_flow_that_was_lost_is_told_and_not_drawn(tmp_path: Path, init: str, forward: str) -> None:
    """A call that could not be followed is named, and no figure without it is shown."""
    found = network(tmp_path, init, forward)
    assert [source.path for source in found.lost] == ["train.py"]
    assert architecture(Inventory(network=found)) is None
