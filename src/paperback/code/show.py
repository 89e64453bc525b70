"""The inventory as text for a terminal."""

from collections.abc import Mapping, Sequence
from typing import Any

from paperback.code.describe import NOT_COMPARED

_MOST = 12
_MOST_DIFFS = 2
_FEW = 4
_MOST_UNCOUNTED = 6
_MOST_CHANGES = 24
_MARKS = {"added": "+", "removed": "-", "gap": "⋮"}


def show_code(told: Mapping[str, Any]) -> str:
    """What `describe_code` gave, as text for a terminal; long lists are cut and say so."""
    framework = f", {told['framework']}" if told["framework"] else ""
    parts = [
        [f"{told['files']} source files, {told['lines']} lines{framework}"],
        _shown_level(told["level"]),
        _shown_changes(told["contrast"], told["changes"]),
        *(_shown_diff(item) for item in told["diffs"][:_MOST_DIFFS]),
        _listed("Networks", [_shown_module(item) for item in told["modules"]]),
        _listed(
            "Derivatives written by hand", [(item["name"], item["place"]) for item in told["derivatives"]]
        ),
        _listed("Losses", [(f"{item['name']} ({item['kind']})", item["place"]) for item in told["losses"]]),
        _listed("Objectives", [_shown_objective(item) for item in told["objectives"]]),
        _listed("Optimisers", [(_called(item), item["place"]) for item in told["optimisers"]]),
        _shown_equations(told["equations"]),
        _listed("Data", [(item["name"], item["place"]) for item in told["data"]]),
        _shown_seeds(told["seeds"], trains=told["algorithm"] is not None),
        _shown_settings(told),
        _shown_network(told["network"]),
        _shown_algorithm(told["algorithm"]),
        _listed("Findings", [(item["message"], "") for item in told["findings"]]),
    ]
    return "\n\n".join("\n".join(lines) for lines in parts if lines) + "\n"


def _shown_equations(equations: Sequence[Mapping[str, Any]]) -> list[str]:
    """Those that were compared with their verdict; of many others only how many there are."""
    known = [item for item in equations if item["verdict"] != NOT_COMPARED]
    if len(equations) - len(known) <= _FEW:
        known = list(equations)
    rows = _listed("Equations", [(f"{item['of']}: {item['verdict']}", item["place"]) for item in known])
    left = len(equations) - len(known)
    if not left:
        return rows
    words = f"{left} definitions and objectives may have an equation that was not compared with the code yet"
    return [*(rows or ["Equations"]), f"  {words}; run paperback verify"]


def _shown_seeds(seeds: Sequence[Mapping[str, str]], *, trains: bool) -> list[str]:
    """One row a file: which generators are seeded, and with what; that none is, where something trains."""
    rows: dict[tuple[str, str], tuple[list[str], str]] = {}
    for item in seeds:
        path = item["place"].rpartition(":")[0]
        generators, _ = rows.setdefault((path, item["seed"]), ([], item["place"]))
        if item["generator"] not in generators:
            generators.append(item["generator"])
    if not rows and trains:
        return ["Seeds", "  no generator of random numbers is seeded"]
    return _listed(
        "Seeds", [(f"{', '.join(names)}: {seed}", place) for (_, seed), (names, place) in rows.items()]
    )


def _shown_settings(told: Mapping[str, Any]) -> list[str]:
    """The settings, those of the procedure first, then those of the script that it stands in."""
    algorithm = told["algorithm"]
    named = {item["name"] for item in algorithm["inputs"]} if algorithm else set()
    paths = {line["place"].rpartition(":")[0] for line in algorithm["lines"]} if algorithm else set()

    def rank(item: Mapping[str, str]) -> tuple[bool, bool]:
        near = item["place"].rpartition(":")[0] in paths
        return not (near and item["name"] in named), not near

    rows = [
        (f"{item['name']} = {item['default']}".rstrip(" ="), item["place"])
        for item in sorted(told["settings"], key=rank)
    ]
    return _listed("Settings", rows)


def _listed(title: str, rows: Sequence[tuple[str, str]]) -> list[str]:
    if not rows:
        return []
    more = [f"  … and {len(rows) - _MOST} more"] if len(rows) > _MOST else []
    return [f"{title} ({len(rows)})", *(_row(words, place) for words, place in rows[:_MOST]), *more]


