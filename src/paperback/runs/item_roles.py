"""Which setting names the test item that a record is of, and which the cluster that the item comes from."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from paperback.runs.column import Column, last_part
from paperback.runs.lexicon import CLUSTER_KEYS, ITEM_KEYS

FEWEST_ITEMS = 10
# Results that sum up the items may stand beside them.
LEAST_SHARE = 0.5


def item_columns(columns: Mapping[str, Column], known: Iterable[Column]) -> dict[str, Column]:
    """`item`, and `cluster`, to its column; empty where the runs are no records of items.

    A key that names items in other repositories does so here only where it tells apart what the roles
    in `known` do not: several records of one method, data set and seed.
    """
    roles = list(known)
    item = _named(ITEM_KEYS, columns, roles)
    if item is None or len(item.values) < FEWEST_ITEMS or not _tells_apart(item, roles):
        return {}
    found = {"item": item}
    cluster = _named(CLUSTER_KEYS, columns, [*roles, item])
    if cluster is not None and not cluster.determines(item):
        found["cluster"] = cluster
    return found


def _named(names: Sequence[str], columns: Mapping[str, Column], taken: Sequence[Column]) -> Column | None:
    used = {column.key for column in taken}
    for name in names:
        for key in sorted(key for key in columns.keys() - used if last_part(key) == name):
            if columns[key].share >= LEAST_SHARE and not columns[key].is_constant:
                return columns[key]
    return None


def _tells_apart(item: Column, known: Sequence[Column]) -> bool:
    if not known:
        return False
    cells = Counter(zip(*(column.cells for column in known), strict=True))
    finer = Counter(zip(item.cells, *(column.cells for column in known), strict=True))
    return max(cells.values()) > 1 and max(finer.values()) < max(cells.values())
