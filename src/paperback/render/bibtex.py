"""references.bib: the cited works, safe for BibTeX and LaTeX."""

import re
from collections.abc import Sequence

from paperback.literature.reference import Reference
from paperback.render.folder import safe_name
from paperback.render.tex_text import escape

_KINDS = frozenset(
    ("article", "book", "booklet", "inbook", "incollection", "inproceedings", "manual", "mastersthesis",
     "misc", "phdthesis", "proceedings", "techreport", "unpublished")
)  # fmt: skip
_ALIASES = {"conference": "inproceedings", "online": "misc", "report": "techreport", "thesis": "phdthesis"}
_AS_WRITTEN = (
    "volume", "number", "pages", "editor", "series", "edition", "chapter", "address", "organization", "month",
    "type", "note", "howpublished",
)  # fmt: skip
_NAMED = ("journal", "booktitle", "publisher", "school", "institution")
# Text commands that a bibliography may use: accents, letters and faces.
_COMMANDS = frozenset(
    ("`", "'", "^", '"', "~", "=", ".", "H", "c", "d", "b", "k", "r", "u", "v", "t", "ss", "ae", "AE",
     "oe", "OE", "o", "O", "aa", "AA", "l", "L", "i", "j", "emph", "textit", "textbf", "textsc", "texttt",
     "textrm", "textsuperscript", "textsubscript", "&", "%", "$", "#", "_", "-", "/", ",")
)  # fmt: skip
_COMMAND = re.compile(r"\\([A-Za-z]+|.)", re.DOTALL)


def references_bib(references: Sequence[Reference]) -> str:
    """The text of references.bib; a field with commands that are not known is written as plain words."""
    return "\n".join(_entry(reference) for reference in references)


def _entry(reference: Reference) -> str:
    kind = _ALIASES.get(reference.kind, reference.kind)
    kind = kind if kind in _KINDS else "misc"
    fields = {name: text for name, text in _fields(reference, kind).items() if text}
    lines = [f"  {name} = {{{text}}}," for name, text in fields.items()]
    return "\n".join([f"@{kind}{{{safe_name(reference.key)},", *lines, "}", ""])


def _fields(reference: Reference, kind: str) -> dict[str, str]:
    written = reference.fields
    fields = {
        "author": _authors(reference),
        "title": _field(written.get("title", ""), reference.title, whole=True),
    }
    for name in _NAMED:
        fields[name] = _field(written.get(name, ""), written.get(name, ""))
    if reference.venue and not any(fields[name] for name in _NAMED) and not written.get("howpublished"):
        fields[_venue_field(kind)] = _escape(reference.venue)
    for name in _AS_WRITTEN:
        fields[name] = _field(written.get(name, ""), written.get(name, ""))
    fields["year"] = re.sub(r"[^A-Za-z0-9 ./-]", "", reference.year)
    doi = written.get("doi", "").strip()
    if doi and re.fullmatch(r"[A-Za-z0-9./()_:;-]+", doi):
        fields["doi"] = doi
    elif reference.url:
        fields["url"] = bib_url(reference.url)
    return fields


def _venue_field(kind: str) -> str:
    return {"article": "journal", "inproceedings": "booktitle", "book": "publisher"}.get(kind, "howpublished")


def _authors(reference: Reference) -> str:
    # Braces keep BibTeX from cutting a name anew; commas and "and" inside a name stay part of it.
    names = []
    for given, family in reference.authors:
        last = _braced(family)
        names.append(f"{last}, {_given(given)}" if given else "{" + _in_label(family) + "}")
    return " and ".join(names)


def _braced(name: str) -> str:
    text = _in_label(name)
    return f"{{{text}}}" if re.search(r"[,\s\\{}]|\band\b", text) else text


def _given(given: str) -> str:
    return " ".join(_braced(part) for part in given.split())


def _field(written: str, plain: str, *, whole: bool = False) -> str:
    text = " ".join(written.split())
    if text and _is_safe(text):
        return _tidy(text)
    words = _escape(plain or written)
    return f"{{{words}}}" if whole and words else words


def _is_safe(text: str) -> bool:
    bare = re.sub(r"\\.", "", text)
    if bare.count("{") != bare.count("}") or re.search(r"[$^~#\x00-\x1f]", bare.replace("~", "")):
        return False
    depth = 0
    for character in bare:
        depth += {"{": 1, "}": -1}.get(character, 0)
        if depth < 0:
            return False
    return all(command in _COMMANDS for command in _COMMAND.findall(text))


def _tidy(text: str) -> str:
    """Characters that BibTeX users forget to escape, and Unicode as LaTeX; LaTeX as written stays."""
    plain = re.sub(r"(?<!\\)([%&_])", r"\\\1", text)
    return "".join(
        character if " " <= character <= "~" else _escape(character)
        for character in plain.replace("\N{NO-BREAK SPACE}", "~")
    )


def bib_url(url: str) -> str:
    """The address with everything percent-encoded that would end or change a field."""
    return "".join(
        character
        if re.match(r"[A-Za-z0-9:/?@!'()*+,;=._\-%&#~\[\]]", character)
        else "".join(f"%{byte:02X}" for byte in character.encode("utf-8", "replace"))
        for character in url.strip()
    )


def _in_label(name: str) -> str:
    # natbib reads names and year back out of an argument; brackets and braces inside a name end it early.
    return _escape(re.sub(r"[\\{}\[\]()]", "", name)) or "unnamed"


def _escape(words: str) -> str:
    # BibTeX counts braces without regard to backslashes.
    return escape(words).replace(r"\{", r"\textbraceleft{}").replace(r"\}", r"\textbraceright{}")