def _shown_objective(item: Mapping[str, Any]) -> tuple[str, str]:
    if item["reason"]:
        return f"{item['name']}: not sliced: {item['reason']}", item["place"]
    decided = f"; {'; '.join(item['decided'])}" if item["decided"] else ""
    whole = f" is {item['definition']}" if item["definition"] else ""
    return f"{item['name']}{whole} of {', '.join(item['of'])}{decided}", item["place"]


def _row(words: str, place: str) -> str:
    return f"  {words}  [{place}]" if place else f"  {words}"


def _called(item: Mapping[str, Any]) -> str:
    return f"{item['name']}({', '.join(item['arguments'])})"


def _shown_level(level: Mapping[str, Any] | None) -> list[str]:
    if level is None:
        return ["No level of modeling: no network is built here"]
    lines = [f"Level {level['number']} of modeling, because"]
    lines += [_row(item["rule"], item["place"]) for item in level["reasons"]]
    for title, key in (
        ("Not counted, the baseline has it too", "baseline"),
        ("Not counted, not reached", "unreachable"),
    ):
        rows = [_row(item["rule"], item["place"]) for item in level[key]]
        more = [f"  … and {len(rows) - _MOST_UNCOUNTED} more"] if len(rows) > _MOST_UNCOUNTED else []
        lines += [title, *rows[:_MOST_UNCOUNTED], *more] if rows else []
    return lines


def _shown_changes(contrast: Mapping[str, Any] | None, changes: Sequence[Mapping[str, str]]) -> list[str]:
    if contrast is None:
        return []
    against = (
        f" against {contrast['baseline']} ({contrast['how']})"
        if contrast["baseline"]
        else ", no baseline known"
    )
    lines = [f"The change: {contrast['proposal']}{against}"]
    for item in changes[:_MOST_CHANGES]:
        instead = f" in place of {item['instead']}" if item["instead"] else ""
        when = f" when {item['when']}" if item["when"] else ""
        lines.append(_row(f"{item['kind']} {item['what']}: {item['words']}{instead}{when}", item["place"]))
    if not changes and contrast["baseline"]:
        lines.append("  nothing that is read here differs")
    if len(changes) > _MOST_CHANGES:
        lines.append(f"  … and {len(changes) - _MOST_CHANGES} more")
    return lines


def _shown_diff(diff: Mapping[str, Any]) -> list[str]:
    head = f"{diff['name']} against {diff['baseline']}: +{diff['added']} −{diff['removed']} lines"
    lines = [f"  {_MARKS.get(line['kind'], ' ')} {line['text']}".rstrip() for line in diff["lines"]]
    more = [f"  ({diff['left_out']} changed lines left out)"] if diff["left_out"] else []
    return [_row(head, diff["place"]).lstrip(), *lines, *more]


def _shown_module(item: Mapping[str, Any]) -> tuple[str, str]:
    kinds = (layer["kind"] for layer in item["layers"])
    layers = ", ".join(dict.fromkeys(kind for kind in kinds if kind != "Parameter" or not item["parameters"]))
    own = ", ".join(f"{name}: Parameter" for name in item["parameters"])
    inside = ", ".join(part for part in (own, layers) if part)
    return (f"{item['name']}: {inside}" if inside else item["name"]), item["place"]


def _shown_network(network: Mapping[str, Any] | None) -> list[str]:
    if network is None:
        return []
    lines = [f"Forward pass of {network['name']}"]
    for here, node in enumerate(network["nodes"]):
        given = ", ".join(str(a + 1) for a, b in network["edges"] if b == here)
        repeat = f" × {node['repeat']}" if node["repeat"] else ""
        new = " (new)" if node["new"] else ""
        arrow = f" ← {given}" if given else ""
        lines.append(_row(f"{here + 1:>2} {node['name']}{repeat}{new}{arrow}", node["place"]))
    lost = len(network["lost"])
    lines += (
        [_row(f"({lost} calls could not be followed, so there is no figure)", network["lost"][0])]
        if lost
        else []
    )
    return lines


def _shown_algorithm(algorithm: Mapping[str, Any] | None) -> list[str]:
    if algorithm is None:
        return []
    lines = [f"{algorithm['title']}  [{algorithm['place']}]"]
    for item in algorithm["inputs"]:
        value = f" = {item['value']}" if item["value"] else ""
        lines.append(_row(f"{item['role']} {item['name']}{value}", item["place"]))
    lines += [
        _row(f"{number:>2} {line['text']}", line["place"])
        for number, line in enumerate(algorithm["lines"], 1)
    ]
    lines += [f"  ({algorithm['left_out']} lines left out)"] if algorithm["left_out"] else []
    return lines
