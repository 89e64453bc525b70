"""Outputs and named intermediates to the lines of one equation."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from paperback.code.equations.form import (
    ONE,
    Add,
    Bool,
    Call,
    Cat,
    Cmp,
    Det,
    El,
    Expr,
    Inv,
    Lam,
    Order,
    Range,
    Red,
    Sym,
    Var,
    canonical,
    children,
    free,
    fresh,
    rebuild,
    subst,
    walk,
    weight,
)
from paperback.code.equations.reduce import occupied, simplify
from paperback.code.equations.sizes import Unknown
from paperback.code.equations.tensor import delinearize, opened
from paperback.code.equations.values import Definition, Record

SHORT = 12
LARGEST = 2_500


@dataclass(frozen=True, slots=True)
class Lines:
    """Definitions to print: outputs as traced in `raw` and finished in `main`, then intermediates."""

    main: tuple[Definition, ...]
    where: tuple[Definition, ...]
    raw: tuple[Definition, ...] = ()


def gather(outputs: list[Definition], record: Record, keep: frozenset[str] = frozenset()) -> Lines:
    """`outputs` with intermediates inlined where they are short or used once.

    Raises:
        Unknown: The equation is too large.
    """
    table = dict(record.definitions)
    recurrent = {name for name, item in table.items() if item.recurrent}
    pinned = _whole_arguments(outputs, table) | _wholes(outputs, table) | keep | recurrent
    kept = set(pinned) | {name for name, item in table.items() if isinstance(item.body, Cat)}
    while True:
        main = [_finished(item, table, kept, record.letters) for item in outputs]
        where = _needed(main, table, kept, record.letters)
        uses = _uses([*main, *where.values()])
        loose = {name for name in kept - pinned if uses.get(name, 0) <= 1}
        heavy = _heavy([*main, *where.values()], table, kept)
        if loose and not heavy - kept:
            kept -= loose
            table = {**table, **{name: where[name] for name in where}}
            continue
        if heavy <= kept:
            break
        kept |= heavy
    if sum(weight(item.body) for item in (*main, *where.values())) > LARGEST:
        raise Unknown("an equation of more than a page")
    return Lines(tuple(main), tuple(where.values()), tuple(outputs))


def _whole_arguments(outputs: list[Definition], table: Mapping[str, Definition]) -> frozenset[str]:
    """Intermediates that stand as whole tensors in an opaque call must keep their name."""
    found: set[str] = set()
    for item in (*outputs, *table.values()):
        for part in walk(item.body):
            if isinstance(part, Call):
                found |= {inner.name for arg in part.args for inner in walk(arg) if isinstance(inner, El)}
    return frozenset(found & table.keys())


def _wholes(outputs: list[Definition], table: Mapping[str, Definition]) -> frozenset[str]:
    """Intermediates that are sorted, or a matrix as a whole, and what sorting gives."""
    found = {name for name, item in table.items() if isinstance(item.body, Order)}
    for item in (*outputs, *table.values()):
        for part in walk(item.body):
            if isinstance(part, Order | Det | Inv):
                whole = part.entries if isinstance(part, Order) else part.matrix
                found |= {inner.name for inner in walk(whole) if isinstance(inner, El)}
    return frozenset(found & table.keys())


def _finished(
    item: Definition, table: Mapping[str, Definition], kept: set[str], letters: frozenset[str]
) -> Definition:
    made = (simplify(opened(inline(part, table, kept))) for part in item.parts)
    body, *first = (simplify(occupied(part, letters)) for part in made)
    return replace(item, body=body, first=first[0] if first else None)


def inline(expr: Expr, table: Mapping[str, Definition], kept: set[str]) -> Expr:
    """`expr` with every intermediate replaced by its body, except those in `kept`."""
    inner = rebuild(expr, lambda child: inline(child, table, kept))
    if isinstance(inner, El) and inner.name in table and inner.name not in kept:
        item = table[inner.name]
        if item.recurrent:
            return inner
        new: dict[str, Expr] = {}
        for axis, index in zip(item.axes, inner.index, strict=True):
            new |= delinearize(index, axis)
        return inline(subst(item.body, new), table, kept)
    return inner


def _needed(
    main: list[Definition], table: Mapping[str, Definition], kept: set[str], letters: frozenset[str]
) -> dict[str, Definition]:
    """Kept intermediates that the lines use, in the order in which they are first used."""
    found: dict[str, Definition] = {}
    queue = list(main)
    while queue:
        item = queue.pop(0)
        for part in (inner for whole in item.parts for inner in walk(whole)):
            if isinstance(part, El) and part.name in table and part.name in kept and part.name not in found:
                found[part.name] = _finished(table[part.name], table, kept, letters)
                queue.append(found[part.name])
    return found


def _uses(items: list[Definition]) -> dict[str, int]:
    counts: dict[str, int] = {}
    for item in items:
        for part in (inner for whole in item.parts for inner in walk(whole)):
            if isinstance(part, El):
                counts[part.name] = counts.get(part.name, 0) + 1
    return counts


def _heavy(items: list[Definition], table: Mapping[str, Definition], kept: set[str]) -> set[str]:
    """Intermediates that the author names and uses often, and that are long."""
    if sum(weight(item.body) for item in items) <= LARGEST // 8:
        return set()
    counts: dict[str, int] = {}
    for item in (*items, *table.values()):
        for part in walk(item.body):
            if isinstance(part, El) and part.name in table:
                counts[part.name] = counts.get(part.name, 0) + 1
    long = {name for name, count in counts.items() if count > 1 and weight(table[name].body) > SHORT}
    return long | kept if long - kept else set()


def authored(lines: Lines, record: Record, keep: frozenset[str], at: int) -> str | None:
    """The author's largest intermediate in the line that is too long; None where there is none."""
    target = [*lines.main, *lines.where][at]
    whole = weight(target.body)
    present = {item.name for item in (*lines.main, *lines.where)}
    best: tuple[int, str] | None = None
    raw = next((item for item in lines.raw if item.name == target.name), target)
    for name in _reached([raw], record.definitions):
        item = record.definitions[name]
        if name in keep or name in present or name == target.name:
            continue
        size = weight(_finished(item, record.definitions, set(keep), record.letters).body)
        score = size * _references(name, record.definitions)
        if 7 <= size <= 0.75 * whole and (best is None or score > best[0]):
            best = score, name
    return best[1] if best else None


