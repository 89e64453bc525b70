"""One work of the bibliography."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Reference:
    """One work of the bibliography; all texts are Unicode, without LaTeX.

    Attributes:
        key: Citation key.
        kind: BibTeX entry type, lower case: `article`, `inproceedings`, ...
        authors: (given names, family name) per author; organisations have empty given names.
        title: As in the bibliography, braces removed.
        venue: Journal, book title, publisher or institution; may be empty.
        year: As printed; may be empty.
        url: Web address, `https://doi.org/...` where there is a DOI; may be empty.
        fields: Every field as it stands in the file, for the LaTeX writer.
    """

    key: str
    kind: str
    authors: tuple[tuple[str, str], ...]
    title: str
    venue: str
    year: str
    url: str
    fields: Mapping[str, str]
