"""The groups of parameters of an optimizer, of which a schedule reads and writes entries."""

from dataclasses import dataclass
from typing import Any

from paperback.code.equations.form import Real, num
from paperback.code.equations.sizes import Unknown
from paperback.code.equations.values import Hyper, Record

RATE = "lr"


@dataclass(frozen=True, slots=True)
class Optimizer:
    """An optimizer that is the argument `source`."""

    source: str


@dataclass(frozen=True, slots=True)
class Groups:
    """All groups of parameters of an optimizer."""

    source: str


@dataclass(frozen=True, slots=True)
class Group:
    """Any one of the groups; all hold the same."""

    source: str


def member(value: Optimizer | Groups | Group, name: str) -> Groups:
    """`optimizer.param_groups`.

    Raises:
        Unknown: Something else is asked for.
    """
    if isinstance(value, Optimizer) and name == "param_groups":
        return Groups(value.source)
    raise Unknown(f"the attribute {name} of an optimizer")


def each(rec: Record, groups: Groups) -> list[Group]:
    """One group that stands for all."""
    rec.assume(f"all groups of parameters of {groups.source} hold the same")
    return [Group(groups.source)]


def before(rec: Record, place: tuple[str, str]) -> Real:
    """What the groups of an optimizer held under a key when the function was called."""
    source = ".".join(place)
    name = next((name for name, hyper in rec.hypers.items() if hyper.source == source), "")
    if not name:
        name = rec.unique(f"{place[1]}_before")
        rec.hypers[name] = Hyper(name, num(1).value, False, source, "argument", rec.line)
    return Real(name)


def entry(rec: Record, group: Group, key: Any) -> Any:
    """What the group holds under `key`."""
    if not isinstance(key, str):
        raise Unknown("an entry of a group of parameters without a name")
    place = group.source, key
    found = rec.groups[place] if place in rec.groups else before(rec, place)
    if isinstance(found, Unknown):
        raise found
    return found


def write(rec: Record, group: Group, key: Any, value: Any) -> None:
    """`group[key] = value`."""
    if not isinstance(key, str):
        raise Unknown("an entry of a group of parameters without a name")
    rec.groups[group.source, key] = value


def holds(rec: Record, group: Group, key: Any) -> bool:
    """Whether the group has an entry `key`: a rate, and what was written; else it has none."""
    if key == RATE or (group.source, key) in rec.groups:
        return True
    rec.assume(f"the groups of parameters of {group.source} have no {key}")
    return False


def result(rec: Record) -> tuple[str, Any]:
    """What the code writes, as `optimizer.key`, and its value; the rate where there are several.

    Raises:
        Unknown: It writes nothing, or several things of which none is the rate.
    """
    rates = [place for place in rec.groups if place[1] == RATE] or list(rec.groups)
    if len(rates) != 1:
        raise Unknown("a function that returns nothing and writes no one entry of an optimizer")
    found = rec.groups[rates[0]]
    if isinstance(found, Unknown):
        raise found
    return ".".join(rates[0]), found