def _references(name: str, table: Mapping[str, Definition]) -> int:
    found = (part for item in table.values() for part in walk(item.body))
    return max(1, sum(1 for part in found if isinstance(part, El) and part.name == name))


def _reached(items: list[Definition], table: Mapping[str, Definition]) -> list[str]:
    """Names of intermediates that the original bodies of `items` lead to."""
    found: list[str] = []
    queue = [table.get(item.name, item) for item in items]
    while queue:
        for part in walk(queue.pop(0).body):
            if isinstance(part, El) and part.name in table and part.name not in found:
                found.append(part.name)
                queue.append(table[part.name])
    return found


def extract(lines: Lines, taken: set[str], at: int) -> Lines | None:
    """The lines with a part of line `at` as an intermediate; None where none is left."""
    items = [*lines.main, *lines.where]
    target = items[at]
    whole = weight(target.body)
    best: tuple[int, Expr, tuple[Range, ...]] | None = None
    for part, ranges in _parts(target.body, target.ranges):
        size = weight(part)
        repeated = _count(target.body, part)
        score = size * repeated
        # A long sum may be nearly the whole line: on a line of its own it breaks at its signs.
        most = whole - 1 if isinstance(part, Add) and len(part.terms) > 3 else 0.8 * whole
        if size < 5 or size > most or isinstance(part, El | Lam | Sym | Var):
            continue
        balance = min(score, whole - score + size)
        if best is None or balance > best[0]:
            best = balance, part, ranges
    if best is None:
        return None
    _, part, ranges = best
    name = next(stem for stem in (f"aux_{n}" for n in range(1, 1000)) if stem not in taken)
    taken.add(name)
    own = {old: fresh() for old, _ in ranges}
    body = subst(part, {old: Var(new) for old, new in own.items()})
    made = Definition(name, tuple(((own[old], size),) for old, size in ranges), body, target.line)
    items = [replace(item, body=_replaced(item.body, made)) for item in items]
    count = len(lines.main)
    return Lines(tuple(items[:count]), (*items[count:], made), lines.raw)


def _parts(expr: Expr, ranges: tuple[Range, ...]) -> list[tuple[Expr, tuple[Range, ...]]]:
    """Inner scalars with the ranges of the index variables they use."""
    found: list[tuple[Expr, tuple[Range, ...]]] = []
    inner = (*ranges, *expr.ranges) if isinstance(expr, Red) else ranges
    for child in children(expr):
        if isinstance(child, Lam) or _is_size(child, expr):
            continue
        if not isinstance(child, Cmp | Bool):
            used = free(child)
            found.append((child, tuple(item for item in inner if item[0] in used)))
        found += _parts(child, inner)
    return found


def _is_size(child: Expr, parent: Expr) -> bool:
    return isinstance(parent, Red) and any(child is size for _, size in parent.ranges)


def _count(expr: Expr, part: Expr) -> int:
    key = canonical(part)
    return sum(1 for item in walk(expr) if type(item) is type(part) and canonical(item) == key)


def _replaced(expr: Expr, made: Definition) -> Expr:
    """`expr` with every part that equals the body of `made`, for some indices, named."""
    found = match(made.body, expr, frozenset(name for name, _ in made.ranges))
    if found is not None and all(name in found for name, _ in made.ranges):
        return El(made.name, tuple(found[name] for name, _ in made.ranges))
    return rebuild(expr, lambda child: _replaced(child, made))


def match(pattern: Expr, expr: Expr, holes: frozenset[str]) -> dict[str, Expr] | None:
    """What the index variables `holes` of `pattern` stand for in `expr`; None where they differ otherwise."""
    found: dict[str, Expr] = {}
    return found if _match(canonical(pattern), canonical(expr), holes, found) else None


def _match(pattern: Expr, expr: Expr, holes: frozenset[str], found: dict[str, Expr]) -> bool:
    if isinstance(pattern, Var) and pattern.name in holes:
        if isinstance(expr, Var) and not expr.name.startswith("@"):
            return found.setdefault(pattern.name, expr) == expr
        return False
    if type(pattern) is not type(expr):
        return False
    mine, theirs = list(children(pattern)), list(children(expr))
    if len(mine) != len(theirs) or _shell(pattern) != _shell(expr):
        return False
    return all(_match(a, b, holes, found) for a, b in zip(mine, theirs, strict=True))


def _shell(expr: Expr) -> Expr:
    """`expr` with its children blanked, so that only its own words remain."""
    return expr if isinstance(expr, Var | Sym) or not list(children(expr)) else rebuild(expr, lambda _: ONE)
