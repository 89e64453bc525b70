"""The equations of a repository, derived from its source, each with what its last check found."""

import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from paperback.code.equations import Derivation, Symbol
from paperback.code.inventory import Inventory
from paperback.code.objectives import derive_place, is_line, place_slice
from paperback.code.record import Recorded
from paperback.errors import PaperbackError
from paperback.source import Source, digest

MOST = 6
SECONDS = 12.0
_TYPINGS = 5
_CALLED = ("forward", "__call__", "call")


@dataclass(frozen=True, slots=True)
class Target:
    """What may have an equation: its place, and the outline item that the equation answers."""

    place: str
    source: Source
    item: str


@dataclass(frozen=True, slots=True)
class Statement:
    """An equation of the code, or the reason why there is none.

    Attributes:
        place: `losses.py:SpreadBCE`.
        item: The outline item it answers.
        source: Where the code stands.
        lines: LaTeX, outputs first; empty where there is no equation.
        symbols: What the letters mean.
        digest: Of the code slice that it was derived from.
        found: What the check found for exactly these lines and this slice; None where nothing was checked.
        reason: Why there is no equation.
        objective: What a training loop calls it, where it is what the loop differentiates; else empty.
        decided: Which arms of conditions were taken and what stays a letter; code between backticks.
    """

    place: str
    item: str
    source: Source
    lines: tuple[str, ...]
    symbols: tuple[Symbol, ...]
    digest: str
    found: Recorded | None = None
    reason: str = ""
    objective: str = ""
    decided: tuple[str, ...] = ()


def targets(inventory: Inventory, named: Iterable[str] = ()) -> tuple[Target, ...]:
    """What may have an equation, without what no entry point reaches or other methods are made of.

    Places `named` by the author come first, then what the proposal is made of, the losses and then the
    objectives of the training loops last.
    """
    outside = {
        source for item in inventory.findings if item.kind == "unreachable-code" for source in item.sources
    }
    losses = {_place(item.name, item.source) for item in inventory.losses}
    found: dict[str, Target] = {}
    for fact in inventory.autograd:
        found[_place(fact.name, fact.source)] = Target(_place(fact.name, fact.source), fact.source, "L2d")
    modules = [item for item in inventory.modules if set(item.overrides) & set(_CALLED)]
    for module in sorted(modules, key=lambda item: not item.parameters):
        place = _place(module.name, module.source)
        if module.source not in outside and not {place, f"{place}.forward"} & losses:
            found.setdefault(place, Target(place, module.source, "L2b"))
    for loss in inventory.losses:
        if loss.kind == "custom":
            place = _place(loss.name, loss.source)
            found[place] = Target(place, loss.source, "L2c")
    for objective in inventory.objectives:
        # What is a definition as a whole is stated by the definition.
        if not objective.reason and not objective.definition:
            found[objective.place] = Target(objective.place, objective.source, "L2c")
    for place in named:
        path, _, name = place.partition(":")
        if path in inventory.files and name:
            found.setdefault(place, Target(place, Source(path), "L2b"))
    wanted = set(named)
    return tuple(
        item for item in found.values() if item.source.path not in inventory.rivals or item.place in wanted
    )


def serving(inventory: Inventory, named: Iterable[str] = ()) -> tuple[Target, ...]:
    """The targets that a reader needs: those the author names, the change, own operators, and losses."""
    wanted = set(named)
    changed = {(change.source.path, change.source.line) for change in inventory.changes}
    operators = {(item.source.path, item.source.line) for item in inventory.modules if item.parameters}
    contrast = inventory.contrast
    if contrast is not None and inventory.changes:
        changed.add((contrast.source.path, contrast.source.line))
    kept = [
        target
        for target in targets(inventory, wanted)
        if target.place in wanted
        or target.item in ("L2c", "L2d")
        or (target.source.path, target.source.line) in changed | operators
    ]
    ranks = {"L2b": 1, "L2d": 1, "L2c": 2}

    def rank(target: Target) -> int:
        return 0 if target.place in wanted else 3 if _is_objective(target) else ranks[target.item]

    return tuple(sorted(kept, key=rank))


