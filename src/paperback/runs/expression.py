"""Roles that the paths play, written as the expression by which an author would declare them."""

import re
from collections.abc import Iterable, Mapping, Sequence

from paperback.runs.place import Places, places_of
from paperback.runs.run import Run
from paperback.runs.table import Role

_COUNT = r"(?:seed|sd|rs|s|run|trial|rep|replicate)?[._=-]?0*(?P<seed>\d+)"
_END = r"(?:\.[A-Za-z]+)*(?:[/#].*)?$"


def path_expression(runs: Sequence[Run], roles: Mapping[str, Role]) -> tuple[str, frozenset[str]]:
    """A regular expression on the ids of `runs`, for `[runs] names`, and the roles that its groups name.

    Only roles that were read from the paths and that the expression gives back for every run are named; where
    there are none, the expression is empty.
    """
    places = places_of(runs)
    keys = {part.key for part in (*places.parts, *places.fixed)}
    wanted = {role.key: name for name, role in roles.items() if role.key in keys}
    if places.seed and "seed" in roles and not any(roles["seed"].key in run.params for run in runs):
        wanted[places.seed.key] = "seed"
    while wanted:
        expression = _expression(places, wanted)
        wrong = _wrong(re.compile(expression), runs, list(wanted.values()))
        if not wrong:
            return expression, frozenset(wanted.values())
        wanted = {key: name for key, name in wanted.items() if name not in wrong}
    return "", frozenset()


def _expression(places: Places, wanted: Mapping[str, str]) -> str:
    text = "^"
    fixed = {part.key: part.cells[0] for part in places.fixed}
    asked = [key in wanted or (key == places.ends and "seed" in wanted.values()) for _, key in places.levels]
    deepest = len(asked) - asked[::-1].index(True) if any(asked) else 0
    for place, (mark, key) in enumerate(places.levels[:deepest]):
        text += mark if place else ""
        seeded = key == places.ends and places.seed is not None and places.seed.key in wanted
        if key in wanted:
            text += f"(?P<{wanted[key]}>[^/]+?)" + (f"[._-]?{_COUNT}" if seeded else "")
        elif seeded:
            text += r"[^/]*?0*(?P<seed>\d+)"
        else:
            text += re.escape(fixed[key] or "") if fixed.get(key) else "[^/]*?"
    return text + _END


def _wrong(expression: re.Pattern[str], runs: Sequence[Run], names: Iterable[str]) -> set[str]:
    """The roles that the expression does not give back."""
    wrong: set[str] = set()
    for run in runs:
        match = expression.search(run.id)
        found = match.groupdict() if match else {}
        wrong |= {name for name in names if found.get(name) != run.identity.get(name)}
    return wrong
