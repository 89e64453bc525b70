"""The table of network components, as the code builds them."""

from collections import Counter

from paperback.code import Change, Inventory, Layer, ModuleFact
from paperback.story.table import Cell, CodeCell, Table, TextCell

_MOST_ROWS = 12
_MOST_PARTS = 8
_MOST_SIGNS = 90
_LONGEST_LAYER = 44


def component_table(inventory: Inventory) -> Table | None:
    """One row per network component: what it is built from and where it stands; None without components."""
    modules = [
        module
        for module in inventory.modules
        if (module.layers or module.parameters) and module.source.path not in inventory.rivals
    ]
    if not modules:
        return None
    shown = modules[:_MOST_ROWS]
    return Table(
        key="components",
        caption="Network components and what they are built from, in the order of the code.",
        stub="Component",
        columns=("Built from", "Defined in"),
        units=("", ""),
        rows=tuple(
            (
                module.name,
                (CodeCell(_built(module), module.source), CodeCell(str(module.source), module.source)),
            )
            for module in shown
        ),
        spread="none",
        note="" if len(shown) == len(modules) else "The first components; the repository holds more.",
        highlight=(),
        why="shows the architecture line by line",
    )


def _built(module: ModuleFact) -> str:
    """The parts with their arguments where that is short; else how often each kind occurs."""
    layers = [layer for layer in module.layers if layer.kind != "Parameter" or not module.parameters]
    own = [f"{name}: Parameter" for name in module.parameters]
    whole = ", ".join((*own, *map(_layer, layers)))
    if len(whole) <= _MOST_SIGNS:
        return whole
    kinds = Counter(layer.kind for layer in layers)
    parts = [*own, *(f"{count} {kind}" if count > 1 else kind for kind, count in kinds.items())]
    rest = parts[_MOST_PARTS:]
    return ", ".join(parts[:_MOST_PARTS]) + (f" and {len(rest)} more kinds" if rest else "")


def _layer(layer: Layer) -> str:
    """A layer with as many of its arguments as are read at a glance."""
    shown: list[str] = []
    for argument in layer.arguments:
        if len(layer.kind) + len(", ".join([*shown, argument])) > _LONGEST_LAYER:
            shown.append("…")
            break
        shown.append(argument)
    return f"{layer.kind}({', '.join(shown)})" if shown else layer.kind


def change_table(inventory: Inventory) -> Table | None:
    """What the proposal adds, removes and replaces against its baseline; None where no baseline is known."""
    contrast, changes = inventory.contrast, inventory.changes
    if contrast is None or not contrast.baseline or not changes:
        return None
    return Table(
        key="changes",
        caption=f"What {contrast.proposal} changes against {contrast.baseline}, read from the code.",
        stub="Change",
        columns=("Now", "Before", "Where"),
        units=("", "", ""),
        rows=tuple(
            (f"{change.kind} {change.what}", _change_cells(change)) for change in changes[:_MOST_ROWS]
        ),
        spread="none",
        note="" if len(changes) <= _MOST_ROWS else "The first changes; the code holds more.",
        highlight=(),
        why="shows the step from the baseline to the proposal",
    )


def _change_cells(change: Change) -> tuple[Cell, Cell, Cell]:
    condition = f" (when {change.when})" if change.when else ""
    gone = change.kind == "removed"
    now = TextCell("") if gone else TextCell(f"{change.words}{condition}")
    before = TextCell(change.words if gone else change.instead)
    return now, before, CodeCell(str(change.source), change.source)
