"""The ledger: every number, claim and verdict of a build with its sources, as evidence.json."""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from paperback.claims import Verdict, strength
from paperback.code.stated import Statement
from paperback.finding import Finding
from paperback.notes.prose import Code, Math, Text
from paperback.paper.document import (
    AlgorithmFloat,
    DiagramFloat,
    DiffFloat,
    Document,
    Equation,
    GraphFloat,
    TableFloat,
)
from paperback.paper.ledger_file import FORMAT
from paperback.paper.material import Material
from paperback.paper.printed import Printed, blocks, inlines_of, printed_numbers
from paperback.paper.questions import ItemState
from paperback.paper.write import Paper
from paperback.source import Source
from paperback.story.table import CodeCell, MathCell, TextCell

# A number as a reader sees one: not a part of a name such as ResNet50, `x2` or CIFAR-10.
NUMERAL = re.compile(r"(?<![\w.,\-])[+\-−]?\d+(?:,\d{3})*(?:\.\d+)?(?!\w|-\w|[.,]\d)")


def make_ledger(
    paper: Paper,
    material: Material,
    states: tuple[ItemState, ...],
    *,
    findings: tuple[Finding, ...],
    version: str,
) -> dict[str, Any]:
    """The ledger as JSON values; equal inputs give equal ledgers, byte for byte when written."""
    document = paper.document
    numbers = printed_numbers(document)
    derived = {line: item for item in material.equations for line in item.lines}
    # Many numbers share their sources: all that come from one comparison, all counts of runs.
    shared = dict.fromkeys(_sources(each.quantity.sources) for each in numbers)
    names = {sources: f"s{place}" for place, sources in enumerate(shared, start=1)}
    return {
        "format": FORMAT,
        "paperback": version,
        "title": document.title,
        "study": _study(material),
        "numbers": [_number(each, names) for each in numbers],
        "sources": {name: list(sources) for sources, name in names.items()},
        "claims": [claim_json(verdict) for verdict in material.verdicts],
        "outline": {state.item.id: {"state": state.state, "by": state.by} for state in states},
        "equations": [_equation(block, derived) for block in blocks(document) if isinstance(block, Equation)],
        "shown": [_shown(block) for block in blocks(document) if isinstance(block, TableFloat | GraphFloat)],
        "plan": [{"key": each.key, "shown": each.shown, "why": each.why} for each in material.story.plan],
        "typed": sorted(set(typed_numerals(document))),
        "files": dict(sorted((*material.table.files.items(), *material.inventory.files.items()))),
        "findings": [finding_json(finding) for finding in findings],
    }


def told(paper: Paper, material: Material, drawing: Iterable[Finding] = ()) -> tuple[Finding, ...]:
    """Every finding of a build, in the order of the rooms, those of `drawing` last; each once."""
    return tuple(
        dict.fromkeys(
            (
                *material.table.findings,
                *material.inventory.findings,
                *material.bibliography.findings,
                *material.notes.findings,
                *material.story.findings,
                *paper.findings,
                *drawing,
            )
        )
    )


def finding_json(finding: Finding) -> dict[str, Any]:
    """A finding as JSON values."""
    return {
        "kind": finding.kind,
        "message": finding.message,
        "sources": [str(source) for source in finding.sources],
        "mend": finding.mend,
        **({"cases": list(finding.cases)} if finding.cases else {}),
    }


def typed_numerals(document: Document) -> Iterator[str]:
    """Every numeral that stands in words: the author's own, those in names, captions, code and formulas."""
    for words in _words(document):
        yield from NUMERAL.findall(words)


def _words(document: Document) -> Iterator[str]:
    yield document.title
    yield from document.authors
    yield document.footer
    everything = tuple(blocks(document))
    for part in inlines_of(everything):
        match part:
            case Text(words):
                yield words
            case Code(text):
                yield text
            case Math(latex):
                yield latex
            case _:
                pass
    for block in everything:
        if isinstance(block, Equation):
            yield block.latex
        elif isinstance(block, TableFloat):
            yield from _table_words(block)
        elif isinstance(block, AlgorithmFloat):
            yield str(block.algorithm)
            yield from (str(line.source) for line in block.algorithm.lines)
            yield from (f"{given.help} {given.source}" for given in block.algorithm.inputs)
        elif isinstance(block, DiffFloat):
            yield f"{block.diff.caption} {block.diff.source} {block.diff.against}"
            yield from (f"{line.number} {line.text}" for line in block.diff.lines)
        elif isinstance(block, DiagramFloat):
            yield block.architecture.caption
    for section in document.sections:
        yield from (section.title, *(inner.title for inner in section.sections))


def _table_words(block: TableFloat) -> Iterator[str]:
    table = block.table
    yield from (table.caption, table.stub, table.note, *table.columns, *table.units)
    for name, cells in table.rows:
        yield name
        for cell in cells:
            if isinstance(cell, TextCell):
                yield cell.words
            elif isinstance(cell, MathCell):
                yield cell.latex
            elif isinstance(cell, CodeCell):
                yield cell.text


def _study(material: Material) -> dict[str, Any]:
    study = material.study
    return {
        "metric": study.metric.name,
        "split": study.split,
        "unit": study.metric.unit,
        "direction": study.metric.direction,
        "how": study.metric.how,
        "proposal": study.proposal,
        "methods": list(study.methods),
        "datasets": list(study.datasets),
        "seeds": list(study.seeds),
        "roles": {name: {"key": role.key, "how": role.how} for name, role in material.table.roles.items()},
    }


def _number(printed: Printed, names: Mapping[tuple[str, ...], str]) -> dict[str, Any]:
    quantity = printed.quantity
    recipe = quantity.recipe
    return {
        "id": printed.name,
        "printed": list(printed.texts),
        "value": quantity.value,
        "unit": quantity.unit,
        "recipe": {"kind": recipe.kind, "field": recipe.field, "arguments": dict(recipe.arguments)},
        "sources": names[_sources(quantity.sources)],
    }


def _sources(sources: Iterable[Source]) -> tuple[str, ...]:
    return tuple(sorted({str(source) for source in sources}))


def claim_json(verdict: Verdict) -> dict[str, Any]:
    """A claim with its verdict as JSON values."""
    claim = verdict.claim
    return {
        "kind": claim.kind,
        "method": claim.method,
        "over": claim.over,
        "metric": claim.metric,
        "split": claim.split,
        "datasets": list(claim.datasets),
        "declared": claim.declared,
        "verdict": str(verdict.word),
        "design": verdict.design,
        "strength": strength(verdict),
        "n": verdict.n,
        "gain": verdict.gain,
        "low": verdict.low,
        "high": verdict.high,
        "p_adjusted": verdict.p_adjusted,
        "correction": verdict.correction,
        "effect": verdict.effect,
        "reason": verdict.reason,
        "needed": verdict.needed,
    }


def _equation(equation: Equation, derived: Mapping[str, Statement]) -> dict[str, Any]:
    shown = {"key": equation.key, "latex": equation.latex, "source": str(equation.source or "")}
    item = derived.get(equation.latex)
    if item is None or equation.source != item.source:
        return shown
    verdict = item.found.verdict if item.found else "static only"
    return shown | {"place": item.place, "slice": item.digest, "verdict": verdict}


def _shown(block: TableFloat | GraphFloat) -> dict[str, str]:
    value = block.table if isinstance(block, TableFloat) else block.graph
    return {"key": value.key, "why": value.why}
