"""The architecture figure as a value: boxes and arrows on a grid, ready to be drawn."""

import re
from dataclasses import dataclass

from paperback.code import Inventory
from paperback.code.network import Network, Node
from paperback.source import Source

# A column holds this many boxes above each other and this many side by side.
MOST_ROWS = 16
MOST_COLUMNS = 3
_LONGEST = 34
_OWNER = re.compile(r"\b(self|config|cfg|args|hparams|conf)\.")
_LANE = 0.3
_WIDTH = 3.0
_GAP = 0.4
_PITCH = 1.5
_LINE = 0.32
_WEIGHTLESS = frozenset(
    {"ReLU", "GELU", "SiLU", "Sigmoid", "Tanh", "Softmax", "LogSoftmax", "Dropout", "Dropout2d", "Identity",
     "Flatten", "LeakyReLU", "ELU", "Softplus", "relu", "gelu", "silu", "tanh", "sigmoid", "softmax",
     "dropout", "Activation", "elu", "leaky_relu", "log_softmax", "flatten", "Mish", "Hardswish"}
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Box:
    """One box; its centre and its size are in units of the grid, y grows downward.

    Attributes:
        kind: `input`, `layer`, `component`, `operation` or `output`.
        lines: The module or operation, then what is applied right after it (an activation, dropout).
        detail: What a component does by itself; may be empty.
        repeat: How often it is repeated; empty for once.
        new: Whether it is part of the proposal and not of its baseline.
        sources: Where each line of it is made.
    """

    kind: str
    lines: tuple[str, ...]
    x: float
    y: float
    width: float
    height: float
    sources: tuple[Source, ...]
    detail: str = ""
    repeat: str = ""
    new: bool = False


@dataclass(frozen=True, slots=True)
class Arrow:
    """Data flow from one box to another, as a path of points from border to border."""

    start: int
    end: int
    points: tuple[tuple[float, float], ...]


@dataclass(frozen=True, slots=True)
class Frame:
    """A frame around boxes that are repeated together."""

    boxes: tuple[int, ...]
    repeat: str


@dataclass(frozen=True, slots=True)
class Architecture:
    """A figure of boxes and arrows.

    Attributes:
        key: Stable slug, unique in the story.
        caption: What is shown; plain words.
        boxes: From top to bottom.
        width: In units of the grid, lanes of arrows included.
        height: In units of the grid.
        why: Why the story needs it, one phrase for the author.
    """

    key: str
    caption: str
    boxes: tuple[Box, ...]
    arrows: tuple[Arrow, ...]
    frames: tuple[Frame, ...]
    width: float
    height: float
    source: Source
    why: str


def architecture(inventory: Inventory) -> Architecture | None:
    """The figure of the proposal's network; None where no forward pass is known or none fits a column."""
    network = inventory.network
    # A figure that lacks a part of the network would be wrong.
    if network is None or network.lost:
        return None
    flow = _merged(_Flow.of(network))
    if len(flow.cells) > MOST_ROWS:
        flow = _without_operations(flow)
    rows = _rows(flow)
    if max(rows, default=0) >= MOST_ROWS or not flow.cells:
        return None
    columns = _columns(rows)
    if max(rows.count(row) for row in rows) > MOST_COLUMNS:
        return None
    boxes = tuple(_box(cell, x, y) for cell, x, y in zip(flow.cells, columns, rows, strict=True))
    arrows, lanes = _arrows(flow, boxes)
    new = any(box.new for box in boxes)
    return Architecture(
        key="architecture",
        caption=f"Forward pass of {network.name}, read from the code"
        + ("; what the baseline does not have is marked." if new else "."),
        boxes=boxes,
        arrows=arrows,
        frames=_frames(flow),
        width=max(box.x + box.width / 2 for box in boxes) + lanes * _LANE + 0.5,
        height=max(box.y + box.height / 2 for box in boxes) + 0.5,
        source=network.source,
        why="shows what the proposal computes, in call order",
    )


@dataclass(frozen=True, slots=True)
class _Flow:
    """Nodes that share a box, and the arrows between boxes."""

    cells: tuple[tuple[Node, ...], ...]
    edges: tuple[tuple[int, int], ...]

    @staticmethod
    def of(network: Network) -> "_Flow":
        return _Flow(tuple((node,) for node in network.nodes), network.edges)

    def before(self, cell: int) -> list[int]:
        return [source for source, target in self.edges if target == cell]

    def after(self, cell: int) -> list[int]:
        return [target for source, target in self.edges if source == cell]

    def joined(self, first: int, second: int) -> "_Flow":
        """The flow with the second cell inside the first."""
        cells = [*self.cells]
        cells[first] = (*cells[first], *cells[second])
        return _Flow(tuple(cells), tuple((first if a == second else a, b) for a, b in self.edges)).without(
            second
        )

    def without(self, cell: int) -> "_Flow":
        """The flow without a cell; what went through it goes on."""
        through = [(a, b) for a in self.before(cell) for b in self.after(cell)]
        kept = [edge for edge in self.edges if cell not in edge]

        def place(old: int) -> int:
            return old - (old > cell)

        edges = dict.fromkeys((place(a), place(b)) for a, b in (*kept, *through) if a != b)
        return _Flow(tuple(item for i, item in enumerate(self.cells) if i != cell), tuple(edges))


def _merged(flow: _Flow) -> _Flow:
    """Activations and dropout stand in the box of the layer before them."""
    cell = 1
    while cell < len(flow.cells):
        node, given = flow.cells[cell][-1], flow.before(cell)
        former = flow.cells[given[0]] if len(given) == 1 else ()
        fits = node.name in _WEIGHTLESS and former and former[0].kind in ("layer", "component")
        if fits and flow.after(given[0]) == [cell] and former[0].repeat == node.repeat:
            flow = flow.joined(given[0], cell)
        else:
            cell += 1
    return flow


def _without_operations(flow: _Flow) -> _Flow:
    """Only layers and joins: an operation on one value is left out."""
    for cell in reversed(range(len(flow.cells))):
        alone = len(flow.cells[cell]) == 1 and flow.cells[cell][0].kind == "operation"
        if alone and len(flow.before(cell)) == 1 and not flow.cells[cell][0].new:
            flow = flow.without(cell)
    return flow


def _rows(flow: _Flow) -> list[int]:
    """The longest way from an input to each cell."""
    rows: list[int] = []
    for cell in range(len(flow.cells)):
        rows.append(max((rows[a] + 1 for a in flow.before(cell) if a < cell), default=0))
    for cell, nodes in enumerate(flow.cells):
        after = [rows[b] for b in flow.after(cell)]
        if nodes[0].kind != "input" and not flow.before(cell) and after:
            # A learned table that reads no input stands beside what it is joined with.
            rows[cell] = max(0, min(after) - 1)
    return rows


def _columns(rows: list[int]) -> list[float]:
    """Cells of one row side by side around a common middle."""
    widest = max(rows.count(row) for row in rows)
    middle = (widest * _WIDTH + (widest - 1) * _GAP) / 2 + 0.5
    seen: dict[int, int] = {}
    places = []
    for row in rows:
        index = seen.get(row, 0)
        seen[row] = index + 1
        places.append(middle + (index - (rows.count(row) - 1) / 2) * (_WIDTH + _GAP))
    return places


def _box(cell: tuple[Node, ...], x: float, row: float) -> Box:
    first = cell[0]
    lines = tuple(_label(node) for node in cell)
    height = 0.34 + _LINE * (len(lines) + bool(first.detail))
    small = first.kind == "operation" and len(first.name) <= 1
    return Box(
        first.kind,
        lines,
        x,
        0.75 + row * _PITCH,
        0.5 if small else _WIDTH,
        0.5 if small else min(height, _PITCH - 0.3),
        tuple(node.source for node in cell),
        first.detail,
        first.repeat,
        any(node.new for node in cell),
    )


def _label(node: Node) -> str:
    shown = (
        f"{node.name}({', '.join(node.arguments)})" if node.arguments and node.kind == "layer" else node.name
    )
    return shown if len(shown) <= _LONGEST else shown[: _LONGEST - 1] + "…"


def _arrows(flow: _Flow, boxes: tuple[Box, ...]) -> tuple[tuple[Arrow, ...], int]:
    """Straight arrows between neighbouring rows; others run in lanes of their own, right of all boxes."""
    right = max(box.x + box.width / 2 for box in boxes)
    arrows, lanes = [], 0
    for start, end in flow.edges:
        above, below = boxes[start], boxes[end]
        if below.y - above.y <= _PITCH + 1e-9:
            points: tuple[tuple[float, float], ...] = (
                (above.x, above.y + above.height / 2),
                (below.x, below.y - below.height / 2),
            )
        else:
            lanes += 1
            lane = right + lanes * _LANE
            points = (
                (above.x + above.width / 2, above.y),
                (lane, above.y),
                (lane, below.y),
                (below.x + below.width / 2, below.y),
            )
        arrows.append(Arrow(start, end, points))
    return tuple(arrows), lanes


def _frames(flow: _Flow) -> tuple[Frame, ...]:
    """Boxes that one loop repeats together."""
    groups: dict[tuple[int, str], list[int]] = {}
    for index, cell in enumerate(flow.cells):
        if cell[0].group and cell[0].repeat:
            groups.setdefault((cell[0].group, cell[0].repeat), []).append(index)
    return tuple(Frame(tuple(found), repeat) for (_, repeat), found in groups.items())
