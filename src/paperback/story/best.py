"""Which methods the evidence cannot separate from the best one."""

from paperback.evidence import Cells, Prepared, compare_cells, holm
from paperback.evidence.contrast import ALPHA


def best_methods(cells: Cells, dataset: str, items: Prepared | None = None) -> frozenset[str]:
    """The methods that the evidence cannot separate from the best; empty where nothing could be tested.

    Args:
        cells: Estimates of every method and data set.
        dataset: The column.
        items: The records of test items, where the cells are averages over items: then two methods are
            compared on the items that both were asked, by design (c) or (d), else over their runs.
    """
    values = {method: e for (method, column), e in cells.cells.items() if column == dataset}
    sign = {"higher": 1, "lower": -1, "unknown": 0}[next(iter(values.values())).direction] if values else 0
    if not sign or len(values) < 2:
        return frozenset()
    top = max(values, key=lambda method: (sign * values[method].value, method))
    others = [name for name in values if name != top]
    adjusted = holm([_p(cells, dataset, (top, other), items) for other in others])
    if all(p is None for p in adjusted):
        return frozenset()
    apart = {other for other, p in zip(others, adjusted, strict=True) if p is not None and p < ALPHA}
    return frozenset(values) - apart


def _p(cells: Cells, dataset: str, pair: tuple[str, str], items: Prepared | None) -> float | None:
    if items is None:
        return compare_cells(cells, *pair, (dataset,))[0].p
    return items.each(*pair, design=items.unit_design, datasets=(dataset,) if dataset else ())[0].p
