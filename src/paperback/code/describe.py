"""The inventory as plain data for a program, and as text for a terminal."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from paperback.code.diff import Diff
from paperback.code.inventory import Change, Contrast, Inventory, Layer, Level
from paperback.code.network import Network
from paperback.code.procedure import Algorithm, Phrase, Symbol
from paperback.finding import Finding
from paperback.source import Source

_MOST = 12
_MOST_DIFFS = 2
_MOST_CHANGES = 24
_MARKS = {"added": "+", "removed": "-", "gap": "⋮"}


def describe_code(inventory: Inventory) -> dict[str, Any]:
    """Everything the inventory holds, as JSON can hold it; each place is `file:line`."""
    return {
        "framework": inventory.framework,
        "files": len(inventory.files),
        "lines": inventory.lines,
        "level": _level(inventory.level),
        "contrast": _contrast(inventory.contrast),
        "changes": [_change(item) for item in inventory.changes],
        "diffs": [_diff(item) for item in inventory.diffs],
        **_facts(inventory),
        "equations": _equations(inventory),
        "algorithm": _algorithm(inventory.algorithm),
        "network": _network(inventory.network),
        "findings": [_finding(item) for item in inventory.findings],
    }


def _equations(inventory: Inventory) -> list[dict[str, Any]]:
    """What may have an equation, with the verdict of equations.json."""
    from paperback.code.stated import targets

    told = []
    for target in targets(inventory):
        found = inventory.checked.get(target.place)
        verdict = found.verdict if found else "not yet compared; run paperback verify"
        lines = list(found.lines) if found else []
        place = str(Source(target.source.path, target.source.line))
        told.append({"of": target.place, "place": place, "verdict": verdict, "lines": lines})
    return told


def _facts(inventory: Inventory) -> dict[str, Any]:
    return {
        "modules": [
            {
                "name": item.name,
                "bases": list(item.bases),
                "doc": item.doc,
                "layers": [_layer(layer) for layer in item.layers],
                "parameters": list(item.parameters),
                "place": str(item.source),
            }
            for item in inventory.modules
        ],
        "derivatives": [
            {"name": item.name, "doc": item.doc, "place": str(item.source)} for item in inventory.autograd
        ],
        "losses": [
            {
                "name": item.name,
                "kind": item.kind,
                "terms": list(item.terms),
                "doc": item.doc,
                "place": str(item.source),
            }
            for item in inventory.losses
        ],
        "objectives": [
            {
                "name": item.name,
                "of": list(item.entering),
                "decided": list(item.decided),
                "definition": item.definition,
                "reason": item.reason,
                "place": str(item.source),
            }
            for item in inventory.objectives
        ],
        **_training_facts(inventory),
    }


def _training_facts(inventory: Inventory) -> dict[str, Any]:
    return {
        "optimisers": [
            {"name": item.name, "arguments": list(item.arguments), "place": str(item.source)}
            for item in inventory.optimisers
        ],
        "loops": [
            {"function": item.function, "steps": list(item.steps), "place": str(item.source)}
            for item in inventory.loops
        ],
        "settings": [
            {
                "name": item.name,
                "default": item.default,
                "help": item.help,
                "how": item.how,
                "place": str(item.source),
            }
            for item in inventory.hyperparameters
        ],
        "data": [{"name": item.name, "doc": item.doc, "place": str(item.source)} for item in inventory.data],
    }


def _reasons(reasons: Iterable[tuple[str, Source]]) -> list[dict[str, str]]:
    return [{"rule": words, "place": str(source)} for words, source in reasons]


def _level(level: Level | None) -> dict[str, Any] | None:
    if level is None:
        return None
    return {
        "number": level.number,
        "reasons": _reasons(level.reasons),
        "unreachable": _reasons(level.unreachable),
        "baseline": _reasons(level.baseline),
    }


def _contrast(contrast: Contrast | None) -> dict[str, Any] | None:
    if contrast is None:
        return None
    return {
        "proposal": contrast.proposal,
        "place": str(contrast.source),
        "baseline": contrast.baseline,
        "against": str(contrast.against) if contrast.against else "",
        "how": contrast.how,
    }


def _change(change: Change) -> dict[str, str]:
    return {
        "kind": change.kind,
        "what": change.what,
        "words": change.words,
        "instead": change.instead,
        "when": change.when,
        "how": change.how,
        "place": str(change.source),
        "against": str(change.against) if change.against else "",
    }


def _diff(diff: Diff) -> dict[str, Any]:
    return {
        "name": diff.name,
        "baseline": diff.baseline,
        "place": str(diff.source),
        "against": str(diff.against),
        "added": diff.added,
        "removed": diff.removed,
        "left_out": diff.left_out,
        "lines": [{"kind": line.kind, "number": line.number, "text": line.text} for line in diff.lines],
    }


def _layer(layer: Layer) -> dict[str, Any]:
    return {
        "kind": layer.kind,
        "arguments": list(layer.arguments),
        "attribute": layer.attribute,
        "custom": layer.custom,
        "repeat": layer.repeat,
        "when": layer.when,
        "place": str(layer.source),
    }


def _phrase(phrase: Phrase) -> list[dict[str, str]]:
    return [{"symbol" if isinstance(part, Symbol) else "words": part.text} for part in phrase]


def _algorithm(algorithm: Algorithm | None) -> dict[str, Any] | None:
    if algorithm is None:
        return None
    return {
        "title": algorithm.title,
        "place": str(algorithm.source),
        "inputs": [
            {
                "role": item.role,
                "name": item.name,
                "value": item.value,
                "help": item.help,
                "place": str(item.source),
            }
            for item in algorithm.inputs
        ],
        "lines": [
            {
                "kind": line.kind,
                "depth": line.depth,
                "parts": _phrase(line.text),
                "text": str(line),
                "place": str(line.source),
            }
            for line in algorithm.lines
        ],
        "left_out": algorithm.left_out,
    }


def _network(network: Network | None) -> dict[str, Any] | None:
    if network is None:
        return None
    return {
        "name": network.name,
        "place": str(network.source),
        "nodes": [
            {
                "kind": node.kind,
                "name": node.name,
                "arguments": list(node.arguments),
                "repeat": node.repeat,
                "new": node.new,
                "detail": node.detail,
                "place": str(node.source),
            }
            for node in network.nodes
        ],
        "edges": [list(edge) for edge in network.edges],
        "lost": [str(source) for source in network.lost],
    }


def _finding(finding: Finding) -> dict[str, Any]:
    places = [str(source) for source in finding.sources]
    return {"kind": finding.kind, "message": finding.message, "mend": finding.mend, "places": places}


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
        _listed(
            "Equations", [(f"{item['of']}: {item['verdict']}", item["place"]) for item in told["equations"]]
        ),
        _listed("Data", [(item["name"], item["place"]) for item in told["data"]]),
        _listed(
            "Settings",
            [
                (f"{item['name']} = {item['default']}".rstrip(" ="), item["place"])
                for item in told["settings"]
            ],
        ),
        _shown_network(told["network"]),
        _shown_algorithm(told["algorithm"]),
        _listed("Findings", [(item["message"], "") for item in told["findings"]]),
    ]
    return "\n\n".join("\n".join(lines) for lines in parts if lines) + "\n"


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
        lines += [title, *(_row(item["rule"], item["place"]) for item in level[key])] if level[key] else []
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
    layers = ", ".join(dict.fromkeys(layer["kind"] for layer in item["layers"]))
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
