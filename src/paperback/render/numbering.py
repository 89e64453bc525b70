"""What a reader sees of keys: `Table 1`, `Eq. (2)`, `Section 3.1`, `[4]`; the same in every writer."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from paperback.finding import Finding
from paperback.paper.document import (
    AlgorithmFloat,
    DiagramFloat,
    DiffFloat,
    Document,
    Equation,
    GraphFloat,
    Section,
    TableFloat,
)
from paperback.render.folder import safe_name

Kind = Literal["section", "equation", "table", "figure", "algorithm", "listing"]
_PREFIX: Mapping[Kind, str] = {
    "section": "sec", "equation": "eq", "table": "tab", "figure": "fig", "algorithm": "alg",
    "listing": "lst",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Place:
    """A numbered place of the paper.

    Attributes:
        kind: What stands there.
        number: `3`, or `3.1` for a subsection.
        anchor: Unique name, safe as a label and as an HTML id.
    """

    kind: Kind
    number: str
    anchor: str

    @property
    def words(self) -> str:
        """As printed: `Table 1`, with a blank that does not break."""
        if self.kind == "equation":
            return f"Eq.\N{NO-BREAK SPACE}({self.number})"
        return f"{self.kind.capitalize()}\N{NO-BREAK SPACE}{self.number}"


@dataclass(frozen=True, slots=True)
class Numbering:
    """The numbers of a document.

    Attributes:
        places: By key; of two places with one key the first.
        floats: By kind and key, for captions; right also where a section has the same key.
        works: Number of a cited work by its key, in the order of the references.
        findings: Keys given twice.
    """

    places: Mapping[str, Place]
    floats: Mapping[tuple[Kind, str], Place]
    works: Mapping[str, int]
    findings: tuple[Finding, ...]


def number_document(document: Document) -> Numbering:
    """The numbers of all sections, equations, tables, figures, algorithms, listings and cited works."""
    places: dict[str, Place] = {}
    floats: dict[tuple[Kind, str], Place] = {}
    findings: list[Finding] = []
    counts: dict[Kind, int] = {}
    for key, kind, number in _keyed(document):
        if not number:
            counts[kind] = counts.get(kind, 0) + 1
        # A table that goes on bears the number of its first part.
        shown = floats[kind, number].number if (kind, number) in floats else number or str(counts[kind])
        place = Place(kind, shown, f"{_PREFIX[kind]}:{safe_name(key)}")
        floats.setdefault((kind, key), place)
        if key in places:
            findings.append(
                Finding("duplicate-key", f"the key {key!r} names two places of the paper", (), "Rename one.")
            )
        else:
            places[key] = place
    works = {reference.key: position for position, reference in enumerate(document.references, start=1)}
    return Numbering(places, floats, works, tuple(findings))


def _keyed(document: Document) -> Iterator[tuple[str, Kind, str]]:
    for position, section in enumerate(document.sections, start=1):
        yield from _keyed_in(section, str(position))


def _keyed_in(section: Section, number: str) -> Iterator[tuple[str, Kind, str]]:
    yield section.key, "section", number
    for block in section.blocks:
        match block:
            case Equation(key=key) if key:
                yield key, "equation", ""
            case TableFloat(table=table):
                yield table.key, "table", table.continues
            case GraphFloat(graph=graph):
                yield graph.key, "figure", ""
            case DiagramFloat(architecture=architecture):
                yield architecture.key, "figure", ""
            case AlgorithmFloat(key=key):
                yield key, "algorithm", ""
            case DiffFloat(key=key):
                yield key, "listing", ""
            case _:
                pass
    for position, inner in enumerate(section.sections, start=1):
        yield from _keyed_in(inner, f"{number}.{position}")