def state_equations(
    root: Path, inventory: Inventory, record: Mapping[str, Recorded], named: Iterable[str] = ()
) -> tuple[Statement, ...]:
    """The equations that serve the paper, at most six; nothing of the repository is run.

    An objective is stated where its check found it equal to the code, and not before. Where the record holds
    a checked equation of the same code, that reading of the shapes is taken. What was not derived for want of
    room or time comes back with that reason.
    """
    stated: list[Statement] = []
    started = time.process_time()
    wanted = set(named)
    serve = [
        target
        for target in serving(inventory, wanted)
        if target.place in wanted or not _is_objective(target) or _is_verified(record.get(target.place))
    ]
    for number, target in enumerate(serve):
        if number >= MOST or time.process_time() - started > SECONDS:
            stated.append(_without(target, "the paper shows the first equations only"))
            continue
        stated.append(_stated(root, target, record.get(target.place)))
    return tuple(stated)


def _is_objective(target: Target) -> bool:
    return is_line(target.place.rpartition(":")[2])


def _is_verified(known: Recorded | None) -> bool:
    return known is not None and known.verified


def slice_digest(root: Path, place: str) -> str:
    """The digest of the definitions that `place` needs; empty where it is not there any more."""
    path, _, name = place.partition(":")
    try:
        return _digest(place_slice(root / path, name, root=root))
    except PaperbackError:
        return ""


def moved_verdicts(root: Path, record: Mapping[str, Recorded], places: Iterable[str]) -> dict[str, Recorded]:
    """The record with each verdict under the place at which its code stands now.

    The place of an objective is a line, which moves with every edit above it; its slice stays the same.
    """
    now = list(places)
    homeless = [place for place in record if is_line(place.rpartition(":")[2]) and place not in now]
    lines = [place for place in now if is_line(place.rpartition(":")[2])]
    known = [item for item in record.values() if is_line(item.place.rpartition(":")[2])]
    if not homeless and all(place not in record or _same_slice(root, record[place]) for place in lines):
        return dict(record)
    found = {place: item for place, item in record.items() if item not in known}
    left = {item.place: item for item in known}
    for place in lines:
        hashed = slice_digest(root, place)
        # Of two equal loops, each keeps its own verdict where it stands.
        exact = left.get(place)
        same = exact if exact and exact.digest == hashed else None
        same = same or next((item for item in left.values() if item.digest == hashed), None)
        if same is not None:
            found[place] = replace(same, place=place)
            del left[same.place]
    return found | {place: item for place, item in left.items() if place not in found}


def _same_slice(root: Path, item: Recorded) -> bool:
    return slice_digest(root, item.place) == item.digest


def _stated(root: Path, target: Target, known: Recorded | None) -> Statement:
    hashed = slice_digest(root, target.place)
    same = known is not None and known.digest == hashed
    try:
        derivation = _chosen(root, target, known if same else None)
    except PaperbackError as error:
        return _without(target, str(error))
    if derivation is None or not derivation.equations:
        reason = derivation.reason if derivation else ""
        return _without(target, reason or "the check found it to differ from the code")
    lines = tuple(str(line) for line in derivation.equations)
    agrees = same and known is not None and known.lines == lines
    source = Source(derivation.source.path, derivation.source.line, derivation.source.key)
    return Statement(
        target.place,
        target.item,
        source,
        lines,
        derivation.symbols,
        hashed,
        known if agrees else None,
        objective=derivation.name if _is_objective(target) else "",
        decided=derivation.decided,
    )


def _chosen(root: Path, target: Target, known: Recorded | None) -> Derivation | None:
    """The derivation with the lines of the record, else the first; None where the check refused them all."""
    if known is not None and known.verdict == "mismatch":
        return None
    first: Derivation | None = None
    for made in _derivations(root, target, most=_TYPINGS if known and known.lines else 1):
        first = first or made
        if known is None or tuple(map(str, made.equations)) == known.lines:
            return made
    return first


def _derivations(root: Path, target: Target, most: int) -> Iterator[Derivation]:
    path, _, name = target.place.partition(":")
    return derive_place(root / path, name, root=root, most=most)


def _without(target: Target, reason: str) -> Statement:
    return Statement(target.place, target.item, target.source, (), (), "", reason=reason)


def _place(name: str, source: Source) -> str:
    return f"{source.path}:{name}"


def _digest(files: Mapping[str, str]) -> str:
    return digest("\0".join(f"{name}\0{text}" for name, text in sorted(files.items())).encode())
