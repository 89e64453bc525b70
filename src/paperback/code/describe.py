"""The inventory as plain data for a program."""

from collections.abc import Iterable
from typing import Any

from paperback.code.diff import Diff
from paperback.code.inventory import Change, Contrast, Inventory, Layer, Level
from paperback.code.network import Network
from paperback.code.procedure import Algorithm, Phrase, Symbol
from paperback.finding import Finding
from paperback.source import Source

NOT_COMPARED = "not yet compared; run paperback verify"


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
        verdict = found.verdict if found else NOT_COMPARED
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
        "seeds": [
            {"generator": item.generator, "seed": item.seed, "place": str(item.source)}
            for item in inventory.seeds
        ],
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
