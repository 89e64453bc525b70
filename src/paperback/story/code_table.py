"""The table of network components, as the code builds them."""

from paperback.code import Inventory, Layer, ModuleFact
from paperback.story.table import CodeCell, Table

_MOST_ROWS = 12
_MOST_LAYERS = 8


def component_table(inventory: Inventory) -> Table | None:
    """One row per network component: what it is built from and where it stands; None without components."""
    modules = [module for module in inventory.modules if module.layers or module.parameters]
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
    parts = [_layer(layer) for layer in module.layers[:_MOST_LAYERS]]
    parts += ["…"] if len(module.layers) > _MOST_LAYERS else []
    own = [f"{name}: Parameter" for name in module.parameters]
    return ", ".join(own + parts)


def _layer(layer: Layer) -> str:
    return f"{layer.kind}({', '.join(layer.arguments)})" if layer.arguments else layer.kind
