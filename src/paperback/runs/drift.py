"""Settings that came, went or changed their name between runs that are averaged together."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache

from paperback.finding import Finding
from paperback.runs.column import last_part
from paperback.runs.lexicon import NUISANCE, word_set, words
from paperback.runs.run import Run, text
from paperback.runs.table import Role

_MOST = 5
_CELL = ("method", "dataset", "variant")
# Values that settings of any meaning share.
_COMMON = frozenset(("", "None", "none", "null", "True", "False", "true", "false"))
# Sections that tell of the machine.
_MACHINE = word_set("environment env_info system hardware devices gpus versions")


def drift(runs: Sequence[Run], roles: Mapping[str, Role]) -> Iterator[Finding]:
    """What runs of one method and data set do not all set: under another name, or not at all.

    A setting that is missing is neither null nor the default: the default of a later version may be another.
    """
    cells: dict[tuple[str, ...], list[Run]] = defaultdict(list)
    for run in runs:
        if run.params and "method" in run.identity:
            cells[tuple(run.identity.get(name, "") for name in _CELL)].append(run)
    renamed: dict[tuple[str, str], list[str]] = defaultdict(list)
    unset: dict[str, list[str]] = defaultdict(list)
    for (method, dataset, variant), members in sorted(cells.items()):
        who = f"{method} on {dataset}" if dataset else method
        who += f" ({variant})" if variant else ""
        partial = _partial(members)
        pairs = list(_pairs(partial, len(members)))
        for one, other in pairs:
            # Of one name in two sections, nothing was renamed.
            if last_part(one) != last_part(other):
                renamed[one, other].append(who)
        for key in partial.keys() - {name for pair in pairs for name in pair}:
            unset[key].append(f"{len(partial[key])} of {len(members)} runs of {who}")
    for (one, other), where in sorted(renamed.items()):
        message = (
            f"some runs of {_list(where)} set {one}, the others {other}, to the same value: it looks renamed"
        )
        yield Finding("renamed-setting", message, (), "Check that it is one setting, and name it alike.")
    if unset:
        shown = _list([f"{key} in {_list(where, most=2)}" for key, where in sorted(unset.items())], "; ")
        message = f"settings are known only of some runs that are averaged together: {shown}"
        yield Finding("unset-setting", message, (), "Find out what the other runs used.")


def _partial(runs: Sequence[Run]) -> dict[str, dict[int, str]]:
    """The settings that some of the runs have and others have not: run to value."""
    known: dict[str, dict[int, str]] = defaultdict(dict)
    for place, run in enumerate(runs):
        for key, value in run.params.items():
            if _may_drift(key):
                known[key][place] = text(value)
    return {key: found for key, found in known.items() if len(found) < len(runs)}


@lru_cache(maxsize=2**16)
def _may_drift(key: str) -> bool:
    """Whether a key is no description of a machine and names no run."""
    return last_part(key) not in NUISANCE and _MACHINE.isdisjoint(key.lower().split("."))


def _pairs(partial: Mapping[str, Mapping[int, str]], runs: int) -> Iterator[tuple[str, str]]:
    """Two settings of one value and with names that are alike, of which each run has one."""
    single = [
        key for key in sorted(partial) if len(told := set(partial[key].values())) == 1 and told - _COMMON
    ]
    for place, one in enumerate(single):
        for other in single[place + 1 :]:
            equal = set(partial[one].values()) == set(partial[other].values())
            if not equal or partial[one].keys() & partial[other].keys():
                continue
            if len(partial[one]) + len(partial[other]) == runs and _are_alike(one, other):
                yield one, other


def _are_alike(one: str, other: str) -> bool:
    """Whether the keys share a last word of their names, or one is the initials of the other: `lr`."""
    these, those = words(last_part(one)), words(last_part(other))
    initials = {"".join(word[0] for word in name) for name in (these, those) if len(name) > 1}
    return not set(these).isdisjoint(those) or not initials.isdisjoint({"".join(these), "".join(those)})


def _list(names: Sequence[str], sign: str = ", ", *, most: int = _MOST) -> str:
    rest = len(names) - most
    return sign.join(names[:most]) + (f" and {rest} more" if rest > 0 else "")
