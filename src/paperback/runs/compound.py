"""Names that are put together, such as `a2c-Acrobot-v1`, taken apart by a part that is known."""

from collections.abc import Iterable, Sequence

from paperback.runs.column import Column

_SIGNS = "-_.+@"
# Now and then a log names another version of the data set than its folder.
_SHARE = 0.9


def without_known(part: Column, known: Sequence[Column]) -> Column:
    """The column without the data set or the method, where a setting names it and nearly all cells hold it.

    Cells that hold another name lose it where what is left stands in other cells too.
    """
    for column in known:
        if column.is_constant or part.cells == column.cells:
            continue
        rests = [_rest(cell, name) for cell, name in zip(part.cells, column.cells, strict=True)]
        found = {rest for rest in rests if rest}
        if sum(map(bool, rests)) < _SHARE * len(rests):
            continue
        whole = [rest or _known(cell, found) for cell, rest in zip(part.cells, rests, strict=True)]
        # A number beside the name, as in `mlp-3`, is a setting.
        if all(whole) and any(sign.isalpha() for rest in whole if rest for sign in rest):
            return Column(part.key, tuple(whole))
    return part


def names_any(part: Column, known: Column) -> bool:
    """Whether a cell of the part holds the name that stands in its run's cell of the other column."""
    pairs = {*zip(part.cells, known.cells, strict=True)}
    return any(cell and name and name.lower() in cell.lower() for cell, name in pairs)


def _rest(cell: str | None, name: str | None) -> str | None:
    """What stands before or behind the name in the cell, beyond a sign; None where it does not end so."""
    if not cell or not name:
        return None
    for sign in _SIGNS:
        if cell.endswith(f"{sign}{name}"):
            return cell[: -len(name) - 1]
        if cell.startswith(f"{name}{sign}"):
            return cell[len(name) + 1 :]
    return None


def _known(cell: str | None, rests: Iterable[str]) -> str | None:
    """The longest of the rests with which the cell begins or ends."""
    fitting = [
        rest
        for rest in rests
        for sign in _SIGNS
        if cell and (cell.startswith(f"{rest}{sign}") or cell.endswith(f"{sign}{rest}"))
    ]
    return max(fitting, key=len, default=None)
