"""References as a reader sees them, formatted by us for the page and the preview."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from paperback.literature.reference import Reference
from paperback.notes.prose import Cite, Text
from paperback.paper.document import Inline

_ALL_NAMED = 6
_NAMED_OF_MANY = 5


@dataclass(frozen=True, slots=True)
class Printed:
    """A reference in pieces, in the order of print; empty pieces are left out.

    Attributes:
        authors: `A. Author, B. Author, and C. Author`.
        title: Without a full stop.
        venue: Set in italics.
        details: Volume, number and pages: `13(2):281–305`.
        year: As printed.
        url: Web address or empty.
    """

    authors: str
    title: str
    venue: str
    details: str
    year: str
    url: str


def tied(parts: Sequence[Inline]) -> tuple[Inline, ...]:
    """The parts, with blanks before citations that do not break the line."""
    made = list(parts)
    for position, (here, after) in enumerate(pairwise(parts)):
        if isinstance(here, Text) and isinstance(after, Cite) and here.words.endswith(" "):
            made[position] = Text(here.words.rstrip(" ") + "\N{NO-BREAK SPACE}")
    return tuple(made)


def format_reference(reference: Reference) -> Printed:
    """The reference in the style of the sciences: authors, title, venue, details, year."""
    title = reference.title.rstrip(".")
    return Printed(
        format_authors(reference.authors),
        title,
        reference.venue,
        _details(reference),
        reference.year,
        reference.url if reference.url.startswith(("https://", "http://")) else "",
    )


def format_authors(authors: Sequence[tuple[str, str]]) -> str:
    """Names with initials; of more than six authors the first five."""
    names = [f"{_initials(given)} {family}".strip() for given, family in authors]
    if len(names) > _ALL_NAMED:
        return ", ".join(names[:_NAMED_OF_MANY]) + ", et al."
    if len(names) > 2:
        return ", ".join(names[:-1]) + ", and " + names[-1]
    return " and ".join(names)


def ending(title: str) -> str:
    """The stop behind `title`: none where it ends in one of its own."""
    return "" if title.endswith(("?", "!", ".")) else "."


def _initials(given: str) -> str:
    # J.-P. keeps its hyphen; two letters stay together on a line.
    return "\N{NO-BREAK SPACE}".join(
        "-".join(f"{part[0]}." for part in word.split("-") if part) for word in given.split()
    )


def _details(reference: Reference) -> str:
    fields = reference.fields
    volume, number, pages = (_plain(fields.get(name, "")) for name in ("volume", "number", "pages"))
    issue = f"{volume}({number})" if volume and number else volume
    pages = pages.replace("---", "–").replace("--", "–")
    if issue and pages:
        return f"{issue}:{pages}"
    return issue or (f"pages {pages}" if pages else "")


def _plain(field: str) -> str:
    return field.replace("{", "").replace("}", "").replace("\\", "").strip()
