"""A .bib file, read by pybtex, as references and findings."""

import logging
import re
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import accumulate
from pathlib import Path
from typing import Any

from paperback.finding import Finding
from paperback.literature.reference import Reference
from paperback.source import Source, digest, relative

_VENUES = ("journal", "journaltitle", "booktitle", "publisher", "school", "institution", "howpublished")


@dataclass(frozen=True, slots=True)
class Bibliography:
    """All works of a bibliography by their key, in the order of the file.

    Attributes:
        references: Key to work.
        findings: Entries that could not be read, works without title or year.
        digest: `digest` of the file; empty where there is none.
    """

    references: Mapping[str, Reference]
    findings: tuple[Finding, ...]
    digest: str = ""


def read_bibliography(path: Path, root: Path) -> Bibliography:
    """The works in `path`; none where there is no such file. What cannot be read is a finding."""
    place = Source(relative(path, root))
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        return Bibliography({}, ())
    except OSError as error:
        return Bibliography({}, (Finding("unreadable-bibliography", f"{place}: {error.strerror}", (place,)),))
    entries, findings = _entries(data.decode("utf-8-sig", errors="replace"), place)
    references = {key: _reference(key, entry) for key, entry in entries.items()}
    findings += [finding for work in references.values() for finding in _gaps(work, place)]
    return Bibliography(references, tuple(findings), digest(data))


def _entries(text: str, place: Source) -> tuple[dict[str, Any], list[Finding]]:
    entries, findings = _parse(text, place)
    if not findings:
        return entries, findings
    # One unclosed brace swallows every later entry, so a damaged file is read entry by entry.
    pieces = re.split(r"(?m)^(?=[ \t]*@)", text)
    macros = "".join(piece for piece in pieces if piece.lstrip().lower().startswith("@string"))
    entries, findings = {}, []
    for line, piece in zip(_lines(pieces), pieces, strict=True):
        if piece.lstrip().startswith("@") and piece not in macros:
            found, told = _parse(macros + piece, Source(place.path, line))
            told += [_duplicate(key, Source(place.path, line)) for key in found if key in entries]
            entries |= {key: entry for key, entry in found.items() if key not in entries}
            findings += told
    return entries, findings


def _lines(pieces: list[str]) -> list[int]:
    starts = accumulate((piece.count("\n") for piece in pieces), initial=1)
    return list(starts)[: len(pieces)]


def _duplicate(key: str, place: Source) -> Finding:
    return Finding("duplicate-reference", f"{place}: {key} is there already", (place,), "Delete one of them.")


def _parse(text: str, place: Source) -> tuple[dict[str, Any], list[Finding]]:
    from pybtex.database.input.bibtex import Parser

    with _errors_collected() as errors:
        try:
            database = Parser().parse_string(text)
        # pybtex raises many kinds on garbage; none may end a build.
        except Exception as error:
            errors.append(error)
            return {}, [_unreadable(error, place) for error in errors]
    return dict(database.entries.items()), [_unreadable(error, place) for error in errors]


@contextmanager
def _errors_collected() -> Iterator[list[Exception]]:
    from pybtex import errors

    with errors.capture() as captured, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        logging.getLogger("latexcodec").setLevel(logging.ERROR)
        yield captured


def _unreadable(error: Exception, place: Source) -> Finding:
    words = " ".join(str(error).split())
    return Finding(
        "unreadable-reference", f"{place}: {words}", (place,), "Mend this entry; it is left out until then."
    )


def _reference(key: str, entry: Any) -> Reference:
    fields = {str(name).lower(): " ".join(str(value).split()) for name, value in entry.fields.items()}
    for role, persons in entry.persons.items():
        fields[str(role).lower()] = " and ".join(str(person) for person in persons)
    persons = entry.persons.get("author") or entry.persons.get("editor") or []
    venue = next((fields[name] for name in _VENUES if fields.get(name)), "")
    if not venue and fields.get("eprint"):
        venue = f"arXiv:{fields['eprint']}"
    return Reference(
        key=str(key),
        kind=str(entry.type).lower(),
        authors=tuple(_name(person) for person in persons),
        title=plain(fields.get("title", "")),
        venue=plain(venue),
        year=plain(fields.get("year", "") or fields.get("date", "")[:4]),
        url=_address(fields),
        fields=fields,
    )


def _name(person: Any) -> tuple[str, str]:
    given = " ".join([*person.first_names, *person.middle_names])
    family = " ".join([*person.prelast_names, *person.last_names, *person.lineage_names])
    return plain(given), plain(family)


def _address(fields: Mapping[str, str]) -> str:
    if fields.get("doi"):
        return "https://doi.org/" + fields["doi"].removeprefix("https://doi.org/").replace("\\_", "_")
    if fields.get("url"):
        return fields["url"].replace("\\_", "_").replace("\\%", "%")
    return f"https://arxiv.org/abs/{fields['eprint']}" if fields.get("eprint") else ""


def plain(latex: str) -> str:
    """`latex` of a bibliography field as Unicode text: accents composed, braces and commands removed."""
    from pybtex.richtext import Text

    latex = re.sub(r"\\((?:La|Bib)?TeX)\b", r"\1", latex)
    try:
        words = str(Text.from_latex(latex))
    # An unbalanced brace in one title must not lose the work.
    except Exception:
        words = latex.replace("{", "").replace("}", "")
    words = re.sub(r"\\([$%&#_])", r"\1", re.sub(r"\\[a-zA-Z]+\s*", "", words))
    return " ".join(words.replace("~", " ").replace("--", "–").split())


def _gaps(work: Reference, place: Source) -> list[Finding]:
    missing = [name for name, value in (("title", work.title), ("year", work.year)) if not value]
    if not work.authors:
        missing.append("author")
    if not missing:
        return []
    names = " and ".join(missing)
    return [Finding("incomplete-reference", f"{place}: {work.key} has no {names}", (place,), f"Add {names}.")]
