"""The table of notation: one for the whole paper, from the symbols of its equations."""

from collections.abc import Iterable, Iterator

from paperback.code.equations import Symbol
from paperback.code.stated import Statement
from paperback.finding import Finding
from paperback.source import Source
from paperback.story.symbols import thing
from paperback.story.table import CodeCell, MathCell, Table, TextCell

KEY = "notation"


def notation_table(statements: Iterable[Statement]) -> Table | None:
    """One row per symbol and meaning, in the order of print; None where no equation is printed."""
    rows = tuple(_rows(_uses(statements)))
    if not rows:
        return None
    return Table(
        key=KEY,
        caption="Symbols of the equations that were derived from the code.",
        stub="",
        columns=("Symbol", "Meaning", "Shape", "First used in"),
        units=("", "", "", ""),
        rows=rows,
        spread="none",
        note="",
        highlight=(),
        why="introduces every symbol before it is used",
    )


def symbol_collisions(statements: Iterable[Statement]) -> Iterator[Finding]:
    """A finding for each symbol that stands for two things, with both places."""
    first: dict[str, tuple[Symbol, Statement]] = {}
    for symbol, users in _uses(statements):
        before = first.setdefault(symbol.latex, (symbol, users[0]))
        # What bears one name in the code is one thing, a parameter here and an argument there.
        if thing(before[0], before[1]) != thing(symbol, users[0]):
            yield Finding(
                "symbol-collision",
                f"{symbol.latex} is the {meaning_of(before[0])} in {before[1].source} "
                f"and the {meaning_of(symbol)} in {users[0].source}",
                (before[1].source, users[0].source),
                "Rename one of them in the code, or say in the notes which is meant.",
            )


def meaning_of(symbol: Symbol) -> str:
    """What a symbol stands for, in words: `argument gap`, `length K`."""
    name = _name(symbol)
    if symbol.meaning == "size":
        return f"length {name}" if name != symbol.latex else "length of an axis"
    return f"{symbol.meaning} {name}".strip()


def _name(symbol: Symbol) -> str:
    return symbol.name.rpartition(".")[2]


def _uses(statements: Iterable[Statement]) -> list[tuple[Symbol, list[Statement]]]:
    """Each symbol, once for each of its meanings, with the equations it stands in."""
    found: dict[tuple[str, str], tuple[Symbol, list[Statement]]] = {}
    for statement in statements:
        for symbol in statement.symbols if statement.lines else ():
            # A quoted function names itself.
            if symbol.meaning != "function":
                key = symbol.latex, meaning_of(symbol)
                if key[1] == "length of an axis":
                    # A length that the code gives no name is the one of that letter.
                    same = (known for known in found if known[0] == key[0] and known[1].startswith("length"))
                    key = next(same, key)
                found.setdefault(key, (symbol, []))[1].append(statement)
    return list(found.values())


def _rows(
    uses: Iterable[tuple[Symbol, list[Statement]]],
) -> Iterator[tuple[str, tuple[MathCell | TextCell | CodeCell, ...]]]:
    for symbol, users in uses:
        shape = rf"\left({', '.join(symbol.axes)}\right)" if symbol.axes else ""
        place = Source(users[0].source.path, users[0].source.line)
        yield (
            "",
            (
                MathCell(symbol.latex, symbol.name or symbol.meaning),
                TextCell(meaning_of(symbol)),
                MathCell(shape, " x ".join(symbol.axes)) if shape else TextCell(""),
                CodeCell(str(place), place),
            ),
        )
